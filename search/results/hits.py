"""Turns an engine's hits into the hits that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from search.dates import zone_named
from search.document import Head, Moment, web_address
from search.engines.outcome import leaves
from search.engines.results import Hit as FoundHit
from search.errors import EngineError
from search.highlight.highlighter import Highlighter
from search.highlight.marking import mark_html
from search.request.planning import reads_text
from search.request.request import SearchRequest
from search.results.answer import HitContext
from search.results.explain import explained
from search.results.response import ExplainedHit, Hit
from search.results.snippets import MAX_SNIPPETS, Excerpts, excerpts

_NOTHING = Excerpts((), (), (), False)


def hits(found: Sequence[FoundHit], addresses: Sequence[str], context: HitContext) -> tuple[Hit, ...]:
    """The hits as they are shown, each with the address of its page. The plan must have asked for their heads."""
    highlighter = _highlighter(context) if reads_text(context.request) else None
    zone = zone_named(context.request.time_zone)
    return tuple(
        [_hit(hit, address, highlighter, zone, context) for hit, address in zip(found, addresses, strict=True)]
    )


def _highlighter(context: HitContext) -> Highlighter:
    query = context.plan.query
    frequencies = dict(zip(leaves(query), context.frequencies, strict=True)) if context.frequencies else None
    return Highlighter(query, frequencies, context.articles)


def _hit(hit: FoundHit, address: str, highlighter: Highlighter | None, zone: ZoneInfo, context: HitContext) -> Hit:
    request, head = context.request, hit.head
    if head is None:
        raise EngineError(f"the engine did not bring the article {hit.id!r}; report this as a fault of Backfile")
    found = _excerpts(head, hit.body, highlighter, request)
    return Hit(
        id=head.id,
        url=web_address(head.url),
        article_url=address,
        title=head.title,
        title_html=mark_html(head.title, found.title_spans) if request.highlight == "html" else "",
        sections=head.sections,
        authors=head.authors,
        tags=head.tags,
        published=moment_text(head.published, zone),
        modified=moment_text(head.modified, zone),
        language=head.language,
        type=head.type,
        summary=head.summary,
        score=hit.score,
        matched_fields=found.matched_fields,
        snippets=found.snippets,
        more_text=found.more_text,
        similar_count=None if hit.similar is None else len(hit.similar),
        similar_ids=hit.similar or (),
        explanation=_explained(hit, head, context),
        title_spans=found.title_spans,
        all_words=hit.preferred,
    )


def _explained(hit: FoundHit, head: Head, context: HitContext) -> ExplainedHit | None:
    if hit.explanation is None:
        return None
    recency = context.plan.recency
    return explained(
        hit.explanation, head, context.articles, recency,
        all_words=hit.preferred, meaning=hit.meaning, spelling_of=context.spelling_of,
    )  # fmt: skip


def _excerpts(head: Head, body: str | None, highlighter: Highlighter | None, request: SearchRequest) -> Excerpts:
    """The matches and snippets, as far as the request asks for them. Without a highlighter it asks for none."""
    if body is None or highlighter is None:
        return _NOTHING
    if request.highlight == "off":
        return excerpts(head, body, highlighter, html=False, limit=0)
    wanted = request.fields is None or "snippets" in request.fields
    return excerpts(head, body, highlighter, html=request.highlight == "html", limit=MAX_SNIPPETS if wanted else 0)


def moment_text(moment: Moment | None, zone: ZoneInfo) -> str | None:
    """The moment in RFC 3339: an instant in that zone, or a bare day."""
    if moment is None:
        return None
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).isoformat()
    return moment.isoformat()
