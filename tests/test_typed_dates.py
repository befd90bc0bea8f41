"""Dates typed into a form: what is read, what is asked for again, and that addresses stay as strict as they are."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from lxml.html import HtmlElement

from search.periods import in_words
from search.query.dates import parse_bounds
from search.request.typed_dates import _month_numbers, written_date
from search.translation import (
    LANGUAGES,
    MONTHS,
    day_in_words,
    decade_in_words,
    listed,
    month_names,
    speaking,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Feb 1987", "1987-02"), ("february 1987", "1987-02"), ("Feb. 1987", "1987-02"), ("1987 Feb", "1987-02"),
        ("Sept 1999", "1999-09"), ("07/1987", "1987-07"), ("7.1987", "1987-07"), ("1987/7", "1987-07"),
        ("3 July 2024", "2024-07-03"), ("July 3, 2024", "2024-07-03"), ("3rd of July 2024", "2024-07-03"),
        ("3.7.2024", "2024-07-03"), ("2024-7-3", "2024-07-03"), ("13/07/2024", "2024-07-13"),
        ("07/13/2024", "2024-07-13"), ("5/5/2024", "2024-05-05"), ("  3   July  2024 ", "2024-07-03"),
        ("٣ July 2024", "2024-07-03"), ("٢٠٢٤", "2024"), ("2024-07", "2024-07"), ("2024", "2024"), ("now-7d", "now-7d"),
        ("2024-07-03T09:30:00Z", "2024-07-03T09:30:00Z"),
    ],
)  # fmt: skip
def test_dates_in_words_are_read(typed: str, written: str) -> None:
    assert written_date("from", typed) == written_date("to", typed) == written


@pytest.mark.parametrize("page", LANGUAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_months_are_read_by_every_name_in_every_language_whatever_the_page_has(page: str, language: str) -> None:
    for short in (False, True):
        for number, name in enumerate(month_names(language, short=short), 1):
            month = f"2024-{number:02}"
            with speaking(page):
                for written in (name, name.upper(), name.lower(), f"{name}."):
                    assert written_date("from", f"{written} 2024") == month, written
                    assert written_date("to", f"3 {written} 2024") == f"{month}-03", written
                assert written_date("from", f"2024, {name}") == month


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("3. Juli 2024", "2024-07-03"), ("3 Juli 2024", "2024-07-03"), ("Mär. 1987", "1987-03"),
        ("Marz 1987", "1987-03"),
        ("Şubat 1987", "1987-02"), ("SUBAT 1987", "1987-02"), ("KASIM 1987", "1987-11"), ("kasim 1987", "1987-11"),
        ("HAZİRAN 1987", "1987-06"), ("Ağustos 1987", "1987-08"), ("iyul 2024", "2024-07"), ("İYUL 2024", "2024-07"),
        ("3 Iyul 2024", "2024-07-03"), ("يوليو 2024", "2024-07"), ("٣ يوليو ٢٠٢٤", "2024-07-03"),
        ("3 اغسطس، 2024", "2024-08-03"), ("\u200f3 يوليو 2024", "2024-07-03"),
    ],
)  # fmt: skip
def test_dates_are_read_as_the_readers_of_a_language_type_them(typed: str, written: str) -> None:
    assert written_date("from", typed) == written


def test_no_name_of_a_month_means_two_where_the_page_does_not_say() -> None:
    names = {}
    for language in LANGUAGES:
        for name, number in _month_numbers(language).items():
            assert names.setdefault(name, number) == number, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_advice_shows_is_read(language: str) -> None:
    with speaking(language):
        with pytest.raises(ValueError, match="soon") as refused:
            written_date("from", "soon")
        year, month, day, iso, decade = (
            "1987", f"{month_names(short=True)[1]} 1987", day_in_words(date(2024, 7, 3)), "2024-07-03",
            decade_in_words(1990),
        )  # fmt: skip
        assert listed([year, month, day, iso, decade], style="or") in str(refused.value)
        read = [written_date("from", each) for each in (year, month, day, iso, decade)]
    assert read == ["1987", "1987-02", "2024-07-03", "2024-07-03", "1990"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_decades_are_read_as_each_language_writes_them(language: str) -> None:
    for year in range(1500, 2100, 10):
        with speaking(language):
            typed = decade_in_words(year)
        assert (written_date("from", typed), written_date("to", typed)) == (str(year), str(year + 9)), typed


@pytest.mark.parametrize(
    "typed",
    ["1990er", "die 1990er Jahre", "1990er-Jahre", "1990'lar", "1990’lı yıllar", "1990LAR", "1990-cı illər",
     "1990-ci iller", "عقد 1990", "سنوات ١٩٩٠"],
)  # fmt: skip
def test_decades_are_read_as_they_are_typed(typed: str) -> None:
    assert (written_date("from", typed), written_date("to", typed)) == ("1990", "1999")


def test_english_dates_are_read_without_a_library_of_languages() -> None:
    code = (
        "import sys; from search.request.typed_dates import written_date as w; "
        "w('from', 'Feb 1987'); w('to', '1990er'); print('babel' in sys.modules); "
        "w('from', 'Juli 1987'); print('babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("typed", ["1990s", "the 1990s", "1990's", "1990’S"])
def test_a_decade_reaches_from_its_first_to_its_last_year(typed: str) -> None:
    assert (written_date("from", typed), written_date("to", typed)) == ("1990", "1999")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("soon", "“soon” is not a date; write it as in 1987, Feb 1987"),
        ("Ma 1987", "not a date"),
        ("Jul", "not a date"),
        ("31 Feb 1987", "not in the calendar"),
        ("99/1987", "not in the calendar"),
        ("0/5/2024", "not in the calendar"),
        ("13/14/2024", "not in the calendar"),
        ("03/07/2024", "can be 3 July or 7 March; write it as in 3 July 2024"),
        ("x" * 100_000, "not a date"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_can(typed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")) as error:
        written_date("from", typed)
    assert len(str(error.value)) < 250


@given(st.dates().map(str), st.sampled_from((4, 7, 10)), st.sampled_from(tuple(LANGUAGES)))
def test_a_period_in_words_is_read_back(day: str, length: int, language: str) -> None:
    period = day[:length]
    if not period.startswith("0"):
        with speaking(language):
            words = in_words(period)
        assert parse_bounds(written_date("from", words)) == parse_bounds(period)


@given(st.text(max_size=80) | st.builds("{} {} {}".format, st.integers(0, 99), st.sampled_from(MONTHS), st.integers()))
def test_whatever_is_typed_becomes_a_date_or_a_reason(typed: str) -> None:
    try:
        written = written_date("to", typed)
    except ValueError:
        return
    parse_bounds(written)


def page_of(text: str) -> HtmlElement:
    return lxml_html.fromstring(text)


def test_dates_in_words_lead_to_the_address_that_has_them_as_dates(client: FlaskClient) -> None:
    for path in ("/search", "/facet/tag"):
        moved = client.get(f"{path}?q=flood&from=July+2024&to=20+July+2024&section=")
        assert (moved.status_code, moved.headers["Location"]) == (302, f"{path}?q=flood&from=2024-07&to=2024-07-20")
    assert client.get("/search?q=flood&from=2024-07").status_code == 200


def test_a_date_that_cannot_be_read_is_asked_for_again_beside_its_field(client: FlaskClient) -> None:
    answer = client.get("/search?q=flood&tag=river&from=Juny+2024&to=2025&sort=oldest")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    page = page_of(answer.text)
    [field] = page.cssselect("search input[name=from]")
    assert (field.get("value"), field.get("aria-invalid")) == ("Juny 2024", "true")
    said = [page.get_element_by_id(name) for name in field.get("aria-describedby").split()]
    assert said[0].text.startswith("“Juny 2024” is not a date; write it as in")
    [other] = page.cssselect("search input[name=to]")
    assert (other.get("value"), other.get("aria-invalid")) == ("2025", None)
    assert page.cssselect("details.advanced[open]")
    form = page.cssselect("search form")[0]
    kept = dict(form.form_values())
    assert (kept["q"], kept["tag"], kept["sort"]) == ("flood", "river", "oldest")
    assert page.cssselect("main h1")
    [link] = page.cssselect(".search-head a")
    assert client.get(link.get("href")).status_code == 200


def test_both_dates_and_their_order_are_checked(client: FlaskClient) -> None:
    both = page_of(client.get("/search?from=nope&to=never").text)
    assert len(both.cssselect("search input[aria-invalid]")) == len(both.cssselect("[role=alert] p")) == 2
    turned = client.get("/search?from=2024&to=2020")
    assert turned.status_code == 400
    [said] = page_of(turned.text).cssselect("#from-error")
    assert said.text == "This day is later than the last one."


def test_what_is_typed_is_text_and_not_markup(client: FlaskClient) -> None:
    answer = client.get("/search?from=" + quote_plus("<script>x</script>") + "&q=" + quote_plus('"><b>'))
    assert "<script>x" not in answer.text
    assert "<b>" not in answer.text


def test_another_wrong_parameter_is_told_as_ever(client: FlaskClient) -> None:
    answer = client.get("/search?from=nope&sort=best")
    assert answer.status_code == 400
    assert "choose from relevance, newest, oldest" in answer.text


def test_the_endpoint_reads_dates_in_its_own_forms_alone(client: FlaskClient) -> None:
    for path in ("/api/v1/search", "/api/v1/facets/tag", "/search.csv"):
        for typed in ("Feb+1987", "1990s", "07/1987"):
            answer = client.get(f"{path}?from={typed}")
            assert (answer.status_code, answer.json["parameter"]) == (400, "from")


def test_a_year_among_the_words_is_offered_as_a_date(client: FlaskClient) -> None:
    offered = client.get("/api/v1/search?q=flood+2024").json["suggestions"]["date"]
    assert (offered["value"], offered["text"], offered["count"]) == ("2024", "flood", 2)
    assert client.get(offered["url"]).json["total"] == 2
    page = page_of(client.get("/search?q=flood+2024").text)
    [link] = page.cssselect(".date-meant a")
    assert link.get("href") == "/search?q=flood&year=2024"
    assert " ".join(page.cssselect(".date-meant")[0].text_content().split()) == (
        "Only articles of the year 2024 with “flood” (2 articles)"
    )
    alone = client.get("/api/v1/search?q=2023").json["suggestions"]["date"]
    assert (alone["text"], client.get(alone["url"]).json["total"]) == ("", alone["count"])


@pytest.mark.parametrize(
    "query", ["q=flood+1850", "q=flood", "q=flood+-2024", 'q="flood+2024"', "q=flood+2024&from=2020",
              "q=flood+2024&page=2", "q=flood+2024&year=2023", "q=title:2024+flood", "q=flood+20245"]
)  # fmt: skip
def test_no_year_is_offered_where_it_finds_nothing_or_is_no_word(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/v1/search?{query}").json["suggestions"]["date"] is None
