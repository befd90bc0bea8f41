"""Words and values on a real cluster: those that the memory engine has, with the same numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from archives import ALL_FIELDS, FLOOD
from hypothesis import given
from versions import Versions, few, filled, histories

from search.document import Document
from search.engines.expansion import fits
from search.engines.memory.matching import expand
from search.engines.opensearch.queries import regular
from search.engines.opensearch.reading import frequent, values, vocabulary
from search.engines.opensearch.reading.values import Values
from search.engines.opensearch.transport.connection import Connection
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchFuzzy, MatchPrefix, MatchTerm, MatchWildcard, Term
from search.schema import KEYWORD_FIELDS, ValueMatch

HOW: tuple[ValueMatch, ...] = ("same", "words", "near")


@pytest.mark.parametrize("shards", [1, 3])
@few
@given(history=histories)
def test_words_are_those_of_the_memory_engine(connection: Connection, shards: int, history: Any) -> None:
    versions = Versions(connection, shards)
    versions.replay(history)
    with versions.snapshot() as (commit, memory):
        for prefix in ("", "r", "br", "c", "東", "zzz", "u.", "1,"):
            for limit in (0, 1, 2, 5, 100):
                assert vocabulary.terms(connection, commit, prefix, limit) == memory.terms(prefix, limit)
        for word, distance in (("wart", 2), ("run", 1), ("run", 2), ("a", 2), ("us", 2), ("brigde", 2), ("xederal", 2)):
            for limit, least in ((0, 1), (2, 1), (50, 1), (50, 3)):
                expected = memory.similar_terms(word, distance, limit, least)
                assert vocabulary.similar_terms(connection, commit, word, distance, limit, least) == expected
        words = ["run", "war", "the", "ann", "nothing", "東京", "u.s", "en:run:0", "!run", "=run", "", "cancion", "run"]
        assert vocabulary.document_frequencies(connection, commit, words) == memory.document_frequencies(words)


@pytest.mark.parametrize("shards", [1, 3])
@few
@given(history=histories)
def test_values_are_those_of_the_memory_engine(connection: Connection, shards: int, history: Any) -> None:
    versions = Versions(connection, shards)
    versions.replay(history)
    with versions.snapshot() as (commit, memory):
        lookup = Values(connection, commit)
        for field in KEYWORD_FIELDS:
            for limit in (0, 1, 2, 100):
                assert lookup.top(field, limit) == memory.top_values(field, limit)
                for how in HOW:
                    for text in ("economy", "an", "news", "wrld", "Zoe"):
                        found = sorted(lookup.find(field, text, how, limit))
                        assert found == sorted(memory.find_values(field, text, how, limit))


PATTERNS: tuple[Leaf, ...] = (
    MatchPrefix(ALL_FIELDS, "ru"), MatchPrefix(("title",), ""), MatchPrefix(("body",), "東"),
    MatchPrefix(("body",), "u."),
    MatchWildcard(ALL_FIELDS, "ru*"), MatchWildcard(("title", "body"), "br?dge*"), MatchWildcard(ALL_FIELDS, "*ar"),
    MatchWildcard(ALL_FIELDS, "??"), MatchWildcard(ALL_FIELDS, "c*n"), MatchWildcard(ALL_FIELDS, "?un*"),
    MatchWildcard(ALL_FIELDS, "*"), MatchWildcard(ALL_FIELDS, "*e*?r?*d?"), MatchWildcard(ALL_FIELDS, "*?b?i?d?e?*"),
    MatchFuzzy(ALL_FIELDS, "run", 1), MatchFuzzy(("body",), "bridg", 2), MatchFuzzy(ALL_FIELDS, "war", 2),
    MatchFuzzy(ALL_FIELDS, "a", 2), MatchFuzzy(ALL_FIELDS, "cancoin", 2), MatchFuzzy(ALL_FIELDS, "absent", 1),
)  # fmt: skip


@pytest.mark.parametrize("shards", [1, 3])
@few
@given(history=histories)
def test_patterns_stand_for_the_words_of_the_memory_engine(connection: Connection, shards: int, history: Any) -> None:
    versions = Versions(connection, shards)
    versions.replay(history)
    with versions.snapshot() as (commit, memory):
        found = vocabulary.expansions(connection, commit, [MatchTerm(ALL_FIELDS, Term("run")), *PATTERNS])
        assert found[0].words == ()
        for leaf, expansion in zip(PATTERNS, found[1:], strict=True):
            expected, _ = expand(leaf, memory._articles)
            assert expected.keys() <= set(expansion.words), leaf
            assert all(map(fits(leaf), expansion.words)), leaf
            assert not expansion.cut


@pytest.mark.parametrize("shards", [1, 3])
def test_of_a_pattern_that_fits_too_many_words_the_most_frequent_are_taken(connection: Connection, shards: int) -> None:
    first = [
        Document(f"{number:02}", "", " ".join(f"word{(number * 31 + step) % 1200:04}" for step in range(60)))
        for number in range(40)
    ]
    titles = Document("titles", " ".join(f"word{number:04}" for number in range(0, 1100, 3)))
    names = Document("x", "", authors=("wordless", "Word 1"))
    with filled(connection, *first, titles, names, shards=shards) as (commit, memory):
        patterns: list[Leaf] = [
            make(fields, text)
            for fields in (ALL_FIELDS, ("title",), ("author", "body"), ("authors", "body"))
            if set(fields) <= set(ALL_FIELDS)
            for make, text in ((MatchPrefix, "word"), (MatchWildcard, "w?rd*"), (MatchWildcard, "*o?d*"))
        ]
        patterns.append(MatchFuzzy(ALL_FIELDS, "word00", 2))
        for leaf, found in zip(patterns, vocabulary.expansions(connection, commit, patterns), strict=True):
            expected, cut = expand(leaf, memory._articles)
            assert found.cut == cut, leaf
            assert expected.keys() <= set(found.words), leaf
            assert len(found.words) == len(expected) or (len(found.words) <= MAX_EXPANSIONS and not cut), leaf


def test_a_fuzzy_word_with_very_many_neighbours_stands_for_the_most_frequent(connection: Connection) -> None:
    letters = "abcdefghijklmnopqrstuvwxyzßøæłđ"
    words = [f"w{first}{second}d" for first in letters for second in letters] + [f"wo{one}rd" for one in letters]
    words += [f"wo{one}{two}rd" for one in letters for two in letters]
    articles = [Document("all", "", " ".join(words)), Document("some", "", " ".join(words[::3]))]
    with filled(connection, *articles) as (commit, memory):
        leaf = MatchFuzzy(ALL_FIELDS, "word", 2)
        [found] = vocabulary.expansions(connection, commit, [leaf])
        expected, cut = expand(leaf, memory._articles)
        assert cut
        assert found.cut
        assert set(found.words) == expected.keys()
        assert vocabulary.similar_terms(connection, commit, "word", 2, 40) == memory.similar_terms("word", 2, 40)


def test_similar_words_are_those_of_the_edit_distance(connection: Connection) -> None:
    chance = random.Random(3)
    words = {"".join(chance.choices("abcé東", k=chance.randint(1, 7))) for _ in range(1500)}
    articles = [
        Document(f"{number}", "", " ".join(chance.choices(sorted(words), k=120)), language="zz") for number in range(30)
    ]
    with filled(connection, *articles, shards=2) as (commit, memory):
        for word in [*chance.sample(sorted(words), 12), "abcabcabc", "", "x"]:
            for distance in (1, 2):
                for limit in (3, 30, 10_000):
                    expected = memory.similar_terms(word, distance, limit)
                    assert vocabulary.similar_terms(connection, commit, word, distance, limit) == expected, word
            leaf = MatchFuzzy(ALL_FIELDS, word or "b", 2)
            [found] = vocabulary.expansions(connection, commit, [leaf])
            assert expand(leaf, memory._articles)[0].keys() <= set(found.words), word


def test_the_order_of_words_is_settled_although_shards_know_only_their_own(connection: Connection) -> None:
    """More words with equal numbers than one question asks for, spread over shards so that none knows the first."""
    chance = random.Random(5)
    articles = [
        Document(f"{number}", "", " ".join(f"w{chance.randint(0, 3_000):04}" for _ in range(40)))
        for number in range(120)
    ]
    articles = [
        replace(article, tags=tuple(f"t{chance.randint(0, 3_000):04}" for _ in range(40))) for article in articles
    ]
    with filled(connection, *articles, shards=3) as (commit, memory):
        for limit in (1, 7, 60):
            assert vocabulary.terms(connection, commit, "w", limit) == memory.terms("w", limit)
            assert Values(connection, commit).top("tag", limit) == memory.top_values("tag", limit)


def test_values_of_a_large_field_are_fetched_in_parts(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_BUCKETS", 50)
    monkeypatch.setattr(values, "_SHARE", 20)
    articles = [Document(f"{number}", "", tags=(f"tag {number}", "all")) for number in range(120)]
    with filled(connection, *articles, shards=2) as (commit, memory):
        assert values.all_values(connection, commit, "tag") == memory._values("tag")
        assert Values(connection, commit).find("tag", "tag 77", "same", 5) == [("tag 77", 1)]
        monkeypatch.setattr(values, "MAX_PARTS", 1)
        monkeypatch.setattr(frequent, "MAX_BUCKETS", 50)
        kept = values.all_values(connection, commit, "tag")
        assert len(kept) == 50
        assert kept["all"] == 120


@pytest.mark.parametrize("pattern", ["a*", "*a?b*", "?a", "??", "a?*?b", "*a??????b*c", "a.b*", "*", "?*", "u.s?"])
def test_a_regular_expression_matches_what_its_wildcard_does(pattern: str) -> None:
    chance = random.Random(pattern)
    matches: Callable[[str], bool] = fits(MatchWildcard(ALL_FIELDS, pattern))
    expression, is_exact = regular.wildcard(pattern)
    ours = re.compile(expression)
    words = ["".join(chance.choices("abcus.", k=chance.randint(0, 12))) for _ in range(4_000)]
    found = [word for word in words if matches(word)]
    assert all(ours.fullmatch(word) for word in found)
    assert not is_exact or sum(ours.fullmatch(word) is not None for word in words) == len(found)


def test_a_regular_expression_takes_every_character_as_it_is(connection: Connection) -> None:
    text = "".join(map(chr, range(33, 127)))
    assert re.fullmatch(regular.literal(text), text)
    with filled(connection, *FLOOD) as (commit, memory):
        for prefix in [*text, "a\\", "[", "~(a)", "\ud800"]:
            assert vocabulary.terms(connection, commit, prefix, 5) == memory.terms(prefix, 5), prefix
