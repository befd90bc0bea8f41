"""Matches the filter values of a query with the values in the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import islice

from rapidfuzz import fuzz, process

from search.analysis.folding import fold
from search.analysis.languages import language_name, primary_language
from search.document import SECTION_SEPARATOR
from search.query.dates import shortened
from search.query.match import MatchKeyword, MatchNone
from search.schema import KEYWORD_FIELDS

_MAX_COMPARED = 20_000
"""Values compared to find similar ones; an archive with more has tags that nobody chose by hand."""
_MAX_NAMED = 3
_MAX_UNKNOWN = 5
"""Unknown values of one query for which similar ones are suggested."""
_SIMILAR = 75.0
"""The lowest similarity (twice the common letters, in percent of all letters of both) that is not chance."""


class KeywordMatcher:
    """Finds stored values regardless of case and diacritics, and warns of values that do not exist."""

    def __init__(self, values: Callable[[str], Mapping[str, int]], warnings: list[str]) -> None:
        self._values = values
        self._warnings = warnings
        self._spellings: dict[str, dict[str, list[str]]] = {}
        self._unknown = 0

    def match(self, field: str, value: str) -> MatchKeyword | MatchNone:
        """All stored spellings of the value; a warning and MatchNone if there are none.

        A section may be given by its last part, and a language by its name. A language without a region includes all
        its regions.
        """
        stored = self._values(field)
        wanted = _comparable(value)
        found = tuple(self._by_spelling(field).get(wanted, ()))
        if field == "lang":
            found = tuple(dict.fromkeys((*found, *(tag for tag in stored if _is_language(tag, value)))))
        if not found and KEYWORD_FIELDS[field].hierarchical:
            found = tuple(other for other in stored if _comparable(other.split(SECTION_SEPARATOR)[-1]) == wanted)
        if found:
            return MatchKeyword(field, tuple(sorted(found)))
        self._warnings.append(f'there is no {field} "{shortened(value)}"{self._near(stored, wanted)}')
        return MatchNone()

    def _by_spelling(self, field: str) -> dict[str, list[str]]:
        if field not in self._spellings:
            spellings = self._spellings[field] = {}
            for value in self._values(field):
                spellings.setdefault(_comparable(value), []).append(value)
        return self._spellings[field]

    def _near(self, stored: Mapping[str, int], wanted: str) -> str:
        if not stored:
            return "; the archive has none at all"
        self._unknown += 1
        if self._unknown > _MAX_UNKNOWN:
            return ""
        names = ", ".join(f'"{name}"' for name in near_values(wanted, stored))
        return f"; there is {names}" if names else ""


def near_values(value: str, known: Iterable[str]) -> list[str]:
    """At most three similar known values, the most similar first, regardless of case and diacritics."""
    candidates = {other: _comparable(other) for other in islice(known, _MAX_COMPARED)}
    wanted = _comparable(value)
    near = process.extract(wanted, candidates, scorer=fuzz.ratio, limit=_MAX_NAMED, score_cutoff=_SIMILAR)
    return [name for _, _, name in near]


@lru_cache(maxsize=65_536)
def _comparable(value: str) -> str:
    """The value folded, with single spaces between words and around the separator of section paths."""
    parts = (" ".join(part.split()) for part in fold(value).split(SECTION_SEPARATOR.strip()))
    return SECTION_SEPARATOR.join(parts)


def _is_language(tag: str, value: str) -> bool:
    by_code = "-" not in value and "_" not in value and primary_language(tag) == primary_language(value)
    return by_code or fold(value) in (fold(language_name(tag)), fold(language_name(primary_language(tag))))
