"""What the pages show on which an editor judges hits: each with its buttons, what was judged before, and the counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from search.document import Head
from search.judging import JudgedQuery
from search.ledger.judgements import Grade, Judgement
from search.request.request import SearchRequest
from search.request.urls import PER_PAGE, Addresses, with_query
from search.results.response import Applied, Hit
from webui.hit_html import byline, snippets
from webui.results_page import Chip, chip_text

PATH: Final = "/desk/judge"
MAX_OTHERS: Final = 100
"""Articles that are listed because they were judged before, though they are not among the hits."""


@dataclass(frozen=True, slots=True)
class HitToJudge:
    """A hit with the name of its place on the page, which its buttons lead back to, and its grade if it has one."""

    place: str
    hit: Hit
    title: Markup
    byline: Markup
    snippets: Markup
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class OtherJudged:
    """An article that was judged and is not among the hits; without an address it is not in the archive, and `title`
    is its id."""

    article: str
    title: str
    address: str | None
    grade: Grade


@dataclass(frozen=True, slots=True)
class JudgeView:
    """Everything on the page. `query` is "" before there is one.

    `own_url` is the page itself, where its buttons lead; `mixed_url` and `ranked_url` are the page in both orders, and
    `search_url` is the search as readers get it. `pooled` are the hits that only other rankings found.
    `kept` are the conditions that stay if another query is typed.
    """

    query: str = ""
    order: str = "mixed"
    hits: tuple[HitToJudge, ...] = ()
    counts: JudgedQuery = field(default_factory=lambda: JudgedQuery("", 0, 0, 0))
    others: tuple[OtherJudged, ...] = ()
    more_others: int = 0
    pooled: int = 0
    total: int = 0
    chips: tuple[Chip, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    own_url: str = ""
    mixed_url: str = ""
    ranked_url: str = ""
    search_url: str = ""
    prev_url: str = ""
    next_url: str = ""

    @property
    def unjudged(self) -> int:
        """How many of the hits shown have no grade."""
        return sum(hit.grade is None for hit in self.hits)


def hits_to_judge(found: Iterable[Hit], grades: Mapping[str, Grade]) -> tuple[HitToJudge, ...]:
    """The hits in their order, each with its place."""
    return tuple(
        HitToJudge(
            f"hit-{number}",
            hit,
            Markup(hit.title_html),  # noqa: S704 - escaped but for its marks
            Markup(byline(hit, brief=False)),  # noqa: S704 - each part is escaped
            Markup(snippets(hit)),  # noqa: S704 - likewise
            grades.get(hit.id),
        )
        for number, hit in enumerate(found, 1)
    )


def others_judged(rows: Sequence[tuple[Judgement, Head | None]], links: Addresses) -> tuple[OtherJudged, ...]:
    """What was judged before, the oldest first."""
    return tuple(
        OtherJudged(
            row.article,
            head.title if head else row.article,
            links.article(row.article) if head else None,
            row.grade,
        )
        for row, head in rows
    )


def judging_url(links: Addresses, request: SearchRequest, order: str = "mixed", also: Sequence[str] = ()) -> str:
    """The page for a search in that order, with the articles `also` among those to be judged."""
    shown = request if order == "ranked" else request.on_page(1)
    own = [("order", order)] if order != "mixed" else []
    own += [("article", name) for name in also]
    query = links.query(shown.without_shape(), PER_PAGE["html"])
    return with_query(links.prefix + PATH, "&".join(filter(None, (query, urlencode(own)))))


def judging_chips(conditions: Iterable[Applied], links: Addresses, order: str) -> tuple[Chip, ...]:
    """The conditions in force, each with the page without it."""
    own = urlencode([("order", order)] if order != "mixed" else [])
    return tuple(
        Chip(
            each.label,
            chip_text(each),
            with_query(links.prefix + PATH, "&".join(filter(None, (urlsplit(each.remove_url).query, own)))),
        )
        for each in conditions
    )
