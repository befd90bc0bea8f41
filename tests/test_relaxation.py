"""When nothing is found: every condition by name, with what the search finds without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

import pytest
from archives import NOW, fill, over

from search.assist.count_budget import CountBudget
from search.assist.relaxation import MAX_PARTS, MAX_RELAXATIONS, part_in_words, relaxations
from search.document import Document
from search.engines import open_engine
from search.pinned_archive import PinnedArchive
from search.query import parse
from search.query.dates import RelativeTime
from search.request.planning import Planner
from search.request.request import Filters, SearchRequest
from search.schema import MISSING


@pytest.fixture(scope="module")
def archive() -> Iterator[PinnedArchive]:
    engine = fill(
        open_engine("memory:"),
        Document("a", "Printing in Mainz", "The old press printed a psalter.", sections=("History",), tags=("press",),
                 authors=("Ann Lee",), published=date(2023, 5, 1), language="en"),
        Document("b", "Printing in Venice", "A press, newly built, printed music.", sections=("Music",),
                 published=datetime(2024, 2, 2, 10, tzinfo=UTC), language="en"),
    )  # fmt: skip
    with over(engine, NOW).pinned() as pinned:
        yield pinned


def relaxed(archive: PinnedArchive, q: str = "", **more: object) -> list[tuple[str, int]]:
    found = archive.search(SearchRequest(q=q, operator="and", **more))  # type: ignore[arg-type]
    return [(row.drop, row.total) for row in found.suggestions.relax]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("press", "the word “press”"),
        ("press~1", "the word “press”"),
        ('="press"', "the exact word “press”"),
        ('"old press"', "the phrase “old press”"),
        ("pre*", "the words in “pre…”"),
        ("pr?ss*", "the words like “pr?ss*”"),
        ("section:History", "the section “History”"),
        ("tag:press", "the tag “press”"),
        ("lang:en", "the language “en”"),
        ("date:2024-07", "the condition date:2024-07"),
        ("-press", "leaving out the word “press”"),
        ("-tag:press", "leaving out the tag “press”"),
        ('-"old press"', "leaving out the phrase “old press”"),
        ("-date:2024", "leaving out the condition date:2024"),
        ("(a OR b)", "the part (a OR b)"),
        ("-(a OR b)", "leaving out the part (a OR b)"),
    ],
)
def test_each_part_of_a_query_reads_after_without(part: str, words: str) -> None:
    assert part_in_words(parse(part).query) == words


@pytest.mark.parametrize(
    ("q", "drop", "total"),
    [
        ("psalter music", "the word “music”", 1),
        ("psalter music", "requiring every word", 2),
        ("press -printed", "leaving out the word “printed”", 2),
        ('"printed music" psalter', "the phrase “printed music”", 1),
        ('"music printed"', "the quotation marks", 1),
        ('"music psalter"', "the quotation marks, matching any word", 2),
        ("title:psalter", "the limit of “psalter” to the title", 1),
        ("title:psal*", "the limit of “psal” to the title", 1),
        ("title:ps?lt*", "the limit of “ps?lt*” to the title", 1),
        ('title:="psalter"', "the limit of “psalter” to the title", 1),
        ('title:"old press"', "the limit of “old press” to the title", 1),
        ("headings:press", "the limit of “press” to the headings", 2),
        ("psalter section:Music", "the section “Music”", 1),
        ("psalter date:2024", "the condition date:2024", 1),
        ("psalter (music OR venice)", "the part (music OR venice)", 1),
    ],
)
def test_each_part_that_costs_hits_is_offered_with_what_is_found_without_it(
    archive: PinnedArchive, q: str, drop: str, total: int
) -> None:
    assert (drop, total) in relaxed(archive, q)


@pytest.mark.parametrize(
    ("conditions", "drop", "total"),
    [
        ({"keywords": (("tag", Filters(("x", "y"))),)}, "the tag “x” or “y”", 2),
        ({"keywords": (("section", Filters((), ("History", "Music"))),)},
         "leaving out the section “History” or “Music”", 2),
        ({"keywords": (("lang", Filters(("de",))),)}, "the language “German”", 2),
        ({"keywords": (("lang", Filters((MISSING,))),)}, "the language “none”", 2),
        ({"start": date(2025, 1, 1)}, "the dates (since 1 January 2025)", 2),
        ({"start": RelativeTime(1, "w")}, "the dates (since 24 June 2024, 12:00 UTC)", 2),
        ({"start": date(2022, 1, 1), "end": date(2022, 12, 31)}, "the dates (2022)", 2),
        ({"periods": ("2021", "2022")}, "the year “2021” or “2022”", 2),
        ({"periods": ("2022-03",)}, "the month “March 2022”", 2),
        ({"periods": ("2022-03-04",)}, "the day “4 March 2022”", 2),
        ({"fields_searched": ("summary", "tags", "author")}, "the limit to summary, tags and author", 2),
    ],
)  # fmt: skip
def test_each_condition_is_offered_by_name(
    archive: PinnedArchive, conditions: dict[str, object], drop: str, total: int
) -> None:
    assert relaxed(archive, "printed", **conditions) == [(drop, total)]


@pytest.mark.parametrize(
    "conditions",
    [
        {"keywords": (("section", Filters(("Sport",))), ("tag", Filters(("x",))))},
        {"keywords": (("section", Filters(("Sport",))),), "start": date(2025, 1, 1)},
        {"keywords": (("section", Filters(("Sport",))),), "periods": ("2021",)},
        {"periods": ("2021", "2022-03")},
        {"periods": ("2021",), "start": date(2025, 1, 1)},
        {"keywords": (("section", Filters(("Sport",), ("History", "Music"))),)},
    ],
)
def test_conditions_that_leave_nothing_each_by_itself_are_dropped_together(
    archive: PinnedArchive, conditions: dict[str, object]
) -> None:
    assert relaxed(archive, "printed", **conditions) == [("any filter", 2)]


def test_a_single_condition_is_not_offered_under_two_names(archive: PinnedArchive) -> None:
    assert relaxed(archive, "printed", keywords=(("section", Filters(("Sport",))),)) == [("the section “Sport”", 2)]


def test_the_relaxation_that_finds_most_comes_first_and_there_are_few(archive: PinnedArchive) -> None:
    found = relaxed(archive, " ".join([f"unheard{number}" for number in range(5)] + ["psalter", "press", "music"]))
    assert [total for _, total in found] == sorted((total for _, total in found), reverse=True)
    assert len(found) <= MAX_RELAXATIONS
    assert found[0] == ("requiring every word", 2)


def test_every_relaxation_finds_as_many_as_it_says(archive: PinnedArchive) -> None:
    for q in ("psalter music", '"music psalter" title:press', "tag:press music", "-press", "title:(psalter OR music)"):
        for group in ("none", "story"):
            request = SearchRequest(q=q, group=group, keywords=(("lang", Filters(("en",))),))  # type: ignore[arg-type]
            for row in archive.search(request).suggestions.relax:
                assert row.total > 0


class RecordedBudget:
    """A budget that remembers what it was asked to count."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.asked: list[SearchRequest] = []
        self._budget = CountBudget(planner)

    def totals(self, requests: Iterable[SearchRequest]) -> list[int]:
        wanted = list(requests)
        self.asked += wanted
        return self._budget.totals(wanted)


@pytest.mark.parametrize("joint", [" ", " OR "])
def test_a_query_of_very_many_parts_has_few_trials(joint: str) -> None:
    with fill(open_engine("memory:"), Document("a", "x")).searcher() as searcher:
        budget = RecordedBudget(Planner(searcher, "en", NOW))
        request = SearchRequest(q=joint.join(f'title:"q{number} r"' for number in range(200)))
        assert relaxations(parse(request.q).query, request, budget) == ()  # type: ignore[arg-type]
    assert 0 < len(budget.asked) <= 2 * MAX_PARTS + 4


def test_a_misspelt_query_under_filters_that_fit_nothing_is_offered_without_any(archive: PinnedArchive) -> None:
    found = relaxed(archive, "pslater", keywords=(("section", Filters(("Sport",))),), fields_searched=("title",))
    assert found == [("any filter, for “psalter”", 1)]
