"""Vectors on the disk: what damages them is found and repaired, what is interrupted leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from archives import ask, exact, fill, ids
from corruption import CORRUPTIONS, flip
from made_vectors import MODEL, add, held, question, some_vectors

from search.document import Document
from search.engines import open_engine
from search.engines.disk.format.directory import ADDING_VECTORS, DirectoryLock
from search.engines.disk.format.manifest import read_manifest
from search.engines.disk.writing import vector_writer
from search.engines.protocols import Engine, Maintenance
from search.errors import BackfileError, EngineError, IndexDamaged, IndexLocked

CONTENT = tuple(Document(f"{number:02}", f"flood {number}", "water " * number) for number in range(40))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An index of two segments with vectors of most articles, and an older commit."""
    engine = open_engine(str(tmp_path / "archive"))
    fill(engine, *CONTENT[:25])
    fill(engine, *CONTENT[25:])
    add(engine, *CONTENT[:30])
    return tmp_path / "archive"


def engine_at(directory: Path) -> Engine:
    return open_engine(str(directory))


def maintained(directory: Path) -> Maintenance:
    engine = engine_at(directory)
    assert isinstance(engine, Maintenance)
    return engine


def vector_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.vectors"))


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda each: each.__name__)
def test_a_damaged_file_is_found_and_repaired_at_the_cost_of_its_vectors_alone(
    directory: Path, corrupt: Callable[[Path], None]
) -> None:
    corrupt(vector_files(directory)[0])
    assert list(maintained(directory).check())
    with pytest.raises(BackfileError):
        ask(engine_at(directory), exact("flood"))
    repairs = list(maintained(directory).repair())
    assert "run `backfile encode`" in " ".join(repair.message for repair in repairs)
    assert sum(repair.lost for repair in repairs) == 0
    assert list(maintained(directory).check()) == []
    assert len(held(engine_at(directory))) in {5, 25}
    engine = engine_at(directory)
    add(engine, *CONTENT)
    assert held(engine) == {document.id for document in CONTENT}


def test_each_changed_byte_is_found(directory: Path) -> None:
    path = vector_files(directory)[0]
    sound = path.read_bytes()
    for at in range(0, len(sound), max(1, len(sound) // 60)):
        flip(path, at)
        assert list(maintained(directory).check()), f"byte {at}"
        path.write_bytes(sound)
    assert list(maintained(directory).check()) == []


def test_damage_is_not_copied_into_a_sound_file(directory: Path) -> None:
    path = min(vector_files(directory), key=lambda file: file.stat().st_size)  # that of the half-encoded segment
    flip(path, path.stat().st_size // 3)
    with pytest.raises(IndexDamaged, match="checksum"):
        add(engine_at(directory), *CONTENT)
    with pytest.raises(IndexDamaged, match="checksum"):
        maintained(directory).optimize()
    engine = engine_at(directory)
    with engine.writer(replace=True) as writer:  # but an index may be built anew whatever the old one is like
        for document in CONTENT:
            writer.add(document)
    assert held(engine) == set()
    assert all(problem.message.startswith("of the commit before") for problem in maintained(directory).check())


def test_files_that_no_commit_needs_are_removed(directory: Path) -> None:
    engine = engine_at(directory)
    for number in range(3):
        add(engine, CONTENT[30 + number])
    fill(engine, Document("new", "flood"))
    fill(engine, Document("newer", "flood"))
    named = {
        entry.vectors.name
        for name in ("backfile.json", "backfile.previous.json")
        for entry in read_manifest(directory, name).segments
        if entry.vectors
    }
    assert {path.name for path in vector_files(directory)} == named


def test_a_file_that_a_crash_left_behind_is_swept_and_its_name_not_used_again(directory: Path) -> None:
    segment = next(directory.glob("*.segment")).name.partition(".")[0]
    left = directory / f"{segment}.9.vectors"
    left.write_bytes(b"cut off")
    engine = engine_at(directory)
    add(engine, *CONTENT)
    assert not left.exists()
    assert read_manifest(directory).number == 10
    assert held(engine) == {document.id for document in CONTENT}


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from made_vectors import add
from test_vector_files import CONTENT
from search.engines import open_engine
from search.engines.disk.writing import vector_writer
step = sys.argv[2]
real = getattr(vector_writer, step)
def dies(*arguments, **named):
    real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(vector_writer, step, dies)
add(open_engine(sys.argv[1]), *CONTENT)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("step", "kept"), [("_with_vectors", 30), ("write_manifest", 40)])
def test_a_kill_leaves_the_commit_before_or_the_new_one_whole(directory: Path, step: str, kept: int) -> None:
    program = KILLED.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", program, str(directory), step], check=False)
    assert done.returncode == -9
    assert list(maintained(directory).check()) == []
    assert len(held(engine_at(directory))) == kept
    engine = engine_at(directory)
    add(engine, *CONTENT)
    assert len(held(engine)) == 40
    assert len(ask(engine, exact("flood"), limit=50).hits) == 40


def test_vectors_cannot_be_added_while_somebody_writes(directory: Path) -> None:
    engine = engine_at(directory)
    with engine.writer() as writer:
        writer.add(Document("new", "flood"))
        with pytest.raises(IndexLocked):
            add(engine_at(directory), *CONTENT)
    assert len(held(engine)) == 30


def test_a_writer_waits_for_one_that_adds_vectors(directory: Path) -> None:
    lock = DirectoryLock(directory)
    lock.announce(ADDING_VECTORS)
    threading.Timer(0.3, lock.release).start()
    fill(engine_at(directory), Document("new", "flood"))
    assert "new" in ids(ask(engine_at(directory), exact("flood"), limit=50))


def test_a_writer_does_not_wait_for_another_writer(directory: Path) -> None:
    lock = DirectoryLock(directory)
    lock.announce()
    try:
        with pytest.raises(IndexLocked, match=r"process \d+"):
            engine_at(directory).writer()
    finally:
        lock.release()


def test_indexing_goes_on_while_another_process_adds_vectors(directory: Path) -> None:
    tests = str(Path(__file__).parent)
    program = (
        f"import sys; sys.path.insert(0, {tests!r})\n"
        "from made_vectors import add; from test_vector_files import CONTENT\n"
        "from search.engines import open_engine; from search.errors import IndexLocked\n"
        "engine = open_engine(sys.argv[1]); left = list(CONTENT[30:])\n"
        "while left:\n"
        "    try: add(engine, left[-1]); left.pop()\n"
        "    except IndexLocked: pass\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(directory)])
    engine = engine_at(directory)
    number = 0
    while other.poll() is None or number < 5:
        fill(engine, Document(f"new {number}", "flood"))
        number += 1
        time.sleep(0.01)  # a writer that never rests would keep the other one out
    assert other.returncode == 0
    assert held(engine) == {document.id for document in CONTENT}
    assert ask(engine, exact("flood")).total == len(CONTENT) + number
    assert list(maintained(directory).check()) == []


@pytest.mark.parametrize("name", ["", "xyz", "../0000000000000", "00000000000000AA"])
def test_the_name_of_a_model_must_be_hex_digits(directory: Path, name: str) -> None:
    with pytest.raises(EngineError, match="16 hex digits"):
        engine_at(directory).add_vectors(name, {CONTENT[0].content_hash(): some_vectors("x")})


def test_a_manifest_that_names_a_file_elsewhere_is_refused(directory: Path) -> None:
    path = directory / "backfile.json"
    content = json.loads(path.read_text())
    content["segments"][0]["vectors"]["name"] = "../evil.vectors"
    path.write_text(json.dumps(content))
    with pytest.raises(IndexDamaged):
        read_manifest(directory, signed=False)


def test_rows_are_copied_some_at_a_time(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_writer, "_SLICE", 7)
    engine = engine_at(directory)
    add(engine, *CONTENT)
    maintained(directory).optimize()
    with engine.searcher() as searcher:
        found = searcher.vectors(MODEL, [document.id for document in CONTENT])
    assert len(found) == len(CONTENT)
    assert all(np.abs(rows - some_vectors(name)).max() < 1 / 127 for name, rows in found.items())
    assert ask(engine, exact("flood"), meaning=question()).total == len(CONTENT)
