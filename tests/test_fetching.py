"""What the web client promises of answers: usable ones as they are, and of all others the reason, within limits."""

from __future__ import annotations

import gzip
import itertools
import ssl
import zlib
from collections.abc import Iterator

import pytest
import trustme
from web_servers import Asked, Time, WebServer, fetcher_for, redirect, reply, web_server

from index.fetching import FetchError
from index.fetching.connection import MAX_HEAD
from index.fetching.fetcher import ANSWER_SECONDS, MAX_REDIRECTS

TEXT = b"The ferry will run all winter. " * 100


def refused(server: WebServer, path: str = "/", **options: object) -> FetchError:
    with fetcher_for(server, **options) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url + path)
    return caught.value


def test_an_answer_comes_with_its_address_status_headers_and_body() -> None:
    with web_server({"/a": reply(TEXT, X_Kind="story")}) as server, fetcher_for(server) as fetcher:
        got = fetcher.get(f"{server.url}/a#part")
    assert (got.url, got.status, got.body, got.moved) == (f"{server.url}/a", 200, TEXT, False)
    assert got.headers["x-kind"] == "story"


def test_a_connection_is_kept_for_the_next_request() -> None:
    with web_server(lambda _: reply(TEXT)) as server, fetcher_for(server) as fetcher:
        assert {fetcher.get(f"{server.url}/{number}").status for number in range(5)} == {200}
        assert server.connections == 1


def test_a_kept_connection_that_the_server_has_closed_costs_no_attempt() -> None:
    closing = reply(TEXT)

    def respond(asked: Asked) -> Iterator[bytes] | bytes:
        return reply(TEXT, 404) if asked.path == "/robots.txt" else iter([closing])

    time = Time()
    with web_server(respond) as server, fetcher_for(server, time=time) as fetcher:
        assert [fetcher.get(f"{server.url}/{number}").body for number in range(3)] == [TEXT] * 3
    assert not [seconds for seconds in time.slept if seconds > 0.5]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_an_answer(status: int) -> None:
    with web_server({"/gone": reply("not here", status)}) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(f"{server.url}/gone").status == status


def test_what_is_unchanged_is_an_answer() -> None:
    def respond(asked: Asked) -> bytes:
        return reply(status=304) if asked.headers.get("if-none-match") == '"1"' else reply(TEXT, etag='"1"')

    with web_server({"/a": respond}) as server, fetcher_for(server) as fetcher:
        tag = fetcher.get(f"{server.url}/a").headers["etag"]
        assert fetcher.get(f"{server.url}/a", headers={"If-None-Match": tag}).status == 304


@pytest.mark.parametrize(("status", "word"), [(403, "refused"), (401, "login"), (451, "legal"), (400, "400")])
def test_any_other_status_is_an_error_that_has_it_with_its_body(status: int, word: str) -> None:
    with web_server({"/a": reply('{"code": "no_page"}', status)}) as server:
        error = refused(server, "/a")
        assert (error.status, error.body, error.origin) == (status, b'{"code": "no_page"}', f"{server.url}/a")
        assert word in error.reason


# --- redirects


def test_redirects_are_followed_and_said_to_be_permanent_or_not() -> None:
    table = {"/a": redirect("/b"), "/b": redirect("c", 308), "/c": reply(TEXT), "/d": redirect("/a", 302)}
    with web_server(table) as server, fetcher_for(server) as fetcher:
        moved, strayed = fetcher.get(f"{server.url}/a"), fetcher.get(f"{server.url}/d")
        assert (moved.url, moved.moved, moved.body) == (f"{server.url}/c", True, TEXT)
        assert (strayed.url, strayed.moved) == (f"{server.url}/c", False)


def test_a_circle_of_redirects_is_noticed_at_once() -> None:
    with web_server({"/a": redirect("/b"), "/b": redirect("/a")}) as server:
        assert "in a circle" in refused(server, "/a").reason
        assert server.paths() == ["/a", "/b"]


def test_an_endless_chain_of_redirects_is_cut() -> None:
    with web_server(lambda asked: redirect(f"{asked.path}x")) as server:
        assert f"more than {MAX_REDIRECTS} times" in refused(server, "/a", robots=False).reason
        assert len(server.paths()) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/", "file:///etc/passwd", "http://[::1]/", "http://169.254.169.254/latest/meta-data"]
)
def test_a_redirect_to_what_is_not_public_is_refused(location: str) -> None:
    with web_server({"/a": redirect(location)}) as server:
        error = refused(server, "/a")
        assert "not a public one" in error.reason or "not an address of the web" in error.reason


def test_headers_of_the_caller_go_to_no_other_site() -> None:
    with web_server({"/b": reply(TEXT)}) as other, web_server({"/a": redirect(f"{other.url}/b")}) as server:
        with fetcher_for(server, other) as fetcher:
            fetcher.get(f"{server.url}/a", headers={"Authorization": "Basic c2VjcmV0"})
        assert server.asked[-1].headers["authorization"] == "Basic c2VjcmV0"
        assert all("authorization" not in asked.headers for asked in other.asked)
        assert other.paths() == ["/b"]


def test_a_login_is_not_followed_from_a_secure_to_an_open_address() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with (
        web_server({"/b": reply(TEXT)}) as plain,
        web_server({"/a": redirect(f"{plain.url}/b")}, context) as secure,
        fetcher_for(plain, secure, context=trusting) as fetcher,
    ):
        with pytest.raises(FetchError, match="not secure"):
            fetcher.get(f"{secure.url}/a", headers={"authorization": "Basic c2VjcmV0"})
        assert fetcher.get(f"{secure.url}/a").body == TEXT
        assert plain.paths() == ["/b"]


def test_a_certificate_must_be_that_of_the_host_in_the_address() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("archive.example").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with web_server({"/": reply(TEXT)}, context) as server:
        port = server.server_address[1]
        allowed = ["archive.example", "other.example"]
        with fetcher_for(allowed=allowed, context=trusting, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
            assert fetcher.get(f"https://archive.example:{port}/").body == TEXT
            with pytest.raises(FetchError, match=r"certificate is not valid for other\.example"):
                fetcher.get(f"https://other.example:{port}/", robots=False)


# --- limits


def test_an_endless_body_is_cut_at_the_limit() -> None:
    sent = itertools.count()

    def endless(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while next(sent) < 10_000:
            yield b"x" * 65_536

    with web_server(endless) as server, fetcher_for(server, robots=False) as fetcher:
        with pytest.raises(FetchError, match="larger than 1 MiB"):
            fetcher.get(server.url, most=2**20)
        assert next(sent) < 9_000


def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    with web_server({"/": b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n"}) as server:
        assert "larger than" in refused(server).reason


def test_a_slow_body_ends_at_the_deadline_of_the_whole_answer() -> None:
    asked: list[int] = []

    def dripping(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
        for number in range(100_000):
            asked.append(number)
            yield b"x"

    with web_server(dripping) as server:
        error = refused(server, time=Time(step=10.0), robots=False)
        assert f"no whole answer within {ANSWER_SECONDS:.0f} s" in error.reason
        assert len(server.asked) == 1


def test_slow_headers_end_at_the_same_deadline() -> None:
    def dripping(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for _number in range(100_000):
            yield b"x: y\r\n"

    with web_server(dripping) as server:
        assert "no whole answer within" in refused(server, time=Time(step=40.0), robots=False).reason


@pytest.mark.parametrize("line", [b"x-many: y\r\n", b"x" * 10_000])
def test_a_flood_of_headers_is_cut(line: bytes) -> None:
    count = itertools.count()

    def flood(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while next(count) < 200 * MAX_HEAD / len(line):
            yield line

    with web_server(flood) as server:
        assert "not HTTP as it should be" in refused(server, robots=False).reason


def test_interim_answers_do_not_go_on_for_ever() -> None:
    with web_server(lambda _: iter([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 1000)) as server:
        assert "sent no answer" in refused(server, robots=False).reason


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()


def test_a_bomb_expands_no_further_than_the_limits() -> None:
    with web_server({"/": reply(bomb(64 * 2**20), content_encoding="gzip")}) as server:
        assert "larger than 32 MiB" in refused(server).reason or "times its size" in refused(server).reason


def test_a_bomb_below_the_limit_is_refused_for_its_ratio() -> None:
    with web_server({"/": reply(bomb(16 * 2**20), content_encoding="gzip")}) as server:
        assert "more than 250 times its size" in refused(server).reason


# --- bodies


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("identity", TEXT),
        ("gzip", TEXT),
    ],
    ids=["gzip", "members", "zlib", "raw deflate", "plain", "plain but called gzip"],
)
def test_a_body_is_decompressed(encoding: str, body: bytes) -> None:
    with web_server({"/": reply(body, content_encoding=encoding)}) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(server.url).body == TEXT


@pytest.mark.parametrize("size", [2**18 - 1, 2**18, 2**18 + 1, 2**20])
def test_a_body_of_the_size_of_a_piece_is_whole(size: int) -> None:
    body = gzip.compress(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    with web_server({"/": reply(body, content_encoding="gzip")}) as server, fetcher_for(server) as fetcher:
        assert len(fetcher.get(server.url).body) == size


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("br", TEXT, "not asked for"),
        ("gzip", gzip.compress(TEXT)[:-9], "breaks off"),
        ("gzip", gzip.compress(TEXT)[:10] + b"\xff" * 40, "damaged"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT)), "not asked for"),
    ],
    ids=["brotli", "cut", "damaged", "twice"],
)
def test_a_body_that_cannot_be_decompressed_is_said_to_be_so(encoding: str, body: bytes, reason: str) -> None:
    with web_server({"/": reply(body, content_encoding=encoding)}) as server:
        assert reason in refused(server).reason


def test_a_truncated_body_is_asked_for_again_and_then_reported() -> None:
    cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nonly this"
    with web_server({"/": cut}) as server:
        assert "without sending complete message body" in refused(server).reason
        assert len(server.paths()) == 4


def test_more_bytes_than_the_stated_length_spoil_no_later_answer() -> None:
    table = {"/a": reply(TEXT) + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil", "/b": reply("right")}
    with web_server(table) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(f"{server.url}/a").body == TEXT
        assert fetcher.get(f"{server.url}/b").body == b"right"


def test_a_body_in_chunks_is_put_together() -> None:
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nThe f\r\n4\r\nerry\r\n0\r\n\r\n"
    with web_server({"/": chunks}) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(server.url).body == b"The ferry"


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00" * 200, b"HTTP/1.1 two OK\r\n\r\n", b""])
def test_what_is_not_http_is_reported(answer: bytes) -> None:
    with web_server(lambda _: iter([answer])) as server:
        assert refused(server, robots=False).reason.startswith("no answer from 127.0.0.1:")
