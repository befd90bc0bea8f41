"""Related articles: those that share telling words, and never merely the newest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from archives import over
from pydantic import TypeAdapter

from search.archive import PinnedArchive
from search.assist.related import Subject
from search.document import Document
from search.engines import open_engine
from search.errors import NotFound, ParameterError
from search.request.urls import Addresses
from search.results.response import RelatedResponse

LINKS = Addresses()
NOW = datetime(2025, 1, 1, tzinfo=UTC)

_LACHIN = (
    "The Lachin corridor was closed again. Mélanie Joly, the minister, spoke about Karabakh in Ottawa, "
    "and observers in Lachin counted lorries."
)


def _documents() -> Iterator[Document]:
    yield Document("own", "Lachin corridor closed", _LACHIN, published=date(2024, 7, 3), language="en", fingerprint=7)
    yield Document(
        "before",
        "Joly in Ottawa",
        "Joly spoke about Karabakh, and of a corridor.",
        published=date(2024, 1, 1),
        language="en",
    )
    yield Document("copy", "Corridor closed", _LACHIN, published=date(2024, 7, 4), language="en", fingerprint=3)
    yield Document(
        "after",
        "Lachin opens",
        "The corridor of Lachin is open; lorries pass.",
        published=date(2024, 9, 1),
        language="en",
    )
    yield Document("undated", "Karabakh lorries", "Lorries on the Lachin road.", language="en")
    for number in range(40):
        yield Document(
            f"new{number}",
            f"Sports of day {number}",
            "The minister spoke again about the weather and about football.",
            published=date(2024, 7, 3),
            language="en",
        )  # fmt: skip


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PinnedArchive]:
    engine = open_engine("memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index"))
    with engine.writer() as writer:
        for document in _documents():
            writer.add(document)
    with over(engine, NOW).pinned() as pinned:
        yield pinned


def ids(found: RelatedResponse) -> list[str]:
    return [row.hit.id for row in found.hits]


def test_background_is_what_shares_telling_words_and_came_before(archive: PinnedArchive) -> None:
    found = archive.related(Subject(id="own"), LINKS)
    assert ids(found)[0] == "before"
    assert "own" not in ids(found)
    assert "after" not in ids(found)


def test_every_hit_says_which_words_it_shares_as_the_article_spells_them(archive: PinnedArchive) -> None:
    found = archive.related(Subject(id="own"), LINKS)
    why = [term.text for term in found.hits[0].why]
    assert {"Joly", "Karabakh", "Ottawa"} <= set(why)
    assert "about" not in why
    assert all(term.articles > 1 for row in found.hits for term in row.why)
    assert [term.text for term in found.terms][-1] not in {"Lachin", "Karabakh"}


def test_follow_ups_come_after_and_same_days_lie_around(archive: PinnedArchive) -> None:
    assert ids(archive.related(Subject(id="own"), LINKS, mode="follow-ups")) == ["copy", "after"]
    around = archive.related(Subject(id="own"), LINKS, mode="same-days", limit=3)
    assert ids(around)[0] == "copy"
    assert {"before", "after", "undated"}.isdisjoint(ids(around))


def test_near_copies_are_flagged(archive: PinnedArchive) -> None:
    found = archive.related(Subject(id="own"), LINKS, mode="follow-ups")
    assert [row.similar for row in found.hits] == [True, False]


def test_a_draft_of_today_is_related_to_the_whole_archive(archive: PinnedArchive) -> None:
    found = archive.related(Subject(title="Lorries in Lachin", text="Karabakh waits."), LINKS)
    assert set(ids(found)) >= {"own", "copy", "after"}
    assert ids(archive.related(Subject(text="Lachin lorries"), LINKS, mode="follow-ups")) == []


def test_self_is_not_counted(archive: PinnedArchive) -> None:
    for mode in ("background", "same-days", "follow-ups"):
        found = archive.related(Subject(id="own"), LINKS, mode=mode, limit=50)  # type: ignore[arg-type]
        assert found.total >= len(found.hits)
    assert archive.related(Subject(id="own"), LINKS, mode="follow-ups").total == 2


def test_an_address_finds_its_article() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("one", "Lachin road", "Lachin lorries.", url="https://example.org/news/one/?p=7"))
        writer.add(Document("two", "Lachin", "Lorries again."))
    with over(engine, NOW).pinned() as archive:
        for url in ("https://example.org/news/one/?p=7", "http://www.example.org/news/one?p=7#top"):
            assert ids(archive.related(Subject(url=url), LINKS)) == ["two"]
        with pytest.raises(NotFound, match="send its title and text"):
            archive.related(Subject(url="https://example.org/other"), LINKS)


def test_what_cannot_be_related_is_refused(archive: PinnedArchive) -> None:
    with pytest.raises(NotFound):
        archive.related(Subject(id="nothing"), LINKS)
    with pytest.raises(ParameterError, match="send a text, a title or a url"):
        archive.related(Subject(text=" \n "), LINKS)
    with pytest.raises(ParameterError, match="mode"):
        archive.related(Subject(id="own"), LINKS, mode="nearby")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="limit"):
        archive.related(Subject(id="own"), LINKS, limit=0)


def test_text_without_a_shared_word_says_so(archive: PinnedArchive) -> None:
    found = archive.related(Subject(text="xyzzy 12 345 the and"), LINKS)
    assert (found.hits, found.total, found.terms) == ((), 0, ())
    assert found.warnings == ("no word of it stands in another article",)


def test_an_answer_is_what_its_types_say(archive: PinnedArchive) -> None:
    adapter = TypeAdapter(RelatedResponse)
    found = archive.related(Subject(id="own"), LINKS)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_a_very_long_draft_is_answered(archive: PinnedArchive) -> None:
    found = archive.related(Subject(text="Lachin corridor lorries. " * 50_000), LINKS)
    assert "own" in ids(found)
