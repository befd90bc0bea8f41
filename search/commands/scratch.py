"""An index for the time of one command: in memory, in a temporary folder, or on a cluster."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import click

from search.engines import open_engine
from search.engines.protocols import Engine, Erasable
from search.errors import ConfigError

engine_option = click.option(
    "--engine",
    default="whoosh",
    show_default=True,
    metavar="ENGINE",
    help="memory, whoosh, or the URL of an archive on a cluster: one of a name like it is made, and deleted again.",
)


@contextmanager
def scratch_engine(engine: str) -> Iterator[Engine]:
    """An engine without an index, which is deleted at the end of the block. Raises ConfigError for another engine."""
    if engine == "memory":
        yield open_engine("memory:")
    elif engine == "whoosh":
        with tempfile.TemporaryDirectory(prefix="backfile-") as folder:
            yield open_engine(f"whoosh:{folder}/index")
    else:
        address, mark, options = engine.partition("?")
        opened = open_engine(f"{address}-{secrets.token_hex(4)}{mark}{options}") if "://" in engine else None
        if not isinstance(opened, Erasable):
            raise ConfigError(f"--engine is memory, whoosh or the URL of an archive on a cluster, not {engine[:200]!r}")
        try:
            yield opened
        finally:
            opened.erase()
