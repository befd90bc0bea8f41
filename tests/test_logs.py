"""What the server logs: whole for programs, readable for people, and nothing of what readers search for."""

from __future__ import annotations

import json
import logging
import logging.config
import pickle
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from conftest import ARTICLES
from flask import Flask, request
from flask.testing import FlaskClient

from search.engines import open_engine
from search.errors import EngineError
from search.settings import Settings
from search.tracing import TraceContext, read_traceparent
from webui import create_app
from webui.logs import configuration, formatter


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the site logs, as a program reads it."""
    yield from logged_into(console=False)


@pytest.fixture
def screen() -> Iterator[StringIO]:
    """What the site logs, as a person reads it."""
    yield from logged_into(console=True)


def logged_into(*, console: bool, queries: bool = False) -> Iterator[StringIO]:
    stream = StringIO()
    to_stream = logging.StreamHandler(stream)
    to_stream.setFormatter(formatter(console=console, queries=queries))
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
        "status": 200, "bytes": len(answer.data), "request": answer.headers["X-Request-ID"],
    }  # fmt: skip
    assert expected.items() <= line.items()
    assert isinstance(line["process"], int)
    assert isinstance(line["ms"], float)
    assert datetime.fromisoformat(str(line["time"])).utcoffset() == timedelta(0)


def site(tmp_path: Path, **settings: object) -> Flask:
    """An app with those settings, over an index that is there, and views that fail in every way."""
    index = f"whoosh:{tmp_path / 'archive'}"
    with open_engine(index).writer() as writer:
        writer.add(ARTICLES[0])
    app = create_app(Settings.model_validate({"index": index, **settings}))

    @app.get("/api/v1/fails")
    def fails() -> str:
        try:
            return str(int(request.args["q"]))
        except ValueError as error:
            raise KeyError(f"no {request.args['q'].upper()} either") from error

    @app.get("/api/v1/refuses")
    def refuses() -> str:
        raise EngineError(f"the index cannot find {request.args['q'][:-2]}s; run backfile check")

    @app.post("/api/v1/takes")
    def takes() -> str:
        raise ValueError(request.get_data(as_text=True))

    return app


def ask_for_a_secret(app: Flask) -> None:
    client = app.test_client()
    for path in (
        "/search?q=verysecretword&section=verysecretvalue",
        "/search?q=(verysecretword&page=verysecretvalue",
        "/api/v1/search?q=%22verysecretword",
        "/api/v1/suggest?q=verysecretword",
        "/api/v1/fails?q=verysecretword",
        "/api/v1/refuses?q=verysecretword",
        "/nowhere?q=verysecretword",
        "/search?q=" + "verysecretword" * 6_000,
    ):
        client.get(path, headers={"X-Forwarded-For": "203.0.113.77", "Referer": "https://x/?q=verysecretword"})
    client.post("/api/v1/takes", data="verysecretword")
    client.post("/api/v1/related", json={"text": "verysecretword " * 20})


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("console", [True, False])
def test_no_line_has_what_is_searched_for_or_who_does(tmp_path: Path, console: bool, level: str) -> None:
    app = site(tmp_path, log_slow_seconds=1e-9, log_level=level)
    for log in logged_into(console=console):
        logging.getLogger("backfile").setLevel(level.upper())
        ask_for_a_secret(app)
        text = log.getvalue()
        assert "secret" not in text.lower()
        assert "203.0.113.77" not in text
        assert "127.0.0.1" not in text
        # It says what is wrong nevertheless.
        assert "builtins.KeyError" in text
        assert "caused by" in text
        assert "builtins.ValueError" in text
        assert "the index cannot find …; run backfile check" in text
        assert "slow request" in text


def test_queries_and_addresses_are_logged_where_that_is_set(tmp_path: Path) -> None:
    app = site(tmp_path, log_queries=True, log_addresses=True)
    for log in logged_into(console=False, queries=True):
        app.test_client().get("/api/v1/fails?q=verysecretword")
        failed, line = records(log)
        assert (line["query"], line["client"]) == ("q=verysecretword", "127.0.0.1")
        assert "no VERYSECRETWORD either" in str(failed["trace"])


@pytest.mark.parametrize("name", ["api-key", "API-Key", "api_key", "apikey", "api%2Dkey"])
def test_keys_of_other_services_are_logged_nowhere(tmp_path: Path, name: str) -> None:
    app = site(tmp_path, log_queries=True, compat=True)
    for log in logged_into(console=False, queries=True):
        app.test_client().get(f"/compat/guardian/search?q=flood&{name}=verysecretkey&page=1")
        (line,) = records(log)
        assert line["query"] == f"q=flood&{name}=…&page=1"


def test_a_slow_request_is_a_warning_with_its_phases(tmp_path: Path) -> None:
    app = site(tmp_path, log_slow_seconds=1e-9)
    for log in logged_into(console=False):
        logging.getLogger("backfile").setLevel(logging.WARNING)
        app.test_client().get("/search?q=flood")
        (line,) = records(log)
        assert (line["level"], line["message"], line["path"]) == ("warning", "slow request", "/search")
        assert {"parse", "match", "snippets", "render"} <= set(cast("dict[str, float]", line["phases"]))


def test_long_paths_and_queries_are_cut(tmp_path: Path) -> None:
    app = site(tmp_path, log_queries=True)
    for log in logged_into(console=False):
        app.test_client().get("/" + "a" * 3_000 + "?" + "b" * 3_000)
        line = records(log)[-1]
        assert (len(str(line["path"])), len(str(line["query"]))) == (500, 500)


@pytest.mark.parametrize("given", ["abc-123", "0191f3b2.c9_A", "x" * 64])
def test_a_request_keeps_the_name_that_it_was_given(client: FlaskClient, log: StringIO, given: str) -> None:
    answer = client.get("/api/v1/search?page=0", headers={"X-Request-ID": given})
    assert answer.json is not None
    assert answer.headers["X-Request-ID"] == answer.json["request_id"] == records(log)[-1]["request"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "{}", "a;b", "<script>"])
def test_a_name_that_could_do_harm_is_replaced(client: FlaskClient, log: StringIO, given: str) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": given})
    made = answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{12}", made)
    assert records(log)[-1]["request"] == made


def test_an_answer_that_is_kept_has_the_name_of_its_own_request(client: FlaskClient) -> None:
    names = [client.get("/search?q=flood", headers={"X-Request-ID": f"n{n}"}).headers.getlist("X-Request-ID")
             for n in range(2)]  # fmt: skip
    assert names == [["n0"], ["n1"]]


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_request_is_part_of_the_trace_of_whoever_sent_it(client: FlaskClient, log: StringIO) -> None:
    client.get("/livez", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    client.get("/livez")
    first, second = records(log)
    assert first["trace_id"] == TRACE
    assert re.fullmatch("[0-9a-f]{16}", str(first["span_id"]))
    assert first["span_id"] != SPAN
    assert not {"trace_id", "span_id"} & second.keys()


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", True),
        (f"00-{TRACE}-{SPAN}-ff", True),
        (f"01-{TRACE}-{SPAN}-01-more", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-01-more", False),
        (f"cc-{TRACE}-{SPAN}-01more", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{TRACE[:-1]}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}", False),
        (f" 00-{TRACE}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01", False),
        (f"01-{TRACE}-{SPAN}-01-{'x' * 600}", False),
        ("", False),
    ],
)
def test_a_traceparent_is_read_as_the_standard_has_it(value: str, is_good: bool) -> None:
    read = read_traceparent(value)
    assert (read is not None) == is_good
    if read is not None:
        assert read == TraceContext(TRACE, SPAN, sampled=value.split("-")[3] in ("01", "ff"))
        assert read_traceparent(read.written()) == read


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
    for kind in ("json", "text", "auto"):
        asked = Settings.model_validate({"log_format": kind, "log_queries": True})
        settings = pickle.loads(pickle.dumps(configuration(asked)))  # noqa: S301
        assert settings == configuration(asked)
        assert settings["formatters"]["lines"] == {
            "()": "webui.logs.formatter", "console": kind == "text", "queries": True
        }  # fmt: skip
        logging.config.dictConfig({**settings, "loggers": {}})


def test_the_level_is_that_of_the_settings() -> None:
    assert configuration(Settings(log_level="error"))["loggers"]["backfile"]["level"] == "ERROR"
