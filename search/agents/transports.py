"""How clients reach the tools: over the standard streams of a process that they start, or over HTTP.

HTTP is stateless: each request is answered for itself with JSON, so any number of processes may stand behind a proxy.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import anyio
import uvicorn
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.errors import BackfileError, ConfigError

PATH: Final = "/mcp"
MAX_BODY_BYTES: Final = 1_000_000
"""The longest request; a draft of the greatest length fits, in any script."""
MAX_CONNECTIONS: Final = 128
MAX_HEAD_BYTES: Final = 65_536
REQUEST_SECONDS: Final = 60.0
"""How long a request may take, the sending of its body included."""
IDLE_SECONDS: Final = 10
DRAIN_SECONDS: Final = 30
_OWN_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def log_to_stderr(level: str) -> None:
    """Logs to standard error; standard output is for the protocol. Of the libraries only what went wrong."""
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for library in ("mcp", "uvicorn", "anyio", "asyncio", "sse_starlette"):
        logging.getLogger(library).setLevel(logging.ERROR)


def serve_stdio(server: Server[Any]) -> None:
    """Answers on the standard streams until standard input ends."""

    async def answer() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(answer)


def serve_http(
    server: Server[Any], host: str, port: int, allowed: Sequence[str], announce: Callable[[str], object]
) -> None:
    """Answers at `http://HOST:PORT/mcp` until SIGTERM or SIGINT, then lets running requests finish.

    Calls `announce` with the address once it listens; port 0 stands for any free port. `allowed` are the names by
    which clients may call it, besides those of this machine. Raises ConfigError, BackfileError.
    """
    with _listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{listener.getsockname()[1]}{PATH}")
        config = uvicorn.Config(
            application(server, allowed),
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        )
        for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn sends it again when all requests are answered
            signal.signal(number, lambda *_: None)
        uvicorn.Server(config).run(sockets=[listener])


def application(server: Server[Any], allowed: Sequence[str] = ()) -> ASGIApp:
    """The server over HTTP. A request must name a host that is known, and come from no page of another site: else a
    page that a reader opens could ask a server on the reader's own machine (DNS rebinding)."""
    hosts = [*_OWN_NAMES, *allowed]
    manager = StreamableHTTPSessionManager(
        server,
        json_response=True,
        stateless=True,
        max_request_body_size=MAX_BODY_BYTES,
        security_settings=TransportSecuritySettings(
            allowed_hosts=[*hosts, *(f"{host}:*" for host in hosts)],
            allowed_origins=[
                f"{scheme}://{host}{port}" for scheme in ("http", "https") for host in hosts for port in ("", ":*")
            ],
        ),
    )
    # Without sessions nothing is ever sent unasked, so there is no stream to open and none to close.
    route = Route(PATH, StreamableHTTPASGIApp(manager), methods=["POST"])
    return partial(_in_time, Starlette(routes=[route], lifespan=lambda _: manager.run()))


async def _in_time(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Gives a request up that takes too long, such as one whose body comes a byte at a time."""
    if scope["type"] != "http":
        await app(scope, receive, send)
        return
    has_begun = False

    async def sending(message: Message) -> None:
        nonlocal has_begun
        has_begun = True
        await send(message)

    with anyio.move_on_after(REQUEST_SECONDS) as limit:
        await app(scope, receive, sending)
    if limit.cancelled_caught and not has_begun:
        await PlainTextResponse("the request took too long\n", 408)(scope, receive, send)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ConfigError, BackfileError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(f"host {host!r} is no address of this machine; try 127.0.0.1") from error
    except OSError as error:
        reason = error.strerror or error
        raise BackfileError(f"cannot listen on {host}, port {port}: {reason}; choose another with --port") from error
