"""Articles to a segment file: gathered in memory as numbers, inverted and written when there are enough."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.bulk import PieceTable
from search.document import Document
from search.engines.conventions import WORD_FIELDS
from search.engines.disk.files.container import ContainerWriter
from search.engines.disk.files.layout import SEGMENT
from search.engines.disk.reading.joined import PARTS as JOINED_PARTS
from search.engines.disk.reading.joined import PiecePairs
from search.engines.disk.writing.columns import ArticleColumns
from search.engines.disk.writing.inversion import BYTES_PER_PIECE, FieldRuns, Postings, TokenTables, invert
from search.engines.disk.writing.wordlist import WordList
from search.schema import TEXT_FIELDS

MEMORY_BYTES: Final = 128 << 20
"""What a batch of articles may take, from the first one gathered to the file written."""

_REMEMBERED_BYTES: Final = 64 << 20
"""What the pieces of text read may take from one batch to the next."""

_FREQUENT: Final = 3
"""A piece that a batch has so often is worth remembering when room is short."""

_SLICE: Final = 1 << 20


class SegmentBuilder:
    """Gathers articles until `is_full`; `write` makes a segment file of them and begins anew.

    Article ids are not compared: the same id twice gives two articles.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._pieces = PieceTable()
        self._columns = ArticleColumns()
        self._fields = {name: FieldRuns() for name in TEXT_FIELDS}

    @property
    def articles(self) -> int:
        """How many have been added since the last `write`."""
        return len(self._columns)

    @property
    def is_full(self) -> bool:
        """Whether it is time to `write`."""
        pieces = sum(len(field.pieces) for field in self._fields.values())
        used = pieces * BYTES_PER_PIECE + self._columns.size_bytes
        return used + max(0, self._pieces.size_bytes - _REMEMBERED_BYTES) >= self._memory_bytes

    def add(self, document: Document) -> int:
        """Adds an article; gives its number in the segment to come."""
        number = self.articles
        self._columns.add(document)
        read, tag = self._pieces.read, document.language
        for name, field in self._fields.items():
            for value in TEXT_FIELDS[name].values(document):
                start = len(field.pieces)
                read(value, tag, field.pieces)
                field.close(number, start)
        return number

    def write(self, path: Path) -> None:
        """Writes the segment file and syncs it; what was added is then forgotten. Raises FileExistsError or OSError;
        then no file is left, and the articles are still here."""
        with ContainerWriter(path, SEGMENT) as writer:
            self._columns.write(writer)
            uses = self._uses()
            words, ranks = self._words_in_order(uses)
            tables = TokenTables.of(self._pieces, ranks)
            fields = {name: invert(field, tables, self.articles) for name, field in self._fields.items()}
            _write_fields(writer, fields)
            self._write_joined(writer, tables)
            words.write(writer, words.articles([fields[name] for name in WORD_FIELDS]))
        self._forget_rare_pieces(uses)
        self._columns = ArticleColumns()
        self._fields = {name: FieldRuns() for name in TEXT_FIELDS}

    def _write_joined(self, writer: ContainerWriter, tables: TokenTables) -> None:
        pairs = PiecePairs(tables.sizes, tables.words, tables.aheads)
        for name, field in self._fields.items():
            columns = (np.asarray(column, np.uint32) for column in (field.pieces, field.docs, field.sizes))
            found = pairs.postings(*columns)
            for part in JOINED_PARTS:
                writer.add(f"{name}.joined.{part}", getattr(found, part))

    def _uses(self) -> NDArray[np.int64]:
        """How often each piece stands in these articles."""
        uses = np.zeros(len(self._pieces.advances), np.int64)
        for field in self._fields.values():
            for start in range(0, len(field.pieces), _SLICE):
                uses += np.bincount(field.pieces[start : start + _SLICE], minlength=len(uses))
        return uses

    def _words_in_order(self, uses: NDArray[np.int64]) -> tuple[WordList, NDArray[np.uint32]]:
        """The words of these articles, and for the number of each its place; other words are of earlier articles."""
        keys = self._pieces.word_keys()
        starts = np.array(self._pieces.starts, np.int64)
        is_used = np.zeros(len(keys), np.bool_)
        is_used[np.array(self._pieces.words, np.uint32)[np.repeat(uses > 0, starts[1:] - starts[:-1])]] = True
        used = np.flatnonzero(is_used).tolist()
        used.sort(key=keys.__getitem__)
        ranks = np.zeros(len(keys), np.uint32)
        ranks[used] = np.arange(len(used))
        return WordList.of([keys[number] for number in used]), ranks

    def _forget_rare_pieces(self, uses: NDArray[np.int64]) -> None:
        """Makes room if too many pieces are remembered: for all that are rare, and for all if most are not."""
        if self._pieces.size_bytes > _REMEMBERED_BYTES:
            self._pieces.forget((uses >= _FREQUENT).tolist())
            if self._pieces.size_bytes > _REMEMBERED_BYTES // 2:
                self._pieces.forget(bytes(len(self._pieces.advances)))


def _write_fields(writer: ContainerWriter, fields: Mapping[str, Postings]) -> None:
    """Writes the lengths and the sections under "Postings" in `layout`."""
    writer.add("lengths", np.concatenate([postings.lengths for postings in fields.values()]))
    for name, postings in fields.items():
        for part in ("words", "starts", "docs", "counts", "position_starts", "positions"):
            writer.add(f"{name}.{part}", getattr(postings, part))
