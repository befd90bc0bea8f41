"""The fragment table on the compiled kernel: the same fragments, read by a loop in C.

The kernel reads fragments of ASCII letters and digits, and such words joined by single marks. Any other fragment goes
once to the memo in Python. A word needs its stem only when a segment is written, so new words are stemmed all at once.
"""

from __future__ import annotations

import secrets
from array import array
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.bulk import Columns, FragmentTable, is_spaced, word_key
from search.analysis.languages import STEMMERS
from search.analysis.stemming import plain_stemmer
from search.native import kernel

_LANGUAGES: Final = ("", *sorted(STEMMERS))
_TAGS: Final = {language: tag for tag, language in enumerate(_LANGUAGES)}
_WHOLE_KEY: Final = 255
"""The tag of words that came with their stem, as `WHOLE_KEY` in fragments.c."""
_BYTES_PER_KEY: Final = 110
_BYTES_PER_MEMO: Final = 150
"""The memory in Python of a word's key, and of a fragment that the memo has read."""


class CompiledFragmentTable(FragmentTable):
    """See `FragmentTable`; `module` is the compiled kernel."""

    def __init__(self, module: ModuleType) -> None:
        self._table = module.Fragments(secrets.randbits(64))
        self._keys: list[str] = []
        super().__init__()

    def _empty(self) -> None:
        self._table.clear()
        self._keys = []

    def read(self, text: str, tag: str, numbers: array[int]) -> None:
        memo = self._memos.get(tag) or self._memo(tag)
        if memo.ignores_case and (text.isascii() or is_spaced(tag)):
            found = self._table.read(text, _TAGS[memo.language], memo)
            if found is not None:
                numbers.frombytes(found)
                return
        super().read(text, tag, numbers)

    def columns(self) -> Columns:
        columns = []
        for raw in self._table.columns():
            column = array("I")
            column.frombytes(raw)
            columns.append(column)
        return Columns(*columns)

    def word_keys(self) -> list[str]:
        stemmers = [plain_stemmer(language) if language else None for language in _LANGUAGES]
        for tag, text in zip(*self._table.words(len(self._keys)), strict=True):
            if tag == _WHOLE_KEY:
                self._keys.append(text)
            else:
                stem = stemmers[tag]
                self._keys.append(word_key(text, _LANGUAGES[tag], stem(text) if stem else ""))
        return list(self._keys)

    @property
    def fragments(self) -> int:
        count: int = self._table.sizes()[0]
        return count

    @property
    def size_bytes(self) -> int:
        _, words, size = self._table.sizes()
        memos = sum(memo.fragments for memo in self._memos.values())
        return int(size) + int(words) * _BYTES_PER_KEY + memos * _BYTES_PER_MEMO

    def asked(self, tag: str) -> list[str]:
        """The remembered fragments of a language that the memo in Python has read."""
        return list(self._memo(tag))

    def make_room(self, uses: NDArray[np.int64], limit: int) -> None:
        """Forgets all fragments if they take too much: to read them again costs the kernel little."""
        del uses
        if self.size_bytes > limit:
            self._empty()
            for memo in self._memos.values():
                memo.forget()

    def join(self, numbers: list[int], compound: str = "") -> int:
        position = 0
        for number in numbers:
            position += self._table.copy(number, position)
            if compound:
                self._add_token(compound, 0)
                compound = ""
        return self._close(position)

    def _add_token(self, key: str, ahead: int) -> None:
        self._table.add_token(key.encode("utf-8", "surrogatepass"), ahead)

    def _close(self, advance: int) -> int:
        number: int = self._table.close(advance)
        return number


def fragment_table() -> FragmentTable:
    """An empty table, on the compiled kernel if there is one."""
    return CompiledFragmentTable(kernel) if kernel is not None else FragmentTable()
