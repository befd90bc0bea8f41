"""Articles that wait in the ledger for their moment, and who publishes them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import ARTICLES
from leftovers import files_with

from search.document import Document
from search.errors import LedgerError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.stored import packed, unpacked
from search.ledger.waiting import AT_ONCE, CLAIM_SECONDS, Due

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE, TWO = ARTICLES[0], ARTICLES[1]


@pytest.fixture(params=["file", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new ledger, once of every kind."""
    return open_ledger(f"memory:{tmp_path}" if request.param == "memory" else str(tmp_path / "archive.ledger"))


@pytest.mark.parametrize(
    "article", [*ARTICLES, Document("x", "lone \ud800", published=datetime(2024, 7, 3, 9, tzinfo=UTC))]
)
def test_an_article_is_kept_to_the_last_character(article: Document) -> None:
    assert unpacked(packed(article)) == article


def test_an_article_waits_with_its_moment_its_hash_and_its_source(ledger: Ledger) -> None:
    ledger.waiting.put([(ONE, NOON), (TWO, None)])
    assert ledger.waiting.states([ONE.id, TWO.id, "other"]) == {
        ONE.id: Due(NOON, ONE.content_hash(), ONE.source),
        TWO.id: Due(None, TWO.content_hash(), TWO.source),
    }
    assert ledger.waiting.counts() == (1, 1)
    assert ledger.waiting.next_due() == NOON
    assert sorted(ledger.waiting.sources()) == [(ONE.id, ONE.source), (TWO.id, TWO.source)]
    assert ledger.waiting.drop([ONE.id, "other"]) == 1
    assert ledger.waiting.counts() == (0, 1)
    assert ledger.waiting.next_due() is None


def test_only_what_is_due_is_published_and_only_by_one(ledger: Ledger) -> None:
    ledger.waiting.put([(ONE, NOON), (TWO, NOON + HOUR), (replace(TWO, id="withheld"), None)])
    assert ledger.waiting.claim(NOON - HOUR) is None
    claim = ledger.waiting.claim(NOON)
    assert claim is not None
    assert claim.documents == (ONE,)
    assert ledger.waiting.claim(NOON) is None
    assert ledger.waiting.is_claimed(NOON)
    assert ledger.waiting.published(claim) == frozenset()
    assert not ledger.waiting.is_claimed(NOON)
    assert ledger.waiting.counts() == (1, 1)


def test_a_claim_that_was_given_back_or_whose_process_died_goes_to_the_next(ledger: Ledger) -> None:
    ledger.waiting.put([(ONE, NOON)])
    first = ledger.waiting.claim(NOON)
    assert first is not None
    ledger.waiting.give_back(first)
    second = ledger.waiting.claim(NOON)
    assert second is not None
    later = NOON + timedelta(seconds=CLAIM_SECONDS)
    assert ledger.waiting.claim(later - timedelta(seconds=1)) is None
    third = ledger.waiting.claim(later)
    assert third is not None
    assert third.documents == (ONE,)
    assert ledger.waiting.published(third) == frozenset()
    assert ledger.waiting.counts() == (0, 0)


def test_whoever_changes_what_is_being_published_learns_it_and_so_does_the_publisher(ledger: Ledger) -> None:
    ledger.waiting.put([(ONE, NOON), (TWO, NOON)])
    claim = ledger.waiting.claim(NOON)
    assert claim is not None
    assert ledger.waiting.put([(ONE, NOON + HOUR)]) == {ONE.id}
    assert ledger.waiting.published(claim) == {ONE.id}
    assert list(ledger.waiting.states([ONE.id, TWO.id])) == [ONE.id]


def test_no_more_is_published_at_once_than_fits_a_commit(ledger: Ledger) -> None:
    ledger.waiting.put((replace(TWO, id=str(number)), NOON) for number in range(AT_ONCE + 3))
    first, second = ledger.waiting.claim(NOON), ledger.waiting.claim(NOON)
    assert first is not None
    assert second is not None
    assert (len(first.documents), len(second.documents)) == (AT_ONCE, 3)


def test_of_many_processes_each_article_goes_to_one(tmp_path: Path) -> None:
    place = str(tmp_path / "archive.ledger")
    open_ledger(place).waiting.put((replace(TWO, id=str(number)), NOON) for number in range(3 * AT_ONCE))
    program = (
        "from datetime import datetime, UTC; from search.ledger import open_ledger\n"
        f"claim = open_ledger({place!r}).waiting.claim(datetime(2024, 7, 3, 12, tzinfo=UTC))\n"
        "print(*(document.id for document in claim.documents) if claim else ())"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(5)]
    claimed = [process.communicate()[0].split() for process in running]
    assert sorted(map(len, claimed)) == [0, 0, AT_ONCE, AT_ONCE, AT_ONCE]
    assert len({name for names in claimed for name in names}) == 3 * AT_ONCE


def test_nothing_of_what_waited_is_left_in_the_files(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "archive.ledger"))
    secret = [replace(TWO, id=str(number), body=f"zyxqvorm {number} " * 300) for number in range(20)]
    ledger.waiting.put((document, NOON) for document in secret)
    assert files_with("zyxqvorm", tmp_path)
    ledger.waiting.drop(document.id for document in secret[::2])
    ledger.waiting.drop(document.id for document in secret)
    assert ledger.scrub()
    assert files_with("zyxqvorm", tmp_path) == []


def test_an_article_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "archive.ledger"))
    ledger.waiting.put([(ONE, NOON)])
    connection = sqlite3.connect(tmp_path / "archive.ledger")
    connection.execute("UPDATE waiting SET document = '[]'")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="holds an article that cannot be read"):
        ledger.waiting.claim(NOON)
