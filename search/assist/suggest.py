"""Completions for a search box: words, sections, headings and titles that the archive holds, as one types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from heapq import nsmallest
from typing import Final

from search.analysis import Token, analyze, fold, is_stop_word, stem
from search.analysis.scripts import is_unspaced
from search.assist.count_budget import Counting
from search.document import Document
from search.engines.base import Plan, Searcher
from search.engines.conventions import WORD_FIELDS
from search.errors import ParameterError
from search.highlight.highlighter import Highlighter
from search.query.match import Match, MatchAny, MatchEvery, MatchPhrase, MatchPrefix, MatchTerm, Term
from search.query.terms import query_term
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.request.wording import out_of_range
from search.results.response import Completion

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


def suggest(
    searcher: Searcher, q: str, links: Addresses, limit: int = 8, *, language: str = "en"
) -> tuple[Completion, ...]:
    """At most `limit` completions of what is typed so far, each leading to at least one article.

    The last word may be unfinished. Frequent words come first, then sections, then articles, then headings.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    typed = q[:MAX_TYPED]
    tokens = [token for token in analyze(typed, "") if not token.compound][:MAX_WORDS]
    if not tokens:
        return ()
    frequent = [word for word, _ in searcher.terms(tokens[-1].surface, 2 * _CANDIDATES)]
    words = list(_words(searcher, typed, tokens, frequent, links, language, max(1, limit * _WORDS // 8)))
    sections = list(_sections(searcher, tokens, links, max(1, limit * _SECTIONS // 8)))
    headings: list[Completion] = []
    articles: list[Completion] = []
    if len(tokens) > 1 or len(tokens[0].surface) > 1 or is_unspaced(tokens[0].surface):  # a lone letter says nothing
        titles = _Titles(searcher, tokens, frequent)
        headings += _headings(titles, len(tokens), links, max(1, limit * _HEADINGS // 8))
        articles += _articles(titles, links, max(1, limit - len(words) - len(sections) - len(headings)))
    return _distinct([*words, *sections, *articles, *headings])[:limit]


def _distinct(completions: list[Completion]) -> tuple[Completion, ...]:
    by_text: dict[tuple[bool, str], Completion] = {}
    for completion in completions:
        # A search and an article of the same name are two things to offer; two articles of one name look like one.
        by_text.setdefault((completion.count is None, fold(completion.text)), completion)
    return tuple(by_text.values())


class _Titles:
    """Looks for articles by the words typed so far in their titles or headings."""

    def __init__(self, searcher: Searcher, tokens: list[Token], frequent: list[str]) -> None:
        self._searcher = searcher
        self._tokens = tokens
        self._frequent = frequent
        self._languages = tuple(searcher.values("lang"))

    def match(self, field: str) -> Match:
        """Every typed word in that field, the last one as the beginning of a word."""
        return MatchEvery((*self._whole(field), MatchPrefix((field,), self._tokens[-1].surface)))

    def _whole(self, field: str) -> list[Match]:
        return [MatchTerm((field,), query_term(token.surface, self._languages)) for token in self._tokens[:-1]]

    def found(self, field: str, limit: int) -> list[Document]:
        """The articles, without their texts; a beginning of one or two letters is that of a frequent word."""
        match, last = self.match(field), self._tokens[-1].surface
        if len(last) < _TELLING and not is_unspaced(last):
            words = (MatchTerm((field,), Term(word)) for word in dict.fromkeys((last, *self._frequent[:_ENDINGS])))
            match = MatchEvery((*self._whole(field), MatchAny(tuple(words))))
        results = self._searcher.search(Plan(query=match, limit=limit, deadline=0.5))
        return self._searcher.documents([hit.id for hit in results.hits], body=False)


def _articles(titles: _Titles, links: Addresses, limit: int) -> Iterator[Completion]:
    for document in titles.found("title", limit):
        yield Completion(document.title, "article", None, links.article(document.id))


def _headings(titles: _Titles, words: int, links: Addresses, limit: int) -> Iterator[Completion]:
    highlighter = Highlighter(titles.match("headings"))
    for document in titles.found("headings", limit):
        for heading in document.headings:
            marks = highlighter.marks(heading.text, document.language, "headings")
            if len({mark.group for mark in marks}) == words:
                yield Completion(heading.text, "heading", None, links.article(document.id))
                break


def _sections(searcher: Searcher, tokens: list[Token], links: Addresses, limit: int) -> Iterator[Completion]:
    *whole, last = [token.surface for token in tokens]
    found = [
        (-count, value)
        for value, count in searcher.values("section").items()
        if count and (words := _words_of(value)).issuperset(whole) and any(word.startswith(last) for word in words)
    ]
    for count, value in nsmallest(limit, found):
        request = SearchRequest().with_filters("section", Filters((value,)))
        yield Completion(value, "section", -count, links.search(request))


@lru_cache(maxsize=4096)
def _words_of(section: str) -> frozenset[str]:
    return frozenset(token.surface for token in analyze(section, ""))


def _words(
    searcher: Searcher,
    typed: str,
    tokens: list[Token],
    frequent: list[str],
    links: Addresses,
    language: str,
    limit: int,
) -> Iterator[Completion]:
    """What is typed with its last word completed by a frequent one, each in one form only, if that finds something."""
    last = tokens[-1]
    if last.end < len(typed.rstrip()):
        return
    counting = Counting(searcher, language, searches=2 * limit, seconds=0.3)
    words = _forms(frequent, language)[:_CANDIDATES]
    if len(tokens) > 1:
        following = _following(searcher, tokens[-2].surface, words)
        words.sort(key=lambda word: -following[word])
    found = 0
    for word in words:
        request = SearchRequest(q=typed[: last.start].lstrip() + word)
        count = counting.total(request)
        if count:
            yield Completion(request.q, "word", count, links.search(request))
            found += 1
        if found == limit:
            return


def _following(searcher: Searcher, before: str, words: list[str]) -> dict[str, int]:
    """In how many articles each word stands right behind the one before it; behind a frequent word, in how many titles
    and headings, which say as much and are soon read."""
    rare = searcher.document_frequencies([before])[0] <= _RARE
    fields = WORD_FIELDS if rare else ("title", "headings")
    phrases = {word: MatchPhrase(fields, (Term(before), Term(word))) for word in words}
    return {word: searcher.search(Plan(query=match, limit=0)).total for word, match in phrases.items()}


def _forms(words: list[str], language: str) -> list[str]:
    """The words, without stop words and without further forms of one that stands before."""
    by_stem: dict[str, str] = {}
    for word in words:
        if not is_stop_word(word, language):
            by_stem.setdefault(stem(word, language), word)
    return list(by_stem.values())
