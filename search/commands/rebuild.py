"""`backfile rebuild`: builds the index anew from its own articles."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from search.commands.context import index_option, interruptible, json_option, loaded_settings
from search.commands.progress import progress_bar
from search.commands.terminal import articles, byte_size
from search.engines import open_engine
from search.engines.protocols import Rebuilding
from search.errors import ConfigError
from search.ledger import ledger_of
from search.processes import core_count


@click.command()
@click.option("--workers", metavar="N", type=click.IntRange(0, 64), help="Processes to use; 0: one per core.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def rebuild(ctx: click.Context, index: str | None, workers: int | None, quiet: bool, as_json: bool) -> None:
    """Build the index anew from the articles that are stored in it, without their sources.

    Do this after an update of Backfile that changes the format of the index, or how words are analysed. The new index
    takes the place of the old one in one step: until then the old one answers, and if anything goes wrong, or the
    command is ended by Ctrl-C, it stays as it was. Nobody else can write to it meanwhile. It needs as much free space
    as the index takes. What was taken down is left out.

    \b
    Example:
      backfile rebuild --index whoosh:archive
    """
    settings = loaded_settings(ctx, index=index, index_workers=workers).settings
    engine = open_engine(settings.index)
    if not isinstance(engine, Rebuilding):
        raise ConfigError(
            f"{engine.url} has no files to build anew; copy it to a new one with `backfile copy`, which reads each "
            "article again"
        )
    ledger = ledger_of(engine, settings)
    down = [removal.id for removal in ledger.removed.in_force()]
    with interruptible(), progress_bar("rebuilding", quiet=quiet or as_json, scaled=True) as show:
        done = engine.rebuild(leave_out=down, workers=settings.index_workers or core_count(), progress=show)
    ledger.note_step(*done.step)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    left_out = done.articles[0] - done.articles[1]
    click.echo(
        f"{engine.url}: {articles(done.articles[1])} in {done.seconds:.1f} s, "
        f"{byte_size(done.size_bytes[0])}, now {byte_size(done.size_bytes[1])}"
    )
    if done.versions[0] != done.versions[1]:
        click.echo(f"format version {done.versions[0]}, now {done.versions[1]}")
    if left_out:
        click.echo(f"left out {articles(left_out)}: taken down")
