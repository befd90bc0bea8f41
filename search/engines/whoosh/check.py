"""Reads every byte of an index and says what is wrong with it, part by part, going on after each problem.

Three questions, in this order: is every file there and what was written (checksums); do its arrays fit together
(`structure`); are the articles those that were added, and filed under what they state?
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.answer import keyword_values
from search.engines.base import Problem
from search.engines.whoosh.errors import reading
from search.engines.whoosh.files.container import Container, DamagedFile
from search.engines.whoosh.files.deletions import live_articles
from search.engines.whoosh.files.layout import DELETIONS, SEGMENT, Strings
from search.engines.whoosh.files.manifest import NAME, PREVIOUS_NAME, File, Manifest, SegmentEntry, read_manifest
from search.engines.whoosh.files.stored import decode_article
from search.engines.whoosh.files.structure import structure_problems
from search.errors import BackfileError, EngineError, IndexDamaged, IndexMissing
from search.schema import KEYWORD_FIELDS

_MOST_PROBLEMS: Final = 20
"""Of one kind in one segment; the rest would say the same."""

UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, OverflowError, zlib.error, MemoryError)
"""What decoding a stored article or following arrays that lie may raise."""


def check_directory(directory: Path) -> Iterable[Problem]:
    """Every problem found. Raises IndexMissing, and EngineError where the system refuses to read."""
    try:
        manifest = read_manifest(directory)
    except IndexMissing:
        raise
    except EngineError as error:
        return [Problem(str(directory / NAME), str(error)), *_check_previous(directory, None)]
    return _check_commit(directory, manifest)


def _check_commit(directory: Path, manifest: Manifest) -> Iterator[Problem]:
    seen: set[str] = set()
    sound = True
    for entry in manifest.segments:
        problems = list(check_segment(directory, entry, seen))
        sound = sound and not problems
        yield from problems
    if manifest.toc:
        yield from _check_plain_file(directory, manifest.toc)
    if sound and len(seen) != manifest.articles:
        yield Problem(str(directory), f"{len(seen):,} articles were found, {manifest.articles:,} were committed")
    yield from _check_previous(directory, manifest)


def _check_previous(directory: Path, manifest: Manifest | None) -> Iterator[Problem]:
    """The commit before: only what it does not share with the newest."""
    try:
        previous = read_manifest(directory, PREVIOUS_NAME)
    except EngineError as error:
        if (directory / PREVIOUS_NAME).exists():
            yield Problem(str(directory / PREVIOUS_NAME), f"the commit before cannot be read: {error}")
        return
    shared = set(manifest.files()) if manifest else set()
    for entry in previous.segments:
        for file in entry.files():
            if file not in shared and (directory / file.name).exists():  # a writer may sweep them at any time
                kind = SEGMENT if file is entry.file else DELETIONS
                for problem in check_container(directory, file, kind):
                    yield Problem(problem.place, f"of the commit before: {problem.message}")


def check_segment(directory: Path, entry: SegmentEntry, seen: set[str]) -> Iterator[Problem]:
    """What is wrong with one segment; `seen` collects the ids of its articles."""
    damage = list(check_container(directory, entry.file, SEGMENT))
    if entry.deletions:
        damage += check_container(directory, entry.deletions, DELETIONS)
    yield from damage
    if damage:
        return
    place = str(directory / entry.file.name)
    try:
        with reading(directory):
            container = Container(directory / entry.file.name, SEGMENT)
            problems = structure_problems(container, entry.articles)
            yield from _limited(place, problems)
            if not problems:
                yield from _limited(place, _article_problems(container, live_articles(directory, entry), seen))
    except IndexDamaged as error:
        yield Problem(place, str(error))


def check_container(directory: Path, file: File, kind: str) -> Iterator[Problem]:
    """Whether a file of arrays is there and is what was written."""
    path = directory / file.name
    place = str(path)
    try:
        container = Container(path, kind)
    except FileNotFoundError:
        yield Problem(place, "the file is missing")
    except BackfileError as error:
        yield Problem(place, str(error))
    except (DamagedFile, *UNREADABLE) as error:
        yield Problem(place, _size_problem(path, file) or str(error))
    except OSError as error:
        yield Problem(place, f"the file cannot be read: {error.strerror}")
    else:
        if problem := _size_problem(path, file):
            yield Problem(place, problem)
        elif container.crc32 != file.crc32:
            yield Problem(place, "this is another file than the one that was committed")
        for _, message in container.problems():
            yield Problem(place, message)


def _size_problem(path: Path, file: File) -> str:
    size = path.stat().st_size
    return "" if size == file.size else f"the file has {size:,} bytes instead of {file.size:,}"


def _check_plain_file(directory: Path, file: File) -> Iterator[Problem]:
    place = str(directory / file.name)
    try:
        content = (directory / file.name).read_bytes()
    except FileNotFoundError:
        yield Problem(place, "the file is missing")
    except OSError as error:
        yield Problem(place, f"the file cannot be read: {error.strerror}")
    else:
        if len(content) != file.size:
            yield Problem(place, f"the file has {len(content):,} bytes instead of {file.size:,}")
        elif zlib.crc32(content) != file.crc32:
            yield Problem(place, "the file is not what was written: its checksum differs")


def _limited(place: str, messages: Iterable[str]) -> Iterator[Problem]:
    for count, message in enumerate(messages):
        if count == _MOST_PROBLEMS:
            yield Problem(place, "and more of the kind")
            return
        yield Problem(place, message)


@dataclass(frozen=True, slots=True)
class _Filed:
    """What the columns say of the articles of a segment."""

    ids: Strings
    hashes: NDArray[np.uint8]
    keywords: Mapping[str, tuple[Sequence[str], NDArray[Any], NDArray[Any]]]

    def values(self, field: str, doc: int) -> frozenset[str]:
        names, starts, ordinals = self.keywords[field]
        return frozenset(names[ordinal] for ordinal in ordinals[starts[doc] : starts[doc + 1]].tolist())


def _filed(container: Container) -> _Filed:
    def strings(name: str) -> Strings:
        return Strings(container.array(f"{name}.bytes"), container.array(f"{name}.starts"))

    keywords = {
        name: (
            strings(f"kw.{name}.values").all(),
            container.array(f"kw.{name}.starts"),
            container.array(f"kw.{name}.ordinals"),
        )
        for name in KEYWORD_FIELDS
    }
    return _Filed(strings("id"), container.array("content_hashes").reshape(-1, 16), keywords)


def _article_problems(container: Container, live: NDArray[np.bool_], seen: set[str]) -> Iterator[str]:
    filed = _filed(container)
    articles = Strings(container.array("article.bytes"), container.array("article.starts"))
    for doc in np.flatnonzero(live).tolist():
        name = filed.ids[doc]
        if name in seen:
            yield f"the article {name!r} is there twice"
        seen.add(name)
        yield from _stored_problems(filed, articles.raw(doc), doc, name)


def _stored_problems(filed: _Filed, raw: bytes, doc: int, name: str) -> Iterator[str]:
    try:
        document = decode_article(raw)
    except UNREADABLE as error:
        yield f"the stored article {name!r} cannot be read: {error}"
        return
    if document.id != name:
        yield f"the stored article {name!r} has the id {document.id!r}"
    if document.content_hash() != filed.hashes[doc].tobytes().hex():
        yield f"the stored article {name!r} is not the one that was added"
    for field in KEYWORD_FIELDS:
        if filed.values(field, doc) != keyword_values(document, field):
            yield f"the article {name!r} is filed under other values of {field} than it states"
