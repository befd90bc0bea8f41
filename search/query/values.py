"""Matches the filter values of a query with the values in the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final, Protocol

from search.analysis.folding import fold
from search.analysis.languages import language_name, primary_language
from search.document import SECTION_SEPARATOR
from search.field_words import unknown_value
from search.query.dates import shortened
from search.query.match import MatchKeyword, MatchNone
from search.schema import ValueMatch
from search.translation import gettext as _

_MAX_SAME: Final = 1_000
"""Stored values that one typed value may stand for, as sections of one name in different places do."""
_MAX_NEAR: Final = 3
_MAX_UNKNOWN: Final = 5
"""Unknown values in one query for which near ones are looked up."""


class KeywordValues(Protocol):
    """The part of `search.engines.protocols.Searcher` that is asked here."""

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]: ...

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]: ...


class KeywordMatcher:
    """Finds stored values whatever their case and diacritics; warns of values that are not there.

    `languages` are the language tags of the archive.
    """

    def __init__(self, values: KeywordValues, languages: Sequence[str], warnings: list[str]) -> None:
        self._values = values
        self._languages = languages
        self._warnings = warnings
        self._unknown = 0

    def match(self, field: str, value: str) -> MatchKeyword | MatchNone:
        """All stored spellings of the value. A section may be named by its last part, a language by its name,
        and a language without a region stands for all its regions."""
        stored = [name for name, _ in self._values.find_values(field, value, "same", _MAX_SAME)]
        found = [name for name in stored if comparable(name) == comparable(value)]
        if field == "lang":
            found += self._tags.get(fold(value), [])
            if "-" not in value and "_" not in value:
                found += self._tags.get(primary_language(value), [])
        found = found or stored
        if found:
            return MatchKeyword(field, tuple(sorted(set(found))))
        self._warnings.append(self._unknown_value(field, value))
        return MatchNone()

    @cached_property
    def _tags(self) -> Mapping[str, list[str]]:
        """The language tags of the archive by code and by name."""
        found: dict[str, list[str]] = {}
        for tag in self._languages:
            code = primary_language(tag)
            for key in {code, fold(language_name(tag)), fold(language_name(code))}:
                found.setdefault(key, []).append(tag)
        return found

    def _unknown_value(self, field: str, value: str) -> str:
        self._unknown += 1
        if self._unknown > _MAX_UNKNOWN:
            return unknown_value(field, shortened(value))
        if not self._values.top_values(field, 1):
            return _("%(said)s; the archive has none at all", said=unknown_value(field, shortened(value)))
        return unknown_value(field, shortened(value), near_values(self._values, field, value))


def is_known(values: KeywordValues, field: str, value: str) -> bool:
    """Whether an article has exactly that value."""
    return any(name == value for name, _ in values.find_values(field, value, "same", _MAX_SAME))


def near_values(values: KeywordValues, field: str, value: str) -> list[str]:
    """At most three stored values that a misspelt one may stand for, the nearest first."""
    return [name for name, _ in values.find_values(field, value, "near", _MAX_NEAR)]


@lru_cache(maxsize=65_536)
def comparable(value: str) -> str:
    """The value without case and diacritics, with one space between words and around the separator of paths."""
    parts = (" ".join(part.split()) for part in fold(value).split(SECTION_SEPARATOR.strip()))
    return SECTION_SEPARATOR.join(parts)
