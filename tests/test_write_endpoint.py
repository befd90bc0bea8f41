"""Programs with a key put and delete articles over the wire: queued on the disk, written by a process beside the
server, found within seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from archives import fill
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from real_server import Server, served
from steady import comes_true

from search.document import Document
from search.engines import open_engine
from search.ledger import open_ledger
from search.ledger.inbox import Settled
from search.ledger.removals import Tombstone
from search.request.urls import quote_id
from search.write_keys import add_key
from webui.site import site_of

ARTICLE = {
    "title": "Ferry runs again", "body": "## Who pays\n\nThe county does.", "body_format": "markdown",
    "summary": "All winter.", "url": "https://news.example/ferry", "guid": "17", "authors": ["Ann Doe"],
    "sections": ["News > Local", ["Traffic", "Boats"]], "tags": ["ferry"], "published": "2024-07-03T09:30:00+02:00",
    "modified": "2024-07-04", "first_published": "2024-07-01", "embargo": "2024-07-03T09:30:00Z",
    "status": "usable", "language": "en", "type": "report",
}  # fmt: skip
NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("write")
    fill(open_engine(f"whoosh:{folder / 'archive'}"), *ARTICLES)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with served(folder, "--workers", "2") as server:
        yield server


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    text = add_key(open_ledger(str(folder / "archive.ledger")), "cms", "write", NOW)
    assert text is not None
    return text


def call(server: Server, method: str, path: str, key: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    connection = server.connection()
    sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def title_of(server: Server, path: str) -> str | None:
    """The title of an article, as the worker that answers has it; another may be a moment behind."""
    title: str | None = json.loads(server.get(path)[1])["title"]
    return title


# --- over the wire


def test_an_article_is_found_after_it_was_put_and_not_after_it_was_deleted(server: Server, key: str) -> None:
    status, answer = call(server, "PUT", "/api/v1/articles/wp-17", key, ARTICLE)
    assert (status, answer["state"]) == (202, "queued")
    write = answer["links"]["self"]
    assert comes_true(lambda: call(server, "GET", write, key)[1]["state"] == "done")
    assert call(server, "GET", write, key)[1]["outcome"] == "added"
    assert comes_true(lambda: server.get("/api/v1/articles/wp-17")[0] == 200)
    stored = json.loads(server.get("/api/v1/articles/wp-17")[1])
    for name in ("title", "summary", "url", "authors", "tags", "published", "language", "type"):
        assert stored[name] == ARTICLE[name]
    assert stored["sections"] == ["News > Local", "Traffic > Boats"]
    assert [heading["text"] for heading in stored["headings"]] == ["Who pays"]
    status, answer = call(server, "DELETE", "/api/v1/articles/wp-17", key)
    assert status == 202
    assert comes_true(lambda: server.get("/api/v1/articles/wp-17")[0] == 404)


def test_the_same_article_again_writes_nothing(server: Server, key: str, folder: Path) -> None:
    path = "/api/v1/articles/same"
    call(server, "PUT", path, key, {"title": "One"})
    assert comes_true(lambda: server.get(path)[0] == 200)
    assert comes_true(lambda: call(server, "PUT", path, key, {"title": "One"})[0] == 200)
    before = open_ledger(str(folder / "archive.ledger")).inbox.count("done")
    status, answer = call(server, "PUT", path, key, {"title": "One", "tags": []})
    assert (status, answer["outcome"], answer["number"]) == (200, "unchanged", None)
    assert open_ledger(str(folder / "archive.ledger")).inbox.count("done") == before
    assert call(server, "PUT", path, key, {"title": "Two"})[0] == 202
    assert call(server, "PUT", path, key, {"title": "One"})[0] == 202, "an earlier version again is a new one"


def test_who_prefers_to_wait_is_answered_when_it_shows(server: Server, key: str) -> None:
    for number in range(3):
        article = {"title": f"Waited for {number}"}
        status, answer = call(server, "PUT", "/api/v1/articles/waited", key, article, Prefer="respond-async, wait=10")
        assert (status, answer["state"]) == (200 if number else 201, "done")
        assert comes_true(lambda title=article["title"]: title_of(server, "/api/v1/articles/waited") == title)
    status, answer = call(server, "DELETE", "/api/v1/articles/waited", key, Prefer="wait=10")
    assert (status, answer["outcome"]) == (200, "deleted")


def test_who_kills_an_article_and_waits_is_told_that_it_is_done(server: Server, key: str, folder: Path) -> None:
    admin = add_key(open_ledger(str(folder / "archive.ledger")), "killer", "admin", NOW)
    assert admin is not None
    path = "/api/v1/articles/killed"
    call(server, "PUT", path, key, {"title": "Wrong"}, Prefer="wait=10")
    status, answer = call(server, "PUT", path, admin, {"title": "Wrong", "status": "canceled"}, Prefer="wait=10")
    assert (status, answer.get("state"), answer.get("outcome")) == (200, "done", "removed")
    assert comes_true(lambda: server.get(path)[0] == 410)
    assert call(server, "PUT", path, key, {"title": "Wrong"})[0] == 410


@pytest.mark.parametrize("id", ["a/b", "a//b", "..", "~", "x/related", "a b?c#d%25&e=f+g", "Ünïcødé/日本語", ";v=1"])
def test_any_id_that_can_be_kept_can_be_written(server: Server, key: str, id: str) -> None:
    path = f"/api/v1/articles/{quote_id(id)}"
    status, answer = call(server, "PUT", path, key, {"title": f"Called {id}"}, Prefer="wait=10")
    assert status in (200, 201)
    assert answer["id"] == id
    assert comes_true(lambda: title_of(server, path) == f"Called {id}")


@pytest.mark.parametrize("path", ["caf%E9", "caf%E8", "caf%C3%28", "%ED%A0%80"])
def test_an_id_that_is_not_written_in_utf_8_is_refused(server: Server, key: str, path: str) -> None:
    for method in ("PUT", "DELETE"):
        status, problem = call(server, method, f"/api/v1/articles/{path}", key, {"title": "a"})
        assert (status, problem["parameter"]) == (400, "id")


def test_a_body_that_is_too_long_is_refused_and_the_server_goes_on(server: Server, key: str) -> None:
    for given, length, status in (("wrong", 3_000_000, 401), (key, 4_100_000, 413)):
        with suppress(BrokenPipeError, ConnectionResetError):  # the rest is not read
            assert call(server, "PUT", "/api/v1/articles/long", given, {"title": "a" * length})[0] == status
    assert server.get("/livez")[0] == 200
    assert server.get("/api/v1/articles/long")[0] == 404


# --- in one process


@pytest.fixture
def admin(app: Flask) -> str:
    text = add_key(site_of(app).archive.ledger, f"admin {id(app)}", "admin", NOW)
    assert text is not None
    return f"Bearer {text}"


@pytest.fixture
def writer(app: Flask) -> str:
    text = add_key(site_of(app).archive.ledger, f"writer {id(app)}", "write", NOW)
    assert text is not None
    return f"Bearer {text}"


ADDRESSES = [("PUT", "/api/v1/articles/1"), ("DELETE", "/api/v1/articles/1"), ("GET", "/api/v1/writes/1"),
             ("GET", "/api/v1/writes")]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "Basic YTpi", "Basic \xff", "Bearer bfk_00000000_" + "A" * 43]
)
def test_nothing_is_written_or_told_without_a_key(client: FlaskClient, method: str, path: str, given: str) -> None:
    headers = {"Authorization": given} if given else {}
    response = client.open(path, method=method, headers=headers, json={"title": "One"} if method == "PUT" else None)
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="')
    assert ("invalid_token" in challenge) == given.startswith("Bearer ")


def test_a_revoked_key_opens_nothing(app: Flask, client: FlaskClient, writer: str) -> None:
    headers = {"Authorization": writer}
    assert client.put("/api/v1/articles/1", json={"title": "One"}, headers=headers).status_code == 202
    site_of(app).archive.ledger.write_keys.revoke(f"writer {id(app)}", NOW.date())
    assert client.put("/api/v1/articles/1", json={"title": "Two"}, headers=headers).status_code == 401


def test_killing_and_listing_need_the_scope_admin(client: FlaskClient, writer: str, admin: str) -> None:
    kill = {"title": "One", "status": "canceled"}
    for method, path, body in (("PUT", "/api/v1/articles/k", kill), ("GET", "/api/v1/writes", None)):
        refused = client.open(path, method=method, json=body, headers={"Authorization": writer})
        assert refused.status_code == 403
        assert "insufficient_scope" in refused.headers["WWW-Authenticate"]
        allowed = client.open(path, method=method, json=body, headers={"Authorization": admin})
        assert allowed.status_code in (200, 202)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "title"), ({"title": ""}, "title"), ({"title": " \0\u200b"}, "title"), ({"title": 3}, "title"),
        ({"title": "a", "colour": "red"}, "colour"),
        ({"title": "a", "body_format": "rtf"}, "body_format"), ({"title": "a", "url": "/ferry"}, "url"),
        ({"title": "a", "url": "javascript:alert(1)"}, "url"), ({"title": "a", "published": "yesterday"}, "published"),
        ({"title": "a", "embargo": "2024-07-03"}, "embargo"),
        ({"title": "a", "embargo": "2024-07-03T10:00"}, "embargo"),
        ({"title": "a", "sections": "News"}, "sections"), ({"title": "a", "sections": [[]]}, "sections"),
        ({"title": "a", "tags": ["a"] * 201}, "tags"), ({"title": "a", "tags": ["a"] * 700}, "parameters"),
        ({"title": "a", "language": "quite English"}, "language"), ({"title": "\ud800"}, "title"),
        ({"title": "a", "status": "draft"}, "status"), ({"title": "a", "published": None}, "published"),
        ({"title": "a", "\ud800": "b"}, "\\ud800"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_refused_with_the_key_to_correct(
    client: FlaskClient, writer: str, body: dict[str, Any], parameter: str
) -> None:
    response = client.put("/api/v1/articles/a", data=json.dumps(body), content_type="application/json",
                          headers={"Authorization": writer})  # fmt: skip
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["parameter"] == parameter


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [(b"{", "application/json", 400), (b"[]", "application/json", 400), (b"{}", "text/plain", 415),
     (b"[" * 100_000, "application/json", 400), (b'{"title": ' + b"1" * 9_000 + b"}", "application/json", 400),
     (b"\xff", "application/json", 400)],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(
    client: FlaskClient, writer: str, data: bytes, kind: str, status: int
) -> None:
    response = client.put("/api/v1/articles/a", data=data, content_type=kind, headers={"Authorization": writer})
    assert response.status_code == status


@pytest.mark.parametrize("path", ["1/related", "a/why-not", "a%0Ab", "%20a", "a%20%20b", "a" * 201, "e%CC%81"])
def test_an_id_that_could_not_be_kept_as_it_is_is_refused(client: FlaskClient, writer: str, path: str) -> None:
    for method in ("PUT", "DELETE"):
        response = client.open(
            f"/api/v1/articles/{path}", method=method, json={"title": "a"}, headers={"Authorization": writer}
        )
        assert response.status_code in (400, 405)


def test_what_was_taken_down_answers_410_by_id_and_by_address(app: Flask, client: FlaskClient, writer: str) -> None:
    ledger = site_of(app).archive.ledger
    ledger.removed.add([Tombstone("gone", "https://news.example/gone")], "court order", NOW)
    try:
        headers = {"Authorization": writer}
        address = {"title": "a", "url": "https://news.example/gone"}
        answers = [
            client.put("/api/v1/articles/gone", json={"title": "a"}, headers=headers),
            client.put("/api/v1/articles/other", json=address, headers=headers),
            client.delete("/api/v1/articles/gone", headers=headers),
        ]
        assert [each.status_code for each in answers] == [410, 410, 410]
        assert all(each.json["reason"] == "court order" for each in answers if each.json)
    finally:
        ledger.removed.undo("gone", NOW)


def test_what_is_set_aside_answers_422_to_who_sent_it(app: Flask, client: FlaskClient, writer: str, admin: str) -> None:
    inbox = site_of(app).archive.ledger.inbox
    headers = {"Authorization": writer}
    number = client.put("/api/v1/articles/aside", json={"title": "a"}, headers=headers).json["number"]  # type: ignore[index]
    [entry] = [entry for entry in inbox.next() if entry.number == number]
    inbox.settle([Settled(entry, "failed", "its reader failed")])
    found = client.get(f"/api/v1/writes/{number}", headers=headers).json
    assert found is not None
    assert (found["state"], found["outcome"], found["note"]) == ("failed", "failed", "its reader failed")
    listed = client.get("/api/v1/writes?state=failed", headers={"Authorization": admin}).json
    assert listed is not None
    assert number in [row["number"] for row in listed["writes"]]
    assert client.get("/api/v1/writes/999999999", headers=headers).status_code == 404


def test_who_withholds_an_article_and_waits_is_answered_when_it_is_shown_no_more(
    app: Flask, client: FlaskClient, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, pauses, shown = site_of(app).archive, count(1), Document("held", "Held", "Not for long.")
    with archive.engine.writer() as writing:
        writing.add(shown)

    def pause(_seconds: float) -> None:
        """Has another process write it, whose commit shows here a little later than what the ledger says of it."""
        match next(pauses):
            case 1:
                [entry] = (each for each in archive.ledger.inbox.next() if each.article == shown.id)
                archive.ledger.inbox.settle([Settled(entry, "waiting", "", shown.id, shown.content_hash())])
            case 3:
                with archive.engine.writer() as writing:
                    writing.delete(shown.id)

    monkeypatch.setattr("webui.prefer.time.sleep", pause)
    response = client.put("/api/v1/articles/held", json={"title": "Held", "status": "withheld"},
                          headers={"Authorization": writer, "Prefer": "wait=10"})  # fmt: skip
    assert (response.status_code, next(pauses) > 3) == (200, True)
    assert response.json is not None
    assert response.json["outcome"] == "waiting"
    assert client.get("/api/v1/articles/held").status_code == 404


def test_the_answers_fit_their_description(client: FlaskClient, writer: str, admin: str) -> None:
    description = json.loads(client.get("/openapi.json").data)
    asked = description["paths"]["/api/v1/articles/{id}"]["put"]["requestBody"]["content"]["application/json"]["schema"]

    def fits(schema: dict[str, Any], value: Any) -> None:
        Draft202012Validator({**schema, "components": description["components"]}).validate(value)

    fits(asked, ARTICLE)
    for path, method, asking, known in (
        ("/api/v1/articles/described", "put", writer, "/api/v1/articles/{id}"),
        ("/api/v1/articles/described", "delete", writer, "/api/v1/articles/{id}"),
        ("/api/v1/writes?state=queued", "get", admin, "/api/v1/writes"),
        ("/api/v1/writes/1", "get", writer, "/api/v1/writes/{number}"),
    ):
        response = client.open(path, method=method.upper(), json=ARTICLE if method == "put" else None,
                               headers={"Authorization": asking})  # fmt: skip
        operation = description["paths"][known][method]
        assert operation["security"] == [{"key": []}]
        answered = operation["responses"][str(response.status_code)]["content"]["application/json"]["schema"]
        fits(answered, json.loads(response.data))
    refused = client.put("/api/v1/articles/described", json=ARTICLE)
    said = description["paths"]["/api/v1/articles/{id}"]["put"]["responses"]["401"]
    fits(said["content"]["application/problem+json"]["schema"], json.loads(refused.data))


def test_no_answer_to_a_writer_is_kept_anywhere(client: FlaskClient, writer: str) -> None:
    response = client.put("/api/v1/articles/kept", json={"title": "a"}, headers={"Authorization": writer})
    assert response.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"/api/v1/writes/\d+", response.headers["Location"])
