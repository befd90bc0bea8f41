"""The files in which workers count: added up over all that ever lived, whatever ended them.

Each worker counts in files of its own, which are mapped into its memory (prometheus_client's multi-process mode). What
it has counted stays in them when it is killed. Its counts are then added to those of the dead, so that a server whose
workers are replaced again and again has no more files than one whose workers live; its gauges are forgotten.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Final

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_OF_THE_DEAD: Final = "0"
"""What stands in names of files for the number of a process; no worker has it."""


class WorkerFiles(Collector):
    """What the workers of this process count in a folder. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()

    def collect(self) -> Iterator[Metric]:
        """The sums over all workers that are or were, and the gauges of those that are."""
        with self._lock:
            self._settle()
            found = list(MultiProcessCollector(None, str(self._folder)).collect())
        yield from found

    def _settle(self) -> None:
        """Adds what dead workers counted to that of those that died before."""
        for path in sorted(self._folder.glob("*.db")):
            kind, _, process = path.stem.rpartition("_")
            if process == _OF_THE_DEAD or _is_running(int(process)):
                continue
            if not kind.startswith("gauge"):
                _add(path, self._folder / f"{kind}_{_OF_THE_DEAD}.db")
            path.unlink()


def _add(counted: Path, to: Path) -> None:
    sums = MmapedDict(str(to))
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(counted)):
            sums.write_value(key, sums.read_value(key)[0] + value, 0.0)
    finally:
        sums.close()


def _is_running(process: int) -> bool:
    """Whether that is a child of ours that has not ended. It stays for its parent to be waited for."""
    if sys.platform == "win32" or not hasattr(os, "waitid"):
        return _exists(process)
    try:
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


def _exists(process: int) -> bool:
    if sys.platform == "win32":
        return True  # there is one worker, and signal 0 would end it
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True
