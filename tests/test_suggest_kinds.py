"""Completions by kind: how many of each, in which order, and where each leads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import unquote, urlsplit

import pytest
from archives import NOW, fill, over
from asking import read_back
from counting import CountingEngine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document, Heading
from search.engines import open_engine
from search.pinned_archive import PinnedArchive
from search.request.urls import Addresses, article_id
from search.results.response import Completion

KINDS = ("word", "section", "article", "heading")
_WORDS = ("bridge", "bridal", "brief", "bright", "brick", "broken", "brine", "bravery", "brass", "brother")


def _documents() -> Iterator[Document]:
    for number, word in enumerate(_WORDS):
        body = f"Opening\n\nBr {word} heading {number}\n\nThe {word} of the town, and the harbour bridge."
        heading = f"Br {word} heading {number}"
        yield Document(
            f"a/{number} ?", f"The {word} of Bristol {number}", body, "", (Heading(heading, 2, body.index(heading)),),
            sections=(f"Britain > {word.title()}",), language="en",
        )  # fmt: skip
    yield Document("de", "Brücken", "Die Brücke über den Fluss und die Brücken.", sections=("Brücken",), language="de")
    yield Document("zh", "東京都の橋", "東京都の橋は長い。", language="ja")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PinnedArchive]:
    url = "memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index")
    with over(fill(open_engine(url), *_documents()), NOW).pinned() as pinned:
        yield pinned


def kinds(found: tuple[Completion, ...]) -> list[str]:
    return [row.kind for row in found]


@pytest.mark.parametrize(
    ("limit", "shares"),
    [(8, {"word": 3, "section": 2, "heading": 2, "article": 1}), (16, {"word": 6, "section": 4, "heading": 4}),
     (4, {"word": 1, "section": 1, "heading": 1, "article": 1}), (1, {"word": 1})],
)  # fmt: skip
def test_each_kind_has_its_share(archive: PinnedArchive, limit: int, shares: dict[str, int]) -> None:
    found = archive.suggest("br", limit=limit)
    for kind, most in shares.items():
        assert kinds(found).count(kind) <= most
    assert len(found) == limit
    assert kinds(found)[0] == "word"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.sampled_from(("b", "br", "bri", "bridg", "the br", "harbour b", "bristol", "brit", "bru", "東", "heading 1")),
       st.integers(1, 50))  # fmt: skip
def test_kinds_come_in_one_order_and_texts_only_once(archive: PinnedArchive, typed: str, limit: int) -> None:
    found = archive.suggest(typed, limit=limit)
    assert len(found) <= limit
    order = [kind for kind, _ in groupby(kinds(found))]
    assert order == sorted(order, key=KINDS.index)
    assert len({(row.count is None, row.text.casefold()) for row in found}) == len(found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text('brig htéu東"-:', max_size=9), st.sampled_from(("UTC", "Asia/Baku")))
def test_every_completion_leads_to_what_it_says(archive: PinnedArchive, typed: str, zone: str) -> None:
    addresses = Addresses("html", "/site", zone)
    for row in archive.suggest(typed, addresses, 20):
        if row.kind in ("article", "heading"):
            assert row.count is None
            path = unquote(urlsplit(row.url).path).removeprefix("/site/article/")
            document = archive.article(article_id(path)).document
            titles = [document.title] if row.kind == "article" else [heading.text for heading in document.headings]
            assert row.text in titles
        else:
            request = read_back(row.url, addresses)
            assert archive.search(request).total == row.count
            if row.kind == "section":
                assert request.filters("section").include == (row.text,)
            else:
                assert request.q == row.text


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("brid", "word", "bridge"),
        ("BRID", "word", "bridge"),
        ("harbour brid", "word", "harbour bridge"),
        ("  harbour brid", "word", "harbour bridge"),
        ("brück", "word", "brucke"),
        ("bruck", "article", "Brücken"),
        ("britain bridg", "section", "Britain > Bridge"),
        ("brass of bris", "article", "The brass of Bristol 8"),
        ("br brass head", "heading", "Br brass heading 8"),
        ("東京", "article", "東京都の橋"),
        ("東", "article", "東京都の橋"),
    ],
)
def test_what_is_typed_is_completed(archive: PinnedArchive, typed: str, kind: str, text: str) -> None:
    assert (kind, text) in [(row.kind, row.text) for row in archive.suggest(typed, limit=20)]


@pytest.mark.parametrize("typed", ["brid)", 'harbour "', "brid -", "..."])
def test_a_word_that_is_closed_is_not_completed(archive: PinnedArchive, typed: str) -> None:
    assert "word" not in kinds(archive.suggest(typed))


@pytest.mark.parametrize("language", ["de", "en"])
def test_stop_words_are_those_of_the_archives_language(language: str) -> None:
    engine = fill(open_engine("memory:"), *(Document(str(n), "die diebe", language="de") for n in range(3)))
    with over(engine, NOW, language=language).pinned() as archive:
        words = {row.text for row in archive.suggest("die", limit=50) if row.kind == "word"}
    assert "diebe" in words
    assert ("die" in words) is (language == "en")


def test_completing_a_word_takes_few_trips_whatever_is_typed() -> None:
    counting = CountingEngine(fill(open_engine("memory:"), *_documents()))
    with over(counting, NOW).pinned() as archive:
        for typed in ("bri", "harbour bri", "the harbour of the bri"):
            counting.searches.clear()
            counting.trips.clear()
            archive.suggest(typed, limit=50)
            assert len(counting.searches) <= 2
            assert len(counting.trips) <= 3
            assert sum(len(plans) for plans, _ in counting.trips) <= 24


def test_an_archive_without_words_completes_nothing() -> None:
    with over(fill(open_engine("memory:"), Document("a", "")), NOW).pinned() as archive:
        assert archive.suggest("a") == ()
