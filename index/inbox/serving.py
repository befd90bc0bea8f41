"""The process that `backfile serve` starts beside its workers, so that what is sent to it is written, and webhooks are
told."""

from __future__ import annotations

import logging.config
import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

from index.inbox.running import write_what_comes
from index.webhooks.telling import Telling
from search.settings import Settings


def write_beside(settings: Settings, logs: Mapping[str, Any]) -> None:
    """Writes what comes, and tells webhooks, as far as the settings have it, until SIGTERM, or until the process that
    started this one is gone; Ctrl-C is for that one.

    `logs` is the configuration of its log.
    """
    logging.config.dictConfig(dict(logs))
    stopped = threading.Event()
    parent = os.getppid()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    def wait(seconds: float) -> bool:
        return stopped.wait(seconds) or os.getppid() != parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    if not settings.inbox:
        Telling(settings).watch(wait)
        return
    if settings.webhooks:
        Telling(settings).start()
    write_what_comes(settings, wait)
