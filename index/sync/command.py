"""The command `backfile sync`."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

import click

from index.opening import open_for_filling
from index.progress import Progress, progress_shown
from index.report import EXIT_DONE
from index.sync.named_source import NamedSource, named_sources
from index.sync.syncing import Synced, exit_code, sync_all, sync_source
from index.sync.watching import watch
from search.commands.context import TEXT, index_option, interruptible, json_option, loaded_settings
from search.errors import ConfigError
from search.settings import SOURCES, nearest

MOST_REMARKS = 20


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...", type=TEXT)
@index_option
@click.option("--plan", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--watch", "watching", is_flag=True, help="Go on until stopped; each source has its own interval.")
@click.option("--allow-gone", is_flag=True, help="Delete what is gone, however much it is.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar and no warnings.")
@json_option
@click.pass_context
def sync(
    ctx: click.Context,
    names: tuple[str, ...],
    index: str | None,
    plan: bool,
    watching: bool,
    allow_gone: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Bring the archive into step with its sources, deletions included: all of them, or those that are named.

    The sources are the tables [[sources]] of backfile.toml. Only what has changed is read and written.
    If more of a source would vanish at once than its `most_gone` allows, nothing of it is deleted and the exit code
    is 3. A source that fails leaves the others alone. With --watch, Ctrl-C or SIGTERM ends it after the commit.

    \b
    Examples:
      backfile sync
      backfile sync website --plan
      backfile sync --watch
    """
    loaded = loaded_settings(ctx, index=index)
    sources = _chosen(named_sources(loaded.sources, loaded.folder), names)
    opened = open_for_filling(loaded.settings)
    say = _say_json if as_json else _sayer(quiet)

    def show(source: NamedSource) -> Progress:
        return progress_shown(quiet=quiet or as_json, doing=source.name)

    def one(source: NamedSource) -> Synced:
        with show(source) as progress:
            return sync_source(source, opened, progress=progress)

    if watching:
        if plan:
            raise click.UsageError("--plan shows one state, and --watch goes on: use one of them", ctx)
        with interruptible(), _until_stopped() as wait:
            watch(sources, one, lambda synced: say(synced, timed=True), wait=wait)
        return
    done: list[Synced] = []
    with interruptible():
        for synced in sync_all(sources, opened, plan=plan, allow_gone=allow_gone, show=show):
            done.append(synced)
            say(synced, timed=False)
    ctx.exit(exit_code(done))


def _chosen(sources: Sequence[NamedSource], names: Sequence[str]) -> list[NamedSource]:
    if not sources:
        raise ConfigError(
            f"no sources are configured; give backfile.toml a table [[{SOURCES}]] with the key at, "
            "which is a file, a folder or an address"
        )
    known = {source.name: source for source in sources}
    for name in names:
        if name not in known:
            raise click.BadParameter(f"there is no source {name!r}; {nearest(name, tuple(known))}", param_hint="SOURCE")
    return [known[name] for name in dict.fromkeys(names)] or list(sources)


@contextmanager
def _until_stopped() -> Iterator[Callable[[float], bool]]:
    """Gives a function that waits, and returns whether it was SIGTERM or Ctrl-C that ended the waiting."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()
        raise KeyboardInterrupt

    def wait(seconds: float) -> bool:
        try:
            return stopped.wait(seconds)
        except KeyboardInterrupt:
            return True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield wait
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _say_json(synced: Synced, *, timed: bool) -> None:
    at = {"time": datetime.now().astimezone().isoformat(timespec="seconds")} if timed else {}
    click.echo(json.dumps(at | synced.as_json(), ensure_ascii=False))


def _plan_lines(synced: Synced) -> Iterator[str]:
    if synced.plan is None:
        return
    yield from (lines := list(synced.plan.lines()))
    if not lines and synced.exit_code == EXIT_DONE:
        yield f"{synced.source.name} is in step"


def _sayer(quiet: bool) -> Callable[..., None]:
    def say(synced: Synced, *, timed: bool) -> None:
        at = f"{datetime.now().astimezone().isoformat(' ', 'seconds')} " if timed else ""
        name = synced.source.name
        if synced.report is None:
            click.echo(f"{at}{name}: failed: {synced.problem}", err=True)
            return
        for line in synced.report.remarks(MOST_REMARKS, warnings=not quiet):
            click.echo(f"{at}{name}: {line}", err=True)
        for line in _plan_lines(synced):
            click.echo(line)
        click.echo(f"{at}{name}: {synced.report.summary()}")

    return say
