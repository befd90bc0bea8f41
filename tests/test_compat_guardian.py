"""The Guardian's dialect: its shape, its booleans, its errors word for word, and the archive's rules behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from archives import fill
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.errors import EngineError, ParameterError
from search.ledger.removals import Tombstone
from search.query import parse
from search.settings import Settings
from search.takedown import take_down
from webui import create_app
from webui.compat import guardian_query
from webui.compat.boolean import written
from webui.compat.guardian import contents
from webui.compat.guardian_parameters import Shown
from webui.site import site_of
from webui.turns import Busy, Turns

BASE = "/compat/guardian"


def dialect_app(**settings: Any) -> Flask:
    engine = MemoryEngine("")
    fill(engine, *ARTICLES)
    return create_app(Settings(title="The Test Gazette", compat=True, **settings), engine)


@pytest.fixture
def client() -> FlaskClient:
    return dialect_app().test_client()


def found(client: FlaskClient, query_string: str) -> dict[str, Any]:
    response = client.get(f"{BASE}/search?{query_string}")
    assert response.status_code == 200, response.text
    return dict(response.json["response"])


def ids(client: FlaskClient, query_string: str) -> list[str]:
    return [row["id"] for row in found(client, f"page-size=50&{query_string}")["results"]]


def refused(client: FlaskClient, address: str, status: int = 400) -> str:
    response = client.get(BASE + address)
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    said = response.json["response"]
    assert said["status"] == "error"
    return str(said["message"])


def test_the_dialects_are_spoken_only_where_they_are_set(app: Flask) -> None:
    for path in ("/compat/guardian/search", "/compat/nyt/articlesearch.json"):
        assert app.test_client().get(path).status_code == 404
        assert dialect_app().test_client().get(path).status_code == 200


def test_the_dialect_is_english_whatever_the_site_speaks() -> None:
    client = dialect_app(site_language="de").test_client()
    [said] = client.get("/compat/nyt/articlesearch.json?q=AND").json["errors"]
    assert said.startswith("There is no word to search for")
    assert "characters may follow" in refused(client, "/search?" + "a" * 70_000, 414)
    assert "Seite" in client.get("/nowhere").text


def test_a_page_has_the_shape_of_the_dialect(client: FlaskClient) -> None:
    answer = found(client, "q=bridge&page-size=2&api-key=any")
    assert {key: answer[key] for key in answer if key != "results"} == {
        "status": "ok", "userTier": "developer", "total": 3, "startIndex": 1, "pageSize": 2, "currentPage": 1,
        "pages": 2, "orderBy": "relevance",
    }  # fmt: skip
    by_id = {row["id"]: row for row in answer["results"]}
    assert by_id["2"] == {
        "id": "2", "type": "article", "sectionId": "news/local", "sectionName": "Local",
        "webPublicationDate": "2024-07-20T00:00:00Z", "webTitle": "Bridge opens again",
        "webUrl": "https://news.example/2024/bridge", "apiUrl": "http://localhost/compat/guardian/2", "isHosted": False,
    }  # fmt: skip


def test_what_is_asked_for_is_shown_and_what_is_not_there_is_left_out(client: FlaskClient) -> None:
    asked = "q=%22closes+the+old+bridge%22&show-fields=headline,trailText,body,bodyText,wordcount,thumbnail,byline"
    [row] = found(client, f"{asked}&show-tags=contributor,keyword&show-section=true")["results"]
    assert row["fields"] == {
        "headline": "Flood closes the old bridge", "trailText": "The river rose.", "byline": "Mélanie Doe",
        "body": row["fields"]["body"], "bodyText": ARTICLES[0].body, "wordcount": "19",
    }  # fmt: skip
    assert "script" not in row["fields"]["body"]
    assert [(tag["id"], tag["type"]) for tag in row["tags"]] == [
        ("profile/mélanie-doe", "contributor"), ("keyword/river", "keyword"), ("keyword/weather", "keyword"),
    ]  # fmt: skip
    assert row["section"]["id"] == "news/local"


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("q=essay+degrees", {"4", "5"}),
        ("q=bridge+AND+flood+AND+traffic", {"2"}),
        ("q=traffic+OR+essay+AND+rivers", {"2", "4"}),
        ("q=(traffic+OR+essay)+AND+NOT+rivers", {"2"}),
        ("q=bridge+NOT+essay", {"1", "2"}),
        ("q=%22old+bridge%22", {"1"}),
        ("q=flood&query-fields=headline", {"1", "6"}),
        ("section=news", {"1", "2"}),
        ("section=news/local", {"1", "2"}),
        ("section=News+%3E+Local", {"1", "2"}),
        ("section=news,traffic", {"2"}),
        ("section=opinion|nachrichten", {"3", "4"}),
        ("section=news,-traffic", {"1"}),
        ("section=%252Dodd", {"5"}),
        ("tag=keyword/river", {"1"}),
        ("tag=bridge|(river,weather)", {"1", "2"}),
        ("tag=profile/m%C3%A9lanie-doe", {"1", "3"}),
        ("tag=profile/melanie-doe,keyword/river", {"1"}),
        ("lang=de", {"3"}),
        ("type=essay", {"4"}),
        ("from-date=2024-07-03&to-date=2024-07-20", {"1", "2"}),
        ("from-date=2024-07-03T09:30:00Z&to-date=2024-07-03T11:30:00%2B02:00", {"1"}),
        ("from-date=2024-07-03T11:30:00+02:00&to-date=2024-07-03", {"1"}),
        ("use-date=last-modified&from-date=2024-07-04", {"1"}),
        ("from-date=20240703&to-date=20240703", {"1"}),
        ("from-date=2024-07-03+09:30&to-date=2024-07-03T10:00:00+0000", {"1"}),
        ("from-date=0001-01-01T00:00:00Z&to-date=2022-12-31T00:00:00Z&section=-odd", {"5"}),
        ("from-date=2024-07-21&to-date=9999-12-31T23:59:59-12:00", {"3"}),
        ("from-date=2999-01-01", set()),
        ("q=zzz", set()),
        ("tag=no/such", set()),
        ("q=bridge&unknown-parameter=1", {"1", "2", "4"}),
    ],
)
def test_booleans_filters_and_dates_find_what_they_say(
    client: FlaskClient, query_string: str, expected: set[str]
) -> None:
    assert set(ids(client, query_string)) == expected


@pytest.mark.parametrize(
    ("zone", "query_string", "expected"),
    [
        ("UTC", "from-date=2024-07-04T01:00:00%2B02:00&to-date=2024-07-03", 200),
        ("America/New_York", "from-date=2024-07-04T02:00:00Z&to-date=2024-07-03", 200),
        ("America/New_York", "from-date=2024-07-04T05:00:00Z&to-date=2024-07-03", 400),
        ("Europe/Berlin", "from-date=1850-01-01T00:00:00&to-date=1850-01-02", 200),  # its clocks were 53:28 ahead
        ("Asia/Baku", "to-date=2024-07-03T13:30:00", 200),
        ("Asia/Baku", "from-date=0002-01-01T00:00:00&to-date=9998-12-31T23:59:59", 200),
    ],
)
def test_days_and_times_are_compared_in_the_time_zone_of_the_archive(
    zone: str, query_string: str, expected: int
) -> None:
    response = dialect_app(time_zone=zone).test_client().get(f"{BASE}/search?{query_string}")
    assert response.status_code == expected, response.text


def test_the_order_is_that_asked_for(client: FlaskClient) -> None:
    assert ids(client, "section=news&order-by=oldest") == ["1", "2"]
    assert ids(client, "section=news") == ["2", "1"]
    assert found(client, "q=flood")["orderBy"] == "relevance"
    assert found(client, "")["orderBy"] == "newest"


def test_the_ids_of_an_answer_lead_back_to_the_article(client: FlaskClient) -> None:
    for row in found(client, "page-size=50")["results"]:
        item = client.get(f"{BASE}/{row['id']}")
        assert item.status_code == 200, row["id"]
        assert item.json["response"]["content"]["webTitle"] == row["webTitle"]
        assert client.get(row["apiUrl"]).status_code == 200


def test_every_section_and_tag_of_an_answer_finds_its_article(client: FlaskClient) -> None:
    for row in found(client, "page-size=50&show-tags=all")["results"]:
        if "sectionId" in row:
            assert row["id"] in ids(client, f"section={quote(row['sectionId'])}")
        for tag in row["tags"]:
            assert row["id"] in ids(client, f"tag={quote(tag['id'])}"), tag
            listed = client.get(tag["apiUrl"] + "&page-size=50").json["response"]["results"]
            assert row["id"] in [each["id"] for each in listed], tag
            assert row["webTitle"] in unescape(client.get(tag["webUrl"] + "&per_page=50").text), tag


def test_an_item_has_its_related_articles_if_they_are_asked_for(client: FlaskClient) -> None:
    assert "relatedContent" not in client.get(f"{BASE}/1").json["response"]
    answer = client.get(f"{BASE}/1?show-related=true&show-fields=headline").json["response"]
    own = client.get("/api/v1/articles/1/related?mode=any").json
    assert [row["id"] for row in answer["relatedContent"]] == [row["hit"]["id"] for row in own["hits"]][:10]


def test_errors_are_in_the_envelope_word_for_word(client: FlaskClient) -> None:
    assert refused(client, "/search?page=4&q=bridge") == "requested page is beyond the number of available pages"
    too_deep = "Content API does not support paging this far. Please change page or page-size."
    assert refused(client, "/search?page=1001") == too_deep
    assert refused(client, "/search?page=99999999999") == too_deep
    assert refused(client, "/search?from-date=3+July").startswith("Dates must be an ISO8601 date or datetime (e.g. ")
    assert refused(client, "/nope", 404) == "The requested resource could not be found."
    for path in ("", "/", "/tags", "/editions", "/content/removed?reason=gone"):
        assert refused(client, path, 404) == "The requested resource could not be found.", path
    assert refused(client, "/tags", 404) == "The requested resource could not be found."
    assert refused(client, "/search?tag=type/") == "tag: needs an id of 1 to 500 characters."
    assert refused(client, "/search?page-size=101") == "page-size must be an integer between 1 and 100"


@pytest.mark.parametrize(
    "asked",
    [
        "format=xml", "callback=f", "star-rating=3", "ids=1", "rights=syndicatable", "show-blocks=all",
        "show-elements=image", "show-story-package=true", "reference=isbn", "use-date=newspaper-edition",
        "order-date=newspaper-edition", "query-fields=thumbnail", "order-by=best",
    ],
)  # fmt: skip
def test_what_the_archive_cannot_answer_is_refused_by_name(client: FlaskClient, asked: str) -> None:
    assert asked.partition("=")[0] in refused(client, f"/search?{asked}")


@pytest.mark.parametrize(
    "asked",
    [
        "q=(a", "q=a)", "q=AND", "q=NOT", "q=a+OR", "q=()", "section=,", "section=()", "tag=-", "page=0", "page=x",
        "q=" + "(" * 60 + "a" + ")" * 60, "q=" + "a+" * 300, "q=" + "a" * 5_000, "section=" + "s" * 600,
        "from-date=2024-07-20&to-date=2024-07-01", "show-related=maybe", "page-size=0", "tag=profile/", "tag=profile/-",
        "from-date=2024-07", "to-date=2024-07-03T10:00:00%2B99:00", "from-date=%00", "tag=river&tag=bridge", "q=%ff",
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(client: FlaskClient, asked: str) -> None:
    assert refused(client, f"/search?{asked}")


def test_what_was_taken_down_is_gone_in_the_dialect_too() -> None:
    app = dialect_app()
    client, archive = app.test_client(), site_of(app).archive
    take_down(archive.engine, archive.ledger, [Tombstone("1")], "by order", datetime.now(UTC))
    assert refused(client, "/1", 410) == "The requested resource has expired for rights reason."
    assert "1" not in ids(client, "section=news")


def test_a_search_without_time_is_an_error_and_no_empty_answer() -> None:
    client = dialect_app(deadline_seconds=1e-9).test_client()
    response = client.get(f"{BASE}/search?q=flood")
    assert (response.status_code, response.json["response"]["status"]) == (503, "error")
    assert "Retry-After" in response.headers


def test_related_articles_that_are_not_all_are_an_error_too() -> None:
    response = dialect_app(deadline_seconds=1e-9).test_client().get(f"{BASE}/1?show-related=true")
    assert (response.status_code, response.json["response"]["status"]) == (503, "error")


def test_texts_that_take_too_long_to_be_shown_are_an_error_too() -> None:
    app = dialect_app(deadline_seconds=1e-9)
    with app.test_request_context(f"{BASE}/search"), site_of(app).archive.pinned() as archive:
        with pytest.raises(EngineError, match="fewer articles"):
            contents(archive, ["1", "2"], Shown(fields=frozenset({"body"})))
        assert contents(archive, [], Shown()) == []


def test_who_asks_too_often_is_told_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = dialect_app(client_requests_per_minute=1).test_client()
    client.get(f"{BASE}/search")
    response = client.get(f"{BASE}/search")
    assert (response.status_code, response.json["response"]["status"]) == (429, "error")
    assert int(response.headers["Retry-After"]) > 30

    def busy(*_args: object, **_named: object) -> None:
        raise Busy(retry_after=17)

    monkeypatch.setattr(Turns, "turn", busy)
    response = dialect_app().test_client().get(f"{BASE}/search")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "17")


def test_what_waits_for_its_moment_is_not_there_yet() -> None:
    app = dialect_app()
    client, archive = app.test_client(), site_of(app).archive
    waiting = Document("soon", "A comet will come", "A comet.", published=datetime(2999, 1, 1, tzinfo=UTC))
    archive.ledger.waiting.put([(waiting, datetime(2999, 1, 1, tzinfo=UTC))])
    assert refused(client, "/soon", 404) == "The requested resource could not be found."
    assert ids(client, "q=comet") == []


def test_bytes_that_are_no_text_are_refused(client: FlaskClient) -> None:
    for path in (f"{BASE}/search", "/compat/nyt/articlesearch.json", f"{BASE}/sections", f"{BASE}/1"):
        response = client.get(path, environ_overrides={"QUERY_STRING": "q=\xff"})
        assert response.status_code == 400, path
        assert "UTF-8" in response.text


def test_robots_scripts_and_caches_are_told_as_at_the_endpoint(client: FlaskClient) -> None:
    assert "Disallow: /compat/" in client.get("/robots.txt").text
    response = client.get(f"{BASE}/search?q=flood")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(f"{BASE}/search?q=flood", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SIGNS = st.sampled_from(["AND", "OR", "NOT", "(", ")", '"', "-a", "a:b", "*", "a*", "~", "^"])


@given(st.lists(st.one_of(SIGNS, TEXT)).map(" ".join))
def test_whatever_is_sent_as_q_is_written_whole_or_refused(q: str) -> None:
    try:
        query = guardian_query.words(q)
        text = written("q", query, "and")
    except ParameterError:
        return
    read = parse(text, "and")
    assert (read.query, read.warnings) == (query, ())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_ids_are_read_back_without_looking_them_up(value: str) -> None:
    name = " ".join(value.split())
    if not name or " > " in f" {name} ":
        return
    assert guardian_query.section_value(guardian_query.value_id(name)) == name.lower()


def test_questions_that_differ_in_bytes_alone_have_answers_of_their_own(client: FlaskClient) -> None:
    def total(asked: str) -> int:
        written = asked.encode().decode("latin-1")  # as WSGI has bytes that a client did not escape
        response = client.get(f"{BASE}/search", query_string="", environ_overrides={"QUERY_STRING": written})
        assert response.status_code == 200, response.text
        return int(response.json["response"]["total"])

    assert (total("q=brücke"), total("q=bröcke"), total("q=brücke")) == (1, 0, 1)
    assert (total("q=flood%26page-size%3D1"), total("q=flood&page-size=1")) == (0, 23)


def test_an_error_is_valid_json_whatever_it_repeats(client: FlaskClient) -> None:
    response = client.get(f"{BASE}/search?order-by=%22%00%ff\U0001f30a")
    assert response.status_code == 400
    assert json.loads(response.data)["response"]["status"] == "error"
