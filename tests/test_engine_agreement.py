"""Engines agree: over archives and plans made at random, whoosh answers what the brute force of memory answers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from archives import ALL_FIELDS, assert_alike, commits, plans, stamps_of, with_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.plan import Plan
from search.engines.protocols import Engine, Searcher
from search.query.match import MatchPrefix
from search.schema import KEYWORD_FIELDS, ValueMatch

slow = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@contextmanager
def both(history: list[list[Document | str]], replaced: bool) -> Iterator[tuple[Searcher, Searcher]]:
    """The newest state of both engines after the same commits, the last of which may replace everything."""
    with tempfile.TemporaryDirectory() as folder:
        engines = open_engine("memory:"), open_engine(f"whoosh:{folder}/archive")
        for number, changes in enumerate(history):
            last = number == len(history) - 1
            assert apply(engines[0], changes, replaced and last) == apply(engines[1], changes, replaced and last)
        assert list(engines[1].check()) == []
        with engines[0].searcher() as memory, engines[1].searcher() as whoosh:
            yield memory, whoosh


def apply(engine: Engine, changes: list[Document | str], replace: bool) -> list[bool]:
    deleted = []
    with engine.writer(replace=replace) as writer:
        for change in changes:
            if isinstance(change, Document):
                writer.add(change)
            else:
                deleted.append(writer.delete(change))
    return deleted


HOW: tuple[ValueMatch, ...] = ("same", "words", "near")


@slow
@given(history=commits, replaced=st.booleans(), asked=st.lists(plans, min_size=5, max_size=15))
def test_engines_give_the_same_answers(history: Any, replaced: bool, asked: Any) -> None:
    with both(history, replaced) as (memory, whoosh):
        for plan in asked:
            expected, found = memory.search(plan), whoosh.search(plan)
            assert_alike(found, expected, plan)
            if expected.hits:
                following = with_after(plan, expected)
                assert_alike(whoosh.search(following), memory.search(following), following)


@slow
@given(history=commits, replaced=st.booleans(), prefix=st.sampled_from(("", "r", "br", "c", "東")))
def test_engines_know_the_same_words_values_and_articles(history: Any, replaced: bool, prefix: str) -> None:
    with both(history, replaced) as (memory, whoosh):
        assert stamps_of(whoosh) == stamps_of(memory)
        names = sorted(stamps_of(memory))
        for source in {stamp.source for stamp in stamps_of(memory).values()}:
            assert sorted(whoosh.ids_from(source)) == sorted(memory.ids_from(source))
        assert [whoosh.document(name) for name in names] == [memory.document(name) for name in names]
        assert whoosh.status().articles == memory.status().articles
        assert whoosh.status().languages == memory.status().languages
        for limit in (0, 2, 100):
            for field in KEYWORD_FIELDS:
                assert whoosh.top_values(field, limit) == memory.top_values(field, limit)
                for how in HOW:
                    found = whoosh.find_values(field, prefix or "wrld", how, limit)
                    assert sorted(found) == sorted(memory.find_values(field, prefix or "wrld", how, limit))
            assert whoosh.terms(prefix, limit) == memory.terms(prefix, limit)
            assert whoosh.similar_terms("wart", 2, limit) == memory.similar_terms("wart", 2, limit)
        words = ["run", "war", "the", "ann", "nothing", "東京"]
        assert whoosh.document_frequencies(words) == memory.document_frequencies(words)


def test_engines_search_the_same_words_of_a_pattern_that_fits_too_many() -> None:
    first: list[Document | str] = [
        Document(f"{number:02}", "", " ".join(f"word{(number * 31 + step) % 1200:04}" for step in range(60)))
        for number in range(40)
    ]
    more: list[Document | str] = ["07", Document("x", "", authors=("wordless",)), Document("y", "word0700")]
    for searched in (ALL_FIELDS, ("title",), ("author", "body")):
        with both([first, more], replaced=False) as (memory, whoosh):
            plan = Plan(MatchPrefix(searched, "word"), limit=50)
            expected, found = memory.search(plan), whoosh.search(plan)
        assert_alike(found, expected, plan)
        assert bool(expected.cut) == (searched != ("title",))
