"""A facet of the answer: the engine's counts with labels, and for each value the search after a click on it."""

from __future__ import annotations

from typing import Final

from search.engines.results import FacetCounts
from search.request.facets import facet_kind, value_label
from search.request.links import SearchLinks
from search.request.request import FacetRequest, Joined
from search.results.response import Facet, FacetValue
from search.schema import KEYWORD_FIELDS, MISSING
from search.translation import gettext as _

_OTHER: Final[dict[Joined, Joined]] = {"and": "or", "or": "and"}


def facet(asked: FacetRequest, counts: FacetCounts, links: SearchLinks) -> Facet:
    """The facet as it is shown. "Has no value" is listed among the values only if it is selected, and offered only if
    that would change what is found."""
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
        if MISSING in selected or counts.missing or not selected:
            missing_url = values[-1].toggle_url
        if MISSING not in selected:
            values.pop()
    joined = links.request.joined(kind.keyword) if kind.keyword and KEYWORD_FIELDS[kind.keyword].several else None
    join_url = links.joining(kind.keyword, _OTHER[joined]) if kind.keyword and joined and selected else None
    return Facet(
        kind.name, _(kind.label), tuple(values), counts.missing, counts.other, counts.truncated,
        missing_url, joined, join_url,
    )  # fmt: skip
