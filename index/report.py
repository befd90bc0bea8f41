"""What a run did, in numbers a person can check and in lines a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Outcome = Literal["added", "changed", "unchanged"]

MAX_LISTED: Final = 1_000
"""Failures and warnings kept with their text; the rest is counted."""

EXIT_DONE: Final = 0
EXIT_SOME_FAILED: Final = 3
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one place of the input: why it failed, or what was left out."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """The sum of one run. Counts are of articles; what an interruption threw away is not in them.

    `failed` and `warned` count all; `failures` and `warnings` hold the first MAX_LISTED of them.
    `generation` is the index's after the run, "" if there is no index. `seconds` is wall time.
    """

    added: int
    changed: int
    unchanged: int
    deleted: int
    failed: int
    failures: tuple[Remark, ...]
    warned: int
    warnings: tuple[Remark, ...]
    seconds: float
    generation: str
    interrupted: bool = False
    dry_run: bool = False

    @property
    def articles(self) -> int:
        """How many articles of the input are now in the index."""
        return self.added + self.changed + self.unchanged

    @property
    def rate(self) -> float:
        """Articles per second, read and, where needed, written."""
        return self.articles / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """0 if all went well, 3 if some articles failed, 130 if interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        return EXIT_SOME_FAILED if self.failed else EXIT_DONE

    def as_json(self) -> dict[str, Any]:
        """Every field, the rate and the number of articles, as JSON holds them."""
        return asdict(self) | {"articles": self.articles, "rate": round(self.rate, 1)}

    def summary(self) -> str:
        """One line: "added 12, changed 0, unchanged 3, deleted 0, failed 1 in 0.4 s (38 articles a second)"."""
        counts = (
            f"added {self.added:,}, changed {self.changed:,}, unchanged {self.unchanged:,}, deleted {self.deleted:,}"
        )
        line = f"{counts}, failed {self.failed:,} in {self.seconds:,.1f} s ({self.rate:,.0f} articles a second)"
        if self.dry_run:
            return f"dry run, nothing was written: {line}"
        if self.interrupted:
            return f"interrupted; what was committed before is kept: {line}"
        return line

    def remarks(self, most: int, *, warnings: bool = True) -> list[str]:
        """The failures and then the warnings, at most `most` of each, and how many more there are."""
        failures = _listed("failed", self.failures, self.failed, most)
        return failures + (_listed("warning", self.warnings, self.warned, most) if warnings else [])


def _listed(kind: str, remarks: Iterable[Remark], total: int, most: int) -> list[str]:
    lines = [f"{kind}: {remark}" for remark in remarks][:most]
    return [*lines, f"{kind}: … and {total - len(lines):,} more"] if total > len(lines) else lines


class Tally:
    """Collects what happens during a run; each id has one outcome, the last one."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.deleted = 0
        self._failures: list[Remark] = []
        self._failed = 0
        self._warnings: list[Remark] = []
        self._warned = 0

    def fail(self, place: str, reason: str) -> None:
        self._failed += 1
        if len(self._failures) < MAX_LISTED:
            self._failures.append(Remark(place, reason))

    def warn(self, place: str, text: str) -> None:
        self._warned += 1
        if len(self._warnings) < MAX_LISTED:
            self._warnings.append(Remark(place, text))

    @property
    def failed(self) -> int:
        return self._failed

    def report(
        self, *, seconds: float, generation: str, thrown_away: Iterable[str], interrupted: bool, dry_run: bool
    ) -> Report:
        """The sum, without the articles whose ids are in `thrown_away`."""
        counts = _counted(self.outcomes, frozenset(thrown_away))
        return Report(
            **counts,
            deleted=self.deleted,
            failed=self._failed,
            failures=tuple(self._failures),
            warned=self._warned,
            warnings=tuple(self._warnings),
            seconds=seconds,
            generation=generation,
            interrupted=interrupted,
            dry_run=dry_run,
        )


def _counted(outcomes: Mapping[str, Outcome], without: frozenset[str]) -> dict[Outcome, int]:
    counts: dict[Outcome, int] = {"added": 0, "changed": 0, "unchanged": 0}
    for name, outcome in outcomes.items():
        if name not in without:
            counts[outcome] += 1
    return counts
