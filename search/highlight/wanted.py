"""The words of a query that are looked for in texts, numbered; and which of them a token is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from struct import pack
from typing import NamedTuple

from search.analysis import Token
from search.analysis.scripts import is_unspaced

Occurrence = tuple[int, int, int, bool]
"""A word of the query in a text: its position, start and end in characters, and whether it is a pair of characters of
an unspaced script. Distances between positions are exact up to the `reach` asked for; greater ones are at least that.
"""


class Groups:
    """The groups of words, by number; `prefixes` has the lengths of those that are prefixes. Other words are not looked
    for. `may_repeat`: two words may give the same mark.

    `table` is what the compiled kernel reads: two int32 for each number of a word, its group and the length of its
    prefix; -1 and 0 where there is none.
    """

    def __init__(self, of_words: Mapping[int, int], prefixes: Mapping[int, int], *, may_repeat: bool) -> None:
        self.of_words = of_words
        self.prefixes = prefixes
        self.may_repeat = may_repeat
        words = range(max(of_words, default=0) + 1)
        table = [number for word in words for number in (of_words.get(word, -1), prefixes.get(word, 0))]
        self.table = pack(f"={len(table)}i", *table)


class Stretches(NamedTuple):
    """How the beginning of a text is read: stretches of whole paragraphs, the first of at least `first` characters and
    each of the others twice as long as all before it, until each group has `enough` marks, or `limit` characters."""

    limit: int
    first: int
    enough: int


class Choice(NamedTuple):
    """Matches by spelling. `among` returns those of the folded spellings that match; each begins with the letter
    `first`, or with any if that is ""."""

    among: Callable[[Iterable[str]], Iterable[str]]
    first: str = ""


class Sought(NamedTuple):
    """A token of a fragment that matches one or several words of the query; offsets are relative to the fragment."""

    words: tuple[int, ...]
    ahead: int
    start: int
    end: int
    pair: bool


class Wanted:
    """The numbers of the words by their spelling, by their stem in one language, and by choice. Not thread-safe."""

    def __init__(
        self,
        surfaces: Mapping[str, list[int]],
        stems: Mapping[str, list[int]],
        choices: list[tuple[Choice, int]],
    ) -> None:
        self.surfaces = surfaces
        self.stems = stems
        self.choices = choices
        self._chosen: dict[str, list[int]] = defaultdict(list)
        self._seen: set[str] = set()

    def words(self) -> tuple[str, ...]:
        """The spellings and stems."""
        return (*self.surfaces, *self.stems)

    def choose(self, spellings: Iterable[str]) -> None:
        """Decides which of the folded spellings match by choice; each is decided once."""
        new = set(spellings) - self._seen
        self._seen |= new
        for choice, word in self.choices:
            for spelling in choice.among(new):
                self._chosen[spelling].append(word)

    def sought(self, tokens: Iterable[Token]) -> tuple[Sought, ...]:
        """Those of the tokens that match."""
        if self.choices:
            tokens = tuple(tokens)
            self.choose(token[0] for token in tokens)
        return tuple(self._sought(tokens))

    def _sought(self, tokens: Iterable[Token]) -> Iterator[Sought]:
        surfaces, stems, chosen = self.surfaces, self.stems, self._chosen
        for surface, stem, start, end, ahead, _ in tokens:
            if surface in surfaces or stem in stems or surface in chosen:
                words = {*surfaces.get(surface, ()), *stems.get(stem, ()), *chosen.get(surface, ())}
                pair = len(surface) == 2 == end - start and is_unspaced(surface)
                yield Sought(tuple(sorted(words)), ahead, start, end, pair)
