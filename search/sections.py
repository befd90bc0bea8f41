"""The map of sections as a file, and of what it says the order in which sections are shown.

What it says of their names is for `index.sections`, which applies it when an article is read. The order is applied when
sections are shown, so that a changed one needs no run. docs/how-to/organise-sections.md describes the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from search.document import SECTION_SEPARATOR
from search.errors import ConfigError
from search.schema import MAX_VALUE_LENGTH
from search.settings import nearest
from search.toml_files import read_toml

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 8
"""Levels of a section path."""
MAX_ORDERED: Final = 10_000
"""Sections that an order may name: as many as are listed at most."""

ORDER: Final = "order"
TABLES: Final = ("aliases", "labels")
PARTS: Final = (ORDER, *TABLES)
"""What a map of sections may have."""

TOO_LONG: Final = f"has a path of more than {MAX_DEPTH} levels or {MAX_VALUE_LENGTH} characters"

BELOW: Final = "*"
"""The last name of a path that stands for a section and all below it."""
_ARROW: Final = re.compile(r"\s*>\s*")

Key = tuple[str, ...]
"""The names of a path, as they are compared: without case."""


@dataclass(frozen=True, slots=True)
class SectionOrder:
    """The sections that an editor has put in order: as they are written, and the place of each.

    `version` is another for another order, and "" for none.
    """

    names: tuple[str, ...] = ()
    places: Mapping[Key, int] = field(default_factory=dict)
    version: str = ""

    def place(self, section: str) -> int:
        """What to sort by among the sections of one level, before their counts: the same for all that are not named."""
        if not self.places:
            return 0
        return self.places.get(key_of(section.split(SECTION_SEPARATOR)), len(self.places))

    def without(self, sections: Iterable[str]) -> tuple[str, ...]:
        """The names that stand for none of these sections."""
        known = {key_of(section.split(SECTION_SEPARATOR)) for section in sections}
        return tuple(name for name, key in zip(self.names, self.places, strict=True) if key not in known)


BY_COUNT: Final = SectionOrder()
"""The order of an archive for which nobody has written one."""


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map as it was read, to name the place of what is wrong with it."""

    path: str
    text: str
    parts: Mapping[str, Any]

    def rows(self, table: str) -> Iterator[tuple[str, str]]:
        """The keys and values of a table; ConfigError for a value that is no text."""
        for key, value in self.parts.get(table, {}).items():
            if not isinstance(value, str):
                raise self.error(key, 'must be text in quotes, and so must a name with a dot, such as "U.S." = "News"')
            yield key, value

    def error(self, key: str, complaint: str) -> ConfigError:
        """What is wrong at a key or a table, with its line."""
        return self._error(key, rf"^[ \t]*+\[*+[ \t]*+([\"']?){re.escape(key)}\1[ \t]*+[=.\]]", complaint)

    def error_in_order(self, name: str, complaint: str) -> ConfigError:
        """What is wrong at a name in the order, with its line."""
        return self._error(name, rf"([\"']){re.escape(name)}\1", complaint)

    def _error(self, key: str, pattern: str, complaint: str) -> ConfigError:
        text = self.text.replace('\\"', '"')
        found = re.search(pattern, text, re.MULTILINE)
        at = found.start() if found else text.find(key)  # neither, if it is written with other escapes
        line = f":{text.count(chr(10), 0, at) + 1}" if at >= 0 else ""
        return ConfigError(f"{self.path}{line}: {key[:80]!r} {complaint}")


def read_map(path: str) -> MapFile:
    """The file with its parts, none of them unknown. Raises ConfigError, which names the file, the line and what would
    be valid."""
    file = MapFile(path, *read_toml(path, MAX_BYTES, "a map of sections"))
    for name, part in file.parts.items():
        if name not in PARTS:
            raise file.error(name, f"is no part of a map of sections; {nearest(name, PARTS)}")
        if name in TABLES and not isinstance(part, dict):
            raise file.error(name, f"must be a table: write [{name}] on a line of its own")
        if name in TABLES and isinstance(part.get(ORDER), list):
            raise file.error(ORDER, f"must stand above the first table, not in [{name}]")
    return file


def load_section_order(path: str) -> SectionOrder:
    """The order in a map of sections; BY_COUNT if `path` is "" or the map has none.

    The tables of the map are left to `index.sections`. Raises ConfigError as `read_map` does.
    """
    return ordered(read_map(path)) if path else BY_COUNT


def ordered(file: MapFile) -> SectionOrder:
    """The order in a map. Raises ConfigError as `read_map` does."""
    listed = file.parts.get(ORDER, [])
    if not isinstance(listed, list):
        raise file.error(ORDER, 'must be a list: write order = ["News", "Opinion"] above the first table')
    if len(listed) > MAX_ORDERED:
        raise file.error(ORDER, f"names more than {MAX_ORDERED:,} sections; the rest are shown by their counts")
    places: dict[Key, int] = {}
    for number, name in enumerate(listed):
        if not isinstance(name, str):
            raise file.error(ORDER, f"must be a list of texts in quotes, and number {number + 1} in it is none")
        key = _place(file, name)
        if places.setdefault(key, number) != number:
            raise file.error_in_order(name, "stands in the order twice, perhaps in another case; leave out one")
    return SectionOrder(tuple(listed), places, _version(places)) if places else BY_COUNT


def _place(file: MapFile, name: str) -> Key:
    names = path_names(name)
    if not names:
        raise file.error_in_order(name, "names no section")
    if any(BELOW in each for each in names):
        raise file.error_in_order(name, 'has a "*": an order names each section on its own')
    if is_too_long(names):
        raise file.error_in_order(name, TOO_LONG)
    return key_of(names)


def _version(keys: Iterable[Key]) -> str:
    content = "\n".join(SECTION_SEPARATOR.join(key) for key in keys)
    return hashlib.blake2b(content.encode(), digest_size=6).hexdigest()


def path_names(path: str) -> tuple[str, ...]:
    """The names of a path from the top down, with single spaces: "News>Economy " is ("News", "Economy")."""
    line = " ".join(unicodedata.normalize("NFC", path).split())
    return tuple(name for name in _ARROW.split(line) if name)


def is_too_long(names: tuple[str, ...]) -> bool:
    """Whether a path has more levels or characters than one may have: TOO_LONG says so."""
    return len(names) > MAX_DEPTH or len(SECTION_SEPARATOR.join(names)) > MAX_VALUE_LENGTH


def key_of(names: Iterable[str]) -> Key:
    """The names as they are compared."""
    return tuple(name.casefold() for name in names)
