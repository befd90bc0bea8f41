"""What feeds beside pages promise: an article that is on a page is not read twice, and none is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from news_pages import rss
from test_source_feeds import PROSE

from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from index.report import Report
from index.sources import find_sources
from search.engines import open_engine
from search.engines.protocols import Engine
from search.settings import Settings


@pytest.fixture
def engine() -> Engine:
    return open_engine("memory:")


def run(engine: Engine, *locations: Path) -> Report:
    return Indexer(engine).run(find_sources(locations), roots=list(map(str, locations)), prune=True)


def bodies(engine: Engine) -> dict[str, str]:
    with engine.searcher() as searcher:
        return {document.title: document.body for document in searcher.articles()}


def indexed(engine: Engine) -> list[str]:
    with engine.searcher() as searcher:
        return [document.body for document in searcher.articles()]


def page(path: Path, title: str, head: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"<html><head><title>{title}</title>{head}</head><body><article><p>{PROSE}</p></article></body></html>"
    path.write_text(text, "utf-8")


def entry(title: str, link: str) -> str:
    return f"<title>{title}</title><link>{link}</link><description>The beginning …</description>"


@pytest.mark.parametrize(
    ("file", "title", "head", "link"),
    [
        ("a.html", "Ferry runs all winter - The Lantern", "", ""),
        ("a.html", "Title of the site", '<meta content="Ferry runs all winter" property="og:title">', "https://x.example/"),
        ("a.html", "Other", "<link href='http://www.x.example/ferry?utm_source=a' rel=canonical>", "https://x.example/ferry"),
        ("posts/ferry/index.html", "Other", "", "https://x.example/posts/ferry/"),
        ("posts/ferry.html", "Other", "", "https://x.example/posts/ferry"),
        ("posts/ferry.html", "Other", "", "https://x.example/posts/ferry//index.html"),
        ("x.example/a/index.htm", "Other", "", "https://x.example/a/"),
    ],
)  # fmt: skip
def test_an_entry_whose_page_is_there_is_passed_over(
    tmp_path: Path, engine: Engine, file: str, title: str, head: str, link: str
) -> None:
    page(tmp_path / file, title, head)
    other = entry("Bridge closes in spring", "https://x.example/bridge")
    (tmp_path / "index.xml").write_text(rss(entry("Ferry runs all winter", link), other), "utf-8")
    report = run(engine, tmp_path)
    assert (report.added, report.failed, report.warned) == (2, 0, 1)
    assert "1 entry of its feeds repeats a page and is passed over" in report.warnings[0].text
    assert "Bridge closes in spring" in bodies(engine)
    again = run(engine, tmp_path)
    assert (again.unchanged, again.changed, again.deleted) == (2, 0, 0)


def test_one_page_costs_no_feed_beside_it_an_entry(tmp_path: Path, engine: Engine) -> None:
    page(tmp_path / "index.html", "News", '<link rel="canonical" href="https://x.example/">')
    page(tmp_path / "1.html", "Ferry")
    (tmp_path / "feed.xml").write_text(
        rss(entry("News", "https://y.example/"), entry("Ferry", "https://y.example/1")), "utf-8"
    )
    report = run(engine, tmp_path)
    assert (report.added, report.warnings) == (4, ())


@pytest.mark.parametrize("link", ["https://x.example/2024/forecast-{}.html", "https://x.example/?p={}"])
def test_entries_with_the_title_of_a_page_and_other_addresses_are_kept(
    tmp_path: Path, engine: Engine, link: str
) -> None:
    address = link.format(1)
    page(tmp_path / "2024/forecast-1.html", "Weather forecast | Daily", f'<link rel="canonical" href="{address}">')
    entries = (entry("Weather forecast", link.format(week)) for week in (1, 2, 3))
    (tmp_path / "feed.xml").write_text(rss(*entries), "utf-8")
    report = run(engine, tmp_path)
    assert report.added == 3
    assert [warning.text.split(";")[0] for warning in report.warnings] == [
        "1 entry of its feeds repeats a page and is passed over"
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<html><head><title>Ferry runs all winter</title></head><body><script>load()</script></body></html>",
        "<html><head><title>Ferry runs all winter</title></head><body>\0\1\2\3</body></html>",
    ],
)
def test_an_entry_whose_page_gives_no_text_is_kept(tmp_path: Path, engine: Engine, markup: str) -> None:
    (tmp_path / "ferry.html").write_text(markup, "utf-8")
    (tmp_path / "feed.xml").write_text(rss(entry("Ferry runs all winter", "https://x.example/ferry")), "utf-8")
    run(engine, tmp_path)
    assert "The beginning …" in indexed(engine)


def test_an_entry_is_passed_over_if_one_of_its_pages_has_text(tmp_path: Path, engine: Engine) -> None:
    empty = "<html><head><title>Ferry runs all winter</title></head><body><script>load()</script></body></html>"
    (tmp_path / "a.html").write_text(empty, "utf-8")
    page(tmp_path / "b.html", "Ferry runs all winter")
    (tmp_path / "feed.xml").write_text(rss(entry("Ferry runs all winter", "")), "utf-8")
    run(engine, tmp_path)
    assert sorted(indexed(engine)) == ["", PROSE.strip()]


def test_a_feed_that_is_named_itself_is_read_whole(tmp_path: Path, engine: Engine) -> None:
    page(tmp_path / "ferry.html", "Ferry runs all winter")
    (tmp_path / "feed.xml").write_text(rss(entry("Ferry runs all winter", "https://x.example/ferry")), "utf-8")
    assert run(engine, tmp_path / "feed.xml").added == 1


def test_an_excerpt_does_not_replace_the_page_that_was_read_in_the_same_run(tmp_path: Path, engine: Engine) -> None:
    link = "https://x.example/2024/ferry"
    page(tmp_path / "ferry.html", "Ferry runs all winter", f'<link rel="canonical" href="{link}">')
    (tmp_path / "feed.xml").write_text(rss(entry("Ferry runs all winter", link)), "utf-8")
    for _ in range(2):
        run(engine, tmp_path / "ferry.html", tmp_path / "feed.xml")
        assert bodies(engine)["Ferry runs all winter"] == PROSE.strip()


FERRY = entry("Ferry runs all winter", "https://x.example/posts/ferry")


def opened_at(place: Path) -> Opened:
    return open_for_filling(Settings.model_validate({"index": f"whoosh:{place / 'archive'}"}))


def follow(opened: Opened, folder: Path, *, prune: bool = True, **options: Any) -> Report:
    indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state)
    return indexer.run(find_sources(folder), roots=[str(folder)] if prune else [], prune=prune, **options)


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize(
    ("file", "title"), [("posts/ferry.html", "Ferry runs all winter - The Lantern"), ("posts/ferry.html", "Other")]
)
def test_a_page_that_comes_later_takes_the_place_of_the_entry_of_a_feed(
    tmp_path: Path, file: str, title: str, is_listed: bool, prune: bool
) -> None:
    opened, folder = opened_at(tmp_path), tmp_path / "site"
    folder.mkdir()
    other = entry("Bridge closes in spring", "https://x.example/bridge")
    (folder / "feed.xml").write_text(rss(FERRY, other), "utf-8")
    assert follow(opened, folder, prune=prune).added == 2
    page(folder / file, title)
    if not is_listed:  # it has only its newest entries
        (folder / "feed.xml").write_text(rss(other), "utf-8")
    plan: list[tuple[str, str]] = []
    follow(opened, folder, prune=prune, dry_run=True, notice=lambda outcome, name: plan.append((outcome, name)))
    assert ("deleted", "x.example/posts/ferry") in plan
    report = follow(opened, folder, prune=prune)
    assert (report.added, report.changed, report.unchanged, report.deleted) == (1, 0, 1, 1)
    assert bodies(opened.engine).keys() == {title, "Bridge closes in spring"}
    with opened.engine.searcher() as searcher:
        assert opened.ledger.moved_to("x.example/posts/ferry") in {document.id for document in searcher.articles()}
    generation = report.generation
    again = follow(opened, folder, prune=prune)
    assert (again.unchanged, again.deleted, again.generation) == (2, 0, generation)


def test_a_page_that_states_the_address_of_an_entry_is_its_article(tmp_path: Path) -> None:
    opened, folder = opened_at(tmp_path), tmp_path / "site"
    folder.mkdir()
    (folder / "feed.xml").write_text(rss(FERRY), "utf-8")
    follow(opened, folder)
    page(folder / "a.html", "Ferry", "<link href='https://x.example/posts/ferry' rel=canonical>")
    report = follow(opened, folder)
    assert (report.added, report.changed, report.deleted) == (0, 1, 0)
    assert indexed(opened.engine) == [PROSE.strip()]
    assert follow(opened, folder).unchanged == 1


def test_an_entry_that_waits_waits_no_more_when_its_page_comes(tmp_path: Path) -> None:
    opened, folder = opened_at(tmp_path), tmp_path / "site"
    folder.mkdir()
    (folder / "feed.xml").write_text(rss(f"{FERRY}<pubDate>Tue, 01 Jan 2999 09:00:00 GMT</pubDate>"), "utf-8")
    assert follow(opened, folder).waiting == 1
    page(folder / "posts/ferry.html", "Ferry")
    assert (follow(opened, folder).deleted, opened.ledger.waiting.counts()) == (1, (0, 0))
    assert indexed(opened.engine) == [PROSE.strip()]


def test_a_page_without_text_takes_no_place_though_it_comes_later(tmp_path: Path) -> None:
    opened, folder = opened_at(tmp_path), tmp_path / "site"
    folder.mkdir()
    (folder / "feed.xml").write_text(rss(FERRY), "utf-8")
    follow(opened, folder)
    (folder / "posts").mkdir()
    empty = "<html><head><title>Ferry runs all winter</title></head><body><script>load()</script></body></html>"
    (folder / "posts/ferry.html").write_text(empty, "utf-8")
    assert follow(opened, folder).deleted == 0
    assert "The beginning …" in indexed(opened.engine)


def test_a_folder_with_a_feed_is_pruned_but_for_the_articles_of_the_feed(tmp_path: Path, engine: Engine) -> None:
    for name in ("one", "two"):
        page(tmp_path / f"{name}.html", f"Page of the {name}")
    feed = tmp_path / "feed.xml"
    feed.write_text(rss(*(entry(f"Only in the feed {n}", f"https://x.example/{n}") for n in range(2))), "utf-8")
    assert run(engine, tmp_path).added == 4
    (tmp_path / "two.html").unlink()
    feed.write_text(rss(entry("Only in the feed 1", "https://x.example/1")), "utf-8")
    report = run(engine, tmp_path)
    assert (report.deleted, report.warnings) == (1, ())
    assert set(bodies(engine)) == {"Page of the one", "Only in the feed 0", "Only in the feed 1"}
