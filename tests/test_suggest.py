"""Completions while typing: each leads somewhere, and none is made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import service
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.base import Searcher
from search.errors import ParameterError
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Completion

LINKS = Addresses()


def _titled(id: str, title: str, body: str, *headings: str, section: str = "News") -> Document:
    places = tuple(Heading(text, 2, body.index(text)) for text in headings)
    return Document(id, title, body, headings=places, sections=(section,), language="en")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def searcher(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    engine = open_engine("memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index"))
    with engine.writer() as writer:
        writer.add(_titled("a", "Printing in Mainz", "Movable type\n\nGutenberg printed.", "Movable type"))
        writer.add(_titled("b", "Printers of Venice", "The printing of music.", section="Culture > Print"))
        writer.add(_titled("c", "A history of type", "Movable type again\n\nprinted words", "Movable type again"))
        writer.add(_titled("d", "Printing in Mainz", "The same title once more."))
        writer.add(_titled("e", "Élan vital", "An essay on the élan of the old printing presses."))
    with engine.searcher() as opened:
        yield opened


def completions(searcher: Searcher, q: str, limit: int = 8) -> list[tuple[str, str, int | None]]:
    return [(found.kind, found.text, found.count) for found in service.suggest(searcher, q, LINKS, limit)]


def test_words_sections_articles_and_headings_are_offered(searcher: Searcher) -> None:
    found = completions(searcher, "print")
    assert ("word", "printing", 5) in found
    assert "printed" not in [text for _, text, _ in found]
    assert ("section", "Culture > Print", 1) in found
    assert ("article", "Printers of Venice", None) in found
    assert found == sorted(found, key=lambda one: ["word", "section", "article", "heading"].index(one[0]))
    assert ("heading", "Movable type", None) in completions(searcher, "movable ty")


def test_equal_titles_are_offered_once(searcher: Searcher) -> None:
    assert [text for kind, text, _ in completions(searcher, "printing in m") if kind == "article"] == [
        "Printing in Mainz"
    ]


def test_the_earlier_words_stay_and_count(searcher: Searcher) -> None:
    found = completions(searcher, "Gutenberg pri")
    assert ("word", "Gutenberg printing", 1) in found
    assert not [text for _, text, _ in found if text.startswith("Gutenberg printers")]


def test_diacritics_need_not_be_typed(searcher: Searcher) -> None:
    assert ("article", "Élan vital", None) in completions(searcher, "elan v")


def test_nothing_typed_gives_nothing(searcher: Searcher) -> None:
    assert completions(searcher, "") == completions(searcher, ' -" ') == completions(searcher, "zzz") == []


def test_links_lead_where_the_text_says(searcher: Searcher) -> None:
    by_kind = {found.kind: found for found in service.suggest(searcher, "print", LINKS)}
    assert by_kind["article"].url.startswith("/article/")
    assert by_kind["word"].url == f"/search?q={by_kind['word'].text}"
    assert by_kind["section"].url == "/search?section=Culture+%3E+Print"


def test_there_are_never_more_than_asked_for(searcher: Searcher) -> None:
    for limit in (1, 2, 5):
        assert len(completions(searcher, "p", limit)) <= limit
    for limit in (0, 51):
        with pytest.raises(ParameterError):
            completions(searcher, "p", limit)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(alphabet='prinmovable "()*:~-^ÉANDORT中\x00', max_size=30))
def test_whatever_is_typed_every_completion_finds_something(searcher: Searcher, typed: str) -> None:
    for found in service.suggest(searcher, typed, LINKS):
        assert isinstance(found, Completion)
        assert found.count is None or found.count > 0


def test_a_pasted_article_is_cut_to_what_one_would_type(searcher: Searcher) -> None:
    assert completions(searcher, "printing " * 50_000) == completions(searcher, "printing " * 23)


def test_the_word_that_usually_follows_comes_first() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(9):
            writer.add(Document(f"n{number}", "x", "lightning and a newsletter", language="en"))
        writer.add(Document("y", "x", "the lightning network", language="en"))
    with engine.searcher() as searcher:
        assert completions(searcher, "lightning ne")[:2] == [
            ("word", "lightning network", 1),
            ("word", "lightning newsletter", 9),
        ]


def test_behind_a_frequent_word_titles_say_what_usually_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.assist.suggest._RARE", 5)
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(9):
            writer.add(Document(f"n{number}", "x", "a prime minute", language="en"))
        writer.add(Document("y", "The prime minister", "of Mainz", language="en"))
    with engine.searcher() as searcher:
        words = [text for kind, text, _ in completions(searcher, "prime mi") if kind == "word"]
    assert words == ["prime minister", "prime minute"]


def test_two_letters_may_be_a_word_or_the_beginning_of_a_frequent_one() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(30):
            writer.add(Document(f"n{number}", "x", " ".join(f"eu{letter}" for letter in "abcdefghij"), language="en"))
        writer.add(Document("y", "The EU in short", "x", language="en"))
        writer.add(Document("z", "On eua", "x", language="en"))
    with engine.searcher() as searcher:
        articles = {text for kind, text, _ in completions(searcher, "eu") if kind == "article"}
    assert articles == {"The EU in short", "On eua"}


def test_a_lone_letter_is_completed_by_words_and_sections_only(searcher: Searcher) -> None:
    assert {kind for kind, _, _ in completions(searcher, "p")} == {"word", "section"}


def test_of_the_forms_of_a_word_only_the_likeliest_is_offered_as_a_correction() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, word in enumerate(["inflation", "inflation", "inflation", "inflated", "inflate"]):
            writer.add(_titled(str(number), "Prices", f"The {word} of the year and its rate."))
    with engine.searcher() as searcher:
        answer = service.search(searcher, SearchRequest("inflaton rate"), LINKS)
    assert [(found.text, found.count) for found in answer.suggestions.did_you_mean] == [("inflation rate", 5)]


def test_words_that_stand_in_plenty_of_articles_in_another_form_are_not_corrected() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, word in enumerate(["storm"] * 40 + ["stormer"] * 90):
            writer.add(_titled(str(number), "Weather", f"A {word} of the year."))
    with engine.searcher() as searcher:
        found = service.search(searcher, SearchRequest("stormed"), LINKS)
        either = service.search(searcher, SearchRequest("storm yeer", operator="or"), LINKS)
    assert (found.total, found.suggestions.did_you_mean) == (40, ())
    assert [correction.text for correction in either.suggestions.did_you_mean] == ["storm OR year"]
