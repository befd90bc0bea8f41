"""What is reckoned for the pages: bars, years, facet trees, pagers and words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Facet, FacetValue, IndexInfo, Overview, Period, Timeline, TimelineBucket
from webui import wording
from webui.chart import HEIGHT, WIDTH, chart
from webui.facet_boxes import facet_box, facet_boxes
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


def test_decades_are_named_by_their_years() -> None:
    coarse = chart(Timeline("decade", (TimelineBucket("1980-01-01", "1989-12-31", 1, 1, ""), year(1990, 1, 1))))
    assert coarse is not None
    assert coarse.bars[0].label == "1980–1989"


def overview(years: range) -> Overview:
    periods = tuple(
        Period(str(n), str(n), n % 7 + 1, f"/{n}", (Period(f"{n}-05", f"May {n}", n % 7 + 1, f"/{n}-05"),))
        for n in reversed(years)
    )
    return Overview((), (), (), periods, 0, (), IndexInfo("1", 1_234, ""))


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
    [box] = facet_boxes([Facet("section", "Section", values, 3, 7, True, "/m")], SearchRequest(), Addresses())
    assert [(row.label, row.depth) for row in box.rows] == [
        ("News", 0),
        ("Economy › Oil", 1),
        ("Local", 1),
        ("Sport", 0),
    ]
    assert box.missing_row is not None
    assert (box.missing_row.label, box.missing_row.count) == ("No section", 3)
    assert box.more_url == "/facet/section"


def test_years_are_listed_by_time_and_a_chosen_absence_by_its_name() -> None:
    years = Facet("year", "Year", (value("1990", 5), value("1999", 3)), 0, 0, False)
    assert [row.label for row in facet_box(years).rows] == ["1999", "1990"]
    tags = Facet("tag", "Tag", (value("a", 5), value("_missing", 2, True)), 2, 0, False, "/m")
    box = facet_box(tags)
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


def test_names_and_messages_read_well() -> None:
    assert wording.host("https://www.news.example:8080/a") == "news.example"
    assert wording.sentence("the cursor has expired") == "The cursor has expired."


# Edges of the chart


@pytest.mark.parametrize("count", [2, 3, 5, 6, 60, 250, 1_000])
def test_bars_stay_inside_the_drawing_and_beside_each_other(count: int) -> None:
    drawn = chart(Timeline("year", tuple(year(1000 + n, n % 5, 9) for n in range(count))))
    assert drawn is not None
    assert len(drawn.bars) == count
    for bar, following in zip(drawn.bars, drawn.bars[1:], strict=False):
        assert bar.x + bar.width <= following.x + 0.02
        assert abs(bar.x + bar.reach - following.x) <= 0.02
    assert drawn.bars[-1].x + drawn.bars[-1].reach <= WIDTH + 0.02
    assert all(0 <= bar.height <= HEIGHT and abs(bar.y + bar.height - HEIGHT) <= 0.02 for bar in drawn.bars)


def test_a_timeline_without_hits_has_no_bars_and_no_peak() -> None:
    drawn = chart(Timeline("year", (year(1990, 0, 5), year(1991, 0, 5))))
    assert drawn is not None
    assert [bar.height for bar in drawn.bars] == [0, 0]
    assert drawn.caption == "By year, 1990 to 1991"


@pytest.mark.parametrize(
    ("interval", "start", "end", "label", "unit"),
    [
        ("day", "2024-02-29", "2024-02-29", "29 February 2024", "Day"),
        ("month", "2024-02-01", "2024-02-29", "February 2024", "Month"),
        ("year", "0999-01-01", "0999-12-31", "999", "Year"),
        ("decade", "1980-01-01", "1989-12-31", "1980–1989", "Decade"),
        ("century", "1901-01-01", "2000-12-31", "1901–2000", "Century"),
    ],
)
def test_buckets_of_every_length_are_labelled(interval: str, start: str, end: str, label: str, unit: str) -> None:
    buckets = (TimelineBucket(start, end, 1, 1, "/a"), TimelineBucket(start, end, 2, 3, "/b"))
    drawn = chart(Timeline(interval, buckets))
    assert drawn is not None
    assert drawn.bars[0].label == label
    assert drawn.unit == unit
    assert drawn.caption.startswith(f"By {unit.lower()}, ")


@pytest.mark.parametrize(
    ("count", "whole", "share"),
    [
        (0, 0, "–"),
        (0, 9, "0%"),
        (1, 2, "50%"),
        (1, 3, "33.3%"),
        (1, 1_001, "under 0.1%"),
        (1, 1_000, "0.1%"),
        (7, 7, "100%"),
    ],
)
def test_shares_are_written_as_they_are_read(count: int, whole: int, share: str) -> None:
    drawn = chart(Timeline("year", (year(1990, count, whole), year(1991, 1, 1))))
    assert drawn is not None
    assert drawn.bars[0].share == share


# The front page


@pytest.mark.parametrize(
    ("years", "tally"),
    [
        (range(0), "1,234 articles"),
        (range(1999, 2000), "1,234 articles from 1999"),
        (range(1999, 2001), "1,234 articles from 1999 to 2000"),
    ],
)
def test_the_front_page_says_what_the_archive_holds(years: range, tally: str) -> None:
    assert home_view(overview(years)).tally == tally


def test_one_article_is_one_article() -> None:
    alone = replace(overview(range(0)), index=IndexInfo("1", 1, ""))
    assert home_view(alone).tally == "1 article"
    assert home_view(replace(alone, languages=(value("en", 1), value("de", 1)))).tally == "1 article in 2 languages"


def test_every_year_has_twelve_months_in_the_order_of_the_calendar() -> None:
    (shown,) = home_view(overview(range(2000, 2001))).years
    assert " ".join(month.short for month in shown.months) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    assert [bool(month.url) for month in shown.months] == [month.count > 0 for month in shown.months]


@pytest.mark.parametrize("name", ["month", "day"])
def test_months_and_days_are_listed_by_time_too(name: str) -> None:
    facet = Facet(name, name.title(), (value("2024-01", 5), value("2024-11", 3), value("2023-12", 9)), 0, 0, False)
    assert [row.label for row in facet_box(facet).rows] == ["2024-11", "2024-01", "2023-12"]


def test_deep_sections_are_not_indented_without_end() -> None:
    path = ["A"]
    for letter in "BCDEFG":
        path.append(f"{path[-1]} > {letter}")
    box = facet_box(Facet("section", "Section", tuple(value(name, 1) for name in path), 0, 0, False))
    assert [row.depth for row in box.rows] == [0, 1, 2, 3, 3, 3, 3]
    assert [row.label for row in box.rows] == list("ABCDEFG")
