"""The archive at one commit, which answers all questions from the same articles."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from search.alerts.news import USUAL, news
from search.answering import answered, out_of_time
from search.assist.related import related
from search.assist.related_modes import Mode
from search.assist.stories import Versions, told_once
from search.assist.subject import Subject, address_spellings
from search.assist.suggest import suggest
from search.assist.why_not import why_not
from search.browsing import authors, calendar_year, on_this_day
from search.document import Document, Head
from search.engines.plan import After, Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit as FoundHit
from search.engines.results import IndexStatus
from search.errors import LedgerError, NotFound, ParameterError, RequestError
from search.ledger.choices import NOTHING_CHOSEN, Chosen
from search.linking import (
    linked,
    linked_completions,
    linked_hits,
    linked_overview,
    linked_relatives,
    linked_why_not,
    milliseconds_since,
)
from search.phases import searched_for
from search.query.match import MatchAll
from search.query.variants import NO_VARIANTS, Variants
from search.request.comparison import Comparison
from search.request.filling import counts, searched
from search.request.planning import Planner
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.request.spelling_counts import SpellingCounts
from search.request.urls import Addresses, path_prefix
from search.request.validation import check
from search.request.wording import no_article, out_of_range
from search.results.answer import HitContext
from search.results.article import FoundArticle, Marks
from search.results.browsing import AuthorsAnswer, CalendarAnswer, OnThisDayAnswer
from search.results.exporting import Batch
from search.results.facet_values import ValuesAsked, facet_values
from search.results.names import NamesResponse, names
from search.results.overview import NEWEST, holdings, section_counts, section_tree
from search.results.related_response import RelatedResponse
from search.results.response import Completion, FacetValues, Hit, Overview, SearchResponse, SectionNode
from search.results.why_not import WhyNotAnswer
from search.sections import BY_COUNT, SectionOrder
from search.settings import Settings
from search.translation import gettext as _
from search.walking import walked

# What few commands and pages ask for is imported where it is asked for.
if TYPE_CHECKING:
    from search.assist.pooling import Pool
    from search.ledger.ledger import Ledger
    from search.ledger.removals import Removals
    from search.meaning.encoder import Encoder
    from search.naming.proposals import UnfoundWord
    from search.results.coverage import CoverageAnswer

_BATCH: Final = 500
"""Articles read at once where many are walked through."""


class PinnedArchive:
    """The archive at one commit, so that every answer is about the same articles.

    `now` is the aware time from which relative dates and recency are measured.
    `addresses` write the links of an answer; by default they lead to the pages of the site.
    `section_order` is that in which sections are shown where they are not counted for a search.
    `variants` are the other spellings of names, and `counts` remembers how frequent they are.
    Every method may raise EngineError.
    """

    def __init__(
        self,
        searcher: Searcher,
        settings: Settings,
        now: datetime,
        encoder: Encoder | None = None,
        ledger: Ledger | None = None,
        section_order: SectionOrder = BY_COUNT,
        variants: Variants = NO_VARIANTS,
        counts: SpellingCounts | None = None,
    ) -> None:
        self.section_order = section_order
        self.now = now
        self._ledger = ledger
        self._planner = Planner(searcher, settings.language, now, settings.time_zone, encoder, variants, counts)
        self._searcher = searcher
        self._settings = settings
        self._deadline = settings.deadline_seconds
        self._addresses = Addresses("html", path_prefix(settings.public_url), settings.time_zone)

    @property
    def status(self) -> IndexStatus:
        """The state of the index: its generation, articles, languages and the time of the commit."""
        return self._planner.status

    @property
    def capabilities(self) -> frozenset[str]:
        """What the engine can do: see `search.engines.protocols.CAPABILITIES`."""
        return self._planner.capabilities

    def content_hash(self, id: str) -> str | None:
        """The hash of the content of the article with that id; None if there is none."""
        stamp = self._searcher.stamps([id]).get(id)
        return stamp.content_hash if stamp else None

    @property
    def choices_version(self) -> str:
        """What changes with every choice of editors for related articles."""
        with suppress(LedgerError):  # whatever reads the choices says so
            return str(self._ledger.related.version()) if self._ledger is not None else ""
        return ""

    @property
    def order_generation(self) -> str:
        """What changes with every commit, with the model by which hits are ordered, and with the variants: an order of
        hits is valid for one."""
        encoder, variants = self._planner.encoder, self._planner.variants.version
        order = f"{self.status.generation}+{encoder.model}" if encoder else self.status.generation
        return f"{order}~{variants}" if variants else order

    @property
    def encoded(self) -> int | None:
        """How many articles can be searched by meaning; None without an encoder."""
        encoder = self._planner.encoder
        if encoder is None:
            return None
        return self.status.articles - sum(1 for _ in self._searcher.without_vectors(encoder.model))

    def search(
        self, request: SearchRequest, addresses: Addresses | None = None, *, deadline: float | None = None
    ) -> SearchResponse:
        """The whole answer to a request. What the engine cannot do is left out, and `warnings` names it.

        `deadline`: the seconds that it may take, if not those of the settings.
        Raises QuerySyntaxError, ParameterError, CursorExpired.
        """
        started = perf_counter()
        answer = answered(self._planner, request, self.order_generation, deadline or self._deadline)
        response = linked(answer, addresses or self._addresses, started)
        searched_for(total=response.total, timed_out=response.timed_out, partial=response.partial)
        return response

    def totals(self, requests: Sequence[SearchRequest]) -> tuple[int | None, ...]:
        """How many articles each of the requests finds; None for one that is not valid or was not counted in time."""
        resolved = {}
        for request in requests:
            with suppress(RequestError):
                resolved[request] = self._planner.resolve(request)
        asked = [(query, request) for request, query in resolved.items()]
        found = dict(zip(resolved, counts(self._planner, asked, self._deadline), strict=True))
        return tuple(count.total if (count := found.get(request)) else None for request in requests)

    def unfound_words(self, query: str) -> tuple[UnfoundWord, ...]:
        """The words of a query that the archive does not have, each with spellings that it has: see
        `search.naming.proposals`. Raises QuerySyntaxError."""
        from search.naming.proposals import unfound_words

        return unfound_words(self._searcher, query)

    def news(
        self, request: SearchRequest, ids: Collection[str], addresses: Addresses | None = None, *, limit: int = USUAL
    ) -> SearchResponse:
        """What the request finds among those articles, which came last: see `search.alerts.news.news`.

        Raises QuerySyntaxError, ParameterError.
        """
        started = perf_counter()
        answer = news(self._planner, request, ids, limit, self._deadline)
        return linked(answer, addresses or self._addresses, started)

    def neighbours(
        self, request: SearchRequest, position: int, addresses: Addresses | None = None
    ) -> tuple[Hit | None, Hit | None]:
        """The hits before and after a position (from 0) of the result list, without snippets; None at either end.

        Raises QuerySyntaxError, ParameterError.
        """
        around, _ = self._around(request, position, addresses)
        return around.get(position - 1), around.get(position + 1)

    def _around(
        self, request: SearchRequest, position: int, addresses: Addresses | None
    ) -> tuple[Mapping[int, Hit], int | None]:
        """The hit at that position and those next to it, by position; and the length of the list, if it is known."""
        bare = replace(
            request,
            cursor=None, page=1, facets=(), fields=("id", "title"), explain=False, highlight="off",
        )  # fmt: skip
        check(bare)
        if not 0 <= position < MAX_PAGE_DEPTH:
            raise ParameterError("position", out_of_range(0, MAX_PAGE_DEPTH - 1))
        first = max(0, position - 1)
        resolved = self._planner.resolve(bare)
        plan = self._planner.plan(resolved, bare, offset=first, limit=position + 2 - first, deadline=self._deadline)
        found = searched(self._planner, resolved, bare, plan)
        context = HitContext(bare, found.plan, self.status.articles)
        shown = linked_hits(found.results.hits, context, addresses or self._addresses, bare, first)
        rows = None if found.results.timed_out or found.results.partial else found.results.rows
        return dict(enumerate(shown, first)), rows

    def every_hit(
        self, request: SearchRequest, addresses: Addresses | None = None, *, most: int = sys.maxsize
    ) -> Iterator[Batch]:
        """The first `most` hits of a search, in batches: see `search.walking.walked`. `page` and `per_page` are not
        looked at. What is taken down meanwhile is left out of the batches that follow.
        """
        version = self._removed.version() if self._removed else 0
        for results, context in walked(self._planner, request, most, self._deadline):
            found = results.hits
            if self._removed and self._removed.version() != version:
                found = tuple(hit for hit in found if self._removed.of(hit.id) is None)
            shown = linked_hits(found, context, addresses or self._addresses)
            yield Batch(shown, results.rows, results.total)

    def stored_hit(self, id: str, request: SearchRequest, addresses: Addresses | None = None) -> Hit:
        """A stored article as a hit of the search, with its snippets if they are asked for; its score is 0.

        Raises NotFound, Removed, QuerySyntaxError, ParameterError.
        """
        document = self._document(id)
        check(request)
        plan = self._planner.plan(self._planner.resolve(request), request)
        found = FoundHit(id, 0.0, None, head=document.head(), body=document.body)
        [shown] = linked_hits([found], HitContext(request, plan, self.status.articles), addresses or self._addresses)
        return shown

    def article(
        self,
        id: str,
        request: SearchRequest | None = None,
        position: int | None = None,
        addresses: Addresses | None = None,
    ) -> FoundArticle:
        """A stored article. `request` is the search that led to it, `position` its position among the hits.

        The answer then has the matches in the article, and the hits before and after it unless a commit has moved
        the article to another position.
        Raises NotFound, Removed, QuerySyntaxError, ParameterError.
        """
        document = self._document(id)
        if request is None:
            return FoundArticle(document)
        check(replace(request, page=1, cursor=None))
        marks = Marks(self._planner.resolve(request).match, document.language) if request.q.strip() else None
        around, rows = ({}, None) if position is None else self._around(request, position, addresses)
        if position is None or position not in around or around[position].id != id:
            return FoundArticle(document, marks)
        return FoundArticle(document, marks, around.get(position - 1), around.get(position + 1), rows)

    def _document(self, id: str) -> Document:
        """The stored article. Raises NotFound, Removed."""
        if self._ledger is not None:
            self._ledger.removed.require_not(id)
        document = self._searcher.document(id)
        if document is None:
            raise NotFound(no_article(id))
        return document

    @property
    def _removed(self) -> Removals | None:
        return self._ledger.removed if self._ledger is not None else None

    def related(
        self,
        subject: Subject,
        addresses: Addresses | None = None,
        *,
        mode: Mode = "background",
        limit: int = 10,
        half_life: int | None = None,
    ) -> RelatedResponse:
        """Articles related to a stored article or to a draft: see `search.assist.related.related`.

        Raises NotFound, ParameterError; Removed if the article at the address was taken down.
        """
        return self.related_by_mode(subject, (mode,), addresses, limit=limit, half_life=half_life)[0]

    def related_by_mode(
        self,
        subject: Subject,
        modes: Sequence[Mode],
        addresses: Addresses | None = None,
        *,
        limit: int = 10,
        snippets: bool = True,
        half_life: int | None = None,
    ) -> tuple[RelatedResponse, ...]:
        """The related articles of several modes, for little more than those of one. `took_ms` is that of all.

        Raises NotFound, Removed, ParameterError.
        """
        started = perf_counter()
        if self._ledger is not None and subject.id is None and subject.url:
            self._ledger.removed.require_none_at(address_spellings(subject.url))
        found = related(
            self._planner,
            subject,
            modes=modes,
            limit=limit,
            texts=snippets,
            deadline=self._deadline,
            half_life=half_life,
            chosen=self._chosen if self._ledger is not None else None,
        )
        linked_modes = [linked_relatives(each, self.status, addresses or self._addresses) for each in found]
        took = milliseconds_since(started)
        return tuple(
            replace(
                each,
                took_ms=took,
                half_life=half_life,
                warnings=(*each.warnings, out_of_time(self._deadline)) if each.timed_out else each.warnings,
            )
            for each in linked_modes
        )

    def _chosen(self, id: str) -> Chosen:
        """What editors chose for an article, without the pieces that were taken down."""
        if self._ledger is None:
            return NOTHING_CHOSEN
        chosen = self._ledger.related.of(id)
        return replace(chosen, pinned=tuple(name for name in chosen.pinned if self._ledger.removed.of(name) is None))

    def ranking(self, request: SearchRequest, depth: int) -> tuple[str, ...]:
        """The ids of the first `depth` hits, however long that takes: for measurements.

        Raises QuerySyntaxError, ParameterError.
        """
        resolved = self._planner.resolve(request)
        plan = replace(self._planner.plan(resolved, request, limit=depth), bring="nothing")
        return tuple(hit.id for hit in searched(self._planner, resolved, request, plan).results.hits)

    def pool(
        self, request: SearchRequest, also: Sequence[str] = (), addresses: Addresses | None = None
    ) -> tuple[Pool, tuple[Hit, ...]]:
        """What is to be judged for a search, see `search.assist.pooling.pooled`, and the articles `also` if they are in
        the archive; and all of these as hits, in the order of the ids, without scores.

        Raises QuerySyntaxError, ParameterError.
        """
        check(request)
        from search.assist.pooling import pooled

        pool = pooled(self._planner, request, self._deadline)
        pool = replace(pool, ids=tuple(dict.fromkeys((*pool.ids, *also))))
        down = frozenset(name for name in pool.ids if self._removed and self._removed.of(name))
        stored = (self._searcher.document(name) for name in pool.ids if name not in down)
        found = [FoundHit(each.id, 0.0, None, head=each.head(), body=each.body) for each in stored if each is not None]
        any_word = replace(request, operator="or")  # marks the words of articles that do not have all of them
        plan = self._planner.plan(self._planner.resolve(any_word), any_word)
        context = HitContext(request, plan, self.status.articles)
        shown = linked_hits(found, context, addresses or self._addresses, request)
        return replace(pool, ids=tuple(hit.id for hit in shown)), shown

    def present(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the articles that are in the archive."""
        return frozenset(self._searcher.stamps(list(ids))) if ids else frozenset()

    def head(self, id: str) -> Head | None:
        """An article without its text; None if the archive has none of that id, or if it was taken down."""
        if self._removed is not None and self._removed.of(id) is not None:
            return None
        return self._head(id)

    def _head(self, id: str) -> Head | None:
        document = self._searcher.document(id)
        return None if document is None else document.head()

    def named(self, name: str) -> Head:
        """The article with that id, of today or before it moved, or, however it is written, with that address.

        Raises NotFound, Removed, LedgerError.
        """
        moved = self._ledger.moved_to(name) if self._ledger is not None else None
        found = self._head(name) or (self._head(moved) if moved else None)
        if found is None:
            spellings = address_spellings(name)
            if self._ledger is not None:
                for each in filter(None, (name, moved)):
                    self._ledger.removed.require_not(each)
                self._ledger.removed.require_none_at(spellings)
            ids = filter(None, map(self._searcher.id_of_url, spellings))
            found = next(filter(None, map(self._head, ids)), None)
        if found is None:
            raise NotFound(_no_such_article(name))
        if self._ledger is not None:
            self._ledger.removed.require_not(found.id)
        return found

    def suggest(self, text: str, addresses: Addresses | None = None, limit: int = 8) -> tuple[Completion, ...]:
        """At most `limit` completions of what is typed so far: see `search.assist.suggest.suggest`.

        Raises ParameterError.
        """
        return linked_completions(suggest(self._planner, text, limit), addresses or self._addresses)

    def facet_values(
        self, request: SearchRequest, asked: ValuesAsked, addresses: Addresses | None = None
    ) -> FacetValues:
        """A page of the values of one facet of the search: see `search.results.facet_values.facet_values`."""
        return facet_values(self._planner, request, asked, addresses or self._addresses, self._deadline)

    def coverage(self, comparison: Comparison, addresses: Addresses | None = None) -> CoverageAnswer:
        """The searches compared over time, and what goes with each: see `search.coverage.coverage`.

        Raises ParameterError.
        """
        from search.coverage import coverage

        return coverage(self._planner, comparison, addresses or self._addresses, self._deadline)

    def coverage_problems(self, comparison: Comparison) -> tuple[str, ...]:
        """What is wrong with each of the queries; "" where nothing is."""
        from search.coverage import problems

        return problems(self._planner, comparison)

    def overview(self, addresses: Addresses | None = None) -> Overview:
        """What the home page shows: the newest articles, and counts by section, year, month and language.

        Years and months begin in the archive's time zone. Raises EngineError past the archive's time limit.
        """
        held = holdings(self._planner, self._deadline)
        newest = told_once(held.newest, NEWEST, Versions(self._searcher), held.language)
        return linked_overview(held, newest, self._planner, addresses or self._addresses, self.section_order)

    def why_not(self, article: str, request: SearchRequest, addresses: Addresses | None = None) -> WhyNotAnswer:
        """Why the request does not find an article, given as in `named`: see `search.assist.why_not`.

        Raises NotFound, Removed, QuerySyntaxError, ParameterError, LedgerError.
        """
        document = self._document(self.named(article).id)
        check(replace(request, page=1, cursor=None))
        found = why_not(self._planner, document, request, self._deadline)
        return linked_why_not(document, found, addresses or self._addresses)

    @property
    def today(self) -> date:
        """The day it is in the archive's time zone."""
        return self._planner.now.astimezone(ZoneInfo(self._settings.time_zone)).date()

    def calendar_year(self, year: str = "", addresses: Addresses | None = None) -> CalendarAnswer:
        """A year of the archive day by day, by default the newest: see `search.browsing.calendar_year`."""
        return calendar_year(self._planner, year, addresses or self._addresses, self._deadline)

    def authors(
        self, letter: str = "", page: int = 1, addresses: Addresses | None = None, own: str = "/authors"
    ) -> AuthorsAnswer:
        """The authors whose names begin with a letter: see `search.browsing.authors`."""
        return authors(self._planner, letter, page, addresses or self._addresses, own)

    def on_this_day(self, day: str, addresses: Addresses | None = None) -> OnThisDayAnswer:
        """What appeared on a day of the year ("07-03"), in all years: see `search.browsing.on_this_day`.

        Raises ParameterError if there is no such day.
        """
        try:
            return on_this_day(self._planner, day, addresses or self._addresses, self._deadline)
        except ValueError as error:
            message = _("is not a day of the year; write it as in %(example)s", example="07-03")
            raise ParameterError("on", message) from error

    def sections(self, addresses: Addresses | None = None) -> tuple[SectionNode, ...]:
        """The sections as a tree, at each level first those that the order names, then the largest."""
        return section_tree(self.section_counts(), addresses or self._addresses, self.section_order)

    def names(self, page: int = 1, addresses: Addresses | None = None) -> NamesResponse:
        """A page of the names that have other spellings, with what each finds. Raises ParameterError."""
        return names(self._planner, page, addresses or self._addresses, self._deadline)

    def section_counts(self) -> Mapping[str, int]:
        """The number of articles in each section, including the sections below it, the largest first."""
        return section_counts(self._searcher)

    def oldest(self, offset: int, limit: int) -> Iterator[Head]:
        """The heads of `limit` articles from that position on, the oldest first, undated ones last; read in batches."""
        after: After | None = None
        while limit > 0:
            wanted = min(limit, _BATCH)
            plan = Plan(MatchAll(), sort="oldest", offset=offset, after=after, limit=wanted, bring="head")
            found = self._searcher.search(plan).hits
            yield from (hit.head for hit in found if hit.head is not None)
            if len(found) < wanted:
                return
            limit -= wanted
            if "cursor" in self.capabilities:
                offset, after = 0, After(found[-1].sort_key, found[-1].id)
            else:
                offset += wanted


def _no_such_article(name: str) -> str:
    return _("there is no article %(id)s, neither by its id nor by its address", id=repr(name[:200]))
