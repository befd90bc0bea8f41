"""Reads every byte of an index and reports each problem, segment by segment.

It asks three questions: is every file there and as it was written (checksums)? Do its arrays fit together
(`structure`)? Are the articles those that were added, and indexed under their own values?
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.dates import epoch, is_floating
from search.document import Document
from search.engines.conventions import keyword_values
from search.engines.disk.errors import UNREADABLE, reading
from search.engines.disk.format.container import Container, DamagedFile
from search.engines.disk.format.entries import live_articles
from search.engines.disk.format.kinds import DELETIONS, SEGMENT, VECTORS
from search.engines.disk.format.manifest import NAME, PREVIOUS_NAME, File, Manifest, SegmentEntry, read_manifest
from search.engines.disk.format.structure import structure_problems
from search.engines.disk.format.vector_file import VectorFile
from search.engines.disk.reading.segments import Segment
from search.engines.protocols import Problem
from search.errors import BackfileError, EngineError, IndexDamaged
from search.schema import DATE_FIELDS, KEYWORD_FIELDS

_MOST_PROBLEMS: Final = 20
"""Problems reported of one kind and segment; more would say the same."""


def check_directory(directory: Path) -> Iterable[Problem]:
    """Every problem found. Raises IndexMissing, IndexVersionError, and EngineError where the system refuses to read."""
    try:
        manifest = read_manifest(directory)
    except IndexDamaged as error:
        return [Problem(str(directory / NAME), str(error)), *_check_previous(directory, None)]
    return _check_commit(directory, manifest)


def _check_commit(directory: Path, manifest: Manifest) -> Iterator[Problem]:
    seen: set[str] = set()
    sound = True
    for entry in manifest.segments:
        problems = list(check_segment(directory, entry, seen))
        sound = sound and not problems
        if not (problems and _is_swept(directory, entry.files())):
            yield from problems
    if manifest.toc and not _is_swept(directory, [manifest.toc]):
        yield from _check_plain_file(directory, manifest.toc)
    if sound and len(seen) != manifest.articles:
        yield Problem(str(directory), f"{len(seen):,} articles were found, {manifest.articles:,} were committed")
    yield from _check_previous(directory, manifest)


def _is_swept(directory: Path, files: Iterable[File]) -> bool:
    """Whether files are missing because a commit made meanwhile no longer needs them."""
    missing = {file for file in files if not (directory / file.name).exists()}
    try:
        return bool(missing) and missing.isdisjoint(read_manifest(directory).files())
    except EngineError:
        return False


def _check_previous(directory: Path, manifest: Manifest | None) -> Iterator[Problem]:
    """Checks those files of the commit before that the newest does not share."""
    try:
        previous = read_manifest(directory, PREVIOUS_NAME)
    except EngineError as error:
        if (directory / PREVIOUS_NAME).exists():
            yield Problem(str(directory / PREVIOUS_NAME), f"the commit before cannot be read: {error}")
        return
    shared = set(manifest.files()) if manifest else set()
    for entry in previous.segments:
        for file in entry.files():
            if file not in shared and (directory / file.name).exists():  # a writer may remove them at any time
                kind = SEGMENT if file is entry.file else DELETIONS if file is entry.deletions else VECTORS
                for problem in check_container(directory, file, kind):
                    yield Problem(problem.place, f"of the commit before: {problem.message}")


def check_segment(directory: Path, entry: SegmentEntry, seen: set[str]) -> Iterator[Problem]:
    """What is wrong with one segment. The ids of its articles are added to `seen`."""
    yield from check_vectors(directory, entry)
    damage = list(check_container(directory, entry.file, SEGMENT))
    if entry.deletions:
        damage += check_container(directory, entry.deletions, DELETIONS)
    yield from damage
    if damage:
        return
    where = str(directory / entry.file.name)
    try:
        with reading(directory):
            segment = Segment(directory / entry.file.name)
            problems = structure_problems(segment.container, entry.articles)
            yield from _limited(where, problems)
            if not problems:
                yield from _limited(where, _article_problems(segment, live_articles(directory, entry), seen))
    except IndexDamaged as error:
        yield Problem(where, str(error))


def check_vectors(directory: Path, entry: SegmentEntry) -> Iterator[Problem]:
    """What is wrong with the vectors of a segment; nothing if it has none."""
    if entry.vectors is None:
        return
    where = str(directory / entry.vectors.name)
    try:
        file = VectorFile.of(directory, entry)
        problems = list(file.problems()) if file else []
    except EngineError as error:
        problems = [str(error)]
    yield from (Problem(where, message) for message in problems)


def check_container(directory: Path, file: File, kind: str) -> Iterator[Problem]:
    """Whether a file of arrays is there and as it was written."""
    path = directory / file.name
    where = str(path)
    try:
        container = Container(path, kind)
    except FileNotFoundError:
        yield Problem(where, "the file is missing")
    except BackfileError as error:
        yield Problem(where, str(error))
    except (DamagedFile, *UNREADABLE) as error:
        yield Problem(where, _size_problem(path, file) or str(error))
    except OSError as error:
        yield Problem(where, f"the file cannot be read: {error.strerror}")
    else:
        if problem := _size_problem(path, file):
            yield Problem(where, problem)
        elif container.crc32 != file.crc32:
            yield Problem(where, "this is another file than the one that was committed")
        for _, message in container.problems():
            yield Problem(where, message)


def _size_problem(path: Path, file: File) -> str:
    size = path.stat().st_size
    return "" if size == file.size else f"the file has {size:,} bytes instead of {file.size:,}"


def _check_plain_file(directory: Path, file: File) -> Iterator[Problem]:
    where = str(directory / file.name)
    try:
        content = (directory / file.name).read_bytes()
    except FileNotFoundError:
        yield Problem(where, "the file is missing")
    except OSError as error:
        yield Problem(where, f"the file cannot be read: {error.strerror}")
    else:
        if len(content) != file.size:
            yield Problem(where, f"the file has {len(content):,} bytes instead of {file.size:,}")
        elif zlib.crc32(content) != file.crc32:
            yield Problem(where, "the file is not what was written: its checksum differs")


def _limited(where: str, messages: Iterable[str]) -> Iterator[Problem]:
    for count, message in enumerate(messages):
        if count == _MOST_PROBLEMS:
            yield Problem(where, "and more of the kind")
            return
        yield Problem(where, message)


def _article_problems(segment: Segment, live: NDArray[np.bool_], seen: set[str]) -> Iterator[str]:
    for doc in np.flatnonzero(live).tolist():
        name = segment.id_of(doc)
        if name in seen:
            yield f"the article {name!r} is there twice"
        seen.add(name)
        yield from _stored_problems(segment, doc, name)


def _stored_problems(segment: Segment, doc: int, name: str) -> Iterator[str]:
    try:
        document = segment.article(doc)
    except UNREADABLE as error:
        yield f"the stored article {name!r} cannot be read: {error}"
        return
    if document.id != name:
        yield f"the stored article {name!r} has the id {document.id!r}"
    if document.content_hash() != segment.content_hashes[doc].tobytes().hex():
        yield f"the stored article {name!r} is not the one that was added"
    if doc not in segment.docs_of_id(name):
        yield f"the article {name!r} cannot be found by its id"
    if document.url and doc not in segment.docs_of_url(document.url):
        yield f"the article {name!r} cannot be found by its address"
    for column in _differing_columns(segment, doc, document):
        yield f"the article {name!r} is filed under other values of {column} than it states"


def _differing_columns(segment: Segment, doc: int, document: Document) -> Iterator[str]:
    """The columns that differ from the stored article."""
    for field in KEYWORD_FIELDS:
        values, row = segment.keywords(field), slice(*segment.keywords(field).starts[doc : doc + 2].tolist())
        if {values.values[ordinal] for ordinal in values.ordinals[row].tolist()} != keyword_values(document, field):
            yield field
    for ordinal, (field, dated) in enumerate(DATE_FIELDS.items()):
        moment, seconds = dated.value(document), float(segment.epochs(ordinal)[doc])
        if moment is None:
            is_so = math.isnan(seconds)
        else:
            is_so = seconds == epoch(moment) and bool(segment.floating(ordinal)[doc]) == is_floating(moment)
        if not is_so:
            yield field
    if segment.urls[doc] != (document.url or ""):
        yield "address"
    if segment.sources[int(segment.source_ordinals[doc])] != document.source:
        yield "source"
    if int(segment.fingerprints[doc]) != document.fingerprint:
        yield "fingerprint"
