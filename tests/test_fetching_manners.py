"""What the web client promises of manners: its name, the rules for robots, the rate, and patience after failures."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from web_servers import Asked, Time, fetcher_for, redirect, reply, web_server

from index.fetching import FetchError
from index.fetching.pace import ATTEMPTS, FAILURES_IN_A_ROW, REST_SECONDS
from index.fetching.robots import KEPT_FAILURE_SECONDS, KEPT_SECONDS, MAX_CRAWL_DELAY, MAX_ROBOTS, read_rules

NAME = "ExampleNews/2.0 (+https://news.example/search; search@news.example)"


def test_every_request_has_our_name() -> None:
    with web_server({"/": reply("hello")}) as server, fetcher_for(server, user_agent=NAME) as fetcher:
        fetcher.get(server.url)
    assert [asked.headers["user-agent"] for asked in server.asked] == [NAME, NAME]
    assert [asked.path for asked in server.asked] == ["/robots.txt", "/"]


# --- robots.txt


def test_what_robots_txt_disallows_is_not_asked_for() -> None:
    rules = "User-agent: *\nDisallow: /private/\nAllow: /private/press/\nDisallow: /*.pdf$"
    table = {"/robots.txt": reply(rules), "/private/press/1": reply("yes")}
    with web_server(table) as server, fetcher_for(server) as fetcher:
        for path in ("/private/1", "/a.pdf"):
            with pytest.raises(FetchError, match="disallows it"):
                fetcher.get(server.url + path)
        assert fetcher.get(f"{server.url}/private/press/1").body == b"yes"
        assert [asked.path for asked in server.asked] == ["/robots.txt", "/private/press/1"]


def test_rules_for_our_name_come_before_those_for_all() -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: examplenews\nAllow: /"
    with web_server({"/robots.txt": reply(rules), "/": reply("yes")}) as server:
        with fetcher_for(server, user_agent=NAME) as fetcher:
            assert fetcher.get(server.url).body == b"yes"
        with fetcher_for(server) as fetcher, pytest.raises(FetchError, match="disallows"):
            fetcher.get(server.url)


def test_rules_hold_where_a_redirect_leads() -> None:
    table = {"/robots.txt": reply("User-agent: *\nDisallow: /b"), "/a": redirect("/b"), "/b": reply("no")}
    with web_server(table) as server, fetcher_for(server) as fetcher:
        with pytest.raises(FetchError, match="disallows"):
            fetcher.get(f"{server.url}/a")
        assert server.paths() == ["/a"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_rules_allows_all(status: int) -> None:
    with web_server({"/robots.txt": reply("", status), "/": reply("yes")}) as server, fetcher_for(server) as fetcher:
        assert fetcher.get(server.url).body == b"yes"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_whose_rules_cannot_be_read_is_left_alone_for_now(status: int) -> None:
    time = Time()
    answers = itertools.chain([reply("", status)] * ATTEMPTS, itertools.repeat(reply("")))
    with (
        web_server({"/robots.txt": lambda _: next(answers), "/": reply("yes")}) as server,
        fetcher_for(server, time=time) as fetcher,
    ):
        for _ in range(2):
            with pytest.raises(FetchError, match=r"robots\.txt of .* cannot be read") as caught:
                fetcher.get(server.url)
            assert caught.value.is_lasting
        assert len(server.asked) == ATTEMPTS
        time.now += KEPT_FAILURE_SECONDS + 1
        assert fetcher.get(server.url).body == b"yes"


def test_rules_are_read_again_after_a_day() -> None:
    time = Time()
    with web_server({"/robots.txt": reply(""), "/": reply("yes")}) as server:
        with fetcher_for(server, time=time) as fetcher:
            fetcher.get(server.url)
            fetcher.get(server.url)
            time.now += KEPT_SECONDS + 1
            fetcher.get(server.url)
        assert [asked.path for asked in server.asked].count("/robots.txt") == 2


def test_rules_are_read_only_so_far() -> None:
    rules = "User-agent: *\nDisallow: /early\n" + "#" * 80 + "\n"
    rules += "# filling\n" * (MAX_ROBOTS // 10) + "Disallow: /late\n"
    read = read_rules(rules.encode(), "Backfile", 0.0)
    assert not read.allow("http://x.example/early")
    assert read.allow("http://x.example/late")


def test_many_robots_with_many_rules_cost_no_more_than_one() -> None:
    agents = "".join(f"User-agent: robot-{number}*\n" for number in range(9_000))
    rules = "".join(f"Disallow: /{number}*x\n" for number in range(9_000))
    read = read_rules((agents + "User-agent: Backfile\n" + rules).encode(), "Backfile", 0.0)
    assert not read.allow("http://x.example/8999/x")
    assert read.allow("http://x.example/none")


def test_a_run_may_ask_without_the_rules() -> None:
    with web_server({"/robots.txt": reply("User-agent: *\nDisallow: /"), "/": reply("api")}) as server:
        with fetcher_for(server) as fetcher:
            assert fetcher.get(server.url, robots=False).body == b"api"
        with fetcher_for(server, robots=False) as fetcher:
            assert fetcher.get(server.url).body == b"api"


def test_robots_txt_names_site_maps() -> None:
    rules = "Sitemap: https://x.example/a.xml\nUser-agent: *\nDisallow:\nSitemap: https://x.example/b.xml"
    with web_server({"/robots.txt": reply(rules)}) as server, fetcher_for(server) as fetcher:
        assert fetcher.site_maps(server.url) == ("https://x.example/a.xml", "https://x.example/b.xml")


# --- the rate


def test_requests_to_one_host_keep_their_distance() -> None:
    time = Time()
    with web_server(lambda _: reply("x")) as server, fetcher_for(server, time=time, per_second=0.5) as fetcher:
        begun = time.now
        for number in range(5):
            fetcher.get(f"{server.url}/{number}", robots=False)
        assert time.now - begun == pytest.approx(8.0)


def test_two_hosts_do_not_wait_for_each_other() -> None:
    time = Time()
    with (
        web_server(lambda _: reply("x")) as one,
        web_server(lambda _: reply("x")) as other,
        fetcher_for(one, other, time=time, per_second=0.1, robots=False) as fetcher,
    ):
        fetcher.get(one.url)
        fetcher.get(other.url)
    assert time.slept == []


@pytest.mark.parametrize(
    ("line", "delay"),
    [("Crawl-delay: 7", 7.0), ("Request-rate: 1/5", 5.0), ("Crawl-delay: 100000", MAX_CRAWL_DELAY),
     ("Crawl-delay: -5", 0.0), ("Crawl-delay: nan", 0.0), ("Crawl-delay: soon", 0.0)],
)  # fmt: skip
def test_a_site_may_ask_to_be_asked_slowly_up_to_a_bound(line: str, delay: float) -> None:
    time = Time()
    with (
        web_server(lambda asked: reply(f"User-agent: *\n{line}" if "robots" in asked.path else "x")) as server,
        fetcher_for(server, time=time) as fetcher,
    ):
        fetcher.get(f"{server.url}/1")
        begun = time.now
        fetcher.get(f"{server.url}/2")
        assert time.now - begun == pytest.approx(max(delay, 0.001))


# --- failures that pass, and others


def test_a_server_that_has_too_much_to_do_is_asked_again_when_it_wants() -> None:
    answers = iter([reply(status=429, retry_after="17"), reply("at last")])
    time = Time()
    with web_server({"/": lambda _: next(answers)}) as server, fetcher_for(server, time=time) as fetcher:
        assert fetcher.get(server.url).body == b"at last"
    assert 17.0 in time.slept


def test_a_date_to_come_back_is_compared_with_the_clock_of_the_server() -> None:
    now = datetime(2001, 2, 3, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=40), usegmt=True)
    answers = iter([reply(status=503, retry_after=later, date=format_datetime(now, usegmt=True)), reply("at last")])
    time = Time()
    with web_server({"/": lambda _: next(answers)}) as server, fetcher_for(server, time=time) as fetcher:
        assert fetcher.get(server.url).body == b"at last"
    assert 40.0 in time.slept


def test_a_server_that_wants_to_be_left_alone_for_long_is() -> None:
    time = Time()
    with web_server({"/": reply(status=503, retry_after="86400")}) as server, fetcher_for(server, time=time) as fetcher:
        with pytest.raises(FetchError, match="left alone for 86400 s") as caught:
            fetcher.get(server.url)
        assert (caught.value.status, caught.value.retry_after) == (503, 86400.0)
        assert server.paths() == ["/"]


@pytest.mark.parametrize("stated", ["", "soon", "-5", "Wed, 99 Jul 2024", "１２", "99999999999999999999"])
def test_a_senseless_time_to_come_back_is_no_error(stated: str) -> None:
    with (
        web_server({"/": reply(status=503, retry_after=stated.encode().decode("latin-1"))}) as server,
        fetcher_for(server) as fetcher,
        pytest.raises(FetchError, match="answered 503"),
    ):
        fetcher.get(server.url)


def test_a_server_that_fails_is_asked_again_after_growing_pauses() -> None:
    answers = itertools.chain([reply(status=500)] * 3, [reply("at last")])
    time = Time()
    with web_server({"/": lambda _: next(answers)}) as server, fetcher_for(server, time=time) as fetcher:
        assert fetcher.get(server.url).body == b"at last"
    waits = [seconds for seconds in time.slept if seconds > 0.5]
    assert len(waits) == 3
    assert waits[0] < 1.3 < waits[1] < 2.6 < waits[2] < 5.1


def test_a_server_that_goes_on_failing_is_given_up() -> None:
    with web_server({"/": reply("oh", status=500)}) as server, fetcher_for(server) as fetcher:
        with pytest.raises(FetchError, match="answered 500") as caught:
            fetcher.get(server.url)
        assert (len(server.paths()), caught.value.status) == (ATTEMPTS, 500)


def test_a_host_that_does_not_answer_is_left_alone_for_a_while() -> None:
    time = Time()
    failing = True

    def respond(_: Asked) -> bytes:
        return reply(status=502) if failing else reply("back again")

    with web_server(respond) as server, fetcher_for(server, time=time, robots=False) as fetcher:
        for _ in range(FAILURES_IN_A_ROW + 3):
            with pytest.raises(FetchError) as caught:
                fetcher.get(server.url)
        assert caught.value.is_lasting
        assert len(server.asked) == FAILURES_IN_A_ROW * ATTEMPTS
        failing = False
        time.now += REST_SECONDS + 1
        assert fetcher.get(server.url).body == b"back again"


def test_nobody_there_is_an_error_after_a_few_attempts() -> None:
    with web_server({}) as server:
        pass
    with fetcher_for(server, robots=False) as fetcher, pytest.raises(FetchError, match="no answer from 127"):
        fetcher.get(server.url)


def test_a_name_that_nobody_knows_is_an_error_at_once() -> None:
    def resolve(*_: object) -> list[str]:
        raise OSError("Name or service not known")

    time = Time()
    with (
        fetcher_for(time=time, resolve=resolve, robots=False) as fetcher,
        pytest.raises(FetchError, match=r"nowhere\.example cannot be found"),
    ):
        fetcher.get("http://nowhere.example/")
    assert time.slept == []
