"""In how many articles words stand: at least and at most, told by the arrays alone, and exactly, by the postings.

The file knows in how many of its articles a surface stands in title, headings, summary or body. In other fields, and
where articles have been deleted, the postings have to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.conventions import WORD_FIELDS
from search.engines.disk.dictionary.wildcards import Numbers
from search.engines.disk.reading.postings import FieldPostings, ranges
from search.engines.disk.reading.snapshot import LiveSegment

_STEP: Final = 1 << 20
"""Postings looked at in one step."""
_LONG: Final = 1 << 12
"""Words with so many articles are looked at one by one."""


def bounds(part: LiveSegment, surfaces: Numbers, fields: Collection[str]) -> tuple[Numbers, Numbers]:
    """In how many live articles each surface stands in any of the fields: at least, and at most."""
    least, most = _in_file(part, surfaces, fields)
    dead = part.segment.size - part.articles
    return np.maximum(least - dead, 0), np.minimum(most, part.articles)


def exact(part: LiveSegment, surfaces: Numbers, fields: Collection[str]) -> Numbers:
    """In how many live articles each surface stands in any of the fields."""
    least, most = _in_file(part, surfaces, fields)
    open_ = least < most
    if open_.any():
        least[open_] = _distinct(part, surfaces[open_], fields, part.live)
    if part.articles < part.segment.size:
        known = ~open_ & (least > 0)
        least[known] -= _distinct(part, surfaces[known], fields, ~part.live)
    return least


def _in_file(part: LiveSegment, surfaces: Numbers, fields: Collection[str]) -> tuple[Numbers, Numbers]:
    """The same with the deleted articles."""
    least = np.zeros(len(surfaces), np.int64)
    most = np.zeros(len(surfaces), np.int64)
    others = set(fields)
    known = part.segment.vocabulary.articles[surfaces].astype(np.int64)
    if others.issuperset(WORD_FIELDS):
        least += known
        most += known
        others.difference_update(WORD_FIELDS)
    words, owners = part.segment.vocabulary.words_of_surfaces(surfaces if others else surfaces[:0])
    for field in others:
        postings = part.segment.field(field)
        places, found = _places(postings, words)
        lengths = _lengths(postings, places)
        most += np.bincount(owners[found], lengths, len(surfaces)).astype(np.int64)
        np.maximum.at(least, owners[found], lengths)
    if others.issubset(WORD_FIELDS):
        np.minimum(most, known, out=most)
    return least, most


def _places(postings: FieldPostings, words: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Where the words stand among those of a field, and which of them do."""
    places = np.searchsorted(postings.words, words.astype(np.uint32))
    found = places < len(postings.words)
    found[found] = postings.words[places[found]] == words[found]
    return places[found], found


def _distinct(part: LiveSegment, surfaces: Numbers, fields: Collection[str], kept: NDArray[np.bool_]) -> Numbers:
    """In how many of the articles `kept` each surface stands in any of the fields."""
    words, owners = part.segment.vocabulary.words_of_surfaces(surfaces)
    pairs = [np.empty(0, np.int64)]
    for field in fields:
        postings = part.segment.field(field)
        places, there = _places(postings, words)
        for docs, which in _articles(postings, places, owners[there]):
            wanted = kept[docs]
            pairs.append(which[wanted] * part.segment.size + docs[wanted])
    found = np.concatenate(pairs)
    found.sort()  # np.unique hashes, which takes ten times as long on as many different numbers
    found = found[np.diff(found, prepend=-1) > 0]
    return np.bincount(found // max(1, part.segment.size), minlength=len(surfaces))


def _articles(
    postings: FieldPostings, places: Numbers, owners: Numbers
) -> Iterator[tuple[NDArray[np.uint32], Numbers]]:
    """The articles of some words of a field and for each the owner of the word, some after others."""
    starts, lengths = postings.starts[places].astype(np.int64), _lengths(postings, places)
    long = lengths > _LONG
    for start, length, owner in zip(starts[long].tolist(), lengths[long].tolist(), owners[long], strict=True):
        yield postings.docs[start : start + length], np.broadcast_to(owner, length)
    starts, lengths, owners = starts[~long], lengths[~long], owners[~long]
    steps = np.cumsum(lengths) // _STEP
    for step in np.unique(steps).tolist():
        own = steps == step
        yield postings.docs[ranges(starts[own], lengths[own], len(postings.docs))], np.repeat(owners[own], lengths[own])


def _lengths(postings: FieldPostings, places: Numbers) -> Numbers:
    """How many articles each word of a field has there."""
    return postings.starts[places + 1].astype(np.int64) - postings.starts[places].astype(np.int64)
