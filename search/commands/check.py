"""`backfile check`: reads the whole index, says what is wrong with it, and mends it if asked to."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from search.commands.context import index_option, interruptible, json_option, opened_engine
from search.engines.base import Engine


@click.command()
@click.option("--repair", is_flag=True, help="Mend what is wrong, losing as little as possible, and say what was done.")
@index_option
@json_option
@click.pass_context
def check(ctx: click.Context, index: str | None, as_json: bool, repair: bool) -> None:
    """Read everything the index holds and list what is wrong. Exit code 1 if anything is.

    With --repair, what can be made anew from the stored articles is made anew; articles that cannot be read any more
    are left out and counted, and indexing their sources again brings them back. Exit code 1 if any were lost.
    """
    engine = opened_engine(ctx, index)
    if not (_repair(engine, as_json) if repair else _check(engine, as_json)):
        ctx.exit(1)


def _check(engine: Engine, as_json: bool) -> bool:
    """Whether all is well."""
    problems = list(engine.check())
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
        return not problems
    for problem in problems:
        click.echo(f"{problem.place}: {problem.message}")
    if problems:
        count = "1 problem; mend it" if len(problems) == 1 else f"{len(problems):,} problems; mend them"
        click.echo(f"{engine.url}: {count} with `backfile check --repair`")
    else:
        click.echo(f"{engine.url}: no problems found")
    return not problems


def _repair(engine: Engine, as_json: bool) -> bool:
    """Whether nothing was lost."""
    with interruptible():
        repairs = list(engine.repair())
    lost = sum(repair.lost for repair in repairs)
    if as_json:
        click.echo(json.dumps([asdict(repair) for repair in repairs], ensure_ascii=False))
        return not lost
    for repair in repairs:
        click.echo(f"{repair.place}: {repair.message}")
    if not repairs:
        click.echo(f"{engine.url}: no problems found, nothing to mend")
    elif lost:
        click.echo(f"{engine.url}: mended; {'1 article was' if lost == 1 else f'{lost:,} articles were'} lost")
    else:
        click.echo(f"{engine.url}: mended; no article was lost")
    return not lost
