"""Writing many documents: batches by size, a few on their way at a time, sent again until the cluster takes them.

Sending a batch twice does no harm: a document's name and version on the cluster say which is the newer of two, and what
is changed only if it is as it was read is looked at again when it is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

from search.engines.opensearch.transport.connection import Connection, jittered
from search.engines.opensearch.transport.errors import (
    Absent,
    ClusterError,
    Conflict,
    Refused,
    TooMuch,
    Unavailable,
    error_of,
)
from search.engines.opensearch.writing.lease import LeaseLost
from search.errors import EngineError

BATCH_BYTES: Final = 4_000_000
"""A batch is sent when it has so many bytes. One article may have more; it goes alone."""
BATCHES_UNDER_WAY: Final = 2
"""How many batches are sent at a time. Who adds more waits."""
PATIENCE_SECONDS: Final = 180.0
"""How long a batch is sent again and again to a cluster that has too much to do or does not answer."""
REQUEST_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0

_ANSWER: Final = "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of a document, as `_bulk` reads it. `key` is the document's name, `id` that of the article."""

    lines: str
    key: str
    id: str


class Bulk:
    """Sends operations to one index through `alias`, which has to be there: no index is ever made by writing to it.

    `require` is called before each request and raises if this writer may write no more. `on_conflict` and `on_refused`
    are called in the thread that adds or flushes, with the operation, and with why it was refused.
    `pause` waits for so many seconds.
    """

    def __init__(
        self,
        connection: Connection,
        alias: str,
        *,
        require: Callable[[], None],
        on_conflict: Callable[[Operation], None],
        on_refused: Callable[[Operation, str], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._alias = alias
        self._require = require
        self._on_conflict = on_conflict
        self._on_refused = on_refused
        self._pause = pause
        self._batch: list[Operation] = []
        self._bytes = 0
        self._threads = ThreadPoolExecutor(BATCHES_UNDER_WAY, thread_name_prefix="backfile bulk")
        self._under_way: set[Future[list[_Failure]]] = set()
        self._abandoned = False

    def add(self, operation: Operation) -> None:
        """Queues the operation; waits while enough is under way. Raises what a batch before it has met."""
        size = _size(operation.lines)
        if self._batch and self._bytes + size > BATCH_BYTES:
            self._send()
        self._batch.append(operation)
        self._bytes += size

    def flush(self) -> None:
        """Sends everything and waits until all of it is done. Raises EngineError."""
        while self._batch or self._under_way:  # what is told of failures may add more
            if self._batch:
                self._send()
            self._settle(until=0)

    def close(self) -> None:
        """Forgets what is queued, and waits for what is under way."""
        self._abandoned = True
        self._batch, self._bytes = [], 0
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._under_way.clear()

    def _send(self) -> None:
        batch = self._batch
        self._batch, self._bytes = [], 0
        self._settle(until=BATCHES_UNDER_WAY - 1)
        self._under_way.add(self._threads.submit(self._delivered, batch))

    def _settle(self, until: int) -> None:
        """Waits until at most so many batches are under way, and tells of what failed in those that are done."""
        while len(self._under_way) > until:
            done, self._under_way = wait(self._under_way, return_when=FIRST_COMPLETED)
            for future in done:
                for failure in future.result():
                    if isinstance(failure.error, Conflict):
                        self._on_conflict(failure.operation)
                    else:
                        self._on_refused(failure.operation, str(failure.error))

    def _delivered(self, batch: Sequence[Operation]) -> list[_Failure]:
        """Sends a batch until every operation is done, refused or in conflict; returns the last two kinds."""
        failures: list[_Failure] = []
        ends = time.monotonic() + PATIENCE_SECONDS
        pause = FIRST_PAUSE_SECONDS
        last: ClusterError | None
        while True:
            try:
                batch, found = self._sent(batch)
            except Absent as error:
                raise LeaseLost(
                    f"the index behind {self._alias} is gone: another writer has taken over, or somebody has deleted "
                    "it; nothing of this transaction was committed; run again"
                ) from error
            except (Refused, Unavailable) as error:
                found, last = [], error
            else:
                if not batch:
                    return failures + found
                last = None
            failures += found
            if self._abandoned or time.monotonic() + pause > ends:
                if len(batch) == 1 and _size(batch[0].lines) > BATCH_BYTES and isinstance(last, Refused):
                    return [*failures, _Failure(batch[0], last)]  # it may be too large for the cluster's memory
                raise last or Refused(
                    f"the cluster has not taken {len(batch):,} articles in {PATIENCE_SECONDS:.0f} s; it has too much "
                    "to do; try again later, or give it more nodes"
                )
            self._pause(jittered(pause))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _sent(self, batch: Sequence[Operation]) -> tuple[list[Operation], list[_Failure]]:
        """Sends a batch once; returns the operations that have to be sent again, and those that never will do."""
        self._require()
        try:
            reply = self._connection.send(
                "POST", f"/{self._alias}/_bulk", "".join(operation.lines for operation in batch),
                params={"require_alias": "true", "filter_path": _ANSWER}, seconds=REQUEST_SECONDS, idempotent=True,
            )  # fmt: skip
        except TooMuch as error:
            if len(batch) == 1:
                return [], [_Failure(batch[0], error)]
            return self._in_halves(batch)
        if not reply["errors"]:
            return [], []
        return _sorted_out(batch, reply["items"])

    def _in_halves(self, batch: Sequence[Operation]) -> tuple[list[Operation], list[_Failure]]:
        again: list[Operation] = []
        failures: list[_Failure] = []
        for part in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
            more, found = self._sent(part)
            again += more
            failures += found
        return again, failures


@dataclass(frozen=True, slots=True)
class _Failure:
    operation: Operation
    error: ClusterError


def _sorted_out(
    batch: Sequence[Operation], items: Sequence[Mapping[str, Any]]
) -> tuple[list[Operation], list[_Failure]]:
    if len(items) != len(batch):
        raise EngineError(f"the cluster has answered {len(items):,} of {len(batch):,} operations; try again")
    again: list[Operation] = []
    failures: list[_Failure] = []
    for operation, item in zip(batch, items, strict=True):
        [(kind, result)] = item.items()
        status = int(result["status"])
        if status < 300 or (status == 404 and kind == "delete" and "error" not in result):
            continue
        error = error_of(status, result.get("error"))
        if isinstance(error, (Refused, Unavailable)):
            again.append(operation)
        elif status in (400, 409, 413):
            failures.append(_Failure(operation, error))
        else:  # a block, a right that is missing, an index that is gone: no article's fault
            raise error
    return again, failures


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
