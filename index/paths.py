r"""Paths as text that can be stored, shown and compared. A file system holds names of any bytes, text does not.

A byte that is not UTF-8 is written as `\xe9`, and a control character as `\x1b`. A name that has such characters
itself has its backslash written as `\x5c`, so that each text means one path.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final

# Python has a byte that it cannot decode as a lone surrogate (PEP 383).
_TO_WRITE: Final = re.compile(r"[\x00-\x1f\x7f\udc80-\udcff]|\\(?=x(?:5c|7f|[0189a-f][0-9a-f]))")
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL})
_WRITTEN: Final = re.compile(r"\\x(5c|7f|[0189a-f][0-9a-f])")


def path_as_text(path: str | os.PathLike[str]) -> str:
    """The text for a path, which is nearly always the path itself. Not for text that is one already."""
    return _TO_WRITE.sub(_written, os.fspath(path))


def text_as_path(text: str) -> Path:
    """The path that a text stands for; see `path_as_text`."""
    return Path(_WRITTEN.sub(_meant, text) if "\\x" in text else text)


def kind_of(path: Path) -> int:
    """What is there, as `stat` has it (`S_IFMT`); 0 if nothing is. Raises OSError if that cannot be told: the way there
    may not be looked at, or the disk fails."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except ValueError:
        return 0
    except OSError as error:
        if error.errno in _ABSENT:
            return 0
        raise


def may_be_file(text: str) -> bool:
    """There is a regular file at the path that a text stands for, or that cannot be told."""
    try:
        return kind_of(text_as_path(text)) == stat.S_IFREG
    except OSError:
        return True


def may_exist(text: str) -> bool:
    """There is something at the path that a text stands for, or that cannot be told."""
    try:
        return kind_of(text_as_path(text)) != 0
    except OSError:
        return True


def _written(match: re.Match[str]) -> str:
    return rf"\x{ord(match[0]) & 0xFF:02x}"


def _meant(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code if code < 0x80 else 0xDC00 + code)
