"""`backfile serve`: serves the site and the endpoint."""

from __future__ import annotations

import click

from search.commands.context import index_option, loaded_settings


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 is every network.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes any that is free.")
@click.option("--workers", type=click.IntRange(0, 64), help="Worker processes; 0: one per core, at most 4.")
@click.option("--public-url", metavar="URL", help="Address that readers use, if the server is behind a proxy.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much to log.")
@index_option
@click.pass_context
def serve(ctx: click.Context, /, **flags: object) -> None:
    """Serve the site and the JSON endpoint until Ctrl-C or SIGTERM.

    Prints the address as soon as it answers. Requests are logged on standard error: as readable lines on a terminal,
    elsewhere as one JSON object per line. New commits show within a second. If there is no index yet, the log and the
    pages say so until there is one.

    \b
    Examples:
      backfile serve
      backfile serve --index whoosh:/var/lib/backfile --port 8000 --workers 4
      backfile serve --host 0.0.0.0 --public-url https://archive.example.org
    """
    from webui.server import serve as run

    run(loaded_settings(ctx, **flags).settings, click.echo)
