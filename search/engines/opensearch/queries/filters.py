"""Filters and conditions on keyword and date fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from search.dates import epoch
from search.document import Moment
from search.engines.opensearch.format.articles import instant, sound
from search.engines.opensearch.queries.clauses import Clause, every, some
from search.engines.plan import DateFilter, Filter, PeriodFilter
from search.periods import first_day, last_day
from search.query.match import MatchDates, MatchKeyword
from search.schema import MISSING


def filter_clause(rule: Filter, zone: ZoneInfo) -> Clause:
    """The documents that a filter keeps."""
    if isinstance(rule, DateFilter):
        return dated(rule.field, rule.start, rule.end, zone)
    if isinstance(rule, PeriodFilter):
        return some([dated(rule.field, first_day(label), last_day(label), zone) for label in rule.include])
    together = [(value,) for value in rule.include] if rule.every else [rule.include] if rule.include else []
    kept = [_with_any(rule.field, values) for values in together]
    return every(kept, but_not=[_with_any(rule.field, rule.exclude)] if rule.exclude else ())


def condition_clause(condition: MatchKeyword | MatchDates, zone: ZoneInfo) -> Clause:
    """The documents that fulfil a condition of the query."""
    if isinstance(condition, MatchDates):
        return dated(condition.field, condition.start, condition.end, zone)
    return {"terms": {f"key.{condition.field}": [sound(value) for value in condition.values]}}


def present(field: str) -> Clause:
    """The documents that have a date of that name."""
    return {"exists": {"field": f"date.{field}.seconds"}}


def _with_any(field: str, values: Sequence[str]) -> Clause:
    """The documents that have one of the values; MISSING stands for no value."""
    found: list[Clause] = [{"terms": {f"key.{field}": [sound(value) for value in values if value != MISSING]}}]
    if MISSING in values:
        found.append(every((), but_not=[{"exists": {"field": f"key.{field}"}}]))
    return some(found)


def dated(field: str, start: Moment | None, end: Moment | None, zone: ZoneInfo) -> Clause:
    """The documents dated between both ends: see `search.dates.within`.

    Where an end is a bare date, instants are compared with the instants at which that day begins and ends in the zone,
    and bare dates with the day itself.
    """
    seconds: dict[str, float] = {}
    instants: dict[str, str] = {}
    days: dict[str, str] = {}
    if isinstance(start, datetime):
        seconds["gte"] = epoch(start)
    elif start is not None:
        instants["gte"], days["gte"] = _beginning(start, zone), start.isoformat()
    if isinstance(end, datetime):
        seconds["lte"] = epoch(end)
    elif end is not None:
        days["lte"] = end.isoformat()
        if end < date.max:
            instants["lt"] = _beginning(end + timedelta(days=1), zone)
    wanted = [_range(f"date.{field}.seconds", seconds)] if seconds else [present(field)]
    if instants or days:
        of_day = [_range(f"date.{field}.instant", instants), _range(f"date.{field}.day", days)]
        wanted.append(some(of_day))
    return every(wanted)


def _range(field: str, bounds: dict[str, Any]) -> Clause:
    return {"range": {field: bounds}} if bounds else {"exists": {"field": field}}


def _beginning(day: date, zone: ZoneInfo) -> str:
    """The instant at which a day begins in a zone."""
    midnight = datetime.combine(day, time(), zone)
    try:
        return instant(epoch(midnight.astimezone(UTC)))
    except OverflowError:
        return instant(epoch(day))
