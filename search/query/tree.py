"""The query as a reader wrote it: a tree of frozen dataclasses.

`parse(str(query)).query == query` for every tree that the parser returns; one with a `Most` is read with "auto".
Words are kept as typed; `search/query/resolve.py` turns them into terms that an engine matches.
`field` is the name of a text field in `search.schema.TEXT_FIELDS`, or None for the fields that the request searches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, cast


def _to_text(query: object) -> str:
    from search.query.printer import to_text  # the printer imports these classes, so it cannot be imported at the top

    return to_text(cast(Query, query), "auto" if has_most(cast(Query, query)) else "and")


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every article: the empty query."""

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Word:
    """A word, which also finds its other forms (running finds run)."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Exact:
    """`="word"` or `="some words"`: that spelling only, regardless of case and diacritics."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Phrase:
    """`"a phrase"`: the words in this order.

    With `slop` n, `"near words"~n`: all of them in any order, with at most n other words between them.
    """

    text: str
    field: str | None = None
    slop: int = 0
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Prefix:
    """`prefix*`; `text` excludes the star."""

    text: str
    field: str | None = None
    boost: float = 1.0

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`wild?card*`: `?` is one character, `*` any number; the first two characters are literal."""

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
    """`section:Opinion`, `tag:…`, `lang:…`, `type:…`: the whole value, regardless of case.

    A section includes its sub-sections.
    """

    field: str
    value: str

    __str__ = _to_text


@dataclass(frozen=True, slots=True)
class DateRange:
    """`date:2024-07`, `date:2023..2024-06`: both ends included; None is open. A bare date includes that whole day."""

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
class Most:
    """Bare words, side by side under the operator "auto": all of them, or where few articles have all, most of them.

    It is the whole query, or one child of an `And` that is the whole query. It has two words or more, or one that is an
    unspaced run.
    """

    children: tuple[Word, ...]

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


Query: TypeAlias = (
    Everything | Word | Exact | Phrase | Prefix | Wildcard | Fuzzy | Keyword | DateRange | And | Most | Or | Not
)


def has_most(query: Query) -> bool:
    """Whether the query has bare words of which not all need to match."""
    return isinstance(query, Most) or (
        isinstance(query, And) and any(isinstance(part, Most) for part in query.children)
    )


def parts_of(query: Query) -> tuple[Query, ...]:
    """What stands side by side in the query, or is joined by AND; bare words under "auto" one by one."""
    match query:
        case And(children):
            return tuple(part for child in children for part in parts_of(child))
        case Most(children):
            return children
        case _:
            return (query,)
