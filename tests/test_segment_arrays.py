"""Arithmetic on flat arrays, against the same in plain Python: rows, sorted lists, merged strings."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engines import spans
from search.engines.disk.format import arrays
from search.engines.disk.format.arrays import (
    changes,
    distinct,
    expand_ranges,
    intersect,
    partition,
    rising,
    row_ranges,
    starts_of,
    sum_by_doc,
    union,
)
from search.engines.disk.format.container import DamagedFile
from search.engines.disk.format.sorted_strings import merge_strings
from search.errors import EngineError

small = st.integers(0, 12)
ascending = st.sets(st.integers(0, 40)).map(sorted)


def docs(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint32)


@given(st.lists(small))
def test_starts_begin_with_zero_and_end_with_the_total(sizes: list[int]) -> None:
    starts = starts_of(np.array(sizes, np.int64))
    assert starts.tolist() == list(accumulate(sizes, initial=0))
    assert partition(starts, sum(sizes))
    assert not partition(starts, sum(sizes) + 1)


def test_starts_that_would_wrap_around_are_refused() -> None:
    halves = np.full(2, 1 << 31, np.int64)
    assert starts_of(halves).tolist() == [0, 1 << 31, 1 << 32]
    with pytest.raises(EngineError, match="more words or values than the format holds"):
        starts_of(halves, np.uint32)


@given(st.lists(small), st.integers(1, 20))
def test_ranges_of_rows_cover_every_row_once_and_are_as_long_as_allowed(sizes: list[int], most: int) -> None:
    starts = starts_of(np.array(sizes, np.int64))
    ranges = list(row_ranges(starts, most))
    assert [row for begin, end in ranges for row in range(begin, end)] == list(range(len(sizes)))
    for begin, end in ranges:
        assert end - begin == 1 or sum(sizes[begin:end]) <= most
    for (begin, end), (_, following) in pairwise(ranges):
        assert sum(sizes[begin : end + 1]) > most, f"{end} would have fitted before {following}"


@given(st.lists(st.tuples(st.integers(0, 50), small)))
def test_ranges_are_expanded_one_after_the_other(ranges: list[tuple[int, int]]) -> None:
    starts, lengths = np.array([*zip(*ranges, strict=True)] or [[], []], np.int64)
    expected = [number for start, length in ranges for number in range(start, start + length)]
    assert expand_ranges(starts, lengths, len(expected)).tolist() == expected


@pytest.mark.parametrize(
    "lengths",
    [[3, 3], [6], [-1, 2], [1 << 40], [1 << 62, 1 << 62, 1 << 62, 1 << 62]],
    ids=["together", "one", "negative", "huge", "wrapping"],
)
def test_ranges_longer_than_their_section_are_damage_and_take_no_memory(lengths: list[int]) -> None:
    with pytest.raises(DamagedFile, match="rows are longer than the section"):
        expand_ranges(np.zeros(len(lengths), np.uint64), np.array(lengths, np.int64), 5)


@given(st.lists(small))
def test_distinct_values_and_changes_agree_with_sets(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))
    ordered = sorted(values)
    firsts = [value for value, is_first in zip(ordered, changes(np.array(ordered)).tolist(), strict=True) if is_first]
    assert firsts == sorted(set(values))
    assert rising(np.array(ordered, np.int64), strictly=False)
    assert rising(np.array(ordered, np.int64)) == (len(set(values)) == len(values))


@given(st.lists(ascending, min_size=1, max_size=4))
def test_the_union_of_sorted_lists_is_that_of_sets(lists: list[list[int]]) -> None:
    expected = sorted(set().union(*lists))
    assert union([docs(each) for each in lists]).tolist() == expected
    backwards = [docs(each)[::-1] for each in lists]
    assert union(backwards, unsorted=True).tolist() == expected


@given(ascending, ascending, st.sampled_from((0, 1, 8, 100)))
def test_an_intersection_says_where_items_are_in_both_lists(own: list[int], wanted: list[int], fewer: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_FEWER", fewer)  # searches the one list in the other, and the other way round
        at, found = intersect(docs(own), docs(wanted))
        assert docs(own)[at].tolist() == docs(wanted)[found].tolist() == sorted(set(own) & set(wanted))
        backwards = own[::-1]
        at, found = intersect(docs(backwards), docs(wanted), unsorted=True)
    assert docs(backwards)[at].tolist() == docs(wanted)[found].tolist()
    assert sorted(docs(backwards)[at].tolist()) == sorted(set(own) & set(wanted))


@given(st.lists(st.tuples(small, st.integers(1, 200)), min_size=1))
def test_counts_of_equal_docs_are_added_without_wrapping(postings: list[tuple[int, int]]) -> None:
    expected: Counter[int] = Counter()
    for doc, count in postings:
        expected[doc] += count
    found, sums = sum_by_doc(docs([doc for doc, _ in postings]), np.array([count for _, count in postings], np.uint8))
    assert dict(zip(found.tolist(), sums.tolist(), strict=True)) == expected
    assert found.tolist() == sorted(expected)


texts = st.text(st.sampled_from("ab\u00e9\0"), max_size=9).map(str.encode)


@given(st.lists(st.lists(st.tuples(texts, st.booleans()), max_size=8), min_size=1, max_size=3))
def test_merged_strings_are_the_distinct_wanted_ones_in_order(parts: list[list[tuple[bytes, bool]]]) -> None:
    tables = []
    for part in parts:
        raw = np.frombuffer(b"".join(text for text, _ in part), np.uint8)
        starts = starts_of(np.array([len(text) for text, _ in part], np.int64))
        tables.append((raw, starts, np.array([wanted for _, wanted in part], np.bool_)))
    merged = merge_strings(tables)
    expected = sorted({text for part in parts for text, wanted in part if wanted})
    assert [merged.strings.raw(int(index)) for index in merged.chosen] == expected
    assert len(merged) == len(expected)
    for part, numbers in zip(parts, merged.numbers, strict=True):
        assert numbers.tolist() == [expected.index(text) if wanted else -1 for text, wanted in part]
    gathered = b"".join(chunk.tobytes() for chunk in merged.strings.gather(merged.chosen))
    assert gathered == b"".join(expected)


def test_terms_are_assignable_where_any_order_of_positions_fits() -> None:
    for sizes in product(range(4), repeat=3):
        choices = [[(size * 7 + step * 3) % 4 for step in range(size)] for size in sizes]
        fits = any(
            all(position in own for position, own in zip(order, choices, strict=True))
            for order in permutations(range(4), 3)
        )
        assert spans.assignable(choices) == fits, choices


def test_a_phrase_never_reaches_from_one_value_of_a_field_into_the_next() -> None:
    first, second = {0: 1.0}, {spans.MAX_SPAN: 1.0}
    assert spans.near([first, second], spans.span_width(2, 10_000)) == {}
    assert spans.near([first, {spans.MAX_SPAN - 1: 1.0}], spans.span_width(2, 10_000)) == {0: 1.0}
