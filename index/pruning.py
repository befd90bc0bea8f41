"""What is gone from its source since the last run, and when that looks like a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from index.held import Held
from index.identity import source_key
from search.batching import in_batches
from search.document import is_below

FEW_GONE: Final = 5
"""So many articles may vanish at once whatever share they are: a small source changes by large shares."""

_BATCH: Final = 500

Warn = Callable[[str, str], None]


@dataclass(slots=True)
class Seen:
    """What a run has seen: the source in which each id was read last, and the keys of the sources that gave articles,
    in which something failed, that were passed over as they have not changed, or that list only their newest.

    `is_routine`: the run is one of many over the same sources, and does not say again what is always so of them.
    """

    ids: dict[str, str] = field(default_factory=dict)
    read_from: set[str] = field(default_factory=set)
    failed_in: set[str] = field(default_factory=set)
    untouched: set[str] = field(default_factory=set)
    newest_only: set[str] = field(default_factory=set)
    is_routine: bool = False


class BySource(Protocol):
    """What can say which articles it holds from a source."""

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it."""
        ...


def gone(held: BySource, roots: Sequence[str], seen: Seen, warn: Warn) -> Iterator[str]:
    """The ids that `held` has from one of `roots` and that were not seen in this run, each once.

    A root in which anything failed, or that gave nothing, is left alone with a warning: a disk that is not mounted must
    not empty the archive. So is one that lists only its newest articles.
    """
    told: set[str] = set()
    for root in roots:
        key = source_key(root)
        if any(is_below(source, key) for source in seen.failed_in):
            warn(root, "not pruned, because not all of it could be read")
        elif any(is_below(source, key) for source in seen.newest_only):
            if not seen.is_routine:
                warn(root, "not pruned, because it has only the newest articles; older ones are not gone")
        elif not any(is_below(source, key) for source in seen.read_from):
            warn(root, "not pruned, because it holds no article")
        elif key not in seen.untouched:  # a file that is as it was has lost nothing
            for name in held.ids_from(key):
                if name not in seen.ids and name not in told:
                    told.add(name)  # roots may overlap
                    yield name


def gone_from_index(held: Held, roots: Sequence[str], seen: Seen, warn: Warn) -> Iterator[str]:
    """The same for the index, without the articles of sources that were passed over."""
    names = gone(held, roots, seen, warn)
    if not seen.untouched:
        yield from names
        return
    for batch in in_batches(names, _BATCH):
        stamps = held.stamps(batch)
        yield from (name for name in batch if name not in stamps or stamps[name].source not in seen.untouched)


def objection(names: Sequence[str], held: Held, roots: Sequence[str], most: float) -> str:
    """Why so many articles must not be deleted at once; "" if they may: they are few, or at most the share `most` of
    what came from `roots`."""
    if len(names) <= FEW_GONE or most >= 1.0:
        return ""
    count = sum(1 for root in roots for _ in held.ids_from(source_key(root)))
    if len(names) <= most * count:
        return ""
    return (
        f"{len(names):,} of its {count:,} articles would vanish at once, which is more than {most:.0%}; none was "
        "deleted. If that is right, allow it once with --allow-gone"
    )
