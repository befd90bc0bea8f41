"""Related articles: those that share distinctive words, and never merely the newest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from archives import fill, over
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from search.assist.distinctive import DistinctiveTerm, distinctive_terms, is_content_word
from search.assist.similarity import similarities
from search.assist.subject import Subject
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.protocols import Engine
from search.engines.results import Hit, MatchedLeaves
from search.errors import NotFound, ParameterError
from search.pinned_archive import PinnedArchive
from search.request.urls import Addresses
from search.results.related_response import RelatedResponse
from search.settings import Settings
from webui import create_app

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


def test_background_is_what_shares_distinctive_words_and_came_before(archive: PinnedArchive) -> None:
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
    assert ids(archive.related(Subject(id="own"), LINKS, mode="follow-ups")) == ["after"]
    around = archive.related(Subject(id="own"), LINKS, mode="same-days", limit=3)
    assert ids(around)[0].startswith("new")
    assert {"before", "after", "undated"}.isdisjoint(ids(around))


def test_near_copies_of_the_article_are_named_and_not_listed(archive: PinnedArchive) -> None:
    found = archive.related(Subject(id="own"), LINKS, mode="follow-ups")
    assert [(version.id, version.translation) for version in found.also_in] == [("copy", False)]
    assert (ids(found), found.total) == (["after"], 2)


def test_a_draft_of_today_is_related_to_the_whole_archive(archive: PinnedArchive) -> None:
    found = archive.related(Subject(title="Lorries in Lachin", text="Karabakh waits."), LINKS)
    assert set(ids(found)) == {"own", "after", "undated"}  # what has no date may be what it was pasted from
    by_id = {row.hit.id: row for row in found.hits}
    assert [version.id for version in by_id["own"].also_in] == ["copy"]


@pytest.mark.parametrize("mode", ["same-days", "follow-ups"])
def test_a_draft_that_nothing_is_as_new_as_is_told_what_to_ask(archive: PinnedArchive, mode: str) -> None:
    found = archive.related(Subject(text="Lachin lorries"), LINKS, mode=mode)  # type: ignore[arg-type]
    assert ids(found) == []
    assert found.warnings == (
        f'a draft counts as published now, so {mode} finds nothing older; ask for the mode "background"',
    )


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
    assert found.warnings == ("no other article has any of its words",)


def test_an_answer_is_what_its_types_say(archive: PinnedArchive) -> None:
    adapter = TypeAdapter(RelatedResponse)
    found = archive.related(Subject(id="own"), LINKS)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_a_very_long_draft_is_answered(archive: PinnedArchive) -> None:
    found = archive.related(Subject(text="Lachin corridor lorries. " * 50_000), LINKS)
    assert "own" in ids(found)


# What is asked for, and how an address may be spelled


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("https://example.org/a", " https://example.org/a\n"),
        ("https://example.org/a", "http://example.org/a"),
        ("http://example.org/a", "https://example.org/a"),
        ("https://example.org/a", "https://www.example.org/a/"),
        ("https://www.example.org/a/", "https://example.org/a"),
        ("https://example.org/a", "https://example.org/a#comments"),
        ("https://example.org/a#top", "https://example.org/a#top"),
        ("https://example.org/a", "https://example.org/a?ref=newsletter"),
        ("https://example.org/a", "https://example.org/a?utm_source=x&utm_medium=mail"),
        ("https://example.org/?p=7", "https://www.example.org?p=7"),
        ("https://example.org/?p=7", "https://example.org/?p=7&utm_source=x&fbclid=123"),
        ("https://example.org/?p=7&b=%C3%A9", "https://example.org/?utm_source=x&p=7&b=%C3%A9#x"),
    ],
)
def test_an_article_is_found_by_other_spellings_of_its_address(stored: str, asked: str) -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("one", "Lachin road", "Lachin lorries.", url=stored))
        writer.add(Document("two", "Lachin", "Lorries again."))
    with over(engine, NOW).pinned() as archive:
        assert ids(archive.related(Subject(url=asked), LINKS)) == ["two"]


@pytest.mark.parametrize(
    "url", ["https://example.org/?p=8", "http://[", "mailto:a@b", "a", "//", "https://other.org/a"]
)
def test_an_address_of_no_article_is_not_taken_for_another(url: str) -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("one", "Lachin road", "Lachin lorries.", url="https://example.org/?p=7"))
    with over(engine, NOW).pinned() as archive, pytest.raises(NotFound):
        archive.related(Subject(url=url), LINKS)


def test_an_unknown_address_with_a_draft_is_related_by_the_draft(archive: PinnedArchive) -> None:
    found = archive.related(Subject(url="https://nowhere.example/", text="Lachin lorries in Karabakh"), LINKS)
    assert "own" in ids(found)


def test_of_two_articles_with_one_address_the_first_by_id_is_meant() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for name in ("b", "a", "c"):
            writer.add(Document(name, f"Lachin {name}", "Lorries on the Lachin road.", url="https://example.org/x"))
    with over(engine, NOW).pinned() as archive:
        assert sorted(ids(archive.related(Subject(url="https://example.org/x"), LINKS))) == ["b", "c"]


# The days of a mode


def _of_days(*days: date | datetime | None) -> Engine:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for number, day in enumerate(days):
            writer.add(Document(str(number), f"Lachin {number}", "Lorries on the Lachin road.", published=day))
    return engine


@pytest.mark.parametrize(
    ("mode", "found"),
    [("background", ["1", "2", "3"]), ("same-days", ["2", "3", "4", "5"]), ("follow-ups", ["4", "5", "6"])],
)
def test_a_mode_is_a_span_of_days_in_utc(mode: str, found: list[str]) -> None:
    own = datetime(2024, 7, 4, 1, tzinfo=timezone(timedelta(hours=3)))  # 3 July in UTC
    days = (date(2024, 6, 29), date(2024, 6, 30), datetime(2024, 7, 3, 23, 59, tzinfo=UTC))
    engine = _of_days(own, *days, date(2024, 7, 4), datetime(2024, 7, 6, 23, tzinfo=UTC), date(2024, 7, 7), None)
    with over(engine, NOW).pinned() as archive:
        related = archive.related(Subject(id="0"), LINKS, mode=mode, limit=50)  # type: ignore[arg-type]
    assert (sorted(ids(related)), related.total) == (found, len(found))


@pytest.mark.parametrize("own", [date(1, 1, 1), date(9999, 12, 31), datetime(9999, 12, 31, 23, tzinfo=UTC)])
@pytest.mark.parametrize("mode", ["background", "same-days", "follow-ups"])
def test_the_ends_of_the_calendar_break_no_mode(own: date | datetime, mode: str) -> None:
    with over(_of_days(own, date(2024, 1, 1)), NOW).pinned() as archive:
        found = archive.related(Subject(id="0"), LINKS, mode=mode)  # type: ignore[arg-type]
    assert "0" not in ids(found)
    assert found.total == len(found.hits)


@pytest.mark.parametrize("mode", ["same-days", "follow-ups"])
def test_an_undated_article_is_related_to_any_time_and_says_so(mode: str) -> None:
    with over(_of_days(None, date(2024, 1, 1), None), NOW).pinned() as archive:
        found = archive.related(Subject(id="0"), LINKS, mode=mode)  # type: ignore[arg-type]
    assert sorted(ids(found)) == ["1", "2"]
    assert found.warnings == (f"the article is undated, so {mode} ignores dates",)


# Limits


def test_a_limit_is_filled_although_the_article_finds_itself() -> None:
    with over(_of_days(*[date(2024, 1, day) for day in range(1, 12)]), NOW).pinned() as archive:
        for limit in (1, 5, 10):
            found = archive.related(Subject(id="10"), LINKS, limit=limit)
            assert len(found.hits) == limit
            assert found.total == 10


def test_a_search_that_runs_out_of_time_says_so_and_counts_nothing_below_zero() -> None:
    archive = over(_of_days(date(2024, 1, 1), date(2024, 1, 2)), NOW, deadline_seconds=1e-9)
    found = archive.related(Subject(id="0"), LINKS)
    assert found.timed_out
    assert found.total >= len(found.hits) == 0
    assert any("ran out of its time" in warning for warning in found.warnings)
    assert not over(archive.engine, NOW).related(Subject(id="0"), LINKS).timed_out


def test_an_answer_that_ran_out_of_time_is_not_cached() -> None:
    engine = _of_days(date(2024, 1, 1), date(2024, 1, 2))
    address = "/api/v1/articles/0/related"
    hasty = create_app(Settings(deadline_seconds=1e-9), engine).test_client().get(address)
    assert (hasty.status_code, hasty.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in hasty.headers
    assert hasty.json is not None
    assert hasty.json["timed_out"] is True
    patient = create_app(Settings(), engine).test_client().get(address)
    assert "no-store" not in patient.headers["Cache-Control"]
    assert patient.json is not None
    assert patient.json["timed_out"] is False


# Which words are distinctive


def test_names_titles_and_rare_words_weigh_most() -> None:
    own = Document(
        "own", "Corridor", "In spring the minister met Joly. The minister spoke of lorries.", language="en",
        headings=(Heading("Lorries", 2, 0),),
    )  # fmt: skip
    others = [Document(str(n), "x", "corridor minister Joly spring lorries", language="en") for n in range(3)]
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for document in (own, *others):
            writer.add(document)
    with engine.searcher() as searcher:
        terms = {term.surface: term.weight for term in distinctive_terms(searcher, own, 4, stored=True)}
    assert set(terms) == {"corridor", "minister", "joly", "spring", "lorries"}
    assert terms["lorries"] >= terms["corridor"] > terms["minister"] > terms["joly"] > terms["spring"]


@pytest.mark.parametrize(
    ("word", "language", "has_meaning"),
    [("bridge", "en", True), ("the", "en", False), ("der", "de", False), ("2024", "en", False), ("x", "en", False),
     ("cop29", "en", True), ("東京", "ja", True), ("", "en", False)],
)  # fmt: skip
def test_stop_words_numbers_and_letters_have_no_meaning(word: str, language: str, has_meaning: bool) -> None:
    assert is_content_word(word, language) is has_meaning


def test_forms_of_a_word_count_as_one_and_are_shown_as_most_often_spelled() -> None:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("0", "Bridges", "Bridges and BRIDGES. A bridge, too.", language="en"))
        writer.add(Document("1", "Bridge over water", "The bridge and bridges.", language="en"))
        writer.add(Document("2", "Water", "Bridge and water.", language="en"))
    with over(engine, NOW).pinned() as archive:
        found = archive.related(Subject(id="0"), LINKS)
    assert [term.text for term in found.terms] == ["Bridges"]
    assert sorted(ids(found)) == ["1", "2"]


def test_a_word_is_rare_among_the_articles_of_its_language() -> None:
    own = Document("own", "Gestern", "Gestern kamen diese Nachrichten über P2WPKH und Lachin an.", language="de")
    german = [Document(f"de{n}", "Heute", "Diese Nachrichten kamen gestern an.", language="de") for n in range(8)]
    english = [
        Document(f"en{n}", "News", "The sports news of the day." + " Lachin, P2WPKH." * (n < 20), language="en")
        for n in range(400)
    ]
    engine = fill(open_engine("memory:"), own, *german, *english)
    with over(engine, NOW).pinned() as archive:
        found = archive.related(Subject(id="own"), LINKS, limit=3)
    assert [term.text for term in found.terms][:2] == ["P2WPKH", "Lachin"]
    assert {row.hit.language for row in found.hits} == {"en"}


# The order


def _matched(*frequencies: float, length: int = 100) -> Hit:
    leaves = tuple(at for at, frequency in enumerate(frequencies) if frequency)
    return Hit("x", 1.0, 1.0, matched=MatchedLeaves(leaves, tuple(filter(None, frequencies)), length))


_TERMS = [DistinctiveTerm(name, name, 9, 2.0, rarity) for name, rarity in (("a", 5.0), ("b", 3.0), ("c", 1.0))]


def test_what_shares_more_words_or_rarer_ones_or_says_it_more_briefly_is_more_alike() -> None:
    hits = [_matched(1, 1, 1), _matched(1, 1, 0), _matched(0, 1, 1), _matched(1, 1, 1, length=900)]
    scores = similarities(hits, _TERMS)
    assert scores[0] > scores[1] > scores[2]
    assert scores[0] > scores[3]
    assert similarities([_matched(2, 0, 0), _matched(1, 0, 0)], _TERMS) == [1.0, pytest.approx(0.63, abs=0.01)]


@given(st.lists(st.tuples(*[st.floats(0, 1e6)] * 3, st.integers(0, 10**6)), max_size=12))
def test_similarities_are_between_0_and_1(rows: list[tuple[float, float, float, int]]) -> None:
    hits = [_matched(one, two, three, length=length) for one, two, three, length in rows]
    scores = similarities(hits, _TERMS)
    assert len(scores) == len(hits)
    assert all(0.0 <= score <= 1.0 + 1e-9 for score in scores)


def test_nothing_is_alike_without_terms_or_counts() -> None:
    assert similarities([], _TERMS) == []
    assert similarities([_matched(1)], []) == [0.0]
    assert similarities([Hit("x", 1.0, 1.0)], _TERMS) == [0.0]
