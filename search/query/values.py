"""Filter values of a query against the values the archive holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
"""Values looked at for one that is near; an archive with more has tags that nobody chose by hand."""
_MAX_NAMED = 3
_MAX_UNKNOWN = 5
"""Unknown values in one query that near ones are looked up for."""
_SIMILAR = 75.0
"""Of 100, twice the letters in common by those of both: below this, what is alike is chance."""

_Keys = Callable[[str], Iterable[str]]
"""Under which keys a stored value is found."""


class KeywordMatcher:
    """Finds stored values whatever their case and diacritics; warns of values that are not there."""

    def __init__(self, values: Callable[[str], Mapping[str, int]], warnings: list[str]) -> None:
        self._values = values
        self._warnings = warnings
        self._indexes: dict[tuple[str, _Keys], dict[str, list[str]]] = {}
        self._unknown = 0

    def match(self, field: str, value: str) -> MatchKeyword | MatchNone:
        """All stored spellings of the value. A section may be named by its last part, a language by its name,
        and a language without a region stands for all its regions."""
        stored = self._values(field)
        wanted = _comparable(value)
        found = set(self._stored(field, _spelling, wanted))
        if field == "lang":
            found.update(self._stored(field, _language_names, fold(value)))
            if "-" not in value and "_" not in value:
                found.update(self._stored(field, _language_code, primary_language(value)))
        if not found and KEYWORD_FIELDS[field].hierarchical:
            found.update(self._stored(field, _last_part, wanted))
        if found:
            return MatchKeyword(field, tuple(sorted(found)))
        self._warnings.append(f'there is no {field} "{shortened(value)}"{self._near(stored, wanted)}')
        return MatchNone()

    def _stored(self, field: str, keys: _Keys, wanted: str) -> Sequence[str]:
        """The stored values that have this key; all are looked at once, however many values are asked for."""
        index = self._indexes.get((field, keys))
        if index is None:
            index = self._indexes[field, keys] = {}
            for value in self._values(field):
                for key in keys(value):
                    index.setdefault(key, []).append(value)
        return index.get(wanted, ())

    def _near(self, stored: Mapping[str, int], wanted: str) -> str:
        if not stored:
            return "; the archive has none at all"
        self._unknown += 1
        if self._unknown > _MAX_UNKNOWN:
            return ""
        names = ", ".join(f'"{name}"' for name in near_values(wanted, stored))
        return f"; there is {names}" if names else ""


def near_values(value: str, known: Iterable[str]) -> list[str]:
    """At most three of the known values that come near, whatever their case and diacritics, the nearest first."""
    candidates = {other: _comparable(other) for other in islice(known, _MAX_COMPARED)}
    wanted = _comparable(value)
    near = process.extract(wanted, candidates, scorer=fuzz.ratio, limit=_MAX_NAMED, score_cutoff=_SIMILAR)
    return [name for _, _, name in near]


@lru_cache(maxsize=65_536)
def _comparable(value: str) -> str:
    """Folded, with one space around the separator of section paths and between words."""
    parts = (" ".join(part.split()) for part in fold(value).split(SECTION_SEPARATOR.strip()))
    return SECTION_SEPARATOR.join(parts)


def _spelling(value: str) -> Iterable[str]:
    return (_comparable(value),)


def _last_part(section: str) -> Iterable[str]:
    return (_comparable(section.split(SECTION_SEPARATOR)[-1]),)


def _language_code(tag: str) -> Iterable[str]:
    return (primary_language(tag),)


def _language_names(tag: str) -> Iterable[str]:
    return {fold(language_name(tag)), fold(language_name(primary_language(tag)))}
