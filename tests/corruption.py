"""Ways in which a file may be corrupted."""

from __future__ import annotations

from pathlib import Path


def flip(path: Path, at: int) -> None:
    """Changes one byte."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0x5A
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


CORRUPTIONS = (remove, empty, halve, grow)
