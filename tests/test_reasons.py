"""Why related articles are related, in a reader's words."""

from __future__ import annotations

import json

from archives import fill, over

from search.assist.distinctive import DistinctiveTerm
from search.assist.reasons import MAX_REASONS, Reasons
from search.assist.subject import Subject
from search.document import Document, Heading
from search.engines.memory.engine import MemoryEngine


def reasons(body: str, *words: str, title: str = "", language: str = "en", **others: object) -> tuple[str, ...]:
    """The reasons that these words are, of which the first is the most distinctive."""
    terms = [DistinctiveTerm(word.casefold(), word, 9, 2.0, float(len(words) - at)) for at, word in enumerate(words)]
    own = Document("1", title, body, language=language, **others)  # type: ignore[arg-type]
    return Reasons(own, terms).of(terms)


def test_names_stand_before_other_words() -> None:
    body = "In the spring the reading of ledgers went on, and then Baku and later Shusha were named in ledgers."
    assert reasons(body, "ledgers", "reading", "Baku", "Shusha") == ("Baku", "Shusha")


def test_a_name_of_two_words_is_told_whole() -> None:
    body = "The vote was won by Simon Lees. Later Simon Lees spoke of Nuremberg, as did the others in Nuremberg."
    assert reasons(body, "Lees", "Nuremberg", "Simon") == ("Simon Lees", "Nuremberg")


def test_what_is_written_as_code_is_no_reason() -> None:
    body = (
        "We call `HttpClientFactory` and then the ThreadPoolExecutor there, with os.environ and /usr/bin set, "
        "and in the end the river and the bridge stay as they were in Mainz."
    )
    found = reasons(body, "HttpClientFactory", "ThreadPoolExecutor", "environ", "usr", "bin", "river", "Mainz")
    assert found == ("Mainz", "river")


def test_numbers_and_signs_are_no_reason() -> None:
    assert reasons("The hash is SHA1 of b2 and of SHA1 there, of a river.", "SHA1", "b2", "river") == ("river",)


def test_words_of_the_title_stand_before_words_of_the_text() -> None:
    body = "the tariff was picked, and the canal was dug, and the tariff was read"
    assert reasons(body, "picked", "read", "tariff", "canal", title="A tariff and a canal") == (
        "tariff", "canal", "picked",
    )  # fmt: skip


def test_capitals_of_headings_and_of_lines_in_capitals_are_no_names() -> None:
    body = "Getting Around\n\nRHINE RISES\n\nwe were getting along the Rhine, and were getting to Mainz"
    headings = (Heading("Getting Around", 2, 0),)
    assert reasons(body, "Getting", "RHINE", "Mainz", headings=headings) == ("Rhine", "Mainz")


def test_nouns_of_german_are_not_taken_for_names() -> None:
    body = "Es gab im Sommer viele Beiträge und Hinweise auf den Fluss, und der Fluss stieg."
    found = reasons(body, "Beiträge", "Hinweise", "Fluss", "stieg", title="Der Fluss steigt", language="de")
    assert found == ("Fluss", "Beiträge", "Hinweise")


def test_there_are_only_a_few_reasons() -> None:
    names = [f"{letter}ville" for letter in "ABCDEFGH"]
    assert reasons(" ".join(f"and in {name}" for name in names), *names) == tuple(names[:MAX_REASONS])


def test_an_article_without_its_words_in_the_text_has_reasons_all_the_same() -> None:
    assert reasons("", "river", "bridge") == ("river", "bridge")


def test_related_articles_bring_their_reasons() -> None:
    body = "The bridge at Mainz was closed, said Mélanie Doe of the office for bridges in Mainz, as Mélanie Doe did."
    engine = fill(
        MemoryEngine(""),
        Document("1", "The bridge", body, language="en"),
        Document("2", "Another bridge", f"Again: {body} And more of it.", language="en"),
        *(Document(f"x{each}", "Other", f"A text about something {each}.", language="en") for each in range(8)),
    )
    [found, *_] = over(engine).related(Subject(id="1")).hits or [None]
    if found is None:  # they are near-copies, and so no hits of each other
        raise AssertionError
    assert "Mélanie Doe" in found.reasons
    assert json.dumps(found.reasons)


def test_a_long_article_is_looked_through_once_for_each_word_that_is_shared() -> None:
    body = "a word of Baku and of Shusha there. " * 5_000
    assert reasons(body, "Baku", "Shusha", "word") == ("Baku", "Shusha")
