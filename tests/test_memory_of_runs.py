"""What a run promises of memory: it takes the same, however many articles there are."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from index.article import Article
from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.settings import Settings

MANY = 5_000
NOTED_EACH = 50
"""Articles between two moments at which memory is noted."""
BATCH = 500
"""Articles of a transaction. A run commits once a minute, too: on a slow machine there would be one commit, or none."""
EARLY, LATE = range(2_000, 3_000), range(4_000, 5_000)
"""Two fifths of a run. By the first, its buffers are full and its other processes at work."""
BYTES_AN_ARTICLE = 64
"""The number of an article in its transaction takes eight; the rest is what is known of each segment, here a small one.
An id alone, as text, would take as much."""


class Stream:
    """A source of short articles; notes again and again how much memory Python has given out."""

    name = "stream"
    size = None

    def __init__(self, edition: str, guid: bool) -> None:
        self._edition = edition
        self._guid = guid
        self.taken: dict[int, int] = {}

    def records(self) -> Iterator[Article]:
        for number in range(MANY):
            if number % NOTED_EACH == 0 and (number in EARLY or number in LATE):
                self._note(number)
            yield Article(
                f"line {number}",
                "Ferry runs all winter",
                f"The ferry runs all winter, says the {self._edition}.",
                id=f"article/{number}",
                url=f"https://example.org/2024/ferry/{number}",
                guid=f"tag:example.org,2024:{number}" if self._guid else "",
            )

    def least(self, among: range) -> int:
        """The least memory noted at one of these articles.

        What waits at some moment, in a queue or for its segment to be full, is no growth, and in each fifth there is a
        moment with little of it. What is kept of each article is there at every moment.
        """
        return min(memory for number, memory in self.taken.items() if number in among)

    def _note(self, number: int) -> None:
        gc.collect()
        self.taken[number] = tracemalloc.get_traced_memory()[0]


def grown(opened: Opened, source: Stream, *, workers: int = 1, **options: bool) -> float:
    """By how many bytes the memory of a run grows with each article."""
    indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state, workers=workers, batch=BATCH)
    gc.collect()
    gc.freeze()  # what the process had before need not be looked through each time
    tracemalloc.start()
    try:
        report = indexer.run([source], roots=[source.name], **options)
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    assert report.articles == MANY
    assert (report.failed, report.warned) == (0, 0)
    return (source.least(LATE) - source.least(EARLY)) / (LATE.start - EARLY.start)


def with_small_buffers(patch: pytest.MonkeyPatch) -> None:
    """Makes buffers full after few articles, so that what is more is kept of each."""
    patch.setattr("search.spilling.IN_MEMORY", 100)
    patch.setattr("search.spilling.IN_MEMORY_BYTES", 5_000)
    # Short queues, too: how long they are at some moment depends on which process had its turn.
    patch.setattr("index.preparing.BATCH_RECORDS", 50)
    patch.setattr("index.indexer.LOOKUP_RECORDS", 100)
    patch.setattr("index.batches.QUEUE_ARTICLES", 100)
    patch.setattr("search.engines.disk.writing.pipeline.BATCH_ARTICLES", 50)
    # Other processes, where they cannot be copies of this one because it has threads, start before memory is noted too.
    patch.setattr("index.preparing.START_SECONDS", 0.2)
    patch.setattr("search.engines.disk.writing.pipeline.START_ARTICLES", 400)
    patch.setattr(SegmentWriter, "is_full", property(lambda writer: writer.articles >= 500))


def all_grown(index: str) -> list[float]:
    """The growth of runs that add, leave, change and rebuild all articles, and of one with another process."""
    with pytest.MonkeyPatch.context() as patch:
        with_small_buffers(patch)
        opened = open_for_filling(Settings.model_validate({"index": index}))
        return [
            grown(opened, Stream("Lantern", guid=True)),
            grown(opened, Stream("Lantern", guid=True), prune=True),
            grown(opened, Stream("Courier", guid=False)),
            grown(opened, Stream("Courier", guid=False), rebuild=True),
            grown(opened, Stream("Lantern", guid=True), workers=2),
        ]


def test_a_run_takes_the_same_memory_however_many_articles_it_adds_changes_or_leaves(tmp_path: Path) -> None:
    # In a process of its own: threads that other tests have left take memory too.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        measured = process.submit(all_grown, f"whoosh:{tmp_path / 'archive'}").result()
    assert max(measured) < BYTES_AN_ARTICLE, measured
