"""The commands `backfile inbox …`: writing what was sent to the endpoint, and looking after what could not be."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from typing import Final

import click

from index.inbox.running import write_once, write_what_comes
from search.commands.context import (
    exit_for_missing,
    index_option,
    interruptible,
    json_option,
    loaded_settings,
    opened_ledger,
)
from search.commands.terminal import one_line
from search.ledger.inbox import Notice, State
from search.processes import set_by_signals

MOST_LISTED: Final = 1_000
PATIENCE_SECONDS: Final = 120.0
"""How long a single run waits for another writer of the index."""

_QUEUED: Final[State] = "queued"
_FAILED: Final[State] = "failed"


@click.group()
def inbox() -> None:
    """Write into the index what programs have sent to the endpoint, and look after what could not be written.

    `backfile serve` writes it by itself. These commands are for a server with the setting inbox = false, and for what
    was set aside.

    \b
    Examples:
      backfile inbox list
      backfile inbox retry 17
    """


@inbox.command()
@click.option("--watch", is_flag=True, help="Keep writing what arrives, until SIGTERM or Ctrl-C.")
@index_option
@click.pass_context
def run(ctx: click.Context, watch: bool, index: str | None) -> None:
    """Write all that was sent and is not in the index yet.

    One process does so at a time. If another writer holds the index, this waits: for up to two minutes, or with --watch
    for as long as it takes. The exit code is 3 if something is set aside.

    \b
    Examples:
      backfile inbox run
      backfile inbox run --watch
    """
    settings = loaded_settings(ctx, index=index).settings
    if watch:
        stopped = set_by_signals(signal.SIGTERM, signal.SIGINT)
        write_what_comes(settings, stopped.wait, lambda: click.echo("writing what is sent", err=True))
        return
    with interruptible():
        written = write_once(settings, PATIENCE_SECONDS)
    failed = opened_ledger(ctx, index).inbox.count("failed")
    if written is None:
        click.echo("another process writes what is sent")
    else:
        click.echo(f"written {written:,}, set aside {failed:,}")
    ctx.exit(3 if failed else 0)


@inbox.command("list")
@click.option("--queued", is_flag=True, help="What is not written yet, in place of what was set aside.")
@index_option
@json_option
@click.pass_context
def listing(ctx: click.Context, queued: bool, index: str | None, as_json: bool) -> None:
    """Print what was set aside because it could not be written, the oldest first, with the reason.

    \b
    Examples:
      backfile inbox list
      backfile inbox list --queued
    """
    ledger, state = opened_ledger(ctx, index), _QUEUED if queued else _FAILED
    for notice in ledger.inbox.listed(state, MOST_LISTED):
        click.echo(json.dumps(_facts(notice), ensure_ascii=False) if as_json else _line(notice))
    if not as_json:
        click.echo(f"{ledger.inbox.count(state):,} {'queued' if queued else 'set aside'}", err=True)


@inbox.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
@index_option
@click.pass_context
def retry(ctx: click.Context, numbers: tuple[int, ...], index: str | None) -> None:
    """Queue again what was set aside, unless a later version of its article was sent.

    \b
    Example:
      backfile inbox retry 17
    """
    ledger = opened_ledger(ctx, index)
    missing = [number for number in numbers if not ledger.inbox.retry(number)]
    said = "is not set aside, or a later version of its article was sent"
    exit_for_missing(ctx, [f"{number} {said}" for number in missing])


@inbox.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
@index_option
@click.pass_context
def drop(ctx: click.Context, numbers: tuple[int, ...], index: str | None) -> None:
    """Forget what was set aside.

    \b
    Example:
      backfile inbox drop 17
    """
    ledger = opened_ledger(ctx, index)
    missing = [number for number in numbers if not ledger.inbox.drop(number)]
    exit_for_missing(ctx, [f"{number} is not set aside" for number in missing])


def _facts(notice: Notice) -> dict[str, object]:
    return asdict(notice) | {"at": notice.at.isoformat()}


def _line(notice: Notice) -> str:
    at = notice.at.isoformat(" ", "seconds")
    reason = f": {one_line(notice.note)}" if notice.note else ""
    return f"{notice.number}  {at}  {notice.action:6}  {one_line(notice.article)}{reason}"
