"""`backfile suggest`: the completions the search box offers."""

from __future__ import annotations

import click

from search.commands.context import TEXT, index_option, json_option, loaded_settings, opened_archive
from search.commands.terminal import one_line
from search.request.urls import Addresses, path_prefix
from search.results.as_json import adapter
from search.results.response import Completion


@click.command()
@click.argument("text", nargs=-1, required=True, type=TEXT)
@click.option("--limit", type=click.IntRange(1, 50), default=8, show_default=True, help="How many to print at most.")
@index_option
@json_option
@click.pass_context
def suggest(ctx: click.Context, text: tuple[str, ...], limit: int, index: str | None, as_json: bool) -> None:
    """Complete TEXT from the words, sections, titles and headings of the index.

    Each line holds a completion, its kind and the number of articles it finds, separated by tabs.

    \b
    Example:
      backfile suggest print
    """
    settings = loaded_settings(ctx, index=index).settings
    addresses = Addresses("html", path_prefix(settings.public_url), settings.time_zone)
    found = opened_archive(ctx, index).suggest(" ".join(text), addresses, limit)
    if as_json:
        click.echo(adapter(tuple[Completion, ...]).dump_json(found))
        return
    for completion in found:
        count = "" if completion.count is None else completion.count
        click.echo(f"{one_line(completion.text)}\t{completion.kind}\t{count}")
