"""What a segment stores of each article besides postings: gathered row by row, written column by column."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.dates import epoch, is_floating
from search.document import Document, content_digest
from search.engines.conventions import keyword_values
from search.engines.disk.format.container import ContainerWriter
from search.engines.disk.format.layout import string_arrays, to_bytes
from search.engines.disk.format.stored import deflate_article
from search.schema import DATE_FIELDS, KEYWORD_FIELDS

_NAN: Final = float("nan")
_BYTES_PER_ARTICLE: Final = 700
_BYTES_PER_STRING: Final = 120
"""The memory that Python needs besides the bytes that are written: for lists, dicts and object headers."""


class ArticleColumns:
    """The articles gathered so far."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._urls: list[bytes] = []
        self._articles: list[bytes] = []
        self._sources: dict[str, int] = {}
        self._source_ordinals = array("I")
        self._moments = [_Moments() for _ in DATE_FIELDS]
        self._fingerprints = bytearray()
        self._hashes = bytearray()
        self._keywords = {name: _Keywords(name) for name in KEYWORD_FIELDS}
        self._string_bytes = 0

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def size_bytes(self) -> int:
        """About how much memory all of this takes."""
        keywords = sum(column.size_bytes for column in self._keywords.values())
        return len(self) * _BYTES_PER_ARTICLE + self._string_bytes + keywords

    def add(self, document: Document) -> None:
        """Adds a row. If this raises, nothing was added."""
        canonical = document.canonical()
        article = deflate_article(canonical, document.source)
        name, url = to_bytes(document.id), to_bytes(document.url or "")
        fingerprint = document.fingerprint.to_bytes(8, "little")
        moments = [field.value(document) for field in DATE_FIELDS.values()]
        dates = [(_NAN, False) if day is None else (epoch(day), is_floating(day)) for day in moments]
        rows = [keywords.row(document) for keywords in self._keywords.values()]
        self._fingerprints += fingerprint
        self._hashes += content_digest(canonical)
        self._ids.append(name)
        self._urls.append(url)
        self._articles.append(article)
        self._source_ordinals.append(self._sources.setdefault(document.source, len(self._sources)))
        for column, (seconds, floating) in zip(self._moments, dates, strict=True):
            column.seconds.append(seconds)
            column.floating.append(floating)
        for keywords, row in zip(self._keywords.values(), rows, strict=True):
            keywords.add(row)
        self._string_bytes += len(name) + len(url) + len(article)

    def write(self, writer: ContainerWriter) -> None:
        """Writes the sections under "Articles" in `layout`, except the lengths."""
        writer.numbers["articles"] = len(self)
        _write_strings(writer, "id", self._ids)
        order = sorted(range(len(self)), key=self._ids.__getitem__)
        writer.add("id.order", np.array(order, np.uint32))
        _write_hashes(writer, "id", self._ids)
        _write_strings(writer, "url", self._urls)
        _write_hashes(writer, "url", self._urls)
        sources = sorted(self._sources)
        _write_strings(writer, "source", list(map(to_bytes, sources)))
        writer.add("source.ordinals", _ranks(self._sources, sources)[_numbers(self._source_ordinals)])
        writer.add("dates", np.concatenate([np.array(column.seconds) for column in self._moments]))
        writer.add("floating", np.concatenate([np.frombuffer(bytes(c.floating), np.uint8) for c in self._moments]))
        writer.add("fingerprints", np.frombuffer(bytes(self._fingerprints), "<u8"))
        writer.add("content_hashes", np.frombuffer(bytes(self._hashes), np.uint8))
        _write_strings(writer, "article", self._articles)
        for keywords in self._keywords.values():
            keywords.write(writer)


class _Moments:
    def __init__(self) -> None:
        self.seconds = array("d")
        self.floating = bytearray()


class _Keywords:
    """One keyword field. An article with the same values as an earlier one, as most of a section have, costs one
    look-up."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: Callable[[Document], Sequence[str]] = KEYWORD_FIELDS[name].values
        self._numbers: dict[str, int] = {}
        self._rows: dict[tuple[str, ...], array[int]] = {}
        self._sizes = array("I")
        self._ordinals = array("I")
        self.size_bytes = 0

    def row(self, document: Document) -> array[int]:
        """The numbers of an article's values."""
        values = tuple(self._values(document))
        row = self._rows.get(values)
        if row is None:
            row = self._rows[values] = self._read(document)
            self.size_bytes += _BYTES_PER_STRING + 8 * len(values)
        return row

    def add(self, row: array[int]) -> None:
        self._sizes.append(len(row))
        self._ordinals.extend(row)
        self.size_bytes += 4 * len(row)

    def _read(self, document: Document) -> array[int]:
        row = array("I")
        for value in keyword_values(document, self._name):
            number = self._numbers.setdefault(value, len(self._numbers))
            if number == len(self._numbers) - 1:
                self.size_bytes += _BYTES_PER_STRING + 2 * len(value)
            row.append(number)
        return row

    def write(self, writer: ContainerWriter) -> None:
        values = sorted(self._numbers)
        sizes = _numbers(self._sizes)
        starts = np.zeros(len(sizes) + 1, np.uint32)
        np.cumsum(sizes, out=starts[1:])
        docs = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
        pairs = docs << np.uint64(32) | _ranks(self._numbers, values)[_numbers(self._ordinals)]
        pairs.sort()
        _write_strings(writer, f"kw.{self._name}.values", list(map(to_bytes, values)))
        writer.add(f"kw.{self._name}.starts", starts)
        writer.add(f"kw.{self._name}.ordinals", pairs.astype(np.uint32))


def _numbers(values: array[int]) -> NDArray[np.uint32]:
    return np.array(values, np.uint32)


def _ranks(numbers: dict[str, int], ordered: list[str]) -> NDArray[np.uint32]:
    """The index in order of each value, by its number."""
    ranks = np.empty(len(ordered), np.uint32)
    ranks[np.fromiter(map(numbers.__getitem__, ordered), np.uint32, len(ordered))] = np.arange(len(ordered))
    return ranks


def _write_strings(writer: ContainerWriter, name: str, values: list[bytes]) -> None:
    raw, starts = string_arrays(values)
    writer.add(f"{name}.bytes", raw)
    writer.add(f"{name}.starts", starts)


def _write_hashes(writer: ContainerWriter, name: str, values: list[bytes]) -> None:
    """`text_hash` of all values in order, with their doc ids; empty addresses are left out."""
    docs = np.array([doc for doc, value in enumerate(values) if value or name == "id"], np.uint32)
    raw = b"".join(hashlib.blake2b(values[doc], digest_size=8).digest() for doc in docs.tolist())
    hashes = np.frombuffer(raw, "<u8")
    order = np.argsort(hashes, kind="stable")
    writer.add(f"{name}.hashes", hashes[order])
    writer.add(f"{name}.docs", docs[order])
