"""What a site that was read before costs: a few requests, as long as its counts prove that they show all changes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_wordpress_site import IN_STEP, Archive, archive_of, fetched
from wordpress_site import START, WebServer, WordPress, failure

from index.naming import tombstones_for
from index.sources.wordpress import recent
from index.sources.wordpress.recent import Known, read_known
from index.state import State
from search.ledger import open_ledger
from search.takedown import take_down

HOURS_APART = 25


def site_over_months(posts: int, **options: Any) -> WordPress:
    """A site whose posts were written more than a day apart."""
    site = WordPress(**options)
    for number in range(1, posts + 1):
        write(site, number)
    return site


def write(site: WordPress, number: int, **fields: Any) -> None:
    site.now += HOURS_APART * 60
    site.write(number, **fields)
    if "more" not in fields:
        site.posts[number].more |= {"date_gmt": moment(number * HOURS_APART * 60)}


def moment(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")


def lists(server: WebServer) -> int:
    """How many pages of the list of all posts were asked for."""
    return sum("orderby=id" in path and "wp/v2/posts" in path for path in server.paths())


def sync_and_check(archive: Archive, server: WebServer) -> int:
    """One run, after which archive and site are the same; how many pages of the list it took."""
    server.asked.clear()
    report = archive.sync()
    assert archive.difference() == IN_STEP
    assert report.failed == 0
    return lists(server)


def test_a_site_that_has_not_changed_takes_a_few_requests(tmp_path: Path) -> None:
    site = site_over_months(320)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        for _ in range(3):
            server.asked.clear()
            report = archive.sync()
            assert (report.unchanged, report.added, report.changed, report.deleted) == (320, 0, 0, 0)
            assert lists(server) == 0
            assert len(server.paths()) <= 8


def test_what_has_changed_is_fetched_without_the_list(tmp_path: Path) -> None:
    site = site_over_months(320)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        write(site, 17, title="New title")
        write(site, 321)
        write(site, 40, title="Another title")
        assert sync_and_check(archive, server) == 0
        assert sorted(fetched(server)) == [17, 40, 321]
        assert sync_and_check(archive, server) == 0
        assert fetched(server) == []


def test_a_site_with_a_post_that_was_taken_down_is_not_listed_in_each_run(tmp_path: Path) -> None:
    site = site_over_months(120)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        ledger = open_ledger(archive.engine.ledger_place)
        stones = tombstones_for(archive.engine, ledger, url=f"{server.url}/{site.posts[50].slug}/")
        take_down(archive.engine, ledger, stones, "court order", datetime.now(UTC))
        State(str(tmp_path / "archive.state")).forget_takedown([stones[0].id], [server.url])
        assert archive.sync().removed == 1
        for number in (121, 122):
            server.asked.clear()
            write(site, number)
            report = archive.sync()
            assert (report.added, report.unchanged, report.removed, lists(server)) == (1, number - 2, 1, 0)
        ledger.removed.undo(stones[0].id, datetime.now(UTC))
        assert archive.sync().added == 1
        assert archive.difference() == IN_STEP


def test_a_scheduled_post_appears_although_it_was_modified_long_ago(tmp_path: Path) -> None:
    site = site_over_months(120)
    write(site, 60, status="future", more={"date_gmt": moment(123 * HOURS_APART * 60)})
    write(site, 121)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        site.posts[60].status = "publish"
        site.posts[60].modified = 60
        assert sync_and_check(archive, server) == 0
        assert fetched(server) == [60]


@pytest.mark.parametrize(
    "change",
    ["deleted", "unpublished", "an old one published", "restored and another deleted", "moved", "a category renamed"],
)
def test_what_the_changes_do_not_show_is_found_in_the_list(tmp_path: Path, change: str) -> None:
    site = site_over_months(230)
    site.posts[30].status = "draft"
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        if change == "deleted":
            del site.posts[100]
        elif change == "unpublished":
            site.posts[100].status = "private"
        elif change == "an old one published":
            site.posts[30].status = "publish"
        elif change == "restored and another deleted":
            kept = site.posts.pop(100)
            sync_and_check(archive, server)
            site.posts[100] = kept
            write(site, 100)
            del site.posts[101]
        elif change == "moved":
            write(site, 40, slug="another-place")
        else:
            site.categories[2] = ("Business", 1)
        assert sync_and_check(archive, server) > 0
        assert sync_and_check(archive, server) == 0


def test_a_swap_that_no_count_shows_is_found_when_a_day_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_over_months(150)
    site.posts[30].status = "draft"
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        site.posts[30].status, site.posts[31].status = "publish", "draft"
        archive.sync()
        assert archive.difference() != IN_STEP
        monkeypatch.setattr(recent, "LISTED_EVERY", timedelta(0))
        assert sync_and_check(archive, server) == 2


def test_a_post_that_failed_is_asked_for_again(tmp_path: Path) -> None:
    site = site_over_months(120)
    with archive_of(site, tmp_path) as (archive, server):
        site.intervene = lambda asked, _: failure(500, "x") if "include=" in asked.path and "17" in asked.path else None
        assert archive.sync().failed > 0
        site.intervene = lambda *_: None
        assert sync_and_check(archive, server) > 0
        assert sync_and_check(archive, server) == 0


def test_a_site_too_old_for_the_parameters_is_read_all_the_same(tmp_path: Path) -> None:
    site = site_over_months(320, knows_after=False)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        write(site, 17, title="New title")
        del site.posts[18]
        sync_and_check(archive, server)
        assert sync_and_check(archive, server) == 0


def test_totals_that_a_proxy_takes_out_mean_the_list(tmp_path: Path) -> None:
    site = site_over_months(120, totals=False)
    with archive_of(site, tmp_path) as (archive, server):
        archive.sync()
        del site.posts[18]
        assert sync_and_check(archive, server) > 0


def test_after_each_of_many_runs_the_index_equals_the_site(tmp_path: Path) -> None:
    without_list = 0
    for seed in range(12):
        chance = random.Random(seed)
        site = site_over_months(130)
        folder = tmp_path / str(seed)
        folder.mkdir()
        with archive_of(site, folder) as (archive, server):
            for _ in range(6):
                for _ in range(chance.choice((0, 1, 3))):
                    change(site, chance)
                if chance.random() < 0.3:
                    archive.sync(cut_after=chance.randint(1, 14), batch=chance.choice((10, 70)))
                without_list += sync_and_check(archive, server) == 0
    assert without_list >= 12


def change(site: WordPress, chance: random.Random) -> None:
    """Something that editors do."""
    number = chance.choice(sorted(site.posts))
    match chance.choice(("write", "write", "edit", "edit", "move", "delete", "draft", "password")):
        case "write":
            write(site, max(site.posts) + 1)
        case "edit":
            write(site, number, title=f"Edited {chance.random()}", status="publish", password="")
        case "move":
            write(site, number, slug=f"place-{chance.random()}")
        case "delete":
            del site.posts[number]
        case "draft":
            write(site, number, status="draft")
        case "password":
            write(site, number, password="x")


@pytest.mark.parametrize("value", [None, 7, [], [7], [{}], [{"run": 1}, 2], {"run": 1}])
def test_a_memory_of_another_kind_is_none(value: object) -> None:
    assert read_known(value) is None


def test_dates_that_cannot_be_read_mean_the_list() -> None:
    known = Known("r", "x", "y", {}, [], "", "")
    assert (known.is_fresh, known.since) == (False, "")
    assert read_known([known.as_json(), 3]) == known
