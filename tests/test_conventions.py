"""What every engine counts, orders and names in the same way: facets, timelines, hits, leaves, deadlines."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from archives import exact, fill, leaves, phrase, word
from hypothesis import given
from hypothesis import strategies as st

from search.dates import bucket
from search.document import Document
from search.engines import open_engine
from search.engines.conventions import (
    Deadline,
    by_bucket,
    comes_after,
    count_each,
    facet_counts,
    is_own,
    keyword_values,
    leaf_text,
    order_key,
    timeline,
)
from search.engines.expansion import expansion_weight, fits
from search.engines.outcome import leaves as leaves_of
from search.engines.outcome import outcome
from search.engines.plan import After, DateFilter, FacetPlan, KeywordFilter, PeriodFilter, Plan, Sort, TimelinePlan
from search.engines.results import Results
from search.query.match import (
    Leaf,
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchNone,
    MatchNot,
    MatchPrefix,
    MatchWildcard,
)

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 4))
chosen = st.lists(st.sampled_from("abcxyz"), max_size=4).map(tuple)
days = st.dictionaries(st.integers(date(1990, 1, 1).toordinal(), date(2024, 12, 31).toordinal()), st.integers(1, 3))
sorts: st.SearchStrategy[Sort] = st.sampled_from(("relevance", "newest", "oldest"))
keys = st.none() | st.sampled_from((-1.0, 0.0, 0.5, 2.0))
hits = st.lists(st.tuples(keys, st.sampled_from("abcdefgh")), unique_by=lambda hit: hit[1])


# Facets


@given(counts, st.integers(0, 5), chosen, st.integers(0, 9), st.integers(0, 9))
def test_a_facet_lists_the_first_values_and_the_selected_ones_and_adds_up(
    counts: dict[str, int], size: int, selected: tuple[str, ...], missing: int, uncounted: int
) -> None:
    found = facet_counts(counts, FacetPlan("tag", size, selected), missing, uncounted)
    values = [value for value, _ in found.values]
    ranked = sorted((value for value in counts if counts[value]), key=lambda value: (-counts[value], value))
    assert values[: min(size, len(ranked))] == ranked[:size]
    assert set(values[size:]) <= set(selected)
    assert set(selected) <= set(values)
    assert len(values) == len(set(values))
    assert all(count == counts.get(value, 0) for value, count in found.values)
    assert sum(count for _, count in found.values) + found.other == sum(counts.values()) + uncounted
    assert found.truncated is (found.other > 0)
    assert found.missing == missing


@pytest.mark.parametrize(
    ("rule", "own"),
    [
        (KeywordFilter("tag", ("a",)), ["tag"]),
        (PeriodFilter("published", "year", ("2024",)), ["year"]),
        (PeriodFilter("modified", "year", ("2024",)), []),
        (PeriodFilter("published", "month", ("2024-01",)), ["month"]),
        (DateFilter("published", date(2024, 1, 1), None), []),
    ],
)
def test_a_facet_ignores_only_the_filter_on_its_own_values(rule: KeywordFilter, own: list[str]) -> None:
    facets = {
        "tag": FacetPlan("tag"), "author": FacetPlan("author"), "year": FacetPlan("published", interval="year"),
        "month": FacetPlan("published", interval="month"),
    }  # fmt: skip
    assert [name for name, facet in facets.items() if is_own(rule, facet)] == own


def test_an_article_counts_under_its_sections_and_those_above_them_once() -> None:
    document = Document("a", "x", sections=("News > Local > City", "News > World", ""), tags=("b > c", "", "b > c"))
    assert keyword_values(document, "section") == {"News", "News > Local", "News > Local > City", "News > World"}
    assert keyword_values(document, "tag") == {"b > c"}


# Time


@given(days, st.sampled_from(("day", "month", "year")))
def test_buckets_add_up_the_days_in_order(days: dict[int, int], interval: str) -> None:
    found = by_bucket(days, interval)  # type: ignore[arg-type]
    assert list(found) == sorted(found)
    assert sum(found.values()) == sum(days.values())
    for label, count in found.items():
        assert count == sum(n for day, n in days.items() if bucket(day, interval) == label)  # type: ignore[arg-type]


@given(days, days, st.integers(1, 50))
def test_a_timeline_has_few_buckets_and_the_archive_only_between_the_first_and_the_last(
    hits: dict[int, int], others: dict[int, int], most: int
) -> None:
    archive = {day: hits.get(day, 0) + others.get(day, 0) for day in {*hits, *others}}
    found = timeline(hits, archive, TimelinePlan(most))
    assert sum(found.counts.values()) == sum(hits.values())
    if not hits:
        assert (found.counts, found.archive) == ({}, {})
        return
    assert min(found.counts) <= min(found.archive)
    assert max(found.archive) <= max(found.counts)
    assert all(found.archive.get(label, 0) >= count for label, count in found.counts.items())
    for label, count in found.archive.items():
        assert count == sum(n for day, n in archive.items() if bucket(day, found.interval) == label)


# Order


@given(hits, sorts)
def test_hits_are_ordered_by_key_then_id_and_undated_ones_come_last(
    hits: list[tuple[float | None, str]], sort: Sort
) -> None:
    ordered = sorted(hits, key=lambda hit: order_key(sort, *hit))
    for (key, name), (next_key, next_name) in pairwise(ordered):
        if key is None or next_key is None:
            assert next_key is None
            assert key is not None or name < next_name
        elif key == next_key:
            assert name < next_name
        else:
            assert (key < next_key) is (sort == "oldest")


@given(hits, sorts, st.integers(0, 8))
def test_what_follows_a_hit_is_the_rest_of_the_list(hits: list[tuple[float | None, str]], sort: Sort, cut: int) -> None:
    ordered = sorted(hits, key=lambda hit: order_key(sort, *hit))
    after = After(*ordered[cut - 1]) if 0 < cut <= len(ordered) else None
    rest = [hit for hit in ordered if comes_after(sort, after, *hit)]
    assert rest == (ordered[cut:] if after else ordered)


# Deadlines and counts


def test_a_deadline_without_seconds_never_passes_and_one_of_none_left_has_passed() -> None:
    assert (Deadline(None).passed(), Deadline(None).left()) == (False, None)
    assert (Deadline(0.0).passed(), Deadline(0.0).left()) == (True, 0.0)
    left = Deadline(1000.0).left()
    assert left is not None
    assert 0.0 < left <= 1000.0


def test_counts_are_searches_for_counts_only_under_one_deadline() -> None:
    searched: list[Plan] = []

    def search(plan: Plan) -> Results:
        searched.append(plan)
        return Results(total=len(searched), preferred=0, hits=(), rows=0, timed_out=len(searched) == 2)

    plans = [Plan(MatchAll(), facets=(FacetPlan("tag"),), timeline=TimelinePlan(), limit=10)] * 3
    assert count_each(search, plans, 1000.0) == [1, None, 3]
    assert all((plan.limit, plan.facets, plan.timeline) == (0, (), None) for plan in searched)
    assert [plan.deadline for plan in searched] == sorted((plan.deadline or 0.0 for plan in searched), reverse=True)
    searched.clear()
    assert count_each(search, plans, 0.0) == [None, None, None]
    assert searched == []
    assert count_each(search, plans[:1], None) == [1]


# Leaves


@pytest.mark.parametrize(
    ("leaf", "text"),
    [
        (word("Running"), "running"),
        (word("run", "title"), "title:run"),
        (exact("run", "title", "body"), "run"),
        (phrase("old bridge"), '"old bridge"'),
        (phrase("old bridge", "headings", slop=3), 'heading:"old bridge"~3'),
        (MatchPrefix(("title",), "bri"), "title:bri*"),
        (MatchWildcard(("title", "body"), "br?dge"), "br?dge"),
        (MatchFuzzy(("tags",), "brige", 1), "tags:brige~1"),
    ],
)
def test_a_leaf_is_named_as_it_was_typed(leaf: Leaf, text: str) -> None:
    assert leaf_text(leaf) == text


@given(leaves, st.sampled_from(("run", "running", "bridge", "war", "brucken", "")))
def test_a_word_that_fits_a_pattern_counts_whole_unless_it_is_another_spelling(leaf: Leaf, candidate: str) -> None:
    if isinstance(leaf, MatchPrefix):
        assert fits(leaf)(candidate) is candidate.startswith(leaf.prefix)
    if fits(leaf)(candidate):
        assert isinstance(leaf, MatchPrefix | MatchWildcard | MatchFuzzy)
        whole = not isinstance(leaf, MatchFuzzy) or candidate == leaf.word
        assert (expansion_weight(leaf, candidate) == 1.0) is whole


def test_every_leaf_of_a_tree_is_named_from_left_to_right() -> None:
    a, b, c, d = (exact(name) for name in "abcd")
    tree = MatchEvery((a, MatchAny((MatchNot(b), MatchAll())), MatchBest((c, MatchNone(), a)), d))
    assert list(leaves_of(tree)) == [a, b, c, a, d]


def test_a_tree_matches_as_its_nodes_say() -> None:
    engine = fill(open_engine("memory:"), Document("a", "one two"), Document("b", "two"), Document("c", "three"))
    one, two, three = (exact(name, "title") for name in ("one", "two", "three"))
    with engine.searcher() as searcher:

        def found(query: object) -> str:
            return "".join(sorted(hit.id for hit in searcher.search(Plan(query)).hits))  # type: ignore[arg-type]

        assert found(MatchEvery(())) == "abc"
        assert found(MatchAny(())) == found(MatchBest(())) == found(MatchNone()) == ""
        assert found(MatchEvery((one, two))) == "a"
        assert found(MatchAny((one, three))) == found(MatchBest((one, three))) == "ac"
        assert found(MatchNot(MatchAny((one, three)))) == "b"
        assert found(MatchNot(MatchNone())) == "abc"


def test_a_best_node_takes_its_best_child_and_an_any_node_all_of_them() -> None:
    engine = fill(open_engine("memory:"), Document("a", "one two"), Document("b", "two"))
    one, two = exact("one", "title"), exact("two", "title")
    with engine.searcher() as searcher:

        def score(query: Match) -> float:
            return {hit.id: hit.score for hit in searcher.search(Plan(query)).hits}["a"]

        assert score(MatchAny((one, two))) == pytest.approx(score(one) + score(two))
        assert score(MatchBest((one, two))) == max(score(one), score(two)) > min(score(one), score(two))
    assert outcome(MatchBest((MatchNone(), MatchAll())), lambda _: None, lambda _: False) == (0.0, ())
