"""Numbers, dates, lists and names of languages as the language that is spoken now writes them.

The patterns are those of Unicode's Common Locale Data Repository, as Babel has them. Digits are the Western ones in
every language: they stand in addresses, and readers copy them into searches. English is British: "3 July 2024".
Babel is imported when something else than English is first written, since few commands need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from search.translation.catalogues import SOURCE_LANGUAGE
from search.translation.messages import spoken

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""The English ones: what is written in English needs no library for it."""
_DOTTED: Final = frozenset({"tr", "az"})
"""Languages in which the capital letter of i has its dot."""
_LEAP_YEAR: Final = 2000
"""A year that has every day, for days that are of no year."""
_LOCALES: Final = {"en": "en_GB"}


def _locale(language: str) -> str:
    return _LOCALES.get(language, language)


def number(value: int) -> str:
    """12431 as "12,431"."""
    language = spoken()
    return f"{value:,}" if language == SOURCE_LANGUAGE else _number(value, language)


@lru_cache(maxsize=4096)
def _number(value: int, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_locale(language), numbering_system="latn")


def percentage(thousandths: int) -> str:
    """A part of a whole with one digit behind the point, unless that is 0: 32 as "3.2%"."""
    language = spoken()
    if language == SOURCE_LANGUAGE:
        return f"{thousandths / 10:.1f}%".replace(".0%", "%")
    return _percentage(thousandths, language)


@lru_cache(maxsize=1024)
def _percentage(thousandths: int, language: str) -> str:
    from babel import Locale
    from babel.numbers import format_percent

    locale = Locale.parse(_locale(language))
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0.#")
    return format_percent(thousandths / 1000, format=pattern, locale=locale, numbering_system="latn")


def day_in_words(day: date) -> str:
    """ "3 July 2024"."""
    language = spoken()
    if language == SOURCE_LANGUAGE:
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return _date(day.toordinal(), "yMMMMd", language)


def month_in_words(day: date, *, short: bool = False) -> str:
    """The month that the day falls in, with its year: "July 2024", short "Jul 2024"."""
    language = spoken()
    if language == SOURCE_LANGUAGE:
        return f"{month_names(language, short=short)[day.month - 1]} {day.year}"
    return _date(day.toordinal(), "yMMM" if short else "yMMMM", language)


def month_day_in_words(month: int, day: int, *, short: bool = False) -> str:
    """A day of no year: "3 July", short "3 Jul"."""
    language = spoken()
    if language == SOURCE_LANGUAGE:
        return f"{day} {month_names(language, short=short)[month - 1]}"
    return _date(date(_LEAP_YEAR, month, day).toordinal(), "MMMd" if short else "MMMMd", language)


@lru_cache(maxsize=8192)
def _date(ordinal: int, skeleton: str, language: str) -> str:
    """A date with the fields of a skeleton, as CLDR calls it, in the order and the form of the language."""
    from babel import Locale
    from babel.dates import format_date

    locale = Locale.parse(language)
    known = locale.datetime_skeletons.get(skeleton)
    pattern = known.pattern if known is not None else locale.date_formats["long"].pattern
    return format_date(date.fromordinal(ordinal), pattern, locale=locale)


def month_names(language: str | None = None, *, short: bool = False) -> tuple[str, ...]:
    """The names of the twelve months as they stand alone in a language: the one that is spoken, if None."""
    language = language or spoken()
    if language == SOURCE_LANGUAGE:
        return tuple(name[:3] for name in MONTHS) if short else MONTHS
    return _month_names(language, short)


@lru_cache(maxsize=64)
def _month_names(language: str, short: bool) -> tuple[str, ...]:
    from babel.dates import get_month_names

    names = get_month_names("abbreviated" if short else "wide", "stand-alone", _locale(language))
    return tuple(names[month] for month in range(1, 13))


def weekday_names(*, short: bool = False) -> tuple[str, ...]:
    """The names of the days of the week from Monday on, as they stand alone; short: as in the head of a calendar."""
    return _weekday_names(spoken(), short)


@lru_cache(maxsize=64)
def _weekday_names(language: str, short: bool) -> tuple[str, ...]:
    from babel.dates import get_day_names

    names = get_day_names("short" if short else "wide", "stand-alone", _locale(language))
    return tuple(names[day] for day in range(7))


def listed(items: Sequence[str], *, style: str = "standard") -> str:
    """The items as a list in running text: "a, b and c"; with the style "or", "a, b or c"."""
    language = spoken()
    if language == SOURCE_LANGUAGE:
        before, last = ", ".join(items[:-1]), "".join(items[-1:])
        return (" or " if style == "or" else " and ").join(filter(None, (before, last)))
    return _listed(tuple(items), style, language)


@lru_cache(maxsize=1024)
def _listed(items: tuple[str, ...], style: str, language: str) -> str:
    from babel.lists import format_list

    if not items:
        return ""
    return format_list(items, style="or" if style == "or" else "standard", locale=_locale(language))


def capitalized(text: str) -> str:
    """The text with a capital first letter, as a sentence or a heading begins."""
    first = "İ" if text[:1] == "i" and spoken() in _DOTTED else text[:1].upper()
    return first + text[1:]


def language_in_words(tag: str) -> str:
    """What a language is called: "German", "Chinese (Taiwan)"; the tag itself if CLDR knows no such language."""
    from search.analysis.languages import language_name  # with it come stemmers, which no message needs

    return language_name(tag, spoken())
