"""How hits are ranked. Tune here; every engine uses these numbers and these formulas.

BM25F (Robertson, Zaragoza, Taylor: "Simple BM25 extension to multiple weighted fields", CIKM 2004;
Robertson and Zaragoza: "The Probabilistic Relevance Framework", 2009, section 3.6):
the frequencies of a term in all fields are weighted and length-normalised, added, and only then saturated,
so that ten mentions in the body cannot outweigh the title by the mere number of fields.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np

Number = TypeVar("Number", float, "np.ndarray[Any, np.dtype[np.float64]]")
"""The formulas hold for one article and, element by element, for an array of them."""

K1: Final = 2.0
"""How soon repetition in an article stops counting: half of the possible score at a frequency of K1.

Higher than the usual 1.2 because the title alone adds up to its weight of 3:
at 1.2 nothing that the text says could add much to that. Chosen by `backfile evaluate ranking` on three judged sets.
"""

K3: Final = 3.0
"""How soon repetition in the query stops counting; the k3 of Robertson and Zaragoza, section 3.5."""

FIELD_WEIGHTS: Final[dict[str, float]] = {
    "title": 3.0,  # an editor chose each of its words
    "headings": 1.5,  # names a passage, and its words are in the body once more
    "summary": 1.5,  # the standfirst says what the piece is about
    "body": 1.0,
    "author": 1.0,  # a name matches a byline rarely, and then it is meant
    "tags": 1.0,  # chosen with care in some archives, in bulk in others
}

FIELD_B: Final[dict[str, float]] = {
    "title": 0.4,  # titles hardly vary in length
    "headings": 0.4,
    "summary": 0.4,
    "body": 0.75,  # the usual value: a long article mentions everything
    "author": 0.0,  # three authors are not less of an author each
    "tags": 0.3,
}
"""How strongly a field's length discounts its frequencies, 0 to 1."""

STEM_WEIGHT: Final = 0.8
"""What another form of the word counts, where the exact spelling counts 1: exact spelling ranks above a stem match."""

RECENCY_FLOOR: Final = 0.8
"""The least an old article keeps of its score: recency reorders near-equals and never buries a better match."""

RECENCY_OFFSET_DAYS: Final = 7.0
"""News of the last week is equally new."""

RECENCY_HALF_LIFE_DAYS: Final = 365.0
"""After this time (past the offset) half of the boost is gone."""

SCORE_DIGITS: Final = 9
"""Scores are rounded to this many decimals before they are compared, so that the order of summing cannot break ties."""


def inverse_document_frequency(articles: int, total: int) -> float:
    """How rare a leaf is: ln(1 + (N - n + 0.5) / (n + 0.5)), never negative."""
    return log(1.0 + (total - articles + 0.5) / (articles + 0.5))


def normalised_frequency(field: str, frequency: Number, length: Number, average_length: float) -> Number:
    """The weighted, length-normalised share of one field in a leaf's frequency; for one article or an array of them.

    `frequency`: exact occurrences count 1, other forms STEM_WEIGHT. `length` and `average_length` are in tokens;
    the average is over the articles of the index that have the field.
    """
    b = FIELD_B[field]
    return FIELD_WEIGHTS[field] * frequency / (1.0 - b + b * length / average_length)


def saturation(frequency: Number) -> Number:
    """f * (K1 + 1) / (f + K1): grows with the summed frequency, up to K1 + 1."""
    return frequency * (K1 + 1.0) / (frequency + K1)


def repetition_weight(times: int) -> float:
    """What a word that stands `times` in the query weighs: (K3 + 1) * n / (K3 + n), 1 for the usual once."""
    return (K3 + 1.0) * times / (K3 + times)


def recency_factor(age_days: Number) -> Number:
    """What a score is multiplied by: 1 for the last week, falling by half of the rest each year, never below the floor.

    `age_days` may be negative (dated in the future: counts as now). Undated articles get RECENCY_FLOOR.
    """
    excess = age_days - RECENCY_OFFSET_DAYS
    past_offset = (excess + abs(excess)) / 2.0  # no less than 0, for a number and for an array alike
    boost: Number = 0.5 ** (past_offset / RECENCY_HALF_LIFE_DAYS)
    return RECENCY_FLOOR + (1.0 - RECENCY_FLOOR) * boost
