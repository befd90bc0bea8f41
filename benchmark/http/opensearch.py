"""OpenSearch, one node with 1 GB of heap. `benchmark.opensearch` says what it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmark.http.server import HITS, Asking, Request, ServerFailed, answer, records, wait_until
from benchmark.opensearch.cluster import Cluster
from benchmark.opensearch.installing import VERSION, missing
from benchmark.opensearch.node import FOR_MEASUREMENTS
from search.batching import in_batches

_BATCH: Final = 500
PLAIN_MAPPING: Final = {
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
        self._cluster: Cluster | None = None
        self.address = ""

    @property
    def renderings(self) -> Mapping[str, Asking]:
        return {self.label: _asked}

    def missing(self) -> str | None:
        return missing()

    def version(self) -> str:
        return VERSION

    def start(self, folder: Path) -> None:
        try:
            self._cluster = Cluster(folder, machine=FOR_MEASUREMENTS)
        except LookupError as error:
            raise ServerFailed(str(error)) from error
        self._cluster.start()
        [self.address] = self._cluster.urls

    def fill(self, articles: Path, count: int) -> None:
        answer(self.address, Request("PUT", "/news", json.dumps(PLAIN_MAPPING)))
        for batch in in_batches(records(articles), _BATCH):
            done = answer(self.address, Request("POST", "/news/_bulk", "".join(_bulk(batch))))
            if done["errors"]:
                refused = next(row["index"] for row in done["items"] if "error" in row["index"])
                raise ServerFailed(f"{self.label}: {refused['_id']} was refused: {str(refused['error'])[:300]}")
        answer(self.address, Request("POST", "/news/_refresh"))
        everything = Request("GET", "/news/_count")
        wait_until(lambda: answer(self.address, everything)["count"] == count, "every article found")

    def stop(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()


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
