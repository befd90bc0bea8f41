"""What engines count for a facet, and what that comes to: what the search finds after each click.

A click adds a value to those that are chosen, joined by "and" or "or" (`SearchRequest.joined`), or takes a chosen one
away. No engine knows of clicks: it counts the hits, or the articles that the facet's own filter keeps out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from search.document import SECTION_SEPARATOR, section_ancestors
from search.engines.plan import FacetPlan
from search.engines.results import FacetCounts, Results
from search.periods import first_day, last_day
from search.request.facets import DATE, FacetKind, facet_kind
from search.request.request import MAX_FACET_SIZE, FacetRequest, SearchRequest
from search.schema import KEYWORD_FIELDS, MISSING
from search.translation import MONTHS

MAX_OPEN: Final = 3
"""Years of the facet `date` whose months are listed, and months whose days are."""

_YEAR: Final = len("2024")
_MONTH: Final = len("2024-07")

Value = tuple[str, int]


def facet_plans(request: SearchRequest, asked: FacetRequest) -> tuple[FacetPlan, ...]:
    """What the engine is to count for one facet of the request."""
    kind = facet_kind(asked.name)
    if kind.name == DATE:
        return _calendar_plans(request)
    chosen = request.selected(kind)
    named = tuple(value for value in chosen if value != MISSING)
    usual = FacetPlan(kind.keyword or request.date, asked.size, named, kind.interval)
    if kind.keyword is None or not chosen:
        return (usual,)
    rest, own = replace(usual, selected=(), among="rest"), replace(usual, size=0)
    hits = replace(usual, among="hits")
    above = _above(kind, chosen)
    if request.joined(kind.keyword) == "and":
        if not above:
            return (hits,)
        listed = replace(hits, size=asked.size + len(above), selected=tuple(dict.fromkeys((*named, *above))))
        return (listed, replace(own, selected=above))
    return (rest, own, hits) if _is_branch(kind, chosen) else (rest, own)


def facet_counts_after(
    request: SearchRequest, asked: FacetRequest, counts: Sequence[FacetCounts], total: int
) -> FacetCounts:
    """The counts of a facet from those of its `facet_plans`; `total` is what the request finds.

    A value that is not chosen counts what the search finds with it; a chosen one, the hits that have it. Chosen values
    come first, the others by falling count. `missing` is 0 if choosing "has no value" would change nothing.
    """
    kind, first = facet_kind(asked.name), counts[0]
    exact = all(each.exact for each in counts)
    if kind.name == DATE:
        return replace(_calendar(request, counts), exact=exact)
    chosen = request.selected(kind)
    if not chosen:
        return first
    if kind.keyword is None:
        return _ordered(chosen, _added(first.values, total, chosen), first)
    if request.joined(kind.keyword) == "and":
        return replace(_narrowed(kind, chosen, counts), exact=exact)
    return replace(_widened(chosen, counts, total), exact=exact)


def facets_after(request: SearchRequest, results: Results) -> tuple[FacetCounts, ...]:
    """The counts of all facets of the request, in the order asked for; () if the engine has counted none."""
    if not results.facets:
        return ()
    counted, found = iter(results.facets), []
    for asked in request.facets:
        own = tuple(islice(counted, len(facet_plans(request, asked))))
        found.append(facet_counts_after(request, asked, own, results.total))
    return tuple(found)


def _added(values: Iterable[Value], total: int, chosen: Sequence[str]) -> list[Value]:
    """Each article has one of these values at most, so that another one adds all articles that have it."""
    return [(value, count if value in chosen else total + count) for value, count in values]


def _narrowed(kind: FacetKind, chosen: Sequence[str], counts: Sequence[FacetCounts]) -> FacetCounts:
    """With "and", a value finds the hits that have it; a section above the only one chosen takes its place."""
    hits, above = counts[0], _above(kind, chosen)
    places = dict(counts[1].values) if len(chosen) == 1 and len(counts) > 1 else {}
    kept = [(value, places.get(value, count)) for value, count in hits.values if value in places or value not in above]
    return _ordered(chosen, kept, hits)


def _widened(chosen: Sequence[str], counts: Sequence[FacetCounts], total: int) -> FacetCounts:
    """With "or", a value finds the hits and what it adds; a section below the only one chosen takes its place."""
    rest, own = counts[:2]
    listed = [(value, total + count) for value, count in rest.values]
    if len(counts) > 2:
        listed += [(value, count) for value, count in counts[2].values if _is_below(value, chosen[0])]
    missing = own.missing if MISSING in chosen else total + rest.missing if rest.missing else 0
    return replace(_ordered(chosen, [*own.values, *listed], rest), missing=missing)


def _ordered(chosen: Sequence[str], values: Iterable[Value], counts: FacetCounts) -> FacetCounts:
    ranked = sorted(dict(values).items(), key=lambda pair: (pair[0] not in chosen, -pair[1], pair[0]))
    return replace(counts, values=tuple(ranked))


def _is_branch(kind: FacetKind, chosen: Sequence[str]) -> bool:
    return kind.keyword is not None and KEYWORD_FIELDS[kind.keyword].hierarchical and len(chosen) == 1


def _above(kind: FacetKind, chosen: Sequence[str]) -> tuple[str, ...]:
    """The sections above the chosen ones. All hits are in them, so where several sections are chosen with "and" they
    are not listed: what is in one of them alone cannot be told from what is counted."""
    if kind.keyword is None or not KEYWORD_FIELDS[kind.keyword].hierarchical:
        return ()
    found = dict.fromkeys(above for value in chosen for above in section_ancestors(value)[:-1])
    return tuple(value for value in found if value not in chosen)


def _is_below(section: str, other: str) -> bool:
    return section.startswith(other + SECTION_SEPARATOR)


# The facet `date`: all years, the months of the years that are open, the days of the months that are


def _calendar_plans(request: SearchRequest) -> tuple[FacetPlan, ...]:
    years = FacetPlan(request.date, MAX_FACET_SIZE, interval="year", among="calendar")
    months = [f"{year}-{month:02}" for year in _open(request, _YEAR) for month in range(1, len(MONTHS) + 1)]
    days = [f"{month}-{day:02}" for month in _open(request, _MONTH) for day in range(1, last_day(month).day + 1)]
    chosen = tuple(period for period in request.selected(facet_kind(DATE)) if len(period) == _YEAR)
    plans = [replace(years, selected=chosen)]
    plans += [replace(years, size=0, selected=tuple(months), interval="month")] if months else []
    plans += [replace(years, size=0, selected=tuple(days), interval="day")] if days else []
    return tuple(plans)


def _open(request: SearchRequest, length: int) -> tuple[str, ...]:
    """The years (of that length) or months that the chosen periods, or else the dates, are in."""
    spanned = request.period()
    periods = request.periods or ((spanned,) if spanned else ())
    opened = dict.fromkeys(period[:length] for period in periods if len(period) >= length)
    return tuple(period for period in opened if first_day(period))[:MAX_OPEN]


def _calendar(request: SearchRequest, counts: Sequence[FacetCounts]) -> FacetCounts:
    """The periods in order of time, those that are chosen with no article included."""
    chosen = request.selected(facet_kind(DATE))
    values = [pair for each in counts for pair in each.values if pair[1] or pair[0] in chosen]
    return replace(counts[0], values=tuple(sorted(values)))
