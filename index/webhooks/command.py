"""The commands `backfile webhooks …`: adding, listing, removing and running webhooks."""

from __future__ import annotations

import json
import secrets
import signal
import time
from typing import Any, Final

import click

from index.delivering.command import (
    exit_ran,
    exit_retried,
    message_facts,
    print_messages,
    secret_facts,
)
from index.delivering.webhook import read_hook
from index.webhooks.comparing import note_changes
from index.webhooks.running import run_webhooks, summary
from index.webhooks.telling import Telling
from search.alerts.keys import made_keys
from search.commands.context import (
    TEXT,
    exit_for_missing,
    index_option,
    interruptible,
    json_option,
    opened_ledger,
    opened_with_ledger,
)
from search.commands.terminal import one_line
from search.engines.protocols import Engine
from search.errors import ConfigError, LedgerError
from search.ledger.ledger import Ledger
from search.ledger.webhooks import EVENTS, Event, Webhook
from search.processes import set_by_signals
from search.releasing import now_in_utc

MOST_WEBHOOKS: Final = 100
PATIENCE_SECONDS: Final = 60.0
"""How long `add` waits for another process that compares the archive."""


@click.group()
def webhooks() -> None:
    """Tell programs which articles are new, have changed or are gone.

    `backfile webhooks run` tells each webhook what has happened since the last run; `backfile serve` does so by itself
    within seconds, and `backfile sync --watch` after each sync.

    \b
    Examples:
      backfile webhooks add https://pages.example/hook
      backfile webhooks add https://cache.example/purge --events article.changed,article.removed
      backfile webhooks run
    """


@webhooks.command()
@click.argument("url", metavar="URL", type=TEXT)
@click.option("--events", metavar="EVENTS", type=TEXT, help=f"Only these, with commas: {', '.join(EVENTS)}.")
@index_option
@json_option
@click.pass_context
def add(ctx: click.Context, url: str, events: str | None, index: str | None, as_json: bool) -> None:
    """Tell URL of changes from now on.

    The secret is printed with which the receiver verifies what is posted; `webhooks list --secrets` prints it again.

    \b
    Example:
      backfile webhooks add https://pages.example/hook --events article.removed
    """
    _, engine, ledger = opened_with_ledger(ctx, index)
    target, wanted = read_hook(url), _events(events)
    if len(ledger.webhooks.all()) >= MOST_WEBHOOKS:
        raise ConfigError(f"there are {MOST_WEBHOOKS} webhooks, which is the most; remove one first")
    keys = made_keys(ledger.place)
    ledger.arrivals.made_archive_id()
    with interruptible():
        _note_all(engine, ledger)
    name = f"hook_{secrets.token_hex(6)}"
    hook = Webhook(name, target, wanted, keys.name, now_in_utc(), ledger.changes.last())
    ledger.webhooks.add(hook)
    _print_hook(hook, ledger, as_json, secrets_too=True)


@webhooks.command("list")
@click.option("--secrets", "secrets_too", is_flag=True, help="Print the secrets, too.")
@index_option
@json_option
@click.pass_context
def list_webhooks(ctx: click.Context, secrets_too: bool, index: str | None, as_json: bool) -> None:
    """Print every webhook, what waits for it, and what was given up.

    \b
    Example:
      backfile webhooks list
    """
    ledger = opened_ledger(ctx, index)
    for hook in ledger.webhooks.all():
        _print_hook(hook, ledger, as_json, secrets_too=secrets_too)


@webhooks.command()
@click.argument("ids", metavar="WEBHOOK...", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def remove(ctx: click.Context, ids: tuple[str, ...], index: str | None) -> None:
    """End webhooks; what was still to be sent to them is forgotten.

    \b
    Example:
      backfile webhooks remove hook_3f2a90c1d7e4
    """
    ledger = opened_ledger(ctx, index)
    missing = [name for name in ids if not ledger.webhooks.remove(name)]
    exit_for_missing(ctx, [f"there is no webhook {one_line(name)}" for name in missing])


@webhooks.command()
@click.argument("ids", metavar="MESSAGE...", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def retry(ctx: click.Context, ids: tuple[str, ...], index: str | None) -> None:
    """Have the next run try messages again that were given up; a webhook that has ended is resumed.

    \b
    Example:
      backfile webhooks retry msg_1c9d0b3e5a7f24680b1d
    """
    ledger = opened_ledger(ctx, index)
    changed = ledger.webhooks.retry(ids, now_in_utc())
    exit_retried(ctx, ids, changed)


@webhooks.command()
@click.option("--watch", is_flag=True, help="Keep sending changes as they come, until SIGTERM or Ctrl-C.")
@index_option
@json_option
@click.pass_context
def run(ctx: click.Context, watch: bool, index: str | None, as_json: bool) -> None:
    """Tell each webhook what has changed since the last run, and what failed then.

    Only one run sends at a time. The exit code is 3 if some messages could not be delivered: they are tried again by
    later runs, and given up after a day and a half. With --watch, problems are printed as they occur.

    \b
    Examples:
      backfile webhooks run
      backfile webhooks run --watch
    """
    settings, engine, ledger = opened_with_ledger(ctx, index)
    if watch:
        stopped = set_by_signals(signal.SIGTERM, signal.SIGINT)
        click.echo("sending changes as they come", err=True)
        Telling(settings).watch(stopped.wait)
        return
    with interruptible():
        ran = run_webhooks(settings, engine, ledger)
    exit_ran(ctx, ran, summary(ran), as_json=as_json)


def _note_all(engine: Engine, ledger: Ledger) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not note_changes(engine, ledger):
        if time.monotonic() > ends:
            raise LedgerError("another process compares the archive; try again when it is done")
        time.sleep(0.2)


def _events(given: str | None) -> tuple[Event, ...]:
    if given is None:
        return EVENTS
    names = {name.strip() for name in given.split(",")}
    if unknown := sorted(names.difference(EVENTS)):
        raise ConfigError(f"there is no event {unknown[0][:100]!r}; give one or more of {', '.join(EVENTS)}")
    return tuple(event for event in EVENTS if event in names)


def _print_hook(hook: Webhook, ledger: Ledger, as_json: bool, *, secrets_too: bool) -> None:
    facts = _facts(hook, ledger, secrets_too)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{hook.id}  {one_line(hook.target)}  {', '.join(hook.events)}")
    if hook.ended:
        click.echo(f"  ended: {one_line(hook.ended)}")
    print_messages(facts)


def _facts(hook: Webhook, ledger: Ledger, secrets_too: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": hook.id,
        "target": hook.target,
        "events": hook.events,
        "made": hook.made_at.isoformat(timespec="seconds"),
        "ended": hook.ended or None,
        **message_facts(ledger.webhooks.messages, hook.id),
    }
    return facts | secret_facts(ledger, hook.key, hook.id) if secrets_too else facts
