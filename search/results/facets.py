"""A facet of the answer: the engine's counts with labels, and for each value the search after a click on it."""

from __future__ import annotations

from search.engines.results import FacetCounts
from search.request.facets import facet_kind, value_label
from search.request.links import SearchLinks
from search.request.request import FacetRequest
from search.results.response import Facet, FacetValue
from search.schema import MISSING


def facet(asked: FacetRequest, counts: FacetCounts, links: SearchLinks) -> Facet:
    """The facet as it is shown. "Has no value" is listed among the values only if it is selected."""
    kind = facet_kind(asked.name)
    selected = links.request.selected(kind)
    listed = [*counts.values]
    if kind.keyword is not None:
        listed.append((MISSING, counts.missing))
    urls = links.toggles(kind, [value for value, _ in listed])
    values = [
        FacetValue(value, value_label(kind.name, value), count, value in selected, url)
        for (value, count), url in zip(listed, urls, strict=True)
    ]
    missing_url = None
    if kind.keyword is not None:
        missing_url = values[-1].toggle_url
        if MISSING not in selected:
            values.pop()
    return Facet(kind.name, kind.label, tuple(values), counts.missing, counts.other, counts.truncated, missing_url)
