"""From articles to a segment file: gathered in memory as numbers, then inverted and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from operator import ne
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.bulk import SURFACE_END
from search.analysis.compiled import fragment_table
from search.document import Document
from search.engines.conventions import WORD_FIELDS
from search.engines.disk.format.arrays import changes
from search.engines.disk.format.container import ContainerWriter
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import NO_STEM, string_arrays, to_bytes
from search.engines.disk.writing.article_columns import ArticleColumns
from search.engines.disk.writing.inversion import (
    BYTES_PER_FRAGMENT,
    COMPOUND_SECTIONS,
    CompoundFinder,
    FieldFragments,
    Postings,
    TokenTables,
    invert,
)
from search.native import kernel
from search.schema import TEXT_FIELDS

MEMORY_BYTES: Final = 128 << 20
"""The memory that the articles of one segment may take, from the first one gathered to the file written."""

_KEPT_BYTES: Final = 64 << 20
"""The memory that fragments may take that are kept from one segment to the next."""

_SLICE: Final = 1 << 20


class SegmentWriter:
    """Gathers articles until `is_full`; `write` makes a segment file of them and begins anew.

    Article ids are not compared: the same id twice gives two articles.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._fragments = fragment_table()
        self._begin()

    def _begin(self) -> None:
        self._columns = ArticleColumns()
        self._fields = {name: FieldFragments() for name in TEXT_FIELDS}
        self._texts = [(TEXT_FIELDS[name].values, field) for name, field in self._fields.items()]
        self._fragments_read = 0

    @property
    def articles(self) -> int:
        """How many articles have been added since the last `write`."""
        return len(self._columns)

    @property
    def is_full(self) -> bool:
        """Whether it is time to `write`."""
        used = self._fragments_read * BYTES_PER_FRAGMENT + self._columns.size_bytes
        return used + max(0, self._fragments.size_bytes - _KEPT_BYTES) >= self._memory_bytes

    def add(self, document: Document) -> int:
        """Adds an article and gives its doc id in the segment to come."""
        number = self.articles
        self._columns.add(document)
        read, tag = self._fragments.read, document.language
        for values, field in self._texts:
            for value in values(document):
                start = len(field.fragments)
                read(value, tag, field.fragments)
                self._fragments_read += field.close(number, start)
        return number

    def write(self, path: Path) -> None:
        """Writes the segment file, syncs it and starts over. Raises FileExistsError or OSError; then no file is left,
        and the articles are still here."""
        with ContainerWriter(path, SEGMENT) as writer:
            self._columns.write(writer)
            uses = self._uses()
            words, ranks = self._words_in_order(uses)
            tables = TokenTables.of(self._fragments, ranks)
            fields = {name: invert(field, tables, self.articles) for name, field in self._fields.items()}
            _write_fields(writer, fields)
            self._write_compounds(writer, tables)
            words.write(writer, words.articles([fields[name] for name in WORD_FIELDS]))
        self._fragments.make_room(uses, _KEPT_BYTES)
        self._begin()

    def _write_compounds(self, writer: ContainerWriter, tables: TokenTables) -> None:
        pairs = CompoundFinder(tables.sizes, tables.words, tables.aheads)
        for name, field in self._fields.items():
            columns = (np.asarray(column, np.uint32) for column in (field.fragments, field.docs, field.sizes))
            found = pairs.postings(*columns)
            for part in COMPOUND_SECTIONS:
                writer.add(f"{name}.joined.{part}", getattr(found, part))

    def _uses(self) -> NDArray[np.int64]:
        """How often each fragment occurs in these articles."""
        uses = np.zeros(self._fragments.fragments, np.int64)
        for field in self._fields.values():
            for start in range(0, len(field.fragments), _SLICE):
                uses += np.bincount(field.fragments[start : start + _SLICE], minlength=len(uses))
        return uses

    def _words_in_order(self, uses: NDArray[np.int64]) -> tuple[WordTable, NDArray[np.uint32]]:
        """The words of these articles in order, and the index there of each word number; other words are of earlier
        articles."""
        keys = self._fragments.word_keys()
        columns = self._fragments.columns()
        is_used = np.zeros(len(keys), np.bool_)
        starts = np.array(columns.starts, np.int64)
        is_used[np.array(columns.words, np.uint32)[np.repeat(uses > 0, starts[1:] - starts[:-1])]] = True
        used = np.flatnonzero(is_used).tolist()
        used.sort(key=keys.__getitem__)
        ordered = [keys[number] for number in used]
        # A word may have two numbers, if the kernel read it once and the memo in Python once.
        is_new = np.fromiter(map(ne, ordered, chain(("",), ordered)), np.bool_, len(ordered))
        ranks = np.zeros(len(keys), np.uint32)
        ranks[used] = np.cumsum(is_new) - 1
        return WordTable.of(list(compress(ordered, is_new.tolist()))), ranks


def _write_fields(writer: ContainerWriter, fields: Mapping[str, Postings]) -> None:
    """Writes the lengths and the sections under "Postings" in `layout`."""
    writer.add("lengths", np.concatenate([postings.lengths for postings in fields.values()]))
    for name, postings in fields.items():
        for part in ("words", "starts", "docs", "counts", "position_starts", "positions"):
            writer.add(f"{name}.{part}", getattr(postings, part))


@dataclass(frozen=True, slots=True)
class WordTable:
    """The dictionary of a new segment: its words in order, with their spellings and stems."""

    surfaces: list[str]
    surface_of: NDArray[np.uint32]
    stems: list[str]
    stem_of: NDArray[np.uint32]

    @classmethod
    def of(cls, keys: Sequence[str]) -> WordTable:
        """The words of distinct keys in order, which `search.analysis.bulk.word_key` made."""
        parts = SURFACE_END.join(keys).split(SURFACE_END) if keys else []
        spellings, stems_of = parts[::2], parts[1::2]
        is_new = np.fromiter(map(ne, spellings, chain(("",), spellings)), np.bool_, len(spellings))
        surfaces = list(compress(spellings, is_new.tolist()))
        surface_of = np.cumsum(is_new, dtype=np.uint32) - np.uint32(1)
        stems = sorted(set(stems_of) - {""})
        stem_numbers = dict(zip(stems, range(len(stems)), strict=True)) | {"": NO_STEM}
        stem_of = np.fromiter(map(stem_numbers.__getitem__, stems_of), np.uint32, len(stems_of))
        return cls(surfaces, surface_of, stems, stem_of)

    def write(self, writer: ContainerWriter, articles: NDArray[np.uint32]) -> None:
        """Writes the sections under "Dictionary" in `layout`; `articles` says how many articles have each surface."""
        raw = np.frombuffer(to_bytes("\n".join([*self.surfaces, ""])), np.uint8)
        ends = np.flatnonzero(raw == ord("\n")) + 1
        writer.add("surface.bytes", raw)
        writer.add("surface.starts", np.concatenate(([0], ends)).astype(np.uint32))
        writer.add("surface.articles", articles)
        sizes = np.fromiter(map(len, self.surfaces), np.uint8, len(self.surfaces))
        writer.add("surface.characters", sizes)
        writer.add("surface.letters", _letters(self.surfaces, sizes))
        writer.add("surface.words", np.searchsorted(self.surface_of, np.arange(len(sizes) + 1)).astype(np.uint32))
        writer.add("word.stem", self.stem_of)
        stems, starts = string_arrays(list(map(to_bytes, self.stems)))
        writer.add("stem.bytes", stems)
        writer.add("stem.starts", starts)
        by_stem = np.argsort(self.stem_of, kind="stable")
        bounds = np.searchsorted(self.stem_of[by_stem], np.arange(len(self.stems) + 1))
        writer.add("stem.word_starts", bounds.astype(np.uint32))
        writer.add("stem.words", by_stem[: bounds[-1]].astype(np.uint32))

    def articles(self, fields: Sequence[Postings]) -> NDArray[np.uint32]:
        """How many articles have each surface in any of the fields."""
        if kernel is None:
            return self.articles_in_arrays(fields)
        articles = len(fields[0].lengths)
        columns = tuple(column for postings in fields for column in (postings.words, postings.starts, postings.docs))
        return np.frombuffer(kernel.articles_of(self.surface_of, columns, len(self.surfaces), articles), np.uint32)

    def articles_in_arrays(self, fields: Sequence[Postings]) -> NDArray[np.uint32]:
        """`articles` in numpy."""
        pairs = np.concatenate([self._pairs(postings) for postings in fields])
        pairs.sort()
        surfaces = (pairs[changes(pairs)] >> np.uint64(32)).astype(np.int64)
        return np.bincount(surfaces, minlength=len(self.surfaces)).astype(np.uint32)

    def _pairs(self, postings: Postings) -> NDArray[np.uint64]:
        """Surface and article of each posting, as one number."""
        surfaces = self.surface_of[postings.words].astype(np.uint64) << np.uint64(32)
        return np.repeat(surfaces, np.diff(postings.starts).astype(np.int64)) | postings.docs


def _letters(surfaces: Sequence[str], sizes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """`layout.letters` of each surface."""
    if not surfaces:
        return np.empty(0, np.uint32)
    codes = np.frombuffer("".join(surfaces).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.fromiter(accumulate(sizes.tolist(), initial=0), np.int64, len(sizes))
    return np.bitwise_or.reduceat(np.uint32(1) << (codes & np.uint32(31)), starts)
