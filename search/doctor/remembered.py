"""What stands beside the index: the ledger, the keys that sign saved searches, and the clock that both go by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from search.alerts.keys import read_keys
from search.doctor.examined import Examined
from search.engines.protocols import Finding
from search.errors import BackfileError, ConfigError, LedgerError
from search.ledger import IN_MEMORY
from search.ledger.examining import ledger_state
from search.ledger.schema import MIGRATIONS

AHEAD: Final = timedelta(minutes=2)
"""How far the clocks of machines that write one archive may be apart."""


def ledger(archive: Examined) -> Iterator[Finding]:
    """Whether the ledger can be read and written, and of which version it is."""
    place = archive.ledger_place
    if place.startswith(IN_MEMORY):
        yield Finding("ledger", "ok", "in memory")
        return
    try:
        state = ledger_state(place)
    except LedgerError as error:
        advice = "name another file in the setting ledger, put a copy in its place, or check who owns it"
        yield Finding("ledger", "problem", str(error), advice)
        return
    if not _is_writable(Path(place)):
        advice = "let whoever serves and indexes write the file and its folder: takedowns and counts are kept there"
        yield Finding("ledger", "warning", f"{place} cannot be written by this user", advice)
    elif state is None:
        yield Finding("ledger", "ok", f"{place}: none yet; it is made when there is something to write down")
    elif not state.is_current:
        found = f"{place}: version {state.version}; whoever opens it next brings it to {len(MIGRATIONS)}"
        yield Finding("ledger", "ok", found)
    else:
        yield Finding("ledger", "ok", f"{place}: version {state.version}")


def signing_keys(archive: Examined) -> Iterator[Finding]:
    """Whether the keys that sign saved searches can be used, by nobody else."""
    try:
        found = read_keys(archive.ledger_place)
    except (ConfigError, OSError) as error:
        advice = "see that the file belongs to whoever serves the site, with the mode 600"
        yield Finding("signing keys", "problem", str(error), advice)
        return
    said = f"{len(found.all)}" if found else "none yet: they are made with the first saved search"
    yield Finding("signing keys", "ok", said)


def clock(archive: Examined) -> Iterator[Finding]:
    """Whether something was written later than now."""
    newest = max(_moments(archive), default=None)
    if newest is not None and newest - archive.now > AHEAD:
        found = f"it is {archive.now:%Y-%m-%d %H:%M} by the clock, and something was written at {newest:%Y-%m-%d %H:%M}"
        advice = "set the clock, and let it be kept right (timedatectl set-ntp true): embargoes go by it"
        yield Finding("clock", "problem", found, advice)
    else:
        yield Finding("clock", "ok", f"{archive.now:%Y-%m-%d %H:%M} UTC, later than whatever was written")


def _moments(archive: Examined) -> Iterator[datetime]:
    try:
        with archive.engine.searcher() as searcher:
            yield searcher.status().built_at
    except BackfileError:
        pass  # another check says so
    try:
        state = ledger_state(archive.ledger_place)
    except LedgerError:
        return
    if state is not None and state.newest is not None:
        yield state.newest


def _is_writable(path: Path) -> bool:
    """Whether the file, and beside it the files that SQLite needs, can be written."""
    folder = next((place for place in path.absolute().parents if place.exists()), Path("/"))
    return os.access(folder, os.W_OK | os.X_OK) and (not path.exists() or os.access(path, os.W_OK))
