"""`backfile serve`: the site and the endpoint, from the command line."""

from __future__ import annotations

import click

from search.commands.context import index_option, loaded_settings


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 for every network.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(0, 64), help="Processes; 0 for one per core, at most 4.")
@click.option("--public-url", metavar="URL", help="Address readers use, where a proxy stands before the server.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much to log.")
@index_option
@click.pass_context
def serve(ctx: click.Context, /, **flags: object) -> None:
    """Serve the site and the JSON endpoint until Ctrl-C or SIGTERM.

    Prints the address once it answers; requests are logged on standard error, one JSON object a line.
    An index that is written to meanwhile shows within a second; one that is not there yet is waited for.

    \b
    Examples:
      backfile serve
      backfile serve --index whoosh:/var/lib/backfile --port 8000 --workers 4
      backfile serve --host 0.0.0.0 --public-url https://archive.example.org
    """
    from webui.server import serve as run

    run(loaded_settings(ctx, **flags).settings, click.echo)
