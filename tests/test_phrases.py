"""Phrases over long articles of few words: the kernel beside its twin in numpy and beside the specification, and what
is left out of a phrase whose words are too common."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from archives import LANGUAGES

from search import Archive, Settings, native
from search.document import Document
from search.engines.disk.engine import DiskEngine
from search.engines.disk.evaluation import phrase_postings
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import Plan
from search.engines.results import Results
from search.query.match import MatchPhrase
from search.query.terms import query_term
from search.request.request import SearchRequest

WORDS = ("the", "of", "run", "runs", "running", "said", "saying", "x")
FIELDS = ("title", "body")


def article(number: int) -> Document:
    """The more common its words, the longer they are together; every tenth one has them far from each other."""
    choice = random.Random(number)
    spread = 40 if number % 10 == 0 else choice.choice((1, 1, 2, 4))
    words = [
        word
        for each in choice.choices(WORDS, k=choice.choice((0, 3, 30, 200)))
        for word in (each, *choice.choices(("x", f"y{number}"), k=choice.randint(0, spread)))
    ]
    title = " ".join(choice.choices(WORDS, k=3))
    return Document(f"{number:03}", title, " ".join(words), language=choice.choice(LANGUAGES))


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [article(number) for number in range(240)]


@pytest.fixture(scope="module", params=[0, 70_000], ids=["16 bits", "32 bits"])
def folder(request: pytest.FixtureRequest, documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two segments; the positions of the first are as wide as the longest article requires."""
    folder = tmp_path_factory.mktemp("phrases") / "archive"
    for some in (documents[:200], documents[200:]):
        with DiskEngine(folder).writer() as writer:
            for document in some:
                writer.add(document)
            if some[0] is documents[0]:
                writer.add(Document("long", "", " ".join(["z"] * request.param), language="en"))
    return folder


def phrases() -> Iterator[MatchPhrase]:
    choice = random.Random(5)
    for slop in (None, 0, 1, 3, 10, 50):
        for count in (1, 2, 2, 2, 3, 4):
            terms = tuple(query_term(choice.choice(WORDS[:-1]), LANGUAGES) for _ in range(count))
            yield MatchPhrase(FIELDS, terms, slop)


def asked(folder: Path) -> list[Results]:
    """With a new searcher, so that nothing is known of earlier phrases."""
    with DiskEngine(folder).searcher() as searcher:
        return [searcher.search(Plan(phrase, limit=300)) for phrase in phrases()]


def test_phrases_in_long_articles_are_those_of_the_specification(folder: Path, documents: list[Document]) -> None:
    memory = MemoryEngine()
    with memory.writer() as writer:
        for document in documents:
            writer.add(document)
    found = asked(folder)
    assert sum(each.total > 10 for each in found) > len(found) // 2
    with memory.searcher() as searcher:
        for phrase, each in zip(phrases(), found, strict=True):
            expected = searcher.search(Plan(phrase, limit=300))
            assert {hit.id for hit in each.hits} == {hit.id for hit in expected.hits}, phrase


@pytest.mark.skipif(native.kernel is None, reason="there is no compiled kernel here")
@pytest.mark.parametrize("budget", [1 << 26, 20_000, 3_000, 0])
@pytest.mark.parametrize("shared", [1, 1 << 16], ids=["halves", "whole"])
def test_the_kernel_finds_and_leaves_out_what_numpy_does(
    folder: Path, budget: int, shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrase_postings, "MAX_COMPARISONS", budget)
    monkeypatch.setattr(phrase_postings, "_SHARED", shared)
    compiled = asked(folder)
    assert any(each.cut for each in compiled) == (budget < 1 << 26)
    assert compiled == asked(folder), "a phrase that is cut finds the same every time"
    monkeypatch.setattr(native, "kernel", None)
    for one, other in zip(compiled, asked(folder), strict=True):
        assert (one.total, one.cut) == (other.total, other.cut)
        assert [hit.id for hit in one.hits] == [hit.id for hit in other.hits]
        assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits])


def test_a_phrase_of_too_common_words_finds_a_part_of_what_it_fits_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(q='"the of"~10', per_page=100)
    whole = Archive(DiskEngine(folder), Settings()).search(request)
    assert not whole.warnings
    monkeypatch.setattr(phrase_postings, "MAX_COMPARISONS", 3_000)
    part = Archive(DiskEngine(folder), Settings()).search(request)
    assert 0 < part.total < whole.total
    assert any("at least" in warning and "the of" in warning for warning in part.warnings), part.warnings
    rarer = Archive(DiskEngine(folder), Settings()).search(replace(request, q='"the y3"~10'))
    assert not rarer.warnings


def test_halves_of_a_segment_end_with_its_deadline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrase_postings, "_SHARED", 1)
    with DiskEngine(folder).searcher() as searcher:
        for phrase in phrases():
            assert searcher.search(Plan(phrase, deadline=0.0)).timed_out
