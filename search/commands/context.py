"""What every command needs: the settings in force and the index they name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from search.engines import open_engine
from search.engines.base import Engine, Maintenance, Searcher
from search.errors import ConfigError
from search.settings import LoadedSettings, load_settings

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class GlobalFlags:
    """The flags given before the sub-command."""

    config: Path | None = None
    index: str | None = None


class Text(click.types.StringParamType):
    """Text as it was typed; bytes that are no text in the terminal's character set become U+FFFD."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return re.sub("[\ud800-\udfff]", "\ufffd", super().convert(value, param, ctx))


TEXT: Final = Text()


def index_option(command: Decorated) -> Decorated:
    """Adds `--index`; it may stand before the sub-command or after it, and the later one wins."""
    option = click.option("--index", metavar="URL", help="The index: whoosh:PATH, a path, or memory:.")
    return option(command)


def json_option(command: Decorated) -> Decorated:
    """Adds `--json`, which every command spells the same."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def loaded_settings(ctx: click.Context, **flags: object) -> LoadedSettings:
    """The settings in force for this command; `flags` are its own, None where not given. Raises ConfigError."""
    own = ctx.find_object(GlobalFlags) or GlobalFlags()
    given = {"index": own.index} | {name: value for name, value in flags.items() if value is not None}
    return load_settings(given, environ=os.environ, config_file=own.config)


def maintained(engine: Engine) -> Maintenance:
    """The engine as one whose files can be looked after. Raises ConfigError for one that has none."""
    if not isinstance(engine, Maintenance):
        raise ConfigError(f"{engine.url} has no files to look after; this command is for an index on disk")
    return engine


def opened_engine(ctx: click.Context, index: str | None) -> Engine:
    """The engine of the index in force. Raises ConfigError."""
    return open_engine(loaded_settings(ctx, index=index).settings.index)


@contextmanager
def opened_searcher(ctx: click.Context, index: str | None) -> Iterator[Searcher]:
    """A searcher of the index in force. Raises ConfigError, EngineError."""
    with opened_engine(ctx, index).searcher() as searcher:
        yield searcher
