"""What the index holds before a run, to compare with.

The index is asked about a batch of ids, or about one source at a time, so that no run holds a map of the archive. It is
opened for the first question: a run that finds no input changed asks none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from search.document import Document
from search.engines.protocols import Engine, Searcher
from search.engines.results import Stamp
from search.errors import IndexDamaged, IndexMissing, IndexVersionError


class Held:
    """The index as it is when it is first asked, which is before the run writes; `opened` opens it, or gives None if
    there is none.

    `damage_is_empty`: an index that turns out to be damaged counts as empty from then on; else that raises.
    """

    def __init__(self, opened: Callable[[], Searcher | None], *, damage_is_empty: bool = False) -> None:
        self._opened = opened
        self._is_open = False
        self._searcher: Searcher | None = None
        self._damage_is_empty = damage_is_empty

    def open(self) -> None:
        """Opens the index now, if that has not been done. Raises IndexVersionError and IndexDamaged."""
        if not self._is_open:
            self._searcher = self._opened()
            self._is_open = True

    @property
    def articles(self) -> int:
        """How many articles the index holds. Raises IndexDamaged."""
        self.open()
        try:
            return self._searcher.status().articles if self._searcher else 0
        except IndexDamaged:
            self._give_up()
            return 0

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The stamps of those ids that the index holds. Raises IndexDamaged."""
        if not ids:
            return {}
        self.open()
        try:
            return self._searcher.stamps(ids) if self._searcher else {}
        except IndexDamaged:
            self._give_up()
            return {}

    def sources_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The source of each of those ids that the index holds. Raises IndexDamaged."""
        return {name: stamp.source for name, stamp in self.stamps(ids).items()}

    def document(self, name: str) -> Document | None:
        """The article; None if it is not there. Raises IndexDamaged."""
        self.open()
        return self._searcher.document(name) if self._searcher else None

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it. Raises IndexDamaged."""
        self.open()
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

    def close(self) -> None:
        """Gives the searcher back."""
        if self._searcher:
            self._searcher.close()


def open_held(engine: Engine, *, at_once: bool, unreadable_is_empty: bool) -> Held:
    """What `engine` holds; nothing if it has no index. It is opened when it is first asked, or `at_once`.

    `unreadable_is_empty`: an index that is damaged or of another version counts as empty; else that raises.
    """
    held = Held(partial(_searcher, engine, unreadable_is_empty), damage_is_empty=unreadable_is_empty)
    if at_once:
        held.open()
    return held


def _searcher(engine: Engine, unreadable_is_empty: bool) -> Searcher | None:
    try:
        return engine.searcher()
    except IndexMissing:
        return None
    except (IndexVersionError, IndexDamaged):
        if unreadable_is_empty:
            return None
        raise
