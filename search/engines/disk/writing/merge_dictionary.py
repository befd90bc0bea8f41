"""Merging dictionaries: the spellings, stems and words that still occur in some article, numbered anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.engines.conventions import WORD_FIELDS
from search.engines.disk.format.arrays import Array, Mask, distinct, row_ranges, starts_of
from search.engines.disk.format.layout import NO_STEM
from search.engines.disk.format.sorted_strings import MergedStrings, merge_strings
from search.engines.disk.writing.merge_state import SLICE, MergeInput, Sink, write_strings
from search.schema import TEXT_FIELDS

_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class RemainingInField:
    """How many postings and positions remain of each row of a field."""

    postings: NDArray[np.int64]
    positions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Remaining:
    """What remains of a segment's dictionary: which words still occur, and how many articles have each spelling."""

    words: Mask
    articles: NDArray[np.int64]


def remaining_of(part: MergeInput) -> Remaining:
    """What remains without the deleted articles; quick if there are none."""
    words = np.full(len(part.array("word.stem")), part.whole)
    articles = part.array("surface.articles").astype(np.int64)
    if not part.whole:
        for field in TEXT_FIELDS:
            words[part.array(f"{field}.words")[remaining_postings(part, field) > 0]] = True
        articles -= _deleted_articles(part)
    return Remaining(words, articles)


def remaining_in_field(part: MergeInput, field: str) -> RemainingInField:
    """What remains of each row of a field. It is worked out field by field: for all fields at once, it would take more
    memory than anything else of a merge."""
    starts = part.array(f"{field}.position_starts")
    postings = remaining_postings(part, field)
    if part.whole:
        return RemainingInField(postings, np.diff(starts).astype(np.int64))
    positions = np.zeros(len(postings), np.int64)
    counts = part.array(f"{field}.counts")
    for (begin, end), rows, live, at in _live_postings(part, field):
        positions[begin:end] = np.add.reduceat(counts[rows] * live, at, dtype=np.int64)
    return RemainingInField(postings, positions)


def remaining_postings(part: MergeInput, name: str) -> NDArray[np.int64]:
    """How many postings remain of each row of the sections `name.…`."""
    postings = np.diff(part.array(f"{name}.starts")).astype(np.int64)
    if not part.whole:
        for (begin, end), _, live, at in _live_postings(part, name):
            postings[begin:end] = np.add.reduceat(live, at, dtype=np.int64)
    return postings


def _live_postings(part: MergeInput, name: str) -> Iterator[tuple[tuple[int, int], slice, Mask, NDArray[np.int64]]]:
    """Some rows at a time: their range, that of their postings, which postings are live, and the start of each row
    among them."""
    starts, docs = part.array(f"{name}.starts"), part.array(f"{name}.docs")
    for begin, end in row_ranges(starts, SLICE):
        rows = slice(int(starts[begin]), int(starts[end]))
        yield (begin, end), rows, part.live[docs[rows]], (starts[begin:end] - starts[begin]).astype(np.int64)


def _deleted_articles(part: MergeInput) -> NDArray[np.int64]:
    """How many deleted articles have each spelling in any of WORD_FIELDS."""
    words = part.array("surface.words")
    postings = np.zeros(len(part.array("word.stem")) + 1, np.int64)
    for field in WORD_FIELDS:
        postings[1:][part.array(f"{field}.words")] += np.diff(part.array(f"{field}.starts")).astype(np.int64)
    ends = np.cumsum(postings)[words]
    deleted = np.zeros(len(words) - 1, np.int64)
    for begin, end in row_ranges(ends, SLICE):
        first, last = int(words[begin]), int(words[end])
        pairs = distinct(np.concatenate([_deleted_pairs(part, field, first, last) for field in WORD_FIELDS]))
        surfaces = np.searchsorted(words, (pairs >> _SHIFT).astype(words.dtype), "right") - 1
        # An article may have a spelling as several words, of several languages.
        own = distinct(surfaces.astype(np.uint64) << _SHIFT | pairs & _LOW)
        deleted[begin:end] = np.bincount((own >> _SHIFT).astype(np.int64) - begin, minlength=end - begin)
    return deleted


def _deleted_pairs(part: MergeInput, field: str, first: int, last: int) -> NDArray[np.uint64]:
    """Word and article of each posting of a deleted article, for the words from `first` to before `last`."""
    words, starts = part.array(f"{field}.words"), part.array(f"{field}.starts")
    begin, end = np.searchsorted(words, np.array([first, last], words.dtype)).tolist()
    base = int(starts[begin])
    docs = part.array(f"{field}.docs")[base : int(starts[end])]
    dead = np.flatnonzero(~part.live[docs])
    rows = np.searchsorted(starts[begin : end + 1], (dead + base).astype(starts.dtype), "right") - 1
    return words[begin:end][rows].astype(np.uint64) << _SHIFT | docs[dead].astype(np.uint64)


def merge_dictionaries(
    parts: Sequence[MergeInput], remaining: Sequence[Remaining], sink: Sink
) -> list[NDArray[np.int64]]:
    """Writes the merged dictionary. Gives for each part the new numbers of its words, -1 for those that are gone."""
    owners = [_surface_of_words(part) for part in parts]
    surfaces = merge_strings(
        [
            (part.array("surface.bytes"), part.array("surface.starts"), _marked(own[rest.words], part, "surface"))
            for part, own, rest in zip(parts, owners, remaining, strict=True)
        ],
        ending=1,
    )
    stems = merge_strings(
        [
            (part.array("stem.bytes"), part.array("stem.starts"), _marked(_stems(part, rest), part, "stem"))
            for part, rest in zip(parts, remaining, strict=True)
        ]
    )
    keys = [
        _keys(part, surfaces.numbers[number][own], stems.numbers[number], remaining[number].words)
        for number, (part, own) in enumerate(zip(parts, owners, strict=True))
    ]
    words, numbers = _merge_keys(keys, [rest.words for rest in remaining])
    _write_surfaces(parts, remaining, surfaces, words, sink)
    write_strings(sink, "stem", stems.strings, stems.chosen)
    _write_stems(words, len(stems), sink)
    return numbers


def _surface_of_words(part: MergeInput) -> NDArray[np.uint32]:
    counts = np.diff(part.array("surface.words"))
    return np.repeat(np.arange(len(counts), dtype=np.uint32), counts)


def _stems(part: MergeInput, remaining: Remaining) -> Array:
    stems: Array = part.array("word.stem")[remaining.words]
    stemmed: Array = stems[stems != NO_STEM]
    return stemmed


def _marked(numbers: Array, part: MergeInput, name: str) -> Mask:
    mask = np.zeros(len(part.array(f"{name}.starts")) - 1, np.bool_)
    mask[numbers] = True
    return mask


def _keys(part: MergeInput, surfaces: NDArray[np.int64], stems: NDArray[np.int64], wanted: Mask) -> NDArray[np.uint64]:
    """Numbers that sort like words: the surface in the upper bits, and the stem plus one, 0 for none, in the lower."""
    own = part.array("word.stem")[wanted]
    stem = np.zeros(len(own), np.uint64)
    stemmed = own != NO_STEM
    stem[stemmed] = (stems[own[stemmed]] + 1).astype(np.uint64)
    return surfaces[wanted].astype(np.uint64) << _SHIFT | stem


def _merge_keys(
    keys: Sequence[NDArray[np.uint64]], wanted: Sequence[Mask]
) -> tuple[NDArray[np.uint64], list[NDArray[np.int64]]]:
    """The distinct keys of all parts in order, and for each part the indices of its wanted words among them."""
    united = distinct(np.concatenate(keys))
    numbers = []
    for own, mask in zip(keys, wanted, strict=True):
        number = np.full(len(mask), -1)
        number[mask] = np.searchsorted(united, own)
        numbers.append(number)
    return united, numbers


def _write_surfaces(
    parts: Sequence[MergeInput],
    remaining: Sequence[Remaining],
    surfaces: MergedStrings,
    words: NDArray[np.uint64],
    sink: Sink,
) -> None:
    sink.write("surface.bytes", np.uint8, _lines(surfaces))
    sink.put("surface.starts", starts_of(surfaces.strings.length[surfaces.chosen] + 1, np.uint32))
    articles = np.zeros(len(surfaces), np.int64)
    traits = {
        name: np.zeros(len(surfaces), parts[0].array(f"surface.{name}").dtype) for name in ("characters", "letters")
    }
    for part, rest, number in zip(parts, remaining, surfaces.numbers, strict=True):
        wanted = number >= 0
        articles[number[wanted]] += rest.articles[wanted]
        for name, values in traits.items():
            values[number[wanted]] = part.array(f"surface.{name}")[wanted]
    sink.put("surface.articles", articles.astype(np.uint32))
    for name, values in traits.items():
        sink.put(f"surface.{name}", values)
    numbers = np.arange(len(surfaces) + 1, dtype=np.uint64) << _SHIFT
    sink.put("surface.words", np.searchsorted(words, numbers).astype(np.uint32))


def _lines(surfaces: MergedStrings) -> Iterator[Array]:
    """The surfaces, each with the newline behind it."""
    strings = surfaces.strings
    yield from replace(strings, length=strings.length + 1).gather(surfaces.chosen)


def _write_stems(words: NDArray[np.uint64], count: int, sink: Sink) -> None:
    stems = (words & _LOW).astype(np.uint32) - np.uint32(1)  # 0, no stem, becomes NO_STEM
    sink.put("word.stem", stems)
    order = np.argsort(stems, kind="stable")
    starts = np.searchsorted(stems[order], np.arange(count + 1, dtype=np.uint32))
    sink.put("stem.word_starts", starts.astype(np.uint32))
    sink.put("stem.words", order[: int(starts[-1])].astype(np.uint32))
