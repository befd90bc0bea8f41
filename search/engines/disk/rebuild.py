"""Builds an index anew from the articles that are stored in it, with the analysis and the format of today.

Of an older index only the manifest, the deletions and the stored articles are read, whose format has stayed the same
since version 2; everything else follows from the articles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np

from search.document import Document
from search.engines.disk.errors import damaged, reading
from search.engines.disk.format.container import Container
from search.engines.disk.format.entries import live_articles
from search.engines.disk.format.kinds import HAS_ARTICLES, SEGMENT, VERSION
from search.engines.disk.format.layout import Strings
from search.engines.disk.format.manifest import Manifest, SegmentEntry, read_manifest
from search.engines.disk.format.stored import decode_article
from search.engines.disk.writing.pipeline import BuilderPool
from search.engines.disk.writing.writer import DiskWriter
from search.engines.protocols import Rebuilt
from search.errors import EngineError, IndexDamaged

Progress = Callable[[int, int], None]


def rebuild_directory(
    directory: Path, builders: BuilderPool, *, leave_out: Collection[str], workers: int, progress: Progress | None
) -> Rebuilt:
    """See `search.engines.protocols.Rebuilding`."""
    started = time.monotonic()
    _newest(directory)  # where there is none, none is begun
    with DiskWriter(directory, builders, replace=True, workers=workers) as writer:
        before, version = _newest(directory)  # nobody else commits from now on
        done = 0
        for document in _stored(directory, before):
            if document.id not in leave_out:
                writer.add(document)
            done += 1
            if progress:
                progress(done, before.articles)
        if done != before.articles:
            raise EngineError(f"{done:,} articles were read of {before.articles:,}; nothing was changed")
    after = read_manifest(directory)
    return Rebuilt(
        articles=(before.articles, after.articles),
        versions=(version, VERSION),
        size_bytes=(before.size_bytes(), after.size_bytes()),
        seconds=time.monotonic() - started,
        step=(before.generation, writer.step[1] if writer.step else after.generation),
    )


def _newest(directory: Path) -> tuple[Manifest, int]:
    """The newest commit, and its format version."""
    for version in sorted(HAS_ARTICLES - {VERSION}):
        try:
            return read_manifest(directory, versions=(version,)), version
        except IndexDamaged:
            raise
        except EngineError:
            continue
    return read_manifest(directory), VERSION


def _stored(directory: Path, manifest: Manifest) -> Iterator[Document]:
    for entry in manifest.segments:
        with reading(directory):
            container = Container(directory / entry.file.name, SEGMENT, HAS_ARTICLES)
            if (container.size, container.crc32) != (entry.file.size, entry.file.crc32):
                raise damaged(directory, f"{entry.file.name} is not the file that was committed")
            live = np.flatnonzero(live_articles(directory, entry, HAS_ARTICLES))
        for doc in live.tolist():
            with reading(directory):
                document = _article(directory, entry, container, doc)
            yield document


def _article(directory: Path, entry: SegmentEntry, container: Container, doc: int) -> Document:
    """A stored article, if it is the one that was added."""
    document = decode_article(Strings.of(container, "article").raw(doc))
    written = container.array("content_hashes")[16 * doc : 16 * (doc + 1)].tobytes().hex()
    if document.content_hash() != written:
        raise damaged(directory, f"an article in {entry.file.name} is not the one that was added")
    return document
