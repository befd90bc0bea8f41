"""What every engine promises of counts: facets, timelines, values, words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from archives import ask, exact, fill

from search.document import Document
from search.engines.plan import DateFilter, FacetPlan, KeywordFilter, PeriodFilter, Plan, TimelinePlan
from search.engines.protocols import Engine
from search.engines.results import FacetCounts, Timeline
from search.periods import Interval
from search.query.match import MatchAll, MatchKeyword, MatchNone
from search.schema import MISSING

PAPER = (
    Document("1", "flood", sections=("News > Economy", "News > World"), authors=("Ann",), published=date(2024, 1, 5)),
    Document("2", "flood", sections=("News > Economy",), authors=("Bob", "Ann"), published=date(2024, 1, 6)),
    Document("3", "flood", sections=("Opinion",), authors=("Bob",), published=date(2024, 2, 1)),
    Document("4", "flood", authors=("Cid",), published=datetime(2023, 12, 31, 23, 30, tzinfo=UTC)),
    Document("5", "drought", sections=("News",), authors=("Ann",), published=date(2022, 1, 1)),
    Document("6", "flood", sections=("News > Economy", "News > Economy"), tags=("a",)),
)


def facet(engine: Engine, plan: FacetPlan, query: object = None, **rest: object) -> FacetCounts:
    results = ask(engine, exact("flood") if query is None else query, facets=(plan,), **rest)  # type: ignore[arg-type]
    return results.facets[0]


def test_facets_count_articles_and_sections_count_in_those_above(engine: Engine) -> None:
    fill(engine, *PAPER)
    assert facet(engine, FacetPlan("section")) == FacetCounts(
        (("News", 3), ("News > Economy", 3), ("News > World", 1), ("Opinion", 1)), missing=1, other=0, truncated=False
    )


def test_buckets_come_by_count_then_value(engine: Engine) -> None:
    fill(engine, *PAPER)
    assert facet(engine, FacetPlan("author")).values == (("Ann", 2), ("Bob", 2), ("Cid", 1))


def test_what_is_not_listed_is_summed_up(engine: Engine) -> None:
    fill(engine, *PAPER)
    assert facet(engine, FacetPlan("author", 1)) == FacetCounts((("Ann", 2),), missing=1, other=3, truncated=True)
    assert facet(engine, FacetPlan("author", 0)) == FacetCounts((), missing=1, other=5, truncated=True)
    assert facet(engine, FacetPlan("author", 3)).truncated is False


def test_selected_values_always_show_also_with_none(engine: Engine) -> None:
    fill(engine, *PAPER)
    plan = FacetPlan("author", 1, selected=("Nobody", "Cid", "Ann", "Bob"))
    assert facet(engine, plan) == FacetCounts(
        (("Ann", 2), ("Bob", 2), ("Cid", 1), ("Nobody", 0)), missing=1, other=0, truncated=False
    )
    assert facet(engine, FacetPlan("tag", 5, selected=("x",)), MatchNone()) == FacetCounts((("x", 0),), 0, 0, False)


def test_a_facets_counts_ignore_its_own_filter_and_obey_all_others(engine: Engine) -> None:
    fill(engine, *PAPER)
    rules = (KeywordFilter("author", ("Ann",)), KeywordFilter("section", (), ("News > World",)))
    assert facet(engine, FacetPlan("author"), filters=rules).values == (("Bob", 2), ("Ann", 1), ("Cid", 1))
    assert facet(engine, FacetPlan("section"), filters=rules).values == (
        ("News", 2), ("News > Economy", 2), ("News > World", 1)
    )  # fmt: skip
    assert facet(engine, FacetPlan("lang"), filters=rules) == FacetCounts((), missing=1, other=0, truncated=False)


def test_a_facet_can_count_the_hits_or_what_its_own_filter_keeps_out(engine: Engine) -> None:
    fill(engine, *PAPER)
    rules = (KeywordFilter("author", ("Ann",)), KeywordFilter("section", (), ("News > World",)))
    assert facet(engine, FacetPlan("author", among="hits"), filters=rules).values == (("Ann", 1), ("Bob", 1))
    assert facet(engine, FacetPlan("author", among="rest"), filters=rules) == FacetCounts(
        (("Bob", 1), ("Cid", 1)), missing=1, other=0, truncated=False
    )
    kept_out = facet(engine, FacetPlan("author", selected=("Ann",), among="rest"), filters=rules)
    assert kept_out.values == (("Bob", 1), ("Cid", 1), ("Ann", 0))
    assert facet(engine, FacetPlan("author", among="rest")) == FacetCounts((), 0, 0, truncated=False), "no own filter"


def test_a_calendar_ignores_years_months_and_days_alike(engine: Engine) -> None:
    fill(engine, *PAPER)
    rules = (
        PeriodFilter("published", "year", ("2024",)),
        PeriodFilter("published", "month", ("2024-02",)),
        DateFilter("published", date(2023, 1, 1)),
    )
    years = FacetPlan("published", interval="year", among="calendar")
    assert facet(engine, years, filters=rules).values == (("2024", 3), ("2023", 1))
    months = FacetPlan("published", 0, ("2024-01", "2024-03"), "month", "calendar")
    assert facet(engine, months, filters=rules).values == (("2024-01", 2), ("2024-03", 0))


def test_a_filter_may_ask_for_every_value(engine: Engine) -> None:
    fill(engine, *PAPER)

    def total(field: str, *values: str, without: tuple[str, ...] = ()) -> int:
        return ask(engine, exact("flood"), filters=(KeywordFilter(field, values, without, every=True),)).total

    assert total("author", "Ann", "Bob") == 1
    assert total("author", "Ann") == 2
    assert total("author", "Ann", "Bob", "Cid") == 0
    assert total("author", "Ann", MISSING) == 0
    assert total("tag", MISSING) == 4
    assert total("section", "News > Economy", "News > World") == 1
    assert total("section", "News", "News > Economy", without=("News > World",)) == 2
    assert total("author") == 5


def test_a_keyword_in_the_query_is_no_filter(engine: Engine) -> None:
    fill(engine, *PAPER)
    assert facet(engine, FacetPlan("author"), MatchKeyword("author", ("Cid",))).values == (("Cid", 1),)


def test_the_count_of_a_value_is_the_total_after_filtering_by_it(engine: Engine) -> None:
    fill(engine, *PAPER)
    for name in ("section", "author", "tag", "type"):
        counts = facet(engine, FacetPlan(name))
        for value, count in counts.values:
            assert ask(engine, exact("flood"), filters=(KeywordFilter(name, (value,)),)).total == count
        assert ask(engine, exact("flood"), filters=(KeywordFilter(name, (MISSING,)),)).total == counts.missing


LENGTHS: dict[Interval, int] = {"year": 4, "month": 7, "day": 10}


@pytest.mark.parametrize(
    ("interval", "values"),
    [
        ("year", (("2024", 3), ("2023", 1))),
        ("month", (("2024-01", 2), ("2023-12", 1), ("2024-02", 1))),
        ("day", (("2023-12-31", 1), ("2024-01-05", 1), ("2024-01-06", 1), ("2024-02-01", 1))),
    ],
)
def test_dates_are_counted_by_year_month_and_day(
    engine: Engine, interval: Interval, values: tuple[tuple[str, int], ...]
) -> None:
    fill(engine, *PAPER)
    plan = FacetPlan("published", interval=interval)
    assert facet(engine, plan) == FacetCounts(values, missing=1, other=0, truncated=False)
    own = PeriodFilter("published", interval, (values[0][0],))
    assert facet(engine, plan, filters=(own,)).values == values
    assert ask(engine, exact("flood"), filters=(own,)).total == values[0][1]
    for other in ("year", "month", "day"):
        if other != interval:
            within = PeriodFilter("published", other, ("2024-01-06"[: LENGTHS[other]], "1999-01-01"[: LENGTHS[other]]))
            kept = ask(engine, exact("flood"), filters=(within,)).total
            assert sum(count for _, count in facet(engine, plan, filters=(within,)).values) == kept
    bounded = facet(engine, plan, filters=(DateFilter("published", date(2024, 1, 6), None),))
    assert sum(count for _, count in bounded.values) == 2
    assert facet(engine, FacetPlan("modified", interval=interval)).missing == 5


def test_the_time_zone_decides_in_which_year_a_datetime_is_counted(engine: Engine) -> None:
    fill(engine, *PAPER)
    plan = FacetPlan("published", interval="year", selected=("2021",))
    assert facet(engine, plan, time_zone="Asia/Tokyo").values == (("2024", 4), ("2021", 0))


def test_facets_stand_in_the_order_asked_for(engine: Engine) -> None:
    fill(engine, *PAPER)
    plans = (FacetPlan("author"), FacetPlan("published", interval="year"), FacetPlan("author", 1))
    results = ask(engine, exact("flood"), facets=plans)
    assert [counts.values[0] for counts in results.facets] == [("Ann", 2), ("2024", 3), ("Ann", 2)]


def test_a_timeline_counts_hits_beside_the_archive_in_the_same_buckets(engine: Engine) -> None:
    fill(engine, *PAPER)
    drawn = ask(engine, exact("flood"), timeline=TimelinePlan()).timeline
    assert drawn is not None
    assert drawn.interval == "day"
    assert drawn.counts == {"2023-12-31": 1, "2024-01-05": 1, "2024-01-06": 1, "2024-02-01": 1}
    assert drawn.archive == drawn.counts, "nothing before the first hit"


def test_a_timeline_obeys_every_filter_and_its_archive_none(engine: Engine) -> None:
    fill(engine, *PAPER)
    rules = (KeywordFilter("author", ("Ann",)), DateFilter("published", None, date(2024, 1, 5)))
    drawn = ask(engine, MatchAll(), timeline=TimelinePlan(), filters=rules).timeline
    assert drawn is not None
    assert (drawn.interval, drawn.counts) == ("month", {"2022-01": 1, "2024-01": 1})
    assert drawn.archive == {"2022-01": 1, "2023-12": 1, "2024-01": 2}


def test_a_timeline_without_dated_hits_is_empty(engine: Engine) -> None:
    fill(engine, *PAPER)
    drawn = ask(engine, MatchNone(), timeline=TimelinePlan()).timeline
    assert drawn is not None
    assert (drawn.counts, drawn.archive) == ({}, {})
    assert ask(engine, MatchNone()).timeline is None
    undated = ask(engine, MatchAll(), timeline=TimelinePlan(), date_field="modified").timeline
    assert undated is not None
    assert (undated.counts, undated.archive) == ({}, {})


def test_values_give_every_value_with_its_articles(engine: Engine) -> None:
    fill(engine, *PAPER)
    with engine.searcher() as searcher:
        assert searcher.top_values("section", 9) == [
            ("News", 4),
            ("News > Economy", 3),
            ("News > World", 1),
            ("Opinion", 1),
        ]
        assert searcher.top_values("author", 2) == [("Ann", 3), ("Bob", 2)]
        assert searcher.top_values("author", 0) == []
        assert searcher.top_values("lang", 5) == []


WORDS = (
    Document("1", "flood bridge", "floods flood", authors=("Flodder",), language="en"),
    Document("2", "bridge", summary="The FLOOD of the post-war years", tags=("floodtag",)),
    Document("3", "Brücke", "blood"),
)


def test_terms_complete_a_prefix_by_number_of_articles_then_word(engine: Engine) -> None:
    with fill(engine, *WORDS).searcher() as searcher:
        assert searcher.terms("fl", 9) == [("flood", 2), ("floods", 1)], "not authors, tags or stems"
        assert searcher.terms("b", 9) == [("bridge", 2), ("blood", 1), ("brucke", 1)]
        assert searcher.terms("b", 1) == [("bridge", 2)]
        assert searcher.terms("b", 0) == searcher.terms("flodd", 9) == searcher.terms("\x1f", 9) == []
        assert ("postwar", 1) in searcher.terms("", 99)


def test_similar_terms_come_by_distance_then_number_then_word(engine: Engine) -> None:
    with fill(engine, *WORDS).searcher() as searcher:
        assert searcher.similar_terms("flood", 1, 9) == [("blood", 1), ("floods", 1)], "without the word itself"
        assert searcher.similar_terms("floodx", 2, 9) == [("flood", 2), ("floods", 1), ("blood", 1)]
        assert searcher.similar_terms("floodx", 2, 9, 2) == [("flood", 2)], "in so many articles at least"
        assert searcher.similar_terms("flood", 2, 9, 2) == searcher.similar_terms("floodx", 2, 0, 2) == []
        assert searcher.similar_terms("floodx", 2, 2) == [("flood", 2), ("floods", 1)]
        assert searcher.similar_terms("lfood", 1, 9) == [("flood", 2)], "neighbours that change places are one edit"
        assert searcher.similar_terms("zzzzzz", 2, 9) == []


def test_document_frequencies_count_articles_in_title_headings_summary_and_body(engine: Engine) -> None:
    with fill(engine, *WORDS).searcher() as searcher:
        words = ["flood", "bridge", "flodder", "floodtag", "the", "nothing", ""]
        assert searcher.document_frequencies(words) == [2, 2, 0, 0, 1, 0, 0]
        assert searcher.document_frequencies([]) == []


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_the_calendar_ends_without_an_error(engine: Engine, time_zone: str) -> None:
    """Some write "9999-12-31T23:59:59.999999Z" for "never", and some write it where it is earlier than in UTC."""
    far_west, far_east = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))
    dates = [date.min, date.max, *(datetime.min.replace(tzinfo=zone) for zone in (UTC, far_east)),
             *(datetime.max.replace(tzinfo=zone) for zone in (UTC, far_west))]  # fmt: skip
    fill(engine, *(Document(str(number), "flood", published=day) for number, day in enumerate(dates)))
    for sort in ("relevance", "newest", "oldest"):
        results = ask(engine, exact("flood"), timeline=TimelinePlan(), time_zone=time_zone, sort=sort)
        assert results.timeline is not None
        assert results.timeline.counts == {"00XX": 3, "99XX": 3}
    assert facet(engine, FacetPlan("published", interval="day"), time_zone=time_zone).missing == 0
    inside = DateFilter("published", datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert ask(engine, exact("flood"), filters=(inside,), time_zone=time_zone).total == 6


@pytest.mark.parametrize(
    ("most", "interval", "labels"),
    [
        (400, "year", ("1895", "1999", "2024")),
        (100, "decade", ("189X", "199X", "202X")),
        (5, "century", ("18XX", "19XX", "20XX")),
        (1, "century", ("18XX", "19XX", "20XX")),
    ],
)
def test_a_timeline_has_no_more_buckets_than_asked_for(
    engine: Engine, most: int, interval: Interval, labels: tuple[str, ...]
) -> None:
    days = (date(1895, 3, 1), date(1999, 12, 31), date(2024, 1, 1))
    fill(engine, *(Document(str(number), "flood", published=day) for number, day in enumerate(days)))
    drawn = ask(engine, exact("flood"), timeline=TimelinePlan(most)).timeline
    assert drawn == Timeline(interval, dict.fromkeys(labels, 1), dict.fromkeys(labels, 1))


def test_the_timeline_of_the_whole_calendar_is_drawn_in_centuries(engine: Engine) -> None:
    fill(engine, Document("a", "flood", published=date.min), Document("b", "flood", published=date.max))
    drawn = ask(engine, exact("flood"), timeline=TimelinePlan()).timeline
    assert drawn is not None
    assert (drawn.interval, drawn.counts) == ("century", {"00XX": 1, "99XX": 1})


def test_values_are_found_as_people_type_them(engine: Engine) -> None:
    fill(engine, *PAPER, Document("7", "x", sections=("Sports > ECONOMY",), authors=("Élodie  Ann",)))
    with engine.searcher() as searcher:
        assert searcher.find_values("section", "news > economy", "same", 9) == [("News > Economy", 3)]
        assert searcher.find_values("section", "economy", "same", 9) == [("News > Economy", 3), ("Sports > ECONOMY", 1)]
        assert searcher.find_values("section", "economy", "same", 1) == [("News > Economy", 3)]
        assert searcher.find_values("author", "elodie ann", "same", 9) == [("Élodie  Ann", 1)]
        assert searcher.find_values("author", "ann", "words", 9) == [("Ann", 3), ("Élodie  Ann", 1)]
        assert searcher.find_values("author", "ann el", "words", 9) == [("Élodie  Ann", 1)]
        assert searcher.find_values("author", "", "words", 9) == []
        assert searcher.find_values("section", "opinon", "near", 3) == [("Opinion", 1)]
        assert searcher.find_values("section", "zzz", "near", 3) == []


def test_the_status_lists_the_languages(engine: Engine) -> None:
    fill(engine, *(Document(tag or "none", "x", language=tag) for tag in ("en", "de", "pt-BR", "")))
    with engine.searcher() as searcher:
        assert searcher.status().languages == ("de", "en", "pt-BR")


def test_many_plans_are_counted_in_one_call(engine: Engine) -> None:
    fill(engine, *PAPER)
    plans = [Plan(exact(word), filters=(KeywordFilter("author", ("Ann",)),)) for word in ("flood", "drought", "snow")]
    with engine.searcher() as searcher:
        assert searcher.count_many(plans) == [2, 1, 0]
        assert searcher.count_many([]) == []
        assert searcher.count_many(plans, 0.0) == [None, None, None]
