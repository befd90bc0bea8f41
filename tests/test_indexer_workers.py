"""A run by several processes: the same outcome as by one, whatever befalls it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from archives import stamps_of

import index
from index.article import Article, Record
from index.indexer import Indexer
from index.preparing import BATCH_RECORDS, BATCHES_AHEAD, Found, Preparation, Prepared, prepare_all
from index.report import Report
from index.sources import find_sources
from index.sources.jsonl import HOPELESS
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import EngineError, ProcessLost, SourceError

SAMPLE = Path(index.__file__).parent / "sample"


@dataclass(frozen=True, slots=True)
class Note:
    """A record that kills any process but that of the test, if asked to; it touches `done` once it is read."""

    name: str
    deadly_beside: int = 0
    slow: float = 0.0
    done: Path | None = None

    @property
    def origin(self) -> str:
        return f"notes:{self.name}"

    @property
    def weight(self) -> int:
        return 50_000

    def read(self) -> Article:
        if self.deadly_beside not in (0, os.getpid()):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.slow)
        if self.done:
            self.done.touch()
        return Article(self.origin, f"Note {self.name}", f"The text of {self.name}.", id=self.name)


class Notes:
    """A source of such records; `then` is raised after them. It counts what it has given."""

    def __init__(self, *records: Record | SourceError, then: BaseException | None = None) -> None:
        self.name = "notes"
        self.given = 0
        self._records = records
        self._then = then

    @property
    def size(self) -> int:
        return len(self._records)

    def records(self) -> Iterator[Record | SourceError]:
        for record in self._records:
            self.given += 1
            yield record
        if self._then:
            raise self._then


def run(engine: Engine, source: Notes, workers: int = 2, **options: object) -> Report:
    return Indexer(engine, workers=workers, patience=0.0, batch=2).run([source], **options)  # type: ignore[arg-type]


def ids(engine: Engine) -> list[str]:
    with engine.searcher() as searcher:
        return sorted(stamps_of(searcher))


def stored(engine: Engine) -> dict[str, Document]:
    with engine.searcher() as searcher:
        return {name: document for name in stamps_of(searcher) if (document := searcher.document(name))}


@pytest.fixture
def bad_input(tmp_path: Path) -> list[Path]:
    """Inputs in which nearly everything is wrong that can be."""
    lines = [json.dumps({"id": f"n{n}", "title": f"Notice {n}", "published": "soon" if n % 7 == 0 else "1931"})
             for n in range(3 * BATCH_RECORDS)]  # fmt: skip
    lines[10] = "{"
    lines[BATCH_RECORDS] = json.dumps({"id": "empty"})
    lines[BATCH_RECORDS + 5] = json.dumps({"id": "n1", "title": "The later n1", "url": "javascript:x"})
    (tmp_path / "lines.jsonl").write_text("\n".join(lines))
    (tmp_path / "hopeless.jsonl").write_text("no\n" * (HOPELESS + 50))
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    pages = tmp_path / "pages"
    pages.mkdir()
    text = "The printers said that the night was quiet and the paper good. " * 12
    for n in range(6):
        (pages / f"{n}.html").write_text(f"<title>Page {n}</title><article><h1>Page {n}</h1><p>{text}</p></article>")
    (pages / "empty.html").write_text("")
    (pages / "binary.html").write_bytes(b"\x00\x01" * 99)
    (pages / "README.md").write_text("# About")
    return [tmp_path / "lines.jsonl", tmp_path / "hopeless.jsonl", tmp_path / "cut.jsonl.gz", pages, tmp_path / "gone"]


def test_reports_and_articles_do_not_depend_on_the_number_of_processes(bad_input: list[Path]) -> None:
    paths = [SAMPLE, *bad_input]
    outcomes = []
    for workers in (1, 3):
        engine = open_engine("memory:")
        report = Indexer(engine, workers=workers, patience=0.0).run(find_sources(paths))
        outcomes.append((replace(report, seconds=0, generation=""), stored(engine)))
    alone, together = outcomes
    assert alone[0] == together[0]
    assert alone[1] == together[1]
    assert alone[0].added > 3 * BATCH_RECORDS
    assert alone[0].failed == HOPELESS + 6
    assert together[1]["n1"].title == "The later n1"


def test_what_is_found_comes_out_in_its_order_with_its_errors(tmp_path: Path) -> None:
    items: list[Record | SourceError] = []
    for n in range(40):
        items += [Note(f"p{n}", slow=0.02 * (n % 3 == 0)), SourceError(f"notes:e{n}", "bad")]
        items.append(Article(f"notes:a{n}", "" if n % 5 == 0 else f"Article {n}", " "))
    found = [Found(str(tmp_path), item, position) for position, item in enumerate(items)]
    seen = list(prepare_all(found, Preparation("en", "UTC"), workers=3, patience=0.0))
    assert [one for one, _ in seen] == found
    for one, outcome in seen:
        assert outcome is one.item or (isinstance(outcome, Prepared) and outcome.origin == one.item.origin)
    failures = [outcome.origin for _, outcome in seen if isinstance(outcome, Prepared) and outcome.failure]
    assert failures == [f"notes:a{n}" for n in range(0, 40, 5)]


def test_input_is_read_ahead_by_a_few_batches_only() -> None:
    source = Notes(*(Note(str(n)) for n in range(2_000)))
    found = (Found("notes", piece, 0) for piece in source.records())
    prepared = prepare_all(found, Preparation("en", "UTC"), workers=2, patience=0.0)
    for _ in range(5):
        next(prepared)
    prepared.close()
    assert source.given <= 1 + 4 * (2 * BATCHES_AHEAD + 2)


def test_little_work_starts_no_process(capfd: pytest.CaptureFixture[str]) -> None:
    notes = Notes(*(Note(str(n), deadly_beside=os.getpid()) for n in range(500)))
    assert Indexer(open_engine("memory:"), workers=2).run([notes]).added == 500
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")
def test_a_killed_process_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    assert run(engine, Notes(Note("old"))).added == 1
    notes = [Note(str(n)) for n in range(40)]
    deadly = Note("30", deadly_beside=os.getpid())
    with pytest.raises(ProcessLost, match="was ended by signal 9; what was committed before is kept"):
        run(engine, Notes(*notes[:30], deadly, *notes[31:]))
    kept = ids(engine)
    assert "old" in kept
    assert "39" not in kept
    again = run(engine, Notes(Note("old"), *notes))
    assert (again.added, again.unchanged) == (41 - len(kept), len(kept))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")
def test_a_killed_process_leaves_the_old_index_to_a_rebuild(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    before = run(engine, Notes(Note("old")))
    with pytest.raises(ProcessLost):
        run(engine, Notes(Note("new"), Note("deadly", deadly_beside=os.getpid())), rebuild=True)
    assert ids(engine) == ["old"]
    assert engine.generation() == before.generation


@pytest.mark.parametrize("then", [KeyboardInterrupt(), EngineError("the disk is full")], ids=lambda e: type(e).__name__)
def test_whatever_stops_the_reading_stops_the_others_at_once(then: BaseException, tmp_path: Path) -> None:
    engine = open_engine("memory:")
    run(engine, Notes(Note("old")))
    source = Notes(Note("first"), *(Note(str(n), slow=60, done=tmp_path / "done") for n in range(3)), then=then)
    if isinstance(then, KeyboardInterrupt):
        assert run(engine, source).interrupted
    else:
        with pytest.raises(EngineError, match="disk"):
            run(engine, source)
    assert not (tmp_path / "done").exists()
    assert "old" in ids(engine)
