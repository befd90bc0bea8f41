"""Whoosh as it comes: its own schema, codec, writer, query parser, facets and highlighter, with their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import whoosh
from whoosh import index as whoosh_index
from whoosh.analysis import StemmingAnalyzer
from whoosh.fields import ID, NUMERIC, STORED, Schema
from whoosh.fields import TEXT as WORDS
from whoosh.qparser import AndGroup, MultifieldParser, OrGroup
from whoosh.query import And, Every, FuzzyTerm, NumericRange, Or, Prefix, Term

from benchmark.articles import instant_of, month_of, section_of
from benchmark.engines.base import TEXT, WEIGHTS, Answer, Output, text_of
from benchmark.queries import Question
from search.document import Document

MOST: Final = 28_000
_BOOSTS: Final = dict(zip(TEXT, WEIGHTS, strict=True))
_UNDATED: Final = 0


def _schema() -> Any:
    analyzer = StemmingAnalyzer(stoplist=None, minsize=1)
    words = {field: WORDS(analyzer=analyzer, stored=True) for field in TEXT}
    numbers = {"month": NUMERIC(sortable=True, default=_UNDATED), "day": NUMERIC(sortable=True, default=_UNDATED)}
    return Schema(id=ID(stored=True), section=ID(stored=True, sortable=True), html=STORED, **words, **numbers)


class WhooshIndexing:
    """See `benchmark.engines.base.Indexing`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._writer = whoosh_index.create_in(str(folder), _schema()).writer()

    def add(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._writer.add_document(**_fields(document))

    def commit(self) -> None:
        self._writer.commit()

    def settle(self) -> None:
        """Nothing goes on after the commit."""


class WhooshSearching:
    """See `benchmark.engines.base.Searching`."""

    def __init__(self, folder: Path) -> None:
        opened = whoosh_index.open_dir(str(folder))
        self._searcher = opened.searcher()
        self._all = MultifieldParser(list(TEXT), opened.schema, fieldboosts=_BOOSTS, group=AndGroup)
        self._any = MultifieldParser(list(TEXT), opened.schema, fieldboosts=_BOOSTS, group=OrGroup)

    def answer(self, question: Question, output: Output) -> Answer:
        counted = {} if output == "top" else {"groupedby": ["section", "month"]}
        found = self._searcher.search(self._query(question), limit=10, filter=_filter(question), **counted)
        best = found[:10]  # with groups it holds every hit, whatever the limit
        ids = tuple(hit["id"] for hit in best)
        if output == "top":
            return Answer(len(found), ids)
        sections, months = (len(found.groups(name)) for name in ("section", "month"))
        marked = sum(bool(hit.highlights("body", top=2)) for hit in best) if output == "page" else 0
        return Answer(len(found), ids, sections, months, marked)

    def _query(self, question: Question) -> Any:
        match question.shape:
            case "everything":
                return Every()
            case "prefix":
                return Or([Prefix(field, question.words[0], boost=_BOOSTS[field]) for field in TEXT])
            case "fuzzy":
                word = question.words[0]
                return Or([FuzzyTerm(field, word, _BOOSTS[field], maxdist=1, prefixlength=1) for field in TEXT])
        text = " ".join(question.words)
        parser = self._any if question.shape == "any" else self._all
        return parser.parse(f'"{text}"' if question.shape == "phrase" else text)


@dataclass(frozen=True, slots=True)
class _Whoosh:
    label: str = "stock Whoosh"
    workers: tuple[int, ...] = (1,)
    most: int | None = MOST
    why_most: str = "more articles would take hours to index"

    def version(self) -> str:
        return ".".join(map(str, whoosh.__version__))

    def index(self, folder: Path, workers: int) -> WhooshIndexing:
        del workers
        return WhooshIndexing(folder)

    def optimize(self, folder: Path) -> bool:
        whoosh_index.open_dir(str(folder)).optimize()
        return True

    def search(self, folder: Path) -> WhooshSearching:
        return WhooshSearching(folder)

    def lacks(self, question: Question, output: Output) -> str | None:
        del question, output
        return None


def _fields(document: Document) -> dict[str, object]:
    fields: dict[str, object] = {field: text_of(document, field) for field in TEXT}
    published = instant_of(document)
    return fields | {
        "id": document.id,
        "html": document.html,
        "section": section_of(document) or "",
        "month": month_of(document.published) or _UNDATED,
        "day": published.toordinal() if published else _UNDATED,
    }


def _filter(question: Question) -> Any:
    conditions = []
    if question.section:
        conditions.append(Term("section", question.section))
    if question.start and question.end:
        conditions.append(NumericRange("day", question.start.toordinal(), question.end.toordinal()))
    return And(conditions) if conditions else None


ENGINE: Final = _Whoosh()
