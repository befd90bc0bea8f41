"""What a run promises of memory: it takes the same, however many articles there are."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.article import Article
from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.settings import Settings

FEW, MANY = 2_000, 6_000
BYTES_AN_ARTICLE = 100
"""The number of an article in its transaction takes eight; the rest is what is known of each segment, here a small one.
The ids alone would take more."""


class Stream:
    """A source of short articles; notes how much memory Python has given out after some of them."""

    name = "stream"
    size = None

    def __init__(self, edition: str, guid: bool) -> None:
        self._edition = edition
        self._guid = guid
        self.taken: dict[int, int] = {}

    def records(self) -> Iterator[Article]:
        for number in range(MANY):
            if number == FEW:
                self._note(number)
            yield Article(
                f"line {number}",
                "Ferry runs all winter",
                f"The ferry runs all winter, says the {self._edition}.",
                id=f"article/{number}",
                url=f"https://example.org/2024/ferry/{number}",
                guid=f"tag:example.org,2024:{number}" if self._guid else "",
            )
        self._note(MANY)

    def _note(self, number: int) -> None:
        gc.collect()
        self.taken[number] = tracemalloc.get_traced_memory()[0]


def grown(opened: Opened, source: Stream, **options: bool) -> float:
    """By how many bytes the memory of a run grows with each article."""
    indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state)
    tracemalloc.start()
    try:
        report = indexer.run([source], roots=[source.name], **options)
    finally:
        tracemalloc.stop()
    assert report.articles == MANY
    assert (report.failed, report.warned) == (0, 0)
    return (source.taken[MANY] - source.taken[FEW]) / (MANY - FEW)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """An archive whose buffers are full after few articles, so that what is more is kept of each."""
    monkeypatch.setattr("search.spilling.IN_MEMORY", 500)
    monkeypatch.setattr(SegmentWriter, "is_full", property(lambda writer: writer.articles >= 1_000))
    return open_for_filling(Settings.model_validate({"index": f"whoosh:{tmp_path / 'archive'}"}))


def test_a_run_takes_the_same_memory_however_many_articles_it_adds_changes_or_leaves(opened: Opened) -> None:
    assert grown(opened, Stream("Lantern", guid=True)) < BYTES_AN_ARTICLE
    assert grown(opened, Stream("Lantern", guid=True), prune=True) < BYTES_AN_ARTICLE
    assert grown(opened, Stream("Courier", guid=False)) < BYTES_AN_ARTICLE
    assert grown(opened, Stream("Courier", guid=False), rebuild=True) < BYTES_AN_ARTICLE
