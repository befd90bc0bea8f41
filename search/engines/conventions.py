"""What every engine must count, order and name in the same way: facets, timeline, hits, leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from search.dates import bucket, choose_interval
from search.document import Document, Head, section_ancestors
from search.engines.plan import After, FacetPlan, Filter, KeywordFilter, PeriodFilter, Plan, Sort, TimelinePlan
from search.engines.results import FacetCounts, Results, Timeline
from search.periods import Interval, first_day, last_day
from search.query.match import Leaf, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm
from search.schema import KEYWORD_FIELDS, TEXT_FIELDS

WORD_FIELDS: Final = ("title", "headings", "summary", "body")
"""The fields whose words make up the vocabulary, for completions, corrections and document frequencies."""


class Deadline:
    """The moment at which a search stops and returns what it has; None seconds for no such moment."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else monotonic() + seconds

    def passed(self) -> bool:
        """Whether the moment has come."""
        return self._end is not None and monotonic() >= self._end

    def left(self) -> float | None:
        """The seconds until then, at least 0; None if there is no such moment."""
        return None if self._end is None else max(0.0, self._end - monotonic())


def keyword_values(document: Document | Head, field: str) -> frozenset[str]:
    """The values that an article counts under, each once; in a hierarchical field also the values above them."""
    row = KEYWORD_FIELDS[field]
    values = (value for value in row.values(document) if value)
    return frozenset(part for value in values for part in (section_ancestors(value) if row.hierarchical else (value,)))


def is_own(rule: Filter, facet: FacetPlan) -> bool:
    """Whether a filter is the facet's own, which its counts ignore (or, among "rest", turn round)."""
    if facet.among == "hits":
        return False
    if facet.among == "calendar":
        return isinstance(rule, PeriodFilter) and rule.field == facet.field
    match rule:
        case KeywordFilter(field):
            return facet.interval is None and field == facet.field
        case PeriodFilter(field, interval):
            return (field, interval) == (facet.field, facet.interval)
        case _:
            return False


def facet_counts(counts: Mapping[str, int], plan: FacetPlan, missing: int, uncounted: int = 0) -> FacetCounts:
    """Chooses and orders the values of one facet as `FacetCounts` promises. `counts` may contain zeros.

    `uncounted` is the sum of further values, which are not selected and come after the first `plan.size`.
    """
    ranked = sorted(((value, count) for value, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0]))
    listed = ranked[: plan.size]
    names = {value for value, _ in listed}
    chosen = ((value, counts.get(value, 0)) for value in dict.fromkeys(plan.selected) if value not in names)
    listed += sorted(chosen, key=lambda pair: (-pair[1], pair[0]))
    names.update(plan.selected)
    hidden = [count for value, count in ranked[plan.size :] if value not in names]
    other = sum(hidden) + uncounted
    return FacetCounts(tuple(listed), missing, other, other > 0)


def timeline(hits: Mapping[int, int], archive: Mapping[int, int], plan: TimelinePlan) -> Timeline:
    """The timeline of counts by day (ordinal). The interval and the first and last bucket are those of the hits."""
    if not hits:
        return Timeline("year", {}, {})
    interval = choose_interval(min(hits), max(hits), plan.max_buckets)
    counts = by_bucket(hits, interval)
    first, last = first_day(min(counts)), last_day(max(counts))
    between = {day: count for day, count in archive.items() if first.toordinal() <= day <= last.toordinal()}
    return Timeline(interval, counts, by_bucket(between, interval))


def by_bucket(days: Mapping[int, int], interval: Interval) -> dict[str, int]:
    """Counts by day (ordinal), added up by bucket, in order of time."""
    counts: dict[str, int] = {}
    for day, count in sorted(days.items()):
        label = bucket(day, interval)
        counts[label] = counts.get(label, 0) + count
    return counts


def order_key(sort: Sort, sort_key: float | None, id: str, preferred: bool = True) -> tuple[bool, bool, float, str]:
    """The key that orders hits: preferred ones first, then by the sort, undated ones last, equal ones by id."""
    if sort_key is None:
        return not preferred, True, 0.0, id
    return not preferred, False, sort_key if sort == "oldest" else -sort_key, id


def comes_after(sort: Sort, after: After | None, sort_key: float | None, id: str, preferred: bool = True) -> bool:
    """Whether a hit comes after the one at which `after` stopped."""
    if after is None:
        return True
    return order_key(sort, sort_key, id, preferred) > order_key(sort, after.sort_key, after.id, after.preferred)


def leaf_text(leaf: Leaf) -> str:
    """The name of a leaf in explanations and warnings: `word`, `"a phrase"~2`, `prefix*`, `fuzzy~1`, `title:word`."""
    field = f"{TEXT_FIELDS[leaf.fields[0]].query_name}:" if len(leaf.fields) == 1 else ""
    if isinstance(leaf, MatchTerm):
        return field + leaf.term.surface
    if isinstance(leaf, MatchPhrase):
        words = " ".join(term.surface for term in leaf.terms)
        return f'{field}"{words}"' + (f"~{leaf.slop}" if leaf.slop is not None else "")
    if isinstance(leaf, MatchPrefix):
        return f"{field}{leaf.prefix}*"
    if isinstance(leaf, MatchFuzzy):
        return f"{field}{leaf.word}~{leaf.distance}"
    return field + leaf.pattern


def count_each(search: Callable[[Plan], Results], plans: Sequence[Plan], deadline: float | None) -> list[int | None]:
    """`Searcher.count_many` for engines in this process: one search after another."""
    until = Deadline(deadline)
    counts: list[int | None] = []
    for plan in plans:
        left = until.left()
        found = None if left == 0.0 else search(replace(plan, limit=0, facets=(), timeline=None, deadline=left))
        counts.append(None if found is None or found.timed_out else found.total)
    return counts
