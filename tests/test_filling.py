"""All words first, then most of them: when a list is filled up, with what, and that everything agrees on it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from archives import fill, over
from asking import read_back
from click.testing import CliRunner
from counting import CountingEngine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.pinned_archive import PinnedArchive
from search.request.filling import ENOUGH
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.results.filled import border_in_words, in_words
from search.results.response import Filled, SearchResponse

API = Addresses("api")


def _documents() -> Iterator[Document]:
    """Articles with every choice of the words alpha, beta, gamma and delta: some choices once, some often."""
    words = ("alpha", "beta", "gamma", "delta")
    for number in range(48):
        held = [word for bit, word in enumerate(words) if number & 1 << bit]
        yield Document(
            f"{number:02}",
            " ".join(held[:1]),
            " ".join([*held, "water"] * (1 + number % 3))
            + (" old stone bridge" if number % 5 == 0 else "")
            + ("。日本銀行は金利を上げる。" if number % 7 == 3 else " 銀行の金利" if number % 7 == 5 else ""),
            tags=("even",) if number % 2 == 0 else ("odd", "third") if number % 3 == 0 else (),
            sections=("News",) if number % 4 else ("Opinion",),
            published=None if number == 7 else date(2020 + number % 4, 1 + number % 12, 1),
            language="en",
        )


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index")
    return fill(open_engine(url), *_documents())


@pytest.fixture(scope="module")
def archive(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine).pinned() as pinned:
        yield pinned


def ask(archive: PinnedArchive, q: str, **more: object) -> SearchResponse:
    return archive.search(SearchRequest(q=q, **more), API)  # type: ignore[arg-type]


def ids(answer: SearchResponse) -> list[str]:
    return [hit.id for hit in answer.hits]


def test_a_list_is_filled_up_where_few_articles_have_all_words(archive: PinnedArchive) -> None:
    strict = ask(archive, "alpha beta gamma delta", operator="and", per_page=100)
    assert 0 < strict.total < ENOUGH
    found = ask(archive, "alpha beta gamma delta", per_page=100)
    assert found.filled == Filled(words=4, all_words=strict.total, least=2)
    assert ids(found)[: strict.total] == ids(strict)
    assert [hit.all_words for hit in found.hits] == [place < strict.total for place in range(found.total)]
    held = [
        sum(word in hit.title + hit.snippets[0].text for word in ("alpha", "beta", "gamma", "delta"))
        for hit in found.hits
    ]
    assert min(held) == 2
    assert found.total == len(found.hits)


def test_a_list_is_left_alone_where_enough_articles_have_all_words(archive: PinnedArchive) -> None:
    for text in ("alpha beta", "alpha", "alpha water", ""):
        found, strict = ask(archive, text), ask(archive, text, operator="and")
        assert found.total == strict.total >= ENOUGH
        assert found.filled is None
        assert ids(found) == ids(strict)


def test_of_two_words_one_fills_up(archive: PinnedArchive) -> None:
    found = ask(archive, "alpha zebra", per_page=100)
    assert found.filled == Filled(words=2, all_words=0, least=1)
    assert found.total == ask(archive, "alpha").total
    assert in_words(found.filled) == "none with both words; these have one of them"


def test_one_word_and_stop_words_fill_nothing_up(archive: PinnedArchive) -> None:
    for text in ("zebra", "the zebra", "zebra?", "the of and", "?", "the ? of"):
        assert ask(archive, text).filled is None, text


def test_everything_but_bare_words_stays_required(archive: PinnedArchive) -> None:
    for required in (
        '"stone bridge"',
        "=stone",
        "body:stone",
        "tag:odd",
        "-stone",
        "ston*",
        "(stone OR brick)",
        "section:Opinion",
    ):
        alone = set(ids(ask(archive, required, operator="and", per_page=100)))
        found = ask(archive, f"alpha beta gamma delta {required}", per_page=100)
        assert found.filled is not None, required
        assert found.filled.words == 4
        assert set(ids(found)) <= alone, required
        assert found.total > found.filled.all_words
    for strict in ("alpha AND zebra", "(alpha beta zebra)", "alpha zebra OR beta zebra", "title:alpha title:zebra"):
        assert ask(archive, strict).total == 0, strict


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
def test_articles_with_all_words_come_first_in_every_order(archive: PinnedArchive, sort: str) -> None:
    found = ask(archive, "alpha beta gamma delta", per_page=100, sort=sort)
    marks = [hit.all_words for hit in found.hits]
    assert marks == sorted(marks, reverse=True)
    strict = ask(archive, "alpha beta gamma delta", per_page=100, sort=sort, operator="and")
    assert ids(found)[: strict.total] == ids(strict)


WORDS = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "water",
    "zebra",
    "the",
    '"stone bridge"',
    "-stone",
    "tag:odd",
    "stone*",
    "日本銀行は金利をいつ上げるか",
    "日本銀行",
)
queries = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True).map(" ".join)
filters = st.sampled_from(
    (
        {"keywords": (("tag", Filters(("even",))),)},
        {"keywords": (("section", Filters((), ("News",))),)},
        {"periods": ("2021",)},
        {"start": date(2021, 6, 1)},
        {"keywords": (("tag", Filters(("even", "_missing"))),), "end": date(2022, 1, 1)},
    )
)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@relaxed
@given(text=queries, narrowing=filters, sort=st.sampled_from((None, "newest")))
def test_a_filter_never_makes_a_list_longer(
    archive: PinnedArchive, text: str, narrowing: dict, sort: str | None
) -> None:
    whole = ask(archive, text, per_page=100, sort=sort)
    kept = ask(archive, text, per_page=100, sort=sort, **narrowing)
    assert set(ids(kept)) <= set(ids(whole))
    marks = {hit.id: hit.all_words for hit in whole.hits}
    assert all(hit.all_words is marks[hit.id] for hit in kept.hits)


@relaxed
@given(
    text=queries,
    narrowing=st.just({}) | filters,
    size=st.integers(1, 7),
    sort=st.sampled_from((None, "newest", "oldest")),
)
def test_pages_and_cursors_make_up_one_list(
    archive: PinnedArchive, text: str, narrowing: dict, size: int, sort: str | None
) -> None:
    asked = SearchRequest(q=text, per_page=size, sort=sort, **narrowing)  # type: ignore[arg-type]
    whole = archive.search(replace(asked, per_page=100), API)
    for request in (asked, replace(asked, cursor="*")):
        found: list[str] = []
        while True:
            answer = archive.search(request, API)
            assert (answer.total, answer.filled) == (whole.total, whole.filled)
            found += ids(answer)
            if answer.links.next is None:
                break
            request = read_back(answer.links.next, API)
        assert found == ids(whole)


@relaxed
@given(text=queries, narrowing=st.just({}) | filters)
def test_every_count_is_the_total_of_the_search_it_leads_to(archive: PinnedArchive, text: str, narrowing: dict) -> None:
    answer = ask(archive, text, **narrowing)
    links = [(value.toggle_url, value.count) for facet in answer.facets for value in facet.values if not value.selected]
    if answer.timeline and not narrowing:
        links += [(bucket.url, bucket.count) for bucket in answer.timeline.buckets]
    links += [(row.url, row.count) for row in answer.suggestions.did_you_mean]
    links += [(row.url, row.total) for row in answer.suggestions.relax]
    narrowed = {name for name, _ in dict(narrowing).get("keywords", ())}
    for url, count in links:
        request = read_back(url, API)
        if any(name in narrowed for name, _ in request.keywords) and narrowed:
            continue  # a second value of one facet is added to the first
        if request.periods and narrowing.get("periods"):
            continue
        assert archive.search(replace(request, facets=()), API).total == count, url


def test_a_correction_counts_what_a_click_on_it_finds(archive: PinnedArchive) -> None:
    for text in ("alpha gamam delta bridge", "alhpa gamma"):
        answer = ask(archive, text)
        assert answer.suggestions.did_you_mean, text
        for row in answer.suggestions.did_you_mean:
            assert archive.search(read_back(row.url, API), API).total == row.count


def test_enough_articles_with_all_words_cost_one_trip_and_few_at_most_three() -> None:
    counting = CountingEngine(fill(open_engine("memory:"), *_documents()))
    odd = (("tag", Filters(("odd",))),)
    with over(counting).pinned() as archive:
        for text, more, searches, trips in (
            ("alpha beta", {}, 1, 0),
            ("alpha", {"keywords": odd}, 1, 0),
            ("alpha zebra", {"operator": "and"}, 1, None),
            ("alpha beta gamma delta", {}, 2, 0),
            ("alpha beta gamma delta", {"keywords": odd}, 2, 1),
            ("alpha beta", {"keywords": odd, "periods": ("2021",)}, 1, 1),
        ):
            counting.searches.clear()
            counting.trips.clear()
            archive.search(SearchRequest(q=text, page=2, **more))  # type: ignore[arg-type]
            assert len(counting.searches) == searches, text
            assert trips is None or len(counting.trips) == trips, text


def test_a_long_question_is_answered_with_a_note(client: FlaskClient) -> None:
    long = " ".join(f"w{number}" for number in range(400)) + " flood river?"
    for path in ("/api/v1/search", "/search", "/search.atom", "/search.csv"):
        assert client.get(path, query_string={"q": long}).status_code == 200
    warnings = client.get("/api/v1/search", query_string={"q": long}).json["warnings"]
    assert any("256 clauses at most" in warning for warning in warnings)


def test_the_border_is_worded_by_the_number_of_words() -> None:
    assert in_words(Filled(4, 0, 2)) == "none with all 4 words; these have at least 2 of them"
    assert in_words(Filled(3, 12, 2)) == "12 with all 3 words, then those with at least 2 of the 3 words"
    assert in_words(Filled(2, 1, 1)) == "1 with both words, then those with one of the two words"
    assert border_in_words(Filled(9, 0, 2)) == "with at least 2 of the 9 words"


def test_every_rendering_shows_the_border(sample_app: Flask) -> None:
    client = sample_app.test_client()
    asked = {"q": "printing press newspapers paper", "per_page": "100"}
    answer = client.get("/api/v1/search", query_string=asked).json
    first = answer["filled"]["all_words"]
    assert 0 < first < answer["total"]
    said = f"{first} with all 4 words, then those with at least 2 of the 4 words"
    assert f": {said}" in client.get("/search", query_string=asked).text
    assert f"<subtitle>{said}.</subtitle>" in client.get("/search.atom", query_string=asked).text
    assert client.get("/search.json", query_string=asked).json["description"] == f"{said}."
    rows = list(csv.DictReader(io.StringIO(client.get("/search.csv", query_string=asked).text)))
    assert [row["all_words"] for row in rows] == ["true"] * first + ["false"] * (answer["total"] - first)
    explained = client.get("/api/v1/search", query_string={**asked, "explain": "true"}).json["hits"]
    assert ["does not have all words, so it stands behind" in hit["explanation"]["summary"] for hit in explained] == [
        not hit["all_words"] for hit in explained
    ]


def test_the_command_prints_the_border_once(runner: CliRunner, tmp_path: Path) -> None:
    fill(open_engine(str(tmp_path / "archive")), *_documents())
    result = runner.invoke(main, ["search", "alpha beta gamma delta", "--index", str(tmp_path / "archive")])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines.count("--- with at least 2 of the 4 words ---") == 1
    assert lines[0].endswith("with all 4 words, then those with at least 2 of the 4 words")
