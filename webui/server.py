"""Serves the app with several worker processes, limits on requests, and a stop that lets running requests finish.

Granian speaks HTTP. This module adds what it lacks: it refuses a port in use, picks a free port for 0, announces the
address once the site answers, and stops the workers if their parent is killed.
"""

from __future__ import annotations

import errno
import faulthandler
import gc
import logging.config
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.common import AbstractServer

from search.engines import open_engine
from search.errors import BackfileError, ConfigError, EngineError
from search.ledger import ledger_of
from search.meaning import require_encoder
from search.processes import ctrl_c_held_back
from search.query_log.counter import end_counting
from search.sections import load_section_order
from search.settings import Settings
from search.variants import load_variants
from webui.logs import configuration
from webui.metrics.exporting import exported, forget_files
from webui.writer_beside import WriterBeside

if TYPE_CHECKING:
    from webui.site import Site

MAX_WORKERS: Final = 4
"""The most workers that are started by default, however many cores there are."""
THREADS: Final = 256
"""Of each worker: one searches at a time, most others wait for their turn (see `webui.turns`), which costs nothing, and
the rest answers what needs no search."""
MAX_CONNECTIONS: Final = 512
"""Open connections of one worker, idle ones included; others wait in the queue of the socket."""
MAX_HEAD_BYTES: Final = 65_536
IDLE_MILLISECONDS: Final = 10_000
"""How long a connection may take to send the head of its next request."""
DRAIN_SECONDS: Final = 30
"""How long requests may take to finish after the signal to stop."""
_log = logging.getLogger("backfile.server")
_START_SECONDS: Final = 60.0
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to call, not what to bind


class PortInUse(BackfileError):
    """Another program listens on the port."""

    title = "The port is in use"


def serve(settings: Settings, announce: Callable[[str], object]) -> None:
    """Serves until SIGTERM or SIGINT, then lets the running requests finish and returns.

    Calls `announce` once, with the address of the site, as soon as it answers. Port 0 stands for any free port.
    Raises PortInUse, ConfigError, BackfileError.
    """
    if settings.index.startswith("memory:"):
        raise ConfigError("an index in memory belongs to one process and cannot be served; name one on disk")
    require_encoder(settings.meaning_model)
    load_section_order(settings.section_map)  # a mistake ends the command, and not each worker
    load_variants(settings.variants)
    logging.config.dictConfig(configuration(settings))
    _warn_without_index(settings.index)
    if settings.client_requests_per_minute and settings.public_url and not settings.trusted_proxies:
        _log.warning("all readers behind one proxy count as one client; name the proxy in trusted_proxies")
    if not settings.query_log:
        _end_counting(settings)
    port = claimed_port(settings.host, settings.port)
    server = _server(settings, port)
    writer = WriterBeside(settings)
    address = site_address(settings.host, port)
    server.on_startup(lambda: threading.Thread(target=_announce, args=(address, announce), daemon=True).start())
    # The default differs between platforms, and a process with threads must not be forked.
    multiprocessing.set_start_method("spawn", force=True)
    if settings.inbox or settings.webhooks:
        writer.start()
    try:
        with exported(settings):
            server.serve(target_loader=partial(load_app, settings), wrap_loader=False)
    finally:
        writer.stop()


def _warn_without_index(index: str) -> None:
    """Logs why searches cannot be answered yet. The server starts nevertheless, and its pages tell readers."""
    try:
        open_engine(index).generation()
    except EngineError as error:
        _log.warning("%s; until searches can be answered, the pages say so", error)


def _end_counting(settings: Settings) -> None:
    """Forgets what was counted of today when the query log was switched off, and logs whether anything is kept."""
    try:
        ledger = ledger_of(open_engine(settings.index), settings)
        if end_counting(ledger, settings.time_zone, settings.query_log_least):
            _log.info("queries are not counted; `backfile queries --forget` deletes what was counted before")
    except EngineError as error:
        _log.warning("what was counted of today's queries cannot be forgotten: %s", error)


def load_app(settings: Settings) -> Flask:
    """The app, in a worker process, ready to answer."""
    from webui import create_app, telemetry
    from webui.site import site_of

    faulthandler.enable()
    _follow_parent()
    app = create_app(settings, workers=worker_count(settings))
    site = site_of(app)
    site.archive.follow()
    if site.queries is not None:
        site.queries.start()
    for template in ("home.html", "search.html", "article.html"):
        app.jinja_env.get_template(template)
    if settings.metrics:
        _measure(site)
    if telemetry.is_wanted(os.environ):
        telemetry.install(app, telemetry.exporting(os.environ))
    _collect_young_garbage_only()
    return app


def _measure(site: Site) -> None:
    from prometheus_client import CollectorRegistry  # only a server with metrics needs it

    from webui.metrics import sampling
    from webui.metrics.meters import Meters

    meters = Meters(CollectorRegistry())
    site.observers.append(meters)
    sampling.start(site, meters)


def _collect_young_garbage_only() -> None:
    """Keeps the collections of garbage short; call it once all that stays is loaded.

    What an answer leaves behind is nearly all freed at once, since it is in no cycle; a rest that Jinja leaves is
    young. What stays grows by some thousand objects a search, all of them words that were analysed: with Python's usual
    thresholds, going through all of them took up to 170 ms, and a fifth of the time of all searches.
    """
    gc.collect()
    gc.freeze()
    # The young after 5,000 objects: 1 to 4 ms. All the others after 10,000 times as many, some 20,000 searches.
    gc.set_threshold(5_000, 10_000, 10)


def claimed_port(host: str, port: int) -> int:
    """The port if nothing listens on it, or a free one for 0. Raises PortInUse, ConfigError.

    Granian opens its sockets with SO_REUSEPORT, so without this check two archives would answer in turn.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(f"host {host!r} is no address of this machine; try 127.0.0.1") from error
    except OSError as error:
        raise _refusal(error, host, port) from error


def site_address(host: str, port: int) -> str:
    """The address of the site for a browser on this machine."""
    name = _WILDCARDS.get(host, host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def worker_count(settings: Settings) -> int:
    """The number that is set, else one for each core, at most MAX_WORKERS. On Windows, Granian can run only one."""
    if sys.platform == "win32":
        return 1
    return settings.workers or min(os.cpu_count() or 1, MAX_WORKERS)


class _Server(Granian):  # type: ignore[valid-type, misc]  # granian picks the class for the build of Python
    """Granian with workers that ignore Ctrl-C; the parent stops them.

    A terminal sends Ctrl-C to all processes, and a worker that is still importing modules would print a traceback.
    """

    index = ""
    """The URL of the index, which may be what a worker has ended of."""

    def _spawn_workers(self, *args: Any) -> None:
        with ctrl_c_held_back():
            super()._spawn_workers(*args)

    def _respawn_workers(self, *args: Any, **options: Any) -> None:
        _log_damage(self.index)
        with ctrl_c_held_back():
            super()._respawn_workers(*args, **options)


def _server(settings: Settings, port: int) -> AbstractServer[Any]:
    server = _Server(
        "backfile",
        address=settings.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=worker_count(settings),
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        backpressure=MAX_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_MILLISECONDS, max_buffer_size=MAX_HEAD_BYTES),
        log_level=LogLevels.warning,
        log_dictconfig=configuration(settings),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=DRAIN_SECONDS,
    )
    server.index = settings.index
    return cast("AbstractServer[Any]", server)


def _log_damage(index: str) -> None:
    """Logs which file of the index is not as it was committed. Files are mapped: the system ends a process that reads
    where one was cut off."""
    try:
        open_engine(index).generation()
    except EngineError as error:
        _log.error("a worker has ended and is started anew: %s", error)


def _refusal(error: OSError, host: str, port: int) -> BackfileError:
    match error.errno:
        case errno.EADDRINUSE:
            return PortInUse(f"port {port} on {host} is in use; stop what listens there or choose another with --port")
        case errno.EACCES:
            return BackfileError(f"port {port} on {host} is not for this user; choose one above 1023 with --port")
        case errno.EADDRNOTAVAIL:
            return ConfigError(f"host {host!r} is no address of this machine; try 127.0.0.1")
        case _:
            return BackfileError(f"cannot listen on {host}, port {port}: {error.strerror or error}")


def _announce(address: str, announce: Callable[[str], object]) -> None:
    """Announces the address once a worker accepts connections, or never if none does."""
    host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            announce(address)
            return


def _follow_parent() -> None:
    """Stops this worker gracefully if its parent is killed."""
    if sys.platform == "win32":
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        forget_files()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
