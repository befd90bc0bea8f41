"""What every engine promises of order: scores, ties, dates, pages, recency, explanations, deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from archives import ALL_FIELDS, NOW, ask, exact, fill, ids, phrase, word
from hypothesis import given, settings
from hypothesis import strategies as st

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.base import After, DateFilter, Engine, KeywordFilter, Plan, Recency, Sort
from search.query.match import MatchAll, MatchAny, MatchBest, MatchEvery, MatchKeyword, MatchNot, MatchPrefix
from search.ranking import (
    RECENCY_FLOOR,
    inverse_document_frequency,
    normalised_frequency,
    recency_factor,
    saturation,
)

FLOOD = (
    Document("title", "flood", "water water water water", published=date(2024, 6, 30), tags=("a",)),
    Document("body", "water", "flood water water water", published=date(2023, 6, 30), tags=("a", "b")),
    Document("twice", "water", "flood flood water water", published=datetime(2022, 1, 1, tzinfo=UTC), tags=("b",)),
    Document("long", "water", "flood " + "water " * 12, tags=("b",)),
    Document("none", "water", "water"),
)


def test_better_matches_come_first(engine: Engine) -> None:
    fill(engine, *FLOOD)
    assert ids(ask(engine, exact("flood"))) == ["title", "twice", "body", "long"]


def test_a_score_is_bm25f_by_the_formulas_of_ranking(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "flood", "the flood rose", language="en"),
        Document("b", "water", "dry land and no flood at all"),
        Document("c", "", "nothing"),
    )
    idf = inverse_document_frequency(2, 3)
    frequency = normalised_frequency("title", 1.0, 1.0, 1.0) + normalised_frequency("body", 1.0, 3.0, 11 / 3)
    hit = ask(engine, exact("flood")).hits[0]
    assert (hit.id, hit.score) == ("a", pytest.approx(idf * saturation(frequency), abs=1e-8))


def test_lengths_do_not_count_compounds_and_averages_only_who_has_the_field(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "post-war flood", headings=(Heading("one flood", 2, 0), Heading("two", 2, 0))),
        Document("b", ""),
    )
    hit = ask(engine, exact("flood"), explain=True).hits[0]
    assert hit.explanation is not None
    lengths = {part.field: part.length for part in hit.explanation.leaves[0].parts}
    assert lengths == {"title": 3, "headings": 3}
    weights = {part.field: part.weight for part in hit.explanation.leaves[0].parts}
    assert weights["title"] == pytest.approx(normalised_frequency("title", 1.0, 3.0, 3.0))


def test_a_filter_never_changes_scores(engine: Engine) -> None:
    fill(engine, *FLOOD)
    query = MatchAny((exact("flood"), phrase("water water"), MatchPrefix(ALL_FIELDS, "fl")))
    scores = {hit.id: hit.score for hit in ask(engine, query).hits}
    for rule in (
        KeywordFilter("tag", ("a",)),
        KeywordFilter("tag", (), ("b",)),
        DateFilter("published", date(2023, 1, 1), None),
    ):
        kept = {hit.id: hit.score for hit in ask(engine, query, filters=(rule,)).hits}
        assert kept
        assert kept.items() < scores.items()


def test_a_keyword_in_the_query_adds_nothing_to_the_score(engine: Engine) -> None:
    fill(engine, *FLOOD)
    scores = {hit.id: hit.score for hit in ask(engine, exact("flood")).hits}
    both = MatchEvery((exact("flood"), MatchKeyword("tag", ("b",)), MatchNot(exact("nothing"))))
    assert {hit.id: hit.score for hit in ask(engine, both).hits}.items() < scores.items()


def test_ties_break_by_id(engine: Engine) -> None:
    names = ["b", "a", "Z", "é", "10", "9", "日", "🗞", "a b"]
    fill(engine, *(Document(name, "same", published=date(2024, 1, 1)) for name in names[:4]))
    fill(engine, *(Document(name, "same", published=date(2024, 1, 1)) for name in names[4:]))
    for sort in ("relevance", "newest", "oldest"):
        assert ids(ask(engine, exact("same"), sort=sort)) == sorted(names)
        assert ids(ask(engine, exact("same"), sort=sort, limit=3)) == sorted(names)[:3]
        assert ids(ask(engine, MatchAll(), sort=sort, offset=2, limit=4)) == sorted(names)[2:6]


def test_undated_articles_come_last_in_both_date_orders(engine: Engine) -> None:
    fill(
        engine,
        Document("u2", ""),
        Document("old", "", published=date(1969, 12, 31), modified=date(2024, 1, 1)),
        Document("new", "", published=datetime(2024, 1, 1, 8, tzinfo=UTC)),
        Document("newer", "", published=datetime(2024, 1, 1, 8, 0, 0, 1, tzinfo=UTC)),
        Document("u1", ""),
    )
    newest, oldest = ask(engine, sort="newest"), ask(engine, sort="oldest")
    assert ids(newest) == ["newer", "new", "old", "u1", "u2"]
    assert ids(oldest) == ["old", "new", "newer", "u1", "u2"]
    assert [hit.sort_key for hit in oldest.hits] == [-86400.0, 1704096000.0, 1704096000.000001, None, None]
    assert ids(ask(engine, sort="newest", date_field="modified")) == ["old", "new", "newer", "u1", "u2"]


def test_sorting_by_date_keeps_the_scores(engine: Engine) -> None:
    fill(engine, *FLOOD)
    best = {hit.id: hit.score for hit in ask(engine, exact("flood")).hits}
    newest = ask(engine, exact("flood"), sort="newest", recency=Recency(NOW))
    assert ids(newest) == ["title", "body", "twice", "long"]
    assert {hit.id: hit.score for hit in newest.hits} == best


def test_the_total_counts_every_match_whatever_the_page(engine: Engine) -> None:
    fill(engine, *FLOOD)
    for page in ({"limit": 0}, {"offset": 3}, {"offset": 99}, {"after": After(0.0, "zzz")}):
        assert ask(engine, exact("flood"), **page).total == 4
    assert ids(ask(engine, exact("flood"), limit=0)) == []


@settings(max_examples=15, deadline=None)
@given(
    days=st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=1, max_size=12),
    sort=st.sampled_from(("relevance", "newest", "oldest")),
    size=st.integers(1, 4),
)
def test_pages_and_cursors_reach_every_hit_once_in_order(days: list[int | None], sort: Sort, size: int) -> None:
    engine = open_engine("memory:")
    fill(
        engine,
        *(
            Document(f"{at:02}", "same", "same " * (day or 0), published=None if day is None else date(2024, 1, day))
            for at, day in enumerate(days)
        ),
    )
    with engine.searcher() as searcher:
        whole = searcher.search(Plan(exact("same"), sort=sort, limit=100)).hits
        paged = [
            hit
            for start in range(0, len(days), size)
            for hit in searcher.search(Plan(exact("same"), sort=sort, offset=start, limit=size)).hits
        ]
        followed = list(searcher.search(Plan(exact("same"), sort=sort, limit=size)).hits)
        while more := searcher.search(
            Plan(exact("same"), sort=sort, limit=size, after=After(followed[-1].sort_key, followed[-1].id))
        ).hits:
            followed += more
    assert list(whole) == paged == followed


def test_a_cursor_goes_on_after_a_hit_that_is_gone(engine: Engine) -> None:
    fill(engine, *(Document(name, "same") for name in "abde"))
    key = ask(engine, exact("same")).hits[0].sort_key
    assert ids(ask(engine, exact("same"), after=After(key, "c"))) == ["d", "e"]


def test_recency_multiplies_scores_by_age_and_never_below_the_floor(engine: Engine) -> None:
    ages = {"now": 0, "week": 7, "year": 372, "ancient": 36_500, "future": -400}
    fill(
        engine,
        *(Document(name, "same", published=NOW - timedelta(days=age)) for name, age in ages.items()),
        Document("undated", "same"),
    )
    plain = ask(engine, exact("same")).hits[0].score
    boosted = ask(engine, exact("same"), recency=Recency(NOW), explain=True)
    factors = {hit.id: hit.explanation.recency for hit in boosted.hits if hit.explanation}
    assert factors == pytest.approx(
        {name: recency_factor(float(age)) for name, age in ages.items()} | {"undated": RECENCY_FLOOR}
    )
    assert {hit.id: hit.score for hit in boosted.hits} == pytest.approx(
        {name: plain * factor for name, factor in factors.items()}, abs=1e-8
    )
    assert ids(boosted) == ["future", "now", "week", "year", "ancient", "undated"]


def test_recency_goes_by_publication_whichever_date_is_looked_at(engine: Engine) -> None:
    fill(engine, Document("a", "same", published=date(2024, 6, 30), modified=date(1990, 1, 1)))
    one, other = (
        ask(engine, exact("same"), recency=Recency(NOW), date_field=field).hits[0].score
        for field in ("published", "modified")
    )
    assert one == other


def test_an_explanation_adds_up_to_the_score(engine: Engine) -> None:
    fill(engine, *FLOOD)
    fill(engine, Document("again", "floods", "water flooding", language="en", published=date(2020, 1, 1)))
    query = MatchEvery(
        (
            MatchAny((word("flood", boost=2.0), exact("nothing"))),
            MatchBest((phrase("water water", slop=1), MatchPrefix(("body",), "wat"))),
            MatchNot(exact("none")),
            MatchKeyword("type", ("article",)),
        )
    )
    results = ask(engine, query, recency=Recency(NOW), explain=True)
    assert results.total == 5
    for hit in results.hits:
        assert hit.explanation is not None
        leaves = hit.explanation.leaves
        assert hit.score == pytest.approx(sum(leaf.score for leaf in leaves) * hit.explanation.recency, abs=1e-8)
        assert len(leaves) == 2, "the better of two spellings, and nothing of what did not match"
        for leaf in leaves:
            assert leaf.score == pytest.approx(leaf.boost * leaf.idf * leaf.saturation)
            assert leaf.saturation == pytest.approx(saturation(sum(part.weight for part in leaf.parts)))
            assert leaf.idf == pytest.approx(inverse_document_frequency(leaf.articles, 6))
    assert {leaf.text for leaf in results.hits[0].explanation.leaves} <= {"flood", '"water water"~1', "body:wat*"}  # type: ignore[union-attr]


def test_there_is_no_explanation_unless_asked_for(engine: Engine) -> None:
    fill(engine, *FLOOD)
    assert {hit.explanation for hit in ask(engine, exact("flood")).hits} == {None}


def test_a_leaf_counts_the_articles_that_match_it_in_its_fields(engine: Engine) -> None:
    fill(engine, *FLOOD)
    for query, articles in (
        (exact("flood"), 4),
        (exact("flood", "title"), 1),
        (phrase("flood water"), 3),
        (phrase("water flood", "title"), 0),
    ):
        hits = ask(engine, query, explain=True).hits
        assert {leaf.articles for hit in hits if hit.explanation for leaf in hit.explanation.leaves} == (
            {articles} if articles else set()
        )


def test_hits_carry_their_fingerprint(engine: Engine) -> None:
    fill(engine, Document("a", "one", fingerprint=2**63 + 5), Document("b", "one"))
    assert {hit.id: hit.fingerprint for hit in ask(engine, exact("one")).hits} == {"a": 2**63 + 5, "b": 0}


def test_past_the_deadline_an_engine_says_so(engine: Engine) -> None:
    fill(engine, *FLOOD)
    results = ask(engine, phrase("flood water", slop=3), deadline=0.0, timeline=True)
    assert results.timed_out
    assert results.timeline is not None
    assert not ask(engine, phrase("flood water", slop=3), deadline=60.0).timed_out
    assert ask(engine, phrase("flood water", slop=3)).total == 3, "what was cut short is not remembered"
