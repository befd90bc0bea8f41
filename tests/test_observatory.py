"""What Mozilla's HTTP Observatory looks at, computed on answers of the site: each of its checks has its best result.

The rules are those of https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring; they are computed here,
since a site that is not public cannot be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from conftest import ARTICLES
from lxml import html
from real_server import app_served

from search.engines import open_engine
from search.settings import Settings
from webui import create_app
from webui.headers import SECURITY_HEADERS

HALF_A_YEAR = 15_768_000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
ADDRESSES = (
    *(
        "/",
        "/search?q=flood",
        "/article/1",
        "/sections",
        "/de/search?q=flood",
        "/desk",
        "/marked",
        "/nope",
        "/search?x=1",
    ),
    *("/static/backfile.js", "/static/backfile.css", "/api/v1/search?q=flood", "/search.atom", "/search.csv?q=flood"),
    *(
        "/sitemap.xml",
        "/robots.txt",
        "/openapi.json",
        "/livez",
        "/suggest?q=fl",
        "/article/gone",
        "/de",
        "/en/search?q=a",
    ),
)

Headers = Mapping[str, str]


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[Headers, str]]:
    """The headers, with names in lower case, and the text of each address, of a site that is public under https."""
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    settings = Settings.model_validate({"public_url": "https://archive.example", "desk": True})
    found = {}
    with app_served(create_app(settings, engine)) as site:
        for address in ADDRESSES:
            with closing(HTTPConnection(urlsplit(site).netloc)) as connection:
                connection.request("GET", address, headers={"Connection": "close"})
                with connection.getresponse() as answer:
                    headers = {name.lower(): value for name, value in answer.getheaders()}
                    names = [name for name, _ in answer.getheaders()]
                    assert all(names.count(name) == 1 for name in SECURITY_HEADERS), address
                    found[address] = (headers, answer.read().decode())
    return found


def directives(headers: Headers) -> dict[str, set[str]]:
    rules = (rule.split() for rule in headers["content-security-policy"].split(";"))
    return {name: set(values) for name, *values in rules}


def test_the_policy_allows_nothing_inline_nothing_evaluated_and_nothing_foreign(
    answers: dict[str, tuple[Headers, str]],
) -> None:
    for address, (headers, _) in answers.items():
        rules = directives(headers)
        assert rules["default-src"] == {"'none'"}, address
        allowed = {value for name in ("script-src", "style-src", "object-src") for value in rules.get(name, {"'none'"})}
        assert allowed <= {"'none'", "'self'"}, address
        assert rules["base-uri"] == rules["frame-ancestors"] == {"'none'"}, address
        assert rules["form-action"] == {"'self'"}, address
        values = {value for own in rules.values() for value in own}
        assert not values & {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "blob:"}, address
        assert all("data:" not in own for name, own in rules.items() if name != "img-src"), address


def test_nothing_else_may_frame_sniff_embed_or_learn_the_path(answers: dict[str, tuple[Headers, str]]) -> None:
    for address, (headers, _) in answers.items():
        assert headers["x-content-type-options"] == "nosniff", address
        assert headers["referrer-policy"] in PRIVATE, address
        assert headers["cross-origin-resource-policy"] == "same-origin", address
        assert headers["cross-origin-opener-policy"] == "same-origin", address


def test_there_are_no_cookies_and_no_leave_with_credentials(answers: dict[str, tuple[Headers, str]]) -> None:
    for address, (headers, _) in answers.items():
        assert "set-cookie" not in headers, address
        assert "access-control-allow-credentials" not in headers, address
        if not address.startswith(("/api/", "/openapi", "/search.")):
            assert "access-control-allow-origin" not in headers, address


def test_a_site_under_https_stays_there(answers: dict[str, tuple[Headers, str]]) -> None:
    for address, (headers, _) in answers.items():
        age = re.fullmatch(r"max-age=(\d+)", headers["strict-transport-security"])
        assert age, address
        assert int(age[1]) >= HALF_A_YEAR
        assert urlsplit(headers.get("location", "/")).scheme in {"", "https"}, address


def test_a_site_that_is_not_alone_under_https_does_not_ask_to_stay_there() -> None:
    """A browser would refuse to come back to a site that is served over http alone; and below a path, the promise would
    be made for all of another site."""
    for public in ("", "http://archive.example", "https://www.example/archive"):
        app = create_app(Settings.model_validate({"public_url": public}), open_engine("memory:"))
        assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_no_page_loads_a_script_or_a_style_from_elsewhere(answers: dict[str, tuple[Headers, str]]) -> None:
    """So none needs a digest of what it loads (subresource integrity)."""
    pages = 0
    for address, (headers, text) in answers.items():
        if headers["content-type"].startswith("text/html"):
            pages += 1
            loaded = html.fromstring(text).xpath("//script/@src | //link[@rel='stylesheet']/@href")
            assert loaded, address
            assert all(urlsplit(one).netloc == "" for one in loaded), address
    assert pages > 6
