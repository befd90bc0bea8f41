"""The map of sections: a file that an editor writes, so that the names of many years and systems become one set.

It is applied when an article is read, so a changed map changes the sections at the next run.
docs/how-to/organise-sections.md describes the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from index.normalize import normalize_line
from search.document import SECTION_SEPARATOR
from search.errors import ConfigError
from search.request.request import MAX_VALUE_LENGTH
from search.settings import nearest

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 8
"""Levels of a section path."""
TABLES: Final = ("aliases", "labels")

BELOW: Final = "*"
"""The last name of a path that stands for a section and all below it."""
_ARROW: Final = re.compile(r"\s*>\s*")

Key = tuple[str, ...]
"""The names of a path, as they are compared: without case."""

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
        key = _key(names)
        if (alias := self.paths.get(key)) is not None:
            return alias.names
        for depth in range(len(key) if self.prefixes else -1, -1, -1):
            if (alias := self.prefixes.get(key[:depth])) is not None:
                return alias.names + (names[depth:] if alias.keeps else ())
        return names


def section_names(path: str) -> tuple[str, ...]:
    """The names of a path from the top down: "News>Economy " is ("News", "Economy")."""
    return tuple(name for name in _ARROW.split(normalize_line(path)) if name)


def load_section_map(path: str) -> SectionMap:
    """The map in a TOML file; an empty one if `path` is "".

    Raises ConfigError, which names the file, the line and what would be valid.
    """
    if not path:
        return SectionMap()
    file = _read(path)
    for name, rows in file.tables.items():
        if name not in TABLES:
            raise file.error(name, f"is no table of a map of sections; {nearest(name, TABLES)}")
        if not isinstance(rows, dict):
            raise file.error(name, f"must be a table: write [{name}] on a line of its own")
    paths, prefixes = _aliases(file)
    return SectionMap(paths, prefixes, _labels(file))


@dataclass(frozen=True, slots=True)
class _File:
    """A map as it was read, to name the place of what is wrong with it."""

    path: str
    text: str
    tables: Mapping[str, Any]

    def rows(self, table: str) -> Iterator[tuple[str, str]]:
        """The keys and values of a table; ConfigError for a value that is no text."""
        for key, value in self.tables.get(table, {}).items():
            if not isinstance(value, str):
                raise self.error(key, 'must be text in quotes, and so must a name with a dot, such as "U.S." = "News"')
            yield key, value

    def error(self, key: str, complaint: str) -> ConfigError:
        """What is wrong at a key, with the first line that has it."""
        lines = (number for number, line in enumerate(self.text.splitlines(), 1) if key in line.replace('\\"', '"'))
        line = next(lines, 0)
        return ConfigError(f"{self.path}{f':{line}' if line else ''}: {key[:80]!r} {complaint}")


def _read(path: str) -> _File:
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_BYTES:,} bytes; is it a map of sections?")
        text = raw.decode("utf-8")
        return _File(path, text, tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not valid TOML in UTF-8 ({error})") from error


def _aliases(file: _File) -> tuple[dict[Key, _Alias], dict[Key, _Alias]]:
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
        _add(file, rows, _key(names), alias, key)
    return paths, prefixes


def _checked(file: _File, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if any(BELOW in name for name in names[:-1]) or (names and BELOW in names[-1] and names[-1] != BELOW):
        raise file.error(key, 'has a "*" in another place than as the last name of a path, as in "Blog > *"')
    if len(names) > MAX_DEPTH or len(SECTION_SEPARATOR.join(names)) > MAX_VALUE_LENGTH:
        raise file.error(key, f"has a path of more than {MAX_DEPTH} levels or {MAX_VALUE_LENGTH} characters")
    return names


def _labels(file: _File) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, value in file.rows("labels"):
        name, label = section_names(key), section_names(value)
        if len(name) != 1 or len(label) != 1 or BELOW in key + value or len(label[0]) > MAX_VALUE_LENGTH:
            raise file.error(key, 'and its label must each be one name, without ">" and "*"; [aliases] has paths')
        _add(file, labels, name[0].casefold(), label[0], key)
    return labels


def _add(file: _File, rows: dict[Name, Value], name: Name, value: Value, key: str) -> None:
    if rows.setdefault(name, value) != value:
        raise file.error(key, "stands there twice, in another case or with other spaces, with different values")


def _key(names: Iterable[str]) -> Key:
    return tuple(name.casefold() for name in names)
