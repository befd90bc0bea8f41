"""What is promised of a run that is cut while articles move: none is absent meanwhile, and no old address leads to
nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sources_at_hand import Given

from index.article import Article
from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from index.progress import Silence
from search.errors import IndexMissing
from search.settings import Settings

SITE = "https://example.org"
COUNT = 9
NOW = datetime(2026, 7, 1, tzinfo=UTC)


class Cut(Exception):
    """The run ends here."""


class CutAfter(Silence):
    """Ends a run when it has taken so many things."""

    def __init__(self, most: int) -> None:
        self._left = most

    def at(self, read: int, articles: int) -> None:  # noqa: ARG002 - as a Progress has it
        self._left -= 1
        if self._left < 0:
            raise Cut


def story(number: int, folder: str, embargo: datetime | None = None) -> Article:
    where = f"{SITE}/{folder}/{number}"
    text = f"What happened in street {number}. " * 9
    return Article("f", f"Story {number}", text, url=where, guid=f"{SITE}/?p={number}", embargo=embargo)


def run(opened: Opened, *articles: Article, cut: int | None = None, batch: int = 3) -> None:
    progress = Silence() if cut is None else CutAfter(cut)
    indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state, batch=batch, clock=lambda: NOW)
    indexer.run([Given("/site", *articles)], progress=progress)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return open_for_filling(Settings.model_validate({"index": f"whoosh:{tmp_path / 'archive'}"}))


def names(opened: Opened) -> set[str]:
    shown: set[str] = set()
    with suppress(IndexMissing), opened.engine.searcher() as searcher:
        shown = {article.id for article in searcher.articles()}
    waiting = {name for name, _ in opened.ledger.waiting.sources()}
    return {name.removeprefix("example.org/") for name in shown | waiting}


@pytest.mark.parametrize("cut", range(COUNT))
@pytest.mark.parametrize("embargo", [None, datetime(2026, 12, 1, tzinfo=UTC)])
def test_each_article_is_there_under_one_of_its_addresses_whenever_the_run_is_cut(
    opened: Opened, cut: int, embargo: datetime | None
) -> None:
    run(opened, *(story(number, "old", embargo) for number in range(COUNT)))
    assert len(names(opened)) == COUNT
    # The first has not changed, so that what is written falls out of step with the groups that are compared.
    moved = [story(0, "old", embargo), *(story(number, "new", embargo) for number in range(1, COUNT))]
    with pytest.raises(Cut):
        run(opened, *moved, cut=cut)
    there = names(opened)
    for number in range(1, COUNT):
        assert there & {f"old/{number}", f"new/{number}"}, number
        leads_to = opened.ledger.moved_to(f"example.org/old/{number}")
        assert leads_to is None or leads_to.removeprefix("example.org/") in there
    run(opened, *moved)
    assert names(opened) == {"old/0", *(f"new/{number}" for number in range(1, COUNT))}
