"""`backfile sections`: the sections of the index with their counts, as the beginning of a map of sections."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Final

import click

from search.archive import Archive
from search.commands.context import index_option, json_option, opened_archive
from search.sections import SectionOrder

_MAX_NOTES: Final = 10


@click.command()
@index_option
@json_option
@click.pass_context
def sections(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Print every section of the index with the number of its articles, as a file to edit.

    Each line gives a section the name that it has. Change what stands to the right, name the file in the setting
    section_map, and run `backfile index` again. Names in the order of that file that no section has are reported.

    \b
    Example:
      backfile sections > sections.toml
    """
    archive: Archive = opened_archive(ctx, index)
    with archive.pinned() as pinned:
        counts, order = dict(pinned.section_counts()), pinned.section_order
    for note in islice(_notes(order, counts), _MAX_NOTES):
        click.echo(note, err=True)
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    click.echo("[aliases]")
    for name in sorted(counts, key=str.casefold):
        text = json.dumps(name, ensure_ascii=False)  # a string of JSON is one of TOML
        click.echo(f"{text} = {text}  # {counts[name]:,}")


def _notes(order: SectionOrder, sections: Collection[str]) -> Iterator[str]:
    """What is in the order and nowhere else: it may be misspelt, or of a section that is still to come."""
    for name in order.without(sections):
        near = get_close_matches(name, sections, n=1)
        yield f"note: no article is in {name!r}, which the order names" + (
            f"; did you mean {near[0]!r}?" if near else ""
        )
