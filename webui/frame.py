"""Pages of which most is the same each time: a template is rendered once, and each page fills the holes in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final

MAX_FRAMES: Final = 8
"""How many frames a site keeps: it needs one for each place where it is mounted, which is one nearly always."""


class Frame:
    """A text with holes. It is kept in UTF-8, since encoding a long text takes longer than joining its parts."""

    def __init__(self, holes: Iterable[str], write: Callable[[Mapping[str, str]], str]) -> None:
        """`write` gives the text with what stands for each hole where its filling belongs. A hole may come twice."""
        mark = secrets.token_hex(16)  # letters and digits, which no escaping changes and no text has by chance
        parts = write({name: f"{mark}{name}{mark}" for name in holes}).split(mark)
        self._parts = [part.encode() for part in parts]
        self._holes = [(place, parts[place]) for place in range(1, len(parts), 2)]

    def filled(self, fillings: Mapping[str, bytes]) -> bytes:
        """The text with those fillings, which are in UTF-8 and escaped."""
        parts = self._parts.copy()
        for place, name in self._holes:
            parts[place] = fillings[name]
        return b"".join(parts)
