"""`backfile keys`: who may write to the archive through its endpoint."""

from __future__ import annotations

import json
from typing import Final, get_args

import click

from search.commands.context import TEXT, exit_for_missing, index_option, json_option, opened_ledger
from search.commands.group import LazyGroup, Row
from search.commands.terminal import one_line
from search.ledger.write_keys import Scope, WriteKey
from search.releasing import now_in_utc
from search.write_keys import add_key

MAX_NAME: Final = 100
_KEYS: Final = "Keys"
_ROWS: Final = {
    "add": Row("search.commands.keys:add", _KEYS, "Make a key, and print it once."),
    "list": Row("search.commands.keys:listing", _KEYS, "Print who has keys, and when they were last used."),
    "revoke": Row("search.commands.keys:revoke", _KEYS, "Revoke keys at once."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def keys() -> None:
    """Make and revoke the keys of programs that may write to the archive through the endpoint.

    A program sends its key as `Authorization: Bearer KEY`. The ledger keeps a hash of it, so a key that was lost cannot
    be shown again: revoke it and make another.
    """


def _name(ctx: click.Context, param: click.Parameter, name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise click.BadParameter(f"must have 1 to {MAX_NAME} printable characters", ctx, param)
    return name.strip()


@click.command()
@click.argument("name", type=TEXT, callback=_name)
@click.option(
    "--scope",
    type=click.Choice(get_args(Scope)),
    default="write",
    show_default=True,
    help="write: put and delete articles. admin: also take them down, and see all that was sent. replicate: copy the "
    "index.",
)
@index_option
@json_option
@click.pass_context
def add(ctx: click.Context, name: str, scope: Scope, index: str | None, as_json: bool) -> None:
    """Make a key for the program NAME, and print it: it is shown only once.

    \b
    Examples:
      backfile keys add wordpress
      backfile keys add newsroom-tools --scope admin
      backfile keys add reader-2 --scope replicate
    """
    text = add_key(opened_ledger(ctx, index), name, scope, now_in_utc())
    if text is None:
        raise click.UsageError(
            f"there is a key called {one_line(name)!r}; revoke it first, or choose another name", ctx
        )
    click.echo(json.dumps({"name": name, "scope": scope, "key": text}, ensure_ascii=False) if as_json else text)


@click.command("list")
@index_option
@json_option
@click.pass_context
def listing(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Print who has keys, by the days on which they were made: never the keys themselves.

    \b
    Example:
      backfile keys list
    """
    for key in opened_ledger(ctx, index).write_keys.listed():
        click.echo(json.dumps(_facts(key), ensure_ascii=False) if as_json else _line(key))


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def revoke(ctx: click.Context, names: tuple[str, ...], index: str | None) -> None:
    """Revoke keys, given by their names or ids. What was sent with them before stays accepted.

    The exit code is 1 if one of them is not in force.

    \b
    Example:
      backfile keys revoke wordpress
    """
    ledger, day = opened_ledger(ctx, index), now_in_utc().date()
    missing = [name for name in names if not ledger.write_keys.revoke(name, day)]
    exit_for_missing(ctx, [f"no key in force is called {one_line(name)}" for name in missing])


def _facts(key: WriteKey) -> dict[str, str | None]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope,
        "made_on": key.made_on.isoformat(),
        "used_on": key.used_on.isoformat() if key.used_on else None,
        "revoked_on": key.revoked_on.isoformat() if key.revoked_on else None,
    }


def _line(key: WriteKey) -> str:
    used = f"last used {key.used_on}" if key.used_on else "never used"
    ended = f", revoked {key.revoked_on}" if key.revoked_on else ""
    return f"{key.id}  {key.scope:9}  made {key.made_on}, {used}{ended}  {one_line(key.name)}"
