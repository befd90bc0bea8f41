"""What the archive has before a run deletes anything: the articles that readers see, and those that wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from index.gate import Gate
from index.held import Held
from search.document import Document


@dataclass(frozen=True, slots=True)
class Kept:
    """The index and what waits as one. Raises as these do."""

    held: Held
    gate: Gate

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles that came from `source` or from a file below it. One that is on its way from one to
        the other may come twice."""
        return chain(self.held.ids_from(source), self.gate.ids_from(source))

    def sources_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The source of each of these articles that is there."""
        return {**self.gate.sources_of(ids), **self.held.sources_of(ids)}

    def has(self, name: str) -> bool:
        """The article is there."""
        return bool(self.sources_of([name]))

    def document(self, name: str) -> Document | None:
        """The article; None if it is not there."""
        return self.held.document(name) or self.gate.document(name)

    def address(self, name: str) -> str:
        """The address of an article; "" if it has none or is not there."""
        document = self.document(name)
        return (document.url or "") if document else ""
