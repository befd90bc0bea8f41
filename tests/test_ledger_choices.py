"""Pins and blocks in the ledger: what editors chose for the related articles of an article."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from search.ledger import choices, open_ledger
from search.ledger.choices import NOTHING_CHOSEN, Choice, Chosen
from search.ledger.ledger import Ledger

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)


@pytest.fixture(params=["file", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new ledger, once of every kind."""
    return open_ledger(f"memory:{tmp_path}" if request.param == "memory" else str(tmp_path / "archive.ledger"))


def test_nothing_is_chosen_in_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    related = open_ledger(str(tmp_path / "archive.ledger")).related
    assert (related.of("a"), related.listed(), related.version()) == (NOTHING_CHOSEN, [], 0)
    assert list(tmp_path.iterdir()) == []


def test_pins_keep_the_order_in_which_they_were_made(ledger: Ledger) -> None:
    for piece in ("z", "m", "b"):
        assert ledger.related.add("a", piece, "pin", NOON)
    ledger.related.add("a", "z", "pin", NOON)
    ledger.related.add("a", "x", "block", NOON)
    ledger.related.add("other", "y", "pin", NOON)
    assert ledger.related.of("a") == Chosen(("z", "m", "b"), frozenset({"x"}))


def test_a_piece_is_pinned_or_blocked_and_never_both(ledger: Ledger) -> None:
    ledger.related.add("a", "one", "pin", NOON)
    ledger.related.add("a", "two", "pin", NOON)
    ledger.related.add("a", "one", "block", NOON)
    assert ledger.related.of("a") == Chosen(("two",), frozenset({"one"}))
    ledger.related.add("a", "one", "pin", NOON)
    assert ledger.related.of("a") == Chosen(("two", "one"), frozenset()), "it comes last, as it was pinned last"


def test_a_choice_is_undone_once(ledger: Ledger) -> None:
    ledger.related.add("a", "b", "block", NOON)
    assert [ledger.related.undo("a", "b"), ledger.related.undo("a", "b")] == [True, False]
    assert ledger.related.of("a") == NOTHING_CHOSEN


def test_each_change_has_a_version_and_what_changes_nothing_has_none(ledger: Ledger) -> None:
    versions = [ledger.related.version()]
    for change in (
        lambda: ledger.related.add("a", "b", "pin", NOON),
        lambda: ledger.related.add("a", "b", "block", NOON),
        lambda: ledger.related.undo("a", "b"),
    ):
        change()
        versions.append(ledger.related.version())
    assert sorted(set(versions)) == versions
    ledger.related.undo("a", "b")
    ledger.related.add("a", "c", "pin", NOON)
    before = ledger.related.version()
    ledger.related.add("a", "c", "pin", NOON)
    assert ledger.related.version() == before


def test_there_is_an_end_to_the_pins_of_one_article(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(choices.MAX_OF_ONE_KIND, "pin", 2)
    added = [ledger.related.add("a", piece, "pin", NOON) for piece in ("b", "c", "d", "b")]
    assert added == [True, True, False, True]
    assert ledger.related.add("a", "d", "block", NOON), "blocks are counted by themselves"
    assert not ledger.related.add("a", "d", "pin", NOON)
    assert ledger.related.of("a") == Chosen(("b", "c"), frozenset({"d"}))


def test_choices_follow_an_article_that_moves(ledger: Ledger) -> None:
    ledger.related.add("old", "piece", "pin", NOON)
    ledger.related.add("other", "old", "block", NOON)
    ledger.related.add("new", "piece", "block", NOON)
    ledger.related.add("new", "old", "pin", NOON)
    ledger.move("old", "new", NOON)
    assert ledger.related.of("new") == Chosen(("piece",), frozenset()), "and none is related to itself"
    assert ledger.related.of("other") == Chosen((), frozenset({"new"}))
    assert ledger.related.of("old") == NOTHING_CHOSEN


def test_a_copied_archive_takes_the_choices_over_and_its_own_are_right(tmp_path: Path) -> None:
    ledger, other = open_ledger(str(tmp_path / "one.ledger")), open_ledger(str(tmp_path / "two.ledger"))
    other.related.add("a", "b", "pin", NOON)
    other.related.add("a", "c", "block", NOON)
    ledger.related.add("a", "b", "block", NOON)
    ledger.take_over(other)
    assert ledger.related.of("a") == Chosen((), frozenset({"b", "c"}))
    assert ledger.related.listed("a", limit=1) == [Choice("a", "b", "block", NOON)]
