"""Reads a whole index and says what is wrong with it, part by part, going on after each problem."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.engines.answer import keyword_values
from search.engines.base import Problem
from search.engines.whoosh.codec import PlacesCache
from search.engines.whoosh.errors import reading
from search.engines.whoosh.manifest import Manifest, read_manifest
from search.engines.whoosh.mapped import read_toc
from search.engines.whoosh.schema import GROUPS, POSITION_BITS, from_bytes
from search.engines.whoosh.segments import Segment
from search.errors import EngineError, IndexDamaged, IndexMissing
from search.schema import KEYWORD_FIELDS, TEXT_FIELDS

_MOST_PROBLEMS: Final = 20
"""Of one kind in one segment; the rest would say the same."""


def check_directory(directory: Path) -> Iterable[Problem]:
    """Every problem found. Raises IndexMissing, and EngineError where the system refuses to read."""
    try:
        manifest = read_manifest(directory)
    except IndexMissing:
        raise
    except EngineError as error:
        return [Problem(str(directory), str(error))]
    return _check_manifest(directory, manifest)


def _check_manifest(directory: Path, manifest: Manifest) -> Iterator[Problem]:
    folder = directory / manifest.folder
    yield from _check_files(folder, manifest)
    try:
        with reading(directory):
            toc = read_toc(folder, manifest.toc)
    except IndexDamaged as error:
        yield Problem(str(folder), str(error))
        return
    seen: set[str] = set()
    for record in toc.segments:
        yield from _check_segment(directory, folder, record, seen)
    if len(seen) != manifest.articles:
        yield Problem(str(directory), f"{len(seen):,} articles were found, {manifest.articles:,} were committed")


def _check_files(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    for name, file in manifest.files.items():
        try:
            crc = size = 0
            with (folder / name).open("rb") as stream:
                while block := stream.read(1 << 20):
                    crc = zlib.crc32(block, crc)
                    size += len(block)
        except FileNotFoundError:
            yield Problem(str(folder / name), "the file is missing")
            continue
        except OSError as error:
            yield Problem(str(folder / name), f"the file cannot be read: {error.strerror}")
            continue
        if size != file.size:
            yield Problem(str(folder / name), f"the file has {size:,} bytes instead of {file.size:,}")
        elif crc != file.crc32:
            yield Problem(str(folder / name), "the file is not what was written: its checksum differs")


def _check_segment(directory: Path, folder: Path, record: Any, seen: set[str]) -> Iterator[Problem]:
    place = str(folder / record.make_filename(record.COMPOUND_EXT))
    try:
        with reading(directory), closing(Segment(folder, record, PlacesCache(0))) as segment:
            yield from _limited(place, _article_problems(segment, set(record.deleted_docs()), seen))
            yield from _limited(place, _posting_problems(segment))
    except IndexDamaged as error:
        yield Problem(place, str(error))


def _limited(place: str, messages: Iterator[str]) -> Iterator[Problem]:
    for count, message in enumerate(messages):
        if count == _MOST_PROBLEMS:
            yield Problem(place, "and more of the kind")
            return
        yield Problem(place, message)


def _article_problems(segment: Segment, deleted: set[int], seen: set[str]) -> Iterator[str]:
    keywords = {name: _values_by_article(segment, name) for name in KEYWORD_FIELDS}
    for doc, name in enumerate(segment.ids):
        if doc in deleted:
            continue
        if name in seen:
            yield f"the article {name!r} is there twice"
        seen.add(name)
        try:
            document = segment.article(doc)
        except (ValueError, TypeError, LookupError, zlib.error) as error:
            yield f"the stored article {name!r} cannot be read: {error}"
            continue
        if document.id != name:
            yield f"the stored article {name!r} has the id {document.id!r}"
        if document.content_hash() != segment.facts["content_hash"][doc].tobytes().hex():
            yield f"the stored article {name!r} is not the one that was added"
        for field, values in keywords.items():
            if values[doc] != keyword_values(document, field):
                yield f"the article {name!r} is filed under other values of {field} than it states"


def _values_by_article(segment: Segment, field: str) -> list[set[str]]:
    column = segment.keywords(field)
    values: list[set[str]] = [set() for _ in range(segment.size)]
    for doc, ordinal in zip(column.docs.tolist(), column.ordinals.tolist(), strict=True):
        values[doc].add(column.values[ordinal])
    return values


def _posting_problems(segment: Segment) -> Iterator[str]:
    for group in GROUPS:
        for raw, info in segment.terms(group):
            term = from_bytes(raw)
            places = segment.places(group, term)
            docs = np.unique(places >> 32)
            if len(docs) != info.doc_frequency():
                yield f"the word {term!r} stands in {len(docs):,} articles, {info.doc_frequency():,} were written"
            if len(docs) and (docs[0] < 0 or docs[-1] >= segment.size):
                yield f"the word {term!r} stands in an article that is not there"
            elif len(places) and int(((places >> POSITION_BITS) & 7).max()) >= len(TEXT_FIELDS):
                yield f"the word {term!r} stands in a field that is not there"
