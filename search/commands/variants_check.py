"""`backfile variants check`: what the entries of the file of variants find in the archive."""

from __future__ import annotations

import click

from search.archive import Archive
from search.commands.context import index_option, json_option, loaded_settings, opened_archive
from search.commands.terminal import one_line
from search.errors import ConfigError
from search.results.as_json import adapter
from search.results.names import NameEntry, NameSpelling


@click.command()
@click.option("--all", "show_all", is_flag=True, help="Print entries that find something in every spelling, too.")
@index_option
@json_option
@click.pass_context
def check(ctx: click.Context, show_all: bool, index: str | None, as_json: bool) -> None:
    """Print the entries of which a spelling finds nothing in the archive, with what each of them finds.

    \b
    Example:
      backfile variants check --all
    """
    if not loaded_settings(ctx, index=index).settings.variants:
        raise ConfigError("there is no file of variants; name one in the setting variants")
    archive: Archive = opened_archive(ctx, index)
    with archive.pinned() as pinned:
        first = pinned.names()
        entries = [entry for page in range(1, first.pages + 1) for entry in pinned.names(page).entries]
    if as_json:
        click.echo(adapter(tuple[NameEntry, ...]).dump_json(tuple(entries)))
        return
    idle = 0
    for entry in entries:
        unfound = any(spelling.articles == 0 for spelling in entry.spellings)
        idle += unfound
        if unfound or show_all:
            counts = ", ".join(f"{spelling.text} {_count(spelling)}" for spelling in entry.spellings)
            arrow = "" if entry.both_ways else " (one way)"
            language = f" (in {entry.language})" if entry.language else ""
            click.echo(one_line(counts + arrow + language))
    click.echo(f"{len(entries):,} entries; {idle:,} have a spelling that no article has")


def _count(spelling: NameSpelling) -> str:
    return "?" if spelling.articles is None else f"{spelling.articles:,}"
