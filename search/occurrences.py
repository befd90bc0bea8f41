"""Where the words of a query stand in a text, without reading the text: most of its pieces are known not to hold any.

Whether a piece between two spaces holds a word of the query is decided once for each spelling; the rest of the text
is passed over at the speed of a dictionary. The outcome is that of analysing the whole text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from search.analysis import Token, primary_language
from search.analysis.pieces import Pieces, pieces_of, spaced
from search.analysis.scripts import is_unspaced
from search.query.match import Term

Predicate = Callable[[str], bool]


class Occurrence(NamedTuple):
    """A word of the query in a text, from `start` to `end` in characters.

    Positions of two occurrences differ as their words' do, or by the `reach` asked for and more if that is more.
    `pair`: two characters of a script without spaces.
    """

    position: int
    start: int
    end: int
    pair: bool


class Words:
    """The words of a query, by number from 1. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._count = 0
        self._surfaces: dict[str, list[int]] = defaultdict(list)
        self._stems: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._predicates: list[tuple[Predicate, int]] = []
        self._decided: dict[str, _Decided] = {}

    def add_term(self, term: Term) -> int:
        """The number of a word that is spelled so or shares the stem."""
        self._count += 1
        self._surfaces[term.surface].append(self._count)
        for language, stem in term.stems:
            self._stems[language][stem].append(self._count)
        return self._count

    def add(self, fits: Predicate) -> int:
        """The number of a word whose folded spelling fits."""
        self._count += 1
        self._predicates.append((fits, self._count))
        return self._count

    def occurrences(self, text: str, language: str, reach: int) -> dict[int, list[Occurrence]]:
        """Every occurrence of each word that occurs, in order. All words must have been added before."""
        decided = self._decided_in(primary_language(language))
        padded = spaced(text)
        pieces = padded.split(" ")
        sought = list(map(decided.__getitem__, pieces))
        found: dict[int, list[Occurrence]] = defaultdict(list)
        place = position = following = 0
        for index in compress(range(len(sought)), sought):
            between, tokens = sought[index]
            place = padded.find(between, place)
            if reach:
                position += _distance(decided.pieces, pieces, following, index, reach)
            for words, ahead, start, end, pair in tokens:
                occurrence = Occurrence(position + ahead, place + start, place + end, pair)
                for word in words:
                    found[word].append(occurrence)
            if reach:
                position += decided.pieces[pieces[index]].positions
                following = index + 1
            place += 1
        return found

    def _decided_in(self, language: str) -> _Decided:
        decided = self._decided.get(language)
        if decided is None:
            decided = self._decided[language] = _Decided(
                pieces_of(language), self._surfaces, self._stems.get(language, {}), self._predicates
            )
        return decided


def _distance(known: Pieces, pieces: Sequence[str], first: int, last: int, reach: int) -> int:
    """How many positions the pieces from the first up to the last take, counted no further than to `reach`."""
    distance = 0
    for index in range(first, last):
        distance += known[pieces[index]].positions
        if distance >= reach:
            break
    return distance


class _Sought(NamedTuple):
    """A token of a piece that is one or several words of the query, at its places in the piece."""

    words: tuple[int, ...]
    ahead: int
    start: int
    end: int
    pair: bool


class _Decided(dict[str, tuple[str, tuple[_Sought, ...]] | None]):
    """Every piece there is in one language: most with None, for they hold no word of the query; the others with what
    to look for, the piece between spaces, and those of its tokens that are words of the query."""

    def __init__(
        self,
        pieces: Pieces,
        surfaces: dict[str, list[int]],
        stems: dict[str, list[int]],
        predicates: list[tuple[Predicate, int]],
    ) -> None:
        super().__init__()
        self.pieces = pieces
        self._surfaces = surfaces
        self._stems = stems
        self._predicates = predicates
        self._fitting: dict[str, list[int]] = {}

    def __missing__(self, piece: str) -> tuple[str, tuple[_Sought, ...]] | None:
        tokens, _ = self.pieces[piece]
        decided = None
        for token in tokens:
            if token[0] in self._surfaces or token[1] in self._stems or (self._predicates and self._fits(token[0])):
                decided = f" {piece} ", tuple(self._sought(tokens))
                break
        self[piece] = decided
        return decided

    def _sought(self, tokens: Sequence[Token]) -> Iterator[_Sought]:
        for surface, stem, start, end, ahead, _ in tokens:
            words = {*self._surfaces.get(surface, ()), *self._stems.get(stem, ()), *self._fits(surface)}
            if words:
                pair = len(surface) == 2 == end - start and is_unspaced(surface)
                yield _Sought(tuple(sorted(words)), ahead, start, end, pair)

    def _fits(self, surface: str) -> list[int]:
        words = self._fitting.get(surface)
        if words is None:
            words = self._fitting[surface] = [word for fits, word in self._predicates if fits(surface)]
        return words
