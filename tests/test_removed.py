"""What a server answers for articles that were taken down or have moved, and the list of what was taken down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from test_http_manners import filled

from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.settings import Settings
from search.takedown import take_down
from webui import create_app
from webui.site import site_of

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = ARTICLES[0]


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    """The ledger of the site."""
    return site_of(app).archive.ledger


def down(app: Flask, *names: str) -> None:
    archive = site_of(app).archive
    take_down(archive.engine, archive.ledger, [Tombstone(name, ONE.url) for name in names], "court order", NOON)


@pytest.mark.parametrize("address", ["/api/v1/articles/1", "/api/v1/articles/1/related"])
def test_the_endpoint_answers_410_with_the_reason_and_the_time(app: Flask, client: FlaskClient, address: str) -> None:
    down(app, "1")
    answer = client.get(address)
    assert answer.status_code == 410
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:backfile:problem:removed",
        "title": "This article was taken down",
        "status": 410,
        "detail": "The article '1' was taken down on 2024-07-03: court order.",
        "instance": address,
        "reason": "court order",
        "removed_at": "2024-07-03T12:00:00+00:00",
        "request_id": answer.headers["X-Request-ID"],
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("asked", ["{}", "{}/?utm_source=x#top"])
@pytest.mark.parametrize("more", [{}, {"title": "Flood", "text": "The flood came."}])
def test_related_articles_to_a_removed_address_are_410(
    app: Flask, client: FlaskClient, asked: str, more: dict[str, str]
) -> None:
    assert client.post("/api/v1/related", json={"url": asked.format(ONE.url), **more}).status_code == 200
    down(app, "1")
    answer = client.post("/api/v1/related", json={"url": asked.format(ONE.url), **more})
    assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
    assert (answer.json or {})["reason"] == "court order"
    assert client.post("/api/v1/related", json={"url": "https://unknown.example/"}).status_code == 404


def test_the_page_answers_410_in_plain_words_and_shows_nothing_of_it(app: Flask, client: FlaskClient) -> None:
    down(app, "1")
    answer = client.get("/article/1?q=flood&position=0")
    assert answer.status_code == 410
    assert "This article was taken down" in answer.text
    assert "On 3 July 2024: court order" in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "bridge" not in answer.text.casefold()


@pytest.mark.parametrize("name", [article.id for article in ARTICLES])
def test_any_id_can_be_taken_down(app: Flask, client: FlaskClient, name: str) -> None:
    addresses = [site_of(app).archive.article(name).document.id]
    down(app, name)
    from search.request.urls import quote_id

    assert [client.get(f"/article/{quote_id(each)}").status_code for each in addresses] == [410]
    assert client.get(f"/api/v1/articles/{quote_id(name)}").status_code == 410


def test_the_tombstone_alone_is_enough(client: FlaskClient, ledger: Ledger) -> None:
    """A reader has the answer already, and a cache too; the index has not been purged yet."""
    first = client.get("/api/v1/articles/1")
    ledger.removed.add([Tombstone("1")], "court order", NOON)
    assert client.get("/api/v1/articles/1").status_code == 410
    assert client.get("/api/v1/articles/1", headers={"If-None-Match": first.headers["ETag"]}).status_code == 410
    ledger.removed.undo("1", NOON)
    assert client.get("/api/v1/articles/1").status_code == 200


def test_it_is_gone_from_every_answer(app: Flask, client: FlaskClient) -> None:
    asked = [
        "/", "/search?q=flood", "/search", "/api/v1/search?q=bridge", "/api/v1/search", "/search.atom", "/search.json",
        "/search.csv", "/sitemap.xml", "/api/v1/suggest?q=flood+clo", "/suggest?q=m%C3%A9l", "/api/v1/sections",
        "/api/v1/articles/2/related", "/article/2", "/api/v1/search?q=metrse", "/api/v1/search?q=url:x",
    ]  # fmt: skip
    before = [client.get(address) for address in asked]
    assert sum("/2024/flood" in answer.text or "Flood closes" in answer.text for answer in before) >= 8
    down(app, "1")
    for address in asked:
        answer = client.get(address)
        assert answer.headers.get("Cache-Status", "fwd=miss") != "Backfile; hit"
        for word in ("Flood closes", "two metres", "2024/flood", "article/1<", "article/1?", "weather"):
            assert word not in answer.text, (address, word)


# --- what moved ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/archive"])
def test_an_old_id_leads_to_the_new_one(prefix: str) -> None:
    app = create_app(Settings(public_url=f"https://site.example{prefix}"), filled())
    client = app.test_client()
    site_of(app).archive.ledger.move("old/place", "a b?c#d%25&e=f+g", NOON)
    there = quote("a b?c#d%25&e=f+g")
    for path, query in (
        ("/article/{}", "?q=flood&position=0"),
        ("/api/v1/articles/{}", ""),
        ("/api/v1/articles/{}/related", "?limit=3"),
    ):
        answer = client.get(prefix + path.format("old/place") + query)
        assert answer.status_code == 301
        assert answer.headers["Location"] == prefix + path.format(there) + query
        assert client.get(answer.headers["Location"]).status_code == 200


def test_nobody_is_led_to_what_cannot_be_shown(app: Flask, client: FlaskClient, ledger: Ledger) -> None:
    ledger.move("before", "1", NOON)
    ledger.move("early", "waits", NOON)
    assert client.get("/article/before").status_code == 301
    assert client.get("/article/early").status_code == 404
    down(app, "1")
    assert client.get("/article/before").status_code == 410


def test_whatever_names_an_article_may_name_it_as_before_it_moved_and_is_told_that_it_is_gone() -> None:
    app = create_app(Settings(desk=True), filled())
    client, ledger = app.test_client(), site_of(app).archive.ledger
    ledger.move("before", "1", NOON)
    names = ("before", "1", ONE.url or "")

    def statuses() -> set[int]:
        asked = [
            f"{page}{quote(name, safe='')}" for name in names for page in ("/why-not?q=flood&article=", "/desk?id=")
        ]
        judged = [{"q": "flood", "article": name, "grade": "good"} for name in names]
        answers = [client.get(address) for address in asked]
        answers += [client.post("/api/v1/desk/judgements", json=body) for body in judged]
        return {answer.status_code for answer in answers}

    assert statuses() == {200}
    down(app, "1")
    assert statuses() == {410}


def test_an_article_that_is_there_is_shown_whatever_moved(client: FlaskClient, ledger: Ledger) -> None:
    ledger.move("1", "2", NOON)
    assert client.get("/api/v1/articles/1").status_code == 200


# --- the list ------------------------------------------------------------------------------------------------------


def listed(client: FlaskClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/removed{query}")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in (answer.json or {})["removed"]]


def test_what_was_taken_down_is_listed_without_a_word_of_it(app: Flask, client: FlaskClient, ledger: Ledger) -> None:
    assert client.get("/api/v1/removed").json == {"removed": [], "links": {"self": "/api/v1/removed", "next": None}}
    down(app, "1")
    ledger.removed.add([Tombstone("wire")], "mandatory kill", NOON + HOUR, "killed")
    ledger.removed.undo("wire", NOON + 2 * HOUR)
    answer = client.get("/api/v1/removed")
    assert answer.json == {
        "removed": [
            {
                "id": "1", "url": ONE.url, "reason": "court order", "kind": "takedown",
                "removed_at": "2024-07-03T12:00:00+00:00", "undone_at": None,
                "changed_at": "2024-07-03T12:00:00+00:00",
            },
            {
                "id": "wire", "url": None, "reason": "mandatory kill", "kind": "killed",
                "removed_at": "2024-07-03T13:00:00+00:00", "undone_at": "2024-07-03T14:00:00+00:00",
                "changed_at": "2024-07-03T14:00:00+00:00",
            },
        ],
        "links": {"self": "/api/v1/removed", "next": None},
    }  # fmt: skip


def test_the_list_begins_where_it_is_asked_to(client: FlaskClient, ledger: Ledger) -> None:
    for number in range(3):
        ledger.removed.add([Tombstone(str(number))], "why", NOON + number * HOUR)
    assert listed(client, "?since=2024-07-03T13:00:00Z") == ["1", "2"]
    assert listed(client, "?since=2024-07-03T15:00:00.000001%2B02:00") == ["2"]
    assert listed(client, "?since=2024-07-03T15:00:00+02:00") == ["1", "2"]
    assert listed(client, "?since=0001-01-01T00:00:00%2B09:00") == ["0", "1", "2"]
    assert listed(client, "?since=9999-01-01T00:00:00Z") == []


def test_the_list_comes_in_pages(client: FlaskClient, ledger: Ledger) -> None:
    for number in range(7):
        ledger.removed.add([Tombstone(str(number))], "why", NOON + number // 3 * HOUR)
    address, found = "/api/v1/removed?per_page=3", []
    while address:
        answer = client.get(address).json or {}
        assert answer["links"]["self"] == address
        found.append([row["id"] for row in answer["removed"]])
        address = answer["links"]["next"]
    assert found == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?since=2024-07-03", "since"),
        ("?since=2024-07-03T12:00:00", "since"),
        ("?since=yesterday", "since"),
        ("?cursor=x", "cursor"),
        ("?cursor=-1", "cursor"),
        ("?per_page=0", "per_page"),
        ("?per_page=1001", "per_page"),
        ("?page=2", "page"),
    ],
)
def test_a_wrong_parameter_is_an_error_that_names_it(client: FlaskClient, query: str, parameter: str) -> None:
    answer = client.get(f"/api/v1/removed{query}")
    assert answer.status_code == 400
    assert (answer.json or {})["parameter"] == parameter


def test_an_unchanged_list_costs_a_304(client: FlaskClient, ledger: Ledger) -> None:
    first = client.get("/api/v1/removed")
    again = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/api/v1/removed", headers=again).status_code == 304
    ledger.removed.add([Tombstone("1")], "why", NOON)
    changed = client.get("/api/v1/removed", headers=again)
    assert changed.status_code == 200
    ledger.removed.undo("1", NOON + HOUR)
    assert client.get("/api/v1/removed", headers={"If-None-Match": changed.headers["ETag"]}).status_code == 200
    assert changed.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
