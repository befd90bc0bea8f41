"""One immutable segment as mapped arrays: opened once, shared by every searcher whose commit includes it.

What depends on a time zone or on the clock, local days and recency, is computed for whole columns and cached.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import native
from search.dates import DAY_SECONDS, EPOCH_ORDINAL, utc_offset, zone_named
from search.document import Document, Head
from search.engines.disk.cache import LruCache
from search.engines.disk.format.arrays import Docs, Floats, Ints, Mask
from search.engines.disk.format.container import Container, DamagedFile
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import DocsByText, Strings, to_bytes
from search.engines.disk.format.stored import decode_article, decode_head, decode_text
from search.engines.disk.reading.vocabulary import Vocabulary
from search.ranking import RECENCY_FLOOR, recency_factor
from search.schema import DATE_FIELDS, TEXT_FIELDS

Days = NDArray[np.int32]

UNDATED: Final = 0
"""The day (ordinal) of an article without a date; real ones begin with 1."""

ABSENT: Final = -1
"""The number of a spelling in a segment that does not have it."""

_LATEST: Final = 1e12
"""Seconds from 1970 that no date has: those of the year 9999 are a quarter of it."""
_CACHED_DAYS: Final = 4


@dataclass(frozen=True, slots=True)
class KeywordColumn:
    """The values of one keyword field: article d has those with `ordinals[starts[d]:starts[d + 1]]`."""

    values: Strings
    starts: NDArray[np.uint32]
    ordinals: NDArray[np.uint32]

    def rows(self, chosen: Callable[[NDArray[Any]], NDArray[Any]]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Where the ordinals of some articles begin, and how many each has. `chosen` picks these articles' items out of
        a column."""
        firsts = chosen(self.starts[:-1])
        return firsts, chosen(self.starts[1:]) - firsts

    def ordinal(self, value: str) -> int | None:
        """The ordinal of a value; None if no article has it."""
        raw = to_bytes(value)
        at = bisect_left(range(len(self.values)), raw, key=self.values.raw)
        return at if at < len(self.values) and self.values.raw(at) == raw else None


class Segment:
    """A segment file. It stays mapped as long as anyone holds it, even when a later commit has removed its name.

    Raises FileNotFoundError, OSError, IndexVersionError, or DamagedFile, when it is opened or read.
    """

    def __init__(self, path: Path) -> None:
        self.container = Container(path, SEGMENT)
        self.name = path.name.partition(".")[0]
        self.size = self.container.numbers["articles"]
        self._fields: dict[str, FieldPostings] = {}
        self._keywords: dict[str, KeywordColumn] = {}
        self._days = LruCache[Days](_CACHED_DAYS)
        self._recency: tuple[int, float, Floats] | None = None

    def _per_field(self, name: str, fields: int) -> NDArray[Any]:
        return self.container.array(name).reshape(fields, self.size)

    # Words

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of all fields."""
        return Vocabulary(self.container)

    def surface_numbers(self, surfaces: Sequence[str]) -> Ints:
        """The number of each surface, ABSENT for those that the segment does not have. The surfaces ascend."""
        if native.kernel is not None:
            return np.frombuffer(self.compiled.numbers([to_bytes(surface) for surface in surfaces]), np.int64)
        found = self.vocabulary.surface_numbers(surfaces)
        return np.array([ABSENT if number is None else number for number in found], np.int64)

    def field(self, name: str) -> FieldPostings:
        """The postings of a text field."""
        if (found := self._fields.get(name)) is None:
            found = self._fields[name] = field_postings(self.container, name)
        return found

    @cached_property
    def is_compound(self) -> Mask:
        """Which words are compounds, such as `postwar` for `post-war`: another word has the same position as each."""
        joined: Mask = np.zeros(len(self.container.array("word.stem")), np.bool_)
        for name in TEXT_FIELDS:
            joined[self.container.array(f"{name}.joined.words")] = True
        return joined

    @cached_property
    def compiled(self) -> Any:
        """The words and postings as the compiled kernel takes them; only where there is one. Raises ValueError."""
        kernel: Any = native.kernel
        array = self.container.array
        words = ("surface.bytes", "surface.starts", "surface.words", "stem.bytes", "stem.starts", "stem.word_starts")
        dictionary = (*map(array, words), array("stem.words"), self.is_compound)
        return kernel.Postings(self.size, dictionary, tuple(self.field(name).arrays for name in TEXT_FIELDS))

    @cached_property
    def lengths(self) -> NDArray[np.uint32]:
        """Tokens of each text field (rows, in the order of TEXT_FIELDS) of each article."""
        return self._per_field("lengths", len(TEXT_FIELDS))

    # Articles

    @cached_property
    def ids(self) -> Strings:
        """The id of each article."""
        return Strings.of(self.container, "id")

    @cached_property
    def id_order(self) -> NDArray[np.uint32]:
        """The doc ids in ascending order of the articles' ids."""
        return self.container.array("id.order")

    @cached_property
    def urls(self) -> Strings:
        """The address of each article, "" for none."""
        return Strings.of(self.container, "url")

    def id_of(self, doc: int) -> str:
        """The id of an article."""
        return self.ids[doc]

    def docs_of_id(self, id: str) -> list[int]:
        """The doc ids of an id: several if one commit added it several times, all but one of them deleted."""
        return self._docs_by_id[id]

    def docs_of_url(self, url: str) -> list[int]:
        """The doc ids with exactly that address, deleted ones included."""
        return self._docs_by_url[url] if url else []

    @cached_property
    def _docs_by_id(self) -> DocsByText:
        return DocsByText(self.container, "id")

    @cached_property
    def _docs_by_url(self) -> DocsByText:
        return DocsByText(self.container, "url")

    def article(self, doc: int) -> Document:
        """The stored article."""
        return decode_article(self._stored(doc))

    def article_head(self, doc: int) -> Head:
        """The stored article without its text."""
        return decode_head(self._stored(doc))

    def article_text(self, doc: int) -> tuple[Head, str]:
        """The head and the body of the stored article."""
        return decode_text(self._stored(doc))

    def _stored(self, doc: int) -> bytes:
        start, stop = self._article_starts[doc : doc + 2].tolist()
        return self.container.read("article.bytes", start, stop)

    @cached_property
    def _article_starts(self) -> NDArray[np.unsignedinteger[Any]]:
        return self.container.array("article.starts")

    @cached_property
    def fingerprints(self) -> NDArray[np.uint64]:
        """The similarity hash of each article."""
        return self.container.array("fingerprints")

    @cached_property
    def content_hashes(self) -> NDArray[np.uint8]:
        """The content hash of each article, a row of 16 bytes."""
        return self.container.array("content_hashes").reshape(self.size, 16)

    @cached_property
    def sources(self) -> Strings:
        """Where articles come from, each once."""
        return Strings.of(self.container, "source")

    @cached_property
    def source_ordinals(self) -> NDArray[np.uint32]:
        """Which of `sources` each article comes from."""
        return self.container.array("source.ordinals")

    def keywords(self, field: str) -> KeywordColumn:
        """The values of a keyword field."""
        if (found := self._keywords.get(field)) is None:
            arrays = self.container.array(f"kw.{field}.starts"), self.container.array(f"kw.{field}.ordinals")
            found = self._keywords[field] = KeywordColumn(Strings.of(self.container, f"kw.{field}.values"), *arrays)
        return found

    # Dates

    @cached_property
    def _dates(self) -> Floats:
        return self._per_field("dates", len(DATE_FIELDS))

    @cached_property
    def _floating(self) -> NDArray[np.uint8]:
        return self._per_field("floating", len(DATE_FIELDS))

    def floating(self, field: int) -> Mask:
        """Which articles have a bare date in a date field, the same day in every time zone."""
        column: Mask = self._floating[field] != 0
        return column

    def epochs(self, field: int) -> Floats:
        """Seconds since 1970 of a date field (by its ordinal in DATE_FIELDS); NaN where undated."""
        column: Floats = self._dates[field]
        return column

    def days(self, field: int, time_zone: str) -> Days:
        """The local day (ordinal) of each article; UNDATED where it has none."""
        key = (field, time_zone)
        if (days := self._days.get(key)) is None:
            days = local_days(self.epochs(field), self.floating(field), time_zone).astype(np.int32)
            self._days.put(key, days)
        return days

    def recency_factors(self, field: int, now: float) -> Floats:
        """The factor by which recency multiplies the score of each article. The latest is cached, as requests round
        `now`."""
        if (known := self._recency) is None or known[:2] != (field, now):
            known = self._recency = field, now, recency_factors(self.epochs(field), now)
        return known[2]


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """The postings of one text field, as `search.engines.disk.format.layout` describes them; row i is those of the word
    `words[i]`."""

    words: NDArray[np.uint32]
    starts: NDArray[np.uint64]
    docs: Docs
    counts: NDArray[Any]
    position_starts: NDArray[np.uint64]
    positions: NDArray[Any]

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All arrays, in their order."""
        return self.words, self.starts, self.docs, self.counts, self.position_starts, self.positions

    def rows(self, words: NDArray[np.uint32]) -> Ints:
        """The rows of those words that occur in the field at all."""
        if not len(self.words) or not len(words):
            return np.empty(0, np.int64)
        at = np.searchsorted(self.words, words)
        at[at == len(self.words)] = 0
        found: Ints = at[self.words[at] == words]
        return found

    def extent(self, row: int) -> slice:
        """Which postings belong to a row."""
        return slice(int(self.starts[row]), int(self.starts[row + 1]))


def field_postings(container: Container, field: str) -> FieldPostings:
    """The postings of a text field."""
    parts = ("words", "starts", "docs", "counts", "position_starts", "positions")
    return FieldPostings(*(container.array(f"{field}.{part}") for part in parts))


def local_days(epochs: NDArray[np.float64], floating: NDArray[np.bool_], time_zone: str) -> NDArray[np.int64]:
    """The local day (ordinal) of each instant, UNDATED for NaN. A bare date (`floating`) is the same day everywhere."""
    dated = ~np.isnan(epochs)
    local = epochs.copy()
    moving = dated & ~floating
    if time_zone != "UTC" and moving.any():
        local[moving] += _offsets(epochs[moving], time_zone)
    if (np.abs(local[dated]) > _LATEST).any():
        raise DamagedFile("a date is out of range")
    days = np.full(len(epochs), UNDATED, np.int64)
    days[dated] = np.floor_divide(local[dated], DAY_SECONDS).astype(np.int64) + EPOCH_ORDINAL
    return days


def _offsets(epochs: NDArray[np.float64], time_zone: str) -> NDArray[np.float64]:
    """How far local time is ahead at each instant, in seconds; looked up once for each UTC day without a change."""
    zone = zone_named(time_zone)
    starts, which = np.unique(np.floor_divide(epochs, DAY_SECONDS), return_inverse=True)
    first = np.array([utc_offset(day * DAY_SECONDS, zone) for day in starts.tolist()])
    last = np.array([utc_offset((day + 1) * DAY_SECONDS - 1, zone) for day in starts.tolist()])
    offsets: NDArray[np.float64] = first[which]
    for changing in np.flatnonzero((first != last)[which]).tolist():
        offsets[changing] = utc_offset(float(epochs[changing]), zone)
    return offsets


def recency_factors(epochs: NDArray[np.float64], now: float) -> NDArray[np.float64]:
    """`search.ranking.recency_factor` of articles published at these instants, seconds since 1970; NaN if undated."""
    factors: NDArray[np.float64] = recency_factor((now - epochs) / DAY_SECONDS)
    factors[np.isnan(epochs)] = RECENCY_FLOOR
    return factors
