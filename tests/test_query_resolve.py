"""What an engine is asked for the words, phrases, patterns and filters a reader typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work import calls, growth

from search.analysis import VALUE_GAP
from search.engines.values import ValueLookup
from search.errors import QuerySyntaxError
from search.query import Resolved, parse, resolve
from search.query.limits import MAX_LENGTH, MAX_PHRASE_WORDS, MAX_SLOP
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNone,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.patterns import edit_distance, wildcard_regex
from search.schema import KEYWORD_FIELDS, ValueMatch

FIELDS = ("title", "body")
VALUES: Mapping[str, Mapping[str, int]] = {
    "section": {"News": 5, "News > Economy": 3, "Opinion": 2, "opinion": 1},
    "tag": {"Été": 1, "climate change": 2},
    "lang": {"en": 4, "pt-BR": 2, "zh-TW": 1},
    "type": {},
}


class Values:
    """The values of keyword fields, as a searcher finds them."""

    def __init__(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        self._counts = counts
        self._lookups = {
            name: ValueLookup(counts[name], hierarchical=KEYWORD_FIELDS[name].hierarchical) for name in counts
        }
        self.compared: Counter[str] = Counter()

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        return sorted(self._counts[field].items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        self.compared[how] += 1
        return self._lookups[field].find(text, how, limit)


def resolved(text: str, *languages: str, stop_language: str = "en") -> Resolved:
    return resolve(
        parse(text).query,
        fields=FIELDS,
        languages=languages,
        stop_language=stop_language,
        values=Values(VALUES),
    )


def terms(*surfaces: str) -> tuple[Term, ...]:
    return tuple(map(Term, surfaces))


def one(surface: str, fields: tuple[str, ...] = FIELDS, boost: float = 1.0) -> MatchTerm:
    return MatchTerm(fields, Term(surface), boost)


def phrase(*surfaces: str, slop: int | None = None) -> MatchPhrase:
    return MatchPhrase(FIELDS, terms(*surfaces), slop)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", MatchAll()),
        ("Mélanie", one("melanie")),
        ("a b", MatchEvery((one("a"), one("b")))),
        ("a OR b", MatchAny((one("a"), one("b")))),
        ("-a", MatchNot(one("a"))),
        ("-a -b", MatchEvery((MatchNot(one("a")), MatchNot(one("b"))))),
        ("title:a^2", one("a", ("title",), 2.0)),
        ("Aliyev’s", one("aliyev")),
        ("U.S.", one("us")),
        ("1,500", one("1500")),
        ("post-war", MatchBest((phrase("post", "war"), one("postwar")))),
        ("12:30", phrase("12", "30")),
        ("12:30-40", phrase("12", "30", "40")),
        ('"post-war art"', phrase("post", "war", "art")),
        ('"to be or not"', phrase("to", "be", "or", "not")),
        ('"a b"~3', phrase("a", "b", slop=3)),
        ('"a"~3', one("a")),
        ('"a"^2', one("a", boost=2.0)),
        ("=Running", one("running")),
        ('="post-war"', phrase("post", "war")),
        ("Pré*", MatchPrefix(FIELDS, "pre")),
        ("post-w*", MatchPrefix(FIELDS, "postw")),
        ("12:3*", MatchEvery((one("12"), MatchPrefix(FIELDS, "3")))),
        ("post-*", MatchPrefix(FIELDS, "post")),
        ("Wi?d*", MatchWildcard(FIELDS, "wi?d*")),
        ("post-w?r*", MatchWildcard(FIELDS, "postw?r*")),
        ("Qarabağ~", MatchFuzzy(FIELDS, "qarabag", 2)),
        ("kara-bakh~1", MatchFuzzy(FIELDS, "karabakh", 1)),
        ("cat~", MatchFuzzy(FIELDS, "cat", 1)),
        ("ab~", one("ab")),
        ("東京都", phrase("東京", "京都")),
        ("東京", one("東京")),
        ("東", MatchPrefix(FIELDS, "東")),
        ("東京*", one("東京")),
        ("東*", MatchPrefix(FIELDS, "東")),
        ("東京~", one("東京")),
        ("2024年", MatchEvery((one("2024"), MatchPrefix(FIELDS, "年")))),
        ("iPhone手机", phrase("iphone", "手机")),
        ('"東京 大学"', phrase("東京", "京", "大学")),
        ("date:2024-07", MatchDates("published", date(2024, 7, 1), date(2024, 7, 31))),
        ("section:news", MatchKeyword("section", ("News",))),
        ("section:opinion", MatchKeyword("section", ("Opinion", "opinion"))),
        ('section:"news>economy"', MatchKeyword("section", ("News > Economy",))),
        ("section:economy", MatchKeyword("section", ("News > Economy",))),
        ("tag:ete", MatchKeyword("tag", ("Été",))),
        ('tag:"Climate  Change"', MatchKeyword("tag", ("climate change",))),
        ("lang:EN", MatchKeyword("lang", ("en",))),
        ("lang:pt", MatchKeyword("lang", ("pt-BR",))),
        ("lang:chinese", MatchKeyword("lang", ("zh-TW",))),
        ("lang:pt-br", MatchKeyword("lang", ("pt-BR",))),
    ],
)
def test_a_query_asks_for(text: str, match: Match) -> None:
    found = resolved(text, *(VALUES["lang"] if text.startswith("lang:") else ()), stop_language="")
    assert found.match == match
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("the war", "war"),
        ("who was in the war", "war"),
        ("the OR war", "war"),
        ('the "peace treaty"', '"peace treaty"'),
        ("(the war) -peace", "war -peace"),
        ("title:the title:war", "title:war"),
        ("THE WAR", "war"),
    ],
)
def test_stop_words_are_left_out_beside_words_that_say_more(text: str, same_as: str) -> None:
    assert resolved(text).match == resolved(same_as).match


@pytest.mark.parametrize(
    "text", ["to be", "the section:News", "US war", "the^2 war", "=the war", '"the war"', "-the war"]
)
def test_stop_words_stay_where_they_are_meant(text: str) -> None:
    assert resolved(text).match == resolved(text, stop_language="").match


def test_a_stop_word_named_for_a_field_yields_only_to_words_of_that_field() -> None:
    assert resolved("title:the war").match == MatchEvery((one("the", ("title",)), one("war")))


def test_words_have_the_stems_of_the_archives_languages_but_exact_ones_have_none() -> None:
    found = resolved('running ="running" "running dogs"', "en", "zh", "de").match
    running = Term("running", (("de", "running"), ("en", "run")))
    assert isinstance(found, MatchEvery)
    assert found.children == (
        MatchTerm(FIELDS, running),
        one("running"),
        MatchPhrase(FIELDS, (running, Term("dogs", (("de", "dog"), ("en", "dog")))), None),
    )


@pytest.mark.parametrize(
    ("text", "match", "says"),
    [
        ("!!!", MatchNone(), ('"!!!" has no letter or digit', "nothing in the query is left")),
        ("-!!!", MatchNone(), ('"!!!" has no letter or digit', "nothing in the query is left")),
        ('a "..." 🙂', one("a"), ('"..." has no letter or digit', '"🙂" has no letter or digit')),
        ("section:opinon", MatchNone(), ("no article has the section “opinon”; there is “Opinion”",)),
        ("lang:xx -a", MatchEvery((MatchNone(), MatchNot(one("a")))), ("no article has the language “xx”",)),
        ("type:x", MatchNone(), ("the archive has none",)),
    ],
)
def test_what_is_not_searched_is_told(text: str, match: Match, says: tuple[str, ...]) -> None:
    found = resolved(text)
    assert found.match == match
    assert len(found.warnings) == len(says)
    assert all(part in warning for part, warning in zip(says, found.warnings, strict=True))


def test_a_word_typed_twice_is_looked_up_once_and_weighs_more() -> None:
    assert resolved("oil oil").match == one("oil", boost=1.6)
    assert resolved("oil wheat OIL").match == MatchEvery((one("oil", boost=1.6), one("wheat")))


def test_words_added_are_named_once() -> None:
    assert resolved("post-war post-war treaty").expanded == ("postwar",)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('"a b"', True),
        ("=a", True),
        ('x OR "a b"', True),
        ('x -"a b"', False),
        ("a b", False),
        ('section:"News"', False),
    ],
)
def test_phrases_and_exact_spellings_are_noted(text: str, quoted: bool) -> None:
    assert resolved(text).quoted is quoted


def test_near_phrases_cannot_reach_into_the_next_value() -> None:
    assert MAX_PHRASE_WORDS + MAX_SLOP <= VALUE_GAP
    found = resolved(f'"{"a " * (MAX_PHRASE_WORDS + 1)}"~5')
    assert isinstance(found.match, MatchPhrase)
    assert found.match.slop is None
    assert len(found.warnings) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_query_that_parses_resolves_to_folded_words(text: str) -> None:
    try:
        parse(text)
    except QuerySyntaxError:
        return
    found = resolved(text, "en", "tr")
    assert not isinstance(found.match, MatchNone) or found.warnings
    for leaf in _leaves(found.match):
        assert leaf


def _leaves(match: Match) -> list[str]:
    match match:
        case MatchEvery(children) | MatchAny(children) | MatchBest(children):
            assert len(children) > 1
            return [leaf for child in children for leaf in _leaves(child)]
        case MatchNot(child):
            return _leaves(child)
        case MatchTerm(_, term):
            return [term.surface]
        case MatchPhrase(_, found):
            assert len(found) > 1
            return [term.surface for term in found]
        case MatchPrefix(_, prefix):
            return [prefix]
        case MatchWildcard(_, pattern):
            return [pattern.strip("*?")]
        case MatchFuzzy(_, word):
            return [word]
        case _:
            return []


def test_near_values_are_looked_for_a_few_times_only() -> None:
    values = Values({"tag": {f"tag number {number}": 1 for number in range(1_000)}})
    query = parse(" ".join(f"tag:x{number}" for number in range(250))).query
    resolve(query, fields=FIELDS, languages=(), stop_language="", values=values)
    assert values.compared == {"same": 250, "near": 5}


@pytest.mark.parametrize("field", ["tag", "section", "lang"])
def test_many_filters_on_many_values_do_not_look_at_all_values_for_each(field: str) -> None:
    names = {f"x{number} > part {number}": 1 for number in range(5_000)}
    languages = tuple(names) if field == "lang" else ()

    def resolving(filters: int) -> int:
        query = parse(" ".join(f"{field}:u{number}" for number in range(filters))).query
        values = Values({field: names})
        return calls(lambda: resolve(query, fields=FIELDS, languages=languages, stop_language="", values=values))

    assert resolving(250) < resolving(10) + 240 * 1_000


def test_a_query_of_many_joined_words_costs_in_proportion_to_its_length() -> None:
    languages = ("en", "de", "fr", "ru")
    assert calls(lambda: resolved("a-b " * 250, *languages)) < 200 * 1000
    assert calls(lambda: resolved("x" + "-a" * (MAX_LENGTH // 2 - 1), *languages)) < 200 * MAX_LENGTH
    assert growth(lambda size: resolved("a-b " * size, *languages), 31, 8) < 24
    assert growth(lambda size: resolved("x" + "-a" * size, *languages), MAX_LENGTH // 16 - 1, 8) < 24


# --- patterns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "fits", "misses"),
    [
        ("wom?n", ["woman", "women"], ["womn", "womaan", "womans"]),
        ("colo*r", ["color", "colour", "colonizer"], ["colors", "colo"]),
        ("ab*", ["ab", "abc"], ["a", "xab"]),
        ("ab*ab", ["abab", "abxab"], ["ab", "aba"]),
        ("a*b?c*d", ["abxcd", "axxbbbcxd"], ["abcd"]),
        ("3.1*", ["3.14"], ["3x14"]),
        ("中?人", ["中国人"], ["中人"]),
        ("ab", ["ab"], ["abc"]),
    ],
)
def test_wildcards_fit(pattern: str, fits: list[str], misses: list[str]) -> None:
    regex = wildcard_regex(pattern)
    assert all(regex.fullmatch(word) for word in fits)
    assert not any(regex.fullmatch(word) for word in misses)


@settings(max_examples=500)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_fit_what_a_plain_expression_would(pattern: str, word: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(character, character) for character in pattern)
    assert bool(wildcard_regex(pattern).fullmatch(word)) == bool(re.fullmatch(plain, word))


@pytest.mark.parametrize(
    ("head", "part", "tail"), [("aa", "*a", "*b"), ("ab", "*?a", ""), ("aa", "*a?", "b"), ("aa", "*aa", "*?b")]
)
def test_hostile_wildcards_cost_no_more_than_their_length_times_the_words(head: str, part: str, tail: str) -> None:
    def fit(size: int) -> None:
        regex = wildcard_regex(head + part * size + tail)
        for _ in range(20):
            assert regex.fullmatch("a" * (3 * size)) is None

    fit(800)  # compiled once, so that only the fitting is measured
    fit(100)
    assert growth(fit, 100, 8) < 64 * 3


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("karabakh", "karabakh", 0),
        ("karabakh", "karabah", 1),
        ("karabakh", "karbakah", 2),
        ("ab", "ba", 1),
        ("ca", "abc", 3),
    ],
)
def test_edit_distance_counts_swaps_once(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 5) == edit_distance(other, one, 5) == distance


def test_edit_distance_stops_above_the_limit() -> None:
    assert edit_distance("abcdef", "uvwxyz", 2) == 3
