"""Reads files of many gzip members, as web archives are, so that a damaged member costs no more than itself.

A file that is not packed is read in the same way, as it is.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from index.sources.files import GZIP_MAGIC, local_path
from search.errors import SourceError

CHUNK: Final = 16_384
"""Packed bytes that are unpacked at once."""
MAX_DAMAGED: Final = 1_000
"""Damaged members of one file after which it is given up."""
MAX_SWALLOWED: Final = 8 * CHUNK
"""Packed bytes of a member without content that are searched for other members."""
MAX_RATIO: Final = 250
MAX_FREE: Final = 64 * 2**20
"""No member, and no file, may become more than MAX_RATIO times its size and more than this many bytes."""

_FLATE: Final = 16 + zlib.MAX_WBITS
# RFC 1952: the magic, deflate, and no reserved flag.
_MEMBER: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")


class Damaged(Exception):
    """A member that cannot be unpacked any further; reading goes on with the next."""


class Members:
    """One open file as unpacked bytes. No call reads over the edge between two members."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._file = local_path(location).open("rb")
        self._size = os.fstat(self._file.fileno()).st_size
        self.packed = self._file.peek(2)[:2] == GZIP_MAGIC
        self._buffer = b""
        self._position = 0
        self._inflate = zlib.decompressobj(_FLATE) if self.packed else None
        self._packed = b""
        self._start = self._given = self._of_member = self._member_size = self._damaged = 0
        self._at_edge = True

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    @property
    def at_edge(self) -> bool:
        """The next byte is the first of a member. Raises as `read` does."""
        return self._fill() and self._at_edge

    def peek(self, size: int) -> bytes:
        """The next bytes, fewer than `size` only at the edge of a chunk. Raises as `read` does."""
        return self._buffer[self._position : self._position + size] if self._fill() else b""

    def read(self, size: int) -> bytes:
        """At least one byte and at most `size`; b"" at the end of the file.

        Raises Damaged, after which the next member can be read, and SourceError if nothing more can.
        """
        if size <= 0 or not self._fill():
            return b""
        return self._take(min(self._position + size, len(self._buffer)))

    def readline(self, size: int) -> bytes:
        """One line with its line feed, its first `size` bytes, or its beginning at an edge. Raises as `read` does."""
        parts: list[bytes] = []
        while size > 0 and self._fill() and not (parts and self._at_edge):
            end = self._buffer.find(b"\n", self._position, self._position + size) + 1
            parts.append(self._take(end or min(self._position + size, len(self._buffer))))
            size -= len(parts[-1])
            if end:
                break
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Passes over bytes, to the next edge at most; returns how many. Raises as `read` does."""
        if self.packed:
            return len(self.read(size))
        there = self.mark()
        self.rewind(min(there + size, self._size))
        return self.mark() - there

    def mark(self) -> int:
        """Where the next byte stands in a file that is not packed."""
        return self._file.tell() - len(self._buffer) + self._position

    def rewind(self, mark: int) -> bool:
        """Goes to a mark; False if the file is packed."""
        if not self.packed:
            self._file.seek(mark)
            self._buffer, self._position = b"", 0
        return not self.packed

    def _take(self, end: int) -> bytes:
        data = self._buffer[self._position : end]
        self._position, self._at_edge = end, False
        return data

    def _fill(self) -> bool:
        """Whether there is a next byte; unpacks more if all has been taken."""
        while self._position >= len(self._buffer):
            if self._inflate is not None and self._inflate.eof:
                self._open_member()
            if self._is_at_end():
                return False
            self._buffer, self._position = self._more(), 0
        return True

    def _is_at_end(self) -> bool:
        within = self._inflate is not None and self._member_size > 0
        return not within and not self._packed and not self._file.peek(1)

    def _more(self) -> bytes:
        if self._inflate is None:
            return self._file.read(CHUNK)
        rest = self._inflate.unconsumed_tail
        data = rest or self._packed or self._file.read(CHUNK)
        self._packed = b""
        self._member_size += 0 if rest else len(data)
        try:
            found = self._inflate.decompress(data, 2**20)
        except zlib.error as error:
            self._packed = data
            raise self._lost(f"the gzip data is damaged ({error})") from error
        self._packed = self._inflate.unused_data
        if not data and not found and not self._inflate.eof:
            raise self._lost("the gzip data is cut off")
        self._bound(len(found))
        return found

    def _open_member(self) -> None:
        self._begin()
        # Padding with zeros is allowed; anything else between members is passed over like a damaged one.
        if (self._packed or self._file.peek(2))[:1] not in (GZIP_MAGIC[:1], b""):
            self._find_member()

    def _begin(self) -> None:
        self._inflate = zlib.decompressobj(_FLATE)
        self._start = self._file.tell() - len(self._packed)
        self._of_member = self._member_size = 0
        self._at_edge = True

    def _bound(self, found: int) -> None:
        self._given += found
        self._of_member += found
        if self._given > MAX_FREE + MAX_RATIO * self._size:
            raise SourceError(self._location, f"expands to more than {MAX_RATIO} times its size; what follows is lost")
        if self._inflate and self._of_member > max(MAX_FREE, MAX_RATIO * self._member_size):
            self._packed = self._inflate.unconsumed_tail or self._packed
            raise self._lost(f"expands to more than {MAX_RATIO} times its size")

    def _lost(self, reason: str) -> Damaged:
        """Makes ready to read the next member."""
        self._damaged += 1
        if self._damaged > MAX_DAMAGED:
            raise SourceError(self._location, f"more than {MAX_DAMAGED:,} parts of it are damaged; it was given up")
        if not self._of_member and self._member_size <= MAX_SWALLOWED:
            # A damaged head may have taken the next members for the name of its file.
            self._file.seek(self._start)
            self._packed = self._file.read(CHUNK)
        self._find_member()
        return Damaged(reason)

    def _find_member(self) -> None:
        """Goes on to where another member seems to begin, or to the end."""
        window, start = self._packed, 1
        self._begin()
        self._packed = b""
        while True:
            for match in _MEMBER.finditer(window, start):
                if _is_member(window[match.start() :]):
                    self._packed = window[match.start() :]
                    self._start = self._file.tell() - len(self._packed)
                    return
            more = self._file.read(CHUNK)
            if not more:
                return
            window, start = window[-3:] + more, 0


def _is_member(data: bytes) -> bool:
    try:
        zlib.decompressobj(_FLATE).decompress(data[:CHUNK], 1)
    except zlib.error:
        return False
    return True


@contextmanager
def open_members(location: str) -> Iterator[Members]:
    """The file at a location. Failures of the file system inside the block are SourceErrors."""
    try:
        members = Members(location)
        try:
            yield members
        finally:
            members.close()
    except OSError as error:
        text = error.strerror or str(error) or type(error).__name__
        raise SourceError(location, text[0].lower() + text[1:]) from error
