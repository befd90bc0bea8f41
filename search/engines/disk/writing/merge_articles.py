"""Merging what segments store of each article: ids, addresses, sources, dates, lengths, keywords, the article
itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from search.engines.disk.format.arrays import Array, Mask, row_ranges, starts_of
from search.engines.disk.format.container import DamagedFile
from search.engines.disk.format.sorted_strings import ByteStrings, merge_strings
from search.engines.disk.writing.merge_state import MergeInput, Sink, write_strings
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS


def merge_articles(parts: Sequence[MergeInput], sink: Sink) -> None:
    """Writes the sections of the articles."""
    sink.writer.numbers["articles"] = sum(part.kept for part in parts)
    for name in ("id", "url", "article"):
        _write_texts(parts, sink, name)
    _write_order(parts, sink)
    for name in ("id", "url"):
        _write_hashes(parts, sink, name)
    _write_sources(parts, sink)
    for name, rows in (("dates", len(DATE_FIELDS)), ("floating", len(DATE_FIELDS)), ("lengths", len(TEXT_FIELDS))):
        _write_columns(parts, sink, name, rows)
    for name, width in (("fingerprints", 1), ("content_hashes", 16)):
        kept = (part.kept_of(part.array(name).reshape(-1, width)).reshape(-1) for part in parts)
        sink.write(name, parts[0].array(name).dtype, kept)
    for field in KEYWORD_FIELDS:
        _write_keywords(parts, sink, f"kw.{field}")


def _write_texts(parts: Sequence[MergeInput], sink: Sink, name: str) -> None:
    lengths = [part.kept_of(np.diff(part.array(f"{name}.starts"))) for part in parts]
    sink.write(f"{name}.bytes", np.uint8, (chunk for part in parts for chunk in _texts(part, name)))
    starts = starts_of(np.concatenate(lengths))
    sink.put(f"{name}.starts", starts)


def _texts(part: MergeInput, name: str) -> Iterator[Array]:
    raw, starts = part.array(f"{name}.bytes"), part.array(f"{name}.starts")
    for begin, end in row_ranges(starts, 1 << 22):
        chunk = raw[int(starts[begin]) : int(starts[end])]
        yield (
            chunk
            if part.whole
            else chunk[np.repeat(part.live[begin:end], np.diff(starts[begin : end + 1]).astype(np.int64))]
        )


def _write_order(parts: Sequence[MergeInput], sink: Sink) -> None:
    rows = [(part.array("id.bytes"), part.array("id.starts"), np.flatnonzero(part.live)) for part in parts]
    ids = ByteStrings.of([(raw, starts[:-1][live], np.diff(starts)[live]) for raw, starts, live in rows])
    sink.put("id.order", ids.order()[0].astype(np.uint32))


def _write_hashes(parts: Sequence[MergeInput], sink: Sink, name: str) -> None:
    docs = [part.array(f"{name}.docs") for part in parts]
    kept = [part.live[own] for part, own in zip(parts, docs, strict=True)]
    hashes = np.concatenate([part.array(f"{name}.hashes")[mask] for part, mask in zip(parts, kept, strict=True)])
    numbers = np.concatenate([part.renumbered[own[mask]] for part, own, mask in zip(parts, docs, kept, strict=True)])
    order = np.argsort(hashes, kind="stable")
    sink.put(f"{name}.hashes", hashes[order])
    sink.put(f"{name}.docs", numbers[order])


def _write_sources(parts: Sequence[MergeInput], sink: Sink) -> None:
    ordinals = [part.kept_of(part.array("source.ordinals")) for part in parts]
    numbers = _write_values(parts, sink, "source", ordinals)
    sink.write("source.ordinals", np.uint32, numbers)


def _write_keywords(parts: Sequence[MergeInput], sink: Sink, name: str) -> None:
    counts = [np.diff(part.array(f"{name}.starts")) for part in parts]
    for part, each in zip(parts, counts, strict=True):
        if int(each.sum(dtype=np.uint64)) != len(part.array(f"{name}.ordinals")):
            raise DamagedFile(f"section {name}.starts of {part.container.path.name} does not divide the ordinals")
    ordinals = [
        part.array(f"{name}.ordinals") if part.whole else part.array(f"{name}.ordinals")[np.repeat(part.live, each)]
        for part, each in zip(parts, counts, strict=True)
    ]
    numbers = _write_values(parts, sink, f"{name}.values", ordinals)
    sink.put(
        f"{name}.starts",
        starts_of(np.concatenate([part.kept_of(each) for part, each in zip(parts, counts, strict=True)]), np.uint32),
    )
    sink.write(f"{name}.ordinals", np.uint32, numbers)


def _write_values(parts: Sequence[MergeInput], sink: Sink, name: str, ordinals: Sequence[Array]) -> Iterator[Array]:
    """Writes the distinct values that are still used; gives the ordinals of the result, part by part."""
    tables = [(part.array(f"{name}.bytes"), part.array(f"{name}.starts")) for part in parts]
    used = [_used(own, len(starts) - 1) for own, (_, starts) in zip(ordinals, tables, strict=True)]
    union = merge_strings([(raw, starts, mask) for (raw, starts), mask in zip(tables, used, strict=True)])
    write_strings(sink, name, union.strings, union.chosen)
    return (number[own] for number, own in zip(union.numbers, ordinals, strict=True))


def _used(ordinals: Array, count: int) -> Mask:
    used = np.zeros(count, np.bool_)
    used[ordinals] = True
    return used


def _write_columns(parts: Sequence[MergeInput], sink: Sink, name: str, rows: int) -> None:
    columns = (
        part.kept_of(part.array(name)[begin:end])
        for row in range(rows)
        for part in parts
        for begin, end in [_row(row, len(part.live))]
    )
    sink.write(name, parts[0].array(name).dtype, columns)


def _row(number: int, length: int) -> tuple[int, int]:
    return number * length, (number + 1) * length
