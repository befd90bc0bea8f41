"""Completions while typing: each leads somewhere, and none is made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from archives import over
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document, Heading
from search.engines import open_engine
from search.errors import ParameterError
from search.pinned_archive import PinnedArchive
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Completion

LINKS = Addresses()


def _titled(id: str, title: str, body: str, *headings: str, section: str = "News") -> Document:
    places = tuple(Heading(text, 2, body.index(text)) for text in headings)
    return Document(id, title, body, headings=places, sections=(section,), language="en")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PinnedArchive]:
    engine = open_engine("memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index"))
    with engine.writer() as writer:
        writer.add(_titled("a", "Printing in Mainz", "Movable type\n\nGutenberg printed.", "Movable type"))
        writer.add(_titled("b", "Printers of Venice", "The printing of music.", section="Culture > Print"))
        writer.add(_titled("c", "A history of type", "Movable type again\n\nprinted words", "Movable type again"))
        writer.add(_titled("d", "Printing in Mainz", "The same title once more."))
        writer.add(_titled("e", "Élan vital", "An essay on the élan of the old printing presses."))
    with over(engine).pinned() as opened:
        yield opened


def completions(archive: PinnedArchive, q: str, limit: int = 8) -> list[tuple[str, str, int | None]]:
    return [(found.kind, found.text, found.count) for found in archive.suggest(q, LINKS, limit)]


def test_words_sections_articles_and_headings_are_offered(archive: PinnedArchive) -> None:
    found = completions(archive, "print")
    assert ("word", "printing", 5) in found
    assert "printed" not in [text for _, text, _ in found]
    assert ("section", "Culture > Print", 1) in found
    assert ("article", "Printers of Venice", None) in found
    assert found == sorted(found, key=lambda one: ["word", "section", "article", "heading"].index(one[0]))
    assert ("heading", "Movable type", None) in completions(archive, "movable ty")


def test_equal_titles_are_offered_once(archive: PinnedArchive) -> None:
    assert [text for kind, text, _ in completions(archive, "printing in m") if kind == "article"] == [
        "Printing in Mainz"
    ]


def test_the_earlier_words_stay_and_count(archive: PinnedArchive) -> None:
    found = completions(archive, "Gutenberg pri")
    assert ("word", "Gutenberg printing", 5) in found, "one has both words, and the list is filled up"
    assert not [text for _, text, _ in found if text.startswith("Gutenberg printers")]


def test_diacritics_need_not_be_typed(archive: PinnedArchive) -> None:
    assert ("article", "Élan vital", None) in completions(archive, "elan v")


def test_nothing_typed_gives_nothing(archive: PinnedArchive) -> None:
    assert completions(archive, "") == completions(archive, ' -" ') == completions(archive, "zzz") == []


def test_links_lead_where_the_text_says(archive: PinnedArchive) -> None:
    by_kind = {found.kind: found for found in archive.suggest("print", LINKS)}
    assert by_kind["article"].url.startswith("/article/")
    assert by_kind["word"].url == f"/search?q={by_kind['word'].text}"
    assert by_kind["section"].url == "/search?section=Culture+%3E+Print"


def test_there_are_never_more_than_asked_for(archive: PinnedArchive) -> None:
    for limit in (1, 2, 5):
        assert len(completions(archive, "p", limit)) <= limit
    for limit in (0, 51):
        with pytest.raises(ParameterError):
            completions(archive, "p", limit)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(alphabet='prinmovable "()*:~-^ÉANDORT中\x00', max_size=30))
def test_whatever_is_typed_every_completion_finds_something(archive: PinnedArchive, typed: str) -> None:
    for found in archive.suggest(typed, LINKS):
        assert isinstance(found, Completion)
        assert found.count is None or found.count > 0


def test_a_pasted_article_is_cut_to_what_one_would_type(archive: PinnedArchive) -> None:
    assert completions(archive, "printing " * 50_000) == completions(archive, "printing " * 23)


def test_the_word_that_usually_follows_comes_first() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(9):
            writer.add(Document(f"n{number}", "x", "lightning and a newsletter", language="en"))
        writer.add(Document("y", "x", "the lightning network", language="en"))
    with over(engine).pinned() as archive:
        assert completions(archive, "lightning ne")[:2] == [
            ("word", "lightning network", 10),  # one with both, nine to fill up
            ("word", "lightning newsletter", 10),
        ]


def test_behind_a_frequent_word_titles_say_what_usually_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.assist.suggest._RARE", 5)
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(9):
            writer.add(Document(f"n{number}", "x", "a prime minute", language="en"))
        writer.add(Document("y", "The prime minister", "of Mainz", language="en"))
    with over(engine).pinned() as archive:
        words = [text for kind, text, _ in completions(archive, "prime mi") if kind == "word"]
    assert words == ["prime minister", "prime minute"]


def test_two_letters_may_be_a_word_or_the_beginning_of_a_frequent_one() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number in range(30):
            writer.add(Document(f"n{number}", "x", " ".join(f"eu{letter}" for letter in "abcdefghij"), language="en"))
        writer.add(Document("y", "The EU in short", "x", language="en"))
        writer.add(Document("z", "On eua", "x", language="en"))
    with over(engine).pinned() as archive:
        articles = {text for kind, text, _ in completions(archive, "eu") if kind == "article"}
    assert articles == {"The EU in short", "On eua"}


def test_a_lone_letter_is_completed_by_words_and_sections_only(archive: PinnedArchive) -> None:
    assert {kind for kind, _, _ in completions(archive, "p")} == {"word", "section"}


def test_of_the_forms_of_a_word_only_the_likeliest_is_offered_as_a_correction() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, word in enumerate(["inflation", "inflation", "inflation", "inflated", "inflate"]):
            writer.add(_titled(str(number), "Prices", f"The {word} of the year and its rate."))
    with over(engine).pinned() as archive:
        answer = archive.search(SearchRequest("inflaton rate"), LINKS)
    assert [(found.text, found.count) for found in answer.suggestions.did_you_mean] == [("inflation rate", 5)]


def test_words_that_stand_in_plenty_of_articles_in_another_form_are_not_corrected() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, word in enumerate(["storm"] * 40 + ["stormer"] * 90):
            writer.add(_titled(str(number), "Weather", f"A {word} of the year."))
    with over(engine).pinned() as archive:
        found = archive.search(SearchRequest("stormed"), LINKS)
        either = archive.search(SearchRequest("storm yeer", operator="or"), LINKS)
    assert (found.total, found.suggestions.did_you_mean) == (40, ())
    assert [correction.text for correction in either.suggestions.did_you_mean] == ["storm OR year"]
