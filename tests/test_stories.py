"""One of a story only: translations and near-copies stand behind one article, and other articles fill the list."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from archives import fill, over
from counting import CountingEngine
from hypothesis import given
from hypothesis import strategies as st

from index.indexer import Indexer
from index.sources import find_sources
from search.assist.stories import MAX_READ
from search.assist.subject import Subject
from search.assist.translations import are_alike, marks_of, numbers_in
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.pinned_archive import PinnedArchive
from search.request.urls import Addresses
from search.results.related_response import OtherVersion, RelatedResponse
from search.settings import Settings
from webui import create_app

NOW = datetime(2025, 1, 1, tzinfo=UTC)
DAY = date(2024, 7, 3)
LINKS = Addresses()


def _dam(language: str, number: int, day: date) -> Document:
    """A report of one day in one language: the reports of different days have different numbers, names and links."""
    name = ("Kariba", "Assuan", "Itaipu", "Hoover")[number % 4]
    text = {
        "en": f"The dam of {name} released {number}1,500 tonnes of water, engineer Moyo said in Lusaka in {number}12.",
        "fr": f"Le barrage de {name} a libéré {number}1 500 tonnes d’eau, dit l’ingénieur Moyo à Lusaka, {number}12.",
        "ja": f"{name}ダムは{number}1,500トンの水を放流したと、技師Moyoは{number}12年にLusakaで語った。",
        "de": f"Der Damm von {name} ließ {number}1.500 Tonnen Wasser ab, sagte Ingenieur Moyo in Lusaka {number}12.",
    }[language]
    links = f'<a href="https://dam.example/{number}">x</a><a href="https://dam.example/level/{number}">x</a>'
    return Document(
        f"{language}{number}", f"{name} {number}", text, published=day, language=language, html=f"{links}<p>{text}</p>"
    )


def _others(count: int) -> Iterator[Document]:
    """Articles of one day and language about something else."""
    for number in range(count):
        yield Document(f"sport{number}", f"Race {number}", "Runners ran.", published=DAY, language="en")


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Four reports in four languages each, and others."""
    engine = open_engine("memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index"))
    reports = (_dam(tag, number, date(2024, 7, number)) for number in range(1, 5) for tag in ("en", "fr", "ja", "de"))
    return fill(engine, *reports, *_others(30))


@pytest.fixture
def archive(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine, NOW).pinned() as pinned:
        yield pinned


def ids(found: RelatedResponse) -> list[str]:
    return [row.hit.id for row in found.hits]


def versions(found: tuple[OtherVersion, ...]) -> set[tuple[str, bool]]:
    return {(version.id, version.translation) for version in found}


def test_the_translations_of_an_article_are_named_and_not_listed(archive: PinnedArchive) -> None:
    found = archive.related(Subject(id="en4"), LINKS, limit=3)
    assert versions(found.also_in) == {("de4", True), ("fr4", True), ("ja4", True)}
    assert [version.language for version in found.also_in] == ["de", "fr", "ja"]
    assert sorted(ids(found)) == ["en1", "en2", "en3"]


def test_each_story_is_listed_once_in_the_language_of_the_page(archive: PinnedArchive) -> None:
    for language in ("en", "fr", "de"):
        found = archive.related(Subject(id=f"{language}4"), LINKS, limit=10)
        reports = [row for row in found.hits if not row.hit.id.startswith("sport")]
        assert sorted(row.hit.id for row in reports) == [f"{language}{number}" for number in (1, 2, 3)]
        for row in reports:
            others = {f"{tag}{row.hit.id[2:]}" for tag in ("en", "fr", "ja", "de")} - {row.hit.id}
            assert versions(row.also_in) == {(name, True) for name in others}


def test_other_articles_take_the_places_of_versions() -> None:
    engine = open_engine("memory:")
    reports = [_dam(tag, number, date(2024, 7, number)) for number in range(1, 4) for tag in ("en", "fr", "ja", "de")]
    copies = [replace(_dam("en", 3, date(2024, 7, 3)), id=f"copy{number}", fingerprint=7) for number in range(60)]
    with over(fill(engine, *reports, *copies), NOW).pinned() as archive:
        found = archive.related(Subject(title="Moyo in Lusaka: Kariba, Hoover, Itaipu, Assuan dam"), LINKS, limit=4)
    assert len(found.hits) == 4
    (copied,) = [row for row in found.hits if row.hit.id.startswith("copy")]
    assert sum(not version.translation for version in copied.also_in) == 59


def test_more_hits_are_read_only_where_the_first_tell_too_few_stories(engine: Engine) -> None:
    def depths(archive: Engine, limit: int) -> list[int]:
        counted = CountingEngine(archive)
        with over(counted, NOW).pinned() as pinned:
            pinned.related(Subject(id="en1"), LINKS, mode="same-days", limit=limit)
        return [plan.limit for plan in counted.searches if plan.matched]

    assert depths(engine, 2) == [51]
    copies = [replace(_dam("en", 2, date(2024, 7, 2)), id=f"copy{number}", fingerprint=7) for number in range(60)]
    assert depths(fill(open_engine("memory:"), _dam("en", 1, date(2024, 7, 1)), *copies), 2) == [51, 201]


def test_only_other_languages_are_looked_through_for_translations(engine: Engine) -> None:
    counted = CountingEngine(engine)
    with over(counted, NOW).pinned() as archive:
        archive.related(Subject(id="en4"), LINKS)
    (plan,) = [plan for plan in counted.searches if not plan.matched]
    assert {hit.head.language for hit in engine.searcher().search(plan).hits if hit.head} == {"fr", "de", "ja"}
    alone = CountingEngine(fill(open_engine("memory:"), *(_dam("en", number, DAY) for number in range(1, 4))))
    with over(alone, NOW).pinned() as archive:
        archive.related(Subject(id="en1"), LINKS)
    assert all(plan.matched for plan in alone.searches)


def test_a_translation_that_shares_no_searched_word_is_found_by_its_day() -> None:
    body = "Кариба: 41500, 412, 7788. https://dam.example"
    marks = '<a href="https://dam.example/4"></a><a href="https://dam.example/level/4"></a>'
    far = Document("ru4", "Плотина", body, published=date(2024, 7, 4), language="ru", html=marks)
    own = replace(_dam("en", 4, date(2024, 7, 4)), body="Water of the dam: 41,500 in 412, said 7788.")
    engine = fill(open_engine("memory:"), own, far, _dam("en", 1, date(2024, 7, 1)))
    with over(engine, NOW).pinned() as archive:
        found = archive.related(Subject(id="en4"), LINKS)
    assert versions(found.also_in) == {("ru4", True)}


@pytest.mark.parametrize(
    "change",
    [
        {"published": date(2024, 7, 5)},
        {"published": None},
        {"language": "en"},
        {"language": ""},
        {"title": "Kariba 5"},
        {"body": "Moyo spoke in Lusaka of 77 and 88 and 99.", "html": ""},
        {"body": "Kariba 41,500 412 Moyo Lusaka " + "une autre histoire " * 200},
    ],
)
def test_what_differs_in_day_title_numbers_or_marks_is_another_story(change: dict[str, object]) -> None:
    own, other = _dam("en", 4, date(2024, 7, 4)), _dam("fr", 4, date(2024, 7, 4))
    with over(fill(open_engine("memory:"), own, other), NOW).pinned() as archive:
        assert versions(archive.related(Subject(id="en4"), LINKS, mode="same-days").also_in) == {("fr4", True)}
    changed = replace(other, **change)  # type: ignore[arg-type]
    with over(fill(open_engine("memory:"), own, changed), NOW).pinned() as archive:
        assert archive.related(Subject(id="en4"), LINKS, mode="same-days").also_in == ()


def test_texts_are_read_for_few_articles() -> None:
    own, copy = _dam("en", 4, date(2024, 7, 4)), _dam("fr", 4, date(2024, 7, 4))
    crowd = [replace(copy, id=f"fr{n}", body=f"Moyo {n}99 dit {n}88.", html="") for n in range(150)]
    engine = CountingEngine(fill(open_engine("memory:"), own, *crowd))
    with over(engine, NOW).pinned() as archive:
        archive.related(Subject(id="en4"), LINKS, limit=10)
    assert MAX_READ // 2 < engine.read <= MAX_READ + 11


def test_the_article_page_asks_once_for_all_its_related_articles(engine: Engine) -> None:
    counted = CountingEngine(engine)
    page = create_app(Settings(), counted).test_client().get("/article/en2").text
    texts = [plan for plan in counted.searches if plan.matched]
    assert len(texts) == 2  # background and follow-ups
    assert counted.weighed == 1
    assert page.count("Also in") == 4  # the article, one before it, two after
    assert 'hreflang="ja">Japanese<span class="unseen">: <bdi lang="ja">Itaipu 2</bdi></span></a>' in page


def test_the_page_says_which_related_articles_are_in_another_language() -> None:
    engine = fill(open_engine("memory:"), _dam("en", 2, date(2024, 7, 2)), _dam("fr", 1, date(2024, 7, 1)))
    client = create_app(Settings(), engine).test_client()
    byline = client.get("/article/en2").text.split('<aside class="related"')[1].split("</aside>")[0]
    assert "French" in byline
    assert "English" not in byline


def test_near_copies_are_shown_by_their_dates() -> None:
    own = replace(_dam("en", 2, date(2024, 7, 2)), fingerprint=7)
    engine = fill(open_engine("memory:"), own, replace(own, id="copy", fingerprint=5, published=date(2024, 7, 1)))
    page = create_app(Settings(), engine).test_client().get("/article/en2").text
    assert "Nearly the same text: <a" in page
    assert 'href="/article/copy"' in page


# Marks


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234.5 and 7", {"12345", "7"}),
        ("1.234,5", {"12345"}),
        ("２０２４年", {"2024"}),
        ("v3.4.0!", {"340"}),
        ("", set()),
    ],
)
def test_numbers_are_read_without_their_separators(text: str, numbers: set[str]) -> None:
    assert numbers_in(text) == numbers


@given(st.text(max_size=300), st.text(max_size=300))
def test_marks_are_read_from_any_text_and_compared_both_ways(one: str, other: str) -> None:
    first, second = marks_of(Document("a", one, other, html=other)), marks_of(Document("b", other, one, html=one))
    assert are_alike(first, second) is are_alike(second, first)


@pytest.mark.shared
def test_of_a_newsletter_in_eight_languages_each_issue_is_shown_once(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "newsletters.jsonl"
    with gzip.open(shared / "corpora" / "articles" / "bitcoinops.jsonl.gz", "rt", encoding="utf-8") as lines:
        source.write_text("".join(line for line in lines if "/newsletters/2022-0" in line), encoding="utf-8")
    engine = open_engine(f"whoosh:{tmp_path / 'index'}")
    Indexer(engine).run(find_sources([source]))
    with over(engine, NOW).pinned() as archive:
        found = archive.related(Subject(id="bitcoinops/en/newsletters/2022-07-27-newsletter.md"), LINKS, limit=4)
    assert {version.language for version in found.also_in} == {"de", "hi", "ja", "zh"}
    shown = [row.hit.published for row in found.hits]
    assert len(set(shown)) == len(shown) == 4
    assert "2022-07-27" not in shown
    assert {row.hit.language for row in found.hits} == {"en"}
    assert all({version.language for version in row.also_in} >= {"ja", "zh"} for row in found.hits)
