"""`backfile check`: reads the whole index and says what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from search.commands.context import index_option, json_option, opened_engine


@click.command()
@index_option
@json_option
@click.pass_context
def check(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Read everything the index holds and list what is wrong. Exit code 1 if anything is.

    An index with problems is mended by indexing its inputs again with --rebuild.
    """
    engine = opened_engine(ctx, index)
    problems = list(engine.check())
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{problem.place}: {problem.message}")
        click.echo(f"{engine.url}: " + (f"{len(problems):,} problems" if problems else "no problems found"))
    if problems:
        ctx.exit(1)
