"""`backfile show`: one article as text, or everything stored about it as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click
from pydantic import TypeAdapter

from search.commands.context import TEXT, index_option, json_option, opened_archive
from search.commands.terminal import one_line, window_width, wrapped
from search.document import Document, Moment

READING_WIDTH: Final = 88
"""Columns of running text, where the window is no narrower."""


@click.command()
@click.argument("id", type=TEXT)
@index_option
@json_option
@click.pass_context
def show(ctx: click.Context, id: str, index: str | None, as_json: bool) -> None:
    """Print the article whose ID `search` shows below each hit.

    \b
    Examples:
      backfile show 19870226-0001
      backfile show example.org/2024/07/03/story --json
    """
    document = opened_archive(ctx, index).article(id).document
    if as_json:
        click.echo(TypeAdapter(Document).dump_json(document))
    else:
        click.echo("\n".join(_lines(document, min(READING_WIDTH, window_width() or READING_WIDTH))))


def _lines(document: Document, width: int) -> Iterator[str]:
    yield from _styled(document.title, width, bold=True)
    facts = [*document.sections, ", ".join(document.authors), _date(document.published), document.language]
    yield from _styled(" · ".join(fact for fact in facts if fact), width, fg="cyan")
    if document.modified:
        yield click.style(f"modified {_date(document.modified)}", fg="cyan")
    if document.tags:
        yield from _styled(", ".join(document.tags), width, dim=True)
    if document.url:
        yield click.style(one_line(document.url), dim=True)
    if document.summary:
        yield ""
        yield from _styled(document.summary, width, italic=True)
    headings = {heading.offset for heading in document.headings}
    offset = 0
    for block in document.body.split("\n\n"):
        yield ""
        if offset in headings:
            yield from _styled(block, width, bold=True)
        else:
            yield from (row for line in block.split("\n") for row in wrapped(one_line(line), width))
        offset += len(block) + 2


def _styled(text: str, width: int, **style: str | bool) -> Iterator[str]:
    for row in wrapped(one_line(text), width):
        yield click.style(row, **style)  # type: ignore[arg-type]


def _date(moment: Moment | None) -> str:
    return moment.isoformat() if moment else "undated"
