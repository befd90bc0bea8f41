"""When articles that are related to another may have appeared, and the search for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from search.assist.distinctive import DistinctiveTerm
from search.assist.stories import day_of
from search.document import Document, Moment
from search.engines.plan import DateFilter, Plan
from search.query.match import MatchAny, MatchNone, MatchTerm
from search.query.terms import query_term
from search.translation import gettext as _

Mode = Literal["background", "same-days", "follow-ups", "any"]

MODES: Final[tuple[Mode, ...]] = ("background", "same-days", "follow-ups", "any")
SAME_DAYS: Final = timedelta(days=3)
"""How far apart articles of the same days may be."""
FIELDS: Final = ("title", "summary", "body", "tags")
"""Headings are in the body too."""


def mode_plan(
    own: Document, terms: Sequence[DistinctiveTerm], languages: Sequence[str], mode: Mode, *, stored: bool
) -> Plan:
    """The search for any of the terms, boosted by their weights; other forms are those of these languages.

    All that there is, is background of a draft: no date is later than now, and an undated article may be what it has
    been pasted from.
    """
    heaviest = max((term.weight for term in terms), default=1.0)
    match = MatchAny(
        tuple(MatchTerm(FIELDS, query_term(t.typed, languages), round(t.weight / heaviest, 6)) for t in terms)
    )
    dates = _dates(own.published, mode) if stored or mode != "background" else None
    filters = (dates,) if dates else ()
    return Plan(match if terms else MatchNone(), filters, bring="head", matched=True)


def _dates(published: Moment | None, mode: Mode) -> DateFilter | None:
    if published is None:
        return None
    day = day_of(published)
    match mode:
        case "background":
            return DateFilter("published", None, day)
        case "same-days":
            return DateFilter("published", _shifted(day, -SAME_DAYS), _shifted(day, SAME_DAYS))
        case "follow-ups":
            return DateFilter("published", _shifted(day, timedelta(days=1)), None)
        case "any":
            return None


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def covers(plan: Plan, own: Document) -> bool:
    """Whether the plan finds the article itself: it shares every term, so only the dates can exclude it."""
    if not plan.filters or own.published is None:
        return not plan.filters
    dates = plan.filters[0]
    return not (isinstance(dates, DateFilter) and dates.start is not None and dates.start > day_of(own.published))


def mode_warnings(
    own: Document, mode: Mode, terms: Sequence[DistinctiveTerm], half_life: int | None, *, drafted: bool
) -> tuple[str, ...]:
    """`drafted`: own is a draft, for which nothing was found."""
    warnings = []
    if drafted and terms and mode not in ("background", "any"):
        message = _(
            'a draft counts as published now, so %(mode)s finds nothing older; ask for the mode "%(other)s"',
            mode=mode,
            other="background",
        )
        warnings.append(message)
    if own.published is None and mode not in ("background", "any"):
        warnings.append(_("the article is undated, so %(mode)s ignores dates", mode=mode))
    if own.published is None and half_life is not None:
        warnings.append(_("the article is undated, so %(parameter)s is ignored", parameter="half_life"))
    if not terms:
        warnings.append(_("no other article has any of its words"))
    return tuple(warnings)
