"""Counts of values and of days over hits. What does not depend on the search is counted once for each snapshot.

A search for common words can match most of the archive. Then the articles that are not hits are counted instead, and
subtracted from the counts of all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import Final

import numpy as np

from search.engines.conventions import facet_counts
from search.engines.disk.evaluation.aggregation import DateHistogram, GlobalOrdinals
from search.engines.disk.evaluation.doc_sets import DocSet
from search.engines.disk.format.arrays import Ints, Mask
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.plan import FacetPlan, TimelinePlan
from search.engines.results import FacetCounts, Timeline
from search.engines.values import ValueLookup
from search.schema import KEYWORD_FIELDS

_HISTOGRAMS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The articles that are counted: `docs`, rising, or with `but` all articles except these and the deleted ones."""

    docs: Ints
    but: bool
    size: int


class Counts:
    """Counts over one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._values: dict[str, GlobalOrdinals] = {}
        self._totals: dict[str, Mapping[str, int]] = {}
        self._lookups: dict[str, ValueLookup] = {}
        self._histograms: OrderedDict[tuple[str, str], DateHistogram] = OrderedDict()
        self._lock = Lock()

    def selection(self, doc_set: DocSet, mask: Mask) -> Selection:
        """The articles of a mask over a doc set, none of them deleted."""
        size = int(np.count_nonzero(mask))
        if doc_set.docs is not None or 2 * size <= self._snapshot.articles:
            return Selection(doc_set.chosen(mask), False, size)
        others = [~mask[part.span] & part.live.live for part in doc_set.parts]
        return Selection(np.flatnonzero(np.concatenate(others)), True, size)

    def keyword_totals(self, field: str) -> Mapping[str, int]:
        """Every value with its number of articles that are not deleted."""
        if (known := self._totals.get(field)) is None:
            values = self.values(field)
            found = np.flatnonzero(values.archive).tolist()
            known = MappingProxyType({values.label(number): int(values.archive[number]) for number in found})
            self._totals[field] = known
        return known

    def lookup(self, field: str) -> ValueLookup:
        """The values of a keyword field as people type them."""
        if (known := self._lookups.get(field)) is None:
            hierarchical = KEYWORD_FIELDS[field].hierarchical
            known = self._lookups[field] = ValueLookup(self.keyword_totals(field), hierarchical=hierarchical)
        return known

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        """The most frequent values with their numbers of articles."""
        values = self.values(field)
        found = _foremost(values.archive, limit).tolist()
        counted = [(values.label(number), int(values.archive[number])) for number in found]
        return sorted(counted, key=lambda pair: (-pair[1], pair[0]))

    def values(self, field: str) -> GlobalOrdinals:
        """The values of a keyword field."""
        if (known := self._values.get(field)) is None:
            known = self._values[field] = GlobalOrdinals(self._snapshot, field)
        return known

    def histogram(self, field: str, time_zone: str) -> DateHistogram:
        """The days of a date field."""
        key = (field, time_zone)
        with self._lock:
            if (known := self._histograms.get(key)) is not None:
                self._histograms.move_to_end(key)
                return known
        made = DateHistogram(self._snapshot, DATE_ORDINALS[field], time_zone)
        with self._lock:
            self._histograms[key] = made
            while len(self._histograms) > _HISTOGRAMS:
                self._histograms.popitem(last=False)
        return made

    def facet(self, plan: FacetPlan, chosen: Selection, time_zone: str) -> FacetCounts:
        """The counts of one facet."""
        if plan.interval is None:
            return self._keyword_facet(plan, chosen)
        histogram = self.histogram(plan.field, time_zone)
        days, undated = _days(histogram, chosen)
        buckets = histogram.buckets(plan.interval)
        numbers = buckets.labels() if plan.selected else {}
        return _facet(plan, buckets.add_up(days), undated, buckets.label, numbers.get)

    def _keyword_facet(self, plan: FacetPlan, chosen: Selection) -> FacetCounts:
        values = self.values(plan.field)
        counts, missing = values.count(chosen.docs)
        if chosen.but:
            counts, missing = values.archive - counts, values.missing - missing
        return _facet(plan, counts, missing, values.label, values.number)

    def timeline(self, plan: TimelinePlan, field: str, chosen: Selection, time_zone: str) -> Timeline:
        """Hits and archive by time."""
        histogram = self.histogram(field, time_zone)
        return histogram.timeline(_days(histogram, chosen)[0], plan.max_buckets)


def _days(histogram: DateHistogram, chosen: Selection) -> tuple[Ints, int]:
    days, undated = histogram.count(chosen.docs)
    return (histogram.archive - days, histogram.undated - undated) if chosen.but else (days, undated)


def _facet(
    plan: FacetPlan,
    counts: Ints,
    missing: int,
    label: Callable[[int], str],
    number: Callable[[str], int | None],
) -> FacetCounts:
    """The counts as they are shown. Values are numbered in their order, so only those shown have to be read."""
    chosen = (number(value) for value in plan.selected)
    shown = {*_foremost(counts, plan.size).tolist(), *(at for at in chosen if at is not None)}
    named = {label(at): int(counts[at]) for at in sorted(shown)}
    return facet_counts(named, plan, missing, int(counts.sum()) - sum(named.values()))


def _foremost(counts: Ints, size: int) -> Ints:
    """The numbers of the `size` highest counts, of equal ones the first; those that are 0 are left out."""
    counted = np.flatnonzero(counts)
    if len(counted) <= size:
        return counted
    if size == 0:
        return counted[:0]
    own = counts[counted]
    least = np.partition(own, len(own) - size)[len(own) - size]
    more, equal = counted[own > least], counted[own == least]
    return np.concatenate((more, equal[: size - len(more)]))
