"""The compiled kernel finds the same words in a text as analysing all of it, and as the code without it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import Token, analyze, stem
from search.analysis.fragments import NumberedFragments
from search.analysis.tokens import surface_of
from search.highlight.numbered_scan import SAME_FIRST_LETTER
from search.highlight.wanted import Choice, Groups, Occurrence, Stretches
from search.highlight.words import Words
from search.native import kernel
from search.query.match import Term

pytestmark = pytest.mark.skipif(kernel is None, reason="needs the compiled kernel")

LANGUAGES = ["en", "de", "tr", "ru", "zh", "ja", "ko", "ar", "el", ""]

ALPHABET = st.sampled_from(
    [chr(code) for code in range(0x530)]
    + list("aAbBsStTiIzZ0019   \n..,,''’’--–_/&\"“”«»—…·\u00a0\u202f\u2009\u00adŀĿßıİſﬁ")
    + list("中国经济，。、の・ーカ゛ｶﾞ々〆〇〈「」한국경제①½²ªµ\u0301\u0308\u200d\ufe0f😀\u3000！：Ω℮")
)
ANY_TEXT = st.text(ALPHABET | st.characters(exclude_categories=("Cs",)), max_size=60)


def words_for(tokens: list[Token], language: str, *, compiled: bool) -> Words:
    """Looks for each token: by its spelling and its stem in turn."""
    words = Words(compiled=compiled)
    for number, token in enumerate(tokens):
        words.add_term(Term(token.surface) if number % 2 else Term("", ((language, token.stem),)))
    return words


def spread(found: dict[int, list[Occurrence]], *, with_positions: bool) -> dict[int, list[Occurrence]]:
    return {
        word: sorted((place[0] if with_positions else 0, *place[1:]) for place in places)
        for word, places in found.items()
    }


def distances(found: dict[int, list[Occurrence]], reach: int) -> list[int]:
    """How far each occurrence is from the one before, up to `reach`."""
    places = sorted((start, end, position) for all_of_it in found.values() for position, start, end, _ in all_of_it)
    return [min(after[2] - before[2], reach) for before, after in pairwise(places)]


def check_same(text: str, wanted: list[Token], language: str) -> None:
    tokens = analyze(text, language)
    compiled = words_for(wanted, language, compiled=True)
    plain = words_for(wanted, language, compiled=False)
    for reach in (0, 1_000_000):
        found = dict(compiled.occurrences(text, language, reach))
        expected = dict(plain.occurrences(text, language, reach))
        assert spread(found, with_positions=reach > 0) == spread(expected, with_positions=reach > 0)
    for near in (1, 2, 5):
        assert distances(dict(compiled.occurrences(text, language, near)), near) == distances(expected, near)
    for number, word in enumerate(wanted):
        same = [t for t in tokens if (t.surface == word.surface if number % 2 else t.stem == word.stem)]
        assert [(start, end) for _, start, end, _ in found.get(number + 1, [])] == [(t.start, t.end) for t in same]
        if same:
            positions = [position for position, *_ in found[number + 1]]
            shift = same[0].position - positions[0]
            assert [position + shift for position in positions] == [token.position for token in same]


@settings(max_examples=600)
@given(ANY_TEXT, ANY_TEXT, st.sampled_from(LANGUAGES))
def test_every_token_of_any_text_is_found_where_it_stands(text: str, other: str, language: str) -> None:
    check_same(text, [*analyze(text, language)[:6], *analyze(other, language)[:3]], language)


@settings(max_examples=300)
@given(ANY_TEXT, st.sampled_from(LANGUAGES), st.data())
def test_a_beginning_is_found_in_every_token_that_has_it(text: str, language: str, data: st.DataObject) -> None:
    tokens = analyze(text, language)
    first = data.draw(st.sampled_from([token.surface[0] for token in tokens]) if tokens else st.just("a"))
    found = []
    for compiled in (True, False):
        words = Words(compiled=compiled)
        words.add(Choice(lambda surfaces: [word for word in surfaces if word.startswith(first)], first))
        words.add(Choice(lambda surfaces: [word for word in surfaces if first in word]))
        found.append(spread(dict(words.occurrences(text, language, 1_000_000)), with_positions=True))
    assert found[0] == found[1]
    begin = [(token.start, token.end) for token in tokens if token.surface.startswith(first)]
    assert [(start, end) for _, start, end, _ in found[0].get(1, [])] == begin


RUNS = st.text(st.sampled_from("aAbsSu0123é"), min_size=1, max_size=3) | st.sampled_from(["www", "example", "2010"])
ADDRESSES = st.lists(st.tuples(RUNS, st.sampled_from("//..--__&',:=—")), min_size=4, max_size=24).map(
    lambda pairs: "".join(run + join for run, join in pairs)
)


@settings(max_examples=600)
@given(ADDRESSES, st.sampled_from(["en", "de", "tr", "zh", ""]), st.data())
def test_every_token_of_an_address_is_found_where_it_stands(text: str, language: str, data: st.DataObject) -> None:
    tokens = analyze(text, language)
    wanted = data.draw(st.lists(st.sampled_from(tokens), max_size=3)) if tokens else []
    check_same(text, wanted, language)
    check_same(f"see {text} and {text}", wanted, language)


@pytest.mark.parametrize("text", ["1.1A0 x", "see 3.5mm0 and", "0/0:1.1A0/", "0'sS/ and 0"])
def test_a_number_within_a_run_of_letters_is_found_where_it_stands(text: str) -> None:
    check_same(text, [token for token in analyze(text, "en") if token.surface == "0"], "en")


def sought(tokens: list[Token], language: str, *, compiled: bool) -> tuple[Words, Groups]:
    """Looks for each token, in two groups, and for words that begin as the first does."""
    words = words_for(tokens, language, compiled=compiled)
    groups = {number + 1: number % 2 for number in range(len(tokens))}
    prefixes = {}
    if tokens:
        first = tokens[0].surface[0]
        prefix = words.add(Choice(lambda surfaces: [word for word in surfaces if word.startswith(first)], first))
        groups[prefix], prefixes[prefix] = 2, 1
    return words, Groups(groups, prefixes, may_repeat=True)


@settings(max_examples=400)
@given(st.lists(ANY_TEXT | ADDRESSES, min_size=1, max_size=6), st.sampled_from(LANGUAGES), st.data())
def test_the_kernel_marks_the_same_as_the_code_without_it(parts: list[str], language: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(["\n\n", " ", "\ud800\n\n"])).join(parts)
    tokens = [token for token in analyze(text, language) if token.surface]
    wanted = data.draw(st.lists(st.sampled_from(tokens), max_size=4)) if tokens else []
    stretches = data.draw(st.builds(Stretches, st.integers(0, 300), st.integers(1, 60), st.integers(1, 4)))
    compiled, groups = sought(wanted, language, compiled=True)
    plain, _ = sought(wanted, language, compiled=False)
    for _ in range(2):  # the second time, all fragments are known
        marks, none, again = compiled.marks([text, "", text], language, groups)
        assert [marks, none, again] == plain.marks([text, "", text], language, groups)
        assert marks == sorted(set(marks))
        if wanted:
            found = compiled.leading_marks(text, language, groups, stretches)
            assert found == plain.leading_marks(text, language, groups, stretches)
            assert set(found[1]) <= set(marks) or stretches.limit < len(text)


@pytest.mark.parametrize("length", range(55, 75))
def test_a_word_is_found_on_either_side_of_any_block_of_bytes(length: int) -> None:
    words = Words()
    words.add_term(Term("peace"))
    groups = Groups({1: 0}, {}, may_repeat=False)
    for filler in ("x", ".", " ", "—", "é", "xé—_ "):
        text = (filler * length)[:length]
        for before in ("", " ", "-"):
            given_text = f"{text}{before}peace {text} peace"
            expected = [(t.start, t.end, 0) for t in analyze(given_text, "en") if t.surface == "peace"]
            assert words.marks([given_text], "en", groups) == [expected]


@given(st.text(st.characters(max_codepoint=0x52F), min_size=1, max_size=3))
def test_a_plain_word_is_folded_to_a_word_with_the_first_letter_of_its_first_letter(text: str) -> None:
    if text.isalnum() and surface_of(text):
        assert surface_of(text)[0] == surface_of(text[0])[:1] or not surface_of(text[0])


@pytest.mark.parametrize("language", sorted(SAME_FIRST_LETTER))
@given(word=st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüßéèñçøåıłşğčšжйшыяиновать"), min_size=1, max_size=14))
def test_a_stem_begins_as_its_word_does(language: str, word: str) -> None:
    assert stem(word, language)[0] == surface_of(word)[0]


def articles(corpora: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(corpora.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in islice(lines, 0, 2_000, 200):
                row = json.loads(line)
                yield row["body"] or "", row["lang"] or ""


@pytest.mark.shared
def test_the_words_of_real_articles_are_found_where_they_stand(shared: Path) -> None:
    for body, language in articles(shared / "corpora" / "articles"):
        tokens = analyze(body, language)
        assert all(t.stem[0] == t.surface[0] for t in tokens if language in SAME_FIRST_LETTER)
        check_same(body, tokens[:: max(1, len(tokens) // 8)], language)


def test_a_text_with_a_lone_surrogate_is_read_without_the_kernel() -> None:
    words = Words()
    words.add_term(Term("peace"))
    assert len(words.occurrences("\ud800 peace", "en", 0)[1]) == 1


def test_fragments_are_numbered_once_by_any_number_of_threads() -> None:
    fragments = NumberedFragments("en")
    texts = [f"word{number}" for number in range(3_000)]

    def add() -> None:
        for text in texts:
            number, fragment = fragments.add(text)
            assert number is not None
            assert fragment.tokens[0].surface == text == fragments.read[number].tokens[0].surface

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fragments) == len(fragments.numbers) == len(texts)


def test_the_kernel_refuses_what_does_not_fit() -> None:
    assert kernel is not None
    numbers = kernel.FragmentNumbers(True)
    with pytest.raises(ValueError, match="too long"):
        numbers.add("x" * 161, 1)
    with pytest.raises(ValueError, match="firsts"):
        numbers.scan("war", b"\1", "", b"", False)
    with pytest.raises(TypeError):
        numbers.scan("war", bytes(0x530), 3, b"", False)
    with pytest.raises(UnicodeEncodeError):
        numbers.scan("\ud800", bytes(0x530), "", b"", False)
    look = (bytes(0x530), "", b"", {}, lambda *_: ())
    with pytest.raises(TypeError):
        numbers.marks(["war"], (*look[:3], [], look[4]), b"", False)
    with pytest.raises(TypeError, match="list of str"):
        numbers.marks(["war", b"war"], look, b"", False)
    with pytest.raises(ValueError, match="stretch"):
        numbers.leading("war", look, b"", False, 10, 0, 1)
    with pytest.raises(UnicodeEncodeError):
        numbers.marks(["\ud800"], look, b"", False)
    anything = (b"\1" * 0x530, "", b"", {}, lambda *_: ("war",))
    with pytest.raises(TypeError, match="tuple"):
        numbers.marks(["war"], anything, b"", False)
    assert numbers.add("war", 1) == numbers.add("war", 1) == numbers.find("war") == 0
    assert numbers.find("peace") is None
    wide = "".join(map(chr, range(0x4E00, 0x4E00 + 600)))
    assert [row[:3] for row in numbers.scan("丁一", bytes(0x530), wide, b"", False)] == [(-2, 0, 2), (-2, 1, 2)]
