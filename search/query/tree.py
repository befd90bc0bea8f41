"""The query as a reader wrote it: a tree of frozen dataclasses.

`parse(str(query)) == query` for every tree the parser can return.
Words stand here as they were typed; `search/query/resolve.py` turns them into what an engine matches.
`field` is a text field's name in `search.schema.TEXT_FIELDS`, or None for the fields the request searches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, cast


def _to_text(query: object) -> str:
    from search.query.printer import to_text  # the printer knows these classes, so it cannot be imported above them

    return to_text(cast(Query, query))


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every article: the empty query."""

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Word:
    """A word; also finds its other forms (running finds run)."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Exact:
    """`="word"` or `="some words"`: that spelling only; case and diacritics still do not matter."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Phrase:
    """`"a phrase"`: the words in this order.

    With `slop` n, `"near words"~n`: all of them with at most n others between, in any order.
    """

    text: str
    field: str | None = None
    slop: int = 0
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Prefix:
    """`prefix*`; `text` is without the star."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`wild?card*`; `?` is one character, `*` any number, the first two are literal."""

    pattern: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """`word~` or `word~1`: words within `distance` edits (1 or 2)."""

    text: str
    distance: int = 2
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Keyword:
    """`section:Opinion`, `tag:…`, `lang:…`, `type:…`: the whole value, whatever its case.

    A section matches its sub-sections.
    """

    field: str
    value: str

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class DateRange:
    """`date:2024-07`, `date:2023..2024-06`: both ends included; None is open. A date end means that whole day."""

    start: date | datetime | None
    end: date | datetime | None
    field: str = "published"

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class And:
    """Every child matches."""

    children: tuple[Query, ...]

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child matches."""

    children: tuple[Query, ...]

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Not:
    """The child does not match."""

    child: Query

    __str__ = _to_text


Query: TypeAlias = Everything | Word | Exact | Phrase | Prefix | Wildcard | Fuzzy | Keyword | DateRange | And | Or | Not
