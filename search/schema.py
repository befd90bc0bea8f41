"""The fields, declared once; each engine derives its own schema from these tables.

To add a facet, add a row here, with `values` to read it from a document, and a row in `search/request/facets.py` and in
`search/field_words.py`. Labels are messages: they are translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from search.document import Document, Head, Moment
from search.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class TextField:
    """A field whose words are searched. `query_name` is how the query language calls it.

    `values` of a head are those that it holds: none of the body.
    """

    name: str
    query_name: str
    label: str
    values: Callable[[Document | Head], Sequence[str]]


@dataclass(frozen=True, slots=True)
class KeywordField:
    """A field whose whole values are filtered and counted. If it is `hierarchical`, "A > B" also counts for "A".

    `several`: an article may have more than one of them, so that a search can ask for all of some values.
    """

    name: str
    label: str
    values: Callable[[Document | Head], Sequence[str]]
    hierarchical: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class DateField:
    """A field with one date, for filtering, sorting, and counting by year, month and day."""

    name: str
    label: str
    value: Callable[[Document | Head], Moment | None]


def _present(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


TEXT_FIELDS: dict[str, TextField] = {
    row.name: row
    for row in (
        TextField("title", "title", gettext_noop("Title"), lambda d: _present(d.title)),
        TextField("headings", "heading", gettext_noop("Headings"), lambda d: tuple([h.text for h in d.headings])),
        TextField("summary", "summary", gettext_noop("Summary"), lambda d: _present(d.summary)),
        TextField("body", "body", gettext_noop("Text"), lambda d: _present(d.body) if isinstance(d, Document) else ()),
        TextField("author", "author", gettext_noop("Author"), lambda d: d.authors),
        TextField("tags", "tags", gettext_noop("Tags"), lambda d: d.tags),
    )
}
"""All are searched together by default. Their weights are in `search/ranking.py`."""

KEYWORD_FIELDS: dict[str, KeywordField] = {
    row.name: row
    for row in (
        KeywordField("section", gettext_noop("Section"), lambda d: d.sections, hierarchical=True, several=True),
        KeywordField("author", gettext_noop("Author"), lambda d: d.authors, several=True),
        KeywordField("tag", gettext_noop("Tag"), lambda d: d.tags, several=True),
        KeywordField("lang", gettext_noop("Language"), lambda d: _present(d.language)),
        KeywordField("type", gettext_noop("Type"), lambda d: _present(d.type)),
    )
}

DATE_FIELDS: dict[str, DateField] = {
    row.name: row
    for row in (
        DateField("published", gettext_noop("Published"), lambda d: d.published),
        DateField("modified", gettext_noop("Modified"), lambda d: d.modified),
    )
}

ValueMatch = Literal["same", "words", "near"]
"""How values of a keyword field are compared with what people type: see `Searcher.find_values`."""

MAX_VALUE_LENGTH = 500
"""Characters of a value of a keyword field, and of a filter's value."""

MISSING = "_missing"
"""The filter value for articles that have no value in a field."""
