"""`backfile why-not`: why a search does not find an article, and where it would stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from search.archive import Archive
from search.commands.context import TEXT, index_option, json_option, loaded_settings
from search.commands.search import asked
from search.engines import open_engine
from search.results.as_json import json_bytes


@click.command()
@click.argument("article", metavar="ID|URL", type=TEXT)
@click.argument("q", metavar="[QUERY]...", nargs=-1, type=TEXT)
@click.option("--section", multiple=True, type=TEXT, metavar="PATH", help="Section and those below it.")
@click.option("--tag", multiple=True, type=TEXT, metavar="TAG", help="Tag.")
@click.option("--author", multiple=True, type=TEXT, metavar="NAME", help="Author.")
@click.option("--lang", multiple=True, type=TEXT, metavar="TAG", help="Language.")
@click.option("--from", type=TEXT, metavar="DATE", help="First day.")
@click.option("--to", type=TEXT, metavar="DATE", help="Last day, included.")
@click.option("--in", "in", multiple=True, type=TEXT, metavar="FIELD", help="Search this field only.")
@click.option("--op", type=TEXT, metavar="OP", help="How bare words are joined. Default: auto.")
@click.option("--sort", type=TEXT, metavar="ORDER", help="Default: relevance with a query.")
@index_option
@json_option
@click.pass_context
def why_not(ctx: click.Context, /, article: str, index: str | None, as_json: bool, **given: Any) -> None:
    """Say which conditions of a search an article does not meet, and where it would rank without them.

    The options are those of `backfile search`.

    \b
    Examples:
      backfile why-not 19870226-0001 coffee prices --from 1990
      backfile why-not https://example.org/2024/07/03/story '"peace treaty"'
    """
    settings = loaded_settings(ctx, index=index).settings
    request = asked(given, as_json=False, time_zone=settings.time_zone)
    archive = Archive(open_engine(settings.index), settings, clock=lambda: datetime.now(UTC))
    with archive.pinned() as pinned:
        found = pinned.why_not(article, request)
    if as_json:
        click.echo(json_bytes(found).decode())
        return
    click.echo(f"{found.title}\n  {found.summary}" + (f"; score {found.score:.3f}" if found.score else ""))
    for condition in found.conditions:
        click.echo(f"  {'meets' if condition.met else 'lacks'}  {condition.text}")
