"""Did you mean: words of the archive in place of unknown ones, written apart, written together, and all at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import NOW, fill, over
from counting import CountingEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark import spelling
from search.assist.count_budget import CountBudget
from search.assist.spelling import MAX_CORRECTIONS, did_you_mean, is_correctable, near_words
from search.document import Document
from search.engines import open_engine
from search.engines.conventions import Deadline
from search.engines.protocols import Engine
from search.pinned_archive import PinnedArchive
from search.query import parse
from search.request.planning import Planner
from search.request.request import Filters, SearchRequest


def _documents() -> Iterator[Document]:
    for number in range(4):
        yield Document(f"ny{number}", "A harbour", "The harbour of New York was frozen.", tags=("sea",), language="en")
    yield Document("paper", "Newspapers", "A newspaper printed the treaty on its front page.", language="en")
    yield Document("fridge", "Küche", "Der Kühlschrank steht in der Küche.", language="de")
    yield Document("bridge", "Bridges", "The bridge over the harbour opened again.", tags=("land",), language="en")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index")
    return fill(open_engine(url), *_documents())


@pytest.fixture
def archive(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine, NOW).pinned() as pinned:
        yield pinned


def corrected(archive: PinnedArchive, q: str, **more: object) -> list[tuple[str, int]]:
    found = archive.search(SearchRequest(q=q, **{"operator": "and", **more}), None)  # type: ignore[arg-type]
    return [(row.text, row.count) for row in found.suggestions.did_you_mean]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("harbuor", [("harbour", 5)]),
        ("hrbour", [("harbour", 5)]),
        ("harbours frozzen", [("harbour frozen", 4)]),
        ("harbuor tretay", []),  # no article holds both words
        ("harbuor frozne", [("harbour frozen", 4)]),
        ("newyork", [('"new york"', 4)]),
        ("title:newyork", []),
        ("news paper", [("newspaper", 1)]),
        ("treaty news paper", [("treaty newspaper", 1)]),
        ("kühl schrank", [("kühlschrank", 1)]),
        ("KÜHL schrank", [("KÜHLschrank", 1)]),
        ("title:news paper", []),
        ('"newyork harbour"', []),
        ('"front pgae"', [('"front page"', 1)]),
        ("harbuor -bridge", [("harbour -bridge", 4)]),
        ("(harbuor OR bridge) tag:land", []),  # the correction would find no more
        ("(harbuor OR frozzen) tag:sea", [("(harbour OR frozen) tag:sea", 4)]),
        ("-harbuor", []),
        ("harbuor^2", [("harbour^2", 5)]),
    ],
)
def test_a_query_is_mended_as_it_was_meant(archive: PinnedArchive, typed: str, meant: list[tuple[str, int]]) -> None:
    found = corrected(archive, typed)
    assert [row for row in found if row in meant] == meant
    assert bool(found) is bool(meant)


def test_a_correction_keeps_filters_and_asks_for_every_word(archive: PinnedArchive) -> None:
    filters = (("tag", Filters(("land",))),)
    assert corrected(archive, "harbuor", keywords=filters) == [("harbour", 1)]
    assert corrected(archive, "harbuor york", operator="or") == []  # an article more would not be far more
    assert corrected(archive, "harbuor xyzzy", operator="or") == [("harbour OR xyzzy", 5)]


def test_all_unknown_words_of_one_phrase_are_mended_in_their_places(archive: PinnedArchive) -> None:
    assert ('"the harbour of new"', 4) in corrected(archive, '"the harbuor of nwe"')


def test_there_is_no_correction_behind_the_first_page(archive: PinnedArchive) -> None:
    assert corrected(archive, "harbuor", page=2) == []
    assert corrected(archive, "harbuor", cursor="*") == [("harbour", 5)]


@pytest.mark.parametrize("surface", ["it", "2024", "cop29", "東京都", "한국어", "", "a-b"])
def test_what_is_no_word_of_letters_is_not_corrected(surface: str) -> None:
    assert not is_correctable(surface)


def test_near_words_are_likeliest_first_and_short_words_have_one_edit(engine: Engine) -> None:
    with engine.searcher() as searcher:
        assert near_words(searcher, "harbuor", 0) == ["harbour"]
        assert near_words(searcher, "yrko", 0) == []  # two edits from york, too many for four letters
        assert near_words(searcher, "yorkk", 0) == ["york"]
        assert near_words(searcher, "yorkk", 1) == []  # where an article holds the word, far more must hold the other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(("harbuor", "newyork", "news", "paper", "tretay", "the", "-the", "tag:sea", "(a OR sea)")))
)
def test_every_correction_finds_as_many_as_it_says(archive: PinnedArchive, words: list[str]) -> None:
    request = SearchRequest(q=" ".join(words))
    found = archive.search(request)
    assert len(found.suggestions.did_you_mean) <= MAX_CORRECTIONS
    for row in found.suggestions.did_you_mean:
        assert archive.search(SearchRequest(q=row.text)).total == row.count > 2 * found.total


# The budget of counts


def planner_of(engine: Engine) -> Planner:
    return Planner(engine.searcher(), "en", NOW)


def test_all_counts_of_one_question_are_one_trip(engine: Engine) -> None:
    counting = CountingEngine(engine)
    budget = CountBudget(planner_of(counting))
    requests = [SearchRequest(q=q) for q in ("harbour", "bridge", "harbour", "treaty", "xyzzy")]
    assert budget.totals(requests) == [5, 1, 5, 1, 0]
    assert [len(plans) for plans, _ in counting.trips] == [4]
    assert budget.totals(requests[:2]) == [5, 1], "what is known is not counted again"
    assert len(counting.trips) == 1


def test_a_budget_of_searches_is_never_exceeded_and_the_rest_counts_nothing(engine: Engine) -> None:
    counting = CountingEngine(engine)
    budget = CountBudget(planner_of(counting), searches=3)
    requests = [SearchRequest(q="harbour", per_page=size) for size in range(1, 6)]
    assert budget.totals(requests[:2]) == [5, 5]
    assert budget.totals(requests) == [5, 5, 5, 0, 0]
    assert budget.totals(requests) == [5, 5, 5, 0, 0]
    assert sum(len(plans) for plans, _ in counting.trips) == 3


def test_a_query_that_cannot_be_read_counts_nothing_and_costs_nothing(engine: Engine) -> None:
    counting = CountingEngine(engine)
    budget = CountBudget(planner_of(counting), searches=1)
    deep = "(" * 50 + "x" + ")" * 50
    assert budget.totals([SearchRequest(q=deep), SearchRequest(q="bridge")]) == [0, 1]


def test_without_time_nothing_is_counted_and_nothing_is_offered(engine: Engine) -> None:
    counting = CountingEngine(engine)
    budget = CountBudget(planner_of(counting), seconds=0.0)
    request = SearchRequest(q="harbuor")
    assert did_you_mean(parse("harbuor").query, 0, request, budget) == ()
    assert counting.trips == []


def test_no_article_is_read_for_a_spelling_once_the_time_of_the_search_is_up(engine: Engine) -> None:
    counting = CountingEngine(engine)
    request = SearchRequest(q="Kühlschrankk")

    def offered(until: Deadline) -> list[str]:
        counting.searches.clear()
        budget = CountBudget(planner_of(counting), until=until)
        return [row.text for row in did_you_mean(parse(request.q).query, 0, request, budget)]

    assert offered(Deadline(None)) == ["kühlschrank"]
    assert [plan.bring for plan in counting.searches] == ["text"]
    assert offered(Deadline(60.0)) == ["kühlschrank"]
    assert all(plan.deadline is not None and plan.deadline <= 60.0 for plan in counting.searches)
    assert offered(Deadline(0.0)) == []
    assert counting.searches == []


def test_trips_share_their_time(engine: Engine) -> None:
    counting = CountingEngine(engine)
    budget = CountBudget(planner_of(counting), seconds=100.0)
    for q in ("harbour", "bridge", "treaty"):
        budget.totals([SearchRequest(q=q)])
    left = [deadline for _, deadline in counting.trips if deadline is not None]
    assert len(left) == 3
    assert 100.0 > left[0] > left[1] > left[2], "planning uses some of it too"


def test_what_an_engine_has_no_time_to_count_is_not_offered(engine: Engine) -> None:
    budget = CountBudget(planner_of(engine), seconds=1e-9)
    assert budget.totals([SearchRequest(q="harbour")]) == [0]


# Names, and words of other languages


def _letters() -> Iterator[Document]:
    for number in range(60):
        yield Document(f"t{number}", "Turkey first", "The election was seen in Turkey, first of all. Senior men sat.")
    yield Document("tr", "Türkiye", "Türkiye'de fiyat artışı yayınlandı, Aliyev dedi.", language="tr")
    yield Document("de", "Lücke", "Die Sicherheitslücke wurde veröffentlicht.", language="de")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def letters(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("letters") / "index")
    return fill(open_engine(url), *_letters())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fiyat Türkiye", []),
        ("Türkiye", []),
        ("Aliyev", []),
        ("señor", []),  # another language's word, and `senior` has no ñ
        ("elección", []),
        ("Sicherheitslücek", ["sicherheitslücke"]),
        ("veröffentlcht", ["veröffentlicht"]),
        ("yayınlnadı", ["yayınlandı"]),
        ("elecitno", ["election"]),
        ("snoir", []),  # two edits away, and only five letters
        ("tirst", ["first"]),
    ],
)
def test_words_of_other_languages_and_names_are_left_alone_and_letters_kept(
    letters: Engine, typed: str, meant: list[str]
) -> None:
    with over(letters, NOW).pinned() as archive:
        assert [text for text, _ in corrected(archive, typed)] == meant


def test_the_likeliest_is_offered_first_though_another_finds_more() -> None:
    documents = [Document(f"b{number}", "Billion", "A billion was paid.") for number in range(90)]
    engine = fill(open_engine("memory:"), *documents, Document("c", "Bitcoin", "A bitcoin was paid."))
    with over(engine, NOW).pinned() as archive:
        assert corrected(archive, "bitcion") == [("bitcoin", 1)]


def test_precision_and_recall_of_corrections_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"whoosh:{tmp_path / 'index'}"
    fill(open_engine(url), *_letters())
    queries = tmp_path / "queries.txt"
    queries.write_text(
        "# a comment\nelecitno\telection\ntirst\tthirst\nfrist\tfirst\nTürkiye\nfierst\n", encoding="utf-8"
    )
    spelling.main([url, str(queries)])
    assert capsys.readouterr().out.splitlines() == [
        "tirst: first; meant: thirst",
        "fierst: first; meant: that",
        "misspelt 3: right 2, other 1",
        "correct 2: corrected 1",
        "precision 50.0%, recall 66.7%",
    ]
