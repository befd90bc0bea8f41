"""What the server logs: whole for programs, readable for people, and nothing of what readers search for."""

from __future__ import annotations

import json
import logging
import logging.config
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webui.logs import configuration, formatter


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the site logs, as a program reads it."""
    yield from logged_into(console=False)


@pytest.fixture
def screen() -> Iterator[StringIO]:
    """What the site logs, as a person reads it."""
    yield from logged_into(console=True)


def logged_into(*, console: bool) -> Iterator[StringIO]:
    stream = StringIO()
    to_stream = logging.StreamHandler(stream)
    to_stream.setFormatter(formatter(console=console))
    logger = logging.getLogger("backfile")
    before = logger.level, logger.propagate
    logger.addHandler(to_stream)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(to_stream)
    logger.level, logger.propagate = before


def records(log: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_with_everything_about_it(client: FlaskClient, log: StringIO) -> None:
    answer = client.get("/api/v1/search?q=flood")
    (line,) = records(log)
    expected = {
        "level": "info", "logger": "backfile.access", "message": "request", "method": "GET", "path": "/api/v1/search",
        "status": 200, "bytes": len(answer.data), "client": "127.0.0.1",
    }  # fmt: skip
    assert expected.items() <= line.items()
    assert isinstance(line["process"], int)
    assert isinstance(line["ms"], float)
    assert datetime.fromisoformat(str(line["time"])).utcoffset() == timedelta(0)


def test_what_is_searched_for_is_logged_at_the_level_debug_only(client: FlaskClient, log: StringIO) -> None:
    client.get("/api/v1/search?q=verysecretword")
    assert "verysecretword" not in log.getvalue()
    logging.getLogger("backfile").setLevel(logging.DEBUG)
    client.get("/api/v1/search?q=verysecretword")
    assert records(log)[-1]["query"] == "q=verysecretword"


def test_long_paths_and_queries_are_cut(client: FlaskClient, log: StringIO) -> None:
    logging.getLogger("backfile").setLevel(logging.DEBUG)
    client.get("/" + "a" * 3_000 + "?" + "b" * 3_000)
    line = records(log)[-1]
    assert (len(str(line["path"])), len(str(line["query"]))) == (500, 500)


def test_the_records_of_one_request_share_an_id_and_those_of_two_do_not(app: Flask, log: StringIO) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("out of order")

    client = app.test_client()
    assert client.get("/broken").status_code == 500
    assert client.get("/livez").status_code == 200
    incident, first, second = records(log)
    assert incident["request"] == first["request"] != second["request"]
    assert "RuntimeError: out of order" in str(incident["trace"])
    assert str(incident["message"]).startswith("incident ")


def test_people_get_lines_without_json(client: FlaskClient, screen: StringIO) -> None:
    client.get("/api/v1/search?q=flood")
    (line,) = screen.getvalue().splitlines()
    assert "request" in line
    assert "path=/api/v1/search" in line
    assert "{" not in line
    assert "\x1b" not in line  # there is no terminal here, so there are no colours


@pytest.mark.parametrize("sent", ["%1b[2J", "%0aforged", "%c2%9b31m"])
def test_a_request_cannot_steer_the_terminal_or_forge_a_line(app: Flask, screen: StringIO, sent: str) -> None:
    @app.get("/broken/<path:rest>")
    def broken(rest: str) -> str:
        logging.getLogger("backfile.problem").error("%s is broken", rest)
        return rest

    app.test_client().get(f"/broken/{sent}")
    lines = screen.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_the_server_can_hand_the_configuration_to_its_workers() -> None:
    for console in (True, False):
        settings = pickle.loads(pickle.dumps(configuration("info", console=console)))  # noqa: S301
        assert settings == configuration("info", console=console)
        logging.config.dictConfig({**settings, "loggers": {}})


def test_the_level_is_that_of_the_settings() -> None:
    assert configuration("error", console=False)["loggers"]["backfile"]["level"] == "ERROR"
