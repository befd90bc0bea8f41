"""Lists all posts of a site while it changes: a few fields of each, page by page, and none is lost.

A post that is deleted moves those behind it one place forward, so that the first of the next page comes onto the page
that has just been read. New posts get the highest numbers; with these first, they only move others backward, where
they are met twice. By as many as the total has fallen, posts have come onto pages that were read; these are then read
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from index.sources.wordpress.api import MOST, Api, ApiError
from index.sources.wordpress.objects import Object, number_of, numbers_in, objects_in, text_of

MAX_PAGES: Final = 100_000
"""Requests for one list."""

_FIELDS: Final = "id,link,modified_gmt,modified,status,type,categories,author"
_PAST_END: Final = frozenset({"rest_post_invalid_page_number", "rest_invalid_page_number"})


@dataclass(frozen=True, slots=True)
class Row:
    """A post as the list has it; categories and author are numbers."""

    number: int
    link: str
    modified: str
    status: str
    categories: tuple[int, ...]
    author: int


@dataclass(slots=True)
class Listing:
    """The posts below a route ("wp/v2/posts") that `query` selects, the newest first.

    Only the numbers of the posts are kept. `pages` is how many the site had at the last request.
    """

    api: Api
    route: str
    query: Mapping[str, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    total: int | None = None
    pages: int | None = None
    requests: int = 0

    def rows(self) -> Iterator[list[Row]]:
        """All posts, each once, as many at a time as were on a page. Raises ApiError."""
        page = 1
        while self.requests < MAX_PAGES:
            values, fewer = self._page(page)
            fresh = [row for row in map(_row, values) if row.number and row.number not in self.seen]
            self.seen.update(row.number for row in fresh)
            if fresh:
                yield fresh
            if fewer and page > 1:
                page = max(1, page - ceil(fewer / MOST))
            elif self._ends(page, bool(fresh)):
                return
            else:
                page += 1

    def _ends(self, page: int, has_fresh: bool) -> bool:
        """The page was the last. Where nothing is said of how many there are, one without anything new is."""
        return not has_fresh if self.pages is None else page >= self.pages

    def _page(self, page: int) -> tuple[list[Object], int]:
        """The posts on a page, and by how many there are fewer in all than before: so many places they have moved."""
        self.requests += 1
        query: dict[str, Any] = {"per_page": MOST, "page": page, "orderby": "id", "order": "desc", "_fields": _FIELDS}
        try:
            answer = self.api.get(self.route, {**query, **self.query})
        except ApiError as error:
            if page == 1 or error.code not in _PAST_END:
                raise
            return [], 1  # there were more pages a moment ago; the one before says how many there are now
        before, self.total, self.pages = self.total, answer.total, answer.pages
        return objects_in(answer.value), max(0, (before or 0) - (answer.total or 0)) if answer.total is not None else 0


def _row(value: Object) -> Row:
    author = value.get("author")
    return Row(
        number=number_of(value),
        link=text_of(value, "link"),
        modified=text_of(value, "modified_gmt") or text_of(value, "modified"),
        status=text_of(value, "status") or "publish",
        categories=tuple(numbers_in(value, "categories")),
        author=author if isinstance(author, int) else 0,
    )
