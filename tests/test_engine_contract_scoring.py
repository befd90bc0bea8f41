"""What engines with the capability "reference scores" promise: the scores of `search.ranking`, digit by digit.

The rest of the contract, which every engine keeps, is in the other files of this name.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from archives import FLOOD, NOW, ask, exact, fill, ids, phrase, word

from search.document import Document, Heading
from search.engines.plan import Recency
from search.engines.protocols import Engine
from search.query.match import MatchAny, MatchBest, MatchEvery, MatchKeyword, MatchNot, MatchPrefix
from search.ranking import (
    DERIVED_WEIGHT,
    RECENCY_FLOOR,
    STEM_WEIGHT,
    UNTITLED_WEIGHT,
    inverse_document_frequency,
    normalised_frequency,
    recency_factor,
    saturation,
)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The engine, if it promises these scores."""
    if "reference scores" not in engine.capabilities:
        pytest.skip(f"{engine.url} does not promise reference scores")
    return engine


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


def test_a_word_in_the_body_counts_more_without_a_title_where_bodies_are_short(engine: Engine) -> None:
    short, long = "the flood rose and fell", "the flood " + "rose and fell again " * 30
    for body, factor in ((short, UNTITLED_WEIGHT), (long, 1.0)):
        with engine.writer(replace=True) as writer:
            writer.add(Document("titled", "Water", body, summary="flood"))
            writer.add(Document("untitled", "", body, summary="flood"))
        hits = ask(engine, exact("flood"), explain=True).hits
        parts = {hit.id: hit.explanation.leaves[0].parts for hit in hits if hit.explanation}
        weights = {(name, part.field): (part.factor, part.weight) for name, own in parts.items() for part in own}
        assert weights["untitled", "body"][0] == factor
        assert weights["titled", "body"][0] == weights["untitled", "summary"][0] == 1.0
        assert weights["untitled", "body"][1] == pytest.approx(factor * weights["titled", "body"][1])
        assert weights["untitled", "summary"] == weights["titled", "summary"]


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


def test_exact_spelling_counts_one_and_other_forms_less(engine: Engine) -> None:
    fill(engine, Document("a", "", "runs run running runs", language="en"))
    hit = ask(engine, word("runs"), explain=True).hits[0]
    assert hit.explanation is not None
    assert hit.explanation.leaves[0].parts[0].frequency == pytest.approx(2 + 2 * STEM_WEIGHT)


def test_a_derived_form_counts_less_than_an_inflected_one(engine: Engine) -> None:
    fill(engine, Document("a", "", "federal federated federations federally", language="en"))
    for typed, weight in (("federal", 1 + 3 * DERIVED_WEIGHT), ("federation", 3 * STEM_WEIGHT + DERIVED_WEIGHT)):
        hit = ask(engine, word(typed), explain=True).hits[0]
        assert hit.explanation is not None
        assert hit.explanation.leaves[0].parts[0].frequency == pytest.approx(weight)


def test_the_exact_spelling_in_the_text_comes_before_a_derived_form_in_the_title(engine: Engine) -> None:
    text = "the bank said on Tuesday that it would not lend any more money to anybody at all"
    others = (Document(f"other {number}", "Weather", f"{text} {number}", language="en") for number in range(9))
    fill(
        engine,
        Document("derived", "Federated bank closes", text, language="en"),
        Document("exact", "Bank closes", f"federal {text}, the federal bank", language="en"),
        *others,
    )
    assert ids(ask(engine, MatchEvery((word("federal"), word("bank"))))) == ["exact", "derived"]


def test_in_a_phrase_any_other_form_counts_the_same(engine: Engine) -> None:
    fill(engine, Document("a", "", "federated reserve", language="en"))
    hit = ask(engine, phrase("federal reserves"), explain=True).hits[0]
    assert hit.explanation is not None
    assert hit.explanation.leaves[0].parts[0].frequency == pytest.approx(STEM_WEIGHT)


def test_a_position_counts_for_the_nearest_form_there(engine: Engine) -> None:
    fill(engine, Document("a", "", "federal-ized", language="en"))
    for typed, weight in (("federal", 1.0), ("federalized", 1.0), ("federalizes", STEM_WEIGHT)):
        hit = ask(engine, word(typed), explain=True).hits[0]
        assert hit.explanation is not None
        assert hit.explanation.leaves[0].parts[0].frequency == pytest.approx(weight), typed


def test_a_phrase_finds_other_forms_for_less(engine: Engine) -> None:
    fill(engine, Document("a", "old bridges", language="en"), Document("b", "old bridge", language="en"))
    results = ask(engine, phrase("old bridge"), explain=True)
    assert ids(results) == ["b", "a"]
    frequencies = [hit.explanation.leaves[0].parts[0].frequency for hit in results.hits if hit.explanation]
    assert frequencies == pytest.approx([1.0, STEM_WEIGHT])


def test_scores_add_up_or_take_the_best(engine: Engine) -> None:
    fill(engine, Document("ab", "alpha beta beta"), Document("x", "gamma"))
    alpha, beta = (ask(engine, exact(text)).hits[0].score for text in ("alpha", "beta"))
    assert beta > alpha > 0
    pair = (exact("alpha"), exact("beta"))
    assert ask(engine, MatchEvery(pair)).hits[0].score == pytest.approx(alpha + beta)
    assert ask(engine, MatchAny(pair)).hits[0].score == pytest.approx(alpha + beta)
    assert ask(engine, MatchAny(pair, least=2)).hits[0].score == pytest.approx(alpha + beta)
    assert ask(engine, MatchBest(pair)).hits[0].score == pytest.approx(beta)
    assert ask(engine, MatchNot(exact("gamma"))).hits[0].score == 0
    assert ask(engine, word("alpha", boost=3.0)).hits[0].score == pytest.approx(3 * alpha)
