"""The query as an engine evaluates it: the same tree, with words turned into index terms.

`search/query/resolve.py` makes it from the reader's tree, once for all engines.
A *leaf* (MatchTerm, MatchPhrase, MatchPrefix, MatchWildcard, MatchFuzzy) is ranked as one term:
its document frequency is the number of articles that it matches in its `fields`.
`fields` are names from `search.schema.TEXT_FIELDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Term:
    """What one word of the query matches: tokens with this folded `surface`, and tokens with the same stem.

    `stems` are pairs of language and stem; a stem matches only in articles of its language.
    Without stems, only the surface matches (an exact word).
    """

    surface: str
    stems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MatchAll:
    """Every article, score 0."""


@dataclass(frozen=True, slots=True)
class MatchNone:
    """No article."""


@dataclass(frozen=True, slots=True)
class MatchTerm:
    """Any token that `term` matches."""

    fields: tuple[str, ...]
    term: Term
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchPhrase:
    """All terms within one value of one field.

    With `slop` None, the terms are at consecutive positions, in this order.
    With `slop` n, they are in any order, each at a position of its own, within `len(terms) + n` positions and
    never more than `search.engines.spans.MAX_SPAN`.
    The frequency of an ordered phrase is the number of positions at which it starts; that of a near phrase is the
    number of positions at which a minimal span starts. An occurrence weighs as much as its least exact word.
    """

    fields: tuple[str, ...]
    terms: tuple[Term, ...]
    slop: int | None = None
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchPrefix:
    """Any token whose folded surface begins with `prefix`."""

    fields: tuple[str, ...]
    prefix: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchWildcard:
    """Any token whose folded surface matches `pattern` (`?` is one character, `*` any number)."""

    fields: tuple[str, ...]
    pattern: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchFuzzy:
    """Any token whose folded surface is within `distance` edits of `word` and has the same first character.

    The distance is optimal string alignment. Occurrences of the word itself count 1, others STEM_WEIGHT.
    """

    fields: tuple[str, ...]
    word: str
    distance: int
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchKeyword:
    """Articles with one of `values`, exactly as stored, in the keyword field. Score 0.

    In a hierarchical field, values below one of `values` match too.
    """

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchDates:
    """Articles dated between `start` and `end`, both included; None is open. Score 0.

    An end that is a bare date includes that whole local day. Undated articles never match.
    """

    field: str
    start: date | datetime | None
    end: date | datetime | None


@dataclass(frozen=True, slots=True)
class MatchEvery:
    """All children match; the score is the sum of their scores."""

    children: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class MatchAny:
    """At least `least` of the children match (1 or more of them); the score is the sum over those that do."""

    children: tuple[Match, ...]
    least: int = 1


@dataclass(frozen=True, slots=True)
class MatchBest:
    """At least one child matches; the score is the highest among them. For several spellings of one word."""

    children: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class MatchNot:
    """The child does not match. Score 0."""

    child: Match


Leaf: TypeAlias = MatchTerm | MatchPhrase | MatchPrefix | MatchWildcard | MatchFuzzy
Match: TypeAlias = (
    Leaf | MatchAll | MatchNone | MatchKeyword | MatchDates | MatchEvery | MatchAny | MatchBest | MatchNot
)
