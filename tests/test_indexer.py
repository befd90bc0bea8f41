"""What a run promises: only changes are written, nothing is lost, everything is accounted for."""

from __future__ import annotations

import gzip
import json
import secrets
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index import batches
from index.article import Article
from index.indexer import Indexer
from index.report import MAX_LISTED, Report, Tally
from index.sources import find_sources
from search.engines import open_engine
from search.engines.protocols import Engine, Searcher
from search.errors import EngineError, IndexLocked, IndexMissing, SourceError


class Given:
    """A source whose articles are at hand; `then` is raised after them."""

    def __init__(self, name: str, *items: Article | SourceError, then: BaseException | None = None) -> None:
        self.name = name
        self._items = items
        self._then = then

    def size(self) -> int:
        return len(self._items)

    def position(self) -> int:
        return 0

    def articles(self) -> Iterator[Article | SourceError]:
        yield from self._items
        if self._then:
            raise self._then

    pieces = articles


def title(searcher: Searcher, id: str) -> str:
    document = searcher.document(id)
    assert document is not None
    return document.title


def article(name: str, title: str = "A title", **changes: object) -> Article:
    return replace(Article(f"{name}.jsonl:1", title, f"Text of {name}.", id=name), **changes)  # type: ignore[arg-type]


@pytest.fixture(params=["memory:", "whoosh:"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return open_engine("memory:" if request.param == "memory:" else f"whoosh:{tmp_path}/index")


def run(engine: Engine, *sources: Given, batch: int = 10_000, **options: object) -> Report:
    return Indexer(engine, batch=batch).run(sources, **options)  # type: ignore[arg-type]


def ids(engine: Engine) -> list[str]:
    with engine.searcher() as searcher:
        return sorted(searcher.content_hashes())


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.deleted, report.failed


def test_a_second_run_over_the_same_input_writes_nothing(target: Engine) -> None:
    source = Given("a", article("1"), article("2"))
    first = run(target, source)
    second = run(target, source)
    assert counts(first) == (2, 0, 0, 0, 0)
    assert counts(second) == (0, 0, 2, 0, 0)
    assert first.generation == second.generation != ""
    assert second.exit_code == 0


def test_only_what_changed_is_written_again(target: Engine) -> None:
    run(target, Given("a", article("1"), article("2")))
    report = run(target, Given("a", article("1"), article("2", "Another title"), article("3")))
    assert counts(report) == (1, 1, 1, 0, 0)
    with target.searcher() as searcher:
        assert [title(searcher, name) for name in "123"] == [
            "A title",
            "Another title",
            "A title",
        ]


def test_an_article_that_fails_is_reported_and_the_next_goes_on(target: Engine) -> None:
    bad = SourceError("a.jsonl:2", "is not JSON")
    empty = article("x", "", body=" ")
    report = run(target, Given("a", article("1"), bad, empty, article("2")), Given("b", then=SourceError("b", "gone")))
    assert counts(report) == (2, 0, 0, 0, 3)
    assert [str(failure) for failure in report.failures] == [
        "a.jsonl:2: is not JSON",
        "x.jsonl:1: has neither a title nor a text",
        "b: gone",
    ]
    assert report.exit_code == 3


def test_the_later_of_two_articles_with_one_id_is_kept_and_both_places_are_named(target: Engine) -> None:
    source = Given("a", article("1", "Early", place="a:1"), article("1", "Late", place="a:7"))
    report = run(target, source)
    assert counts(report) == (1, 0, 0, 0, 0)
    assert "a:7: has the same id as a:1" in str(report.warnings[0])
    with target.searcher() as searcher:
        assert title(searcher, "1") == "Late"
    again = run(target, source)
    assert counts(again) == (0, 0, 1, 0, 0)
    assert again.generation == report.generation


def test_the_later_one_wins_even_after_the_earlier_one_was_committed() -> None:
    engine = open_engine("memory:")
    copies = (article("1", "Early"), article("2"), article("3"), article("1", "Late"))
    run(engine, Given("a", *copies), batch=1)
    run(engine, Given("a", *copies), batch=1)
    with engine.searcher() as searcher:
        assert title(searcher, "1") == "Late"


def test_warnings_of_sources_and_of_normalising_reach_the_report() -> None:
    report = run(open_engine("memory:"), Given("a", article("1", warnings=("odd date",), url="javascript:x")))
    assert [remark.text.split(":")[0] for remark in report.warnings] == [
        "odd date",
        "left out an address that is not a usable http or https one",
    ]
    assert report.exit_code == 0


def test_a_run_without_articles_creates_no_index(target: Engine) -> None:
    report = run(target, Given("a"))
    assert counts(report) == (0, 0, 0, 0, 0)
    assert report.generation == ""
    with pytest.raises(IndexMissing):
        target.searcher()


def test_a_dry_run_counts_and_writes_nothing(target: Engine) -> None:
    before = run(target, Given("/a", article("1"), article("2")))
    report = run(target, Given("/a", article("1", "New"), article("3")), dry_run=True, prune=True, roots=["/a"])
    assert counts(report) == (1, 1, 0, 1, 0)
    assert report.generation == before.generation
    assert ids(target) == ["1", "2"]


# --- pruning


def test_pruning_deletes_what_is_gone_from_the_same_input_only(target: Engine) -> None:
    run(target, Given("/in/a", article("1"), article("2")), Given("/in/b", article("3")), Given("/other", article("4")))
    report = run(target, Given("/in/a", article("1")), prune=True, roots=["/in"])
    assert counts(report) == (0, 0, 1, 2, 0)
    assert ids(target) == ["1", "4"]


def test_a_folder_with_a_longer_name_is_not_below_it(target: Engine) -> None:
    run(target, Given("/in/a", article("1")), Given("/input/b", article("2")))
    assert run(target, Given("/in/a", article("1")), prune=True, roots=["/in"]).deleted == 0


@pytest.mark.parametrize(
    "source",
    [
        Given("/in/a", article("1"), SourceError("/in/a:2", "bad")),
        Given("/in/a", article("1"), then=SourceError("/in/a", "cut off")),
        Given("/in/a"),
    ],
    ids=["a bad article", "a broken file", "nothing there"],
)
def test_nothing_is_pruned_where_the_input_was_not_read_whole(source: Given) -> None:
    engine = open_engine("memory:")
    run(engine, Given("/in/a", article("1"), article("2")))
    report = run(engine, source, prune=True, roots=["/in"])
    assert report.deleted == 0
    assert ids(engine) == ["1", "2"]
    assert "not pruned" in str(report.warnings[-1])


def test_without_pruning_nothing_is_deleted(target: Engine) -> None:
    run(target, Given("/in/a", article("1"), article("2")))
    assert run(target, Given("/in/a", article("1"))).deleted == 0
    assert ids(target) == ["1", "2"]


def test_an_article_that_moved_to_another_file_is_not_pruned(target: Engine) -> None:
    run(target, Given("/in/a", article("1"), article("2")))
    report = run(target, Given("/in/a", article("1")), Given("/in/b", article("2")), prune=True, roots=["/in"])
    assert counts(report) == (0, 1, 1, 0, 0)
    report = run(target, Given("/in/a", article("1")), prune=True, roots=["/in/a"])
    assert report.deleted == 0


# --- rebuilding


def test_rebuilding_replaces_the_whole_index_in_one_commit(target: Engine) -> None:
    run(target, Given("/a", article("1"), article("2")), Given("/b", article("3")))
    report = run(target, Given("/a", article("1"), article("4")), rebuild=True, batch=1)
    assert counts(report) == (1, 0, 1, 2, 0)
    assert ids(target) == ["1", "4"]


def test_rebuilding_refuses_to_lose_what_cannot_be_read_now(target: Engine) -> None:
    before = run(target, Given("/a", article("1")), Given("/b", article("2")))
    with pytest.raises(SourceError, match="1 articles would be lost, so nothing was changed"):
        run(target, Given("/a", article("1")), Given("/b", then=SourceError("/b", "unreadable")), rebuild=True)
    assert ids(target) == ["1", "2"]
    assert target.generation() == before.generation


def test_rebuilding_refuses_to_lose_what_stood_behind_a_cut_in_a_file(target: Engine, tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl.gz"
    lines = [json.dumps({"id": str(n), "title": f"Piece {n}", "body": secrets.token_hex(4_000)}) for n in range(9)]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    Indexer(target).run(find_sources(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="articles would be lost, so nothing was changed"):
        Indexer(target).run(find_sources(path), rebuild=True)
    assert len(ids(target)) == 9


def test_rebuilding_out_of_nothing_is_refused(target: Engine) -> None:
    run(target, Given("/a", article("1")))
    with pytest.raises(SourceError, match="holds no article"):
        run(target, Given("/a"), rebuild=True)
    assert ids(target) == ["1"]


def test_rebuilding_goes_on_where_a_failure_costs_nothing(target: Engine) -> None:
    run(target, Given("/a", article("1")))
    report = run(target, Given("/a", article("1")), Given("/b", then=SourceError("/b", "never read")), rebuild=True)
    assert counts(report) == (0, 0, 1, 0, 1)


# --- interruptions and failures


def test_an_interruption_keeps_what_was_committed_and_throws_the_open_batch_away(target: Engine) -> None:
    items = [article(str(number)) for number in range(25)]
    report = run(target, Given("a", *items, then=KeyboardInterrupt()), batch=10)
    assert report.interrupted
    assert report.exit_code == 130
    assert counts(report) == (20, 0, 0, 0, 0)
    assert len(ids(target)) == 20
    assert counts(run(target, Given("a", *items))) == (5, 0, 20, 0, 0)


def test_an_interrupted_rebuild_leaves_the_old_index(target: Engine) -> None:
    before = run(target, Given("a", article("1")))
    items = [article(str(number)) for number in range(2, 30)]
    report = run(target, Given("a", *items, then=KeyboardInterrupt()), batch=10, rebuild=True)
    assert report.interrupted
    assert ids(target) == ["1"]
    assert report.generation == before.generation


def test_an_interrupted_prune_deletes_nothing(target: Engine) -> None:
    run(target, Given("/a", article("1"), article("2")))
    report = run(target, Given("/a", article("1"), then=KeyboardInterrupt()), prune=True, roots=["/a"])
    assert report.deleted == 0
    assert ids(target) == ["1", "2"]


def test_an_unexpected_failure_rolls_back_and_frees_the_index(target: Engine) -> None:
    run(target, Given("a", article("1")))
    with pytest.raises(EngineError, match="disk"):
        run(target, Given("a", article("2"), article("3"), then=EngineError("the disk is full")), batch=2)
    assert ids(target)[0] == "1"
    assert run(target, Given("a", article("9"))).added == 1


def test_a_locked_index_is_said_and_left_alone(target: Engine) -> None:
    run(target, Given("a", article("1")))
    with target.writer(), pytest.raises(IndexLocked):
        run(target, Given("a", article("2")))
    assert ids(target) == ["1"]


@pytest.mark.parametrize(("presses", "finished"), [(1, True), (2, False)])
def test_a_commit_outlasts_one_ctrl_c_but_not_two(presses: int, finished: bool) -> None:
    done = False

    def commit() -> None:
        nonlocal done
        with batches.uninterrupted():
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
            done = True

    with pytest.raises(KeyboardInterrupt):
        commit()
    assert done is finished
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# --- identity across inputs


def test_a_place_id_that_meets_another_file_is_said(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    pages = []
    for year in ("2023", "2024"):
        page = tmp_path / year / "w" / "x" / "y" / "page.txt"
        page.parent.mkdir(parents=True)
        page.write_text("x")
        pages.append(str(page))
    run(engine, Given(pages[0], article("", place=pages[0])))
    report = run(engine, Given(pages[1], article("", place=pages[1])))
    assert "takes the place of an article with the same id" in str(report.warnings[0])
    assert report.changed == 1


def test_sources_are_remembered_by_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = open_engine("memory:")
    run(engine, Given("in/../in/a.jsonl", article("1")), Given("https://a.example/feed", article("2")))
    with engine.searcher() as searcher:
        assert searcher.sources() == {"1": str(tmp_path / "in" / "a.jsonl"), "2": "https://a.example/feed"}


# --- real files


def test_real_files_go_in_once_and_only_once(tmp_path: Path) -> None:
    lines = [
        {"id": f"n{n}", "title": f"Notice {n}", "body": f"Body {n}.", "published": "1931-04-02"} for n in range(50)
    ]
    file = tmp_path / "notices.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + "\n{broken\n", encoding="utf-8")
    engine = open_engine(f"whoosh:{tmp_path}/index")
    first = Indexer(engine).run(find_sources([str(file)]))
    second = Indexer(engine).run(find_sources([str(file)]))
    assert counts(first) == (50, 0, 0, 0, 1)
    assert first.failures[0].place == f"{file}:51"
    assert counts(second) == (0, 0, 50, 0, 1)
    assert first.generation == second.generation


def test_files_that_are_no_articles_are_a_warning_and_stop_neither_pruning_nor_rebuilding(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": name, "title": name}) + "\n")
    (tmp_path / "README.md").write_text("# About")
    engine = open_engine("memory:")
    first = Indexer(engine).run(find_sources(tmp_path))
    assert (first.added, first.failed, first.exit_code) == (2, 0, 0)
    assert ".md: 1" in str(first.warnings[0])
    (tmp_path / "a.jsonl").unlink()
    assert Indexer(engine).run(find_sources(tmp_path), prune=True, roots=[str(tmp_path)]).deleted == 1
    assert Indexer(engine).run(find_sources(tmp_path), rebuild=True).unchanged == 1
    only = tmp_path / "only"
    only.mkdir()
    (only / "README.md").write_text("# About")
    assert Indexer(engine).run(find_sources(only)).failed == 1


def test_a_page_is_the_same_whether_it_or_its_folder_is_named(tmp_path: Path) -> None:
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page in pages:
        text = f"The {page.stem} printers said that the night was quiet and the paper good. " * 12
        page.write_text(
            f"<html><head><title>{page.stem}</title></head><body><article><p>{text}</p></article></body></html>"
        )
    engine = open_engine("memory:")
    assert Indexer(engine).run(find_sources(tmp_path)).added == 2
    assert Indexer(engine).run(find_sources(pages[0])).unchanged == 1
    pages[1].unlink()
    assert Indexer(engine).run(find_sources(tmp_path), prune=True, roots=[str(tmp_path)]).deleted == 1


# --- the report


def test_long_lists_are_cut_and_counted() -> None:
    tally = Tally()
    for number in range(MAX_LISTED + 500):
        tally.fail(f"f{number}", "bad")
    report = tally.report(seconds=2.0, generation="g", thrown_away=(), interrupted=False, dry_run=False)
    assert report.failed == MAX_LISTED + 500
    assert len(report.failures) == MAX_LISTED
    assert report.remarks(2) == ["failed: f0: bad", "failed: f1: bad", f"failed: … and {MAX_LISTED + 498:,} more"]


def test_the_summary_gives_every_count_and_the_rate() -> None:
    tally = Tally()
    tally.outcomes = {"1": "added", "2": "changed", "3": "unchanged", "4": "added"}
    report = tally.report(seconds=2.0, generation="g", thrown_away=["4"], interrupted=False, dry_run=False)
    assert report.summary() == ("added 1, changed 1, unchanged 1, deleted 0, failed 0 in 2.0 s (2 articles a second)")
    assert json.loads(json.dumps(report.as_json()))["rate"] == 1.5
