"""What search by meaning finds on a judged set, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from search.engines.plan import Meaning, Plan
from search.engines.protocols import Engine, Searcher
from search.evaluation.judged_sets import JudgedSet
from search.evaluation.rankings import Rankings, asked, found_by
from search.meaning.encoder import Encoder
from search.meaning.encoding import encode_missing
from search.query import Operator

_PAGE: Final = 10
"""Hits of a page whose time is taken."""
_ROUNDS: Final = 3
"""How often it is taken, with and without meaning in turn; the least counts, since it was disturbed least."""


@dataclass(frozen=True, slots=True)
class MeaningCost:
    """`articles_per_second` that were encoded; `kilobytes_per_article` that the index grew by, None in memory; and the
    medians of milliseconds to encode a question (`question_ms`), and that a page takes longer then (`ordering_ms`).

    Times are those of one processor, so that other programs on the machine do not count.
    """

    articles_per_second: float
    kilobytes_per_article: float | None
    question_ms: float
    ordering_ms: float


def rankings_by_meaning(
    judged: JudgedSet, engine: Engine, encoder: Encoder, *, language: str = "en", operator: Operator = "or"
) -> tuple[Rankings, MeaningCost]:
    """Encodes a set that an engine holds, in one thread, and asks every query of it by words and meaning.

    Raises EngineError.
    """
    before = _size(engine)
    started = time.process_time()
    encoded = encode_missing(engine, encoder)
    spent = time.process_time() - started
    after = _size(engine)
    kilobytes = None if before is None or after is None else (after - before) / 1e3 / max(1, encoded.encoded)
    with engine.searcher() as searcher:
        plain = {query: asked(searcher, text, language, operator) for query, text in judged.queries.items()}
        plans, seconds = _with_meaning(plain, judged.queries, encoder)
        rankings = {query: found_by(searcher, plan) for query, plan in plans.items()}
        ordering = [_longer(searcher, plain[query], plan) for query, plan in plans.items()]
    pace = encoded.encoded / max(spent, 1e-9)
    return rankings, MeaningCost(pace, kilobytes, median(seconds) * 1e3, median(ordering) * 1e3)


def _with_meaning(
    plans: Mapping[str, Plan], texts: Mapping[str, str], encoder: Encoder
) -> tuple[Mapping[str, Plan], list[float]]:
    """The plans with the vectors of their questions, and the seconds that each of these took."""
    found, seconds = {}, []
    for query, plan in plans.items():
        started = time.process_time()
        meaning = Meaning(encoder.model, encoder.question(texts[query]))
        seconds.append(time.process_time() - started)
        found[query] = replace(plan, meaning=meaning)
    return found, seconds


def _longer(searcher: Searcher, plain: Plan, ordered: Plan) -> float:
    """The seconds that a page takes longer if it is ordered by meaning."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for plan, own in zip((plain, ordered), times, strict=True):
            own.append(_seconds(searcher, replace(plan, limit=_PAGE)))
    return min(times[1]) - min(times[0])


def _seconds(searcher: Searcher, plan: Plan) -> float:
    started = time.process_time()
    searcher.search(plan)
    return time.process_time() - started


def _size(engine: Engine) -> int | None:
    with engine.searcher() as searcher:
        return searcher.status().size_bytes
