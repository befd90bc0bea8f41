"""The categories of WordPress: each has a name and may stand below another, as sections do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from index.normalize import section_path, unique
from search.document import SECTION_SEPARATOR

Key = TypeVar("Key", str, int)

MOST_LEVELS = 20
"""Categories above each other."""


class Categories(Generic[Key]):
    """Categories by slug (in exports) or number (in the REST API): the name of each, and the key of its parent."""

    def __init__(self, rows: Mapping[Key, tuple[str, Key]] | None = None) -> None:
        self._rows: dict[Key, tuple[str, Key]] = dict(rows or {})

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def add(self, key: Key, name: str, parent: Key) -> None:
        """Adds a category, or names it anew."""
        self._rows[key] = (name, parent)

    def __len__(self) -> int:
        return len(self._rows)

    def paths(self) -> dict[Key, str]:
        """Every category by its key, as `path` gives it."""
        return {key: self.path(key) for key in self._rows}

    def parents(self) -> set[Key]:
        """The keys of parents that are not among the categories."""
        return {parent for _, parent in self._rows.values() if parent and parent not in self._rows}

    def path(self, key: Key) -> str:
        """The category as a section with its parents: "News > Economy"; "" if it is not known. Where a category is its
        own parent, or that of its parents, the path begins below the repetition."""
        names: dict[Key, str] = {}
        while key in self._rows and key not in names and len(names) < MOST_LEVELS:
            name, parent = self._rows[key]
            # A name is not a path, whatever it holds.
            names[key] = name.replace(SECTION_SEPARATOR, " - ")
            key = parent
        return section_path(reversed(names.values()))


def sections(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths, each once, without those that another goes on from: editors tick the parent as well."""
    kept = unique(paths)
    above = {SECTION_SEPARATOR.join(names[:depth]) for names in map(_names, kept) for depth in range(1, len(names))}
    return tuple(path for path in kept if path not in above)


def _names(path: str) -> list[str]:
    return path.split(SECTION_SEPARATOR)[: MOST_LEVELS + 1]
