"""The answers of browsing: a year day by day, the authors by letter, one day of the year through all years.

They are answers of the endpoint as well: see `search.results.response`.
"""

from __future__ import annotations

from search.records import record
from search.results.response import Hit, IndexInfo, Period


@record
class CalendarMonth:
    """A month: `value` is "2024-07", `label` the same in words. `days` are those on which there are articles."""

    value: str
    label: str
    count: int
    url: str
    days: tuple[Period, ...]


@record
class CalendarAnswer:
    """A year, and its months with articles in order. `years` are all years of the archive, the newest first.

    `count` is 0 for a year without articles.
    """

    year: str
    count: int
    url: str
    months: tuple[CalendarMonth, ...]
    years: tuple[Period, ...]
    index: IndexInfo


@record
class Letter:
    """A letter with which names begin, without diacritics; "#" for what begins with none of an alphabet."""

    letter: str
    count: int
    url: str


@record
class Author:
    """An author, the number of articles, and the search for them."""

    name: str
    count: int
    url: str


@record
class AuthorsAnswer:
    """The authors whose names begin with `letter`, in alphabetical order, a page of `per_page` at a time.

    `letters` are all letters that there are. `total` counts the authors of this letter. `truncated`: the archive has
    more authors than are listed, and those with the fewest articles are left out.
    """

    letter: str
    letters: tuple[Letter, ...]
    authors: tuple[Author, ...]
    total: int
    page: int
    per_page: int
    truncated: bool
    next: str | None
    index: IndexInfo


@record
class OnThatDay:
    """What one year has of the day: all its articles are counted, and some of them given."""

    year: str
    label: str
    count: int
    url: str
    hits: tuple[Hit, ...]


@record
class OnThisDayAnswer:
    """The articles of one day of the year, in all years that have any, the newest first.

    `on` is "07-03". `url` is the search for all of them; null if there are none, or more years than a search takes.
    """

    on: str
    label: str
    total: int
    url: str | None
    years: tuple[OnThatDay, ...]
    index: IndexInfo
