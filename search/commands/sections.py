"""`backfile sections`: the sections of the index with their counts, as the beginning of a map of sections."""

from __future__ import annotations

import json

import click

from search.archive import Archive
from search.commands.context import index_option, json_option, opened_archive


@click.command()
@index_option
@json_option
@click.pass_context
def sections(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Print every section of the index with the number of its articles, as a file to edit.

    Each line gives a section the name that it has. Change what stands to the right, name the file in the setting
    section_map, and run `backfile index` again.

    \b
    Example:
      backfile sections > sections.toml
    """
    archive: Archive = opened_archive(ctx, index)
    with archive.pinned() as pinned:
        counts = dict(pinned.section_counts())
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    click.echo("[aliases]")
    for name in sorted(counts, key=str.casefold):
        text = json.dumps(name, ensure_ascii=False)  # a string of JSON is one of TOML
        click.echo(f"{text} = {text}  # {counts[name]:,}")
