"""Takedowns and embargoes as readers of a running site meet them: real workers on a real socket, kept answers, old
connections."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import ARTICLES
from leftovers import files_with
from program import command_line, environment
from real_server import Server, posix, served
from steady import comes_true

from search.document import Document
from search.engines import open_engine
from search.ledger import open_ledger

STORY = Document(
    "story", "The zyxqvorm inquiry", "A zyxqvorm inquiry was opened. " * 30, "A zyxqvorm.", (),
    "https://news.example/2024/inquiry", ("News",), ("Zyxqvorm Doe",), ("zyxqvorm",),
    datetime(2024, 7, 3, 9, tzinfo=UTC), None, "en",
)  # fmt: skip
ASKED = (
    "/", "/search?q=inquiry", "/search", "/search?q=zyxqvorm", "/api/v1/search?q=inquiry", "/api/v1/suggest?q=zyx",
    "/api/v1/suggest?q=the+zyx", "/search.atom?q=inquiry", "/search.json", "/search.csv", "/api/v1/sections",
    "/article/1", "/api/v1/articles/1/related", "/sitemap-1.xml", "/sitemap.xml",
)  # fmt: skip
TRIES = 12
"""Connections that are opened for one question: each worker gets some of them."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        for article in (*ARTICLES, STORY):
            writer.add(article)
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with served(folder, "--workers", "2") as server:
        yield server


def backfile(folder: Path, *words: str) -> str:
    done = subprocess.run(
        command_line(*words), cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def answers(server: Server, path: str) -> list[tuple[int, bytes]]:
    """The answers to one question over many connections."""
    return [server.get(path) for _ in range(TRIES)]


def ids_found(server: Server, q: str) -> list[str]:
    return [hit["id"] for hit in json.loads(server.get(f"/api/v1/search?q={quote(q)}")[1])["hits"]]


def test_after_the_command_no_worker_shows_it_in_any_answer(server: Server, folder: Path) -> None:
    before = {path: answers(server, path) for path in ASKED}
    shown = [path for path, found in before.items() if any(b"zyxqvorm" in body.lower() for _, body in found)]
    assert len(shown) >= 9, shown
    [receipt] = json.loads(backfile(folder, "takedown", STORY.url or "", "--reason", "court order", "--json"))
    assert receipt["was_in_index"] is True
    for path in ASKED:
        for status, body in answers(server, path):
            assert status == 200
            assert "zyxqvorm" in path or b"zyxqvorm" not in body.lower(), path
            assert b"inquiry was opened" not in body, path
    assert ids_found(server, "inquiry") == []
    assert files_with("zyxqvorm", folder / "archive", folder / "archive.ledger") == []


def test_every_worker_answers_410_and_lists_the_removal(server: Server, folder: Path) -> None:
    etag = server.get("/api/v1/removed")
    assert json.loads(etag[1])["removed"] == []
    backfile(folder, "takedown", "story", "--reason", "court order")
    for status, body in answers(server, "/api/v1/articles/story"):
        assert status == 410
        assert json.loads(body)["reason"] == "court order"
    assert {status for status, _ in answers(server, "/article/story?q=inquiry")} == {410}
    for status, body in answers(server, "/api/v1/removed?since=2024-01-01T00:00:00Z"):
        assert status == 200
        [removal] = json.loads(body)["removed"]
        assert (removal["id"], removal["url"]) == ("story", STORY.url)


def test_an_old_address_leads_every_reader_to_the_new_one(server: Server, folder: Path) -> None:
    open_ledger(str(folder / "archive.ledger")).move("before", "story", datetime.now(UTC))
    assert {status for status, _ in answers(server, "/article/before")} == {301}
    assert {status for status, _ in answers(server, "/api/v1/articles/before")} == {301}


def test_an_embargo_ends_while_the_site_is_served(server: Server, folder: Path) -> None:
    """It is far ahead, then moved to a moment that comes soon; somebody asks until the article is there."""
    ledger = open_ledger(str(folder / "archive.ledger"))
    early = replace(STORY, id="early", title="The quorvex report", body="A quorvex report.", url=None)
    withheld = replace(early, id="withheld")
    ledger.waiting.put([(early, datetime.now(UTC) + timedelta(days=1)), (withheld, None)])
    assert ids_found(server, "quorvex") == []
    assert server.get("/article/early")[0] == 404
    due = datetime.now(UTC) + timedelta(seconds=2)
    ledger.waiting.put([(early, due)])
    assert comes_true(lambda: "early" in ids_found(server, "quorvex"))
    assert datetime.now(UTC) >= due
    # The other worker follows a moment later.
    assert comes_true(lambda: {status for status, _ in answers(server, "/article/early")} == {200})
    assert ids_found(server, "quorvex") == ["early"]
    assert comes_true(lambda: ledger.waiting.counts() == (0, 1))


def test_of_two_workers_one_publishes(server: Server, folder: Path) -> None:
    ledger = open_ledger(str(folder / "archive.ledger"))
    due = datetime.now(UTC) - timedelta(seconds=1)
    ledger.waiting.put([(replace(STORY, id=f"early{number}", title="The quorvex report"), due) for number in range(20)])
    assert comes_true(lambda: ledger.waiting.counts() == (0, 0))
    assert comes_true(lambda: len(ids_found(server, "quorvex")) >= 10)
    with open_engine(f"whoosh:{folder / 'archive'}").searcher() as searcher:
        assert sum(document.title == "The quorvex report" for document in searcher.articles()) == 20

    def published() -> list[str]:
        return [line["message"] for line in server.logged() if "whose moment has come" in line["message"]]

    assert comes_true(lambda: published() != [])
    assert len(published()) == 1
    assert "published 20 articles" in published()[0]


def test_an_import_with_an_embargo_leaves_the_site_as_it_was(server: Server, folder: Path) -> None:
    before = server.get("/api/v1/status")[1]
    article = {"id": "soon", "title": "The quorvex report", "body": "Quorvex.", "published": "2199-01-01"}
    (folder / "articles.jsonl").write_text(json.dumps(article), "utf-8")
    assert ", waiting 1" in backfile(folder, "index", "articles.jsonl")
    assert server.get("/api/v1/status")[1] == before
    assert b"quorvex" not in server.get("/api/v1/suggest?q=quor")[1].replace(b'"quor"', b"")
    assert "waiting     1" in backfile(folder, "status")


@posix
def test_a_takedown_that_was_killed_between_tombstone_and_purge_is_finished_by_a_second(
    server: Server, folder: Path
) -> None:
    program = (
        "import os, signal; import search.takedown\n"
        "search.takedown.finish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from search.commands import main\n"
        "main(['takedown', 'story', '--reason', 'court order'])\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=folder, check=False)
    assert killed.returncode == -9
    assert files_with("zyxqvorm", folder / "archive") != []
    assert server.get("/article/story")[0] == 410
    [receipt] = json.loads(backfile(folder, "takedown", "story", "--reason", "again", "--json"))
    assert (receipt["was_down"], receipt["was_in_index"], receipt["reason"]) == (True, True, "court order")
    assert files_with("zyxqvorm", folder / "archive") == []
    assert ids_found(server, "inquiry") == []
