"""A 64-bit similarity hash of a text, so that reprints and re-posts are found without comparing texts.

MinHash with one bit a hash: Broder, "On the resemblance and containment of documents" (SEQUENCES 1997); Li, König,
"b-Bit minwise hashing" (WWW 2010). Each of 64 hash functions gives one bit of its least value over the features of the
text. Two texts that share the share s of all their features agree in the share (1 + s) / 2 of the bits, on average.
The features are the pairs of successive words. docs/explanation/duplicates.md has what was measured.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from types import ModuleType
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from search.native import kernel

MIN_WORDS: Final = 20
"""Shorter texts have no fingerprint, because a stock phrase would make them all alike."""
MAX_CHARACTERS: Final = 400_000
"""Only these are read: texts that agree in their first 60,000 words are near-duplicates by any measure."""

# In scripts without spaces between words each character counts as a word.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_ALONE: Final = re.compile(f"[{_UNSPACED}]")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# In ASCII a word is a run of letters, digits and underscores.
_ASCII_BREAKS: Final = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}

_MEMO_WORDS: Final = 65_536
_MEMO_LENGTH: Final = 40


class _Hashes(dict[str, int]):
    """The CRC-32 of words, remembered for a bounded number of them."""

    def __missing__(self, word: str) -> int:
        value = crc32(word.encode("utf-8", "replace"))
        if len(word) <= _MEMO_LENGTH:
            if len(self) >= _MEMO_WORDS:
                self.clear()
            self[word] = value
        return value


_HASHES: Final = _Hashes()

_BITS: Final = 64
_AT_ONCE: Final = 1_024
"""Features that are hashed at once, so that the memory does not grow with the text."""


def fingerprint(text: str) -> int:
    """The MinHash of `text` as a number below 2**64; 0 if it has fewer than MIN_WORDS words.

    Case, width and punctuation do not matter. The result is the same in every process and on every platform.
    """
    text = text[:MAX_CHARACTERS]
    if kernel is not None and (found := _by_kernel(kernel, text)) is not None:
        return found
    folded = _folded(text)
    if kernel is not None and (found := _by_kernel_folded(kernel, folded)) is not None:
        return found
    words = _WORD.findall(folded)
    if len(words) < MIN_WORDS:
        return 0
    hashes = np.fromiter(map(_HASHES.__getitem__, words), np.uint32, len(words))
    return minhash_of_words(hashes) if kernel is None else int(kernel.minhash_of_words(hashes))


def _by_kernel(kernel: ModuleType, text: str) -> int | None:
    """The MinHash of a text whose letters are those of Latin-1; None for others."""
    try:
        found: int | None = kernel.minhash(text, MIN_WORDS)
    except UnicodeEncodeError:
        return None
    return found


def _by_kernel_folded(kernel: ModuleType, folded: str) -> int | None:
    """The MinHash of a folded text; None for letters beyond the basic plane, which the kernel does not know."""
    data = folded.encode("utf-8", "replace")
    found = kernel.minhash_folded(data, MIN_WORDS, _classes(), False)
    if found is None and not any(map(str.isalnum, _ASTRAL.findall(folded))):
        found = kernel.minhash_folded(data, MIN_WORDS, _classes(), True)
    return found if found is None else int(found)


@cache
def _classes() -> bytes:
    """For each character of the basic plane 1 if it is of words, 2 if it is a word, else 0."""
    characters = map(chr, range(0x10000))
    return bytes(2 if _ALONE.match(each) else each.isalnum() or each == "_" for each in characters)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def minhash_of_words(words: npt.NDArray[np.uint32]) -> int:
    """The MinHash of two words at least, each as its CRC-32, in numpy."""
    hashes = words.astype(np.uint64)
    features = mixed((hashes[:-1] << np.uint64(32)) | hashes[1:])
    least = np.full(_BITS, 0xFFFF_FFFF, np.uint32)
    for start in range(0, len(features), _AT_ONCE):
        some = features[start : start + _AT_ONCE, None]
        values = some.astype(np.uint32) * _MULTIPLIERS + (some >> np.uint64(32)).astype(np.uint32)
        np.minimum(least, values.min(axis=0), out=least)
    bits = (least * np.uint32(0x9E3779B1) >> np.uint32(31)).astype(np.uint8)
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def distance(one: int, other: int) -> int:
    """The number of bits that differ: about 32 for unrelated texts, at most 7 for near-duplicates."""
    return (one ^ other).bit_count()


def words_of(text: str) -> list[str]:
    """The words that count, in a form in which case and width do not matter."""
    if text.isascii():
        return text.lower().translate(_ASCII_BREAKS).split()
    return _WORD.findall(_folded(text))


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each value as another of the same range, which looks random and is the same for equal values."""
    # The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014):
    # the bits of a CRC are linear in its input, and the least values need independent ones.
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_MULTIPLIERS: Final = mixed(np.arange(_BITS, dtype=np.uint64)).astype(np.uint32) | np.uint32(1)
"""What makes 64 hash functions of one."""
