"""Answers from one commit: the query over every segment, then filters, counts and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from search.document import Document
from search.engines.answer import Deadline
from search.engines.base import IndexStatus, Plan, Results
from search.engines.dates import zone_named
from search.engines.outcome import leaves
from search.engines.whoosh.dictionary import Dictionary
from search.engines.whoosh.errors import damaged
from search.engines.whoosh.facets import Counts
from search.engines.whoosh.leaves import LeafReader
from search.engines.whoosh.places import TimeIsUp
from search.engines.whoosh.results import no_results, search_results
from search.engines.whoosh.snapshot import SegmentStore
from search.errors import EngineError


class WhooshSearcher:
    """See `search.engines.base.Searcher`."""

    def __init__(self, directory: Path, store: SegmentStore) -> None:
        self._directory = directory
        self._store = store
        self._snapshot = store.open_snapshot()
        self._parts = self._snapshot.segments
        self._dictionary = Dictionary(self._snapshot)
        self._reader = LeafReader(self._snapshot, self._dictionary)
        self._counts = Counts(self._snapshot)
        self._places: dict[str, tuple[int, int]] | None = None
        self._open = True

    def status(self) -> IndexStatus:
        manifest = self._snapshot.manifest
        return IndexStatus(manifest.generation, manifest.articles, manifest.built_at, "whoosh", manifest.size_bytes())

    def search(self, plan: Plan) -> Results:
        zone_named(plan.time_zone)
        deadline = Deadline(plan.deadline)
        self._require_open()
        try:
            known = {leaf: self._reader.read(leaf, deadline) for leaf in dict.fromkeys(leaves(plan.query))}
        except TimeIsUp:
            return no_results(plan)
        return search_results(plan, self._parts, known, self._counts, deadline)

    def document(self, id: str) -> Document | None:
        self._require_open()
        place = self._place(id)
        return None if place is None else self._parts[place[0]].segment.article(place[1])

    def documents(self, ids: Sequence[str], *, body: bool = True, html: bool = True) -> list[Document]:
        del body, html  # one with the other
        found = []
        for name in ids:
            document = self.document(name)
            if document is None:
                raise damaged(self._directory, f"the article {name!r} is not there")
            found.append(document)
        return found

    def content_hashes(self) -> Mapping[str, str]:
        self._require_open()
        return {
            part.segment.ids[doc]: part.segment.facts["content_hash"][doc].tobytes().hex()
            for part in self._parts
            for doc in np.flatnonzero(part.live).tolist()
        }

    def sources(self) -> Mapping[str, str]:
        self._require_open()
        return {
            part.segment.ids[doc]: part.segment.sources[doc]
            for part in self._parts
            for doc in np.flatnonzero(part.live).tolist()
        }

    def id_of_url(self, url: str) -> str | None:
        self._require_open()
        named = (
            part.segment.ids[doc] for part in self._parts for doc in part.segment.urls.get(url, ()) if part.live[doc]
        )
        return min(named, default=None)

    def values(self, field: str) -> Mapping[str, int]:
        self._require_open()
        return self._counts.keyword_totals(field)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        self._require_open()
        return self._dictionary.terms(prefix, limit)

    def similar_terms(self, word: str, distance: int, limit: int) -> list[tuple[str, int]]:
        self._require_open()
        return self._dictionary.similar_terms(word, distance, limit)

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        self._require_open()
        return [self._dictionary.article_count(word) for word in words]

    def close(self) -> None:
        """Gives the files back; searching afterwards raises EngineError."""
        if self._open:
            self._open = False
            self._store.release(self._snapshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("this searcher is closed; open another")

    def _place(self, name: str) -> tuple[int, int] | None:
        """The segment and the number of an article that is not deleted."""
        if self._places is None:
            self._require_open()
            self._places = {
                part.segment.ids[doc]: (number, doc)
                for number, part in enumerate(self._parts)
                for doc in np.flatnonzero(part.live).tolist()
            }
        return self._places.get(name)
