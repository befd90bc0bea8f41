"""One immutable segment as arrays: what it holds is read once and shared by every searcher that includes it."""

from __future__ import annotations

import bisect
import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh.reading import TermNotFound

from search.analysis import primary_language
from search.document import Document
from search.engines.whoosh.codec import NOWHERE, Places, PlacesCache
from search.engines.whoosh.days import local_days
from search.engines.whoosh.errors import reading
from search.engines.whoosh.mapped import map_segment
from search.engines.whoosh.schema import (
    FACTS,
    GROUPS,
    OTHER_STEM_MARK,
    STEM_MARK,
    decode_article,
    from_bytes,
    to_bytes,
    whoosh_schema,
)

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

_STEM: Final = to_bytes(STEM_MARK)
_OTHER_STEM: Final = to_bytes(OTHER_STEM_MARK)
_CACHED_DAYS: Final = 8


@dataclass(frozen=True, slots=True)
class KeywordColumn:
    """The values of one keyword field: article `docs[i]` holds value number `ordinals[i]`."""

    values: tuple[str, ...]
    docs: Ints
    ordinals: Ints

    def articles(self, wanted: frozenset[str], size: int) -> Mask:
        """Which of `size` articles hold any of the wanted values."""
        numbers = [number for number, value in enumerate(self.values) if value in wanted]
        mask = np.zeros(size, np.bool_)
        mask[self.docs[np.isin(self.ordinals, numbers)]] = True
        return mask

    def missing(self, size: int) -> Mask:
        """Which articles have no value."""
        mask = np.ones(size, np.bool_)
        mask[self.docs] = False
        return mask


class Segment:
    """The files of one segment, opened at once, so that they stay readable when a later commit removes their names."""

    def __init__(self, folder: Path, record: Any, cache: PlacesCache) -> None:
        self._folder = folder
        self.name: str = record.segment_id()
        self.size: int = record.doc_count_all()
        codec = record.codec()
        self._cache = cache
        self._lock = Lock()
        self._schema = whoosh_schema()
        self._files = map_segment(folder, record)
        self._terms = codec.terms_reader(self._files, record)
        self._per_doc = codec.per_document_reader(self._files, record)
        self._articles = self._per_doc.column_reader("article", self._schema["article"].column_type)
        self._days: OrderedDict[tuple[int, str], Ints] = OrderedDict()

    def close(self) -> None:
        """Gives the files back."""
        self._terms.close()
        self._per_doc.close()
        self._files.close()

    def _column(self, name: str) -> list[bytes]:
        """The stored bytes of every article in one column."""
        with reading(self._folder):
            return list(self._per_doc.column_reader(name, self._schema[name].column_type))

    # Words

    def places(self, group: str, term: str) -> Places:
        """All occurrences of an index term in one group of fields, deleted articles included."""
        key = (self.name, group, term)
        if (found := self._cache.get(key)) is None:
            found = self._decode(group, term)
            self._cache.put(key, found)
        return found

    def _decode(self, group: str, term: str) -> Places:
        with reading(self._folder), self._lock:  # the reader seeks in one file
            try:
                matcher = self._terms.matcher(group, to_bytes(term), self._schema[group].format)
            except TermNotFound:
                return NOWHERE
            places: Places = matcher.places()
        return places

    def article_count(self, group: str, term: str) -> int:
        """In how many articles a term stands, deleted ones included."""
        with reading(self._folder):
            try:
                return int(self._terms.doc_frequency(group, to_bytes(term)))
            except KeyError:
                return 0

    @cached_property
    def vocabulary(self) -> dict[str, tuple[list[str], list[int]]]:
        """For each group the surfaces in order, each with its number of articles, deleted ones included."""
        with reading(self._folder):
            return {group: self._read_vocabulary(group) for group in GROUPS}

    def _read_vocabulary(self, group: str) -> tuple[list[str], list[int]]:
        words: list[str] = []
        counts: list[int] = []
        for raw, info in self.terms(group):
            if _STEM not in raw and _OTHER_STEM not in raw:
                words.append(from_bytes(raw))
                counts.append(info.doc_frequency())
        return words, counts

    def terms(self, group: str) -> Iterator[tuple[bytes, Any]]:
        """Every index term of a group in order, with what Whoosh knows of it."""
        for (name, raw), info in self._terms.items_from(group, b""):
            if name != group:
                return
            yield raw, info

    def words_from(self, group: str, prefix: str) -> list[tuple[str, int]]:
        """The surfaces that start with `prefix`, each with its number of articles, deleted ones included."""
        words, counts = self.vocabulary[group]
        start = bisect.bisect_left(words, prefix)
        end = bisect.bisect_left(words, prefix + chr(0x10FFFF)) if prefix else len(words)
        return list(zip(words[start:end], counts[start:end], strict=True))

    # Articles

    def article(self, doc: int) -> Document:
        """The stored article."""
        with reading(self._folder):
            return decode_article(self._articles[doc])

    @cached_property
    def facts(self) -> NDArray[np.void]:
        """One record of `schema.FACTS` for each article."""
        with reading(self._folder):
            return np.frombuffer(b"".join(self._column("facts")), FACTS)

    @cached_property
    def ids(self) -> list[str]:
        with reading(self._folder):
            return [from_bytes(raw) for raw in self._column("id")]

    @cached_property
    def sources(self) -> list[str]:
        with reading(self._folder):
            return [from_bytes(raw) for raw in self._column("source")]

    @cached_property
    def urls(self) -> dict[str, list[int]]:
        """The articles of each address that any has, deleted ones included."""
        found: dict[str, list[int]] = {}
        with reading(self._folder):
            for doc, raw in enumerate(self._column("url")):
                if raw:
                    found.setdefault(from_bytes(raw), []).append(doc)
        return found

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Words of each text field (rows, in the order of TEXT_FIELDS) of each article."""
        return np.ascontiguousarray(self.facts["lengths"].T.astype(np.float64))

    @cached_property
    def sorted_ids(self) -> tuple[list[str], Ints]:
        """The ids in order, and for each article the place of its id among them."""
        order = sorted(range(self.size), key=self.ids.__getitem__)
        ranks = np.empty(self.size, np.int64)
        ranks[order] = np.arange(self.size)
        return [self.ids[doc] for doc in order], ranks

    @cached_property
    def _keywords(self) -> dict[str, KeywordColumn]:
        return {}

    def keywords(self, field: str) -> KeywordColumn:
        """The values of a keyword field."""
        if (column := self._keywords.get(field)) is None:
            with reading(self._folder):
                column = self._keywords[field] = self._read_keywords(field)
        return column

    def _read_keywords(self, field: str) -> KeywordColumn:
        numbers: dict[str, int] = {}
        known: dict[bytes, list[int]] = {}
        docs: list[int] = []
        ordinals: list[int] = []
        for doc, raw in enumerate(self._column(f"kw_{field}")):
            if (row := known.get(raw)) is None:
                row = known[raw] = [numbers.setdefault(value, len(numbers)) for value in json.loads(from_bytes(raw))]
            docs.extend([doc] * len(row))
            ordinals.extend(row)
        return KeywordColumn(tuple(numbers), np.array(docs, np.int64), np.array(ordinals, np.int64))

    @cached_property
    def languages(self) -> tuple[dict[str, int], Ints]:
        """The primary languages there are, numbered, and each article's number."""
        column = self.keywords("lang")
        numbers = {"": 0}
        mapped = [numbers.setdefault(primary_language(value), len(numbers)) for value in column.values]
        articles = np.zeros(self.size, np.int64)
        articles[column.docs] = np.array(mapped, np.int64)[column.ordinals]
        return numbers, articles

    # Dates

    def epochs(self, field: int) -> NDArray[np.float64]:
        """Seconds since 1970 of a date field (by its ordinal in DATE_FIELDS); NaN where undated."""
        column: NDArray[np.float64] = self.facts["dates"][:, field]
        return column

    def days(self, field: int, time_zone: str) -> Ints:
        """The local day (ordinal) of each article; UNDATED where it has none."""
        key = (field, time_zone)
        with self._lock:
            if key in self._days:
                self._days.move_to_end(key)
                return self._days[key]
        days = local_days(self.epochs(field), self.facts["floating"][:, field] != 0, time_zone)
        with self._lock:
            self._days[key] = days
            while len(self._days) > _CACHED_DAYS:
                self._days.popitem(last=False)
        return days
