"""Facets and timeline of the memory engine, each counted in one pass over the articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from search.dates import local_day, zone_named
from search.engines.conventions import by_bucket, facet_counts, is_own, timeline
from search.engines.memory.matching import Indexed, passes
from search.engines.plan import FacetPlan, Plan
from search.engines.results import FacetCounts, Timeline
from search.schema import DATE_FIELDS


def count_facet(facet: FacetPlan, matches: Sequence[Indexed], plan: Plan) -> FacetCounts:
    """The counts of one facet over those of the articles that match the query which `FacetPlan.among` names."""
    zone = zone_named(plan.time_zone)
    own = [rule for rule in plan.filters if is_own(rule, facet)]
    others = [rule for rule in plan.filters if rule not in own]
    kept = [article for article in matches if all(passes(rule, article, zone) for rule in others)]
    if facet.among == "rest":
        kept = [article for article in kept if not all(passes(rule, article, zone) for rule in own)]
    if facet.interval is None:
        counts = Counter(value for article in kept for value in article.keywords[facet.field])
        return facet_counts(counts, facet, sum(not article.keywords[facet.field] for article in kept))
    days = _days(kept, facet.field, plan)
    return facet_counts(by_bucket(days, facet.interval), facet, len(kept) - days.total())


def count_timeline(hits: Sequence[Indexed], archive: Sequence[Indexed], plan: Plan) -> Timeline | None:
    """The timeline, if the plan asks for one."""
    if plan.timeline is None:
        return None
    return timeline(_days(hits, plan.date_field, plan), _days(archive, plan.date_field, plan), plan.timeline)


def _days(articles: Sequence[Indexed], field: str, plan: Plan) -> Counter[int]:
    zone = zone_named(plan.time_zone)
    moments = (DATE_FIELDS[field].value(article.document) for article in articles)
    return Counter(local_day(moment, zone) for moment in moments if moment is not None)
