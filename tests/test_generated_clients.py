"""Clients that others generate from the description of the endpoint: nothing is written by hand, and they work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from node_packages import node_packages

SETTINGS = """
post_hooks: []
content_type_overrides:
  application/atom+xml: text/plain
  application/rss+xml: text/plain
  application/opensearchdescription+xml: text/plain
  application/x-ndjson: application/octet-stream
"""
"""For the generator, which has no words for XML as text and for JSON by lines."""

PROGRAM = """
import json
import sys

from archive_client import Client, models
from archive_client.api.default import (
    article, coverage, export, facet, json_feed, related_to_draft, search, searches, status, suggest,
)

with Client(base_url=sys.argv[1], raise_on_unexpected_status=True) as client:
    found = search.sync(client=client, q="printing", section=["History"], facets=["section:3", "month"], per_page=3)
    assert isinstance(found, models.SearchResponse)
    first = found.hits[0]
    refused = search.sync(client=client, q="(" * 60)
    missing = article.sync_detailed("no/such", client=client)
    several = searches.sync(client=client, body=models.SearchesBody(searches=[
        models.SearchOfSeveral(q="press", per_page=2, facets=["none"]), models.SearchOfSeveral(q="(" * 60),
    ]))
    print(json.dumps({
        "total": found.total,
        "ids": [hit.id for hit in found.hits],
        "snippet": first.snippets[0].text,
        "facet": [value.count for value in found.facets[0].values],
        "interval": found.timeline.interval,
        "article": article.sync(first.id, client=client).title == first.title,
        "refused": [type(refused).__name__, refused.position],
        "missing": [missing.status_code, type(missing.parsed).__name__],
        "several": [several.answers[0].answer.total, several.answers[1].problem.status],
        "related": related_to_draft.sync(client=client, body=models.RelatedBody(text="A press in Mainz")).total > 0,
        "completions": len(suggest.sync(client=client, q="pri").completions) > 0,
        "articles": status.sync(client=client).index.articles,
        "values": len(facet.sync(models.FacetName.TAG, client=client).values) > 0,
        "compared": len(coverage.sync(client=client, q=["press", "mill"]).series),
        "feed": json_feed.sync(client=client).to_dict()["version"],
        "exported": export.sync_detailed(client=client, q="press").status_code,
    }))
"""

TYPED = """
import createClient from "openapi-fetch";
import type { components, paths } from "./archive.js";

const client = createClient<paths>({ baseUrl: process.argv[2] });

async function main(): Promise<void> {
  const { data, error } = await client.GET("/api/v1/search", {
    params: { query: { q: "printing", section: ["History"], sort: "relevance", facets: ["section:3"], per_page: 3 } },
  });
  if (data === undefined) throw new Error(error?.detail);
  const hits = data.hits;
  const one = await client.GET("/api/v1/articles/{id}", { params: { path: { id: "no-such" } } });
  const problem: components["schemas"]["Problem"] | undefined = one.error;
  const several = await client.POST("/api/v1/searches", {
    body: { searches: [{ q: "press", per_page: 2, facets: ["none"] }, { q: "(".repeat(60) }] },
  });
  const [press, refused] = several.data!.answers;
  // @ts-expect-error there is no such order, and the types know it
  await client.GET("/api/v1/search", { params: { query: { sort: "best" } } });
  console.log(JSON.stringify({
    total: data.total,
    ids: hits.map((hit) => hit.id),
    snippet: hits[0].snippets?.[0]?.text,
    facet: data.facets[0].values.map((value) => value.count),
    missing: [one.response.status, problem?.type],
    several: [press.answer?.total, refused.problem?.status],
  }));
}

main();
"""


PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@20.19.0")


def described(site: str) -> bytes:
    with urlopen(f"{site}/openapi.json") as answer:
        return bytes(answer.read())


def searched(site: str, query_string: str) -> dict[str, object]:
    with urlopen(f"{site}/api/v1/search?{query_string}") as answer:
        return dict(json.load(answer))


def agrees(said: dict[str, object], site: str) -> None:
    """What a client says is what the endpoint answers when it is asked by hand."""
    own: dict[str, object] = searched(site, "q=printing&section=History&facets=section:3&per_page=3")
    hits, facets = own["hits"], own["facets"]
    assert isinstance(hits, list)
    assert isinstance(facets, list)
    assert said["total"] == own["total"]
    assert said["ids"] == [hit["id"] for hit in hits]
    assert said["snippet"] == hits[0]["snippets"][0]["text"]
    assert said["facet"] == [value["count"] for value in facets[0]["values"]]
    assert said["several"] == [searched(site, "q=press")["total"], 400]


def test_a_client_for_python_is_generated_without_a_warning_and_works(site: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(described(site))
    (tmp_path / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none",
        "--config", "settings.yaml", "--output-path", "archive_client", "--fail-on-warning",
    ]  # fmt: skip
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", site], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    agrees(said, site)
    assert said["refused"] == ["Problem", 20]
    assert said["missing"] == [404, "Problem"]
    assert (said["article"], said["related"], said["completions"], said["values"]) == (True, True, True, True)
    assert (said["compared"], said["exported"]) == (2, 200)
    assert said["feed"] == "https://jsonfeed.org/version/1.1"


def test_a_client_for_typescript_is_generated_type_checks_and_works(site: str, tmp_path: Path) -> None:
    folder = node_packages(*PACKAGES)
    (tmp_path / "openapi.json").write_bytes(described(site))
    (tmp_path / "program.ts").write_text(TYPED, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    tools = folder / "node_modules" / ".bin"
    command = [tools / "openapi-typescript", "openapi.json", "-o", "archive.ts"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    checked = subprocess.run(
        [
            tools / "tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck",
            "--types", "node", "program.ts",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    done = subprocess.run(["node", "program.js", site], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    agrees(said, site)
    assert said["missing"] == [404, "urn:backfile:problem:not-found"]
