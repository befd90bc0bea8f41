"""Names in a text are found by how they are written, in any language, and only those that lead somewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from archives import fill, over

from search.assist.names import MAX_NAMES, MAX_TERMS, mentions, names_in
from search.assist.subject import Subject
from search.document import Document
from search.engines import open_engine
from search.request.urls import Addresses

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def first_readings(text: str, language: str = "en", title: str = "") -> set[str]:
    return {readings[0] for readings in names_in(Document("", title, text, language=language))}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The minister met Mélanie Joly near Lachin.", {"Mélanie Joly", "Lachin"}),
        ("en", "He thanked J. K. Rowling and the Bank of England.", {"J. K. Rowling", "Bank of England"}),
        ("en", "We heard Joly's answer and O'Brien’s question.", {"Joly", "O'Brien"}),
        ("fr", "Hier Charles de Gaulle a quitté Colombey.", {"Hier Charles de Gaulle", "Colombey"}),
        ("tr", "Bu sabah Bakü'de konuşan İlham Aliyev ayrıldı.", {"Bakü", "İlham Aliyev"}),
        ("ru", "Вчера в Баку выступил Ильхам Алиев.", {"Баку", "Ильхам Алиев"}),
        ("ja", "昨日はアゼルバイジャンで会議があった。", {"アゼルバイジャン"}),
        ("en", "Nothing here has one.", set()),
        ("en", "It rained. Then it stopped.", set()),
    ],
)
def test_names_are_runs_of_capitals_within_a_sentence(language: str, text: str, expected: set[str]) -> None:
    assert first_readings(text, language) == expected


def test_where_nouns_are_capitalised_one_alone_is_no_name() -> None:
    text = (
        "Gestern hat der Minister die Brücke am Fluss mit einer Rede vor der Presse eröffnet, sagte Angela Merkel, " * 3
    )
    assert first_readings(text, "de") == {"Angela Merkel"}


def test_headlines_in_capitals_are_no_names() -> None:
    assert first_readings("It is said in Lachin.", title="Printing Comes To Town At Last") == {"Lachin"}
    assert first_readings("WHEAT PRICES FALL AGAIN IN ALL MARKETS\n\nSo said a man in Lachin.") == {"Lachin"}


def test_a_name_at_the_beginning_of_a_sentence_has_a_reading_without_that_word() -> None:
    (readings,) = names_in(Document("", "", "Yesterday Joly Smith spoke.", language="en"))
    assert readings == ("Yesterday Joly Smith", "Joly Smith")


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("in Lachin.", "Lachin", True),
        ("Lachins Straße", "Lachin", True),
        ("Bakıda", "Bakı", True),
        ("Unalachin", "Lachin", False),
        ("Omaha", "Oma", False),
        ("昨日アゼルバイジャンで", "アゼルバイジャン", True),
    ],
)
def test_a_text_mentions_a_name_as_a_word_that_may_have_an_ending(text: str, name: str, found: bool) -> None:
    assert mentions(text, name) is found


def offered(draft: str, *texts: str, title: str = "") -> dict[str, tuple[str, int]]:
    documents = [Document(str(number), "x", text, language="en") for number, text in enumerate(texts)]
    with over(fill(open_engine("memory:"), *documents), NOW).pinned() as archive:
        found = archive.related(Subject(title=title, text=draft), Addresses(), mode="any")
    return {name.text: (name.kind, name.articles) for name in found.names}


def test_only_names_that_find_something_are_offered_with_what_they_find() -> None:
    found = offered(
        "Then we saw Mélanie Joly in Lachin, and the corridor near Atlantis.",
        "Mélanie Joly spoke of a corridor.",
        "Joly alone, in Lachin.",
        "Of Lachin nothing.",
    )
    assert found == {"Mélanie Joly": ("name", 1), "Lachin": ("name", 2), "corridor": ("term", 1)}


def test_the_reading_that_finds_something_is_offered() -> None:
    assert offered("Yesterday Joly Smith spoke to us.", "Joly Smith is here.")["Joly Smith"] == ("name", 1)


def test_each_name_leads_to_a_search_that_finds_as_many() -> None:
    engine = open_engine("memory:")
    fill(engine, *(Document(str(n), "x", 'The "Lachin" road of Jean-Luc O\'Brien.', language="en") for n in range(3)))
    from search.settings import Settings
    from webui import create_app

    client = create_app(Settings(), engine).test_client()
    draft = {"text": "He met Jean-Luc O'Brien in Lachin."}
    names = client.post("/api/v1/related", json=draft).get_json()["names"]
    assert {name["text"] for name in names} >= {"Jean-Luc O'Brien", "Lachin"}
    for name in names:
        assert client.get(name["url"]).get_json()["total"] == name["articles"] == 3, name


def test_there_is_an_end_to_what_is_offered() -> None:
    people = [f"Anna {chr(65 + a)}oe{chr(97 + b)}" for a in range(10) for b in range(10)]
    found = offered("We saw " + ", then ".join(people) + ".", " and ".join(people), " or ".join(people))
    assert sum(kind == "name" for kind, _ in found.values()) == MAX_NAMES
    assert sum(kind == "term" for kind, _ in found.values()) <= MAX_TERMS
