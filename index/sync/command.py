"""The command `backfile sync`."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from types import FrameType

import click

from index.delivering.trying import has_tried
from index.opening import Opened, open_for_filling
from index.progress import Progress, progress_shown
from index.report import EXIT_DONE
from index.sync.named_source import NamedSource, named_sources
from index.sync.syncing import Synced, exit_code, noted, sync_all, sync_source
from index.sync.watching import watch
from search.commands.context import TEXT, index_option, interruptible, json_option, loaded_settings
from search.errors import BackfileError, ConfigError, LedgerError
from search.loaded_settings import SOURCES
from search.settings import nearest

MOST_REMARKS = 20


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...", type=TEXT)
@index_option
@click.option("--plan", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--watch", "watching", is_flag=True, help="Run until stopped; each source has its own interval.")
@click.option("--allow-gone", is_flag=True, help="Delete what is gone, however much it is.")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="No progress bar and no warnings: only each source's failures, what --plan lists, and its summary.",
)
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
    is 3. A source that fails does not affect the others. With --watch, alerts and webhooks are sent after each sync,
    and Ctrl-C or SIGTERM ends it after the commit.

    \b
    Examples:
      backfile sync
      backfile sync website --plan
      backfile sync --watch
    """
    loaded = loaded_settings(ctx, index=index)
    known = named_sources(loaded.sources, loaded.folder)
    sources = _chosen(known, names)
    opened = open_for_filling(loaded.settings)
    ctx.call_on_close(opened.ledger.close)
    if not plan:
        _forget_others(opened, known)
    say = _say_json if as_json else _sayer(quiet)

    def show(source: NamedSource) -> Progress:
        return progress_shown(quiet=quiet or as_json, doing=source.name)

    def one(source: NamedSource) -> Synced:
        with show(source) as progress:
            return noted(sync_source(source, opened, progress=progress), opened)

    if watching:
        if plan:
            raise click.UsageError("--plan shows one state, and --watch goes on: use one of them", ctx)
        with interruptible(), _until_stopped() as wait:
            watch(sources, one, _alerting(opened, lambda synced: say(synced, timed=True)), wait=wait)
        return
    done: list[Synced] = []
    with interruptible():
        for synced in sync_all(sources, opened, plan=plan, allow_gone=allow_gone, show=show):
            done.append(synced)
            say(synced, timed=False)
    ctx.exit(exit_code(done))


def _forget_others(opened: Opened, sources: Sequence[NamedSource]) -> None:
    with suppress(LedgerError):  # the first run that is to be noted says so
        opened.ledger.syncs.keep_only(source.name for source in sources)


def _alerting(opened: Opened, say: Callable[[Synced], None]) -> Callable[[Synced], None]:
    """Says what became of a source, and then sends what is new to alerts and webhooks; what goes wrong there ends
    nothing."""

    def said(synced: Synced) -> None:
        say(synced)
        _send("alerts", partial(_send_alerts, opened))
        _send("webhooks", partial(_tell_webhooks, opened))

    return said


def _send(what: str, send: Callable[[], tuple[Sequence[str], str]]) -> None:
    """Sends, and says what became of it."""
    try:
        problems, sent = send()
    except BackfileError as error:
        click.echo(f"{what}: {error}", err=True)
        return
    for line in (*problems[:MOST_REMARKS], *filter(None, [sent])):
        click.echo(f"{what}: {line}", err=True)


def _send_alerts(opened: Opened) -> tuple[Sequence[str], str]:
    """What went wrong, and what was sent: "" for nothing."""
    if not opened.ledger.alerts.all():
        return (), ""
    from index.alerts.command import run_alerts, summary  # most archives have no alerts

    ran = run_alerts(opened.settings, opened.engine, opened.ledger)
    return ran.problems, summary(ran) if has_tried(ran) else ""


def _tell_webhooks(opened: Opened) -> tuple[Sequence[str], str]:
    """The same."""
    if not opened.ledger.webhooks.any():
        return (), ""
    from index.webhooks.running import run_webhooks, summary  # nor webhooks

    ran = run_webhooks(opened.settings, opened.engine, opened.ledger)
    return ran.problems, summary(ran) if has_tried(ran) else ""


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
