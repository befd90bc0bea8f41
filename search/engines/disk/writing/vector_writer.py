"""Vectors come after their articles: a commit of their own adds them, and every later commit carries them along.

What ties vectors to an article is its content hash: whether the article's segment was merged, or the whole index built
anew from the same sources, its vectors are found again among those of the commit before, and need not be made twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import damaged, reading, writing
from search.engines.disk.format.arrays import Ints, distinct, expand_ranges
from search.engines.disk.format.container import Container, ContainerWriter
from search.engines.disk.format.directory import ADDING_VECTORS, DirectoryLock, highest_number, sweep
from search.engines.disk.format.entries import live_articles
from search.engines.disk.format.kinds import SEGMENT, VECTORS, VECTORS_SUFFIX
from search.engines.disk.format.manifest import (
    File,
    Manifest,
    SegmentEntry,
    new_generation,
    read_manifest,
    write_manifest,
)
from search.engines.disk.format.vector_file import VectorFile
from search.engines.disk.whoosh_codec import write_toc
from search.engines.protocols import AddedVectors
from search.engines.vectors import Quantised, Vectors, joined, quantised
from search.errors import EngineError

_SLICE: Final = 8_192
"""Articles whose rows are copied in one step."""

Hashes = NDArray[np.uint8]
"""A content hash of 16 bytes in each row."""


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """Articles that have vectors: their content hashes, and which of the `rows` belong to each. `file` is that which
    they are in, if they are in one."""

    hashes: Hashes
    firsts: Ints
    ends: Ints
    rows: Quantised
    file: VectorFile | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """Articles of a segment that will have vectors, ascending: where their rows begin in which source, and how many
    they are."""

    docs: Ints
    source: Ints
    firsts: Ints
    lengths: Ints

    def part(self, chosen: slice) -> _Chosen:
        return _Chosen(self.docs[chosen], self.source[chosen], self.firsts[chosen], self.lengths[chosen])


def add_vectors(directory: Path, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
    """See `search.engines.protocols.Engine.add_vectors`."""
    if not vectors:
        return AddedVectors(0)
    made = _made(model, vectors)
    read_manifest(directory)  # where there is no index, a lock would make a folder look like one
    with writing(directory):
        lock = DirectoryLock(directory)
        try:
            lock.announce(ADDING_VECTORS)
            return _commit(directory, model, made)
        finally:
            lock.release()


def _made(model: str, vectors: Mapping[str, Vectors]) -> _Source:
    if len(model) != 16 or not set(model) <= set("0123456789abcdef"):
        raise EngineError(f"{model[:80]!r} is no name of a model: it must be 16 hex digits")
    parts = [quantised(rows) for rows in vectors.values()]
    if len({part.dimension for part in parts}) > 1:
        raise EngineError("vectors of one model must have the same length")
    ends = np.cumsum([len(part) for part in parts])
    firsts = ends - np.array([len(part) for part in parts])
    hashes = np.frombuffer(bytes.fromhex("".join(vectors)), np.uint8).reshape(-1, 16)
    return _Source(hashes, firsts, ends, joined(parts))


def _commit(directory: Path, model: str, made: _Source) -> AddedVectors:
    before = read_manifest(directory)
    number = max(before.number, highest_number(directory)) + 1
    entries, added = [], 0
    for entry in before.segments:
        if not len(_same(_hashes(directory, entry), np.flatnonzero(live_articles(directory, entry)), made.hashes)[0]):
            entries.append(entry)
            continue
        held = _source_of(directory, entry, model)
        sources = [held, made] if held else [made]
        chosen = _chosen(directory, entry, sources)
        new = int(np.count_nonzero(chosen.source == len(sources) - 1))
        entries.append(_with_vectors(directory, entry, number, model, chosen, sources) if new else entry)
        added += new
    if not added:
        return AddedVectors(0)
    manifest = Manifest(number, new_generation(), datetime.now(UTC), tuple(entries))
    if before.toc:
        manifest = with_changes(manifest, toc=write_toc(directory, manifest))
    write_manifest(directory, manifest)
    sweep(directory, manifest)
    return AddedVectors(added, (before.generation, manifest.generation))


def carry_vectors(
    directory: Path, before: Manifest, entries: Sequence[SegmentEntry], number: int
) -> tuple[SegmentEntry, ...]:
    """The segments of commit `number`, those that are new with the vectors that the commit before had of their
    articles. Raises IndexDamaged where these are not what was written."""
    old = {entry.file.name for entry in before.segments}
    new = [entry for entry in entries if entry.file.name not in old]
    files = [(entry, file) for entry in before.segments if (file := VectorFile.of(directory, entry))] if new else []
    counts = Counter[str]()
    for _, file in files:
        counts[file.model] += len(file.docs)
    if not counts:
        return tuple(entries)
    model = counts.most_common(1)[0][0]
    sources = [found for entry, _ in files if (found := _source_of(directory, entry, model))]
    return tuple(
        _with_vectors(directory, entry, number, model, _chosen(directory, entry, sources), sources)
        if entry in new
        else entry
        for entry in entries
    )


def _source_of(directory: Path, entry: SegmentEntry, model: str) -> _Source | None:
    """The articles of a segment that have vectors of a model; None if none has. Raises IndexDamaged."""
    file = VectorFile.of(directory, entry)
    if file is None or file.model != model or not len(file.docs):
        return None
    docs = distinct(file.docs)
    return _Source(_hashes(directory, entry)[docs], *file.extents(docs), file.rows, file)


def _require_sound(directory: Path, source: _Source) -> None:
    """Reads all of a source: damage must not be copied into a file whose checksums are right. Raises IndexDamaged."""
    if source.file is not None:
        for problem in source.file.problems():
            raise damaged(directory, f"{source.file.container.path.name}: {problem}")


def _hashes(directory: Path, entry: SegmentEntry) -> Hashes:
    with reading(directory):
        container = Container(directory / entry.file.name, SEGMENT)
        found: Hashes = container.array("content_hashes").reshape(entry.articles, 16)
    return found


def _chosen(directory: Path, entry: SegmentEntry, sources: Sequence[_Source]) -> _Chosen:
    """The live articles of a segment that a source has vectors of; of several sources the first counts."""
    hashes, live = _hashes(directory, entry), live_articles(directory, entry)
    firsts, lengths = np.zeros(entry.articles, np.int64), np.zeros(entry.articles, np.int64)
    numbers = np.zeros(entry.articles, np.int64)
    for number, source in enumerate(sources):
        docs, at = _same(hashes, np.flatnonzero(live & (lengths == 0)), source.hashes)
        numbers[docs], firsts[docs] = number, source.firsts[at]
        lengths[docs] = source.ends[at] - source.firsts[at]
    kept = np.flatnonzero(lengths)
    return _Chosen(kept, numbers[kept], firsts[kept], lengths[kept])


def _same(hashes: Hashes, docs: Ints, others: Hashes) -> tuple[Ints, Ints]:
    """Those of the articles `docs` whose hash is among the others, and where. Live articles have different hashes."""
    if not len(docs) or not len(others):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys, wanted = _first_halves(hashes[docs]), _first_halves(others)
    order = np.argsort(keys)
    at = np.minimum(keys[order].searchsorted(wanted), len(keys) - 1)
    found = np.flatnonzero(keys[order][at] == wanted)
    own = docs[order][at[found]]
    alike = (hashes[own] == others[found]).all(axis=1)
    return own[alike], found[alike]


def _first_halves(hashes: Hashes) -> NDArray[np.uint64]:
    halves: NDArray[np.uint64] = np.ascontiguousarray(hashes).view(np.uint64)[:, 0]
    return halves


def _with_vectors(
    directory: Path, entry: SegmentEntry, number: int, model: str, chosen: _Chosen, sources: Sequence[_Source]
) -> SegmentEntry:
    """The segment with a file of these vectors, which is on the disk; without one if there are none."""
    if not len(chosen.docs):
        return with_changes(entry, vectors=None)
    for used in np.unique(chosen.source).tolist():
        _require_sound(directory, sources[used])
    path = directory / f"{entry.file.name.partition('.')[0]}.{number}{VECTORS_SUFFIX}"
    with ContainerWriter(path, VECTORS) as writer:
        writer.numbers = {"model": int(model, 16), "dimension": sources[0].rows.dimension}
        writer.add("docs", np.repeat(chosen.docs, chosen.lengths).astype(np.uint32))
        writer.begin("scales", np.float32)
        for rows in _rows(chosen, sources):
            writer.write(rows.scales)
        writer.end()
        writer.begin("values", np.uint8)
        for rows in _rows(chosen, sources):
            writer.write(rows.values.view(np.uint8))
        writer.end()
    return with_changes(entry, vectors=File(path.name, writer.size, writer.crc32))


def _rows(chosen: _Chosen, sources: Sequence[_Source]) -> Iterator[Quantised]:
    """The rows of the chosen articles in order, some at a time."""
    for start in range(0, len(chosen.docs), _SLICE):
        part = chosen.part(slice(start, start + _SLICE))
        total = int(part.lengths.sum())
        starts = np.cumsum(part.lengths) - part.lengths
        found = Quantised(np.empty((total, sources[0].rows.dimension), np.int8), np.empty(total, np.float32))
        for number, source in enumerate(sources):
            own = part.source == number
            into = expand_ranges(starts[own], part.lengths[own], total)
            rows = source.rows.rows(expand_ranges(part.firsts[own], part.lengths[own], total))
            found.values[into], found.scales[into] = rows.values, rows.scales
        yield found
