"""The front door: the site, the endpoint and the command ask an `Archive`, and nothing behind it.

An archive answers each question from the newest commit. To ask several questions of the same commit, pin it:

    with archive.pinned() as pinned:
        response = pinned.search(SearchRequest(q="flood"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from search.alerts.arriving import Noticing
from search.assist.related_modes import Mode
from search.assist.subject import Subject
from search.engines.protocols import Engine, Searcher
from search.engines.results import IndexStatus
from search.errors import EngineError, LedgerError
from search.ledger import ledger_of
from search.meaning import open_encoder
from search.pinned_archive import PinnedArchive
from search.releasing import Releasing
from search.request.request import SearchRequest
from search.request.spelling_counts import SpellingCounts
from search.request.urls import Addresses
from search.results.article import FoundArticle
from search.results.facet_values import ValuesAsked
from search.results.related_response import RelatedResponse
from search.results.response import Completion, FacetValues, Hit, Overview, SearchResponse
from search.sections import load_section_order
from search.settings import Settings
from search.snapshots import CHECK_SECONDS, HOLD_SECONDS, NewestSnapshot
from search.variants import VariantsFile

if TYPE_CHECKING:
    from search.ledger.ledger import Ledger


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
    Of the settings it uses `language`, `time_zone`, `public_url`, `deadline_seconds`, `meaning_model`, `section_map`,
    `variants`. Opening it reads the files that the last three name; raises ConfigError if one cannot be used.
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
        self._variants = VariantsFile(self.settings.variants, check_seconds)
        self._counts = SpellingCounts()

    @contextmanager
    def pinned(self) -> Iterator[PinnedArchive]:
        """The archive at its newest commit, unchanged until the end of the block.

        Raises EngineError if it cannot be opened.
        """
        with self._newest.searcher() as searcher:
            yield PinnedArchive(
                searcher,
                self.settings,
                self._clock(),
                self._encoder,
                self.ledger,
                self._section_order,
                self._variants.current(),
                self._counts,
            )

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

    @property
    def open_snapshots(self) -> int:
        """How many commits are open: the newest, and those before it that an answer still needs."""
        return self._newest.open_count

    def close(self) -> None:
        """Closes the snapshot as soon as nobody uses it. The next question opens another."""
        self._newest.close()

    def follow(self, *, only_reads: bool = False) -> None:
        """Opens the newest commit, and from now on each new one in a thread, so that no question waits for it.

        For a process that goes on serving. A new commit answers after a first search of its own. An index that cannot
        be opened yet is opened by the question that finds it. Unless the process `only_reads`, other threads publish
        what has waited for its moment, and note when articles came.
        """

        def warm_up(searcher: Searcher) -> None:
            PinnedArchive(searcher, self.settings, self._clock()).search(SearchRequest())

        with suppress(EngineError), self._newest.searcher() as first:
            warm_up(first)
        self._newest.follow(warm_up)
        if only_reads:
            return
        Releasing(self.engine, self.ledger).start()
        Noticing(self.engine, self.ledger).start()

    def search(self, request: SearchRequest, addresses: Addresses | None = None) -> SearchResponse:
        """See `PinnedArchive.search`."""
        with self.pinned() as pinned:
            return pinned.search(request, addresses)

    def add_variant(self, name: str, spelling: str) -> bool:
        """Has a name find another spelling from now on, by an entry in the file of variants; False if it does so
        already. Raises ParameterError, ConfigError: see `search.adding_variants.add_variant`."""
        from search.adding_variants import add_variant  # which the desk alone needs

        is_new = add_variant(self.settings.variants, name, spelling)
        self._variants.look_now()
        return is_new

    def suggest(self, text: str, addresses: Addresses | None = None, limit: int = 8) -> tuple[Completion, ...]:
        """See `PinnedArchive.suggest`."""
        with self.pinned() as pinned:
            return pinned.suggest(text, addresses, limit)

    def related(
        self,
        subject: Subject,
        addresses: Addresses | None = None,
        *,
        mode: Mode = "background",
        limit: int = 10,
        half_life: int | None = None,
    ) -> RelatedResponse:
        """See `PinnedArchive.related`."""
        with self.pinned() as pinned:
            return pinned.related(subject, addresses, mode=mode, limit=limit, half_life=half_life)

    def facet_values(
        self, request: SearchRequest, asked: ValuesAsked, addresses: Addresses | None = None
    ) -> FacetValues:
        """See `PinnedArchive.facet_values`."""
        with self.pinned() as pinned:
            return pinned.facet_values(request, asked, addresses)

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
