"""Engines by URL: one row per scheme, nothing imported before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Final

from search.engines.protocols import Engine, Searcher, WholeSearching
from search.errors import ConfigError


def _open_memory(rest: str) -> Engine:
    from search.engines.memory.engine import MemoryEngine

    return MemoryEngine(rest)


def _open_whoosh(rest: str) -> Engine:
    from search.engines.disk import open_directory

    return open_directory(rest)


def _open_opensearch(scheme: str, rest: str) -> Engine:
    if find_spec("opensearchpy") is None:
        raise ConfigError(
            "an index on OpenSearch needs its client; install it with `pip install 'backfile[opensearch]'`"
        )
    from search.engines.opensearch.engine import ClusterEngine
    from search.engines.opensearch.transport.address import Address

    return ClusterEngine(Address.parse(f"{scheme}:{rest}"))


ENGINES: Final[dict[str, Callable[[str], Engine]]] = {
    "memory": _open_memory,
    "whoosh": _open_whoosh,
    "opensearch": partial(_open_opensearch, "opensearch"),
    "opensearchs": partial(_open_opensearch, "opensearchs"),
}


def open_engine(url: str) -> Engine:
    """The engine a URL names: `memory:`, `memory:name`, `whoosh:///absolute/path`, `whoosh:relative/path`, or a path;
    `opensearch://host:9200/name`, or `opensearchs:` for TLS.

    Cheap, and touches nothing on disk. Raises ConfigError if there is no such engine.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or len(scheme) < 2:  # a path, perhaps on a Windows drive
        scheme, rest = "whoosh", url
    if scheme not in ENGINES:
        raise ConfigError(f"there is no engine {scheme!r}; the index is one of: {', '.join(f'{s}:' for s in ENGINES)}")
    return ENGINES[scheme](rest)


def whole_searcher(engine: Engine) -> Searcher:
    """The newest committed state, for what must not go by half of it: a part that does not answer is an EngineError,
    also where the URL lets readers have the rest. Raises IndexMissing, IndexVersionError, IndexDamaged."""
    return engine.whole_searcher() if isinstance(engine, WholeSearching) else engine.searcher()
