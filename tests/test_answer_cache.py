"""The same question in the same generation costs no second search, and nothing stale or incomplete is given again."""

from __future__ import annotations

import gzip
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import ARTICLES
from counting import CountingEngine
from flask import Flask, Response
from flask.testing import FlaskClient

from search.archive import Archive
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import caching, create_app
from webui.answer_cache import AnswerCache
from webui.site import EXTENSION, Site, site_of

HIT = "Backfile; hit"
STORED = "Backfile; fwd=miss; stored"
MADE = "Backfile; fwd=miss"


@pytest.fixture
def counting() -> CountingEngine:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return CountingEngine(engine)


def counted(counting: CountingEngine, **settings: object) -> FlaskClient:
    return create_app(Settings(**settings), counting).test_client()  # type: ignore[arg-type]


def how(client: FlaskClient, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).headers["Cache-Status"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/search?q=flood", "/api/v1/search?q=flood", "/search.atom?q=flood", "/search.rss", "/article/1?q=river",
        "/api/v1/articles/1", "/api/v1/articles/1/related", "/api/v1/suggest?q=fl", "/api/v1/sections", "/sitemap.xml",
    ],
)  # fmt: skip
def test_the_second_answer_is_the_first(counting: CountingEngine, path: str) -> None:
    client = counted(counting)
    first = client.get(path)
    asked = len(counting.searches)
    second = client.get(path)
    assert (first.headers["Cache-Status"] == STORED) == (path != "/sitemap.xml")
    if first.headers["Cache-Status"] == STORED:
        assert second.headers["Cache-Status"] == HIT
        assert len(counting.searches) == asked
    assert second.data == first.data or path == "/sitemap.xml"
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.content_type == first.content_type
    assert second.headers.getlist("Link") == first.headers.getlist("Link")


def test_the_same_question_in_another_order_is_the_same(client: FlaskClient) -> None:
    assert how(client, "/api/v1/search?q=flood&lang=en") == STORED
    assert how(client, "/api/v1/search?lang=en&q=flood") == HIT
    assert how(client, "/api/v1/search?page=1&q=flood&lang=en") == HIT
    assert how(client, "/search?q=flood&lang=en&utm_source=mail") == STORED
    assert how(client, "/search?q=flood&lang=en") == HIT


def test_answers_that_differ_are_kept_apart(client: FlaskClient) -> None:
    paths = ("/api/v1/search?q=flood", "/api/v1/search?q=flood&fields=id", "/api/v1/search?q=flood&per_page=1",
             "/search?q=flood", "/search.rss?q=flood", "/search.rss?q=flood&per_page=1")  # fmt: skip
    made = {path: client.get(path).data for path in paths}
    for path in paths:
        again = client.get(path)
        assert (again.headers["Cache-Status"], again.data) == (HIT, made[path])
    other = client.get("/search.atom?q=flood", base_url="https://other.example")
    assert b"https://other.example/" in other.data
    assert b"https://other.example/" not in client.get("/search.atom?q=flood").data


def test_each_coding_is_kept_for_itself(client: FlaskClient) -> None:
    path = "/api/v1/search?q=flood"
    assert [how(client, path), how(client, path, **{"Accept-Encoding": "gzip"})] == [STORED, STORED]
    squeezed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert squeezed.headers["Cache-Status"] == HIT
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert b'"total"' in gzip.decompress(squeezed.data)
    plain = client.get(path)
    assert plain.headers["Cache-Status"] == HIT
    assert "Content-Encoding" not in plain.headers
    assert plain.json["total"] > 0


def test_head_and_other_sites_get_the_headers_they_need_from_what_is_kept() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    client = create_app(Settings(cors_origins=("https://a.example",)), engine).test_client()
    path = "/api/v1/search?q=flood"
    first = client.get(path, headers={"Origin": "https://a.example"})
    assert first.headers["Access-Control-Allow-Origin"] == "https://a.example"
    other = client.get(path, headers={"Origin": "https://b.example"})
    assert other.headers["Cache-Status"] == HIT
    assert "Access-Control-Allow-Origin" not in other.headers
    head = client.head(path)
    assert (head.headers["Cache-Status"], head.data) == (HIT, b"")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]


def test_a_commit_makes_every_answer_new(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path / 'archive'}")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    app = create_app(Settings(), engine)
    site = Site(Settings(), Archive(engine, check_seconds=0))
    app.extensions[EXTENSION] = site
    client = app.test_client()
    path = "/api/v1/search?q=bridge"
    assert client.get(path).json["total"] == 1
    assert how(client, path) == HIT
    with engine.writer() as writer:
        writer.add(ARTICLES[1])
    answer = client.get(path)
    assert (answer.headers["Cache-Status"], answer.json["total"]) == (STORED, 2)
    assert site.answers.bytes_held < 2 * len(answer.data) + 5_000, "the answers before the commit are gone"


def test_a_relative_date_is_kept_for_its_minute(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = caching.current_minute()
    later: datetime = now + timedelta(minutes=1)
    monkeypatch.setattr(caching, "current_minute", lambda: now)
    paths = ("/api/v1/search?from=now-7d", "/api/v1/search?from=%6e%6fw-7d", "/api/v1/search?q=published:now-7d..now")
    fixed = "/api/v1/search?q=known"
    for path in (*paths[:1], *paths[2:], fixed):
        assert how(client, path) == STORED
    assert how(client, paths[1]) == HIT
    monkeypatch.setattr(caching, "current_minute", lambda: later)
    assert [how(client, path) for path in (paths[0], paths[2], fixed)] == [STORED, STORED, HIT]


def test_files_and_saved_searches_of_a_relative_date_are_another_answer_every_minute(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, relative, fixed = caching.current_minute(), "q=published%3Anow-7d..now", "q=known"
    paths = {f"/search.ndjson?{relative}": True, f"/search.ndjson?{fixed}": False}
    for asked in (relative, "from=now-7d", fixed):
        paths["/saved?" + client.get(f"/api/v1/save?{asked}").json["link"]] = asked != fixed
    monkeypatch.setattr(caching, "current_minute", lambda: now)
    tags = {path: client.get(path).headers["ETag"] for path in paths}
    assert tags == {path: client.get(path).headers["ETag"] for path in paths}
    monkeypatch.setattr(caching, "current_minute", lambda: now + timedelta(minutes=1))
    assert {path: client.get(path).headers["ETag"] != tag for path, tag in tags.items()} == paths


def test_what_is_incomplete_or_wrong_is_never_kept(counting: CountingEngine) -> None:
    hasty = counted(counting, deadline_seconds=1e-9)
    for _ in range(2):
        answer = hasty.get("/api/v1/search?q=flood")
        if answer.json["timed_out"]:
            assert answer.headers["Cache-Status"] == MADE
    client = counted(counting)
    for _ in range(2):
        assert "Cache-Status" not in client.get("/api/v1/search?page=0").headers
        assert "Cache-Status" not in client.get("/article/none").headers


def test_nothing_is_kept_where_there_is_no_memory_for_it(counting: CountingEngine) -> None:
    client = counted(counting, cache_bytes=0)
    assert [how(client, "/search?q=flood") for _ in range(2)] == [MADE, MADE]


def response_of(size: int) -> Response:
    return Response(b"x" * size)


def test_the_cache_holds_no_more_bytes_than_it_may() -> None:
    cache = AnswerCache(100_000)
    cache.get("g1", "")
    for number in range(100):
        assert cache.keep("g1", number, response_of(5_000))
        assert cache.bytes_held <= 100_000
    assert cache.bytes_held > 80_000
    assert cache.get("g1", 0) is None
    kept = cache.get("g1", 99)
    assert kept is not None
    assert kept.response().get_data() == b"x" * 5_000
    assert not cache.keep("g1", "large", response_of(50_000)), "it would push out half of the others"
    assert cache.get("g2", 99) is None
    assert cache.bytes_held == 0
    assert not cache.keep("g1", "late", response_of(10)), "its request began before the commit"


def test_many_who_ask_the_same_at_once_cost_one_search(counting: CountingEngine) -> None:
    app: Flask = create_app(Settings(), counting)
    app.test_client().get("/livez")
    ready = threading.Barrier(8)
    answers: list[bytes] = []

    def ask() -> None:
        ready.wait()
        answers.append(app.test_client().get("/api/v1/search?q=flood").data)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert len(counting.searches) == 1


def test_what_editors_chose_changes_only_the_answers_that_show_it(client: FlaskClient) -> None:
    paths = ["/article/1", "/api/v1/articles/1/related", "/", "/api/v1/articles/1", "/api/v1/sections", "/sitemap.xml"]
    before = {path: client.get(path).headers["ETag"] for path in paths}
    site_of(client.application).archive.ledger.related.add("1", "2", "pin", datetime.now(UTC))
    changed = [path for path in paths if client.get(path).headers["ETag"] != before[path]]
    assert changed == ["/article/1", "/api/v1/articles/1/related"]
