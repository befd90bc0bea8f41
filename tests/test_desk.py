"""The editors' desk over HTTP: off unless switched on, private, safe from other sites, and of one mind with readers."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from desks import FOREIGN, OWN, client_of
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from webui.desk_page import _distance
from webui.operations import DESK_OPERATIONS

DRAFT = {"title": "Flood again", "text": "The flood closed the old bridge over the river, said John Smith."}
CHOICES = "/api/v1/desk/choices"


@pytest.fixture
def desk() -> FlaskClient:
    """A client of a site with a desk."""
    return client_of(desk=True)


def post(client: FlaskClient, **fields: str) -> TestResponse:
    return client.post("/desk", data=fields, content_type="multipart/form-data")


def choose(client: FlaskClient, choice: str, subject: str = "1", **headers: str) -> TestResponse:
    return client.post("/desk/choices", data={"subject": subject, "choice": choice}, headers=headers or OWN)


def pieces(response: TestResponse) -> list[str]:
    return re.findall(r'name="piece" value="([^"]+)"', response.text)


def related(client: FlaskClient, id: str = "1", mode: str = "any") -> list[str]:
    found = client.get(f"/api/v1/articles/{id}/related?mode={mode}").get_json()
    return [row["hit"]["id"] for row in found["hits"]]


# --- whether it is there -------------------------------------------------------------------------------------------


def test_without_the_setting_there_is_no_desk_and_no_word_of_it(client: FlaskClient) -> None:
    for path in ("/desk", "/desk/links", "/desk/choices", CHOICES):
        assert client.post(path, headers=OWN).status_code == 404, path
    assert client.get("/desk").status_code == client.get(CHOICES).status_code == 404
    for path in ("/", "/search", "/article/1", "/openapi.json", "/robots.txt", "/no-such-page"):
        assert "desk" not in client.get(path).text, path


def test_with_it_every_page_leads_there_and_crawlers_are_kept_out(desk: FlaskClient) -> None:
    for path in ("/", "/search", "/article/1", "/no-such-page"):
        assert 'href="/desk"' in desk.get(path).text, path
    assert 'href="/desk?id=1"' in desk.get("/article/1").text
    assert "Disallow: /desk" in desk.get("/robots.txt").text
    assert "noindex" in desk.get("/desk").headers["X-Robots-Tag"]


def test_below_a_path_every_address_begins_with_it() -> None:
    desk = client_of(desk=True, public_url="https://news.example/archive")
    page = desk.get("/archive/desk?id=1").text
    assert 'action="/archive/desk#desk-found-title"' in page
    assert 'formaction="/archive/desk/choices"' in page
    found = desk.get("/archive/desk", query_string={"address": "https://news.example/archive/article/2"})
    assert "Bridge opens again" in found.text.partition("To <a")[2][:200]


# --- a draft -------------------------------------------------------------------------------------------------------


def test_a_draft_finds_pieces_with_reasons_and_names_to_search_for(desk: FlaskClient) -> None:
    page = post(desk, **DRAFT)
    assert page.status_code == 200
    assert "1" in pieces(page)
    assert re.search(r"Both mention\s+<bdi>", page.text)
    assert 'class="snippet' in page.text
    assert "The flood closed the old bridge" in page.text, "the draft stays in the form"
    assert "/desk/choices" not in page.text, "a draft has no place where a pin could be kept"
    assert re.search(r'href="/search\?q=[^"]*"><bdi>bridge', page.text)


def test_a_draft_is_in_no_log_no_cache_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    desk = client_of(desk=True, log_level="debug")
    with caplog.at_level(logging.DEBUG):
        page = post(desk, title="Zanzibarium", text="Zanzibarium " * 20)
        failed = post(desk, text="Zanzibarium", mode="never")
    assert (page.status_code, failed.status_code) == (200, 400)
    assert page.headers["Cache-Control"] == failed.headers["Cache-Control"] == "no-store"
    assert "ETag" not in page.headers
    assert any("/desk" in str(vars(record)) for record in caplog.records), "the request itself is logged"
    assert all("zanzibarium" not in str(vars(record)).lower() for record in caplog.records)


@pytest.mark.parametrize("length", [500_001, 1_000_000, 3_000_000])
def test_a_draft_that_is_too_long_is_refused_with_what_to_do(desk: FlaskClient, length: int) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
    body = head + b"x" * length + b"\r\n--edge--\r\n"
    page = desk.post("/desk", data=body, content_type="multipart/form-data; boundary=edge")
    assert page.status_code == 413
    assert "Paste its beginning" in page.text


def test_of_a_long_draft_is_said_how_much_is_read(desk: FlaskClient) -> None:
    page = post(desk, text="The flood at the bridge. " * 2_000)
    assert page.status_code == 200
    assert "the first 12,000 characters are read" in page.text


@pytest.mark.parametrize(
    "fields",
    [{"text": "<script>alert(1)</script> flood bridge"}, {"title": '"><script>alert(1)</script>', "text": "flood"}],
)
def test_markup_in_a_draft_stays_text(desk: FlaskClient, fields: dict[str, str]) -> None:
    assert "<script>alert" not in post(desk, **fields).text


def test_an_empty_form_and_odd_fields_are_told_what_to_do(desk: FlaskClient) -> None:
    empty = post(desk, text=" \n ")
    assert (empty.status_code, "Paste or type a draft" in empty.text) == (400, True)
    for field in ({"mode": "x"}, {"half_life": "0"}, {"half_life": "many"}, {"limit": "51"}, {"colour": "red"}):
        assert post(desk, **DRAFT, **field).status_code == 400, field
    assert post(desk, text="flood \0 bridge", title="").status_code == 200
    nameless = b"--edge\r\nContent-Disposition: form-data\r\n\r\nflood\r\n--edge--\r\n"
    for path in ("/desk", "/desk/queries/variant"):
        answer = desk.post(path, data=nameless, content_type="multipart/form-data; boundary=edge", headers=OWN)
        assert answer.status_code == 400, path


# --- an article ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["https://news.example/2024/flood", "http://www.news.example/2024/flood/?utm_source=x", "1",
     "http://localhost/article/1"],
)  # fmt: skip
def test_an_address_of_the_archive_leads_to_a_page_that_can_be_kept(desk: FlaskClient, address: str) -> None:
    moved = post(desk, address=address, mode="follow-ups", half_life="30")
    assert moved.status_code == 303
    page = desk.get(moved.headers["Location"])
    assert page.status_code == 200
    assert "Flood closes the old bridge" in page.text
    assert "1" not in pieces(page), "the article itself is left out"
    assert 'value="follow-ups" selected' in page.text
    assert 'name="half_life" type="number" min="1" max="36500" step="1" list="desk-half-lives" value="30"' in page.text


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/x", "http://169.254.169.254/", "file:///etc/passwd", "x"]
)
def test_any_other_address_is_refused_with_what_to_do_and_nothing_is_fetched(
    desk: FlaskClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda *args, **_: asked.append(args))
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **_: asked.append(args))
    page = desk.get("/desk", query_string={"address": address})
    assert page.status_code == 404
    assert "nothing is fetched" in page.text
    assert asked == []


def test_what_was_taken_down_is_gone_on_the_desk_too(desk: FlaskClient) -> None:
    from datetime import UTC, datetime

    from search.ledger.removals import Tombstone
    from webui.site import site_of

    stone = Tombstone("2", "https://news.example/2024/bridge")
    site_of(desk.application).archive.ledger.removed.add([stone], "court order", datetime(2024, 7, 3, tzinfo=UTC))
    for query in ({"id": "2"}, {"address": "https://news.example/2024/bridge"}):
        assert desk.get("/desk", query_string=query).status_code == 410
    assert choose(desk, "pin 2").status_code == 410


# --- pins and blocks -----------------------------------------------------------------------------------------------


def test_what_the_desk_pins_and_blocks_readers_see_at_once(desk: FlaskClient) -> None:
    before = related(desk)
    tag = desk.get("/article/1").headers["ETag"]
    last = before[-1]
    moved = choose(desk, f"pin {last}")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/desk?id=1#desk-found-title")
    choose(desk, f"block {before[0]}")
    assert related(desk)[0] == last
    assert before[0] not in related(desk)
    page = desk.get("/article/1", headers={"If-None-Match": tag})
    assert page.status_code == 200, "what was kept of the page is out of date"
    assert "Chosen by the editors" in page.text
    found = desk.get("/api/v1/articles/1/related?mode=any").get_json()
    assert [row["pinned"] for row in found["hits"]] == [True, *[False] * (len(before) - 2)]
    shown = desk.get("/desk?id=1#desk-found-title")
    assert pieces(shown)[0] == last
    assert "Blocked" in shown.text
    for piece in (last, before[0]):
        choose(desk, f"undo {piece}")
    assert related(desk) == before


def test_a_choice_keeps_what_the_editor_had_set(desk: FlaskClient) -> None:
    fields = {"subject": "1", "choice": "pin 2", "mode": "follow-ups", "half_life": "30"}
    moved = desk.post("/desk/choices", data=fields, headers=OWN)
    assert moved.headers["Location"] == "/desk?id=1&mode=follow-ups&half_life=30#desk-found-title"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_site_can_make_a_browser_choose(desk: FlaskClient, headers: dict[str, str]) -> None:
    answer = desk.post("/desk/choices", data={"subject": "1", "choice": "pin 6"}, headers=headers)
    assert answer.status_code == 403
    if headers:
        body = {"subject": "1", "piece": "6", "choice": "pin"}
        assert desk.post(CHOICES, json=body, headers=headers).status_code == 403
        assert desk.get(CHOICES, headers=headers).status_code == 403
    assert desk.get(CHOICES).get_json() == {"choices": []}


def test_a_page_of_the_site_may_choose_by_either_header() -> None:
    desk = client_of(desk=True, public_url="https://news.example")
    for headers in (OWN, {"Origin": "https://news.example"}):
        assert choose(desk, "pin 2", **headers).status_code == 303
    assert choose(desk, "pin 2", Origin="http://localhost").status_code == 403


@pytest.mark.parametrize("public_url", ["", "http://zürich.example", "http://xn--zrich-kva.example"])
def test_a_page_under_a_name_of_other_letters_may_choose_too(public_url: str) -> None:
    desk = client_of(desk=True, public_url=public_url)
    asked = {"subject": "1", "choice": "pin 2"}
    for host, status in (("xn--zrich-kva.example", 303), ("xn--mnchen-3ya.example", 403)):
        sent = {"Origin": f"http://{host}", "Host": "xn--zrich-kva.example"}
        assert desk.post("/desk/choices", data=asked, headers=sent).status_code == status


@pytest.mark.parametrize("choice", ["", "pin", "pin ", "keep 2", "pin nothing-of-that-name", "pin 1"])
def test_what_is_no_choice_is_refused(desk: FlaskClient, choice: str) -> None:
    assert choose(desk, choice).status_code in (400, 404)
    assert desk.get("/desk/choices").status_code == 405


# --- links ---------------------------------------------------------------------------------------------------------


FIRST, FIRST_AT = "Flood closes the old bridge", "https://news.example/2024/flood"
ODD_AT = "http://localhost/article/5"
AS_HTML = f"""<ul>
<li><a href="{FIRST_AT}">{FIRST}</a> (3 July 2024)</li>
<li><a href="{ODD_AT}">-1 degrees: =SUM(A1) &amp; &lt;b&gt;cold&lt;/b&gt;</a> (31 December 2022)</li>
</ul>"""
AS_MARKDOWN = rf"""- [{FIRST}]({FIRST_AT}) (3 July 2024)
- [-1 degrees: =SUM(A1) & \<b\>cold\</b\>]({ODD_AT}) (31 December 2022)"""
AS_TEXT = f"""{FIRST} (3 July 2024)
{FIRST_AT}

-1 degrees: =SUM(A1) & <b>cold</b> (31 December 2022)
{ODD_AT}"""


@pytest.mark.parametrize(("form", "expected"), [("html", AS_HTML), ("markdown", AS_MARKDOWN), ("text", AS_TEXT)])
def test_marked_pieces_become_a_list_of_links(desk: FlaskClient, form: str, expected: str) -> None:
    fields = {"piece": ["1", "5", "1", "nothing"], "form": form}
    plain = desk.post("/desk/links", data=fields, headers={"Accept": "text/plain"})
    assert (plain.text, plain.mimetype) == (expected, "text/plain")
    page = desk.post("/desk/links", data=fields)
    (shown,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    from html import unescape

    assert unescape(shown) == expected


def test_without_a_mark_the_page_says_so_and_an_unknown_form_is_refused(desk: FlaskClient) -> None:
    assert "No piece is marked" in desk.post("/desk/links", data={"form": "html"}).text
    assert desk.post("/desk/links", data={"form": "rtf", "piece": "1"}).status_code == 400


@pytest.mark.parametrize(
    ("days", "words"),
    [(None, ""), (0, "the same day"), (-1, "1 day earlier"), (60, "60 days later"), (-90, "3 months earlier"),
     (1000, "3 years later")],
)  # fmt: skip
def test_the_distance_is_in_words(days: int | None, words: str) -> None:
    assert _distance(days) == words


# --- the endpoint --------------------------------------------------------------------------------------------------


def schema(description: dict[str, Any], method: str, status: str = "200") -> Draft202012Validator:
    content = description["paths"][CHOICES][method]["responses"][status]["content"]
    (media,) = content.values()
    return Draft202012Validator({**media["schema"], "components": description["components"]})


def test_programs_list_and_change_choices_as_described(desk: FlaskClient) -> None:
    description = json.loads(desk.get("/openapi.json").data)
    OpenAPIV31SpecValidator(description).validate()
    for piece, choice in (("2", "pin"), ("https://news.example/2024/bridge", "block"), ("6", "pin"), ("6", "none")):
        answer = desk.post(CHOICES, json={"subject": "1", "piece": piece, "choice": choice})
        assert answer.status_code == 200
        schema(description, "post").validate(answer.get_json())
    listed = desk.get(CHOICES + "?subject=1&limit=5")
    schema(description, "get").validate(listed.get_json())
    assert [(row["piece"], row["choice"], row["title"]) for row in listed.get_json()["choices"]] == [
        ("2", "block", "Bridge opens again")
    ]
    assert desk.get(CHOICES + "?subject=2").get_json() == {"choices": []}
    foreign = desk.get(CHOICES, headers={"Sec-Fetch-Site": "cross-site"})
    schema(description, "get", "403").validate(foreign.get_json())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"subject": None}, 400),
        ({"choice": "like"}, 400),
        ({"x": 1}, 400),
        ({"subject": 1}, 400),
        ({"piece": "nothing"}, 404),
        ({"piece": "1"}, 400),
    ],
)
def test_an_unfit_choice_is_refused(desk: FlaskClient, changed: dict[str, object], status: int) -> None:
    body: dict[str, object] = {"subject": "1", "piece": "2", "choice": "pin"} | changed
    assert desk.post(CHOICES, json=body).status_code == status
    assert desk.post(CHOICES, data="{}", content_type="text/plain").status_code == 415


def test_a_draft_by_the_endpoint_has_all_that_the_page_has(desk: FlaskClient) -> None:
    body = DRAFT | {"mode": "any", "half_life": 365}
    answer = desk.post("/api/v1/related", json=body)
    description = json.loads(desk.get("/openapi.json").data)
    media = description["paths"]["/api/v1/related"]["post"]
    for part, value in (
        (media["requestBody"]["content"]["application/json"], body),
        (media["responses"]["200"]["content"]["application/json"], answer.get_json()),
    ):
        Draft202012Validator({**part["schema"], "components": description["components"]}).validate(value)
    found = answer.get_json()
    assert (found["mode"], found["half_life"]) == ("any", 365)
    assert {"text", "kind", "articles", "url"} == set(found["names"][0])
    assert [row["hit"]["id"] for row in found["hits"]] == pieces(post(desk, **DRAFT, mode="any", half_life="365"))
    assert all(isinstance(row["days"], int) or row["hit"]["published"] is None for row in found["hits"])


def test_the_reference_names_what_the_desk_adds() -> None:
    from pathlib import Path

    text = (Path(__file__).resolve().parents[1] / "docs" / "reference" / "http-api.md").read_text("utf-8")
    for operation in DESK_OPERATIONS:
        assert f"`{operation.method.upper()} {operation.path}`" in text
