"""Documents on their way between processes: what comes out is what went in."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from index.batches import Batches
from index.preparing import Prepared
from search.document import Document, Heading
from search.engines import open_engine
from search.packed import Packed, characters, unpacked

T = TypeVar("T")
FULL = Document(
    "a", "Zürich \ud800", "The body", "In short", (Heading("Part", 2, 4, "part"),), "https://a.example/",
    ("News > City",), ("Ada",), ("press",), datetime(2020, 5, 1, 12, tzinfo=UTC), date(2020, 5, 2), "en-GB", "review",
    "a.jsonl", "<p>x</p>", 2**63, date(1999, 1, 1),
)  # fmt: skip


def sent(value: T) -> T:
    """The value as another process gets it."""
    received: T = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return received


@pytest.mark.parametrize("document", [FULL, Document("b", "Bare")], ids=["full", "bare"])
def test_a_document_is_the_same_after_it_was_packed(document: Document) -> None:
    packed = sent(Packed.of(document))
    assert unpacked(packed) == document == unpacked(document)
    assert packed.document().content_hash() == document.content_hash()
    assert (packed.id, packed.characters) == (document.id, characters(document))


def test_what_was_prepared_is_the_same_in_another_process_and_has_no_article_if_it_failed() -> None:
    article = Prepared("a.jsonl:1", id="a", day=date(2020, 1, 2), version=("1", 2), _document=Packed.of(FULL))
    assert sent(article) == article
    assert article.document() == FULL
    assert article.called("z").document().id == "z"
    with pytest.raises(ValueError, match="no article at b: it is empty"):
        Prepared("b", "it is empty").document()


@pytest.mark.parametrize("url", ["memory:", "whoosh:{folder}/index"])
def test_packed_articles_are_indexed_like_others_whatever_the_engine(url: str, tmp_path: Path) -> None:
    engine = open_engine(url.format(folder=tmp_path))
    batches = Batches(engine)
    batches.add(Packed.of(FULL))
    batches.add(Document("b", "Bare"))
    batches.commit()
    with engine.searcher() as searcher:
        assert searcher.document("a") == open_in_memory(FULL)
        assert searcher.document("b") is not None


def open_in_memory(document: Document) -> Document | None:
    """The document as an engine gives it back that was given it unpacked."""
    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(document)
    with engine.searcher() as searcher:
        return searcher.document(document.id)
