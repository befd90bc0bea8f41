"""What was taken down stays out, whatever an import brings: by id, by address, by guid and by its text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crippled import CrippledEngine
from hypothesis import given
from hypothesis import strategies as st
from leftovers import files_with
from sources_at_hand import Given, article, ids, run

from index.article import Article, Withdrawal
from index.fingerprint import distance, fingerprint
from index.identity import article_id
from index.indexer import Indexer
from index.naming import spellings, tombstones_for
from index.refusals import MAX_DISTANCE, Refusals
from index.report import Report
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import IndexLocked, IndexMissing
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.names import address_key
from search.ledger.removals import Removal, Tombstone
from search.takedown import finish, take_down

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
LONG = "zyxqvorm " + " ".join(f"word{number}" for number in range(600))


@pytest.fixture(params=["memory:", "whoosh:"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return open_engine("memory:" if request.param == "memory:" else f"whoosh:{tmp_path}/index")


@pytest.fixture
def ledger(target: Engine) -> Iterator[Ledger]:
    opened = open_ledger(target.ledger_place)
    yield opened
    opened.close()


def story(name: str = "1", **changes: object) -> Article:
    known = {"body": LONG, "url": "https://news.example/2024/story", "guid": "urn:story"}
    return article(name, "A story", **(known | changes))


def down(target: Engine, ledger: Ledger, **named: str) -> Removal:
    [receipt] = take_down(target, ledger, tombstones_for(target, ledger, **named), "court order", NOON)  # type: ignore[arg-type]
    return receipt.removal


def refused(report: Report) -> str:
    """Why the one article of a run was refused."""
    assert (report.added, report.changed, report.unchanged, report.removed) == (0, 0, 0, 1)
    assert report.exit_code == 0
    assert "refused 1" in report.summary()
    [remark] = report.warnings
    return remark.text


@pytest.mark.parametrize(
    ("again", "how"),
    [
        (story(), "its address"),
        (story(url="https://other.example/story", guid=""), "its id"),
        (story("other", guid=""), "its address"),
        (story("", url="http://www.news.example/2024/story/?utm_source=x#top"), "its address"),
        (Article("feed:1", "Again", "Short.", id="other", guid="urn:story"), "its guid"),
        (Article("feed:1", "Under another name", LONG), "the same or nearly the same text (0 of 64 bits differ)"),
        (Article("feed:1", "Edited", LONG.replace("word7 ", "seven ")), "the same or nearly the same text"),
    ],
)
def test_an_article_does_not_come_back(target: Engine, ledger: Ledger, again: Article, how: str) -> None:
    run(target, Given("a", story(), article("2")))
    [stone] = tombstones_for(target, ledger, id="1", guid="urn:story")
    take_down(target, ledger, [stone], "court order", NOON)
    reason = refused(run(target, Given("b", again)))
    assert reason.startswith("refused: '1' was taken down on 2024-07-03 (court order), and this has " + how)
    assert reason.endswith("`backfile takedown --undo '1'` lets it in")
    assert ids(target) == ["2"]


def test_an_article_that_was_never_there_is_refused_when_it_comes(target: Engine, ledger: Ledger) -> None:
    assert down(target, ledger, url="https://news.example/2024/story").id == "news.example/2024/story"
    assert "its address" in refused(run(target, Given("a", story("17"))))
    with pytest.raises(IndexMissing, match=r"nothing|no index"):
        ids(target)


def test_a_rebuild_obeys_and_so_does_a_dry_run(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story(), article("2")))
    down(target, ledger, id="1")
    assert run(target, Given("a", story(), article("2")), rebuild=True).removed == 1
    assert ids(target) == ["2"]
    assert run(target, Given("a", story(), article("2")), dry_run=True).removed == 1


def test_an_undone_removal_lets_the_article_in_again(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story()))
    down(target, ledger, id="1")
    ledger.removed.undo("1", NOON)
    assert run(target, Given("a", story())).added == 1


def test_a_removal_during_a_run_holds_for_what_comes_later_in_it(target: Engine, ledger: Ledger) -> None:
    class Late(Given):
        def records(self):  # type: ignore[no-untyped-def]
            yield article("first")
            ledger.removed.add([Tombstone("1")], "why", NOON)
            yield story()

    report = run(target, Late("a"), batch=1)
    assert (report.added, report.removed) == (1, 1)
    assert ids(target) == ["first"]


def test_what_a_takedown_left_undone_is_finished_by_the_next_run(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    ledger = open_ledger(engine.ledger_place)
    run(engine, Given("a", story(), article("2")))
    ledger.removed.add([Tombstone("1")], "why", NOON)  # and here it was killed
    assert files_with("zyxqvorm", tmp_path / "index")
    run(engine, Given("a", article("2")))
    assert files_with("zyxqvorm", tmp_path / "index") == []
    assert ledger.removed.unpurged() == []
    assert ids(engine) == ["2"]


def test_what_a_takedown_left_undone_is_finished_by_a_second_one(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    ledger = open_ledger(engine.ledger_place)
    run(engine, Given("a", story(), article("2")))
    ledger.removed.add([Tombstone("1")], "why", NOON)
    [receipt] = take_down(engine, ledger, tombstones_for(engine, ledger, id="1"), "again", NOON + timedelta(days=1))
    assert (receipt.was_down, receipt.was_there, receipt.removal.reason) == (True, True, "why")
    assert files_with("zyxqvorm", tmp_path / "index") == []
    assert ledger.removed.unpurged() == []


def test_a_copy_that_was_there_before_stays_and_one_that_comes_later_does_not(target: Engine, ledger: Ledger) -> None:
    copy = Article("b:1", "A reprint", LONG, id="copy")
    run(target, Given("a", story()), Given("b", copy))
    down(target, ledger, id="1")
    assert run(target, Given("b", copy)).unchanged == 1
    assert run(target, Given("b", copy), rebuild=True).removed == 0
    assert "nearly the same text" in refused(run(target, Given("c", Article("c:1", "Another", LONG, id="later"))))
    assert ids(target) == ["copy"]


# --- notices of the source -----------------------------------------------------------------------------------------


def killed(**named: str) -> Withdrawal:
    return Withdrawal("wire:9", "killed", "mandatory kill", **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("named", [{"id": "1"}, {"url": "http://www.news.example/2024/story"}])
def test_a_killed_article_is_purged_at_the_end_of_the_run(tmp_path: Path, named: dict[str, str]) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    ledger = open_ledger(engine.ledger_place)
    run(engine, Given("a", story(), article("2")))
    report = run(engine, Given("wire", killed(**named), story("other")))
    assert (report.deleted, report.removed) == (1, 1)
    assert ids(engine) == ["2"]
    assert files_with("zyxqvorm", tmp_path / "index") == []
    [removal] = ledger.removed.in_force()
    assert (removal.id, removal.kind, removal.reason) == ("1", "killed", "mandatory kill")
    assert removal.purged_at is not None


def test_an_article_that_is_killed_in_the_run_that_brings_it_is_nowhere(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    report = run(engine, Given("wire", story(), article("2"), killed(id="1")))
    assert (report.added, report.deleted) == (1, 0)
    assert ids(engine) == ["2"]
    assert files_with("zyxqvorm", tmp_path / "index") == []


def test_a_dry_run_kills_nothing(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story()))
    assert run(target, Given("wire", killed(id="1")), dry_run=True).deleted == 1
    assert ledger.removed.in_force() == []
    assert ids(target) == ["1"]


def test_an_article_that_is_only_gone_may_come_back(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story(), article("2")))
    run(target, Given("a", Withdrawal("a:1", "gone", "deleted", id="1")))
    assert ledger.removed.in_force() == []
    assert run(target, Given("a", story())).added == 1


def test_what_is_withdrawn_and_published_again_in_one_run_stays(target: Engine) -> None:
    run(target, Given("a", story(), article("2")))
    report = run(target, Given("a", Withdrawal("a:1", "gone", "a draft", id="1"), story()))
    assert (report.deleted, report.unchanged) == (0, 1)
    assert ids(target) == ["1", "2"]


def test_a_kill_that_its_source_takes_back_is_lifted_and_no_other(target: Engine, ledger: Ledger) -> None:
    def at(hours: int) -> datetime:
        return NOON + timedelta(hours=hours)

    run(target, Given("a", story()))
    run(target, Given("a", Withdrawal("a:1", "killed", "in the trash", id="1", at=NOON)))
    assert run(target, Given("a", story())).removed == 1
    assert run(target, Given("a", story(lifts=at(-1)))).removed == 1
    assert run(target, Given("b", story("copy", url=None, guid="", lifts=at(1)))).removed == 1
    assert run(target, Given("a", story(lifts=at(1))), dry_run=True).added == 1
    assert ledger.removed.of("1") is not None
    assert run(target, Given("a", story(lifts=at(1)))).added == 1
    assert ledger.removed.of("1") is None
    down(target, ledger, id="1")
    assert run(target, Given("a", story(lifts=at(10**5)))).removed == 1


@pytest.mark.parametrize("known_only", [True, False])
def test_a_kill_of_what_readers_never_saw_is_not_remembered(target: Engine, ledger: Ledger, known_only: bool) -> None:
    run(target, Given("a", article("2")))
    run(target, Given("a", Withdrawal("a:1", "killed", "in the trash", id="1", known_only=known_only)))
    assert len(ledger.removed.in_force()) == (0 if known_only else 1)


@pytest.mark.parametrize("kind", ["gone", "killed"])
def test_an_article_is_withdrawn_by_its_guid(target: Engine, kind: str) -> None:
    run(target, Given("a", story("", guid="https://news.example/?p=1"), article("2")))
    elsewhere = Withdrawal("a:1", kind, "why", guid="https://news.example/?p=1", url="https://news.example/?p=1")  # type: ignore[arg-type]
    assert run(target, Given("b", elsewhere)).deleted == 1
    assert ids(target) == ["2"]


def test_an_import_waits_for_a_purge_and_not_for_another_import(target: Engine, ledger: Ledger) -> None:
    """The writer that holds the index lets go when it is looked at for the third time."""
    run(target, Given("a", story()))
    now = datetime.now(UTC)
    ledger.removed.add([Tombstone("1")], "why", now)
    other = target.writer()
    looks = []

    def clock() -> datetime:
        looks.append(1)
        if len(looks) == 30:
            other.rollback()
        return now

    report = Indexer(target, clock=clock).run([Given("a", article("2"))])
    assert report.added == 1
    assert len(looks) >= 30


# --- matching ------------------------------------------------------------------------------------------------------


def removal(**stone: object) -> Removal:
    return Removal(Tombstone(**stone), "why", NOON, "takedown", None, None, NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("guid", "address", "url", "is_refused"),
    [
        ("1234", "https://a.example/1", "https://b.example/other", False),
        ("1234", "https://a.example/1", "http://www.a.example/moved", True),
        ("1234", None, "https://b.example/other", True),
        ("1234", "https://a.example/1", None, True),
        ("urn:newsml:a.example:1234", "https://a.example/1", "https://b.example/other", True),
        ("TAG:a.example,2024:1234", "https://a.example/1", "https://b.example/other", True),
        ("https://a.example/?p=1234", "https://a.example/1", "https://b.example/other", True),
    ],
)
def test_a_guid_names_an_article_within_its_site_unless_it_is_unique_everywhere(
    guid: str, address: str | None, url: str | None, is_refused: bool
) -> None:
    down = Refusals(
        [removal(id="other", guid=guid, address="https://c.example/"), removal(id="1", guid=guid, address=address)]
    )
    found = down.find("2", url, guid, 0)
    assert (found is not None) == is_refused
    assert found is None or found[1] == "its guid"


def test_a_takedown_at_one_site_lets_another_site_use_the_same_guid(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story("1", guid="1234")))
    [stone] = tombstones_for(target, ledger, id="1", guid="1234")
    take_down(target, ledger, [stone], "court order", NOON)
    other = Article("b:1", "Another", "Short.", url="https://other.example/1", guid="1234")
    assert run(target, Given("b", other)).added == 1
    moved = Article("a:1", "Moved", "Short.", url="https://www.news.example/moved", guid="1234")
    assert "its guid" in refused(run(target, Given("a", moved)))


@given(st.integers(1, 2**64 - 1), st.sets(st.integers(0, 63), max_size=6))
def test_a_text_is_refused_within_one_bit_and_not_beyond(one: int, flipped: set[int]) -> None:
    other = one
    for bit in flipped:
        other ^= 1 << bit
    found = Refusals([removal(id="1", fingerprint=one)]).find("2", None, "", other)
    assert (found is not None) == (len(flipped) <= MAX_DISTANCE and other != 0)


def test_texts_too_short_for_a_fingerprint_never_match() -> None:
    assert fingerprint("A short note.") == 0
    assert Refusals([removal(id="1", fingerprint=0)]).find("2", None, "", 0) is None


def test_the_nearest_of_several_removals_is_named() -> None:
    near, nearer = removal(id="near", fingerprint=0b1000_0000), removal(id="nearer", fingerprint=0b1000_0001)
    assert Refusals([near, nearer]).find("2", None, "", 0b1000_0001) == (
        nearer,
        "the same or nearly the same text (0 of 64 bits differ)",
    )


def test_every_spelling_of_an_address_names_the_same_article() -> None:
    found = list(spellings("http://www.news.example/a/?p=1"))
    assert found[0] == "http://www.news.example/a/?p=1"
    assert len(found) == len(set(found)) == 8
    assert {article_id("", each, "") for each in found} == {"news.example/a?p=1"}


@pytest.mark.parametrize("asked", ["https://news.example/2024/story", "http://www.news.example/2024/story/"])
def test_an_article_with_an_id_of_its_own_is_found_by_its_address(target: Engine, ledger: Ledger, asked: str) -> None:
    run(target, Given("a", story("17")))
    [stone] = tombstones_for(target, ledger, url=asked)
    assert stone == Tombstone("17", "https://news.example/2024/story", "", fingerprint(LONG))
    assert distance(stone.fingerprint, fingerprint(LONG)) == 0


def test_an_article_is_found_by_the_keys_and_the_moves_in_the_ledger(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", article("17"), article("new")))
    ledger.remember([(address_key("news.example/old"), "17"), (address_key("news.example/all"), "")])
    ledger.move("before", "new", NOON)
    assert [stone.id for stone in tombstones_for(target, ledger, url="https://news.example/old")] == ["17"]
    assert [stone.id for stone in tombstones_for(target, ledger, id="before")] == ["new"]


def test_a_purge_of_an_engine_without_one_deletes(ledger: Ledger, target: Engine) -> None:
    run(target, Given("a", story(), article("2")))
    poor = CrippledEngine(target)
    ledger.removed.add([Tombstone("1")], "why", NOON)
    assert finish(poor, ledger, ["1"]).files_written is None
    assert ids(target) == ["2"]


# --- while others write --------------------------------------------------------------------------------------------


def test_a_takedown_waits_until_the_index_is_free(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story(), article("2")))
    [stone] = tombstones_for(target, ledger, id="1")
    other = target.writer()

    def let_go() -> None:
        while ledger.removed.of("1") is None:
            pass
        other.rollback()

    writing = threading.Thread(target=let_go)
    writing.start()
    [receipt] = take_down(target, ledger, [stone], "why", NOON)
    writing.join()
    assert receipt.was_there
    assert ids(target) == ["2"]


def test_a_takedown_that_cannot_wait_any_longer_holds_all_the_same(target: Engine, ledger: Ledger) -> None:
    run(target, Given("a", story(), article("2")))
    [stone] = tombstones_for(target, ledger, id="1")
    with target.writer(), pytest.raises(IndexLocked, match="refused from now on, but is still in the index"):
        take_down(target, ledger, [stone], "why", NOON, patience=0)
    assert [removal.id for removal in ledger.removed.unpurged()] == ["1"]
    assert run(target, Given("a", story())).removed == 1
    assert ids(target) == ["2"]
    assert ledger.removed.unpurged() == []
