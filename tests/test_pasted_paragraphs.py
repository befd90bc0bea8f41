"""A paragraph that is pasted into the endpoint finds the article that it is from, and what is related to it."""

from __future__ import annotations

import json
import urllib.request
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from archives import fill
from real_server import app_served

from index.article import Article, read_source
from index.document import to_document
from index.sources import find_sources
from search.assist.draft_language import language_of
from search.document import Document
from search.engines import open_engine
from search.settings import Settings
from webui import create_app

PARAGRAPH = (
    "The Lachin corridor was closed again on Monday.\nObservers counted the lorries,\tand the minister spoke in Ottawa."
)

PATIENT = Settings(deadline_seconds=60.0)
"""A busy machine must not cut an answer short."""


def pasted(address: str, body: bytes) -> Any:
    request = urllib.request.Request(f"{address}/api/v1/related", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def found(answer: Any) -> list[str]:
    return [row["hit"]["id"] for row in answer["hits"]]


@pytest.mark.parametrize("published", [None, date(1987, 3, 2)])
def test_a_paragraph_with_line_breaks_finds_its_article_whether_it_has_a_date_or_not(published: date | None) -> None:
    others = [
        Document("lorries", "Lorries in Lachin", "Observers of the corridor wait.", language="en", published=published),
        Document("weather", "Weather", "It rained on Monday.", language="en", published=published),
    ]
    own = Document("own", "Closed", f"{PARAGRAPH}\n\nMore follows.", language="en", published=published)
    with app_served(create_app(PATIENT, fill(open_engine("memory:"), own, *others))) as address:
        answer = pasted(address, b'{"text": "' + PARAGRAPH.encode() + b'"}')
    assert found(answer) == ["own", "lorries"]
    assert answer["warnings"] == []


@pytest.mark.shared
def test_paragraphs_of_a_real_archive_find_their_articles(shared: Path, tmp_path: Path) -> None:
    """As they are, and reworded: with every third word left out."""
    [source] = find_sources(shared / "corpora" / "articles" / "reuters21578.jsonl.gz")
    read = islice((item for item in read_source(source) if isinstance(item, Article)), 2000)
    documents = [to_document(article, language="en", time_zone="UTC") for article in read]
    long = [(d.id, part) for d in documents[::20] for part in d.body.split("\n\n")[:1] if len(part) > 200]
    with app_served(create_app(PATIENT, fill(open_engine(f"whoosh:{tmp_path / 'archive'}"), *documents))) as address:
        exact = [(name, found(pasted(address, json.dumps({"text": part}).encode()))) for name, part in long]
        words = [(name, [word for n, word in enumerate(part.split()) if n % 3]) for name, part in long]
        reworded = [(n, found(pasted(address, json.dumps({"text": " ".join(part)}).encode()))) for n, part in words]
    assert len(long) > 20
    assert sum(name in ids[:3] for name, ids in exact) >= 0.9 * len(long)
    assert sum(name in ids[:3] for name, ids in reworded) >= 0.8 * len(long)
    assert all(len(ids) > 3 for _, ids in exact)  # and related ones after it


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The minister and the lorries of Lachin", "en"),
        ("Die Brücke ist seit gestern nicht mehr offen", "de"),
        ("Le ministre est arrivé dans la ville avec des camions", "fr"),
        ("Bakan dün akşam için bir köprü ve yol açtı", "tr"),
        ("Министр сказал, что это не так", "ru"),
        ("橋は昨日から閉鎖されています。", "ja"),
        ("大桥昨日关闭。Lachin", "zh-TW"),
        ("다리는 어제부터 닫혀 있다", "ko"),
        ("पुल कल से बंद है", "hi"),
        ("Lachin Karabakh", "en"),
        ("La Paz", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_draft_is_told_by_its_words(text: str, language: str) -> None:
    archive = ("en", "de", "fr", "tr", "ru", "ja", "zh-TW", "zh", "ko")
    assert language_of(text, archive, "en") == language


def test_only_languages_of_the_archive_are_considered() -> None:
    assert language_of("Die Brücke ist seit gestern nicht mehr offen", ("en", "fr"), "en") == "en"
    assert language_of("Die Brücke ist seit gestern nicht mehr offen", (), "") == ""
