"""`backfile demo`: the sample archive, indexed and served, to show a newcomer everything within a minute."""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

_NOT_ARTICLES = "README.md"


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Folder for the index; by default in your cache folder."
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.pass_context
def demo(ctx: click.Context, folder: Path | None, host: str | None, port: int | None) -> None:
    """Index the sample archive of some fifty short articles, serve it until Ctrl-C, and print the address.

    \b
    Examples:
      backfile demo
      backfile demo --port 0 --folder demo-archive
    """
    index = f"whoosh:{folder or _cache_folder() / 'demo'}"
    sample = sorted(str(entry) for entry in Path(str(files("index"))).joinpath("sample").iterdir() if _is_input(entry))
    _call(ctx, "index", paths=tuple(sample), index=index, rebuild=True)
    _call(ctx, "serve", index=index, host=host, port=port, workers=1)


def _is_input(entry: Path) -> bool:
    return entry.name != _NOT_ARTICLES and not entry.name.startswith(("_", "."))


def _call(ctx: click.Context, name: str, **arguments: Any) -> None:
    group = ctx.find_root().command
    command = group.get_command(ctx, name) if isinstance(group, click.Group) else None
    if command is None:
        raise click.UsageError(f"there is no command {name!r}")
    ctx.invoke(command, **arguments)


def _cache_folder() -> Path:
    """The folder for files that can be made again; on Unix see https://specifications.freedesktop.org/basedir-spec/."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "backfile"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "backfile"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backfile"
