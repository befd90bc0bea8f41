"""What sources want to remember, until it is known that the articles from which it was learned are committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from index.article import Mark
from search.spilling import SpillingTable

_FORGOTTEN: Final = json.dumps(None)


class _Kept(NamedTuple):
    source: str
    key: str
    value: str


class Marks:
    """Marks of a run: the last one of each source and key, or the one by which it is forgotten. There may be one for
    every article."""

    def __init__(self) -> None:
        self._marks = SpillingTable(_Kept)

    def add(self, mark: Mark) -> None:
        """Takes a mark, in place of an earlier one that does not say to forget."""
        name = f"{mark.source}\0{mark.key}"
        earlier = self._marks.get(name)
        if earlier is None or earlier.value != _FORGOTTEN:
            self._marks.put(name, _Kept(mark.source, mark.key, json.dumps(mark.value)))

    def __iter__(self) -> Iterator[Mark]:
        return (Mark(kept.source, kept.key, json.loads(kept.value)) for _, kept in self._marks.items())

    def clear(self) -> None:
        """Forgets all of them."""
        self._marks.clear()
