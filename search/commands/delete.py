"""`backfile delete`: takes articles out of the index."""

from __future__ import annotations

import click

from search.commands.context import TEXT, index_option, interruptible, opened_engine
from search.commands.terminal import one_line
from search.engines.base import Engine


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...", type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask.")
@index_option
@click.pass_context
def delete(ctx: click.Context, ids: tuple[str, ...], yes: bool, index: str | None) -> None:
    """Take the articles with those IDs out of the index; all in one commit.

    They come back with the next `backfile index` of an input that still holds them. Exit code 1 if one was not there.

    \b
    Example:
      backfile delete 19870226-0001 --yes
    """
    engine = opened_engine(ctx, index)
    with engine.searcher() as searcher:
        found = {name: document.title for name in dict.fromkeys(ids) if (document := searcher.document(name))}
    for name in found if not yes else ():
        click.echo(f"{one_line(name)}: {one_line(found[name])}")
    if found and not yes:
        click.confirm(f"delete {len(found):,} from {engine.url}?", abort=True)
    deleted = _deleted(engine, list(found))
    click.echo(f"deleted {deleted:,}")
    absent = [name for name in dict.fromkeys(ids) if name not in found]
    for name in absent:
        click.echo(f"not there: {one_line(name)}", err=True)
    if absent:
        ctx.exit(1)


def _deleted(engine: Engine, ids: list[str]) -> int:
    if not ids:
        return 0
    with interruptible(), engine.writer() as writer:
        return sum(writer.delete(name) for name in ids)
