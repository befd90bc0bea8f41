"""What a run promises: only changes are written, nothing is lost, everything is accounted for."""

from __future__ import annotations

import errno
import gzip
import json
import secrets
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import stamps_of
from crippled import CrippledEngine
from sources_at_hand import Given, article, ids, run

from index import batches, held
from index.article import Article, Withdrawal
from index.finding import LOOKUP_RECORDS
from index.indexer import Indexer
from index.report import MAX_GENERAL, MAX_LISTED, MAX_SOURCE_WARNINGS, Outcome, Report, Tally
from index.sources import find_sources
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine, Searcher
from search.engines.results import IndexStatus, Stamp
from search.errors import EngineError, IndexDamaged, IndexLocked, IndexMissing, SourceError


def title(searcher: Searcher, id: str) -> str:
    document = searcher.document(id)
    assert document is not None
    return document.title


@pytest.fixture(params=["memory:", "whoosh:"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return open_engine("memory:" if request.param == "memory:" else f"whoosh:{tmp_path}/index")


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
    source = Given("a", article("1", "Early", origin="a:1"), article("1", "Late", origin="a:7"))
    report = run(target, source)
    assert counts(report) == (1, 0, 0, 0, 0)
    assert str(report.warnings[0]).startswith("a:7: takes the place of an earlier article from ")
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


def test_a_dry_run_says_what_the_run_then_does(target: Engine) -> None:
    def moving(url: str) -> Article:
        return article("", url=url, guid="https://example.org/?p=7", origin="a:3")

    run(target, Given("/in/a", article("1"), article("2"), moving("https://example.org/old"), article("4")))
    protected = Withdrawal("a:2", "gone", "protected by a password", id="2")
    later = Given("/in/a", article("1"), protected, moving("https://example.org/new"))
    for dry_run in (True, False):
        told: list[tuple[str, str]] = []
        report = run(target, later, roots=["/in"], prune=True, dry_run=dry_run, notice=lambda *said: told.append(said))  # noqa: B023
        assert counts(report) == (0, 1, 1, 2, 0)
        assert sorted(told) == [("changed", "example.org/new"), ("deleted", "2"), ("deleted", "4"), ("unchanged", "1")]


def test_what_a_source_withdraws_does_not_count_as_vanished(target: Engine) -> None:
    names = [str(number) for number in range(10)]
    run(target, Given("/in/a", *map(article, names)))
    drafts = [Withdrawal(f"a:{name}", "gone", "a draft", id=name) for name in names[1:]]
    report = run(target, Given("/in/a", article("0"), *drafts), roots=["/in/a"], prune=True, most_gone=0.2)
    assert counts(report) == (0, 0, 1, 9, 0)


def test_an_article_that_moved_to_another_file_is_not_pruned(target: Engine) -> None:
    run(target, Given("/in/a", article("1"), article("2")))
    report = run(target, Given("/in/a", article("1")), Given("/in/b", article("2")), prune=True, roots=["/in"])
    assert counts(report) == (0, 0, 2, 0, 0)
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


def test_rebuilding_out_of_an_unreadable_file_names_the_cause(target: Engine, tmp_path: Path) -> None:
    run(target, Given("/a", article("1")))
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"title": "Été"}\n'.encode("latin-1"))
    with pytest.raises(SourceError, match=r"the index is left as it was; .*latin\.jsonl:1: not UTF-8"):
        Indexer(target).run(find_sources(path), rebuild=True)
    assert ids(target) == ["1"]


def test_a_damaged_index_can_be_rebuilt_wherever_the_damage_is(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    source = Given("/a", *(article(str(number)) for number in range(20)))
    run(engine, source)
    names = [path.name for path in (tmp_path / "index").iterdir() if path.stat().st_size > 0]
    assert len(names) > 1
    for name in names:
        path = tmp_path / "index" / name
        if not path.exists():  # the rebuild before has swept it away
            continue
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert len(Indexer(engine).run([source], rebuild=True).failures) == 0
        assert len(ids(engine)) == 20


def test_an_index_that_proves_damaged_while_it_is_compared_counts_as_empty_for_a_rebuild_only() -> None:
    class Damaged:
        """A searcher over an index that opens and is damaged further inside."""

        def status(self) -> IndexStatus:
            return IndexStatus("g", 9, datetime.now(UTC), "memory")

        def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
            raise IndexDamaged(f"half of it is missing, with {ids}")

        def ids_from(self, source: str) -> Iterator[str]:
            yield "1"
            raise IndexDamaged(f"half of it is missing, with {source}")

        def close(self) -> None: ...

    for ask in (lambda found: found.stamps(["1"]), lambda found: list(found.ids_from("/a"))):
        with pytest.raises(IndexDamaged):
            ask(held.Held(Damaged))  # type: ignore[arg-type]
        lenient = held.Held(Damaged, damage_is_empty=True)  # type: ignore[arg-type]
        ask(lenient)
        assert (lenient.articles, lenient.stamps(["1"]), list(lenient.ids_from("/a"))) == (0, {}, [])


# --- interruptions and failures


@dataclass(frozen=True)
class Broken:
    """A record whose reader raises."""

    error: BaseException
    origin: str = "broken:1"
    weight: int = 1

    def read(self) -> Article:
        raise self.error


def test_whatever_a_reader_raises_is_the_failure_of_that_article(target: Engine) -> None:
    errors = [ValueError("odd tag"), RecursionError("deep"), KeyError("x"), AssertionError(), OSError(2, "gone")]
    records = [Broken(error, f"broken:{number}") for number, error in enumerate(errors)]
    report = run(target, Given("a", article("1"), *records, article("2")))
    assert counts(report) == (2, 0, 0, 0, len(errors))
    assert str(report.failures[0]) == (
        "broken:0: its reader failed (ValueError: odd tag); please report this with the file"
    )
    assert [failure.origin for failure in report.failures] == [record.origin for record in records]


def test_a_source_that_raises_costs_what_is_behind_it(target: Engine) -> None:
    report = run(target, Given("a", article("1"), then=ValueError("odd")), Given("b", article("2")))
    assert counts(report) == (2, 0, 0, 0, 1)
    assert "its reader failed (ValueError: odd)" in str(report.failures[0])


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "no space left"), EngineError("locked")])
def test_what_concerns_the_whole_run_ends_it_and_leaves_the_index_alone(target: Engine, error: BaseException) -> None:
    before = run(target, Given("a", article("1")))
    with pytest.raises(type(error)):
        run(target, Given("a", article("2"), Broken(error)))
    assert target.generation() == before.generation
    assert run(target, Given("a", article("3"))).added == 1


def test_the_index_is_asked_about_few_articles_at_once(target: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    stamps = held.Held.stamps

    def counted(self: held.Held, ids: Sequence[str]) -> Mapping[str, Stamp]:
        asked.append(len(ids))
        return stamps(self, ids)

    monkeypatch.setattr(held.Held, "stamps", counted)
    source = Given("a", *(article(str(number)) for number in range(3 * LOOKUP_RECORDS + 7)))
    assert run(target, source).added == 3 * LOOKUP_RECORDS + 7
    assert max(asked) <= LOOKUP_RECORDS
    assert sum(asked) == 3 * LOOKUP_RECORDS + 7


def test_a_warning_about_a_source_is_said_once_for_each_source(target: Engine) -> None:
    odd = [article(str(number), source_warnings=("odd key",)) for number in range(9)]
    report = run(target, Given("a", *odd[:5]), Given("b", *odd[5:]))
    assert [str(warning) for warning in report.warnings] == ["0.jsonl:1: odd key", "5.jsonl:1: odd key"]


def test_a_source_cannot_flood_the_report_with_warnings(target: Engine) -> None:
    odd = (article(str(number), source_warnings=(f"odd key {number}",)) for number in range(MAX_SOURCE_WARNINGS + 50))
    assert run(target, Given("a", *odd)).warned == MAX_SOURCE_WARNINGS


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


def test_an_interruption_without_transactions_reports_what_stays() -> None:
    items = [article(str(number)) for number in range(25)]
    engine = CrippledEngine(open_engine("memory:"), "transaction")
    report = run(engine, Given("a", *items, then=KeyboardInterrupt()), batch=10)
    assert report.interrupted
    assert report.added == len(ids(engine)) == 20  # the rest was waiting, and is lost

    batch = batches.Batches(engine)
    batch.add(Document("30", "A title"))
    assert batch.delete("3")
    assert not batch.loses_deletions
    assert batch.roll_back() == {"30"}
    assert "3" not in ids(engine)


def test_a_rebuild_without_transactions_is_refused_before_anything_is_read() -> None:
    whole = open_engine("memory:")
    run(whole, Given("a", article("1")))
    unread = Given("a", then=AssertionError("read"))
    with pytest.raises(EngineError, match="index into a new, empty index instead"):
        run(CrippledEngine(whole, "transaction"), unread, rebuild=True)
    assert ids(whole) == ["1"]


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


def test_an_id_derived_from_its_origin_that_meets_another_file_is_said(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    pages = [str(tmp_path / year / "w" / "x" / "y" / "page.txt") for year in ("2023", "2024")]
    Path(pages[0]).mkdir(parents=True)  # there is something, but no such file
    run(engine, Given(pages[0], article("", origin=pages[0], place="page.txt")))
    report = run(engine, Given(pages[1], article("", origin=pages[1], place="page.txt")))
    assert "takes the place of the article with the same id" in str(report.warnings[0])
    assert report.changed == 1


def test_ids_that_change_their_source_are_said_once_for_each_pair_of_sources(target: Engine) -> None:
    run(
        target,
        Given("/a", *(article(str(number)) for number in range(5))),
        Given("/b", article("x")),
        Given("/d", article("y"), article("z")),
    )
    others = [article(name, "Another title") for name in ("0", "1", "2", "3", "x", "y", "z", "new")]
    report = run(target, Given("/c", *others))
    assert [str(warning) for warning in report.warnings] == [
        "0.jsonl:1: takes the place of the article with the same id ('0') from /a; so do 3 others",
        "x.jsonl:1: takes the place of the article with the same id ('x') from /b",
        "y.jsonl:1: takes the place of the article with the same id ('y') from /d; so does 1 other",
    ]
    assert report.warned == 3
    assert run(target, Given("/c", *others)).warnings == ()


def test_a_rebuild_out_of_other_sources_is_meant(target: Engine) -> None:
    run(target, Given("/a", article("1"), article("2")))
    report = run(target, Given("/b", article("1"), article("2"), article("2")), rebuild=True)
    assert [str(warning) for warning in report.warnings] == [
        "2.jsonl:1: takes the place of an earlier article from /b with the same id ('2')"
    ]
    assert report.unchanged == 2


def test_ids_that_two_sources_of_one_run_share_are_said_once(target: Engine) -> None:
    both = [Given(name, *(article(str(number)) for number in range(30))) for name in ("/a", "/b")]
    report = run(target, *both)
    assert [str(warning) for warning in report.warnings] == [
        "0.jsonl:1: takes the place of an earlier article from /a with the same id ('0'); so do 29 others"
    ]
    assert counts(report) == (30, 0, 0, 0, 0)


def test_a_folder_of_pages_that_replaces_another_is_said_in_one_line(target: Engine) -> None:
    run(target, *(Given(f"/old/{number}.html", article(str(number))) for number in range(30)))
    report = run(target, *(Given(f"/new/{number}.html", article(str(number), "New")) for number in range(30)))
    assert [str(warning) for warning in report.warnings] == [
        "0.jsonl:1: takes the place of the article with the same id ('0') from /old; so do 29 others"
    ]


def test_a_file_is_the_same_source_by_its_path_and_by_its_address(tmp_path: Path) -> None:
    path = tmp_path / "a b.jsonl"
    path.write_text('{"title": "A"}\n')
    engine = open_engine("memory:")
    assert Indexer(engine).run(find_sources(path)).added == 1
    again = Indexer(engine).run(find_sources(path.as_uri()), prune=True, roots=[path.as_uri()])
    assert (again.unchanged, again.warnings, again.deleted) == (1, (), 0)


def test_sources_are_remembered_by_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = open_engine("memory:")
    run(engine, Given("in/../in/a.jsonl", article("1")), Given("https://a.example/feed", article("2")))
    with engine.searcher() as searcher:
        sources = {name: stamp.source for name, stamp in stamps_of(searcher).items()}
    assert sources == {"1": str(tmp_path / "in" / "a.jsonl"), "2": "https://a.example/feed"}


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
    assert first.failures[0].origin == f"{file}:51"
    assert counts(second) == (0, 0, 50, 0, 1)
    assert first.generation == second.generation


def test_files_of_unknown_formats_are_counted_alike_with_articles_beside_them_and_without(tmp_path: Path) -> None:
    for folder in ("mixed", "only"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "README.md").write_text("# About")
        (tmp_path / folder / "notes.docx").write_bytes(b"x")
    (tmp_path / "mixed" / "a.jsonl").write_text(json.dumps({"id": "a", "title": "A"}) + "\n")
    reports = [Indexer(open_engine("memory:")).run(find_sources(tmp_path / name)) for name in ("mixed", "only")]
    assert [(report.added, report.failed, report.skipped, report.exit_code) for report in reports] == [
        (1, 0, 2, 0),
        (0, 0, 2, 0),
    ]
    for report in reports:
        assert ", skipped 2 files in " in report.summary()
        assert report.as_json()["skipped"] == 2
        assert [".docx: 1" in str(warning) for warning in report.warnings] == [True]


def test_files_of_unknown_formats_stop_neither_pruning_nor_rebuilding(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": name, "title": name}) + "\n")
    (tmp_path / "README.md").write_text("# About")
    engine = open_engine("memory:")
    assert Indexer(engine).run(find_sources(tmp_path)).added == 2
    (tmp_path / "a.jsonl").unlink()
    assert Indexer(engine).run(find_sources(tmp_path), prune=True, roots=[str(tmp_path)]).deleted == 1
    assert Indexer(engine).run(find_sources(tmp_path), rebuild=True).unchanged == 1


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
    report = tally.report(Counter(), seconds=2.0, generation="g", interrupted=False, dry_run=False)
    assert report.failed == MAX_LISTED + 500
    assert len(report.failures) == MAX_LISTED
    assert report.remarks(2) == ["failed: f0: bad", "failed: f1: bad", f"failed: … and {MAX_LISTED + 498:,} more"]


def test_the_summary_gives_every_count_and_the_rate() -> None:
    tally = Tally()
    outcomes: Counter[Outcome] = Counter(added=1, changed=1, unchanged=1)
    report = tally.report(outcomes, seconds=2.0, generation="g", interrupted=False, dry_run=False)
    assert report.summary() == ("added 1, changed 1, unchanged 1, deleted 0, failed 0 in 2.0 s (2 articles a second)")
    assert json.loads(json.dumps(report.as_json()))["rate"] == 1.5


def test_what_was_left_out_is_said_before_the_warnings_about_articles_and_never_cut(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.jsonl").write_text(
            f'{{"id": "{number}", "title": "T", "body": "B", "published": "soon"}}\n', "utf-8"
        )
    (tmp_path / "photo.psd").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    indexer = Indexer(open_engine("memory:"))
    found = [*find_sources([tmp_path]), Given("/w", Withdrawal("w", "gone", "a draft", id="w"), article("1"))]
    report = indexer.run(found, roots=[str(tmp_path / "empty")], prune=True)
    lines = report.remarks(2)
    assert [line.split(": ")[1] for line in lines[:3]] == [
        "left out because its source does not publish it", str(tmp_path), str(tmp_path / "empty")
    ]  # fmt: skip
    assert "1 file in it is of no known format (.psd: 1)" in lines[1]
    assert lines[-1] == f"warning: … and {report.warned - len(lines) + 1} more"
    assert len(lines) == 6


def test_warnings_about_very_many_sources_are_cut_too() -> None:
    tally = Tally()
    for number in range(MAX_GENERAL + 30):
        tally.skip(f"{number}.warc", "left out 3 pictures", 0)
    tally.skip("a folder", "1 file in it is of no known format", 1, whole=True)
    report = tally.report(Counter(), seconds=1.0, generation="g", interrupted=False, dry_run=False)
    lines = report.remarks(20)
    assert lines[0] == "warning: a folder: 1 file in it is of no known format"
    assert (len(lines), lines[-1]) == (MAX_GENERAL + 22, "warning: … and 10 more")


def test_a_folder_that_is_moved_keeps_the_ids_of_its_articles(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    (tmp_path / "old" / "2024").mkdir(parents=True)
    (tmp_path / "old" / "2024" / "ferry.txt").write_text("Ferry runs\n\nThe ferry runs all winter.\n", "utf-8")
    Indexer(engine).run(find_sources(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")
    report = Indexer(engine).run(find_sources(tmp_path / "new"))
    assert (report.added, report.unchanged) == (0, 1), "only its source is another"
    assert engine.searcher().status().articles == 1


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_folder_that_is_moved_there_and_back_is_not_pruned_where_it_was(tmp_path: Path, rebuild: bool) -> None:
    indexer = Indexer(open_engine("memory:"))
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / f"only-{folder.name}.txt").write_text(f"Only {folder.name}\n\nThe bus runs.\n", "utf-8")
    (old / "ferry.txt").write_text("Ferry runs\n\nThe ferry runs all winter.\n", "utf-8")
    indexer.run(find_sources([old, new]))
    for before, after in ((old, new), (new, old)):
        (before / "ferry.txt").rename(after / "ferry.txt")
        report = indexer.run(find_sources([after, before] if rebuild else after), rebuild=rebuild)
        assert (report.added, report.changed, report.warnings) == (0, 0, ())
        assert indexer.run(find_sources(before), roots=[str(before)], prune=True).deleted == 0
        assert indexer.run(find_sources([old, new]), roots=[str(tmp_path)], prune=True).deleted == 0


def test_a_file_that_was_moved_and_edited_has_changed(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    (tmp_path / "a.jsonl").write_text('{"id": "1", "title": "Ferry", "body": "It runs."}\n', "utf-8")
    Indexer(engine).run(find_sources(tmp_path / "a.jsonl"))
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "b.jsonl").write_text('{"id": "1", "title": "Ferry", "body": "It rests."}\n', "utf-8")
    report = Indexer(engine).run(find_sources(tmp_path / "b.jsonl"))
    assert (report.changed, report.warned) == (1, 1)


def test_files_at_the_same_place_in_two_folders_are_two_articles(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "ferry.txt").write_text(f"Ferry in {year}\n\nThe ferry runs all winter.\n", "utf-8")
    both = Indexer(engine).run(find_sources([tmp_path / "2023", tmp_path / "2024"]))
    assert (both.added, both.warnings) == (2, ())
    again = Indexer(engine).run(find_sources([tmp_path / "2023", tmp_path / "2024"]))
    assert (again.unchanged, again.warnings) == (2, ())
    alone = Indexer(engine).run(find_sources(tmp_path / "2024"))
    assert (alone.unchanged, alone.added, engine.searcher().status().articles) == (1, 0, 2)


def test_an_article_that_is_gone_at_its_source_is_deleted() -> None:
    engine = open_engine("memory:")
    run(engine, Given("a", article("1"), article("2")))
    report = run(engine, Given("a", Withdrawal("a:1", "gone", "deleted", id="1")))
    assert report.deleted == 1
    assert engine.searcher().document("1") is None
    assert engine.searcher().document("2") is not None
