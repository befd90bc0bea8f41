"""One stored article; and, if a search led to it, its matches and the hits around it."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import Document
from search.highlight.highlighter import Highlighter
from search.highlight.marking import Span, merged
from search.query.match import Match
from search.results.response import Hit


class Marks:
    """Finds the matches of a query in the texts of one article."""

    def __init__(self, match: Match, language: str) -> None:
        self._highlighter = Highlighter(match)
        self._language = language

    def spans(self, text: str, field: str) -> list[Span]:
        """The matches in a text of that field ("title", "summary", "headings", "body"), in order, without overlaps."""
        found = self._highlighter.spans(text, self._language, field)
        if field == "headings":  # a heading is also part of the body
            found = merged([*found, *self._highlighter.spans(text, self._language, "body")])
        return found


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """A stored article. `marks` is None if no words were searched for.

    `previous` and `next` are its neighbours in the search that led to it, without snippets; None if there are none.
    `rows` is the length of the list that it is in; None if that is not known.
    """

    document: Document
    marks: Marks | None = None
    previous: Hit | None = None
    next: Hit | None = None
    rows: int | None = None
