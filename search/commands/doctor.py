"""`backfile doctor`: looks at everything an archive needs, and says what to do about what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import click

from search.commands.context import index_option, json_option, loaded_settings
from search.commands.terminal import articles, one_line, window_width, wrapped
from search.doctor import configured, installation, remembered, replica
from search.doctor.examined import Examined
from search.engines import open_engine
from search.engines.protocols import CAPABILITIES, Diagnosable, Engine, Finding, Health
from search.errors import BackfileError, ConfigError, IndexMissing
from search.loaded_settings import LoadedSettings
from search.named import Named

LIMIT_SECONDS: Final = 30.0
"""How long one check may take: a disk or a server that hangs must not hang the doctor."""
_COLOURS: Final[dict[Health, str]] = {"ok": "green", "warning": "yellow", "problem": "red"}
_HEALTH_WIDTH: Final = 9

Check = Callable[[], Iterator[Finding]]


@click.command()
@index_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Look at the installation, the settings, the index, its ledger and sources, and say how to mend what is wrong.

    Each line is ok, a warning (something should be done some day) or a problem (something fails, or soon will). The
    exit code is 1 if there is a problem, and 0 if there are only warnings. Nothing is changed. `backfile check` reads
    the whole index besides.

    \b
    Examples:
      backfile doctor
      backfile doctor --index opensearch://search.example:9200/archive --json
    """
    findings = list(_findings(ctx, index))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(findings)))
    if any(finding.health == "problem" for finding in findings):
        ctx.exit(1)


def _findings(ctx: click.Context, index: str | None) -> Iterator[Finding]:
    """What each check finds, one after another: those of the installation, of the settings, and of the archive."""
    now = datetime.now(UTC)
    for name, check in INSTALLATION.items():
        yield from bounded(name, check)
    yield from bounded("time zones", partial(installation.time_zones, now))
    try:
        loaded = loaded_settings(ctx, index=index)
    except ConfigError as error:
        yield Finding("settings", "problem", str(error), "change the setting; `backfile config` prints them all")
        return
    for name, of_settings in SETTINGS.items():
        yield from bounded(name, partial(of_settings, loaded))
    try:
        engine = open_engine(loaded.settings.index)
    except ConfigError as error:
        yield Finding("index", "problem", str(error), "change the setting index, or --index")
        return
    examined = Examined(loaded, engine, now)
    for name, of_archive in ARCHIVE.items():
        yield from bounded(name, partial(of_archive, examined))


def bounded(name: str, check: Check, seconds: float | None = None) -> Iterator[Finding]:
    """What a check finds until its time is up; that it took too long is a problem, and so is that it failed."""
    found: SimpleQueue[Finding | Exception | None] = SimpleQueue()
    Thread(target=_examine, args=(check, found), daemon=True).start()
    limit = LIMIT_SECONDS if seconds is None else seconds
    while True:
        try:
            finding = found.get(timeout=limit)
        except Empty:
            advice = "see whether the disk or the server that it is on hangs"
            yield Finding(name, "problem", f"no answer within {limit:g} s", advice)
            return
        if finding is None:
            return
        if isinstance(finding, Exception):
            said = f"it cannot be looked at ({type(finding).__name__}: {finding})"[:300]
            yield Finding(name, "problem", said, "look at it yourself, and report this")
            return
        yield finding


def _examine(check: Check, found: SimpleQueue[Finding | Exception | None]) -> None:
    try:
        for finding in check():
            found.put(finding)
    except Exception as error:  # noqa: BLE001 - a check that fails must not hide what the others find
        found.put(error)
    else:
        found.put(None)


def _index(archive: Examined) -> Iterator[Finding]:
    yield _opened(archive.engine)


def _foundation(archive: Examined) -> Iterator[Finding]:
    if isinstance(archive.engine, Diagnosable):
        yield from archive.engine.examine()


def _opened(engine: Engine) -> Finding:
    try:
        with engine.searcher() as searcher:
            status, capabilities = searcher.status(), searcher.capabilities
    except IndexMissing as error:
        return Finding("index", "problem", str(error), "fill it with `backfile index`, `backfile copy` or a restore")
    except BackfileError as error:  # the message says what to do
        return Finding("index", "problem", str(error))
    committed = status.built_at.isoformat(timespec="seconds")
    found = f"{engine.url}: {articles(status.articles)}, generation {status.generation}, committed {committed}"
    if not status.articles:
        return Finding("index", "warning", found, "fill it with `backfile index`")
    lacking = sorted(CAPABILITIES - capabilities)
    return Finding("index", "ok", found + (f"; it cannot do: {', '.join(lacking)}" if lacking else ""))


INSTALLATION: Final[Mapping[str, Check]] = {
    "program": installation.program,
    "packages": installation.packages,
    "kernel": installation.kernel,
    "extras": installation.extras,
}
SETTINGS: Final[Mapping[str, Callable[[LoadedSettings], Iterator[Finding]]]] = {
    "settings": configured.origins,
    "model": configured.model,
    "section map": configured.section_map,
    "variants": configured.variants,
    "address": configured.address,
    "desk": configured.desk,
    "processes": configured.processes,
    "deadline": configured.deadline,
    "query log": configured.query_log,
}
ARCHIVE: Final[Mapping[str, Callable[[Examined], Iterator[Finding]]]] = {
    "index": _index,
    "foundation": _foundation,
    "replica": replica.replica,
    "ledger": remembered.ledger,
    "signing keys": remembered.signing_keys,
    "clock": remembered.clock,
    "sources": Named("index.doctor:sources"),
    "inbox": Named("index.doctor:inbox"),
    "alerts": Named("index.doctor:alerts"),
    "webhooks": Named("index.doctor:webhooks"),
}
"""What is looked at, in this order, and the function for each."""


def _lines(findings: list[Finding]) -> Iterator[str]:
    width = window_width()
    column = max(len(finding.what) for finding in findings) + 2
    rest = " " * (_HEALTH_WIDTH + column)
    for finding in findings:
        health = click.style(f"{finding.health:<{_HEALTH_WIDTH}}", fg=_COLOURS[finding.health])
        first = f"{health}{one_line(finding.what):<{column}}"
        yield from wrapped(one_line(finding.found), width, first=first, rest=rest)
        if finding.advice and finding.health != "ok":
            yield from wrapped(one_line(finding.advice), width, first=f"{rest}→ ", rest=f"{rest}  ")
