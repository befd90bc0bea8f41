"""What the sources of a run yield, in order and in groups, without reading again what has not changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from index.article import Mark, Source, Untouched, blaming
from index.identity import source_key
from index.preparing import Found
from index.preparing import Outcome as Item
from index.progress import Progress
from index.state import WHOLE, State
from index.unchanged import digest_of
from search.errors import SourceError

LOOKUP_RECORDS: Final = 500
LOOKUP_BYTES: Final = 20_000_000
LOOKUP_SECONDS: Final = 1.0
"""How many articles are compared with the index at once, so that asking costs little, and how long any may wait."""

Group = list[tuple[Found, Item]]


@dataclass(frozen=True, slots=True)
class Passing:
    """Which sources need not be read again; `told` is what the run says about reading all of them."""

    state: State
    told: tuple[str, ...]
    passes_over: bool

    def digest(self, source: Source) -> str | None:
        """See `index.unchanged.digest_of`."""
        return digest_of(source, *self.told)

    def found(self, key: str, digest: str | None) -> Untouched | Mark | None:
        """The source as a run left it that read it to its end, if it is still that; else the mark by which that is
        forgotten; None if no run has read it to its end."""
        kept: Any = self.state.get(key, WHOLE) if digest else None
        if kept is None:
            return None
        return Untouched(kept[1], tuple(kept[2:])) if self.passes_over and kept[0] == digest else Mark(key, WHOLE, None)


def find(sources: Sequence[Source], progress: Progress, passing: Passing) -> Iterator[Found]:
    """What each source yields; for one that cannot be read (any further), the reason comes last."""
    sizes = [source.size for source in sources]
    progress.begin(None if None in sizes else sum(size or 0 for size in sizes))
    done = 0
    for source, size in zip(sources, sizes, strict=True):
        key = source_key(source.name)
        read = 0
        try:
            with blaming(source.name):
                digest = passing.digest(source)
                if before := passing.found(key, digest):
                    yield Found(key, before, done)
                if not isinstance(before, Untouched):
                    for item in source.records():
                        read += 0 if isinstance(item, SourceError) else item.weight
                        yield Found(key, item, done + read)
                    if digest:
                        yield Found(key, Mark(key, WHOLE, digest), done + read)
        except SourceError as error:
            yield Found(key, error, done + read, whole=True)
        done += read if size is None else size


def in_groups(prepared: Iterable[tuple[Found, Item]], most: int) -> Iterator[Group]:
    """What was prepared, in groups that are compared with the index at once."""
    group: Group = []
    weight = 0
    begun = time.monotonic()
    for found, item in prepared:
        group.append((found, item))
        weight += 0 if isinstance(found.item, SourceError) else found.item.weight
        if len(group) >= most or weight >= LOOKUP_BYTES or time.monotonic() - begun >= LOOKUP_SECONDS:
            yield group
            group, weight, begun = [], 0, time.monotonic()
    if group:
        yield group
