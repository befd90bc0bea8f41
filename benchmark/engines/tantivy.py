"""tantivy, a search library in Rust, through its Python package: search, aggregations and snippets, one call each.

Its English analyzer stems and keeps stop words. The Python package counts calendar months only by a number;
so the month is a column of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import tantivy
from tantivy import FieldType, Occur, Query

from benchmark.articles import instant_of, month_of, section_of
from benchmark.engines.base import SECTIONS, SNIPPET_CHARACTERS, TEXT, WEIGHTS, Answer, Output, values_of
from benchmark.queries import Question
from search.document import Document

HEAP: Final = 256_000_000
"""Bytes that the writer's threads may fill before they write a segment."""
_BOOSTS: Final = dict(zip(TEXT, WEIGHTS, strict=True))
_COUNTS: Final = {
    "section": {"terms": {"field": "section", "size": SECTIONS}},
    "month": {"histogram": {"field": "month", "interval": 1, "min_doc_count": 1}},
}


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in TEXT:
        builder.add_text_field(field, stored=True, tokenizer_name="en_stem")
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("section", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("month", fast=True)
    builder.add_date_field("published", stored=True, indexed=True, fast=True)
    builder.add_bytes_field("html", stored=True)
    return builder.build()


class TantivyIndexing:
    """See `benchmark.engines.base.Indexing`."""

    def __init__(self, folder: Path, threads: int) -> None:
        folder.mkdir(parents=True)
        self._schema = _schema()
        self._writer = tantivy.Index(self._schema, str(folder)).writer(HEAP, threads)

    def add(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._writer.add_document(tantivy.Document.from_dict(_fields(document), self._schema))

    def commit(self) -> None:
        self._writer.commit()

    def settle(self) -> None:
        """Waits for its merging threads."""
        self._writer.wait_merging_threads()


class TantivySearching:
    """See `benchmark.engines.base.Searching`."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def answer(self, question: Question, output: Output) -> Answer:
        query = self._query(question)
        found: Any = self._searcher.search(query, 10)  # its type stub leaves `count` out
        documents = [self._searcher.doc(address) for _, address in found.hits]
        ids = tuple(str(document.get_first("id")) for document in documents)
        total: int = found.count
        if output == "top":
            return Answer(total, ids)
        counts = self._searcher.aggregate(query, _COUNTS)
        sections, months = (len(counts[name]["buckets"]) for name in ("section", "month"))
        if output == "counts":
            return Answer(total, ids, sections, months)
        return Answer(total, ids, sections, months, self._snippets(query, documents))

    def _snippets(self, query: Query, documents: list[tantivy.Document]) -> int:
        generator = tantivy.SnippetGenerator.create(self._searcher, query, self._schema, "body")
        generator.set_max_num_chars(SNIPPET_CHARACTERS)
        return sum(bool(generator.snippet_from_doc(document).to_html()) for document in documents)

    def _query(self, question: Question) -> Query:
        query = self._words(question)
        conditions: list[Query] = []
        if question.section:
            conditions.append(Query.term_query(self._schema, "section", question.section))
        if question.start and question.end:
            ends = datetime.combine(question.start, time.min), datetime.combine(question.end, time.max)
            conditions.append(Query.range_query(self._schema, "published", FieldType.Date, *ends))
        if not conditions:
            return query
        unscored = [Query.const_score_query(condition, 0.0) for condition in conditions]
        return Query.boolean_query([(Occur.Must, query), *((Occur.Must, condition) for condition in unscored)])

    def _words(self, question: Question) -> Query:
        match question.shape:
            case "everything":
                return Query.all_query()
            case "prefix":
                return self._anywhere(lambda field: Query.regex_query(self._schema, field, f"{question.words[0]}.*"))
            case "fuzzy":
                return self._anywhere(lambda field: Query.fuzzy_term_query(self._schema, field, question.words[0], 1))
        text = " ".join(question.words)
        return self._index.parse_query(
            f'"{text}"' if question.shape == "phrase" else text,
            list(TEXT),
            field_boosts=_BOOSTS,
            conjunction_by_default=question.shape == "all",
        )

    def _anywhere(self, part: Any) -> Query:
        boosted = (Query.boost_query(part(field), _BOOSTS[field]) for field in TEXT)
        return Query.boolean_query([(Occur.Should, query) for query in boosted])


@dataclass(frozen=True, slots=True)
class _Tantivy:
    label: str = "tantivy"
    workers: tuple[int, ...] = (1, 2)
    most: int | None = None
    why_most: str = ""

    def version(self) -> str:
        return version("tantivy")

    def index(self, folder: Path, workers: int) -> TantivyIndexing:
        return TantivyIndexing(folder, workers)

    def optimize(self, folder: Path) -> bool:
        """Its Python package cannot ask for one segment."""
        del folder
        return False

    def search(self, folder: Path) -> TantivySearching:
        return TantivySearching(folder)

    def lacks(self, question: Question, output: Output) -> str | None:
        del question, output
        return None


def _fields(document: Document) -> dict[str, object]:
    fields: dict[str, object] = {field: list(values_of(document, field)) for field in TEXT}
    fields["id"] = document.id
    fields["html"] = document.html.encode()
    if section := section_of(document):
        fields["section"] = section
    if published := instant_of(document):
        fields["published"] = published
        fields["month"] = month_of(document.published)
    return fields


ENGINE: Final = _Tantivy()
