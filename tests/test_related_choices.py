"""Related articles as editors want them: pins first, blocks never, any time, and a half-life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from archives import fill, over
from counting import CountingEngine

from search.archive import Archive
from search.assist.related_modes import MODES, Mode
from search.assist.subject import Subject
from search.choosing import choose, chosen, forget
from search.document import Document
from search.engines import open_engine
from search.errors import NotFound, ParameterError, Removed
from search.ledger.removals import Tombstone
from search.request.urls import Addresses
from search.results.related_response import RelatedResponse

LINKS = Addresses()
NOW = datetime(2025, 1, 1, tzinfo=UTC)
DAY = date(2024, 7, 3)
ROAD = "Lorries waited on the Lachin road, and Karabakh counted them. Mélanie Joly wrote from Ottawa."


def document(name: str, days: int | None, text: str = ROAD, **more: object) -> Document:
    published = None if days is None else DAY + timedelta(days=days)
    return Document(name, name, text, published=published, language="en", **more)  # type: ignore[arg-type]


@pytest.fixture
def archive() -> Archive:
    """An article, what is related to it before and after, and much that is not."""
    engine = open_engine("memory:")
    fill(
        engine,
        document("own", 0, sections=("News > Local", "World"), url="https://news.example/own"),
        document("old", -700, sections=("World",)),
        document("near", -2, "Lachin lorries and, later on, much else of no interest to anybody in any country."),
        document("later", 40),
        document("undated", None),
        document("football", 2, "A match of football in the rain."),
        *(document(f"filler{number}", number, "Nothing of note was said about the weather.") for number in range(20)),
    )
    return over(engine, NOW)


def ids(found: RelatedResponse) -> list[str]:
    return [row.hit.id for row in found.hits]


def related(archive: Archive, **asked: object) -> RelatedResponse:
    return archive.related(Subject(id="own"), LINKS, **asked)  # type: ignore[arg-type]


def test_any_time_has_what_came_before_and_what_came_after_and_what_is_undated(archive: Archive) -> None:
    assert set(ids(related(archive, mode="any"))) == {"old", "near", "later", "undated"}
    assert set(ids(related(archive))) == {"old", "near"}


def test_the_shorter_the_half_life_the_more_the_nearest_count(archive: Archive) -> None:
    assert ids(related(archive, mode="any"))[-1] == "near", "it has the fewest of the words"
    assert ids(related(archive, mode="any", half_life=5)) == ["undated", "near", "later", "old"]
    scores = {row.hit.id: row.hit.score for row in related(archive, mode="any").hits}
    halved = {row.hit.id: row.hit.score for row in related(archive, mode="any", half_life=2).hits}
    assert halved["near"] == pytest.approx(scores["near"] / 2, abs=1e-5)
    assert halved["undated"] == pytest.approx(scores["undated"] / 2, abs=1e-5), "as if it were one half-life away"


@pytest.mark.parametrize("half_life", [0, -1, 36_501])
def test_a_half_life_has_bounds(archive: Archive, half_life: int) -> None:
    with pytest.raises(ParameterError, match="half_life"):
        related(archive, half_life=half_life)


def test_a_half_life_without_a_day_to_count_from_is_said_to_be_ignored(archive: Archive) -> None:
    found = archive.related(Subject(id="undated"), LINKS, mode="any", half_life=5)
    assert found.warnings == ("the article is undated, so half_life is ignored",)


def test_each_piece_says_what_it_shares_and_how_far_away_it_is(archive: Archive) -> None:
    rows = {row.hit.id: row for row in related(archive, mode="any").hits}
    assert [rows[name].days for name in ("old", "near", "later", "undated")] == [-700, -2, 40, None]
    assert rows["old"].sections == ("World",)
    assert "Mélanie Joly" in rows["old"].names
    assert "Mélanie Joly" not in rows["near"].names
    assert rows["near"].sections == ()


def test_a_pin_stands_first_whether_or_not_it_shares_a_word(archive: Archive) -> None:
    choose(archive, "own", "football", "pin")
    choose(archive, "own", "later", "pin")
    found = related(archive, mode="any", limit=3)
    assert ids(found)[:2] == ["football", "later"]
    assert [row.pinned for row in found.hits] == [True, True, False]
    assert (found.hits[0].why, found.hits[0].hit.score) == ((), 0.0)
    assert [term.text for term in found.hits[1].why], "a pin says what it shares, too"
    assert found.hits[1].hit.snippets
    assert len(set(ids(found))) == 3


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("background", ["old", "undated"]), ("same-days", ["football"]), ("follow-ups", ["football", "later"])],
)
def test_a_pin_stands_in_the_modes_whose_days_it_fits(archive: Archive, mode: Mode, expected: list[str]) -> None:
    for piece in ("old", "undated", "football", "later"):
        choose(archive, "own", piece, "pin")
    assert [row.hit.id for row in related(archive, mode=mode).hits if row.pinned] == expected


def test_more_pins_than_are_wanted_are_the_first(archive: Archive) -> None:
    for piece in ("later", "old", "football"):
        choose(archive, "own", piece, "pin")
    assert ids(related(archive, mode="any", limit=2)) == ["later", "old"]


def test_a_block_never_stands_there_and_others_move_up(archive: Archive) -> None:
    first, *others = ids(related(archive, mode="any", limit=4))
    choose(archive, "own", first, "block")
    assert ids(related(archive, mode="any", limit=4)) == others
    elsewhere = archive.related(Subject(id=others[0]), LINKS, mode="any")
    assert first in ids(elsewhere), "it is blocked for one article alone"


def with_a_copy() -> Archive:
    """An archive in which a related piece has a near-copy."""
    engine = fill(
        open_engine("memory:"),
        document("own", 0, fingerprint=1 << 60),
        document("piece", -1, fingerprint=255),
        document("copy", -2, fingerprint=254),
        *(document(f"filler{number}", number, "Nothing of note was said about it.") for number in range(20)),
    )
    return over(engine, NOW)


def test_a_block_is_not_named_as_another_version_either() -> None:
    archive = with_a_copy()
    (row,) = related(archive).hits
    (copy,) = row.also_in
    choose(archive, "own", copy.id, "block")
    (row,) = related(archive).hits
    assert row.also_in == ()


def test_near_copies_of_a_pin_stand_behind_it() -> None:
    archive = with_a_copy()
    for name, other in (("piece", "copy"), ("copy", "piece")):
        choose(archive, "own", name, "pin")
        (row,) = related(archive).hits
        assert (row.hit.id, [version.id for version in row.also_in]) == (name, [other])
        forget(archive, "own", name)


def test_pins_of_an_article_count_when_it_is_named_by_its_address_and_never_for_a_draft(archive: Archive) -> None:
    choose(archive, "https://www.news.example/own/", "football", "pin")
    assert ids(archive.related(Subject(url="https://news.example/own"), LINKS, mode="any"))[0] == "football"
    assert "football" not in ids(archive.related(Subject(text=ROAD), LINKS, mode="any"))


def test_an_article_that_moved_is_known_by_its_old_id_too(archive: Archive) -> None:
    archive.ledger.move("earlier", "own", NOW)
    choose(archive, "earlier", "football", "pin")
    assert ids(related(archive, mode="any"))[0] == "football"


def test_a_pin_that_leaves_the_archive_is_passed_over_and_stays_in_the_list(archive: Archive) -> None:
    choose(archive, "own", "later", "pin")
    with archive.engine.writer() as writer:
        writer.delete("later")
    archive = over(archive.engine, NOW)
    assert "later" not in ids(related(archive, mode="any"))
    [(choice, head)] = chosen(archive, "own")
    assert (choice.piece, choice.kind, head) == ("later", "pin", None)
    assert forget(archive, "own", "later")


def _removed(archive: Archive) -> None:
    archive.ledger.removed.add([Tombstone("later")], "court order", NOW)


@pytest.mark.parametrize(
    ("subject", "piece", "error", "before"),
    [
        ("own", "own", ParameterError, None),
        ("own", "nothing", NotFound, None),
        ("nothing", "own", NotFound, None),
        ("own", "later", Removed, _removed),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    archive: Archive, subject: str, piece: str, error: type[Exception], before: Callable[[Archive], None] | None
) -> None:
    if before:
        before(archive)
    with pytest.raises(error):
        choose(archive, subject, piece, "pin")
    assert chosen(archive) == []


def test_a_pin_that_was_taken_down_is_shown_nowhere(archive: Archive) -> None:
    choose(archive, "own", "later", "pin")
    assert ids(related(archive, mode="any"))[0] == "later"
    _removed(archive)
    [(choice, head)] = chosen(archive, "own")
    assert (choice.piece, head) == ("later", None)
    (found,) = [row for row in related(archive, mode="any").hits if row.pinned] or [None]
    assert found is None
    with archive.pinned() as pinned, pytest.raises(Removed):
        pinned.named("later")


def test_what_is_pinned_is_read_once_for_all_modes(archive: Archive) -> None:
    choose(archive, "own", "football", "pin")
    choose(archive, "own", "later", "pin")
    counting = CountingEngine(archive.engine)
    counted = Archive(counting, archive.settings, ledger=archive.ledger)  # type: ignore[arg-type]
    with counted.pinned() as pinned:
        pinned.related_by_mode(Subject(id="own"), MODES, LINKS, snippets=False)
    assert counting.read == 3, "the article itself and each of the pins"
