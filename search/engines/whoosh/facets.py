"""Counts of values and days over the masks of all segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from search.engines.answer import by_bucket, facet_counts, timeline
from search.engines.base import FacetCounts, FacetPlan, Timeline
from search.engines.whoosh.days import UNDATED
from search.engines.whoosh.evaluate import DATE_ORDINALS
from search.engines.whoosh.segments import Mask
from search.engines.whoosh.snapshot import LiveSegment, Snapshot

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of a keyword field in all segments, numbered once; `numbers[i]` translates segment i's ordinals."""

    values: tuple[str, ...]
    numbers: tuple[Ints, ...]


class Counts:
    """Counts over one snapshot; what does not depend on the search is made once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._parts = snapshot.segments
        self._values: dict[str, _Values] = {}
        self._archive: dict[tuple[str, str], Counter[int]] = {}
        self._lock = Lock()

    def keyword_totals(self, field: str) -> dict[str, int]:
        """Every value with its number of articles that are not deleted."""
        known = self._known(field)
        totals = self._count(known, field, [part.live for part in self._parts])
        return {known.values[at]: int(totals[at]) for at in np.flatnonzero(totals)}

    def facet(self, plan: FacetPlan, masks: Sequence[Mask], time_zone: str) -> FacetCounts:
        """The counts of one facet over the articles of the masks."""
        if plan.interval is None:
            return self._keyword_facet(plan, masks)
        days = self._days(plan.field, time_zone, masks)
        missing = days.pop(UNDATED, 0)
        return facet_counts(by_bucket(days, plan.interval), plan, missing)

    def timeline(self, field: str, time_zone: str, masks: Sequence[Mask]) -> Timeline:
        """Hits and archive by time."""
        hits = self._days(field, time_zone, masks)
        hits.pop(UNDATED, None)
        return timeline(hits, self._archive_days(field, time_zone))

    def _keyword_facet(self, plan: FacetPlan, masks: Sequence[Mask]) -> FacetCounts:
        known = self._known(plan.field)
        totals = self._count(known, plan.field, masks)
        missing = sum(
            int((mask & part.segment.keywords(plan.field).missing(part.segment.size)).sum())
            for part, mask in zip(self._parts, masks, strict=True)
        )
        listed = set(_foremost(totals, plan.size).tolist())
        if plan.selected:
            listed.update(at for at, value in enumerate(known.values) if value in plan.selected)
        counts = {known.values[at]: int(totals[at]) for at in listed}
        return facet_counts(counts, plan, missing, int(totals.sum()) - sum(counts.values()))

    def _count(self, known: _Values, field: str, masks: Iterable[Mask]) -> Ints:
        totals = np.zeros(len(known.values), np.int64)
        for part, mask, numbers in zip(self._parts, masks, known.numbers, strict=True):
            column = part.segment.keywords(field)
            counts = np.bincount(column.ordinals[mask[column.docs]], minlength=len(column.values))
            totals[numbers] += counts
        return totals

    def _known(self, field: str) -> _Values:
        if (known := self._values.get(field)) is None:
            numbered: dict[str, int] = {}
            columns = [part.segment.keywords(field) for part in self._parts]
            numbers = tuple(
                np.array([numbered.setdefault(value, len(numbered)) for value in column.values], np.int64)
                for column in columns
            )
            known = self._values[field] = _Values(tuple(numbered), numbers)
        return known

    def _days(self, field: str, time_zone: str, masks: Iterable[Mask]) -> Counter[int]:
        counts: Counter[int] = Counter()
        for part, mask in zip(self._parts, masks, strict=True):
            counts.update(_count_days(part, DATE_ORDINALS[field], time_zone, mask))
        return counts

    def _archive_days(self, field: str, time_zone: str) -> Counter[int]:
        key = (field, time_zone)
        with self._lock:
            if (days := self._archive.get(key)) is not None:
                return days
        days = self._days(field, time_zone, [part.live for part in self._parts])
        days.pop(UNDATED, None)
        with self._lock:
            if len(self._archive) >= 8:
                self._archive.clear()
            self._archive[key] = days
        return days


def _count_days(part: LiveSegment, field: int, time_zone: str, mask: Mask) -> dict[int, int]:
    days = part.segment.days(field, time_zone)[mask]
    if not len(days):
        return {}
    found, counts = np.unique(days, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _foremost(totals: Ints, size: int) -> Ints:
    """Which values are counted at least as often as the one at place `size`; ties at that place are all there."""
    counted = np.flatnonzero(totals)
    if len(counted) <= size:
        return counted
    if size == 0:
        return counted[:0]
    least = np.partition(totals[counted], len(counted) - size)[len(counted) - size]
    foremost: Ints = counted[totals[counted] >= least]
    return foremost
