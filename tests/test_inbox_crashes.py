"""Nothing that was acknowledged is lost, and nothing is there twice, whichever processes are killed and when."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import ARTICLES
from program import command_line, environment
from real_server import Server, served
from steady import comes_true

from search.engines import open_engine
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.write_keys import add_key

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

IDS = 7
"""Articles that are put and deleted again and again."""
SENT_BETWEEN_KILLS = 25
KILLS = 2


@dataclass
class Sender:
    """A program that puts and deletes articles, one request after the other, and remembers what was acknowledged.

    `expected` has the title of each article, or None once it was deleted; `unsure` those whose last sending was not
    answered, with what it would make of them."""

    key: str
    expected: dict[str, str | None] = field(default_factory=dict)
    unsure: dict[str, str | None] = field(default_factory=dict)
    acknowledged: int = 0
    number: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, server: Server) -> None:
        """Sends until the server is gone, or `stopped`."""
        connection = server.connection()
        try:
            while not self.stopped.is_set() and self._send(connection):
                pass
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> bool:
        self.number += 1
        name = f"a{self.number % IDS}"
        title = None if self.number % 5 == 0 else f"Version {self.number}"
        body = None if title is None else json.dumps({"title": title})
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request("PUT" if body else "DELETE", f"/api/v1/articles/{name}", body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.unsure[name] = title
            return False
        assert response.status == 202
        self.acknowledged += 1
        self.expected[name] = title
        self.unsure.pop(name, None)
        return True


def writer_of(folder: Path) -> int | None:
    """The process that holds the inbox of the archive in a folder."""
    for place in Path("/proc").glob("[0-9]*/fd"):
        try:
            if folder / "archive.ledger.inbox" in [each.readlink() for each in place.iterdir()]:
                return int(place.parent.name)
        except OSError:
            continue
    return None


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        writer.add(ARTICLES[0])
    return open_ledger(str(tmp_path / "archive.ledger"))


@pytest.fixture
def sender(ledger: Ledger) -> Sender:
    key = add_key(ledger, "cms", "write", datetime.now(UTC))
    assert key is not None
    return Sender(key)


def send_until(sender: Sender, server: Server, acknowledged: int) -> threading.Thread:
    """Sends in a thread, which goes on; returns once so many sendings were acknowledged."""
    thread = threading.Thread(target=sender.run, args=(server,))
    thread.start()
    assert comes_true(lambda: sender.acknowledged >= acknowledged or not thread.is_alive())
    return thread


def require_as_acknowledged(folder: Path, ledger: Ledger, sender: Sender, server: Server) -> None:
    """All is written, and the archive is as the last acknowledged sending of each article made it."""
    assert comes_true(lambda: ledger.inbox.count("queued") == 0), server.log.read_text()
    assert ledger.inbox.count("failed") == 0
    with open_engine(f"whoosh:{folder / 'archive'}").searcher() as searcher:
        found = [(document.id, document.title) for document in searcher.articles()]
        articles = searcher.status().articles
    assert len(found) == len(dict(found)) == articles
    titles = dict(found)
    for name, title in sender.expected.items():
        assert titles.get(name) == title or (name in sender.unsure and titles.get(name) == sender.unsure[name])
    assert sum(title is not None for title in sender.expected.values()) > 1


def test_what_was_acknowledged_survives_the_end_of_all_processes(
    tmp_path: Path, ledger: Ledger, sender: Sender
) -> None:
    for number in range(KILLS):
        with served(tmp_path, "--workers", "1") as server:
            if number:
                assert comes_true(lambda: writer_of(tmp_path) is not None)
            thread = send_until(sender, server, sender.acknowledged + SENT_BETWEEN_KILLS)
            os.killpg(server.process.pid, signal.SIGKILL)
            thread.join()
            server.process.wait()
    assert sender.acknowledged >= KILLS * SENT_BETWEEN_KILLS
    with served(tmp_path, "--workers", "1") as server:
        require_as_acknowledged(tmp_path, ledger, sender, server)


def test_what_was_acknowledged_survives_the_end_of_the_process_that_writes_it(
    tmp_path: Path, ledger: Ledger, sender: Sender
) -> None:
    killed: list[int] = []

    def is_there() -> bool:
        found = writer_of(tmp_path)
        return found is not None and found not in killed

    with served(tmp_path, "--workers", "1") as server:
        for _ in range(KILLS):
            assert comes_true(is_there), server.log.read_text()
            sender.stopped.clear()
            thread = send_until(sender, server, sender.acknowledged + SENT_BETWEEN_KILLS)
            killed.append(writer_of(tmp_path) or 0)
            os.kill(killed[-1], signal.SIGKILL)
            sender.stopped.set()
            thread.join()
        require_as_acknowledged(tmp_path, ledger, sender, server)
        server.process.kill()
        server.process.wait()
        assert comes_true(lambda: writer_of(tmp_path) is None), "it ends with the server"
    assert "started again" in server.log.read_text()


@pytest.mark.usefixtures("sender")
def test_a_writer_that_was_told_to_end_is_started_again_and_that_is_no_error(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "1") as server:
        assert comes_true(lambda: writer_of(tmp_path) is not None)
        ended = writer_of(tmp_path) or 0
        os.kill(ended, signal.SIGTERM)
        assert comes_true(lambda: writer_of(tmp_path) not in (None, ended)), server.log.read_text()
    logged = server.log.read_text()
    assert ("(0); it is started again" in logged, '"error"' in logged) == (True, False)


def test_a_server_with_the_setting_off_leaves_the_writing_to_the_command(
    tmp_path: Path, ledger: Ledger, sender: Sender
) -> None:
    (tmp_path / "backfile.toml").write_text("inbox = false\n", "utf-8")
    with served(tmp_path, "--workers", "1") as server:
        thread = send_until(sender, server, SENT_BETWEEN_KILLS)
        sender.stopped.set()
        thread.join()
        assert ledger.inbox.count("queued") == sender.acknowledged
        assert writer_of(tmp_path) is None
        done = subprocess.run(
            command_line("inbox", "run", "--index", "whoosh:archive"),
            cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert (done.returncode, f"written {sender.acknowledged}, set aside 0" in done.stdout) == (0, True), done.stderr
        require_as_acknowledged(tmp_path, ledger, sender, server)
