"""The engine on disk: arrays in mapped files, evaluated whole, that Whoosh can read too."""

from __future__ import annotations

import re
from pathlib import Path

from search.engines.protocols import Engine
from search.errors import ConfigError


def open_directory(rest: str) -> Engine:
    """The engine of a directory, as a path or as the rest of a URL (`///absolute/path`, `relative/path`)."""
    if rest.startswith("///"):
        rest = rest[2:]
    if re.match(r"/[A-Za-z]:", rest):  # file-URL style of a Windows drive
        rest = rest[1:]
    if not rest or "\0" in rest:
        raise ConfigError("the index URL names no directory; write for example whoosh:archive")
    from search.engines.disk.engine import DiskEngine

    return DiskEngine(Path(rest))
