"""Lines of JSON in the body of a request, read as they come and bounded in every way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

NDJSON: Final = "application/x-ndjson"
_CHUNK: Final = 65_536


def lines_of(read: Callable[[int], bytes], most: int) -> Iterator[bytes | None]:
    """The lines that `read` gives piece by piece, without what ends them; None for one of more than `most` bytes."""
    rest, is_too_long = b"", False
    while chunk := read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield None if is_too_long or len(line) > most else line
            is_too_long = False
        if len(rest) > most:
            rest, is_too_long = b"", True
    if rest or is_too_long:
        yield None if is_too_long else rest
