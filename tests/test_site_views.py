"""What is reckoned for the pages: bars, years, facet trees, pagers and words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Facet, FacetValue, IndexInfo, Overview, Period, Timeline, TimelineBucket
from webui import wording
from webui.chart import HEIGHT, WIDTH, chart
from webui.facet_boxes import facet_box
from webui.home import MAX_OPEN_YEARS, SHADES, home_view
from webui.search_form import kept_pairs


def year(number: int, count: int, archive: int) -> TimelineBucket:
    return TimelineBucket(f"{number}-01-01", f"{number}-12-31", count, archive, f"/search?from={number}&to={number}")


def test_bars_fill_the_width_and_the_highest_the_height() -> None:
    drawn = chart(Timeline("year", (year(1990, 5, 50), year(1991, 0, 10), year(1992, 20, 20), year(1993, 0, 0))))
    assert drawn is not None
    assert [bar.height for bar in drawn.bars] == [HEIGHT / 4, 0, HEIGHT, 0]
    assert [bar.x for bar in drawn.bars] == [0, WIDTH / 4, WIDTH / 2, WIDTH * 3 / 4]
    assert all(bar.y + bar.height == HEIGHT and bar.width < bar.reach == WIDTH / 4 for bar in drawn.bars)
    assert [bar.share for bar in drawn.bars] == ["10%", "0%", "100%", "–"]
    assert [bar.gap for bar in drawn.bars] == [False, False, False, True]
    assert drawn.caption == "By year, 1990 to 1993; most in 1992: 20"


def test_one_article_among_thousands_is_seen_and_alone_it_makes_no_wave() -> None:
    tall = chart(Timeline("year", (year(1990, 1, 9_000), year(1991, 9_000, 9_000))))
    alone = chart(Timeline("year", (year(1990, 1, 1), year(1991, 0, 1))))
    assert tall is not None
    assert alone is not None
    assert tall.bars[0].height >= 2
    assert tall.bars[0].share == "under 0.1%"
    assert alone.bars[0].height < HEIGHT / 2


def test_one_bucket_is_no_chart() -> None:
    assert chart(None) is None
    assert chart(Timeline("year", ())) is None
    assert chart(Timeline("year", (year(1990, 5, 50),))) is None


def test_few_labels_stand_below_many_bars() -> None:
    drawn = chart(Timeline("year", tuple(year(1900 + place, 1, 1) for place in range(101))))
    assert drawn is not None
    assert drawn.ticks == ("1900", "1925", "1950", "1975", "2000")
    coarse = chart(Timeline("decade", (TimelineBucket("1980-01-01", "1989-12-31", 1, 1, ""), year(1990, 1, 1))))
    assert coarse is not None
    assert coarse.bars[0].label == "1980–1989"


def overview(years: range) -> Overview:
    periods = tuple(
        Period(str(n), str(n), n % 7 + 1, f"/{n}", (Period(f"{n}-05", f"May {n}", n % 7 + 1, f"/{n}-05"),))
        for n in reversed(years)
    )
    return Overview((), (), periods, 0, (), IndexInfo("1", 1_234, ""))


def test_old_years_fold_into_decades_named_by_the_years_they_hold() -> None:
    view = home_view(overview(range(1985, 2008)))
    assert [year.label for year in view.years] == [str(n) for n in range(2007, 2007 - MAX_OPEN_YEARS, -1)]
    assert [decade.label for decade in view.decades] == ["1990–1995", "1985–1989"]
    assert sum(year.count for decade in view.decades for year in decade.years) == sum(d.count for d in view.decades)
    assert view.tally == "1,234 articles from 1985 to 2007"


def test_months_are_shaded_by_what_they_hold() -> None:
    months = [year.months[4] for year in home_view(overview(range(2000, 2008))).years]
    assert {month.shade for month in months} <= set(range(1, SHADES + 1))
    assert max(months, key=lambda month: month.count).shade == SHADES
    assert home_view(overview(range(2000, 2001))).years[0].months[0].shade == 0


def value(name: str, count: int, selected: bool = False) -> FacetValue:
    return FacetValue(name, name, count, selected, f"/search?section={name}")


def test_sections_stand_below_the_sections_they_are_in() -> None:
    values = (value("News", 9), value("Sport", 6), value("News > Economy > Oil", 5), value("News > Local", 4))
    box = facet_box(Facet("section", "Section", values, 3, 7, True, "/m"), SearchRequest(), Addresses())
    assert [(row.label, row.depth) for row in box.rows] == [
        ("News", 0),
        ("Economy › Oil", 1),
        ("Local", 1),
        ("Sport", 0),
    ]
    assert box.missing_row is not None
    assert (box.missing_row.label, box.missing_row.count) == ("No section", 3)
    assert box.more_url == "/search?facets=section:50,year,author:8,tag:8,lang:8"


def test_years_are_listed_by_time_and_a_chosen_absence_by_its_name() -> None:
    years = Facet("year", "Year", (value("1990", 5), value("1999", 3)), 0, 0, False)
    assert [row.label for row in facet_box(years, SearchRequest(), Addresses()).rows] == ["1999", "1990"]
    tags = Facet("tag", "Tag", (value("a", 5), value("_missing", 2, True)), 2, 0, False, "/m")
    box = facet_box(tags, SearchRequest(), Addresses())
    assert [row.label for row in box.rows] == ["a", "No tag"]
    assert box.missing_row is None


def test_a_new_query_takes_the_conditions_along_but_not_the_page() -> None:
    request = replace(SearchRequest(q="old", page=3, operator="or"), keywords=())
    assert kept_pairs(request, Addresses()) == (("op", "or"),)


@pytest.mark.parametrize(
    ("given", "read"),
    [("2024-07-03", "3 July 2024"), ("2024-07-03T23:30:00+02:00", "3 July 2024"), (None, "")],
)
def test_dates_are_written_in_words(given: str | None, read: str) -> None:
    assert wording.day(given) == read


def test_numbers_names_and_messages_read_well() -> None:
    assert wording.count_of(1, "article", "articles") == "1 article"
    assert wording.count_of(12_431, "article", "articles") == "12,431 articles"
    assert wording.host("https://www.news.example:8080/a") == "news.example"
    assert wording.sentence("the cursor has expired") == "The cursor has expired."
