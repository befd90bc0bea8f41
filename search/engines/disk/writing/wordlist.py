"""The dictionary of a new segment: its words put in order, with their spellings and stems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from operator import ne

import numpy as np
from numpy.typing import NDArray

from search.analysis.bulk import SURFACE_END
from search.engines.disk.files.container import ContainerWriter
from search.engines.disk.files.layout import NO_STEM, string_arrays, to_bytes
from search.engines.disk.writing.inversion import Postings


@dataclass(frozen=True, slots=True)
class WordList:
    """Words in order, as `search.analysis.bulk.word_key` writes them."""

    surfaces: list[str]
    surface_of: NDArray[np.uint32]
    stems: list[str]
    stem_of: NDArray[np.uint32]

    @classmethod
    def of(cls, keys: Sequence[str]) -> WordList:
        """`keys` are in order, each once."""
        parts = SURFACE_END.join(keys).split(SURFACE_END) if keys else []
        spellings, stems_of = parts[::2], parts[1::2]
        is_new = np.fromiter(map(ne, spellings, chain(("",), spellings)), np.bool_, len(spellings))
        surfaces = list(compress(spellings, is_new.tolist()))
        surface_of = np.cumsum(is_new, dtype=np.uint32) - np.uint32(1)
        stems = sorted(set(stems_of) - {""})
        stem_numbers = dict(zip(stems, range(len(stems)), strict=True)) | {"": NO_STEM}
        stem_of = np.fromiter(map(stem_numbers.__getitem__, stems_of), np.uint32, len(stems_of))
        return cls(surfaces, surface_of, stems, stem_of)

    def write(self, writer: ContainerWriter, articles: NDArray[np.uint32]) -> None:
        """Writes the sections under "Dictionary" in `layout`; `articles` is for each surface in how many it stands."""
        raw = np.frombuffer(to_bytes("\n".join([*self.surfaces, ""])), np.uint8)
        ends = np.flatnonzero(raw == ord("\n")) + 1
        writer.add("surface.bytes", raw)
        writer.add("surface.starts", np.concatenate(([0], ends)).astype(np.uint32))
        writer.add("surface.articles", articles)
        sizes = np.fromiter(map(len, self.surfaces), np.uint8, len(self.surfaces))
        writer.add("surface.characters", sizes)
        writer.add("surface.letters", _letters(self.surfaces, sizes))
        writer.add("surface.words", np.searchsorted(self.surface_of, np.arange(len(sizes) + 1)).astype(np.uint32))
        writer.add("word.stem", self.stem_of)
        stems, starts = string_arrays(list(map(to_bytes, self.stems)))
        writer.add("stem.bytes", stems)
        writer.add("stem.starts", starts)
        by_stem = np.argsort(self.stem_of, kind="stable")
        bounds = np.searchsorted(self.stem_of[by_stem], np.arange(len(self.stems) + 1))
        writer.add("stem.word_starts", bounds.astype(np.uint32))
        writer.add("stem.words", by_stem[: bounds[-1]].astype(np.uint32))

    def articles(self, fields: Sequence[Postings]) -> NDArray[np.uint32]:
        """In how many articles each surface stands in any of the fields."""
        pairs = np.concatenate([self._pairs(postings) for postings in fields])
        pairs.sort()
        is_new = np.ones(len(pairs), np.bool_)
        np.not_equal(pairs[1:], pairs[:-1], out=is_new[1:])
        surfaces = (pairs[is_new] >> np.uint64(32)).astype(np.int64)
        return np.bincount(surfaces, minlength=len(self.surfaces)).astype(np.uint32)

    def _pairs(self, postings: Postings) -> NDArray[np.uint64]:
        """Surface and article of each posting, in one number."""
        surfaces = self.surface_of[postings.words].astype(np.uint64) << np.uint64(32)
        return np.repeat(surfaces, np.diff(postings.starts).astype(np.int64)) | postings.docs


def _letters(surfaces: Sequence[str], sizes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """`layout.letters` of all of them at once."""
    if not surfaces:
        return np.empty(0, np.uint32)
    codes = np.frombuffer("".join(surfaces).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.fromiter(accumulate(sizes.tolist(), initial=0), np.int64, len(sizes))
    return np.bitwise_or.reduceat(np.uint32(1) << (codes & np.uint32(31)), starts)
