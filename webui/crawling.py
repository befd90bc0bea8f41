"""What crawlers may do on pages of results, of which there is no end: each filter leads to pages with one more.

robots.txt closes these pages, and links to other searches say nofollow. For crawlers that heed neither, pages with many
conditions ask for nothing to be followed, and are not paged far.
"""

from __future__ import annotations

from typing import Final

from search.errors import ParameterError
from search.request.request import SearchRequest
from search.translation import gettext as _
from search.translation import number

FEW: Final = 5
"""Conditions that a page of results may have to be like any other."""
MAX_DEEP_PAGE: Final = 20
"""The last page of results with more conditions. No reader needs it: the next condition shows the rest."""


def is_deep(request: SearchRequest) -> bool:
    """Whether a search has so many conditions that only a crawler combines them all."""
    values = sum(len(filters.include) + len(filters.exclude) for _, filters in request.keywords)
    return values + len(request.periods) > FEW


def require_near(request: SearchRequest) -> SearchRequest:
    """The request. Raises ParameterError if it goes on for many pages although it has many conditions."""
    if request.page > MAX_DEEP_PAGE and is_deep(request):
        said = _(
            "a search with more than %(few)s filters has %(pages)s pages; narrow it further",
            few=number(FEW),
            pages=number(MAX_DEEP_PAGE),
        )
        raise ParameterError("page", said)
    return request


def robots_rule(request: SearchRequest) -> str:
    """What the page says to robots: https://www.rfc-editor.org/info/rfc9309 leaves that to the `robots` element."""
    return "noindex, nofollow" if is_deep(request) else "noindex, follow"
