"""Dates as readers type them into a form: "Feb 1987", "3 July 2024", "07/1987", "1990s".

Names of months are read in every language that the site speaks, whatever language the page has: "3. Juli 2024",
"Şubat 1987", "يوليو 2024". Where a name means different months in two of them, the language of the page decides.

Only forms read them, and lead to an address that has the date in the one form that addresses have
(`search.query.dates.parse_bounds`): programs that send something else are told so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final, Literal

from search.analysis import fold
from search.query.dates import parse_bounds, shortened
from search.translation import (
    LANGUAGES,
    MONTHS,
    SOURCE_LANGUAGE,
    day_in_words,
    decade_in_words,
    first_year_of,
    listed,
    month_day_in_words,
    month_names,
    spoken,
)
from search.translation import gettext as _

End = Literal["from", "to"]

MAX_TYPED: Final = 64
"""Characters that are looked at."""
_SHORTEST: Final = 3
"""Letters of a name that is not written out."""

_YEAR = r"(?P<year>[0-9]{4})"
_NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?"
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        rf"{_NAME}[,،]? {_YEAR}",
        rf"{_YEAR}[,،]? {_NAME}",
        rf"{_DAY} (?:of )?{_NAME}[,،]? {_YEAR}",
        rf"{_NAME} {_DAY}[,،]? {_YEAR}",
        rf"{_YEAR}[,،]? {_NAME} {_DAY}",
        rf"(?P<month>[0-9]{{1,2}})[/.-]{_YEAR}",
        rf"{_YEAR}[/.-](?P<month>[0-9]{{1,2}})",
        rf"{_YEAR}[/.-](?P<month>[0-9]{{1,2}})[/.-](?P<day>[0-9]{{1,2}})",
        rf"(?P<day>[0-9]{{1,2}})\.(?P<month>[0-9]{{1,2}})\.{_YEAR}",
    )
)
_ONE_YEAR: Final = re.compile(_YEAR)
_EITHER_ORDER: Final = re.compile(r"(?P<one>[0-9]{1,2})[/-](?P<two>[0-9]{1,2})[/-](?P<year>[0-9]{4})")


def written_date(end: End, text: str) -> str:
    """The date as an address has it: "1987-02" for "Feb 1987"; a text that an address may have stays as it is.

    `end` says which end of a decade is meant. Raises ValueError, whose message says what is understood.
    """
    text = " ".join(text[: MAX_TYPED + 1].split())
    try:
        parse_bounds(text)
    except ValueError:
        return _understood(end, text)
    return text


def advice() -> str:
    """How dates can be written, as the page's language writes them."""
    short = month_names(short=True)[1]
    forms = ("1987", f"{short} 1987", day_in_words(date(2024, 7, 3)), "2024-07-03", decade_in_words(1990))
    return listed(forms, style="or")


def _understood(end: End, text: str) -> str:
    plain = fold(text)
    if (decade := first_year_of(plain)) is not None:
        return _checked(text, f"{decade if end == 'from' else decade + 9:04}")
    if either := _EITHER_ORDER.fullmatch(plain):
        return _in_order(text, int(either["one"]), int(either["two"]), either["year"])
    for form in _FORMS:
        if found := form.fullmatch(plain):
            parts = found.groupdict()
            month = int(parts["month"]) if parts.get("month") else _month(parts.get("name") or "")
            if month:
                day = f"-{int(parts['day']):02}" if parts.get("day") else ""
                return _checked(text, f"{parts['year']}-{month:02}{day}")
    if _ONE_YEAR.fullmatch(plain):  # in the digits of another script
        return _checked(text, plain)
    raise ValueError(_("“%(typed)s” is not a date; write it as in %(forms)s", typed=shortened(text), forms=advice()))


def _month(name: str) -> int | None:
    """The number of a month by its folded name or the beginning of it ("sept"), in the first of the languages that
    has it: that of the page, English, the others."""
    if len(name) < _SHORTEST:
        return None
    for language in dict.fromkeys((spoken(), SOURCE_LANGUAGE, *LANGUAGES)):
        names = _month_numbers(language)
        found = (
            {names[name]} if name in names else {number for known, number in names.items() if known.startswith(name)}
        )
        if len(found) == 1:
            return found.pop()
    return None


@cache
def _month_numbers(language: str) -> Mapping[str, int]:
    """The names of the months of a language, short ones too, folded. English ones need no library."""
    return {
        fold(name).rstrip("."): number
        for short in (True, False)
        for number, name in enumerate(month_names(language, short=short), 1)
    }


def _in_order(text: str, one: int, two: int, year: str) -> str:
    """A day and a month between slashes: half the world writes the month first, so one of them must be above 12."""
    day, month = (two, one) if one <= len(MONTHS) < two else (one, two)
    written = _checked(text, f"{year}-{month:02}-{day:02}")
    if one == two or max(one, two) > len(MONTHS):
        return written
    raise ValueError(
        _(
            "“%(typed)s” can be %(one)s or %(other)s; write it as in %(example)s",
            typed=shortened(text),
            one=month_day_in_words(month, day),
            other=month_day_in_words(day, month),
            example=day_in_words(date.fromisoformat(written)),
        )
    )


def _checked(text: str, written: str) -> str:
    try:
        parse_bounds(written)
    except ValueError:
        message = _(
            "“%(typed)s” is not in the calendar; write it as in %(forms)s", typed=shortened(text), forms=advice()
        )
        raise ValueError(message) from None
    return written
