"""The overview: what is listed adds up to what the archive holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from archives import NOW, documents, fill, over
from crippled import CrippledEngine
from hypothesis import given, settings
from hypothesis import strategies as st

from search.dates import local_day, zone_named
from search.document import SECTION_SEPARATOR, Document, section_ancestors
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import EngineError
from search.request.urls import Addresses
from search.results.overview import MAX_DEPTH, NEWEST, section_tree
from search.results.response import SectionNode

ZONES = ("UTC", "Asia/Baku", "America/New_York")


def flat(nodes: tuple[SectionNode, ...]) -> list[SectionNode]:
    return [one for node in nodes for one in (node, *flat(node.children))]


@settings(deadline=None)
@given(st.lists(documents, max_size=8, unique_by=lambda document: document.id), st.sampled_from(ZONES))
def test_years_months_and_the_undated_make_up_the_archive(articles: list[Document], name: str) -> None:
    engine = fill(open_engine("memory:"), *articles)
    zone = zone_named(name)
    with over(engine, NOW, time_zone=name).pinned() as archive:
        overview = archive.overview()
    days = [date.fromordinal(local_day(one.published, zone)) for one in articles if one.published is not None]
    years, months = Counter(f"{day:%Y}" for day in days), Counter(f"{day:%Y-%m}" for day in days)
    assert {year.value: year.count for year in overview.years} == years
    assert {month.value: month.count for year in overview.years for month in year.months} == months
    assert [year.value for year in overview.years] == sorted(years, reverse=True)
    for year in overview.years:
        assert sum(month.count for month in year.months) == year.count
        assert [month.value for month in year.months] == sorted(month.value for month in year.months)
        assert all(month.value.startswith(year.value) and month.months == () for month in year.months)
    assert overview.undated == len(articles) - len(days)
    assert overview.index.articles == len(articles)
    listed = [hit.id for hit in overview.newest] + [version.id for also in overview.also_in for version in also]
    assert sorted(listed) == sorted(article.id for article in articles)
    assert len(overview.also_in) == len(overview.newest) <= NEWEST


@settings(deadline=None)
@given(st.lists(documents, max_size=8, unique_by=lambda document: document.id))
def test_a_section_counts_articles_in_it_and_below_it_once_each(articles: list[Document]) -> None:
    engine = fill(open_engine("memory:"), *articles)
    with over(engine, NOW).pinned() as archive:
        nodes = flat(archive.sections())
    expected: Counter[str] = Counter()
    for article in articles:
        expected.update({part for section in article.sections if section for part in section_ancestors(section)})
    assert {node.value: node.count for node in nodes} == expected
    for node in nodes:
        assert node.label == node.value.split(SECTION_SEPARATOR)[-1]
        assert all(child.value.startswith(node.value + SECTION_SEPARATOR) for child in node.children)
        counts = [(-child.count, child.value) for child in node.children]
        assert counts == sorted(counts)


@given(st.dictionaries(st.lists(st.sampled_from("ab"), min_size=1, max_size=20).map(SECTION_SEPARATOR.join),
                       st.integers(1, 9), max_size=6))  # fmt: skip
def test_the_tree_of_sections_is_never_deeper_than_can_be_shown(counts: dict[str, int]) -> None:
    nodes = flat(section_tree(counts, Addresses()))
    depths = [len(node.value.split(SECTION_SEPARATOR)) for node in nodes]
    assert max(depths, default=0) <= MAX_DEPTH
    assert len({node.value for node in nodes}) == len(nodes)


def test_newest_articles_are_shown_with_their_first_words(engine: Engine) -> None:
    fill(engine, *(Document(f"{n:02}", f"T{n}", f"Body {n}.", published=date(2024, 1, 1 + n)) for n in range(12)))
    with over(engine, NOW).pinned() as archive:
        newest = archive.overview().newest
    assert [hit.id for hit in newest] == [f"{n:02}" for n in range(11, 1, -1)]
    assert newest[0].snippets[0].text == "Body 11."
    assert newest[0].article_url == "/article/11"


def test_editions_of_one_story_take_one_of_the_newest_places(engine: Engine) -> None:
    words = " ".join(f"word{n}" for n in range(200))
    editions = (
        Document(f"edition-{n:02}", f"Edition {n}", words, published=date(2024, 2, 1 + n), fingerprint=7)
        for n in range(15)
    )
    fill(engine, *editions, *(Document(f"{n:02}", f"T{n}", f"x{n}", published=date(2024, 1, 1 + n)) for n in range(12)))
    with over(engine, NOW).pinned() as archive:
        overview = archive.overview()
    assert [hit.id for hit in overview.newest] == ["edition-14", *(f"{n:02}" for n in range(11, 2, -1))]
    assert [len(also) for also in overview.also_in] == [14, *([0] * 9)]
    assert not any(version.translation for version in overview.also_in[0])


@pytest.mark.parametrize("zone", ZONES)
def test_a_late_article_is_of_the_day_it_was_where_the_archive_is(engine: Engine, zone: str) -> None:
    fill(engine, Document("late", "x", published=datetime(2023, 12, 31, 22, tzinfo=UTC)))
    with over(engine, NOW, time_zone=zone).pinned() as archive:
        [year] = archive.overview().years
        assert year.value == ("2024" if zone == "Asia/Baku" else "2023")
        assert (
            archive.overview().newest[0].published
            == {
                "UTC": "2023-12-31T22:00:00+00:00",
                "Asia/Baku": "2024-01-01T02:00:00+04:00",
                "America/New_York": "2023-12-31T17:00:00-05:00",
            }[zone]
        )


def test_an_engine_without_facets_still_shows_its_newest_articles_and_sections() -> None:
    engine = fill(open_engine("memory:"), Document("a", "x", sections=("News",), published=date(2024, 1, 1)))
    with over(CrippledEngine(engine, "facets"), NOW).pinned() as archive:
        overview = archive.overview()
    assert ([hit.id for hit in overview.newest], [node.value for node in overview.sections]) == (["a"], ["News"])
    assert (overview.years, overview.languages, overview.undated) == ((), (), 0)


def test_an_overview_that_takes_too_long_is_an_error_and_no_small_archive(engine: Engine) -> None:
    fill(engine, *(Document(f"{n}", "x", "word", published=date(2024, 1, 1)) for n in range(2_000)))
    with (
        over(engine, NOW, deadline_seconds=1e-9).pinned() as archive,
        pytest.raises(EngineError, match="longer than 1e-09 s; try again, or raise the setting deadline_seconds"),
    ):
        archive.overview()
