"""What is marked in a text, by hand-made queries: so that each promise is tested apart from the parser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import Token, analyze, primary_language
from search.analysis.scripts import is_unspaced
from search.engines.spans import span_width
from search.highlight.highlighter import MAX_HIGHLIGHT_CHARS, Highlighter
from search.highlight.marking import Mark, mark_html, merged
from search.query.match import (
    Leaf,
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
from search.query.patterns import edit_distance, wildcard_regex
from search.query.terms import query_term
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
    assert {mark[2] for mark in marks} == {0, 1}
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


def expected_marks(match: Match, text: str, language: str, field: str) -> set[tuple[int, int, int]]:
    """What is to be marked, from the analysis of the whole text, each leaf tried at every place."""
    tokens = analyze(text, language)
    return {
        (start, end, group)
        for group, leaves in enumerate(groups(match))
        for leaf in leaves
        if field in leaf.fields
        for start, end in leaf_spans(leaf, tokens, language)
    }


def groups(match: Match) -> Iterator[list[Leaf]]:
    match match:
        case MatchEvery(children) | MatchAny(children):
            for child in children:
                yield from groups(child)
        case MatchBest(children):
            yield [leaf for child in children for inner in groups(child) for leaf in inner]
        case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy():
            yield [match]


def leaf_spans(leaf: Leaf, tokens: Sequence[Token], language: str) -> Iterator[tuple[int, int]]:
    match leaf:
        case MatchPhrase(_, terms, slop):
            words = [[token for token in tokens if is_form(token, term, language)] for term in terms]
            for chosen in product(*words):
                positions = [token.position for token in chosen]
                if slop is None and all(b - a == 1 for a, b in pairwise(positions)):
                    yield chosen[0].start, chosen[-1].end
                if slop is not None and len(set(positions)) == len(terms):
                    first, width = min(positions), span_width(len(terms), slop)
                    if max(positions) - first < width:
                        yield from ((token.start, token.end) for token in chosen)
        case MatchPrefix(_, prefix):
            for token in tokens:
                if token.surface.startswith(prefix):
                    pair = is_unspaced(token.surface) and len(token.surface) == 2 == token.end - token.start
                    yield token.start, token.start + len(prefix) if pair else token.end
        case _:
            yield from ((token.start, token.end) for token in tokens if fits(leaf, token, language))


def fits(leaf: Leaf, token: Token, language: str) -> bool:
    match leaf:
        case MatchTerm(_, term):
            return is_form(token, term, language)
        case MatchWildcard(_, pattern):
            return wildcard_regex(pattern).fullmatch(token.surface) is not None
        case MatchFuzzy(_, word, distance):
            return token.surface[0] == word[0] and edit_distance(token.surface, word, distance) <= distance
        case _:
            raise AssertionError(leaf)


def is_form(token: Token, term: Term, language: str) -> bool:
    return token.surface == term.surface or (primary_language(language), token.stem) in term.stems


PIECES = [
    "peace", "Peace,", "treaty", "“treaties”", "treaty.\n\nThe", "post-war", "postwar", "the", "The", "war", "U.S.",
    "war’s", "1\u00a0234", "1,234.5", "3", "Häuser", "Haus", "中国经济", "中国。经", "경제", "—", "&", "\u00ad",
    "péace", "and/or", "x" * 50, "\ud800", "wa\u0301r", "warring", "İstanbul", "a\x00b", "peace\ttreaty",
    "war\u2009war", "我们中国经济的发展。", "东京都，中国经、国经济中", "の中国経済について",
    "か\u3099っ中国经济国经", "우리나라의경제는「경제」",
]  # fmt: skip
SEPARATORS = [" ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "", "\x1c"]
WORDS = ["peace", "treaty", "war", "the", "post-war", "1234", "us", "Haus", "경제", "istanbul", "3"]
TERMS = st.builds(lambda text: query_term(text, ["en", "de", "tr"]), st.sampled_from(WORDS)) | st.sampled_from(
    [Term("中国"), Term("国经"), Term("济"), Term("war"), Term("")]
)
FIELDS = st.sampled_from([ALL, ("body",), ("title",)])
LEAVES: st.SearchStrategy[Match] = st.one_of(
    st.builds(MatchTerm, FIELDS, TERMS),
    st.builds(MatchPhrase, FIELDS, st.lists(TERMS, min_size=2, max_size=3).map(tuple), st.none() | st.integers(0, 9)),
    st.builds(MatchPrefix, FIELDS, st.sampled_from(["p", "wa", "国", "12", "post"])),
    st.builds(MatchWildcard, FIELDS, st.sampled_from(["*a*", "w?r", "post*", "*"])),
    st.builds(MatchFuzzy, FIELDS, st.sampled_from(["peice", "war", "tretay"]), st.integers(1, 2)),
)
MATCHES: st.SearchStrategy[Match] = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, children: kind(tuple(children)),
        st.sampled_from([MatchEvery, MatchAny, MatchBest]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SEPARATORS)), max_size=40).map(
    lambda pairs: "".join(piece + separator for piece, separator in pairs)
)


@settings(max_examples=400)
@given(MATCHES, TEXTS | st.text(max_size=60), st.sampled_from(["en", "de-AT", "zh", "tr", ""]))
def test_the_same_is_marked_as_by_analysing_the_whole_text(match: Match, text: str, language: str) -> None:
    highlighter = Highlighter(match)
    for field in ("body", "title", "body"):
        expected = expected_marks(match, text, language, field)
        assert set(highlighter.marks(text, language, field)) == expected
        other = expected_marks(match, "other", language, field)
        moved = {(start + 6, end + 6, group) for start, end, group in expected}
        found = highlighter.marks_of_fields({"author": (), field: ("other", text), "tags": (text,)}, language)
        assert set(found[field]) == other | moved
        assert found["tags"] == highlighter.marks(text, language, "tags")
        assert found["author"] == []


@pytest.mark.parametrize(
    ("between", "positions"),
    [
        (" ", 0),
        (" — … — ", 0),
        ("\n\n", 0),
        (" one two ", 2),
        (" and/or ", 2),
        (" U.S. 1,000 ", 2),
        (" post-war ", 2),
        (" www.example.org/a/b/c-d/e/index.html?q=some-words ", 13),
        (" www.example.org/a/b/c-d/e/pears.html?q=some-trucks ", 13),
        (" www.example.org/a/b/c-d/e/index.html www.example.org/a/b/c-d/e/index/index.html — ", 21),
        (" 我们中国经济 ", 6),
        (" 我们中国经济，我们 ", 8),
    ],
)
def test_what_stands_between_two_words_counts_by_its_words(between: str, positions: int) -> None:
    text = f"peace{between}treaty"
    assert len([token for token in analyze(text, "en") if not token.compound]) == positions + 2
    assert marked(phrase("peace treaty"), text).startswith("[peace" if positions == 0 else "peace")
    assert marked(phrase("peace treaty", positions), text) == f"[peace]{between}[treaty]"
    if positions:
        assert "[" not in marked(phrase("peace treaty", positions - 1), text)
    for words in range(1, 4):
        wider = phrase("the peace treaty", positions + words)
        assert marked(wider, f"the {'x ' * words}{text}").startswith("[the] x")
        assert "[" not in marked(wider, f"the {'x ' * (words + 1)}{text}")


def matches(highlighter: Highlighter, field: str, *values: str) -> list[Mark]:
    return highlighter.marks_of_fields({field: values}, "en")[field]


def test_the_values_of_a_field_are_marked_together() -> None:
    highlighter = Highlighter(MatchEvery((word("treaty", "tags"), MatchPrefix(ALL, "arch"))))
    assert matches(highlighter, "tags", "war", "peace treaties") == [(10, 18, 0)]
    assert matches(highlighter, "author", "war", "peace treaties") == []
    assert matches(highlighter, "author", "archives", "war") == [(0, 8, 1)]
    assert matches(highlighter, "tags", "war", "peace, march") == []
    assert matches(highlighter, "tags") == []


def test_only_the_beginning_of_all_values_is_searched() -> None:
    filler = "x " * (MAX_HIGHLIGHT_CHARS // 2 - 10)
    for match in (word("peace"), phrase("peace treaty")):
        highlighter = Highlighter(match)
        assert matches(highlighter, "tags", filler, "peace treaty")
        assert not matches(highlighter, "tags", filler, "some other words", "peace treaty")


def test_no_phrase_is_found_across_two_values() -> None:
    highlighter = Highlighter(phrase("peace treaty"))
    assert matches(highlighter, "tags", "war", "the peace treaty") == [(8, 20, 0)]
    assert matches(highlighter, "tags", "peace", "treaty") == []
    assert matches(highlighter, "tags", "peace\ntreaty") == [(0, 12, 0)]


def test_an_occurrence_is_found_however_many_spellings_a_text_has() -> None:
    spellings = [f"war{mark}" for mark in ",.;:!?)]}»…"] + ["(war", "“war”", "WAR", "War,"]
    text = " peace ".join(spellings)
    for query in (word("war"), MatchPrefix(ALL, "wa"), phrase("war peace")):
        assert len(Highlighter(query).spans(text, "en")) == len(spellings) - isinstance(query, MatchPhrase)
