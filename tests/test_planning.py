"""Planning: every request becomes a plan that an engine can run, and nothing of the request is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from archives import NOW, fill, ids
from asking import queries, requests
from crippled import CrippledEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.plan import DateFilter, FacetPlan, KeywordFilter, PeriodFilter, Plan
from search.engines.protocols import CAPABILITIES, Engine, Searcher
from search.errors import EngineError, ParameterError
from search.query.dates import RelativeTime
from search.query.match import MatchAll, MatchEvery, MatchKeyword, MatchNot
from search.request.facet_counts import facets_after
from search.request.planning import Planner
from search.request.request import FacetRequest, Filters, SearchRequest
from search.schema import MISSING

DOCUMENTS = (
    Document("a", "War and bridges", "The war ended; a bridge was running.", sections=("News > Economy",),
             tags=("oil",), authors=("Ann",), published=date(2020, 3, 1), language="en"),
    Document("b", "Bridge", "Post-war runs over the bridge.", sections=("News",), tags=("war",), authors=("Bob",),
             published=datetime(2024, 6, 30, 23, 30, tzinfo=UTC), modified=date(2024, 7, 1), language="de"),
    Document("c", "Étés", "The war.", sections=("Opinion",), published=date(2021, 5, 5), language="fr"),
    Document("d", "Running", "run run run"),
)  # fmt: skip


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index")
    return fill(open_engine(url), *DOCUMENTS)


@pytest.fixture(scope="module")
def searcher(engine: Engine) -> Iterator[Searcher]:
    with engine.searcher() as opened:
        yield opened


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests())
def test_every_request_becomes_a_plan_that_runs(searcher: Searcher, request: SearchRequest) -> None:
    planner = Planner(searcher, "en", NOW)
    resolved = planner.resolve(request)
    plan = planner.plan(resolved, request)
    found = searcher.search(replace(plan, limit=10))
    assert [len(facets_after(request, each)) for each in (found, replace(found, facets=()))] == [len(request.facets), 0]
    assert (found.timeline is None) is not request.timeline
    assert all((hit.head is not None, hit.explanation is not None) == (True, request.explain) for hit in found.hits)
    assert found.total == searcher.search(replace(plan, limit=0)).total


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests())
def test_counting_a_request_counts_what_searching_it_finds(searcher: Searcher, request: SearchRequest) -> None:
    planner = Planner(searcher, "en", NOW)
    resolved = planner.resolve(request)
    [count] = searcher.count_many([planner.counting_plan(resolved, request)])
    assert count == searcher.search(planner.plan(resolved, request)).total


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests(), st.sets(st.sampled_from(sorted(CAPABILITIES)), min_size=1))
def test_a_plan_never_asks_for_what_the_engine_lacks(engine: Engine, request: SearchRequest, lacking: set[str]) -> None:
    request = replace(request, cursor=None)
    with CrippledEngine(engine, *lacking).searcher() as searcher:
        planner = Planner(searcher, "en", NOW)
        resolved = planner.resolve(request)
        searcher.search(planner.plan(resolved, request))
        assert lacking.issuperset(planner.missing_capabilities(resolved, request))
        with engine.searcher() as rich:
            assert Planner(rich, "en", NOW).missing_capabilities(resolved, request) == ()


def test_the_poor_engine_of_the_tests_does_refuse(engine: Engine) -> None:
    with CrippledEngine(engine, "facets").searcher() as searcher, pytest.raises(EngineError):
        searcher.search(Plan(MatchAll(), facets=(FacetPlan("tag"),)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(queries, st.sampled_from(("section", "tag", "author", "lang")))
def test_what_is_kept_and_what_is_left_out_make_up_the_whole(searcher: Searcher, q: str, name: str) -> None:
    planner = Planner(searcher, "en", NOW)

    def total(filters: Filters) -> int:
        request = SearchRequest(q=q, keywords=((name, filters),) if filters != Filters() else ())
        return searcher.search(planner.counting_plan(planner.resolve(request), request)).total

    for value in (MISSING, *(value for value, _ in searcher.top_values(name, 10)), "gone"):
        assert total(Filters((value,))) + total(Filters((), (value,))) == total(Filters())


# What becomes of each part of a request


def test_excluded_values_go_into_the_query_and_a_missing_one_into_a_filter(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    request = SearchRequest(q="war", keywords=(("tag", Filters(("oil",), ("war", MISSING))),))
    plan = planner.plan(planner.resolve(request), request)
    assert plan.filters == (KeywordFilter("tag", ("oil",), (MISSING,)),)
    assert isinstance(plan.query, MatchEvery)
    assert plan.query.children[1:] == (MatchNot(MatchKeyword("tag", ("war",))),)


def test_dates_and_periods_are_filters_of_the_date_asked_for(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    request = SearchRequest(
        date="modified", start=RelativeTime(1, "d"), periods=("2023", "2024", "2024-07"), time_zone="Asia/Baku"
    )
    plan = planner.plan(planner.resolve(request), request)
    assert plan.filters == (
        DateFilter("modified", NOW - timedelta(days=1), None),
        PeriodFilter("modified", "month", ("2024-07",)),
        PeriodFilter("modified", "year", ("2023", "2024")),
    )
    assert (plan.date_field, plan.time_zone, plan.sort) == ("modified", "Asia/Baku", "newest")


def test_a_facet_always_counts_its_selected_values_but_never_those_without_one(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    request = SearchRequest(
        keywords=(("tag", Filters(("gone", MISSING))),), periods=("2020", "2020-03"),
        facets=(FacetRequest("tag", 3), FacetRequest("year", 2), FacetRequest("day")),
    )  # fmt: skip
    plan = planner.plan(planner.resolve(request), request)
    assert plan.facets == (
        FacetPlan("tag", 3, (), among="rest"),
        FacetPlan("tag", 0, ("gone",)),
        FacetPlan("published", 2, ("2020",), "year"),
        FacetPlan("published", 10, (), "day"),
    )


@pytest.mark.parametrize(
    ("request_", "recent"),
    [
        (SearchRequest(q="war"), True),
        (SearchRequest(q="war", sort="newest"), False),
        (SearchRequest(q=""), False),
        (SearchRequest(q='"war"'), False),
        (SearchRequest(q='="war"'), False),
        (SearchRequest(sort="relevance"), True),
    ],
)
def test_recent_articles_are_favoured_unless_the_order_or_exact_words_forbid_it(
    searcher: Searcher, request_: SearchRequest, recent: bool
) -> None:
    planner = Planner(searcher, "en", NOW)
    assert (planner.plan(planner.resolve(request_), request_).recency is not None) is recent


def test_recency_is_measured_from_the_beginning_of_the_utc_day(searcher: Searcher) -> None:
    late = datetime(2024, 7, 2, 1, 30, tzinfo=timezone(timedelta(hours=3)))
    measured_from = Planner(searcher, "en", late).recency_time()
    assert measured_from == datetime(2024, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "brought"),
    [(None, "text"), (("id", "snippets"), "text"), (("matched_fields",), "text"), (("id", "title", "score"), "head")],
)
def test_the_text_is_fetched_only_where_something_of_it_is_shown(
    searcher: Searcher, fields: tuple[str, ...] | None, brought: str
) -> None:
    planner = Planner(searcher, "en", NOW)
    request = SearchRequest(q="war", fields=fields)
    assert planner.plan(planner.resolve(request), request).bring == brought


def test_facets_bring_the_timeline_and_without_them_there_is_none(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    for facets in ((), (FacetRequest("tag"),)):
        request = SearchRequest(facets=facets)
        assert (planner.plan(planner.resolve(request), request).timeline is not None) is bool(facets)


def test_a_first_day_after_the_last_is_refused_at_the_moment_it_is_known(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    with pytest.raises(ParameterError, match="later than to"):
        planner.resolve(SearchRequest(start=RelativeTime(1, "d"), end=date(2020, 1, 1)))


def test_hits_of_a_plan_are_those_the_request_describes(searcher: Searcher) -> None:
    planner = Planner(searcher, "en", NOW)
    for request, expected in [
        (SearchRequest(q="war", keywords=(("section", Filters(("News",))),)), ["a", "b"]),
        (SearchRequest(q="war", keywords=(("section", Filters((), ("News > Economy",))),)), ["b", "c"]),
        (SearchRequest(periods=("2024-07",), time_zone="Europe/Berlin"), ["b"]),
        (SearchRequest(periods=("2024-07",)), []),
        (SearchRequest(q="war running", operator="or", fields_searched=("title",)), ["a", "d"]),
    ]:
        found = searcher.search(planner.plan(planner.resolve(request), request))
        assert sorted(ids(found)) == expected
