"""What is said of answers from which a part of a cluster is missing, and of counts that cannot be exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from archives import fill, over
from clusters import archive_on, through
from small_servers import Answer, Seen, before, passed_on

from search.document import Document
from search.engines import open_engine
from search.engines.plan import FacetPlan, Plan
from search.errors import EngineError
from search.query.match import MatchAll
from search.request.request import FacetRequest, SearchRequest
from search.settings import Settings
from webui import create_app

MANY = [
    Document(f"{number:04}", "flood", tags=(f"tag {number:04}", f"tag {number % 1_500:04}"), language="en")
    for number in range(4_000)
]
"""Articles with so many tags that no shard lists them all at first, and most of them as frequent as the others."""


@pytest.fixture(scope="module")
def many_tags(opensearch: str) -> Iterator[str]:
    """The URL of such articles in three shards."""
    with archive_on(opensearch, shards=3) as url:
        fill(open_engine(url), *MANY)
        yield url


def test_counts_of_many_values_over_several_shards_are_exact(many_tags: str) -> None:
    memory = fill(open_engine("memory:"), *MANY)
    for size in (3, 10, 2_000):
        plan = Plan(MatchAll(), facets=(FacetPlan("tag", size, selected=("tag 3999", "none")),), limit=0)
        with memory.searcher() as expected, open_engine(many_tags).searcher() as found:
            assert found.search(plan).facets == expected.search(plan).facets


def changed(change: Callable[[dict[str, Any]], None], opensearch: str) -> Callable[[Seen], Answer | None]:
    """Passes searches on, and changes each of the answers."""

    def respond(seen: Seen) -> Answer | None:
        if seen.path != "/_msearch":
            return None
        answer = passed_on(seen, opensearch)
        content = json.loads(answer.body)
        for each in content["responses"]:
            change(each)
        return Answer(answer.status, json.dumps(content).encode(), answer.headers)

    return respond


def lose_a_shard(answer: dict[str, Any]) -> None:
    answer["_shards"]["successful"] -= 1


def doubt(answer: dict[str, Any]) -> None:
    for facet in answer.get("aggregations", {}).values():
        if "values" in facet:
            facet["values"]["doc_count_error_upper_bound"] = 10**6


def test_an_answer_without_a_shard_is_an_error(many_tags: str, opensearch: str) -> None:
    with before(opensearch, changed(lose_a_shard, opensearch)) as server:
        archive = over(open_engine(through(many_tags, server.place) + "&timeout=2"))
        with pytest.raises(EngineError, match="1 of 3 shards"):
            archive.search(SearchRequest(q="flood"))
        with pytest.raises(EngineError):
            archive.suggest("flo")


def test_an_answer_without_a_shard_is_marked_and_not_kept_where_the_operator_allows_it(
    many_tags: str, opensearch: str
) -> None:
    with before(opensearch, changed(lose_a_shard, opensearch)) as server:
        url = through(many_tags, server.place) + "&timeout=2&partial=allow"
        client = create_app(Settings.model_validate({"index": url}), open_engine(url)).test_client()
        answer = client.get("/api/v1/search?q=flood")
        assert answer.status_code == 200
        assert answer.json["partial"] is True
        assert "parts of the index did not answer: hits and counts are incomplete" in answer.json["warnings"]
        assert "no-store" in answer.headers["Cache-Control"]
        assert client.get("/").status_code == 503, "what the archive holds is never shown in part"
        whole = over(open_engine(many_tags + "&partial=allow")).search(SearchRequest(q="flood"))
        assert whole.partial is False


def test_a_count_that_may_be_too_low_is_said_to_be(many_tags: str, opensearch: str) -> None:
    with before(opensearch, changed(doubt, opensearch)) as server:
        archive = over(open_engine(through(many_tags, server.place)))
        found = archive.search(SearchRequest(q="flood", facets=(FacetRequest("tag", 5),)))
    assert [warning for warning in found.warnings if "Tag" in warning and "too low" in warning]
    assert found.total == len(MANY)
