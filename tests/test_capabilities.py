"""What an engine lacks is never asked of it, and every answer that misses something says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from archives import over
from crippled import CrippledEngine

from search.assist.subject import Subject
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import CAPABILITIES, Engine
from search.errors import IndexMissing, ParameterError
from search.pinned_archive import PinnedArchive
from search.request.request import SearchRequest
from search.request.urls import Addresses

LINKS = Addresses()

ARTICLES = (
    Document("1", "Flood closes the old bridge", "The river rose over the bridge.", published=date(2024, 7, 3),
             sections=("News",), language="en"),
    Document("2", "Bridge opens again", "After the flood the river bridge carries traffic.",
             published=date(2024, 7, 9), sections=("News",), language="en"),
    Document("3", "A flood of letters", "Readers wrote about the river.", sections=("Letters",), language="en"),
)  # fmt: skip

QUESTIONS: dict[str, Callable[[PinnedArchive], object]] = {
    "search": lambda archive: archive.search(SearchRequest(q="flod brige"), LINKS),
    "explained search": lambda archive: archive.search(SearchRequest(q="flood", explain=True), LINKS),
    "phrase": lambda archive: archive.search(SearchRequest(q='"old bridge"'), LINKS),
    "grouped search": lambda archive: archive.search(SearchRequest(q="flood", group="story"), LINKS),
    "nothing found": lambda archive: archive.search(SearchRequest(q="xyzzy section:News"), LINKS),
    "suggest": lambda archive: archive.suggest("flood", LINKS),
    "related": lambda archive: archive.related(Subject(id="1"), LINKS),
    "neighbours": lambda archive: archive.neighbours(SearchRequest(q="flood"), 1, LINKS),
    "article": lambda archive: archive.article("1", SearchRequest(q="flood"), 0, LINKS),
    "overview": lambda archive: archive.overview(LINKS),
    "oldest": lambda archive: list(archive.oldest(0, 1_000)),
    "sections": lambda archive: archive.sections(LINKS),
}


def filled() -> Engine:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return engine


@pytest.fixture(scope="module")
def rich() -> Engine:
    return filled()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_no_question_needs_any_one_capability(rich: Engine, capability: str, question: str) -> None:
    with over(CrippledEngine(rich, capability)).pinned() as archive:
        QUESTIONS[question](archive)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_needs_any_capability_at_all(rich: Engine, question: str) -> None:
    with over(CrippledEngine(rich, *CAPABILITIES)).pinned() as archive:
        QUESTIONS[question](archive)


@pytest.mark.parametrize(
    ("capability", "request_"),
    [
        ("facets", SearchRequest(q="flood")),
        ("timeline", SearchRequest(q="flood")),
        ("explain", SearchRequest(q="flood", explain=True)),
        ("recency", SearchRequest(q="flood")),
        ("phrase", SearchRequest(q='"old bridge"')),
        ("near", SearchRequest(q='"old bridge"~3')),
        ("prefix", SearchRequest(q="flo*")),
        ("wildcard", SearchRequest(q="fl?od")),
        ("fuzzy", SearchRequest(q="flod~")),
    ],
)
def test_what_is_left_out_is_said(rich: Engine, capability: str, request_: SearchRequest) -> None:
    [warning] = over(CrippledEngine(rich, capability)).search(request_, LINKS).warnings
    assert f"cannot do {capability}" in warning
    assert over(CrippledEngine(rich)).search(request_, LINKS).warnings == ()


def test_what_is_left_out_is_absent(rich: Engine) -> None:
    answer = over(CrippledEngine(rich, "facets", "timeline", "explain")).search(
        SearchRequest(q="flood", explain=True), LINKS
    )
    assert (answer.facets, answer.timeline, answer.hits[0].explanation) == ((), None, None)
    assert answer.total == 3


def test_without_cursors_a_cursor_is_refused(rich: Engine) -> None:
    with pytest.raises(ParameterError, match="use page"):
        over(CrippledEngine(rich, "cursor")).search(SearchRequest(q="flood", cursor="*"), LINKS)


def test_without_explain_related_articles_still_say_why(rich: Engine) -> None:
    found = over(CrippledEngine(rich, "explain")).related(Subject(id="1"), LINKS, mode="follow-ups")
    assert [(row.hit.id, [term.text for term in row.why]) for row in found.hits] == [
        ("2", ["bridge", "Flood", "river"])
    ]
    assert found == replace(
        over(CrippledEngine(rich)).related(Subject(id="1"), LINKS, mode="follow-ups"), took_ms=found.took_ms
    )


def test_without_a_vocabulary_related_articles_say_that_they_need_one(rich: Engine) -> None:
    found = over(CrippledEngine(rich, "vocabulary")).related(Subject(id="1"), LINKS)
    assert (found.hits, found.total) == ((), 0)
    assert "cannot count words" in found.warnings[0]


def test_without_a_vocabulary_titles_and_sections_still_complete(rich: Engine) -> None:
    kinds = {found.kind for found in over(CrippledEngine(rich, "vocabulary")).suggest("letters", LINKS)}
    assert kinds == {"article", "section"}


def test_without_snapshots_an_open_archive_may_move_on() -> None:
    engine = CrippledEngine(filled(), "snapshot")
    with over(engine).pinned() as archive:
        with engine.writer() as writer:
            writer.add(Document("4", "Another flood", language="en"))
        assert archive.search(SearchRequest(q="flood"), LINKS).total == 4


def test_without_transactions_what_was_written_stays() -> None:
    engine = CrippledEngine(open_engine("memory:"), "transaction")
    with pytest.raises(IndexMissing):
        engine.searcher()
    writer = engine.writer()
    writer.add(ARTICLES[0])
    writer.rollback()
    with engine.searcher() as searcher:
        assert searcher.document("1") == ARTICLES[0]
