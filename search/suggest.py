"""Completions for a search box: words, sections, headings and titles that the archive holds, as one types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from search.analysis import Token, analyze, fold, is_stop_word, query_term, stem
from search.analysis.scripts import is_unspaced
from search.counting import Counting
from search.document import Document
from search.engines.base import Plan, Searcher
from search.errors import ParameterError
from search.highlight import Highlighter
from search.links import LinkMaker
from search.query.match import Match, MatchEvery, MatchPrefix, MatchTerm
from search.request import Filters, SearchRequest
from search.response import Completion

MAX_TYPED: Final = 200
"""Characters of what is typed that are looked at: nobody completes more."""
MAX_WORDS: Final = 12
MAX_LIMIT: Final = 50
_WORDS: Final = 3
_SECTIONS: Final = 2
_HEADINGS: Final = 2
_CANDIDATES: Final = 8
"""Words tried as the last one; behind other words those that follow them most often come first."""


def suggest(
    searcher: Searcher, q: str, links: LinkMaker, limit: int = 8, *, language: str = "en"
) -> tuple[Completion, ...]:
    """At most `limit` completions of what is typed so far, each leading to at least one article.

    The last word may be unfinished. Frequent words come first, then sections, then articles, then headings.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", f"must be from 1 to {MAX_LIMIT}")
    typed = q[:MAX_TYPED]
    tokens = [token for token in analyze(typed, "") if not token.compound][:MAX_WORDS]
    if not tokens:
        return ()
    share = max(1, limit * _WORDS // 8)
    words = list(_words(searcher, typed, tokens, links, language, share))
    sections = list(_sections(searcher, tokens, links, max(1, limit * _SECTIONS // 8)))
    headings: list[Completion] = []
    articles: list[Completion] = []
    if len(tokens) > 1 or len(tokens[0].surface) > 1 or is_unspaced(tokens[0].surface):  # a lone letter says nothing
        headings += _headings(searcher, tokens, links, max(1, limit * _HEADINGS // 8))
        articles += _articles(searcher, tokens, links, max(1, limit - len(words) - len(sections) - len(headings)))
    return _distinct([*words, *sections, *articles, *headings])[:limit]


def _distinct(completions: list[Completion]) -> tuple[Completion, ...]:
    by_text: dict[tuple[bool, str], Completion] = {}
    for completion in completions:
        # A search and an article of the same name are two things to offer; two articles of one name look like one.
        by_text.setdefault((completion.count is None, fold(completion.text)), completion)
    return tuple(by_text.values())


def _typed_match(searcher: Searcher, tokens: list[Token], field: str) -> Match:
    """Every typed word in that field, the last one as the beginning of a word."""
    languages = tuple(searcher.values("lang"))
    words = tuple(MatchTerm((field,), query_term(token.surface, languages)) for token in tokens[:-1])
    return MatchEvery((*words, MatchPrefix((field,), tokens[-1].surface)))


def _found(searcher: Searcher, match: Match, limit: int) -> list[Document]:
    results = searcher.search(Plan(query=match, limit=limit, deadline=0.5))
    return searcher.documents([hit.id for hit in results.hits], body=False, html=False)


def _articles(searcher: Searcher, tokens: list[Token], links: LinkMaker, limit: int) -> Iterator[Completion]:
    for document in _found(searcher, _typed_match(searcher, tokens, "title"), limit):
        yield Completion(document.title, "article", None, links.article(document.id))


def _headings(searcher: Searcher, tokens: list[Token], links: LinkMaker, limit: int) -> Iterator[Completion]:
    match = _typed_match(searcher, tokens, "headings")
    highlighter = Highlighter(match)
    for document in _found(searcher, match, limit):
        for heading in document.headings:
            marks = highlighter.marks(heading.text, document.language, "headings")
            if len({mark.group for mark in marks}) == len(tokens):
                yield Completion(heading.text, "heading", None, links.article(document.id))
                break


def _sections(searcher: Searcher, tokens: list[Token], links: LinkMaker, limit: int) -> Iterator[Completion]:
    *whole, last = [token.surface for token in tokens]
    found = 0
    for value, count in sorted(searcher.values("section").items(), key=lambda pair: (-pair[1], pair[0])):
        words = {token.surface for token in analyze(value, "")}
        if count and words.issuperset(whole) and any(word.startswith(last) for word in words):
            request = SearchRequest().with_filters("section", Filters((value,)))
            yield Completion(value, "section", count, links.search(request))
            found += 1
        if found == limit:
            return


def _words(
    searcher: Searcher, typed: str, tokens: list[Token], links: LinkMaker, language: str, limit: int
) -> Iterator[Completion]:
    """What is typed with its last word completed by a frequent one, each in one form only, if that finds something."""
    last = tokens[-1]
    if last.end < len(typed.rstrip()):
        return
    counting = Counting(searcher, language, searches=_CANDIDATES + 2 * limit, seconds=0.3)
    words = _forms(searcher.terms(last.surface, 2 * _CANDIDATES), language)[:_CANDIDATES]
    if len(tokens) > 1:
        before = tokens[-2].surface
        beside = {word: counting.total(SearchRequest(q=f'"{before} {word}"')) for word in words}
        words.sort(key=lambda word: -beside[word])
    found = 0
    for word in words:
        request = SearchRequest(q=typed[: last.start].lstrip() + word)
        count = counting.total(request)
        if count:
            yield Completion(request.q, "word", count, links.search(request))
            found += 1
        if found == limit:
            return


def _forms(words: list[tuple[str, int]], language: str) -> list[str]:
    """The words, without stop words and without further forms of one that stands before."""
    by_stem: dict[str, str] = {}
    for word, _ in words:
        if not is_stop_word(word, language):
            by_stem.setdefault(stem(word, language), word)
    return list(by_stem.values())
