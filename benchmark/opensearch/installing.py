"""Where Java and the server are; the server is fetched once, from the archive that its developers publish to Maven."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from benchmark.http.processes import finished

VERSION: Final = "3.8.0"
OLDEST_JAVA: Final = 21
_JVM_FOLDER: Final = Path("/usr/lib/jvm")
_POM: Final = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId> <artifactId>server</artifactId> <version>1</version> <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.opensearch.distribution.integ-test-zip</groupId> <artifactId>opensearch</artifactId>
      <version>{VERSION}</version> <type>zip</type>
    </dependency>
  </dependencies>
</project>
"""
_UNUSED: Final = (
    "ingest-geoip", "ingest-user-agent", "opensearch-dashboards", "repository-url", "rule-framework", "transport-grpc",
)  # fmt: skip
"""Modules that make a start longer and that nothing here asks for."""


def missing() -> str | None:
    """Why no server can be started here; None if one can, as far as that is known without fetching it."""
    try:
        java()
    except LookupError as error:
        return str(error)
    return None if _home().is_dir() else unfetchable()


def unfetchable() -> str | None:
    """Why the server cannot be fetched; None if it can, as far as that is known without trying."""
    try:
        _maven()
    except LookupError as error:
        return str(error)
    return None


@cache
def java() -> str:
    """The path of a Java that is new enough. Raises LookupError, with the reason, if there is none."""
    homes = [os.environ.get("OPENSEARCH_JAVA_HOME"), os.environ.get("JAVA_HOME"), *sorted(_JVM_FOLDER.glob("*"))]
    for path in [*(f"{home}/bin/java" for home in homes if home), shutil.which("java")]:
        if path is None or not os.access(path, os.X_OK):
            continue
        said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
        found = re.search(r'version "(\d+)', said)
        if found and int(found[1]) >= OLDEST_JAVA:
            return path
    raise LookupError(
        f"OpenSearch needs Java {OLDEST_JAVA} or later, which is not installed; "
        "if it is in a folder of its own, name that in OPENSEARCH_JAVA_HOME"
    )


def installed() -> Path:
    """The folder of the server. It is fetched and unpacked first if it is not there; of two processes, one does it.

    Raises LookupError, with the reason, if it cannot be had.
    """
    home = _home()
    if home.is_dir():
        return home
    maven = _maven()
    home.parent.mkdir(parents=True, exist_ok=True)
    with _alone(home.parent / "lock"):
        if not home.is_dir():
            for cut_off in home.parent.glob("installing-*"):
                shutil.rmtree(cut_off, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="installing-", dir=home.parent) as work:
                _fetched(maven, Path(work)).rename(home)  # whole, or not at all
    return home


def _home() -> Path:
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder, "backfile", "opensearch", VERSION).absolute()


def _maven() -> str:
    maven = shutil.which("mvn")
    if maven is None:
        raise LookupError("OpenSearch is fetched with Maven (mvn), which is not installed")
    return maven


def _fetched(maven: str, work: Path) -> Path:
    """The unpacked server, below the folder `work`."""
    pom = work / "pom.xml"
    pom.write_text(_POM, "utf-8")
    done = finished([maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={work}"])
    if done.returncode:
        raise LookupError(f"Maven cannot fetch OpenSearch {VERSION}: {done.stdout[-500:].strip()}")
    shutil.unpack_archive(work / f"opensearch-{VERSION}.zip", work)
    home = work / f"opensearch-{VERSION}"
    for name in _UNUSED:
        shutil.rmtree(home / "modules" / name, ignore_errors=True)
    return home


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Waits until no other process is in such a block with that file."""
    try:
        import fcntl
    except ImportError as error:
        raise LookupError("clusters are started on Linux and macOS only") from error
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
