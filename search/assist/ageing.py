"""What the days between two articles take from how related they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from search.assist.stories import day_of
from search.document import Moment
from search.engines.results import Hit
from search.ranking import SCORE_DIGITS

_UNDATED: Final = 0.5
"""What an undated article keeps of its score: as if it were one half-life away."""


def days_between(one: Moment | None, other: Moment | None) -> int | None:
    """From the day of one to that of the other, in UTC; None if a date is missing."""
    return None if one is None or other is None else (day_of(other) - day_of(one)).days


def aged(hits: Sequence[Hit], published: Moment | None, half_life: int | None) -> list[Hit]:
    """The hits with scores that halve with every `half_life` days from the day of publication, before it or after it,
    the highest first. Unchanged without a half-life or a date."""
    if half_life is None or published is None:
        return list(hits)
    scored = [
        replace(hit, score=round(hit.score * _left(days_between(published, _published(hit)), half_life), SCORE_DIGITS))
        for hit in hits
    ]
    return sorted(scored, key=lambda hit: -hit.score)


def _published(hit: Hit) -> Moment | None:
    return None if hit.head is None else hit.head.published


def _left(days: int | None, half_life: int) -> float:
    return _UNDATED if days is None else 0.5 ** (abs(days) / half_life)
