"""Several searches side by side: the queries that are compared, and the conditions that they share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from search.errors import ParameterError
from search.request.request import SearchRequest
from search.translation import gettext as _

MOST: Final = 4
"""Searches that are compared at most: more lines than that cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The `queries` to compare; `shared` is the search under their conditions for everything."""

    queries: tuple[str, ...]
    shared: SearchRequest

    @property
    def searches(self) -> tuple[SearchRequest, ...]:
        """The searches, in the order in which they were asked for."""
        return tuple(replace(self.shared, q=query) for query in self.queries)

    @classmethod
    def of(cls, request: SearchRequest) -> Comparison:
        """The comparison that begins with one search."""
        queries = (request.q,) if request.q.strip() else ()
        shared = replace(request.on_page(1).without_shape(), q="", sort=None, group="none", per_page=10)
        return cls(queries, replace(shared, bars=request.bars))

    def check(self) -> None:
        """Raises ParameterError if there is no search, or if there are more than MOST."""
        if not self.queries:
            said = _("is missing; give up to %(most)s searches, each as a q of its own", most=MOST)
            raise ParameterError("q", said)
        if len(self.queries) > MOST:
            said = _(
                "at most %(most)s searches can be compared, and there are %(given)s; leave some out",
                most=MOST,
                given=len(self.queries),
            )
            raise ParameterError("q", said)
