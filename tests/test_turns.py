"""Searches take turns, and what would come too late is refused: what costs most first."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import ARTICLES
from flask import Flask
from real_server import Server, served
from steady import comes_true
from werkzeug.test import TestResponse

from search.engines import open_engine
from webui.site import site_of
from webui.turns import MAX_WAITING, Busy, Turns


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def learnt(patience: float, **seconds: float) -> Turns:
    """Turns that have measured how long each kind takes."""
    clock = Clock()
    turns = Turns(1, patience, clock=clock)
    for kind, each in seconds.items():
        with turns.turn(kind):
            clock.seconds += each
    return turns


class Line:
    """A held turn, and blocks that wait behind it, each in its thread. Leaving lets them all go on."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._threads: list[threading.Thread] = []
        self._held = ExitStack()

    def __enter__(self) -> Line:
        self._held.enter_context(self._turns.turn())
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        for thread in self._threads:
            thread.join()

    def join(self, kind: str) -> None:
        """One more joins the line."""
        waiting = self._turns.waiting
        thread = threading.Thread(target=self._wait, args=(kind,))
        thread.start()
        self._threads.append(thread)
        assert comes_true(lambda: self._turns.waiting > waiting)

    def _wait(self, kind: str) -> None:
        with self._turns.turn(kind):
            pass


def test_turns_are_taken_in_order_and_one_at_a_time() -> None:
    turns = Turns(1)
    order: list[int] = []
    running: list[int] = []

    def work(number: int) -> None:
        with turns.turn():
            running.append(number)
            assert len(running) == 1
            order.append(number)
            running.remove(number)

    threads = []
    with turns.turn():
        for number in range(20):
            thread = threading.Thread(target=work, args=(number,))
            thread.start()
            threads.append(thread)
            while turns.waiting <= number:
                thread.join(0.001)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_a_failure_passes_the_turn_on() -> None:
    turns = Turns(2)
    for _ in range(5):
        with pytest.raises(ValueError, match="no"), turns.turn():
            raise ValueError("no")
    with turns.turn(), turns.turn():
        waiting = threading.Thread(target=lambda: turns.turn().__enter__(), daemon=True)
        waiting.start()
        while not turns.waiting:
            waiting.join(0.001)
    waiting.join(10)
    assert not waiting.is_alive()


def test_whoever_would_wait_too_long_is_refused_and_told_for_how_long() -> None:
    turns = learnt(3.5, plain=1.0)
    with Line(turns) as line:
        for _ in range(4):
            line.join("plain")
        with pytest.raises(Busy) as refused, turns.turn("plain"):
            pass
        assert refused.value.retry_after == 4
        assert turns.waiting == 4


def test_what_costs_much_is_refused_before_what_costs_little() -> None:
    turns = learnt(4.0, **{f"plain{n}": 0.5 for n in range(3)}, costly=5.0)
    with Line(turns) as line:
        for n in range(3):
            line.join(f"plain{n}")
        with pytest.raises(Busy), turns.turn("costly"):
            pass
        line.join("plain0")
        assert turns.waiting == 4


def test_a_costly_block_is_not_refused_where_hardly_anybody_waits() -> None:
    turns = learnt(4.0, plain=0.5, costly=50.0)
    with Line(turns) as line:
        line.join("plain")
        line.join("costly")
    assert turns.waiting == 0


def test_the_rest_of_what_has_begun_is_never_refused() -> None:
    turns = learnt(1.0, plain=5.0)
    with Line(turns) as line:
        line.join("plain")
        with pytest.raises(Busy), turns.turn("plain"):
            pass
        rest = threading.Thread(target=lambda: turns.turn("export", refusable=False).__enter__(), daemon=True)
        rest.start()
        assert comes_true(lambda: turns.waiting == 2)
    rest.join()


def test_the_line_is_bounded_even_where_nothing_is_known_of_times() -> None:
    turns = Turns(1)
    with Line(turns) as line:
        for _ in range(MAX_WAITING):
            line.join("")
        with pytest.raises(Busy), turns.turn():
            pass


def test_an_overloaded_server_refuses_searches_with_a_time_to_try_again_and_answers_the_rest(tmp_path: Path) -> None:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    (tmp_path / "backfile.toml").write_text("queue_seconds = 0.001\n")
    with served(tmp_path, "--workers", "1") as server:
        seen: Counter[int] = Counter()

        def is_overloaded() -> bool:
            with ThreadPoolExecutor(40) as readers:
                asked = [f"/api/v1/search?q=flood{seen.total()}x{n}" for n in range(120)]
                seen.update(readers.map(lambda path: _status(server, path), asked))
            return seen[503] > 0

        assert comes_true(is_overloaded, tries=50)
        assert set(seen) == {200, 503}
        assert server.get("/livez")[0] == 200
        assert server.get("/search?q=flood")[0] == 200
        assert "too many searches" not in server.log.read_text()


def test_a_busy_server_shows_an_article_without_related_ones_before_it_refuses_it(app: Flask) -> None:
    times = {"plain": 0.5, "other": 0.5, "third": 0.5, "pages.article, in part": 0.1, "pages.article": 5.0}
    site_of(app).turns = turns = learnt(4.0, **times)
    seen: list[TestResponse] = []

    def read() -> None:
        seen.append(app.test_client().get("/article/2?q=bridge"))

    with Line(turns) as line:
        for _ in range(3):
            line.join("plain")
        reader = threading.Thread(target=read)
        reader.start()
        assert comes_true(lambda: turns.waiting == 4)
        for _ in range(5):
            line.join("plain")
        refused = app.test_client().get("/article/3")
    reader.join()
    [part] = seen
    assert refused.status_code == 503
    assert "<h1>The archive is busy</h1>" in refused.text
    assert refused.text.lower().count("again in a few seconds") == 1
    assert part.status_code == 200
    assert "<mark" in part.text
    assert "related articles were not looked for" in part.text
    assert part.headers["Cache-Control"] == "no-store"
    assert "ETag" not in part.headers
    whole = app.test_client().get("/article/2?q=bridge")
    assert "related articles were not looked for" not in whole.text
    assert "Background" in whole.text
    assert "ETag" in whole.headers


def _status(server: Server, path: str) -> int:
    connection = server.connection()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.headers["Cache-Control"] == "no-store"
            assert body["type"] == "urn:backfile:problem:busy"
        return answer.status
    finally:
        connection.close()
