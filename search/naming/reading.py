"""Which names stand in the text of an article.

A name is a word with a capital that begins no sentence. Where a script has no capitals, any word may be one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from search.analysis.folding import fold
from search.document import Document

MAX_READ: Final = 20_000
"""Characters of an article that are read."""
SHORTEST: Final = 4
"""Letters of the shortest name; shorter ones are alike by chance."""


def _letters(kind: str) -> str:
    """The cased letters of one kind below U+2000, as ranges of a character class."""
    chosen = [code for code in range(0x41, 0x2000) if getattr(chr(code), kind)() and chr(code).isalpha()]
    spans: list[list[int]] = []
    for code in chosen:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in spans)


_UPPER: Final = _letters("isupper")
_LOWER: Final = _letters("islower")
_CAPITALISED: Final = re.compile(f"(?<=[\\w,;)][ \\n])[{_UPPER}][{_LOWER}\u02bc]{{{SHORTEST - 1},39}}(?![\\w-])")
_UNCASED: Final = re.compile(f"[\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3]{{{SHORTEST - 1},40}}")


def names_in(document: Document) -> Iterator[str]:
    """The names of an article as they are written, each as often as it occurs."""
    for text in (document.summary, document.body[:MAX_READ]):
        if text:
            yield from _CAPITALISED.findall(text)
            if not text.isascii():
                yield from _UNCASED.findall(text)


@lru_cache(maxsize=200_000)
def surface_of_name(written: str) -> str:
    """The name as it is indexed; the same object for the same name, because it is kept by the hundred thousand."""
    return sys.intern(fold(written))
