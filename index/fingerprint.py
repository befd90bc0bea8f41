"""A 64-bit similarity hash of a text, so that reprints and re-posts are found without comparing texts.

SimHash: Charikar, "Similarity estimation techniques from rounding algorithms" (STOC 2002); for near-duplicate pages:
Manku, Jain, Das Sarma, "Detecting near-duplicates for web crawling" (WWW 2007). Each feature votes on each of 64 bits;
texts that share most features agree in most bits. The features are the distinct pairs of successive words.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
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
_SEED: Final = secrets.randbits(64)
"""So that nobody can choose words that collide in the kernel's table; the result does not depend on it."""


def fingerprint(text: str) -> int:
    """The SimHash of `text` as a number below 2**64; 0 if it has fewer than MIN_WORDS words.

    Case, width and punctuation do not matter. The result is the same in every process and on every platform.
    """
    text = text[:MAX_CHARACTERS]
    if kernel is not None and text.isascii():
        found: int = kernel.simhash(text, MIN_WORDS, _SEED)
        return found
    return simhash(text)


def simhash(text: str) -> int:
    """`fingerprint` of a text that is not too long, in numpy."""
    words = _words(text)
    if len(words) < MIN_WORDS:
        return 0
    hashes = np.fromiter(map(_HASHES.__getitem__, words), np.uint64, len(words))
    features = _distinct((hashes[:-1] << np.uint64(32)) | hashes[1:])
    bits = np.unpackbits(_mixed(features).astype("<u8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    majority = bits.sum(axis=0, dtype=np.int64) * 2 > len(features)
    return int.from_bytes(np.packbits(majority, bitorder="little").tobytes(), "little")


def distance(one: int, other: int) -> int:
    """The number of bits that differ: about 32 for unrelated texts, under 7 for near-duplicates."""
    return (one ^ other).bit_count()


def _words(text: str) -> list[str]:
    if text.isascii():
        return text.lower().translate(_ASCII_BREAKS).split()
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _distinct(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values.sort()
    first = np.append(True, values[1:] != values[:-1])
    distinct: npt.NDArray[np.uint64] = values[first]
    return distinct


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    # The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014):
    # the bits of a CRC are linear in its input, and votes need independent ones.
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
