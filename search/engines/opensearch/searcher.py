"""One commit of an archive on the cluster, as everything above the seam sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

from search.document import Document
from search.engines.conventions import Deadline
from search.engines.opensearch.evaluation.answering import answer, totals
from search.engines.opensearch.evaluation.known import Known
from search.engines.opensearch.format.commits import Commit
from search.engines.opensearch.reading import lookups, vectors, vocabulary
from search.engines.opensearch.reading.values import Values
from search.engines.opensearch.transport.connection import Connection
from search.engines.plan import Plan
from search.engines.protocols import CAPABILITIES
from search.engines.results import IndexStatus, Results, Stamp
from search.engines.vectors import Vectors
from search.errors import EngineError
from search.schema import ValueMatch

CLUSTER_CAPABILITIES: Final = CAPABILITIES - {"reference scores"}
"""Scores are those of `search.ranking` but for the precision: the cluster computes them in 32 bits."""


class ClusterSearcher:
    """See `search.engines.protocols.Searcher`."""

    capabilities = CLUSTER_CAPABILITIES

    def __init__(self, connection: Connection, commit: Commit) -> None:
        self._connection = connection
        self._commit = commit
        self._known = Known()
        self._values = Values(connection, commit)
        self._open = True

    def status(self) -> IndexStatus:
        commit = self._commit
        return IndexStatus(
            generation=commit.generation,
            articles=commit.articles,
            built_at=commit.committed_at,
            engine=self._connection.address.scheme,
            languages=commit.languages,
            size_bytes=commit.size_bytes,
        )

    def search(self, plan: Plan) -> Results:
        connection = self._opened()
        self._known = self._known.with_room()
        return answer(connection, self._commit, self._known, plan)

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        connection = self._opened()
        return totals(connection, self._commit, self._known, plans, Deadline(deadline))

    def document(self, id: str) -> Document | None:
        return lookups.document(self._opened(), self._commit, id)

    def articles(self, after: str | None = None) -> Iterator[Document]:
        return lookups.articles(self._opened(), self._commit, after)

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        return lookups.stamps(self._opened(), self._commit, ids)

    def ids_from(self, source: str) -> Iterator[str]:
        return lookups.ids_from(self._opened(), self._commit, source)

    def id_of_url(self, url: str) -> str | None:
        return lookups.id_of_url(self._opened(), self._commit, url)

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        self._opened()
        return self._values.top(field, limit)

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        self._opened()
        return self._values.find(field, text, how, limit)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return vocabulary.terms(self._opened(), self._commit, prefix, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        return vocabulary.similar_terms(self._opened(), self._commit, word, distance, limit, least)

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        known = self._known.words
        found: dict[str, int] = {}
        if unknown := [word for word in words if word not in known]:
            counts = vocabulary.document_frequencies(self._opened(), self._commit, unknown)
            found = dict(zip(unknown, counts, strict=True))
        return [found[word] if word in found else known[word] for word in words]

    def vectors(self, model: str, ids: Sequence[str]) -> Mapping[str, Vectors]:
        return vectors.vectors(self._opened(), self._commit, model, ids)

    def without_vectors(self, model: str) -> Iterator[str]:
        return vectors.without_vectors(self._opened(), self._commit, model)

    def vector_models(self) -> tuple[str, ...]:
        return vectors.models(self._opened(), self._commit)

    def close(self) -> None:
        """Nothing is held on the cluster; searching afterwards raises EngineError all the same."""
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> Connection:
        if not self._open:
            raise EngineError("this searcher is closed; open another")
        return self._connection
