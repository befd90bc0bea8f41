"""A sample of the articles of a search: all of them if they are few, or else some of each part of its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from search.assist.sampled_terms import LEAD
from search.document import Document
from search.engines.conventions import Deadline
from search.engines.plan import DateFilter, Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit
from search.periods import first_day, last_day

SAMPLE: Final = 80
"""Articles that are read of one search."""
PARTS: Final = 4
"""Parts of about as many hits each that a longer search is cut into, by time: the best hits of each are read."""


def sampled(searcher: Searcher, plan: Plan, total: int, by_period: Mapping[str, int], deadline: Deadline) -> list[Hit]:
    """At most SAMPLE hits of the plan with their texts, in at most PARTS searches, as far as there is time.

    `by_period` are its hits by time; without any the best hits stand for all.
    """
    bare = replace(plan, facets=(), timeline=None, offset=0, recency=None, meaning=None, group=False, bring="text")
    bare = replace(bare, sort="relevance", explain=False)
    hits: list[Hit] = []
    for part, number in _parts(bare, total, by_period):
        if deadline.passed():
            break
        hits += searcher.search(replace(part, limit=number, deadline=deadline.left())).hits
    return hits


def as_read(hit: Hit) -> Document | None:
    """What is read of a hit: its title, its summary and the beginning of its text."""
    head = hit.head
    if head is None:
        return None
    return Document(head.id, head.title, (hit.body or "")[:LEAD], head.summary, language=head.language)


def _parts(plan: Plan, total: int, by_period: Mapping[str, int]) -> Iterator[tuple[Plan, int]]:
    """The plans that the sample is taken from, each with its number of articles."""
    if total <= SAMPLE or not any(by_period.values()):
        yield plan, min(total, SAMPLE)
        return
    parts = list(_spans(by_period))
    dated = sum(by_period.values())
    for first, last, count in parts:
        yield replace(plan, filters=(*plan.filters, DateFilter(plan.date_field, first, last))), SAMPLE * count // dated


def _spans(by_period: Mapping[str, int]) -> Iterator[tuple[date, date, int]]:
    """Up to PARTS spans of whole periods each with its number of hits: about as many in each."""
    least = sum(by_period.values()) / PARTS
    start, held = "", 0
    periods = sorted(by_period.items())
    for place, (period, count) in enumerate(periods, 1):
        start, held = start or period, held + count
        if held >= least or place == len(periods):
            yield first_day(start), last_day(period), held
            start, held = "", 0
