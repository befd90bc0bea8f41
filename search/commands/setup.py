"""The commands that help to set Backfile up: `config` shows the settings in force, `completion` serves the shell."""

from __future__ import annotations

import json

import click
from click.shell_completion import get_completion_class

from search.commands.context import index_option, json_option, loaded_settings
from search.engines import open_engine
from search.loaded_settings import LoadedSettings


@click.command()
@index_option
@json_option
@click.pass_context
def config(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Print every setting with its value and its origin: a file, a variable, a flag, or the default.

    Without --json, what is printed is a valid backfile.toml, with the origins as comments.

    \b
    Examples:
      backfile config
      BACKFILE_PORT=9000 backfile config --json
    """
    loaded = loaded_settings(ctx, index=index)
    open_engine(loaded.settings.index)  # touches nothing on disk, and refuses an engine that does not exist
    click.echo(_as_json(loaded) if as_json else _as_table(loaded))


def _as_json(loaded: LoadedSettings) -> str:
    return json.dumps({"settings": loaded.settings.shown(), "origins": dict(loaded.origins)}, ensure_ascii=False)


def _as_table(loaded: LoadedSettings) -> str:
    lines = {name: f"{name} = {_as_toml(value)}" for name, value in loaded.settings.shown().items()}
    width = max(map(len, lines.values()))
    return "\n".join(f"{line:<{width}}  # {loaded.origins[name]}" for name, line in lines.items())


def _as_toml(value: object) -> str:
    # Strings, numbers and lists of strings are written the same in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Put one of these into your shell's start-up file:
      eval "$(backfile completion bash)"
      eval "$(backfile completion zsh)"
      backfile completion fish | source
    """
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(script(ctx.find_root().command, {}, "backfile", "_BACKFILE_COMPLETE").source())
