"""What is gone from its source since the last run, and when that looks like a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Final, Protocol

from index.held import Held
from index.identity import source_key
from index.report import Remark
from index.seen import Seen
from search.batching import in_batches
from search.document import is_below
from search.errors import SourceError
from search.spilling import NOTHING, Nothing, SpillingTable

FEW_GONE: Final = 5
"""So many articles may vanish at once whatever share they are: a small source changes by large shares."""

_BATCH: Final = 500

Warn = Callable[[str, str], None]


class BySource(Protocol):
    """What can say which articles it holds from a source."""

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it."""
        ...

    def sources_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The source of each of these articles that it holds, by id."""
        ...


def gone(held: BySource, roots: Sequence[str], seen: Seen, warn: Warn) -> SpillingTable[Nothing]:
    """The ids that `held` has from one of `roots` and that were not seen in this run, each once.

    Those of sources that were passed over, and of feeds in a folder, are not among them.
    """
    listing = seen.newest_only & {source_key(root) for root in roots}
    spared = seen.untouched | (seen.newest_only - listing)
    names = SpillingTable(Nothing)
    for batch in in_batches(_unseen(held, roots, seen, warn, listing), _BATCH):
        sources = held.sources_of(batch) if spared else {}
        for name in batch:
            if sources.get(name) not in spared:
                names.put(name, NOTHING)  # roots may overlap
    return names


def _unseen(held: BySource, roots: Sequence[str], seen: Seen, warn: Warn, listing: Set[str]) -> Iterator[str]:
    """Without those from a root in which anything failed, or that gave nothing: a disk that is not mounted must not
    empty the archive. So is one left alone that lists only its newest articles, which is in `listing` or has such in
    it. There is a warning for each."""
    for root in roots:
        key = source_key(root)
        if any(is_below(source, key) for source in seen.failed_in):
            warn(root, "not pruned, because not all of it could be read")
        elif any(is_below(source, key) for source in listing):
            if not seen.is_routine:
                warn(root, "not pruned, because it has only the newest articles; older ones are not gone")
        elif not any(is_below(source, key) for source in seen.read_from):
            warn(root, "not pruned, because it holds no article")
        elif key not in seen.untouched:  # a file that is as it was has lost nothing
            yield from seen.unseen(held.ids_from(key))


def objection(gone: int, count: Callable[[], int], most: float, answered: Mapping[str, int] | None = None) -> str:
    """Why so many articles must not be deleted at once; "" if they may: they are few, or at most the share `most` of
    all, which are counted if need be. `answered` says which answers of pages are among the reasons, and how many."""
    if gone <= FEW_GONE or most >= 1.0 or gone <= most * (total := count()):
        return ""
    reasons = ", ".join(f"{number:,} answered: {reason}" for reason, number in sorted((answered or {}).items()))
    return (
        f"{gone:,} of its {total:,} articles would vanish at once{f' ({reasons})' if reasons else ''}, which is more "
        f"than {most:.0%}; none was deleted. If that is right, allow it once with --allow-gone"
    )


def articles_from(held: BySource, roots: Sequence[str]) -> int:
    """How many articles it holds that came from one of `roots`."""
    return sum(1 for root in roots for _ in held.ids_from(source_key(root)))


def from_elsewhere(names: Iterable[str], held: BySource, roots: Sequence[str]) -> int:
    """How many of these articles did not come from one of `roots`."""
    keys = [source_key(root) for root in roots]
    count = 0
    for batch in in_batches(names, _BATCH):
        sources = held.sources_of(batch)
        count += sum(not any(is_below(sources.get(name, ""), key) for key in keys) for name in batch)
    return count


def refuse_to_lose(held: Held, seen: Seen, unread: Iterable[tuple[str, SourceError]], first: Remark | None) -> None:
    """Raises SourceError if a rebuild would lose articles only because their source cannot be read.

    `unread`: the keys of such sources, and why. `first`: the first failure.
    """
    if not seen:
        cause = f"; the first failure is {first}" if first else ""
        raise SourceError("the input", f"holds no article that can be read; the index is left as it was{cause}")
    for key, error in unread:
        lost = sum(1 for _ in seen.unseen(held.ids_from(key)))
        if lost:
            raise SourceError(error.origin, f"{error.reason}; {lost:,} articles would be lost, so nothing was changed")
