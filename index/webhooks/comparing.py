"""Noticing how an archive has changed: the hashes that the index has are compared with those that the ledger knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from index.lock import only_run
from search.alerts.arriving import ids_of
from search.batching import in_batches
from search.engines import whole_searcher
from search.engines.protocols import Engine, Searcher
from search.errors import IndexMissing
from search.ledger.ledger import Ledger
from search.releasing import now_in_utc

AT_ONCE: Final = 5_000
"""Articles that are compared together."""
_NO_INDEX: Final = "none"


def note_changes(engine: Engine, ledger: Ledger) -> bool:
    """Notes what has changed since the last time; what is there the first time has not changed. False if another
    process is at it, and nothing was done.

    Costs next to nothing if nothing was committed or taken down. What was taken down counts as gone, whether or not it
    is still in the index. If it is cut off, what was noted stays, and the next one goes on.
    Raises EngineError, LedgerError."""
    with only_run(ledger.place, "changes") as alone:
        if alone:
            ledger.changes.looked(now_in_utc())
            _note(engine, ledger)
        return alone


def _note(engine: Engine, ledger: Ledger) -> None:
    before = ledger.changes.compared()
    ledger.changes.gone(ledger.changes.taken_down())
    try:
        # A commit or a takedown that comes later makes the next comparison.
        state = f"{engine.generation()} {ledger.removed.version()}"
        if state == before:
            return
        with whole_searcher(engine) as searcher:
            _compare(searcher, ledger)
    except IndexMissing:
        if before is not None:
            return  # it may come back
        state = _NO_INDEX
    ledger.changes.finish(state, before)


def _compare(searcher: Searcher, ledger: Ledger) -> None:
    shown = 0
    for names in in_batches(ids_of(searcher), AT_ONCE):
        hashes = _hashes(searcher, ledger, names)
        ledger.changes.note(hashes)
        shown += len(hashes)
    if ledger.changes.shown() > shown:
        _note_gone(searcher, ledger)


def _note_gone(searcher: Searcher, ledger: Ledger) -> None:
    after = ""
    while names := ledger.changes.shown_after(after, AT_ONCE):
        there = _hashes(searcher, ledger, names)
        ledger.changes.gone(name for name in names if name not in there)
        after = names[-1]


def _hashes(searcher: Searcher, ledger: Ledger, names: Sequence[str]) -> dict[str, str]:
    """The hashes of those that are in the index and were not taken down."""
    removed = ledger.removed.among(names)
    stamps = searcher.stamps(names)
    return {name: stamp.content_hash for name, stamp in stamps.items() if name not in removed}
