"""What the map of sections calls them: an editor writes it, so that the names of many years and systems become one set.

It is applied when an article is read, so a changed map changes the sections at the next run. `search.sections` reads
the file, and the order that it may have.
docs/how-to/organise-sections.md describes the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from index.normalize import normalize_line
from search.document import SECTION_SEPARATOR
from search.schema import MAX_VALUE_LENGTH
from search.sections import (
    BELOW,
    MAX_DEPTH,
    TOO_LONG,
    Key,
    MapFile,
    is_too_long,
    key_of,
    ordered,
    path_names,
    read_map,
)

Name = TypeVar("Name")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Alias:
    """What a path becomes; `keeps`: with what is below it."""

    names: tuple[str, ...]
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class SectionMap:
    """Aliases of whole paths and of paths with all below them, and labels of names. An empty one changes nothing."""

    paths: Mapping[Key, _Alias] = field(default_factory=dict)
    prefixes: Mapping[Key, _Alias] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def map(self, path: str) -> str:
        """The path as the archive has it: its alias, or that of the longest path above it; "" if it is left out.

        What an alias gives is not looked up again. Names are written as their labels say, at any level.
        """
        names = self._aliased(section_names(path))
        if self.labels:
            names = tuple(self.labels.get(name.casefold(), name) for name in names)
        return SECTION_SEPARATOR.join(names[:MAX_DEPTH])

    def _aliased(self, names: tuple[str, ...]) -> tuple[str, ...]:
        key = key_of(names)
        if (alias := self.paths.get(key)) is not None:
            return alias.names
        for depth in range(len(key) if self.prefixes else -1, -1, -1):
            if (alias := self.prefixes.get(key[:depth])) is not None:
                return alias.names + (names[depth:] if alias.keeps else ())
        return names


def section_names(path: str) -> tuple[str, ...]:
    """The names of a path from the top down: "News>Economy " is ("News", "Economy")."""
    return path_names(normalize_line(path))


def load_section_map(path: str) -> SectionMap:
    """The map in a TOML file; an empty one if `path` is "".

    Raises ConfigError, which names the file, the line and what would be valid, for a mistake in the order too: it is
    better found before the run than when its articles are to be shown.
    """
    if not path:
        return SectionMap()
    file = read_map(path)
    ordered(file)
    paths, prefixes = _aliases(file)
    return SectionMap(paths, prefixes, _labels(file))


def _aliases(file: MapFile) -> tuple[dict[Key, _Alias], dict[Key, _Alias]]:
    """The aliases of whole paths, and those of paths with all below them."""
    paths: dict[Key, _Alias] = {}
    prefixes: dict[Key, _Alias] = {}
    for key, value in file.rows("aliases"):
        source, target = (_checked(file, key, section_names(each)) for each in (key, value))
        if not source:
            raise file.error(key, "names no section")
        everything, keeps = source[-1] == BELOW, target[-1:] == (BELOW,)
        if keeps and not everything:
            raise file.error(key, f'becomes a path that ends in "*": did you mean "{key} > *"?')
        alias = _Alias(target[:-1] if keeps else target, keeps)
        rows, names = (prefixes, source[:-1]) if everything else (paths, source)
        _add(file, rows, key_of(names), alias, key)
    return paths, prefixes


def _checked(file: MapFile, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if any(BELOW in name for name in names[:-1]) or (names and BELOW in names[-1] and names[-1] != BELOW):
        raise file.error(key, 'has a "*" in another place than as the last name of a path, as in "Blog > *"')
    if is_too_long(names):
        raise file.error(key, TOO_LONG)
    return names


def _labels(file: MapFile) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, value in file.rows("labels"):
        name, label = section_names(key), section_names(value)
        if len(name) != 1 or len(label) != 1 or BELOW in key + value or len(label[0]) > MAX_VALUE_LENGTH:
            raise file.error(key, 'and its label must each be one name, without ">" and "*"; [aliases] has paths')
        _add(file, labels, name[0].casefold(), label[0], key)
    return labels


def _add(file: MapFile, rows: dict[Name, Value], name: Name, value: Value, key: str) -> None:
    if rows.setdefault(name, value) != value:
        raise file.error(key, "stands there twice, in another case or with other spaces, with different values")
