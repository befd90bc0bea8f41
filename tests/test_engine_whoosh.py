"""What the engine on disk promises beyond the contract: few segments, little memory, sound merges, cheap reopening."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from archives import answers, ask, exact, fill, news

from search.document import Document
from search.engines import open_engine
from search.engines.disk.writing import merge_policy, pipeline
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.engines.protocols import Engine
from search.errors import EngineError

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


def segments_of(directory: Path) -> list[Path]:
    return list(directory.glob("*.segment"))


def test_a_commit_larger_than_its_memory_goes_through_files_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fill(engine_at(tmp_path / "plain"), *news(200))
    monkeypatch.setattr(pipeline, "SegmentWriter", partial(SegmentWriter, memory_bytes=60_000))
    divided = engine_at(tmp_path / "divided")
    with divided.writer() as writer:
        for document in news(200):
            writer.add(document)
        assert len(segments_of(tmp_path / "divided")) > 1
    assert answers(divided) == answers(plain)
    assert list(divided.check()) == []


def test_merging_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_policy, "SMALLEST_TIER", 10)
    merged, memory = engine_at(tmp_path / "merged"), open_engine("memory:")
    articles = news(150)
    for start in range(0, 150, 6):
        for engine in (merged, memory):
            with engine.writer() as changes:
                for document in articles[start : start + 6]:
                    changes.add(document)
                changes.delete(f"{start // 2:04}")
    assert answers(merged)[0] == answers(memory)[0]
    assert list(merged.check()) == []
    assert 1 < len(segments_of(tmp_path / "merged")) < 14


def test_a_segment_that_is_mostly_deleted_is_rewritten_without_its_deletions(tmp_path: Path) -> None:
    engine = fill(engine_at(tmp_path / "x"), *(Document(f"{n:02}", f"secret{n:02}") for n in range(20)))
    with engine.writer() as changes:
        for number in range(19):
            changes.delete(f"{number:02}")
    fill(engine, Document("new", "other"))
    fill(engine, Document("newer", "other"))
    content = b"".join(path.read_bytes() for path in segments_of(tmp_path / "x"))
    assert b"secret19" in content
    assert b"secret07" not in content
    assert ask(engine).total == 3


def test_segments_are_shared_between_the_searchers_of_an_engine(directory: Path) -> None:
    engine = engine_at(directory)
    with engine.searcher() as first:
        fill(engine, Document("new", "one"))
        with engine.searcher() as second:
            shared = {part.segment.name for part in first._parts} & {part.segment.name for part in second._parts}
            kept = {id(part.segment) for part in first._parts} & {id(part.segment) for part in second._parts}
            assert len(shared) == len(kept) == 2
    assert engine._segments._open == {}, "and closed with the last of them"


def test_leftovers_of_older_states_are_gone_after_the_next_commits(directory: Path) -> None:
    for number in range(3):
        with engine_at(directory).writer(replace=True) as writer:
            writer.add(Document("a", f"word{number}"))
    assert len(segments_of(directory)) == 2, "the newest, and the one before it for those who are opening it"
    for number in range(10):
        fill(engine_at(directory), Document(str(number), "one"))
    assert len(list(directory.iterdir())) < 15


def test_small_commits_do_not_accumulate_segments(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "archive"))
    for number in range(40):
        fill(engine, Document(f"{number:02}", "common"))
        assert len(segments_of(tmp_path / "archive")) <= 8
    assert ask(engine, exact("common"), limit=0).total == 40


def test_a_copied_directory_is_an_index(directory: Path, tmp_path: Path) -> None:
    shutil.copytree(directory, tmp_path / "copy")
    assert ask(engine_at(tmp_path / "copy")).total == 60
    fill(engine_at(tmp_path / "copy"), Document("more", "one"))
    assert ask(engine_at(directory)).total == 60


def test_a_closed_searcher_refuses_to_search(directory: Path) -> None:
    searcher = engine_at(directory).searcher()
    searcher.close()
    searcher.close()
    with pytest.raises(EngineError, match="closed"):
        searcher.document("001")
    with pytest.raises(EngineError, match="closed"):
        searcher.top_values("tag", 10)
