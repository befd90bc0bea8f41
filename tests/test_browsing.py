"""Browsing without a question: every number on a page is that of the articles behind its link."""

from __future__ import annotations

import json
import re
import threading
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from archives import over
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from steady import comes_true

from search.browsing import AUTHORS_AT_ONCE, HITS_A_YEAR, OTHER, letter_of
from search.commands import main
from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.engines.protocols import Engine
from search.errors import ParameterError
from search.settings import Settings
from webui import create_app
from webui.operations import OPERATIONS
from webui.site import site_of
from webui.turns import Turns

ZONE = ZoneInfo("Asia/Baku")
DAYS = st.dates(date(1999, 12, 1), date(2001, 2, 1))


def article(number: int, day: date | datetime | None, **named: object) -> Document:
    return Document(str(number), f"Article {number}", "It runs again.", published=day, **named)  # type: ignore[arg-type]


def engine_of(*documents: Document) -> Engine:
    engine = MemoryEngine()
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
        writer.commit()
    return engine


def client_of(*documents: Document) -> FlaskClient:
    return create_app(Settings.model_validate({"time_zone": str(ZONE)}), engine_of(*documents)).test_client()


def found(client: FlaskClient, url: str) -> int:
    address = urlsplit(url)
    return int(json.loads(client.get(f"/api/v1/search?{address.query}").data)["total"])


def links_with_counts(client: FlaskClient, path: str, selector: str) -> list[tuple[str, int]]:
    page = lxml_html.document_fromstring(client.get(path).get_data(as_text=True))
    rows = []
    for link in page.cssselect(selector):
        count = re.search(r"([\d,]+)\s+articles?", " ".join(link.text_content().split()))
        assert count, link.text_content()
        rows.append((link.get("href"), int(count[1].replace(",", ""))))
    return rows


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(DAYS, st.datetimes(datetime(1999, 12, 30), datetime(2000, 1, 3))), min_size=1, max_size=25))
def test_each_day_and_year_counts_what_its_link_finds(days: list[date]) -> None:
    client = client_of(*(article(number, day) for number, day in enumerate(days)))
    newest = client.get("/calendar")
    years = [link.get("href") for link in lxml_html.document_fromstring(newest.text).cssselect(".all-years a")]
    total = 0
    for path in years:
        rows = links_with_counts(client, path, ".month-grid td a")
        (whole,) = links_with_counts(client, path, ".tally a")
        assert sum(count for _, count in rows) == whole[1] == found(client, whole[0])
        assert all(count == found(client, url) for url, count in rows)
        total += whole[1]
    assert total == len(days)


@settings(max_examples=25, deadline=None)
@given(st.lists(DAYS, min_size=1, max_size=25), DAYS)
def test_one_day_through_the_years_counts_what_its_links_find(days: list[date], asked: date) -> None:
    client = client_of(*(article(number, day) for number, day in enumerate(days)))
    same = [day for day in days if (day.month, day.day) == (asked.month, asked.day)]
    answer = json.loads(client.get(f"/api/v1/on-this-day?on={asked.isoformat()[5:]}").data)
    assert answer["total"] == len(same) == sum(year["count"] for year in answer["years"])
    assert [year["year"] for year in answer["years"]] == sorted({str(day.year) for day in same}, reverse=True)
    assert all(year["count"] == found(client, year["url"]) for year in answer["years"])
    assert (answer["url"] is None) == (not same)
    if same:
        assert found(client, answer["url"]) == len(same)
    hits = [hit["published"] for year in answer["years"] for hit in year["hits"]]
    assert all(hit[5:10] == asked.isoformat()[5:] for hit in hits)
    assert all(0 < len(year["hits"]) <= HITS_A_YEAR for year in answer["years"])


def test_a_leap_day_has_only_leap_years_and_other_days_are_refused() -> None:
    archive = over(
        engine_of(article(1, date(2000, 2, 29)), article(2, date(2001, 2, 28)), article(3, date(2001, 3, 1)))
    )
    with archive.pinned() as pinned:
        assert [year.year for year in pinned.on_this_day("02-29").years] == ["2000"]
    for day in ("02-30", "13-01", "2-29", "0229", "", "٠١-٠١", "02-29-"):
        with archive.pinned() as pinned, pytest.raises(ParameterError, match="on: is not a day of the year"):
            pinned.on_this_day(day)


def test_more_years_than_a_search_takes_have_no_link_to_all_of_them() -> None:
    client = client_of(*(article(year, date(year, 7, 3)) for year in range(1900, 1960)))
    answer = json.loads(client.get("/api/v1/on-this-day?on=07-03").data)
    assert (answer["total"], answer["url"], len(answer["years"])) == (60, None, 60)
    assert "60 articles in 60 years" in " ".join(
        lxml_html.document_fromstring(client.get("/on-this-day/07-03").text).text_content().split()
    )


@pytest.mark.parametrize(
    ("name", "letter"),
    [("Élodie", "E"), ("łukasz", "Ł"), ("Алиев", "А"), ("  'ann", "A"), ("張三", OTHER), ("", OTHER), ("3rd", OTHER),
     ("İlham", "I"), ("Əliyev", "Ə"), ("ﬁn", "F"), ("علي", "ع"), ("ẞen", "ẞ")],
)  # fmt: skip
def test_a_name_stands_under_its_first_letter(name: str, letter: str) -> None:
    assert letter_of(name) == letter


def test_authors_are_listed_by_letter_each_with_its_articles() -> None:
    names = ["Ann Lee", "ann lee", "Émile", "Eva", "Борис", "張三"]
    client = client_of(*(article(number, None, authors=(name, "Zoe")) for number, name in enumerate(names)))
    letters = json.loads(client.get("/api/v1/authors").data)["letters"]
    assert [row["letter"] for row in letters] == ["A", "E", "Z", "Б", OTHER]
    listed = []
    for row in letters:
        answer = json.loads(client.get(row["url"]).data)
        assert (answer["letter"], answer["total"]) == (row["letter"], row["count"])
        listed += [author["name"] for author in answer["authors"]]
        assert all(author["count"] == found(client, author["url"]) for author in answer["authors"])
    assert sorted(listed) == sorted({*names, "Zoe"})
    assert [author["name"] for author in json.loads(client.get("/api/v1/authors?letter=E").data)["authors"]] == [
        "Émile",
        "Eva",
    ]
    assert json.loads(client.get("/api/v1/authors?letter=Q").data)["authors"] == []


def test_a_long_list_of_authors_goes_on_on_another_page() -> None:
    client = client_of(*(article(number, None, authors=(f"Ann {number:04}",)) for number in range(AUTHORS_AT_ONCE + 1)))
    first = json.loads(client.get("/api/v1/authors").data)
    second = json.loads(client.get(first["next"]).data)
    assert (len(first["authors"]), len(second["authors"]), second["next"]) == (AUTHORS_AT_ONCE, 1, None)
    page = lxml_html.document_fromstring(client.get("/authors").text)
    (more,) = page.cssselect("a[rel=next]")
    assert f"Ann {AUTHORS_AT_ONCE:04}" in client.get(more.get("href")).text


@pytest.mark.parametrize("path", ["/calendar", "/calendar/1999", "/sections", "/authors", "/on-this-day/07-03"])
def test_an_empty_archive_and_markup_in_names_break_no_page(path: str) -> None:
    assert client_of().get(path).status_code == 200
    evil = "<b>&\"'"
    page = client_of(article(1, date(1999, 7, 3), authors=(evil,), sections=(evil,))).get(path)
    assert page.status_code == 200
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/calendar/99", 404), ("/calendar/0000", 404), ("/calendar/2024?x=1", 400), ("/on-this-day/02-30", 404),
     ("/authors?page=0", 400), ("/authors?letter=ABCDE", 400), ("/api/v1/calendar?year=19", 400),
     ("/api/v1/calendar?year=٢٠٢٤", 400), ("/api/v1/on-this-day?on=31-12", 400), ("/sections?q=x", 400)],
)  # fmt: skip
def test_what_there_is_not_is_said_and_never_empty(path: str, status: int) -> None:
    assert client_of(article(1, date(1999, 7, 3))).get(path).status_code == status


def test_today_is_that_of_the_archive_and_is_not_kept() -> None:
    client = client_of(article(1, date(1999, 7, 3)))
    before, response, after = datetime.now(ZONE), client.get("/on-this-day"), datetime.now(ZONE)
    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Location"] in {f"/on-this-day/{moment:%m-%d}" for moment in (before, after)}
    assert client.get("/api/v1/on-this-day").headers["Cache-Control"] == "no-store"


def test_the_endpoint_describes_what_can_be_browsed() -> None:
    described = {operation.path for operation in OPERATIONS}
    assert {"/api/v1/calendar", "/api/v1/authors", "/api/v1/on-this-day"} <= described


@pytest.mark.parametrize(
    "path",
    [
        "/calendar",
        "/authors",
        "/on-this-day/07-03",
        "/api/v1/calendar",
        "/api/v1/authors",
        "/api/v1/on-this-day?on=07-03",
    ],
)
def test_who_browses_waits_for_a_turn_as_who_searches_does(path: str) -> None:
    client = client_of(article(1, date(1999, 7, 3)))
    turns = site_of(client.application).turns = Turns(1, 60.0)
    asker = threading.Thread(target=client.get, args=[path])
    with turns.turn():
        asker.start()
        assert comes_true(lambda: turns.waiting == 1, tries=100)
    asker.join()


def test_the_command_prints_what_the_pages_show(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(
        '{"id": "1", "title": "Ferry runs", "body": "It runs.", "published": "1999-07-03", "author": "Ann Lee"}\n',
        "utf-8",
    )
    program = CliRunner()
    kept = ["--index", str(tmp_path / "archive")]
    assert program.invoke(main, ["index", str(tmp_path / "articles.jsonl"), *kept]).exit_code == 0
    days = program.invoke(main, ["browse", "calendar", *kept])
    assert (days.exit_code, days.output) == (0, "1999-07-03  1\n")
    assert "Ann Lee" in program.invoke(main, ["browse", "authors", "A", *kept]).output
    shown = program.invoke(main, ["browse", "day", "07-03", *kept]).output
    assert shown == "3 July 1999, 1 article\n  Ferry runs\n    1\n"
    answer = json.loads(program.invoke(main, ["browse", "day", "07-03", "--json", *kept]).output)
    assert answer["total"] == 1
    assert "nothing appeared on 4 July" in program.invoke(main, ["browse", "day", "07-04", *kept]).output
    for wrong in (["day", "7-3"], ["calendar", "99"], ["weeks"]):
        assert program.invoke(main, ["browse", *wrong, *kept]).exit_code == 2
