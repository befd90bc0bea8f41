"""The pieces engines share: URLs, days and buckets, phrases, the choice of the most frequent."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import permutations, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from archives import ask, exact, fill, ids
from hypothesis import given
from hypothesis import strategies as st

from search import dates
from search.document import Document
from search.engines import open_engine, spans
from search.engines.expansion import most_frequent
from search.errors import ConfigError


def test_a_named_memory_engine_is_one_store_and_an_unnamed_one_its_own() -> None:
    fill(open_engine("memory:parts-test"), Document("a", "one"))
    assert ids(ask(open_engine("memory:parts-test"), exact("one"))) == ["a"]
    unnamed = open_engine("memory:")
    fill(unnamed, Document("a", "one"))
    fill(open_engine("memory:"))
    assert ask(unnamed).total == 1


@pytest.mark.parametrize("form", ["whoosh://{0}/x", "whoosh:{0}/x", "{0}/x"])
def test_a_directory_can_be_named_in_three_ways(tmp_path: Path, form: str) -> None:
    engine = open_engine(form.format(tmp_path))
    assert engine.url == f"whoosh://{tmp_path}/x"
    assert list(tmp_path.iterdir()) == [], "opening touches nothing"
    fill(engine, Document("a", "one"))
    assert ask(open_engine(engine.url)).total == 1


def test_a_relative_directory_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(open_engine("whoosh:a/b"), Document("a", "one"))
    assert (tmp_path / "a" / "b" / "backfile.json").is_file()
    assert ask(open_engine("a/b")).total == 1


@pytest.mark.parametrize("url", ["opensearch://host", "solr:x", "http://x", "whoosh:", "", "whoosh:a\0b"])
def test_a_url_of_no_engine_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        open_engine(url)


@pytest.mark.parametrize(
    ("first", "last", "interval"),
    [
        (date(2024, 1, 1), date(2024, 1, 1), "day"),
        (date(2024, 1, 1), date(2024, 5, 2), "day"),
        (date(2024, 1, 1), date(2024, 5, 3), "month"),
        (date(2012, 1, 31), date(2024, 6, 1), "month"),
        (date(2012, 1, 31), date(2024, 7, 1), "year"),
        (date(1700, 1, 1), date(2099, 12, 31), "year"),
        (date(1699, 12, 31), date(2099, 12, 31), "decade"),
        (date(1, 1, 1), date(9999, 12, 31), "century"),
    ],
)
def test_the_interval_suits_the_span(first: date, last: date, interval: str) -> None:
    assert dates.choose_interval(first.toordinal(), last.toordinal(), 400) == interval


@given(
    st.datetimes(datetime(1850, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["UTC", "Asia/Baku", "Europe/Amsterdam", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_a_local_day_is_what_the_calendar_there_says(moment: datetime, name: str) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert date.fromordinal(dates.local_day(aware, ZoneInfo(name))) == aware.astimezone(ZoneInfo(name)).date()


@given(
    st.lists(st.datetimes(datetime(1880, 1, 1), datetime(2040, 1, 1)), min_size=1, max_size=30),
    st.sampled_from(["Europe/Amsterdam", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_local_days_of_arrays_are_those_of_single_moments(moments: list[datetime], name: str) -> None:
    import numpy as np

    from search.engines.disk.reading.segments import local_days

    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    epochs = np.array([dates.epoch(moment) for moment in aware])
    found = local_days(epochs, np.zeros(len(aware), np.bool_), name)
    assert found.tolist() == [dates.local_day(moment, ZoneInfo(name)) for moment in aware]


def test_a_clock_that_jumps_at_noon_is_followed_to_the_second() -> None:
    import numpy as np

    from search.engines.disk.reading.segments import local_days

    around = datetime(2011, 12, 30, 10, tzinfo=UTC)  # Samoa left out this whole day
    moments = [around + timedelta(seconds=step) for step in (-1, 0, 1)]
    epochs = np.array([dates.epoch(moment) for moment in moments])
    days = local_days(epochs, np.zeros(3, np.bool_), "Pacific/Apia")
    assert [date.fromordinal(day).day for day in days.tolist()] == [29, 31, 31]


places = st.dictionaries(st.integers(0, 12), st.sampled_from((1.0, 0.8)), min_size=1, max_size=5)


@given(st.lists(places, min_size=1, max_size=4), st.integers(0, 6))
def test_near_finds_exactly_the_minimal_spans(words: list[dict[int, float]], slop: int) -> None:
    width = spans.span_width(len(words), slop)
    every = {
        (min(choice), max(choice)) for choice in product(*words) if len(set(choice)) == len(choice)
    }  # fmt: skip
    minimal = {
        (start, end)
        for start, end in every
        if not any((start, end) != (a, b) and start <= a and b <= end for a, b in every)
    }
    expected = {
        start: min(max(w for p, w in word.items() if start <= p <= end) for word in words)
        for start, end in minimal
        if end - start < width
    }
    assert spans.near(words, width) == expected


@given(st.lists(places, min_size=1, max_size=4))
def test_near_words_may_come_in_any_order(words: list[dict[int, float]]) -> None:
    found = spans.near(words, 5)
    for other in permutations(words):
        assert spans.near(other, 5) == found


@given(st.lists(places, min_size=1, max_size=3))
def test_ordered_words_follow_each_other(words: list[dict[int, float]]) -> None:
    expected = {
        start: min(word[start + step] for step, word in enumerate(words))
        for start in range(13)
        if all(start + step in word for step, word in enumerate(words))
    }
    assert spans.ordered(words) == expected


def test_no_words_have_no_spans() -> None:
    assert spans.ordered([]) == spans.near([], 3) == spans.near([{1: 1.0}, {}], 3) == {}


@given(
    st.dictionaries(st.text("abc", max_size=3), st.integers(0, 6), max_size=12), st.integers(0, 8), st.integers(0, 4)
)
def test_the_most_frequent_are_found_with_few_exact_counts(counts: dict[str, int], limit: int, slack: int) -> None:
    asked: Counter[str] = Counter()

    def exact_count(word: str) -> int:
        asked[word] += 1
        return counts[word]

    bounds = [(word, count + slack) for word, count in counts.items()]
    expected = sorted(((w, c) for w, c in counts.items() if c), key=lambda pair: (-pair[1], pair[0]))[:limit]
    assert most_frequent(bounds, exact_count, limit) == expected
    assert max(asked.values(), default=1) == 1


def test_a_cache_keeps_what_was_used_last_and_no_more_than_its_size() -> None:
    from search.engines.disk.cache import LruCache

    cache = LruCache[str](10)
    cache.put("a", "one", 4)
    cache.put("b", "two", 4)
    assert cache.get("a") == "one"
    cache.put("c", "three", 4)
    assert [cache.get(key) for key in "abc"] == ["one", None, "three"]
    cache.put("a", "other", 9)
    assert cache.get("a") == "one", "a key keeps its first value, and its size"
    cache.put("d", "too large for it", 11)
    assert [cache.get(key) for key in "acd"] == [None, None, None]


def test_a_cache_can_keep_its_latest_value_whatever_its_size() -> None:
    from search.engines.disk.cache import LruCache

    cache = LruCache[str](10, at_least=1)
    for number in range(3):
        cache.put(number, str(number), 100)
    assert [cache.get(number) for number in range(3)] == [None, None, "2"]
