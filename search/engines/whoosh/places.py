"""Where the leaves of a query stand in one segment, as sorted arrays of places and their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis import stem
from search.engines import spans
from search.engines.answer import Deadline
from search.engines.whoosh.codec import NOWHERE, Places
from search.engines.whoosh.schema import (
    FIELD_ORDINALS,
    GROUPS,
    POSITION_BITS,
    POSITION_MASK,
    other_stem_term,
    stem_term,
)
from search.engines.whoosh.segments import Segment
from search.query.match import MatchPhrase, Term
from search.ranking import STEM_WEIGHT

Floats = NDArray[np.float64]
Weighted = tuple[Places, Floats]
"""Places, ascending and each once, and what each counts."""

_DEADLINE_STEP: Final = 256


class TimeIsUp(Exception):
    """The deadline passed in the middle of a leaf."""


def surface_places(segment: Segment, surface: str, fields: Sequence[str]) -> Places:
    """Every place of an index term in the given text fields."""
    found = []
    for group, members in GROUPS.items():
        wanted = members.intersection(fields)
        if not wanted:
            continue
        places = segment.places(group, surface)
        if len(places) and wanted != members:
            ordinals = [FIELD_ORDINALS[name] for name in wanted]
            places = places[np.isin((places >> POSITION_BITS) & 7, ordinals)]
        if len(places):
            found.append(places)
    return _sorted(found)


def _sorted(found: Sequence[Places]) -> Places:
    if not found:
        return NOWHERE
    if len(found) == 1:
        return found[0]
    return np.sort(np.concatenate(found), kind="stable")


def term_places(segment: Segment, term: Term, fields: Sequence[str]) -> Weighted:
    """Where a word stands: its exact spelling counts 1, its other forms STEM_WEIGHT."""
    exact = surface_places(segment, term.surface, fields)
    known, _ = segment.languages
    others = []
    bare: dict[str, list[str]] = {}
    for language, stemmed in term.stems:
        if language not in known:
            continue
        others.append(surface_places(segment, stem_term(stemmed, language), fields))
        if stemmed != term.surface and stem(stemmed, language) == stemmed:
            bare.setdefault(stemmed, []).append(language)
    others += [_bare_places(segment, stemmed, languages, fields) for stemmed, languages in bare.items()]
    return merge(exact, [places for places in others if len(places)])


def _bare_places(segment: Segment, stemmed: str, languages: Sequence[str], fields: Sequence[str]) -> Places:
    """Where the stem itself is the word, in articles of these languages, except where accents give it another stem."""
    places = surface_places(segment, stemmed, fields)
    if not len(places):
        return places
    known, numbers = segment.languages
    places = places[np.isin(numbers[places >> 32], [known[language] for language in languages])]
    for language in languages:
        if len(excluded := surface_places(segment, other_stem_term(stemmed, language), fields)):
            places = places[~np.isin(places, excluded)]
    return places


def merge(exact: Places, others: Sequence[Places]) -> Weighted:
    """The exact places, which count 1, and those of the others that are not among them, which count STEM_WEIGHT."""
    if not others:
        return exact, np.ones(len(exact))
    added = others[0] if len(others) == 1 else np.unique(np.concatenate(others))
    if len(exact):
        added = added[~_contains(exact, added)]
    places = np.concatenate((exact, added))
    weights = np.concatenate((np.ones(len(exact)), np.full(len(added), STEM_WEIGHT)))
    order = np.argsort(places, kind="stable")
    return places[order], weights[order]


def _contains(places: Places, wanted: Places) -> NDArray[np.bool_]:
    """Which of the wanted places are among `places` (ascending, not empty)."""
    at = np.searchsorted(places, wanted)
    at[at == len(places)] = 0
    found: NDArray[np.bool_] = places[at] == wanted
    return found


def expansion_places(segment: Segment, expansion: Mapping[str, float], fields: Sequence[str]) -> Weighted:
    """Where any of the words stands; each has the weight it is given, 1 or STEM_WEIGHT."""
    exact = [surface_places(segment, word, fields) for word, weight in expansion.items() if weight == 1.0]
    others = [surface_places(segment, word, fields) for word, weight in expansion.items() if weight != 1.0]
    return merge(np.unique(np.concatenate([NOWHERE, *exact])), [places for places in others if len(places)])


def phrase_places(segment: Segment, phrase: MatchPhrase, deadline: Deadline) -> Weighted:
    """Where the occurrences of a phrase start. Raises TimeIsUp."""
    words = []
    for term in phrase.terms:
        words.append(term_places(segment, term, phrase.fields))
        if not len(words[-1][0]):
            return NOWHERE, np.empty(0)
    if not words:
        return NOWHERE, np.empty(0)
    if phrase.slop is None:
        return _ordered(words)
    return _near(words, spans.span_width(len(words), phrase.slop), deadline)


def _ordered(words: Sequence[Weighted]) -> Weighted:
    """Starts at which the words follow each other: looked for where the rarest of them stands."""
    rarest = min(range(len(words)), key=lambda step: len(words[step][0]))
    starts = words[rarest][0] - rarest
    weights = words[rarest][1]
    for step, (places, own) in enumerate(words):
        if step == rarest:
            continue
        at = np.searchsorted(places, starts + step)
        at[at == len(places)] = 0
        kept = places[at] == starts + step
        starts, weights = starts[kept], np.minimum(weights[kept], own[at[kept]])
    return starts, weights


def _near(words: Sequence[Weighted], width: int, deadline: Deadline) -> Weighted:
    """Starts of the spans that hold all words; only fields of articles that hold them all are looked at."""
    cells = np.unique(words[0][0] >> POSITION_BITS)
    for places, _ in words[1:]:
        cells = cells[np.isin(cells, places >> POSITION_BITS)]
    found: list[int] = []
    weights: list[float] = []
    for count, cell in enumerate(cells.tolist()):
        if count % _DEADLINE_STEP == 0 and deadline.passed():
            raise TimeIsUp
        base = cell << POSITION_BITS
        starts = spans.near([_in_cell(word, base) for word in words], width)
        found.extend(base + position for position in sorted(starts))
        weights.extend(starts[position] for position in sorted(starts))
    return np.array(found, np.int64), np.array(weights)


def _in_cell(word: Weighted, base: int) -> dict[int, float]:
    places, weights = word
    first, last = np.searchsorted(places, (base, base + POSITION_MASK + 1))
    return dict(zip((places[first:last] - base).tolist(), weights[first:last].tolist(), strict=True))


def runs(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each run of equal values begins in an array that is sorted and not empty."""
    return np.concatenate((np.zeros(1, np.int64), np.flatnonzero(keys[1:] != keys[:-1]) + 1))


__all__ = ["TimeIsUp", "Weighted", "expansion_places", "merge", "phrase_places", "runs", "term_places"]
