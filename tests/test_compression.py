"""Answers travel compressed where the client takes it, and say so."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webui.compression import MIN_BYTES

LONG = ("/search?q=flood", "/api/v1/search?q=flood", "/search.atom", "/search.json", "/openapi.json", "/nope")


def asked_with(client: FlaskClient, path: str, accepted: str | None, **headers: str) -> tuple[bytes, dict[str, str]]:
    sent = headers if accepted is None else {"Accept-Encoding": accepted, **headers}
    with client.get(path, headers=sent) as response:
        return response.data, dict(response.headers)


def without_time(body: bytes) -> bytes:
    """The body without what differs between two answers to the same question."""
    return body.partition(b'"took_ms"')[0]


@pytest.mark.parametrize("path", LONG)
def test_a_long_answer_is_a_fraction_of_its_size_and_the_same(client: FlaskClient, path: str) -> None:
    plain, headers = asked_with(client, path, None)
    small, squeezed = asked_with(client, path, "gzip, deflate, br")
    assert squeezed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in headers
    assert "Accept-Encoding" in headers["Vary"]
    assert "Accept-Encoding" in squeezed["Vary"]
    assert len(small) < len(plain) * 0.6
    assert int(squeezed["Content-Length"]) == len(small)
    if path != "/nope":
        assert without_time(gzip.decompress(small)) == without_time(plain)
        assert squeezed["ETag"] == headers["ETag"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("br;q=1.0, gzip;q=0.2", "gzip"),
        ("gzip;q=0.001, identity;q=0", "gzip"),
        ("gzip;q=0", None),
        ("*;q=0", None),
        ("br", None),
        ("", None),
        ("identity", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip;q=nonsense", None),
        ("g" * 5_000, None),
    ],
)
def test_the_client_decides(client: FlaskClient, accepted: str, coding: str | None) -> None:
    body, headers = asked_with(client, "/search?q=flood", accepted)
    assert headers.get("Content-Encoding") == coding
    assert b"</html>" in (gzip.decompress(body) if coding else body)


@pytest.mark.parametrize("path", ["/livez", "/api/v1/suggest?q=fl", "/favicon.ico", "/robots.txt"])
def test_a_short_answer_stays_as_it_is(client: FlaskClient, path: str) -> None:
    body, headers = asked_with(client, path, "gzip")
    assert len(body) < MIN_BYTES
    assert "Content-Encoding" not in headers


def test_head_says_what_get_would_send(client: FlaskClient) -> None:
    for path in LONG:
        got = client.get(path, headers={"Accept-Encoding": "gzip"})
        head = client.head(path, headers={"Accept-Encoding": "gzip"})
        assert head.data == b""
        for name in ("Content-Encoding", "Vary", "ETag", "Content-Type"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)


def test_who_has_the_compressed_answer_is_told_so_without_it(client: FlaskClient) -> None:
    tag = asked_with(client, "/search?q=flood", "gzip")[1]["ETag"]
    for accepted in ("gzip", "identity"):
        again = client.get("/search?q=flood", headers={"Accept-Encoding": accepted, "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


def test_a_file_is_compressed_under_a_weak_tag_and_a_part_of_it_is_not(client: FlaskClient) -> None:
    plain, headers = asked_with(client, "/static/backfile.css", None)
    small, squeezed = asked_with(client, "/static/backfile.css", "gzip")
    assert gzip.decompress(small) == plain
    assert squeezed["ETag"] == "W/" + headers["ETag"]
    assert "Accept-Ranges" not in squeezed
    sent = {"Accept-Encoding": "gzip"}
    with client.get("/static/backfile.css", headers={**sent, "If-None-Match": squeezed["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with client.get("/static/backfile.css", headers={**sent, "Range": "bytes=0-1999"}) as part:
        assert (part.status_code, part.data) == (206, plain[:2000])
        assert "Content-Encoding" not in part.headers


def test_a_body_that_is_made_while_it_is_sent_and_a_picture_stay_as_they_are(app: Flask) -> None:
    @app.get("/made")
    def made() -> object:
        return app.response_class((chunk for chunk in ["x" * 5_000]), mimetype="text/plain")

    @app.get("/picture")
    def picture() -> object:
        return app.response_class(b"\x89PNG" + bytes(5_000), mimetype="image/png")

    for path in ("/made", "/picture"):
        body, headers = asked_with(app.test_client(), path, "gzip")
        assert len(body) >= 5_000
        assert "Content-Encoding" not in headers
