"""The process that `backfile serve` starts beside its workers, so that what is sent to it is written, and webhooks are
told."""

from __future__ import annotations

import logging.config
import os
import signal
from collections.abc import Mapping
from typing import Any

from index.inbox.running import write_what_comes
from index.webhooks.telling import Telling
from search.processes import set_by_signals
from search.settings import Settings


def write_beside(settings: Settings, logs: Mapping[str, Any]) -> None:
    """Writes what comes, and tells webhooks, as far as the settings have it, until SIGTERM, or until the process that
    started this one is gone; Ctrl-C is for that one.

    `logs` is the configuration of its log.
    """
    logging.config.dictConfig(dict(logs))
    stopped = set_by_signals(signal.SIGTERM)
    parent = os.getppid()

    def wait(seconds: float) -> bool:
        return stopped.wait(seconds) or os.getppid() != parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not settings.inbox:
        Telling(settings).watch(wait)
        return
    if settings.webhooks:
        Telling(settings).start()
    write_what_comes(settings, wait)
