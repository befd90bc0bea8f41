"""What reading a WordPress site promises: the index equals the site after each run, whatever happens in between."""

from __future__ import annotations

import gc
import html
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from web_servers import Asked, Reply, Time, WebServer, fetcher_for, redirect, reply, web_server
from wordpress_site import WordPress, failure, serving

from index.article import Article, read_source
from index.indexer import Indexer
from index.report import Report
from index.sources import find_sources
from index.sources.wordpress import names
from index.sources.wordpress.login import Login
from index.state import State
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ConfigError, SourceError
from search.ledger import open_ledger


def site_with(posts: int, **options: Any) -> WordPress:
    site = WordPress(**options)
    for number in range(1, posts + 1):
        site.write(number)
    return site


def read(server: WebServer, path: str = "/", **options: Any) -> list[Any]:
    """What is read without a state, and in the end why there is no more."""
    found: list[Any] = []
    with fetcher_for(server, robots=options.pop("robots", True)) as fetcher:
        (source,) = find_sources(server.url + path, fetcher=fetcher, **options)
        try:
            found.extend(read_source(source))
        except SourceError as error:
            found.append(error)
    return found


def titles(found: list[Any]) -> list[str]:
    return [one.title for one in found if isinstance(one, Article)]


class CutClock:
    """Time that never really passes; the run is interrupted once the site has been asked so often."""

    def __init__(self, site: WordPress, requests: int) -> None:
        self._site, self._time = site, Time()
        self._end = site.requests + requests

    def clock(self) -> float:
        if self._site.requests >= self._end:
            raise KeyboardInterrupt
        return self._time.clock()

    def sleep(self, seconds: float) -> None:
        self._time.sleep(seconds)


class Archive:
    """An index with its state, which is brought into step with a site."""

    def __init__(self, folder: Path, site: WordPress, server: WebServer) -> None:
        self.engine: Engine = open_engine(f"whoosh:{folder / 'archive'}")
        self._place = str(folder / "archive.state")
        self._site, self._server = site, server

    def sync(self, *, cut_after: int = 10**9, batch: int = 1_000, **options: Any) -> Report:
        """One run."""
        state = State(self._place)
        clock: Any = CutClock(self._site, cut_after)
        with fetcher_for(self._server, time=clock) as fetcher:
            sources = find_sources(self._server.url, fetcher=fetcher, state=state, **options)
            return Indexer(self.engine, batch=batch, state=state).run(sources, roots=[self._server.url], prune=True)

    def articles(self) -> dict[str, tuple[str, ...]]:
        """Address, title, sections and authors of all articles."""
        with self.engine.searcher() as searcher:
            return {str(one.url): (one.title, *one.sections, *one.authors) for one in searcher.articles()}

    def difference(self) -> tuple[object, object]:
        """What the archive has and the site has not, and the other way round."""
        held, there = self.articles().items(), self._site_articles().items()
        return sorted(held - there), sorted(there - held)

    def _site_articles(self) -> dict[str, tuple[str, ...]]:
        paths = {1: "News", 2: "News > " + html.unescape(self._site.categories[2][0])}
        return {
            f"{self._server.url}/{post.slug}/": (
                post.title, *(paths[number] for number in post.categories), self._site.users[post.author],
            )
            for post in self._site.posts.values() if post.status == "publish" and not post.password
        }  # fmt: skip


IN_STEP = ([], [])


@contextmanager
def archive_of(site: WordPress, folder: Path) -> Iterator[tuple[Archive, WebServer]]:
    with serving(site) as server:
        yield Archive(folder, site, server), server


def once(path: str, answer: Reply) -> Callable[[Asked, int], Reply | None]:
    """Gives that answer to the first request that has `path` in it."""
    waiting = [answer]
    return lambda asked, _: waiting.pop() if waiting and path in asked.path else None


def requests_for(server: WebServer, route: str) -> list[str]:
    return [path for path in server.paths() if route in path.split("?")[0]]


def fetched(server: WebServer) -> list[int]:
    """The numbers of the posts that were fetched whole."""
    queries = (path.partition("include=")[2].split("&")[0] for path in requests_for(server, "wp/v2/posts"))
    return [int(number) for query in queries if query for number in query.split(",")]


# --- finding the API


@pytest.mark.parametrize("link", ["header", "head", ""])
@pytest.mark.parametrize("rewrites", [True, False])
def test_the_api_is_found_from_the_front_page(link: str, rewrites: bool) -> None:
    with serving(site_with(3, link=link, rewrites=rewrites)) as server:
        assert titles(read(server)) == ["Post 3", "Post 2", "Post 1"]


@pytest.mark.parametrize(("path", "rewrites"), [("/wp-json/", True), ("/wp-json", True), ("/?rest_route=/", False)])
def test_the_address_of_the_api_names_the_site_too(path: str, rewrites: bool) -> None:
    with serving(site_with(2, rewrites=rewrites)) as server:
        assert titles(read(server, path)) == ["Post 2", "Post 1"]


def test_a_site_without_wordpress_is_read_in_another_way() -> None:
    page = "<html><head><title>Front</title></head><body><article><p>" + "Welcome to it all. " * 20
    with web_server({"/": reply(page, content_type="text/html")}) as server:
        assert titles(read(server)) == ["Front"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (failure(401, "rest_forbidden"), "refuses to answer (rest_forbidden)"),
        (failure(403, "rest_cannot_access"), "BACKFILE_WORDPRESS_USER"),
        (failure(404, "rest_no_route"), "not there (the server answered 404, rest_no_route)"),
        (reply("<html>Checking your browser", content_type="text/html"), "a page instead of JSON"),
    ],
)
def test_a_closed_api_is_said_to_be_so_and_the_site_read_in_another_way(answer: bytes, said: str) -> None:
    site = site_with(1)
    site.intervene = lambda asked, _: answer if "wp/v2/posts" in asked.path else None
    told: list[str] = []
    with serving(site) as server:
        found = read(server, say=lambda _, text: told.append(text))
    assert any(said in text for text in told), told
    assert titles(found) == ["The Lantern"]


def test_an_api_that_fails_for_now_is_not_replaced_by_another_way(tmp_path: Path) -> None:
    site = site_with(3)
    with archive_of(site, tmp_path) as (archive, _):
        archive.sync()
        for status in (500, 403):
            site.intervene = lambda asked, _, status=status: (  # type: ignore[misc]
                failure(status, "rest_x") if "wp-json" in asked.path else None
            )
            report = archive.sync()
            assert (report.failed, report.deleted, report.added) == (1, 0, 0)
        assert archive.difference() == IN_STEP


def test_what_robots_txt_disallows_is_not_asked_for() -> None:
    site = site_with(1)

    def respond(asked: Asked) -> Reply:
        return reply("User-agent: *\nDisallow: /wp-json/") if asked.path == "/robots.txt" else site.respond(asked)

    with web_server(respond) as server:
        read(server)
        assert requests_for(server, "wp-json") == []


# --- posts


def test_a_post_gives_every_field() -> None:
    site = WordPress()
    site.write(
        5, title="Rain &#8211; again", content='<h2 id="why">Why</h2><p>Rain.</p>', categories=[1, 2], tags=[7, 8]
    )
    with serving(site) as server:
        (article,) = read(server)
    assert (article.title, article.summary, article.body) == ("Rain – again", "About 5", "Why\n\nRain.")
    assert [(heading.text, heading.anchor) for heading in article.headings] == [("Why", "why")]
    assert (article.sections, article.tags) == (("News > Economy & Work",), ("Rain & snow", "Flood"))
    assert (article.authors, article.url) == (("Jane Doe",), f"{server.url}/post-5/")
    assert article.guid == f"{server.url}/?p=5"
    assert str(article.published) == "2024-07-03 09:30:00+00:00"
    assert str(article.modified) == "2024-07-03 09:31:00+00:00"


def test_names_take_few_requests_however_many_posts_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_with(250)
    site.tags = {number: f"Tag {number}" for number in range(1, 400)}
    for post in site.posts.values():
        post.tags = [post.number, post.number + 1]
        post.author = 3 + post.number % 2
    with serving(site) as server:
        found = read(server)
        assert len(titles(found)) == 250
        assert found[0].tags == ("Tag 250", "Tag 251")
        assert len(requests_for(server, "users")) == len(requests_for(server, "categories")) == 1
        assert len(requests_for(server, "tags")) <= 6
        assert len(server.paths()) <= 20
    monkeypatch.setattr(names, "MOST_KEPT", 210)
    with serving(site) as server:
        assert read(server)[0].tags == ("Tag 250", "Tag 251")


def test_co_authors_take_the_place_of_the_user() -> None:
    site = site_with(2)
    site.co_authors = {11: "Ann Lee", 12: "Bo Chen"}
    site.posts[1].more = {"coauthors": [12, 11]}
    site.posts[2].more = {"authors": [{"display_name": "Cy &amp; Co"}]}
    with serving(site) as server:
        assert [one.authors for one in read(server)] == [("Cy & Co",), ("Bo Chen", "Ann Lee")]
        assert len(requests_for(server, "coauthors/v1/coauthors/bo-chen")) == 1
    site.names_co_authors = False
    with serving(site) as server:
        assert [one.authors for one in read(server)] == [("Cy & Co",), ("bo-chen", "ann-lee")]
        assert len([path for path in server.paths() if "coauthors/v1" in path]) == 1


def test_where_users_are_not_public_a_plugin_may_name_the_author() -> None:
    told: list[str] = []
    with serving(site_with(150, users_are_public=False)) as server:
        found = read(server, say=lambda _, text: told.append(text))
        assert found[0].authors == ("Yo Ast",)
        assert len(requests_for(server, "users")) == 1
    assert any("names of authors" in text for text in told)


def test_a_category_that_is_newer_than_the_list_is_asked_for_with_its_parents() -> None:
    site = site_with(1)

    def add(asked: Asked, _: int) -> None:
        if "wp/v2/users" in asked.path:
            site.categories |= {20: ("Weather", 21), 21: ("World", 0)}
            site.posts[1].categories = [20, 999]

    site.intervene = add
    with serving(site) as server:
        (article,) = read(server)
    assert article.sections == ("World > Weather",)


def test_other_post_types_are_read_when_asked_for() -> None:
    site = site_with(2)
    site.types |= {"page": ("pages", "wp/v2"), "recipe": ("dishes", "food/v1")}
    site.write(3, type="page")
    site.write(4, type="recipe", slug="soup")
    with serving(site) as server:
        found = read(server, types=("page", "recipe"))
        assert [(one.title, one.type) for one in found] == [("Post 3", "page"), ("Post 4", "recipe")]
        (problem,) = read(server, types=("nothing",))
    assert "no post type 'nothing'" in str(problem)


def test_a_post_with_a_password_is_left_out_and_not_asked_for_again(tmp_path: Path) -> None:
    site = site_with(3)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        site.write(2, password="x")
        report = archive.sync()
        assert (report.deleted, archive.difference()) == (1, IN_STEP)
        server.asked.clear()
        again = archive.sync()
        assert again.left_out == 1
        assert fetched(server) == []
        site.write(2, password="")
        assert (archive.sync().added, archive.difference()) == (1, IN_STEP)


# --- staying in step


def test_a_later_run_fetches_only_what_has_changed(tmp_path: Path) -> None:
    site = site_with(230)
    with archive_of(site, tmp_path) as (archive, server):
        assert archive.sync().added == 230
        server.asked.clear()
        again = archive.sync()
        assert (again.unchanged, again.added, again.changed, again.deleted) == (230, 0, 0, 0)
        # The front page, the root, a look at the posts, categories, and for each page of the list its authors.
        assert len(server.paths()) <= 8
        site.write(17, title="New title")
        site.write(231)
        site.write(40, slug="another-place")
        del site.posts[80]
        site.write(81, status="draft")
        server.asked.clear()
        report = archive.sync()
        assert archive.difference() == IN_STEP
        assert (report.added, report.changed, report.failed) == (1, 2, 0), "a post at another place has changed"
        assert sorted(fetched(server)) == [17, 40, 231]


def test_a_renamed_category_or_author_reaches_the_posts(tmp_path: Path) -> None:
    site = site_with(5)
    site.write(3, author=4)
    with archive_of(site, tmp_path) as (archive, _):
        archive.sync()
        site.users[4] = "Ann Lee-Jones"
        assert archive.sync().changed == 1
        site.categories[2] = ("Business", 1)
        assert archive.sync().changed == 5
        assert archive.difference() == IN_STEP


def delete_some(site: WordPress, kept: set[int], chance: random.Random, asked: Asked, _: int) -> None:
    """Deletes posts while the list is read; those that stay are `kept`."""
    if "wp/v2/posts?per_page=100" in asked.path and chance.random() < 0.5:
        for number in chance.sample(sorted(kept), chance.choice((1, 3, 120, 250)) if len(kept) > 300 else 1):
            kept.discard(number)
            del site.posts[number]


def test_nothing_is_lost_when_posts_move_between_pages_while_they_are_listed() -> None:
    for seed in range(40):
        chance = random.Random(seed)
        site = site_with(750)
        kept = set(site.posts)
        site.intervene = partial(delete_some, site, kept, chance)
        with serving(site) as server:
            found = {int(one.title.split()[1]) for one in read(server) if isinstance(one, Article)}
        assert kept <= found, seed


def test_new_posts_while_the_list_is_read_are_met_once(tmp_path: Path) -> None:
    site = site_with(250)

    def add(asked: Asked, count: int) -> None:
        if "page=2" in asked.path:
            site.write(1_000 + count)

    site.intervene = add
    with archive_of(site, tmp_path) as (archive, _):
        assert archive.sync().added == 250
        site.intervene = lambda *_: None
        archive.sync()
        assert archive.difference() == IN_STEP


def test_a_run_that_is_cut_anywhere_and_started_again_ends_in_the_same_state(tmp_path: Path) -> None:
    for seed in range(34):
        chance = random.Random(seed)
        site = site_with(260)
        folder = tmp_path / str(seed)
        folder.mkdir()
        with archive_of(site, folder) as (archive, server):
            cuts = 0
            for _ in range(3):
                report = archive.sync(cut_after=chance.randint(1, 14), batch=chance.choice((10, 70, 300)))
                cuts += report.interrupted
                for number in chance.sample(sorted(site.posts), 5):
                    if chance.random() < 0.5:
                        site.write(number, title="Edited")
                    else:
                        del site.posts[number]
            archive.sync()
            assert cuts, seed
            assert archive.difference() == IN_STEP, seed
            server.asked.clear()
            last = archive.sync()
            assert (last.added, last.changed, last.deleted) == (0, 0, 0)
            assert fetched(server) == []


def test_what_a_cut_run_has_committed_is_not_fetched_again(tmp_path: Path) -> None:
    site = site_with(600)
    with archive_of(site, tmp_path) as (archive, server):
        assert archive.sync(cut_after=13, batch=50).interrupted
        done = len(archive.articles())
        assert done >= 100
        server.asked.clear()
        report = archive.sync()
        assert (report.added, report.unchanged) == (600 - done, done)
        assert archive.difference() == IN_STEP


def test_an_article_that_left_the_index_is_fetched_again(tmp_path: Path) -> None:
    site = site_with(3)
    with archive_of(site, tmp_path) as (archive, _):
        archive.sync()
        with archive.engine.searcher() as searcher:
            name = next(iter(searcher.articles())).id
        with archive.engine.writer() as writer:
            writer.delete(name)
        assert archive.sync().added == 1
        assert archive.difference() == IN_STEP


# --- failures


@pytest.mark.parametrize(
    "answer",
    [
        failure(429, "too_many", retry_after=7),
        failure(500, "internal_server_error"),
        reply('[{"id": 1, "title": {"rend', content_type="application/json"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\nconnection: close\r\n\r\n[{",
    ],
    ids=["429", "500", "cut JSON", "cut body"],
)
@pytest.mark.parametrize("route", ["wp/v2/posts?per_page=100", "include=", "categories", "tags"])
def test_a_failure_that_passes_costs_nothing(tmp_path: Path, answer: bytes, route: str) -> None:
    site = site_with(130)
    site.intervene = once(route, answer)
    with archive_of(site, tmp_path) as (archive, _):
        report = archive.sync()
        assert (report.added, report.failed) == (130, 0)
        assert archive.difference() == IN_STEP


@pytest.mark.parametrize("answer", [failure(500, "x"), reply("[{", content_type="application/json")])
def test_a_post_that_breaks_its_page_costs_only_itself(tmp_path: Path, answer: bytes) -> None:
    site = site_with(120)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        for number in range(1, 110):
            site.write(number, title="Edited")

        def broken(asked: Asked, _: int) -> Reply | None:
            query = asked.path.partition("include=")[2].split("&")[0].split(",")
            return answer if "wp/v2/posts" in asked.path and "50" in query else None

        site.intervene = broken
        report = archive.sync()
        assert (report.changed, report.failed, report.deleted) == (108, 1, 0)
        assert report.failures[0].origin == f"{server.url}/post-50/"
        site.intervene = lambda *_: None
        assert archive.sync().changed == 1
        assert archive.difference() == IN_STEP


def test_a_post_that_cannot_be_read_is_reported_in_each_run(tmp_path: Path) -> None:
    site = site_with(3)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        site.write(3, title="", content="")
        for _ in range(2):
            report = archive.sync()
            assert [remark.origin for remark in report.failures] == [f"{server.url}/post-3/"]


def test_a_list_that_breaks_off_deletes_nothing_and_keeps_what_came(tmp_path: Path) -> None:
    site = site_with(350)
    with archive_of(site, tmp_path) as (archive, _):
        archive.sync()
        site.write(349, title="Edited")
        del site.posts[350]
        site.intervene = lambda asked, _: failure(503, "down") if "page=3" in asked.path else None
        report = archive.sync()
        assert (report.changed, report.deleted, report.failed) == (1, 0, 1)
        site.intervene = lambda *_: None
        assert archive.sync().deleted == 1
        assert archive.difference() == IN_STEP


def test_totals_that_a_proxy_takes_out_are_not_needed() -> None:
    with serving(site_with(205, totals=False)) as server:
        assert len(titles(read(server))) == 205


def test_a_server_that_knows_nothing_of_include_and_fields_is_read_all_the_same() -> None:
    site = site_with(30)

    def respond(asked: Asked) -> Reply:
        path = "&".join(part for part in asked.path.split("&") if not part.startswith("_fields"))
        kept = path if "/posts?include=" not in path else path.split("include=")[0] + "per_page=7"
        return site.respond(Asked(kept, asked.headers))

    with web_server(respond) as server:
        assert len(titles(read(server))) == 30


@pytest.mark.parametrize(
    "value", ["null", "7", '"x"', "[null, 7, []]", '[{"id": "1"}]', '[{"id": 1, "link": 5}]', "{}"]
)
def test_strange_answers_end_in_nothing_worse_than_no_posts(value: str) -> None:
    site = site_with(1)
    site.intervene = lambda asked, _: reply(value, content_type="application/json") if "wp/v2" in asked.path else None
    with serving(site) as server:
        assert titles(read(server)) == []


# --- the login


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BACKFILE_WORDPRESS_USER", "editor")
    monkeypatch.setenv("BACKFILE_WORDPRESS_PASSWORD", "abcd EFGH 1234")
    return "editor:abcd EFGH 1234"


def test_with_a_login_scheduled_posts_wait_for_their_moment(login: str) -> None:
    site = site_with(2, login=login)
    site.write(3, status="future", more={"date_gmt": "2199-01-01T06:00:00"})
    site.write(4, status="draft")
    with serving(site) as server:
        found = {one.title: one.embargo for one in read(server)}
    assert set(found) == {"Post 1", "Post 2", "Post 3"}
    assert str(found["Post 3"]) == "2199-01-01 06:00:00+00:00"


def test_with_a_login_what_is_thrown_away_is_taken_down_and_comes_back(login: str, tmp_path: Path) -> None:
    site = site_with(3, login=login)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        site.write(2, status="trash", more={"link": f"{server.url}/?p=2"})
        assert archive.sync().deleted == 1
        ledger = open_ledger(archive.engine.ledger_place)
        (removal,) = ledger.removed.in_force()
        assert (removal.id, removal.kind) == (f"{server.url.removeprefix('http://')}/post-2", "killed")
        assert archive.sync().deleted == 0
        server.asked.clear()
        assert archive.sync().unchanged == 2
        assert not [path for path in requests_for(server, "posts") if "orderby=id" in path]
        site.write(2, status="publish", more={})
        assert archive.sync().added == 1
        assert ledger.removed.in_force() == []
        assert archive.difference() == IN_STEP


def test_the_login_goes_to_the_api_alone_and_is_never_shown(login: str, tmp_path: Path) -> None:
    site = site_with(2, login=login)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        sent = {asked.path: "authorization" in asked.headers for asked in server.asked}
        assert not sent["/"]
        assert all(has for path, has in sent.items() if "wp-json" in path)
        assert not any("abcd" in path or "editor" in path for path in sent)
        site.login = "editor:another"
        report = archive.sync()
    (failed,) = report.failures
    assert "refuses the login in BACKFILE_WORDPRESS_USER" in str(failed)
    token = "ZWRpdG9y"
    assert token not in str(report)
    assert "abcd" not in str(report)
    assert b"abcd EFGH" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.usefixtures("login")
def test_the_login_goes_to_no_host_that_only_a_page_names() -> None:
    with serving(site_with(2)) as other, web_server({}) as front:
        link = f'<{other.url}/wp-json/>; rel="https://api.w.org/"'
        front.respond = lambda asked: (
            reply("<html>", 200, content_type="text/html", link=link) if asked.path == "/" else reply("", 404)
        )
        with fetcher_for(front, other) as fetcher:
            (source,) = find_sources(front.url, fetcher=fetcher)
            assert len(titles(list(read_source(source)))) == 2
        assert not any("authorization" in asked.headers for asked in other.asked)


def test_the_login_follows_no_redirect_to_another_host(login: str) -> None:
    site = site_with(1, login=login)
    with web_server({}) as other, serving(site) as server:
        site.intervene = lambda asked, _: redirect(f"{other.url}/x") if "v2/categories" in asked.path else None
        with fetcher_for(server, other) as fetcher:
            (source,) = find_sources(server.url, fetcher=fetcher)
            list(read_source(source))
        assert other.paths()
        assert not any("authorization" in asked.headers for asked in other.asked)


def test_the_login_may_be_for_one_site_only(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKFILE_WORDPRESS_SITE", "news.example")
    with serving(site_with(1, login=login)) as server:
        assert len(titles(read(server))) == 1
        assert not any("authorization" in asked.headers for asked in server.asked)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"USER": "editor"}, "set BACKFILE_WORDPRESS_PASSWORD as well"),
        ({"PASSWORD": "x"}, "set BACKFILE_WORDPRESS_USER as well"),
        ({"USER": "a:b", "PASSWORD": "x"}, "holds no colon"),
        ({"USER": "a", "PASSWORD": "x\ny"}, "printable"),
    ],
)
def test_a_login_that_cannot_be_used_is_refused_without_showing_it(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Login.from_environment({f"BACKFILE_WORDPRESS_{name}": value for name, value in variables.items()})
    assert "hidden" not in repr(Login("a", "hidden"))


def test_the_login_is_not_sent_in_the_clear_to_a_site_that_is_not_allowed() -> None:
    login = Login("editor", "secret")
    with fetcher_for() as fetcher:
        assert login.headers_for("https://news.example/wp-json/", "https://www.news.example/", fetcher)
        assert not login.headers_for("https://cms.example/wp-json/", "https://news.example/", fetcher)
        with pytest.raises(SourceError, match="over https only"):
            login.headers_for("http://news.example/wp-json/", "http://news.example/", fetcher)


# --- real posts


@pytest.mark.shared
def test_real_posts_of_several_sites_are_read_through_the_api(shared: Path) -> None:
    files = sorted((shared / "corpora" / "wordpress" / "rest").glob("*.json"))
    values = [json.loads(path.read_bytes()) for path in files]
    posts = [one for value in values for one in (value if isinstance(value, list) else [value])]
    by_number = {one["id"]: one for one in posts}
    with serving(WordPress(raw=list(by_number.values()))) as server:
        found = read(server)
    assert len(titles(found)) == len(found) == len(by_number)
    assert {one.guid for one in found} == {one["guid"]["rendered"] for one in by_number.values()}
    assert not any(one.warnings for one in found)


# --- memory


def test_what_is_held_does_not_grow_with_the_site() -> None:
    def most_held(posts: int) -> int:
        with serving(site_with(posts)) as server, fetcher_for(server) as fetcher:
            (source,) = find_sources(server.url, fetcher=fetcher)
            most = 0
            for count, _ in enumerate(source.records()):
                if count % 50 == 0:
                    most = max(most, sum(isinstance(one, dict) and "content" in one for one in gc.get_objects()))
            return most

    assert most_held(1_500) <= most_held(300) + 5
