"""A segment file holds what plain Python computes from its articles, array for array."""

from __future__ import annotations

import gzip
import json
import math
import random
import struct
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from archives import documents
from conftest import ARTICLES
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import analyze_values
from search.analysis.bulk import LANGUAGE_END
from search.analysis.tokens import stemmed_language
from search.dates import epoch, is_floating
from search.document import Document, Heading, content_digest
from search.engines.conventions import WORD_FIELDS, keyword_values
from search.engines.disk.format import stored
from search.engines.disk.format.container import Container
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import NO_STEM, STEM_MARK, Strings, letters, text_hash, to_bytes
from search.engines.disk.format.stored import decode_article, decode_head, decode_text, deflate_article
from search.engines.disk.writing import inversion
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

Word = tuple[str, str, str]
Found = dict[Word, dict[int, list[int]]]


def expected_postings(articles: Sequence[Document]) -> tuple[dict[str, Found], dict[str, list[int]]]:
    """Positions by field, word and article; lengths by field."""
    fields: dict[str, Found] = {name: defaultdict(lambda: defaultdict(list)) for name in TEXT_FIELDS}
    lengths: dict[str, list[int]] = {name: [] for name in TEXT_FIELDS}
    for doc, article in enumerate(articles):
        language = stemmed_language(article.language)
        for name, field in TEXT_FIELDS.items():
            tokens = [token for value in analyze_values(field.values(article), article.language) for token in value]
            lengths[name].append(sum(not token.compound for token in tokens))
            for token in tokens:
                word = (token.surface, language, token.stem if language else "")
                fields[name][word][doc].append(token.position)
    return fields, lengths


def stored_words(container: Container) -> list[Word]:
    """The dictionary, word by word; what hangs together in it is checked on the way."""
    surfaces = container.array("surface.bytes").tobytes().decode("utf-8", "surrogatepass").split("\n")
    assert surfaces.pop() == ""
    assert surfaces == sorted(set(surfaces))
    starts = container.array("surface.starts")
    raw = container.array("surface.bytes")
    assert [raw[a:b].tobytes() for a, b in pairwise(starts.tolist())] == [to_bytes(f"{text}\n") for text in surfaces]
    assert container.array("surface.characters").tolist() == list(map(len, surfaces))
    assert container.array("surface.letters").tolist() == list(map(letters, surfaces))
    stems = Strings(container.array("stem.bytes"), container.array("stem.starts")).all()
    assert stems == sorted(set(stems))
    stem_of = container.array("word.stem").tolist()
    by_stem = container.array("stem.words").tolist()
    bounds = container.array("stem.word_starts").tolist()
    of_stem: dict[int, list[int]] = defaultdict(list)
    for word, stem in enumerate(stem_of):
        of_stem[stem].append(word)
    assert [by_stem[first:last] for first, last in pairwise(bounds)] == [of_stem[n] for n in range(len(stems))]
    words = []
    for surface, (first, last) in zip(surfaces, pairwise(container.array("surface.words").tolist()), strict=True):
        for stem in stem_of[first:last]:
            language, _, stemmed = ("", "", "") if stem == NO_STEM else stems[stem].partition(STEM_MARK)
            words.append((surface, language, stemmed))
    assert len(words) == len(stem_of)
    return words


def stored_postings(container: Container, name: str, words: list[Word]) -> Found:
    parts = ("words", "starts", "docs", "counts", "position_starts", "positions")
    numbers, starts, docs, counts, position_starts, positions = (
        container.array(f"{name}.{part}").tolist() for part in parts
    )
    assert numbers == sorted(set(numbers))
    assert starts[0] == position_starts[0] == 0
    assert (starts[-1], position_starts[-1]) == (len(docs), len(positions))
    assert len(counts) == len(docs)
    found: Found = {}
    for number, span, (at, end) in zip(numbers, pairwise(starts), pairwise(position_starts), strict=True):
        found[words[number]] = {}
        for posting in range(*span):
            found[words[number]][docs[posting]] = positions[at : at + counts[posting]]
            at += counts[posting]
        assert at == end
        assert docs[slice(*span)] == sorted(set(docs[slice(*span)]))
    return found


def expected_joined(articles: Sequence[Document]) -> dict[str, dict[tuple[Word, Word], dict[int, int]]]:
    """How often joined words stand where their first part does, by field, both words and article."""
    fields: dict[str, dict[tuple[Word, Word], dict[int, int]]] = {name: {} for name in TEXT_FIELDS}
    for doc, article in enumerate(articles):
        language = stemmed_language(article.language)
        for name, field in TEXT_FIELDS.items():
            tokens = [token for value in analyze_values(field.values(article), article.language) for token in value]
            for first, joined in pairwise(tokens):
                if joined.compound:
                    pair = tuple((t.surface, language, t.stem if language else "") for t in (joined, first))
                    counts = fields[name].setdefault((pair[0], pair[1]), {})
                    counts[doc] = counts.get(doc, 0) + 1
    return fields


def stored_joined(container: Container, name: str, words: list[Word]) -> dict[tuple[Word, Word], dict[int, int]]:
    parts = ("words", "firsts", "starts", "docs", "counts")
    joined, firsts, starts, docs, counts = (container.array(f"{name}.joined.{part}").tolist() for part in parts)
    pairs = [(words[number], words[first]) for number, first in zip(joined, firsts, strict=True)]
    assert pairs == sorted(set(pairs))
    spans = pairwise(starts)
    return {p: dict(zip(docs[a:b], counts[a:b], strict=True)) for p, (a, b) in zip(pairs, spans, strict=True)}


def strings(container: Container, name: str) -> list[str]:
    return Strings(container.array(f"{name}.bytes"), container.array(f"{name}.starts")).all()


def check_words(container: Container, articles: Sequence[Document]) -> None:
    expected, lengths = expected_postings(articles)
    words = stored_words(container)
    assert words == sorted({word for found in expected.values() for word in found})
    for name in TEXT_FIELDS:
        assert stored_postings(container, name, words) == expected[name], name
    assert container.array("lengths").tolist() == [length for name in TEXT_FIELDS for length in lengths[name]]
    assert {name: stored_joined(container, name, words) for name in TEXT_FIELDS} == expected_joined(articles)
    in_articles: dict[str, set[int]] = defaultdict(set)
    for name in WORD_FIELDS:
        for (surface, _, _), docs in expected[name].items():
            in_articles[surface].update(docs)
    surfaces = sorted({surface for surface, _, _ in words})
    assert container.array("surface.articles").tolist() == [len(in_articles[surface]) for surface in surfaces]


def check_columns(container: Container, articles: Sequence[Document]) -> None:
    assert container.numbers == {"articles": len(articles)}
    assert strings(container, "id") == [article.id for article in articles]
    assert strings(container, "url") == [article.url or "" for article in articles]
    order = container.array("id.order").tolist()
    assert [articles[doc].id for doc in order] == sorted(article.id for article in articles)
    check_hashes(container, "id", [article.id for article in articles])
    check_hashes(container, "url", [article.url or "" for article in articles])
    sources = strings(container, "source")
    assert sources == sorted({article.source for article in articles})
    assert [sources[number] for number in container.array("source.ordinals")] == [row.source for row in articles]
    moments = [field.value(article) for field in DATE_FIELDS.values() for article in articles]
    seconds = [math.nan if moment is None else epoch(moment) for moment in moments]
    np.testing.assert_array_equal(container.array("dates"), np.array(seconds, np.float64))
    assert container.array("floating").tolist() == [m is not None and is_floating(m) for m in moments]
    assert container.array("fingerprints").tolist() == [article.fingerprint for article in articles]
    hashes = container.array("content_hashes").tobytes()
    assert hashes == b"".join(bytes.fromhex(article.content_hash()) for article in articles)
    stored = Strings(container.array("article.bytes"), container.array("article.starts"))
    assert [decode_article(stored.raw(doc)) for doc in range(len(stored))] == list(articles)
    for name in KEYWORD_FIELDS:
        check_keywords(container, name, [keyword_values(article, name) for article in articles])


def check_hashes(container: Container, name: str, values: list[str]) -> None:
    hashes, docs = container.array(f"{name}.hashes").tolist(), container.array(f"{name}.docs").tolist()
    assert hashes == sorted(hashes)
    expected = {doc: text_hash(value) for doc, value in enumerate(values) if value or name == "id"}
    assert dict(zip(docs, hashes, strict=True)) == expected


def check_keywords(container: Container, name: str, rows: list[frozenset[str]]) -> None:
    values = strings(container, f"kw.{name}.values")
    assert values == sorted(frozenset().union(*rows))
    ordinals = container.array(f"kw.{name}.ordinals").tolist()
    spans = [ordinals[first:last] for first, last in pairwise(container.array(f"kw.{name}.starts").tolist())]
    assert spans == [sorted(map(values.index, row)) for row in rows]


def written(builder: SegmentWriter, path: Path) -> Container:
    builder.write(path)
    container = Container(path, SEGMENT)
    assert list(container.problems()) == []
    return container


def built(articles: Sequence[Document], path: Path) -> Container:
    builder = SegmentWriter()
    assert [builder.add(article) for article in articles] == list(range(len(articles)))
    assert builder.articles == len(articles)
    return written(builder, path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(documents, max_size=8), min_size=1, max_size=3))
def test_any_articles_are_stored_exactly(batches: list[list[Document]]) -> None:
    builder = SegmentWriter()  # one for all batches: what it remembers of one must not get into the next
    with TemporaryDirectory() as folder:
        for number, articles in enumerate(batches):
            for article in articles:
                builder.add(article)
            container = written(builder, Path(folder) / f"{number}.segment")
            assert builder.articles == 0
            check_words(container, articles)
            check_columns(container, articles)


def test_odd_articles_are_stored_exactly(tmp_path: Path) -> None:
    odd = (
        *ARTICLES,
        Document("lone", "\ud800 lone \udfff surrogate", "w" * 99 + "-man " + "x" * 5000, source="\udc80"),
        Document("zh", "東京都庁舎は、新宿にある。", "東京" * 3000, language="ja"),
        Document("empty", "", "", headings=(Heading("", 2, 0), Heading("-", 3, 0), Heading("a", 3, 0))),
        Document("", "no id", "1\u00a0234 and 1\u202f234,5", authors=("A B", "", "C"), sections=("", "A > B > C")),
        Document("far", "Far", modified=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))),
        Document("old", "Old", published=date(1, 1, 1), fingerprint=2**64 - 1, sections=("A > B", "A")),
        Document("naive", "Naive", published=datetime(2020, 1, 1, 12), modified=datetime(2020, 1, 1, tzinfo=UTC)),
        Document("long", " ".join(["same word"] * 40_000), "a " * 300, language="en"),
    )
    container = built(odd, tmp_path / "odd.segment")
    check_words(container, odd)
    check_columns(container, odd)
    assert container.array("title.positions").dtype == np.dtype("<u4")
    assert container.array("body.counts").dtype == np.dtype("<u2")


def real_articles(folder: Path, each: int) -> list[Document]:
    articles = []
    for path in sorted((folder / "corpora" / "articles").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, islice(lines, each)):
                text = {name: row.get(name) or "" for name in ("id", "title", "body", "summary", "url")}
                authors = tuple(filter(None, [row.get("author")])) if isinstance(row.get("author"), str) else ()
                tags = tuple(filter(None, row.get("tags") or ()))
                section = (str(row["section"]),) if row.get("section") else ()
                articles.append(
                    Document(**text, authors=authors, tags=tags, sections=section, language=row.get("lang") or "en")
                )
    return articles


@pytest.mark.parametrize("slice_size", [1 << 17, 1000])
def test_real_articles_are_stored_exactly(
    shared: Path, tmp_path: Path, slice_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inversion, "_SLICE", slice_size)
    articles = real_articles(shared, 30)
    container = built(articles, tmp_path / "real.segment")
    check_words(container, articles)
    check_columns(container, articles)


def test_words_and_locations_too_wide_for_one_key_are_sorted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [*ARTICLES, Document("many", "a", headings=(Heading("b c", 2, 0),) * 50), *ARTICLES]
    plain = built(articles, tmp_path / "narrow.segment")
    monkeypatch.setattr(inversion, "_KEY_BITS", 8)
    wide = built(articles, tmp_path / "wide.segment")
    assert {name: section.crc32 for name, section in wide.sections.items()} == {
        name: section.crc32 for name, section in plain.sections.items()
    }


def test_positions_beyond_the_limit_are_not_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inversion, "POSITION_BITS", 7)
    articles = [Document("short", "red fish"), Document("long", "blue fish", authors=("Ann", "Bob", "Ann Bob Cee"))]
    container = built(articles, tmp_path / "cut.segment")
    words = stored_words(container)
    assert stored_postings(container, "author", words) == {
        ("ann", "", ""): {1: [0]},
        ("bob", "", ""): {1: [101]},
    }
    assert stored_postings(container, "title", words) == expected_postings(articles)[0]["title"]


def test_a_writer_without_articles_writes_an_empty_segment(tmp_path: Path) -> None:
    container = written(SegmentWriter(), tmp_path / "empty.segment")
    check_words(container, [])
    check_columns(container, [])


def test_a_writer_is_full_when_its_articles_take_the_memory_it_was_given(tmp_path: Path) -> None:
    builder = SegmentWriter(memory_bytes=1 << 20)
    article = Document("a", "Title", "some words of a body " * 50)
    counts = []
    for number in range(3):
        while not builder.is_full:
            builder.add(article)
        counts.append(builder.articles)
        builder.write(tmp_path / f"{number}.segment")
        assert not builder.is_full
    assert counts[0] == counts[1] == counts[2]
    assert 50 < counts[0] < 400


@pytest.mark.parametrize("repeats", [1, 3])
def test_words_that_never_occur_twice_fill_a_writer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeats: int
) -> None:
    monkeypatch.setattr("search.engines.disk.writing.segment_writer._KEPT_BYTES", 1 << 20)
    builder = SegmentWriter(memory_bytes=1 << 20)
    number = 0
    for segment in range(3):
        articles = []
        while not builder.is_full:
            words = " ".join(f"w{number}x{word} post-war" for word in range(100))
            article = Document(str(number), words, " ".join([words] * (repeats - 1)), language="en")
            articles.append(article)
            builder.add(article)
            number += 1
        assert len(articles) < 200
        check_words(written(builder, tmp_path / f"{segment}.segment"), articles)


def test_a_segment_that_cannot_be_written_leaves_the_articles_in_the_writer(tmp_path: Path) -> None:
    builder = SegmentWriter()
    for article in ARTICLES:
        builder.add(article)
    (tmp_path / "taken.segment").write_bytes(b"someone else's")
    with pytest.raises(FileExistsError):
        builder.write(tmp_path / "taken.segment")
    assert (tmp_path / "taken.segment").read_bytes() == b"someone else's"
    container = written(builder, tmp_path / "free.segment")
    check_words(container, ARTICLES)
    check_columns(container, ARTICLES)


def test_an_article_that_cannot_be_stored_leaves_no_trace(tmp_path: Path) -> None:
    builder = SegmentWriter()
    builder.add(ARTICLES[0])
    with pytest.raises(OverflowError):
        builder.add(replace(ARTICLES[1], fingerprint=2**64))
    with pytest.raises(TypeError):
        builder.add(replace(ARTICLES[1], tags=(b"bytes",)))  # type: ignore[arg-type]
    builder.add(ARTICLES[2])
    container = written(builder, tmp_path / "rest.segment")
    check_words(container, [ARTICLES[0], ARTICLES[2]])
    check_columns(container, [ARTICLES[0], ARTICLES[2]])


def _stored(document: Document) -> bytes:
    return deflate_article(document.canonical(), document.source)


@settings(max_examples=100, deadline=None)
@given(documents, st.sampled_from([stored.deflate, zlib]))
def test_an_article_comes_back_from_storage_as_it_was(document: Document, library: Any) -> None:
    raw = _stored(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "deflate", library)
        assert decode_article(raw) == document
        assert decode_head(raw) == document.head()
        assert decode_text(raw) == (document.head(), document.body)


@pytest.mark.parametrize("library", [stored.deflate, zlib])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 5_000, 80_000])
def test_a_part_of_an_article_is_read_however_badly_it_was_deflated(
    library: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "deflate", library)
    noise = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9FFF), k=size)))
    article = replace(ARTICLES[0], summary=noise, body=noise[::-1], html=noise)
    raw = _stored(article)
    assert decode_head(raw) == article.head()
    assert decode_text(raw) == (article.head(), article.body)
    if size > 1_000:
        assert decode_head(raw[: len(raw) * 3 // 4]) == article.head(), "the rest of the stream is not read"


def test_a_damaged_article_is_not_decoded() -> None:
    raw = _stored(ARTICLES[0])
    deflate = zlib.compressobj(wbits=-15)
    other = struct.pack("<II", 10, 0) + deflate.compress(b'{"id":"a"}') + deflate.flush()
    for damaged in (b"", raw[:-20], b"\xff" + raw[1:], b"\0" * 8 + raw[8:], other):
        with pytest.raises((ValueError, TypeError, KeyError)):
            decode_article(damaged)


def test_articles_are_plain_deflate_streams_whatever_library_made_them(monkeypatch: pytest.MonkeyPatch) -> None:
    here = _stored(ARTICLES[0])
    assert zlib.decompress(here[8:], -15).startswith(b'{"id":')
    monkeypatch.setattr(stored, "deflate", zlib)
    assert decode_article(here) == ARTICLES[0]
    there = _stored(ARTICLES[0])
    with pytest.raises(ValueError, match="inflated"):
        decode_article(there[:-9])
    monkeypatch.undo()
    assert decode_article(there) == ARTICLES[0]


def test_an_article_can_be_read_without_its_markup_and_without_its_text() -> None:
    numbers = " ".join(str(number * number) for number in range(9000))
    article = replace(ARTICLES[0], body=f"Öffne {numbers}", html=f"<p>Öffne {numbers}")
    raw = _stored(article)
    assert decode_article(raw) == article
    assert decode_text(raw) == (article.head(), article.body)
    assert decode_head(raw) == article.head()
    assert len(raw) > 20_000
    assert decode_head(raw[:2000]) == article.head()
    with pytest.raises(ValueError, match="inflated"):
        decode_article(raw[:-9])
    for decode in (decode_article, decode_text):
        with pytest.raises(ValueError):
            decode(raw[:2000])


def test_the_hash_is_of_everything_but_the_source() -> None:
    article = replace(ARTICLES[0], fingerprint=7)
    assert replace(article, source="elsewhere").content_hash() == article.content_hash()
    assert content_digest(article.canonical()).hex() == article.content_hash()
    changes: list[dict[str, object]] = [
        {"id": "x"}, {"title": "x"}, {"body": "x"}, {"summary": "x"}, {"headings": ()}, {"url": None}, {"sections": ()},
        {"authors": ()}, {"tags": ("river weather",)}, {"published": None}, {"modified": date(2024, 7, 4)},
        {"language": ""}, {"type": "essay"}, {"html": ""}, {"fingerprint": 0}, {"first_published": date(2019, 5, 6)},
    ]  # fmt: skip
    hashes = {replace(article, **change).content_hash() for change in changes}  # type: ignore[arg-type]
    assert len(hashes | {article.content_hash()}) == len(changes) + 1
    assert {name for change in changes for name in change} == set(article.__slots__) - {"source"}


def test_stems_are_marked_alike_in_texts_and_files() -> None:
    assert LANGUAGE_END == STEM_MARK
