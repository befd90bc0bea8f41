"""`backfile mcp`: lets agents search and read the archive, over the Model Context Protocol."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Final

import click

from search.commands.context import index_option, loaded_settings, opened_archive
from search.errors import ConfigError

PORT: Final = 8081
"""The usual port over HTTP; that of the site is its neighbour."""
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]")


def _hosts(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not _HOST.fullmatch(name):
            raise click.BadParameter(f"{name!r} must be a host such as agents.news.example, without scheme and port")
    return names


@click.command()
@click.option("--http", is_flag=True, help="Serve over HTTP, at /mcp, instead of over the standard streams.")
@click.option("--host", metavar="ADDRESS", help="With --http: address to listen on. Default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65_535), help=f"With --http: port to listen on. Default: {PORT}.")
@click.option(
    "--allow", multiple=True, metavar="NAME", callback=_hosts, help="With --http: a host name that clients may call."
)
@index_option
@click.pass_context
def mcp(
    ctx: click.Context, http: bool, host: str | None, port: int | None, allow: tuple[str, ...], index: str | None
) -> None:
    """Let agents search and read the archive, over the Model Context Protocol (MCP).

    Over the standard streams until they end, as clients on this machine start it; with --http until Ctrl-C or SIGTERM.
    It only reads. It has no login: whoever can reach it can read the archive. Needs the extra backfile[mcp].

    \b
    Examples:
      backfile mcp --index whoosh:/srv/archive/archive
      backfile mcp --http --port 8081 --allow agents.news.example
    """
    if not http and (host or port is not None or allow):
        raise click.UsageError("--host, --port and --allow go with --http")
    if find_spec("mcp") is None:
        raise ConfigError("this command needs the MCP library; install it with `pip install 'backfile[mcp]'`")
    from search.agents.server import make_server
    from search.agents.transports import log_to_stderr, serve_http, serve_stdio

    log_to_stderr(loaded_settings(ctx, index=index).settings.log_level)
    archive = opened_archive(ctx, index, by_meaning=True)
    archive.follow(only_reads=True)  # so that what is taken down is let go of, though nobody asks
    server = make_server(archive)
    if http:
        serve_http(server, host or "127.0.0.1", PORT if port is None else port, allow, click.echo)
    else:
        serve_stdio(server)
