"""An archive opened for filling: its engine, ledger and state, and the settings by which inputs are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from index.article import Source
from index.fetching import USER_AGENT, Fetcher
from index.indexer import Indexer
from index.language import open_detector
from index.progress import Progress
from index.report import Report
from index.run import Notice
from index.sections import load_section_map
from index.sources import find_sources
from index.sources.reading import say_nothing
from index.state import State, state_beside
from search.engines import open_engine
from search.engines.protocols import Engine
from search.engines.replicas import require_no_replica
from search.ledger import ledger_of
from search.ledger.ledger import Ledger
from search.processes import core_count
from search.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """One archive, for the runs of one process."""

    settings: Settings
    engine: Engine
    ledger: Ledger
    state: State = field(repr=False)

    def index(
        self,
        locations: Sequence[str],
        *,
        language: str = "",
        time_zone: str = "",
        mapping: Mapping[str, str] | None = None,
        types: Sequence[str] = ("post",),
        table: str = "",
        pages: bool = False,
        say: Callable[[str, str], None] = say_nothing,
        rebuild: bool = False,
        prune: bool = False,
        dry_run: bool = False,
        most_gone: float = 1.0,
        is_routine: bool = False,
        progress: Progress | None = None,
        notice: Notice | None = None,
    ) -> Report:
        """Indexes what is at `locations`, as `Indexer.run` does. What is given here goes before the settings; with a
        `language`, none is detected.
        """
        zone = time_zone or self.settings.time_zone
        indexer = self._indexer(language, zone, self.settings.index_workers or core_count())
        with self._fetcher() as fetcher:
            found = find_sources(
                locations,
                time_zone=zone,
                mapping=mapping,
                types=types,
                table=table,
                fetcher=fetcher,
                pages=pages,
                say=say,
                state=self.state,
            )
            return indexer.run(
                found,
                roots=locations,
                rebuild=rebuild,
                prune=prune,
                dry_run=dry_run,
                most_gone=most_gone,
                is_routine=is_routine,
                progress=progress,
                notice=notice,
            )

    def index_sent(self, source: Source, *, notice: Notice) -> Report:
        """Indexes what programs have sent, in this process alone, as `Indexer.run` does."""
        return self._indexer("", self.settings.time_zone, 1).run([source], is_sent=True, notice=notice)

    def _indexer(self, language: str, time_zone: str, workers: int) -> Indexer:
        settings = self.settings
        detects = settings.detect_language and not language
        return Indexer(
            self.engine,
            language=language or settings.language,
            time_zone=time_zone,
            workers=workers,
            ledger=self.ledger,
            state=self.state,
            detector=open_detector(settings.languages) if detects else None,
            sections=load_section_map(settings.section_map),
        )

    def _fetcher(self) -> Fetcher:
        return Fetcher(
            user_agent=self.settings.user_agent or USER_AGENT,
            allowed=self.settings.fetch_allow,
            per_second=self.settings.fetch_per_second,
        )


def open_for_filling(settings: Settings) -> Opened:
    """The archive that the settings name. Raises ConfigError, and EngineError if it is a replica."""
    engine = open_engine(settings.index)
    require_no_replica(engine, engine.url)
    ledger = ledger_of(engine, settings)
    return Opened(settings, engine, ledger, State(state_beside(ledger.place)))
