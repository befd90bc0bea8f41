"""What is promised of articles that wait and are listed no more: their pages are asked for, as those of others are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from followed_site import PATHS, Site, nine_pages
from news_pages import page, urlset
from web_servers import redirect, reply

EARLY = '<meta property="article:published_time" content="2026-12-01T09:00:00Z">'
SOON = ("/soon/0", "/soon/1")


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two articles more, which wait."""
    for site in nine_pages(tmp_path_factory.mktemp("waiting")):
        site.table |= {path: page(f"Page {path}", EARLY) for path in SOON}
        site.list(*PATHS, *SOON)
        assert site.sync().waiting == len(SOON)
        yield site


def waiting(site: Site) -> set[str]:
    return {name.removeprefix(site.server.place) for name, _ in site.opened.ledger.waiting.sources()}


def down(site: Site) -> list[str]:
    return [removal.id.removeprefix(site.server.place) for removal in site.opened.ledger.removed.in_force()]


def test_one_whose_page_is_there_goes_on_waiting_and_is_asked_for_again_after_a_while(site: Site) -> None:
    site.list(*PATHS)
    for asked in (True, False):
        report = site.sync()
        assert (report.deleted, report.failed, report.warnings) == (0, 0, ())
        assert waiting(site) == set(SOON)
        assert site.server.paths() == ["/map.xml", *PATHS, *(SOON if asked else ())]


def test_one_whose_page_is_gone_is_forgotten(site: Site) -> None:
    site.list(*PATHS)
    site.table["/soon/0"] = reply(status=404)
    assert site.sync().deleted == 1
    assert (waiting(site), down(site)) == ({"/soon/1"}, [])


def test_one_whose_page_is_gone_for_good_is_taken_down(site: Site) -> None:
    site.list(*PATHS)
    site.table["/soon/0"] = reply(status=410)
    assert site.sync().deleted == 1
    assert (waiting(site), down(site)) == ({"/soon/1"}, ["/soon/0"])


def test_one_whose_page_cannot_be_asked_for_goes_on_waiting(site: Site) -> None:
    site.list(*PATHS)
    site.table |= dict.fromkeys(SOON, reply("no", 403))
    report = site.sync()
    assert "2 articles that it lists no more are kept" in report.warnings[0].text
    assert (report.deleted, waiting(site)) == (0, set(SOON))


def test_one_that_has_moved_to_a_page_that_is_listed_waits_once(site: Site) -> None:
    site.table |= {"/soon/0": redirect("/later"), "/later": page("Page /soon/0", EARLY)}
    site.list(*PATHS, "/soon/1", "/later")
    site.sync()
    assert waiting(site) == {"/later", "/soon/1"}


def test_what_waits_counts_with_what_is_shown_when_too_much_is_gone_at_once(site: Site) -> None:
    site.list(*PATHS[4:])
    site.table |= dict.fromkeys((*PATHS[:4], *SOON), reply(status=404))
    report = site.sync(most_gone=0.2)
    assert "6 of its 11 articles would vanish at once" in report.failures[0].text
    assert (report.deleted, site.ids(), waiting(site)) == (0, set(PATHS), set(SOON))
    assert site.sync().deleted == 6


def test_a_waiting_page_that_answers_that_it_is_gone_while_it_is_listed_is_forgotten(site: Site) -> None:
    site.table |= {"/map.xml": urlset(*PATHS, *SOON), "/soon/0": reply(status=404)}
    assert site.sync(most_gone=0.2).deleted == 1
    assert waiting(site) == {"/soon/1"}
