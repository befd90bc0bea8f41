"""Compares archives article by article, whatever engines hold them.

Every article is read whole and hashed anew, so that a comparison shows what a reader would get and not only what an
index says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from search.batching import in_batches
from search.engines.protocols import Problem, Searcher
from search.engines.results import Stamp
from search.errors import IndexDamaged

MAX_LISTED: Final = 1_000
"""Ids of each kind that are kept; the rest is counted."""

_BATCH: Final = 500

Progress = Callable[[int], None]
"""Is told now and then how many articles have been read."""


@dataclass(slots=True)
class Listed:
    """Articles of one kind: how many there are, and the first MAX_LISTED of their ids."""

    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, id: str) -> None:
        """Counts one more."""
        self.count += 1
        if len(self.ids) < MAX_LISTED:
            self.ids.append(id)

    def as_json(self) -> dict[str, Any]:
        """The number and the ids."""
        return {"count": self.count, "ids": self.ids}


@dataclass(slots=True)
class Audit:
    """What was read of one archive: articles, how many its status says it has, and which are `damaged`: what they hold
    is not what their stamps say."""

    stated: int
    articles: int = 0
    damaged: Listed = field(default_factory=Listed)

    @property
    def is_sound(self) -> bool:
        """Nothing is damaged, and no article is missing."""
        return not self.damaged.count and self.articles == self.stated

    def problems(self, place: str) -> Iterator[Problem]:
        """What is wrong, in words."""
        if self.articles != self.stated:
            yield Problem(place, f"{self.articles:,} articles were found, {self.stated:,} were committed")
        for name in self.damaged.ids:
            yield Problem(place, f"the stored article {name!r} is not the one that was added")
        if more := self.damaged.count - len(self.damaged.ids):
            yield Problem(place, f"and {more:,} more of the kind")


@dataclass(slots=True)
class Comparison:
    """How an archive (`found`) differs from what it should be (`expected`).

    `missing` and `superfluous` are only in the one or only in the other; `different` have another content; `moved` have
    the same content and another `Document.source`.
    """

    expected: Audit
    found: Audit
    same: int = 0
    missing: Listed = field(default_factory=Listed)
    superfluous: Listed = field(default_factory=Listed)
    different: Listed = field(default_factory=Listed)
    moved: Listed = field(default_factory=Listed)

    @property
    def covers(self) -> bool:
        """Everything expected is there as it should be, and both archives are sound; there may be more."""
        wrong = self.missing.count + self.different.count + self.moved.count
        return not wrong and self.expected.is_sound and self.found.is_sound

    @property
    def is_same(self) -> bool:
        """Both archives are sound and hold the same articles."""
        return self.covers and not self.superfluous.count

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        kinds = ("missing", "superfluous", "different", "moved")
        return {
            "articles": [self.expected.articles, self.found.articles],
            "stated": [self.expected.stated, self.found.stated],
            "same": self.same,
            **{name: getattr(self, name).as_json() for name in kinds},
            "damaged": [self.expected.damaged.as_json(), self.found.damaged.as_json()],
        }


def audit(searcher: Searcher, progress: Progress | None = None) -> Audit:
    """Reads every article of an archive. Raises EngineError, IndexDamaged if they do not come in order."""
    found = Audit(searcher.status().articles)
    for _ in _stamped(searcher, found, progress):
        pass
    return found


def compare(
    expected: Searcher, found: Searcher, progress: Progress | None = None, *, left_out: Container[str] = ()
) -> Comparison:
    """Reads every article of both archives, and compares them. `progress` counts those expected; those whose ids are
    `left_out` need not be there.

    Raises EngineError, IndexDamaged if articles do not come in order."""
    result = Comparison(Audit(expected.status().articles), Audit(found.status().articles))
    left = _stamped(expected, result.expected, progress)
    right = _stamped(found, result.found, None)
    mine, other = next(left, None), next(right, None)
    while mine is not None or other is not None:
        if mine is not None and (other is None or mine[0] < other[0]):
            if mine[0] not in left_out:
                result.missing.add(mine[0])
            mine = next(left, None)
        elif other is not None and (mine is None or other[0] < mine[0]):
            result.superfluous.add(other[0])
            other = next(right, None)
        elif mine is not None and other is not None:
            _match(result, mine[0], mine[1], other[1])
            mine, other = next(left, None), next(right, None)
    return result


def _match(result: Comparison, name: str, expected: Stamp, found: Stamp) -> None:
    if expected.content_hash != found.content_hash:
        result.different.add(name)
    elif expected.source != found.source:
        result.moved.add(name)
    else:
        result.same += 1


def _stamped(searcher: Searcher, into: Audit, progress: Progress | None) -> Iterator[tuple[str, Stamp]]:
    """The id of every article and the stamp that fits what is stored of it; what is read is counted."""
    last: str | None = None
    read = ((document.id, Stamp(document.content_hash(), document.source)) for document in searcher.articles())
    for batch in in_batches(read, _BATCH):
        stated = searcher.stamps([name for name, _ in batch])
        for name, stamp in batch:
            if last is not None and name <= last:
                raise IndexDamaged(f"the article {name!r} comes behind {last!r}, so the archive cannot be compared")
            last = name
            into.articles += 1
            if stated.get(name) != stamp:
                into.damaged.add(name)
            yield name, stamp
        if progress:
            progress(into.articles)
