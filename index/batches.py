"""Writing in batches: each is one transaction, so that an interruption loses at most the open one.

A batch ends after a time, because what an interruption costs is a person's time. Neither the number of articles nor
their length tells how long they took: one input gives a thousand pages in a minute, another two hundred thousand lines.
Each commit writes small segments that have to be merged later, which is cheap compared with a minute of work.

Articles wait in a short queue before they go to the engine. If an input has an article twice, the earlier copy is
usually still waiting when the later one comes, so that reading the same input again writes nothing.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from index.progress import Progress, Silence
from search.document import Document
from search.engines.protocols import Engine, ParallelWriting, PassingOn, Writer, WriterProgress
from search.errors import ArticlesRefused, IndexLocked
from search.packed import Packed, characters, unpacked
from search.spilling import Texts

BATCH_SECONDS: Final = 60.0
BATCH_ARTICLES: Final = 500_000
"""Bounds what an interruption costs where articles come faster than any known source gives them."""
QUEUE_ARTICLES: Final = 1_000
QUEUE_CHARACTERS: Final = 20_000_000
_PAUSE_SECONDS: Final = 0.05


class Batches:
    """Articles on their way into `engine`. No writer is opened before there is something to write.

    `replace`: everything goes into one transaction, which replaces the whole index. `most` and `seconds`: a batch is
    committed when it has that many articles or is that old, see `together`. `workers`: processes that the engine may
    use. `progress` is told what the engine is busy with. `before` is called before anything is committed, and `between`
    after each commit, when no writer is open. While `is_brief` says so, another writer will be done in a moment and is
    waited for.
    Call `commit` or `roll_back` at the end.

    `refused` has the articles that the engine could not take, by id, with the reason. `steps` has what was committed:
    see `search.engines.protocols.Writer.step`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        replace: bool = False,
        most: int = BATCH_ARTICLES,
        seconds: float = BATCH_SECONDS,
        workers: int = 1,
        progress: Progress | None = None,
        before: Callable[[], None] = lambda: None,
        between: Callable[[], None] = lambda: None,
        is_brief: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._before = before
        self._between = between
        self._is_brief = is_brief
        self._takes_back = "transaction" in engine.capabilities
        self._replace = replace
        self._most = most
        self._seconds = seconds
        self._workers = workers
        self._progress = progress or Silence()
        self._queue: dict[str, Document | Packed] = {}
        self._queued_characters = 0
        self._writer: Writer | None = None
        self._opened = 0.0
        self._is_together = self._is_due = False
        self._written = Texts()
        self.refused: dict[str, str] = {}
        self.steps: list[tuple[str, str]] = []

    def add(self, document: Document | Packed) -> None:
        """Queues the article, in place of a queued one with the same id."""
        self.forget(document.id)
        self._queue[document.id] = document
        self._queued_characters += characters(document)
        if len(self._queue) >= min(QUEUE_ARTICLES, self._most) or self._queued_characters >= QUEUE_CHARACTERS:
            self._write_queue()
            self._is_due = not self._replace and self._is_full()
            if self._is_due and not self._is_together:
                self.commit()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done in the block goes into one commit: a batch that is full is committed at its end."""
        self._is_together = True
        try:
            yield
        finally:
            self._is_together = False
        if self._is_due:
            self.commit()

    def forget(self, id: str) -> bool:
        """Removes an article from the queue; False if it is not there."""
        document = self._queue.pop(id, None)
        if document is not None:
            self._queued_characters -= characters(document)
        return document is not None

    def delete(self, id: str) -> bool:
        """Deletes in the open batch; False if the article was not there."""
        return self._open_writer().delete(id)

    def commit(self) -> None:
        """Writes what is queued, and commits if anything has changed."""
        if self._queue or self._replace:
            self._write_queue()
        self._commit()

    @property
    def loses_deletions(self) -> bool:
        """Rolling back now would undo what was deleted in the open batch."""
        return self._takes_back and (bool(self._queue) or self._writer is not None)

    def roll_back(self) -> frozenset[str]:
        """Discards the queue and the open batch; returns the ids of the articles that the index does not get.

        An engine without transactions keeps what it was sent, so that only the queue is lost.
        """
        lost = frozenset(self._queue) | frozenset(self._written if self._takes_back else ())
        self._queue.clear()
        self._written.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.rollback()
        return lost

    def _open_writer(self) -> Writer:
        if self._writer is None:
            self._writer = self._next_writer()
            self._opened = time.monotonic()
        return self._writer

    def _next_writer(self) -> Writer:
        while True:
            try:
                return _writer(self._engine, self._replace, self._workers, self._progress.writing)
            except IndexLocked:
                if not self._is_brief():
                    raise
            time.sleep(_PAUSE_SECONDS)

    def _is_full(self) -> bool:
        return len(self._written) >= self._most or time.monotonic() - self._opened >= self._seconds

    def _write_queue(self) -> None:
        writer = self._open_writer()
        add = writer.add_any if isinstance(writer, PassingOn) else lambda document: writer.add(unpacked(document))
        names = list(self._queue)
        self._written.add(names)
        for name in names:
            add(self._queue[name])
            del self._queue[name]
        self._queued_characters = 0

    def _commit(self) -> None:
        self._is_due = False
        if self._writer is not None:
            self._before()
            with uninterrupted(self._progress.stopping):
                writer, self._writer = self._writer, None
                try:
                    writer.commit()
                except ArticlesRefused as error:
                    self.refused.update(error.reasons)
                if writer.step:
                    self.steps.append(writer.step)
                self._written.clear()
        self._between()


def _writer(engine: Engine, replace: bool, workers: int, progress: WriterProgress) -> Writer:
    if workers > 1 and isinstance(engine, ParallelWriting):
        return engine.parallel_writer(workers=workers, replace=replace, progress=progress)
    return engine.writer(replace=replace, progress=progress)


@contextmanager
def uninterrupted(pressed_once: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Delays the first Ctrl-C until the block is done; a second one is raised at once.

    `pressed_once` is called at the first. Signals reach only the main thread, so in others this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True
        pressed_once()

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
