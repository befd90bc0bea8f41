"""What proxies, crawlers, scripts and browsers may count on, whatever the address: methods, tags, origins, limits."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from search.engines.memory.engine import MemoryEngine
from search.request.reading import MAX_QUERY_STRING
from search.settings import Settings
from webui import create_app
from webui.headers import SECURITY_HEADERS
from webui.json_body import MAX_BODY_BYTES
from webui.logs import configuration, formatter
from webui.site import UNSEEN

PAGES = ("/", "/search?q=flood", "/article/1", "/article/1?q=river")
MACHINE = (
    "/api/v1/search?q=flood", "/api/v1/articles/1", "/api/v1/articles/1/related", "/api/v1/suggest?q=fl",
    "/api/v1/sections", "/api/v1/status", "/search.atom?q=flood", "/search.json?q=flood", "/search.csv?q=flood",
    "/openapi.json",
)  # fmt: skip
OTHERS = ("/robots.txt", "/opensearch.xml", "/livez", "/readyz", "/sitemap.xml", "/sitemap-1.xml", "/favicon.ico")
TAGGED = (*PAGES, *MACHINE[:7], "/openapi.json", "/sitemap.xml")
FAILING = ("/nope", "/article/none", "/search?q=%28%28%28&sort=best", "/api/v1/search?page=0", "/api/v1/articles/none")
WRITTEN = {"/api/v1/articles/1": {"PUT", "DELETE"}}
"""What programs with a key may do there."""
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")


def filled() -> MemoryEngine:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return engine


def client_with(**settings: object) -> FlaskClient:
    return create_app(Settings(**settings), filled()).test_client()  # type: ignore[arg-type]


# --- methods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, *MACHINE, *OTHERS, *FAILING])
def test_head_has_the_headers_of_get_and_no_body(client: FlaskClient, path: str) -> None:
    asked, got = client.head(path), client.get(path)
    assert asked.data == b""
    assert asked.status_code == got.status_code
    same = {"Content-Type", "ETag", "Cache-Control", "Link", "Location", "Vary", *SECURITY_HEADERS}
    assert {name: asked.headers.get(name) for name in same} == {name: got.headers.get(name) for name in same}


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("path", [*PAGES, *MACHINE, *OTHERS, "/static/backfile.css"])
def test_a_method_that_is_not_known_there_is_refused_with_those_that_are(
    client: FlaskClient, path: str, method: str
) -> None:
    response = client.open(path, method=method)
    allowed = WRITTEN.get(path, set()) | {"GET", "HEAD", "OPTIONS"}
    assert response.status_code == (401 if method in allowed else 405)
    assert set(response.headers.get("Allow", ", ".join(allowed)).split(", ")) == allowed
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [*PAGES, *MACHINE, *OTHERS])
def test_options_says_what_is_allowed(client: FlaskClient, path: str) -> None:
    response = client.options(path)
    assert response.status_code == 200
    assert set(response.headers["Allow"].split(", ")) == WRITTEN.get(path, set()) | {"GET", "HEAD", "OPTIONS"}


def test_only_a_draft_is_sent(client: FlaskClient) -> None:
    response = client.get("/api/v1/related")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_draft_that_is_too_long_is_refused_before_it_is_read(client: FlaskClient) -> None:
    body = json.dumps({"text": "x" * MAX_BODY_BYTES})
    response = client.post("/api/v1/related", data=body, content_type="application/json")
    assert response.status_code == 413
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"text": 1' + b"0" * 5_000 + b"}", "a number has more than 1,000 digits"),
        (b'{"text": ' + b"[" * 200_000, "it is nested too deeply"),
        (b'{"text": "\xff"}', "can't decode byte 0xff"),
        (b'{"text": "flood"', "Expecting ',' delimiter"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_reason(client: FlaskClient, body: bytes, reason: str) -> None:
    response = client.post("/api/v1/related", data=body, content_type="application/json")
    assert response.status_code == 400
    assert reason in response.get_json()["detail"]


# --- conditional requests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TAGGED)
def test_who_has_the_answer_is_told_so_without_it(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    for asked in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.data) == (304, b""), asked
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert set(first.vary) <= set(again.vary)
        assert all(name in again.headers for name in SECURITY_HEADERS)


@pytest.mark.parametrize("path", TAGGED)
@pytest.mark.parametrize("tag", ['W/"other"', "", "garbage", '"', "W/", "W/*", "," * 2_000, '"' + "x" * 5_000 + '"'])
def test_any_other_tag_gets_the_answer(client: FlaskClient, path: str, tag: str) -> None:
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_answers_that_differ_have_tags_that_differ(client: FlaskClient) -> None:
    paths = (*TAGGED, "/search?q=flood&page=2", "/search?q=floods", "/article/2", "/search.atom?q=flood&per_page=3")
    tags = [client.get(path).headers["ETag"] for path in paths]
    assert len(set(tags)) == len(paths)


@pytest.mark.parametrize("path", FAILING)
def test_a_failure_is_never_kept_nor_tagged(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"If-None-Match": "*"})
    assert response.status_code >= 400
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


@pytest.mark.parametrize("path", [path for path in TAGGED if path not in ("/openapi.json", "/sitemap.xml")])
def test_an_answer_under_other_settings_is_another_one(path: str) -> None:
    engine = filled()

    def asked(tag: str = "", **settings: object) -> TestResponse:
        app = create_app(Settings(**settings), engine)  # type: ignore[arg-type]
        return app.test_client().get(path, headers={"If-None-Match": tag})

    tag = asked().headers["ETag"]
    assert asked(tag, port=1001, cache_bytes=0).status_code == 304, "nothing of that shows"
    for changed in ({"title": "Other"}, {"language": "de"}, {"time_zone": "Asia/Tokyo"}):
        assert asked(tag, **changed).status_code == 200, changed
    assert b"Other" in asked(tag, title="Other").data or path not in PAGES


def test_each_setting_is_one_that_answers_show_or_one_that_none_shows() -> None:
    shown = {"title", "site_language", "export_rows", "language", "time_zone", "public_url", "meaning_model", "desk"}
    assert (shown | UNSEEN, shown & UNSEEN) == (set(Settings.names()), set())


def test_two_hosts_of_one_site_do_not_share_a_tag(client: FlaskClient) -> None:
    tags = {client.get("/search.atom?q=flood", base_url=f"https://{host}").headers["ETag"] for host in ("a.x", "b.x")}
    assert len(tags) == 2, "feeds name the host in their addresses"


@pytest.mark.parametrize("host", ["xn--strae-oqa.example", "xn--a", "xn--z1g", "xn--" + "9" * 59])
@pytest.mark.parametrize("path", ["/", "/search?q=flood", "/article/1", "/opensearch.xml", "/sitemap.xml", "/save?q=a"])
def test_a_host_whose_letters_cannot_be_told_is_named_as_it_was_sent(app: Flask, path: str, host: str) -> None:
    # The client of Flask cannot send such a host itself.
    environ = EnvironBuilder(path).get_environ() | {"HTTP_HOST": host}
    body, status, _ = run_wsgi_app(app.wsgi_app, environ)
    assert (status, f"http://{host}" in b"".join(body).decode()) == ("200 OK", True)


# --- other sites ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MACHINE)
def test_any_site_may_read_what_is_made_for_programs(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://elsewhere.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/", "/search?q=flood", "/article/1", "/robots.txt", "/livez"])
def test_pages_for_people_are_not_read_by_other_sites(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://elsewhere.example"})
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


def test_errors_can_be_read_by_who_may_read_the_answer(client: FlaskClient) -> None:
    response = client.get("/api/v1/search?page=0", headers={"Origin": "https://elsewhere.example"})
    assert response.status_code == 400
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_for_a_draft_is_granted_with_its_method(client: FlaskClient) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/api/v1/related", headers=asked)
    assert response.status_code == 200
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    assert int(response.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "https://news.example.evil.example", "http://news.example", ""]
)
def test_a_site_that_is_not_named_gets_no_leave_and_caches_know_why(origin: str) -> None:
    client = client_with(cors_origins=("https://news.example",))
    response = client.get("/api/v1/search?q=flood", headers={"Origin": origin})
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Origin" in response.headers["Vary"]


def test_a_site_that_is_named_gets_leave_for_itself_alone() -> None:
    client = client_with(cors_origins=("https://news.example", "https://other.example"))
    response = client.get("/api/v1/search?q=flood", headers={"Origin": "https://other.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "https://other.example"
    assert "Origin" in response.headers["Vary"]


def test_where_no_site_is_named_none_is_let_in() -> None:
    client = client_with(cors_origins=())
    for origin in ("https://news.example", None):
        response = client.get("/api/v1/search", headers={"Origin": origin} if origin else {})
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


# --- limits and odd addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status"), [("/static/backfile.css", 200), ("/nope", 404), ("/search", 400)])
def test_bytes_in_an_address_that_are_no_text_are_no_failure(client: FlaskClient, path: str, status: int) -> None:
    for query in ("q=pr\xff", "\xff=1", "v=\xc3("):
        with client.get(path, environ_overrides={"QUERY_STRING": query}) as response:
            assert response.status_code == status


@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/article/1", "/search.csv", "/livez", "/nope"])
def test_an_address_that_is_too_long_is_refused_as_such(client: FlaskClient, path: str) -> None:
    response = client.get(f"{path}?q={'a' * MAX_QUERY_STRING}")
    assert response.status_code == 414
    assert len(response.data) < 10_000, "it is not repeated"


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/..%2fpages.py", "/static/%252e%252e/pages.py"),
        *("/static/", "/static/nope.css", "/static//etc/passwd", "/static/\x00", "/templates/base.html"),
        *("/search/", "/api/", "/api/v1", "/api/v1/search/", "/robots.txt/", "/.env", "/article/", "/article"),
        *("/api/v2/search", "/openapi.yaml", "/search.xml", "/search.atom/", "/index.php", "/%", "/%ff%fe"),
    ],
)
def test_an_address_that_leads_nowhere_says_so(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"
    assert all(name in response.headers for name in SECURITY_HEADERS)
    machine = path.startswith(("/api/", "/search."))
    assert response.content_type == ("application/problem+json" if machine else "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "header",
    [
        {"Accept": "application/json"},
        {"Accept-Language": "xx" * 500},
        {"Range": "bytes=0-1"},
        {"If-Modified-Since": "not a date"},
        {"Cookie": "a=" + "b" * 3_000},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Prefix": "/evil"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Content-Length": "5"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_headers_that_are_not_asked_about_change_nothing(client: FlaskClient, header: dict[str, str]) -> None:
    for path in ("/search?q=flood", "/search.atom?q=flood"):
        plain, odd = client.get(path), client.get(path, headers=header)
        assert (odd.status_code, odd.data) == (plain.status_code, plain.data)


@pytest.mark.parametrize("path", [*PAGES, *MACHINE, *OTHERS, *FAILING])
def test_no_answer_sets_a_cookie_or_names_its_software(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert not {"Set-Cookie", "X-Powered-By", "Server"} & set(headers.keys())
    assert headers["X-Content-Type-Options"] == "nosniff"


# --- health and logs -----------------------------------------------------------------------------------------------


def test_a_process_without_an_index_is_alive_but_not_ready() -> None:
    client = create_app(Settings(), MemoryEngine("")).test_client()
    assert client.get("/livez").json == {"status": "ok", "generation": None, "articles": None}
    response = client.get("/readyz")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.content_type == "application/problem+json"


def test_readiness_names_the_state_that_answers(client: FlaskClient) -> None:
    ready, status = client.get("/readyz"), client.get("/api/v1/status").json
    assert ready.headers["Cache-Control"] == "no-store"
    assert ready.json["articles"] == len(ARTICLES)
    assert ready.json["generation"] == status["index"]["generation"]


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter(console=False))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def access() -> Iterator[tuple[logging.Logger, Kept]]:
    """The log of requests, and what is written to it."""
    logger, kept = logging.getLogger("backfile.access"), Kept()
    level = logger.level
    logger.addHandler(kept)
    yield logger, kept
    logger.removeHandler(kept)
    logger.setLevel(level)


def test_a_request_is_logged_as_one_line_without_what_was_searched_for(
    client: FlaskClient, access: tuple[logging.Logger, Kept]
) -> None:
    logger, kept = access
    logger.setLevel(logging.INFO)
    client.get("/search?q=my+secret")
    (line,) = kept.lines
    assert "secret" not in line
    logged = json.loads(line)
    assert (logged["method"], logged["path"], logged["status"], logged["level"]) == ("GET", "/search", 200, "info")
    assert logged["ms"] >= 0
    assert logged["bytes"] > 1_000
    assert datetime.fromisoformat(logged["time"]).utcoffset() == timedelta(0)


def test_at_the_level_debug_the_search_is_not_logged_either(
    client: FlaskClient, access: tuple[logging.Logger, Kept]
) -> None:
    logger, kept = access
    logger.setLevel(logging.DEBUG)
    client.get("/search?q=flood")
    assert "flood" not in kept.lines[0]


def test_at_the_level_warning_requests_are_not_logged(client: FlaskClient, access: tuple[logging.Logger, Kept]) -> None:
    logger, kept = access
    logger.setLevel(logging.WARNING)
    client.get("/search?q=flood")
    assert kept.lines == []


def test_a_hostile_path_stays_one_line_of_bounded_length(
    client: FlaskClient, access: tuple[logging.Logger, Kept]
) -> None:
    logger, kept = access
    logger.setLevel(logging.INFO)
    client.get("/a%0d%0a{%22level%22:%22error%22}" + "x" * 5_000)
    (line,) = kept.lines
    assert "\n" not in line
    assert "\r" not in line
    assert len(line) < 1_000
    assert json.loads(line)["path"].startswith('/a\r\n{"level":"error"}')


def test_a_failure_is_logged_with_its_trace_in_the_same_line(access: tuple[logging.Logger, Kept]) -> None:
    logger, kept = access
    try:
        int("a cause")
    except ValueError:
        logger.exception("it failed: %s", "so")
    (line,) = kept.lines
    logged = json.loads(line)
    assert logged["message"] == "it failed: so"
    assert logged["trace"].endswith("ValueError: invalid literal for int() with base 10: 'a cause'")
    assert "\n" not in line


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_logging_is_set_up_as_the_standard_library_takes_it(level: str) -> None:
    made = configuration(Settings.model_validate({"log_level": level}))
    logging.config.dictConfigClass(made)  # raises ValueError for a configuration that is none
    assert made["loggers"]["backfile"]["level"] == level.upper()
    assert made["disable_existing_loggers"] is False


def test_an_unexpected_failure_of_a_page_is_a_page(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret of ours")

    with caplog.at_level(logging.CRITICAL + 1, "backfile"):
        response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert response.content_type == "text/html; charset=utf-8"
    assert "secret" not in response.text
    assert "incident" in response.text
    assert response.headers["Cache-Control"] == "no-store"
