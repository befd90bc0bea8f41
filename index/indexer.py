"""The run: reads sources, compares with what the index holds, writes what is new or different, and reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime

from index.article import Source, lists_all
from index.batches import BATCH_ARTICLES, Batches
from index.finding import LOOKUP_RECORDS, Passing, find, in_groups
from index.gate import Gate
from index.held import open_held
from index.identities import Identities
from index.identity import source_key, written_location
from index.language import Detector
from index.learning import Learning
from index.leaving import Leaving
from index.preparing import Preparation, prepare_all
from index.progress import Progress, Silence
from index.replacing import Replaced
from index.report import Report, Tally
from index.run import Notice, Run
from index.sections import SectionMap
from index.seen import Seen
from index.state import State, state_beside
from index.vanished import Asking
from search.engines.protocols import Engine
from search.errors import EngineError, IndexDamaged, IndexMissing, IndexVersionError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.releasing import now_in_utc


class Indexer:
    """Brings `engine` up to date with its sources; `language` and `time_zone` are for articles that state none.

    `workers`: how many processes may prepare articles, and as many may build the index; 1 is this one alone. Others
    are started only for work of more than `patience` seconds, by default as many as starting them is worth. A program
    that asks for more than 1 must guard its own start with `if __name__ == "__main__"`, as `multiprocessing` says.
    `batch`: articles in one transaction, at most.
    `ledger` is that of the archive, else the one in the place that the engine names; `clock` gives the aware time.
    `state` is what earlier runs remember, else what lies beside the ledger. `detector` and `sections` as in
    `index.document.to_document`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        language: str = "en",
        time_zone: str = "UTC",
        batch: int = BATCH_ARTICLES,
        workers: int = 1,
        patience: float | None = None,
        ledger: Ledger | None = None,
        state: State | None = None,
        clock: Callable[[], datetime] = now_in_utc,
        detector: Detector | None = None,
        sections: SectionMap | None = None,
    ) -> None:
        self._engine = engine
        self._ledger = ledger or open_ledger(engine.ledger_place)
        self._state = state or State(state_beside(self._ledger.place))
        self._clock = clock
        self._preparation = Preparation(language, time_zone, detector, sections or SectionMap())
        self._batch = batch
        self._workers = workers
        self._patience = patience

    def run(
        self,
        sources: Iterable[Source],
        *,
        roots: Sequence[str] = (),
        rebuild: bool = False,
        prune: bool = False,
        dry_run: bool = False,
        most_gone: float = 1.0,
        is_routine: bool = False,
        is_sent: bool = False,
        progress: Progress | None = None,
        notice: Notice | None = None,
    ) -> Report:
        """Indexes every article of `sources`; one that fails is reported and the next goes on.

        `rebuild`: what is read takes the place of the whole index, in one transaction. An engine without transactions
        refuses it with EngineError before anything is read, since a failure half-way would lose the old index.
        `prune`: articles that came from `roots` (paths of files or folders, or addresses) and are no longer in them
        are deleted, for each root that was read to its end without a failure and was not empty. If that is more than
        the share `most_gone` of what came from `roots`, none of them is deleted, and the report has a failure.
        `is_routine`: see `index.seen.Seen`. `is_sent`: the articles were sent by somebody who knows better than the
        sources that may have them as well, so none of these is read again because of what is written.
        What was taken down is refused, and what must not be shown yet waits in the ledger; what is due is published.
        `dry_run`: counts what would be done and writes nothing. `notice` is told of each article whether it is "added",
        "changed", "unchanged", "waiting", "postponed" (shown until now, and waiting from now on), "removed" (taken down
        before, and refused), "deleted" or "gone" (from its source, and kept since too much would be deleted at once),
        and its id.
        An interruption keeps what was committed, discards the open batch, and is in the report.
        Raises EngineError if the index cannot be read or written, and SourceError if a rebuild would lose articles
        only because their source cannot be read, or if there is no article at all. Raises ProcessLost if another
        process was killed; what was committed before is kept.
        """
        if rebuild and "transaction" not in self._engine.capabilities:
            raise EngineError(
                f"{self._engine.url} cannot put a new index in place of the old one at once; "
                "index into a new, empty index instead, and serve that"
            )
        started = time.monotonic()
        progress = progress or Silence()
        sources = list(sources)
        gate = Gate(self._engine, self._ledger, clock=self._clock, dry_run=dry_run)
        batches = Batches(
            self._engine, replace=rebuild, most=self._batch, workers=self._workers, progress=progress,
            before=lambda: run.committing(), between=lambda: run.committed(),
            is_brief=gate.is_brief if is_sent else gate.is_brief_for_sources,
        )  # fmt: skip
        lost: frozenset[str] | None = None
        generation = _generation(self._engine)
        if not rebuild:
            gate.release()  # what is published now was looked at in each run, so it changes nothing that is remembered
        at_once = rebuild or not generation  # what cannot be read is reported before anything else is done
        with closing(open_held(self._engine, at_once=at_once, unreadable_is_empty=rebuild)) as held:
            identities = Identities(self._ledger, self._clock, dry_run=dry_run)
            learning = Learning(self._state, identities)
            seen, tally = Seen(), Tally()
            leaving = Leaving(
                held, batches, gate, identities, learning, seen, tally, rebuild, dry_run, most_gone,
                bool(prune and roots),
                {source_key(source.name): source for source in sources if isinstance(source, Asking)},
                {source_key(source.name): source for source in sources if isinstance(source, Replaced)},
            )  # fmt: skip
            run = Run(held, batches, gate, identities, learning, leaving, seen, tally, rebuild, dry_run)
            self._state.begin(
                generation,
                lambda ids: () if rebuild else identities.among(ids, held.stamps),
                self._ledger.leads_to,
                undone=self._ledger.removed.undone(),
                keeps=not dry_run,
            )
            if rebuild and not dry_run:
                self._state.forget_whole()  # what is not read now will not be in the index
            try:
                found = find(sources, progress, self._unchanged(rebuild))
                with closing(
                    prepare_all(found, self._preparation, workers=self._workers, patience=self._patience)
                ) as prepared:
                    for group in in_groups(prepared, min(LOOKUP_RECORDS, self._batch)):
                        run.take(group, progress)
                seen.newest_only = {source_key(source.name) for source in sources if not lists_all(source)}
                seen.is_routine = is_routine
                run.finish([*map(written_location, roots)] if prune else ())
            except KeyboardInterrupt:
                if batches.loses_deletions:
                    tally.deleted = 0
                    seen.deleted.clear()
                lost = batches.roll_back()
            except BaseException:
                batches.roll_back()
                raise
            run.settle(lost or frozenset())
            if notice:
                run.tell(notice, lost or frozenset())
        if not dry_run:
            self._remember(batches.steps, gate, is_sent=is_sent, is_whole=lost is None)
        self._state.close()
        counts = seen.counts(without=lost or ())
        run.close()
        return tally.report(
            counts,
            seconds=time.monotonic() - started,
            generation=_generation(self._engine),
            interrupted=lost is not None,
            dry_run=dry_run,
        )

    def _remember(self, steps: Sequence[tuple[str, str]], gate: Gate, *, is_sent: bool, is_whole: bool) -> None:
        for step in steps if is_sent else ():
            self._ledger.note_step(*step)
        if is_whole:
            self._state.end(_generation(self._engine), steps, lifted=gate.lifted)

    def _unchanged(self, rebuild: bool) -> Passing:
        return Passing(self._state, (repr(self._preparation),), passes_over=not rebuild)


def _generation(engine: Engine) -> str:
    try:
        return engine.generation()
    except (IndexMissing, IndexVersionError, IndexDamaged):
        return ""
