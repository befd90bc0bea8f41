"""What sources want to remember, until it is known that the articles from which it was learned are committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from index.article import Mark
from search.spilling import SpillingTable


class _Kept(NamedTuple):
    source: str
    key: str
    value: str


class Marks:
    """Marks of a run: the last one of each source and key. There may be one for every article."""

    def __init__(self) -> None:
        self._marks = SpillingTable(_Kept)

    def add(self, mark: Mark) -> None:
        """Takes a mark, in place of an earlier one."""
        self._marks.put(f"{mark.source}\0{mark.key}", _Kept(mark.source, mark.key, json.dumps(mark.value)))

    def __iter__(self) -> Iterator[Mark]:
        return (Mark(kept.source, kept.key, json.loads(kept.value)) for _, kept in self._marks.items())

    def clear(self) -> None:
        """Forgets all of them."""
        self._marks.clear()
