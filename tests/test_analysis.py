"""What becomes of text: words, positions and places, the same for articles and queries."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
import Stemmer
from babel import Locale
from hypothesis import example, given, settings
from hypothesis import strategies as st
from work import calls, growth

from search.analysis import (
    MAX_TOKEN_LENGTH,
    VALUE_GAP,
    analyze,
    analyze_values,
    fold,
    is_stop_word,
    language_name,
    primary_language,
    stem,
)
from search.analysis.languages import STEMMERS, SUPERSEDED_STEMMERS
from search.analysis.stemming import LONGEST_INFLECTION, is_derived, plain_stemmer
from search.analysis.stop_words import STOP_WORDS
from search.query.terms import query_term, query_terms

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


def words(text: str, language: str = "") -> list[str]:
    """The parts of words, without the compounds."""
    return [token.surface for token in analyze(text, language) if not token.compound]


def compounds(text: str) -> list[tuple[str, int]]:
    return [(token.surface, token.position) for token in analyze(text, "") if token.compound]


# --- folding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mélanie", "melanie"),
        ("Me\u0301lanie", "melanie"),
        ("Türkiye", "Turkiye"),
        ("İstanbul", "istanbul"),
        ("Iğdır", "igdir"),
        ("Qarabağ", "qarabag"),
        ("Əliyev", "Eliyev"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Jørgen", "Jorgen"),
        ("Đoković", "dokovic"),
        ("Þórður Davíð", "thordur david"),
        ("Ærø œuvre", "aero oeuvre"),
        ("Việt Nam", "viet nam"),
        ("ĦĦ ŋ ŧ", "hh ng t"),
        ("ﬁnance", "finance"),
        ("ＣＯＰ２９", "cop29"),
        ("ﾊﾞｰ", "バー"),
        ("Ёлка Баку\u0301", "елка баку"),
        ("ΑΘΉΝΑ Οδυσσεύς", "αθηνα οδυσσευσ"),
        ("شَرْق", "شرق"),
        ("فارسی کتاب", "فارسي كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("٢٠٢٤", "2024"),
        ("२०२४", "2024"),
        ("so\u00adft", "soft"),
        ("می\u200cخواهم", "ميخواهم"),
        ("col·lecció", "colleccio"),
        ("“x” ‘y’ non‑breaking", "\"x\" 'y' non-breaking"),
    ],
)
def test_spellings_of_one_word_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("мой", "мои"),
        ("їжа", "іжа"),
        ("ўсё", "усе"),
        ("हिंदी", "हदी"),
        ("が", "か"),
        ("กำ", "กา"),
        ("한", "하"),
        ("2024", "2042"),
    ],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@settings(max_examples=300)
@given(ANY_TEXT)
@example("ß`ß")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=300)
@given(ANY_TEXT)
@example("`ß")  # in capitals it is `SS, which is ASCII
def test_folding_ignores_case_of_latin_letters(text: str) -> None:
    latin = "".join(character for character in text if character < "\u0250" and character not in "ıŉ")
    assert fold(latin.upper()) == fold(latin.lower()) == fold(latin)


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Hello, world!", ["hello", "world"]),
        ("Aliyev’s and Aliyev's", ["aliyev", "and", "aliyev"]),
        ("Room 0'sS/ of 10", ["room", "0", "ss", "of", "10"]),
        ("the ministers’ plan", ["the", "ministers", "plan"]),
        ("U.S. and U.K.’s, e.g. N.A.T.O.", ["us", "and", "uk", "eg", "nato"]),
        ("U.S.-led", ["us", "led"]),
        ("J.K.Rowling", ["jk", "rowling"]),
        ("COP29 COP-29", ["cop29", "cop", "29"]),
        ("1,234,567.89", ["1234567.89"]),
        ("1.234.567,89", ["1234567.89"]),
        ("1'000'000 and 1’000", ["1000000", "and", "1000"]),
        ("3.14 3,5 3.5bn 0.5", ["3.14", "3.5", "3.5bn", "0.5"]),
        ("1,2,3", ["1", "2", "3"]),
        ("3.7.2024", ["3", "7", "2024"]),
        ("2024-07-03", ["2024", "07", "03"]),
        ("12:30", ["12", "30"]),
        ("$5 50% #tag @name", ["5", "50", "tag", "name"]),
        ("https://www.example.org/a_b?c=d", ["https", "www", "example", "org", "a", "b", "c", "d"]),
        ("L'homme, dell’arte", ["l", "homme", "dell", "arte"]),
        ("AT&T R&D", ["at", "t", "r", "d"]),
        ("x\x00y\ud800z", ["x", "y", "z"]),
        ("_emphasis_ __init__", ["emphasis", "init"]),
        ("--- ... !!! 🙂", []),
        ("m² ① Ⅳ", ["m2", "1", "iv"]),
        ("हिन्दी में समाचार", ["हिन्दी", "में", "समाचार"]),
        ("a\u200bb", ["a", "b"]),
        ("صلى ﷺ", ["صلي", "صلياللهعليهوسلم"]),
    ],
)
def test_text_gives_these_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a post-war treaty", [("postwar", 1)]),
        ("post‑war post–war", [("postwar", 0), ("postwar", 2)]),
        ("don't rock'n'roll’s", [("dont", 0), ("rocknroll", 2)]),
        ("and/or", [("andor", 0)]),
        ("COP-29", [("cop29", 0)]),
        ("об'єкт", [("обєкт", 0)]),
        ("10\u00a0000", [("10000", 0)]),
        ("state-of-the-art", [("stateoftheart", 0)]),
        ("one-two-three-four-five", []),
        ("Aliyev’s", []),
        ("1,2", []),
        ("中-文", []),
    ],
)
def test_joined_words_are_one_word_too(text: str, expected: list[tuple[str, int]]) -> None:
    assert compounds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("東京都", ["東京", "京都", "都"]),
        ("中", ["中"]),
        ("中文 搜索。", ["中文", "文", "搜索", "索"]),
        ("2024年度", ["2024", "年度", "度"]),
        ("ｶﾞｽ", ["ガス", "ス"]),
        ("か\u3099す", ["がす", "す"]),
        ("한국어", ["한국", "국어", "어"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", ["한국", "국"]),
        ("ไทย", ["ไท", "ทย", "ย"]),
        ("กำไร", ["กําไ", "ไร", "ร"]),
        ("iPhone手机", ["iphone", "手机", "机"]),
    ],
)
def test_scripts_without_spaces_give_overlapping_pairs_and_a_last_single(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_places_are_those_of_the_original_text() -> None:
    text = "« Me\u0301lanie’s » ﬁne U.S.-made 東京"
    assert [text[token.start : token.end] for token in analyze(text, "en")] == [
        "Me\u0301lanie", "ﬁne", "U.S", "U.S.-made", "made", "東京", "京",
    ]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT, st.sampled_from(["", "en", "tr", "de", "zh", "ar", "xx"]))
@example("\ud800\udfff", "en")
@example("a" * 1000 + "-" + "b" * 1000, "en")
@example("1,234.\u0301.5", "de")
def test_any_text_gives_words_in_order_at_places_that_exist(text: str, language: str) -> None:
    tokens = analyze(text, language)
    plain = [token for token in tokens if not token.compound]
    assert [token.position for token in plain] == list(range(len(plain)))
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text)
        assert 0 < len(token.surface) <= MAX_TOKEN_LENGTH
        assert 0 < len(token.stem) <= MAX_TOKEN_LENGTH
        assert not any(character.isspace() for character in token.surface)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_the_surface_does_not_depend_on_the_language(text: str) -> None:
    english, none = analyze(text, "en"), analyze(text, "")
    assert [token._replace(stem=token.surface) for token in english] == none


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_words_do_not_depend_on_what_was_read_before(before: str, text: str) -> None:
    first = analyze(text, "en")
    analyze(before, "en")
    assert analyze(text, "en") == first


def test_long_words_are_cut_alike_everywhere() -> None:
    (indexed,) = analyze("a" * 5000, "en")
    (asked,) = (term for _, term in query_terms("A" * 300, ["en"]))
    assert len(indexed.surface) == MAX_TOKEN_LENGTH
    assert indexed.surface == asked.surface
    assert indexed.stem == dict(asked.stems)["en"]


def test_values_of_a_field_are_too_far_apart_for_a_phrase() -> None:
    first, none, second = analyze_values(["post-war art", "...", "fair play"], "en")
    assert none == []
    assert [token.position for token in first] == [0, 0, 1, 2]
    assert [token.position for token in second] == [3 + VALUE_GAP, 4 + VALUE_GAP]
    assert [(token.start, token.end) for token in second] == [(0, 4), (5, 9)]


# --- stems and languages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "running", "runs"),
        ("en-GB", "libraries", "library"),
        ("de", "Häuser", "Hauses"),
        ("es", "información", "informaciones"),
        ("pt_BR", "notícias", "notícia"),
        ("fr", "journaux", "journal"),
        ("it", "giornali", "giornale"),
        ("ru", "газеты", "газетой"),
        ("tr", "IŞIKLAR", "ışık"),
        ("sv", "tidningar", "tidningen"),
        ("nn", "aviser", "avisene"),
        ("fi", "lehdessä", "lehden"),
        ("pl", "gazety", "gazetą"),
        ("cs", "noviny", "novinami"),
        ("ar", "الكتاب", "كتاب"),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language)


@pytest.mark.parametrize(
    ("inflected", "derived"),
    [
        ("federal", "federated"), ("federal", "federations"), ("reserves", "reservation"), ("running", ""),
        ("stopped", ""), ("regulates", "regulator"), ("buildings", ""), ("libraries", ""), ("markets", "marketable"),
        ("classes", ""),
    ],
)  # fmt: skip
def test_a_derived_form_is_told_from_an_inflected_one(inflected: str, derived: str) -> None:
    assert not is_derived(inflected, stem(inflected, "en"), "en-GB")
    assert not derived or is_derived(derived, stem(derived, "en"), "en-GB")


@given(st.text(max_size=12), st.text(max_size=12), st.sampled_from(("en", "de", "")))
def test_only_languages_with_a_longest_inflection_tell_derived_forms(surface: str, own: str, language: str) -> None:
    assert not is_derived(surface, own, language) or language in LONGEST_INFLECTION
    assert LONGEST_INFLECTION.keys() <= STEMMERS.keys()


@pytest.mark.parametrize("language", ["en", "de", "fr-CA", "pt_BR", "nl", "sv"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("737s", "737"), ("F16s", "F16"), ("MP3s", "mp3"), ("4x4s", "4x4"), ("E2Fs", "E2F"), ("F15Es", "F15E"),
        ("A²s", "A2"), ("747", "747"), ("F16S", "f16"),
    ],
)  # fmt: skip
def test_an_s_behind_a_number_or_a_name_with_one_is_an_ending(language: str, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language) == fold(other)


@pytest.mark.parametrize("word", ["1980s", "80s", "5s", "3ds", "20ms", "f16ss", "2s", "s", "1s1", "7.5s", "x2ss"])
def test_an_s_that_is_part_of_a_name_or_a_decade_is_no_ending(word: str) -> None:
    assert stem(word, "en") == word


@pytest.mark.parametrize("language", ["it", "ru", "fi", "tr", "zh", ""])
def test_only_languages_with_such_an_ending_lose_an_s_behind_a_number(language: str) -> None:
    assert stem("737s", language) == "737s"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Two F-16s took off.", "F-16"), ("An F-16 took off.", "F-16s"), ("the F-16’s engine", "F16s"),
        ("Boeing 737s", "737"), ("the 737s' wings", "737"), ("Grumman's E2Fs", "E2F"), ("an E-2F", "E2Fs"),
    ],
)  # fmt: skip
def test_a_name_with_a_number_is_found_in_singular_plural_and_possessive(text: str, query: str) -> None:
    indexed = {token.stem for token in analyze(text, "en")}
    asked = analyze(query, "en")
    compound = [token.stem for token in asked if token.compound]
    assert set(compound) <= indexed if compound else {token.stem for token in asked} <= indexed


@pytest.mark.parametrize("language", sorted(STEMMERS))
@given(words=st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20), max_size=50))
@settings(max_examples=20)
@example(
    words=[
        "runs",
        "houses",
        "strasse",
        "haeuser",
        "2nd",
        "g20",
        "a",
        "yes",
        "quickly",
        "ues",
        "iii",
        "sky",
        "737s",
        "80s",
        "e2fs",
    ]
)
def test_a_stemmer_of_plain_words_says_what_stem_says(language: str, words: list[str]) -> None:
    stemmed = plain_stemmer(language)
    assert [stemmed(word) for word in words] == [stem(word, language) for word in words]


def test_every_snowball_algorithm_has_a_language() -> None:
    used = set(STEMMERS.values())
    assert used | set(SUPERSEDED_STEMMERS) == set(Stemmer.algorithms())
    assert set(SUPERSEDED_STEMMERS.values()) <= used


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "uk", "vi", "bg", "az", "xx", ""])
def test_languages_without_a_stemmer_keep_their_words(language: str) -> None:
    assert all(token.stem == token.surface for token in analyze("Newspapers газеты 新聞 báo chí", language))
    assert stem("Газети", language) == "газети"


@pytest.mark.parametrize("language", sorted(STEMMERS))
def test_stems_are_folded_and_never_empty(language: str) -> None:
    native_name = Locale(language).get_language_name()
    text = f"{native_name} {STOP_WORDS.get(language, '')} Ünïcödé naïve"
    for token in analyze(text, language):
        assert token.stem
        assert token.stem == fold(token.stem)


def test_a_tag_is_read_by_its_first_part() -> None:
    assert [primary_language(tag) for tag in ("en", "en-GB", "zh_tw", "PT-br", "", "iw", "x-y")] == [
        "en", "en", "zh", "pt", "", "he", "x",
    ]  # fmt: skip
    assert analyze("running", "EN_us") == analyze("running", "en")


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("zh-TW", "Chinese (Taiwan)"),
        ("zh_hant", "Chinese (Traditional)"),
        ("sr-cyrl-RS", "Serbian (Cyrillic, Serbia)"),
        ("es-419", "Spanish (Latin America)"),
        ("de-AT", "German (Austria)"),
        ("en-x-old", "English (X, OLD)"),
        ("haw", "Hawaiian"),
        ("iw", "Hebrew"),
        ("qq", "qq"),
        ("not a tag", "not a tag"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("", ""),
    ],
)
def test_languages_have_names(tag: str, name: str) -> None:
    assert language_name(tag) == name


def test_stop_words_are_folded_words_of_languages_that_have_a_name() -> None:
    assert [code for code in STOP_WORDS if language_name(code) == code] == []
    assert is_stop_word("the", "en-US")
    assert is_stop_word("fur", "de")
    assert not is_stop_word("the", "de")
    assert not is_stop_word("the", "")
    for code, words in STOP_WORDS.items():
        surfaces = [fold(word) for word in words.split()]
        assert all(is_stop_word(word, code) and analyze(word, "")[0].surface == word for word in surfaces)


# --- query terms ---------------------------------------------------------------------------------------------------


def test_a_query_term_has_the_stem_of_every_language_that_has_one() -> None:
    term = query_term("Running", ["en-GB", "zh-TW", "en", "de", ""])
    assert term.surface == "running"
    assert term.stems == (("de", "running"), ("en", "run"))


@pytest.mark.parametrize("word", ["COP29", "2024", "東京"])
def test_numbers_and_unspaced_scripts_have_no_stems(word: str) -> None:
    assert query_term(word, ["en", "de"]).stems == ()


def test_a_query_term_of_a_joined_word_is_the_compound() -> None:
    assert query_term("post-war", ["en"]).surface == "postwar"
    assert query_term("U.S.", ["en"]).surface == "us"
    assert query_term("!!!", ["en"]).surface == "!!!"


@settings(max_examples=200, deadline=None)
@example("A²Y", "en")
@example("㈠ ⑴ a㈠ing ⒈2", "en")
@given(ANY_TEXT, st.sampled_from(["en", "es", "tr", "ru"]))
def test_a_query_finds_the_words_of_the_text_it_was_taken_from(text: str, language: str) -> None:
    indexed = analyze(text, language)
    asked = query_terms(text, [language])
    assert [(token.surface, token.stem) for token in indexed] == [
        (term.surface, dict(term.stems).get(language, term.surface)) for _, term in asked
    ]


# --- robustness ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a" * 400_000,
        "a-" * 200_000,
        "1,234" * 80_000,
        "1." * 200_000,
        "e\u0301" * 200_000,
        "中" * 100_000,
        "'s" * 200_000,
    ],
    ids=["letters", "hyphens", "thousands", "dots", "marks", "han", "apostrophes"],
)
def test_hostile_text_costs_in_proportion_to_its_length(text: str) -> None:
    assert growth(lambda size: analyze(text[:size], "en"), len(text) // 16, 8) < 24
    part = text[: len(text) // 8]
    assert calls(lambda: analyze(part, "en")) < 40 * len(part)


def test_threads_get_the_same_stems() -> None:
    text = " ".join(f"{a}{b}{c}ations" for a in "bcdfg" for b in "aeiou" for c in "lmnprst")
    expected = analyze(text, "fr")
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(lambda _: analyze(text, "fr"), range(64)))


@pytest.mark.shared
def test_words_of_real_articles_cost_few_calls_each(shared: Path) -> None:
    with gzip.open(shared / "corpora" / "articles" / "reuters21578.jsonl.gz", "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line)["body"] for line in islice(lines, 1000)]
    count = 0

    def read() -> None:
        nonlocal count
        count = sum(len(analyze(body, "en")) for body in bodies)

    made = calls(read)
    assert count > 50_000
    assert made < 10 * count
