"""The measures for judgements that are not complete, and the correction for many comparisons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.evaluation.measures import bpref, condensed, judged_share, ndcg, recall, reciprocal_rank
from search.evaluation.significance import holm

NAMES = "abcdefghijkl"
rankings = st.permutations(NAMES).flatmap(lambda names: st.integers(0, len(names)).map(lambda size: names[:size]))
judgements = st.dictionaries(st.sampled_from(NAMES), st.booleans(), min_size=1).filter(
    lambda grades: any(grades.values())
)


def sides(judged: dict[str, bool]) -> tuple[set[str], set[str]]:
    return {name for name, good in judged.items() if good}, {name for name, good in judged.items() if not good}


@pytest.mark.parametrize(
    ("found", "good", "bad", "ndcg_10", "rank", "recall_100", "preference"),
    [
        ("d", "beh", "adfgijk", 0.0, 0.0, 0.0, 0.0),
        ("cdeagb", "cdg", "aef", 0.946902, 1.0, 1.0, 0.777778),
        ("fbcea", "ad", "f", 0.237198, 0.2, 0.5, 0.0),
        ("cgba", "cdfhj", "beik", 0.33916, 1.0, 0.2, 0.2),
        ("a", "acd", "", 0.469279, 1.0, 0.333333, 0.333333),
    ],
)
def test_measures_are_those_of_trec_eval(
    found: str, good: str, bad: str, ndcg_10: float, rank: float, recall_100: float, preference: float
) -> None:
    """The figures were computed with trec_eval 9.0.8 (pytrec-eval-terrier 0.5.11)."""
    ours = ndcg(found, good), reciprocal_rank(found, good), recall(found, good), bpref(found, good, bad)
    assert ours == pytest.approx((ndcg_10, rank, recall_100, preference), abs=1e-6)


@given(rankings, judgements)
def test_bpref_is_the_mean_of_its_definition(found: list[str], judged: dict[str, bool]) -> None:
    good, bad = sides(judged)

    def one(name: str) -> float:
        before = sum(other in bad for other in found[: found.index(name)])
        return 1.0 - min(before, len(good)) / min(len(good), len(bad)) if before else 1.0

    expected = sum(one(name) for name in good if name in found) / len(good)
    assert bpref(found, good, bad) == pytest.approx(expected)
    assert 0.0 <= bpref(found, good, bad) <= 1.0


@given(rankings, judgements, rankings)
def test_what_nobody_judged_moves_neither_bpref_nor_ndcg_of_judged(
    found: list[str], judged: dict[str, bool], others: list[str]
) -> None:
    good, bad = sides(judged)
    with_others = [name for pair in zip(found, [f"new {name}" for name in others], strict=False) for name in pair]
    with_others += found[len(with_others) // 2 :]
    assert bpref(with_others, good, bad) == bpref(found, good, bad)
    assert ndcg(condensed(with_others, judged), good) == ndcg(condensed(found, judged), good)
    assert ndcg(with_others, good) <= ndcg(found, good) + 1e-12, "for plain nDCG they are bad"


@given(rankings, judgements)
def test_a_better_place_of_a_good_article_never_lowers_a_measure(found: list[str], judged: dict[str, bool]) -> None:
    good, bad = sides(judged)
    for at in range(1, len(found)):
        if found[at] in good and found[at - 1] not in good:
            swapped = [*found[: at - 1], found[at], found[at - 1], *found[at + 1 :]]
            for measure in (ndcg, reciprocal_rank, recall):
                assert measure(swapped, good) >= measure(found, good) - 1e-12
            assert bpref(swapped, good, bad) >= bpref(found, good, bad) - 1e-12


def test_the_judged_share_is_that_of_the_first_ten() -> None:
    assert judged_share("abcdefghijkl", "abk") == 0.2
    assert judged_share("ab", "a") == 0.5
    assert judged_share("", "a") == 1.0


@given(st.lists(st.floats(1e-5, 1.0), min_size=1, max_size=20))
def test_many_comparisons_never_make_a_difference_likelier(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(together >= single for single, together in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == pytest.approx(min(1.0, min(p_values) * len(p_values)))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[at] for at in order] == sorted(adjusted)


def test_holm_multiplies_the_least_by_all_and_the_next_by_one_less() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
