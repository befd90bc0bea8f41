"""Finds the words of a query in a text without analysing all of it.

This is what runs without the compiled kernel; `numbered_scan` finds the same with it.

Whether a chunk between two spaces contains a word of the query is decided once for each spelling of the chunk.
The rest of the text costs one dictionary look-up per chunk. The result is that of analysing the whole text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Final, NamedTuple

from search.analysis.fragments import Fragment, fragments_of, spaced
from search.highlight.wanted import Occurrence, Sought, Wanted

_FEW: Final = 8
"""Up to this many chunks are found faster one by one than in a pass over the whole text."""


class TermScan:
    """The words that are wanted of texts of one language. Not thread-safe."""

    def __init__(self, language: str, wanted: Wanted) -> None:
        self._holders = _Holders(language, wanted)

    def occurrences(self, text: str, reach: int) -> Mapping[int, list[Occurrence]]:
        """See `Words.occurrences`."""
        padded = spaced(text)
        pieces = padded.split(" ")
        held = self._holders.among(set(pieces))
        if not held:
            return {}
        if reach or len(held) > _FEW:
            return _in_order(padded, pieces, held, self._holders, reach)
        return _one_by_one(padded, held)


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


class _Holder(NamedTuple):
    """A chunk that contains words of the query: its text between spaces, its number of positions, and those words."""

    between: str
    positions: int
    sought: tuple[Sought, ...]


class _Holders:
    """The chunks of one language that contain words of the query, as far as texts had them."""

    def __init__(self, language: str, wanted: Wanted) -> None:
        self._pieces = fragments_of(language)
        self._wanted = wanted
        self._found: dict[str, _Holder] = {}
        self._passing: dict[str, Fragment] = {}
        self._tried: set[str] = set()
        self._holding: set[str] = set()
        self._looked_up = -1

    def among(self, pieces: set[str]) -> list[_Holder]:
        """Those of the chunks that contain a word."""
        if self._wanted.choices:
            self._passing.update(self._pieces.read(pieces))
            self._choose(pieces - self._tried)
        else:
            passing = self._pieces.read(pieces, self._wanted.words())
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
        for word in self._wanted.words():
            self._holding.update(filter(known.__contains__, list(holding.get(word, ()))))

    def _choose(self, texts: Iterable[str]) -> None:
        """Finds those of the texts that contain a word, by checking every new spelling."""
        known, passing = self._pieces.known, self._passing
        pieces = {text: known.get(text) or passing[text] for text in texts}
        self._wanted.choose(token[0] for piece in pieces.values() for token in piece[0])
        for text, piece in pieces.items():
            self._try(text, piece)

    def _try(self, text: str, piece: Fragment) -> None:
        self._tried.add(text)
        sought = self._wanted.sought(piece.tokens)
        if sought:
            self._found[text] = _Holder(f" {text} ", piece.positions, sought)
