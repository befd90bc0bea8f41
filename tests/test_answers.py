"""What is promised of listed pages that answer that they are gone: a mistake of a server empties no archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from followed_site import PATHS, Site, nine_pages
from news_pages import page, rss, urlset
from web_servers import fetcher_for, reply

from index.indexer import Indexer
from index.pruning import FEW_GONE
from index.sources import find_sources

NO_INDEX = "<meta name=robots content=noindex>"
MOST: Any = {"most_gone": 0.2}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from nine_pages(tmp_path_factory.mktemp("answers"))


def answers(status: int) -> Any:
    """404 or 410, or for 200 a page that does not want to be found."""
    return page("No more", NO_INDEX) if status == 200 else reply(status=status)


def down(site: Site) -> list[str]:
    return [removal.kind for removal in site.opened.ledger.removed.in_force()]


@pytest.mark.parametrize("status", [404, 410, 200])
def test_a_site_whose_pages_all_say_that_they_are_gone_loses_nothing(site: Site, status: int) -> None:
    site.table |= dict.fromkeys(PATHS, answers(status))
    for _ in range(2):
        report = site.sync(**MOST)
        assert (report.deleted, report.failed, report.exit_code) == (0, 1, 3)
        assert "9 of its 9 articles would vanish at once (9 answered: " in report.failures[0].text
        assert "allow it once with --allow-gone" in report.failures[0].text
        assert set(site.server.paths()) == {"/map.xml", *PATHS}
        assert (site.ids(), down(site)) == (set(PATHS), [])


@pytest.mark.parametrize("status", [404, 410, 200])
def test_what_was_held_back_is_deleted_once_that_is_allowed(site: Site, status: int) -> None:
    site.table |= dict.fromkeys(PATHS[1:], answers(status))
    assert site.sync(**MOST).deleted == 0
    assert site.sync(most_gone=1.0).deleted == 8
    assert site.ids() == {"/0"}
    assert down(site) == (["killed"] * 8 if status == 410 else [])


def test_what_was_held_back_is_asked_for_again_though_nothing_says_that_it_changed(site: Site) -> None:
    dated = urlset(*PATHS, more="<lastmod>2024-07-01</lastmod>")
    site.table["/map.xml"] = dated
    site.sync(**MOST)
    site.table |= {"/map.xml": dated.replace("07-01", "07-02"), **dict.fromkeys(PATHS, answers(404))}
    assert site.sync(**MOST).failed == 1
    site.table |= {path: page(f"Page {path}") for path in PATHS}
    report = site.sync(**MOST)
    assert (report.unchanged, report.failed) == (9, 0)
    assert set(site.server.paths()) == {"/map.xml", *PATHS}
    assert site.sync(**MOST).unchanged == 9
    assert site.server.paths() == ["/map.xml"]


@pytest.mark.parametrize("status", [404, 410, 200])
def test_a_few_pages_that_are_gone_leave_at_once(site: Site, status: int) -> None:
    site.table |= dict.fromkeys(PATHS[:FEW_GONE], answers(status))
    report = site.sync(**MOST)
    assert (report.deleted, report.failed, report.left_out) == (FEW_GONE, 0, 0)
    assert site.ids() == set(PATHS[FEW_GONE:])
    assert down(site) == (["killed"] * FEW_GONE if status == 410 else [])


def test_pages_that_are_gone_count_together_with_those_that_are_listed_no_more(site: Site) -> None:
    site.list(*PATHS[3:])
    site.table |= dict.fromkeys(PATHS[:6], answers(404)) | {"/3": answers(410)}
    report = site.sync(**MOST)
    assert "6 of its 9 articles would vanish at once" in report.failures[0].text
    assert (site.ids(), down(site)) == (set(PATHS), [])
    assert sorted(site.server.paths()) == [*PATHS, "/map.xml"]


def test_kills_of_pages_that_are_listed_no_more_are_held_back_too(site: Site) -> None:
    site.list("/0")
    site.table |= dict.fromkeys(PATHS[1:], answers(410))
    assert site.sync(**MOST).failed == 1
    assert (site.ids(), down(site)) == (set(PATHS), [])
    assert site.sync(most_gone=1.0).deleted == 8
    assert (site.ids(), down(site)) == ({"/0"}, ["killed"] * 8)


def test_a_plan_says_which_pages_are_held_back(site: Site) -> None:
    said: list[tuple[str, str]] = []
    site.table |= dict.fromkeys(PATHS, answers(410))
    site.sync(dry_run=True, notice=lambda outcome, name: said.append((outcome, name)), **MOST)
    assert sorted(said) == [("gone", f"{site.server.place}{path}") for path in PATHS]


def test_nothing_is_killed_for_good_that_the_archive_never_had_if_its_whole_site_fails(site: Site) -> None:
    more = [f"/more/{number}" for number in range(9)]
    site.list(*more)
    site.table |= {**dict.fromkeys(more, answers(410)), **{path: page(f"Page {path}") for path in PATHS}}
    report = site.sync(**MOST)
    assert (report.failed, report.exit_code, down(site)) == (1, 3, [])
    site.show(*PATHS, *more)
    assert site.sync(**MOST).added == 9


def test_pages_that_were_killed_before_do_not_count_again(site: Site) -> None:
    more = [f"/more/{number}" for number in range(6)]
    site.show(*PATHS, *more)
    site.sync()
    site.table |= dict.fromkeys(more, answers(410))
    site.sync(most_gone=1.0)
    for _ in range(2):
        report = site.sync(**MOST)
        assert (report.failed, report.unchanged, report.deleted, report.left_out) == (0, 9, 0, 6)
    assert len(down(site)) == 6


def test_a_run_that_deletes_nothing_else_still_follows_what_pages_say(site: Site) -> None:
    site.table |= dict.fromkeys(PATHS[1:], answers(404))
    assert site.sync(prune=False, **MOST).deleted == 8
    assert site.ids() == {"/0"}


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_stays_if_the_same_run_finds_it_published_but_not_one_that_is_killed(
    site: Site, tmp_path: Path, status: int
) -> None:
    entries = (f"<title>Page {path}</title><link>{site.server.url}{path}</link>" for path in PATHS)
    feed = tmp_path / "feed.xml"
    feed.write_text(rss(*(f"{entry}<description>{'The whole text. ' * 30}</description>" for entry in entries)))
    site.table |= dict.fromkeys(PATHS[:FEW_GONE], answers(status))
    start = f"{site.server.url}/map.xml"
    with fetcher_for(site.server) as fetcher:
        sources = find_sources([start, str(feed)], fetcher=fetcher, state=site.opened.state)
        indexer = Indexer(site.opened.engine, ledger=site.opened.ledger, state=site.opened.state)
        report = indexer.run(sources, roots=[start, str(feed)], prune=True, **MOST)
    killed = set(PATHS[:FEW_GONE]) if status == 410 else set()
    assert (report.deleted, report.failed) == (len(killed), 0)
    assert (site.ids(), len(down(site))) == (set(PATHS) - killed, len(killed))


def test_articles_of_another_source_are_held_back_too(site: Site, tmp_path: Path) -> None:
    lines = tmp_path / "more.jsonl"
    more = [f"/more/{number}" for number in range(20)]
    lines.write_text("".join(f'{{"title": "A", "body": "B", "url": "{site.server.url}{path}"}}\n' for path in more))
    Indexer(site.opened.engine, ledger=site.opened.ledger, state=site.opened.state).run(find_sources(lines))
    site.list(*PATHS, *more)
    site.table |= dict.fromkeys(more, answers(410))
    report = site.sync(**MOST)
    assert "20 of its 29 articles would vanish at once" in report.failures[0].text
    assert (site.ids(), down(site)) == ({*PATHS, *more}, [])


def test_what_is_really_gone_leaves_when_the_rest_is_back(site: Site) -> None:
    site.table |= dict.fromkeys(PATHS, answers(404))
    site.sync(**MOST)
    site.table |= {path: page(f"Page {path}") for path in PATHS[FEW_GONE:]}
    site.now += timedelta(days=1)
    assert site.sync(**MOST).deleted == FEW_GONE
    assert site.ids() == set(PATHS[FEW_GONE:])
