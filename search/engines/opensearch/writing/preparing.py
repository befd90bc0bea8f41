"""Analysing the articles of a transaction: in this process, and once there are many, in others beside it.

What is prepared in other processes comes back in any order; which of two versions of an article is the newer, their
numbers say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from search.engines.opensearch.writing.bulk import Operation
from search.engines.opensearch.writing.versions import Draft
from search.processes import Pool

START_ARTICLES: Final = 300
"""Articles that are prepared here before other processes are started: starting them takes most of a second."""
_BATCH_ARTICLES: Final = 50
_BATCH_CHARACTERS: Final = 500_000
_BATCHES_AHEAD: Final = 3
"""Batches that a process may have been given and not prepared."""
_LOOK_SECONDS: Final = 0.1


class Preparing:
    """Prepares drafts with up to `workers` processes, and gives each to `send`. With more than 1, a draft that cannot
    be prepared is given to `refuse` with the reason; with 1, `add` raises. Call `close` at the end."""

    def __init__(self, workers: int, send: Callable[[Operation], None], refuse: Callable[[Draft, str], None]) -> None:
        self._workers = workers
        self._send = send
        self._refuse = refuse
        self._pool: Pool[Sequence[Draft], list[Operation | tuple[Draft, str]]] | None = None
        self._done = 0
        self._batch: list[Draft] = []
        self._characters = 0

    def add(self, draft: Draft) -> None:
        """Prepares the draft now or soon. Raises ProcessLost."""
        if self._workers == 1 or self._done < START_ARTICLES:
            self._send(draft.operation())
            self._done += 1
            return
        self._batch.append(draft)
        self._characters += len(draft.document.body) + len(draft.document.html)
        if len(self._batch) >= _BATCH_ARTICLES or self._characters >= _BATCH_CHARACTERS:
            self._give()

    def finish(self) -> None:
        """Waits until everything is prepared and sent. Raises ProcessLost."""
        while self._batch:
            self._give()
            self._settle(until=0)

    def close(self) -> None:
        """Ends the processes, whatever they are doing."""
        self._batch = []
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _give(self) -> None:
        if self._pool is None:
            self._pool = Pool(prepared, self._workers, "article analysis")
            self._pool.start()
        batch, self._batch, self._characters = self._batch, [], 0
        self._settle(until=self._workers * _BATCHES_AHEAD - 1)
        self._pool.give(batch)

    def _settle(self, until: int) -> None:
        """Waits until at most so many batches are under way, and sends what has come back."""
        while self._pool is not None and self._pool.waiting > until:
            for answers in self._pool.ready(_LOOK_SECONDS):
                for answer in answers:
                    if isinstance(answer, Operation):
                        self._send(answer)
                    else:
                        self._refuse(*answer)


def prepared(batch: Sequence[Draft]) -> list[Operation | tuple[Draft, str]]:
    """The operations of drafts; a draft itself, with the reason, where it cannot be prepared."""
    return [_prepared(draft) for draft in batch]


def _prepared(draft: Draft) -> Operation | tuple[Draft, str]:
    try:
        return draft.operation()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one article costs only that article
        return draft, f"{type(error).__name__}: {error}"
