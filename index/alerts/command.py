"""The commands `backfile alerts …`: adding, listing, removing and running alerts, links and keys."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import click

from index.alerts.matching import Begins
from index.alerts.running import Ran, Running
from index.alerts.sending import Targets, is_mail, read_target
from index.delivering.command import (
    exit_ran,
    exit_retried,
    message_facts,
    print_messages,
    secret_facts,
)
from index.delivering.trying import sent_in_words
from search.alerts.arriving import begin
from search.alerts.keys import forget_old, key_path, made_keys, read_keys, rotate
from search.alerts.saved import MADE, canonical, read_canonical, saved, signed, verified, written_in_words
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
from search.errors import ConfigError, ParameterError
from search.ledger.alerts import Alert
from search.ledger.ledger import Ledger
from search.query import parse
from search.releasing import now_in_utc
from search.request.reading import parse_search
from search.request.request import SearchRequest
from search.settings import Settings


@click.group()
def alerts() -> None:
    """Tell people and programs of new articles that a saved search finds.

    An alert is a saved search and a target: a mail address, or a webhook. `backfile alerts run` sends each of them
    what has come since the last run, once; `backfile sync --watch` does so after each sync.

    \b
    Examples:
      backfile alerts add 'karabakh -opinion' --mail desk@news.example
      backfile alerts add 'https://archive.example/saved?q=…' --webhook https://desk.example/hook
      backfile alerts run
    """


@alerts.command()
@click.argument("search", metavar="SEARCH", type=TEXT)
@click.option("--mail", metavar="ADDRESS", type=TEXT, help="Send it by mail.")
@click.option("--webhook", metavar="URL", type=TEXT, help="Post it to this address, signed.")
@index_option
@json_option
@click.pass_context
def add(
    ctx: click.Context, search: str, mail: str | None, webhook: str | None, index: str | None, as_json: bool
) -> None:
    """Alert a target to what SEARCH finds from now on.

    SEARCH is a query, the address of a page of results, or the link of a saved search. For a webhook the secret is
    printed with which its receiver verifies what is posted; `alerts list --secrets` prints it again.

    \b
    Examples:
      backfile alerts add 'flood section:News' --mail desk@news.example
      backfile alerts add '/search?q=flood&section=News' --webhook https://desk.example/hook
    """
    settings, engine, ledger = opened_with_ledger(ctx, index)
    target = read_target(mail, webhook, settings)
    keys = begin(engine, ledger, now_in_utc())
    request = _asked(search, settings, ledger)
    alert = Alert(secrets.token_hex(6), canonical(request), target, keys.name, now_in_utc(), ledger.arrivals.last())
    ledger.alerts.add(alert)
    _print_alert(alert, ledger, as_json, secrets_too=True)


@alerts.command("list")
@click.option("--secrets", "secrets_too", is_flag=True, help="Print the secrets of webhooks, too.")
@index_option
@json_option
@click.pass_context
def list_alerts(ctx: click.Context, secrets_too: bool, index: str | None, as_json: bool) -> None:
    """Print every alert, what waits for it, and what was given up.

    \b
    Example:
      backfile alerts list
    """
    ledger = opened_ledger(ctx, index)
    for alert in ledger.alerts.all():
        _print_alert(alert, ledger, as_json, secrets_too=secrets_too)


@alerts.command()
@click.argument("ids", metavar="ALERT...", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def remove(ctx: click.Context, ids: tuple[str, ...], index: str | None) -> None:
    """End alerts; what was still to be sent for them is forgotten.

    \b
    Example:
      backfile alerts remove 3f2a90c1d7e4
    """
    ledger = opened_ledger(ctx, index)
    missing = [name for name in ids if not ledger.alerts.remove(name)]
    exit_for_missing(ctx, [f"there is no alert {one_line(name)}" for name in missing])


@alerts.command()
@click.argument("ids", metavar="MESSAGE...", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def retry(ctx: click.Context, ids: tuple[str, ...], index: str | None) -> None:
    """Have the next run try messages again that were given up.

    \b
    Example:
      backfile alerts retry msg_1c9d0b3e5a7f24680b1d
    """
    ledger = opened_ledger(ctx, index)
    changed = ledger.alerts.messages.retry(ids, now_in_utc())
    exit_retried(ctx, ids, changed)


@alerts.command()
@click.argument("search", metavar="SEARCH", type=TEXT)
@index_option
@click.pass_context
def link(ctx: click.Context, search: str, index: str | None) -> None:
    """Print the link of a saved search: its page and its feeds have what comes from now on.

    \b
    Example:
      backfile alerts link 'flood section:News'
    """
    settings, engine, ledger = opened_with_ledger(ctx, index)
    keys = begin(engine, ledger, now_in_utc())
    search_now = saved(_asked(search, settings, ledger), now_in_utc())
    click.echo(f"{settings.public_url}/saved?{signed(search_now, keys, ledger.arrivals.made_archive_id())}")


@alerts.command()
@click.option(
    "--rotate", "rotating", is_flag=True, help="Make a new key, which signs from now on; old links keep working."
)
@click.option(
    "--forget-old", "forgetting", is_flag=True, help="Forget all keys but the newest; their links stop working."
)
@index_option
@click.pass_context
def key(ctx: click.Context, rotating: bool, forgetting: bool, index: str | None) -> None:
    """Make the key that signs saved searches, if there is none, and print where it is; rotate it, forget old ones.

    \b
    Examples:
      backfile alerts key
      backfile alerts key --rotate
    """
    _, engine, ledger = opened_with_ledger(ctx, index)
    begin(engine, ledger, now_in_utc())
    if rotating:
        rotate(ledger.place)
    if forgetting:
        newest = made_keys(ledger.place).name
        tied = [alert.id for alert in ledger.alerts.all() if not is_mail(alert.target) and alert.key != newest]
        tied += [hook.id for hook in ledger.webhooks.all() if hook.key != newest]
        if tied:
            raise ConfigError(
                f"the secrets of these webhooks are made with an old key: {', '.join(tied[:20])}; "
                "remove them and add them again first"
            )
        click.echo(f"{forget_old(ledger.place)} keys forgotten")
    click.echo(f"{key_path(ledger.place)}: {len(made_keys(ledger.place).all)} keys")


@alerts.command()
@index_option
@json_option
@click.pass_context
def run(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Send what has come since the last run, and what failed then, to each alert that looks for it.

    Only one run sends at a time. The exit code is 3 if some messages could not be delivered: they are tried again by
    later runs, and given up after a day and a half.

    \b
    Example:
      backfile alerts run
    """
    settings, engine, ledger = opened_with_ledger(ctx, index)
    with interruptible():
        ran = run_alerts(settings, engine, ledger)
    exit_ran(ctx, ran, summary(ran), as_json=as_json)


def run_alerts(settings: Settings, engine: Engine, ledger: Ledger, begins: Begins | None = None) -> Ran:
    """One run with the targets that the settings allow; `begins` is told what it is busy with. Raises EngineError,
    ConfigError."""
    keys = begin(engine, ledger, now_in_utc())
    targets = Targets(settings, keys, ledger.arrivals.made_archive_id())
    try:
        return Running(engine, ledger, settings, now_in_utc, begins).run(targets)
    finally:
        targets.close()


def summary(ran: Ran) -> str:
    """What a run came to, in one line."""
    if ran.busy:
        return "another run is sending alerts"
    return ", ".join([f"{ran.arrived:,} new articles", *sent_in_words(ran, "without articles")])


def _asked(search: str, settings: Settings, ledger: Ledger) -> SearchRequest:
    """The search in what was typed, as a run will read it. Raises RequestError, ConfigError."""
    request = _typed(search, settings, ledger)
    request.bounds(now_in_utc())  # dates that contradict each other
    return read_canonical(canonical(request))


def _typed(search: str, settings: Settings, ledger: Ledger) -> SearchRequest:
    """The search in what was typed: an address if it begins like one, else a query."""
    if not search.startswith(("http://", "https://", "/")):
        parse(search)
        return SearchRequest(q=search, time_zone=settings.time_zone)
    try:
        query_string = urlsplit(search).query
    except ValueError as error:  # a host in brackets that is no IPv6 address
        raise ParameterError("SEARCH", "is neither a query nor an address of this archive") from error
    if f"{MADE}=" in query_string:
        return verified(query_string, read_keys(ledger.place), ledger.arrivals.archive_id()).request
    return parse_search(query_string.encode(), kind="html", time_zone=settings.time_zone)


def _print_alert(alert: Alert, ledger: Ledger, as_json: bool, *, secrets_too: bool) -> None:
    facts = _facts(alert, ledger, secrets_too)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{alert.id}  {one_line(alert.target)}  {one_line(str(facts['search']))}")
    print_messages(facts)


def _facts(alert: Alert, ledger: Ledger, secrets_too: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": alert.id,
        "target": alert.target,
        "search": written_in_words(alert.search),
        "address": f"/search?{alert.search}",
        "made": alert.made_at.isoformat(timespec="seconds"),
        **message_facts(ledger.alerts.messages, alert.id),
    }
    if secrets_too and not is_mail(alert.target):
        facts |= secret_facts(ledger, alert.key, alert.id)
    return facts
