"""`backfile show`: one article as text, or all that is stored of it as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click
from pydantic import TypeAdapter

from search.commands.context import TEXT, index_option, json_option, opened_searcher
from search.commands.paint import one_line, plain
from search.document import Document, Moment
from search.errors import NotFound

_WIDTH = 88


@click.command()
@click.argument("id", type=TEXT)
@index_option
@json_option
@click.pass_context
def show(ctx: click.Context, id: str, index: str | None, as_json: bool) -> None:
    """Print the article with that ID, as `search` prints it below each hit.

    \b
    Examples:
      backfile show 19870226-0001
      backfile show example.org/2024/07/03/story --json
    """
    with opened_searcher(ctx, index) as searcher:
        document = searcher.document(id)
    if document is None:
        raise NotFound(f"there is no article with the id {id[:200]!r}; `backfile search` prints ids")
    if as_json:
        click.echo(TypeAdapter(Document).dump_json(document))
    else:
        click.echo("\n".join(_lines(document)))


def _lines(document: Document) -> Iterator[str]:
    yield click.style(one_line(document.title), bold=True)
    facts = [*document.sections, ", ".join(document.authors), _date(document.published), document.language]
    yield click.style(" · ".join(one_line(fact) for fact in facts if fact), fg="cyan")
    if document.modified:
        yield click.style(f"modified {_date(document.modified)}", fg="cyan")
    if document.tags:
        yield click.style(one_line(", ".join(document.tags)), dim=True)
    if document.url:
        yield click.style(one_line(document.url), dim=True)
    if document.summary:
        yield ""
        yield click.style(_wrapped(document.summary), italic=True)
    headings = {heading.offset for heading in document.headings}
    offset = 0
    for block in document.body.split("\n\n"):
        yield ""
        yield click.style(one_line(block), bold=True) if offset in headings else _wrapped(block)
        offset += len(block) + 2


def _date(moment: Moment | None) -> str:
    return moment.isoformat() if moment else "undated"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(plain(line), _WIDTH) for line in text.split("\n"))
