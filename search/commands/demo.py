"""`backfile demo`: the sample archive, indexed and served, so that a newcomer sees the whole in a minute."""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

_NOT_ARTICLES = "README.md"


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Where the index is put; by default in your cache.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.pass_context
def demo(ctx: click.Context, folder: Path | None, host: str | None, port: int | None) -> None:
    """Index the sample archive (some fifty short articles) and serve it until Ctrl-C. Prints the address.

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
        raise click.UsageError(f"the command {name} is not there")
    ctx.invoke(command, **arguments)


def _cache_folder() -> Path:
    """Where programs keep what can be made again: https://specifications.freedesktop.org/basedir-spec/ on Unix."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "backfile"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "backfile"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backfile"
