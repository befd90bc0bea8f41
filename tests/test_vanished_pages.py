"""What is promised of articles that their site map lists no more: they are asked for before anything is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from followed_site import PATHS, Site, moved_to, nine_pages
from news_pages import page
from web_servers import redirect, reply, web_server

from index.vanished import AGAIN_AFTER, MAX_FAILURES, MAX_QUESTIONS


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from nine_pages(tmp_path_factory.mktemp("vanished"))


def test_a_page_that_is_still_there_is_kept_though_it_is_listed_no_more(site: Site) -> None:
    site.list("/0")
    report = site.sync()
    assert (report.deleted, report.failed, report.warnings) == (0, 0, ())
    assert site.ids() == set(PATHS)
    assert site.server.paths() == ["/map.xml", "/0", *PATHS[1:]]


@pytest.mark.parametrize(("status", "is_killed"), [(404, False), (410, True)])
def test_a_page_that_is_gone_is_deleted_and_for_good_if_its_server_says_so(
    site: Site, status: int, is_killed: bool
) -> None:
    site.list(*PATHS[1:])
    site.table["/0"] = reply(status=status)
    assert site.sync().deleted == 1
    assert site.ids() == set(PATHS[1:])
    down = [removal.kind for removal in site.opened.ledger.removed.in_force()]
    assert down == (["killed"] if is_killed else [])
    assert site.sync().deleted == 0


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("status", [301, 302])
def test_another_host_takes_nothing_down(site: Site, status: int, is_listed: bool) -> None:
    site.list(*PATHS[0 if is_listed else 1 :])
    with web_server({"/parked": reply(status=410)}) as other:
        site.table["/0"] = redirect(f"{other.url}/parked", status)
        assert site.sync(other).deleted == 0
        assert "/parked" in other.paths()
    assert site.ids() == set(PATHS)
    assert site.opened.ledger.removed.in_force() == []


def test_a_page_that_does_not_want_to_be_found_any_more_is_deleted(site: Site) -> None:
    site.list(*PATHS[1:])
    site.table["/0"] = page("Page 0", "<meta name=robots content=noindex>")
    assert site.sync().deleted == 1
    assert site.ids() == set(PATHS[1:])


def test_a_page_that_cannot_be_asked_for_is_kept_and_asked_for_again(site: Site) -> None:
    site.list(*PATHS[2:])
    site.table |= {"/0": reply("no", 403), "/1": reply(status=404)}
    report = site.sync()
    assert (report.deleted, report.exit_code) == (1, 0)
    (warning,) = report.warnings
    assert "1 article that it lists no more is kept, because it could not be asked for" in warning.text
    assert "403" in warning.text
    site.table["/0"] = reply(status=404)
    assert site.sync().deleted == 1
    assert site.ids() == set(PATHS[2:])


def test_a_host_that_fails_again_and_again_is_left_alone(site: Site) -> None:
    more = [f"/more/{number}" for number in range(2 * MAX_FAILURES)]
    site.show(*PATHS, *more)
    site.sync()
    site.list("/0")
    site.table |= {path: reply("no", 403) for path in [*PATHS[1:], *more]}
    report = site.sync()
    assert len(site.server.paths()) == 2 + MAX_FAILURES
    assert f"{len(PATHS) - 1 + len(more)} articles that it lists no more are kept" in report.warnings[0].text
    assert site.ids() == {*PATHS, *more}


def test_what_was_still_there_is_asked_for_again_only_after_a_while(site: Site) -> None:
    site.list(*PATHS[1:])
    for later, asked in ((timedelta(0), True), (timedelta(0), False), (AGAIN_AFTER / 2, False), (AGAIN_AFTER, True)):
        site.now += later
        site.sync()
        assert ("/0" in site.server.paths()) is asked


def test_as_many_are_asked_for_as_a_run_may_ask_and_each_has_its_turn(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.vanished.MAX_QUESTIONS", 3)
    site.list("/0")
    asked = []
    for left in (5, 2, 0, 0):
        report = site.sync()
        asked.append(site.server.paths()[2:])
        assert [warning.text for warning in report.warnings] == (
            [f"{left} more articles that it lists no more are asked for in later runs"] if left else []
        )
    assert [len(paths) for paths in asked] == [3, 3, 2, 0]
    assert sorted(path for paths in asked for path in paths) == PATHS[1:]
    assert site.ids() == set(PATHS)
    assert MAX_QUESTIONS <= 1_000


def test_a_page_that_goes_while_it_is_listed_is_not_asked_for_twice(site: Site) -> None:
    site.table["/0"] = reply(status=404)
    assert site.sync().deleted == 1
    assert site.server.paths().count("/0") == 1


def test_a_page_that_is_listed_under_a_new_address_has_moved(site: Site) -> None:
    site.show("/new", *PATHS[1:])
    site.table["/0"] = redirect("/new")
    assert site.sync().added == 1
    assert site.ids() == {"/new", *PATHS[1:]}
    assert moved_to(site.opened, site.server, "/0") == "/new"
    assert "/0" not in (site.sync(), site.server.paths())[1]


def test_a_page_that_leads_to_what_is_no_article_of_ours_is_kept(site: Site) -> None:
    site.list(*PATHS[1:])
    site.table |= {"/0": redirect("/section"), "/section": page("Section")}
    assert site.sync().deleted == 0
    assert site.ids() == set(PATHS)


def test_only_a_run_that_prunes_asks(site: Site) -> None:
    site.list("/0")
    site.sync(prune=False)
    assert site.server.paths() == ["/map.xml", "/0"]


def test_a_plan_asks_too_and_changes_nothing(site: Site) -> None:
    site.list(*PATHS[2:])
    site.table |= {"/0": reply(status=404), "/1": reply(status=410)}
    said: list[tuple[str, str]] = []
    report = site.sync(dry_run=True, notice=lambda outcome, name: said.append((outcome, name)))
    assert report.deleted == 2
    assert sorted(name for outcome, name in said if outcome == "deleted") == [
        f"{site.server.place}/{n}" for n in (0, 1)
    ]
    assert site.ids() == set(PATHS)
    assert site.opened.ledger.removed.in_force() == []


def test_if_too_much_is_gone_at_once_nothing_is_deleted(site: Site) -> None:
    site.list("/0")
    site.table |= {path: reply(status=404) for path in PATHS[1:]}
    report = site.sync(most_gone=0.2)
    assert (report.deleted, report.failed) == (0, 1)
    assert "8 of its 9 articles would vanish at once" in report.failures[0].text
    assert site.ids() == set(PATHS)


def test_what_robots_txt_disallows_now_is_kept(site: Site) -> None:
    site.list(*PATHS[1:])
    site.table["/robots.txt"] = reply("User-agent: *\nDisallow: /0")
    report = site.sync()
    assert (report.deleted, report.warnings) == (0, ())
    assert "/0" not in site.server.paths()


def test_what_was_read_is_in_the_index_before_anything_is_asked_for(site: Site) -> None:
    seen: list[set[str]] = []

    def respond(asked: Any, usual: Callable[..., Any] = site.server.respond) -> Any:
        if asked.path == "/0":
            seen.append(site.ids())
        return usual(asked)

    site.show("/new", *PATHS[1:])
    site.server.respond = respond
    site.sync()
    assert seen == [{"/new", *PATHS}]
