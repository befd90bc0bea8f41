"""What the result page promises: headings and chips that read well, a pager, and a form that asks the same again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from counting import CountingEngine
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from lxml import html as lxml_html
from lxml.html import HtmlElement
from test_parameters import requests

from search.archive import Archive
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.request.reading import MAX_QUERY_STRING, parse_search
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.results.response import Applied
from search.settings import Settings
from webui import create_app
from webui.results_page import chip_text
from webui.search_form import MAX_SECTION_OPTIONS, SectionChoices, kept_pairs, search_form
from webui.site import EXTENSION, Site

LINKS = Addresses("html")


def page_of(client: FlaskClient, path: str) -> HtmlElement:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return lxml_html.document_fromstring(response.get_data(as_text=True))


def said(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def all_said(page: HtmlElement, selector: str) -> list[str]:
    return [said(element) for element in page.cssselect(selector)]


def dated(count: int, first: int = 1900) -> FlaskClient:
    """A site of articles about a flood, one each year."""
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for number in range(count):
            writer.add(Document(f"{number:04}", f"Flood {number}", "A flood.", published=date(first + number, 5, 1)))
    return create_app(Settings(), engine).test_client()


# Heading and tally


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/search", "All articles"),
        ("/search?q=flood", "“flood”"),
        ("/search?q=%20flood%20", "“flood”"),
        ("/search?q=%22old+bridge%22", '"old bridge"'),
        ("/search?q=%C2%ABold+bridge%C2%BB", "«old bridge»"),
        ("/search?q=title%3A%22old+bridge%22", 'title:"old bridge"'),
        ("/search?q=flood&section=News", "“flood”"),
        ("/search?section=News+%3E+Local", "News › Local"),
        ("/search?year=2024", "2024"),
        ("/search?month=2024-07", "July 2024"),
        ("/search?from=2024-07-03", "Since 3 July 2024"),
        ("/search?lang=de", "German"),
        ("/search?tag=_missing", "No tag"),
        ("/search?tag=-_missing", "Articles"),
        ("/search?section=-News", "Articles"),
        ("/search?in=title", "Articles"),
        ("/search?year=2024&year=2023", "Articles"),
    ],
)
def test_the_heading_says_what_the_page_is_about(client: FlaskClient, path: str, heading: str) -> None:
    page = page_of(client, path)
    assert all_said(page, "h1") == [heading]
    assert page.cssselect("title")[0].text.startswith(heading)


def test_the_tally_names_the_hits_that_are_shown() -> None:
    client = dated(25)
    assert all_said(page_of(client, "/search?q=flood"), ".tally") == ["25 articles, 1–10 shown"]
    assert all_said(page_of(client, "/search?q=flood&page=3"), ".tally") == ["25 articles, 21–25 shown"]
    assert all_said(page_of(client, "/search?q=flood&per_page=50"), ".tally") == ["25 articles"]


def test_beyond_the_last_page_the_tally_names_no_hits() -> None:
    page = page_of(dated(25), "/search?q=flood&page=9")
    assert all_said(page, ".tally") == ["25 articles"]
    assert not page.cssselect(".hits, .sorting")


@pytest.mark.parametrize(
    ("path", "tally"),
    [("/search?q=zzzz", "No articles found"), ("/search?q=zzzz&year=2024", "No articles found with these conditions")],
)
def test_nothing_found_is_said_in_words(client: FlaskClient, path: str, tally: str) -> None:
    assert all_said(page_of(client, path), ".tally") == [tally]


# Chips


@pytest.mark.parametrize(
    ("name", "value", "label", "negated", "text"),
    [
        ("section", "News > Local", "News > Local", False, "News › Local"),
        ("section", "News > Local", "News > Local", True, "not News › Local"),
        ("lang", "de", "German", False, "German"),
        ("tag", "_missing", "none", False, "none"),
        ("tag", "_missing", "none", True, "any"),
        ("tag", "a > b", "a > b", False, "a > b"),
        ("author", "Zoë", "", False, "Zoë"),
    ],
)
def test_a_chip_says_its_condition_in_words(name: str, value: str, label: str, negated: bool, text: str) -> None:
    assert chip_text(Applied(name, "Label", value, negated, "/search", label)) == text


def test_each_year_month_and_day_is_a_chip_that_can_be_removed(client: FlaskClient) -> None:
    page = page_of(client, "/search?year=2023&year=2024&month=2022-12&day=2021-01-02")
    chips = all_said(page, ".chip")
    assert sorted(chips) == [
        "Day 2 January 2021×, remove",
        "Month December 2022×, remove",
        "Year 2023×, remove",
        "Year 2024×, remove",
    ]
    for chip in page.cssselect(".chip"):
        fewer = page_of(client, chip.get("href"))
        assert set(all_said(fewer, ".chip")) == set(chips) - {said(chip)}


def test_all_conditions_are_removed_at_once_and_the_query_stays(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&year=2023&year=2024&tag=-_missing&sort=oldest")
    (link,) = page.cssselect(".chip-all")
    assert link.get("href") == "/search?q=flood"
    assert not page_of(client, "/search?q=flood&year=2024").cssselect(".chip-all")


def test_selected_years_are_ticked_and_a_third_can_be_added(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&year=2024&year=2022&facets=year:90")
    years = page.cssselect("section[aria-labelledby=facet-year] .choice")
    ticked = [said(year.cssselect(".choice-label")[0]) for year in years if "chosen" in year.get("class")]
    assert ticked == ["2024", "2022"]
    assert all_said(page, ".facets summary") == ["Narrow the search (2 selected)"]
    third = next(year for year in years if said(year.cssselect(".choice-label")[0]) == "2021")
    assert parse_qs(urlsplit(third.get("href")).query)["year"] == ["2021", "2022", "2024"]
    added = int(said(third.cssselect(".choice-count")[0]).replace(",", ""))
    before, after = (
        int(all_said(found, ".tally")[0].split()[0]) for found in (page, page_of(client, third.get("href")))
    )
    assert before < after == added


# Pager


def shown_pages(page: HtmlElement) -> list[str]:
    return [said(item).removeprefix("Page ") for item in page.cssselect(".pager li")]


@pytest.mark.parametrize(
    ("here", "shown"),
    [
        (1, ["1", "2", "3", "…", "12", "Next page"]),
        (2, ["Previous page", "1", "2", "3", "4", "…", "12", "Next page"]),
        (4, ["Previous page", "1", "2", "3", "4", "5", "6", "…", "12", "Next page"]),
        (5, ["Previous page", "1", "…", "3", "4", "5", "6", "7", "…", "12", "Next page"]),
        (11, ["Previous page", "1", "…", "9", "10", "11", "12", "Next page"]),
        (12, ["Previous page", "1", "…", "10", "11", "12"]),
        (40, ["Previous page", "1", "…", "12"]),
    ],
)
def test_the_pager_shows_both_ends_and_the_pages_around(here: int, shown: list[str]) -> None:
    page = page_of(dated(58), f"/search?q=flood&per_page=5&page={here}")
    assert shown_pages(page) == shown
    assert all_said(page, ".pager [aria-current=page]") == ([f"Page {here}"] if here <= 12 else [])


def test_every_number_of_the_pager_leads_to_its_page() -> None:
    client = dated(58)
    for link in page_of(client, "/search?q=flood&per_page=5&page=5").cssselect(".pager a"):
        number = said(link).removeprefix("Page ")
        found = page_of(client, link.get("href"))
        expected = {"Previous page": "4", "Next page": "6"}.get(number, number)
        assert all_said(found, ".pager [aria-current=page]") == [f"Page {expected}"]


def test_hits_that_fit_on_one_page_need_no_pager() -> None:
    client = dated(11)
    assert not page_of(client, "/search?q=flood&per_page=11").cssselect(".pager")
    assert page_of(client, "/search?q=flood&per_page=10").cssselect(".pager")


def test_behind_the_last_numbered_page_the_next_one_goes_by_cursor() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for number in range(10_101):
            writer.add(Document(f"{number:05}", "Flood", ""))
    page = page_of(create_app(Settings(), engine).test_client(), "/search?per_page=100&page=100&facets=none")
    (following,) = page.cssselect(".pager a[rel=next]")
    assert "cursor" in parse_qs(urlsplit(following.get("href")).query)
    assert shown_pages(page)[-2:] == ["100", "Next page"]


# The form


def submitted(page: HtmlElement, **typed: str) -> str:
    """The address to which a browser without JavaScript sends the form."""
    form = page.forms[0]
    assert form.method == "GET"
    pairs = [(name, typed.get(name, value)) for name, value in form.form_values()]
    return f"{form.action}?{urlencode(pairs)}"


def asked_by(client: FlaskClient, address: str) -> SearchRequest:
    """The search that is answered when a browser opens the address and follows where it is sent."""
    response = client.get(address, follow_redirects=True)
    assert response.status_code == 200, address
    return parse_search(response.request.query_string, kind="html")


ROUND_TRIPS = (
    "/search",
    "/search?q=flood",
    "/search?q=flood&page=2",
    "/search?q=flood&section=News",
    "/search?q=flood&section=News+%3E+Local",
    "/search?q=flood&section=%5C-Odd",
    "/search?q=flood&section=-News",
    "/search?q=flood&section=News&section=Opinion",
    "/search?q=flood&section=_missing",
    "/search?q=flood&section=No+such+section",
    "/search?q=flood&year=2024&year=2023&month=2022-12&day=2021-01-03",
    "/search?q=flood&from=2023&to=2024-07",
    "/search?q=flood&from=now-7d",
    "/search?q=flood&date=modified&from=2024-07-03T09:30:00Z",
    "/search?q=flood&sort=oldest&op=or",
    "/search?q=flood&tag=river&tag=-weather&author=_missing&lang=en&type=essay",
    "/search?q=flood&in=title,body&per_page=5&facets=year:50,tag&tz=Asia/Baku",
    "/search?q=flood&group=story&highlight=off&explain=true",
    "/search?q=%26%3C%22%27%3E+%E6%97%A5%E6%9C%AC",
)


@pytest.mark.parametrize("address", ROUND_TRIPS)
def test_a_form_sent_unchanged_asks_for_the_same_search(client: FlaskClient, address: str) -> None:
    before = asked_by(client, address)
    assert asked_by(client, submitted(page_of(client, address))) == before.on_page(1)


@pytest.mark.parametrize("address", ROUND_TRIPS)
def test_another_query_keeps_the_conditions(client: FlaskClient, address: str) -> None:
    before = asked_by(client, address)
    sent = submitted(page_of(client, address), q="bridge")
    assert asked_by(client, sent) == replace(before.on_page(1), q="bridge")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests())
def test_the_pairs_of_a_form_make_up_the_whole_request(request: SearchRequest) -> None:
    form = search_form(request, LINKS, SectionChoices(("News", "News > Local", "-Odd", "_missing")))
    advanced = form.advanced
    controls = [("q", request.q), ("from", advanced.start), ("to", advanced.end), ("sort", advanced.sort)]
    controls += [("op", "" if advanced.operator == "auto" else advanced.operator)]
    if advanced.sections:
        chosen = [option.value for option in advanced.sections if option.selected]
        assert len(chosen) <= 1
        controls += [("section", value) for value in chosen]
    sent = urlencode([pair for pair in (*form.hidden, *controls) if pair[1]]).encode()
    if len(sent) <= MAX_QUERY_STRING:
        assert parse_search(sent, kind="html") == parse_search(
            urlsplit(LINKS.search(request.on_page(1))).query.encode(), kind="html"
        )


def test_the_form_of_an_article_asks_for_the_search_that_led_there(client: FlaskClient) -> None:
    searched = "/search?q=river&section=News&section=Opinion&year=2024&year=2023&sort=oldest"
    link = page_of(client, searched).cssselect(".hit-title a")[0].get("href")
    assert asked_by(client, submitted(page_of(client, link))) == asked_by(client, searched)


def test_the_form_of_the_front_page_searches_everything(client: FlaskClient) -> None:
    assert asked_by(client, submitted(page_of(client, "/"), q="flood")) == SearchRequest(q="flood")


def test_a_choice_made_in_the_form_is_part_of_the_search(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=flood&year=2024")
    form = page.forms[0]
    form.fields["section"] = "News > Local"
    form.fields["sort"] = "oldest"
    form.fields["from"] = "2020"
    asked = asked_by(client, submitted(page))
    assert (asked.filters("section"), asked.sort, asked.start) == (
        Filters(("News > Local",)),
        "oldest",
        date(2020, 1, 1),
    )
    assert asked.periods == ("2024",)


def test_the_list_of_sections_is_bounded_and_holds_the_chosen_one() -> None:
    names = [f"Section {number:04}" for number in range(2 * MAX_SECTION_OPTIONS)]
    chosen = SearchRequest().with_filters("section", Filters((names[-1],)))
    options = search_form(chosen, LINKS, SectionChoices(names)).advanced.sections
    assert len(options) == MAX_SECTION_OPTIONS + 1
    assert [option.label for option in options if option.selected] == [names[-1]]


def test_the_page_number_and_the_cursor_do_not_stay_with_another_query() -> None:
    for request in (SearchRequest(q="old", page=3), SearchRequest(q="old", cursor="*")):
        assert kept_pairs(request, LINKS) == ()


# Facets and timeline on the page


def test_the_timeline_is_drawn_only_where_there_is_something_to_compare() -> None:
    assert not page_of(dated(1), "/search?q=flood").cssselect(".timeline")
    assert page_of(dated(2), "/search?q=flood").cssselect(".timeline")
    assert not page_of(dated(2), "/search?q=flood&facets=none").cssselect(".timeline, .facets")


def test_show_more_leads_to_a_page_with_all_values() -> None:
    client = dated(250)
    page = page_of(client, "/search?q=flood&facets=year:5")
    assert len(page.cssselect("section[aria-labelledby=facet-year] .choice")) == 5
    assert all_said(page, ".facet-more") == ["245 in other years. Show more years"]
    (more,) = page.cssselect(".facet-more a")
    page = page_of(client, more.get("href"))
    assert len(page.cssselect(".facet-values .choice")) == 100
    (more,) = page.cssselect(".pager a")
    (more,) = page_of(client, more.get("href")).cssselect(".pager a[rel~=next]")
    assert len(page_of(client, more.get("href")).cssselect(".facet-values .choice")) == 50


def test_all_years_are_listed_and_many_are_folded_by_decade() -> None:
    few = page_of(dated(12), "/search?q=flood")
    assert len(few.cssselect("section[aria-labelledby=facet-date] .choice")) == 12
    assert not few.cssselect(".facet-decade")
    many = page_of(dated(90), "/search?q=flood")
    assert len(many.cssselect("section[aria-labelledby=facet-date] .choice")) == 90
    decades = many.cssselect(".facet-decade")
    assert len(decades) in (9, 10)
    for decade in decades:
        years = [int(said(count)) for count in decade.cssselect(".choice .choice-count")]
        assert sum(years) == int(said(decade.cssselect("summary .choice-count")[0]))
        assert decade.get("open") is None


def test_a_year_opens_its_months_and_a_month_its_days() -> None:
    client = dated(30)

    def listed(path: str) -> list[str]:
        chosen = page_of(client, path).cssselect("section[aria-labelledby=facet-date] details[open] .choice-label")
        return [said(label) for label in chosen]

    [year] = page_of(client, "/search?q=flood").cssselect("section[aria-labelledby=facet-date] .choice")[:1]
    months = [label for label in listed(year.get("href")) if " " in label]
    assert len(months) == 1
    page = page_of(client, year.get("href"))
    [month] = [
        row for row in page.cssselect(".depth-1 .choice") if said(row.cssselect(".choice-label")[0]) == months[0]
    ]
    [day] = page_of(client, month.get("href")).cssselect(".depth-2 .choice")
    assert all_said(page_of(client, day.get("href")), ".chip") == [
        f"Day {said(day.cssselect('.choice-label')[0])}×, remove"
    ]
    chosen = page_of(client, day.get("href")).cssselect("section[aria-labelledby=facet-date] .chosen")
    assert len(chosen) == 3


@pytest.fixture(scope="module")
def tagged() -> FlaskClient:
    """A site of articles with several tags each."""
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for number in range(60):
            tags = tuple(f"tag {n}" for n in (2, 3, 5, 7) if number % n == 0)
            writer.add(Document(str(number), "Flood", "", tags=(*tags, f"Ünique {number}"), language="en"))
    return create_app(Settings(), engine).test_client()


def counts(page: HtmlElement, facet: str = "tag") -> dict[str, int]:
    rows = page.cssselect(f"section[aria-labelledby=facet-{facet}] .choice")
    return {said(row.cssselect(".choice-label")[0]): int(said(row.cssselect(".choice-count")[0])) for row in rows}


def test_a_second_tag_narrows_and_the_page_says_so(tagged: FlaskClient) -> None:
    one = page_of(tagged, "/search?q=flood&tag=tag+2")
    assert all_said(one, ".facet-joined") == ["Another one narrows. Widen instead (Tag)"]
    assert counts(one)["tag 3"] == 10
    two = page_of(tagged, "/search?q=flood&tag=tag+2&tag=tag+3&tag_op=and")
    assert all_said(two, ".tally")[0] == "10 articles"
    assert all_said(two, ".chip") == ["Tag tag 2×, remove", "and tag tag 3×, remove"]
    assert all_said(two, ".facet-joined") == ["Articles with all of these. Any of these (Tag)"]
    assert counts(two)["tag 5"] == 2
    [other] = two.cssselect(".facet-joined a")
    either = page_of(tagged, other.get("href"))
    assert all_said(either, ".tally")[0].startswith("40 articles")
    assert all_said(either, ".chip") == ["Tag tag 2×, remove", "or tag tag 3×, remove"]
    assert counts(either)["tag 5"] == 44


def test_values_of_a_long_facet_are_found_by_a_part_of_their_name(tagged: FlaskClient) -> None:
    page = page_of(tagged, "/search?q=flood")
    [more] = [link for link in page.cssselect(".facet-more a") if "tags" in said(link)]
    page = page_of(tagged, more.get("href"))
    assert all_said(page, "main .tally")[1] == "64 tags"
    found = page_of(tagged, more.get("href") + "&values=UNIQUE+5&values_sort=name&tag=tag+5")
    labels = all_said(found, ".facet-value .choice-label")
    assert labels == ["Ünique 5", "Ünique 50", "Ünique 55"], "of the articles that have the tag chosen"
    [form] = found.cssselect(".facet-find")
    assert dict(form.form_values()) == {"q": "flood", "tag": "tag 5", "values_sort": "name", "values": "UNIQUE 5"}
    [row] = [row for row in found.cssselect(".choice") if said(row.cssselect(".choice-label")[0]) == "Ünique 55"]
    assert all_said(page_of(tagged, row.get("href")), ".tally")[0] == "1 article"
    assert "None found" in all_said(page_of(tagged, "/facet/tag?values=zzz"), "main .tally")
    assert tagged.get("/facet/tag?values=").status_code == 302
    assert tagged.get("/facet/colour").status_code == 404
    assert tagged.get("/facet/tag?values_page=0").status_code == 400


def test_a_facet_in_which_nothing_can_be_chosen_is_not_shown() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for name in "ab":
            writer.add(Document(name, "Flood", "", sections=("News",), language="en"))
    client = create_app(Settings(), engine).test_client()
    assert not page_of(client, "/search?q=flood").cssselect(".facet")
    chosen = page_of(client, "/search?q=flood&section=News")
    assert all_said(chosen, ".facet h3") == ["Section"]


def test_relaxations_are_links_with_the_number_of_articles(client: FlaskClient) -> None:
    page = page_of(client, "/search?q=bridge&year=2020&year=2019")
    rows = page.cssselect(".relaxations li")
    assert rows
    for row in rows:
        (link,) = row.cssselect("a")
        assert said(link).startswith("Without ")
        found = all_said(page_of(client, link.get("href")), ".tally")[0]
        assert found.startswith(said(row.cssselect(".soft")[0]))


# Markup that is written once


def test_whatever_an_article_says_stays_text() -> None:
    hostile = "<b>'\"&amp;</b>"
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for number in (1, 2):
            name = f"{hostile} {number}"
            body = f"A flood {name}.\n\nHeading {name}\n\nThe flood went on."
            heading = Heading(f"Heading {name}", 2, body.index("Heading"), hostile)
            url = f"https://news.example/{number}?a='&lt;u"
            writer.add(
                Document(
                    str(number), f"Flood {name}", body, "", (heading,), url, (name, f"News > {name}"), (name,), (name,),
                    date(2000 + number, 1, 1), None, "de",
                )
            )  # fmt: skip
    client = create_app(Settings(), engine).test_client()
    for path in ("/search?q=flood", "/search?q=flood&section=%3Cb%3E", "/"):
        page = page_of(client, path)
        assert page.cssselect("b") == []
        assert page.cssselect("u") == []
    page = page_of(client, "/search?q=flood")
    assert f"Flood {hostile} 1" in all_said(page, ".hit-title")
    assert f"{hostile} 1" in all_said(page, "option")
    assert f"{hostile} 1" in all_said(page, ".choice-label")
    assert any(hostile in text for text in all_said(page, ".kicker"))
    assert any(
        f"German · news.example: the original of Flood {hostile} 1" in text for text in all_said(page, ".byline")
    )
    assert any(hostile in text for text in all_said(page, ".snippet"))


def test_the_list_of_sections_is_read_once_for_each_commit(tmp_path: Path) -> None:
    engine = CountingEngine(open_engine(f"whoosh:{tmp_path / 'archive'}"))
    with engine.writer() as writer:
        writer.add(Document("1", "Flood", "A flood.", sections=("News",)))
    app = create_app(Settings(cache_bytes=0), engine)
    app.extensions[EXTENSION] = Site(Settings(cache_bytes=0), Archive(engine, check_seconds=0))
    client = app.test_client()
    for _ in range(3):
        assert all_said(page_of(client, "/search?q=flood"), "#section option") == ["Any", "News"]
    assert engine.listed == ["section"]
    with engine.writer() as writer:
        writer.add(Document("2", "Flood", "A flood.", sections=("Local",)))
    assert all_said(page_of(client, "/search?q=flood"), "#section option") == ["Any", "Local", "News"]
    assert engine.listed == ["section"] * 2


def test_the_finer_choices_are_written_once_for_all_pages_that_have_the_same() -> None:
    choices, written = SectionChoices(("News", "Sport")), []

    def page(**asked: object) -> str:
        form = search_form(SearchRequest(**asked), LINKS, choices)  # type: ignore[arg-type]
        return choices.written(form.advanced, lambda each: written.append(each) or str(each.section_options)).decode()

    plain = page(q="flood")
    assert page(q="storm", page=3) == plain
    assert len(written) == 1
    chosen = page(q="flood", keywords=(("section", Filters(("Sport",))),))
    assert chosen.count(" selected") == 1 != plain.count(" selected")
    for year in range(1000, 1200):  # forms that differ are not kept without end
        page(start=date(year, 1, 1))
    assert page(q="flood") == plain
    assert len(choices._written) <= 64


@pytest.mark.parametrize(("q", "said"), [("bridge", "“bridge”"), ('"old bridge"', '"old bridge"'), ("„old“", "„old“")])
def test_the_way_back_names_the_query_in_one_pair_of_quotation_marks(client: FlaskClient, q: str, said: str) -> None:
    found = client.get("/api/v1/search", query_string={"q": "bridge"}).get_json()["hits"][0]
    address = urlsplit(found["article_url"]).path
    page = lxml_html.fromstring(client.get(address, query_string={"q": q}).text)
    [back] = page.cssselect(".walk-back")
    assert back.text_content() == f"← Results for {said}"


def test_the_order_without_a_choice_says_what_it_is(client: FlaskClient) -> None:
    options = all_said(page_of(client, "/search?q=bridge"), "#sort option")
    assert options[0] == "Best match, or newest without words"
