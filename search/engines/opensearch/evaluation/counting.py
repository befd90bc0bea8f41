"""Facets, timeline and totals: what is asked of the cluster for a plan, and what its answer means.

A terms aggregation over several shards may be wrong: a shard that does not list a value leaves its count out. So more
values are asked for than are wanted, and the answer says how wrong it may be; if it may be, it is asked for again with
more (`Counting.doubtful`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from search.dates import EPOCH_ORDINAL, local_day
from search.engines.conventions import by_bucket, facet_counts, is_own
from search.engines.opensearch.format.articles import sound
from search.engines.opensearch.queries.clauses import Clause, every
from search.engines.opensearch.queries.filters import filter_clause
from search.engines.plan import FacetPlan, Filter, Plan
from search.engines.results import FacetCounts
from search.periods import Interval

SHARD_SIZES: Final = (1_000, 50_000)
"""Values that each shard lists of a facet: first, and if that left a doubt. A cluster refuses more than 65,535."""

_CALENDAR: Final[Mapping[Interval, str]] = {"day": "day", "month": "month", "year": "year"}
_DATE: Final = "uuuu-MM-dd"

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counting:
    """The counts of one plan. `query` has everything that an article needs but for the plan's filters."""

    plan: Plan
    zone: ZoneInfo
    shard_size: int = SHARD_SIZES[0]

    @property
    def common(self) -> list[Filter]:
        """The filters that hold for every count."""
        return [rule for rule in self.plan.filters if not any(is_own(rule, facet) for facet in self.plan.facets)]

    def body(self, query: Clause, preferred: Clause | None, interval: Interval | None) -> dict[str, Any]:
        """The search that counts. `interval` is that of the hits' days, for the timeline; None for no days."""
        common = [filter_clause(rule, self.zone) for rule in self.common]
        own = [rule for rule in self.plan.filters if rule not in self.common]
        aggregations: dict[str, Any] = {"kept": _filtered(own, self.zone, self._of_kept(preferred, interval))}
        for number, facet in enumerate(self.plan.facets):
            others = [rule for rule in own if not is_own(rule, facet)]
            turned = [rule for rule in own if is_own(rule, facet)] if facet.among == "rest" else None
            aggregations[f"facet{number}"] = _filtered(others, self.zone, self._of_facet(facet), turned)
        return {"query": every([query, *common]), "size": 0, "track_total_hits": False, "aggs": aggregations}

    def _of_kept(self, preferred: Clause | None, interval: Interval | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if preferred is not None:
            found["preferred"] = {"filter": preferred}
        if self.plan.timeline is not None:
            for kind in ("instant", "day"):
                field = f"date.{self.plan.date_field}.{kind}"
                found[f"first_{kind}"] = {"min": {"field": field}}
                found[f"last_{kind}"] = {"max": {"field": field}}
            if interval is not None:
                found |= histograms(self.plan.date_field, interval, self.plan.time_zone)
        return found

    def _of_facet(self, facet: FacetPlan) -> dict[str, Any]:
        if facet.interval is not None:
            dated = f"date.{facet.field}.seconds"
            return {
                **histograms(facet.field, facet.interval, self.plan.time_zone),
                "missing": {"missing": {"field": dated}},
            }
        field = f"key.{facet.field}"
        found: dict[str, Any] = {
            "values": {
                "terms": {
                    "field": field,
                    "size": max(1, facet.size),
                    "shard_size": max(self.shard_size, facet.size),
                    "show_term_doc_count_error": True,
                }
            },
            "missing": {"missing": {"field": field}},
        }
        if facet.selected:
            chosen = sorted({sound(value) for value in facet.selected})
            found["selected"] = {"terms": {"field": field, "include": chosen, "size": len(chosen)}}
        return found

    def doubtful(self, answer: Answer) -> bool:
        """Whether a count of a facet in the answer may be wrong."""
        return any(
            _may_be_wrong(answer["aggregations"][f"facet{number}"]["values"])
            for number, facet in enumerate(self.plan.facets)
            if facet.interval is None
        )

    def facets(self, answer: Answer) -> tuple[FacetCounts, ...]:
        """The counts of all facets."""
        found = answer["aggregations"]
        return tuple(self._facet(facet, found[f"facet{number}"]) for number, facet in enumerate(self.plan.facets))

    def _facet(self, facet: FacetPlan, found: Answer) -> FacetCounts:
        missing = int(found["missing"]["doc_count"])
        if facet.interval is not None:
            return facet_counts(by_bucket(days_of(found), facet.interval), facet, missing)
        listed = _counts(found["values"])
        chosen = _counts(found["selected"]) if "selected" in found else {}
        unlisted = sum(count for value, count in chosen.items() if value not in listed)
        uncounted = int(found["values"]["sum_other_doc_count"]) - unlisted
        counts = facet_counts(listed | chosen, facet, missing, max(0, uncounted))
        return replace(counts, exact=not _may_be_wrong(found["values"]))


def _filtered(
    rules: Sequence[Filter],
    zone: ZoneInfo,
    aggregations: Mapping[str, Any],
    turned: Sequence[Filter] | None = None,
) -> dict[str, Any]:
    """Counts of what passes the rules, and with `turned` not all of those."""
    but_not = [] if turned is None else [every([filter_clause(rule, zone) for rule in turned])]
    kept = every([filter_clause(rule, zone) for rule in rules], but_not=but_not)
    return {"filter": kept, "aggs": dict(aggregations)}


def _counts(found: Answer) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["buckets"]}


def _may_be_wrong(found: Answer) -> bool:
    """Whether a listed value may have a higher count, or a value that is not listed belongs among them."""
    buckets = found["buckets"]
    bound = int(found["doc_count_error_upper_bound"])
    if not bound or not buckets:
        return False
    return bound >= buckets[-1]["doc_count"] or any(bucket["doc_count_error_upper_bound"] for bucket in buckets)


def histograms(field: str, interval: Interval, time_zone: str) -> dict[str, Any]:
    """Counts by the day, month or year in which a date falls, or by the year for longer intervals; see `days_of`.

    The day of an instant depends on the time zone, a bare date is the same day everywhere.
    """
    by = {"calendar_interval": _CALENDAR.get(interval, "year"), "min_doc_count": 1, "format": _DATE}
    return {
        "instants": {"date_histogram": {"field": f"date.{field}.instant", "time_zone": time_zone, **by}},
        "days": {"date_histogram": {"field": f"date.{field}.day", **by}},
    }


def days_of(found: Answer) -> Counter[int]:
    """The counts of both `histograms`, by the first day of each period (an ordinal)."""
    counts: Counter[int] = Counter()
    for kind in ("instants", "days"):
        for bucket in found[kind]["buckets"]:
            counts[_in_calendar(bucket["key_as_string"]).toordinal()] += int(bucket["doc_count"])
    return counts


def _in_calendar(day: str) -> date:
    """The day; its first or last one where a time zone leads out of the calendar."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        return date.max if day.startswith("+") else date.min


def bounds_of(found: Answer, zone: ZoneInfo) -> tuple[int, int] | None:
    """The first and the last day of the hits (ordinals); None if none has a date."""
    ends = [
        _day_of(found[f"{end}_{kind}"], kind, zone)
        for kind in ("instant", "day")
        for end in ("first", "last")
        if found[f"{end}_{kind}"].get("value") is not None
    ]
    return (min(ends), max(ends)) if ends else None


def _day_of(end: Answer, kind: str, zone: ZoneInfo) -> int:
    if kind == "day":
        return int(end["value"] // 86_400_000) + EPOCH_ORDINAL
    return local_day(datetime.fromisoformat(end["value_as_string"]), zone)
