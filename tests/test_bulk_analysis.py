"""Bulk analysis gives exactly the tokens that one text at a time gives."""

from __future__ import annotations

import gzip
import json
from array import array
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.analysis import MAX_TOKEN_LENGTH, VALUE_GAP, analyze, analyze_values
from search.analysis.bulk import NOTHING, FragmentTable, word_key
from search.analysis.compiled import CompiledFragmentTable, fragment_table
from search.analysis.languages import STEMMERS
from search.analysis.tokens import stemmed_language
from search.native import kernel

_SCRAPS = (
    "war", "Wars", "post-war", "U.S.", "u.s", "I.B.M.", "O'Brien", "dog’s", "s", "'s", "3,5", "1,234.5", "1 234 567",
    "1.234.567,8", "3.5bn", "12\u00a0000", "1\u202f234", "7\u2009", "COP29", "COP-29", "a_b", "_", "__init__", "a&b",
    "AT&T", "and/or", "col·legi", "l·l", "·", "東京都", "東京は、大阪", "서울시", "ภาษาไทย", "ກິນ", "ក្រុម", "が゚",
    "e\u0301te\u0301", "été", "İstanbul", "ılık", "ß", "ﷺ", "½", "x²", "٣٤", "اَلْكِتَاب", "हिन्दी", "שׁלום", "мой", "\u00ad",
    "co\u00adop", "\u200d", "\ud800", "\U0001f600", "word" * 30, "w" * 99, "w" * 100, "w" * 101, "-", "--", ",", ".",
    "F-16s", "737s", "E2F's", "737s'", "x²s", "1980s", "9" * 99 + "s", "9" * 100 + "s",
    "'", "’", "\"", "(", ")", "/", "\u3000", "\u2003", "\n", "\t", "\x1f", "\x85", "\u2028", "\u00a0", "\u3164", "",
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="aBsSiIL1234567.,-_/&'’ \u00a0é·", max_size=25),
    st.lists(st.sampled_from((*_SCRAPS, " ", " ", " ")), max_size=20).map("".join),
    st.lists(st.one_of(st.sampled_from(_SCRAPS), st.text(max_size=6)), max_size=12).map(" ".join),
)
languages = st.sampled_from((*STEMMERS, "uk", "zh", "", "xx", "en-GB", "pt_BR"))


def bulk_tokens(fragments: FragmentTable, values: list[str], language: str) -> list[tuple[str, int]]:
    """Words and positions of the values of a field, from the tables."""
    keys: list[str] = []
    tokens = []
    position = 0
    for value in values:
        numbers = array("I")
        fragments.read(value, language, numbers)
        keys = fragments.word_keys()
        starts, advances, words, aheads = fragments.columns()
        start = position
        for number in numbers:
            span = range(starts[number], starts[number + 1])
            tokens += [(keys[words[token]], position + aheads[token]) for token in span]
            position += advances[number]
        position += VALUE_GAP if position > start else 0
    return tokens


def single_tokens(values: list[str], language: str) -> list[tuple[str, int]]:
    stemmed = stemmed_language(language)
    return [
        (word_key(token.surface, stemmed, token.stem), token.position)
        for tokens in analyze_values(values, language)
        for token in tokens
    ]


_shared_fragments = FragmentTable()
_compiled_fragments = fragment_table()
needs_kernel = pytest.mark.skipif(kernel is None, reason="there is no compiled kernel")


@pytest.fixture(params=[FragmentTable, fragment_table])
def fragments(request: pytest.FixtureRequest) -> FragmentTable:
    """An empty table, in Python and on the compiled kernel."""
    table: FragmentTable = request.param()
    return table


@settings(max_examples=400, deadline=None)
@given(st.lists(texts, max_size=4), languages)
@example(["12\u00a0000 and 12\u00a0 000", "\u00a0a\u00a0b"], "fr")
@example(["東京都" * 50, "a,b;c" * 30, "b"], "en")
@example(["Die Autos", "Die Autos"], "de")
def test_any_text_in_any_language_gives_the_same_tokens(values: list[str], language: str) -> None:
    expected = single_tokens(values, language)
    assert bulk_tokens(FragmentTable(), values, language) == expected
    assert bulk_tokens(_shared_fragments, values, language) == expected, "what was read before must not matter"
    _shared_fragments.forget([len(expected) + number & 1 for number in range(_shared_fragments.fragments)])
    assert bulk_tokens(_shared_fragments, values, language) == expected, "nor what was forgotten"
    assert bulk_tokens(fragment_table(), values, language) == expected, "nor who reads it"
    assert bulk_tokens(_compiled_fragments, values, language) == expected


def test_real_articles_give_the_same_tokens(shared: Path, fragments: FragmentTable) -> None:
    count = 0
    for path in sorted((shared / "corpora" / "articles").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, islice(lines, 0, 4000, 100)):
                values = [row.get("title") or "", row.get("body") or "", row.get("summary") or ""]
                language = row.get("lang") or "en"
                assert bulk_tokens(fragments, values, language) == single_tokens(values, language), row["id"]
                count += 1
    assert count > 100


def numbers_of(fragments: FragmentTable, text: str, language: str = "en") -> list[int]:
    numbers = array("I")
    fragments.read(text, language, numbers)
    return list(numbers)


def test_a_word_has_one_number_whatever_surrounds_it(fragments: FragmentTable) -> None:
    first, *others = numbers_of(fragments, 'said "said, (said) said. «said» ...said')
    assert set(others) == {first}


def test_fragments_without_words_share_a_number(fragments: FragmentTable) -> None:
    assert set(numbers_of(fragments, "- -- … ( ) & · \N{PILE OF POO} !?")) == {NOTHING}


def test_languages_do_not_share_stems(fragments: FragmentTable) -> None:
    numbers_of(fragments, "nation", "en")
    numbers_of(fragments, "nation", "fr")
    numbers_of(fragments, "nation", "xx")
    numbers_of(fragments, "nation", "en-GB")
    assert sorted(fragments.word_keys()) == [
        word_key("nation", "", ""), word_key("nation", "en", "nation"), word_key("nation", "fr", "nation")
    ]  # fmt: skip


def test_what_hardly_occurs_twice_is_not_remembered(fragments: FragmentTable) -> None:
    long = "https://news.example/" + "0123456789" * 5
    for text in (long, "東京都庁舎"):
        first, second = numbers_of(fragments, f"{text} {text}")
        assert first != second
        assert bulk_tokens(fragments, [text], "en") == single_tokens([text], "en")
    first, second = numbers_of(fragments, "東京 東京")
    assert first == second


def test_the_stated_size_grows_with_what_is_read(fragments: FragmentTable) -> None:
    sizes = [fragments.size_bytes]
    for start in range(0, 3000, 1000):
        numbers_of(fragments, " ".join(f"word{number}" for number in range(start, start + 1000)))
        sizes.append(fragments.size_bytes)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 3000 * 50
    numbers_of(fragments, " ".join(f"word{number}" for number in range(3000)))
    assert fragments.size_bytes == sizes[-1]


def test_forgotten_fragments_take_no_memory_and_kept_ones_are_not_read_again() -> None:
    fragments = FragmentTable()
    numbers_of(fragments, "common words, and uncommon ones: post-war 3.5 東京", "en")
    empty = FragmentTable().size_bytes
    common = set(numbers_of(fragments, "common post-war"))
    fragments.forget([number in common for number in range(len(fragments.advances))])
    assert sorted(key.partition("\n")[0] for key in fragments.word_keys()) == ["common", "post", "postwar", "war"]
    kept = fragments.size_bytes
    assert bulk_tokens(fragments, ["Common post-war"], "en") == single_tokens(["Common post-war"], "en")
    assert fragments.size_bytes == kept
    fragments.forget(bytes(len(fragments.advances)))
    assert fragments.size_bytes == empty
    assert bulk_tokens(fragments, ["東京都庁舎 words"], "ja") == single_tokens(["東京都庁舎 words"], "ja")


@needs_kernel
def test_the_kernel_reads_plain_words_and_asks_for_the_others_once() -> None:
    fragments = fragment_table()
    assert isinstance(fragments, CompiledFragmentTable)
    numbers_of(fragments, "It’s 1,234.5 post-war “words”, (said) and/or the U.S. café; the café don't", "en")
    assert sorted(fragments.asked("en")) == ["café", "don't", "u.s"]


def test_a_table_makes_room_by_forgetting_what_is_rare(fragments: FragmentTable) -> None:
    numbers = numbers_of(fragments, " ".join(f"word{number}" for number in range(2000)) + " common" * 3)
    uses = np.bincount(numbers, minlength=fragments.fragments)
    fragments.make_room(uses, fragments.size_bytes)
    assert numbers_of(fragments, "common") == numbers[-1:], "there is room: nothing is forgotten"
    before = fragments.size_bytes
    fragments.make_room(uses, before - 1)
    assert fragments.size_bytes < before // 4
    assert bulk_tokens(fragments, ["a common word1"], "en") == single_tokens(["a common word1"], "en")


@pytest.mark.parametrize("words", [("a", "b", "ab"), ("Die", "die"), ("ete", "été")])
def test_word_keys_sort_like_spelling_language_and_stem(words: tuple[str, ...]) -> None:
    triples = [(word, language, stem) for word in words for language in ("de", "en") for stem in words]
    assert sorted(word_key(*triple) for triple in triples) == [word_key(*triple) for triple in sorted(triples)]


def test_a_word_too_long_to_tell_from_its_compound_occurs_once_at_its_position() -> None:
    long = "w" * MAX_TOKEN_LENGTH
    tokens = analyze(f"{long}-man", "en")
    assert [(token.surface, token.position) for token in tokens] == [(long, 0), ("man", 1)]
    assert [token.surface for token in analyze("post-man", "en")] == ["post", "postman", "man"]
