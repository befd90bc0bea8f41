"""`backfile cluster`: snapshots of an archive in a repository of the cluster, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import click

from search.commands.context import TEXT, index_option, interruptible, json_option, opened_engine
from search.commands.group import LazyGroup, Row
from search.commands.progress import progress_bar
from search.commands.terminal import articles, one_line
from search.engines.protocols import Engine, SnapshotRepositories
from search.errors import ConfigError

_HEADING: Final = "Snapshots"
_ROWS: Final = {
    "snapshot": Row("search.commands.cluster:snapshot", _HEADING, "Copy the archive into a repository."),
    "snapshots": Row("search.commands.cluster:snapshots", _HEADING, "List the snapshots in a repository."),
    "restore": Row("search.commands.cluster:restore", _HEADING, "Put a snapshot in the place of the archive."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def cluster() -> None:
    """Take and restore snapshots of an archive on a cluster."""


def _repository(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--repository", metavar="NAME", type=TEXT, required=True, help="The repository, as the cluster calls it."
    )
    return option(command)


@click.command()
@click.argument("name", type=TEXT)
@_repository
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def snapshot(ctx: click.Context, name: str, repository: str, index: str | None, quiet: bool, as_json: bool) -> None:
    """Copy the archive, as it is now, into a repository of the cluster under NAME.

    Searches go on meanwhile; nobody else can write. Only what is not in the repository yet is copied. Ctrl-C takes the
    snapshot away again.

    \b
    Example:
      backfile cluster snapshot 2026-11-29 --repository backups
    """
    engine = opened_engine(ctx, index)
    with interruptible(), progress_bar("copying", quiet=quiet or as_json, unit="it", scaled=True) as progress:
        taken = _with_repositories(engine).take_snapshot(repository, name, progress)
    if as_json:
        click.echo(_as_json([taken])[1:-1])
    else:
        click.echo(f"{one_line(taken.name)}: {articles(taken.articles)} of {one_line(taken.archive)}")


@click.command()
@_repository
@index_option
@json_option
@click.pass_context
def snapshots(ctx: click.Context, repository: str, index: str | None, as_json: bool) -> None:
    """List the snapshots of archives in a repository of the cluster, the oldest first."""
    found = _with_repositories(opened_engine(ctx, index)).snapshots(repository)
    if as_json:
        click.echo(_as_json(found))
        return
    for row in found:
        taken = row.taken_at.isoformat(timespec="seconds")
        click.echo(f"{one_line(row.name)}: {articles(row.articles)} of {one_line(row.archive)}, {taken}, {row.state}")


@click.command()
@click.argument("name", type=TEXT)
@_repository
@click.option("--replace", is_flag=True, help="Replace the archive that is there.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def restore(
    ctx: click.Context, name: str, repository: str, replace: bool, index: str | None, quiet: bool, as_json: bool
) -> None:
    """Restore the snapshot NAME of a repository as the archive that --index names.

    The archive in the snapshot may have had another name. If there is an archive already, --replace says that the
    snapshot is to take its place: the old one answers until the end, and stays as it is if anything goes wrong.

    \b
    Examples:
      backfile cluster restore 2026-11-29 --repository backups --replace
      backfile cluster restore 2026-11-29 --repository backups --index opensearch://search.example:9200/second
    """
    engine = opened_engine(ctx, index)
    with interruptible(), progress_bar("restoring", quiet=quiet or as_json, unit="it", scaled=True) as progress:
        restored = _with_repositories(engine).restore_snapshot(repository, name, replace=replace, progress=progress)
    if as_json:
        click.echo(_as_json([restored])[1:-1])
    else:
        click.echo(f"{engine.url}: {articles(restored.articles)} restored from {one_line(restored.name)}")


def _with_repositories(engine: Engine) -> SnapshotRepositories:
    if not isinstance(engine, SnapshotRepositories):
        raise ConfigError(f"{engine.url} is not on a cluster, so it has no repository; this command is for one that is")
    return engine


def _as_json(found: Any) -> str:
    rows = [asdict(row) | {"taken_at": row.taken_at.isoformat(timespec="seconds")} for row in found]
    return json.dumps(rows, ensure_ascii=False)
