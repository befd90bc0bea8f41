"""Character classes: what continues a word, and which scripts are written without spaces between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from search.analysis.folding import IGNORED


def _marks() -> Iterator[int]:
    """Combining marks of all scripts, which `\\w` excludes although they occur inside words."""
    # Only the blocks that contain marks: scanning all of Unicode would take a tenth of a second at every start.
    blocks = (range(0x300, 0x3100), range(0xA600, 0xAC00), range(0xFB00, 0xFE30))
    beyond = (range(0x10000, 0x12000), range(0x16000, 0x17000), range(0x1DA00, 0x1EA00))
    for block in blocks + beyond:
        yield from (code for code in block if unicodedata.category(chr(code))[0] == "M")


def _as_class(codes: Iterable[int]) -> str:
    """The code points as the inside of a regular expression's `[...]`."""
    runs: list[list[int]] = []
    for code in sorted(set(codes)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


_HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)
_HALFWIDTH_VOICING = (0xFF9E, 0xFF9F)
_LONG_A_AND_AM = (0x0E32, 0x0E33, 0x0EB2, 0x0EB3)  # Thai and Lao; am may also be a mark and a long a

CONTINUES: Final = _as_class(
    [*_marks(), *map(ord, IGNORED), *_HANGUL_VOWELS_AND_FINALS, *_HALFWIDTH_VOICING, *_LONG_A_AND_AM]
)
"""The class of characters that belong to the one before them."""

UNSPACED: Final = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ece\u0edc-\u0edf"  # Lao
    "\u1000-\u103f\u1050-\u109d\uaa60-\uaa7f"  # Myanmar
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b"  # iteration and counting marks of Han
    "\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa1-\uffdc"  # Hangul: spaces separate phrases, not words
)
"""The class of characters of unspaced scripts, which are indexed as overlapping pairs."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
UNSPACED_RUN: Final = re.compile(f"(?P<unspaced>[{UNSPACED}][{UNSPACED}{CONTINUES}]*)|(?P<spaced>[^{UNSPACED}]+)")
"""Splits a word into runs of spaced and unspaced scripts."""
SYLLABLE: Final = re.compile(f"[{UNSPACED}][{CONTINUES}]*|.", re.DOTALL)
"""One character of an unspaced script, with its marks."""


def is_unspaced(text: str) -> bool:
    """Whether `text` has a character of an unspaced script."""
    return not text.isascii() and _UNSPACED.search(text) is not None
