"""The words of one segment, looked up in the mapped file: nothing is decoded but what is asked for."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.engines.disk.format.arrays import expand_ranges
from search.engines.disk.format.container import Container
from search.engines.disk.format.layout import STEM_MARK, from_bytes, letters, to_bytes

_BLOCK: Final = 1 << 16
"""Words looked at in one step: what they take stays in the processor's cache."""
_BITS: Final = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


class Vocabulary:
    """Surfaces by number in the order of their characters, each with its words; stems with theirs.

    `articles`: in how many articles of the file each surface stands in title, headings, summary or body.
    """

    def __init__(self, container: Container) -> None:
        self.articles: NDArray[np.uint32] = container.array("surface.articles")
        self._raw: NDArray[np.uint8] = container.array("surface.bytes")
        self._starts: NDArray[np.uint32] = container.array("surface.starts")
        self._characters: NDArray[np.uint8] = container.array("surface.characters")
        self._raw_view: Final = self._raw.data  # a slice of it costs a third of an array's, and looking up takes many
        self._starts_view: Final = self._starts.data
        self._letters: NDArray[np.uint32] = container.array("surface.letters")
        self._words: NDArray[np.uint32] = container.array("surface.words")
        self._word_count = len(container.array("word.stem"))
        self._stem_starts: NDArray[Any] = container.array("stem.starts")
        self._stem_raw_view: Final = container.array("stem.bytes").data
        self._stem_starts_view: Final = self._stem_starts.data
        self._stem_word_starts: NDArray[np.uint32] = container.array("stem.word_starts")
        self._stem_words: NDArray[np.uint32] = container.array("stem.words")

    def __len__(self) -> int:
        return len(self.articles)

    # Spellings

    def surface(self, number: int) -> str:
        """The spelling of a surface."""
        return from_bytes(self._bytes_of(number))

    def surfaces(self, first: int, last: int) -> list[str]:
        """The spellings of all surfaces from `first` to before `last`."""
        raw = self._raw[self._starts[first] : self._starts[last]].tobytes()
        return from_bytes(raw).split("\n")[:-1]

    def spellings(self, numbers: Numbers) -> list[str]:
        """The spelling of each of these surfaces."""
        places = zip(self._starts[numbers].tolist(), self._starts[numbers + 1].tolist(), strict=True)
        return [from_bytes(bytes(self._raw_view[start : end - 1])) for start, end in places]

    def _bytes_of(self, number: int) -> bytes:
        return bytes(self._raw_view[self._starts_view[number] : self._starts_view[number + 1] - 1])

    # Numbers

    def surface_number(self, surface: str) -> int | None:
        """The number of a surface, None if the segment does not have it."""
        wanted = to_bytes(surface)
        at = bisect_left(range(len(self)), wanted, key=self._bytes_of)
        return at if at < len(self) and self._bytes_of(at) == wanted else None

    def surface_numbers(self, surfaces: Sequence[str]) -> Iterator[int | None]:
        """The number of each surface, of many that come in order: each is looked for from the one before."""
        if not surfaces:
            return
        numbers, key = range(len(self)), self._bytes_of
        at = bisect_left(numbers, to_bytes(surfaces[0]), key=key)
        end = bisect_right(numbers, to_bytes(surfaces[-1]), at, key=key)
        usual = 1 + 2 * (end - at) // len(surfaces)
        for surface in surfaces:
            wanted = to_bytes(surface)
            step = usual
            while at + step < end and key(at + step) < wanted:
                at += step
                step *= 2
            at = bisect_left(numbers, wanted, at, min(at + step, end), key=key)
            yield at if at < end and key(at) == wanted else None

    def prefix_range(self, prefix: str) -> tuple[int, int]:
        """The surfaces that start with `prefix`: the first, and the one after the last."""
        wanted = to_bytes(prefix)
        numbers = range(len(self))
        first = bisect_left(numbers, wanted, key=self._bytes_of)
        return first, bisect_right(numbers, wanted, first, key=lambda number: self._bytes_of(number)[: len(wanted)])

    # Words

    def words_of_surface(self, surface: str) -> range:
        """The words that are spelled so."""
        number = self.surface_number(surface)
        return range(0) if number is None else range(int(self._words[number]), int(self._words[number + 1]))

    def words_of_surfaces(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """The words of many surfaces one after the other, and for each which of `numbers` it belongs to, by place."""
        firsts = self._words[numbers].astype(np.int64)
        counts = self._words[numbers + 1] - firsts
        return expand_ranges(firsts, counts, self._word_count), np.repeat(np.arange(len(numbers)), counts)

    def words_of_stem(self, language: str, stem: str) -> NDArray[np.uint32]:
        """The words of a language that have that stem, rising."""
        wanted = to_bytes(f"{language}{STEM_MARK}{stem}")
        stems = self._stems_by_language.get(language, range(0))
        at = bisect_left(stems, wanted, key=self._stem)
        if at == len(stems) or self._stem(stems[at]) != wanted:
            return self._stem_words[:0]
        return self._stem_words[self._stem_word_starts[stems[at]] : self._stem_word_starts[stems[at] + 1]]

    @cached_property
    def _stems_by_language(self) -> dict[str, range]:
        """The stems of each language; a query asks for many languages, of which a segment has few."""
        found = {}
        stems = range(len(self._stem_starts) - 1)
        while stems:
            mark = self._stem(stems[0]).index(to_bytes(STEM_MARK)) + 1
            start = self._stem(stems[0])[:mark]
            end = bisect_right(stems, start, key=lambda number: self._stem(number)[:mark])
            found[from_bytes(start[:-1])] = stems[:end]
            stems = stems[end:]
        return found

    def _stem(self, number: int) -> bytes:
        return bytes(self._stem_raw_view[self._stem_starts_view[number] : self._stem_starts_view[number + 1]])

    def surface_of_word(self, word: int) -> int:
        """The number of the surface that a word is spelled like."""
        return int(np.searchsorted(self._words, np.uint32(word), "right")) - 1

    # Patterns

    def matching(self, pattern: str) -> Iterator[Numbers]:
        """The surfaces that fit a wildcard, rising, some after others, so that one can stop between."""
        wildcard = Wildcard(pattern)
        first, last = self.prefix_range(wildcard.start)
        for begin in range(first, last, _BLOCK):
            end = min(begin + _BLOCK, last)
            raw = self._raw[self._starts[begin] : self._starts[end]]
            yield begin + wildcard.fitting(raw, self._characters[begin:end])

    def near(
        self, word: str, distance: int, first: int = 0, last: int | None = None, *, least: int = 0
    ) -> tuple[Numbers, Numbers]:
        """The surfaces from `first` to before `last` that are within `distance` edits (optimal string alignment) of
        the word, rising, and how many edits; of those only that `least` articles of the file hold."""
        numbers = first + self._alike(word, distance, slice(first, last), least)
        edits = _edits(word, self.spellings(numbers), distance)
        kept = edits <= distance
        return numbers[kept], edits[kept]

    def _alike(self, word: str, distance: int, among: slice, least: int) -> Numbers:
        """Those whose length and letters do not rule it out.

        An edit adds at most one letter and takes away at most one; of the edits that make up a difference in length,
        each does only one of both.
        """
        frequent = np.flatnonzero(self.articles[among] >= least) if least else slice(None)
        longer = self._characters[among][frequent].astype(np.int16) - len(word)
        found = np.flatnonzero(np.abs(longer) <= distance)
        longer = longer[found]
        if not isinstance(frequent, slice):
            found = frequent[found]
        own, others = np.uint32(letters(word)), self._letters[among][found]
        found_missing = _bit_count(own & ~others) <= distance - np.maximum(longer, 0)
        found_added = _bit_count(others & ~own) <= distance + np.minimum(longer, 0)
        return found[found_missing & found_added]


def _bit_count(bits: NDArray[np.uint32]) -> NDArray[np.uint8]:
    count: NDArray[np.uint8] = _BITS[bits & 0xFFFF] + _BITS[bits >> 16]
    return count


def _edits(word: str, others: Sequence[str], distance: int) -> Numbers:
    """How many edits each of the others is away, any number above `distance` for more."""
    if not others:
        return np.empty(0, np.int64)
    edits = process.cdist([word], others, scorer=OSA.distance, score_cutoff=distance, dtype=np.int32)
    return np.asarray(edits[0], np.int64)


Numbers = NDArray[np.int64]

_ANY: Final = -1
"""Stands for `?` among the letters of a part."""


class Wildcard:
    """A pattern ready to be looked for: `?` one character, `*` any number, also none."""

    def __init__(self, pattern: str) -> None:
        shortened = re.sub(r"\*+", "*", pattern)
        self.parts: Final = shortened.split("*")
        self.start: Final = self.parts[0].partition("?")[0]
        """What every word that fits begins with."""
        self.least: Final = sum(map(len, self.parts))
        """Characters a word must have, and if there is no star, all it may have."""
        self.exact: Final = len(self.parts) == 1
        self._by_character: Final = "?" in pattern

    def fitting(self, raw: NDArray[np.uint8], characters: NDArray[np.uint8]) -> Numbers:
        """The numbers, rising, of those words that fit: `raw` holds words each followed by a newline, `characters` how
        many each has."""
        enough = characters == self.least if self.exact else characters >= self.least
        words = np.flatnonzero(enough)
        if not len(words):
            return words
        if self._by_character and (raw >= 0x80).any():
            codes = from_bytes(raw.tobytes()).encode("utf-32-le", "surrogatepass")
            letters: NDArray[Any] = np.frombuffer(codes, "<u4")
            ends = np.cumsum(characters + np.int64(1)) - 1
            return self._fitting(letters, words, ends, [_code_points(part) for part in self.parts])
        ends = np.flatnonzero(raw == ord("\n"))
        return self._fitting(raw, words, ends, [_bytes(part) for part in self.parts])

    def _fitting(self, letters: NDArray[Any], words: Numbers, ends: Numbers, parts: list[list[int]]) -> Numbers:
        begins = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
        head, tail = parts[0], parts[-1]
        for place, letter in enumerate(head):
            words = _having(letters, words, begins[words] + place, letter)
        if self.exact:
            return words
        for place, letter in enumerate(tail):
            words = _having(letters, words, ends[words] - len(tail) + place, letter)
        at = begins[words] + len(head)
        for part in parts[1:-1]:
            places = _occurrences(letters, part) if len(words) else np.empty(0, np.int64)
            places = np.append(places, len(letters))
            at = places[np.searchsorted(places, at)] + len(part)
            kept = at <= ends[words] - len(tail)
            words, at = words[kept], at[kept]
        return words


def _having(letters: NDArray[Any], words: Numbers, places: Numbers, letter: int) -> Numbers:
    """The words that have the letter at their places. A part of more bytes than a word's may reach out of the word, and
    of the array: the word has at least as many characters as the part, so that another byte of it differs."""
    return words if letter == _ANY else words[letters.take(places, mode="clip") == letter]


def _occurrences(letters: NDArray[Any], part: list[int]) -> Numbers:
    """Every place where a part fits, whatever lies around it."""
    places: Numbers | None = None
    last = len(letters) - len(part) + 1
    for offset, letter in enumerate(part):
        if letter == _ANY:
            continue
        if places is None:
            places = np.flatnonzero(letters[offset : offset + max(0, last)] == letter)
        else:
            places = places[letters[places + offset] == letter]
    return np.arange(max(0, last)) if places is None else places


def _bytes(part: str) -> list[int]:
    return [_ANY if byte == ord("?") else byte for byte in to_bytes(part)]


def _code_points(part: str) -> list[int]:
    return [_ANY if character == "?" else ord(character) for character in part]
