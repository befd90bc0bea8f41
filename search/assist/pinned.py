"""The pieces that editors pinned for an article, as the stories that stand first among its related ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from search.analysis import analyze
from search.assist.distinctive import MAX_TEXT, DistinctiveTerm
from search.assist.stories import Story, day_of
from search.document import Document
from search.engines.plan import DateFilter
from search.engines.results import Hit, MatchedLeaves


def pinned_stories(
    pieces: Sequence[Document],
    terms: Sequence[DistinctiveTerm],
    dates: DateFilter | None,
    known: Mapping[str, Hit],
) -> list[Story]:
    """A story for each piece that is within the dates, in that order.

    An undated piece counts as published at any time before. `known` are hits that the search has found.
    """
    stories = []
    for document in pieces:
        if _within(document, dates):
            hit = known.get(document.id) or _hit(document, terms)
            stories.append(Story(hit, hit.head or document.head(), pinned=True))
    return stories


def _within(document: Document, dates: DateFilter | None) -> bool:
    if dates is None:
        return True
    if document.published is None:
        return dates.start is None
    day = day_of(document.published)
    return _starts(dates.start) <= day <= _ends(dates.end)


def _starts(bound: date | None) -> date:
    return date.min if bound is None else bound


def _ends(bound: date | None) -> date:
    return date.max if bound is None else bound


def _hit(document: Document, terms: Sequence[DistinctiveTerm]) -> Hit:
    """The piece as a hit that is like the subject in nothing but the terms that its text has."""
    texts = (document.title, document.summary, document.body[:MAX_TEXT])
    stems = {token.stem for text in texts for token in analyze(text, document.language)}
    leaves = tuple(place for place, term in enumerate(terms) if _stems(term, document.language) & stems)
    matched = MatchedLeaves(leaves, (1.0,) * len(leaves), 0)
    return Hit(document.id, 0.0, None, head=document.head(), matched=matched)


def _stems(term: DistinctiveTerm, language: str) -> set[str]:
    return {token.stem for token in analyze(term.typed, language)}
