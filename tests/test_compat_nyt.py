"""The New York Times' dialect: its shape, its filter queries, its facets, and its errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from archives import fill
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_compat_guardian import dialect_app

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.errors import ParameterError
from search.ledger.removals import Tombstone
from search.query import parse
from search.settings import Settings
from search.takedown import take_down
from webui import create_app
from webui.compat.boolean import written
from webui.compat.nyt_filter import FIELDS, filtered
from webui.site import site_of

PATH = "/compat/nyt/articlesearch.json"


@pytest.fixture
def client() -> FlaskClient:
    return dialect_app().test_client()


def found(client: FlaskClient, query_string: str) -> dict[str, Any]:
    response = client.get(f"{PATH}?{query_string}")
    assert response.status_code == 200, response.text
    assert response.json["status"] == "OK"
    return dict(response.json["response"])


def ids(client: FlaskClient, query_string: str) -> set[str]:
    return {row["_id"] for row in found(client, query_string)["docs"]}


def refused(client: FlaskClient, query_string: str) -> str:
    response = client.get(f"{PATH}?{query_string}")
    assert response.status_code == 400, response.text
    assert (response.content_type, response.headers["Cache-Control"]) == ("application/json", "no-store")
    assert response.json["status"] == "ERROR"
    [said] = response.json["errors"]
    return str(said)


def test_an_answer_has_the_shape_of_either_year(client: FlaskClient) -> None:
    answer = found(client, "q=river&fq=headline:flood&api-key=any")
    assert answer["meta"] == answer["metadata"]
    assert (answer["meta"]["hits"], answer["meta"]["offset"]) == (1, 0)
    [row] = answer["docs"]
    assert {key: row[key] for key in ("_id", "web_url", "abstract", "lead_paragraph", "source", "pub_date")} == {
        "_id": "1", "web_url": "https://news.example/2024/flood", "abstract": "The river rose.",
        "lead_paragraph": "The old bridge was closed in the morning.", "source": "The Test Gazette",
        "pub_date": "2024-07-03T09:30:00+0000",
    }  # fmt: skip
    assert row["headline"]["main"] == "Flood closes the old bridge"
    assert [(tag["value"], tag["rank"]) for tag in row["keywords"]] == [("river", 1), ("weather", 2)]
    assert (row["section_name"], row["subsection_name"], row["news_desk"]) == ("News", "Local", "News")
    assert row["byline"]["original"] == "By Mélanie Doe"
    assert row["byline"]["person"][0]["lastname"] == "Doe"
    assert row["word_count"] == 19
    assert "river" in row["snippet"]


def test_documents_are_a_list_where_there_is_none(client: FlaskClient) -> None:
    assert found(client, "q=zzz")["docs"] == []
    assert found(client, "page=100")["docs"] == []


def test_an_article_without_dates_authors_or_sections_has_every_key(client: FlaskClient) -> None:
    rows = found(client, "q=undated")["docs"] + found(client, "q=river&fq=headline:flood")["docs"]
    assert rows[0].keys() == rows[-1].keys()
    assert (rows[0]["pub_date"], rows[0]["byline"]["person"], rows[0]["keywords"]) == ("", [], [])


@pytest.mark.parametrize(
    ("fq", "expected"),
    [
        ('section_name:("News")', {"1", "2"}),
        ('section_name:("Opinion" "Nachrichten")', {"3", "4"}),
        ('section.name:"Traffic" AND pub_year:2024', {"2"}),
        ('news_desk:("News") AND NOT subject:("river")', {"2"}),
        ('news_desk:("News") -subject:river', {"2"}),
        ("+section_name:News +subject:bridge", {"2"}),
        ('glocations:("river") OR document_type:("essay")', {"1", "4"}),
        ("timesTag.subject:river || type_of_material:essay", {"1", "4"}),
        ("headline:(bridge && opens)", {"2"}),
        ('headline:"old bridge"', {"1"}),
        ("headline.search:brid", {"1", "2"}),
        ("subject.contains:weather", {"1"}),
        ('byline:("Smith")', {"2"}),
        ("body:traffi*", {"2"}),
        ("essay", {"4"}),
        ("pub_date:[2024-07-03T00:00:00Z TO 2024-07-20T00:00:00Z]", {"1", "2"}),
        ('pub_date:("2024-07-20")', {"2"}),
        ("pub_year:[2023 TO 2023]", {"4"}),
        ("pub_date:[2024-07-21 TO *]", {"3"}),
        ("pub_date:[* TO *] AND type_of_material:essay", {"4"}),
        ("pub_date:[* TO *] AND undated", set()),
        ('(section_name:("News" "Opinion") AND body:(flood OR rivers)) AND NOT headline:bridge', {"4"}),
    ],
)
def test_a_filter_query_keeps_what_it_says(client: FlaskClient, fq: str, expected: set[str]) -> None:
    assert ids(client, f"fq={quote(fq)}") == expected


@pytest.mark.parametrize(
    ("fq", "said"),
    [
        ('source:("Reuters")', "'source'"), ("word_count:100", "'word_count'"), ("day_of_week:Monday", "day_of_week"),
        ("http://news.example", "'http'"), ("(a", "never closed"), ("a)", "closes nothing"), ('a "', "does not fit"),
        ("a AND", "without a value"), ("headline:", "without a value"), ('headline:""', "nothing between"),
        ("a~2", "~"), ("a^3", "^"), ("b*d", "*"), ("section_name:Ne*", "*"), ("pub_year:24", "pub_year"),
        ("pub_date:now-7d", "pub_date"), ("pub_date:soon", "write it as in 2024-07-03 or 2024-07-03T09:30:00Z"),
        ("pub_date:2024-07-03T09:30:00", "or 2024-07-03T09:30:00Z"), ("pub_year:2024-07", "write it as in 2024"),
        ("pub_date:[2024 TO 2023]", "before it begins"),
        ("pub_date:{2023 TO 2024}", "TO"), ("body:[a TO b]", "range"), ("(" * 40 + "a" + ")" * 40, "nested"),
        ("(\\ )", "no word"), ("section_name:(\\ )", "no word"),
        ("headline:body:a", "'headline' without a value"), ("a:" * 1_999, "without"), ("a:-" * 1_333, "without"),
        ("a " * 400, "256"), ("a" * 4_001, "4,000"), ("section_name:" + "s" * 501, "no value"),
    ],
)  # fmt: skip
def test_a_filter_query_that_cannot_be_answered_is_refused(client: FlaskClient, fq: str, said: str) -> None:
    assert said in refused(client, f"fq={quote(fq)}")


def test_every_field_that_is_named_as_answered_is(client: FlaskClient) -> None:
    for field in FIELDS:
        value = "2024" if field.startswith("pub_") else "bridge"
        assert found(client, f"fq={field}:{value}")["docs"] is not None


def test_dates_orders_and_pages(client: FlaskClient) -> None:
    assert ids(client, "begin_date=20240703&end_date=20240720") == {"1", "2"}
    oldest = [row["_id"] for row in found(client, "fq=section_name:News&sort=oldest")["docs"]]
    assert oldest == ["1", "2"]
    assert [row["_id"] for row in found(client, "fq=section_name:News&sort=newest")["docs"]] == ["2", "1"]
    pages = [found(client, f"sort=oldest&page={page}") for page in range(4)]
    assert [len(page["docs"]) for page in pages] == [10, 10, 4, 0]
    assert [page["meta"]["offset"] for page in pages] == [0, 10, 20, 30]
    assert len({row["_id"] for page in pages for row in page["docs"]}) == 24


def test_only_the_keys_that_are_asked_for_are_given(client: FlaskClient) -> None:
    assert {tuple(row) for row in found(client, "fl=_id,headline")["docs"]} == {("_id", "headline")}


def test_facets_count_without_the_filters_unless_they_are_to(client: FlaskClient) -> None:
    asked = "q=bridge&fq=pub_year:2024&facet=true&facet_fields=section_name,subsection_name,pub_year"
    everything = found(client, asked)["facets"]
    assert everything["section_name"] == {
        "_type": "terms", "missing": 0, "total": 4, "other": 0,
        "terms": [{"term": "News", "count": 2}, {"term": "Opinion", "count": 1}, {"term": "Traffic", "count": 1}],
    }  # fmt: skip
    assert everything["subsection_name"]["terms"] == [{"term": "Local", "count": 2}]
    narrowed = found(client, f"{asked}&facet_filter=true")["facets"]
    assert narrowed["pub_year"]["terms"] == [{"term": "2024", "count": 2}]
    many = found(client, "facet=true&facet_fields=section_name")["facets"]["section_name"]
    assert len(many["terms"]) == 5
    assert many["total"] == many["other"] + sum(row["count"] for row in many["terms"])
    assert "facets" not in found(client, "facet_fields=section_name")


def test_sections_of_any_depth_are_filtered_by_what_the_answer_calls_them() -> None:
    engine = MemoryEngine("")
    paths = ("News > Local > Ferries", "News > Local", "Sport > Local", "Sport")
    fill(engine, *(Document(str(at), "A note", sections=(path,)) for at, path in enumerate(paths)))
    client = create_app(Settings(compat=True), engine).test_client()
    answer = found(client, "facet=true&facet_fields=section_name,subsection_name")
    assert answer["facets"]["subsection_name"]["terms"] == [{"term": "Local", "count": 3}]
    for row in answer["docs"]:
        for name in ("section_name", "subsection_name"):
            assert not row[name] or row["_id"] in ids(client, f"fq={name}:%22{row[name]}%22"), row
    for name, facet in answer["facets"].items():
        for term in facet["terms"]:
            assert len(ids(client, f"fq={name}:%22{term['term']}%22")) == term["count"], term


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("page=101", "0 to 100"), ("page=-1", "0 to 100"), ("sort=size", "newest"), ("begin_date=2024", "YYYYMMDD"),
        ("end_date=20241399", "YYYYMMDD"), ("begin_date=20240702&end_date=20240701", "before it begins"),
        ("facet=true&facet_fields=ingredients", "ingredients"), ("facet=maybe", "true or false"),
        ("callback=f", "callback"), ("q=" + "(" * 60, "nested"), ("q=" + "a" * 4_097, "longer than 4,096"),
        ("fq=headline:flood&fq=headline:bridge", "only once"), ("page=1&page=1", "only once"), ("q=%ff", "UTF-8"),
        ("&" * 200, "200"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_answered_are_refused(client: FlaskClient, asked: str, said: str) -> None:
    assert said in refused(client, asked)


def test_parameters_that_the_dialect_does_not_have_are_ignored(client: FlaskClient) -> None:
    assert ids(client, "q=essay&colour=red") == {"4"}


def test_other_addresses_of_the_service_are_errors_in_its_shape(client: FlaskClient) -> None:
    for path in ("/compat/nyt", "/compat/nyt/"):
        assert client.get(path).json["status"] == "ERROR", path
    assert client.get("/compat/nyt/svc/search/v2/articlesearch.json?q=essay").json["response"]["meta"]["hits"] == 1
    response = client.get("/compat/nyt/svc/topstories/v2/home.json")
    assert (response.status_code, response.json["status"]) == (404, "ERROR")
    assert client.post(PATH).status_code == 405


def test_what_was_taken_down_is_not_found_in_the_dialect_either() -> None:
    app = dialect_app()
    archive = site_of(app).archive
    take_down(archive.engine, archive.ledger, [Tombstone("1")], "by order", datetime.now(UTC))
    assert ids(app.test_client(), "fq=section_name:News") == {"2"}


def test_a_search_without_time_is_an_error_and_no_empty_answer() -> None:
    response = dialect_app(deadline_seconds=1e-9).test_client().get(f"{PATH}?q=flood")
    assert (response.status_code, response.json["status"]) == (503, "ERROR")


SIGNS = st.sampled_from([
    "AND", "OR", "NOT", "&&", "||", "(", ")", '"', "+", "-a", "headline:", "subject:(", "pub_year:2024", "a*", "a\\:b",
    "pub_date:[2024 TO *]", "[", "]", "a~", "\\", "title:x", "http://a", "section_name:\"A > B\"",
])  # fmt: skip


@given(st.lists(st.one_of(SIGNS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))).map(" ".join))
def test_whatever_is_sent_as_fq_is_written_whole_or_refused(fq: str) -> None:
    try:
        query = filtered(fq)
        text = written("fq", query, "auto")
    except ParameterError:
        return
    read = parse(text, "auto")
    assert (read.query, read.warnings) == (query, ())


def test_an_error_is_valid_json_whatever_it_repeats(client: FlaskClient) -> None:
    response = client.get(f"{PATH}?fq=%22%00%ff\U0001f30a:")
    assert response.status_code == 400
    assert json.loads(response.data)["status"] == "ERROR"
