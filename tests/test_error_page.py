"""Error pages: what was wrong, with its position or its parameter, and links that work."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from lxml.html import HtmlElement

from search.request.reading import MAX_QUERY_STRING
from search.settings import Settings
from webui import create_app
from webui.wording import with_code


def failure(client: FlaskClient, path: str, status: int) -> HtmlElement:
    response = client.get(path)
    assert response.status_code == status, path
    assert response.headers["Cache-Control"] == "no-store"
    return lxml_html.document_fromstring(response.get_data(as_text=True))


def said(page: HtmlElement, selector: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in page.cssselect(selector)]


def ways(page: HtmlElement) -> dict[str, str]:
    return {" ".join(link.text_content().split()): link.get("href") for link in page.cssselect(".failure .advice a")}


@pytest.mark.parametrize(
    ("q", "shown", "mark"),
    [
        ("press date:soon", "press date:soon", "s"),
        ("(" * 60, "(" * 60, "("),
        ("a <b> date:soon", "a <b> date:soon", "s"),
    ],
)
def test_the_query_is_shown_with_the_wrong_character_marked(client: FlaskClient, q: str, shown: str, mark: str) -> None:
    page = failure(client, f"/search?q={q}", 400)
    assert page.cssselect(".query-shown code")[0].text_content() == shown
    assert said(page, ".query-shown mark") == [mark]
    assert page.cssselect("#q")[0].get("value") == q
    assert page.cssselect("#q")[0].get("aria-describedby") == "query-error"


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("press date:soon", "press soon"),
        ("TITLE:press AND (date:soon OR ink)", "press soon ink"),
        ("bread and butter or jam date:soon", "bread and butter or jam soon"),
        ('"old bridge"~2 date:soon', "old bridge 2 soon"),
    ],
)
def test_the_words_alone_are_offered_without_fields_and_operators(client: FlaskClient, q: str, words: str) -> None:
    offered = ways(failure(client, f"/search?q={q}", 400))
    link = offered[f"Search for the words alone: “{words}”"]
    assert client.get(link).status_code == 200


def test_a_query_without_words_offers_no_search_for_them(client: FlaskClient) -> None:
    assert list(ways(failure(client, "/search?q=" + "(" * 60, 400))) == ["Go to the front page"]


def test_a_long_query_is_shortened_in_the_link_but_not_in_the_search(client: FlaskClient) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    (label, address), *_ = ways(failure(client, f"/search?q={words} date:soon", 400)).items()
    assert len(label) < 100
    assert label.endswith("…”")
    assert "word59" in address


@pytest.mark.parametrize(
    ("path", "name", "left"),
    [
        ("/search?pagee=2&q=flood", "pagee", "/search?q=flood"),
        ("/search?q=flood&sort=best&page=2", "sort", "/search?q=flood&page=2"),
        ("/article/1?from=yesterdayish", "from", "/article/1"),
        ("/search?year=24&year=2024&q=flood", "year", "/search?q=flood"),
        ("/article/1?position=x&q=flood", "position", "/article/1?q=flood"),
    ],
)
def test_a_wrong_parameter_is_named_and_can_be_left_out(client: FlaskClient, path: str, name: str, left: str) -> None:
    page = failure(client, path, 400)
    assert said(page, ".failure-words p code") == [name]
    assert ways(page)[f"Leave out “{name}”"] == left
    assert client.get(left).status_code == 200
    assert not page.cssselect(".query-shown")


def test_the_way_on_from_an_odd_article_is_to_the_same_one(client: FlaskClient) -> None:
    assert ways(failure(client, "/article/a%3Fb%23c%25d?page=0", 400))["Leave out “page”"] == "/article/a%3Fb%23c%25d"


def test_an_expired_page_of_results_leads_to_the_first_one(client: FlaskClient) -> None:
    page = failure(client, "/search?q=flood&cursor=abc", 400)
    assert ways(page)["Leave out “cursor”"] == "/search?q=flood"


@pytest.mark.parametrize(
    ("path", "q"),
    [("/article/floods-in-the-valley", "floods in the valley"), ("/2024/07/old_bridge.html", "old bridge html")],
)
def test_what_is_missing_can_be_searched_for(client: FlaskClient, path: str, q: str) -> None:
    offered = ways(failure(client, path, 404))
    assert offered[f"Search for “{q}”"] == f"/search?q={q.replace(' ', '+')}"


@pytest.mark.parametrize("path", ["/-/", "/%20", "/_"])
def test_an_address_without_words_offers_no_search(client: FlaskClient, path: str) -> None:
    assert list(ways(failure(client, path, 404))) == ["Go to the front page"]


def test_an_address_that_is_too_long_says_what_to_do(client: FlaskClient) -> None:
    page = failure(client, "/search?q=" + "x" * MAX_QUERY_STRING, 414)
    assert said(page, "h1") == ["The address is too long"]
    assert "Shorten the query or choose fewer conditions." in said(page, ".failure-words p")
    assert len(page.cssselect("#q")[0].get("value")) <= 4096


def test_a_method_that_is_not_allowed_is_a_page_too(client: FlaskClient) -> None:
    response = client.post("/search")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert "This page does not accept that kind of request" in response.text


def test_without_an_index_the_same_address_can_be_tried_again(tmp_path: Path) -> None:
    client = create_app(Settings(index=f"whoosh:{tmp_path / 'none'}")).test_client()
    page = failure(client, "/search?q=flood&year=2024", 503)
    assert ways(page) == {"Try again": "/search?q=flood&year=2024", "Go to the front page": "/"}
    assert page.cssselect("#q")[0].get("value") == "flood"


@pytest.mark.parametrize(
    ("path", "again"),
    [
        ("/%5Cother.example/", "/%5Cother.example/"),
        ("/a%3Fb?q=%FF", "/a%3Fb?q=%FF"),
        ("/search?q=\xff", "/search?q=\ufffd"),
    ],
)
def test_trying_again_leads_to_the_same_address_and_to_no_other_site(path: str, again: str) -> None:
    client = create_app(Settings(client_requests_per_minute=1)).test_client()
    client.get("/marked")
    address, _, query = path.partition("?")
    page = client.get(address, environ_overrides={"QUERY_STRING": query})
    assert page.status_code == 429
    assert ways(lxml_html.document_fromstring(page.text))["Try again"] == again


def test_an_unexpected_failure_shows_its_number_and_nothing_else(app: Flask) -> None:
    @app.route("/broken")
    def broken() -> str:
        raise ZeroDivisionError("the secret")

    page = failure(app.test_client(), "/broken", 500)
    (shown,) = said(page, ".failure .soft")
    assert shown.startswith("Incident ")
    assert "the secret" not in page.text_content()


def test_below_a_path_every_way_on_stays_below_it(tmp_path: Path) -> None:
    site = Settings(index=f"whoosh:{tmp_path / 'none'}", public_url="https://paper.example/archive")
    client = create_app(site).test_client()
    for path, status in (("/archive/search?q=((((" + "(" * 40, 503), ("/archive/nowhere", 404), ("/archive/", 503)):
        assert all(address.startswith("/archive/") for address in ways(failure(client, path, status)).values())


def test_a_command_in_a_message_is_set_as_code_and_nothing_becomes_markup(tmp_path: Path) -> None:
    client = create_app(Settings(index=f"whoosh:{tmp_path / 'none'}")).test_client()
    (command,) = said(failure(client, "/", 503), ".failure-words p code")
    assert command.startswith("backfile index ")
    assert str(with_code("a `<b>` & `")) == "a `&lt;b&gt;` &amp; `"
    assert str(with_code("a `<b>` & c")) == "a <code>&lt;b&gt;</code> &amp; c"
