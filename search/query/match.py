"""The query as an engine evaluates it: the same tree with every word turned into index terms.

`search/query/resolve.py` makes it from the reader's tree, once above all engines.
A *leaf* (MatchTerm, MatchPhrase, MatchPrefix, MatchWildcard, MatchFuzzy) is ranked as one term:
its document frequency is the number of articles it matches in its `fields`.
`fields` are names of `search.schema.TEXT_FIELDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Term:
    """What one word of the query matches: a token whose folded `surface` is equal,
    or whose stem is `stems[language]` in an article of that language.

    An empty `stems` matches the surface only (an exact word).
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
    fields: tuple[str, ...]
    term: Term
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchPhrase:
    """All terms within one value of one field.

    `slop` None: consecutive positions, in this order.
    `slop` n: in any order, each term at a position of its own, spanning at most `len(terms) + n` positions, and
    never more than `search.engines.spans.MAX_SPAN`. An occurrence counts as its least exact word does.
    An occurrence of an ordered phrase counts once per start; of a near one, once per start position of a minimal span.
    """

    fields: tuple[str, ...]
    terms: tuple[Term, ...]
    slop: int | None = None
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchPrefix:
    """Any token whose folded surface starts with `prefix`."""

    fields: tuple[str, ...]
    prefix: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchWildcard:
    """Any token whose folded surface fits `pattern` (`?` one character, `*` any number)."""

    fields: tuple[str, ...]
    pattern: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchFuzzy:
    """Any token whose folded surface is within `distance` edits of `word` and shares its first character.

    Edits are counted by optimal string alignment.

    The word itself counts 1, others STEM_WEIGHT.
    """

    fields: tuple[str, ...]
    word: str
    distance: int
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchKeyword:
    """Articles that hold one of `values`, exactly as stored, in the keyword field. Score 0.

    Hierarchical fields match below the value too.
    """

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchDates:
    """Articles dated within both ends, included. Score 0.

    A bare date end is that whole local day. Undated articles never match.
    """

    field: str
    start: date | datetime | None
    end: date | datetime | None


@dataclass(frozen=True, slots=True)
class MatchEvery:
    """All children match; the score is the sum of theirs."""

    children: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class MatchAny:
    """At least one child matches; the score is the sum of those that do."""

    children: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class MatchBest:
    """At least one child matches; the score is the highest of theirs (two spellings of one word)."""

    children: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class MatchNot:
    """The child does not match. Score 0."""

    child: Match


Leaf: TypeAlias = MatchTerm | MatchPhrase | MatchPrefix | MatchWildcard | MatchFuzzy
Match: TypeAlias = (
    Leaf | MatchAll | MatchNone | MatchKeyword | MatchDates | MatchEvery | MatchAny | MatchBest | MatchNot
)
