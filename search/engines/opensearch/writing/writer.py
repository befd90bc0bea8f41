"""Writing to the cluster: a transaction of which nothing shows before one document, the commit record, is written.

Each article is written as a version of its own, born in this writer's epoch; the version that it replaces is marked as
having died in it. Readers go by the commit record, which does not know this epoch until all of it is there.

A writer whose lease has expired and gone to another can do no harm. What it adds is born in an epoch that no commit
record will ever show. It marks only versions that are as it read them, and none that a later epoch has marked. And it
can commit no more: see `opening.py`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from search.document import Document
from search.engines.opensearch.format.articles import version_id
from search.engines.opensearch.format.commits import Commit, missing, next_steps
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Conflict
from search.engines.opensearch.writing.bulk import Bulk, Operation
from search.engines.opensearch.writing.indices import give_up, make_index, write_alias
from search.engines.opensearch.writing.lease import LEASE_SECONDS, Lease
from search.engines.opensearch.writing.opening import begin
from search.engines.opensearch.writing.preparing import Preparing
from search.engines.opensearch.writing.publishing import commit_aside, commit_in_place, measured, refresh
from search.engines.opensearch.writing.sweeping import (
    best_effort,
    left_behind,
    sweep_epoch,
    sweep_indices,
    sweep_versions,
)
from search.engines.opensearch.writing.versions import (
    LOOKUP_IDS,
    Draft,
    added,
    born_in,
    find_versions,
    held_versions,
    read_versions,
    withdrawn,
)
from search.engines.protocols import Phase, WriterProgress
from search.engines.transaction import Transaction
from search.engines.vectors import Vectors
from search.errors import ArticlesRefused, EngineError
from search.schema import TEXT_FIELDS

MAX_REFUSED: Final = 1_000
"""Articles of one transaction that the cluster may refuse; more are no accident, and nothing is committed."""
REPORTED_ARTICLES: Final = 100
_CONFLICT_ROUNDS: Final = 20
_NAME_ATTEMPTS: Final = 20


class ClusterWriter(Transaction):
    """See `search.engines.protocols.Writer`. `workers`: processes that may analyse articles; with more than one, an
    article that cannot be analysed is found out at the commit. `lease_seconds`: how long others wait if this process is
    killed."""

    def __init__(
        self,
        connection: Connection,
        *,
        replace: bool = False,
        progress: WriterProgress | None = None,
        workers: int = 1,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._connection = connection
        self._progress = progress or _say_nothing
        self._lease = Lease(connection, seconds=lease_seconds)
        try:
            self._base = begin(connection, self._lease, replace=replace)
        except BaseException:
            self._lease.release(self._lease.unfinished)
            raise
        self._epoch = self._lease.epoch
        before = None if replace else self._base.commit
        self._before = before
        self._index = before.index if before else None
        self._bulk: Bulk | None = None
        self._preparing = Preparing(workers, self._send, self._note_unprepared)
        self._is_changed = before is None
        self._counts_change = before is None
        self._is_dirty = False
        """Something was written of which a reader must not see anything if this is not committed."""
        self._steps = 0
        self._own: set[str] = set()
        """Ids of which this transaction has added a version that stands."""
        self._looked_up: set[str] = set()
        """Ids whose version in `before` is, or will be, marked, if there is one."""
        self._pending: list[str] = []
        self._conflicts: list[str] = []
        self._refused: dict[str, str] = {}

    def add(self, document: Document) -> None:
        self._require_open()
        self._made_index()
        self._write(added(document, self._epoch, self._steps + 1))
        self._own.add(document.id)
        self._replace_later(document.id)
        if self._steps % REPORTED_ARTICLES == 0:
            self._progress("building", self._steps, 0)

    def delete(self, id: str) -> bool:
        self._require_open()
        if id in self._own:
            self._own.discard(id)
            # The cluster forgets after a minute that a document was deleted: nothing older may come after this.
            self._flush_bulk()
            self._steps += 1
            self._send(withdrawn(id, self._epoch, self._steps))
            return True
        if self._before is None or id in self._looked_up:
            return False
        self._looked_up.add(id)
        found = find_versions(self._connection, self._before, [id])
        self._mark(list(found.values()))
        return bool(found)

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> int:
        """See `search.engines.protocols.Engine.add_vectors`."""
        from search.engines.opensearch.reading.vectors import add_vectors

        if self._before is None:
            raise missing(self._connection)
        self._is_dirty = True
        kept = add_vectors(self._connection, self._before, model, vectors, self._epoch)
        self._is_changed |= kept > 0
        return kept

    def commit(self) -> None:
        if not self._open:
            return
        if not self._is_changed:
            self._end(self._base.aborted)
            return
        try:
            commit = self._prepared()
            self._lease.renew()
        except BaseException:
            self.rollback()
            raise
        try:
            self._publish(commit)
        except BaseException:
            # It may be committed. The next writer finds out.
            self._end((*self._base.aborted, self._epoch))
            raise
        self.step = self._before.generation if self._before else "", commit.generation
        best_effort(self._connection, lambda: self._sweep(commit))
        self._end(())
        if self._refused:
            raise ArticlesRefused(self._refused)

    def rollback(self) -> None:
        if not self._open:
            return
        self._preparing.close()
        if self._bulk is not None:
            self._bulk.close()
        if self._is_dirty:
            best_effort(self._connection, self._take_back)
        self._end((*self._base.aborted, *([self._epoch] if self._is_dirty else [])))

    def _end(self, aborted: Sequence[int]) -> None:
        self._open = False
        self._preparing.close()
        if self._bulk is not None:
            self._bulk.close()
        self._lease.release(aborted)

    # --- versions

    def _write(self, draft: Draft) -> None:
        self._preparing.add(draft)
        self._steps += 1
        self._is_dirty = self._is_changed = self._counts_change = True

    def _send(self, operation: Operation) -> None:
        self._is_dirty = True
        if self._bulk is None:
            self._bulk = Bulk(
                self._connection,
                write_alias(self._made_index()),
                require=self._lease.require, on_conflict=self._note_conflict, on_refused=self._note_refused,
            )  # fmt: skip
        self._is_changed = self._counts_change = True
        self._bulk.add(operation)

    def _made_index(self) -> str:
        """The index that is written to; made now if there is none."""
        if self._index is None:
            self._lease.require()
            self._is_dirty = True
            self._index = self._new_index()
        return self._index

    def _new_index(self) -> str:
        for _ in range(_NAME_ATTEMPTS):
            try:
                return make_index(self._connection, self._epoch)
            except Conflict:  # somebody else uses the name
                self._lease.outgrow(self._epoch)
                self._epoch = self._lease.epoch
        raise EngineError(
            f"others use the next {_NAME_ATTEMPTS} names of the indices of {self._connection.address.url}; delete them"
        )

    def _flush_bulk(self) -> None:
        self._preparing.finish()
        if self._bulk is not None:
            self._bulk.flush()

    def _replace_later(self, id: str) -> None:
        """Has the version that is committed marked, with those of other ids."""
        if self._before is None or not self._before.articles or id in self._looked_up:
            return
        self._looked_up.add(id)
        self._pending.append(id)
        if len(self._pending) >= LOOKUP_IDS:
            self._replace_pending()

    def _replace_pending(self) -> None:
        pending, self._pending = self._pending, []
        if pending and self._before is not None:
            self._mark(list(find_versions(self._connection, self._before, pending).values()))

    def _mark(self, keys: Sequence[str]) -> None:
        """Marks versions of `before` as dead in this epoch."""
        if not keys or self._before is None:
            return
        for version in read_versions(self._connection, self._before.index, keys):
            if version.died is not None and version.died > self._epoch:
                self._lease.renew()  # raises LeaseLost: only the one who has taken it marks so
                raise EngineError(f"the index {self._before.index} has marks of a later writer; run again")
            if version.died != self._epoch:
                self._write(version.marked(self._epoch))

    def _note_conflict(self, operation: Operation) -> None:
        """A newer version of our own is there already, or a version was not as it was read."""
        if born_in(operation.key) != self._epoch:
            self._conflicts.append(operation.key)

    def _note_unprepared(self, draft: Draft, reason: str) -> None:
        self._note_refused(Operation("", draft.action["_id"], draft.document.id), reason)

    def _note_refused(self, operation: Operation, reason: str) -> None:
        if born_in(operation.key) != self._epoch:
            raise EngineError(f"the article {operation.id!r} cannot be replaced: {reason}")
        self._refused[operation.id] = reason
        if len(self._refused) > MAX_REFUSED:
            raise EngineError(
                f"the cluster has refused more than {MAX_REFUSED:,} articles, so nothing was committed; "
                f"the last, {operation.id!r}: {reason}"
            )

    # --- the commit

    def _flush(self) -> None:
        """Waits until all is written, and marks anew what was not as it was read."""
        for _ in range(_CONFLICT_ROUNDS):
            self._replace_pending()
            self._flush_bulk()
            keys, self._conflicts = self._conflicts, []
            if not keys:
                return
            self._mark(keys)
        raise EngineError("articles are changed again and again by somebody else while they are replaced; run again")

    def _restore_refused(self) -> None:
        """Takes back the marks on versions whose successors were refused."""
        if not self._refused or self._before is None or self._bulk is None:
            return
        keys = {version_id(name, self._epoch): name for name in self._refused}
        held = held_versions(self._connection, self._before.index, list(keys))
        lost = [name for key, name in keys.items() if key not in held and name in self._own]
        kept = find_versions(self._connection, self._before, lost)
        for version in read_versions(self._connection, self._before.index, list(kept.values())):
            if version.died is not None:
                self._bulk.add(version.marked(None).operation())
        self._bulk.flush()

    def _prepared(self) -> Commit:
        """The commit that this transaction comes to; everything but its record is written."""
        self._progress("committing", 0, 0)
        self._flush()
        self._restore_refused()
        index = self._made_index()
        draft = self._draft(index)
        if not self._counts_change:
            return draft
        refresh(self._connection, index)
        return measured(self._connection, draft)

    def _draft(self, index: str) -> Commit:
        """The commit, with the numbers of the one before."""
        before = self._before
        now = datetime.now(UTC)
        floor, history = next_steps(before, self._epoch, now.timestamp(), self._connection.address.keep_seconds)
        return Commit(
            index=index,
            epoch=self._epoch,
            floor=floor,
            aborted=(*before.aborted, *self._base.aborted) if before else (),
            committed_at=now,
            articles=before.articles if before else 0,
            languages=before.languages if before else (),
            average_lengths=before.average_lengths if before else dict.fromkeys(TEXT_FIELDS, 0.0),
            uid=before.uid if before else secrets.token_hex(4),
            history=history,
            retired=self._retired(index, now.timestamp()),
        )

    def _retired(self, index: str, now: float) -> Mapping[str, float]:
        known = self._base.commit.retired if self._base.commit else {}
        if self._before is not None and not known:
            return {}
        found = left_behind(self._connection, index, known, now)
        left = {self._base.index: now} if self._base.index and self._before is None else {}
        return found | left

    def _publish(self, commit: Commit) -> None:
        if self._before is not None:
            commit_in_place(self._connection, commit, self._before)
        else:
            commit_aside(self._connection, commit, self._base.index)

    def _sweep(self, commit: Commit) -> None:
        before = self._before
        if before is not None and (commit.floor > before.floor or commit.aborted != before.aborted):
            sweep_versions(self._connection, commit, self._lease.require)
        sweep_indices(self._connection, commit, time.time())

    def _take_back(self) -> None:
        """Deletes what was written. None of it shows, whether or not this succeeds."""
        if self._index is None:
            return
        if self._before is None:
            self._is_dirty = not give_up(self._connection, self._index)
        else:
            sweep_epoch(self._connection, self._index, self._epoch, self._lease.require)


def _say_nothing(phase: Phase, done: int, total: int) -> None:
    """For who wants to hear nothing of the progress."""
