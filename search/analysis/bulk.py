"""Texts to numbers, for building an index: what `analyze_values` says of a text, at the price of one look-up a word.

A text is cut at white space into *fragments*, such as `said,` or `post-war`. A fragment seen for the first time is read
as `tokens` reads it, and gets a number. From then on a text is the row of its fragments' numbers, and what they stand
for is in flat tables, to be looked up for whole arrays at once:

    fragment f gives the tokens starts[f] to starts[f + 1] and takes advances[f] positions;
    token t is the word words[t], aheads[t] positions after the fragment's first.

A *word* is a spelling with the language that stems it and its stem, in one string: see `word_key`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import compress
from operator import add
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.analysis.languages import primary_language
from search.analysis.scripts import CONTINUES, SYLLABLE, UNSPACED_RUN
from search.analysis.stemming import plain_stemmer, stem
from search.analysis.tokens import (
    CHUNK,
    JOINS,
    MAX_JOINED,
    REMEMBERED_LENGTH,
    is_worth_remembering,
    read_chunk,
    stemmed_language,
    surface_of,
)

SURFACE_END: Final = "\n"
LANGUAGE_END: Final = "\x1f"

NOTHING: Final = 0
"""The number of every fragment without a word."""

_INSIDE_NUMBERS: Final = ("\u00a0", "\u202f", "\u2009")
"""The only white space that `CHUNK` may match inside a chunk."""
_AROUND_WORDS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"

_POSSESSIVES: Final = ("'s", "’s")
"""Endings that `read_chunk` drops."""
_PLAIN_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+\.[0-9]+")
"""Numbers as English writes them; the commas are left out."""

_WORDS_JOINED: Final = re.compile("[a-z]{2,}(?:[-./&_][a-z]{2,})+|[a-z0-9]+(?:[-/&_][a-z0-9]+)+")
_WORD: Final = re.compile("[a-z0-9]+")
"""A part of such a chunk: it has no marks as in numbers or between initials, so each word is one part."""

_CASE_MATTERS: Final = "tr"
"""In Turkish alone, `I` and `i` are two letters; in all others ASCII text reads the same in lower case."""
_WITHOUT_SPACES: Final = frozenset({"ja", "km", "ko", "lo", "my", "th", "zh"})
"""Languages mostly written in unspaced runs, which are read pair by pair: a whole run hardly ever occurs twice."""
_CONTINUES: Final = re.compile(f"[{CONTINUES}]")

_BYTES_PER_FRAGMENT: Final = 170
_BYTES_PER_WORD: Final = 190
_BYTES_PER_TOKEN: Final = 9
"""The memory each takes, with its entry in a dict; measured on English news."""


def word_key(surface: str, language: str, stem: str) -> str:
    """A word in one string. These strings sort by surface, then language, then stem.

    Neither mark can stand in a folded spelling. Where `language` is "" nothing is stemmed, and the stem left out.
    """
    return f"{surface}{SURFACE_END}{language}{LANGUAGE_END}{stem}" if language else f"{surface}{SURFACE_END}"


class Columns(NamedTuple):
    """The tables of fragments and tokens, as the module's docstring explains them."""

    starts: Sequence[int]
    advances: Sequence[int]
    words: Sequence[int]
    aheads: Sequence[int]


_FREQUENT: Final = 3
"""A fragment used this often is kept when room is short."""


def is_spaced(tag: str) -> bool:
    """Whether texts of this language are mostly written with spaces between words."""
    return primary_language(tag) not in _WITHOUT_SPACES


class FragmentTable:
    """The fragments and words numbered so far, in all languages."""

    def __init__(self) -> None:
        self._memos: dict[str, _FragmentMemo] = {}
        self._empty()

    def _empty(self) -> None:
        self.starts = array("I", [0, 0])
        self.advances = array("I", [0])
        self.words = array("I")
        self.aheads = array("I")
        self._word_numbers: dict[str, int] = {}

    def read(self, text: str, tag: str, numbers: array[int]) -> None:
        """Appends the numbers of the fragments of `text`, in order; `tag` names its language."""
        memo = self._memos.get(tag)
        if memo is None:
            memo = self._memo(tag)
        if text.isascii():
            # ASCII in lower case has fewer distinct fragments, and none of its white space is part of a word
            text = text.lower() if memo.ignores_case else text
            numbers.extend(map(memo.__getitem__, text.split()))
        elif not is_spaced(tag):
            memo.read_unspaced(text, numbers)
        else:
            is_simple = not any(space in text for space in _INSIDE_NUMBERS)
            numbers.extend(map(memo.__getitem__, text.split() if is_simple else CHUNK.findall(text)))

    def word_keys(self) -> list[str]:
        """The words in the order of their numbers, as `word_key` makes them."""
        return list(self._word_numbers)

    def columns(self) -> Columns:
        """The tables as they are now."""
        return Columns(self.starts, self.advances, self.words, self.aheads)

    @property
    def fragments(self) -> int:
        """How many fragments have a number, NOTHING included."""
        return len(self.advances)

    @property
    def size_bytes(self) -> int:
        """About how much memory all of this takes."""
        return (
            len(self.advances) * _BYTES_PER_FRAGMENT
            + len(self._word_numbers) * _BYTES_PER_WORD
            + len(self.words) * _BYTES_PER_TOKEN
        )

    def make_room(self, uses: NDArray[np.int64], limit: int) -> None:
        """Forgets the rarely used fragments if all take more than `limit` bytes, and all if that does not help enough.
        `uses` says how often each was used."""
        if self.size_bytes > limit:
            self.forget((uses >= _FREQUENT).tolist())
            if self.size_bytes > limit // 2:
                self.forget(bytes(len(self.advances)))

    def forget(self, is_kept: Sequence[int]) -> None:
        """Forgets the fragments that are not kept, and words that no other fragment has. The rest are numbered anew."""
        keys, starts, words, aheads, advances = self.word_keys(), self.starts, self.words, self.aheads, self.advances
        self._empty()
        numbers = array("I", bytes(4 * len(advances)))
        for fragment in compress(range(NOTHING + 1, len(advances)), is_kept[NOTHING + 1 :]):
            for token in range(starts[fragment], starts[fragment + 1]):
                self._add_token(keys[words[token]], aheads[token])
            numbers[fragment] = self._close(advances[fragment])
        for memo in self._memos.values():
            memo.renumber(numbers)

    def add(self, chunk: str, language: str) -> int:
        """A number for a chunk, read with all rules of `read_chunk` where it is not plain."""
        if chunk.isascii() and len(chunk) <= REMEMBERED_LENGTH:
            if chunk.isalnum():
                return self.add_word(chunk.lower(), language, stem(chunk, language) if language else "")
            if _PLAIN_NUMBER.fullmatch(chunk):
                number = chunk.replace(",", "")
                return self.add_word(number, language, number)
        tokens, advance = read_chunk(chunk, language)
        for surface, stemmed, _, _, ahead, _ in tokens:
            self._add_token(word_key(surface, language, stemmed), ahead)
        return self._close(advance)

    def add_unstemmed(self, raw: str, language: str) -> int:
        """A number for a part of a chunk in a language without stems."""
        surface = surface_of(raw)
        return self.add_word(surface, language, surface) if surface else NOTHING

    def join(self, numbers: list[int], compound: str = "") -> int:
        """A number for a fragment made of others. `compound` is a word at the position of the first of them."""
        position = 0
        for number in numbers:
            first, last = self.starts[number], self.starts[number + 1]
            self.words.extend(self.words[first:last])
            self.aheads.extend(position + ahead for ahead in self.aheads[first:last])
            position += self.advances[number]
            if compound:
                self._add_token(compound, 0)
                compound = ""
        return self._close(position)

    def add_word(self, surface: str, language: str, stemmed: str) -> int:
        """A number for a fragment that is one word."""
        self._add_token(word_key(surface, language, stemmed), 0)
        return self._close(1)

    def _add_token(self, key: str, ahead: int) -> None:
        self.words.append(self._word_numbers.setdefault(key, len(self._word_numbers)))
        self.aheads.append(ahead)

    def _close(self, advance: int) -> int:
        self.advances.append(advance)
        self.starts.append(len(self.words))
        return len(self.advances) - 1

    def _memo(self, tag: str) -> _FragmentMemo:
        language = stemmed_language(tag)
        memo = self._memos.get(language)
        if memo is None:
            memo = self._memos[language] = _FragmentMemo(self, language)
        return memo


class _FragmentMemo(dict[str, int]):
    """The numbers of those fragments of one language that are worth remembering; others get a new one each time."""

    def __init__(self, table: FragmentTable, language: str) -> None:
        super().__init__()
        self._table = table
        self.language = language
        self._parts = _PartMemo(table, language)
        self._stem = plain_stemmer(language) if language else _without_stem
        self.ignores_case = language != _CASE_MATTERS

    @property
    def fragments(self) -> int:
        """How many fragments it remembers."""
        return len(self) + len(self._parts)

    def forget(self) -> None:
        """Forgets all of them."""
        self.clear()
        self._parts.clear()

    def renumber(self, numbers: Sequence[int]) -> None:
        """Replaces its numbers by new ones; forgets fragments whose new number is NOTHING."""
        for memo in (self, self._parts):
            kept = {fragment: number for fragment in memo if (number := numbers[memo[fragment]])}
            memo.clear()
            memo.update(kept)

    def __missing__(self, fragment: str) -> int:
        core = fragment.strip(_AROUND_WORDS)
        if self.ignores_case and len(fragment) <= REMEMBERED_LENGTH and core.isascii() and core.isalnum():
            number = self[fragment] = self._word_number(core.lower())
            return number
        number = self._joined_number(CHUNK.findall(fragment))
        if is_worth_remembering(fragment):
            self[fragment] = number
        return number

    def _word_number(self, word: str) -> int:
        """The number of a word in lower-case ASCII letters and digits, as most new fragments are; `_chunk_number` gives
        the same."""
        number = self.get(word)
        if number is None:
            number = self[word] = self._table.add_word(word, self.language, self._stem(word))
        return number

    def _joined_number(self, chunks: list[str]) -> int:
        if len(chunks) > 1:
            return self._table.join([self._chunk_number(chunk) for chunk in chunks])
        return self._chunk_number(chunks[0]) if chunks else NOTHING

    def _chunk_number(self, chunk: str) -> int:
        if self.ignores_case and chunk.isascii():
            chunk = chunk.lower()
            if chunk.isalnum() and len(chunk) <= REMEMBERED_LENGTH:
                return self._word_number(chunk)
        number = self.get(chunk)
        if number is None:
            number = self._new_number(chunk)
            if is_worth_remembering(chunk):
                self[chunk] = number
        return number

    def _new_number(self, chunk: str) -> int:
        owner = chunk[:-2]
        if chunk.endswith(_POSSESSIVES) and owner.isascii() and owner.isalnum():
            return self._chunk_number(owner)
        if self.ignores_case and len(chunk) <= REMEMBERED_LENGTH and _WORDS_JOINED.fullmatch(chunk):
            return self._compound_number(_WORD.findall(chunk))
        return self._table.add(chunk, self.language)

    def _compound_number(self, parts: list[str]) -> int:
        """The number of a chunk of ASCII words with one mark between each two."""
        numbers = [self._chunk_number(part) for part in parts]
        if len(parts) > MAX_JOINED:
            return self._table.join(numbers)
        joined = "".join(parts)
        return self._table.join(numbers, word_key(joined, self.language, self._stem(joined)))

    def read_unspaced(self, text: str, numbers: array[int]) -> None:
        """Appends the numbers of a text whose unspaced runs are read as pairs of characters, each a fragment of its
        own."""
        for chunk in CHUNK.findall(text):
            if self.language or len(chunk) < 3 or JOINS.search(chunk):
                numbers.append(self[chunk])
            else:
                self._read_runs(chunk, numbers)

    def _read_runs(self, chunk: str, numbers: array[int]) -> None:
        """Appends the numbers of a plain chunk in a language without stems, run by run."""
        parts = self._parts
        for unspaced, spaced in UNSPACED_RUN.findall(chunk):
            if spaced:
                numbers.append(parts[spaced])
                continue
            syllables = SYLLABLE.findall(unspaced) if _CONTINUES.search(unspaced) else unspaced
            numbers.extend(map(parts.__getitem__, map(add, syllables, syllables[1:])))
            numbers.append(parts[syllables[-1]])


def _without_stem(_: str) -> str:
    return ""


class _PartMemo(dict[str, int]):
    """The numbers of parts of chunks in languages without stems: words, and pairs of characters."""

    def __init__(self, table: FragmentTable, language: str) -> None:
        super().__init__()
        self._table = table
        self._language = language

    def __missing__(self, raw: str) -> int:
        number = self._table.add_unstemmed(raw, self._language)
        if len(raw) <= REMEMBERED_LENGTH:
            self[raw] = number
        return number
