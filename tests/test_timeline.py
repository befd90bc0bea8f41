"""The timeline of the page: labels under their bars, gaps that look like gaps, shares, and the ways up and down."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from lxml.html import HtmlElement

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.periods import Interval, bounds_of, number_of
from search.request.reading import parse_search
from search.results.response import Timeline, TimelineBucket
from search.settings import Settings
from webui import create_app
from webui.chart import FEW, HEIGHT, chart
from webui.chart_axis import BASELINE, WIDTHS, axis, labelled, tick_label
from webui.chart_html import figure
from webui.pages import STATIC
from webui.wording import Link

intervals = st.sampled_from(("day", "month", "year", "decade"))
LETTER = 0.45


def years(*rows: tuple[int, int], first: int = 1990) -> Timeline:
    """Years that follow each other, each with the articles found and those of the archive."""
    return Timeline(
        "year",
        tuple(
            TimelineBucket(f"{n}-01-01", f"{n}-12-31", count, whole, f"/search?from={n}&to={n}")
            for n, (count, whole) in enumerate(rows, first)
        ),
    )


def drawn(timeline: Timeline, shows: str = "count") -> HtmlElement:
    found = chart(timeline, shows)  # type: ignore[arg-type]
    assert found is not None
    return lxml_html.fragment_fromstring(b"".join(figure(found)).decode())


def said(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


# The labels


@given(intervals, st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(2, 400))
def test_each_label_is_that_of_the_bar_above_it(interval: Interval, day: date, count: int) -> None:
    first = number_of(interval, day)
    start = bounds_of(interval, first)[0].isoformat()
    for label in lxml_html.fragments_fromstring(f"<svg>{axis(interval, start, count, BASELINE)}</svg>")[0]:
        slot = float(label.get("x").rstrip("%")) / 100 * count - 0.5
        assert abs(slot - round(slot)) <= count * 0.00001, "it stands in the middle of a slot"
        assert label.text == tick_label(interval, first + round(slot))


@given(intervals, st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(2, 400), st.sampled_from(WIDTHS))
def test_labels_never_overlap_and_are_never_cut(interval: Interval, day: date, count: int, width: float) -> None:
    first = number_of(interval, day)
    labels = [tick_label(interval, number) for number in range(first, first + count)]
    places = labelled(interval, first, labels, width)
    half = max(map(len, labels)) * LETTER / 2
    middles = [(place + 0.5) * width / count for place in places]
    assert middles, "a chart without any label cannot be read"
    assert half <= middles[0]
    assert middles[-1] <= width - half
    assert all(after - before > 2 * half for before, after in pairwise(middles))


def test_wider_charts_have_more_labels_and_round_ones() -> None:
    labels = [str(number) for number in range(1987, 2027)]
    found = [[labels[place] for place in labelled("year", 1987, labels, width)] for width in WIDTHS]
    assert found[1] == ["1990", "2000", "2010", "2020"]
    assert found[3] == ["1990", "1995", "2000", "2005", "2010", "2015", "2020", "2025"]
    days = [tick_label("day", date(2024, 7, 1).toordinal() + number) for number in range(31)]
    mondays = labelled("day", date(2024, 7, 1).toordinal(), days, WIDTHS[2])
    assert [days[place] for place in mondays] == ["8 Jul", "15 Jul", "22 Jul", "29 Jul"]


def test_the_stylesheet_knows_the_same_widths() -> None:
    css = (STATIC / "backfile.css").read_text(encoding="utf-8")
    shown = re.findall(r"@container \(([^)]*)\) \{ \.chart \.at-(\d)", css)
    assert [int(size) for _, size in shown] == list(range(len(WIDTHS)))
    for (condition, _), least in zip(shown, WIDTHS, strict=True):
        assert re.findall(r"[\d.]+", condition)[0] == f"{least:g}"
    for (condition, _), above in zip(shown, WIDTHS[1:], strict=False):
        assert condition.endswith(f"width < {above:g}rem")


# Gaps


def test_years_without_articles_are_one_hatched_band_and_years_without_hits_are_not() -> None:
    page = drawn(years((5, 50), (0, 0), (0, 0), (0, 30), (7, 70)))
    [band] = page.cssselect(".chart-gap")
    assert (band.get("x"), band.get("width"), float(band.get("height"))) == ("20.0%", "40.0%", HEIGHT)
    assert band.get("fill") == "url(#chart-hatch)"
    assert page.cssselect("pattern#chart-hatch")
    assert said(band) == "1991 to 1992: no articles in the archive"
    assert [said(line) for line in page.cssselect(".chart-legend li")] == ["No articles in the archive"]
    rows = [said(row) for row in page.cssselect("tbody tr")]
    assert rows[1:3] == ["1991 to 1992No articles in the archive", "1993030" + "0%"]


def test_a_chart_without_gaps_says_nothing_of_them() -> None:
    page = drawn(years((5, 50), (0, 30), (7, 70)))
    assert not page.cssselect(".chart-gap, .chart-legend, pattern")


def test_a_gap_of_one_period_is_called_by_its_name() -> None:
    page = drawn(years((5, 50), (0, 0), (7, 70)))
    assert said(page.cssselect(".chart-none th")[0]) == "1991"
    assert all(int(cell.get("colspan", 1)) in (1, 3) for cell in page.cssselect("tbody td"))


# Shares


def test_a_strong_year_no_longer_flattens_the_others() -> None:
    rows = (200, 20_000), (3, 100), (5, 100)
    counts, shares = chart(years(*rows)), chart(years(*rows), "share")
    assert counts is not None
    assert shares is not None
    assert [bar.height for bar in counts.bars] == [HEIGHT, 2, 2]
    assert [bar.height for bar in shares.bars] == pytest.approx([HEIGHT / 5, HEIGHT * 3 / 5, HEIGHT])
    assert counts.caption.endswith("; most in 1990: 200")
    assert shares.caption.endswith("; largest share in 1992: 5%")


def test_a_share_of_few_articles_is_drawn_lighter_and_sets_no_height() -> None:
    page = drawn(years((4, 100), (1, 1), (FEW, FEW), (1, FEW - 1)), "share")
    few = page.cssselect("rect.chart-few[y]:not([x='1'])")
    assert [rect.getparent().cssselect("title")[0].text for rect in few] == [
        "1991: 100%, 1 of 1 article (too few to compare)",
        f"1993: 5.3%, 1 of {FEW - 1} articles (too few to compare)",
    ]
    assert float(few[0].get("height")) == HEIGHT, "cut at the height of the largest share that can be compared"
    assert page.cssselect(".chart-bar")[0].getparent().cssselect("title")[0].text == "1990: 4%, 4 of 100 articles"
    assert [said(line) for line in page.cssselect(".chart-legend li")] == [
        f"Fewer than {FEW} articles in the archive: their share says little"
    ]
    assert "largest share in 1992: 100%" in said(page.cssselect("figcaption")[0])


def test_where_no_share_can_be_compared_none_is_called_the_largest() -> None:
    page = drawn(years((1, 2), (1, 4), (0, 4)), "share")
    assert [float(rect.get("height")) for rect in page.cssselect("a rect.chart-few")] == [HEIGHT, HEIGHT / 2, 0]
    assert said(page.cssselect("figcaption")[0]) == "By year, 1990 to 1992"
    nothing = drawn(years((0, 2), (0, 4)), "share")
    assert not nothing.cssselect(".chart-legend")


@given(st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2))
def test_bars_of_shares_stay_inside_and_the_table_says_what_they_show(rows: list[tuple[int, int]]) -> None:
    found = chart(years(*rows, first=1000), "share")
    assert found is not None
    assert all(0 <= bar.height <= HEIGHT and bar.y + bar.height == pytest.approx(HEIGHT) for bar in found.bars)
    page = drawn(years(*rows, first=1000), "share")
    titles = [title.text for title in page.cssselect("a > title")]
    table = [[said(cell) for cell in row] for row in page.cssselect("tbody tr:not(.chart-none)")]
    assert [title.split(", ")[0] for title in titles] == [f"{row[0]}: {row[3]}" for row in table]


def test_the_table_is_the_same_whatever_the_bars_show() -> None:
    timeline = years((4, 100), (0, 0), (1, 1))
    assert [
        lxml_html.tostring(drawn(timeline, shows).cssselect("table")[0]) for shows in ("count", "share")
    ] == [lxml_html.tostring(drawn(timeline).cssselect("table")[0])] * 2  # fmt: skip


def test_the_way_of_drawing_in_force_is_no_link() -> None:
    found = chart(years((4, 100), (1, 1)))
    assert found is not None
    page = lxml_html.fragment_fromstring(b"".join(figure(found, (Link("A", ""), Link("B", "/b?x=1&y=2")))).decode())
    assert [said(here) for here in page.cssselect(".chart-views [aria-current]")] == ["A"]
    assert [link.get("href") for link in page.cssselect(".chart-views a")] == ["/b?x=1&y=2#timeline"]


# On the page


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """Floods on each third day of 1986 and 1987, and one in 2001; a storm on each day of 1986 and 1987."""
    engine = MemoryEngine("")
    first = date(1986, 1, 1)
    with engine.writer() as writer:
        for number in range(730):
            day = first + timedelta(days=number)
            writer.add(Document(f"s{number}", "A storm", "Wind.", published=day))
            if number % 3 == 0:
                writer.add(Document(f"f{number}", "A flood", "Water.", published=day))
        writer.add(Document("late", "A flood", "Water again.", published=date(2001, 5, 6)))
    return create_app(Settings(), engine).test_client()


def page_of(client: FlaskClient, address: str) -> HtmlElement:
    response = client.get(address)
    assert response.status_code == 200, address
    return lxml_html.document_fromstring(response.get_data(as_text=True))


def bar_at(page: HtmlElement, label: str) -> str:
    """The address of the bar of that period."""
    [bar] = [bar for bar in page.cssselect("svg.chart a") if said(bar).startswith(f"{label}: ")]
    return str(bar.get("href"))


def path_of(page: HtmlElement) -> dict[str, str | None]:
    return {
        said(step): step.get("href") for step in page.cssselect(".timeline-path a, .timeline-path bdi[aria-current]")
    }


def test_bars_lead_from_years_to_months_to_days_and_the_path_leads_back(client: FlaskClient) -> None:
    everything = page_of(client, "/search?q=flood&sort=oldest")
    assert path_of(everything) == {}
    year = page_of(client, bar_at(everything, "1987"))
    assert path_of(year) == {"All dates": "/search?q=flood&sort=oldest", "1987": None}
    month = page_of(client, bar_at(year, "March 1987"))
    address = bar_at(month, "3 March 1987")
    day = page_of(client, address)
    assert address == "/search?q=flood&from=1987-03-03&to=1987-03-03&sort=oldest"
    assert not day.cssselect(".timeline"), "one day is nothing to compare"
    assert path_of(day) == {
        "All dates": "/search?q=flood&sort=oldest",
        "1987": bar_at(everything, "1987"),
        "March 1987": bar_at(year, "March 1987"),
        "3 March 1987": None,
    }


@pytest.mark.parametrize(
    ("dates", "path"),
    [
        ("from=1986&to=1987", ["All dates", "1986 to 1987"]),
        ("from=1986-03&to=1987-02", ["All dates", "March 1986 to February 1987"]),
        ("from=1986&to=1987-02", ["All dates", "January 1986 to February 1987"]),
        ("from=1987-03&to=1987-05", ["All dates", "1987", "March 1987 to May 1987"]),
        ("from=1987-03-04&to=1987-03-20", ["All dates", "1987", "March 1987", "4 March 1987 to 20 March 1987"]),
        ("from=1987", ["All dates", "since 1 January 1987"]),
        ("from=now-99y", None),
        ("year=1987", ["All dates", "1987"]),
        ("month=1987-03", ["All dates", "1987", "March 1987"]),
        ("year=1986&year=2001", ["All dates", "1986, 2001"]),
        ("from=1987-03&to=1987-03&year=1987", ["All dates", "1987", "March 1987, 1987"]),
        ("from=1987-03-04T10:00:00Z&to=1987-03-05T10:00:00Z", None),
        ("from=1987&facets=none", []),
        ("tag=none", []),
    ],
)
def test_the_path_names_what_is_wider_than_the_dates_asked_for(
    client: FlaskClient, dates: str, path: list[str] | None
) -> None:
    found = path_of(page_of(client, f"/search?q=flood&{dates}"))
    assert list(found)[:1] == ["All dates"] if path is None else list(found) == path


def test_each_step_of_the_path_is_a_wider_search(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&from=1987-03-04&to=1987-03-20")
    totals = [
        client.get(f"/api/v1/search?{urlsplit(to).query}").get_json()["total"] for to in path_of(page).values() if to
    ]
    assert totals == [245, 122, 10]


def test_the_bars_may_show_shares_and_go_on_to_do_so(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&sort=oldest&page=2")
    [switch] = page.cssselect(".chart-views a")
    assert said(switch) == "Share of the archive"
    assert switch.get("href") == "/search?q=flood&sort=oldest&page=2&bars=share#timeline"
    shares = page_of(client, switch.get("href"))
    [back] = shares.cssselect(".chart-views a")
    assert back.get("href") == "/search?q=flood&sort=oldest&page=2#timeline"
    assert "largest share in " in said(shares.cssselect(".timeline figcaption")[0])
    kept = [bar_at(shares, "1987"), *(link.get("href") for link in shares.cssselect(".pager a, .sorting a, .choice"))]
    assert all(parse_search(urlsplit(to).query.encode()).bars == "share" for to in kept)
    assert shares.cssselect("form input[name=bars][value=share]")
    assert "bars=" not in shares.cssselect("link[type='application/atom+xml']")[0].get("href")


def test_an_unknown_way_of_drawing_is_refused_by_page_and_endpoint(client: FlaskClient) -> None:
    for path in ("/search", "/api/v1/search"):
        answer = client.get(f"{path}?q=flood&bars=root")
        assert answer.status_code == 400
        assert "choose from count, share" in answer.get_data(as_text=True)
    ways = [
        client.get(f"/api/v1/search?q=flood{bars}").get_json()["timeline"]["buckets"] for bars in ("", "&bars=share")
    ]
    assert [row["count"] for row in ways[0]] == [row["count"] for row in ways[1]]
