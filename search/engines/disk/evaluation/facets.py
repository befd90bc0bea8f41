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

from search import native
from search.engines.conventions import facet_counts
from search.engines.disk.evaluation.aggregation import DateHistogram, GlobalOrdinals
from search.engines.disk.evaluation.columns import Tally, tally
from search.engines.disk.evaluation.doc_sets import DocSet
from search.engines.disk.format.arrays import Ints, Mask
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.plan import FacetPlan, Plan
from search.engines.results import FacetCounts, Timeline
from search.engines.values import ValueLookup
from search.schema import KEYWORD_FIELDS

_HISTOGRAMS: Final = 8

Values = GlobalOrdinals | DateHistogram
"""What facets count by."""


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
            found = np.flatnonzero(values.archive.counts).tolist()
            known = MappingProxyType({values.label(number): int(values.archive.counts[number]) for number in found})
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
        found = _foremost(values.archive.counts, limit)[0].tolist()
        counted = [(values.label(number), int(values.archive.counts[number])) for number in found]
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

    def counted(
        self, plan: Plan, selections: Mapping[FacetPlan | None, Selection]
    ) -> tuple[tuple[FacetCounts, ...], Timeline | None]:
        """The facets and the timeline of a plan: under None the articles that they count, and under a facet those that
        it counts instead."""
        columns = {facet: self._column(facet, plan) for facet in plan.facets}
        histogram = self.histogram(plan.date_field, plan.time_zone) if plan.timeline else None
        wanted: dict[Selection, dict[Values, None]] = {}
        for facet, column in columns.items():
            wanted.setdefault(selections.get(facet, selections[None]), {})[column] = None
        if histogram:
            wanted.setdefault(selections[None], {})[histogram] = None
        tallies = self._tallies(wanted)
        facets = tuple(
            _facet(facet, columns[facet], tallies[selections.get(facet, selections[None]), columns[facet]])
            for facet in plan.facets
        )
        if not histogram or not plan.timeline:
            return facets, None
        return facets, histogram.timeline(tallies[selections[None], histogram].counts, plan.timeline.max_buckets)

    def _tallies(self, wanted: Mapping[Selection, Mapping[Values, None]]) -> dict[tuple[Selection, Values], Tally]:
        """The tally of each selection in the columns that are wanted of it: all of them in one pass."""
        found: dict[tuple[Selection, Values], Tally] = {}
        for chosen, columns in wanted.items():
            own = tally(self._snapshot, chosen.docs, tuple(columns))
            for column, counts in zip(columns, own, strict=True):
                found[chosen, column] = counts.out_of(column.archive) if chosen.but else counts
        return found

    def _column(self, facet: FacetPlan, plan: Plan) -> Values:
        return self.values(facet.field) if facet.interval is None else self.histogram(facet.field, plan.time_zone)


def _facet(plan: FacetPlan, column: Values, found: Tally) -> FacetCounts:
    if isinstance(column, GlobalOrdinals):
        return _shown(plan, found.counts, found.missing, column.label, column.number)
    buckets = column.buckets(plan.interval or "day")
    return _shown(plan, buckets.add_up(found.counts), found.missing, buckets.label, buckets.numbers.get)


def _shown(
    plan: FacetPlan,
    counts: Ints,
    missing: int,
    label: Callable[[int], str],
    number: Callable[[str], int | None],
) -> FacetCounts:
    """The counts as they are shown. Values are numbered in their order, so only those shown have to be read."""
    first, total = _foremost(counts, plan.size)
    chosen = (number(value) for value in plan.selected)
    shown = list(dict.fromkeys([*first.tolist(), *(at for at in chosen if at is not None)]))
    named = dict(zip(map(label, shown), counts[shown].tolist(), strict=True)) if shown else {}
    return facet_counts(named, plan, missing, total - sum(named.values()))


def _foremost(counts: Ints, size: int) -> tuple[Ints, int]:
    """The numbers of the `size` highest counts, of equal ones the first; those that are 0 are left out. And the sum of
    all counts."""
    if native.kernel is not None:
        raw, total = native.kernel.foremost(counts, size)
        return np.frombuffer(raw, np.int64), total
    total = int(counts.sum())
    counted = np.flatnonzero(counts)
    if len(counted) <= size:
        return counted, total
    if size == 0:
        return counted[:0], total
    own = counts[counted]
    least = np.partition(own, len(own) - size)[len(own) - size]
    more, equal = counted[own > least], counted[own == least]
    return np.concatenate((more, equal[: size - len(more)])), total
