"""What the index holds before a run, to compare with.

The index is asked about a batch of ids, or about one source at a time, so that no run holds a map of the archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from search.engines.protocols import Engine, Searcher
from search.engines.results import Stamp
from search.errors import IndexDamaged, IndexMissing, IndexVersionError


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

    def address(self, name: str) -> str:
        """The address of an article; "" if it has none or is not there. Raises IndexDamaged."""
        document = self._searcher.document(name) if self._searcher else None
        return (document.url or "") if document else ""

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
