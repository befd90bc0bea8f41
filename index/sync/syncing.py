"""Bringing an archive into step with its sources, one after another: a source that fails leaves the others alone."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from index.identity import written_location
from index.opening import Opened
from index.progress import Progress
from index.report import EXIT_DONE, EXIT_SOME_FAILED, Report
from index.sync.named_source import NamedSource
from search.errors import BackfileError, LedgerError
from search.ledger.syncs import CHANGES as CHANGED
from search.ledger.syncs import Result

MOST_PLANNED: Final = 1_000
"""Articles of each kind that a plan lists by their ids; the rest is counted."""

CHANGES: Final = {"added": "+", "changed": "~", "postponed": ">", "deleted": "-", "gone": "!"}
"""What a plan lists, and the sign for each. What is postponed is shown and would wait; what is gone is kept, since it
would be too much at once."""

_log = logging.getLogger("backfile.sync")


@dataclass(slots=True)
class Plan:
    """What a run would change: the ids by what would become of them, at most MOST_PLANNED of each kind."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    def notice(self, outcome: str, id: str) -> None:
        """See `index.indexer.Indexer.run`."""
        self.counts[outcome] += 1
        if outcome in CHANGES and len(self.ids[outcome]) < MOST_PLANNED:
            self.ids[outcome].append(id)

    def lines(self) -> Iterator[str]:
        """A line for each article that would change: "+ id", "~ id", "> id", "- id", "! id"."""
        for outcome, sign in CHANGES.items():
            yield from (f"{sign} {name}" for name in sorted(self.ids[outcome]))
            if more := self.counts[outcome] - len(self.ids[outcome]):
                yield f"{sign} … and {more:,} more"


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one source: its report, or the problem for which there is none."""

    source: NamedSource
    report: Report | None = None
    problem: str = ""
    plan: Plan | None = None

    @property
    def exit_code(self) -> int:
        """That of the report; 3 if there is none."""
        return self.report.exit_code if self.report else EXIT_SOME_FAILED

    def as_json(self) -> dict[str, Any]:
        """The source and what became of it, as JSON values."""
        report = self.report.as_json() if self.report else None
        plan = {outcome: self.plan.ids[outcome] for outcome in CHANGES} if self.plan else None
        at = written_location(self.source.at)
        return {"name": self.source.name, "at": at, "report": report, "problem": self.problem, "plan": plan}


def sync_all(
    sources: Iterable[NamedSource],
    opened: Opened,
    *,
    plan: bool = False,
    allow_gone: bool = False,
    show: Callable[[NamedSource], Progress],
) -> Iterator[Synced]:
    """What became of each source, as soon as it is done; none after one that was interrupted.

    `plan`: nothing is written. `allow_gone`: any share of articles may vanish. `show` gives the progress to report to.
    """
    for source in sources:
        with show(source) as progress:
            synced = sync_source(source, opened, plan=plan, allow_gone=allow_gone, progress=progress)
        yield noted(synced, opened)
        if synced.report and synced.report.interrupted:
            return


def sync_source(
    source: NamedSource, opened: Opened, *, plan: bool = False, allow_gone: bool = False, progress: Progress
) -> Synced:
    """Brings the archive into step with one source; whatever goes wrong is in the result."""
    planned = Plan()
    try:
        report = opened.index(
            [source.at],
            language=source.language,
            time_zone=source.time_zone,
            mapping=source.map,
            types=source.types,
            table=source.table,
            pages=source.pages,
            prune=True,
            dry_run=plan,
            most_gone=1.0 if allow_gone else source.most_gone,
            is_routine=True,
            progress=progress,
            notice=planned.notice,
        )
    except BackfileError as error:
        return Synced(source, problem=str(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one source must not stop the others
        _log.exception("the source %s failed", source.name)
        return Synced(source, problem=f"{type(error).__name__}: {error}; please report this")
    return Synced(source, report, plan=planned if plan else None)


def noted(synced: Synced, opened: Opened) -> Synced:
    """What became of a source, after the ledger was told, for whoever watches over the archive. A ledger that cannot be
    written stops no sync: the log says so."""
    report = synced.report
    if synced.plan is not None or (report and report.interrupted):
        return synced
    result: Result = "failed" if report is None else "ok" if report.exit_code == EXIT_DONE else "incomplete"
    counts = {name: getattr(report, name) for name in CHANGED} if report else {}
    try:
        opened.ledger.syncs.note(synced.source.name, result, counts, datetime.now(UTC), _in_a_line(synced))
    except LedgerError as error:
        _log.warning("how the sync of %s ended is not remembered: %s", synced.source.name, error)
    return synced


def _in_a_line(synced: Synced) -> str:
    """What went wrong, without a word of an article; "" if nothing did."""
    if synced.report is None or not synced.exit_code:
        return synced.problem
    failed = synced.report.failed
    return f"{failed:,} {'article' if failed == 1 else 'articles'} could not be read"


def exit_code(synced: Iterable[Synced]) -> int:
    """The worst of all: 130 after an interruption, 3 if anything failed, else 0."""
    return max((each.exit_code for each in synced), default=EXIT_DONE)
