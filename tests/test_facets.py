"""Facets, chips, timeline and periods: what a click asks for, and that the counts keep their word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from archives import over
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from search.dates import local_day
from search.document import Document, section_ancestors
from search.engines import open_engine
from search.engines.results import FacetCounts, Timeline
from search.periods import (
    INTERVALS,
    Interval,
    bounds_of,
    first_day,
    in_words,
    interval_of,
    last_day,
    number_of,
    period_of,
)
from search.pinned_archive import PinnedArchive
from search.query.dates import RelativeTime
from search.request.facets import DATE, FACETS
from search.request.links import SearchLinks
from search.request.request import FacetRequest, Filters, SearchRequest
from search.request.urls import Addresses
from search.results.facets import facet
from search.results.response import Hit
from search.results.timeline import timeline
from search.schema import MISSING

LINKS = Addresses()
NOW = datetime(2024, 7, 5, 15, 30, tzinfo=UTC)
ALL_FACETS = tuple(FacetRequest(name) if name == DATE else FacetRequest(name, 1000) for name in FACETS)


@contextmanager
def archive_of(*documents: Document) -> Iterator[PinnedArchive]:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    with over(engine, NOW).pinned() as pinned:
        yield pinned


def asked(*filters: tuple[str, Filters], **more: object) -> SearchRequest:
    return SearchRequest(keywords=filters, **more)  # type: ignore[arg-type]


# Toggling


def test_a_click_adds_a_value_and_another_takes_it_away() -> None:
    first = asked().toggled("tag", "peace")
    assert first.filters("tag").include == ("peace",)
    assert first.toggled("tag", "war").filters("tag").include == ("peace", "war")
    assert first.toggled("tag", "peace") == asked()


def test_a_click_starts_again_at_the_first_page() -> None:
    assert asked(page=7).toggled("tag", "peace").page == 1
    assert asked(cursor="*").toggled("year", "2024").cursor is None


def test_a_section_takes_the_place_of_those_above_and_below_it() -> None:
    request = asked(("section", Filters(("News", "Newsroom"))))
    narrowed_down = request.toggled("section", "News > Economy")
    assert narrowed_down.filters("section").include == ("Newsroom", "News > Economy")
    assert narrowed_down.toggled("section", "News").filters("section").include == ("Newsroom", "News")


def test_a_click_on_an_excluded_value_includes_it() -> None:
    request = asked(("tag", Filters((), ("war", "peace"))))
    assert request.toggled("tag", "war").filters("tag") == Filters(("war",), ("peace",))


def test_a_second_year_is_added_to_the_first() -> None:
    one = asked().toggled("year", "2024")
    two = one.toggled("year", "2023")
    assert two.selected(FACETS["year"]) == ("2023", "2024")
    assert two.selected(FACETS["month"]) == ()
    assert two.toggled("year", "2024") == asked().toggled("year", "2023")
    assert one.toggled("year", "2024") == asked()
    assert LINKS.search(two) == "/search?year=2023&year=2024"


def test_a_month_is_chosen_within_the_years_and_leaves_other_dates_alone() -> None:
    request = asked(start=date(2024, 1, 10)).toggled("year", "2024").toggled("month", "2024-02")
    assert (request.start, request.periods) == (date(2024, 1, 10), ("2024", "2024-02"))
    assert request.selected(FACETS["month"]) == ("2024-02",)


def test_an_instant_is_no_selected_day() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert asked(start=start, end=date(2024, 1, 1)).selected(FACETS["day"]) == ()


def test_a_second_value_narrows_where_an_article_has_several() -> None:
    one = asked().toggled("tag", "peace")
    two = one.toggled("tag", "war")
    assert (one.joined("tag"), two.joined("tag")) == ("and", "and")
    assert LINKS.search(two) == "/search?tag=peace&tag=war&tag_op=and"
    assert two.toggled("tag", "war") == one
    assert LINKS.search(asked().toggled("lang", "en").toggled("lang", "de")) == "/search?lang=en&lang=de"


def test_a_second_value_widens_where_that_is_asked_for() -> None:
    one = asked().toggled("tag", "peace").joining("tag", "or")
    assert LINKS.search(one) == "/search?tag=peace&tag_op=or"
    two = one.toggled("tag", "war")
    assert LINKS.search(two) == "/search?tag=peace&tag=war", "what a repeated filter has always meant"
    assert two.toggled("tag", "war") == one
    assert two.joining("tag", "and").joining("tag", "or") == two
    assert two.without_value("tag", "peace").joined("tag") == "or"


def test_to_have_no_tag_is_always_an_alternative() -> None:
    two = asked().toggled("tag", MISSING).toggled("tag", "war")
    assert (two.joined("tag"), LINKS.search(two)) == ("or", "/search?tag=_missing&tag=war")


def test_a_click_in_the_calendar_goes_down_and_another_goes_up() -> None:
    year = asked(start=date(1980, 1, 1)).toggled("date", "1987")
    day = year.toggled("date", "1987-02").toggled("date", "1987-02-03")
    assert (day.periods, day.start) == (("1987-02-03",), date(1980, 1, 1))
    assert day.selected(FACETS["date"]) == ("1987", "1987-02", "1987-02-03")
    assert day.toggled("date", "1987-02-03").periods == ("1987-02",)
    assert day.toggled("date", "1987") == year
    assert year.toggled("date", "1987").periods == ()
    assert asked(periods=("1987", "1988")).toggled("date", "1987").periods == ("1988",)


# Labels


def test_values_are_labelled_for_people() -> None:
    counts = FacetCounts((("en", 3), ("zh-TW", 1)), 2, 0, False)
    shown = facet(FacetRequest("lang"), counts, SearchLinks(LINKS, asked()))
    assert [value.label for value in shown.values] == ["English", "Chinese (Taiwan)"]
    months = facet(FacetRequest("month"), FacetCounts((("2024-07", 1),), 0, 0, False), SearchLinks(LINKS, asked()))
    assert months.values[0].label == "July 2024"
    assert months.missing_url is None


def test_having_no_value_is_listed_when_it_is_selected() -> None:
    request = asked(("author", Filters((MISSING,))))
    shown = facet(FacetRequest("author"), FacetCounts((("Ann", 2),), 4, 0, False), SearchLinks(LINKS, request))
    assert [(v.value, v.label, v.count, v.selected) for v in shown.values] == [
        ("Ann", "Ann", 2, False),
        (MISSING, "none", 4, True),
    ]
    assert shown.values[1].toggle_url == shown.missing_url == "/search"


# Counts that keep their word

_SECTIONS = ("News", "News > Economy", "News > Economy > Trade", "Opinion", "News room")
_DOCUMENTS = st.lists(
    st.builds(
        Document,
        id=st.uuids().map(str),
        title=st.sampled_from(("war", "peace", "war and peace")),
        sections=st.lists(st.sampled_from(_SECTIONS), max_size=3, unique=True).map(tuple),
        authors=st.lists(st.sampled_from(("Ann", "Bob", "Əli")), max_size=2, unique=True).map(tuple),
        tags=st.lists(st.sampled_from(("a", "b", "c")), max_size=3, unique=True).map(tuple),
        language=st.sampled_from(("en", "de", "")),
        type=st.sampled_from(("article", "letter", "")),
        published=st.none()
        | st.dates(date(2023, 11, 1), date(2024, 3, 1))
        | st.datetimes(datetime(2023, 12, 30), datetime(2024, 1, 3), timezones=st.just(UTC)),
    ),
    min_size=1,
    max_size=12,
)
_FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "section": st.builds(
            Filters,
            st.lists(st.sampled_from(_SECTIONS), max_size=2, unique=True).map(tuple),
            st.lists(st.sampled_from(_SECTIONS), max_size=1).map(tuple),
            st.sampled_from((None, "and", "or")),
        ),
        "tag": st.builds(
            Filters,
            st.lists(st.sampled_from(("a", "b", "z", MISSING)), max_size=2, unique=True).map(tuple),
            st.lists(st.sampled_from(("c", MISSING)), max_size=1).map(tuple),
            st.sampled_from((None, "and", "or")),
        ),
        "author": st.just(Filters((), ("Bob",))),
        "lang": st.just(Filters(("en",))) | st.just(Filters(("en", MISSING))),
    },
)


def _request(filters: dict[str, Filters], q: str, dated: str | None, zone: str) -> SearchRequest:
    """A request with those filters; `dated` is "from", a bar of the timeline, or a period."""
    request = SearchRequest(q=q, facets=ALL_FACETS, time_zone=zone, per_page=100)
    for name, values in filters.items():
        request = request.with_filters(name, replace(values, joined=None).joined_by(values.joined))
    if dated == "from":
        return request.dated(date(2023, 12, 31), None).toggled("year", "2024")
    if dated == "bar":
        return request.narrowed(date(2024, 1, 1), date(2024, 1, 31), NOW)
    return request.toggled("month", "2023-12").toggled(interval_of(dated), dated) if dated else request


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(
    _DOCUMENTS,
    _FILTERS,
    st.sampled_from(("", "war", "-peace", "section:Opinion OR tag:a")),
    st.sampled_from((None, "from", "bar", "2024", "2023-12", "2024-01", "2024-01-01")),
    st.sampled_from(("UTC", "Asia/Tokyo")),
)
def test_a_count_equals_the_total_after_the_click(
    documents: list[Document], filters: dict[str, Filters], q: str, dated: str | None, zone: str
) -> None:
    with archive_of(*documents) as archive:
        request = _request(filters, q, dated, zone)
        answer = archive.search(request, LINKS)
        assert len(answer.hits) == answer.total
        for shown in answer.facets:
            kind = FACETS[shown.name]
            selected = request.selected(kind)
            assert {v.value for v in shown.values if v.selected} == set(selected)
            for value in shown.values:
                if shown.name == DATE:
                    assert total(archive, request.in_period(value.value)) == value.count
                elif value.selected:
                    assert value.count == sum(value.value in values_of(hit, shown.name, zone) for hit in answer.hits)
                else:
                    assert total(archive, request.toggled(shown.name, value.value)) == value.count
            if shown.missing_url and MISSING not in selected:
                assert total(archive, request.toggled(shown.name, MISSING)) == shown.missing
            elif kind.keyword and MISSING not in selected:
                assert total(archive, request.toggled(shown.name, MISSING)) in (0, answer.total), "it is not offered"


def total(archive: PinnedArchive, request: SearchRequest) -> int:
    return archive.search(replace(request, facets=(), per_page=0), LINKS).total


def values_of(hit: Hit, facet: str, zone: str) -> frozenset[str]:
    """The values of a facet that a hit counts under."""
    own = {"tag": hit.tags, "author": hit.authors, "lang": (hit.language,), "type": (hit.type,)}
    if facet == "section":
        return frozenset(part for each in hit.sections for part in section_ancestors(each)) or frozenset((MISSING,))
    if facet in own:
        return frozenset(filter(None, own[facet])) or frozenset((MISSING,))
    moment = hit.published or ""
    day = local_day(datetime.fromisoformat(moment) if "T" in moment else date.fromisoformat(moment), ZoneInfo(zone))
    iso = date.fromordinal(day).isoformat()
    return frozenset((iso[:4], iso[:7], iso))


def test_a_value_missing_from_the_first_ones_is_listed_when_selected() -> None:
    documents = [Document(str(n), "x", tags=("common",)) for n in range(5)] + [Document("r", "x", tags=("rare",))]
    with archive_of(*documents) as archive:
        request = asked(("tag", Filters(("rare", "unheard of"))), facets=(FacetRequest("tag", 1),))
        [shown] = archive.search(request, LINKS).facets
    assert [(v.value, v.count, v.selected) for v in shown.values] == [
        ("rare", 1, True),
        ("unheard of", 0, True),
        ("common", 6, False),
    ]


# Timeline


def _counted(interval: Interval, **counts: int) -> Timeline:
    counts = {name[1:].replace("_", "-"): count for name, count in counts.items()}
    return Timeline(interval, counts, {name: count + 1 for name, count in counts.items()})


def test_a_timeline_has_no_gaps_between_the_first_and_the_last_hit() -> None:
    drawn = timeline(_counted("month", d2023_11=2, d2024_02=1), SearchLinks(LINKS, asked()), NOW)
    assert [(b.start, b.end, b.count, b.archive_count) for b in drawn.buckets] == [
        ("2023-11-01", "2023-11-30", 2, 3),
        ("2023-12-01", "2023-12-31", 0, 0),
        ("2024-01-01", "2024-01-31", 0, 0),
        ("2024-02-01", "2024-02-29", 1, 2),
    ]


def test_a_bucket_narrows_the_search_to_itself() -> None:
    [bucket] = timeline(_counted("month", d2024_02=1), SearchLinks(LINKS, asked()), NOW).buckets
    assert bucket.url == LINKS.search(asked().dated(date(2024, 2, 1), date(2024, 2, 29)))


def test_a_bucket_keeps_the_bounds_that_lie_within_it() -> None:
    start = datetime(2024, 2, 10, 12, tzinfo=UTC)
    request = asked(start=start, end=date(2024, 5, 1))
    narrowed = request.narrowed(date(2024, 2, 1), date(2024, 2, 29), NOW)
    assert (narrowed.start, narrowed.end) == (start, date(2024, 2, 29))
    assert request.narrowed(date(2024, 1, 1), date(2024, 1, 31), NOW).start == start
    assert request.narrowed(date(2024, 3, 1), date(2024, 3, 31), NOW).start == date(2024, 3, 1)


def test_a_bucket_keeps_a_relative_bound_that_lies_within_it() -> None:
    week = RelativeTime(7, "d")
    request = asked(start=week)
    assert request.narrowed(date(2024, 6, 1), date(2024, 6, 30), NOW).start == week
    assert request.narrowed(date(2024, 7, 1), date(2024, 7, 31), NOW) == asked(
        start=date(2024, 7, 1), end=date(2024, 7, 31)
    )
    drawn = timeline(_counted("month", d2024_06=1, d2024_07=1), SearchLinks(LINKS, request), NOW)
    assert [bucket.url for bucket in drawn.buckets] == [
        "/search?from=now-7d&to=2024-06",
        "/search?from=2024-07&to=2024-07",
    ]


def test_a_timeline_without_a_dated_hit_is_empty() -> None:
    assert timeline(Timeline("year", {}, {"1999": 3}), SearchLinks(LINKS, asked()), NOW).buckets == ()


@pytest.mark.parametrize(("interval", "label"), [("decade", "199X"), ("century", "19XX")])
def test_decades_and_centuries_are_drawn_whole(interval: Interval, label: str) -> None:
    drawn = timeline(Timeline(interval, {label: 2}, {label: 5}), SearchLinks(LINKS, asked()), NOW)
    [bucket] = drawn.buckets
    assert (bucket.start, bucket.count, bucket.archive_count) == (first_day(label).isoformat(), 2, 5)
    assert (drawn.interval, bucket.end) == (interval, last_day(label).isoformat())


@settings(max_examples=40, deadline=None)
@given(_DOCUMENTS, st.sampled_from(("UTC", "America/New_York")))
def test_the_hits_of_a_bucket_are_those_its_link_finds(documents: list[Document], zone: str) -> None:
    with archive_of(*documents) as archive:
        request = SearchRequest(q="war", time_zone=zone, start=date(2023, 11, 15))
        answer = archive.search(request, LINKS)
        assert answer.timeline is not None
        for bucket in answer.timeline.buckets:
            start, end = date.fromisoformat(bucket.start), date.fromisoformat(bucket.end)
            assert archive.search(request.narrowed(start, end, NOW), LINKS).total == bucket.count
            assert bucket.archive_count >= bucket.count


# Periods


@given(st.dates(), st.sampled_from(INTERVALS))
def test_periods_are_numbered_without_gaps(day: date, step: str) -> None:
    number = number_of(step, day)  # type: ignore[arg-type]
    first, last = bounds_of(step, number)  # type: ignore[arg-type]
    assert first <= day <= last
    if last < date.max:
        assert number_of(step, date.fromordinal(last.toordinal() + 1)) == number + 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("period", "words"), [("2024", "2024"), ("2024-07", "July 2024"), ("2024-07-03", "3 July 2024"), ("0987", "987")]
)
def test_periods_are_read_back_from_their_days(period: str, words: str) -> None:
    assert period_of(first_day(period), last_day(period)) == period
    assert in_words(period) == words


def test_other_stretches_are_no_period() -> None:
    assert period_of(date(2024, 1, 1), date(2024, 2, 29)) is None
