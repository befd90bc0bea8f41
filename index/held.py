"""What the index holds before a run: the comparison with it, and the articles that are gone from the input.

The index is asked about a batch of ids, or about one source at a time, so that no run holds a map of the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from index.identity import source_key
from search.engines.conventions import is_below
from search.engines.protocols import Engine, Searcher
from search.engines.results import Stamp
from search.errors import IndexDamaged, IndexMissing, IndexVersionError


class BySource(Protocol):
    """What can say which articles it holds from a source."""

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it."""
        ...


class Held:
    """The index as it was when the run began; `searcher` is None if there was none.

    `damage_is_empty`: an index that turns out to be damaged counts as empty from then on; else that raises.
    """

    def __init__(self, searcher: Searcher | None, *, damage_is_empty: bool = False) -> None:
        self._searcher = searcher
        self._damage_is_empty = damage_is_empty
        self.articles = searcher.status().articles if searcher else 0

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The stamps of those ids that the index holds. Raises IndexDamaged."""
        try:
            return self._searcher.stamps(ids) if self._searcher else {}
        except IndexDamaged:
            self._give_up()
            return {}

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it. Raises IndexDamaged."""
        try:
            if self._searcher:
                yield from self._searcher.ids_from(source)
        except IndexDamaged:
            self._give_up()

    def _give_up(self) -> None:
        """Called while IndexDamaged is handled."""
        if not self._damage_is_empty:
            raise
        self.close()
        self._searcher = None
        self.articles = 0

    def close(self) -> None:
        """Gives the searcher back."""
        if self._searcher:
            self._searcher.close()


def open_held(engine: Engine, *, unreadable_is_empty: bool) -> Held:
    """What `engine` holds now; nothing if it has no index.

    `unreadable_is_empty`: an index that is damaged or of another version counts as empty; else that raises.
    """
    try:
        return Held(engine.searcher(), damage_is_empty=unreadable_is_empty)
    except IndexMissing:
        return Held(None)
    except (IndexVersionError, IndexDamaged):
        if unreadable_is_empty:
            return Held(None)
        raise


def gone(
    held: BySource,
    roots: Sequence[str],
    seen: Collection[str],
    read_from: Collection[str],
    failed_in: Collection[str],
    newest_only: Collection[str],
    warn: Callable[[str, str], None],
) -> Iterator[str]:
    """The ids that `held` has from one of `roots` and that are not among the ids `seen` in this run, each once.

    `read_from` and `failed_in` are the sources that gave articles and those in which something failed. A root in
    which anything failed, or that gave nothing, is left alone with a warning: a disk that is not mounted must not
    empty the archive. So is one with a source of `newest_only`, which has only its newest articles.
    """
    told: set[str] = set()
    for root in roots:
        key = source_key(root)
        if any(is_below(source, key) for source in failed_in):
            warn(root, "not pruned, because not all of it could be read")
        elif any(is_below(source, key) for source in newest_only):
            warn(root, "not pruned, because it has only the newest articles; older ones are not gone")
        elif not any(is_below(source, key) for source in read_from):
            warn(root, "not pruned, because it holds no article")
        else:
            for name in held.ids_from(key):
                if name not in seen and name not in told:
                    told.add(name)  # roots may overlap
                    yield name
