"""One stored article, with what a search that led to it marks in its text and finds beside it."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import Document
from search.highlight.highlighter import Highlighter, Span, merged
from search.query.match import Match
from search.results.response import Hit


class Marks:
    """Where a query matches in the texts of one article."""

    def __init__(self, match: Match, language: str) -> None:
        self._highlighter = Highlighter(match)
        self._language = language

    def spans(self, text: str, field: str) -> list[Span]:
        """The matches in a text of that field ("title", "summary", "headings", "body"), in order and apart."""
        found = self._highlighter.spans(text, self._language, field)
        if field == "headings":  # a heading stands in the body too
            found = merged([*found, *self._highlighter.spans(text, self._language, "body")])
        return found


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """A stored article. `marks` is None if no words were searched for.

    `previous` and `next` are the hits around it in the search that led to it, without snippets; None at the ends.
    """

    document: Document
    marks: Marks | None = None
    previous: Hit | None = None
    next: Hit | None = None
