"""One immutable segment as mapped arrays: opened once, shared by every searcher that includes it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.document import Document, Head
from search.engines.disk.dictionary.vocabulary import Vocabulary
from search.engines.disk.files.container import Container
from search.engines.disk.files.layout import SEGMENT, Strings, docs_having
from search.engines.disk.files.stored import decode_article, decode_head, decode_text
from search.engines.disk.reading.ages import recency_factors
from search.engines.disk.reading.days import local_days
from search.engines.disk.reading.postings import FieldPostings, field_postings
from search.schema import DATE_FIELDS, TEXT_FIELDS

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Days = NDArray[np.int32]

_CACHED_DAYS: Final = 4


@dataclass(frozen=True, slots=True)
class KeywordColumn:
    """The values of one keyword field: article d has those numbered `ordinals[starts[d]:starts[d + 1]]`."""

    values: Strings
    starts: NDArray[np.uint32]
    ordinals: NDArray[np.uint32]


class Segment:
    """A segment file. It is mapped as long as anyone holds it, also when a later commit removes its name.

    Raises FileNotFoundError, OSError, IndexVersionError, or DamagedFile, when it is opened and when it is read.
    """

    def __init__(self, path: Path) -> None:
        self.container = Container(path, SEGMENT)
        self.name = path.name.partition(".")[0]
        self.size = self.container.numbers["articles"]
        self._fields: dict[str, FieldPostings] = {}
        self._keywords: dict[str, KeywordColumn] = {}
        self._days: OrderedDict[tuple[int, str], Days] = OrderedDict()
        self._recency: tuple[int, float, Floats] | None = None
        self._lock = Lock()

    def _per_field(self, name: str, fields: int) -> NDArray[Any]:
        return self.container.array(name).reshape(fields, self.size)

    # Words

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words there are."""
        return Vocabulary(self.container)

    def field(self, name: str) -> FieldPostings:
        """Where the words of a text field stand."""
        if (found := self._fields.get(name)) is None:
            found = self._fields[name] = field_postings(self.container, name)
        return found

    @cached_property
    def is_joined(self) -> Mask:
        """Which words are joined ones, such as `postwar` for `post-war`: at their places another one stands as well."""
        joined: Mask = np.zeros(len(self.container.array("word.stem")), np.bool_)
        for name in TEXT_FIELDS:
            joined[self.container.array(f"{name}.joined.words")] = True
        return joined

    @cached_property
    def lengths(self) -> NDArray[np.uint32]:
        """Words of each text field (rows, in the order of TEXT_FIELDS) of each article."""
        return self._per_field("lengths", len(TEXT_FIELDS))

    # Articles

    @cached_property
    def ids(self) -> Strings:
        """The id of each article."""
        return Strings.of(self.container, "id")

    @cached_property
    def id_order(self) -> NDArray[np.uint32]:
        """The articles in rising order of their ids."""
        return self.container.array("id.order")

    @cached_property
    def urls(self) -> Strings:
        """The address of each article, "" for none."""
        return Strings.of(self.container, "url")

    def id_of(self, doc: int) -> str:
        """The id of an article."""
        return self.ids[doc]

    def docs_of_id(self, id: str) -> list[int]:
        """The articles with that id; several if one commit added it several times, all of them but one deleted."""
        return docs_having(self.container, "id", id)

    def docs_of_url(self, url: str) -> list[int]:
        """The articles with exactly that address, deleted ones included."""
        return docs_having(self.container, "url", url) if url else []

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
        with self._lock:
            if key in self._days:
                self._days.move_to_end(key)
                return self._days[key]
        days = local_days(self.epochs(field), self.floating(field), time_zone).astype(np.int32)
        with self._lock:
            self._days[key] = days
            while len(self._days) > _CACHED_DAYS:
                self._days.popitem(last=False)
        return days

    def recency_factors(self, field: int, now: float) -> Floats:
        """What recency leaves of the score of each article; the latest is remembered, for requests round `now`."""
        if (known := self._recency) is None or known[:2] != (field, now):
            known = self._recency = field, now, recency_factors(self.epochs(field), now)
        return known[2]


__all__ = ["Days", "FieldPostings", "Floats", "KeywordColumn", "Mask", "Segment"]
