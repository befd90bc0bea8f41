"""Tombstones: what is kept of an article that was taken down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import ARTICLES

from search.errors import Removed
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Kind, Tombstone

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["file", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new ledger, once of every kind."""
    return open_ledger(f"memory:{tmp_path}" if request.param == "memory" else str(tmp_path / "archive.ledger"))


def test_a_removal_is_kept_as_it_was_written(ledger: Ledger) -> None:
    stone = Tombstone("1", "https://news.example/1", "urn:1", 2**64 - 3)
    [removal] = ledger.removed.add([stone], "court order", NOON, "killed")
    assert (removal.tombstone, removal.reason, removal.at, removal.kind) == (stone, "court order", NOON, "killed")
    assert (removal.purged_at, removal.undone_at, removal.changed_at) == (None, None, NOON)
    assert ledger.removed.in_force() == ledger.removed.unpurged() == [removal]
    assert ledger.removed.of("1") == removal
    assert ledger.removed.of("2") is None


def test_whoever_asks_for_a_removed_article_is_told_why_and_since_when(ledger: Ledger) -> None:
    ledger.removed.add([Tombstone("1")], "court order", NOON)
    with pytest.raises(Removed, match="the article '1' was taken down on 2024-07-03: court order"):
        ledger.removed.require_not("1")
    ledger.removed.require_not("2")


def test_a_second_takedown_keeps_the_first_reason_and_learns_what_was_not_known(ledger: Ledger) -> None:
    ledger.removed.add([Tombstone("1", None, "", 0)], "first", NOON)
    [again] = ledger.removed.add([Tombstone("1", "https://news.example/1", "urn:1", 7)], "second", NOON + HOUR)
    assert (again.reason, again.at) == ("first", NOON)
    assert again.tombstone == Tombstone("1", "https://news.example/1", "urn:1", 7)
    [third] = ledger.removed.add([Tombstone("1", "https://other.example/", "urn:2", 8)], "third", NOON)
    assert third.tombstone == again.tombstone


def test_a_takedown_of_what_its_source_killed_is_the_editors_from_then_on(ledger: Ledger) -> None:
    [killed] = ledger.removed.add([Tombstone("1")], "in the trash", NOON, "killed")
    [again] = ledger.removed.add([Tombstone("1")], "in the trash too", NOON, "killed")
    [taken] = ledger.removed.add([Tombstone("1")], "court order", NOON)
    assert (again.kind, again.reason, again.changed_at) == (killed.kind, killed.reason, killed.changed_at)
    assert (taken.kind, taken.reason, taken.at) == ("takedown", "court order", killed.at)
    assert ledger.removed.changed(None, killed.changed_at, 10) == [taken]
    assert ledger.removed.add([Tombstone("1")], "killed again", NOON, "killed") == [taken]


def test_what_is_purged_is_not_purged_again(ledger: Ledger) -> None:
    ledger.removed.add([Tombstone("1"), Tombstone("2")], "why", NOON)
    ledger.removed.mark_purged(["1"], NOON + HOUR)
    assert [removal.id for removal in ledger.removed.unpurged()] == ["2"]
    found = ledger.removed.of("1")
    assert found is not None
    assert found.purged_at == NOON + HOUR


def test_an_undone_removal_is_no_longer_in_force_but_stays_on_record(ledger: Ledger) -> None:
    ledger.removed.add([Tombstone("1")], "a mistake", NOON)
    undone = ledger.removed.undo("1", NOON + HOUR)
    assert undone is not None
    assert (undone.undone_at, undone.changed_at) == (NOON + HOUR, NOON + HOUR)
    assert ledger.removed.of("1") is None
    assert ledger.removed.in_force() == ledger.removed.unpurged() == []
    assert ledger.removed.undo("1", NOON) is None
    [again] = ledger.removed.add([Tombstone("1")], "no mistake", NOON + 2 * HOUR)
    assert ledger.removed.changed(None, None, 9) == [undone, again]


def test_changes_are_listed_in_order_and_in_parts(ledger: Ledger) -> None:
    for number in range(5):
        ledger.removed.add([Tombstone(str(number))], "why", NOON + number // 2 * HOUR)
    ledger.removed.undo("0", NOON + 9 * HOUR)
    listed = ledger.removed.changed(None, None, 99)
    assert [removal.id for removal in listed] == ["1", "2", "3", "4", "0"]
    assert ledger.removed.changed(NOON + HOUR, None, 99) == listed[1:]
    assert ledger.removed.changed(NOON + HOUR, listed[1].changed_at, 1) == listed[2:3]
    assert ledger.removed.changed(None, listed[1].changed_at, 2) == listed[2:4]
    assert ledger.removed.changed(None, listed[-1].changed_at, 2) == []


def test_who_has_read_up_to_a_change_misses_none_whatever_the_clock_says(ledger: Ledger) -> None:
    read = []
    for number, at in enumerate((NOON, NOON - HOUR, NOON, NOON + HOUR, NOON)):
        ledger.removed.add([Tombstone(str(number))], "why", at)
        read += ledger.removed.changed(None, read[-1].changed_at if read else None, 9)
    assert [(removal.id, removal.at) for removal in read][1] == ("1", NOON - HOUR)
    assert [removal.id for removal in read] == ["0", "1", "2", "3", "4"]


def test_the_version_changes_with_every_change_and_with_nothing_else(ledger: Ledger) -> None:
    versions = [ledger.removed.version()]
    ledger.removed.add([Tombstone("1")], "why", NOON)
    versions.append(ledger.removed.version())
    ledger.removed.undo("1", NOON)
    versions.append(ledger.removed.version())
    ledger.removed.announce()
    versions.append(ledger.removed.version())
    assert versions == sorted(set(versions))
    assert len(versions) == 4
    ledger.remember([("a", "1")])
    assert ledger.removed.version() == versions[-1]


@pytest.mark.parametrize("kind", ["killed", "takedown"])
def test_what_is_taken_down_again_with_nothing_new_changes_nothing(ledger: Ledger, kind: Kind) -> None:
    stones = [Tombstone("1", "https://news.example/1", "urn:1", 7), Tombstone("2")]
    down = ledger.removed.add(stones, "why", NOON, kind)
    before = ledger.removed.version()
    for again in (stones, [Tombstone("1"), Tombstone("2")], [Tombstone("1", "https://other.example/", "urn:2", 8)]):
        assert ledger.removed.add(again, "again", NOON + HOUR, "killed")[0] == down[0]
    assert (ledger.removed.version(), ledger.removed.in_force()) == (before, down)
    for new in (Tombstone("2", "https://news.example/2"), Tombstone("2", guid="urn:2"), Tombstone("2", fingerprint=9)):
        ledger.removed.add([new], "again", NOON, "killed")
        assert ledger.removed.version() == (before := before + 1)


def test_what_waits_of_an_article_goes_with_it_and_cannot_come_back(ledger: Ledger) -> None:
    ledger.waiting.put([(ARTICLES[0], NOON), (ARTICLES[1], NOON)])
    ledger.removed.add([Tombstone(ARTICLES[0].id)], "why", NOON)
    ledger.waiting.put([(ARTICLES[0], NOON)])
    assert list(ledger.waiting.states([ARTICLES[0].id, ARTICLES[1].id])) == [ARTICLES[1].id]
