"""Many articles in one request: each line answered in order, none in the way of the others, and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from archives import fill
from conftest import ARTICLES
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from real_server import served
from steady import comes_true

from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.settings import Settings
from search.write_keys import add_key
from webui import article_batch, create_app
from webui.ndjson import lines_of
from webui.site import site_of

NDJSON = "application/x-ndjson"


class Sender:
    """A program with a key, in this process."""

    def __init__(self, scope: Any = "write", **settings: Any) -> None:
        engine = MemoryEngine("")
        fill(engine, *ARTICLES)
        self.app = create_app(Settings(**settings), engine)
        self.client: FlaskClient = self.app.test_client()
        self.key = add_key(self.ledger, "cms", scope, datetime.now(UTC))

    @property
    def ledger(self) -> Ledger:
        return site_of(self.app).archive.ledger

    def send(self, lines: Iterable[Any]) -> list[dict[str, Any]]:
        """Sends lines, JSON values or bytes, and returns the answers."""
        body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        headers = {"Authorization": f"Bearer {self.key}"}
        response = self.client.post("/api/v1/articles:batch", data=body, content_type=NDJSON, headers=headers)
        assert (response.status_code, response.content_type) == (200, NDJSON), response.text
        return [json.loads(line) for line in response.data.splitlines()]


def put(id: str, title: str = "Ferry", **keys: Any) -> dict[str, Any]:
    return {"action": "put", "id": id, "article": {"title": title, **keys}}


def delete(id: str) -> dict[str, Any]:
    return {"action": "delete", "id": id}


def test_each_line_is_answered_in_order_and_a_bad_one_stops_no_other() -> None:
    sender = Sender()
    sender.ledger.removed.add([Tombstone("down")], "court order", datetime.now(UTC))
    lines = [
        put("a"), b"{", b"", b"[]", b"\xff", delete("b"), {"action": "put", "id": "c"}, put("d", ""), put("down"),
        {"action": "move", "id": "e"}, put("f", colour="red"), {**delete("g"), "article": {}}, put(" h"),
        put("i", status="canceled"), b'{"action": "put", "id": "j", "article": {"title": "\\ud800"}}',
        b'{"action": "put", "id": "k", "\\ud800": 1}', b'{"action": "put", "id": "l", "article": {"\\ud800": 1}}',
        put("z"),
    ]  # fmt: skip
    answers = sender.send(lines)
    expected = [202, 400, 400, 400, 202, 400, 400, 410, 400, 400, 400, 400, 400, 400, 400, 400, 202]
    assert [answer["status"] for answer in answers] == expected
    assert [answer["line"] for answer in answers] == [1, 2, *range(4, 19)]
    assert [notice.article for notice in sender.ledger.inbox.listed("queued", 9)] == ["a", "b", "z"]
    refused = [answer for answer in answers if answer["problem"]]
    assert all(answer["status"] == answer["problem"]["status"] for answer in refused)
    assert {answer["id"] for answer in refused} >= {"c", "d", "down", "f"}


def test_the_order_for_one_article_is_kept_and_the_same_is_queued_once() -> None:
    sender = Sender()
    answers = sender.send([put("a", "One"), put("a", "One"), delete("a"), put("a", "Two"), put("b")])
    assert [answer["number"] for answer in answers] == [1, 1, 2, 3, 4]
    assert [(row.article, row.action) for row in sender.ledger.inbox.listed("queued", 9)] == [
        ("a", "put"), ("a", "delete"), ("a", "put"), ("b", "put"),
    ]  # fmt: skip


def test_once_there_is_no_room_nothing_that_follows_is_taken() -> None:
    sender = Sender(inbox_most=150)
    answers = sender.send([put(f"a{number}") for number in range(260)])
    assert [answer["status"] for answer in answers] == [202] * 150 + [429] * 110
    assert answers[-1]["problem"]["type"] == "urn:backfile:problem:inbox-full"
    assert sender.ledger.inbox.count("queued") == 150
    for method in ("PUT", "DELETE"):
        headers = {"Authorization": f"Bearer {sender.key}"}
        response = sender.client.open("/api/v1/articles/more", method=method, json={"title": "a"}, headers=headers)
        assert (response.status_code, int(response.headers["Retry-After"]) > 0) == (429, True)


def test_a_batch_has_a_most_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_batch, "MAX_LINES", 7)
    answers = Sender().send([put(f"a{number}") for number in range(12)])
    assert [answer["status"] for answer in answers] == [202] * 7 + [413]


def test_a_batch_of_too_many_lines_is_read_to_its_end_so_that_its_sender_gets_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(article_batch, "MAX_LINES", 7)
    sender = Sender()
    body = BytesIO(b"\n".join(json.dumps(put(f"a{number}", body="b" * 50_000)).encode() for number in range(30)))
    headers = {"Authorization": f"Bearer {sender.key}", "Content-Length": str(len(body.getvalue()))}
    response = sender.client.post("/api/v1/articles:batch", input_stream=body, content_type=NDJSON, headers=headers)
    assert [json.loads(line)["status"] for line in response.data.splitlines()] == [202] * 7 + [413]
    assert body.tell() == len(body.getvalue())


def test_a_line_that_is_too_long_costs_only_itself() -> None:
    answers = Sender().send([put("a", body="a" * 4_100_000), put("b", body="b" * 3_000_000), put("c")])
    assert [answer["status"] for answer in answers] == [413, 202, 202]


def test_lines_are_cut_alike_however_they_come() -> None:
    text = b"one\n\ntwo two\n" + b"x" * 40 + b"\nthree"
    for size in range(1, len(text) + 1):
        pieces = [text[start : start + size] for start in range(0, len(text), size)] + [b""]
        found = list(lines_of(lambda _, pieces=pieces: pieces.pop(0), 10))  # type: ignore[misc]
        assert found == [b"one", b"", b"two two", None, b"three"], size


def test_a_batch_needs_a_key_and_its_own_type() -> None:
    sender = Sender()
    headers = {"Authorization": f"Bearer {sender.key}"}
    for given, kind, status in (({}, NDJSON, 401), (headers, "application/json", 415)):
        response = sender.client.post("/api/v1/articles:batch", data=b"", content_type=kind, headers=given)
        assert response.status_code == status
    assert sender.send([]) == []
    assert sender.client.get("/api/v1/articles:batch").status_code == 405


def test_the_answers_fit_their_description() -> None:
    sender = Sender()
    description = json.loads(sender.client.get("/openapi.json").data)
    answered = description["paths"]["/api/v1/articles:batch"]["post"]["responses"]["200"]["content"][NDJSON]["schema"]
    validator = Draft202012Validator({**answered, "components": description["components"]})
    for answer in sender.send([put("a"), put("b", ""), delete("c")]):
        validator.validate(answer)


# --- how often


def test_a_key_that_sends_too_often_is_told_when_to_come_back() -> None:
    sender = Sender(write_per_minute=3)
    headers = {"Authorization": f"Bearer {sender.key}"}

    def send() -> Any:
        return sender.client.put("/api/v1/articles/a", json={"title": "One"}, headers=headers)

    assert [send().status_code for _ in range(3)] == [202] * 3
    refused = send()
    assert (refused.status_code, 1 <= int(refused.headers["Retry-After"]) <= 60) == (429, True)
    other = add_key(sender.ledger, "other", "write", datetime.now(UTC))
    headers = {"Authorization": f"Bearer {other}"}
    assert send().status_code == 202
    assert sender.client.get("/api/v1/search", headers=headers).status_code == 200


# --- a ledger that cannot be written


def test_a_key_that_is_revoked_while_a_batch_comes_queues_nothing_more() -> None:
    sender = Sender()

    class Slow(BytesIO):
        def readinto(self, buffer: Any) -> int:
            if self.tell() > len(self.getvalue()) / 2:
                sender.ledger.write_keys.revoke("cms", datetime.now(UTC).date())
            return super().readinto(buffer)

    body = Slow(b"".join(json.dumps(put(f"a{number}", body="b" * 2_000)).encode() + b"\n" for number in range(300)))
    headers = {"Authorization": f"Bearer {sender.key}", "Content-Length": str(len(body.getvalue()))}
    response = sender.client.post("/api/v1/articles:batch", input_stream=body, content_type=NDJSON, headers=headers)
    assert response.status_code == 401
    assert sender.ledger.inbox.count("queued") == 100


def test_what_cannot_be_queued_is_not_acknowledged(tmp_path: Path) -> None:
    place = tmp_path / "archive.ledger"
    sender = Sender(ledger=str(place))
    assert sender.send([put("a")])[0]["status"] == 202
    for path in tmp_path.glob("archive.ledger*"):
        path.unlink()
    place.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    headers = {"Authorization": f"Bearer {sender.key}"}
    response = sender.client.put("/api/v1/articles/b", json={"title": "One"}, headers=headers)
    assert (response.status_code, "Retry-After" in response.headers) == (503, True)


# --- over the wire


def test_a_batch_is_written_over_the_wire_in_pieces(tmp_path: Path) -> None:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        writer.add(ARTICLES[0])
    ledger = open_ledger(str(tmp_path / "archive.ledger"))
    key = add_key(ledger, "cms", "write", datetime.now(UTC))
    with served(tmp_path, "--workers", "1") as server:
        connection = server.connection()
        lines = [json.dumps(put(f"wp-{number}", f"Title {number}")).encode() + b"\n" for number in range(1_500)]
        pieces = (b"".join(lines[start : start + 10]) for start in range(0, len(lines), 10))
        connection.request("POST", "/api/v1/articles:batch", pieces,
                           {"Authorization": f"Bearer {key}", "Content-Type": NDJSON})  # fmt: skip
        answers = [json.loads(line) for line in connection.getresponse().read().splitlines()]
        connection.close()
        assert [answer["status"] for answer in answers] == [202] * 1_500
        assert comes_true(lambda: ledger.inbox.count("queued") == 0)
        assert comes_true(lambda: json.loads(server.get("/api/v1/status")[1])["index"]["articles"] == 1_501)
