"""The file of prepared articles that every engine indexes: fast to read, and streamed in batches.

So every engine indexes the same documents, and the archive need not fit into memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Final

from search.batching import in_batches
from search.document import Document, Heading, moment_of

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file of documents; `words` is the mean length of a body."""

    path: Path
    articles: int
    words: float


def write_articles(documents: Iterable[Document], path: Path) -> Prepared:
    """Writes the documents to the file, one per line, replacing its content."""
    count = words = 0
    with path.open("w", encoding="utf-8") as stream:
        for document in documents:
            stream.write(json.dumps(_fields(document), ensure_ascii=False, separators=(",", ":")))
            stream.write("\n")
            count += 1
            words += document.body.count(" ") + 1
    return Prepared(path, count, words / max(1, count))


def read_batches(path: Path, limit: int, size: int = BATCH) -> Iterator[list[Document]]:
    """The first `limit` documents of a file, in lists of at most `size`."""
    with path.open(encoding="utf-8") as stream:
        yield from in_batches((_document(json.loads(line)) for line in islice(stream, limit)), size)


def section_of(document: Document) -> str | None:
    """The section that the other engines store: the whole path of the first one."""
    return document.sections[0] if document.sections else None


def instant_of(document: Document) -> datetime | None:
    """The time of publication in UTC; midnight for a bare date."""
    moment = document.published
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), UTC) if moment else None


def month_of(moment: date | None) -> int | None:
    """Months since the year 0, by which the other engines count the timeline."""
    return moment.year * 12 + moment.month - 1 if moment else None


def _fields(document: Document) -> list[Any]:
    return [
        document.id,
        document.title,
        document.body,
        document.summary,
        [[heading.text, heading.level, heading.offset, heading.anchor] for heading in document.headings],
        document.url,
        document.sections,
        document.authors,
        document.tags,
        document.published.isoformat() if document.published else None,
        document.modified.isoformat() if document.modified else None,
        document.language,
        document.type,
        document.html,
        document.fingerprint,
    ]


def _document(fields: list[Any]) -> Document:
    number, title, body, summary, headings, url, sections, authors, tags, published, modified, *rest = fields
    language, kind, html, fingerprint = rest
    return Document(
        number,
        title,
        body,
        summary,
        tuple(Heading(*heading) for heading in headings),
        url,
        tuple(sections),
        tuple(authors),
        tuple(tags),
        moment_of(published),
        moment_of(modified),
        language,
        kind,
        "benchmark",
        html,
        fingerprint,
    )
