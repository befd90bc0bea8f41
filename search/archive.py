"""The front door: the site, the endpoint and the command ask an `Archive`, and nothing behind it.

An archive answers each question from the newest commit. To ask several questions of the same commit, pin it:

    with archive.pinned() as pinned:
        response = pinned.search(SearchRequest(q="flood"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final

from search.answering import answered, out_of_time
from search.assist.related import Mode, Subject, address_spellings, related
from search.assist.suggest import suggest
from search.document import Head
from search.engines.plan import After, Plan
from search.engines.protocols import Engine, Searcher
from search.engines.results import IndexStatus
from search.errors import EngineError, LedgerError, NotFound, ParameterError
from search.ledger import ledger_of
from search.linking import (
    linked,
    linked_completions,
    linked_hits,
    linked_overview,
    linked_relatives,
    milliseconds_since,
)
from search.meaning import open_encoder
from search.query.match import MatchAll
from search.releasing import Releasing
from search.request.filling import searched
from search.request.planning import Planner
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.request.urls import Addresses, path_prefix
from search.request.validation import check
from search.request.wording import out_of_range
from search.results.answer import HitContext
from search.results.article import FoundArticle, Marks
from search.results.overview import holdings, section_counts, section_tree
from search.results.related_response import RelatedResponse
from search.results.response import Completion, Hit, Overview, SearchResponse, SectionNode
from search.sections import BY_COUNT, SectionOrder, load_section_order
from search.settings import Settings
from search.snapshots import CHECK_SECONDS, HOLD_SECONDS, NewestSnapshot

if TYPE_CHECKING:
    from search.ledger.ledger import Ledger
    from search.meaning.encoder import Encoder

_BATCH: Final = 500
"""Articles read at once where many are walked through."""


def hold_seconds(settings: Settings) -> float:
    """For how long a server may go on showing what was in the index before a commit: until the longest answer that had
    begun is done."""
    return max(HOLD_SECONDS, 4 * settings.deadline_seconds)


def current_minute() -> datetime:
    """The time in UTC, to the minute: "now-7d" asked twice within a minute is the same search."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


class Archive:
    """An archive that answers from its newest commit. Safe to use from several threads; make one for each process.

    Opening it is cheap. An index that does not exist yet is an error only when the archive is asked.
    Of the settings it uses `language`, `time_zone`, `public_url`, `deadline_seconds`, `meaning_model`, `section_map`.
    Opening it reads the files that the last two name; raises ConfigError if one cannot be used.
    `clock` returns the aware time from which relative dates and recency are measured. `ledger` is by default the one
    that the settings or the engine name: what was taken down raises Removed, whatever the index holds.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings | None = None,
        *,
        clock: Callable[[], datetime] = current_minute,
        check_seconds: float = CHECK_SECONDS,
        ledger: Ledger | None = None,
    ) -> None:
        self.engine = engine
        self.settings = settings or Settings.model_validate({})
        self.ledger = ledger or ledger_of(engine, self.settings)
        self._clock = clock
        self._newest = NewestSnapshot(
            engine,
            check_seconds=check_seconds,
            is_outdated=self._is_outdated,
            hold_seconds=hold_seconds(self.settings),
            hint=self._removals_version,
        )
        self._encoder = open_encoder(self.settings.meaning_model)
        self._section_order = load_section_order(self.settings.section_map)

    @contextmanager
    def pinned(self) -> Iterator[PinnedArchive]:
        """The archive at its newest commit, unchanged until the end of the block.

        Raises EngineError if it cannot be opened.
        """
        with self._newest.searcher() as searcher:
            yield PinnedArchive(searcher, self.settings, self._clock(), self._encoder, self.ledger, self._section_order)

    def _removals_version(self) -> int | None:
        """What changes when something is taken down, so that no answer shows it from then on."""
        with suppress(LedgerError):  # the page of an article says so
            return self.ledger.removed.version()
        return None

    def _is_outdated(self, opened_at: datetime) -> bool:
        with suppress(LedgerError):  # what cannot be known must not stop all answers
            return self.ledger.removed.any_purged_since(opened_at)
        return False

    @property
    def problem(self) -> EngineError | None:
        """Why the newest commit does not answer; None if all is well."""
        return self._newest.problem

    def close(self) -> None:
        """Closes the snapshot as soon as nobody uses it. The next question opens another."""
        self._newest.close()

    def follow(self) -> None:
        """Opens the newest commit, and from now on each new one in a thread, so that no question waits for it.

        For a process that goes on serving. A new commit answers after a first search of its own. An index that cannot
        be opened yet is opened by the question that finds it. Another thread publishes what has waited for its moment.
        """

        def warm_up(searcher: Searcher) -> None:
            PinnedArchive(searcher, self.settings, self._clock()).search(SearchRequest())

        with suppress(EngineError), self._newest.searcher() as first:
            warm_up(first)
        self._newest.follow(warm_up)
        Releasing(self.engine, self.ledger).start()

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

    def article(
        self,
        id: str,
        request: SearchRequest | None = None,
        position: int | None = None,
        addresses: Addresses | None = None,
    ) -> FoundArticle:
        """See `PinnedArchive.article`."""
        with self.pinned() as pinned:
            return pinned.article(id, request, position, addresses)

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
    """The archive at one commit, so that every answer is about the same articles.

    `now` is the aware time from which relative dates and recency are measured.
    `addresses` write the links of an answer; by default they lead to the pages of the site.
    `section_order` is that in which sections are shown where they are not counted for a search.
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
    ) -> None:
        self.section_order = section_order
        self._ledger = ledger
        self._planner = Planner(searcher, settings.language, now, settings.time_zone, encoder)
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

    @property
    def order_generation(self) -> str:
        """What changes with every commit, and with the model by which hits are ordered: an order of hits is valid for
        one."""
        encoder = self._planner.encoder
        return f"{self.status.generation}+{encoder.model}" if encoder else self.status.generation

    @property
    def encoded(self) -> int | None:
        """How many articles can be searched by meaning; None without an encoder."""
        encoder = self._planner.encoder
        if encoder is None:
            return None
        return self.status.articles - sum(1 for _ in self._searcher.without_vectors(encoder.model))

    def search(self, request: SearchRequest, addresses: Addresses | None = None) -> SearchResponse:
        """The whole answer to a request. What the engine cannot do is left out, and `warnings` names it.

        Raises QuerySyntaxError, ParameterError, CursorExpired.
        """
        started = perf_counter()
        answer = answered(self._planner, request, self.order_generation, self._deadline)
        return linked(answer, addresses or self._addresses, started)

    def neighbours(
        self, request: SearchRequest, position: int, addresses: Addresses | None = None
    ) -> tuple[Hit | None, Hit | None]:
        """The hits before and after a position (from 0) of the result list, without snippets; None at either end.

        Raises QuerySyntaxError, ParameterError.
        """
        around = self._around(request, position, addresses)
        return around.get(position - 1), around.get(position + 1)

    def _around(self, request: SearchRequest, position: int, addresses: Addresses | None) -> Mapping[int, Hit]:
        """The hit at that position and those next to it, by position."""
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
        return dict(enumerate(shown, first))

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
        if self._ledger is not None:
            self._ledger.removed.require_not(id)
        document = self._searcher.document(id)
        if document is None:
            raise NotFound(f"there is no article {id[:200]!r}")
        if request is None:
            return FoundArticle(document)
        check(replace(request, page=1, cursor=None))
        marks = Marks(self._planner.resolve(request).match, document.language) if request.q.strip() else None
        around = {} if position is None else self._around(request, position, addresses)
        if position is None or position not in around or around[position].id != id:
            return FoundArticle(document, marks)
        return FoundArticle(document, marks, around.get(position - 1), around.get(position + 1))

    def related(
        self, subject: Subject, addresses: Addresses | None = None, *, mode: Mode = "background", limit: int = 10
    ) -> RelatedResponse:
        """Articles related to a stored article or to a draft: see `search.assist.related.related`.

        Raises NotFound, ParameterError; Removed if the article at the address was taken down.
        """
        return self.related_by_mode(subject, (mode,), addresses, limit=limit)[0]

    def related_by_mode(
        self,
        subject: Subject,
        modes: Sequence[Mode],
        addresses: Addresses | None = None,
        *,
        limit: int = 10,
        snippets: bool = True,
    ) -> tuple[RelatedResponse, ...]:
        """The related articles of several modes, for little more than those of one. `took_ms` is that of all.

        Raises NotFound, Removed, ParameterError.
        """
        started = perf_counter()
        if self._ledger is not None and subject.id is None and subject.url:
            self._ledger.removed.require_none_at(address_spellings(subject.url))
        found = related(self._planner, subject, modes=modes, limit=limit, texts=snippets, deadline=self._deadline)
        linked_modes = [linked_relatives(each, self.status, addresses or self._addresses) for each in found]
        took = milliseconds_since(started)
        return tuple(
            replace(
                each,
                took_ms=took,
                warnings=(*each.warnings, out_of_time(self._deadline)) if each.timed_out else each.warnings,
            )
            for each in linked_modes
        )

    def suggest(self, text: str, addresses: Addresses | None = None, limit: int = 8) -> tuple[Completion, ...]:
        """At most `limit` completions of what is typed so far: see `search.assist.suggest.suggest`.

        Raises ParameterError.
        """
        return linked_completions(suggest(self._planner, text, limit), addresses or self._addresses)

    def overview(self, addresses: Addresses | None = None) -> Overview:
        """What the home page shows: the newest articles, and counts by section, year, month and language.

        Years and months begin in the archive's time zone. Raises EngineError past the archive's time limit.
        """
        held = holdings(self._planner, self._deadline)
        return linked_overview(held, self._planner, addresses or self._addresses, self.section_order)

    def sections(self, addresses: Addresses | None = None) -> tuple[SectionNode, ...]:
        """The sections as a tree, at each level first those that the order names, then the largest."""
        return section_tree(self.section_counts(), addresses or self._addresses, self.section_order)

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
