"""`backfile backup`: takes a backup, lists those that there are, or reads them to their end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from index.state import state_beside
from search.commands.context import index_option, interruptible, json_option, loaded_settings
from search.commands.progress import progress_bar
from search.commands.terminal import articles, byte_size
from search.engines import open_engine
from search.ledger import ledger_of

_NUMBERS = click.IntRange(1, 100_000)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--keep", metavar="N", type=_NUMBERS, help="Remove all backups but the newest N, this one included.")
@click.option("--copy", is_flag=True, help="Share no file with the index, even on the same disk.")
@click.option("--list", "listing", is_flag=True, help="List the backups in TARGET.")
@click.option("--verify", is_flag=True, help="Read the backups in TARGET to their end, and list what is wrong.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def backup(
    ctx: click.Context,
    target: Path,
    keep: int | None,
    copy: bool,
    listing: bool,
    verify: bool,
    index: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Back up the archive into the folder TARGET: the index, the ledger, and what runs have learned of their sources.

    Searches and runs go on meanwhile. Each backup is complete; files that an earlier one has, or the index on the
    same disk, are shared with it and take no space. What is copied is verified. If the command is interrupted, earlier
    backups stay as they were, and the unfinished one does not count. With --verify the exit code is 1 if anything is
    wrong.

    \b
    Examples:
      backfile backup /mnt/backups/archive --keep 14
      backfile backup /mnt/backups/archive --list
      backfile backup /mnt/backups/archive --verify
    """
    if sum((listing, verify, bool(keep or copy))) > 1:
        raise click.UsageError("--list and --verify take no backup, and are given alone", ctx)
    if listing:
        _list(target, as_json)
    elif verify:
        if not _verify(target, quiet=quiet or as_json, as_json=as_json):
            ctx.exit(1)
    else:
        _take(ctx, target, index, keep, links=not copy, quiet=quiet, as_json=as_json)


# --- taking --------------------------------------------------------------------------------------------------------


def _take(
    ctx: click.Context, target: Path, index: str | None, keep: int | None, *, links: bool, quiet: bool, as_json: bool
) -> None:
    from search.backup.taking import require_files, take_backup  # SQLite with it

    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    files = require_files(engine, engine.url)
    ledger = ledger_of(engine, settings)
    databases = {"state": Path(state_beside(ledger.place)), "ledger": Path(ledger.place)}
    with interruptible(), progress_bar("backing up", quiet=quiet or as_json, unit="B", scaled=True) as progress:
        taken = take_backup(files, ledger, target, databases, keep=keep, links=links, progress=progress)
    if as_json:
        facts = {"copied_bytes": taken.copied, "seconds": taken.seconds, "removed": taken.removed}
        click.echo(json.dumps(_facts(taken.backup) | facts))
        return
    found = taken.backup
    click.echo(
        f"backup {found.number}: {articles(found.articles)}, {byte_size(found.size_bytes())}, "
        f"of which {byte_size(taken.copied)} were copied, in {taken.seconds:.1f} s"
    )
    if taken.removed:
        click.echo(f"removed {', '.join(map(str, taken.removed))}")


# --- listing and verifying -----------------------------------------------------------------------------------------


def _list(target: Path, as_json: bool) -> None:
    from search.backup.folder import backups_in

    found = backups_in(target)
    if as_json:
        click.echo(json.dumps([_facts(each) for each in found]))
        return
    for each in found:
        taken = each.taken_at.isoformat(timespec="seconds")
        click.echo(f"{each.number:>6}  {taken}  {articles(each.articles)}, {byte_size(each.size_bytes())}")
    if not found:
        click.echo("there is no whole backup")


def _facts(found: Any) -> dict[str, Any]:
    return {
        "number": found.number,
        "taken_at": found.taken_at.isoformat(timespec="seconds"),
        "generation": found.generation,
        "articles": found.articles,
        "size_bytes": found.size_bytes(),
    }


def _verify(target: Path, *, quiet: bool, as_json: bool) -> bool:
    """Prints what is wrong with the backups; returns whether nothing is."""
    from search.backup.folder import numbers_in

    numbers = numbers_in(target)
    problems = [problem for number in numbers for problem in _problems(target, number, quiet)]
    if as_json:
        click.echo(json.dumps({"backups": numbers, "problems": problems}, ensure_ascii=False))
        return not problems
    for problem in problems:
        click.echo(f"{problem['place']}: {problem['message']}", err=True)
    count = "no problems found" if not problems else f"{len(problems):,} found"
    click.echo(f"{len(numbers):,} backups read to their end: {count}")
    return not problems


def _problems(target: Path, number: int, quiet: bool) -> Iterator[dict[str, str]]:
    from search.backup.folder import path_of, read_backup
    from search.backup.verifying import backup_problems
    from search.errors import EngineError

    try:
        found = read_backup(target, number)
    except EngineError as error:
        yield {"place": str(path_of(target, number)), "message": str(error)}
        return
    with progress_bar(f"reading {number}", quiet=quiet, unit="B", scaled=True) as progress:
        for problem in backup_problems(path_of(target, number), found, progress):
            yield {"place": problem.place, "message": problem.message}
