"""Times in a ledger: UTC in one form, so that they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

MAX_DAYS: Final = 400
"""For how many days counts of what readers asked are kept."""


def written(moment: datetime) -> str:
    """An aware time as the ledger has it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_moment(text: str | None) -> datetime | None:
    """The inverse of `written`; None for none."""
    return None if text is None else datetime.fromisoformat(text)
