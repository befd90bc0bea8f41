"""Ranking: the constants to tune and the formulas; every engine uses both.

BM25F (Robertson, Zaragoza, Taylor: "Simple BM25 extension to multiple weighted fields", CIKM 2004;
Robertson and Zaragoza: "The Probabilistic Relevance Framework", 2009, section 3.6):
the frequencies of a term in all fields are weighted and length-normalised, added, and only then saturated.
So a word that occurs in many fields does not outweigh a rarer word just because each field is saturated separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np

Number = TypeVar("Number", float, "np.ndarray[Any, np.dtype[np.float64]]")
"""The formulas take one number, or an array and apply element by element."""

K1: Final = 2.0
"""How soon repetition in an article stops counting: a frequency of K1 gives half of the highest possible score.

Higher than the usual 1.2, because a word in the title alone has a frequency of 3, its weight, and at 1.2 the text
could hardly add to that. Chosen with `backfile evaluate ranking` on three test collections.
"""

UNTITLED_WEIGHT: Final = 1.67
"""The most that an occurrence in the body counts in an article without a title: K1 is then 1.2 for it, the usual value.

Without a title nothing has the weight for which K1 is higher, and in a text of few words repetition says less.
"""

LONG_BODY: Final = 80.0
"""Words of an average body from which on that does not hold: repetition tells long texts apart."""

K3: Final = 3.0
"""How soon repetition in the query stops counting: k3 of Robertson and Zaragoza, section 3.5."""

FIELD_WEIGHTS: Final[dict[str, float]] = {
    "title": 3.0,  # an editor chose each of its words
    "headings": 1.5,  # names a passage, and its words are in the body as well
    "summary": 1.5,  # the standfirst says what the article is about
    "body": 1.0,
    "author": 1.0,  # a name rarely matches a byline, and when it does, it was meant
    "tags": 1.0,  # some archives choose them with care, others add them in bulk
}

FIELD_B: Final[dict[str, float]] = {
    "title": 0.4,  # their lengths hardly vary
    "headings": 0.4,
    "summary": 0.4,
    "body": 0.65,  # a long article mentions everything; chosen by cross-validation, a little below the usual 0.75
    "author": 0.0,  # one of three authors is no less an author
    "tags": 0.3,
}
"""How strongly the length of a field discounts its frequencies, from 0 to 1."""

STEM_WEIGHT: Final = 0.8
"""The frequency of an occurrence in another form of the word, if the exact spelling counts 1."""

DERIVED_WEIGHT: Final = 0.25
"""The same for a form that is derived where the word is not, or the other way round: *federated* for *federal*.

Saturation levels differences in frequency, so that it takes a low weight to keep a derived form in the title below the
exact spelling in the text.
"""

VARIANT_WEIGHT: Final = 0.9
"""What another spelling of a name counts beside the one that was typed: less, so that of two articles that are the same
but for the spelling the typed one comes first, and enough for an article about the name to come before one that only
mentions it."""

RECENCY_FLOOR: Final = 0.8
"""The smallest recency factor: recency reorders articles with similar scores and never buries a better match."""

RECENCY_OFFSET_DAYS: Final = 7.0
"""All articles of the last week are equally recent."""

RECENCY_HALF_LIFE_DAYS: Final = 365.0
"""After this time, counted from the offset, half of the boost is gone."""

SCORE_DIGITS: Final = 9
"""Scores are rounded to this many decimals before they are compared, so that the order of summing cannot break ties."""


MEANING_WEIGHT: Final = 0.5
"""The share of the similarity of meaning in the score of a hit, from 0 to 1; the rest is that of its words.

Chosen on three test collections, for all of which .5 to .6 does best; `backfile evaluate ranking --meaning` scores it.
"""

MEANING_DEPTH: Final = 50
"""The first hits by words, which alone are ordered by meaning too; of preferred articles and of the others each. With
100 the test collections gain nothing more."""


def inverse_document_frequency(articles: int, total: int) -> float:
    """The rarity of a leaf with document frequency n: ln(1 + (N - n + 0.5) / (n + 0.5)), never negative."""
    return log(1.0 + (total - articles + 0.5) / (articles + 0.5))


def normalised_frequency(
    field: str, frequency: Number, length: Number, average_length: float, title_length: Number | float = 1.0
) -> Number:
    """The weighted, length-normalised frequency of a leaf in one field; for one article or an array of them.

    In `frequency`, exact occurrences count 1 and other forms STEM_WEIGHT or DERIVED_WEIGHT. `length`, `average_length`
    and `title_length`, the article's, are in tokens; the average is over the articles of the index that have the field.
    """
    b = FIELD_B[field]
    factor = untitled_factor(field, title_length, average_length)
    return FIELD_WEIGHTS[field] * factor * frequency / (1.0 - b + b * length / average_length)


def untitled_factor(field: str, title_length: Number | float, average_length: float) -> Number | float:
    """How many times as much an occurrence in a field counts because the article has no title: 1 if it has one.

    In the body LONG_BODY / `average_length`, the average of the index's bodies, but at least 1 and at most
    UNTITLED_WEIGHT; 1 in other fields.
    """
    if field != "body":
        return 1.0
    highest = min(UNTITLED_WEIGHT, max(1.0, LONG_BODY / average_length))
    return 1.0 + (highest - 1.0) * (title_length == 0)


def saturation(frequency: Number) -> Number:
    """f * (K1 + 1) / (f + K1): grows with the summed frequency f, towards K1 + 1."""
    return frequency * (K1 + 1.0) / (frequency + K1)


def repetition_weight(times: int) -> float:
    """The weight of a word that occurs n times in the query: (K3 + 1) * n / (K3 + n), which is 1 for n = 1."""
    return (K3 + 1.0) * times / (K3 + times)


def recency_factor(age_days: Number) -> Number:
    """The factor for a score: 1 for the last week, then falling by half towards RECENCY_FLOOR each year.

    `age_days` may be negative: a date in the future counts as now. Undated articles get RECENCY_FLOOR.
    """
    excess = age_days - RECENCY_OFFSET_DAYS
    past_offset = (excess + abs(excess)) / 2.0  # at least 0, for a number as well as for an array
    boost: Number = 0.5 ** (past_offset / RECENCY_HALF_LIFE_DAYS)
    return RECENCY_FLOOR + (1.0 - RECENCY_FLOOR) * boost


def scores_by_meaning(scores: Sequence[float], similarities: Sequence[float | None]) -> list[float]:
    """The scores of the first hits by words, given with the similarity of each to the question, None if not known.

    A convex combination of both, each scaled so that among these hits it goes from 0 to 1 (Bruch, Gai, Ingber: "An
    Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023). A hit whose similarity is not known is judged by its
    words alone, and so are all if their similarities do not differ. The result is scaled back to the range of `scores`,
    a little above its lower end, so that in the order of scores these hits stay before all that follow.
    """
    known = [similarity for similarity in similarities if similarity is not None]
    if not known or min(known) == max(known):
        return list(scores)
    low, high = min(scores), max(scores)
    span, above = (high - low) or 1.0, low + 10.0**-SCORE_DIGITS
    combined = []
    for score, similarity in zip(scores, similarities, strict=True):
        by_words = (score - low) / span
        by_meaning = by_words if similarity is None else (similarity - min(known)) / (max(known) - min(known))
        share = (1.0 - MEANING_WEIGHT) * by_words + MEANING_WEIGHT * by_meaning
        combined.append(round(above + share * span, SCORE_DIGITS))
    return combined
