"""Values looked up by what people type: the same as a brute-force reading of the promise, and in one order."""

from __future__ import annotations

import pytest
from archives import NOW, fill, over
from counting import CountingEngine
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from search.analysis import analyze
from search.document import SECTION_SEPARATOR, Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.engines.values import ValueLookup
from search.query.values import comparable
from search.request.request import Filters, SearchRequest
from search.results.applied import MAX_HINTS

_PARTS = (
    "News",
    "news",
    "NEWS",
    "Économie",
    "Economie",
    "Oil and gas",
    "oil",
    "Gas",
    "  gas ",
    "東京",
    "post-war",
    "X",
)
parts = st.sampled_from(_PARTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.lists(parts.filter(str.strip), min_size=1, max_size=3).map(SECTION_SEPARATOR.join)
counts = st.dictionaries(values, st.integers(1, 5), max_size=12)
typed = values | parts
limits = st.integers(0, 5)


def words_of(text: str) -> list[str]:
    return [token.surface for token in analyze(text, "") if not token.compound]


@given(counts, typed, limits, st.booleans())
def test_same_is_equal_without_case_accents_and_spaces_or_equal_in_the_last_part(
    counts: dict[str, int], text: str, limit: int, hierarchical: bool
) -> None:
    def fits(value: str) -> bool:
        whole = comparable(value)
        last = whole.split(SECTION_SEPARATOR)[-1]
        return comparable(text) in ((whole, last) if hierarchical else (whole,))

    expected = sorted(value for value in counts if fits(value))[:limit]
    found = ValueLookup(counts, hierarchical=hierarchical).find(text, "same", limit)
    assert found == [(value, counts[value]) for value in expected]


@given(counts, typed, limits)
def test_words_are_all_in_the_value_and_the_last_one_begins_a_word(
    counts: dict[str, int], text: str, limit: int
) -> None:
    *whole, last = words_of(text) or [""]

    def fits(value: str) -> bool:
        own = {token.surface for token in analyze(value, "")}
        return bool(last) and own.issuperset(whole) and any(word.startswith(last) for word in own)

    expected = sorted((value for value in counts if fits(value)), key=lambda value: (-counts[value], value))[:limit]
    found = ValueLookup(counts, hierarchical=True).find(text, "words", limit)
    assert found == [(value, counts[value]) for value in expected]


@given(counts, typed, limits)
def test_near_values_are_the_most_similar_first_then_the_most_frequent(
    counts: dict[str, int], text: str, limit: int
) -> None:
    similarity = {value: fuzz.ratio(comparable(text), comparable(value)) for value in counts}
    ranked = sorted(counts, key=lambda value: (-similarity[value], -counts[value], value))
    expected = [value for value in ranked if similarity[value] >= 75.0][:limit]
    found = ValueLookup(counts, hierarchical=True).find(text, "near", limit)
    assert found == [(value, counts[value]) for value in expected]


@given(counts, typed, st.sampled_from(("same", "words", "near")), st.randoms(use_true_random=False))
def test_the_order_in_which_values_came_changes_nothing(
    counts: dict[str, int], text: str, how: str, choice: object
) -> None:
    rows = list(counts.items())
    choice.shuffle(rows)  # type: ignore[attr-defined]
    first = ValueLookup(counts, hierarchical=True).find(text, how, 3)  # type: ignore[arg-type]
    assert ValueLookup(dict(rows), hierarchical=True).find(text, how, 3) == first  # type: ignore[arg-type]


def test_both_engines_find_the_same_near_values(engine: Engine) -> None:
    tags = [f"reform{letter}" for letter in "abcdefgh"]
    fill(engine, *(Document(str(n), "x", tags=(tag, tags[-1 - n])) for n, tag in enumerate(tags)))
    with engine.searcher() as searcher:
        assert searcher.find_values("tag", "reform", "near", 3) == [("reforma", 2), ("reformb", 2), ("reformc", 2)]


@pytest.mark.parametrize("text", ["", " ", "\0", ">", " > ", "\u0301", "a" * 5_000])
@pytest.mark.parametrize("how", ["same", "words", "near"])
def test_odd_texts_find_nothing_and_break_nothing(how: str, text: str) -> None:
    lookup = ValueLookup({"News": 3, "News > Oil": 2}, hierarchical=True)
    assert lookup.find(text, how, 5) == []  # type: ignore[arg-type]


def test_hints_for_unknown_filter_values_are_bounded() -> None:
    counting = CountingEngine(fill(open_engine("memory:"), Document("a", "x", tags=("reform", "river"))))
    unknown = tuple(f"refor{letter}" for letter in "abcdefghijkln")
    with over(counting, NOW).pinned() as archive:
        warnings = archive.search(SearchRequest(keywords=(("tag", Filters(unknown)),), facets=())).warnings
    assert len(warnings) == len(unknown) > MAX_HINTS
    assert sum("there is “reform”" in warning for warning in warnings) == MAX_HINTS
    assert counting.looked_up.count("near") == MAX_HINTS
