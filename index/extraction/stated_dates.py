"""Dates that an input states of an article, in whatever form people and programs write them.

A form that two people would read as two days is refused with both readings, because a wrong date hides an article
from every date filter in silence.
"""

from __future__ import annotations

import re
import reprlib
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from index.extraction.dates import FIRST_YEAR, LAST_YEAR, parse_moment, written_dates
from search.document import Moment

_LOOSE: Final = re.compile(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?:[T ]+(.+))?")
_IN_NUMBERS: Final = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ] *(?!24:00)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)? *(?:Z|[+-][\d:]+)?", re.IGNORECASE
)
_EPOCH: Final = re.compile(r"(-?\d{9,13})(?:\.\d{1,9})?")
_EITHER: Final = re.compile(r"(?<!\d)(?<!\d[/.-])(0?[1-9]|1[0-2])([/.-])(0?[1-9]|1[0-2])\2(\d{4})(?!\d)")
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?(?:m\b)?", re.IGNORECASE)
_OFFSET: Final = re.compile(r"(?:(?<=\s)|\s+|(?=\+))([+-]\d{2}):?(\d{2})(?!\d)|\s*(?:UTC|GMT|Z)\b(?![+-]\d)")
_HALF_DAY: Final = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<!\d)\d{4}(?!\d)")
_THIS_FAR: Final = re.compile(r"(?:1[4-9]|2[01])\d\d")
_NO_EMBARGO: Final = frozenset({"", "0", "-", "false", "no", "none", "null", "nil", "n/a", "\\n"})
"""What exports of tables write where there is none, in lower case."""
_NO_DAY: Final = "0000-00-00"
_MILLISECONDS_FROM: Final = 10**11
"""Fewer seconds than this are before the year 5138; as many or more are milliseconds."""


_EXAMPLE: Final = "2027-03-07T06:00:00+01:00"


_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def text_in(value: object) -> str:
    """What stands where a date should, as text of bounded length: that of a list is what is alone in it, and what
    cannot be read is shown as it stands."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case str() | int() | float():
            return str(value)
        case _:
            return _SHORT.repr(value)


class Unreadable(ValueError):
    """A text that is no date, or that could be two; the message says which.

    `readings` are the first and the last day that may be meant, if the text says that much: the two of an ambiguous
    date, or the beginning of the years that are in it."""

    def __init__(self, message: str, readings: tuple[date, date] | None = None) -> None:
        super().__init__(message)
        self.readings = readings


class Dates:
    """Reads the dates of one article. Times without a zone are in `time_zone`; `warnings` say what was not read.

    `published_between` is as in `index.article.Article`."""

    def __init__(self, time_zone: ZoneInfo) -> None:
        self._time_zone = time_zone
        self.warnings: list[str] = []
        self.published_between: tuple[date, date] | None = None

    def read(self, key: str, text: str) -> Moment | None:
        """The date in a text, or None with a warning that names `key`."""
        if not text.strip():
            return None
        try:
            return read_date(text, self._time_zone)
        except Unreadable as error:
            self.warnings.append(f"{key} {error}")
            return None

    def published(self, text: str, key: str = "published") -> Moment | None:
        """A date of publication. If it cannot be read, `published_between` has what may be meant."""
        if not text.strip():
            return None
        try:
            return read_date(text, self._time_zone)
        except Unreadable as error:
            first, last = error.readings or (date.min, date.min)
            lies_ahead = first > datetime.now(self._time_zone).date()
            until = f"; until then the article waits for {last}" if lies_ahead else ""
            self.warnings.append(f"{key} {error}{until}")
            self.published_between = max(self.published_between or (first, last), (first, last))
        return None

    def embargo(self, text: str) -> tuple[datetime | None, bool]:
        """The moment of an embargo, and whether it holds without one, because it cannot be read.

        A day or a year alone ends as it begins."""
        text = " ".join(text.split())
        if text.lower() in _NO_EMBARGO or text.startswith(_NO_DAY):
            return None, False
        try:
            read = read_date(f"{text}-01-01" if _THIS_FAR.fullmatch(text) else text, self._time_zone)
            return self.moment(read), False
        except Unreadable as error:
            self.warnings.append(f"embargo {error}; the article is withheld until it is a moment such as {_EXAMPLE}")
            return None, True

    def moment(self, read: Moment) -> datetime:
        """The same as a moment; a day alone begins at midnight."""
        return read if isinstance(read, datetime) else datetime.combine(read, time(), self._time_zone)


def read_date(text: str, time_zone: ZoneInfo) -> Moment:
    """The date in a text: ISO 8601 (also "2024-7-3", and "2024-07" as its first day), RFC 5322, seconds or milliseconds
    since 1970, or written out ("3 July 2024, 14:30"). Raises Unreadable.
    """
    text = " ".join(text.split())
    # The reader of mail dates would take 2:30 pm for the night.
    found = _written(text, time_zone) if _HALF_DAY.search(text) else None
    found = found or parse_moment(text, time_zone) or _loose(text, time_zone) or _epoch(text)
    # What is all in numbers and yet no moment has an hour or an offset that there is not.
    found = found or (None if _IN_NUMBERS.fullmatch(text) else _written(text, time_zone))
    if found is None:
        raise _unreadable(text)
    return found


def _loose(text: str, time_zone: ZoneInfo) -> Moment | None:
    match = _LOOSE.fullmatch(text)
    if match is None:
        return None
    year, month, day, clock = match.groups()
    whole = f"{year}-{int(month):02}-{int(day or 1):02}"
    if not clock:
        return parse_moment(whole, time_zone)
    clock = clock.replace(" ", "")
    return parse_moment(f"{whole}T{'0' if clock[1:2] == ':' else ''}{clock}", time_zone)


def _epoch(text: str) -> Moment | None:
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    value = float(text)
    if abs(value) >= _MILLISECONDS_FROM:
        value /= 1000
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _written(text: str, time_zone: ZoneInfo) -> Moment | None:
    found = written_dates(text[:200])
    if len({day for day, _, _ in found}) != 1:
        return None
    day, start, end = found[0]
    clock = _CLOCK.search(text[:start] + " " + text[end:])
    return _at(day, clock, time_zone) if clock else day


def _at(day: date, clock: re.Match[str], time_zone: ZoneInfo) -> Moment | None:
    """None if it is no time of day, such as 25:70, or has an offset that there is not. 24:00 is the end of the day."""
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3])
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    offset = _OFFSET.match(clock.string, clock.end())
    ends = (hour, minute, second) == (24, 0, 0)
    try:
        moment = datetime.combine(day, time(0 if ends else hour, minute, second), time_zone) + timedelta(days=ends)
        return moment.replace(tzinfo=_zone(offset)) if offset else moment
    except (ValueError, OverflowError):
        return None if ":" in clock[0] else day  # what has a point, as 4.75 has, need not be a time


def _zone(offset: re.Match[str]) -> timezone:
    """Raises ValueError if it is a day or longer."""
    if offset[1] is None:
        return UTC
    minutes = int(offset[1][1:]) * 60 + int(offset[2])
    return timezone(timedelta(minutes=-minutes if offset[1][0] == "-" else minutes))


def _unreadable(text: str) -> Unreadable:
    match = _EITHER.search(text)
    years = [int(year) for year in _YEAR.findall(text[:200]) if int(year)]
    if match is None or not int(match[4]):
        readings = (date(min(years), 1, 1), date(max(years), 1, 1)) if years else None
        return Unreadable(f"is not a date: {text[:40]!r}", readings)
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    one, other = date(year, second, first), date(year, first, second)
    message = f"is ambiguous: {match[0]!r} may be {one} or {other}; write it as one of these"
    return Unreadable(message, (min(one, other), max(one, other)))
