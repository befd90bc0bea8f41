"""Answers from one commit: the query over every segment, then filters, counts and the page."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import merge
from pathlib import Path
from typing import Self

import numpy as np

from search.dates import zone_named
from search.document import Document, is_below
from search.engines.conventions import Deadline, count_each
from search.engines.disk.errors import reading
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.facets import Counts
from search.engines.disk.evaluation.filters import FilterCache
from search.engines.disk.evaluation.leaves import PostingsReader
from search.engines.disk.evaluation.near_copies import docs_near
from search.engines.disk.evaluation.results import search_results
from search.engines.disk.evaluation.scoring import Norms
from search.engines.disk.format.layout import to_bytes
from search.engines.disk.reading.residency import Residency
from search.engines.disk.reading.snapshot import SegmentStore
from search.engines.disk.reading.term_dictionary import TermDictionary
from search.engines.plan import Plan
from search.engines.protocols import CAPABILITIES
from search.engines.results import IndexStatus, Results, Stamp
from search.engines.vectors import Vectors
from search.errors import EngineError
from search.schema import ValueMatch


class DiskSearcher:
    """See `search.engines.protocols.Searcher`."""

    capabilities = CAPABILITIES

    def __init__(self, directory: Path, store: SegmentStore) -> None:
        self._directory = directory
        self._store = store
        self._snapshot = store.open_snapshot()
        self._parts = self._snapshot.segments
        with reading(directory):
            self._dictionary = TermDictionary(self._snapshot)
            self._reader = PostingsReader(self._snapshot, self._dictionary)
        self._norms = Norms(self._snapshot)
        self._filters = FilterCache()
        self._counts = Counts(self._snapshot)
        self._residency = Residency(part.segment.container for part in self._parts)
        self._status: IndexStatus | None = None
        self._open = True

    def status(self) -> IndexStatus:
        if self._status is None:  # every request asks, and a snapshot does not change
            self._status = self._read_status()
        return self._status

    def _read_status(self) -> IndexStatus:
        manifest = self._snapshot.manifest
        return IndexStatus(
            generation=manifest.generation,
            articles=manifest.articles,
            built_at=manifest.built_at,
            engine="whoosh",
            languages=self._languages(),
            size_bytes=manifest.size_bytes(),
            segments=len(self._parts),
            commit=manifest.number,
        )

    def _languages(self) -> tuple[str, ...]:
        with self._reading():
            return tuple(sorted(self._counts.keyword_totals("lang")))

    def search(self, plan: Plan) -> Results:
        zone_named(plan.time_zone)
        deadline = Deadline(plan.deadline)
        with self._reading():
            evaluator = Evaluator(self._snapshot, self._reader, self._norms, self._filters, deadline, plan.time_zone)
            found = search_results(plan, evaluator, self._counts)
        self._residency.searched()
        return found

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        return count_each(self.search, plans, deadline)

    def document(self, id: str) -> Document | None:
        with self._reading():
            for part in self._parts:
                for doc in part.segment.docs_of_id(id):
                    if part.live[doc]:
                        return part.segment.article(doc)
            return None

    def articles(self, after: str | None = None) -> Iterator[Document]:
        for _, number, doc in merge(*(self._ordered(number, after) for number in range(len(self._parts)))):
            with self._reading():
                document = self._parts[number].segment.article(doc)
            yield document

    def _ordered(self, number: int, after: str | None) -> Iterator[tuple[bytes, int, int]]:
        """The live articles of a segment behind an id, by id: the id in UTF-8, whose order is that of the code points,
        the number of the segment, and the doc."""
        with self._reading():
            part = self._parts[number]
            ids, order = part.segment.ids, part.segment.id_order
            first = 0 if after is None else bisect_right(order, to_bytes(after), key=lambda doc: ids.raw(int(doc)))
        for place in range(first, len(order)):
            with self._reading():
                doc = int(order[place])
                row = (ids.raw(doc), number, doc) if part.live[doc] else None
            if row:
                yield row

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        with self._reading():
            return {
                name: Stamp(
                    part.segment.content_hashes[doc].tobytes().hex(),
                    part.segment.sources[int(part.segment.source_ordinals[doc])],
                )
                for part in self._parts
                for name in ids
                for doc in part.segment.docs_of_id(name)
                if part.live[doc]
            }

    def ids_from(self, source: str) -> Iterator[str]:
        for part in self._parts:
            with self._reading():
                wanted = np.array([is_below(name, source) for name in part.segment.sources.all()], dtype=bool)
                docs = np.flatnonzero(part.live & wanted[part.segment.source_ordinals]) if wanted.any() else ()
            for doc in docs:
                with self._reading():
                    name = part.segment.id_of(int(doc))
                yield name

    def id_of_url(self, url: str) -> str | None:
        with self._reading():
            named = (
                part.segment.id_of(doc)
                for part in self._parts
                for doc in part.segment.docs_of_url(url)
                if part.live[doc]
            )
            return min(named, default=None)

    def copies_of(self, fingerprint: int) -> list[str]:
        """See `search.engines.protocols.FindingCopies`."""
        with self._reading():
            found = [
                (distance, part.segment.id_of(doc))
                for part in self._parts
                for distance, doc in docs_near(part.segment.fingerprints, part.live, fingerprint)
            ]
        return [name for _, name in sorted(found)]

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        with self._reading():
            return self._counts.top_values(field, limit)

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        with self._reading():
            return self._counts.lookup(field).find(text, how, limit)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        with self._reading():
            return self._dictionary.terms(prefix, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        with self._reading():
            return self._dictionary.similar_terms(word, distance, limit, least)

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        with self._reading():
            return self._dictionary.document_frequencies(words)

    def vectors(self, model: str, ids: Sequence[str]) -> Mapping[str, Vectors]:
        with self._reading():
            return {
                name: rows.vectors()
                for part in self._parts
                for name in ids
                for doc in part.segment.docs_of_id(name)
                if part.live[doc] and (rows := part.rows_of(doc, model)) is not None
            }

    def without_vectors(self, model: str) -> Iterator[str]:
        for part in self._parts:
            for doc in part.without_vectors(model).tolist():
                with self._reading():
                    name = part.segment.id_of(doc)
                yield name

    def vector_models(self) -> tuple[str, ...]:
        return tuple(sorted({part.vectors.model for part in self._parts if part.vectors}))

    def close(self) -> None:
        """Gives the files back; searching afterwards raises EngineError."""
        if self._open:
            self._open = False
            self._store.release(self._snapshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if not self._open:
            raise EngineError("this searcher is closed; open another")
        with reading(self._directory):
            yield
