"""Which of many words fit a wildcard, found over all of them at once: what `search.query.patterns` says of one.

Each part of the pattern between two stars is taken where it first fits and never reconsidered, so that a pattern costs
at most its length times the letters looked at. Letters are bytes where a byte is a character, else code points.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.files.layout import from_bytes, to_bytes

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
