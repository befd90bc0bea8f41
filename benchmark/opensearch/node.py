"""One server process, with the folder of its data and its settings."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmark.http.processes import LONGEST_STOP, end, signals_put_off
from benchmark.http.server import ServerFailed, wait_until


@dataclass(frozen=True, slots=True)
class JavaMachine:
    """How the Java machine of a node runs: its heap, as in "512m", and its flags."""

    heap: str
    flags: tuple[str, ...] = ()


FOR_TESTS: Final = JavaMachine("512m", ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"))
"""Starts in about half the processor time, since it does not optimise what it compiles: not for measurements."""
FOR_MEASUREMENTS: Final = JavaMachine("1g")

_FLAGS: Final = (
    "-Xss1m", "-XX:-OmitStackTraceInFastThrow", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
    "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true", "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Djava.locale.providers=SPI,CLDR",
    # Without native calls the server does not refuse to run as root, as tests do in many containers.
    "-Djna.nosys=true", "-Djna.nounpack=true",
)  # fmt: skip
_LOG_CHARACTERS: Final = 2_000


class Node:
    """A node that listens on this machine only. It can be started, killed, held still, and started again on its data.

    `java` and `home` are the paths of Java and of the unpacked server, `settings` those of `opensearch.yml`.
    """

    def __init__(
        self, java: str, home: Path, folder: Path, settings: Mapping[str, object], machine: JavaMachine
    ) -> None:
        self._folder = folder
        self._log = folder / "console.log"
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("config", "tmp", "data"):
            (folder / name).mkdir(parents=True)
        places = {"path.data": f"{folder}/data", "path.logs": str(folder), "network.host": "127.0.0.1"}
        lines = (f"{name}: {json.dumps(value)}\n" for name, value in {**places, **settings}.items())
        (folder / "config" / "opensearch.yml").write_text("".join(lines), "utf-8")
        shutil.copy(home / "config" / "log4j2.properties", folder / "config")
        self._command = [
            *_leash(), java, f"-Xms{machine.heap}", f"-Xmx{machine.heap}", *machine.flags, *_FLAGS,
            f"-javaagent:{home}/agent/opensearch-agent.jar", f"-Djava.io.tmpdir={folder / 'tmp'}",
            f"-Dopensearch.path.home={home}", f"-Dopensearch.path.conf={folder / 'config'}",
            "-Dopensearch.distribution.type=zip", "-Dopensearch.bundled_jdk=false",
            "-cp", f"{home}/lib/*", "org.opensearch.bootstrap.OpenSearch",
        ]  # fmt: skip

    @property
    def is_running(self) -> bool:
        """Whether its process exists; one that is held still does."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of its process. Raises ServerFailed if it does not run."""
        if self._process is None or not self.is_running:
            raise ServerFailed(f"the node in {self._folder} does not run:\n{self.said()}")
        return self._process.pid

    def start(self) -> None:
        """Starts its process, and does not wait until it answers. Call it in the main thread: see `_leash`."""
        if self.is_running:
            return
        with self._log.open("ab") as log, signals_put_off():
            self._process = subprocess.Popen(  # noqa: S603
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder
            )

    def kill(self) -> None:
        """Ends it as a failing machine does: at once, whatever it is doing."""
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None  # noqa: S101 - or `pid` had raised
        self._process.wait(LONGEST_STOP)

    def hold(self) -> None:
        """Stops it from running; its connections stay open and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def release(self) -> None:
        """Lets it run on after `hold`."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ends it in good order if it runs. May be called more than once."""
        if self.is_running:
            self.release()
        end(self._process)

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        """Waits until that is done. Raises ServerFailed, with the end of its log, if it ends or takes too long."""
        try:
            wait_until(done, what, self._process)
        except ServerFailed as error:
            raise ServerFailed(f"{error}\n{self.said()}") from error

    def said(self) -> str:
        """The end of what it wrote into its log."""
        return self._log.read_text("utf-8", errors="replace")[-_LOG_CHARACTERS:] if self._log.exists() else ""


def _leash() -> list[str]:
    """Has Linux kill a process when the thread that started it ends, so that none is left even after SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
