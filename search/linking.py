"""One pass that makes the response to a finished answer, each part with its address.

What is linked is decided here; what an address looks like, in `search.request.urls`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Final

from search.assist.ageing import days_between
from search.assist.distinctive import DistinctiveTerm
from search.assist.related import Relative, Relatives
from search.assist.stories import Story, Version
from search.assist.suggest import Suggested
from search.assist.why_not import MAX_PLACE, WhyNot
from search.dates import zone_named
from search.document import Document, web_address
from search.engines.results import Hit as FoundHit
from search.engines.results import IndexStatus
from search.phases import phase
from search.request.links import SearchLinks
from search.request.planning import Planner
from search.request.request import FacetRequest, SearchRequest
from search.request.urls import Addresses
from search.results.answer import Alternative, Answer, HitContext
from search.results.applied import applied
from search.results.facets import facet
from search.results.filled import filled
from search.results.hits import hits, moment_text
from search.results.overview import Holdings, calendar, index_info, section_tree
from search.results.paging import Page, Pages
from search.results.related_response import OfferedName, RelatedHit, RelatedResponse, SharedTerm
from search.results.response import (
    Completion,
    Correction,
    DateMeant,
    Hit,
    Links,
    OtherVersion,
    Overview,
    QueryInfo,
    Relaxation,
    SearchResponse,
    Suggestions,
)
from search.results.timeline import timeline
from search.results.why_not import SearchCondition, WhyNotAnswer
from search.sections import SectionOrder
from search.translation import gettext as _
from search.translation import listed, number

MAX_WHY: Final = 8
"""Shared terms that are listed for each related article."""


def milliseconds_since(started: float) -> float:
    """What `took_ms` says of something that began at that `time.perf_counter`."""
    return round((perf_counter() - started) * 1000.0, 3)


def linked(answer: Answer, addresses: Addresses, started: float) -> SearchResponse:
    """The response to a search that began at that `time.perf_counter`."""
    request, results = answer.request, answer.results
    links = SearchLinks(addresses, request)
    counted = zip(request.facets, results.facets, strict=bool(results.facets))
    with phase("snippets"):
        shown = hits(results.hits, links.articles([hit.id for hit in results.hits], answer.position), answer.context)
    return SearchResponse(
        query=QueryInfo(
            request.q,
            applied(request, addresses.search, answer.now),
            answer.expanded,
            addresses.search(answer.exact) if answer.exact else None,
        ),
        total=results.total,
        filled=filled(answer.filling, results),
        page=None if request.cursor else request.page,
        per_page=request.per_page,
        sort=request.effective_sort(),
        links=_links(links, answer.pages, addresses),
        hits=shown,
        facets=tuple([facet(asked, counts, links) for asked, counts in counted]),
        timeline=timeline(results.timeline, links, answer.now) if results.timeline else None,
        suggestions=_suggestions(answer.corrections, answer.relaxations, answer.year, addresses),
        timed_out=results.timed_out,
        partial=results.partial,
        warnings=answer.warnings,
        index=index_info(answer.status),
        took_ms=milliseconds_since(started),  # asked last, so that it counts all of the above
    )


def linked_hits(
    found: Sequence[FoundHit],
    context: HitContext,
    addresses: Addresses,
    request: SearchRequest | None = None,
    position: int | None = None,
) -> tuple[Hit, ...]:
    """The hits as they are shown, with the addresses of their pages.

    With a request, each page knows the way back; with the `position` of the first hit, its own position too.
    """
    way_back = addresses.way_back(request) if request else ""
    return hits(found, addresses.articles([hit.id for hit in found], way_back, position), context)


def _links(links: SearchLinks, pages: Pages, addresses: Addresses) -> Links:
    renderings = links.renderings()
    around = (pages.first, pages.prev, pages.next, pages.last)
    numbers = [page for page in around if isinstance(page, int)]
    numbered = dict(zip(numbers, links.pages(numbers), strict=True))

    def address(page: Page | None) -> str | None:
        if isinstance(page, SearchRequest):
            return addresses.search(page)
        return None if page is None else numbered[page]

    return Links(
        self=links.own(),
        first=address(pages.first),
        prev=address(pages.prev),
        next=address(pages.next),
        last=address(pages.last),
        html=renderings["html"],
        atom=renderings["atom"],
        feed=renderings["feed"],
        rss=renderings["rss"],
        csv=renderings["csv"],
    )


def _suggestions(
    corrections: Iterable[Alternative],
    relaxations: Iterable[Alternative],
    year: Alternative | None,
    addresses: Addresses,
) -> Suggestions:
    return Suggestions(
        tuple(Correction(other.text, other.total, addresses.search(other.request)) for other in corrections),
        tuple(Relaxation(other.text, other.total, addresses.search(other.request)) for other in relaxations),
        DateMeant(year.text, year.request.q, year.total, addresses.search(year.request)) if year else None,
    )


def linked_completions(suggested: Iterable[Suggested], addresses: Addresses) -> tuple[Completion, ...]:
    """The completions with the address of the search or article that each leads to."""

    def address(target: SearchRequest | str) -> str:
        return addresses.article(target) if isinstance(target, str) else addresses.search(target)

    return tuple(Completion(row.text, row.kind, row.count, address(row.leads_to)) for row in suggested)


def linked_relatives(relatives: Relatives, status: IndexStatus, addresses: Addresses) -> RelatedResponse:
    """The response to a request for related articles. `took_ms` is 0, for the caller to fill in."""
    context = HitContext(SearchRequest(), relatives.plan, status.articles)
    related_hits = linked_hits([row.hit for row in relatives.found], context, addresses)
    shown = zip(relatives.found, related_hits, strict=True)
    return RelatedResponse(
        mode=relatives.mode,
        terms=_shared_terms(relatives.terms),
        total=relatives.total,
        took_ms=0.0,
        hits=tuple(_related_hit(row, hit, relatives.own, addresses) for row, hit in shown),
        also_in=_also_in(relatives.versions, addresses),
        timed_out=relatives.timed_out,
        warnings=relatives.warnings,
        index=index_info(status),
        names=tuple(
            OfferedName(name.text, name.kind, name.articles, addresses.search(name.request)) for name in relatives.names
        ),
    )


def _related_hit(row: Relative, hit: Hit, own: Document, addresses: Addresses) -> RelatedHit:
    found = row.hit.head
    return RelatedHit(
        hit=hit,
        why=_shared_terms(row.shared[:MAX_WHY]),
        also_in=_also_in(row.versions, addresses),
        meaning=_similarity(row.hit),
        reasons=row.reasons,
        names=row.names[:MAX_WHY],
        sections=tuple(section for section in hit.sections if section in own.sections),
        days=days_between(own.published, found.published) if found else None,
        pinned=row.pinned,
    )


def _similarity(hit: FoundHit) -> float | None:
    return hit.meaning.similarity if hit.meaning else None


def _shared_terms(terms: Iterable[DistinctiveTerm]) -> tuple[SharedTerm, ...]:
    return tuple(SharedTerm(term.spelling, term.articles) for term in terms)


def _also_in(versions: Iterable[Version], addresses: Addresses) -> tuple[OtherVersion, ...]:
    """Translations first, by language."""
    zone = zone_named(addresses.time_zone)
    ordered = sorted(versions, key=lambda version: (not version.is_translation, version.head.language))
    return tuple(
        OtherVersion(
            id=version.head.id,
            url=web_address(version.head.url),
            article_url=addresses.article(version.head.id),
            title=version.head.title,
            language=version.head.language,
            published=moment_text(version.head.published, zone),
            translation=version.is_translation,
        )
        for version in ordered
    )


def linked_overview(
    held: Holdings, newest: Sequence[Story], planner: Planner, addresses: Addresses, order: SectionOrder
) -> Overview:
    """The overview with the search that each section, period and language leads to; the sections in that order."""
    everything = SearchLinks(addresses, SearchRequest(time_zone=addresses.time_zone))
    languages = facet(FacetRequest("lang", len(held.languages.values)), held.languages, everything)
    return Overview(
        newest=linked_hits([story.hit for story in newest], held.context, addresses),
        also_in=tuple(_also_in(story.versions, addresses) for story in newest),
        sections=section_tree(held.sections, addresses, order),
        years=calendar(held.years, held.months, planner.time_zone, addresses),
        undated=held.years.missing,
        languages=languages.values,
        index=index_info(planner.status),
    )


def linked_why_not(document: Document, found: WhyNot, addresses: Addresses) -> WhyNotAnswer:
    """The answer to why a search does not find the article."""
    placed = found.placed
    return WhyNotAnswer(
        id=document.id,
        title=document.title,
        article_url=addresses.article(document.id),
        found=found.found,
        summary=_why_not_in_words(found),
        conditions=tuple(
            SearchCondition(condition.text, met, addresses.search(condition.without.without_shape()))
            for condition, met in found.conditions
        ),
        score=placed.hit.score if placed.hit else None,
        place=placed.place,
        total=placed.total,
        url=addresses.search(found.relaxed.without_shape()),
    )


def _why_not_in_words(found: WhyNot) -> str:
    place, total = found.placed.place, number(found.placed.total)
    is_placed, shown = place is not None, number(MAX_PLACE if place is None else place)
    if found.found:
        if is_placed:
            return _("the search finds it, at place %(place)s of %(total)s", place=shown, total=total)
        return _("the search finds it, behind place %(place)s of %(total)s", place=shown, total=total)
    unmet = listed([condition.text for condition, met in found.conditions if not met])
    if not unmet:
        return _(
            "the article meets each condition, but not all together: its words stand in different fields or values"
        )
    values = {"conditions": unmet, "place": shown, "total": total}
    if is_placed:
        return _(
            "the article does not meet %(conditions)s; without that it would stand at place %(place)s of %(total)s",
            **values,
        )
    return _(
        "the article does not meet %(conditions)s; without that it would stand behind place %(place)s of %(total)s",
        **values,
    )
