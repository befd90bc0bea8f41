"""What is promised of the memory between runs: it saves reading, it is never ahead of the index, and it may be lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import index
import search
from index.article import Article, Item, Mark, Record, Withdrawal
from index.document import to_document
from index.indexer import Indexer
from index.report import Report
from index.sources import find_sources
from index.state import WHOLE, State, state_beside
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import SourceError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.meaning.commits import VectorCommits
from search.releasing import release_due
from search.takedown import finish, take_down


class Counted:
    """A source of which it is known how often it was read; its digest is that of its text."""

    def __init__(self, name: str, *items: Item | BaseException, text: str = "a") -> None:
        self.name = name
        self.items = items
        self.text = text
        self.reads = 0

    size = 0

    def digest(self) -> str:
        return self.text

    def records(self) -> Iterator[Item]:
        self.reads += 1
        for item in self.items:
            if isinstance(item, BaseException) and not isinstance(item, SourceError):
                raise item
            yield item


class Acting(Counted):
    """A source whose reading ends with something that another process does meanwhile."""

    act: Callable[[], None] = staticmethod(lambda: None)

    def records(self) -> Iterator[Item]:
        yield from super().records()
        self.act()


def _delete(engine: Engine, id: str) -> None:
    with engine.writer() as writer:
        writer.delete(id)


def _release(engine: Engine, ledger: Ledger, id: str) -> None:
    waiting = to_document(article(id), language="en", time_zone="UTC", source="/z")
    ledger.waiting.put([(waiting, datetime(2024, 1, 1, tzinfo=UTC))])
    assert release_due(engine, ledger, datetime.now(UTC)) == 1


def article(id: str, body: str = "The ferry runs.") -> Article:
    return Article(origin=f"x:{id}", title=f"Title {id}", body=body, id=id)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"whoosh:{tmp_path / 'archive'}")


def run(engine: Engine, *sources: Counted, prune: bool = False, dry_run: bool = False) -> Report:
    return Indexer(engine).run(sources, roots=["/"] if prune else (), prune=prune, dry_run=dry_run)


def ids(engine: Engine) -> set[str]:
    with engine.searcher() as searcher:
        return set(searcher.ids_from("/"))


def test_a_source_that_has_not_changed_is_not_read_again(engine: Engine) -> None:
    source = Counted("/a", article("1"), article("2"))
    run(engine, source)
    again = run(engine, source)
    assert (source.reads, again.unchanged, again.added) == (1, 2, 0)
    source.text, source.items = "b", (article("1"), article("2", "It stopped."))
    changed = run(engine, source)
    assert (source.reads, changed.unchanged, changed.changed) == (2, 1, 1)


def test_a_source_with_a_failure_is_read_again_so_that_it_is_reported_again(engine: Engine) -> None:
    source = Counted("/a", article("1"), SourceError("/a:2", "broken"))
    assert [run(engine, source).failed for _ in range(2)] == [1, 1]
    assert source.reads == 2


def test_what_another_writer_did_is_not_overlooked(engine: Engine) -> None:
    source = Counted("/a", article("1"), article("2"))
    run(engine, source)
    with engine.writer() as writer:
        writer.delete("1")
    report = run(engine, source)
    assert (source.reads, report.added, ids(engine)) == (2, 1, {"1", "2"})


def test_what_another_writer_does_during_a_run_is_not_overlooked_by_the_next(engine: Engine) -> None:
    kept, last = Counted("/a", article("1"), article("2")), Acting("/b")
    run(engine, kept, last)
    last.act, last.text = lambda: _delete(engine, "1"), "b"
    run(engine, kept, last)
    report = run(engine, kept)
    assert (kept.reads, report.added, ids(engine)) == (2, 1, {"1", "2"})
    run(engine, kept)
    assert kept.reads == 2


def test_what_another_writer_does_between_the_commits_of_a_run_is_not_overlooked(engine: Engine) -> None:
    kept, last = Counted("/a", article("1"), article("2")), Acting("/b")
    run(engine, kept)
    last.act, last.items = lambda: _delete(engine, "1"), (article("3"),)
    run(engine, kept, last)
    report = run(engine, kept)
    assert (kept.reads, report.added, ids(engine)) == (2, 1, {"1", "2", "3"})


def test_the_commits_of_a_run_itself_and_releases_during_it_make_nothing_unknown(engine: Engine) -> None:
    kept, last = Counted("/a", article("1")), Acting("/b", article("2"), article("3"), article("4"))
    ledger = open_ledger(engine.ledger_place)
    last.act = lambda: _release(engine, ledger, "9")
    Indexer(engine, ledger=ledger, batch=1).run([kept, last])
    assert (run(engine, kept).unchanged, kept.reads, ids(engine)) == (1, 1, {"1", "2", "3", "4", "9"})


def test_a_purge_makes_nothing_unknown_whether_after_a_kill_or_for_somebody_else(engine: Engine) -> None:
    kept, wire = Counted("/a", article("1")), Counted("/b", article("2"))
    run(engine, kept, wire)
    wire.items, wire.text = (Withdrawal("x:2", "killed", "killed by its source", id="2"),), "b"
    run(engine, kept, wire)
    assert (run(engine, kept).unchanged, kept.reads, ids(engine)) == (1, 1, {"1"})
    ledger = open_ledger(engine.ledger_place)
    ledger.removed.add([Tombstone("1")], "court order", datetime.now(UTC), "takedown")  # and cut off
    run(engine, kept)
    assert (run(engine, kept).unchanged, kept.reads, ids(engine)) == (1, 1, set())
    ledger.removed.undo("1", datetime.now(UTC))
    assert (run(engine, kept).added, kept.reads, ids(engine)) == (1, 2, {"1"})


@pytest.fixture
def ledger(engine: Engine) -> Iterator[Ledger]:
    opened = open_ledger(engine.ledger_place)
    yield opened
    opened.close()


def down(engine: Engine, ledger: Ledger, id: str) -> None:
    take_down(engine, ledger, [Tombstone(id)], "court order", datetime.now(UTC))


def let_in(ledger: Ledger, id: str) -> None:
    assert ledger.removed.undo(id, datetime.now(UTC))


def test_after_a_takedown_what_has_not_changed_is_passed_over_and_after_its_undoing_read(
    engine: Engine, ledger: Ledger
) -> None:
    sources = Counted("/a", article("1"), article("2")), Counted("/b", article("3"))
    run(engine, *sources)
    down(engine, ledger, "1")
    run(engine, *sources)
    assert ([one.reads for one in sources], ids(engine)) == ([1, 1], {"2", "3"})
    let_in(ledger, "1")
    assert run(engine, *sources, dry_run=True).added == 1
    assert (run(engine, *sources).added, ids(engine)) == (1, {"1", "2", "3"})
    reads = [one.reads for one in sources]
    run(engine, *sources)
    assert [one.reads for one in sources] == reads


def test_a_source_of_which_an_article_is_refused_is_read_once_until_that_is_undone(
    engine: Engine, ledger: Ledger
) -> None:
    down(engine, ledger, "1")
    source = Counted("/a", article("1"), article("2"))
    reports = [run(engine, source) for _ in range(3)]
    assert source.reads == 1
    assert [(one.added, one.unchanged, one.removed) for one in reports] == [(1, 0, 1), (0, 1, 1), (0, 1, 1)]
    assert [one.warned for one in reports] == [1, 0, 0]
    down(engine, ledger, "9")
    assert (run(engine, source).removed, source.reads) == (1, 1)
    let_in(ledger, "1")
    assert (run(engine, source).added, source.reads, ids(engine)) == (1, 2, {"1", "2"})


def test_a_source_with_more_refused_articles_than_are_remembered_is_read_each_time(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.learning.MOST_REFUSED", 1)
    for name in "12":
        down(engine, ledger, name)
    source = Counted("/a", article("1"), article("2"), article("3"))
    assert [run(engine, source).removed for _ in range(2)] == [2, 2]
    assert source.reads == 2


def test_what_is_undone_while_it_is_taken_down_comes_back(engine: Engine, ledger: Ledger) -> None:
    source = Counted("/a", article("1"))
    run(engine, source)
    ledger.removed.add([Tombstone("1")], "a mistake", datetime.now(UTC))
    let_in(ledger, "1")
    run(engine, source)
    finish(engine, ledger, ["1"])  # it had waited for the run
    assert (run(engine, source).added, ids(engine)) == (1, {"1"})


def test_what_is_undone_during_a_run_comes_back_with_the_next(engine: Engine, ledger: Ledger) -> None:
    source = Acting("/a", article("1"), article("2"))
    run(engine, source)
    down(engine, ledger, "1")
    source.act, source.text = lambda: let_in(ledger, "1"), "b"
    assert Indexer(engine, batch=1).run([source]).removed == 1
    source.act = lambda: None
    assert (run(engine, source).added, ids(engine)) == (1, {"1", "2"})


def test_what_is_undone_comes_back_even_if_the_first_run_after_it_is_cut_off(engine: Engine, ledger: Ledger) -> None:
    source = Counted("/a", article("1"))
    run(engine, source)
    down(engine, ledger, "1")
    run(engine, source)
    let_in(ledger, "1")
    assert run(engine, Counted("/0", KeyboardInterrupt()), source).interrupted
    assert (run(engine, source).added, ids(engine)) == (1, {"1"})


def test_a_kill_that_a_run_lifts_has_those_read_that_had_to_refuse_it_and_no_others(engine: Engine) -> None:
    now = datetime.now(UTC)
    other, copy, site = Counted("/a", article("1")), Counted("/b", article("2")), Counted("/c")
    site.items = (Withdrawal("x:2", "killed", "in the trash", id="2", at=now),)
    run(engine, other, site, copy)
    site.items, site.text = (replace(article("2"), lifts=now + timedelta(1)),), "b"
    assert run(engine, other, copy, site).added == 1
    run(engine, other, copy, site)
    assert [other.reads, copy.reads, site.reads] == [1, 2, 2]


def test_vectors_make_nothing_unknown(engine: Engine, ledger: Ledger) -> None:
    source = Counted("/a", article("1"))
    run(engine, source)
    commits = VectorCommits(engine, "0" * 16, ledger.note_step)
    with engine.searcher() as searcher:
        commits.add(searcher.stamps(["1"])["1"].content_hash, np.ones((1, 4), np.float32), 0)
    before = engine.generation()
    commits.commit()
    assert (commits.kept, engine.generation() != before) == (1, True)
    assert (run(engine, source).unchanged, source.reads) == (1, 1)


def test_pruning_keeps_what_was_passed_over_and_deletes_what_is_gone(engine: Engine) -> None:
    kept, dropped = Counted("/a", article("1")), Counted("/b", article("2"))
    run(engine, kept, dropped)
    report = run(engine, kept, prune=True)
    assert (report.deleted, kept.reads, ids(engine)) == (1, 1, {"1"})


def test_a_dry_run_and_an_interrupted_run_remember_nothing(engine: Engine, tmp_path: Path) -> None:
    source = Counted("/a", article("1"), Mark("/a", "cursor", 7))
    run(engine, source, dry_run=True)
    assert State(str(tmp_path / "archive.state")).get("/a", "cursor") is None
    cut = Counted("/a", article("1"), Mark("/a", "cursor", 7), KeyboardInterrupt())
    assert run(engine, cut).interrupted
    assert State(str(tmp_path / "archive.state")).get("/a", "cursor") is None
    run(engine, source)
    assert State(str(tmp_path / "archive.state")).get("/a", "cursor") == 7


def test_a_mark_of_a_record_that_failed_is_dropped(engine: Engine, tmp_path: Path) -> None:
    failing: Record = Article(origin="/a:2", title="", body="")
    run(
        engine,
        Counted("/a", failing, Mark("/a", "2", "seen", unless_failed="/a:2"), article("3"), Mark("/a", "3", "seen")),
    )
    state = State(str(tmp_path / "archive.state"))
    assert dict(state.several("/a", ["2", "3"])) == {"3": "seen"}


def test_marks_are_kept_with_the_batch_of_their_articles(engine: Engine, tmp_path: Path) -> None:
    marked = [item for number in range(6) for item in (article(str(number)), Mark("/a", "at", number))]
    with pytest.raises(MemoryError):  # concerns the whole run, unlike a failure of one source
        Indexer(engine, batch=2).run([Counted("/a", *marked, MemoryError())])
    at = State(str(tmp_path / "archive.state")).get("/a", "at")
    assert at is not None
    assert {str(number) for number in range(at + 1)} <= ids(engine)


def test_a_damaged_state_costs_a_full_run_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    source = Counted("/a", article("1"))
    run(engine, source)
    (tmp_path / "archive.state").write_bytes(b"no database" * 100)
    assert (run(engine, source).unchanged, source.reads) == (1, 2)
    assert (run(engine, source).unchanged, source.reads) == (1, 2)


def test_a_state_that_cannot_be_written_costs_a_full_run_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "archive.state").mkdir()
    source = Counted("/a", article("1"))
    assert [run(engine, source).unchanged for _ in range(3)] == [0, 1, 1]
    assert source.reads == 3


def test_processes_that_make_it_at_once_keep_what_each_learns(tmp_path: Path) -> None:
    place = str(tmp_path / "a.state")
    started = threading.Barrier(8)

    def learn(number: int) -> None:
        state = State(place)
        started.wait()
        state.keep([Mark("/a", str(number), number)])
        state.close()

    threads = [threading.Thread(target=learn, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert State(place).several("/a", map(str, range(8))) == {str(number): number for number in range(8)}


def test_sources_read_to_their_end_are_forgotten_when_the_index_is_another(tmp_path: Path) -> None:
    state = State(str(tmp_path / "a.state"))
    state.begin("one", lambda names: names)
    state.keep([Mark("/a", WHOLE, ["digest", 1]), Mark("/a", "cursor", 2)])
    state.end("one")
    state.begin("one", lambda names: names)
    assert state.get("/a", WHOLE) == ["digest", 1]
    state.begin("two", lambda names: names)
    assert (state.get("/a", WHOLE), state.get("/a", "cursor")) == (None, 2)
    state.forget("/a")
    assert state.get("/a", "cursor") is None


def test_a_file_is_known_by_its_bytes_and_by_how_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "title": "A", "published": "2024-07-03T09:00:00", "text": "x"}\n', "utf-8")

    def digest(**told: object) -> str | None:
        (source,) = find_sources(path, **told)  # type: ignore[arg-type]
        return source.digest()  # type: ignore[attr-defined, no-any-return]

    assert digest() == digest()
    assert len({digest(), digest(time_zone="Asia/Baku"), digest(mapping={"text": "body"})}) == 3
    before = digest()
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert digest() != before


def test_a_file_is_known_by_the_code_that_reads_it_wherever_that_lies(tmp_path: Path) -> None:
    for package in (index, search):
        folder = Path(str(package.__file__)).parent
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    ask = [sys.executable, "-c", "from index.unchanged import _readers; print(_readers())"]
    found = [subprocess.check_output(ask, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)})]
    for name in ("index/language.py", "search/analysis/stop_words.py", "search/document.py", "search/sections.py"):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        found.append(subprocess.check_output(ask, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}))
    assert len(set(found)) == 5


def test_the_state_lies_beside_the_ledger() -> None:
    assert state_beside("/srv/archive.ledger") == "/srv/archive.state"
    assert state_beside("/srv/removals.sqlite") == "/srv/removals.sqlite.state"
    assert state_beside("memory:x") == "memory:x"


def index_files(engine: Engine, folder: Path, *, prune: bool = False, rebuild: bool = False) -> Report:
    return Indexer(engine).run(find_sources(folder), roots=[str(folder)], prune=prune, rebuild=rebuild)


def two_posts(tmp_path: Path) -> Path:
    """A folder of the posts "one" and "two"."""
    folder = tmp_path / "posts"
    folder.mkdir()
    for name, text in (("one", "The ferry runs."), ("two", "The bridge is open.")):
        (folder / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n{text}\n")
    return folder


def shown(engine: Engine) -> set[str]:
    with engine.searcher() as searcher:
        return {article.title for article in searcher.articles()}


def test_a_file_that_was_deleted_and_comes_back_is_read_again(engine: Engine, tmp_path: Path) -> None:
    folder = two_posts(tmp_path)
    index_files(engine, folder)
    (folder / "two.md").rename(tmp_path / "away")
    assert index_files(engine, folder, prune=True).deleted == 1
    (tmp_path / "away").rename(folder / "two.md")
    assert (index_files(engine, folder).added, shown(engine)) == (1, {"one", "two"})


def test_a_file_that_was_not_there_when_the_index_was_built_anew_is_read(engine: Engine, tmp_path: Path) -> None:
    folder = two_posts(tmp_path)
    index_files(engine, folder)
    (folder / "two.md").rename(tmp_path / "away")
    index_files(engine, folder, rebuild=True)
    (tmp_path / "away").rename(folder / "two.md")
    assert (index_files(engine, folder).added, shown(engine)) == (1, {"one", "two"})


def test_a_file_renamed_there_and_back_keeps_its_article(engine: Engine, tmp_path: Path) -> None:
    folder = two_posts(tmp_path)
    index_files(engine, folder)
    for old, new in (("two", "nine"), ("nine", "two")):
        (folder / f"{old}.md").rename(folder / f"{new}.md")
        index_files(engine, folder, prune=True)
        assert shown(engine) == {"one", "two"}


@pytest.mark.parametrize(
    "between",
    [
        '{"id":"b","title":"b","body":"The bridge.","embargo":"2190-01-01"}',
        '{"id":"b","title":"b","body":"The bridge.","status":"withheld"}',
        '{"id":"b","title":"b","body":"Another text."}\n{broken',
    ],
)
def test_a_file_put_back_as_it_was_is_read_again_if_what_was_between_was_not_read_whole(
    engine: Engine, tmp_path: Path, between: str
) -> None:
    file = tmp_path / "articles.jsonl"
    first = '{"id":"a","title":"a","body":"The ferry."}\n'
    for second in (
        '{"id":"b","title":"b","body":"The bridge."}',
        between,
        '{"id":"b","title":"b","body":"The bridge."}',
    ):
        file.write_text(first + second + "\n")
        index_files(engine, file)
    with engine.searcher() as searcher:
        found = searcher.document("b")
    assert found is not None
    assert found.body == "The bridge."


def test_a_draft_that_is_published_again_as_it_was_comes_back(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "one.md"
    for draft in ("", "draft: true\n", ""):
        file.write_text(f"---\ntitle: one\n{draft}---\nThe ferry runs.\n")
        index_files(engine, file)
    assert shown(engine) == {"one"}
