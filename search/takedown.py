"""Taking articles down for good: a tombstone first, so that nothing lets them in again, then a purge of the index.

If it is cut off in between, the tombstone stands, and whoever comes next (a second takedown, or the next import)
finishes the purge.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias

from search.engines.protocols import Engine, FindingCopies, Purged, Purging, WriterProgress
from search.engines.replicas import require_no_replica
from search.errors import IndexLocked, IndexMissing
from search.ledger.ledger import Ledger
from search.ledger.removals import Kind, Removal, Tombstone

PATIENCE_SECONDS: Final = 120.0
"""How long a takedown waits for a writer that holds the index: an import commits about once a minute."""
MAX_COPIES: Final = 100
"""Near-copies that a receipt lists."""
_PAUSE_SECONDS: Final = 0.1


Copies: TypeAlias = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one article. `was_there`: the index held it, or it was waiting. `was_down`: it had been taken
    down before. `purged` is what the purge of all articles of one takedown came to; of an engine that cannot purge it
    says no files. `copies` are articles that stay in the index though they have nearly the same text, the nearest
    first, each with its address or None; None if the engine cannot look for them, or the text is not known any more.
    Of more than MAX_COPIES there are `more_copies`."""

    removal: Removal
    was_there: bool
    was_down: bool
    purged: Purged
    copies: Copies | None = None
    more_copies: int = 0


def take_down(
    engine: Engine,
    ledger: Ledger,
    tombstones: Sequence[Tombstone],
    reason: str,
    at: datetime,
    *,
    kind: Kind = "takedown",
    patience: float = PATIENCE_SECONDS,
    progress: WriterProgress | None = None,
) -> list[Receipt]:
    """Takes the articles down, and returns when no file of the index or the ledger has anything of them.

    Raises LedgerError, when nothing has changed; IndexLocked if another writer holds the index for longer than
    `patience` seconds, and EngineError: then the articles are refused from then on, but their purge is still to be
    done.
    """
    require_no_replica(engine, engine.url)
    ids = [stone.id for stone in tombstones]
    down = {name for name in ids if ledger.removed.of(name)}
    there = _held(engine, ids) | set(ledger.waiting.states(ids))
    copies = {stone.id: _copies(engine, ledger, stone, ids) for stone in tombstones}
    ledger.removed.add(tombstones, reason, at, kind)
    purged = finish(engine, ledger, ids, patience=patience, progress=progress)
    removals = (ledger.removed.of(name) for name in ids)
    return [
        Receipt(each, each.id in there, each.id in down, purged, *copies[each.id])
        for each in removals
        if each is not None
    ]


def finish(
    engine: Engine,
    ledger: Ledger,
    ids: Collection[str],
    *,
    patience: float = 0.0,
    progress: WriterProgress | None = None,
) -> Purged:
    """Purges what was taken down. Raises as `take_down` does."""
    ends = time.monotonic() + patience
    while True:
        try:
            purged = _purged(engine, ledger, ids, progress)
            break
        except IndexLocked as error:
            if time.monotonic() >= ends:
                raise IndexLocked(
                    f"{error}; what was taken down is refused from now on, but is still in the index: "
                    "run the same command again when that is done"
                ) from error
            time.sleep(_PAUSE_SECONDS)
    if not ledger.scrub():
        purged = replace(purged, kept=(*purged.kept, ledger.place))
    if not purged.kept:
        ledger.removed.mark_purged(ids, datetime.now(UTC))
    return purged


def _purged(engine: Engine, ledger: Ledger, ids: Collection[str], progress: WriterProgress | None) -> Purged:
    """Deletes first, which takes a moment, so that no answer has the articles while the files are written anew."""
    started = time.monotonic()
    deleted = _deleted(engine, ledger, ids)
    ledger.removed.announce()
    if not isinstance(engine, Purging):
        return Purged(deleted, None, None, time.monotonic() - started)
    purged = engine.purge(ids, progress=progress)
    _note(ledger, ids, purged.step)
    return replace(purged, articles=deleted, seconds=time.monotonic() - started)


def _deleted(engine: Engine, ledger: Ledger, ids: Collection[str]) -> int:
    if not _held(engine, ids):
        return 0
    with engine.writer() as writer:
        deleted = sum(writer.delete(name) for name in ids)
    _note(ledger, ids, writer.step)
    return deleted


def _note(ledger: Ledger, ids: Iterable[str], step: tuple[str, str] | None) -> None:
    """Every import refuses what the commit has deleted, so that no source has to be read again for it. If some of it
    was let in again before it was deleted, it has to be."""
    if step and all(ledger.removed.of(name) for name in ids):
        ledger.note_step(*step)


def _held(engine: Engine, ids: Iterable[str]) -> set[str]:
    try:
        with engine.searcher() as searcher:
            return set(searcher.stamps(list(ids)))
    except IndexMissing:
        return set()


def _copies(engine: Engine, ledger: Ledger, stone: Tombstone, ids: Collection[str]) -> tuple[Copies | None, int]:
    """The near-copies of an article but for `ids`, as many as a receipt lists, and how many more there are."""
    try:
        with engine.searcher() as searcher:
            document = searcher.document(stone.id)
            before = ledger.removed.of(stone.id)
            known = stone.fingerprint or (document or (before.tombstone if before else stone)).fingerprint
            if not isinstance(searcher, FindingCopies) or not (known or document):
                return None, 0
            found = [name for name in searcher.copies_of(known) if name not in ids]
            listed = ((name, searcher.document(name)) for name in found[:MAX_COPIES])
            copies = tuple((name, other.url if other else None) for name, other in listed)
            return copies, len(found) - len(copies)
    except IndexMissing:
        return None, 0
