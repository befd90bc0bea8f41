"""Judgements in the ledger: what editors said of articles for a query."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search.errors import LedgerError
from search.ledger import judgements, open_ledger
from search.ledger.judgements import Grade, Judgement
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.ledger.schema import APPLICATION_ID, MIGRATIONS

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)


@pytest.fixture(params=["file", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new ledger, once of every kind."""
    return open_ledger(f"memory:{tmp_path}" if request.param == "memory" else str(tmp_path / "archive.ledger"))


def add(ledger: Ledger, query: str, article: str, grade: Grade = "good", minutes: int = 0) -> int | None:
    return ledger.judgements.add([Judgement(query, article, grade, NOON + timedelta(minutes=minutes))])


def test_nothing_is_judged_in_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    judged = open_ledger(str(tmp_path / "archive.ledger")).judgements
    assert (judged.of("flood"), judged.listed(), judged.queries(), judged.sizes()) == ({}, [], [], (0, 0))
    assert list(tmp_path.iterdir()) == []


def test_the_later_judgement_of_an_article_is_the_one(ledger: Ledger) -> None:
    assert add(ledger, "flood", "a") == 1
    assert add(ledger, "flood", "a", minutes=1) == 0, "it says nothing new"
    assert add(ledger, "flood", "a", "bad", minutes=2) == 1
    assert ledger.judgements.listed("flood") == [Judgement("flood", "a", "bad", NOON + timedelta(minutes=2))]
    assert ledger.judgements.add([Judgement("flood", "a", "good", NOON)], replace=False) == 0
    assert ledger.judgements.of("flood") == {"a": "bad"}


def test_judgements_are_listed_query_by_query_in_the_order_in_which_they_were_made(ledger: Ledger) -> None:
    for query, article in (("flood", "c"), ("bridge", "x"), ("flood", "a"), ("bridge", "b")):
        add(ledger, query, article)
    rows = [(row.query, row.article) for row in ledger.judgements.listed()]
    assert rows == [("flood", "c"), ("flood", "a"), ("bridge", "x"), ("bridge", "b")]
    assert [(row.query, row.article) for row in ledger.judgements.listed(None, 2, 1)] == rows[1:3]
    assert ledger.judgements.sizes() == (2, 4)
    add(ledger, "flood", "d", minutes=5)
    assert ledger.judgements.queries() == ["flood", "bridge"]
    assert ledger.judgements.queries(1, 1) == ["bridge"]


def test_judgements_are_forgotten_one_by_one_or_all_of_a_query(ledger: Ledger) -> None:
    for article in ("a", "b", "c"):
        add(ledger, "flood", article)
    add(ledger, "bridge", "a")
    assert ledger.judgements.remove("flood", ["a", "nothing"]) == 1
    assert list(ledger.judgements.of("flood")) == ["b", "c"]
    assert [ledger.judgements.remove("flood"), ledger.judgements.remove("flood")] == [2, 0]
    assert ledger.judgements.of("bridge") == {"a": "good"}


@pytest.mark.parametrize("limit", ["MAX_OF_ONE_QUERY", "MAX_QUERIES", "MAX_JUDGEMENTS"])
def test_there_is_an_end_to_judgements_and_beyond_it_nothing_changes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(judgements, limit, 2)
    new = {"MAX_OF_ONE_QUERY": [("q", "a"), ("q", "b"), ("q", "c")]}.get(limit, [("q", "a"), ("r", "a"), ("s", "a")])
    assert [add(ledger, *each) for each in new] == [1, 1, None]
    assert [(row.query, row.article) for row in ledger.judgements.listed()] == new[:2]
    assert add(ledger, *new[0], "bad") == 1, "what is there may be judged otherwise"
    many = [Judgement("z", str(number), "good", NOON) for number in range(3)]
    assert ledger.judgements.add(many) is None
    assert ledger.judgements.of("z") == {}, "all or none"


def test_judgements_follow_an_article_that_moves_and_the_later_one_stays(ledger: Ledger) -> None:
    add(ledger, "flood", "old")
    add(ledger, "bridge", "old", "good", minutes=1)
    add(ledger, "bridge", "new", "bad", minutes=2)
    add(ledger, "river", "new", "bad", minutes=1)
    add(ledger, "river", "old", "good", minutes=2)
    add(ledger, "river", "other")
    ledger.move("old", "new", NOON)
    assert ledger.judgements.of("flood") == {"new": "good"}
    assert ledger.judgements.of("bridge") == {"new": "bad"}
    assert ledger.judgements.of("river") == {"new": "good", "other": "good"}
    ledger.move("unknown", "new", NOON)
    assert ledger.judgements.of("flood") == {"new": "good"}


def test_what_is_taken_down_keeps_its_judgements_and_says_so(ledger: Ledger) -> None:
    add(ledger, "flood", "a")
    add(ledger, "flood", "b")
    ledger.removed.add([Tombstone("a")], "court order", NOON)
    assert [(row.article, row.is_down) for row in ledger.judgements.listed("flood")] == [("a", True), ("b", False)]
    ledger.removed.undo("a", NOON)
    assert [row.is_down for row in ledger.judgements.listed("flood")] == [False, False]


def test_a_copied_archive_takes_the_judgements_over_and_its_own_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, other = open_ledger(str(tmp_path / "one.ledger")), open_ledger(str(tmp_path / "two.ledger"))
    add(other, "flood", "a")
    add(other, "flood", "b", "bad")
    add(ledger, "flood", "a", "bad")
    ledger.take_over(other)
    assert ledger.judgements.of("flood") == {"a": "bad", "b": "bad"}
    add(other, "flood", "c")
    monkeypatch.setattr(judgements, "MAX_OF_ONE_QUERY", 2)
    with pytest.raises(LedgerError, match="too many judgements"):
        ledger.take_over(other)


def test_a_ledger_from_before_there_were_judgements_gets_them_and_keeps_what_it_has(tmp_path: Path) -> None:
    place = tmp_path / "archive.ledger"
    before = next(number for number, script in enumerate(MIGRATIONS) if "CREATE TABLE judgements" in script)
    with sqlite3.connect(place) as connection:
        for script in MIGRATIONS[:before]:
            connection.executescript(script)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {before}")
        connection.execute("INSERT INTO related_choices (subject, piece, kind, at) VALUES ('a', 'b', 'pin', ?)",
                           [NOON.isoformat(timespec="microseconds")])  # fmt: skip
    connection.close()
    ledger = Ledger(str(place))
    assert ledger.judgements.listed() == []
    assert add(ledger, "flood", "a") == 1
    assert ledger.judgements.of("flood") == {"a": "good"}
    assert ledger.related.of("a").pinned == ("b",)
