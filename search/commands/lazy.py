"""Groups of commands that are imported when they are called: by name, so that this package knows no other.

Help and completion of the whole do not wait for a web server to be imported.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import click

from search.errors import BackfileError

INTERRUPTED: Final = 130
"""The exit code of a program that Ctrl-C ended, as shells count it: 128 + SIGINT."""


@dataclass(frozen=True, slots=True)
class Row:
    """A command: where it is ("module:attribute"), under which heading of the help it stands, and what it does."""

    target: str
    heading: str
    summary: str


class LazyGroup(click.Group):
    """A group whose commands are `rows`, imported on use; the help lists them under their headings, in that order."""

    def __init__(self, *args: Any, rows: Mapping[str, Row], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.rows = rows

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.rows:
            return None
        module, _, attribute = self.rows[cmd_name].target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.rows[cmd_name].target} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.rows and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self.rows, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "there are " + ", ".join(self.rows)
            raise click.UsageError(f"no such command {name[:80]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for heading in dict.fromkeys(row.heading for row in self.rows.values()):
            with formatter.section(heading):
                formatter.write_dl([(name, row.summary) for name, row in self.rows.items() if row.heading == heading])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BackfileError as error:
            click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
