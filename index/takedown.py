"""`backfile takedown`: takes articles down for good, with a receipt; lists what is down, and lets articles in again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, Final

import click

from index.identity import article_url, is_address
from index.naming import tombstones_for
from index.normalize import normalize_line
from index.state import State, state_beside
from search.archive import hold_seconds
from search.commands.context import TEXT, index_option, interruptible, json_option, loaded_settings
from search.commands.progress import progress_bar
from search.commands.terminal import one_line
from search.engines import open_engine
from search.engines.protocols import Engine, Phase
from search.errors import IndexMissing, NotFound
from search.ledger import ledger_of
from search.ledger.ledger import Ledger
from search.ledger.removals import Removal, Tombstone
from search.releasing import now_in_utc
from search.settings import Settings
from search.snapshots import CHECK_SECONDS
from search.takedown import Receipt, take_down

MAX_REASON: Final = 500
_ADVICE: Final = "it will be refused when it comes"


def _one_line_of_text(ctx: click.Context, param: click.Parameter, reason: str | None) -> str | None:
    if reason is None:
        return None
    line = normalize_line(reason)
    if not line or len(line) > MAX_REASON:
        raise click.BadParameter(f"must have 1 to {MAX_REASON} characters", ctx, param)
    return line


@click.command()
@click.argument("names", nargs=-1, metavar="[URL|ID]...", type=TEXT)
@click.option(
    "--reason", metavar="TEXT", type=TEXT, callback=_one_line_of_text, help="Why; everybody who asks is told."
)
@click.option("--only-this", is_flag=True, help="Let other articles with the same or nearly the same text in.")
@click.option("--list", "listing", is_flag=True, help="Print everything that is down.")
@click.option("--undo", is_flag=True, help="Let the articles in again with the next import.")
@index_option
@json_option
@click.pass_context
def takedown(
    ctx: click.Context,
    names: tuple[str, ...],
    reason: str | None,
    only_this: bool,
    listing: bool,
    undo: bool,
    index: str | None,
    as_json: bool,
) -> None:
    """Take articles down for good, whatever their sources say, and print a receipt.

    They are gone from all answers at once, and when the command returns no file of the index has a word of them. Their
    ids, addresses and fingerprints stay in the ledger beside the index, with the reason and the time: every later
    import refuses them. Their addresses answer 410, and services that keep copies find them in /api/v1/removed. An
    article that is not in the index is refused when it comes. If an import holds the index, the command waits for up to
    two minutes.

    \b
    Examples:
      backfile takedown https://news.example/2024/07/story --reason "court order"
      backfile takedown 19870226-0001 19870226-0002 --reason "licence ended"
      backfile takedown --list
      backfile takedown --undo 19870226-0001
    """
    _require_one_task(ctx, names, reason, listing, undo, only_this)
    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    ledger = ledger_of(engine, settings)
    if listing:
        _print(map(_facts, ledger.removed.in_force()), as_json, "nothing is down")
    elif undo:
        _undo(ctx, ledger, names, as_json)
    else:
        _take_down(ctx, engine, ledger, settings, _stones(ctx, engine, ledger, names, only_this), reason or "", as_json)


def _require_one_task(
    ctx: click.Context, names: Sequence[str], reason: str | None, listing: bool, undo: bool, only_this: bool
) -> None:
    if listing and (names or undo or reason or only_this):
        raise click.UsageError("--list takes nothing else", ctx)
    if undo and (reason or only_this):
        raise click.UsageError("--undo takes only the ids of articles", ctx)
    if not listing and not names:
        raise click.UsageError("name an article by its address or its id", ctx)
    if not listing and not undo and reason is None:
        raise click.UsageError("say why with --reason; everybody who asks for the article is told", ctx)


def _stones(
    ctx: click.Context, engine: Engine, ledger: Ledger, names: Sequence[str], only_this: bool
) -> list[Tombstone]:
    found = {stone.id: stone for name in names for stone in _named(ctx, engine, ledger, name)}
    return [
        Tombstone(stone.id, stone.address, stone.guid, 0 if only_this else stone.fingerprint)
        for stone in found.values()
    ]


def _named(ctx: click.Context, engine: Engine, ledger: Ledger, name: str) -> list[Tombstone]:
    """The articles of that address or id; a usage error if it can be neither."""
    line = normalize_line(name)
    if not line:
        raise click.UsageError("the address or id of an article must not be empty", ctx)
    if not is_address(line):
        return tombstones_for(engine, ledger, id=line)
    by_id = tombstones_for(engine, ledger, id=line, known_only=True)  # an id may look like an address
    if by_id:
        return by_id
    if article_url(line) is None:
        raise click.UsageError(f"{one_line(line)[:80]!r} is no http or https address that can be followed", ctx)
    return tombstones_for(engine, ledger, url=line)


# --- taking down ---------------------------------------------------------------------------------------------------


def _take_down(
    ctx: click.Context,
    engine: Engine,
    ledger: Ledger,
    settings: Settings,
    stones: Sequence[Tombstone],
    reason: str,
    as_json: bool,
) -> None:
    with interruptible(), progress_bar("purging", quiet=as_json, scaled=True) as show:

        def progress(phase: Phase, done: int, total: int) -> None:
            if show and phase == "merging":
                show(done, total)

        sources = _sources(engine, stones)
        receipts = take_down(engine, ledger, stones, reason, now_in_utc(), progress=progress)
    if sources:
        _have_refused_once(ledger, stones, sources)
    old = CHECK_SECONDS + hold_seconds(settings)
    _print((_receipt(each, old) for each in receipts), as_json)
    if any(each.purged.kept for each in receipts):
        ctx.exit(1)


def _sources(engine: Engine, stones: Sequence[Tombstone]) -> set[str]:
    """The inputs that those of the articles came from which the index has."""
    try:
        with engine.searcher() as searcher:
            return {stamp.source for stamp in searcher.stamps([stone.id for stone in stones]).values()}
    except IndexMissing:
        return set()


def _have_refused_once(ledger: Ledger, stones: Sequence[Tombstone], sources: set[str]) -> None:
    """The next import reads these inputs, and says that it refuses the articles, before it passes them over again."""
    with closing(State(state_beside(ledger.place))) as state, suppress(sqlite3.Error):
        state.forget_takedown([stone.id for stone in stones], sources)


def _receipt(receipt: Receipt, old_snapshots: float) -> dict[str, Any]:
    purged = receipt.purged
    return _facts(receipt.removal) | {
        "was_in_index": receipt.was_there,
        "was_down": receipt.was_down,
        "files_written": purged.files_written,
        "files_removed": purged.files_removed,
        "files_kept": list(purged.kept),
        "old_snapshots_seconds": old_snapshots,
        "near_copies": _copies(receipt),
        "more_near_copies": receipt.more_copies,
    }


def _copies(receipt: Receipt) -> list[dict[str, str | None]] | None:
    if receipt.copies is None:
        return None
    return [{"id": name, "address": address} for name, address in receipt.copies]


def _facts(removal: Removal) -> dict[str, Any]:
    times = {"removed_at": removal.at, "purged_at": removal.purged_at, "undone_at": removal.undone_at}
    return {
        "id": removal.id,
        "address": removal.tombstone.address,
        "reason": removal.reason,
        "kind": removal.kind,
        "refuses_copies": removal.tombstone.fingerprint != 0,
    } | {name: moment.isoformat(timespec="seconds") if moment else None for name, moment in times.items()}


# --- undoing -------------------------------------------------------------------------------------------------------


def _undo(ctx: click.Context, ledger: Ledger, names: Sequence[str], as_json: bool) -> None:
    now = now_in_utc()
    undone, unknown = [], []
    for name in dict.fromkeys(names):
        removal = ledger.removed.undo(_id_of(ledger, name), now)
        if removal:
            undone.append(_facts(removal))
        else:
            unknown.append(name)
    if undone or as_json:
        _print(undone, as_json)
    for name in unknown:
        click.echo(f"not taken down: {one_line(name)}", err=True)
    if unknown:
        ctx.exit(NotFound.exit_code)


def _id_of(ledger: Ledger, name: str) -> str:
    """The id of what was taken down under that address, or the name itself."""
    if not is_address(name):
        return name
    address = article_url(name)
    return next((each.id for each in ledger.removed.in_force() if each.tombstone.address == address), name)


# --- what is printed -----------------------------------------------------------------------------------------------


def _print(
    rows: Iterator[dict[str, Any]] | map[dict[str, Any]] | list[dict[str, Any]], as_json: bool, none: str = ""
) -> None:
    facts = list(rows)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo("\n\n".join("\n".join(_lines(each)) for each in facts) or none)


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"article     {one_line(facts['id'])}"
    if facts["address"]:
        yield f"address     {one_line(facts['address'])}"
    yield f"reason      {one_line(facts['reason'])}" + (" (its source's)" if facts["kind"] == "killed" else "")
    yield f"taken down  {facts['removed_at']}" + (", before this" if facts.get("was_down") else "")
    if facts["undone_at"]:
        yield f"undone      {facts['undone_at']}; the next import that reads it lets it in"
        return
    if not facts["purged_at"]:
        yield "purged      not yet; run `backfile takedown` with its id and --reason again"
    yield f"copies      {'are refused too' if facts['refuses_copies'] else 'with the same text are let in'}"
    if "was_in_index" in facts:
        yield from _purge_lines(facts)


def _purge_lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"index       {'it was there, and is gone' if facts['was_in_index'] else f'not in the index; {_ADVICE}'}"
    if facts["files_written"] is not None:
        yield f"files       {facts['files_written']:,} written anew, {facts['files_removed']:,} removed"
    for name in facts["files_kept"]:
        yield f"still there {name}; others have it open: run this again when they are done"
    yield (
        f"readers     servers stop showing it within a second; an answer that had begun may take up to "
        f"{facts['old_snapshots_seconds']:.0f} seconds"
    )
    if facts["was_in_index"] or facts["near_copies"]:
        yield from _copy_lines(facts["near_copies"], facts["more_near_copies"])


def _copy_lines(copies: Sequence[dict[str, str | None]] | None, more: int) -> Iterator[str]:
    """The articles that somebody should look at, who has taken down one with nearly the same text."""
    if copies is None:
        yield "also        this kind of index cannot tell which articles have nearly the same text"
        return
    label = "also look at"
    for copy in copies:
        address = f" ({one_line(copy['address'])})" if copy["address"] else ""
        yield f"{label}: {one_line(copy['id'] or '')}{address}, which has nearly the same text and is still there"
    if more:
        yield f"{label}: {more:,} more with nearly the same text"
