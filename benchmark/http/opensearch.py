"""OpenSearch, one node with 1 GB of heap, as Maven Central serves it: one archive with the server and its modules.

Needs Maven and Java 21 or later. The archive, 160 MB, is fetched once into Maven's own store.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmark.http.processes import end, finished, signals_put_off
from benchmark.http.server import HITS, Asking, Request, ServerFailed, answer, free_port, records, wait_until

VERSION: Final = "3.8.0"
OLDEST_JAVA: Final = 21
_BATCH: Final = 500
_JVM_FOLDER: Final = Path("/usr/lib/jvm")
_POM: Final = f"""<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>peer</artifactId>
<version>1</version><packaging>pom</packaging><dependencies><dependency>
<groupId>org.opensearch.distribution.integ-test-zip</groupId><artifactId>opensearch</artifactId>
<version>{VERSION}</version><type>zip</type></dependency></dependencies></project>"""
_UNUSED: Final = (
    "ingest-geoip", "ingest-user-agent", "opensearch-dashboards", "repository-url", "rule-framework", "transport-grpc",
)  # fmt: skip
_FLAGS: Final = (
    "-Xms1g", "-Xmx1g", "-Xss1m", "-XX:-OmitStackTraceInFastThrow", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
    "-Djna.nosys=true", "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0", "-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Djava.locale.providers=SPI,CLDR",
)  # fmt: skip
_MAPPING: Final = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0},
    "mappings": {
        "dynamic": False,  # what no question asks for is kept, not indexed
        "properties": {
            **{name: {"type": "text", "analyzer": "english"} for name in ("title", "summary")},
            "body": {"type": "text", "analyzer": "english", "index_options": "offsets"},
            **{name: {"type": "keyword"} for name in ("id", "url", "section", "author", "tags", "lang")},
            "published": {"type": "date"},
        },
    },
}


class OpenSearchServer:
    """See `benchmark.http.server.Server`."""

    label = "OpenSearch"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    @property
    def renderings(self) -> Mapping[str, Asking]:
        return {self.label: _asked}

    def missing(self) -> str | None:
        if shutil.which("mvn") is None:
            return "Maven (mvn), which fetches it, is not installed"
        if _java() is None:
            return f"it needs Java {OLDEST_JAVA} or later; name its folder in OPENSEARCH_JAVA_HOME"
        return None

    def version(self) -> str:
        return VERSION

    def start(self, folder: Path) -> None:
        folder = folder.resolve()
        folder.mkdir(parents=True)
        home = _installed(folder)
        port, inner = free_port(), free_port()
        self.address = f"http://127.0.0.1:{port}"
        for name in ("config", "tmp", "data"):
            (folder / name).mkdir()
        settings = {
            "cluster.name": "benchmark", "node.name": "only", "discovery.type": "single-node",
            "network.host": "127.0.0.1", "http.port": port, "transport.port": inner,
            "path.data": f"{folder}/data", "path.logs": str(folder),
            "cluster.routing.allocation.disk.threshold_enabled": False,
        }  # fmt: skip
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
        (folder / "config" / "opensearch.yml").write_text(lines, "utf-8")
        shutil.copy(home / "config" / "log4j2.properties", folder / "config")
        with (folder / "console.log").open("wb") as log, signals_put_off():
            self._process = subprocess.Popen(  # noqa: S603
                _command(home, folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            )
        health = Request("GET", "/_cluster/health")
        wait_until(lambda: answer(self.address, health)["status"] != "red", self.label, self._process)

    def fill(self, articles: Path, count: int) -> None:
        answer(self.address, Request("PUT", "/news", json.dumps(_MAPPING)))
        rows = records(articles)
        while batch := list(islice(rows, _BATCH)):
            done = answer(self.address, Request("POST", "/news/_bulk", "".join(_bulk(batch))))
            if done["errors"]:
                refused = next(row["index"] for row in done["items"] if "error" in row["index"])
                raise ServerFailed(f"{self.label}: {refused['_id']} was refused: {str(refused['error'])[:300]}")
        answer(self.address, Request("POST", "/news/_refresh"))
        everything = Request("GET", "/news/_count")
        wait_until(lambda: answer(self.address, everything)["count"] == count, "every article found", self._process)

    def stop(self) -> None:
        end(self._process)


def _asked(words: str) -> Request:
    query = {
        "query": {
            "combined_fields": {"query": words, "operator": "and", "fields": ["title^5", "summary", "body"]},
        },
        "size": HITS,
        "track_total_hits": True,
        "_source": ["id", "title", "url", "published", "section", "author", "lang", "summary"],
        "aggs": {
            **{name: {"terms": {"field": name, "size": 10}} for name in ("section", "author", "tags", "lang")},
            "timeline": {"date_histogram": {"field": "published", "calendar_interval": "month", "min_doc_count": 1}},
        },
        "highlight": {"fields": {"title": {"number_of_fragments": 0}, "body": {"number_of_fragments": 3}}},
    }
    # Without the first, the same question again is answered from a cache of counts.
    return Request("POST", "/news/_search?request_cache=false", json.dumps(query))


def _bulk(batch: list[dict[str, Any]]) -> Iterator[str]:
    for row in batch:
        kept = {name: value for name, value in row.items() if value}
        if "T" in (row["published"] or ""):  # it refuses offsets beyond 18 hours, which a site has by mistake
            kept["published"] = datetime.fromisoformat(row["published"]).astimezone(UTC).isoformat()
        kept["section"] = [" > ".join(path) for path in row["section"]]
        yield json.dumps({"index": {"_id": row["id"][:500]}}) + "\n" + json.dumps(kept) + "\n"


@cache
def _java() -> str | None:
    """A Java that is new enough."""
    homes = [os.environ.get("OPENSEARCH_JAVA_HOME"), os.environ.get("JAVA_HOME"), *sorted(_JVM_FOLDER.glob("*"))]
    for java in [shutil.which("java"), *(f"{home}/bin/java" for home in homes if home)]:
        if java is None or not os.access(java, os.X_OK):
            continue
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
        found = re.search(r'version "(\d+)', said)
        if found and int(found[1]) >= OLDEST_JAVA:
            return java
    return None


def _installed(folder: Path) -> Path:
    """The unpacked server, below that folder."""
    (folder / "pom.xml").write_text(_POM, "utf-8")
    target = f"-DoutputDirectory={folder}"
    fetched = finished(["mvn", "-B", "-q", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies", target])
    if fetched.returncode:
        raise ServerFailed(f"Maven cannot fetch OpenSearch: {fetched.stdout[-500:]}")
    archive = folder / f"opensearch-{VERSION}.zip"
    shutil.unpack_archive(archive, folder)
    archive.unlink()
    home = folder / f"opensearch-{VERSION}"
    for name in _UNUSED:
        shutil.rmtree(home / "modules" / name, ignore_errors=True)
    return home


def _command(home: Path, folder: Path) -> list[str]:
    # It refuses to run as root; in a user namespace of its own, root looks like any other user.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    before = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if is_root else []
    return [
        *before, _java() or "java", *_FLAGS, f"-javaagent:{home}/agent/opensearch-agent.jar",
        f"-Djava.io.tmpdir={folder / 'tmp'}", f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={folder / 'config'}",
        "-Dopensearch.distribution.type=zip", "-Dopensearch.bundled_jdk=false",
        "-cp", f"{home}/lib/*", "org.opensearch.bootstrap.OpenSearch",
    ]  # fmt: skip
