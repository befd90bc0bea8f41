"""Links: each one in an answer leads to the request that it should, in every rendering, and finds what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from archives import NAMES, NOW, SECTIONS, TAGS, fill, over
from asking import read_back, requests, shown_as
from crippled import CrippledEngine
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ParameterError
from search.periods import bounds_of, number_of
from search.pinned_archive import PinnedArchive
from search.query.dates import RelativeTime
from search.request.facets import DATE, facet_kind
from search.request.reading import parse_article
from search.request.request import MAX_PAGE_DEPTH, Filters, SearchRequest
from search.request.urls import Addresses, Rendering
from search.results.cursor import START
from search.results.response import SearchResponse
from search.schema import KEYWORD_FIELDS, MISSING, TEXT_FIELDS

ZONES = ("UTC", "Europe/Berlin")
KINDS: tuple[Rendering, ...] = ("html", "api", "atom")


def _documents() -> Iterator[Document]:
    words = ("war", "bridge", "run", "running bridge", "post-war", "été", "war bridge")
    for number in range(28):
        yield Document(
            f"{'a/b?' if number % 5 == 0 else 'x'}{number:02}",
            f"The {words[number % 7]}",
            f"A {words[number % 7]} and a {words[(number + 3) % 7]}.",
            sections=(SECTIONS[number % 5],) if number % 4 else (),
            authors=(NAMES[number % 4],) if number % 3 else (),
            tags=(TAGS[number % 4],) if number % 2 else (),
            published=date(2019 + number % 6, 1 + number % 12, 1 + number) if number % 8 else None,
            modified=datetime(2020 + number % 4, 3, 4, 23, 30, tzinfo=UTC) if number % 3 else None,
            language=("en", "de", "")[number % 3],
            fingerprint=255 if number % 6 == 0 else 0,
        )


@pytest.fixture(scope="module")
def engine() -> Engine:
    return fill(open_engine("memory:"), *_documents())


@pytest.fixture(scope="module")
def archive(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine, NOW).pinned() as pinned:
        yield pinned


addresses_of = st.builds(Addresses, st.sampled_from(KINDS), st.sampled_from(("", "/site")), st.sampled_from(ZONES))
asked = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def answer(archive: PinnedArchive, request: SearchRequest, addresses: Addresses) -> SearchResponse:
    """The answer to a request that can be answered: a relative date may come after an absolute one."""
    try:
        return archive.search(request, addresses)
    except ParameterError as error:
        assume("later than to" not in str(error))
        raise


@asked
@given(requests(), addresses_of)
def test_pages_lead_to_the_pages_around(archive: PinnedArchive, request: SearchRequest, addresses: Addresses) -> None:
    found = answer(archive, request, addresses)
    links = found.links
    base = request.resolved(NOW) if request.cursor else request
    assert read_back(links.self, addresses) == shown_as(base, addresses)
    for address, page in ((links.first, 1), (links.prev, request.page - 1), (links.next, request.page + 1)):
        if address is not None and request.cursor is None:
            reached = read_back(address, addresses)
            last = read_back(links.last or "", addresses).page
            assert reached == shown_as(request.on_page(min(page, last)), addresses)
    if request.cursor is not None:
        assert links.first is not None
        assert read_back(links.first, addresses) == shown_as(base.from_cursor(START), addresses)
        assert (links.prev, links.last) == (None, None)
    if request.per_page == 0:
        assert (links.first, links.prev, links.next, links.last) == (None, None, None, None)


@asked
@given(requests(), addresses_of)
def test_following_next_shows_every_hit_once(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    request = replace(request, page=1, per_page=max(2, request.per_page), facets=(), fields=("id",), explain=False)
    found = answer(archive, request, addresses)
    shown = [one for hit in found.hits for one in (hit.id, *hit.similar_ids)]
    for _ in range(40):
        if found.links.next is None:
            break
        found = archive.search(read_back(found.links.next, addresses), addresses)
        shown += [one for hit in found.hits for one in (hit.id, *hit.similar_ids)]
    assert found.links.next is None
    assert len(shown) == len(set(shown)) == found.total


@asked
@given(requests(), addresses_of)
def test_a_facet_value_is_toggled_by_its_link(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    found = answer(archive, request, addresses)
    base = request.resolved(NOW) if request.cursor else request
    assert [facet.name for facet in found.facets] == [row.name for row in request.facets]
    for facet in found.facets:
        for row in facet.values:
            toggled = base.toggled(facet.name, row.value)
            assert read_back(row.toggle_url, addresses) == shown_as(toggled, addresses)
            assert row.selected is (row.value in base.selected(facet_kind(facet.name)))
            if row.selected and toggled != base and facet.name != DATE:
                assert row.value not in toggled.selected(facet_kind(facet.name))
        if facet.missing_url is not None:
            toggled = base.toggled(facet.name, MISSING)
            assert read_back(facet.missing_url, addresses) == shown_as(toggled, addresses)
        else:
            assert facet_kind(facet.name).keyword is None or not facet.missing


@asked
@given(requests(), addresses_of)
def test_a_bar_of_the_timeline_finds_as_many_as_it_shows(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    found = answer(archive, request, addresses)
    base = request.resolved(NOW) if request.cursor else request
    assert (found.timeline is not None) is request.timeline
    if found.timeline is None or not found.timeline.buckets:
        return
    interval = found.timeline.interval
    assert sum(row.count for row in found.timeline.buckets) <= found.total
    for row in found.timeline.buckets[:3] + found.timeline.buckets[-3:]:
        first, last = date.fromisoformat(row.start), date.fromisoformat(row.end)
        assert (first, last) == bounds_of(interval, number_of(interval, first))
        reached = read_back(row.url, addresses)
        assert reached == shown_as(base.narrowed(first, last, NOW), addresses)
        assert archive.search(replace(reached, facets=(), per_page=0)).total == row.count
        assert row.count <= row.archive_count


@asked
@given(requests(), addresses_of)
def test_a_chip_takes_away_its_own_condition_and_no_other(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    found = answer(archive, request, addresses)
    base = request.resolved(NOW) if request.cursor else request
    taken_away = []
    for chip in found.query.applied:
        if chip.name in KEYWORD_FIELDS:
            other = base.without_value(chip.name, chip.value)
        elif chip.name == "date":
            other = base.dated(None, None)
        elif chip.name == "in":
            other = base.searching(name for name in base.fields_searched if name != chip.value)
        else:
            other = base.without_periods(chip.value)
        assert other not in (base, *taken_away)
        assert read_back(chip.remove_url, addresses) == shown_as(other, addresses)
        taken_away.append(other)
    values = sum(len(each.include) + len(each.exclude) for _, each in request.keywords)
    dated = request.start is not None or request.end is not None
    assert len(taken_away) == values + dated + len(request.periods) + len(request.fields_searched)


@asked
@example(SearchRequest(q="running brige"), Addresses("html", "", "UTC"))
@given(requests(), addresses_of)
def test_corrections_and_relaxations_find_what_they_say(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    found = answer(archive, request, addresses)
    offered = [(row.url, row.count) for row in found.suggestions.did_you_mean]
    offered += [(row.url, row.total) for row in found.suggestions.relax]
    # A list that was filled up may be longer than that of the correction, whose articles have all words.
    exactly = found.filled.all_words if found.filled else found.total
    for url, count in offered:
        reached = read_back(url, addresses)
        assert reached.page == 1
        assert reached.cursor is None
        assert archive.search(replace(reached, facets=(), per_page=0)).total == count > exactly
    if found.total:
        assert found.suggestions.relax == ()
    if request.page > 1:
        assert offered == []


@asked
@given(requests(), addresses_of)
def test_an_article_knows_the_way_back_and_its_position(
    archive: PinnedArchive, request: SearchRequest, addresses: Addresses
) -> None:
    found = answer(archive, request, addresses)
    base = request.resolved(NOW) if request.cursor else request
    for number, hit in enumerate(found.hits):
        way_back = parse_article(urlsplit(hit.article_url).query.encode(), time_zone=addresses.time_zone)
        shape = base.on_page(1).without_shape()
        if way_back is None:
            assert request.cursor is not None
            assert shape == SearchRequest(time_zone=addresses.time_zone)
            continue
        assert way_back.request == shape
        position = None if request.cursor else (request.page - 1) * request.per_page + number
        assert way_back.position == position
        if position is not None:
            article = archive.article(hit.id, way_back.request, position, addresses)
            around = (article.previous, article.next)
            before = found.hits[number - 1].id if number else None
            after = found.hits[number + 1].id if number + 1 < len(found.hits) else None
            assert before is None or (around[0] is not None and around[0].id == before)
            assert after is None or (around[1] is not None and around[1].id == after)


def test_other_renderings_are_the_same_search_from_the_first_hit(archive: PinnedArchive) -> None:
    request = SearchRequest(q="bridge", page=2, per_page=3)
    links = archive.search(request, Addresses("api")).links
    assert (links.html, links.atom, links.feed, links.csv) == (
        "/search?q=bridge&page=2&per_page=3", "/search.atom?q=bridge", "/search.json?q=bridge", "/search.csv?q=bridge",
    )  # fmt: skip


# The archive's own time zone


@pytest.fixture
def berlin(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine, NOW, time_zone="Europe/Berlin").pinned() as pinned:
        yield pinned


def test_no_link_of_an_archive_leads_out_of_its_time_zone(berlin: PinnedArchive) -> None:
    overview = berlin.overview()
    urls = [row.url for row in (*overview.sections, *overview.years, *overview.years[0].months, *berlin.sections())]
    urls += [child.url for row in overview.sections for child in row.children]
    urls += [row.toggle_url for row in overview.languages]
    urls += [row.url for typed in ("br", "news") for row in berlin.suggest(typed)]
    assert len(urls) > 20
    assert [url for url in urls if "tz=" in url] == []


def test_completions_count_days_in_the_archives_time_zone() -> None:
    late = datetime(2024, 6, 30, 23, 30, tzinfo=UTC)
    engine = fill(open_engine("memory:"), Document("a", "x", "harbour", published=late, language="en"))
    with over(engine, NOW, time_zone="Europe/Berlin").pinned() as archive:
        [found] = [row for row in archive.suggest("date:2024-07 harb") if row.kind == "word"]
        assert (found.count, archive.search(read_back(found.url, Addresses("html", "", "Europe/Berlin"))).total) == (
            1,
            1,
        )


def test_sections_and_periods_of_the_overview_find_as_many_as_they_say(archive: PinnedArchive) -> None:
    overview, addresses = archive.overview(), Addresses()
    rows = [(row.url, row.count) for year in overview.years for row in (year, *year.months)]
    rows += [(row.url, row.count) for node in overview.sections for row in (node, *node.children)]
    rows += [(row.toggle_url, row.count) for row in overview.languages]
    assert len(rows) > 20
    for url, count in rows:
        assert archive.search(read_back(url, addresses)).total == count
    assert sum(year.count for year in overview.years) + overview.undated == overview.index.articles


# Cursors


def _cursor_search(archive: PinnedArchive, request: SearchRequest) -> tuple[list[str], SearchRequest | None]:
    found = archive.search(request)
    following = found.links.next
    return [hit.id for hit in found.hits], read_back(following, Addresses()) if following else None


@pytest.mark.parametrize("q", ["date:now-4y.. bridge", "bridge -date:now-4y..", "(date:now-4y.. OR war)"])
def test_a_cursor_counts_the_relative_dates_of_a_query_from_the_moment_it_began(engine: Engine, q: str) -> None:
    request = SearchRequest(q=q, cursor="*", per_page=2, sort="oldest", facets=())
    with over(engine, NOW).pinned() as archive:
        expected, following = _cursor_search(archive, request)
        total = archive.search(request).total
        while following:
            shown, following = _cursor_search(archive, following)
            expected += shown
    shown, following = [], request
    moment = NOW
    while following:
        with over(engine, moment).pinned() as archive:
            assert archive.search(following).total == total
            page, following = _cursor_search(archive, following)
            shown += page
        moment += timedelta(days=300)
    assert shown == expected
    assert len(shown) == total


def test_a_cursor_goes_on_beside_the_relative_dates_it_was_made_for(engine: Engine) -> None:
    request = SearchRequest(q="bridge", start=RelativeTime(4, "y"), cursor="*", per_page=2, facets=())
    with over(engine, NOW).pinned() as archive:
        _, following = _cursor_search(archive, request)
    assert following is not None
    with over(engine, NOW + timedelta(days=200)).pinned() as later:
        kept = later.search(replace(request, cursor=following.cursor))
        linked = later.search(following)
    assert [hit.id for hit in kept.hits] == [hit.id for hit in linked.hits]
    assert kept.query.applied == linked.query.applied


def test_an_engine_without_cursors_offers_none_past_the_last_page() -> None:
    engine = fill(open_engine("memory:"), *(Document(f"{number:05}", "x") for number in range(MAX_PAGE_DEPTH + 5)))
    request = SearchRequest(page=100, per_page=100, facets=(), fields=("id",))
    with over(engine, NOW).pinned() as rich, over(CrippledEngine(engine, "cursor"), NOW).pinned() as poor:
        assert "cursor=" in (rich.search(request).links.next or "")
        assert poor.search(request).links.next is None


# Neighbours


@pytest.mark.parametrize("group", ["none", "story"])
@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
def test_walking_from_neighbour_to_neighbour_passes_every_row_once(
    archive: PinnedArchive, group: str, sort: str
) -> None:
    request = SearchRequest(q="bridge OR war", group=group, sort=sort, per_page=100, facets=())  # type: ignore[arg-type]
    rows = [hit.id for hit in archive.search(request).hits]
    walked, position = [rows[0]], 0
    while (following := archive.neighbours(request, position)[1]) is not None:
        before = archive.neighbours(request, position + 1)[0]
        assert before is not None
        assert before.id == walked[-1]
        position += 1
        walked.append(following.id)
        way_back = parse_article(urlsplit(following.article_url).query.encode())
        assert way_back is not None
        assert way_back.position == position
    assert walked == rows
    assert archive.neighbours(request, len(rows) + 5) == (None, None)


@pytest.mark.parametrize("position", [-1, MAX_PAGE_DEPTH])
def test_a_position_that_no_page_reaches_is_refused(archive: PinnedArchive, position: int) -> None:
    with pytest.raises(ParameterError, match="position"):
        archive.neighbours(SearchRequest(), position)


def test_an_article_that_has_moved_in_the_list_has_no_neighbours_rather_than_wrong_ones() -> None:
    engine = fill(open_engine("memory:"), *(Document(f"{n}", "x", published=date(2020, 1, n)) for n in range(1, 6)))
    request = SearchRequest(sort="newest")
    with over(engine, NOW).pinned() as archive:
        found = archive.article("3", request, 2)
        assert [hit and hit.id for hit in (found.previous, found.next)] == ["4", "2"]
    fill(engine, Document("6", "x", published=date(2020, 1, 6)))
    with over(engine, NOW).pinned() as archive:
        found = archive.article("3", request, 2)
        assert (found.previous, found.next) == (None, None)
        assert archive.article("3", request, 3).previous is not None


def test_an_article_of_a_search_that_cannot_be_asked_is_refused(archive: PinnedArchive) -> None:
    with pytest.raises(ParameterError, match="in"):
        archive.article("x01", SearchRequest(q="war", fields_searched=("smell",)))
    assert "title" in TEXT_FIELDS


def test_filters_of_a_link_are_the_filters_of_the_request(archive: PinnedArchive) -> None:
    request = SearchRequest(q="war", keywords=(("tag", Filters(("oil",), ("war", MISSING))),))
    found = archive.search(request)
    assert "tag=oil&tag=-war&tag=-_missing" in found.links.self
