"""The answer to why a search does not find an article. It is an answer of the endpoint as well."""

from __future__ import annotations

from search.records import record


@record
class SearchCondition:
    """A condition of the search in words, and whether the article meets it. `url` is the search without it."""

    text: str
    met: bool
    url: str


@record
class WhyNotAnswer:
    """Why a search does not find an article.

    `found`: it does find it. `conditions` are those of the search, if it does not. `score` and `place`, from 1, are
    what the article has, or would have without the conditions it does not meet, among the `total` articles which the
    search at `url` finds; null beyond the first 1,000 places.
    """

    id: str
    title: str
    article_url: str
    found: bool
    summary: str
    conditions: tuple[SearchCondition, ...]
    score: float | None
    place: int | None
    total: int
    url: str
