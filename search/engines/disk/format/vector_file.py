"""The file of vectors beside a segment: made after the segment, and made again as more of its articles have vectors.

`NAME.NUMBER.vectors`, first named by commit NUMBER, is a file of kind "vectors", see
`search.engines.disk.format.container`:

    numbers["model"]        the name of the model, 16 hex digits, as a number
    numbers["dimension"]    D
    docs                    <u4, R       the doc id of each row, ascending; an article has a row for each passage
    scales                  <f4, R       row r is scales[r] * values[r * D:(r + 1) * D]
    values                  |u1, R * D   8-bit numbers with a sign, as bytes

A segment never changes, so vectors belong to its articles for good. Those of articles without a row are not made yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import numpy as np

from search.engines.disk.errors import damaged, reading
from search.engines.disk.format.arrays import Docs, Ints, Mask
from search.engines.disk.format.container import Container, DamagedFile
from search.engines.disk.format.kinds import VECTORS
from search.engines.disk.format.manifest import SegmentEntry
from search.engines.vectors import Quantised

_MODEL_BITS: Final = 64
_LARGEST_SCALE: Final = 1e30
"""Far above those of any vectors, and 127 times as much is still a float32."""


class VectorFile:
    """An open file of vectors of a segment with so many articles. Raises FileNotFoundError, OSError, IndexVersionError,
    or DamagedFile, when it is opened."""

    def __init__(self, path: Path, articles: int) -> None:
        self.container = Container(path, VECTORS)
        self.model = _model_name(self.container.numbers["model"])
        self.docs: Docs = self.container.array("docs")
        values, scales = self.container.array("values").view(np.int8), self.container.array("scales")
        dimension = self.container.numbers["dimension"]
        if dimension < 1 or len(scales) != len(self.docs) or values.size != len(self.docs) * dimension:
            raise DamagedFile(f"the arrays of {path.name} do not fit together")
        if len(self.docs) and int(self.docs[-1]) >= articles:
            raise DamagedFile(f"{path.name} has vectors of articles that are not in its segment")
        if not (np.abs(scales) < _LARGEST_SCALE).all():
            raise DamagedFile(f"a scale in {path.name} is out of range")
        self.rows = Quantised(values.reshape(-1, dimension), scales)

    @classmethod
    def of(cls, directory: Path, entry: SegmentEntry) -> Self | None:
        """The vectors of a segment in a commit; None if it has none. Raises IndexDamaged, EngineError."""
        if entry.vectors is None:
            return None
        with reading(directory):
            found = cls(directory / entry.vectors.name, entry.articles)
        if (found.container.size, found.container.crc32) != (entry.vectors.size, entry.vectors.crc32):
            raise damaged(directory, f"{entry.vectors.name} is not the file that was committed")
        with reading(directory):
            found.container.require_sound_if_small()
        return found

    def extents(self, docs: Docs | Ints) -> tuple[Ints, Ints]:
        """Where the rows of each article begin and end; at the same place if it has none."""
        return self.docs.searchsorted(docs), self.docs.searchsorted(docs, "right")

    def rows_of(self, doc: int) -> Quantised | None:
        """The rows of an article, None if it has none."""
        first, end = (int(at[0]) for at in self.extents(np.array([doc])))
        return self.rows.rows(slice(first, end)) if first < end else None

    def has(self, articles: int) -> Mask:
        """Which of the segment's articles have vectors."""
        found: Mask = np.zeros(articles, np.bool_)
        found[self.docs] = True
        return found

    def problems(self) -> Iterator[str]:
        """What is wrong with it, apart from what opening it finds. Reads every byte."""
        yield from (message for _, message in self.container.problems())
        if np.any(self.docs[1:] < self.docs[:-1]):
            yield "its rows are not in the order of the articles"


def _model_name(number: int) -> str:
    if not 0 <= number < 1 << _MODEL_BITS:
        raise DamagedFile("the name of a model is out of range")
    return f"{number:016x}"
