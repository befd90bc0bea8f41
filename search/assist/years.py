"""A year among the words of a query, offered as a date: "election 1987" may mean articles of that year."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from search.assist.count_budget import CountBudget
from search.query.rewrite import replaced
from search.query.tree import Query, Word, parts_of
from search.request.request import SearchRequest
from search.results.answer import Alternative

_YEAR: Final = re.compile(r"1[0-9]{3}|20[0-9]{2}")


def year_meant(tree: Query, request: SearchRequest, budget: CountBudget) -> Alternative | None:
    """The search in the first year among the words of the query, without that word; `text` is the year.

    None if there is none, if nothing is found in it, or if the search has dates already.
    """
    if request.start is not None or request.end is not None or request.periods:
        return None
    year = next((part for part in parts_of(tree) if _is_year(part)), None)
    if not isinstance(year, Word):
        return None
    others = replace(request, q="") if tree == year else request.asking(replaced(tree, year, None))
    dated = others.in_period(year.text)
    [total] = budget.totals([dated])
    return Alternative(year.text, dated, total) if total else None


def _is_year(part: Query) -> bool:
    return isinstance(part, Word) and part.field is None and _YEAR.fullmatch(part.text) is not None
