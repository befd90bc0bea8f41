"""The ranking formulas: what each promises of its shape, for numbers and for arrays."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import ranking
from search.engines import open_engine
from search.evaluation.judged_sets import read_judged_set
from search.evaluation.ranking_scores import score
from search.evaluation.rankings import engine_rankings
from search.schema import TEXT_FIELDS

lengths = st.floats(1, 10_000)
frequencies = st.floats(0.1, 1_000)


def test_every_text_field_has_a_weight_and_a_length_discount() -> None:
    assert ranking.FIELD_WEIGHTS.keys() == ranking.FIELD_B.keys() == TEXT_FIELDS.keys()
    assert all(weight > 0 for weight in ranking.FIELD_WEIGHTS.values())
    assert all(0 <= b <= 1 for b in ranking.FIELD_B.values())


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_rarer_is_worth_more_and_nothing_is_worth_less_than_nothing(articles: int, more: int) -> None:
    total = articles + more
    idf = ranking.inverse_document_frequency(articles, total)
    assert idf > 0
    assert idf == pytest.approx(log((total + 1) / (articles + 0.5)))
    if more:
        assert ranking.inverse_document_frequency(articles + 1, total) < idf


@given(frequencies)
def test_saturation_rises_and_has_a_ceiling(frequency: float) -> None:
    assert ranking.saturation(frequency) < ranking.saturation(frequency * 1.1) < ranking.K1 + 1
    assert ranking.saturation(ranking.K1) == pytest.approx((ranking.K1 + 1) / 2)


@given(st.sampled_from(tuple(TEXT_FIELDS)), frequencies, lengths, lengths)
def test_a_field_of_average_length_counts_by_its_weight(
    field: str, frequency: float, length: float, average: float
) -> None:
    weight = ranking.FIELD_WEIGHTS[field]
    assert ranking.normalised_frequency(field, frequency, average, average) == pytest.approx(weight * frequency)
    longer = ranking.normalised_frequency(field, frequency, length * 2, average)
    assert longer <= ranking.normalised_frequency(field, frequency, length, average)


@given(frequencies, lengths, lengths)
def test_without_a_title_a_word_in_the_body_counts_at_least_as_much_and_most_where_bodies_are_short(
    frequency: float, length: float, average: float
) -> None:
    titled, untitled = (ranking.normalised_frequency("body", frequency, length, average, title) for title in (3.0, 0.0))
    assert titled <= untitled <= titled * ranking.UNTITLED_WEIGHT * (1 + 1e-9)
    assert (untitled == pytest.approx(titled)) == (average >= ranking.LONG_BODY * (1 - 1e-6))
    if average <= ranking.LONG_BODY / ranking.UNTITLED_WEIGHT:
        assert untitled == pytest.approx(titled * ranking.UNTITLED_WEIGHT)
    for field in set(TEXT_FIELDS) - {"body"}:
        assert ranking.normalised_frequency(field, frequency, length, average, 0.0) == (
            ranking.normalised_frequency(field, frequency, length, average)
        )


def test_an_exact_spelling_ranks_above_another_form() -> None:
    assert 0 < ranking.DERIVED_WEIGHT < ranking.STEM_WEIGHT < 1


def test_a_title_counts_more_than_any_other_field() -> None:
    assert max(ranking.FIELD_WEIGHTS, key=ranking.FIELD_WEIGHTS.__getitem__) == "title"


def test_recency_is_even_for_a_week_and_halves_with_each_year_down_to_the_floor() -> None:
    floor, week, year = ranking.RECENCY_FLOOR, ranking.RECENCY_OFFSET_DAYS, ranking.RECENCY_HALF_LIFE_DAYS
    assert ranking.recency_factor(-1000.0) == ranking.recency_factor(0.0) == ranking.recency_factor(week) == 1.0
    assert ranking.recency_factor(week + year) == pytest.approx(floor + (1 - floor) / 2)
    assert ranking.recency_factor(week + 2 * year) == pytest.approx(floor + (1 - floor) / 4)
    assert ranking.recency_factor(1e9) == pytest.approx(floor)


def test_recency_never_lets_a_word_more_be_outweighed() -> None:
    assert ranking.RECENCY_FLOOR >= 0.5, "at half, a match of two equal words could fall behind one of one word"


@given(st.lists(st.tuples(frequencies, lengths, st.floats(-1e4, 1e6)), min_size=1, max_size=10))
def test_arrays_follow_the_same_formulas(rows: list[tuple[float, float, float]]) -> None:
    frequency, length, age = (np.array(column) for column in zip(*rows, strict=True))
    for number, (f, n, days) in enumerate(rows):
        assert ranking.normalised_frequency("body", frequency, length, 300.0)[number] == pytest.approx(
            ranking.normalised_frequency("body", f, n, 300.0)
        )
        assert ranking.normalised_frequency("body", frequency, length, 30.0, np.floor(length / 5))[
            number
        ] == pytest.approx(ranking.normalised_frequency("body", f, n, 30.0, n // 5))
        assert ranking.saturation(frequency)[number] == pytest.approx(ranking.saturation(f))
        assert ranking.recency_factor(age)[number] == pytest.approx(ranking.recency_factor(days))


def test_a_repeated_word_weighs_more_but_not_as_many_times_more() -> None:
    assert ranking.repetition_weight(1) == 1.0
    weights = [ranking.repetition_weight(times) for times in range(1, 50)]
    assert weights == sorted(weights)
    assert all(weight < times for times, weight in enumerate(weights[1:], 2))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "ndcg", "mean_average_precision", "recall"),
    [("cranfield", 0.385, 0.306, 0.735), ("lisa", 0.471, 0.376, 0.765), ("med", 0.704, 0.532, 0.790)],
)
def test_the_ranking_is_not_below_other_engines_on_judged_sets(
    shared: Path, tmp_path: Path, name: str, ndcg: float, mean_average_precision: float, recall: float
) -> None:
    judged = read_judged_set(shared / "ir" / name)
    means = score(judged, engine_rankings(judged, open_engine(f"whoosh:{tmp_path / name}"))).means
    assert means["ndcg_at_10"] >= ndcg
    assert means["mean_average_precision"] >= mean_average_precision
    assert means["recall_at_100"] >= recall
