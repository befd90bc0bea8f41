"""Completions while somebody types: words, sections, titles and headings of the archive."""

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
"""Characters that are read of what was typed; nobody completes more."""
MAX_WORDS: Final = 12
"""Words that are read of what was typed."""
MAX_LIMIT: Final = 50
_WORDS: Final = 3
_SECTIONS: Final = 2
_HEADINGS: Final = 2
"""Of eight completions this many may be words, sections and headings; the others are titles."""
_CANDIDATES: Final = 8
"""Frequent words that are tried as the end of the last word."""
_LONG_PREFIX: Final = 3
"""A prefix of at least this many letters is searched for in titles and headings as it is."""
_ENDINGS: Final = 4
"""For a shorter prefix, this many of the frequent words that begin with it are searched for instead."""
_RARE: Final = 300
"""If at most this many articles hold a word, the words that follow it are counted in the whole text."""
_SECONDS: Final = 0.3
"""How long completions of the last word may be counted."""
_TITLE_SECONDS: Final = 0.5
"""How long titles may be searched, and headings."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A completion: `kind` is "article", "heading", "section" or "word".

    `leads_to` is the id of an article, and then `count` is None, or a search that finds `count` articles.
    """

    text: str
    kind: str
    count: int | None
    leads_to: SearchRequest | str


def suggest(planner: Planner, text: str, limit: int = 8) -> tuple[Suggested, ...]:
    """At most `limit` completions of what was typed so far. Each leads to at least one article.

    The last word may be unfinished. Words come first, then sections, titles and headings.
    An engine without the capability "vocabulary" completes no words. Raises ParameterError, EngineError.
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
    if len(tokens) > 1 or len(tokens[0].surface) > 1 or is_unspaced(tokens[0].surface):  # a single letter says nothing
        titles = _Titles(planner, tokens, frequent)
        headings += _headings(titles, len(tokens), max(1, limit * _HEADINGS // 8))
        articles += _articles(titles, max(1, limit - len(words) - len(sections) - len(headings)))
    return _distinct([*words, *sections, *articles, *headings])[:limit]


def _distinct(suggestions: list[Suggested]) -> tuple[Suggested, ...]:
    by_text: dict[tuple[bool, str], Suggested] = {}
    for found in suggestions:
        # A search and an article of the same name are offered separately; two articles of one name would look alike.
        by_text.setdefault((found.count is None, fold(found.text)), found)
    return tuple(by_text.values())


class _Titles:
    """Searches titles or headings for the words typed so far."""

    def __init__(self, planner: Planner, tokens: list[Token], frequent: list[str]) -> None:
        self._searcher = planner.searcher
        self._languages = planner.status.languages
        self._tokens = tokens
        self._frequent = frequent

    def match(self, field: str) -> Match:
        """Every typed word in that field, the last one as a prefix."""
        return MatchEvery((*self._whole(field), MatchPrefix((field,), self._tokens[-1].surface)))

    def _whole(self, field: str) -> list[Match]:
        return [MatchTerm((field,), query_term(token.surface, self._languages)) for token in self._tokens[:-1]]

    def found(self, field: str, limit: int) -> list[Head]:
        """The heads of articles that match. A prefix of one or two letters is completed by frequent words."""
        match, last = self.match(field), self._tokens[-1].surface
        if len(last) < _LONG_PREFIX and not is_unspaced(last):
            words = (MatchTerm((field,), Term(word)) for word in dict.fromkeys((last, *self._frequent[:_ENDINGS])))
            match = MatchEvery((*self._whole(field), MatchAny(tuple(words))))
        results = self._searcher.search(Plan(query=match, limit=limit, bring="head", deadline=_TITLE_SECONDS))
        return [hit.head for hit in results.hits if hit.head is not None]


def _articles(titles: _Titles, limit: int) -> Iterator[Suggested]:
    for head in titles.found("title", limit):
        yield Suggested(head.title, "article", None, head.id)


def _headings(titles: _Titles, words: int, limit: int) -> Iterator[Suggested]:
    highlighter = Highlighter(titles.match("headings"))
    for head in titles.found("headings", limit):
        for heading in head.headings:
            marks = highlighter.marks(heading.text, head.language, "headings")
            if len({mark[2] for mark in marks}) == words:
                yield Suggested(heading.text, "heading", None, head.id)
                break


def _sections(planner: Planner, typed: str, limit: int) -> Iterator[Suggested]:
    for value, count in planner.searcher.find_values("section", typed, "words", limit):
        section = SearchRequest(time_zone=planner.time_zone).with_filters("section", Filters((value,)))
        yield Suggested(value, "section", count, section)


def _words(planner: Planner, typed: str, tokens: list[Token], frequent: list[str], limit: int) -> list[Suggested]:
    """What was typed with its last word completed, if that finds something; of several forms of a word only one."""
    last = tokens[-1]
    if last.end < len(typed.rstrip()):
        return []
    budget = CountBudget(planner, searches=2 * limit, seconds=_SECONDS)
    words = _forms(frequent, planner.language)[:_CANDIDATES]
    if len(tokens) > 1:
        following = _following(planner.searcher, tokens[-2].surface, words)
        words.sort(key=lambda word: -following[word])
    before = typed[: last.start].lstrip()
    requests = [SearchRequest(q=before + word, time_zone=planner.time_zone) for word in words]
    counted = zip(requests, budget.counts(requests), strict=True)
    return [Suggested(request.q, "word", count.total, request) for request, count in counted if count.all_words][:limit]


def _following(searcher: Searcher, before: str, words: list[str]) -> dict[str, int]:
    """In how many articles each word directly follows the word before it.

    After a frequent word only titles and headings are counted: they say as much and are quickly read.
    """
    rare = searcher.document_frequencies([before])[0] <= _RARE
    fields = WORD_FIELDS if rare else ("title", "headings")
    phrases = {word: MatchPhrase(fields, (Term(before), Term(word))) for word in words}
    counts = searcher.count_many([Plan(query=match, limit=0) for match in phrases.values()], _SECONDS)
    return {word: count or 0 for word, count in zip(phrases, counts, strict=True)}


def _forms(words: list[str], language: str) -> list[str]:
    """The words without stop words; of several forms of a word only the first."""
    by_stem: dict[str, str] = {}
    for word in words:
        if not is_stop_word(word, language):
            by_stem.setdefault(stem(word, language), word)
    return list(by_stem.values())
