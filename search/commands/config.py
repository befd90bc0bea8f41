"""`backfile config`: the settings in force and where each of them comes from."""

from __future__ import annotations

import json

import click

from search.commands.context import index_option, json_option, loaded_settings
from search.engines import open_engine
from search.settings import LoadedSettings, Settings


@click.command()
@index_option
@json_option
@click.pass_context
def config(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Print every setting, its value and its origin: a file, a variable, a flag, or the default.

    The output without origins is what a backfile.toml may hold.

    \b
    Examples:
      backfile config
      BACKFILE_PORT=9000 backfile config --json
    """
    loaded = loaded_settings(ctx, index=index)
    open_engine(loaded.settings.index)  # touches nothing on disk, and refuses an engine that does not exist
    click.echo(_as_json(loaded) if as_json else _as_table(loaded))


def _as_json(loaded: LoadedSettings) -> str:
    values = loaded.settings.model_dump(mode="json")
    return json.dumps({"settings": values, "origins": dict(loaded.origins)}, ensure_ascii=False)


def _as_table(loaded: LoadedSettings) -> str:
    lines = {name: f"{name} = {_as_toml(getattr(loaded.settings, name))}" for name in Settings.names()}
    width = max(map(len, lines.values()))
    return "\n".join(f"{line:<{width}}  # {loaded.origins[name]}" for name, line in lines.items())


def _as_toml(value: object) -> str:
    # A JSON string, number or list of strings is written the same in TOML.
    return json.dumps(value, ensure_ascii=False)
