"""What every command needs: the settings in force, the index they name, and a say in what Ctrl-C does."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from search.engines import open_engine
from search.engines.protocols import Engine, Maintenance
from search.errors import ConfigError
from search.loaded_settings import LoadedSettings, load_settings
from search.settings import Settings

if TYPE_CHECKING:
    from search.archive import Archive
    from search.ledger.ledger import Ledger

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class GlobalFlags:
    """The flags that stand before the name of the command."""

    config: Path | None = None
    index: str | None = None


class Text(click.types.StringParamType):
    """Text as it was typed. Bytes that are not text in the terminal's character set become U+FFFD."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return re.sub("[\ud800-\udfff]", "\ufffd", super().convert(value, param, ctx))


TEXT: Final = Text()


def index_option(command: Decorated) -> Decorated:
    """Adds `--index`, which may stand before or after the name of the command; the later one wins."""
    option = click.option(
        "--index", metavar="URL", help="The index: whoosh:PATH, a path, memory:, or opensearch://HOST/NAME"
    )
    return option(command)


def json_option(command: Decorated) -> Decorated:
    """Adds `--json`, spelt the same for every command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def loaded_settings(ctx: click.Context, **flags: object) -> LoadedSettings:
    """The settings in force for a command; `flags` are its own, None where not given. Raises ConfigError."""
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


def opened_archive(ctx: click.Context, index: str | None, *, by_meaning: bool = False) -> Archive:
    """The archive over the index in force; the encoder of a search by meaning takes a moment to load, so it is left out
    unless it is asked for. Raises ConfigError."""
    from search.archive import Archive  # most commands do without what answers searches

    settings = loaded_settings(ctx, index=index).settings
    if not by_meaning:
        settings = settings.model_copy(update={"meaning_model": ""})
    return Archive(open_engine(settings.index), settings)


def opened_with_ledger(ctx: click.Context, index: str | None) -> tuple[Settings, Engine, Ledger]:
    """The settings, the engine and the ledger of the archive that a command names. Raises ConfigError."""
    from search.ledger import ledger_of  # few commands need it

    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    return settings, engine, ledger_of(engine, settings)


def opened_ledger(ctx: click.Context, index: str | None) -> Ledger:
    """The ledger of the archive that a command names. Raises ConfigError."""
    return opened_with_ledger(ctx, index)[2]


def exit_for_missing(ctx: click.Context, messages: Sequence[str]) -> None:
    """Ends a command that has done what it could: says on standard error what was not there to be changed, and exits
    with 1 if there is any of that."""
    for message in messages:
        click.echo(message, err=True)
    ctx.exit(1 if messages else 0)


@contextmanager
def interruptible() -> Iterator[None]:
    """In this block Ctrl-C raises KeyboardInterrupt, so that work which has begun can be put in order.

    Elsewhere it ends the program at once; see `search.__main__`.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
