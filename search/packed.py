"""Documents as bytes, for a process that passes them on from one that made them to one that indexes them.

Most of what sending a document costs is packing and unpacking its text.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Self

from search.document import Document
from search.records import sent


@sent
@dataclass(frozen=True, slots=True)
class Packed:
    """A document that another process of this program has packed; its id, and the `characters` of its texts."""

    id: str
    characters: int
    _data: bytes = field(repr=False)

    @classmethod
    def of(cls, document: Document) -> Self:
        """The document, packed."""
        return cls(document.id, characters(document), pickle.dumps(document, pickle.HIGHEST_PROTOCOL))

    def document(self) -> Document:
        """The document, equal to what was packed."""
        document: Document = pickle.loads(self._data)  # noqa: S301 - packed by a process of our own
        return document


def unpacked(document: Document | Packed) -> Document:
    """The document, whether it is packed or not."""
    return document.document() if isinstance(document, Packed) else document


def characters(document: Document | Packed) -> int:
    """How long the texts of a document are, by which its memory is reckoned."""
    return document.characters if isinstance(document, Packed) else len(document.body) + len(document.html)
