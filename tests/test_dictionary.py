"""The dictionary of the array engine against plain Python and the memory engine, on words of every kind."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from archives import ALL_FIELDS, fill
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.format.arrays import Ints
from search.engines.disk.format.container import Container, ContainerWriter
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import NO_STEM, STEM_MARK, letters, string_arrays, to_bytes
from search.engines.disk.format.manifest import Manifest
from search.engines.disk.reading import document_frequencies, term_dictionary
from search.engines.disk.reading.segments import Segment
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.engines.disk.reading.term_dictionary import TermDictionary
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.engines.memory import matching
from search.engines.protocols import Searcher
from search.query.match import Leaf, MatchFuzzy, MatchPrefix, MatchTerm, MatchWildcard, Term
from search.query.patterns import edit_distance, wildcard_regex
from search.ranking import STEM_WEIGHT

LETTERS = "aab\u00e9\u0431\u4e2d\ud800\udfff\uffff\U0001f600\U0010ffff"
FEW_LETTERS = "ab\u00e9"
WORDS = st.text(FEW_LETTERS, min_size=1, max_size=6) | st.text(LETTERS, min_size=1, max_size=6)
PATTERNS = st.text(FEW_LETTERS + "***?", min_size=1, max_size=8) | st.text(LETTERS + "**??", min_size=1, max_size=8)


def a_vocabulary(directory: Path, surfaces: Iterable[str], stems: dict[str, list[int]] | None = None) -> Vocabulary:
    """A file with these surfaces, each one word, and with these stems (`language`, STEM_MARK, `stem`)."""
    names = sorted(surfaces)
    raw, starts = string_arrays([to_bytes(name + "\n") for name in names])
    known = dict(sorted((stems or {}).items()))
    stem_raw, stem_starts = string_arrays([to_bytes(stem) for stem in known])
    path = directory / "words.segment"
    path.unlink(missing_ok=True)
    with ContainerWriter(path, SEGMENT) as writer:
        writer.add("surface.bytes", raw)
        writer.add("surface.starts", starts.astype(np.uint32))
        writer.add("surface.articles", np.ones(len(names), np.uint32))
        writer.add("surface.characters", np.array([len(name) for name in names], np.uint8))
        writer.add("surface.letters", np.array([letters(name) for name in names], np.uint32))
        writer.add("surface.words", np.arange(len(names) + 1, dtype=np.uint32))
        writer.add("word.stem", np.full(len(names), NO_STEM, np.uint32))
        writer.add("stem.bytes", stem_raw)
        writer.add("stem.starts", stem_starts)
        writer.add("stem.word_starts", np.cumsum([0, *map(len, known.values())]).astype(np.uint32))
        writer.add("stem.words", np.array([word for words in known.values() for word in words], np.uint32))
    return Vocabulary(Container(path, SEGMENT))


def spelled(vocabulary: Vocabulary, found: Iterable[Ints]) -> list[str]:
    return [vocabulary.surface(number) for numbers in found for number in numbers]


of_any_words = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@of_any_words
@given(words=st.sets(WORDS, max_size=40), asked=st.lists(WORDS, max_size=10))
def test_words_are_found_by_their_spelling(tmp_path: Path, words: set[str], asked: list[str]) -> None:
    vocabulary = a_vocabulary(tmp_path, words)
    names = sorted(words)
    assert len(vocabulary) == len(names)
    assert vocabulary.surfaces(0, len(names)) == names == vocabulary.spellings(np.arange(len(names)))
    asked = sorted({*asked, *names})
    numbers = [names.index(word) if word in words else None for word in asked]
    assert [vocabulary.surface_number(word) for word in asked] == numbers
    assert list(vocabulary.surface_numbers(asked)) == numbers
    own = [number for name in names for number in vocabulary.words_of_surface(name)]
    assert own == list(range(len(names)))
    assert all(not vocabulary.words_of_surface(word) for word in asked if word not in words)


@of_any_words
@given(words=st.sets(WORDS, max_size=40), prefix=st.one_of(st.just(""), WORDS))
def test_a_prefix_is_one_range_even_at_the_end_of_unicode(tmp_path: Path, words: set[str], prefix: str) -> None:
    vocabulary = a_vocabulary(tmp_path, words)
    for beginning in {prefix, *(word[: len(prefix)] for word in words)}:
        expected = sorted(word for word in words if word.startswith(beginning))
        assert vocabulary.surfaces(*vocabulary.prefix_range(beginning)) == expected


@of_any_words
@given(words=st.sets(WORDS, max_size=40), pattern=PATTERNS)
def test_a_wildcard_matches_what_its_definition_says(tmp_path: Path, words: set[str], pattern: str) -> None:
    vocabulary = a_vocabulary(tmp_path, words)
    regex = wildcard_regex(pattern)
    expected = sorted(word for word in words if regex.fullmatch(word))
    assert spelled(vocabulary, vocabulary.matching(pattern)) == expected


@of_any_words
@given(words=st.sets(WORDS, max_size=40), word=WORDS, distance=st.integers(0, 3), data=st.data())
def test_near_words_are_those_within_a_number_of_edits(
    tmp_path: Path, words: set[str], word: str, distance: int, data: st.DataObject
) -> None:
    vocabulary = a_vocabulary(tmp_path, words)
    first = data.draw(st.integers(0, len(words)))
    last = data.draw(st.integers(first, len(words)))
    numbers, edits = vocabulary.near(word, distance, first, last)
    expected = {other: edit_distance(word, other, distance) for other in sorted(words)[first:last]}
    assert dict(zip(vocabulary.spellings(numbers), edits.tolist(), strict=True)) == {
        other: count for other, count in expected.items() if count <= distance
    }


@pytest.mark.parametrize(
    "pattern", ["*ab*b", "a*ab*", "a*a", "*ab*ba*", "ab*ab*ab", "*\u00e9*\u00e9?", "?*?", "*a?*?b", "a\u00e9*\u00e9a"]
)
def test_the_parts_of_a_wildcard_do_not_overlap(tmp_path: Path, pattern: str) -> None:
    words = ["".join(letters) for length in range(1, 7) for letters in product(FEW_LETTERS, repeat=length)]
    vocabulary = a_vocabulary(tmp_path, words)
    regex = wildcard_regex(pattern)
    assert spelled(vocabulary, vocabulary.matching(pattern)) == sorted(word for word in words if regex.fullmatch(word))


@pytest.mark.parametrize(
    "pattern", ["*\U0001f600", "\U0001f600*", "a*\U0001f600", "\U0001f600?*", "*\n", "*a\nb", "a\nb"]
)
def test_a_part_may_be_longer_in_bytes_than_any_word(tmp_path: Path, pattern: str) -> None:
    vocabulary = a_vocabulary(tmp_path, ["a", "b"])
    assert spelled(vocabulary, vocabulary.matching(pattern)) == []


def test_words_compared_in_blocks_give_one_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.engines.disk.reading.vocabulary._BLOCK", 3)
    words = [a + b + c for a in "ab\u00e9" for b in "ab\u4e2d" for c in "ab"]
    vocabulary = a_vocabulary(tmp_path, words)
    for pattern in ("*", "*b*", "?b?", "a*b", "?\u4e2d*", "*a*a*", "bb?"):
        expected = sorted(word for word in words if wildcard_regex(pattern).fullmatch(word))
        assert spelled(vocabulary, vocabulary.matching(pattern)) == expected


def test_stems_lead_to_the_words_of_their_language(tmp_path: Path) -> None:
    stems = {f"de{STEM_MARK}haus": [0, 2], f"en{STEM_MARK}haus": [1], f"en{STEM_MARK}hous": [3]}
    vocabulary = a_vocabulary(tmp_path, ["haus", "hausen", "hauses", "houses"], stems)
    assert vocabulary.words_of_stem("de", "haus").tolist() == [0, 2]
    assert vocabulary.words_of_stem("en", "haus").tolist() == [1]
    assert vocabulary.words_of_stem("en", "hous").tolist() == [3]
    for language, stem in (("fr", "haus"), ("en", "hau"), ("en", "house"), ("", "")):
        assert vocabulary.words_of_stem(language, stem).tolist() == []


CALLS_PER_WORD = 10
"""For the spelling of each word that is found."""


def counted(work: Callable[[], list[str]]) -> tuple[list[str], int]:
    """What some work gives, and how many functions it calls, those in C included. Each call of numpy looks at every
    letter at most once, whereas matching word by word would call some for each of them."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result = work()
    finally:
        sys.setprofile(before)
    return result, calls


@pytest.mark.parametrize(
    "pattern", ["*a" * 2000 + "*", "*a" * 40 + "*7*", "*a*a*a*a*a*b", "*?a?*?a?*b", "?" * 4000, "*ab" * 30]
)
def test_a_hostile_pattern_costs_little(tmp_path: Path, pattern: str) -> None:
    words = {f"{'a' * (number % 97)}{number}" for number in range(20_000)}
    vocabulary = a_vocabulary(tmp_path, words)
    found, calls = counted(lambda: spelled(vocabulary, vocabulary.matching(pattern)))
    assert calls < 20 * len(pattern) + CALLS_PER_WORD * len(found) + 500
    assert not [word for word in found if not re.search("a", word)]


# Several segments

COMMON = [
    "rat",
    "rate",
    "rates",
    "rated",
    "tar",
    "\u00e9t\u00e9",
    "ete",
    "die",
    "Die",
    "bank",
    "banks",
    "banc",
    "\u00c4pfel",
]
TEXTS = st.lists(st.sampled_from(COMMON), max_size=6).map(" ".join)


@st.composite
def archives(draw: st.DrawFn) -> list[tuple[list[Document], list[bool]]]:
    """Segments of articles, each with which of them are not deleted."""
    segments = []
    for segment in range(draw(st.integers(0, 3))):
        documents = [
            Document(
                f"{segment}-{number}",
                draw(TEXTS),
                draw(TEXTS),
                tags=tuple(draw(TEXTS).split()),
                authors=tuple(draw(TEXTS).split()[:1]),
                language=draw(st.sampled_from(["en", "de", "fr", ""])),
            )
            for number in range(draw(st.integers(1, 6)))
        ]
        segments.append((documents, draw(st.lists(st.booleans(), min_size=len(documents), max_size=len(documents)))))
    return segments


def a_dictionary(directory: Path, archive: list[tuple[list[Document], list[bool]]]) -> TermDictionary:
    parts = []
    for number, (documents, live) in enumerate(archive):
        path = directory / f"{number}.segment"
        path.unlink(missing_ok=True)
        builder = SegmentWriter()
        for document in documents:
            builder.add(document)
        builder.write(path)
        parts.append(LiveSegment(Segment(path), np.array(live), sum(live)))
    return TermDictionary(Snapshot(Manifest(1, "1", datetime.now(UTC), ()), tuple(parts)))


def live_articles(archive: list[tuple[list[Document], list[bool]]]) -> list[Document]:
    return [
        document for documents, live in archive for document, is_live in zip(documents, live, strict=True) if is_live
    ]


def in_memory(archive: list[tuple[list[Document], list[bool]]]) -> Searcher:
    return fill(open_engine("memory:"), *live_articles(archive)).searcher()


on_any_archive = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@on_any_archive
@given(archive=archives(), limit=st.integers(0, 8), prefix=st.sampled_from(["", "r", "rat", "d", "b", "x"]))
def test_completions_and_counts_are_those_of_the_memory_engine(
    tmp_path: Path, archive: list[tuple[list[Document], list[bool]]], limit: int, prefix: str
) -> None:
    ours, other = a_dictionary(tmp_path, archive), in_memory(archive)
    assert ours.terms(prefix, limit) == other.terms(prefix, limit)
    words = ["rate", "die", "nothing", "ete", "rate", "bank"]
    assert ours.document_frequencies(words) == other.document_frequencies(words)
    for distance in (1, 2):
        for least in (1, 2, 3, 5):
            expected = other.similar_terms("rat", distance, limit, least)
            assert ours.similar_terms("rat", distance, limit, least) == expected


LEAVES = st.builds(
    lambda pattern, fields: pattern(tuple(fields)),
    st.sampled_from(
        [
            lambda fields: MatchPrefix(fields, "r"),
            lambda fields: MatchPrefix(fields, "ba"),
            lambda fields: MatchWildcard(fields, "*a*"),
            lambda fields: MatchWildcard(fields, "?a*"),
            lambda fields: MatchFuzzy(fields, "rate", 2),
            lambda fields: MatchFuzzy(fields, "rats", 1),
        ]
    ),
    st.one_of(st.just(ALL_FIELDS), st.lists(st.sampled_from(ALL_FIELDS), min_size=1, max_size=4, unique=True)),
)


@on_any_archive
@given(archive=archives(), leaf=LEAVES, limit=st.integers(1, 5))
def test_patterns_match_the_most_frequent_words_of_their_fields(
    tmp_path: Path, archive: list[tuple[list[Document], list[bool]]], leaf: Leaf, limit: int
) -> None:
    dictionary = a_dictionary(tmp_path, archive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_frequencies, "_FEWEST", 1)
        patch.setattr(term_dictionary, "MAX_EXPANSIONS", limit)
        patch.setattr(matching, "MAX_EXPANSIONS", limit)
        expansion = dictionary.expand(leaf, Deadline(None))
        expected, more = matching.expand(leaf, [matching.Indexed.of(d) for d in live_articles(archive)])
    assert bool(expansion.cut) == more
    found: dict[str, float] = {}
    for part, numbers, weights in zip(dictionary._segments, expansion.surfaces, expansion.weights, strict=True):
        assert (np.diff(numbers) > 0).all()
        found.update(zip(part.segment.vocabulary.spellings(numbers), weights.tolist(), strict=True))
    counted = {word: weight for word, weight in found.items() if word in expected}
    assert counted == expected
    assert not more or found == expected, "what no live article holds may only be there where nothing is left out"


@pytest.mark.parametrize("share", [1.0, 0.9, 0.3])
def test_words_of_several_segments_are_chosen_by_their_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """Each segment's own favourites are others than those of all together."""
    monkeypatch.setattr(document_frequencies, "_FEWEST", 1)
    random = np.random.default_rng(7)
    names = [f"w{number:03}" for number in range(200)]
    archive = []
    for segment in range(4):
        weights = random.random(200) ** 4
        documents = [
            Document(f"{segment}-{number}", " ".join(random.choice(names, 12, p=weights / weights.sum()).tolist()))
            for number in range(60)
        ]
        archive.append((documents, (random.random(60) < share).tolist()))
    ours, other = a_dictionary(tmp_path, archive), in_memory(archive)
    for limit in range(1, 250, 3):
        assert ours.terms("w", limit) == other.terms("w", limit)
    words = len(other.terms("w", 200))
    for limit in (words - 1, words, words + 1):
        monkeypatch.setattr(term_dictionary, "MAX_EXPANSIONS", limit)
        assert bool(ours.expand(MatchPrefix(("title",), "w"), Deadline(None)).cut) == (limit < words)
    assert ours.document_frequencies(names) == other.document_frequencies(names)


def test_a_misspelling_counts_less_than_the_word_itself(tmp_path: Path) -> None:
    dictionary = a_dictionary(tmp_path, [([Document("1", "rate rates")], [True])])
    expansion = dictionary.expand(MatchFuzzy(("title",), "rate", 1), Deadline(None))
    assert expansion.weights[0].tolist() == [1.0, STEM_WEIGHT]


def test_terms_are_not_expanded(tmp_path: Path) -> None:
    dictionary = a_dictionary(tmp_path, [([Document("1", "rate")], [True])])
    expansion = dictionary.expand(MatchTerm(("title",), Term("rate")), Deadline(None))
    assert [numbers.tolist() for numbers in expansion.surfaces] == [[]]


@pytest.mark.parametrize("leaf", [MatchWildcard(("title",), "*a*"), MatchPrefix(("title",), "r")])
def test_expanding_stops_at_the_deadline(tmp_path: Path, leaf: Leaf) -> None:
    dictionary = a_dictionary(tmp_path, [([Document("1", "rate")], [True])])
    with pytest.raises(TimeIsUp):
        dictionary.expand(leaf, Deadline(0.0))


def test_letters_of_every_plane_of_unicode_are_distinguished() -> None:
    """What the filter by letters relies on: each edit changes at most two bits."""
    assert letters("") == 0
    assert letters("a") != letters("b")
    assert letters(chr(sys.maxunicode)) == 1 << 31
