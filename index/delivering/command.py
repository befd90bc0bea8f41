"""What the commands of alerts and of webhooks have alike: what they print of messages, and how they end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Protocol

import click

from index.delivering.trying import Counts
from index.delivering.webhook import secret_of, shown_secret
from index.report import EXIT_SOME_FAILED
from search.alerts.keys import read_keys
from search.commands.terminal import one_line
from search.ledger.deliveries import Deliveries
from search.ledger.ledger import Ledger


class Ran(Counts, Protocol):
    """What a run came to, as a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def message_facts(messages: Deliveries, owner: str) -> dict[str, Any]:
    """How many messages of an owner are in each state, and which were given up, and why."""
    given_up = [each for each in messages.listed("dead") if each.owner == owner]
    return {
        "messages": messages.counts().get(owner, {}),
        "given_up": [{"id": each.id, "problem": each.problem} for each in given_up],
    }


def secret_facts(ledger: Ledger, key: str, owner: str) -> dict[str, str]:
    """The secret of an owner that was added under that key; empty if the key was forgotten."""
    keys = read_keys(ledger.place)
    known = keys.named(key) if keys else None
    return {"secret": shown_secret(secret_of(known, ledger.arrivals.made_archive_id(), owner))} if known else {}


def print_messages(facts: Mapping[str, Any]) -> None:
    """Prints these facts, indented below the line of their owner."""
    for state, count in facts["messages"].items():
        click.echo(f"  {count:,} {state}")
    for dead in facts["given_up"]:
        click.echo(f"  given up: {dead['id']}: {one_line(dead['problem'])}")
    if "secret" in facts:
        click.echo(f"  secret: {facts['secret']}")


def exit_retried(ctx: click.Context, ids: Sequence[str], changed: int) -> None:
    """Says how many of the messages will be tried again, and ends the command; with 1 if that is not each of them."""
    click.echo(f"{changed} of {len(ids)} will be tried again")
    ctx.exit(0 if changed == len(set(ids)) else 1)


def exit_ran(ctx: click.Context, ran: Ran, summary: str, *, as_json: bool) -> None:
    """Says what a run came to, its problems on standard error, and ends the command; with 3 if something failed."""
    for problem in ran.problems:
        click.echo(one_line(problem), err=True)
    click.echo(json.dumps(asdict(ran)) if as_json else summary)
    ctx.exit(EXIT_SOME_FAILED if ran.failed or ran.dead or ran.problems else 0)
