"""The state of a worker, looked at once a second: what no request tells."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Final

from search.errors import EngineError
from webui.metrics.meters import Meters
from webui.site import Site

SECONDS: Final = 1.0
"""How old what a gauge says may be."""


def start(site: Site, meters: Meters) -> None:
    """Samples now, and from then on in a thread, as long as the process lives."""
    meters.workers.set(1)
    sample(site, meters)
    threading.Thread(target=_run, args=(site, meters), name="backfile-metrics", daemon=True).start()


def sample(site: Site, meters: Meters) -> None:
    """Sets the gauges to what is the case now; what the engine does not know stays 0."""
    archive = site.archive
    meters.waiting.set(site.turns.waiting)
    meters.kept_bytes.set(site.answers.bytes_held)
    meters.ready.set(0)
    with suppress(EngineError):  # `ready` says so
        with archive.pinned() as pinned:
            status = pinned.status
        meters.articles.set(status.articles)
        meters.segments.set(status.segments or 0)
        meters.commit.set(status.commit or 0)
        meters.built_at.set(status.built_at.timestamp())
        meters.ready.set(archive.problem is None)
    meters.snapshots.set(archive.open_snapshots)


def _run(site: Site, meters: Meters) -> None:
    while True:
        time.sleep(SECONDS)
        sample(site, meters)
