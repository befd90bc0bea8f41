"""Serves `/metrics` from the parent of the workers, at an address of its own.

So readers cannot reach it, it answers when all workers are busy or dead, and one scrape has the sums over all of them.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.errors import BackfileError
from search.settings import Settings

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder of the workers' files; they inherit it."""
_log = logging.getLogger("backfile.server")


@contextmanager
def exported(settings: Settings) -> Iterator[None]:
    """Serves the metrics of the workers that are started in the block; nothing if the setting `metrics` is "".

    Raises BackfileError if the address cannot be listened on, or if there is no place for the files.
    """
    if not settings.metrics:
        yield
        return
    folder = _made_folder()
    before, os.environ[FOLDER] = os.environ.get(FOLDER), str(folder)
    try:
        with _served(settings, folder):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(FOLDER)
        if before is not None:
            os.environ[FOLDER] = before


def forget_files() -> None:
    """Deletes the folder, for a worker whose parent was killed and cannot."""
    if folder := os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def _made_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="backfile-metrics-"))
    except OSError as error:
        reason = error.strerror or error
        raise BackfileError(f"metrics need a folder for temporary files, and none can be made ({reason})") from error


@contextmanager
def _served(settings: Settings, folder: Path) -> Iterator[None]:
    from prometheus_client import CollectorRegistry, start_http_server  # only a server with metrics needs it

    from webui.metrics.filling import Filling
    from webui.metrics.worker_files import WorkerFiles

    registry = CollectorRegistry()
    registry.register(WorkerFiles(folder))
    registry.register(Filling(settings))
    host, _, port = settings.metrics.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), registry)
    except OSError as error:
        reason = error.strerror or error
        raise BackfileError(f"cannot serve metrics at {settings.metrics}: {reason}") from error
    _log.info("metrics are at http://%s:%s/metrics", host, server.server_port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
