"""The ledger of an archive: what was taken down, what waits for its moment, what moved, by which names articles are
known, when they came, who is alerted to them, and what programs have sent.

It is a SQLite file of its own beside the index, because it has to outlive the index: a rebuild or a copy starts from
empty segments, and must still know what may never come back.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # SQLite is loaded when a ledger is opened
    from search.engines.protocols import Engine
    from search.ledger.ledger import Ledger
    from search.settings import Settings

IN_MEMORY: Final = "memory:"
"""How the place of a ledger begins that lives as long as the process; what follows names it."""

_NAMED: Final[dict[str, Ledger]] = {}
_LOCK: Final = Lock()


def ledger_of(engine: Engine, settings: Settings | None = None) -> Ledger:
    """The ledger of an engine's archive: where the setting `ledger` says, else in the place that the engine names."""
    return open_ledger((settings.ledger if settings else "") or engine.ledger_place)


def open_ledger(place: str) -> Ledger:
    """The ledger at a path, or the one of that name in memory. Cheap, and touches nothing on disk: a ledger that was
    never written to is empty."""
    from search.ledger.ledger import Ledger

    if not place.startswith(IN_MEMORY):
        return Ledger(place)
    with _LOCK:
        return _NAMED.setdefault(place, Ledger(place))
