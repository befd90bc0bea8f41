"""`backfile related`: what editors choose for the related articles of an article."""

from __future__ import annotations

from typing import Any, Final

import click

from search.choosing import choose, chosen, forget
from search.commands.context import TEXT, index_option, json_option, opened_archive
from search.commands.group import LazyGroup, Row
from search.commands.terminal import one_line
from search.document import Head
from search.ledger.choices import Choice, Kind
from search.results.as_json import adapter

_CHOICES: Final = "Choices of editors"
_ROWS: Final = {
    "pin": Row("search.commands.related:pin", _CHOICES, "Put a piece first among the related articles of an article."),
    "block": Row("search.commands.related:block", _CHOICES, "Keep a piece out of them."),
    "undo": Row("search.commands.related:undo", _CHOICES, "Take back a pin or a block."),
    "list": Row("search.commands.related:listing", _CHOICES, "Print what is pinned and blocked."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def related() -> None:
    """Choose the related articles of an article: pieces that always come first, and pieces that are never listed.

    Articles are named by id or address. Readers see a choice at once.
    """


@click.command()
@click.argument("subject", type=TEXT)
@click.argument("piece", type=TEXT)
@index_option
@click.pass_context
def pin(ctx: click.Context, subject: str, piece: str, index: str | None) -> None:
    """Put PIECE first among the related articles of SUBJECT.

    \b
    Example:
      backfile related pin 19870226-0001 19870226-0002
    """
    _choose(ctx, subject, piece, "pin", index)


@click.command()
@click.argument("subject", type=TEXT)
@click.argument("piece", type=TEXT)
@index_option
@click.pass_context
def block(ctx: click.Context, subject: str, piece: str, index: str | None) -> None:
    """Keep PIECE out of the related articles of SUBJECT.

    \b
    Example:
      backfile related block 19870226-0001 19870226-0002
    """
    _choose(ctx, subject, piece, "block", index)


@click.command()
@click.argument("subject", type=TEXT)
@click.argument("piece", type=TEXT)
@index_option
@click.pass_context
def undo(ctx: click.Context, subject: str, piece: str, index: str | None) -> None:
    """Take back the pin or the block of PIECE for SUBJECT; what is no longer in the archive is named by its id.

    \b
    Example:
      backfile related undo 19870226-0001 19870226-0002
    """
    archive = opened_archive(ctx, index)
    if not forget(archive, subject, piece):
        choose(archive, subject, piece, None)
    click.echo("undone")


@click.command("list")
@click.argument("subject", type=TEXT, required=False)
@index_option
@json_option
@click.pass_context
def listing(ctx: click.Context, subject: str | None, index: str | None, as_json: bool) -> None:
    """Print what is pinned and blocked for the article with the id SUBJECT, or for all, the oldest first.

    Each line holds the choice, the subject, the piece and its title, separated by tabs.

    \b
    Example:
      backfile related list
    """
    rows = chosen(opened_archive(ctx, index), subject)
    if as_json:
        click.echo(adapter(list[dict[str, Any]]).dump_json([_facts(*row) for row in rows]))
        return
    for choice, head in rows:
        title = one_line(head.title) if head else "(not in the archive)"
        click.echo(f"{choice.kind}\t{one_line(choice.subject)}\t{one_line(choice.piece)}\t{title}")


def _choose(ctx: click.Context, subject: str, piece: str, kind: Kind, index: str | None) -> None:
    own, other = choose(opened_archive(ctx, index), subject, piece, kind)
    done = "pinned" if kind == "pin" else "blocked"
    click.echo(f"{done} for {one_line(own.title)}: {one_line(other.title)}")


def _facts(choice: Choice, head: Head | None) -> dict[str, Any]:
    return {
        "subject": choice.subject,
        "piece": choice.piece,
        "choice": choice.kind,
        "title": head.title if head else None,
        "at": choice.at.isoformat(),
    }
