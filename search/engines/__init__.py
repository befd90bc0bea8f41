"""Engines by URL: one row per scheme, nothing imported before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from search.engines.protocols import Engine
from search.errors import ConfigError


def _open_memory(rest: str) -> Engine:
    from search.engines.memory.engine import MemoryEngine

    return MemoryEngine(rest)


def _open_whoosh(rest: str) -> Engine:
    from search.engines.disk import open_directory

    return open_directory(rest)


ENGINES: Final[dict[str, Callable[[str], Engine]]] = {"memory": _open_memory, "whoosh": _open_whoosh}


def open_engine(url: str) -> Engine:
    """The engine a URL names: `memory:`, `memory:name`, `whoosh:///absolute/path`, `whoosh:relative/path`, or a path.

    Cheap, and touches nothing on disk. Raises ConfigError if there is no such engine.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or len(scheme) < 2:  # a path, perhaps on a Windows drive
        scheme, rest = "whoosh", url
    if scheme not in ENGINES:
        raise ConfigError(f"there is no engine {scheme!r}; the index is one of: {', '.join(f'{s}:' for s in ENGINES)}")
    return ENGINES[scheme](rest)
