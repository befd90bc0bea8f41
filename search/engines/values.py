"""Looks up the values of a keyword field by what people type, the same for every engine that holds them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from heapq import nsmallest
from typing import Final

from rapidfuzz import fuzz, process

from search.analysis import analyze
from search.document import SECTION_SEPARATOR
from search.query.values import comparable
from search.schema import ValueMatch

_MAX_COMPARED: Final = 20_000
"""Values compared for "near", the most frequent first. If there are more, nobody chose them by hand."""
_SIMILARITY: Final = 75.0
"""The least similarity of near values, of 100: twice the characters in common, divided by the characters of both."""


class ValueLookup:
    """Finds values of one keyword field, given the number of articles of each, as `Searcher.find_values` promises.

    `hierarchical`: the values are paths, which are also found by their last part.
    """

    def __init__(self, counts: Mapping[str, int], *, hierarchical: bool) -> None:
        self._counts = counts
        self._hierarchical = hierarchical

    def find(self, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.protocols.Searcher.find_values`."""
        match how:
            case "same":
                values = sorted(self._same.get(comparable(text), ()))[:limit]
            case "words":
                values = self._with_words(text, limit)
            case "near":
                values = self._near(text, limit)
        return [(value, self._counts[value]) for value in values]

    @cached_property
    def _same(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for value in self._counts:
            whole = comparable(value)
            found.setdefault(whole, []).append(value)
            last = whole.rpartition(SECTION_SEPARATOR)[2]
            if self._hierarchical and last != whole:
                found.setdefault(last, []).append(value)
        return found

    def _with_words(self, text: str, limit: int) -> list[str]:
        words = [token.surface for token in analyze(text, "") if not token.compound]
        if not words:
            return []
        *whole, last = words
        found = (
            (-count, value)
            for value, count in self._counts.items()
            if (own := _words_of(value)).issuperset(whole) and any(word.startswith(last) for word in own)
        )
        return [value for _, value in nsmallest(limit, found)]

    def _near(self, text: str, limit: int) -> list[str]:
        near = process.extract(
            comparable(text), self._compared, scorer=fuzz.ratio, limit=limit, score_cutoff=_SIMILARITY
        )
        return [value for _, _, value in near]

    @cached_property
    def _compared(self) -> Mapping[str, str]:
        """The values that "near" compares, as they are compared: of equally similar ones the first is preferred."""
        counts = self._counts
        most = nsmallest(_MAX_COMPARED, counts, key=lambda value: (-counts[value], value))
        return {value: comparable(value) for value in most}


@lru_cache(maxsize=16_384)
def _words_of(value: str) -> frozenset[str]:
    return frozenset(token.surface for token in analyze(value, ""))
