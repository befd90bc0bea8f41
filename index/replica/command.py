"""`backfile replicate`: makes the index a replica of another server's, and keeps it in step."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import click

from index.fetching.errors import FetchError
from index.fetching.pace import backoff
from index.replica.following import Follower, Step
from index.replica.source import Source
from search.commands.context import TEXT, index_option, interruptible, json_option, loaded_settings
from search.commands.terminal import byte_size, one_line
from search.engines import open_engine
from search.engines.protocols import Engine
from search.engines.replicas import Replica, Replicating
from search.errors import BackfileError, ConfigError, EngineError, IndexVersionError
from search.ledger import ledger_of

KEY_VARIABLE: Final = "BACKFILE_REPLICATE_KEY"
_MAX_KEY: Final = 4_096

Say = Callable[[Step], None]


@click.command()
@click.argument("url", type=TEXT)
@index_option
@click.option("--once", is_flag=True, help="Catch up, and end.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 3_600),
    default=2.0,
    show_default=True,
    help="How often to look for a new commit.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The file with the key, instead of {KEY_VARIABLE}.",
)
@click.option("--replace", "replacing", is_flag=True, help="Replace whatever index is there.")
@json_option
@click.pass_context
def replicate(
    ctx: click.Context,
    url: str,
    index: str | None,
    once: bool,
    every: float,
    key_file: Path | None,
    replacing: bool,
    as_json: bool,
) -> None:
    """Follow the index that `backfile serve` serves at URL, and keep a copy of it here, for more readers.

    Only new files are transferred, and each is checked. What was taken down there is taken down here first. If the
    command is interrupted, the copy stays as it was, and the next run continues where this one ended. A server that
    serves the copy shows each commit by itself. Nothing else may be written into it.

    \b
    Examples:
      backfile replicate https://archive.example/ --index whoosh:copy --key-file replicate.key
      backfile replicate http://10.0.0.5:8000/ --index whoosh:copy --once
    """
    source = Source(url, _key(key_file))
    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    say = _say_json if as_json else _say
    with interruptible(), _replicating(engine).replica(source.url, replace=replacing) as replica:
        follower = Follower(source, replica, ledger_of(engine, settings))
        try:
            _follow(follower, replica, every, once, say)
        finally:
            source.close()


def _key(file: Path | None) -> str:
    try:
        text = file.read_bytes()[:_MAX_KEY].decode("ascii") if file else os.environ.get(KEY_VARIABLE, "")
    except (OSError, ValueError) as error:
        raise ConfigError(f"the key cannot be read from {file} ({error})") from error
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            f"a key is needed: make one on the other server with `backfile keys add NAME --scope replicate`, and give "
            f"it with --key-file or in {KEY_VARIABLE}"
        )
    return key


def _replicating(engine: Engine) -> Replicating:
    if not isinstance(engine, Replicating):
        raise ConfigError(f"{engine.url} has no files; a replica is an index on disk, such as whoosh:copy")
    return engine


def _follow(follower: Follower, replica: Replica, every: float, once: bool, say: Say) -> None:
    """Takes steps until the end of the program, or one. A mistake of whoever runs it ends it at the first step."""
    failures, has_begun = 0, False
    while True:
        try:
            step = follower.step()
        except (FetchError, EngineError) as error:
            replica.note(replace(replica.state, problem=str(error)))
            if once or (not has_begun and _is_lasting(error)):
                raise
            failures += 1
            click.echo(f"{one_line(str(error))}; trying again", err=True)
            time.sleep(max(_stated_wait(error), backoff(failures)))
            continue
        failures, has_begun = 0, True
        if once or step.is_new or step.removals:
            say(step)
        if once:
            return
        time.sleep(every * random.uniform(0.9, 1.1))  # noqa: S311 - no secret


def _is_lasting(error: BackfileError) -> bool:
    return isinstance(error, IndexVersionError) or (isinstance(error, FetchError) and error.is_lasting)


def _stated_wait(error: BackfileError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, FetchError) else 0.0


def _say(step: Step) -> None:
    taken = f", {step.removals:,} taken down or let in again" if step.removals else ""
    click.echo(f"at generation {step.generation}: {step.files:,} files of {byte_size(step.size_bytes)} came{taken}")


def _say_json(step: Step) -> None:
    click.echo(json.dumps(asdict(step)))
