"""Finds the words of a query in a text without analysing all of it.

Whether a chunk between two spaces contains a word of the query is decided once for each spelling of the chunk.
The rest of the text costs one dictionary look-up per chunk. The result is that of analysing the whole text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Final, NamedTuple

from search.analysis import Token, primary_language
from search.analysis.fragments import Fragment, fragments_of, spaced
from search.analysis.scripts import is_unspaced
from search.query.match import Term

Choice = Callable[[Iterable[str]], Iterable[str]]
"""Returns those of the folded spellings that match."""


_FEW: Final = 8
"""Up to this many chunks are found faster one by one than in a pass over the whole text."""

Occurrence = tuple[int, int, int, bool]
"""A word of the query in a text: its position, start and end in characters, and whether it is a pair of characters of
an unspaced script. Distances between positions are exact up to the `reach` asked for; greater ones are at least that.
"""


class Words:
    """The words of a query, numbered from 1. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._surfaces: dict[str, list[int]] = defaultdict(list)
        self._stems: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._choices: list[tuple[Choice, int]] = []
        self._holders: dict[str, _Holders] = {}

    def add_term(self, term: Term) -> int:
        """Adds a word that matches by its spelling or its stem; returns its number."""
        self._count += 1
        self._surfaces[term.surface].append(self._count)
        for language, stem in term.stems:
            self._stems[language][stem].append(self._count)
        return self._count

    def add(self, choice: Choice) -> int:
        """Adds a word that matches in every spelling that `choice` accepts; returns its number."""
        self._count += 1
        self._choices.append((choice, self._count))
        return self._count

    def occurrences(self, text: str, language: str, reach: int) -> Mapping[int, list[Occurrence]]:
        """The occurrences by number of word, those of one spelling in order. All words must have been added before."""
        holders = self._holders_in(primary_language(language))
        padded = spaced(text)
        pieces = padded.split(" ")
        held = holders.among(set(pieces))
        if not held:
            return {}
        if reach or len(held) > _FEW:
            return _in_order(padded, pieces, held, holders, reach)
        return _one_by_one(padded, held)

    def occur_in(self, text: str, language: str) -> bool:
        """Whether any of the words occurs. All words must have been added before."""
        pieces = set(spaced(text).split(" "))
        return bool(self._holders_in(primary_language(language)).among(pieces))

    def _holders_in(self, language: str) -> _Holders:
        holders = self._holders.get(language)
        if holders is None:
            stems = self._stems.get(language, {})
            holders = self._holders[language] = _Holders(language, self._surfaces, stems, self._choices)
        return holders


def _one_by_one(padded: str, held: Iterable[_Holder]) -> dict[int, list[Occurrence]]:
    """The occurrences in these chunks, found by searching the text for each of them; all positions are 0."""
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for between, _, tokens in held:
        place = padded.find(between)
        while place >= 0:
            for words, _, start, end, pair in tokens:
                for word in words:
                    found[word].append((0, place + start, place + end, pair))
            place = padded.find(between, place + 1)
    return found


def _in_order(
    padded: str, pieces: Sequence[str], held: Iterable[_Holder], holders: _Holders, reach: int
) -> dict[int, list[Occurrence]]:
    """The occurrences in these chunks, found in one pass over the text, with positions."""
    sought = {holder.between[1:-1]: holder for holder in held}
    found: dict[int, list[Occurrence]] = defaultdict(list)
    place = position = following = 0
    for index in compress(range(len(pieces)), map(sought.__contains__, pieces)):
        between, positions, tokens = sought[pieces[index]]
        place = padded.find(between, place)
        if reach:
            position += holders.distance(pieces, following, index, reach)
        for words, ahead, start, end, pair in tokens:
            occurrence = (position + ahead, place + start, place + end, pair)
            for word in words:
                found[word].append(occurrence)
        place += 1
        position += positions
        following = index + 1
    return found


class _Sought(NamedTuple):
    """A token of a chunk that matches one or several words of the query; offsets are relative to the chunk."""

    words: tuple[int, ...]
    ahead: int
    start: int
    end: int
    pair: bool


class _Holder(NamedTuple):
    """A chunk that contains words of the query: its text between spaces, its number of positions, and those words."""

    between: str
    positions: int
    sought: tuple[_Sought, ...]


class _Holders:
    """The chunks of one language that contain words of the query, as far as texts had them."""

    def __init__(
        self,
        language: str,
        surfaces: Mapping[str, list[int]],
        stems: Mapping[str, list[int]],
        choices: Sequence[tuple[Choice, int]],
    ) -> None:
        self._pieces = fragments_of(language)
        self._surfaces = surfaces
        self._stems = stems
        self._choices = choices
        self._chosen: dict[str, list[int]] = defaultdict(list)
        self._seen: set[str] = set()
        self._found: dict[str, _Holder] = {}
        self._passing: dict[str, Fragment] = {}
        self._tried: set[str] = set()
        self._holding: set[str] = set()
        self._looked_up = -1

    def among(self, pieces: set[str]) -> list[_Holder]:
        """Those of the chunks that contain a word."""
        if self._choices:
            self._passing.update(self._pieces.read(pieces))
            self._choose(pieces - self._tried)
        else:
            passing = self._pieces.read(pieces, (*self._surfaces, *self._stems))
            self._passing.update(passing)
            for text in passing.keys() - self._tried:
                self._try(text, passing[text])
            if self._looked_up < len(self._pieces.known):
                self._look_up()
            for text in (self._holding & pieces).difference(self._tried):
                self._try(text, self._pieces.known[text])
        return [self._found[text] for text in self._found.keys() & pieces]

    def distance(self, pieces: Sequence[str], first: int, last: int, reach: int) -> int:
        """The number of positions of the chunks from `first` to before `last`; counting stops at `reach`."""
        known = self._pieces.known
        distance = 0
        for index in range(first, last):
            piece = known.get(pieces[index]) or self._passing[pieces[index]]
            distance += piece.positions
            if distance >= reach:
                break
        return distance

    def _look_up(self) -> None:
        """Finds the known chunks that may contain a word, by the word."""
        self._looked_up = len(self._pieces.known)
        holding, known = self._pieces.holding, self._pieces.known
        for word in (*self._surfaces, *self._stems):
            self._holding.update(filter(known.__contains__, list(holding.get(word, ()))))

    def _choose(self, texts: Iterable[str]) -> None:
        """Finds those of the texts that contain a word, by checking every new spelling."""
        known, passing = self._pieces.known, self._passing
        pieces = {text: known.get(text) or passing[text] for text in texts}
        spellings = {token[0] for piece in pieces.values() for token in piece[0]} - self._seen
        self._seen |= spellings
        for choice, word in self._choices:
            for spelling in choice(spellings):
                self._chosen[spelling].append(word)
        for text, piece in pieces.items():
            for surface, stem, *_ in piece[0]:
                if surface in self._chosen or surface in self._surfaces or stem in self._stems:
                    self._try(text, piece)
                    break
        self._tried.update(pieces)

    def _try(self, text: str, piece: Fragment) -> None:
        self._tried.add(text)
        sought = tuple(self._sought(piece.tokens))
        if sought:
            self._found[text] = _Holder(f" {text} ", piece.positions, sought)

    def _sought(self, tokens: Iterable[Token]) -> Iterator[_Sought]:
        surfaces, stems, chosen = self._surfaces, self._stems, self._chosen
        for surface, stem, start, end, ahead, _ in tokens:
            words = {*surfaces.get(surface, ()), *stems.get(stem, ()), *chosen.get(surface, ())}
            if words:
                pair = len(surface) == 2 == end - start and is_unspaced(surface)
                yield _Sought(tuple(sorted(words)), ahead, start, end, pair)
