"""Opening inputs without trusting them: gzip by its magic number, sizes and ratios bounded, foreign errors mapped."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from search.errors import SourceError

GZIP_MAGIC = b"\x1f\x8b"
MAX_PAGE = 32 * 2**20
"""Bytes of one page after decompression."""

_MAX_RATIO = 250
_RATIO_FROM = 64 * 2**20


class Input:
    """One open file. Reads decompressed bytes; `position` counts the bytes taken from the disk."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        magic = self._raw.peek(2)[:2]
        self.compressed = magic == GZIP_MAGIC
        self._stream: BinaryIO = gzip.GzipFile(fileobj=self._raw) if self.compressed else self._raw  # type: ignore[assignment]
        self._given = 0

    @property
    def position(self) -> int:
        """Bytes of the file on disk consumed so far."""
        return self._raw.tell()

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end. Raises OSError, EOFError or zlib.error where the data is damaged."""
        return self._counted(self._stream.read(size))

    def readline(self, size: int) -> bytes:
        """One line with its line feed, or its first `size` bytes. Raises as `read` does."""
        return self._counted(self._stream.readline(size))

    def close(self) -> None:
        """Closes the file."""
        if self.compressed:
            self._stream.close()
        self._raw.close()

    def _counted(self, data: bytes) -> bytes:
        self._given += len(data)
        if self.compressed and self._given > max(_RATIO_FROM, _MAX_RATIO * self.position):
            raise OSError(f"expands to more than {_MAX_RATIO} times its size; unpack it yourself if that is right")
        return data


@contextmanager
def open_input(path: Path, place: str) -> Iterator[Input]:
    """The file at `path`; every failure of the file system or of decompression inside the block is a SourceError."""
    try:
        if not path.is_file():
            raise SourceError(place, "there is no such file" if not path.exists() else "not a regular file")
        source = Input(path)
    except OSError as error:
        raise SourceError(place, _reason(error)) from error
    try:
        yield source
    except EOFError as error:
        raise SourceError(place, "the gzip data is cut off; what stood before the cut was read") from error
    except zlib.error as error:
        raise SourceError(place, f"the gzip data is damaged ({error})") from error
    except OSError as error:
        raise SourceError(place, _reason(error)) from error
    finally:
        source.close()


def read_page(path: Path, place: str, limit: int = MAX_PAGE) -> bytes:
    """All of a file, decompressed. Raises SourceError where it is empty, unreadable or larger than `limit` bytes."""
    with open_input(path, place) as source:
        data = io.BytesIO()
        while chunk := source.read(2**20):
            data.write(chunk)
            if data.tell() > limit:
                raise SourceError(place, f"larger than {limit // 2**20} MiB; a single page is never that long")
    if not data.getvalue().strip():
        raise SourceError(place, "the file is empty")
    return data.getvalue()


def file_size(path: Path) -> int:
    """Bytes on disk; 0 where that cannot be asked."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - pathlib's own stat resolves nothing more
    except OSError:
        return 0


def _reason(error: OSError) -> str:
    text = error.strerror or str(error) or type(error).__name__
    return text[0].lower() + text[1:]
