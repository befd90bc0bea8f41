"""Completions for a search box: words, sections, headings and titles that the archive holds, as one types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from search.analysis import Token, analyze, fold, is_stop_word, stem
from search.analysis.scripts import is_unspaced
from search.assist.count_budget import CountBudget
from search.document import Head
from search.engines.conventions import WORD_FIELDS
from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.errors import ParameterError
from search.highlight.highlighter import Highlighter
from search.query.match import Match, MatchAny, MatchEvery, MatchPhrase, MatchPrefix, MatchTerm, Term
from search.query.terms import query_term
from search.request.planning import Planner
from search.request.request import Filters, SearchRequest
from search.request.wording import out_of_range

MAX_TYPED: Final = 200
"""Characters of what is typed that are looked at: nobody completes more."""
MAX_WORDS: Final = 12
MAX_LIMIT: Final = 50
_WORDS: Final = 3
_SECTIONS: Final = 2
_HEADINGS: Final = 2
_CANDIDATES: Final = 8
"""Words tried as the last one; behind other words those that follow them most often come first."""
_TELLING: Final = 3
"""Letters from which on the beginning of a word says which word."""
_ENDINGS: Final = 4
"""Frequent words that are looked for in titles and headings in place of a beginning that says less."""
_RARE: Final = 300
"""A word that so few articles hold is looked at in their whole text."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A completion: `leads_to` is the search that finds `count` articles, or the id of the one article (`count` None).

    `kind` is "article", "heading", "section" or "word".
    """

    text: str
    kind: str
    count: int | None
    leads_to: SearchRequest | str


def suggest(planner: Planner, text: str, limit: int = 8) -> tuple[Suggested, ...]:
    """At most `limit` completions of what is typed so far, each leading to at least one article.

    The last word may be unfinished. Frequent words come first, then sections, then articles, then headings.
    Words need the engine's capability "vocabulary". Raises ParameterError, EngineError.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    typed = text[:MAX_TYPED]
    tokens = [token for token in analyze(typed, "") if not token.compound][:MAX_WORDS]
    if not tokens:
        return ()
    frequent: list[str] = []
    if "vocabulary" in planner.capabilities:
        frequent = [word for word, _ in planner.searcher.terms(tokens[-1].surface, 2 * _CANDIDATES)]
    words = _words(planner, typed, tokens, frequent, max(1, limit * _WORDS // 8))
    sections = list(_sections(planner, typed, max(1, limit * _SECTIONS // 8)))
    headings: list[Suggested] = []
    articles: list[Suggested] = []
    if len(tokens) > 1 or len(tokens[0].surface) > 1 or is_unspaced(tokens[0].surface):  # a lone letter says nothing
        titles = _Titles(planner, tokens, frequent)
        headings += _headings(titles, len(tokens), max(1, limit * _HEADINGS // 8))
        articles += _articles(titles, max(1, limit - len(words) - len(sections) - len(headings)))
    return _distinct([*words, *sections, *articles, *headings])[:limit]


def _distinct(suggestions: list[Suggested]) -> tuple[Suggested, ...]:
    by_text: dict[tuple[bool, str], Suggested] = {}
    for found in suggestions:
        # A search and an article of the same name are two things to offer; two articles of one name look like one.
        by_text.setdefault((found.count is None, fold(found.text)), found)
    return tuple(by_text.values())


class _Titles:
    """Looks for articles by the words typed so far in their titles or headings."""

    def __init__(self, planner: Planner, tokens: list[Token], frequent: list[str]) -> None:
        self._searcher = planner.searcher
        self._languages = planner.status.languages
        self._tokens = tokens
        self._frequent = frequent

    def match(self, field: str) -> Match:
        """Every typed word in that field, the last one as the beginning of a word."""
        return MatchEvery((*self._whole(field), MatchPrefix((field,), self._tokens[-1].surface)))

    def _whole(self, field: str) -> list[Match]:
        return [MatchTerm((field,), query_term(token.surface, self._languages)) for token in self._tokens[:-1]]

    def found(self, field: str, limit: int) -> list[Head]:
        """The articles, without their texts; a beginning of one or two letters is that of a frequent word."""
        match, last = self.match(field), self._tokens[-1].surface
        if len(last) < _TELLING and not is_unspaced(last):
            words = (MatchTerm((field,), Term(word)) for word in dict.fromkeys((last, *self._frequent[:_ENDINGS])))
            match = MatchEvery((*self._whole(field), MatchAny(tuple(words))))
        results = self._searcher.search(Plan(query=match, limit=limit, bring="head", deadline=0.5))
        return [hit.head for hit in results.hits if hit.head is not None]


def _articles(titles: _Titles, limit: int) -> Iterator[Suggested]:
    for head in titles.found("title", limit):
        yield Suggested(head.title, "article", None, head.id)


def _headings(titles: _Titles, words: int, limit: int) -> Iterator[Suggested]:
    highlighter = Highlighter(titles.match("headings"))
    for head in titles.found("headings", limit):
        for heading in head.headings:
            marks = highlighter.marks(heading.text, head.language, "headings")
            if len({mark.group for mark in marks}) == words:
                yield Suggested(heading.text, "heading", None, head.id)
                break


def _sections(planner: Planner, typed: str, limit: int) -> Iterator[Suggested]:
    for value, count in planner.searcher.find_values("section", typed, "words", limit):
        yield Suggested(value, "section", count, SearchRequest().with_filters("section", Filters((value,))))


def _words(planner: Planner, typed: str, tokens: list[Token], frequent: list[str], limit: int) -> list[Suggested]:
    """What is typed with its last word completed by a frequent one, each in one form only, if that finds something."""
    last = tokens[-1]
    if last.end < len(typed.rstrip()):
        return []
    budget = CountBudget(planner, searches=2 * limit, seconds=0.3)
    words = _forms(frequent, planner.language)[:_CANDIDATES]
    if len(tokens) > 1:
        following = _following(planner.searcher, tokens[-2].surface, words)
        words.sort(key=lambda word: -following[word])
    requests = [SearchRequest(q=typed[: last.start].lstrip() + word) for word in words]
    counted = zip(requests, budget.totals(requests), strict=True)
    return [Suggested(request.q, "word", count, request) for request, count in counted if count][:limit]


def _following(searcher: Searcher, before: str, words: list[str]) -> dict[str, int]:
    """In how many articles each word stands right behind the one before it; behind a frequent word, in how many titles
    and headings, which say as much and are soon read."""
    rare = searcher.document_frequencies([before])[0] <= _RARE
    fields = WORD_FIELDS if rare else ("title", "headings")
    phrases = {word: MatchPhrase(fields, (Term(before), Term(word))) for word in words}
    counts = searcher.count_many([Plan(query=match, limit=0) for match in phrases.values()])
    return {word: count or 0 for word, count in zip(phrases, counts, strict=True)}


def _forms(words: list[str], language: str) -> list[str]:
    """The words, without stop words and without further forms of one that stands before."""
    by_stem: dict[str, str] = {}
    for word in words:
        if not is_stop_word(word, language):
            by_stem.setdefault(stem(word, language), word)
    return list(by_stem.values())
