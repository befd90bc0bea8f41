"""A segment's files as the operating system maps them: nothing is copied when a segment is opened, and reading from
several threads needs no seek."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC

from search.engines.whoosh.schema import INDEX_NAME, whoosh_schema


class _View:
    """Reads a memory view like a file."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, len(self._view))[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = len(self._view) if size is None or size < 0 else self._at + size
        data = bytes(self._view[self._at : end])
        self._at += len(data)
        return data

    def readline(self) -> bytes:
        rest = bytes(self._view[self._at :])
        line = rest[: rest.find(b"\n") + 1] or rest
        self._at += len(line)
        return line


class MappedFile(StructFile):  # type: ignore[misc]
    """One file of a mapped segment."""

    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(_View(view), name=name)
        self._bytes = view
        self.is_closed = False

    def get(self, position: int, length: int) -> bytes:
        return bytes(self._bytes[position : position + length])

    def close(self) -> None:
        if not self.is_closed:
            self._bytes.release()
            self.is_closed = True


class MappedStorage(CompoundStorage):  # type: ignore[misc]
    """The files of one segment. Raises OSError, ValueError or an unpickling error if the file is not one."""

    def open_file(self, name: str, *_: Any, **__: Any) -> MappedFile:
        offset, length = self.range(name)
        return MappedFile(memoryview(self._source)[offset : offset + length], name)


class _Loaded:
    """As much of a Whoosh storage as reading a table of contents takes; no file stays open if that fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_file(self, name: str) -> BufferFile:
        return BufferFile((self._folder / name).read_bytes(), name=name)


def read_toc(folder: Path, number: int) -> TOC:
    """Whoosh's table of contents of one commit."""
    return TOC.read(_Loaded(folder), INDEX_NAME, gen=number, schema=whoosh_schema())


def map_segment(folder: Path, record: Any) -> MappedStorage:
    """Opens the files of the segment that a Whoosh record describes."""
    file = FileStorage(str(folder)).open_file(record.make_filename(record.COMPOUND_EXT))
    try:
        return MappedStorage(file)
    except BaseException:
        if not file.is_closed:
            file.close()
        raise
