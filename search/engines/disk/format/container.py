"""A file of named arrays: written once, mapped into memory by every process that reads it, with checksums throughout.

    bytes 0-7      the magic `BACKFILE`
    bytes 8-11     format version, little-endian uint32
    bytes 12-15    CRC-32 of the directory
    bytes 16-23    where the directory begins, uint64
    bytes 24-31    its length, uint64
    bytes 32-63    zero
    sections       raw little-endian arrays, each beginning at a multiple of 64; zeros between them
    directory      JSON: the kind of file, some numbers about it, and for each section its type, number of items,
                   offset and the CRC-32 of its bytes
    directory      the same again, for repair: without it nothing else could be found

The header is written last, so a file that was cut off has none. Since the directory holds the checksum of every
section, its own checksum stands for the whole file.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import weakref
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.kinds import VERSION, version_problem
from search.errors import IndexVersionError

MAGIC: Final = b"BACKFILE"
_HEADER: Final = struct.Struct("<8sIIQQ32x")
READ_WHOLE: Final = 4_000_000
"""Up to how many bytes a file is compared with its checksums when it is opened, which takes about two milliseconds."""
_ALIGNMENT: Final = 64
_MAX_DIRECTORY: Final = 1 << 20
_TYPES: Final = frozenset({"|u1", "<u2", "<u4", "<u8", "<i4", "<i8", "<f4", "<f8"})
_DIRECTORY_START: Final = b'{\n "kind":'
_CHUNK: Final = 1 << 22
_STEP: Final = 1 << 24
_CAN_READ_APART: Final = hasattr(os, "pread")
"""Windows has no way to read at an offset without moving the position of other threads."""


class DamagedFile(ValueError):
    """A file is not what was written; the message says which part."""


@dataclass(frozen=True, slots=True)
class Section:
    """One array: `type` as numpy writes it ("<u4"), number of items, offset in bytes, checksum."""

    type: str
    items: int
    offset: int
    crc32: int

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.items * np.dtype(self.type).itemsize


class ContainerWriter:
    """Writes one file, section after section. Use it in a `with` block: leaving the block completes and syncs the file,
    an exception removes it."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path = path
        self._kind = kind
        self._stream: BinaryIO = path.open("xb")
        self._stream.write(bytes(_HEADER.size))
        self._at = _HEADER.size
        self._sections: dict[str, Section] = {}
        self._section: tuple[str, np.dtype[Any], int, int] | None = None
        self.numbers: dict[str, int] = {}
        self.crc32 = 0
        self.size = 0

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Writes a whole section."""
        self.begin(name, array.dtype)
        self.write(array)
        self.end()

    def begin(self, name: str, dtype: Any) -> None:
        """Opens a section for `write`; its items are of this type."""
        kind = np.dtype(dtype).newbyteorder("<")
        if name in self._sections or self._section is not None or kind.str not in _TYPES:
            raise ValueError(f"cannot begin section {name} of {kind.str}")
        padding = -self._at % _ALIGNMENT
        self._stream.write(bytes(padding))
        self._at += padding
        self._section = (name, kind, self._at, 0)

    def write(self, array: NDArray[Any]) -> None:
        """Appends items to the open section."""
        if self._section is None:
            raise ValueError("no section is open")
        name, kind, offset, crc = self._section
        data = np.ascontiguousarray(array, kind).reshape(-1).view(np.uint8).data
        for start in range(
            0, len(data), _CHUNK
        ):  # while a chunk is in the processor's cache, it is both summed and copied
            part = data[start : start + _CHUNK]
            crc = zlib.crc32(part, crc)
            self._stream.write(part)
        self._at += len(data)
        self._section = (name, kind, offset, crc)

    def end(self) -> None:
        """Closes the open section."""
        if self._section is None:
            raise ValueError("no section is open")
        name, kind, offset, crc = self._section
        self._sections[name] = Section(kind.str, (self._at - offset) // kind.itemsize, offset, crc)
        self._section = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._complete()
        except BaseException:
            kind = BaseException
            raise
        finally:
            self._stream.close()
            if kind is not None:
                self._path.unlink(missing_ok=True)

    def _complete(self) -> None:
        content = {
            "kind": self._kind,
            "numbers": self.numbers,
            "sections": {name: asdict(section) for name, section in self._sections.items()},
        }
        directory = json.dumps(content, indent=1).encode()
        self.crc32 = zlib.crc32(directory)
        self.size = self._at + 2 * len(directory)
        self._stream.write(directory * 2)
        self._stream.seek(0)
        self._stream.write(_HEADER.pack(MAGIC, VERSION, self.crc32, self._at, len(directory)))
        self._stream.flush()
        os.fsync(self._stream.fileno())


class Container:
    """A file of arrays as it is read, in a format of one of these versions. Raises FileNotFoundError, OSError,
    DamagedFile, or IndexVersionError.

    Arrays are views of the mapped file: they cost nothing until they are read, and stay valid as long as they are held,
    even when the file has been removed.
    """

    def __init__(self, path: Path, kind: str, versions: Collection[int] = (VERSION,)) -> None:
        self.path = path
        with path.open("rb") as stream:
            self.size = os.fstat(stream.fileno()).st_size
            if self.size < _HEADER.size:
                raise DamagedFile(f"{path.name} is cut off")
            self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            if _CAN_READ_APART:
                self._descriptor = os.dup(stream.fileno())
                weakref.finalize(self, os.close, self._descriptor)
        self._bytes = np.frombuffer(self._map, np.uint8)
        self.crc32, self._directory = self._read_header(versions)
        self.numbers, self.sections = self._read_directory(kind)

    def _read_header(self, versions: Collection[int]) -> tuple[int, slice]:
        magic, version, crc, start, length = _HEADER.unpack_from(self._map)
        if magic != MAGIC:
            raise DamagedFile(f"{self.path.name} is not a file of an index, or its header is damaged")
        if version not in versions:
            raise IndexVersionError(version_problem(str(self.path), version))
        if start < _HEADER.size or length > _MAX_DIRECTORY or start + 2 * length != self.size:
            raise DamagedFile(f"{self.path.name} is cut off, or its header is damaged")
        directory = slice(start, start + length)
        if zlib.crc32(self._map[directory]) != crc:
            raise DamagedFile(f"the directory of {self.path.name} is damaged")
        return crc, directory

    def _read_directory(self, kind: str) -> tuple[Mapping[str, int], Mapping[str, Section]]:
        content = json.loads(self._map[self._directory])
        if content["kind"] != kind:
            raise DamagedFile(f"{self.path.name} holds {content['kind']}, not {kind}")
        sections = {name: Section(**row) for name, row in content["sections"].items()}
        for name, section in sections.items():
            if not self._is_inside(section):
                raise DamagedFile(f"section {name} of {self.path.name} is out of place")
        return content["numbers"], sections

    def _is_inside(self, section: Section) -> bool:
        """Whether a section is of a known type and between header and directory."""
        return (
            section.type in _TYPES
            and section.items >= 0
            and section.offset >= _HEADER.size
            and section.offset % _ALIGNMENT == 0
            and section.offset + section.size <= self._directory.start
        )

    @property
    def array_bytes(self) -> int:
        """The size of all arrays together, without directory and padding."""
        return sum(section.size for section in self.sections.values())

    def array(self, name: str) -> NDArray[Any]:
        """The items of a section, read-only. Raises DamagedFile if there is no such section."""
        section = self._section(name)
        return self._bytes[section.offset : section.offset + section.size].view(section.type)

    def _section(self, name: str) -> Section:
        try:
            return self.sections[name]
        except KeyError:
            raise DamagedFile(f"{self.path.name} has no section {name}") from None

    def read(self, name: str, start: int, stop: int) -> bytes:
        """Some items of a section of bytes, for single reads here and there, such as of an article: read through the
        map, each would keep pages many times its length in this process's memory. Raises DamagedFile if there is no
        such section."""
        section = self._section(name)
        start, stop = max(0, min(start, section.items)), max(0, min(stop, section.items))
        if not _CAN_READ_APART:
            return self._map[section.offset + start : section.offset + stop]
        return os.pread(self._descriptor, max(0, stop - start), section.offset + start)

    def let_go(self) -> None:
        """Lets all of the file out of this process's memory, where the system has a way to do that. Arrays stay valid:
        what is read of them again comes from the system's cache, or from the disk."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def require_sound_if_small(self) -> None:
        """Raises DamagedFile if the file is small and a byte of it is not what was written. In larger ones that is for
        a check to find: to read a gigabyte would take longer than an answer may."""
        if self.size <= READ_WHOLE:
            for _, problem in self.problems():
                raise DamagedFile(f"{self.path.name}: {problem}")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Reads every byte. Gives the name of each damaged section ("" for what is between sections) and what is
        wrong."""
        end = _HEADER.size
        if any(self._map[32:end]):
            yield "", "there is something in the header that was not written"
        for name, section in sorted(self.sections.items(), key=lambda item: item[1].offset):
            if any(self._map[end : section.offset]):
                yield "", f"there is something before section {name} that was not written"
            end = section.offset + section.size
            if self._checksum(section) != section.crc32:
                yield name, f"section {name} is not what was written: its checksum differs"
        if any(self._map[end : self._directory.start]):
            yield "", "there is something before the directory that was not written"
        if self._map[self._directory.stop :] != self._map[self._directory]:
            yield "", "the second copy of the directory is not what was written"

    def _checksum(self, section: Section) -> int:
        """The CRC-32 of what is there of a section. Of what was read for that, little stays in memory."""
        crc, end = 0, section.offset + section.size
        for start in range(section.offset, end, _STEP):
            crc = zlib.crc32(self._bytes[start : min(start + _STEP, end)].data, crc)
            self.let_go()
        return crc


def restore_directory(path: Path, size: int, crc32: int) -> bool:
    """Rewrites header and directory of a file, if it has this size and one copy of the directory has this checksum.
    False if not."""
    try:
        with path.open("r+b") as stream:
            if os.fstat(stream.fileno()).st_size != size:
                return False
            stream.seek(max(_HEADER.size, size - 2 * _MAX_DIRECTORY))
            directory = _surviving_directory(stream.read(), crc32)
            if directory is None:
                return False
            start = size - 2 * len(directory)
            stream.seek(start)
            stream.write(directory * 2)
            stream.seek(0)
            stream.write(_HEADER.pack(MAGIC, VERSION, crc32, start, len(directory)))
            stream.flush()
            os.fsync(stream.fileno())
    except FileNotFoundError:
        return False
    return True


def _surviving_directory(tail: bytes, crc32: int) -> bytes | None:
    """The copy of the directory that has the checksum, None if neither has. One copy ends at the end of the file, the
    other where that one begins."""
    start = len(tail)
    for _ in range(2):
        start = tail.rfind(_DIRECTORY_START, 0, start)
        if start < 0:
            return None
        for end in (len(tail), (start + len(tail)) // 2):
            if zlib.crc32(tail[start:end]) == crc32:
                return tail[start:end]
    return None
