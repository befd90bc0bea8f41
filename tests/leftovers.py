"""Looks for a word in every byte of files: as it is, and in whatever can be inflated, wherever it begins."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MOST: Final = 4_000_000
_FORMATS: Final = (-15, 31, 15)
"""A bare deflated stream, gzip, zlib."""


def files_with(word: str, *roots: Path) -> list[str]:
    """The names of the files in these folders, or of these files, that hold the word in any case or coding."""
    paths = (path for root in roots for path in (sorted(root.rglob("*")) if root.is_dir() else [root]))
    return [path.name for path in paths if path.is_file() and holds(path.read_bytes(), word)]


def holds(raw: bytes, word: str) -> bool:
    """Whether the word is in these bytes, or in what any part of them inflates to."""
    wanted = [word.casefold().encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")]
    return any(any(each in text.lower() for each in wanted) for text in (raw, *_inflated(raw)))


def _inflated(raw: bytes) -> Iterator[bytes]:
    """What the bytes from each offset on inflate to, as far as they do."""
    view = memoryview(raw)
    for start in range(len(raw)):
        for bits in _FORMATS:
            try:
                text = zlib.decompressobj(bits).decompress(view[start : start + _MOST], _MOST)
            except zlib.error:
                continue
            if len(text) > 3:
                yield text
