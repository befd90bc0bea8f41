"""Published clients of two other news search services, unchanged but for the address, at a real archive."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from livesite import sample_site
from node_packages import node_packages, run_node
from pynytimes import NYTAPI
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

SERVICE = "https://api.nytimes.com/svc/search/v2/"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample archive, served with the dialects by the real command."""
    with sample_site(tmp_path_factory.mktemp("compat"), compat="true") as address:
        yield address


def searched(archive: str, query_string: str) -> dict[str, Any]:
    """What the archive's own endpoint says."""
    with urlopen(f"{archive}/api/v1/search?facets=none&{query_string}") as answer:
        return dict(json.load(answer))


class ElsewhereAdapter(HTTPAdapter):
    """Sends what is meant for one service to the same addresses below another: all that a client has to be told."""

    def __init__(self, service: str, address: str) -> None:
        super().__init__()
        self._service, self._address = service, address

    def send(self, request: PreparedRequest, *args: Any, **named: Any) -> Response:
        assert request.url is not None
        request.url = request.url.replace(self._service, self._address, 1)
        return super().send(request, *args, **named)


@pytest.fixture
def nyt(archive: str) -> Iterator[NYTAPI]:
    session = Session()
    session.trust_env = False
    session.mount(SERVICE, ElsewhereAdapter(SERVICE, f"{archive}/compat/nyt/svc/search/v2/"))
    with NYTAPI("any-key", session=session, parse_dates=True) as client, session:
        yield client


def test_pynytimes_finds_what_the_archive_finds(archive: str, nyt: NYTAPI) -> None:
    own = searched(archive, "q=printing+press&per_page=10")
    found = nyt.article_search(query="printing press", results=10)
    assert [row["_id"] for row in found] == [hit["id"] for hit in own["hits"]]
    first, hit = found[0], own["hits"][0]
    assert first["headline"]["main"] == hit["title"]
    assert first["pub_date"].date().isoformat() == hit["published"][:10]
    assert first["abstract"] == hit["summary"]
    assert [row["value"] for row in first["keywords"]] == hit["tags"]


def test_pynytimes_goes_through_the_pages(archive: str, nyt: NYTAPI) -> None:
    own = searched(archive, "sort=oldest&per_page=30")
    options: Any = {"sort": "oldest"}
    found = nyt.article_search(options=options, results=30)
    assert [row["_id"] for row in found] == [hit["id"] for hit in own["hits"]]
    assert len(found) > 20


def test_pynytimes_narrows_by_dates_sections_and_subjects(archive: str, nyt: NYTAPI) -> None:
    dates = {"begin": datetime.date(1970, 1, 1), "end": datetime.date(1999, 12, 31)}
    options: Any = {"sort": "newest", "section_name": ["History", "Science"]}
    found = nyt.article_search(dates=dates, options=options, results=10)
    own = searched(archive, "section=History&section=Science&from=1970&to=1999&sort=newest")
    assert found
    assert [row["_id"] for row in found] == [hit["id"] for hit in own["hits"]]
    tag = next(hit["tags"][0] for hit in own["hits"] if hit["tags"])
    of_subject: Any = {"subject": [tag], "sort": "oldest"}
    assert nyt.article_search(options=of_subject)
    assert all(tag in [row["value"] for row in each["keywords"]] for each in nyt.article_search(options=of_subject))


def test_pynytimes_gets_an_error_for_what_the_archive_cannot_answer(nyt: NYTAPI) -> None:
    options: Any = {"sources": ["Reuters"], "fq": "word_count:100"}
    with pytest.raises(ValueError, match=r"(?i)invalid"):
        nyt.article_search(query="press", options=options)


def test_pynytimes_gets_no_article_where_there_is_none(nyt: NYTAPI) -> None:
    assert nyt.article_search(query="zzzzzzzz") == []


GUARDIAN = """
import guardian from "guardian-js";
const Client = guardian.default ?? guardian;
const client = new Client("any-key", false);
for (const endpoint of Object.values(client)) endpoint.base = process.argv[2];  // the address, and nothing else
const said = async (asked) => { try { return await asked(); } catch (error) { return { refused: String(error) }; } };
const found = await client.content.search("printing%20AND%20press", {
  showFields: "headline,body,wordcount", showTags: "all", pageSize: 5, orderBy: "oldest", fromDate: "1970-01-01",
});
console.log(JSON.stringify({
  found,
  either: await client.content.search("zzzzzz%20telegraph", {}),
  narrowed: await client.content.search("", { section: found.results[0].sectionId, orderBy: "newest" }),
  tagged: await client.content.search("", { tag: found.results[0].tags.find((tag) => tag.type == "keyword").id }),
  item: await client.item.getById(found.results[0].id),
  sections: await client.sections.search("", {}),
  missing: await said(() => client.item.getById("no/such/article")),
  beyond: await said(() => client.content.search("press", { page: 900 })),
  unanswered: await said(() => client.content.search("press", { starRating: 3 })),
}));
"""


def test_guardian_js_finds_what_the_archive_finds(archive: str) -> None:
    folder = node_packages("guardian-js@5.0.0")
    said = json.loads(run_node(folder, GUARDIAN, f"{archive}/compat/guardian"))
    own = searched(archive, "q=printing+AND+press&op=and&sort=oldest&per_page=5&from=1970-01-01")
    found = said["found"]
    assert (found["status"], found["total"], found["orderBy"]) == ("ok", own["total"], "oldest")
    assert [row["id"] for row in found["results"]] == [hit["id"] for hit in own["hits"]]
    first, hit = found["results"][0], own["hits"][0]
    assert first["fields"]["headline"] == hit["title"]
    assert "<p>" in first["fields"]["body"]
    assert int(first["fields"]["wordcount"]) > 50
    assert [tag["webTitle"] for tag in first["tags"] if tag["type"] == "keyword"] == hit["tags"]
    assert said["item"]["content"]["webTitle"] == hit["title"]
    assert said["either"]["total"] == searched(archive, "q=telegraph")["total"] > 0
    assert said["narrowed"]["total"] == searched(archive, f"section={quote(hit['sections'][0])}")["total"] > 0
    assert hit["id"] in [row["id"] for row in said["tagged"]["results"]]
    assert said["sections"]["total"] == len(said["sections"]["results"]) > 0
    for name in ("missing", "beyond", "unanswered"):
        assert set(said[name]) == {"refused"}, name
