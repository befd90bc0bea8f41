"""Backfile, through the functions that the endpoint calls: the query parsed, planned, answered and made a response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmark.engines.base import SECTIONS, Answer, Output
from benchmark.queries import Question
from search.archive import Archive
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine, Maintenance, ParallelWriting, Writer
from search.request.request import FacetRequest, Filters, SearchRequest
from search.request.urls import Addresses

_FACETS: Final = (FacetRequest("section", SECTIONS),)
_PARTS: Final[dict[Output, SearchRequest]] = {
    "top": SearchRequest(facets=(), fields=("id", "title", "score"), highlight="off"),
    "counts": SearchRequest(facets=_FACETS, fields=("id", "title", "score"), highlight="off"),
    "page": SearchRequest(facets=_FACETS),
}
WHOLE_PAGE: Final = SearchRequest()
"""What a reader gets who asks for nothing special."""


class BackfileIndexing:
    """See `benchmark.engines.base.Indexing`."""

    def __init__(self, engine: Engine, workers: int) -> None:
        self._writer = _writer(engine, workers)
        self._add = self._writer.__enter__().add

    def add(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._add(document)

    def commit(self) -> None:
        self._writer.__exit__(None, None, None)

    def settle(self) -> None:
        """Nothing goes on after the commit."""


class BackfileSearching:
    """See `benchmark.engines.base.Searching`."""

    def __init__(self, engine: Engine) -> None:
        self._archive = Archive(engine)
        self._addresses = Addresses()

    def answer(self, question: Question, output: Output) -> Answer:
        found = self._archive.search(request_of(question, _PARTS[output]), self._addresses)
        return Answer(
            found.total,
            tuple(hit.id for hit in found.hits),
            len(found.facets[0].values) if found.facets else 0,
            len(found.timeline.buckets) if found.timeline else 0,
            sum(bool(hit.snippets) for hit in found.hits),
        )


@dataclass(frozen=True, slots=True)
class _Backfile:
    label: str = "Backfile"
    workers: tuple[int, ...] = (1, 2)
    most: int | None = None
    why_most: str = ""

    def version(self) -> str:
        return version("backfile")

    def index(self, folder: Path, workers: int) -> BackfileIndexing:
        return BackfileIndexing(_open(folder), workers)

    def optimize(self, folder: Path) -> bool:
        engine = _open(folder)
        if not isinstance(engine, Maintenance):
            return False
        engine.optimize()
        return True

    def search(self, folder: Path) -> BackfileSearching:
        return BackfileSearching(_open(folder))

    def lacks(self, question: Question, output: Output) -> str | None:
        del question, output
        return None


def _open(folder: Path) -> Engine:
    return open_engine(f"whoosh:{folder.absolute()}")


def _writer(engine: Engine, workers: int) -> Writer:
    if workers == 1:
        return engine.writer()
    if isinstance(engine, ParallelWriting):
        return engine.parallel_writer(workers=workers)
    raise NotImplementedError("this engine indexes in one process")


def request_of(question: Question, wanted: SearchRequest = WHOLE_PAGE) -> SearchRequest:
    """A question as a request for what `wanted` asks for: the page that a reader gets."""
    return replace(
        wanted,
        q=question.text(),
        operator="or" if question.shape == "any" else "and",
        keywords=(("section", Filters((question.section,))),) if question.section else (),
        start=question.start,
        end=question.end,
    )


_open(Path())  # loads the engine's code, as importing a peer loads its own
ENGINE: Final = _Backfile()
