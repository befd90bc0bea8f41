"""`backfile completion`: the script that makes a shell complete this command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


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
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(found(ctx.find_root().command, {}, "backfile", "_BACKFILE_COMPLETE").source())
