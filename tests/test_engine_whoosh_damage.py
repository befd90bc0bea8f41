"""An index directory that is missing, foreign, of another version, locked or damaged: a clear error, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import ask, fill, ids, stamps_of
from corruption import CORRUPTIONS

from search.document import Document
from search.engines import open_engine
from search.engines.disk.format.manifest import LOCK_NAME, NAME, PREVIOUS_NAME, read_manifest
from search.engines.disk.writing import article_columns
from search.engines.protocols import Engine
from search.errors import EngineError, IndexDamaged, IndexLocked, IndexMissing, IndexVersionError

CONTENT = tuple(Document(f"{n:03}", f"word{n} common", "a body of text " * 5, tags=(f"t{n}",)) for n in range(60))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An index of two segments."""
    engine = open_engine(str(tmp_path / "archive"))
    fill(engine, *CONTENT[:40])
    fill(engine, *CONTENT[40:])
    return tmp_path / "archive"


def engine_at(directory: Path) -> Engine:
    return open_engine(f"whoosh:{directory}")


def files_of(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def content_of(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in files_of(directory) if path.name != "backfile.lock"}


def test_a_missing_directory_names_the_command_that_makes_one(tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", tmp_path):
        engine = engine_at(place)
        for ask_for in (engine.searcher, engine.generation, lambda e=engine: list(e.check())):
            with pytest.raises(IndexMissing, match=f"backfile index SOURCE… --index {place}"):
                ask_for()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_foreign_files_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "data-old").mkdir()
    (tmp_path / "data-old" / "kept").write_text("too")
    for replace in (False, True):
        with pytest.raises(EngineError, match="not empty and is no index"):
            engine_at(tmp_path).writer(replace=replace)
    assert sorted(path.name for path in files_of(tmp_path)) == ["kept", "thesis.txt"]


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("x")
    with pytest.raises(EngineError, match="is a file"):
        engine_at(place).writer()
    with pytest.raises(IndexMissing):
        engine_at(place).searcher()
    with pytest.raises(EngineError):
        engine_at(place / "below").writer()


def test_another_version_says_how_to_rebuild_and_can_be_rebuilt(directory: Path) -> None:
    manifest = json.loads((directory / "backfile.json").read_text())
    (directory / "backfile.json").write_text(json.dumps(manifest | {"version": 99}))
    engine = engine_at(directory)
    before = content_of(directory)
    for ask_for in (engine.searcher, engine.generation, engine.writer, lambda: list(engine.check())):
        with pytest.raises(IndexVersionError, match=r"version 99.*--rebuild"):
            ask_for()
    assert content_of(directory) == before
    with engine.writer(replace=True) as writer:
        writer.add(Document("new", "one"))
    assert ids(ask(engine)) == ["new"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"x"', "{}", "[" * 100_000, '{"format": "backfile-index"}', "\x00" * 50, '{"format": 1}'],
)
def test_a_manifest_that_cannot_be_parsed_is_damage(directory: Path, text: str) -> None:
    (directory / "backfile.json").write_text(text)
    for ask_for in (engine_at(directory).searcher, engine_at(directory).generation, engine_at(directory).writer):
        with pytest.raises((IndexDamaged, IndexVersionError), match="--rebuild"):
            ask_for()
    try:
        assert len(list(engine_at(directory).check())) == 1
    except IndexVersionError as error:
        assert "--rebuild" in str(error)  # noqa: PT017 - either is right: it says that it is of no version


@pytest.mark.parametrize(
    "change",
    [
        {"number": "x"}, {"segments": [{}]}, {"segments": 7}, {"toc": {"name": "../x.toc", "size": 1, "crc32": 0}},
        {"built_at": "yesterday"}, {"generation": None}, {"generation": "another"}, {"crc32": None}, {"more": 1},
    ],
)  # fmt: skip
def test_a_manifest_that_was_changed_is_damage(directory: Path, change: dict[str, object]) -> None:
    manifest = json.loads((directory / "backfile.json").read_text())
    (directory / "backfile.json").write_text(json.dumps(manifest | change))
    with pytest.raises(IndexDamaged):
        engine_at(directory).searcher()
    assert list(engine_at(directory).check()) != []


@pytest.mark.parametrize(
    "change",
    [
        {"articles": 39}, {"articles": 41}, {"deleted": 1}, {"file": {"size": 1}}, {"file": {"crc32": 1}},
        {"file": {"name": "../../etc/x.segment"}}, {"file": {"name": "/etc/x.segment"}},
        {"file": {"name": "0000000000000000.segment"}}, {"deletions": {"name": "x.deleted", "size": 1, "crc32": 0}},
    ],
)  # fmt: skip
def test_a_wrong_manifest_with_a_right_checksum_is_damage(directory: Path, change: dict[str, Any]) -> None:
    """Signed with a right checksum, as a program with a fault would write it."""
    content = json.loads((directory / "backfile.json").read_text())
    del content["crc32"]
    row = content["segments"][0]
    row.update({key: row[key] | value if isinstance(row[key], dict) else value for key, value in change.items()})
    content["crc32"] = zlib.crc32(json.dumps(content, sort_keys=True).encode())
    (directory / "backfile.json").write_text(json.dumps(content))
    with pytest.raises(IndexDamaged):
        engine_at(directory).searcher()
    assert list(engine_at(directory).check()) != []


def test_a_missing_manifest_beside_segments_is_damage_and_not_an_empty_archive(directory: Path) -> None:
    (directory / "backfile.json").unlink()
    for ask_for in (engine_at(directory).searcher, engine_at(directory).writer):
        with pytest.raises(IndexDamaged, match=r"backfile\.json is missing"):
            ask_for()
    with engine_at(directory).writer(replace=True) as writer:
        writer.add(Document("new", "one"))
    assert ids(ask(engine_at(directory))) == ["new"]


def data_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.segment"))


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_half_deleted_and_truncated_files_are_damage_and_check_names_them(
    directory: Path, corrupt: Callable[[Path], None]
) -> None:
    for path in data_files(directory):
        kept = path.read_bytes()
        corrupt(path)
        with pytest.raises(IndexDamaged, match="backfile check"):
            engine_at(directory).searcher()
        assert str(path) in {problem.place for problem in engine_at(directory).check()}
        path.write_bytes(kept)
    assert list(engine_at(directory).check()) == []


def test_a_garbled_index_can_be_replaced(directory: Path) -> None:
    for path in data_files(directory):
        path.write_bytes(os.urandom(300))
    with pytest.raises(EngineError):
        engine_at(directory).writer()
    with engine_at(directory).writer(replace=True) as writer:
        writer.add(Document("new", "one"))
    assert ids(ask(engine_at(directory))) == ["new"]
    assert all(problem.message.startswith("of the commit before: ") for problem in engine_at(directory).check())
    fill(engine_at(directory), Document("newer", "one"))
    assert list(engine_at(directory).check()) == [], "and the next commit sweeps the garbled files away"


def test_a_writer_that_finds_damage_releases_the_lock(directory: Path) -> None:
    (directory / "backfile.json").write_text("{")
    for _ in range(2):
        with pytest.raises(IndexDamaged):
            engine_at(directory).writer()


def test_check_finds_an_article_that_is_not_what_was_added(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(article_columns, "content_digest", lambda _: bytes(16))
        fill(engine_at(directory), Document("x", "common"))
    assert [problem.message for problem in engine_at(directory).check()] == [
        "the stored article 'x' is not the one that was added"
    ]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere; Windows has other rights")
def test_a_directory_without_write_permission_says_so(directory: Path) -> None:
    directory.chmod(0o500)
    try:
        with pytest.raises(EngineError, match="permission denied"):
            engine_at(directory).writer()
        assert ask(engine_at(directory)).total == 60
    finally:
        directory.chmod(0o700)


def test_a_full_disk_loses_nothing(directory: Path) -> None:
    """The writer runs in a process that may not write files beyond a size, which is how a full disk looks to it."""
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from search.engines import open_engine
from search.document import Document
from search.errors import EngineError
import random
try:
    with open_engine({str(directory)!r}).writer() as writer:
        for n in range(300):
            writer.add(Document(f"new{{n}}", str(random.random()), str(random.random()) * 20))
except EngineError as error:
    print("refused:", error)
"""
    if os.name == "nt":
        pytest.skip("Windows has no such limit")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.startswith("refused: the index at"), result.stderr
    assert ask(engine_at(directory)).total == 60
    assert list(engine_at(directory).check()) == []
    fill(engine_at(directory), Document("more", "after"))
    assert ask(engine_at(directory)).total == 61


WRITER = """
import sys, time
from search.engines import open_engine
from search.document import Document
with open_engine({directory!r}).writer(replace={replace}) as writer:
    for n in range(2000):
        writer.add(Document(f"new{{n}}", "lost", "some words " * 20))
        if n == 100:
            print("writing", flush=True)
            {pause}
print("done", flush=True)
"""


def start_writer(directory: Path, replace: bool = False, pause: str = "time.sleep(60)") -> subprocess.Popen[str]:
    program = WRITER.format(directory=str(directory), replace=replace, pause=pause)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.communicate(timeout=30)


def test_the_holder_of_the_lock_is_named_and_a_killed_holder_releases_it(directory: Path) -> None:
    process = start_writer(directory)
    try:
        with pytest.raises(IndexLocked, match=f"process {process.pid} on .*, since 20"):
            engine_at(directory).writer()
        assert ask(engine_at(directory)).total == 60, "readers are not held up"
    finally:
        kill(process)
    fill(engine_at(directory), Document("after", "one"))
    assert ask(engine_at(directory)).total == 61


@pytest.mark.parametrize("replace", [False, True])
def test_a_killed_writer_leaves_the_last_commit_and_its_leftovers_are_swept(directory: Path, replace: bool) -> None:
    kill(start_writer(directory, replace))
    assert ask(engine_at(directory)).total == 60
    assert list(engine_at(directory).check()) == []
    fill(engine_at(directory), Document("after", "one"))
    fill(engine_at(directory), Document("after2", "one"))
    assert ask(engine_at(directory)).total == 62
    known = {file.name for name in (NAME, PREVIOUS_NAME) for file in read_manifest(directory, name).files()}
    assert {path.name for path in directory.iterdir()} == known | {NAME, PREVIOUS_NAME, LOCK_NAME}


def test_a_writer_killed_at_any_moment_of_its_commit_leaves_one_commit_or_the_other(directory: Path) -> None:
    for delay in (0.02, 0.08, 0.2, 0.35):
        process = start_writer(directory, pause="pass")
        time.sleep(delay)
        kill(process)
        total = ask(engine_at(directory)).total
        assert total in {60, 2060}
        assert list(engine_at(directory).check()) == []


def test_the_first_writer_killed_leaves_no_index(tmp_path: Path) -> None:
    place = tmp_path / "archive"
    kill(start_writer(place))
    with pytest.raises(IndexMissing):
        engine_at(place).searcher()
    fill(engine_at(place), Document("a", "one"))
    assert ids(ask(engine_at(place))) == ["a"]


def test_another_process_commits_and_this_one_sees_it(directory: Path) -> None:
    engine = engine_at(directory)
    before = engine.generation()
    with engine.searcher() as old:
        process = start_writer(directory, pause="pass")
        process.communicate(timeout=60)
        assert engine.generation() != before
        assert len(stamps_of(old)) == 60
        assert old.document("003") == CONTENT[3]
    assert ask(engine).total == 2060
