"""Cuts an export into its elements without reading it whole: a stream of bytes in, the posts one by one out.

An XML parser that meets a mistake may lose its way until the end of the file. An export is a list of items, so each is
cut out first, by the rules of XML (what looks like a tag in a CDATA section or a comment is none), and parsed by
itself: a broken item costs itself, and no document type is ever read, so that there is no entity to expand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MAX_ELEMENT: Final = 32 * 2**20
"""Bytes of one element; a longer one is passed over."""
MAX_COMMENT: Final = 2**20
"""Bytes of a comment; one that goes on for longer is taken to be a stray "<!--"."""
BLOCK: Final = 2**18
"""Bytes that are read at once."""

TOO_LONG: Final = f"longer than {MAX_ELEMENT // 2**20} MiB; it was passed over"
NO_END: Final = "its end is missing; it was left out"
CUT_OFF: Final = "cut off"

_BEGINNING: Final = 65_536
_LONGEST_TOKEN: Final = 600


@dataclass(frozen=True, slots=True)
class Element:
    """One element with its tags. With a `problem`, `data` is only the beginning of it."""

    name: str
    data: bytes
    problem: str = ""


class Elements:
    """Every element called one of `names` in what `read` gives (at most so many bytes, b"" at the end), in order.

    None of them is within another. One that begins inside another of the same name ends that one, whose end was lost.
    An element in which the input ends comes last, with the problem CUT_OFF.
    """

    def __init__(self, read: Callable[[int], bytes], names: Iterable[str]) -> None:
        self._read = read
        named = b"|".join(re.escape(name.encode()) for name in names)
        self._token = re.compile(rb"<!\[CDATA\[|<!--|<(/?)(" + named + rb")(?:\s[^<>]{0,500})?>")
        self._buffer = bytearray()  # begins with the open element, if there is one
        self._at = 0  # looked through until here
        self._open = b""
        self._is_long = False

    @property
    def rest(self) -> bytes:
        """The last bytes of the input, when all elements were given."""
        return bytes(self._buffer[-_LONGEST_TOKEN:])

    def __iter__(self) -> Iterator[Element]:
        while (token := self._next()) is not None:
            start, is_end, name = token
            if name == b"<![CDATA[":
                self._pass_cdata()
            elif name == b"<!--":
                self._pass_comment()
            elif not is_end and self._open in (b"", name):
                if self._open:
                    yield self._element(start, NO_END)
                self._begin(start, name)
            elif is_end and name == self._open:
                yield self._element(self._at, TOO_LONG if self._is_long else "")
                self._open = b""
        if self._open:
            yield self._element(len(self._buffer), CUT_OFF)

    def _element(self, end: int, problem: str) -> Element:
        return Element(self._open.decode(), bytes(self._buffer[: min(end, _BEGINNING) if problem else end]), problem)

    def _begin(self, start: int, name: bytes) -> None:
        self._at -= start
        del self._buffer[:start]
        self._open, self._is_long = name, False

    def _next(self) -> tuple[int, bool, bytes] | None:
        """The next token: where it starts, whether it is an end tag, and the name of the element or what it begins."""
        while (match := self._token.search(self._buffer, self._at)) is None:
            self._at = max(self._at, len(self._buffer) - _LONGEST_TOKEN)
            if not self._fill():
                return None
        self._at = match.end()
        return match.start(), bool(match[1]), bytes(match[2] or match[0])

    def _pass_cdata(self) -> None:
        while (end := self._buffer.find(b"]]>", self._at)) < 0:
            self._at = max(self._at, len(self._buffer) - 2)
            if not self._fill():
                self._at = len(self._buffer)
                return
        self._at = end + 3

    def _pass_comment(self) -> None:
        while (end := self._buffer.find(b"-->", self._at)) < 0:
            if len(self._buffer) - self._at > MAX_COMMENT or not self._fill(keep=True):
                return
        self._at = end + 3

    def _fill(self, *, keep: bool = False) -> bool:
        """Reads on; False at the end. Forgets what is not needed any more, unless it is to `keep` it for now."""
        if not keep:
            self._forget()
        block = self._read(BLOCK)
        self._buffer += block
        return bool(block)

    def _forget(self) -> None:
        start = 0
        if self._open:
            if len(self._buffer) <= MAX_ELEMENT and not self._is_long:
                return
            self._is_long, start = True, min(_BEGINNING, self._at)
        del self._buffer[start : self._at]
        self._at = start
