"""What the compiled kernel has to know of a character to tell where sentences and words begin and end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from search.analysis.scripts import is_unspaced
from search.highlight import sentences

_CLASSES: Final[tuple[Callable[[str], bool], ...]] = (
    str.isspace,
    str.islower,
    str.isupper,
    str.isdecimal,
    is_unspaced,
    sentences.STOPS.__contains__,
    sentences.WIDE_STOPS.__contains__,
    sentences.CLOSERS.__contains__,
    sentences.WIDE_CLOSERS.__contains__,
    sentences.OPENERS.__contains__,
    sentences.BULLETS.__contains__,
    "\n".__contains__,
)
"""In the order of the bits in native/highlight/passages.h, from SPACE on."""


def classes_of(character: str) -> int:
    """What a character is, as bits. The kernel asks once for each, so that Python alone says what is a small letter."""
    return sum(1 << bit for bit, holds in enumerate(_CLASSES) if holds(character))
