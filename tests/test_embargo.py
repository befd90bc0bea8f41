"""An article whose moment lies ahead is in no answer, and then it is, without anybody doing anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from leftovers import files_with
from sources_at_hand import Given, article, ids

from index.article import Article, Item, Withdrawal
from index.embargo import LAST, shown_from
from index.indexer import Indexer
from index.naming import tombstones_for
from index.report import Report
from index.state import State
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine, Writer
from search.errors import IndexLocked, IndexMissing
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.releasing import Releasing, release_due
from search.takedown import take_down

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Newsroom:
    """An archive, its ledger, and a clock that somebody sets."""

    engine: Engine
    ledger: Ledger
    now: datetime = NOON
    time_zone: str = "UTC"

    def run(self, *articles: Article | Withdrawal, root: str = "", **options: object) -> Report:
        indexer = Indexer(self.engine, ledger=self.ledger, time_zone=self.time_zone, clock=lambda: self.now)
        return indexer.run([Given(root or "a.jsonl", *articles)], **options)  # type: ignore[arg-type]

    def release(self) -> int:
        return release_due(self.engine, self.ledger, self.now)

    def title(self, name: str) -> str:
        with self.engine.searcher() as searcher:
            document = searcher.document(name)
        return document.title if document else ""

    def shown(self) -> list[str]:
        try:
            return ids(self.engine)
        except IndexMissing:
            return []


@pytest.fixture(params=["memory:", "whoosh:"])
def newsroom(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Newsroom]:
    engine = open_engine("memory:" if request.param == "memory:" else f"whoosh:{tmp_path}/index")
    ledger = open_ledger(engine.ledger_place)
    yield Newsroom(engine, ledger)
    ledger.close()


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.waiting, report.deleted


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("embargo", "published", "moment"),
    [
        (None, None, None),
        (NOON, None, NOON),
        (None, NOON, NOON),
        (NOON, NOON + HOUR, NOON + HOUR),
        (NOON + HOUR, NOON, NOON + HOUR),
        (None, date(2024, 7, 4), datetime(2024, 7, 3, 22, tzinfo=UTC)),
        (datetime(2024, 7, 4), None, datetime(2024, 7, 3, 22, tzinfo=UTC)),
        (datetime(2024, 7, 4, tzinfo=timezone(timedelta(hours=5))), None, datetime(2024, 7, 3, 19, tzinfo=UTC)),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-9))), None, LAST),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))), None, datetime.min.replace(tzinfo=UTC)),
        (None, date(1605, 1, 1), datetime(1604, 12, 31, 23, 6, 32, tzinfo=UTC)),
    ],
)
def test_the_later_of_embargo_and_publication_counts_in_the_zone_of_the_archive(
    embargo: datetime | None, published: date | None, moment: datetime | None
) -> None:
    assert shown_from(embargo, published, "Europe/Berlin") == moment


def test_what_lies_ahead_waits_and_what_does_not_is_shown(newsroom: Newsroom) -> None:
    report = newsroom.run(
        article("embargo", embargo=NOON + HOUR),
        article("over", embargo=NOON),
        article("tomorrow", published=date(2024, 7, 4)),
        article("today", published=date(2024, 7, 3)),
        article("soon", published=NOON + HOUR),
        article("withheld", status="withheld"),
    )
    assert counts(report) == (2, 0, 0, 4, 0)
    assert ", waiting 4" in report.summary()
    assert newsroom.shown() == ["over", "today"]
    assert newsroom.ledger.waiting.counts() == (3, 1)


def test_a_day_begins_in_the_zone_of_the_archive(newsroom: Newsroom) -> None:
    newsroom.time_zone, newsroom.now = "Asia/Tokyo", datetime(2024, 7, 3, 15, tzinfo=UTC)
    assert newsroom.run(article("1", published=date(2024, 7, 4))).added == 1
    newsroom.time_zone = "America/New_York"
    assert newsroom.run(article("2", published=date(2024, 7, 4))).waiting == 1


@pytest.mark.parametrize(
    ("first", "last", "waits"),
    [
        (date(2024, 8, 7), date(2024, 12, 7), True),
        (date(2024, 3, 7), date(2024, 12, 7), False),
        (date(2024, 2, 1), date(2024, 2, 1), False),
    ],
)
def test_an_article_whose_date_may_mean_two_days_waits_if_both_lie_ahead(
    newsroom: Newsroom, first: date, last: date, waits: bool
) -> None:
    assert newsroom.run(article("1", published_between=(first, last))).waiting == waits
    assert newsroom.shown() == ([] if waits else ["1"])


def test_it_goes_on_waiting_for_the_later_day_when_the_earlier_has_come(newsroom: Newsroom) -> None:
    told = article("1", published_between=(date(2024, 7, 8), date(2024, 8, 7)))
    newsroom.run(told)
    newsroom.now = datetime(2024, 7, 20, tzinfo=UTC)
    assert newsroom.release() == 0
    assert newsroom.run(told).waiting == 1
    newsroom.now = datetime(2024, 8, 7, tzinfo=UTC)
    assert newsroom.release() == 1
    assert newsroom.run(told).unchanged == 1


# --- then it appears -----------------------------------------------------------------------------------------------


def test_it_appears_when_its_moment_comes(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2", embargo=NOON + DAY), article("3"))
    assert newsroom.release() == 0
    newsroom.now += HOUR
    assert newsroom.release() == 1
    assert newsroom.shown() == ["1", "3"]
    assert newsroom.release() == 0
    newsroom.now += DAY
    assert newsroom.release() == 1
    assert newsroom.ledger.waiting.counts() == (0, 0)


def test_the_next_run_publishes_it_too_whatever_it_reads(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR))
    newsroom.now += HOUR
    report = newsroom.run(article("2"), root="b.jsonl")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert newsroom.shown() == ["1", "2"]


def test_a_long_run_publishes_what_becomes_due_between_its_commits(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR))

    class Slow(Given):
        def records(self) -> Iterator[Article]:  # type: ignore[override]
            yield article("2")
            newsroom.now += HOUR
            yield article("3")
            yield article("4")
            seen.extend(newsroom.shown())

    seen: list[str] = []
    Indexer(newsroom.engine, ledger=newsroom.ledger, clock=lambda: newsroom.now, batch=1).run([Slow("b.jsonl")])
    assert "1" in seen


def test_it_is_shown_as_it_would_have_been_at_once(newsroom: Newsroom) -> None:
    one = article("1", embargo=NOON + HOUR, tags=("a",), published=date(2024, 7, 1))
    newsroom.run(one)
    newsroom.now += HOUR
    newsroom.release()
    assert counts(newsroom.run(one)) == (0, 0, 1, 0, 0)


def test_what_cannot_be_published_now_is_published_later(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2"))
    newsroom.now += HOUR
    with newsroom.engine.writer(), pytest.raises(IndexLocked):
        newsroom.release()
    looking = Releasing(newsroom.engine, newsroom.ledger, clock=lambda: newsroom.now)
    with newsroom.engine.writer():
        assert looking.look() == 0
    assert looking.look() == 1
    assert newsroom.shown() == ["1", "2"]


def test_a_failure_is_logged_once(newsroom: Newsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR))
    newsroom.now += HOUR
    (tmp_path / "file").touch()
    broken = open_engine(f"whoosh:{tmp_path}/file")
    looking = Releasing(broken, newsroom.ledger, clock=lambda: newsroom.now)
    assert [looking.look(), looking.look()] == [0, 0]
    said = [record.message for record in caplog.records if "cannot be published" in record.message]
    reason = f"{tmp_path}/file is a file; name a directory for the index"
    assert said == [f"articles whose moment may have come cannot be published: {reason}"]
    assert Releasing(newsroom.engine, newsroom.ledger, clock=lambda: newsroom.now).look() == 1


# --- later imports -------------------------------------------------------------------------------------------------


def test_a_second_run_over_the_same_writes_nothing(newsroom: Newsroom) -> None:
    articles = (article("1", embargo=NOON + HOUR), article("2"))
    newsroom.run(*articles)
    before = newsroom.engine.generation()
    assert counts(newsroom.run(*articles)) == (0, 0, 1, 1, 0)
    assert newsroom.engine.generation() == before


def test_a_later_version_changes_the_moment_and_the_text(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR))
    newsroom.run(article("1", "Corrected", embargo=NOON + 2 * HOUR))
    newsroom.now += HOUR
    assert newsroom.release() == 0
    newsroom.now += HOUR
    assert newsroom.release() == 1
    assert newsroom.title("1") == "Corrected"


def test_an_embargo_that_is_lifted_lets_it_in_at_once(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2", status="withheld"))
    assert counts(newsroom.run(article("1"), article("2"))) == (2, 0, 0, 0, 0)
    assert newsroom.shown() == ["1", "2"]
    assert newsroom.ledger.waiting.counts() == (0, 0)


@pytest.mark.parametrize("change", [{"status": "withheld"}, {"embargo": NOON + HOUR}, {"published": date(2030, 1, 1)}])
@pytest.mark.parametrize("rebuild", [False, True])
def test_an_article_that_is_shown_already_is_taken_out(newsroom: Newsroom, change: dict, rebuild: bool) -> None:  # type: ignore[type-arg]
    newsroom.run(article("1"), article("2"))
    assert counts(newsroom.run(article("1", **change), article("2"), rebuild=rebuild)) == (0, 0, 1, 1, 0)
    assert newsroom.shown() == ["2"]


def test_the_last_version_of_one_run_counts(newsroom: Newsroom) -> None:
    newsroom.run(article("1"), article("1", status="withheld"), article("2", embargo=NOON + HOUR), article("2"))
    assert newsroom.shown() == ["2"]
    assert list(newsroom.ledger.waiting.states(["1", "2"])) == ["1"]


def test_a_dry_run_says_what_would_wait_and_writes_nothing(newsroom: Newsroom) -> None:
    newsroom.run(article("1"))
    assert counts(newsroom.run(article("1", status="withheld"), article("2", embargo=NOON + DAY), dry_run=True)) == (
        0, 0, 0, 2, 0,
    )  # fmt: skip
    assert newsroom.shown() == ["1"]
    assert newsroom.ledger.waiting.counts() == (0, 0)


def test_pruning_forgets_what_waits_like_what_is_shown(newsroom: Newsroom, tmp_path: Path) -> None:
    root = str(tmp_path / "articles")
    newsroom.run(article("1", embargo=NOON + HOUR), article("2"), article("3"), root=root)
    newsroom.run(article("4", embargo=NOON + HOUR), root=str(tmp_path / "others"))
    assert newsroom.run(article("3"), root=root, roots=[root], prune=True).deleted == 2
    assert [name for name, _ in newsroom.ledger.waiting.sources()] == ["4"]


def test_what_waits_is_forgotten_with_its_page_though_a_feed_lies_beside_it(newsroom: Newsroom, tmp_path: Path) -> None:
    def read(*pages: Article) -> Report:
        feed = Given(f"{tmp_path}/feed.rss", article("entry"))
        feed.lists_all = False  # type: ignore[attr-defined]
        indexer = Indexer(newsroom.engine, ledger=newsroom.ledger, clock=lambda: newsroom.now)
        return indexer.run([Given(f"{tmp_path}/pages.jsonl", *pages), feed], roots=[str(tmp_path)], prune=True)

    read(article("1"), article("2", embargo=NOON + HOUR))
    assert read(article("1")).deleted == 1
    assert newsroom.ledger.waiting.counts() == (0, 0)


def test_an_article_that_moves_while_it_waits_does_not_appear_at_its_old_address(newsroom: Newsroom) -> None:
    def piece(slug: str, embargo: datetime) -> Article:
        return Article("a:1", "Title", "Body", url=f"https://s.example/{slug}", guid="?p=7", embargo=embargo)

    newsroom.run(piece("old", NOON + HOUR))
    newsroom.run(piece("new", NOON + DAY))
    assert [name for name, _ in newsroom.ledger.waiting.sources()] == ["s.example/new"]
    newsroom.now += HOUR
    assert (newsroom.release(), newsroom.shown()) == (0, [])
    newsroom.now += DAY
    assert (newsroom.release(), newsroom.shown()) == (1, ["s.example/new"])


def test_a_rebuild_forgets_what_its_sources_have_no_more(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2", embargo=NOON + HOUR), article("3"))
    newsroom.run(article("2", embargo=NOON + HOUR), article("3"), rebuild=True)
    assert [name for name, _ in newsroom.ledger.waiting.sources()] == ["2"]


@pytest.mark.parametrize("kind", ["gone", "killed"])
def test_what_its_source_withdraws_waits_no_more(newsroom: Newsroom, kind: str) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2"))
    newsroom.run(Withdrawal("a:1", kind, "why", id="1"))  # type: ignore[arg-type]
    assert newsroom.ledger.waiting.counts() == (0, 0)
    newsroom.now += HOUR
    assert newsroom.release() == 0


# --- at the same time ----------------------------------------------------------------------------------------------


class Meddling:
    """An engine during whose commit something else happens."""

    def __init__(self, engine: Engine, happen: Callable[[], None]) -> None:
        self._engine = engine
        self._happen: Callable[[], None] | None = happen

    def writer(self, **options: object):  # type: ignore[no-untyped-def]
        happen, self._happen = self._happen, None
        if happen:
            happen()
        return self._engine.writer(**options)  # type: ignore[arg-type]


LONG = " ".join(f"word{number}" for number in range(600))


@pytest.mark.parametrize("held", [{"embargo": NOON + HOUR}, {"status": "withheld"}])
def test_a_copy_of_what_was_taken_down_while_it_waited_is_refused(newsroom: Newsroom, held: dict[str, object]) -> None:
    newsroom.run(article("1", body=LONG, **held))
    take_down(newsroom.engine, newsroom.ledger, tombstones_for(newsroom.engine, newsroom.ledger, id="1"), "why", NOON)
    report = newsroom.run(article("copy", body=LONG), root="b.jsonl")
    assert (report.added, report.removed) == (0, 1)
    assert "the same or nearly the same text" in report.warnings[0].text


@pytest.mark.parametrize("apart", [True, False])
def test_a_copy_of_what_its_source_kills_while_it_waits_is_refused(newsroom: Newsroom, apart: bool) -> None:
    story, kill = article("1", body=LONG, embargo=NOON + HOUR), Withdrawal("a.jsonl:2", "killed", "canceled", id="1")
    if apart:
        newsroom.run(story)
    report = newsroom.run(*([kill] if apart else [story, kill]), article("copy", body=LONG))
    assert (report.added, report.removed) == (0, 1)


def test_a_waiting_article_that_is_damaged_is_taken_down_all_the_same(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    newsroom = Newsroom(engine, open_ledger(engine.ledger_place))
    newsroom.run(article("1", embargo=NOON + HOUR))
    with sqlite3.connect(str(engine.ledger_place)) as connection:
        connection.execute("UPDATE waiting SET document = '{'")
    [stone] = tombstones_for(engine, newsroom.ledger, id="1")
    assert (stone.id, stone.fingerprint) == ("1", 0)


def test_what_is_put_off_while_it_is_being_published_does_not_stay(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2", embargo=NOON + HOUR))
    newsroom.now += HOUR

    def put_off() -> None:
        newsroom.ledger.waiting.put([(Document("1", "Put off"), newsroom.now + HOUR)])

    assert release_due(Meddling(newsroom.engine, put_off), newsroom.ledger, newsroom.now) == 1  # type: ignore[arg-type]
    assert newsroom.shown() == ["2"]
    assert newsroom.ledger.waiting.counts() == (1, 0)


def test_what_is_taken_down_while_it_is_being_published_does_not_stay(newsroom: Newsroom) -> None:
    newsroom.run(article("1", embargo=NOON + HOUR), article("2", embargo=NOON + HOUR))
    newsroom.now += HOUR

    def take_down() -> None:
        newsroom.ledger.removed.add([Tombstone("1")], "why", NOON)

    assert release_due(Meddling(newsroom.engine, take_down), newsroom.ledger, newsroom.now) == 1  # type: ignore[arg-type]
    assert newsroom.shown() == ["2"]


# --- what earlier runs remember ---------------------------------------------------------------------------------


class Archived(Given):
    """A source that is a file, of which it is known how often it was read."""

    reads = 0

    def digest(self) -> str:
        return self.name

    def records(self) -> Iterator[Item]:
        self.reads += 1
        return super().records()


@dataclass
class Routine:
    """Runs over a file of which nothing waits, and one of which an article does, with what each run remembers."""

    newsroom: Newsroom
    state: State
    whole: Archived
    early: Archived

    def run(self) -> int:
        """A run; returns how often the first file was read for it."""
        before = self.whole.reads
        Indexer(
            self.newsroom.engine, ledger=self.newsroom.ledger, state=self.state, clock=lambda: self.newsroom.now
        ).run([self.whole, self.early])
        return self.whole.reads - before


@pytest.fixture
def routine(newsroom: Newsroom, tmp_path: Path) -> Routine:
    early = Archived("b.jsonl", article("2", embargo=NOON + HOUR), article("3", embargo=NOON + DAY))
    routine = Routine(newsroom, State(str(tmp_path / "archive.state")), Archived("a.jsonl", article("1")), early)
    assert [routine.run(), routine.run()] == [1, 0]
    return routine


def test_a_release_has_no_file_read_again_that_has_not_changed(routine: Routine) -> None:
    newsroom = routine.newsroom
    for later in (HOUR, DAY):
        newsroom.now += later
        assert newsroom.release() == 1
    assert routine.run() == 0
    assert newsroom.shown() == ["1", "2", "3"]


def test_what_another_writer_did_around_a_release_is_not_overlooked(routine: Routine) -> None:
    newsroom = routine.newsroom
    newsroom.now += HOUR
    assert newsroom.release() == 1
    with newsroom.engine.writer() as writer:
        writer.delete("1")
    newsroom.now += DAY
    assert newsroom.release() == 1
    assert routine.run() == 1
    assert newsroom.shown() == ["1", "2", "3"]


def test_what_another_writer_did_right_after_a_release_is_not_overlooked(routine: Routine) -> None:
    newsroom = routine.newsroom
    newsroom.now += HOUR

    class Crowded:
        """An engine on which another writer commits as soon as the first has."""

        def writer(self) -> Writer:
            writer = newsroom.engine.writer()
            commit = writer.commit

            def commit_and_lose_the_turn() -> None:
                commit()
                with newsroom.engine.writer() as other:
                    other.delete("1")

            writer.commit = commit_and_lose_the_turn  # type: ignore[method-assign]
            return writer

    assert release_due(Crowded(), newsroom.ledger, newsroom.now) == 1  # type: ignore[arg-type]
    assert newsroom.shown() == ["2"]
    assert routine.run() == 1
    assert newsroom.shown() == ["1", "2"]


def test_a_release_that_is_cut_off_costs_reading_and_nothing_else(routine: Routine) -> None:
    newsroom = routine.newsroom
    newsroom.now += HOUR
    claim = newsroom.ledger.waiting.claim(newsroom.now)
    assert claim
    with newsroom.engine.writer() as writer:  # and then the process is killed
        for document in claim.documents:
            writer.add(document)
    assert routine.run() == 1
    assert newsroom.shown() == ["1", "2"]


def test_a_release_whose_articles_were_put_off_meanwhile_has_all_read_again(routine: Routine) -> None:
    newsroom = routine.newsroom
    newsroom.now += HOUR

    def put_off() -> None:
        newsroom.ledger.waiting.put([(Document("2", "Put off"), newsroom.now + HOUR)])

    release_due(Meddling(newsroom.engine, put_off), newsroom.ledger, newsroom.now)  # type: ignore[arg-type]
    assert routine.run() == 1


def test_a_ledger_remembers_the_last_commits_only(newsroom: Newsroom) -> None:
    for number in range(1_200):
        newsroom.ledger.note_step(str(number), str(number + 1))
    assert newsroom.ledger.leads_to("300", "1200")
    assert not newsroom.ledger.leads_to("100", "1200")
    assert not newsroom.ledger.leads_to("1200", "300")


# --- nothing leaks -------------------------------------------------------------------------------------------------


def test_no_byte_of_the_index_knows_of_it(tmp_path: Path) -> None:
    newsroom = Newsroom(engine := open_engine(f"whoosh:{tmp_path}/index"), open_ledger(engine.ledger_place))
    newsroom.run(
        article("2"), article("1", "The zyxqvorm", body="A zyxqvorm.", tags=("zyxqvorm",), embargo=NOON + HOUR)
    )
    assert files_with("zyxqvorm", tmp_path / "index") == []
    newsroom.now += HOUR
    newsroom.release()
    assert files_with("zyxqvorm", tmp_path / "index") != []
