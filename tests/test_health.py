"""Probes of a server: what they answer, and how little they write into the log."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from conftest import ARTICLES

from search.archive import Archive
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app
from webui.site import EXTENSION, Site


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name != "backfile.access"]


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_an_index_that_is_not_there_is_logged_once_and_not_for_each_probe(caplog: pytest.LogCaptureFixture) -> None:
    engine = MemoryEngine("")
    client = create_app(Settings(), engine).test_client()
    for _ in range(5):
        response = client.get("/readyz")
        assert (response.status_code, response.content_type) == (503, "application/problem+json")
    reason = json.loads(response.data)["detail"]
    ((level, message),) = logged(caplog)
    assert level == "ERROR"
    assert message.startswith("not ready: ")
    assert message.removeprefix("not ready: ").casefold() + "." == reason.casefold()
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert logged(caplog)[1:] == [("INFO", "ready")]


def test_a_server_that_is_ready_from_the_start_logs_no_probe(caplog: pytest.LogCaptureFixture) -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    client = create_app(Settings(), engine).test_client()
    for _ in range(3):
        assert json.loads(client.get("/readyz").data)["articles"] == 1
    assert logged(caplog) == []


def test_another_reason_is_logged_again(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    client = create_app(Settings(index=f"whoosh:{folder}")).test_client()
    assert client.get("/readyz").status_code == 503
    with open_engine(f"whoosh:{folder}").writer() as writer:
        writer.add(ARTICLES[0])
    for path in folder.iterdir():
        path.write_bytes(b"damaged")
    for _ in range(3):
        assert client.get("/readyz").status_code == 503
    reasons = [message for level, message in logged(caplog) if level == "ERROR"]
    assert len(reasons) == len(set(reasons)) == 2


def test_apps_in_one_process_keep_their_own_account(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        create_app(Settings(), MemoryEngine("")).test_client().get("/readyz")
    assert len(logged(caplog)) == 2


def test_a_commit_that_cannot_be_opened_is_not_ready_although_the_old_one_answers(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path / 'archive'}")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    app = create_app(Settings(), engine)
    app.extensions[EXTENSION] = Site(Settings(), Archive(engine, check_seconds=0))
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    for path in (tmp_path / "archive").iterdir():
        if path.is_file() and path.suffix != ".lock":
            path.unlink()  # in place, it would change under the searcher that has it mapped
            path.write_bytes(b"damaged")
    response = client.get("/readyz")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.get("/livez").status_code == 200


def test_probes_are_never_cached(tmp_path: Path) -> None:
    client = create_app(Settings(index=f"whoosh:{tmp_path / 'none'}")).test_client()
    for path in ("/livez", "/readyz"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
