"""What is marked in a text, by hand-made queries: so that each promise is tested apart from the parser."""

from __future__ import annotations

import pytest

from search.analysis import analyze, query_term
from search.highlight import MAX_HIGHLIGHT_CHARS, Highlighter, mark_html, merged
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.schema import TEXT_FIELDS

ALL = tuple(TEXT_FIELDS)


def word(text: str, *fields: str) -> MatchTerm:
    return MatchTerm(fields or ALL, query_term(text, ["en", "de", "fr"]))


def phrase(text: str, slop: int | None = None) -> MatchPhrase:
    return MatchPhrase(ALL, tuple(query_term(part, ["en", "de", "fr"]) for part in text.split()), slop)


def marked(match: Match, text: str, language: str = "en", field: str = "body") -> str:
    spans = Highlighter(match).spans(text, language, field)
    return mark_html(text, spans).replace("<mark>", "[").replace("</mark>", "]")


@pytest.mark.parametrize(
    ("query", "text", "language", "expected"),
    [
        ("run", "She ran; running runs; RUN.", "en", "She ran; [running] [runs]; [RUN]."),
        ("melanie", "Mélanie met Melanie.", "en", "[Mélanie] met [Melanie]."),
        ("eliyev", "President Əliyev’s aides", "en", "President [Əliyev]’s aides"),
        ("Häuser", "Das Haus und die Häuser", "de", "Das [Haus] und die [Häuser]"),
        ("postwar", "the post-war years", "en", "the [post-war] years"),
        ("war", "the post-war years", "en", "the post-[war] years"),
        ("us", "The U.S. and us", "en", "The [U.S]. and [us]"),
    ],
)
def test_every_form_of_a_word_is_marked_in_its_own_spelling(
    query: str, text: str, language: str, expected: str
) -> None:
    assert marked(word(query), text, language) == expected


def test_an_exact_word_marks_that_spelling_only() -> None:
    assert marked(MatchTerm(ALL, Term("run")), "run runs Run") == "[run] runs [Run]"


def test_stems_of_another_language_are_not_marked() -> None:
    assert marked(word("run"), "Wir run running", "de") == "Wir [run] running"
    assert marked(word("run"), "run running", "") == "[run] running"


def test_a_phrase_is_marked_only_as_a_phrase() -> None:
    text = "The peace was long. A peace treaty, then treaties of peace; Peace\ntreaties."
    assert marked(phrase("peace treaty"), text) == (
        "The peace was long. A [peace treaty], then treaties of peace; [Peace\ntreaties]."
    )


def test_a_near_phrase_marks_its_words_where_they_stand_together_in_any_order() -> None:
    text = "treaty of a lasting peace. " + "x " * 20 + "peace " + "y " * 20 + "treaty"
    assert marked(phrase("peace treaty", 3), text).startswith("[treaty] of a lasting [peace]. x")
    assert marked(phrase("peace treaty", 3), text).count("[") == 2
    assert "[" not in marked(phrase("peace treaty", 2), text)


def test_a_near_phrase_needs_a_word_of_its_own_for_each_of_its_words() -> None:
    assert "[" not in marked(phrase("war war", 3), "war and peace")
    assert marked(phrase("war war", 3), "war and war") == "[war] and [war]"
    assert "[" not in marked(phrase("war wars", 1), "one war only")


def test_prefixes_wildcards_and_near_spellings_mark_whole_words() -> None:
    assert marked(MatchPrefix(ALL, "arch"), "An archive of arches, march") == "An [archive] of [arches], march"
    assert marked(MatchWildcard(ALL, "ar?h*e"), "archive arch arrhyme") == "[archive] arch [arrhyme]"
    assert marked(MatchFuzzy(ALL, "karabah", 1), "Karabakh, Karabah, Barabah") == "[Karabakh], [Karabah], Barabah"


def test_chinese_words_are_marked_without_their_neighbours() -> None:
    text = "我们研究中国经济的发展"
    pairs = tuple(Term(token.surface) for token in analyze("中国经济", "zh"))[:-1]
    assert marked(MatchPhrase(ALL, pairs), text, "zh") == "我们研究[中国经济]的发展"
    assert marked(MatchPrefix(ALL, "国"), text, "zh") == "我们研究中[国]经济的发展"


def test_what_the_query_excludes_is_never_marked() -> None:
    match = MatchEvery((word("peace"), MatchNot(MatchAny((word("war"), phrase("cold war")))), MatchAll()))
    assert marked(match, "peace, war, cold war") == "[peace], war, cold war"


def test_conditions_mark_nothing() -> None:
    assert marked(MatchEvery((MatchKeyword("section", ("News",)), MatchAll())), "News") == "News"


def test_a_word_limited_to_a_field_is_marked_only_there() -> None:
    match = MatchAny((word("war", "title"), word("peace")))
    assert marked(match, "war and peace", field="body") == "war and [peace]"
    assert marked(match, "war and peace", field="title") == "[war] and [peace]"


def test_two_spellings_of_one_word_are_one_group() -> None:
    match = MatchEvery((MatchBest((phrase("post war"), word("postwar"))), word("peace")))
    marks = Highlighter(match).marks("post-war peace, postwar", "en")
    assert {mark.group for mark in marks} == {0, 1}
    assert marked(match, "post-war peace, postwar") == "[post-war] [peace], [postwar]"


def test_only_the_beginning_of_a_very_long_text_is_looked_at() -> None:
    text = "filler " * (MAX_HIGHLIGHT_CHARS // 7 + 10) + "needle"
    assert Highlighter(word("needle")).spans(text, "en") == []
    assert Highlighter(word("needle")).spans(text[-2000:], "en") == [(1994, 2000)]


def test_marking_escapes_everything_else() -> None:
    assert mark_html("<b>&\"'</b>", [(3, 4)]) == "&lt;b&gt;<mark>&amp;</mark>&quot;&#x27;&lt;/b&gt;"


def test_overlapping_spans_become_one_and_neighbours_stay_apart() -> None:
    assert merged([(4, 6), (0, 2), (1, 3), (3, 4)]) == [(0, 3), (3, 4), (4, 6)]


def test_hostile_text_is_marked_like_any_other() -> None:
    text = "a\x00b \ud800 peace \u202e peace"
    assert [text[start:end] for start, end in Highlighter(word("peace")).spans(text, "en")] == ["peace", "peace"]
