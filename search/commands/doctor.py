"""`backfile doctor`: looks at everything an archive needs, and says what to do about what is wrong."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

import click

from search import native
from search.commands.context import index_option, json_option, loaded_settings
from search.commands.terminal import articles, one_line, window_width, wrapped
from search.engines import open_engine
from search.engines.protocols import Diagnosable, Engine, Finding, Health
from search.errors import BackfileError, ConfigError, IndexMissing
from search.meaning import require_encoder
from search.sections import load_section_order
from search.settings import DEFAULT_ORIGIN, LoadedSettings

_EXTRAS: Final = ("meaning", "opensearch", "evaluate")
_COLOURS: Final[dict[Health, str]] = {"ok": "green", "warning": "yellow", "problem": "red"}
_HEALTH_WIDTH: Final = 9


@click.command()
@index_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Look at the settings, the installation, the index and what that stands on, and say what to do where it is wrong.

    Each line is ok, a warning (something should be done some day) or a problem (something fails, or soon will). The
    exit code is 1 if there is a problem. Nothing is changed. `backfile check` reads the whole index besides.

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
    yield Finding("program", "ok", f"Backfile {version('backfile')}, Python {platform.python_version()}")
    yield _kernel()
    yield from _extras()
    try:
        loaded = loaded_settings(ctx, index=index)
    except ConfigError as error:
        yield Finding("settings", "problem", str(error), "change the setting; `backfile config` prints them all")
        return
    yield _settings(loaded)
    yield _model(loaded.settings.meaning_model)
    yield _section_map(loaded.settings.section_map)
    try:
        engine = open_engine(loaded.settings.index)
    except ConfigError as error:
        yield Finding("index", "problem", str(error), "change the setting index, or --index")
        return
    yield _index(engine)
    if isinstance(engine, Diagnosable):
        yield from engine.examine()


def _kernel() -> Finding:
    if native.kernel is not None:
        return Finding("kernel", "ok", "compiled")
    return Finding(
        "kernel", "warning", "not compiled, or of another version: everything works, only slower",
        "install a C compiler, and Backfile again; unset BACKFILE_PURE if it is set",
    )  # fmt: skip


def _extras() -> Iterator[Finding]:
    needed = requires("backfile") or []
    for extra in _EXTRAS:
        marker = re.compile(rf"""extra\s*==\s*['"]{extra}['"]""")
        names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed if marker.search(line)]
        absent = [name for name in names if not _is_installed(name)]
        found = "installed" if not absent else f"not installed: it lacks {', '.join(absent)}"
        yield Finding(f"extra {extra}", "ok", found)


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _settings(loaded: LoadedSettings) -> Finding:
    origins = sorted({origin for origin in loaded.origins.values() if origin != DEFAULT_ORIGIN})
    return Finding("settings", "ok", f"from {', '.join(origins)}" if origins else "all have their defaults")


def _model(folder: str) -> Finding:
    try:
        require_encoder(folder)
    except ConfigError as error:
        return Finding("model", "problem", str(error), "change the setting meaning_model")
    return Finding("model", "ok", folder or "none: the archive is not searched by meaning")


def _section_map(path: str) -> Finding:
    """Of the map only what a server needs: `backfile index` reads the rest."""
    try:
        order = load_section_order(path)
    except ConfigError as error:
        return Finding("section map", "problem", str(error), "change the file, or the setting section_map")
    found = f"{path}: {len(order.names):,} sections in order" if path else "none: sections are shown by their counts"
    return Finding("section map", "ok", found)


def _index(engine: Engine) -> Finding:
    try:
        with engine.searcher() as searcher:
            status = searcher.status()
    except IndexMissing as error:
        return Finding("index", "problem", str(error), "fill it with `backfile index`, `backfile copy` or a restore")
    except BackfileError as error:  # the message says what to do
        return Finding("index", "problem", str(error))
    committed = status.built_at.isoformat(timespec="seconds")
    found = f"{engine.url}: {articles(status.articles)}, generation {status.generation}, committed {committed}"
    if not status.articles:
        return Finding("index", "warning", found, "fill it with `backfile index`")
    return Finding("index", "ok", found)


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
