"""The other spellings of names: which words of a query have any, and what they are.

What a spelling leads to is looked up once and not followed further, so entries that name each other cannot go in a
circle. docs/reference/formats.md describes the file that they are written in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final, NamedTuple

from search.analysis.tokens import Token, analyze

Key = tuple[str, ...]
"""The folded words of a name, as they are compared: without case and diacritics."""


class Spelling(NamedTuple):
    """Another spelling of a name, as an editor wrote it; with a `language`, only in articles of that language."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: each name leads to all others if it is `both_ways`, else only the first does.

    With a `language`, the others are searched only in articles of that language.
    """

    names: tuple[str, ...]
    both_ways: bool = True
    language: str = ""

    def pairs(self) -> Iterator[tuple[str, Spelling]]:
        """Each name that leads to another, with that one."""
        if not self.both_ways:
            yield from ((self.names[0], Spelling(other, self.language)) for other in self.names[1:])
            return
        for name, other in permutations(self.names, 2):
            yield name, Spelling(other, self.language)


@dataclass(frozen=True, slots=True)
class Variants:
    """The other spellings of each name, by its key. `version` is another for other spellings, and "" for none.

    `longest`: for the first word of a name, the words of the longest name that begins with it. `words`: every word of
    a name. `entries` are what they were read from, in order.
    """

    others: Mapping[Key, tuple[Spelling, ...]] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    version: str = ""
    entries: tuple[Entry, ...] = ()

    def names(self, surfaces: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where names begin and end among the words, the longest first at each place and none inside another."""
        at = 0
        while at < len(surfaces):
            end = self._end(surfaces, at)
            if end:
                yield at, end
            at = end or at + 1

    def _end(self, surfaces: Sequence[str], start: int) -> int:
        """The end of the longest name that begins at `start`; 0 if none does."""
        words = self.longest.get(surfaces[start], 0)
        ends = range(min(start + words, len(surfaces)), start, -1)
        return next((end for end in ends if tuple(surfaces[start:end]) in self.others), 0)


NO_VARIANTS: Final = Variants()
"""Those of an archive for which nobody has written any."""


def words_of(text: str) -> list[Token]:
    """The words of a text as names are compared, without the compounds of joined ones."""
    return [token for token in analyze(text, "") if not token.compound]


def key_of(text: str) -> Key:
    """The words of a name; empty if it has neither letter nor digit."""
    return tuple(token.surface for token in words_of(text))


def variants_of(pairs: Iterable[tuple[str, Spelling]], version: str) -> Variants:
    """The variants in which each name leads to the spellings that it is paired with. What differs in case and
    diacritics alone is found anyway, and is left out."""
    found: dict[Key, dict[Spelling, None]] = {}
    for name, other in pairs:
        key = key_of(name)
        if key_of(other.text) != key:
            found.setdefault(key, {})[other] = None
    longest: dict[str, int] = {}
    for key in found:
        longest[key[0]] = max(longest.get(key[0], 0), len(key))
    words = frozenset(word for key in found for word in key)
    return Variants({key: tuple(others) for key, others in found.items()}, longest, words, version) if found else (
        NO_VARIANTS
    )  # fmt: skip
