"""Names are found across spellings on a cluster as they are by the local engines."""

from __future__ import annotations

from pathlib import Path

from archives import NOW, fill
from clusters import archive_on
from test_spellings import ARTICLES, FILE

from search.archive import Archive
from search.engines import open_engine
from search.request.request import FacetRequest, SearchRequest
from search.results.response import SearchResponse
from search.settings import Settings

QUERIES = (
    "karabakh", '"war in karabakh"', "nagorno karabakh", '="kiev"', "winter -kyiv", "title:kiev", "beijing", "北京大学",
    "kiev OR bombay", '"karabakh war"~2',
)  # fmt: skip


def test_a_cluster_finds_names_in_the_same_spellings_with_the_same_counts(opensearch: str, tmp_path: Path) -> None:
    (tmp_path / "variants.toml").write_text(FILE, encoding="utf-8")
    settings = Settings(variants=str(tmp_path / "variants.toml"))
    local = Archive(fill(open_engine("memory:"), *ARTICLES), settings, clock=lambda: NOW)
    with archive_on(opensearch) as url:
        cluster = Archive(fill(open_engine(url), *ARTICLES), settings, clock=lambda: NOW)
        for q in QUERIES:
            request = SearchRequest(q=q, operator="and", per_page=50, facets=(FacetRequest("section", 10),))
            assert told(cluster.search(request)) == told(local.search(request))
        assert [hit.id for hit in cluster.search(SearchRequest(q="kiev")).hits][:2] == ["kiev", "kyiv"]
        cluster.close()


def told(response: SearchResponse) -> object:
    """All that must agree, whatever the scores."""
    marked = {hit.id: hit.title_html for hit in response.hits}
    return marked, response.total, response.facets, response.query
