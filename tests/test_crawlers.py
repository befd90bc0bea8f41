"""What crawlers do to the site: the polite ones see each article and no search, the others run into a bound."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
from archives import fill
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from prometheus_client import CollectorRegistry
from protego import Protego
from werkzeug.test import TestResponse

from search.engines.memory.engine import MemoryEngine
from search.errors import ConfigError
from search.loaded_settings import load_settings
from search.request.reading import parse_search
from search.settings import Settings
from webui import create_app
from webui.clients import client_address, client_key
from webui.crawling import FEW, MAX_DEEP_PAGE
from webui.limiting import Allowances, share
from webui.metrics.meters import Meters
from webui.site import site_of

HERE = "http://localhost"


@dataclass
class Walk:
    """What a crawler has asked for, and what it has come to know and did not ask for in time."""

    answers: dict[str, TestResponse] = field(default_factory=dict)
    left: int = 0

    def statuses(self, status: int) -> int:
        return sum(answer.status_code == status for answer in self.answers.values())


def walk(client: FlaskClient, *starts: str, most: int, may: Callable[[str], bool], polite: bool) -> Walk:
    """Follows every link, breadth first. `polite`: unless the link or its page says nofollow."""
    queue, known, done = deque(starts), {*starts}, Walk()
    while queue and len(done.answers) < most:
        address = queue.popleft()
        if not may(address):
            continue
        answer = done.answers[address] = client.get(address)
        for found in links(answer, polite=polite):
            target = urljoin(HERE + address, found).partition("#")[0]
            if target.startswith(HERE) and (path := target.removeprefix(HERE) or "/") not in known:
                known.add(path)
                queue.append(path)
    done.left = len(queue)
    return done


def links(answer: TestResponse, *, polite: bool) -> Iterator[str]:
    if answer.location:
        yield answer.location
    if answer.mimetype == "application/xml":
        yield from re.findall("<loc>([^<]+)</loc>", answer.text)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return
    page = html.fromstring(answer.data)
    if polite and "nofollow" in "".join(page.xpath("//meta[@name='robots']/@content")):
        return
    for link in page.xpath("//a[@href]"):
        if not (polite and "nofollow" in (link.get("rel") or "").split()):
            yield link.get("href")


@pytest.fixture
def searches(sample_app: Flask) -> Iterator[Callable[[], float]]:
    """How many searches the sample archive has run since the test began."""
    registry = CollectorRegistry()
    meters = Meters(registry)
    site_of(sample_app).observers.append(meters)
    yield lambda: sum(
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "backfile_searches_total"
    )
    site_of(sample_app).observers.remove(meters)


# --- crawlers ------------------------------------------------------------------------------------------------------


def test_a_crawler_that_obeys_sees_every_article_in_few_pages_and_runs_no_search(
    sample_app: Flask, searches: Callable[[], float]
) -> None:
    client = sample_app.test_client()
    rules = Protego.parse(client.get("/robots.txt").text)

    def may(address: str) -> bool:
        # The days of a year all look alike; a few of them are enough here.
        days = address.startswith("/on-this-day/") and not address.endswith("-01")
        return bool(rules.can_fetch(HERE + address, "ExampleBot")) and not days

    done = walk(client, "/", "/sitemap.xml", most=1_000, may=may, polite=True)
    assert done.left == 0
    assert {answer.status_code for answer in done.answers.values()} <= {200, 302}
    articles = {address for address in done.answers if address.startswith("/article/")}
    with site_of(sample_app).archive.pinned() as archive:
        assert len(articles) == archive.status.articles
    # A page for each article, year, day of the year and letter of authors, and a handful of others.
    assert len(done.answers) < len(articles) + 36 + 12 + 30
    assert searches() == 0


def test_without_robots_txt_links_still_combine_no_filters(sample_app: Flask, searches: Callable[[], float]) -> None:
    client = sample_app.test_client()

    def may(address: str) -> bool:
        # Pages that lead to no other search need not be asked for.
        return not address.startswith(("/on-this-day/", "/calendar/", "/cite", "/search.")) and (
            "?" not in address or not address.startswith("/article/")
        )

    done = walk(client, "/search?q=press", most=1_500, may=may, polite=True)
    assert done.left == 0
    asked = [parse_search(urlsplit(address).query.encode(), kind="html") for address in done.answers
             if urlsplit(address).path == "/search"]  # fmt: skip
    assert max(sum(len(each.include) + len(each.exclude) for _, each in request.keywords) for request in asked) == 1
    assert {request.q for request in asked} == {"", "press"}
    assert searches() <= len(asked) < 500


def test_a_crawler_that_obeys_nothing_runs_no_more_searches_than_it_may(sample_app: Flask) -> None:
    app = create_app(Settings(client_requests_per_minute=60), site_of(sample_app).archive.engine)
    registry = CollectorRegistry()
    site_of(app).observers.append(Meters(registry))
    began = time.monotonic()
    done = walk(app.test_client(), "/search?q=press", most=200, may=lambda _: True, polite=False)
    earned = int(time.monotonic() - began) + 1  # one a second
    assert len(done.answers) == 200
    assert done.statuses(429) >= 200 - 60 - earned
    run = sum(
        registry.get_sample_value("backfile_searches_total", {"outcome": outcome}) or 0
        for outcome in ("found", "nothing", "timed_out", "partial")
    )
    assert 0 < run <= 60 + earned


def combined(values: int, **others: object) -> str:
    filters = "&".join(f"tag=-t{number}" for number in range(values))
    return f"/search?{filters}&" + "&".join(f"{name}={value}" for name, value in others.items())


def rule(answer: TestResponse) -> str:
    [found] = html.fromstring(answer.data).xpath("//meta[@name='robots']/@content")
    return str(found)


def test_a_page_with_many_filters_asks_for_nothing_to_be_followed(client: FlaskClient) -> None:
    assert rule(client.get(combined(FEW))) == "noindex, follow"
    assert rule(client.get(combined(FEW + 1))) == "noindex, nofollow"
    assert rule(client.get(combined(FEW + 1).replace("/search?", "/facet/author?"))) == "noindex, nofollow"
    assert rule(client.get("/search?q=flood&from=yesterdayish")) == "noindex"


def test_a_page_with_many_filters_is_not_paged_far_and_the_endpoint_is(client: FlaskClient) -> None:
    near, far = MAX_DEEP_PAGE, MAX_DEEP_PAGE + 1
    assert client.get(combined(FEW + 1, page=near)).status_code == 200
    refused = client.get(combined(FEW + 1, page=far))
    assert refused.status_code == 400
    assert "narrow it further" in refused.text
    assert client.get(combined(FEW, page=far)).status_code == 200
    assert client.get(combined(FEW + 1, page=far).replace("/search?", "/api/v1/search?")).status_code == 200


# --- limits --------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_may_send_a_minute_s_worth_at_once_and_then_as_many_a_minute() -> None:
    clock = Clock()
    allowances = Allowances(30, clock=clock)
    assert [allowances.seconds_to_wait("a") for _ in range(30)] == [0.0] * 30
    assert allowances.seconds_to_wait("a") == pytest.approx(2.0)
    assert allowances.seconds_to_wait("a") == pytest.approx(2.0)  # what is refused is not held against anybody
    assert allowances.seconds_to_wait("b") == 0.0
    clock.now += 2.0
    assert allowances.seconds_to_wait("a") == 0.0
    assert allowances.seconds_to_wait("a") > 0
    clock.now += 3_600.0
    assert [allowances.seconds_to_wait("a") for _ in range(31)].count(0.0) == 30


def test_the_workers_together_allow_no_more() -> None:
    assert [share(100, workers) for workers in (1, 2, 3)] == [100, 50, 33]
    assert share(1, 4) == 1


@pytest.fixture
def limited() -> FlaskClient:
    """A client of a site that allows three requests, and is asked through a proxy of ours."""
    engine = MemoryEngine("")
    fill(engine, *ARTICLES)
    settings = Settings(client_requests_per_minute=3, trusted_proxies=("127.0.0.1", "10.0.0.0/8"))
    return create_app(settings, engine).test_client()


def test_who_asks_too_often_is_told_when_to_come_again(limited: FlaskClient) -> None:
    for _ in range(3):
        assert limited.get("/search?q=flood").status_code == 200
    page = limited.get("/search?q=flood")
    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert 1 <= int(page.headers["Retry-After"]) <= 20
    assert page.headers["Cache-Control"] == "no-store"
    assert rule(page) == "noindex"
    problem = limited.get("/api/v1/search?q=flood")
    assert (problem.status_code, problem.mimetype) == (429, "application/problem+json")
    assert problem.json is not None
    assert problem.json["request_id"] == problem.headers["X-Request-ID"]
    assert problem.headers["Access-Control-Allow-Origin"] == "*"


def test_what_pages_are_made_of_and_what_watches_are_never_refused(limited: FlaskClient) -> None:
    for _ in range(5):
        limited.get("/search?q=flood")
    for path in ("/livez", "/readyz", "/static/backfile.css", "/robots.txt", "/favicon.ico", "/openapi.json",
                 "/opensearch.xml"):  # fmt: skip
        with limited.get(path) as answer:
            assert answer.status_code in (200, 301), path
    assert limited.get("/nowhere").status_code == 429


def test_each_client_behind_our_proxy_has_its_own_allowance(limited: FlaskClient) -> None:
    def status(forwarded: str) -> int:
        return limited.get("/livez/x", headers={"X-Forwarded-For": forwarded}).status_code

    assert [status("203.0.113.1") for _ in range(4)] == [404, 404, 404, 429]
    assert status("203.0.113.2") == 404
    assert status("198.51.100.7, 203.0.113.1, 10.1.2.3") == 429  # what the client wrote before is not believed
    assert [status(f"2001:db8:1:2::{number}") for number in range(4)] == [404, 404, 404, 429]
    assert status("2001:db8:1:3::1") == 404


def test_without_a_limit_nobody_is_refused(client: FlaskClient) -> None:
    assert {client.get("/livez/x").status_code for _ in range(50)} == {404}


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("198.51.100.1", "203.0.113.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1,nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.1:4711", "203.0.113.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1," * 1_000, "10.0.0.1"),
        (None, "203.0.113.1", "None"),
        ("unix", "203.0.113.1", "None"),
    ],
)
def test_a_client_is_who_a_proxy_of_ours_says(remote: str | None, forwarded: str, client: str) -> None:
    assert str(client_address(remote, forwarded, ("10.0.0.0/8",))) == client


def test_an_ipv6_client_is_its_network() -> None:
    one, same, other = (client_key(client_address(text, "", ())) for text in
                        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"))  # fmt: skip
    assert one == same == "2001:db8:1:2::/64" != other


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "proxy.example", "10.0.0"])
def test_a_proxy_that_is_no_address_is_an_error(wrong: str) -> None:
    with pytest.raises(ConfigError, match="must be an address or a network"):
        load_settings({"trusted_proxies": wrong}, environ={})
