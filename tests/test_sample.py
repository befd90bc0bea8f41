"""The packaged sample archive is what the tutorial and the demo promise: read here through the real sources."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime
from itertools import combinations
from pathlib import Path

import pytest

import index
from index.article import Article, read_source
from index.fingerprint import fingerprint
from index.sources import find_sources
from search.engines.grouping import near_copies

SAMPLE = Path(index.__file__).parent / "sample"
INPUTS = (SAMPLE / "articles.jsonl", SAMPLE / "pages", SAMPLE / "captures")

CHROME = (
    "Sign in", "Lost your password", "Welcome Back", "You Might Also Like", "You might also like", "Min Read",
    "min read",
    "Privacy Policy", "Terms of use", "Lantern by e-mail", "Subscribe", "Most read", "Meistgelesen", "Abonnieren",
    "À lire aussi", "S’abonner", "Abone ol", "cookie", "Font Resizer", "Follow US", "All rights", "© The Lantern",
    "Copy link", "New articles", "Useful links", "editor@lantern.example", "Lamp Lane",
)  # fmt: skip


def _articles(*paths: Path) -> list[Article]:
    found: list[Article] = []
    for source in find_sources(paths):
        for item in read_source(source):
            assert isinstance(item, Article), f"{source.name}: {item}"
            found.append(item)
    return found


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return _articles(*INPUTS)


def _day(article: Article) -> date | None:
    moment = article.published
    return moment.date() if isinstance(moment, datetime) else moment


def test_every_format_of_the_sample_is_there() -> None:
    assert [len(_articles(path)) for path in INPUTS] == [41, 9, 5]


def test_every_line_is_described_by_its_body_format() -> None:
    lines = [json.loads(line) for line in INPUTS[0].read_text("utf-8").splitlines()]
    formats = Counter(line["body_format"] for line in lines)
    assert set(formats) == {"text", "markdown", "html"}
    assert min(formats.values()) >= 10


def test_every_article_has_title_summary_author_address_and_headings(articles: list[Article]) -> None:
    for article in articles:
        assert article.title, article.origin
        assert article.summary, article.origin
        assert article.authors, article.origin
        # A capture is text alone: it keeps no address and no tags.
        assert article.origin.endswith(".txt") or (article.url or "").startswith("https://lantern.example/"), (
            article.origin
        )
        assert 2 <= len(article.headings) <= 7, (article.origin, article.headings)
        assert not article.warnings, article.origin


def test_headings_stand_where_they_say(articles: list[Article]) -> None:
    for article in articles:
        for heading in article.headings:
            assert article.body.startswith(heading.text, heading.offset), (article.origin, heading)


def test_six_languages_and_four_of_them_well_represented(articles: list[Article]) -> None:
    languages = Counter(article.language for article in articles)
    assert set(languages) - {""} == {"en", "de", "fr", "tr", "az", "ja"}
    assert all(languages[code] >= 3 for code in ("de", "fr", "tr"))
    # Captures say nothing of their language: the archive's own is assumed when they are indexed.
    assert {article.origin.endswith(".txt") for article in articles if not article.language} <= {True}


def test_sections_have_sub_sections(articles: list[Article]) -> None:
    sections = {section for article in articles for section in article.sections}
    below = Counter(section.partition(" > ")[0] for section in sections if " > " in section)
    assert below["History"] >= 4
    assert below["Science"] >= 3
    assert below["Places"] >= 4
    assert "Opinion" in sections
    assert any(len(article.sections) > 1 for article in articles)


def test_dates_run_over_five_decades_and_two_articles_have_none(articles: list[Article]) -> None:
    days = [day for article in articles if (day := _day(article))]
    assert len(articles) - len(days) == 2
    assert {day.year // 10 * 10 for day in days} == {1970, 1980, 1990, 2000, 2010, 2020}
    assert (min(days).year, max(days).year) == (1978, 2025)
    assert sum(article.modified is not None for article in articles if article.origin.count(".jsonl")) >= 4


def test_addresses_and_ids_are_unique(articles: list[Article]) -> None:
    addresses = [article.url for article in articles if article.url]
    assert len(set(addresses)) == len(addresses) == 50
    ids = [article.id for article in articles if article.id]
    assert len(set(ids)) == len(ids)


def test_only_the_reprint_is_a_near_copy(articles: list[Article]) -> None:
    prints = {article.id or article.origin: fingerprint(article.body) for article in articles}
    close = {
        frozenset(name.rpartition("/")[2] for name in pair)
        for pair in combinations(prints, 2)
        if near_copies(prints[pair[0]], prints[pair[1]])
    }
    assert close == {frozenset({"louvain-library-twice-burned", "the-twice-burned-library"})}


def test_names_keep_their_own_spelling(articles: list[Article]) -> None:
    everything = "\n".join(f"{article.title}\n{article.body}\n{article.authors}" for article in articles)
    for name in ("Qarabağ", "Karabakh", "Gəncə", "Reykjavík", "Münster", "Muenster", "Çelebi", "Brontë", "Čajkovskij",
                 "Guðbrandur", "Şuşa", "Jürgen Haßler", "Nərmin Quluzadə", "新聞", "U.S.", "COP29"):  # fmt: skip
        assert name in everything, name


def test_one_article_is_long(articles: list[Article]) -> None:
    longest = max(articles, key=lambda article: len(article.body.split()))
    assert len(longest.body.split()) >= 850
    assert len(longest.headings) >= 6


def test_no_chrome_of_a_page_is_left_in_an_article(articles: list[Article]) -> None:
    for article in articles:
        searchable = "\n".join([article.title, article.summary, article.body, *article.authors, *article.sections])
        for text in CHROME + _wall_headlines():
            assert text not in searchable, (article.origin, text)
        assert not re.search(r"\b\d+ [Vv]iews\b|\b[0-9a-f]{32}\b", searchable), article.origin


def _wall_headlines() -> tuple[str, ...]:
    """The headlines of other articles that stand around the pages, as the pages themselves mark them."""
    pages = "\n".join(path.read_text("utf-8") for path in sorted((SAMPLE / "pages").glob("*.html")))
    found = tuple(sorted(set(re.findall(r"<h3>(.+?)</h3>", pages))))
    assert len(found) >= 8
    return found
