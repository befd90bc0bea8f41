"""From an engine's hit and the stored article to the hit that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from search.dates import zone_named
from search.document import Document, Moment, web_address
from search.engines.base import Plan, Searcher
from search.highlight.highlighter import Highlighter, mark_html
from search.request.links import LinkMaker
from search.request.request import SearchRequest
from search.results.explain import explained
from search.results.grouping import Row
from search.results.response import Hit
from search.results.snippets import MAX_SNIPPETS, Excerpts, excerpts

_FROM_TEXT = frozenset({"title_html", "title_spans", "matched_fields", "snippets", "more_text"})
"""Keys of a hit for which the article's text has to be looked at."""

_NOTHING = Excerpts((), (), (), False)


@dataclass(frozen=True, slots=True)
class Scene:
    """What all hits of one answer share: the request, the plan it became, and how large the archive is.

    `linked`: articles are linked with the request, so that their pages know the way back.
    """

    request: SearchRequest
    plan: Plan
    articles: int
    links: LinkMaker
    linked: bool = True


def hits(searcher: Searcher, rows: Sequence[Row], scene: Scene, position: int | None) -> tuple[Hit, ...]:
    """The rows as they are shown; `position` is the first one's place in the list, from 0."""
    documents = searcher.documents([row.hit.id for row in rows], body=_looks_at_text(scene.request), html=False)
    highlighter = Highlighter(scene.plan.query)
    addresses = _addresses([row.hit.id for row in rows], scene, position)
    return tuple(
        _hit(row, document, highlighter, scene, address)
        for row, document, address in zip(rows, documents, addresses, strict=True)
    )


def _addresses(ids: Sequence[str], scene: Scene, position: int | None) -> list[str]:
    if scene.linked:
        return scene.links.articles(ids, scene.request, position)
    return [scene.links.article(name) for name in ids]


def _hit(row: Row, document: Document, highlighter: Highlighter, scene: Scene, address: str) -> Hit:
    request = scene.request
    found = _excerpts(document, highlighter, request)
    zone = zone_named(request.time_zone)
    explanation = row.hit.explanation
    return Hit(
        id=document.id,
        url=web_address(document.url),
        article_url=address,
        title=document.title,
        title_html=mark_html(document.title, found.title_spans) if request.highlight == "html" else "",
        sections=document.sections,
        authors=document.authors,
        tags=document.tags,
        published=moment_text(document.published, zone),
        modified=moment_text(document.modified, zone),
        language=document.language,
        type=document.type,
        summary=document.summary,
        score=row.hit.score,
        matched_fields=found.matched_fields,
        snippets=found.snippets,
        more_text=found.more_text,
        similar_count=None if row.similar is None else len(row.similar),
        similar_ids=row.similar or (),
        explanation=explained(explanation, document, scene.articles, scene.plan.recency) if explanation else None,
        title_spans=found.title_spans,
    )


def _looks_at_text(request: SearchRequest) -> bool:
    return request.fields is None or not _FROM_TEXT.isdisjoint(request.fields)


def _excerpts(document: Document, highlighter: Highlighter, request: SearchRequest) -> Excerpts:
    """The snippets, unless neither they nor what comes with them is asked for."""
    if not _looks_at_text(request):
        return _NOTHING
    if request.highlight == "off":
        return excerpts(document, highlighter, html=False, limit=0)
    wanted = request.fields is None or "snippets" in request.fields
    return excerpts(document, highlighter, html=request.highlight == "html", limit=MAX_SNIPPETS if wanted else 0)


def moment_text(moment: Moment | None, zone: ZoneInfo) -> str | None:
    """RFC 3339: an instant in the zone asked for, a bare day as it is."""
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).isoformat()
    return moment.isoformat() if isinstance(moment, date) else None
