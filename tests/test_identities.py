"""What is promised of identity: one piece is one article whatever source it comes from, and keeps its links when it
moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from index.article import Article, Item
from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from index.report import Report
from search.engines.protocols import Engine
from search.ledger.ledger import Ledger
from search.settings import Settings

PAGE = "https://www.example.org/2024/ferry/"
BODY = "The ferry runs all winter, the county says, and it will go on doing so."


class Given:
    """A source with these items."""

    size = None

    def __init__(self, name: str, *items: Item) -> None:
        self.name = name
        self._items = items

    def records(self) -> Iterator[Item]:
        yield from self._items


def article(url: str | None = PAGE, *, body: str = BODY, **stated: object) -> Article:
    return Article(origin="x", title="Ferry", body=body, url=url, **stated)  # type: ignore[arg-type]


@pytest.fixture
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    place = tmp_path_factory.mktemp("identity")
    return open_for_filling(Settings.model_validate({"index": f"whoosh:{place / 'archive'}"}))


def run(opened: Opened, *sources: Given, prune: bool = False) -> Report:
    indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state)
    roots = [source.name for source in sources] if prune else []
    return indexer.run(sources, roots=roots, prune=prune)


def held(engine: Engine) -> dict[str, str]:
    """The source of each article, by id."""
    with engine.searcher() as searcher:
        ids = [document.id for document in searcher.articles()]
        return {name: stamp.source for name, stamp in searcher.stamps(ids).items()}


def moved_to(ledger: Ledger, id: str) -> str | None:
    return ledger.moved_to(id)


FEED = "https://example.org/feed"
SITES = [
    Given(FEED, article("http://example.org/2024/ferry?utm_source=rss", guid="https://example.org/?p=7")),
    Given("https://example.org/sitemap.xml", article()),
    Given("/exports/a.jsonl", article(id="cms-7")),
    Given("https://example.org/wp-json/", article(guid="https://example.org/?p=7")),
    Given("/crawl.warc.gz", article("https://example.org/2024/ferry")),
]


@pytest.mark.parametrize("first", range(len(SITES)))
def test_one_piece_from_five_sources_is_one_article_whichever_came_first(opened: Opened, first: int) -> None:
    order = [*SITES[first:], *SITES[:first]]
    for source in order:
        run(opened, source)
    expected = "cms-7" if order[0].name == "/exports/a.jsonl" else "example.org/2024/ferry"
    assert set(held(opened.engine)) == {expected}
    other = {"cms-7", "example.org/2024/ferry"} - {expected}
    assert moved_to(opened.ledger, "example.org/2024/ferry") == (
        expected if "example.org/2024/ferry" in other else None
    )


def test_sources_that_say_the_same_again_and_again_write_nothing(opened: Opened) -> None:
    sources = [Given("/a", article(body=BODY + " One.")), Given("/b", article(body=BODY + " Two."))]
    for _ in range(2):
        for source in sources:
            run(opened, source)
    generation = opened.engine.generation()
    for source in sources:
        assert run(opened, source).unchanged == 1
    assert opened.engine.generation() == generation
    changed = run(opened, Given("/a", article(body=BODY + " Three.")))
    assert changed.changed == 1, "what is new wins, whichever source says it"


def test_an_excerpt_does_not_replace_a_whole_text_of_another_source(opened: Opened) -> None:
    run(opened, Given("/export", article()))
    report = run(opened, Given(FEED, article(body="The ferry runs …", is_excerpt=True)))
    assert (report.unchanged, report.warnings) == (1, ())
    with opened.engine.searcher() as searcher:
        assert searcher.document("example.org/2024/ferry").body == BODY  # type: ignore[union-attr]
    run(opened, Given("/other", Article(origin="y", title="Bridge", body=BODY, url="https://example.org/bridge")))
    run(opened, Given(FEED, article("https://example.org/new", body="New …", is_excerpt=True)))
    assert "example.org/new" in held(opened.engine), "an excerpt is better than nothing"


def test_what_one_source_deletes_comes_back_from_another_that_has_it(opened: Opened) -> None:
    one, two = Given("/a", article(), article("https://example.org/b")), Given("/b", article(body=BODY + " Two."))
    for source in (one, two, one, two):
        run(opened, source)
    run(opened, Given("/a", article("https://example.org/b")), prune=True)
    run(opened, Given("/b", article(body=BODY + " Two.")), prune=True)
    assert held(opened.engine)["example.org/2024/ferry"] == "/b"


def test_a_piece_that_moves_keeps_its_links(opened: Opened) -> None:
    guid = "https://example.org/?p=7"
    run(opened, Given("/site", article("https://example.org/old", guid=guid)))
    run(opened, Given("/site", article("https://example.org/new", guid=guid)))
    assert set(held(opened.engine)) == {"example.org/new"}
    assert opened.ledger.moved_to("example.org/old") == "example.org/new"
    run(opened, Given("/site", article("https://example.org/newest", guid=guid)))
    assert opened.ledger.moved_to("example.org/old") == "example.org/newest"
    back = run(opened, Given("/site", article("https://example.org/old", guid=guid)))
    assert (back.changed, set(held(opened.engine))) == (1, {"example.org/newest"}), "it stays where links lead already"
    assert opened.ledger.moved_to("example.org/old") == "example.org/newest"


def test_a_piece_with_an_id_of_its_own_is_found_by_each_address_it_had(opened: Opened) -> None:
    run(opened, Given("/a", article("https://example.org/old", id="7")))
    run(opened, Given("/a", article("https://example.org/new", id="7")))
    assert set(held(opened.engine)) == {"7"}
    assert [opened.ledger.moved_to(f"example.org/{name}") for name in ("old", "new")] == ["7", "7"]


def test_an_address_that_several_articles_state_is_none_of_theirs(opened: Opened) -> None:
    section = "https://example.org/news/"
    source = Given("/a", *(article(section, id=str(number), body=f"{BODY} {number}") for number in range(4)))
    for _ in range(3):
        run(opened, source)
        assert set(held(opened.engine)) == {"0", "1", "2", "3"}
    front = Given("/b", *(article("https://example.org/", id=f"b{number}") for number in range(3)))
    run(opened, front)
    assert {"b0", "b1", "b2"} <= set(held(opened.engine))


def test_guids_of_two_sites_are_two(opened: Opened) -> None:
    run(opened, Given("/a", article("https://one.example/a", guid="7"), article("https://two.example/b", guid="7")))
    assert set(held(opened.engine)) == {"one.example/a", "two.example/b"}


def test_a_run_that_is_cut_remembers_no_names_of_what_is_not_there(opened: Opened) -> None:
    class Cut(Given):
        def records(self) -> Iterator[Item]:
            yield from super().records()
            raise KeyboardInterrupt

    assert run(opened, Cut("/a", article(id="cms-7"))).interrupted
    assert opened.ledger.known(["url:example.org/2024/ferry"]) == {}
    run(opened, Given("/b", article()))
    assert set(held(opened.engine)) == {"example.org/2024/ferry"}


def test_a_dry_run_remembers_nothing(opened: Opened) -> None:
    Indexer(opened.engine, ledger=opened.ledger, state=opened.state).run([SITES[2]], dry_run=True)
    assert opened.ledger.known(["url:example.org/2024/ferry"]) == {}


def test_moves_have_the_time_of_their_run(opened: Opened) -> None:
    at = datetime(2026, 7, 3, tzinfo=UTC)
    for address in ("old", "new"):
        source = Given("/site", article(f"https://example.org/{address}", guid="7"))
        Indexer(opened.engine, ledger=opened.ledger, state=opened.state, clock=lambda: at).run([source])
    assert opened.ledger.moved_from("example.org/new") == ("example.org/old",)
