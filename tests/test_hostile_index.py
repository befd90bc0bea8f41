"""An index that somebody has damaged or crafted is refused by name, or answers; it runs nothing and ends no process."""

from __future__ import annotations

import pickle
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from corruption import flip

from search import native
from search.commands import main
from search.document import Document
from search.engines.disk.engine import DiskEngine
from search.engines.disk.evaluation import columns
from search.engines.disk.format import container
from search.engines.disk.format.container import DamagedFile
from search.engines.disk.format.manifest import read_manifest
from search.engines.disk.reading.segments import Segment, local_days
from search.errors import EngineError, IndexDamaged, IndexMissing

hostile = pytest.importorskip("benchmark.hostile")  # not on Windows, which cannot fork


def test_files_that_were_changed_at_random_are_refused_by_name_or_answer_right() -> None:
    outcomes = list(hostile.rounds(90, seed=11))
    assert [outcome for outcome in outcomes if not outcome.is_allowed] == []
    counts = Counter(outcome.what for outcome in outcomes)
    assert counts["refused"] > 20
    assert counts["right"] > 5
    changes = {outcome.change.split()[0] for outcome in outcomes}
    assert changes == set(hostile.CHANGES)


def test_a_wrong_answer_of_a_large_file_is_found_by_a_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "READ_WHOLE", 0)
    choice = random.Random(5)
    hostile.make_index(tmp_path / "archive")
    engine = DiskEngine(tmp_path / "archive")
    right = hostile.answers(engine)
    wrong = 0
    for _ in range(40):
        path = choice.choice(sorted((tmp_path / "archive").glob("*.segment")))
        kept = path.read_bytes()
        flip(path, choice.randrange(len(kept)))
        try:
            is_right = hostile.answers(DiskEngine(tmp_path / "archive")) == right
        except EngineError:
            is_right = True
        if not is_right:
            wrong += 1
            assert path.name in "".join(problem.place for problem in engine.check())
        path.write_bytes(kept)
    assert wrong


class Bomb:
    """What runs a program when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with DiskEngine(tmp_path / "archive").writer() as writer:
        writer.add(Document("1", "flood", "water"))
    return tmp_path / "archive"


def test_a_table_of_contents_for_whoosh_is_written_only_where_it_is_asked_for(directory: Path) -> None:
    engine = DiskEngine(directory)
    assert not list(directory.glob("*.toc"))
    step = engine.keep_whoosh_toc(True)
    assert step is not None
    assert step[1] == engine.generation()
    assert engine.keep_whoosh_toc(True) is None
    with engine.writer() as writer:
        writer.add(Document("2", "flood", "water"))
    toc = read_manifest(directory).toc
    assert toc is not None
    assert (directory / toc.name).is_file()
    engine.rebuild()
    assert read_manifest(directory).toc
    engine.keep_whoosh_toc(False)
    assert read_manifest(directory).toc is None
    with pytest.raises(IndexMissing):
        DiskEngine(directory.with_name("nowhere")).keep_whoosh_toc(True)
    assert not directory.with_name("nowhere").exists()


def test_the_command_asks_for_it_and_the_next_run_reads_nothing_again(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("---\ntitle: One\n---\nText.\n")
    arguments = ["index", str(tmp_path / "one.md"), "--index", str(tmp_path / "archive")]
    run = CliRunner().invoke
    assert run(main, [*arguments, "--whoosh-toc"]).exit_code == 0
    assert list((tmp_path / "archive").glob("*.toc"))
    assert "unchanged 1" in run(main, arguments).output
    assert read_manifest(tmp_path / "archive").toc
    assert run(main, [*arguments, "--no-whoosh-toc"]).exit_code == 0
    assert read_manifest(tmp_path / "archive").toc is None
    assert run(main, [*arguments[:3], "memory:", "--whoosh-toc"]).exit_code == 2


def test_no_program_in_a_table_of_contents_is_ever_run(directory: Path, tmp_path: Path) -> None:
    engine = DiskEngine(directory)
    engine.keep_whoosh_toc(True)
    [toc] = directory.glob("*.toc")
    toc.write_bytes(pickle.dumps(Bomb(tmp_path / "mark")))
    assert [problem.place for problem in engine.check()] == [str(toc)]
    with engine.searcher() as searcher:
        assert searcher.document("1")
    with engine.writer() as writer:
        writer.add(Document("2", "flood", "water"))
    engine.optimize()
    engine.rebuild()
    list(engine.repair())
    assert not (tmp_path / "mark").exists()
    pickle.loads(pickle.dumps(Bomb(tmp_path / "mark")))  # noqa: S301 - so that it is one
    assert (tmp_path / "mark").exists()


def test_a_small_file_with_one_wrong_bit_is_refused_when_it_is_opened(directory: Path) -> None:
    [segment] = directory.glob("*.segment")
    kept = segment.read_bytes()
    for at in range(64, len(kept), max(1, len(kept) // 60)):
        flip(segment, at)
        with pytest.raises(IndexDamaged, match=segment.name):
            DiskEngine(directory).searcher()
        segment.write_bytes(kept)


@pytest.mark.parametrize("pure", [False, True])
def test_forged_files_take_no_memory_and_raise_nothing_else_with_the_kernel_and_without(
    pure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.setattr(native, "kernel", None)
    monkeypatch.setattr(hostile, "CHANGES", {"forced": hostile.CHANGES["forced"]})
    outcomes = list(hostile.rounds(40, seed=12))
    assert [outcome for outcome in outcomes if not outcome.is_allowed] == []
    assert {outcome.what for outcome in outcomes} == {"right", "refused", "wrong"}


def test_a_value_and_a_date_that_cannot_be_are_refused_before_they_are_counted() -> None:
    with pytest.raises(DamagedFile, match="a value that is not there"):
        columns._counts(np.array([0, 2**32 - 1], np.uint32), 2)
    assert columns._counts(np.array([0, 1, 1], np.uint32), 2).tolist() == [1, 2]
    assert columns._counts(np.array([], np.uint32), 0).tolist() == []
    for seconds in (1e300, -1e15, float("inf")):
        with pytest.raises(DamagedFile, match="date is out of range"):
            local_days(np.array([seconds]), np.array([False]), "UTC")


def test_a_spelling_with_words_that_are_not_there_is_refused_before_they_are_listed(directory: Path) -> None:
    [path] = directory.glob("*.segment")
    vocabulary = Segment(path).vocabulary
    assert len(vocabulary.words_of_surface("water")) == 1
    vocabulary._words = np.where(np.arange(len(vocabulary._words)) == len(vocabulary._words) - 1, 2**31, 0)
    with pytest.raises(DamagedFile, match="words that are not there"):
        vocabulary.words_of_surface("water")
