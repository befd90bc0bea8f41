"""Merging what is kept of joined words: which stand where the first of their parts does, and in which articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.engines.flat.merge_parts import Part, Sink, starts_of
from search.engines.flat.merge_postings import Numbers, Rows, interleaved, widest
from search.schema import TEXT_FIELDS


def merge_joined(parts: Sequence[Part], numbers: Sequence[Numbers], sink: Sink) -> None:
    """Writes the sections `F.joined.…`; `numbers` are those of the words of each part in the result."""
    for field in TEXT_FIELDS:
        _merge_field(f"{field}.joined", parts, numbers, sink)


def _merge_field(name: str, parts: Sequence[Part], numbers: Sequence[Numbers], sink: Sink) -> None:
    left = [_left(part, name) for part in parts]
    keys = [_keys(part, name, own, number) for part, own, number in zip(parts, left, numbers, strict=True)]
    united = np.unique(np.concatenate(keys))
    sources = [
        Rows(
            part=part,
            field=name,
            rows=np.flatnonzero(own),
            places=np.searchsorted(united, key),
            postings=own[own > 0],
            positions=np.empty(0, np.int64),
        )
        for part, own, key in zip(parts, left, keys, strict=True)
    ]
    sizes = np.zeros(len(united), np.int64)
    for rows in sources:
        sizes[rows.places] += rows.postings
    starts = starts_of(sizes)
    sink.put(f"{name}.words", (united >> 32).astype(np.uint32))
    sink.put(f"{name}.firsts", united.astype(np.uint32))
    sink.put(f"{name}.starts", starts)
    docs = interleaved(sources, starts, lambda own: own.postings, Rows.docs_of, np.dtype(np.uint32))
    sink.write(f"{name}.docs", np.uint32, docs)
    kind = widest(sources, "counts")
    sink.write(f"{name}.counts", kind, interleaved(sources, starts, lambda own: own.postings, Rows.counts_of, kind))


def _left(part: Part, name: str) -> Numbers:
    """For each pair of words, how many articles are left."""
    starts = part.array(f"{name}.starts")
    if part.whole or len(starts) < 2:
        return np.diff(starts).astype(np.int64)
    left: Numbers = np.add.reduceat(part.live[part.array(f"{name}.docs")], starts[:-1].astype(np.int64), dtype=np.int64)
    return left


def _keys(part: Part, name: str, left: Numbers, numbers: Numbers) -> Numbers:
    """The pairs of which something is left, as they are numbered in the result: one number for both words."""
    words, firsts = part.array(f"{name}.words")[left > 0], part.array(f"{name}.firsts")[left > 0]
    return numbers[words] << 32 | numbers[firsts]
