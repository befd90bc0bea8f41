"""Matching new articles with saved searches: what is found is what each search finds in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from archives import documents, plans
from asking import requests
from hypothesis import given
from hypothesis import strategies as st

from search.alerts.batch import Batch
from search.alerts.matching import found_in, matching
from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import Plan
from search.engines.protocols import Engine
from search.errors import ParameterError, QuerySyntaxError
from search.request.planning import Planner
from search.request.request import Filters, SearchRequest
from search.schema import MISSING

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)

ARTICLES = (
    Document("flood", "Flood closes the old bridge", "The river rose. Old bridges close.", "Rivers rise.",
             sections=("News > Local",), authors=("Ann Lee",), tags=("river",), language="en",
             published=datetime(2024, 5, 3, 23, 30, tzinfo=UTC)),
    Document("bruecke", "Die Brücke ist offen", "Nach dem Hochwasser fahren Wagen über die alten Brücken.",
             sections=("Nachrichten",), language="de", published=date(2024, 5, 4)),
    Document("istanbul", "İstanbul'da ışıklar", "Şehir ışıkları söndü.", language="tr", published=date(2023, 1, 5)),
    Document("tokyo", "東京都庁", "東京の庁舎で火災。", language="ja"),
    Document("arabic", "الفيضان يغلق الجسر", "ارتفع النهر في المدينة القديمة.", language="ar",
             published=date(2024, 5, 31)),
    Document("opinion", "On bridges", "Why close old things? The bridge of sighs, and the river.",
             sections=("Opinion",), authors=("Bo Roe", "Ann Lee"), tags=("river", "essay"), language="en",
             type="essay", published=date(2020, 2, 29)),
)  # fmt: skip

QUERIES = (
    "", "bridge", "bridges river", "bridge OR brücke", "old -opinion", "NOT river", '"old bridge"', '"bridge old"~3',
    '="bridges"', "bri*", "br?dge", "brigde~", "bridg~1", "title:bridge", "body:bridge -title:flood",
    "section:News", "section:Local", 'section:"News > Local"', "-section:News", "tag:river", "author:ann", "lang:de",
    "type:essay", "date:2024", "date:2024-05-03..2024-05-04", "date:now-7d..", "istanbul", "ışık", "isik", "brucke",
    "東京", "東京都庁", "النهر", "(bridge OR river) -(old bridge)", "the", "river^3 zzz", "zzz OR flood", "flood zzz",
    "old NEAR/3 close",
)  # fmt: skip


def indexed(engine: Engine, articles: Sequence[Document]) -> Engine:
    with engine.writer() as writer:
        for article in articles:
            writer.add(article)
    return engine


def both(engine: Engine, request: SearchRequest, new: Sequence[Document]) -> tuple[list[str], list[str]]:
    """What matching finds among the new articles, and what the archive does, both by id."""
    with engine.searcher() as searcher:
        planner = Planner(searcher, "en", NOW, "UTC")
        plan = replace(planner.counting_plan(planner.resolve(request), request), limit=1_000)
        in_archive = {hit.id for hit in searcher.search(plan).hits}
        found = matching(planner, request, Batch(new))
    return sorted(found), sorted(in_archive & {article.id for article in new})


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("url", ["memory:", "whoosh"])
def test_each_kind_of_query_finds_what_it_finds_in_the_archive(
    url: str, query: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine = _archive(url, tmp_path_factory)
    found, expected = both(engine, SearchRequest(q=query), ARTICLES)
    assert found == expected


_MADE: dict[str, Engine] = {}


def _archive(url: str, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    if url not in _MADE:
        place = "memory:" if url == "memory:" else f"whoosh:{tmp_path_factory.mktemp('alerts') / 'archive'}"
        _MADE[url] = indexed(open_engine(place), ARTICLES)
    return _MADE[url]


def test_the_queries_above_find_something_and_leave_something_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    counts = [
        len(both(_archive("memory:", tmp_path_factory), SearchRequest(q=query), ARTICLES)[0]) for query in QUERIES
    ]
    assert sum(0 < count < len(ARTICLES) for count in counts) >= len(QUERIES) - 6


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (SearchRequest(keywords=(("section", Filters(("News",))),)), ["flood"]),
        (SearchRequest(keywords=(("section", Filters((), ("News",))),)),
         ["arabic", "bruecke", "istanbul", "opinion", "tokyo"]),
        (SearchRequest(keywords=(("section", Filters((MISSING,))),)), ["arabic", "istanbul", "tokyo"]),
        (SearchRequest(keywords=(("tag", Filters((), (MISSING,))),)), ["flood", "opinion"]),
        (SearchRequest(start=date(2024, 5, 4), time_zone="UTC"), ["arabic", "bruecke"]),
        (SearchRequest(start=date(2024, 5, 4), time_zone="Europe/Berlin"), ["arabic", "bruecke", "flood"]),
        (SearchRequest(periods=("2020", "2023")), ["istanbul", "opinion"]),
        (SearchRequest(q="old bridge", operator="or", fields_searched=("title",)), ["flood", "opinion"]),
    ],
)  # fmt: skip
def test_filters_and_dates_hold(request_: SearchRequest, expected: list[str]) -> None:
    found, in_archive = both(indexed(open_engine("memory:"), ARTICLES), request_, ARTICLES)
    assert found == in_archive == expected


@given(st.lists(documents, min_size=1, max_size=6, unique_by=lambda each: each.id), requests(), st.integers(0, 3))
def test_matching_equals_searching(articles: list[Document], asked: SearchRequest, older: int) -> None:
    """Some of the articles are in the archive already, and all words and values of the archive count."""
    engine = indexed(MemoryEngine(""), articles)
    request = replace(asked, page=1, cursor=None, group="none")
    try:
        found, expected = both(engine, request, articles[min(older, len(articles) - 1) :])
    except (QuerySyntaxError, ParameterError):
        return
    assert found == expected


def test_a_pattern_that_fits_too_many_words_stands_for_the_words_it_has_in_the_archive() -> None:
    frequent = [Document(f"f{number}", "", " ".join(f"wo{word}" for word in range(1_024))) for number in range(2)]
    rare = Document("rare", "", "worare"), Document("common", "", "wo7")
    for query, expected in (("wo*", ["common"]), ("-wo*", ["rare"]), ("wor*", ["rare"])):
        found, in_archive = both(indexed(open_engine("memory:"), [*frequent, *rare]), SearchRequest(q=query), rare)
        assert found == in_archive == expected


@given(st.lists(documents, min_size=1, max_size=6, unique_by=lambda each: each.id), st.lists(plans, max_size=8))
def test_any_plan_finds_the_same_articles(articles: list[Document], asked: list[Plan]) -> None:
    with indexed(MemoryEngine(""), articles).searcher() as searcher:
        for plan in asked:
            whole = replace(plan, limit=1_000, offset=0, after=None, group=False, meaning=None)
            batch = Batch(articles)
            found = set(batch.ids_of(found_in(searcher, replace(whole, limit=0), batch)))
            assert found == {hit.id for hit in searcher.search(whole).hits}


def test_a_batch_of_nothing_finds_nothing() -> None:
    found, _ = both(indexed(open_engine("memory:"), ARTICLES), SearchRequest(q="NOT zzz"), ())
    assert found == []
