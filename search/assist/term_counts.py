"""How many articles have a term: of a search, of the archive, and of the archive in the languages of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from search.assist.association import Shares
from search.engines.conventions import Deadline
from search.engines.plan import Plan
from search.query.printer import to_text
from search.query.tree import Phrase
from search.request.planning import Planner, ResolvedQuery
from search.request.request import Filters, SearchRequest
from search.schema import MISSING

_SPOKEN: Final = 0.05
"""The part of a search's articles from which on their language is one of the search's own."""

Languages = tuple[str, ...]
"""Languages of articles, as filters name them; () for all."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search whose terms are asked for: how it is matched, what it finds, in all and `by_language`; `filled`: its
    list is filled up with articles that do not have all words."""

    request: SearchRequest
    resolved: ResolvedQuery
    total: int
    by_language: Mapping[str, int]
    filled: bool


@dataclass(frozen=True, slots=True)
class Background:
    """All articles under the conditions that a search has beside its query, in all and `by_language`."""

    request: SearchRequest
    total: int
    by_language: Mapping[str, int]

    def languages_of(self, search: Searched) -> Languages:
        """The languages that the search is in, whose articles its terms are compared with; () for all.

        Where few articles are German, every German word goes with a German question.
        """
        own = tuple(sorted(tag for tag, count in search.by_language.items() if count >= _SPOKEN * search.total))
        if self.request.filters("lang") != Filters() or not self.by_language.keys() - set(own):
            return ()
        return own

    def shares(self, having: int, everywhere: int, search: Searched, languages: Languages = ()) -> Shares | None:
        """The shares of what `having` articles of the search have and `everywhere` articles of the archive in those
        languages. None if there is nothing to compare."""
        hits, articles = self.sizes(search, languages)
        # A few of the articles may be in another language, as when a term is a name.
        shares = Shares(min(having, hits, everywhere), hits, everywhere, articles)
        return shares if shares.are_possible else None

    def sizes(self, search: Searched, languages: Languages) -> tuple[int, int]:
        """The numbers of articles of the search and of the archive in those languages."""
        if not languages:
            return search.total, self.total
        hits, articles = (
            sum(counts.get(tag, 0) for tag in languages) for counts in (search.by_language, self.by_language)
        )
        return hits, articles

    def narrowed(self, languages: Languages, term: AbstractSet[str], everywhere: int, search: Searched) -> Languages:
        """Those of the languages that a term was read in, unless more articles have it than are in them: a search in
        English and Vietnamese must not bring up each word of one of them."""
        own = tuple(sorted(tag or MISSING for tag in term))
        known = self.by_language.keys() >= set(own) and own
        return own if known and everywhere <= self.sizes(search, own)[1] else languages


@dataclass(frozen=True, slots=True)
class FoundTerm:
    """A term that goes with a search: `shares` are those by which it was judged, `request` finds the articles of the
    search that have it, which are `articles`; `archive_articles` of the archive have it."""

    text: str
    kind: str
    articles: int
    archive_articles: int
    shares: Shares
    request: SearchRequest


class TermCounts:
    """How many articles of the archive have each term, counted once for all searches that are compared."""

    def __init__(self, planner: Planner, background: Background, deadline: Deadline) -> None:
        self.background = background
        self.planner = planner
        self.deadline = deadline
        self._known: dict[tuple[str, Languages], int] = {}

    def of(self, texts: Sequence[str], languages: Languages = ()) -> dict[str, int]:
        """The number of articles in those languages that have each term, in one trip for all that are not yet known.
        What there was no time for is left out."""
        new = [text for text in dict.fromkeys(texts) if (text, languages) not in self._known]
        if new and not self.deadline.passed():
            plans = [self._plan(text, languages) for text in new]
            found = self.planner.searcher.count_many(plans, self.deadline.left())
            counted = zip(new, found, strict=True)
            self._known.update(((text, languages), count) for text, count in counted if count is not None)
        return {text: self._known[text, languages] for text in texts if (text, languages) in self._known}

    def _plan(self, text: str, languages: Languages) -> Plan:
        request = replace(self.background.request, q=to_text(Phrase(text)))
        if languages:
            request = request.with_filters("lang", Filters(languages))
        return self.planner.counting_plan(self.planner.resolve(request), request)
