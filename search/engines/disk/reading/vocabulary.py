"""The spellings, words and stems of one segment, looked up in the mapped file: only what is asked for is decoded.

Patterns and misspellings are matched against all spellings at once, as `search.query.patterns` defines it for one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.engines.disk.format.arrays import Ints, expand_ranges
from search.engines.disk.format.container import Container, DamagedFile
from search.engines.disk.format.layout import STEM_MARK, from_bytes, letters, to_bytes

_BLOCK: Final = 1 << 16
"""Spellings compared in one step: their letters stay in the processor's cache."""
_ANY: Final = -1
"""Stands for `?` among the letters of a pattern."""
_BITS: Final = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


class Vocabulary:
    """Surfaces (folded spellings), numbered in the order of their characters, with their words; stems with theirs.

    `articles`: how many articles of the file have each surface in title, headings, summary or body.
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

    def spellings(self, numbers: Ints) -> list[str]:
        """The spelling of each of these surfaces."""
        bounds = zip(self._starts[numbers].tolist(), self._starts[numbers + 1].tolist(), strict=True)
        return [from_bytes(bytes(self._raw_view[start : end - 1])) for start, end in bounds]

    def _bytes_of(self, number: int) -> bytes:
        return bytes(self._raw_view[self._starts_view[number] : self._starts_view[number + 1] - 1])

    # Ints

    def surface_number(self, surface: str) -> int | None:
        """The number of a surface, None if the segment does not have it."""
        wanted = to_bytes(surface)
        at = bisect_left(range(len(self)), wanted, key=self._bytes_of)
        return at if at < len(self) and self._bytes_of(at) == wanted else None

    def surface_numbers(self, surfaces: Sequence[str]) -> Iterator[int | None]:
        """The number of each surface, None if the segment does not have it. The surfaces ascend: each is searched for
        from the one before."""
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
        """The range of surfaces that start with `prefix`: the first, and one past the last."""
        wanted = to_bytes(prefix)
        numbers = range(len(self))
        first = bisect_left(numbers, wanted, key=self._bytes_of)
        return first, bisect_right(numbers, wanted, first, key=lambda number: self._bytes_of(number)[: len(wanted)])

    # Words

    def words_of_surface(self, surface: str) -> range:
        """The words with this spelling. Raises DamagedFile if there would be words that are not there."""
        if (number := self.surface_number(surface)) is None:
            return range(0)
        first, end = int(self._words[number]), int(self._words[number + 1])
        if end > self._word_count:
            raise DamagedFile("a spelling has words that are not there")
        return range(first, end)

    def words_of_surfaces(self, numbers: Ints) -> tuple[Ints, Ints]:
        """The words of many surfaces, one after the other, and for each the index in `numbers` of its surface."""
        firsts = self._words[numbers].astype(np.int64)
        counts = self._words[numbers + 1] - firsts
        return expand_ranges(firsts, counts, self._word_count), np.repeat(np.arange(len(numbers)), counts)

    def spellings_of_words(self, words: NDArray[np.uint32]) -> list[str]:
        """The spelling of each of these words."""
        return self.spellings(np.searchsorted(self._words, words, "right") - 1)

    def words_of_stem(self, language: str, stem: str) -> NDArray[np.uint32]:
        """The words of a language that have that stem, ascending."""
        wanted = to_bytes(f"{language}{STEM_MARK}{stem}")
        stems = self._stems_by_language.get(language, range(0))
        at = bisect_left(stems, wanted, key=self._stem)
        if at == len(stems) or self._stem(stems[at]) != wanted:
            return self._stem_words[:0]
        return self._stem_words[self._stem_word_starts[stems[at]] : self._stem_word_starts[stems[at] + 1]]

    @property
    def languages(self) -> Collection[str]:
        """Those that have stems."""
        return self._stems_by_language.keys()

    @cached_property
    def _stems_by_language(self) -> dict[str, range]:
        """The range of stems of each language. A query asks for many languages, of which a segment has few."""
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

    # Patterns

    def matching(self, pattern: str) -> Iterator[Ints]:
        """The surfaces that match a wildcard, ascending, in several arrays so that the caller can stop between them."""
        wildcard = Wildcard(pattern)
        first, last = self.prefix_range(wildcard.start)
        for begin in range(first, last, _BLOCK):
            end = min(begin + _BLOCK, last)
            raw = self._raw[self._starts[begin] : self._starts[end]]
            yield begin + wildcard.matching(raw, self._characters[begin:end])

    def near(
        self, word: str, distance: int, first: int = 0, last: int | None = None, *, least: int = 0
    ) -> tuple[Ints, Ints]:
        """The surfaces from `first` to before `last` within `distance` edits (optimal string alignment) of the word,
        ascending, and the distance of each; only those that at least `least` articles of the file have."""
        numbers = first + self._possibly_near(word, distance, slice(first, last), least)
        edits = _edits(word, self.spellings(numbers), distance)
        kept = edits <= distance
        return numbers[kept], edits[kept]

    def _possibly_near(self, word: str, distance: int, among: slice, least: int) -> Ints:
        """Those that their length and letters do not rule out.

        An edit adds at most one letter and removes at most one; an insertion only adds, a deletion only removes.
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


def _edits(word: str, others: Sequence[str], distance: int) -> Ints:
    """The distance of each of the others; where it exceeds `distance`, some number above that."""
    if not others:
        return np.empty(0, np.int64)
    edits = process.cdist([word], others, scorer=OSA.distance, score_cutoff=distance, dtype=np.int32)
    return np.asarray(edits[0], np.int64)


class Wildcard:
    """A pattern to be matched against many spellings: `?` is one character, `*` any number of them, also none.

    Each part between two stars is matched where it first fits and never reconsidered, so that a pattern costs at most
    its length times the letters. Letters are bytes where a byte is a character, else code points.
    """

    def __init__(self, pattern: str) -> None:
        shortened = re.sub(r"\*+", "*", pattern)
        self.parts: Final = shortened.split("*")
        self.start: Final = self.parts[0].partition("?")[0]
        """How every match begins."""
        self.least: Final = sum(map(len, self.parts))
        """The least number of characters of a match; if there is no star, also the greatest."""
        self.exact: Final = len(self.parts) == 1
        self._by_character: Final = "?" in pattern

    def matching(self, raw: NDArray[np.uint8], characters: NDArray[np.uint8]) -> Ints:
        """The indices, ascending, of the spellings that match. `raw` holds them, each followed by a newline;
        `characters` are their lengths."""
        enough = characters == self.least if self.exact else characters >= self.least
        rows = np.flatnonzero(enough)
        if not len(rows):
            return rows
        if self._by_character and (raw >= 0x80).any():
            codes = from_bytes(raw.tobytes()).encode("utf-32-le", "surrogatepass")
            letters: NDArray[Any] = np.frombuffer(codes, "<u4")
            ends = np.cumsum(characters + np.int64(1)) - 1
            return self._matching(letters, rows, ends, [_code_points(part) for part in self.parts])
        ends = np.flatnonzero(raw == ord("\n"))
        return self._matching(raw, rows, ends, [_bytes(part) for part in self.parts])

    def _matching(self, letters: NDArray[Any], rows: Ints, ends: Ints, parts: list[list[int]]) -> Ints:
        begins = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
        head, tail = parts[0], parts[-1]
        for offset, letter in enumerate(head):
            rows = _having(letters, rows, begins[rows] + offset, letter)
        if self.exact:
            return rows
        for offset, letter in enumerate(tail):
            rows = _having(letters, rows, ends[rows] - len(tail) + offset, letter)
        at = begins[rows] + len(head)
        for part in parts[1:-1]:
            found = _find_all(letters, part) if len(rows) else np.empty(0, np.int64)
            found = np.append(found, len(letters))
            at = found[np.searchsorted(found, at)] + len(part)
            kept = at <= ends[rows] - len(tail)
            rows, at = rows[kept], at[kept]
        return rows


def _having(letters: NDArray[Any], rows: Ints, offsets: Ints, letter: int) -> Ints:
    """The spellings that have the letter at their offset. A part of several bytes a character may reach past a spelling
    or the array; the spelling has at least as many characters as the part, so another byte of it differs."""
    return rows if letter == _ANY else rows[letters.take(offsets, mode="clip") == letter]


def _find_all(letters: NDArray[Any], part: list[int]) -> Ints:
    """Every offset at which a part occurs, ascending, whatever is around it."""
    offsets: Ints | None = None
    last = len(letters) - len(part) + 1
    for ahead, letter in enumerate(part):
        if letter == _ANY:
            continue
        if offsets is None:
            offsets = np.flatnonzero(letters[ahead : ahead + max(0, last)] == letter)
        else:
            offsets = offsets[letters[offsets + ahead] == letter]
    return np.arange(max(0, last)) if offsets is None else offsets


def _bytes(part: str) -> list[int]:
    return [_ANY if byte == ord("?") else byte for byte in to_bytes(part)]


def _code_points(part: str) -> list[int]:
    return [_ANY if character == "?" else ord(character) for character in part]
