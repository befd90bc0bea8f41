"""Opens inputs without trusting them: locations resolved, gzip detected by its content, sizes bounded, errors mapped.

A location is a path, an address, or "-" for standard input, which can be read once. To read another kind of address,
give its scheme a row in `SCHEMES`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from index.identity import file_path, is_address
from index.paths import text_as_path
from search.errors import SourceError

GZIP_MAGIC: Final = b"\x1f\x8b"
STANDARD_INPUT: Final = "-"
HEAD: Final = 8_192
"""Bytes from the beginning of an input, after decompression, by which its format is recognised."""
MAX_PAGE: Final = 32 * 2**20
"""Bytes of one page after decompression."""

CUT: Final = "the gzip data is cut off"
CUT_AS_A_WHOLE: Final = f"{CUT}, so nothing of it was read; get the whole file"
"""What is said of one article that is not there to its end."""

_CUT_IN_PARTS: Final = f"{CUT}; what stood before the cut was read"
_MAX_RATIO: Final = 250
_RATIO_FROM: Final = 64 * 2**20


class Input:
    """One open file, stream or answer of the web, read as decompressed bytes."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._raw = _Counted(stream)
        self.compressed = self._raw.peek(2)[:2] == GZIP_MAGIC
        self._stream: BinaryIO = gzip.GzipFile(fileobj=self._raw) if self.compressed else stream  # type: ignore[assignment]
        self.given = 0
        """Bytes that were read so far."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end. Raises OSError, EOFError or zlib.error if the data is damaged."""
        return self._counted(self._stream.read(size))

    def read_some(self, size: int) -> bytes:
        """From 1 to `size` bytes, as many as are at hand, so that none is lost if the data breaks off behind them.

        b"" at the end. Raises as `read` does.
        """
        return self._counted(self._stream.read1(size))  # type: ignore[attr-defined]

    def readline(self, size: int) -> bytes:
        """One line with its line feed, or its first `size` bytes. Raises as `read` does."""
        return self._counted(self._stream.readline(size))

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()
        self._raw.close()

    def _counted(self, data: bytes) -> bytes:
        if self.compressed and not self.given and data[:2] == GZIP_MAGIC:
            raise OSError("packed with gzip twice; unpack it once")
        self.given += len(data)
        if self.compressed and self.given > max(_RATIO_FROM, _MAX_RATIO * self._raw.taken):
            raise OSError(f"expands to more than {_MAX_RATIO} times its size; unpack it yourself if that is right")
        return data


class _Counted(io.BufferedIOBase):
    """A stream that counts what is taken from it, since a pipe does not know its position."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self.taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = self._stream.read(size)
        self.taken += len(data)
        return data

    def peek(self, size: int) -> bytes:
        return self._stream.peek(size)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()


def local_path(location: str) -> Path:
    """The path that a location means, in the text of `index.paths`. Raises SourceError for an address that cannot be
    read."""
    if not is_address(location):
        return text_as_path(location)
    scheme = urlsplit(location).scheme.lower() if location.isprintable() else ""
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in (*SCHEMES, "https", "http"))
        raise SourceError(location, f"addresses of this kind cannot be read; give a path, or an address with {known}")
    return SCHEMES[scheme](location)


def _file_path(location: str) -> Path:
    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        raise SourceError(location, "a file:// address names a file of this machine; write three slashes, file:///…")
    return text_as_path(file_path(location))


SCHEMES: Final[Mapping[str, Callable[[str], Path]]] = {"file": _file_path}
"""Kinds of addresses that can be read, and how each becomes a path."""


@contextmanager
def open_input(location: str, *, as_a_whole: bool = False) -> Iterator[Input]:
    """The input at a location. Failures of the file system and of decompression inside the block are SourceErrors.

    `as_a_whole`: if it is cut off, nothing of it is of use; else what stood before was read."""
    with _blaming(location, CUT_AS_A_WHOLE if as_a_whole else _CUT_IN_PARTS):
        source = Input(_opened(location))
        try:
            yield source
        finally:
            source.close()


@contextmanager
def open_data(location: str, data: bytes) -> Iterator[Input]:
    """What came from a location, as the input at it. Failures inside the block are SourceErrors."""
    with _blaming(location):
        yield Input(io.BufferedReader(io.BytesIO(data)))


@contextmanager
def _blaming(location: str, cut_off: str = _CUT_IN_PARTS) -> Iterator[None]:
    try:
        yield
    except EOFError as error:
        raise SourceError(location, cut_off) from error
    except zlib.error as error:
        raise SourceError(location, f"the gzip data is damaged ({error})") from error
    except OSError as error:
        raise SourceError(location, reason_of(error)) from error


def _opened(location: str) -> io.BufferedReader:
    if location == STANDARD_INPUT:
        if sys.stdin.buffer.closed:
            raise SourceError(location, "standard input can be read only once")
        stream: io.BufferedReader = sys.stdin.buffer  # type: ignore[assignment]
        return stream
    path = local_path(location)
    if not path.is_file():
        raise SourceError(location, "not a regular file" if path.exists() else "there is no such file")
    return path.open("rb")


def read_page(location: str, limit: int = MAX_PAGE) -> bytes:
    """The whole input, decompressed. Raises SourceError if it is empty, unreadable or larger than `limit` bytes."""
    with open_input(location, as_a_whole=True) as source:
        parts: list[bytes] = []
        size = 0
        while chunk := source.read(2**20):
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                raise SourceError(location, f"larger than {limit // 2**20} MiB; a single page is never that long")
    data = b"".join(parts)
    if not data or data.isspace():
        raise SourceError(location, "the file is empty")
    return data


def read_head(location: str) -> bytes:
    """The first HEAD bytes, decompressed; what can be read of them, since whoever reads it all reports the failure.

    Of standard input it is what has come by then, and it is not taken away.
    """
    if location == STANDARD_INPUT:
        return _peeked(_opened(location))
    try:
        with open_input(location) as source:
            return source.read(HEAD)
    except SourceError:
        return b""


def _peeked(stream: io.BufferedReader) -> bytes:
    head = stream.peek(HEAD)[:HEAD]
    if head[:2] != GZIP_MAGIC:
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def file_size(location: str) -> int:
    """Bytes on disk; 0 if that cannot be told."""
    try:
        return local_path(location).stat().st_size
    except OSError:
        return 0


def file_digest(location: str, *told: object) -> str | None:
    """A digest of the bytes of a file and of `told`; None if it is no file, or cannot be read."""
    if location == STANDARD_INPUT:
        return None
    found = hashlib.blake2b(repr(told).encode("utf-8", "replace"), digest_size=16)
    try:
        with local_path(location).open("rb") as file:
            while chunk := file.read(2**18):
                found.update(chunk)
    except (OSError, SourceError):
        return None
    return found.hexdigest()


def unpacked_size(location: str) -> int:
    """Bytes after decompression, which gzip states in its last four bytes (RFC 1952, modulo 2**32); 0 if unknown.

    It is for the progress bar only: a file of several gzip members states the size of the last.
    """
    try:
        with local_path(location).open("rb") as file:
            if file.read(2) != GZIP_MAGIC:
                return file_size(location)
            file.seek(-4, io.SEEK_END)
            return int.from_bytes(file.read(4), "little")
    except OSError:
        return 0


def reason_of(error: OSError) -> str:
    """What failed, in the words of the system, as part of a sentence."""
    text = error.strerror or str(error) or type(error).__name__
    return text[0].lower() + text[1:]
