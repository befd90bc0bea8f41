"""What a run did: numbers that a person can check, and lines that a person can act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Outcome = Literal["added", "changed", "unchanged", "waiting", "removed"]

MAX_LISTED: Final = 1_000
"""Failures and warnings that are kept with their text; the rest is counted."""
MAX_SOURCE_WARNINGS: Final = 100
"""Different warnings about one source that are reported."""
MAX_GENERAL: Final = 50
"""Warnings about whole sources that come before those about articles."""
MAX_PAIRS: Final = 20
"""Pairs of sources with shared ids that are reported one by one."""

EXIT_DONE: Final = 0
EXIT_SOME_FAILED: Final = 3
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one article or one source: why it failed, or what was left out."""

    origin: str
    text: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """The sum of one run. Counts are of articles, without those that an interruption discarded.

    `waiting` counts articles that are to be shown later, and `removed` those that were refused because they had been
    taken down. `skipped` counts the files in folders that are of no known format, and `left_out` the articles that
    their source does not publish, such as drafts. `failed` and `warned` count all; `failures` and `warnings` hold the
    first MAX_LISTED of them. `general`: so many of the warnings, the first, are about a whole source, folder or run.
    `generation` is the index's after the run, "" if there is no index. `seconds` is wall time.
    """

    added: int
    changed: int
    unchanged: int
    waiting: int
    removed: int
    deleted: int
    failed: int
    skipped: int
    left_out: int
    failures: tuple[Remark, ...]
    warned: int
    warnings: tuple[Remark, ...]
    seconds: float
    generation: str
    interrupted: bool = False
    dry_run: bool = False
    general: int = 0

    @property
    def articles(self) -> int:
        """How many articles of the input are now in the index."""
        return self.added + self.changed + self.unchanged

    @property
    def rate(self) -> float:
        """Articles per second, read and, if they had changed, written."""
        return self.articles / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """0 if all went well, 3 if some articles failed, 130 if interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        return EXIT_SOME_FAILED if self.failed else EXIT_DONE

    def as_json(self) -> dict[str, Any]:
        """Every field, the rate and the number of articles, as JSON values."""
        return asdict(self) | {"articles": self.articles, "rate": round(self.rate, 1)}

    def summary(self) -> str:
        """One line: "added 12, changed 0, unchanged 3, deleted 0, failed 1 in 0.4 s (38 articles a second)"."""
        counts = (
            f"added {self.added:,}, changed {self.changed:,}, unchanged {self.unchanged:,}, deleted {self.deleted:,}"
        )
        early = f", waiting {self.waiting:,}" if self.waiting else ""
        down = f", refused {self.removed:,}" if self.removed else ""
        skipped = f", skipped {self.skipped:,} {'file' if self.skipped == 1 else 'files'}" if self.skipped else ""
        left_out = f", left out {self.left_out:,}" if self.left_out else ""
        took = f"in {self.seconds:,.1f} s ({self.rate:,.0f} articles a second)"
        line = f"{counts}, failed {self.failed:,}{skipped}{left_out}{early}{down} {took}"
        if self.dry_run:
            return f"dry run, nothing was written: {line}"
        if self.interrupted:
            return f"interrupted; what was committed before is kept: {line}"
        return line

    def remarks(self, most: int, *, warnings: bool = True) -> list[str]:
        """The failures and then the warnings, at most `most` of each, and how many more there are. Warnings about a
        whole source or run are beyond these, and all are there."""
        failures = _listed("failed", self.failures, self.failed, most)
        return failures + (_listed("warning", self.warnings, self.warned, most + self.general) if warnings else [])


def _listed(kind: str, remarks: Iterable[Remark], total: int, most: int) -> list[str]:
    lines = [f"{kind}: {remark}" for remark in remarks][:most]
    return [*lines, f"{kind}: … and {total - len(lines):,} more"] if total > len(lines) else lines


@dataclass(slots=True)
class _Shared:
    """Articles of one source whose ids another source's articles have: how many, and the first of them."""

    count: int
    origin: str
    id: str


class Tally:
    """Collects what happens during a run."""

    def __init__(self) -> None:
        self.deleted = 0
        self._failures: list[Remark] = []
        self._failed = 0
        self._skipped = 0
        self._whole: list[Remark] = []
        self._general: list[Remark] = []
        self._warnings: list[Remark] = []
        self._warned = 0
        self._warned_of: dict[str, set[str]] = {}
        self._shared: dict[tuple[str, str, bool], _Shared] = {}
        self._left_out: Counter[str] = Counter()
        self._passed_over = 0

    def fail(self, origin: str, reason: str) -> None:
        """Counts an article, or a source, that cannot be read."""
        self._failed += 1
        if len(self._failures) < MAX_LISTED:
            self._failures.append(Remark(origin, reason))

    def warn(self, origin: str, text: str) -> None:
        """Notes something that cost no article."""
        self._warned += 1
        if len(self._warnings) < MAX_LISTED:
            self._warnings.append(Remark(origin, text))

    def warn_once(self, source: str, origin: str, warnings: Iterable[str]) -> None:
        """Notes what an article at `origin` shows about its source as a whole, each thing once."""
        for warning in warnings:
            said = self._warned_of.setdefault(source, set())
            if warning not in said and len(said) < MAX_SOURCE_WARNINGS:
                said.add(warning)
                self.warn(origin, warning)

    def warn_of_source(self, origin: str, text: str) -> None:
        """Notes something about a whole source, which is said before all that is about articles."""
        if len(self._general) == MAX_GENERAL:
            self.warn(origin, text)
        else:
            self._warned += 1
            self._general.append(Remark(origin, text))

    def skip(self, origin: str, reason: str, files: int, *, whole: bool = False) -> None:
        """Counts files of no known format, and says so in one warning. `whole`: it is about what was given to be read,
        such as a folder, so that it always comes first."""
        self._skipped += files
        if whole:
            self._warned += 1
            self._whole.append(Remark(origin, reason))
        else:
            self.warn_of_source(origin, reason)

    def pass_over(self, articles: int) -> None:
        """Counts the articles of a source that has not changed."""
        self._passed_over += articles

    def leave_out(self, reason: str) -> None:
        """Counts an article that its source does not publish, such as a draft."""
        self._left_out[reason] += 1

    def share(self, before: str, after: str, origin: str, id: str, *, in_this_run: bool) -> None:
        """Counts an article of source `after` that has the id of one of source `before`, whose place it takes.

        `in_this_run`: the earlier one was read in this run; else it was in the index.
        """
        shared = self._shared.setdefault((before, after, in_this_run), _Shared(0, origin, id))
        shared.count += 1

    @property
    def first_failure(self) -> Remark | None:
        """The first article or source that could not be read."""
        return next(iter(self._failures), None)

    def report(
        self, outcomes: Counter[Outcome], *, seconds: float, generation: str, interrupted: bool, dry_run: bool
    ) -> Report:
        """The sum, given how many articles have each outcome."""
        general = [*_left_out_remarks(self._left_out), *self._whole, *self._general]
        shared = [*_shared_remarks(self._shared)]
        said = len(shared) + bool(self._left_out)
        return Report(
            added=outcomes["added"],
            changed=outcomes["changed"],
            unchanged=outcomes["unchanged"] + self._passed_over,
            waiting=outcomes["waiting"],
            removed=outcomes["removed"],
            deleted=self.deleted,
            failed=self._failed,
            skipped=self._skipped,
            left_out=self._left_out.total(),
            failures=tuple(self._failures),
            warned=self._warned + said,
            warnings=tuple([*general, *shared, *self._warnings][:MAX_LISTED]),
            seconds=seconds,
            generation=generation,
            interrupted=interrupted,
            dry_run=dry_run,
            general=len(general),
        )


def _left_out_remarks(left_out: Counter[str]) -> Iterator[Remark]:
    if left_out:
        kinds = ", ".join(f"{reason}: {count:,}" for reason, count in left_out.most_common())
        yield Remark("left out because its source does not publish it", kinds)


def _shared_remarks(shared: Mapping[tuple[str, str, bool], _Shared]) -> Iterator[Remark]:
    """A remark for each pair of sources; for each pair of folders where there are many, as with a folder of pages."""
    pairs: dict[tuple[str, str, bool], _Shared] = {}
    for (before, after, in_this_run), found in shared.items():
        names = (before, after) if len(shared) <= MAX_PAIRS else (_folder(before), _folder(after))
        pair = pairs.setdefault((*names, in_this_run), _Shared(0, found.origin, found.id))
        pair.count += found.count
    for (before, _, in_this_run), found in pairs.items():
        others = {1: "", 2: "; so does 1 other"}.get(found.count, f"; so do {found.count - 1:,} others")
        if in_this_run:
            text = f"takes the place of an earlier article from {before} with the same id ({found.id!r}){others}"
        else:
            text = f"takes the place of the article with the same id ({found.id!r}) from {before}{others}"
        yield Remark(found.origin, text)


def _folder(source: str) -> str:
    return source.rpartition("/")[0] or source
