"""How much of the mapped files stays in the memory of this process.

Whatever a search reads of a mapped file counts as memory of the process, as long as the system has no need of it. After
thousands of searches in a large archive that is most of the index, and an operator who watches the process, or a limit
on it, cannot tell it from memory that is needed. So now and then, if it has become much, all of it is let go. The
system keeps the pages in its cache, from where the next search has them back in microseconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Final

from search.engines.disk.format.container import Container

MOST_BYTES: Final = 256 << 20
"""Mapped bytes that may stay."""
SEARCHES: Final = 16
"""Searches between two looks at how much it is."""

_MEMORY: Final = Path("/proc/self/statm")
_SHARED: Final = 2
"""The place of the resident pages of files among the numbers of that file: see proc(5)."""


class Residency:
    """Watches over the files of one snapshot. Does nothing where they are small, or where the system does not say."""

    def __init__(self, files: Iterable[Container]) -> None:
        self._files = tuple(files)
        self._is_large = sum(file.size for file in self._files) > MOST_BYTES and _MEMORY.exists()
        self._searches = count(1)

    def searched(self) -> None:
        """To be called after each search; safe while other threads are searching."""
        if self._is_large and next(self._searches) % SEARCHES == 0 and resident_bytes_of_files() > MOST_BYTES:
            for file in self._files:
                file.let_go()


def resident_bytes_of_files() -> int:
    """How much memory of this process is pages of mapped files."""
    return int(_MEMORY.read_bytes().split()[_SHARED]) * os.sysconf("SC_PAGE_SIZE")
