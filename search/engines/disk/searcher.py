"""Answers from one commit: the query over every segment, then filters, counts and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import numpy as np

from search.dates import zone_named
from search.document import Document
from search.engines.base import IndexStatus, Plan, Results, Stamp
from search.engines.conventions import Deadline, is_below
from search.engines.disk.dictionary.lookup import Dictionary
from search.engines.disk.errors import damaged, reading
from search.engines.disk.evaluation.conditions import Conditions
from search.engines.disk.evaluation.evaluate import Evaluator
from search.engines.disk.evaluation.facets import Counts
from search.engines.disk.evaluation.leaves import LeafReader
from search.engines.disk.evaluation.results import search_results
from search.engines.disk.evaluation.scoring import Norms
from search.engines.disk.reading.snapshot import SegmentStore
from search.errors import EngineError

_REMEMBERED: Final = 10_000
"""Hits of earlier answers whose place is known when their articles are asked for."""


class WhooshSearcher:
    """See `search.engines.base.Searcher`."""

    def __init__(self, directory: Path, store: SegmentStore) -> None:
        self._directory = directory
        self._store = store
        self._snapshot = store.open_snapshot()
        self._parts = self._snapshot.segments
        with reading(directory):
            self._dictionary = Dictionary(self._snapshot)
            self._reader = LeafReader(self._snapshot, self._dictionary)
        self._norms = Norms(self._snapshot)
        self._conditions = Conditions()
        self._counts = Counts(self._snapshot)
        self._numbers: dict[str, int] = {}
        self._open = True

    def status(self) -> IndexStatus:
        manifest = self._snapshot.manifest
        return IndexStatus(manifest.generation, manifest.articles, manifest.built_at, "whoosh", manifest.size_bytes())

    def search(self, plan: Plan) -> Results:
        zone_named(plan.time_zone)
        deadline = Deadline(plan.deadline)
        with self._reading():
            evaluator = Evaluator(self._snapshot, self._reader, self._norms, self._conditions, deadline, plan.time_zone)
            if len(self._numbers) > _REMEMBERED:
                self._numbers.clear()
            return search_results(plan, evaluator, self._counts, self._numbers)

    def document(self, id: str) -> Document | None:
        with self._reading():
            return self._document(id, body=True, html=True)

    def documents(self, ids: Sequence[str], *, body: bool = True, html: bool = True) -> list[Document]:
        found = []
        with self._reading():
            for name in ids:
                document = self._document(name, body=body, html=html)
                if document is None:
                    raise damaged(self._directory, f"the article {name!r} is not there")
                found.append(document)
        return found

    def _document(self, id: str, *, body: bool, html: bool) -> Document | None:
        number = self._numbers.get(id)
        if number is not None:
            part, doc = self._snapshot.place(number)
            return part.segment.article(doc, body=body, html=html)
        for part in self._parts:
            for doc in part.segment.docs_of_id(id):
                if part.live[doc]:
                    return part.segment.article(doc, body=body, html=html)
        return None

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

    def values(self, field: str) -> Mapping[str, int]:
        with self._reading():
            return self._counts.keyword_totals(field)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        with self._reading():
            return self._dictionary.terms(prefix, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        with self._reading():
            return self._dictionary.similar_terms(word, distance, limit, least)

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        with self._reading():
            return self._dictionary.document_frequencies(words)

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
