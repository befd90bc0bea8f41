"""The contract of engines that keep vectors: they stay with their articles, and order the first hits."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from archives import FLOOD, NOW, ask, close_to, exact, fill, ids, problems
from made_vectors import MODEL, OTHER_MODEL, SIZE, add, held, question, some_vectors

from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import After, Meaning, Plan, Recency
from search.engines.protocols import AddedVectors, Engine, Maintenance
from search.engines.results import Hit
from search.engines.vectors import Vectors
from search.errors import EngineError, IndexMissing
from search.query.match import Match
from search.ranking import MEANING_DEPTH, MEANING_WEIGHT, scores_by_meaning

MANY = tuple(
    Document(f"{number:03}", "flood" if number % 3 else "river", "flood " * (1 + number % 7) + "water " * (number % 11),
             published=date(2000 + number % 20, 1, 1))
    for number in range(140)
)  # fmt: skip
FLOODED = exact("flood")


def nearest(document_id: str, meaning: Meaning) -> float:
    return float((some_vectors(document_id) @ np.array(meaning.vector)).max())


@pytest.fixture
def many(engine: Engine) -> Engine:
    """MANY, committed in three parts, two articles of three with vectors."""
    for first in range(0, len(MANY), 50):
        fill(engine, *MANY[first : first + 50])
    assert add(engine, *(document for document in MANY if int(document.id) % 3 != 1)) == 93
    return engine


def test_vectors_are_kept_as_near_as_eight_bits_come(engine: Engine) -> None:
    fill(engine, *FLOOD)
    assert add(engine, *FLOOD[:3]) == 3
    assert held(engine) == {document.id for document in FLOOD[:3]}
    with engine.searcher() as searcher:
        found = searcher.vectors(MODEL, [document.id for document in FLOOD])
        assert searcher.vector_models() == (MODEL,)
    for document in FLOOD[:3]:
        assert found[document.id].shape == (2, SIZE)
        assert np.abs(found[document.id] - some_vectors(document.id)).max() < 1 / 127
    assert held(engine, OTHER_MODEL) == set()
    assert problems(engine) == []


def test_vectors_are_a_commit_of_their_own(engine: Engine) -> None:
    fill(engine, *FLOOD)
    before = engine.generation()
    with engine.searcher() as searcher:
        assert searcher.vector_models() == ()
        add(engine, FLOOD[0])
        assert searcher.vectors(MODEL, [FLOOD[0].id]) == {}
        assert searcher.status().generation == before
    assert engine.generation() != before
    assert held(engine) == {FLOOD[0].id}


def test_vectors_come_in_any_number_of_commits(engine: Engine) -> None:
    fill(engine, *FLOOD)
    for document in reversed(FLOOD):
        assert add(engine, document) == 1
    assert held(engine) == {document.id for document in FLOOD}
    with engine.searcher() as searcher:
        found = searcher.vectors(MODEL, [document.id for document in FLOOD])
    for document in FLOOD:
        assert np.abs(found[document.id] - some_vectors(document.id)).max() < 1 / 127


def test_vectors_of_what_is_not_there_are_left_out_without_a_commit(engine: Engine) -> None:
    fill(engine, *FLOOD)
    add(engine, FLOOD[0])
    before = engine.generation()
    assert add(engine, FLOOD[0], replace(FLOOD[1], title="changed"), Document("absent", "flood")) == 0
    assert engine.add_vectors(MODEL, {}) == AddedVectors(0)
    assert engine.generation() == before


def test_the_commit_of_vectors_is_told_by_the_generations_around_it(engine: Engine) -> None:
    fill(engine, *FLOOD)
    before = engine.generation()
    added = engine.add_vectors(MODEL, {FLOOD[0].content_hash(): some_vectors("a")})
    assert added == AddedVectors(1, (before, engine.generation()))


def test_without_an_index_there_is_nothing_to_add_vectors_to(engine: Engine) -> None:
    with pytest.raises(IndexMissing):
        add(engine, FLOOD[0])
    with pytest.raises(IndexMissing):
        engine.searcher()


@pytest.mark.parametrize("bad", [np.zeros((0, SIZE)), np.zeros(SIZE), np.full((1, SIZE), np.nan)])
def test_what_is_no_vector_is_refused(engine: Engine, bad: Vectors) -> None:
    fill(engine, *FLOOD)
    with pytest.raises(EngineError, match="rows of finite numbers"):
        engine.add_vectors(MODEL, {FLOOD[0].content_hash(): bad.astype(np.float32)})
    assert held(engine) == set()
    fill(engine, Document("later", "flood"))  # and the index can be written


def test_vectors_stay_with_their_articles(many: Engine) -> None:
    with_vectors = {document.id for document in MANY if int(document.id) % 3 != 1}
    with many.writer() as writer:
        writer.delete("000")
        writer.add(replace(MANY[2], title="another"))
        writer.add(replace(MANY[3], source="moved, but the same article"))
        writer.add(Document("new", "flood"))
    assert held(many) == with_vectors - {"000", "002"}
    for number in range(25):  # until segments are merged
        fill(many, Document(f"more {number}", "flood"))
    if isinstance(many, Maintenance):
        many.optimize()
    assert held(many) == with_vectors - {"000", "002"}
    with many.searcher() as searcher:
        found = searcher.vectors(MODEL, [document.id for document in MANY])
    assert all(np.abs(rows - some_vectors(name)).max() < 1 / 127 for name, rows in found.items())
    assert problems(many) == []


def test_an_index_built_anew_keeps_the_vectors_of_the_same_articles(many: Engine) -> None:
    with many.writer(replace=True) as writer:
        for document in MANY[:60]:
            writer.add(document)
        writer.add(replace(MANY[60], body="other words"))
    assert held(many) == {document.id for document in MANY[:60] if int(document.id) % 3 != 1}


def test_another_model_takes_the_place_of_the_first(engine: Engine) -> None:
    fill(engine, *FLOOD)
    add(engine, *FLOOD)
    assert add(engine, *FLOOD, model=OTHER_MODEL) == len(FLOOD)
    assert held(engine, OTHER_MODEL) == {document.id for document in FLOOD}
    fill(engine, Document("later", "flood"))
    assert held(engine, OTHER_MODEL) == {document.id for document in FLOOD}


def test_the_first_hits_are_ordered_by_words_and_meaning(many: Engine) -> None:
    meaning = question()
    plain = ask(many, FLOODED, limit=200)
    found = ask(many, FLOODED, limit=200, meaning=meaning)
    assert found.total == plain.total
    first, rest = found.hits[:MEANING_DEPTH], found.hits[MEANING_DEPTH:]
    assert rest == plain.hits[MEANING_DEPTH:]
    assert sorted(ids(found)) == sorted(ids(plain))
    by_words = {hit.id: hit.score for hit in plain.hits[:MEANING_DEPTH]}
    assert ids(found)[:MEANING_DEPTH] != ids(plain)[:MEANING_DEPTH]
    for hit in first:
        assert hit.meaning is not None
        assert hit.meaning.by_words == by_words[hit.id]
        if int(hit.id) % 3 == 1:
            assert hit.meaning.similarity is None
        else:
            assert hit.meaning.similarity == pytest.approx(nearest(hit.id, meaning), abs=0.02)
    expected = scores_by_meaning(
        [hit.meaning.by_words for hit in first if hit.meaning], [hit.meaning.similarity for hit in first if hit.meaning]
    )
    assert [hit.score for hit in first] == expected
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)


def test_every_engine_gives_the_same_scores_by_meaning(many: Engine) -> None:
    specification = MemoryEngine()
    fill(specification, *MANY)
    add(specification, *(document for document in MANY if int(document.id) % 3 != 1))
    for plan in ({}, {"recency": Recency(NOW)}, {"preferred": exact("river")}, {"offset": 40, "limit": 30}):
        plan = {"limit": 100, "meaning": question()} | plan
        found, expected = ask(many, FLOODED, **plan), ask(specification, FLOODED, **plan)
        assert ids(found) == ids(expected)
        assert tuple(map(astuple, found.hits)) == close_to(tuple(map(astuple, expected.hits)))


@pytest.mark.parametrize("per_page", [7, 49, 50, 51])
@pytest.mark.parametrize("preferred", [None, exact("river")])
def test_pages_by_number_and_by_cursor_are_those_of_one_list(many: Engine, per_page: int, preferred: Match) -> None:
    plan = Plan(FLOODED, meaning=question(), preferred=preferred, limit=per_page)
    with many.searcher() as searcher:
        whole = searcher.search(replace(plan, limit=1_000)).hits
        by_number: list[Hit] = []
        while page := searcher.search(replace(plan, offset=len(by_number))).hits:
            by_number += page
        by_cursor: list[Hit] = []
        after = None
        while page := searcher.search(replace(plan, after=after)).hits:
            by_cursor += page
            after = After(page[-1].sort_key, page[-1].id, page[-1].preferred)
    assert tuple(by_number) == whole
    assert tuple(by_cursor) == whole


def test_preferred_articles_stay_before_all_others(many: Engine) -> None:
    found = ask(many, FLOODED, limit=1_000, meaning=question(), preferred=exact("river"))
    plain = ask(many, FLOODED, limit=1_000, preferred=exact("river"))
    assert [hit.preferred for hit in found.hits] == [hit.preferred for hit in plain.hits]
    assert ids(found) != ids(plain)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_an_order_by_date_has_no_meaning(many: Engine, sort: str) -> None:
    assert ask(many, FLOODED, sort=sort, meaning=question()) == ask(many, FLOODED, sort=sort)


def test_vectors_of_another_model_are_not_compared(many: Engine) -> None:
    found = ask(many, FLOODED, meaning=replace(question(), model=OTHER_MODEL))
    plain = ask(many, FLOODED)
    assert [(hit.id, hit.score) for hit in found.hits] == [(hit.id, hit.score) for hit in plain.hits]
    assert {hit.meaning.similarity for hit in found.hits if hit.meaning} == {None}


def test_a_question_of_another_length_is_an_error_that_says_what_to_do(many: Engine) -> None:
    with pytest.raises(EngineError, match="run `backfile encode`"):
        ask(many, FLOODED, meaning=Meaning(MODEL, (0.6, 0.8)))


def test_an_explanation_is_that_of_the_words(many: Engine) -> None:
    found = ask(many, FLOODED, limit=60, meaning=question(), explain=True, recency=Recency(NOW))
    for hit in found.hits:
        assert hit.explanation is not None
        score = sum(leaf.score for leaf in hit.explanation.leaves) * hit.explanation.recency
        assert score == pytest.approx(hit.meaning.by_words if hit.meaning else hit.score, abs=1e-8)


def test_scores_by_meaning_lie_between_those_of_the_words() -> None:
    scores, similarities = [9.0, 7.0, 5.0, 4.0, 1.0], [0.1, 0.9, None, 0.5, 0.3]
    found = scores_by_meaning(scores, similarities)
    assert all(1.0 < score <= 9.0 + 1e-8 for score in found)
    assert found[2] == pytest.approx(5.0), "what is not known changes nothing"
    assert found[0] == pytest.approx(1.0 + 8.0 * (1 - MEANING_WEIGHT))
    assert found[1] == pytest.approx(1.0 + 8.0 * ((1 - MEANING_WEIGHT) * 0.75 + MEANING_WEIGHT))
    assert scores_by_meaning(scores, [None] * 5) == scores
    assert scores_by_meaning(scores, [None, 0.5, None, 0.5, None]) == scores
    assert scores_by_meaning([], []) == []
    equal = scores_by_meaning([2.0, 2.0], [0.2, 0.4])
    assert equal[1] > equal[0] > 2.0


def test_vectors_are_read_by_another_process_of_the_same_index(tmp_path: Path) -> None:
    url = f"whoosh:{tmp_path / 'archive'}"
    fill(open_engine(url), *FLOOD)
    add(open_engine(url), *FLOOD)
    assert held(open_engine(url)) == {document.id for document in FLOOD}
