"""The front door: one archive, which the site, the endpoint and the command ask, and nothing behind it.

An `Archive` answers each question from the newest commit. To ask several questions of the same commit, pin it:

    with archive.pinned() as pinned:
        response = pinned.search(SearchRequest(q="flood"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

from search.assist.count_budget import CountBudget
from search.assist.related import Mode, Subject, related
from search.assist.relaxation import relaxations, respelt_anywhere
from search.assist.spelling import did_you_mean
from search.assist.suggest import suggest
from search.document import Head
from search.engines.conventions import leaf_text
from search.engines.grouping import MAX_GROUPED
from search.engines.plan import After, Plan
from search.engines.protocols import Engine, Searcher
from search.engines.results import Cut, IndexStatus, Results
from search.errors import EngineError, NotFound, ParameterError
from search.linking import linked, linked_completions, linked_hits, linked_overview, linked_relatives
from search.query.match import MatchAll
from search.request.planning import Planner, ResolvedQuery
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.request.urls import Addresses, path_prefix
from search.request.validation import check
from search.request.wording import out_of_range
from search.results.answer import Alternative, Answer
from search.results.applied import unknown_values
from search.results.article import FoundArticle, Marks
from search.results.cursor import START
from search.results.hits import HitContext, hits
from search.results.overview import holdings, section_counts, section_tree
from search.results.paging import for_page, opened_cursor, pages_around
from search.results.response import Completion, Hit, Overview, RelatedResponse, SearchResponse, SectionNode
from search.settings import Settings
from search.snapshots import CHECK_SECONDS, NewestSnapshot

_BATCH: Final = 500
"""Articles read at once where many are walked through."""


def current_minute() -> datetime:
    """The time in whole minutes, so that "now-7d" asked twice is the same question."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


class Archive:
    """One archive, always answering from its newest commit. Safe to use from several threads; one for each process.

    Opening it is cheap; an index that is not there yet is no error before the first question.
    Of the settings it uses `language`, `time_zone` and `deadline_seconds`. `clock` gives the time (aware) that
    relative dates and recency are measured from.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings | None = None,
        *,
        clock: Callable[[], datetime] = current_minute,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self.engine = engine
        self.settings = settings or Settings.model_validate({})
        self._clock = clock
        self._newest = NewestSnapshot(engine, check_seconds=check_seconds)

    @contextmanager
    def pinned(self) -> Iterator[PinnedArchive]:
        """The archive as it stands now, and to the end of the block. Raises EngineError if it cannot be opened."""
        with self._newest.searcher() as searcher:
            yield PinnedArchive(searcher, self.settings, self._clock())

    @property
    def problem(self) -> EngineError | None:
        """Why the newest commit is not the one that answers; None if all is well."""
        return self._newest.problem

    def close(self) -> None:
        """Closes the snapshot as soon as nobody holds it. The archive opens another one when it is asked again."""
        self._newest.close()

    def search(self, request: SearchRequest, addresses: Addresses | None = None) -> SearchResponse:
        """See `PinnedArchive.search`."""
        with self.pinned() as pinned:
            return pinned.search(request, addresses)

    def suggest(self, text: str, addresses: Addresses | None = None, limit: int = 8) -> tuple[Completion, ...]:
        """See `PinnedArchive.suggest`."""
        with self.pinned() as pinned:
            return pinned.suggest(text, addresses, limit)

    def related(
        self, subject: Subject, addresses: Addresses | None = None, *, mode: Mode = "background", limit: int = 10
    ) -> RelatedResponse:
        """See `PinnedArchive.related`."""
        with self.pinned() as pinned:
            return pinned.related(subject, addresses, mode=mode, limit=limit)

    def overview(self, addresses: Addresses | None = None) -> Overview:
        """See `PinnedArchive.overview`."""
        with self.pinned() as pinned:
            return pinned.overview(addresses)

    def article(self, id: str) -> FoundArticle:
        """See `PinnedArchive.article`."""
        with self.pinned() as pinned:
            return pinned.article(id)

    def neighbours(
        self, request: SearchRequest, position: int, addresses: Addresses | None = None
    ) -> tuple[Hit | None, Hit | None]:
        """See `PinnedArchive.neighbours`."""
        with self.pinned() as pinned:
            return pinned.neighbours(request, position, addresses)

    def status(self) -> IndexStatus:
        """See `PinnedArchive.status`."""
        with self.pinned() as pinned:
            return pinned.status


class PinnedArchive:
    """The archive at one commit. Every question is answered by the same articles.

    `now` is the time (aware) that relative dates and recency are measured from.
    `addresses` write the links of an answer; by default they are those of the site's pages.
    All methods raise EngineError.
    """

    def __init__(self, searcher: Searcher, settings: Settings, now: datetime) -> None:
        self._planner = Planner(searcher, settings.language, now)
        self._searcher = searcher
        self._settings = settings
        self._deadline = settings.deadline_seconds
        self._addresses = Addresses("html", path_prefix(settings.public_url), settings.time_zone)

    @property
    def status(self) -> IndexStatus:
        """The state of the index: generation, number of articles, time of the commit, languages."""
        return self._planner.status

    @property
    def capabilities(self) -> frozenset[str]:
        """What the engine can do: see `search.engines.protocols.CAPABILITIES`."""
        return self._planner.capabilities

    def search(self, request: SearchRequest, addresses: Addresses | None = None) -> SearchResponse:
        """The whole answer to a request. What the engine lacks is left out and named in `warnings`.

        Raises QuerySyntaxError, ParameterError, CursorExpired.
        """
        started = perf_counter()
        answer = self._answer(request)
        response = linked(answer, addresses or self._addresses, 0.0)
        return replace(response, took_ms=_milliseconds(started))

    def neighbours(
        self, request: SearchRequest, position: int, addresses: Addresses | None = None
    ) -> tuple[Hit | None, Hit | None]:
        """The hits before and after position `position` (from 0) of a result list, without snippets; None at its ends.

        Raises QuerySyntaxError, ParameterError.
        """
        bare = replace(
            request,
            cursor=None, page=1, facets=(), fields=("id", "title"), explain=False, highlight="off",
        )  # fmt: skip
        check(bare)
        if not 0 <= position < MAX_PAGE_DEPTH:
            raise ParameterError("position", out_of_range(0, MAX_PAGE_DEPTH - 1))
        first = max(0, position - 1)
        plan = self._planner.plan(self._planner.resolve(bare), bare)
        plan = replace(plan, offset=first, limit=position + 2 - first, deadline=self._deadline)
        shown = hits(self._searcher.search(plan).hits, HitContext(bare, plan, self.status.articles))
        linked_to = replace(bare, page=request.page)
        placed = dict(enumerate(linked_hits(shown, addresses or self._addresses, linked_to, first), first))
        return placed.get(position - 1), placed.get(position + 1)

    def article(
        self,
        id: str,
        request: SearchRequest | None = None,
        position: int | None = None,
        addresses: Addresses | None = None,
    ) -> FoundArticle:
        """A stored article; with the search that led to it, what that marks, and the hits around `position`.

        Raises NotFound, QuerySyntaxError, ParameterError.
        """
        document = self._searcher.document(id)
        if document is None:
            raise NotFound(f"there is no article {id[:200]!r}")
        marks, previous, following = None, None, None
        if request is not None and request.q.strip():
            marks = Marks(self._planner.resolve(request).match, document.language)
        if request is not None and position is not None:
            previous, following = self.neighbours(request, position, addresses)
        return FoundArticle(document, marks, previous, following)

    def related(
        self, subject: Subject, addresses: Addresses | None = None, *, mode: Mode = "background", limit: int = 10
    ) -> RelatedResponse:
        """Articles related to a stored article or to a draft: see `search.assist.related.related`.

        Raises NotFound, ParameterError.
        """
        started = perf_counter()
        found = related(self._planner, subject, mode=mode, limit=limit, deadline=self._deadline)
        context = HitContext(SearchRequest(), found.plan, self.status.articles)
        shown = hits([row.hit for row in found.found], context)
        if found.timed_out:
            found = replace(found, warnings=(*found.warnings, self._out_of_time()))
        response = linked_relatives(found, shown, self.status, addresses or self._addresses, 0.0)
        return replace(response, took_ms=_milliseconds(started))

    def suggest(self, text: str, addresses: Addresses | None = None, limit: int = 8) -> tuple[Completion, ...]:
        """At most `limit` completions of what is typed so far: see `search.assist.suggest.suggest`.

        Raises ParameterError.
        """
        return linked_completions(suggest(self._planner, text, limit), addresses or self._addresses)

    def overview(self, addresses: Addresses | None = None) -> Overview:
        """The archive as its home page shows it, years and months in the archive's time zone."""
        zone = self._settings.time_zone
        held = holdings(self._planner, zone)
        return linked_overview(held, self.status, zone, addresses or self._addresses)

    def sections(self, addresses: Addresses | None = None) -> tuple[SectionNode, ...]:
        """The sections as a tree, the largest first."""
        return section_tree(self.section_counts(), addresses or self._addresses)

    def section_counts(self) -> Mapping[str, int]:
        """The number of articles in each section and below it, the largest first."""
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

    def _answer(self, request: SearchRequest) -> Answer:
        check(request)
        planner, generation = self._planner, self.status.generation
        absolute = request.resolved(planner.now)
        if request.cursor is not None:
            request = absolute  # a cursor belongs to one moment, and so do the addresses beside it
            if "cursor" not in planner.capabilities:
                raise ParameterError("cursor", "this index cannot go on from a cursor; use page")
        cursor = opened_cursor(absolute, generation)
        moment = cursor.now if cursor else planner.recency_time()
        resolved = planner.resolve(request)
        plan = for_page(planner.plan(resolved, request, moment), request, cursor)
        plan = replace(plan, deadline=self._deadline)
        results = self._searcher.search(plan)
        corrections, relaxed = self._alternatives(resolved, request, results)
        return Answer(
            request=request,
            results=results,
            hits=hits(results.hits, HitContext(request, plan, self.status.articles)),
            position=None if request.cursor else plan.offset,
            pages=pages_around(request, absolute, results, generation, moment),
            expanded=resolved.expanded,
            corrections=corrections,
            relaxations=relaxed,
            warnings=self._warnings(resolved, request, results),
            status=self.status,
            now=planner.now,
        )

    def _alternatives(
        self, resolved: ResolvedQuery, request: SearchRequest, results: Results
    ) -> tuple[tuple[Alternative, ...], tuple[Alternative, ...]]:
        """Corrections and relaxations: on the first page only, and not when the engine ran out of time."""
        if request.page > 1 or request.cursor not in {None, START} or results.timed_out:
            return (), ()
        budget = CountBudget(self._planner)
        corrections = did_you_mean(resolved.tree, results.total, request, budget)
        if results.total:
            return corrections, ()
        relaxed = relaxations(resolved.tree, request, budget)
        if not corrections and not relaxed:
            relaxed = respelt_anywhere(resolved.tree, request, budget)
        return corrections, relaxed

    def _warnings(self, resolved: ResolvedQuery, request: SearchRequest, results: Results) -> tuple[str, ...]:
        warnings = [*resolved.warnings, *unknown_values(self._searcher, request)]
        warnings += [
            f"this index cannot do {name}: it is left out or may find too little"
            for name in self._planner.missing_capabilities(resolved, request)
        ]
        warnings += [_cut_in_words(cut) for cut in results.cut]
        if request.group == "story" and request.per_page and results.total > MAX_GROUPED:
            warnings.append(f"near-copies are grouped among the first {MAX_GROUPED} hits only")
        if results.timed_out:
            warnings.append(self._out_of_time())
        return tuple(dict.fromkeys(warnings))

    def _out_of_time(self) -> str:
        return f"the search ran out of its time of {self._deadline:g} s: hits and counts may be incomplete"


def _cut_in_words(cut: Cut) -> str:
    return f"{leaf_text(cut.leaf)} fits too many words; only the {cut.limit} most frequent were searched"


def _milliseconds(started: float) -> float:
    return round((perf_counter() - started) * 1000.0, 3)
