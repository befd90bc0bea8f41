"""The site and the endpoint over an archive on a cluster: as readers and services have them, on real sockets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from archives import fill, news, over
from clusters import archive_on, through
from conftest import ARTICLES, with_sample
from livesite import Reader, reader_of, sample_site
from playwright.sync_api import Browser, expect
from proxy import Proxy, proxy_to
from small_servers import SmallServer, before
from steady import without_chance
from test_browser_search import choice, follow, tally, titles

from search.archive import Archive
from search.assist.subject import Subject
from search.document import Document
from search.engines import open_engine
from search.request.request import Filters, SearchRequest
from search.results.as_json import json_bytes
from search.schema import MISSING


@pytest.fixture(scope="module")
def cluster_url(opensearch: str) -> Iterator[str]:
    """The URL of the sample archive on a cluster."""
    with archive_on(opensearch) as url:
        with_sample(open_engine(url))
        yield url


@pytest.fixture(scope="module")
def site_on_cluster(opensearch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample archive, indexed into a cluster and served by the real commands."""
    with archive_on(opensearch) as url, sample_site(tmp_path_factory.mktemp("site"), url) as address:
        yield address


@pytest.mark.browser
def test_a_reader_searches_narrows_and_reads_an_archive_on_a_cluster(browser: Browser, site_on_cluster: str) -> None:
    with reader_of(browser, site_on_cluster) as reader:
        travel(reader)


def travel(reader: Reader) -> None:
    page = reader.open("/")
    page.get_by_role("combobox", name="Search the archive").fill("press")
    follow(page, page.get_by_role("button", name="Search", exact=True))
    assert tally(page) >= len(titles(page)) > 1
    assert {mark.lower() for mark in page.locator(".snippet mark").all_inner_texts()} & {"press", "presses"}
    all_found = titles(page)
    value = choice(page, "Section", "Printing")
    counted = int(value.locator(".choice-count").inner_text())
    follow(page, value)
    assert tally(page) == counted < len(all_found)
    page.go_back()
    page.get_by_text("Show as a table").click()
    row = page.locator(".chart-table tbody tr").first
    in_period = int(row.locator("td").first.inner_text())
    follow(page, row.get_by_role("link"))
    assert tally(page) == in_period
    page.go_back()
    assert titles(page) == all_found
    follow(page, page.locator(".results .hit-title a").first)
    expect(page.locator("h1")).to_contain_text(all_found[0])
    assert page.locator("article mark").count() > 0
    follow(page, page.locator(".related").get_by_role("link").first)
    expect(page.locator("h1")).not_to_contain_text(all_found[0])
    reader.open("/search")
    follow(page, page.get_by_role("link", name=re.compile("[Nn]ext")).first)
    expect(page).to_have_url(re.compile("page=2"))
    assert len(titles(page)) == 10


def fetched(address: str, kind: str = "application/json") -> tuple[int, str, Any]:
    """The status, the content type and the content of an answer."""
    try:
        with urlopen(Request(address, headers={"Accept": kind}), timeout=60) as answer:
            status, headers, body = answer.status, answer.headers, answer.read()
    except HTTPError as error:
        status, headers, body = error.code, error.headers, error.read()
    is_json = "json" in (headers["Content-Type"] or "")
    return status, headers["Content-Type"], json.loads(body) if is_json else body.decode()


QUESTIONS = (
    "q=press&per_page=5", "q=printing+press", "q=%22moveable+type%22", "q=pres*&sort=newest", "q=gutenburg~", "q=",
    "q=press&section=History&facet=author", "q=flood&from=1990&to=2020", "q=zzyzx", "q=press&page=2", "q=a*",
    "q=press&group=story", "q=press+-type&explain=true", "q=%28press+OR+river%29+lang%3Aen&sort=oldest",
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("path", ["/api/v1/search", "/search.atom", "/search.csv", "/search.json"])
def test_the_endpoint_gives_the_same_answers_as_over_a_local_index(
    path: str, question: str, site: str, site_on_cluster: str
) -> None:
    local, remote = (plain(fetched(f"{address}{path}?{question}"), address) for address in (site, site_on_cluster))
    assert remote == local


def plain(answer: tuple[int, str, Any], address: str) -> tuple[int, str, Any]:
    """An answer without what may differ: times, generations, and the last digits of scores."""
    status, kind, content = answer
    if not isinstance(content, str):
        return status, kind, without_chance(content, address)
    content = re.sub(r"<updated>[^<]*</updated>", "", content.replace(address, ""))
    return status, kind, re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.4g}", content)


@pytest.fixture
def network(opensearch: str) -> Iterator[Proxy]:
    """A network to the cluster that fails on demand."""
    with proxy_to(opensearch) as proxy:
        yield proxy


def test_without_its_cluster_the_endpoint_says_so_and_comes_back_by_itself(
    cluster_url: str, network: Proxy, tmp_path: Path
) -> None:
    url = through(cluster_url, network.address.partition("://")[2]) + "&timeout=2"
    with sample_site(tmp_path, url, filled=True) as address:
        assert fetched(f"{address}/api/v1/search?q=press")[2]["total"] > 0
        network.cut()
        status, kind, problem = fetched(f"{address}/api/v1/search?q=river")
        assert (status, kind) == (503, "application/problem+json")
        assert "hits" not in problem
        assert fetched(f"{address}/search?q=lantern", "text/html")[0] == 503
        network.mend()
        deadline = time.monotonic() + 60
        while (answer := fetched(f"{address}/api/v1/search?q=ink"))[0] == 503 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert answer[0] == 200
        assert answer[2]["total"] > 0


# How many trips a page takes


@pytest.fixture
def way(opensearch: str) -> Iterator[SmallServer]:
    """A server on the way to the cluster, which remembers every request."""
    with before(opensearch, lambda _: None) as server:
        yield server


@pytest.fixture
def travelled(opensearch: str, way: SmallServer) -> Iterator[Archive]:
    """A few hundred articles of few words, reached by way of that server, their commit read already."""
    with archive_on(opensearch) as url:
        bridges = (Document(f"bridge {number}", "A bridge over the river") for number in range(40))
        fill(open_engine(url), *news(300), *bridges)
        archive = over(open_engine(through(url, way.place)))
        archive.status()
        way.seen.clear()
        yield archive


def trips(way: SmallServer) -> int:
    """How often something was asked for since the last time, but for whether there is a newer commit."""
    asked = [path for path in way.paths() if not path.endswith("/_doc/commit")]
    way.seen.clear()
    return len(asked)


@pytest.mark.parametrize(
    ("request_", "first", "again"),
    [
        (SearchRequest(q="w1"), 2, 1),
        (SearchRequest(q="w1 OR w2 OR w3 -w4"), 2, 1),
        (SearchRequest(q='"w1 w2" OR w3'), 2, 1),
        (SearchRequest(), 1, 1),
        (SearchRequest(q="w1", sort="newest", page=2), 2, 1),
        (SearchRequest(q="w10*"), 3, 1),
        (SearchRequest(q="w1", group="story"), 3, 2),
        (SearchRequest(q="w1", explain=True), 3, 2),
    ],
    ids=lambda value: (value.q or "all") if isinstance(value, SearchRequest) else str(value),
)
def test_a_page_takes_two_trips_and_one_when_its_words_are_known(
    request_: SearchRequest, first: int, again: int, travelled: Archive, way: SmallServer
) -> None:
    for most in (first, again):
        found = travelled.search(request_)
        assert found.hits
        assert found.facets
        assert found.timeline is not None
        assert trips(way) == most


def test_a_list_that_is_filled_up_takes_two_trips_more(travelled: Archive, way: SmallServer) -> None:
    found = travelled.search(SearchRequest(q="w1 w2 w3 w4 w5 w6"))
    assert found.filled is not None
    assert trips(way) <= 4, "all words, for which their numbers are asked for first, most of them, and joined words"


def test_corrections_take_a_few_trips_more(travelled: Archive, way: SmallServer) -> None:
    found = travelled.search(SearchRequest(q="bridgr river"))
    assert found.suggestions.did_you_mean
    assert trips(way) <= 8, "a filled up list, near words, words split in two, and what all of these find, at once"


def test_relaxations_are_counted_in_one_trip(travelled: Archive, way: SmallServer) -> None:
    request_ = SearchRequest(q='w1 w2 "w3 w4 w5"', operator="and")
    assert len(travelled.search(request_).suggestions.relax) > 1
    trips(way)
    travelled.search(request_)
    assert trips(way) <= 3, "the page, joined words, and all relaxations"


def test_a_page_asks_for_the_texts_of_its_hits_alone(travelled: Archive, way: SmallServer) -> None:
    travelled.search(SearchRequest(q="w1"))
    sent = [line for seen in way.seen if seen.path == "/_msearch" for line in seen.body.splitlines()]
    searches = [search for line in sent if "query" in (search := json.loads(line))]
    assert [search["size"] for search in searches if search.get("_source")] == [10]
    assert {search["size"] for search in searches if not search.get("_source")} == {0}


# The same archive, asked through everything above the seam


@pytest.fixture(scope="module")
def both(opensearch: str) -> Iterator[tuple[Archive, Archive]]:
    """The sample and the articles made by hand, in memory and on a cluster of three shards."""
    with archive_on(opensearch, shards=3) as url:
        engines = open_engine("memory:"), open_engine(url)
        for engine in engines:
            fill(with_sample(engine), *ARTICLES)
        yield over(engines[0]), over(engines[1])


ASKED = (
    "press", "flod brige", '"old bridge"', "bridges~", "br?dge* -closed", "title:flood", "heading:river", "brücke",
    "Brucke", "東京", "新聞社", "in*", "??", "[x+y].*", "🗞 press", "ılık", "été", "مدينة", "U.S.", "COP-29", "post-war",
    "=SUM(A1)",
    "author:doe", "tag:river OR section:Opinion", "date:2024-07", "lang:de", "NOT flood", "flood^3 river", "the of and",
    "printing press in the city of mainz", " ".join(f"word{n}" for n in range(200)),
    '"' + " ".join(["the", "press"] * 25) + '"', "id", "%", "zzyzx qwfp",
)  # fmt: skip


@pytest.mark.parametrize("text", ASKED, ids=range(len(ASKED)))
def test_everything_above_the_seam_is_the_same(text: str, both: tuple[Archive, Archive]) -> None:
    for request_ in (
        SearchRequest(q=text),
        SearchRequest(q=text, sort="newest", group="story", per_page=5),
        SearchRequest(q=text, page=2, per_page=3),
    ):
        local, remote = (without_chance(json.loads(json_bytes(archive.search(request_)))) for archive in both)
        assert remote == local, text
    first, second = (json.loads(json_bytes(archive.suggest(text[:80]))) for archive in both)
    assert second == first


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(q="", sort="newest", per_page=7),
        SearchRequest(q="", sort="oldest", per_page=50),
        SearchRequest(q="press OR paper OR river OR flood OR odd", per_page=3),
        SearchRequest(q="the press of the river", per_page=5),
    ],
    ids=lambda request_: f"{request_.q or 'all'} {request_.sort}",
)
def test_a_cursor_goes_through_all_hits_once(request_: SearchRequest, both: tuple[Archive, Archive]) -> None:
    walks = []
    for archive in both:
        names: list[str] = []
        at: str | None = "*"
        while at is not None:
            found = archive.search(replace(request_, cursor=at))
            names += [hit.id for hit in found.hits]
            following = re.search(r"cursor=([^&]+)", found.links.next or "")
            at = following[1] if following else None
        assert len(set(names)) == len(names) == found.total
        walks.append(names)
    assert walks[0] == walks[1]


NARROWED = (
    SearchRequest(q="flood", keywords=(("section", Filters(("Odd", MISSING), ("Opinion",))),)),
    SearchRequest(keywords=(("lang", Filters(("de", "fr"))), ("author", Filters((), (MISSING,))))),
    SearchRequest(q="press", start=date(1980, 1, 1), end=date(2010, 12, 31), time_zone="Pacific/Chatham"),
    SearchRequest(q="bridge OR flood", periods=("2024-07",), time_zone="America/New_York"),
    SearchRequest(q="river", start=date(2024, 7, 1), end=date(2024, 7, 31), time_zone="Asia/Baku", sort="oldest"),
)


@pytest.mark.parametrize("request_", NARROWED, ids=range(len(NARROWED)))
def test_filters_and_time_zones_mean_the_same(request_: SearchRequest, both: tuple[Archive, Archive]) -> None:
    local, remote = (without_chance(json.loads(json_bytes(archive.search(request_)))) for archive in both)
    assert remote == local


def test_related_articles_and_neighbours_are_the_same(both: tuple[Archive, Archive]) -> None:
    names = [hit.id for hit in both[0].search(SearchRequest(q="press OR river OR flood", per_page=20)).hits]
    for name in names:
        local, remote = (without_chance(json.loads(json_bytes(one.related(Subject(id=name))))) for one in both)
        assert remote == local, name
    local, remote = (
        [[hit and hit.id for hit in one.neighbours(SearchRequest(q="press"), at)] for at in range(5)] for one in both
    )
    assert remote == local


def test_the_overview_is_the_same(both: tuple[Archive, Archive]) -> None:
    local, remote = (without_chance(json.loads(json_bytes(one.overview()))) for one in both)
    assert remote == local
