"""The front door: every question an archive answers, from its newest commit, and an article with what led to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from archives import NOW, fill, over
from counting import CountingEngine

from search.archive import Archive
from search.assist.subject import Subject
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.plan import Plan
from search.engines.protocols import Engine
from search.errors import EngineError, IndexMissing, NotFound, ParameterError, QuerySyntaxError
from search.query.match import MatchAll
from search.request.request import HIT_KEYS, SearchRequest
from search.request.urls import Addresses
from search.results.answer import HitContext
from search.results.as_json import jsonable, search_answer, search_json
from search.results.hits import hits
from search.settings import Settings

BODY = "The river rose.\n\nA bridge falls\n\nThe bridge fell into the river, and bridges elsewhere were closed."


def _documents() -> Iterator[Document]:
    yield Document(
        "flood", "The bridge and the river", BODY, "A bridge fell.", (Heading("A bridge falls", 2, 17, "falls"),),
        sections=("News > Local",), published=date(2024, 6, 1), language="en",
    )  # fmt: skip
    for number in range(1, 5):
        yield Document(f"n{number}", f"Bridge {number}", "A bridge.", published=date(2024, 1, number), language="en")


@pytest.fixture
def engine() -> Engine:
    return fill(open_engine("memory:"), *_documents())


@pytest.fixture
def archive(engine: Engine) -> Iterator[Archive]:
    opened = Archive(engine, Settings(), clock=lambda: NOW, check_seconds=0.0)
    yield opened
    opened.close()


def test_every_question_is_answered_alike_pinned_or_not(archive: Archive) -> None:
    request, subject = SearchRequest(q="brige"), Subject(id="flood")
    with archive.pinned() as pinned:
        assert replace(archive.search(request), took_ms=0.0) == replace(pinned.search(request), took_ms=0.0)
        assert archive.suggest("bri") == pinned.suggest("bri") != ()
        assert archive.suggest("bri", None, 1) == pinned.suggest("bri", limit=1)
        found = archive.related(subject, mode="same-days", limit=3)
        assert replace(found, took_ms=0.0) == replace(pinned.related(subject, mode="same-days", limit=3), took_ms=0.0)
        assert archive.overview() == pinned.overview()
        assert archive.article("flood").document == pinned.article("flood").document
        around = SearchRequest(q="bridge")
        assert archive.neighbours(around, 1) == pinned.neighbours(around, 1) != (None, None)
        assert archive.article("n1", around, 4).previous == pinned.article("n1", around, 4).previous
        assert archive.status() == pinned.status


def test_each_question_sees_the_newest_commit_and_a_pinned_archive_its_own(archive: Archive, engine: Engine) -> None:
    with archive.pinned() as pinned:
        fill(engine, Document("new", "Another bridge", language="en"))
        assert archive.search(SearchRequest(q="bridge")).total == 6
        assert pinned.search(SearchRequest(q="bridge")).total == 5
        with pytest.raises(NotFound):
            pinned.article("new")
        assert archive.article("new").document.title == "Another bridge"


def test_links_lead_to_the_pages_below_the_public_address_unless_told_otherwise(engine: Engine) -> None:
    archive = over(engine, NOW, public_url="https://news.example/archive/")
    assert archive.search(SearchRequest(q="bridge")).links.self == "/archive/search?q=bridge"
    assert archive.search(SearchRequest(q="bridge"), Addresses("api")).links.self == "/api/v1/search?q=bridge"
    assert archive.suggest("bri")[0].url.startswith("/archive/search?q=bri")
    assert archive.related(Subject(id="flood")).hits[0].hit.article_url.startswith("/archive/article/n")


def test_an_archive_without_an_index_opens_and_fails_only_when_asked(tmp_path: Path) -> None:
    archive = Archive(open_engine(str(tmp_path / "none")))
    assert archive.problem is None
    with pytest.raises(IndexMissing):
        archive.search(SearchRequest())
    assert isinstance(archive.problem, IndexMissing)
    fill(archive.engine, Document("a", "x"))
    assert archive.search(SearchRequest()).total == 1
    assert archive.problem is None
    archive.close()


def test_a_closed_archive_opens_again_when_it_is_asked(archive: Archive) -> None:
    assert archive.status().articles == 5
    archive.close()
    assert archive.search(SearchRequest(q="bridge")).total == 5


# An article and the search that led to it


def test_the_matches_of_a_search_are_marked_in_every_field_of_the_article(archive: Archive) -> None:
    found = archive.article("flood", SearchRequest(q="bridges"))
    assert found.marks is not None
    title, body = found.document.title, found.document.body
    assert [title[start:end] for start, end in found.marks.spans(title, "title")] == ["bridge"]
    assert [body[start:end] for start, end in found.marks.spans(body, "body")] == ["bridge", "bridge", "bridges"]
    assert found.marks.spans("A bridge falls", "headings") == [(2, 8)]
    assert found.marks.spans("A bridge fell.", "summary") == [(2, 8)]


def test_a_heading_is_marked_for_what_was_searched_in_the_body(archive: Archive) -> None:
    for q, marked in (("body:bridge", [(2, 8)]), ("headings:bridge", [(2, 8)]), ("title:bridge", [])):
        marks = archive.article("flood", SearchRequest(q=q)).marks
        assert marks is not None
        assert marks.spans("A bridge falls", "headings") == marked


@pytest.mark.parametrize("q", ["", "  "])
def test_a_search_without_words_marks_nothing(archive: Archive, q: str) -> None:
    assert archive.article("flood", SearchRequest(q=q)).marks is None


def test_an_article_that_is_not_there_is_named(archive: Archive) -> None:
    with pytest.raises(NotFound, match=r"no article 'x{200}'"):
        archive.article("x" * 5000)


def test_a_search_that_cannot_be_read_is_refused_at_an_article_too(archive: Archive) -> None:
    with pytest.raises(QuerySyntaxError):
        archive.article("flood", SearchRequest(q="(" * 50 + "x" + ")" * 50))
    with pytest.raises(ParameterError, match="position"):
        archive.article("flood", SearchRequest(q="bridge"), -1)
    with pytest.raises(ParameterError, match="tz"):
        archive.article("flood", SearchRequest(q="bridge", time_zone="Mars/Olympus"))


def test_neighbours_carry_no_text(archive: Archive) -> None:
    before, after = archive.neighbours(SearchRequest(q="bridge", sort="newest", explain=True), 1)
    assert before is not None
    assert after is not None
    assert (before.id, before.snippets, before.explanation, before.title_html) == ("flood", (), None, "")


# What is asked of the engine


def test_a_page_is_one_search_and_alternatives_are_one_trip_more(engine: Engine) -> None:
    counting = CountingEngine(engine)
    archive = over(counting, NOW)
    archive.search(SearchRequest(q="bridge"))
    assert (len(counting.searches), len(counting.trips)) == (1, 0)
    found = archive.search(SearchRequest(q="brdige -tag:x", fields_searched=("title",)))
    assert [row.text for row in found.suggestions.did_you_mean] == ["bridge -tag:x"]
    assert len(counting.searches) == 2
    assert len(counting.trips) <= 2, "corrections are counted together, and so are relaxations"
    archive.article("flood", SearchRequest(q="bridge"), 0)
    archive.related(Subject(id="flood"))
    assert len(counting.searches) == 4


def test_whatever_a_reader_waits_for_has_a_deadline(engine: Engine) -> None:
    counting = CountingEngine(engine)
    archive = over(counting, NOW, deadline_seconds=7.0)
    archive.search(SearchRequest(q="bridge", group="story"))
    archive.search(SearchRequest(q="nothing at all"))
    archive.neighbours(SearchRequest(q="bridge"), 2)
    archive.related(Subject(text="a bridge fell into the river"))
    for typed in ("bri", "the bri", "a bridge fe"):
        archive.suggest(typed)
    assert all(plan.deadline is not None and 0.0 < plan.deadline <= 7.0 for plan in counting.searches)
    assert counting.trips
    assert all(deadline is not None and 0.0 < deadline <= 1.0 for _, deadline in counting.trips)


def test_an_engine_that_brings_no_heads_is_at_fault(engine: Engine) -> None:
    with engine.searcher() as searcher:
        found = searcher.search(Plan(MatchAll(), bring="nothing")).hits
    with pytest.raises(EngineError, match="did not bring the article"):
        hits(found, ["/article/x"] * len(found), HitContext(SearchRequest(), Plan(MatchAll()), 5))


# As JSON


def test_fields_choose_the_keys_of_hits_and_nothing_else(archive: Archive) -> None:
    found = archive.search(SearchRequest(q="bridge"))
    for keys in (None, ("id", "score"), ("snippets",), HIT_KEYS):
        assert json.loads(search_json(found, keys)) == search_answer(found, keys)
    whole, chosen = search_answer(found, None), search_answer(found, ("id", "score"))
    assert [set(hit) for hit in chosen["hits"]] == [{"id", "score"}] * 5
    assert {key: value for key, value in whole.items() if key != "hits"} == {
        key: value for key, value in chosen.items() if key != "hits"
    }
    assert [hit["id"] for hit in whole["hits"]] == [hit["id"] for hit in chosen["hits"]]
    assert jsonable(archive.overview())["newest"][0]["id"] == "flood"
