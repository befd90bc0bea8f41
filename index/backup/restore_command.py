"""`backfile restore`: puts a backup in the place of the archive."""

from __future__ import annotations

import json
from pathlib import Path

import click

from index.state import state_beside
from search.commands.context import index_option, interruptible, json_option, loaded_settings
from search.commands.progress import progress_bar
from search.commands.terminal import articles
from search.engines import open_engine
from search.ledger import ledger_of


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--as-of", metavar="N", type=click.IntRange(1), help="The number of the backup; by default the newest.")
@click.option("--replace", is_flag=True, help="Replace the archive that is there.")
@click.option("--copy", is_flag=True, help="Share no file with the backup, even on the same disk.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def restore(
    ctx: click.Context,
    target: Path,
    as_of: int | None,
    replace: bool,
    copy: bool,
    index: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Restore a backup in the folder TARGET as the archive that --index names.

    Every file is verified first; then the backup becomes the newest commit, at once. A running server shows it within
    a second, and until then, and if anything goes wrong, everything stays as it was. What was taken down, in the ledger
    beside the archive or in that of the backup, is not brought back. An existing ledger stays, and learns what that of
    the backup knows.

    \b
    Examples:
      backfile restore /mnt/backups/archive --index whoosh:archive
      backfile restore /mnt/backups/archive --as-of 12 --replace
    """
    from search.backup.restoring import restore_backup  # SQLite with it
    from search.backup.taking import require_files

    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    files = require_files(engine, engine.url)
    ledger = ledger_of(engine, settings)
    state = Path(state_beside(ledger.place))
    with interruptible(), progress_bar("restoring", quiet=quiet or as_json, unit="B", scaled=True) as progress:
        restored = restore_backup(
            target, as_of, files, engine, ledger, state, replace=replace, links=not copy, progress=progress
        )
    if as_json:
        facts = {
            "number": restored.backup.number,
            "taken_at": restored.backup.taken_at.isoformat(timespec="seconds"),
            "generation": restored.generation,
            "articles": restored.articles,
            "left_out": restored.left_out,
            "seconds": restored.seconds,
        }
        click.echo(json.dumps(facts))
        return
    taken = restored.backup.taken_at.isoformat(timespec="seconds")
    click.echo(f"{engine.url}: {articles(restored.articles)} of backup {restored.backup.number}, taken {taken}")
    if restored.left_out:
        click.echo(f"left out {articles(restored.left_out)}: taken down, or waiting for a moment")
