"""An engine that lacks some capabilities and refuses whatever needs one of them, as an honest poor engine would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from search.document import Document
from search.engines.plan import Plan
from search.engines.protocols import CAPABILITIES, AddedVectors, Engine, Searcher, Writer, WriterProgress
from search.engines.results import IndexStatus, Results, Stamp
from search.engines.vectors import Vectors
from search.errors import EngineError
from search.schema import ValueMatch


def _needs(plan: Plan) -> Iterator[str]:
    wanted: Mapping[str, object] = {
        "facets": plan.facets, "timeline": plan.timeline, "cursor": plan.after, "explain": plan.explain,
        "recency": plan.recency, "meaning": plan.meaning,
    }  # fmt: skip
    yield from (name for name, value in wanted.items() if value)


class CrippledEngine:
    """`engine` without the capabilities `lacking`."""

    def __init__(self, engine: Engine, *lacking: str) -> None:
        assert CAPABILITIES.issuperset(lacking)
        self.url = engine.url
        self.ledger_place = engine.ledger_place
        self.capabilities = CAPABILITIES.difference(lacking)
        self._engine = engine

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> Writer:
        writer = self._engine.writer(replace=replace, progress=progress)
        return writer if "transaction" in self.capabilities else _HastyWriter(self._engine, writer)

    def searcher(self) -> Searcher:
        return _CrippledSearcher(self._engine, self.capabilities)

    def generation(self) -> str:
        return self._engine.generation()

    def identity(self) -> str:
        return self._engine.identity()

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
        assert "meaning" in self.capabilities
        return self._engine.add_vectors(model, vectors)

    def close(self) -> None:
        self._engine.close()


class _HastyWriter:
    """Commits each change at once, so that nothing can be taken back."""

    step = None

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def _commit_now(self) -> None:
        self._writer.commit()
        self._writer = self._engine.writer()

    def add(self, document: Document) -> None:
        self._writer.add(document)
        self._commit_now()

    def delete(self, id: str) -> bool:
        found = self._writer.delete(id)
        self._commit_now()
        return found

    def commit(self) -> None:
        self._writer.commit()

    def rollback(self) -> None:
        self._writer.rollback()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)


class _CrippledSearcher:
    def __init__(self, engine: Engine, capabilities: frozenset[str]) -> None:
        self.capabilities = capabilities
        self._engine = engine
        self._opened = engine.searcher()

    @property
    def _searcher(self) -> Searcher:
        return self._opened if "snapshot" in self.capabilities else self._engine.searcher()

    def _require(self, *needed: str) -> None:
        for name in needed:
            if name not in self.capabilities:
                raise EngineError(f"this engine lacks {name}")

    def status(self) -> IndexStatus:
        return self._searcher.status()

    def search(self, plan: Plan) -> Results:
        self._require(*_needs(plan))
        return self._searcher.search(plan)

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        return self._searcher.count_many(plans, deadline)

    def document(self, id: str) -> Document | None:
        return self._searcher.document(id)

    def articles(self, after: str | None = None) -> Iterator[Document]:
        return self._searcher.articles(after)

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        return self._searcher.stamps(ids)

    def ids_from(self, source: str) -> Iterator[str]:
        return self._searcher.ids_from(source)

    def id_of_url(self, url: str) -> str | None:
        return self._searcher.id_of_url(url)

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        return self._searcher.top_values(field, limit)

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        return self._searcher.find_values(field, text, how, limit)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        self._require("vocabulary")
        return self._searcher.terms(prefix, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        self._require("vocabulary")
        return self._searcher.similar_terms(word, distance, limit, least)

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        self._require("vocabulary")
        return self._searcher.document_frequencies(words)

    def vectors(self, model: str, ids: Sequence[str]) -> Mapping[str, Vectors]:
        self._require("meaning")
        return self._searcher.vectors(model, ids)

    def without_vectors(self, model: str) -> Iterator[str]:
        self._require("meaning")
        return self._searcher.without_vectors(model)

    def vector_models(self) -> tuple[str, ...]:
        self._require("meaning")
        return self._searcher.vector_models()

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
