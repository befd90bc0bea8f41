"""Groups of commands that are imported when they are called, and what a person sees when one of them fails.

Commands are named in strings, so that this package imports neither `index` nor `webui`, and the help of the whole does
not wait for a web server. Failures that are foreseen end here: as one line on standard error and an exit code.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import click

from search.errors import BackfileError
from search.named import imported

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells count it: 128 + SIGINT."""
PIPE_CLOSED: Final = 141
"""The exit code where nobody reads the output any more, as shells count it: 128 + SIGPIPE."""

_OUTPUT_ERRORS: Final = {
    code for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO") if (code := getattr(errno, name, None)) is not None
}
_COLOURS: Final = {"--color": True, "--no-color": False}


def color_option() -> click.Option:
    """`--color/--no-color`, which every command takes; `LazyGroup` acts on it, wherever it stands."""
    return click.Option(
        ["--color/--no-color"],
        default=None,
        expose_value=False,
        help="Colours; by default on a terminal, unless NO_COLOR is set.",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A command: where it is ("module:attribute"), its heading in the help, and what it does."""

    target: str
    heading: str
    summary: str


class LazyGroup(click.Group):
    """A group whose commands are `rows`, imported on use and listed under their headings. Alone it prints its help."""

    def __init__(self, *args: Any, rows: Mapping[str, Row], **settings: Any) -> None:
        super().__init__(*args, **{"no_args_is_help": False, "invoke_without_command": True} | settings)
        self.rows = rows
        self.params.append(color_option())

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.rows:
            return None
        command = imported(self.rows[cmd_name].target)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.rows[cmd_name].target} is not a command")
        if not any("--no-color" in parameter.secondary_opts for parameter in command.params):
            command.params.append(color_option())
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

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if parent is None:
            extra.setdefault("color", _asked_colour(args))
        with _failures_told(extra.get("color")):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _failures_told(ctx.color):
            result = super().invoke(ctx)
            if ctx.invoked_subcommand is None:
                click.echo(ctx.get_help())
            return result


def _asked_colour(args: list[str]) -> bool | None:
    """Whether the last of `--color` and `--no-color` wants colours; None leaves it to the terminal.

    Read before anything else is, so that it holds for errors in the command line as well.
    """
    flags = args[: args.index("--")] if "--" in args else args
    asked = [_COLOURS[flag] for flag in flags if flag in _COLOURS]
    if asked:
        return asked[-1]
    return False if os.environ.get("NO_COLOR") else None


@contextmanager
def _failures_told(color: bool | None) -> Iterator[None]:
    """Turns each failure of the block into a line on standard error and click's `Exit`, which carries the code."""
    try:
        yield
    except BackfileError as error:
        _complain(str(error), color)
        raise click.exceptions.Exit(error.exit_code) from error
    except click.UsageError as error:
        _complain(_in_our_form(error.format_message()), color)
        if error.ctx is not None:
            _say(f"see `{error.ctx.command_path} --help`")
        raise click.exceptions.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        _say("interrupted")
        raise click.exceptions.Exit(INTERRUPTED) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            _drop_output()
            raise click.exceptions.Exit(PIPE_CLOSED) from error
        if error.errno not in _OUTPUT_ERRORS or error.filename is not None:
            raise
        _drop_output()
        _complain(f"the output cannot be written ({error.strerror})", color)
        raise click.exceptions.Exit(1) from error


def _complain(message: str, color: bool | None) -> None:
    _say(f"{click.style('error', fg='red', bold=True)}: {message}", color)


def _say(line: str, color: bool | None = None) -> None:
    with suppress(OSError):  # the exit code still tells
        click.echo(line, err=True, color=color)


def _in_our_form(message: str) -> str:
    """Click's sentence as our errors are written: on one line, in lower case, without a full stop."""
    line = re.sub(r"\.? \(?Did you mean (.+?)\?\)?$", r"; did you mean \1?", " ".join(message.split()))
    return f"{line[:1].lower()}{line[1:].removesuffix('.')}"


def _drop_output() -> None:
    """Sends what is still buffered nowhere: writing it at the end of the process would fail once more."""
    with suppress(OSError, ValueError, AttributeError):  # standard output may be closed, or no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
