"""Dates that are probably wrong for a whole source, although each could be right: these cost no article its date.

A system that writes the day of the export into every article, or 1 January of the year 1 as 1500, is seen only in sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from index.identity import is_address

FIRST_YEAR: Final = 1600
"""The first newspaper is of 1605. Earlier dates may be those of sources that an archive holds, so they are kept."""
LEAST: Final = 50
"""Fewer articles of one day are no sign of anything."""


@dataclass(slots=True)
class _Dates:
    """What the articles of a source have for dates, as far as it is suspicious."""

    origin: str
    dated: int = 0
    day: date | None = None
    days_differ: bool = False
    ahead: int = 0
    latest: date = date.min
    early: int = 0
    earliest: date = date.max

    def see(self, day: date, today: date) -> None:
        self.dated += 1
        self.days_differ = self.days_differ or self.day not in (None, day)
        self.day = day
        if day > today:
            self.ahead, self.latest = self.ahead + 1, max(self.latest, day)
        if day.year < FIRST_YEAR:
            self.early, self.earliest = self.early + 1, min(self.earliest, day)

    def add(self, other: _Dates) -> None:
        """Counts what another source has as well; both are then told by the folder or site that they have in common."""
        self.origin = _common(self.origin, other.origin) if self.dated else other.origin
        self.days_differ |= other.days_differ or (bool(self.dated) and self.day != other.day)
        self.day = other.day
        self.dated, self.ahead, self.early = (
            self.dated + other.dated, self.ahead + other.ahead, self.early + other.early
        )  # fmt: skip
        self.latest, self.earliest = max(self.latest, other.latest), min(self.earliest, other.earliest)

    def warnings(self) -> Iterator[str]:
        if self.ahead:
            yield f"{_articles(self.ahead)} dated in the future, the last {self.latest}; look at where the date is from"
        if self.early:
            early = f"before {FIRST_YEAR}, the first {self.earliest}"
            yield f"{_articles(self.early)} dated {early}; look at where the date is from"
        if self.dated >= LEAST and not self.days_differ:
            yield f"all {self.dated:,} dated articles are of {self.day}; is that the day when they were exported?"


class SuspiciousDates:
    """Sees the date of every article of a run, source by source.

    Sources of fewer than LEAST dated articles, such as pages of one article each, are judged together.
    """

    def __init__(self, today: date | None = None) -> None:
        # Somewhere it is tomorrow already.
        self._today = today or (datetime.now(UTC) + timedelta(hours=14)).date()
        self._source = _Dates("")
        self._small = _Dates("")
        self._found: list[tuple[str, str]] = []

    def see(self, source: str, published: date | None) -> None:
        """Counts an article of a source (see `source_key`)."""
        if source != self._source.origin:
            self._close(source)
        if published is not None:
            self._source.see(published, self._today)

    def warnings(self) -> list[tuple[str, str]]:
        """What is probably wrong, each with the source, or with what the sources have in common."""
        self._close("")
        return self._found + [(self._small.origin, text) for text in self._small.warnings()]

    def _close(self, following: str) -> None:
        if self._source.dated >= LEAST:
            self._found += [(self._source.origin, text) for text in self._source.warnings()]
        elif self._source.dated:
            self._small.add(self._source)
        self._source = _Dates(following)


def _common(one: str, other: str) -> str:
    """The folder or address that two sources have in common."""
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if length == len(one) and other[length : length + 1] in ("", "/"):
        return one  # what they have in common so far is the folder of both
    folder = one[:length].rpartition("/")[0]
    return folder if folder and not (is_address(one) and folder.endswith(":/")) else one


def _articles(count: int) -> str:
    return "one article is" if count == 1 else f"{count:,} articles are"
