"""Who and what goes with a search: the terms that more of its articles have than chance explains, against the archive.

A sample of its articles is read for what may be one, bounded in size and spread over time. What is said of each term is
exact nevertheless: all articles of the search that have it are counted, and all of the archive. A term is shown with
the search for both, which finds that number of articles.

Terms pass the test and stand in the order of `search.assist.association`, compared with the articles in the languages
of the search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.analysis import fold
from search.analysis.scripts import is_unspaced
from search.assist.association import Shares
from search.assist.sampled_terms import SampledTerm, SampledTerms
from search.assist.term_counts import Background, FoundTerm, Languages, Searched, TermCounts
from search.query.limits import MAX_LENGTH
from search.query.printer import to_text
from search.query.tree import And, Phrase
from search.request.filling import counts
from search.request.request import SearchRequest

MOST: Final = 10
"""Names, and words, that are shown of one search."""
COUNTED: Final = 2 * MOST
"""Names, and words, whose articles are counted among those of the search: the likeliest of the sample."""
LEAST: Final = 2
"""Articles of the search that must have a term."""
MAX_TERM: Final = 120
"""Characters of a term."""
_PART: Final = 0.6
"""A name that is part of a longer one is left out if the longer one has so great a part of its articles."""


@dataclass(frozen=True, slots=True)
class FoundTerms:
    """The terms, the most telling first. `whole`: there was time to count all of them."""

    terms: tuple[FoundTerm, ...]
    whole: bool = True


def significant_terms(search: Searched, sample: SampledTerms, known: TermCounts) -> FoundTerms:
    """The names and then the words that go with a search, at most MOST of each: three trips to count, or four where
    scripts are written without spaces."""
    if not 0 < search.total < known.background.total:
        return FoundTerms(())
    languages = known.background.languages_of(search)
    words = [*sample.words(), *_runs(search, sample, known, languages)]
    if len(search.request.q) > MAX_LENGTH - 2 * MAX_TERM:
        return FoundTerms(())  # no query has room for a term beside it
    groups = [_once(term for term in group if _can_be_counted(term, known)) for group in (sample.names(), words)]
    texts = [term.text for group in groups for term in group]
    comparable = known.of(texts, languages)
    likely = [_likeliest(search, group, sample.articles, comparable, known.background, languages) for group in groups]
    chosen = [term.text for group in likely for term in group]
    both_of, everywhere = _counted(search, chosen, known), known.of(chosen)
    found: list[FoundTerm] = []
    for group in likely:
        counted = [term for term in group if term.text in both_of and term.text in everywhere]
        judged = [
            (term, FoundTerm(term.text, term.kind, both.total, everywhere[term.text], shares, both.request))
            for term in counted
            if (both := both_of[term.text]).total >= LEAST
            and (shares := _shares(term, both.total, comparable[term.text], search, known.background, languages))
            and shares.are_telling
        ]
        found += [term for _, term in _without_parts(sorted(judged, key=_order))[:MOST]]
    whole = len(comparable) == len(set(texts)) and len(both_of) == len(everywhere) == len(set(chosen))
    return FoundTerms(tuple(found), whole)


def _once(terms: Iterable[SampledTerm]) -> list[SampledTerm]:
    """The terms without those that another one only writes otherwise."""
    return list({fold(term.text): term for term in terms}.values())


def _shares(
    term: SampledTerm, having: int, everywhere: int, search: Searched, background: Background, languages: Languages
) -> Shares | None:
    if everywhere < LEAST:
        return None
    own = background.narrowed(languages, term.languages, everywhere, search)
    return background.shares(having, everywhere, search, own)


def _can_be_counted(term: SampledTerm, known: TermCounts) -> bool:
    """Whether a query can ask for such a term: not all engines find words that stand side by side."""
    one = len(term.key) == 1 and not is_unspaced(term.text)
    return len(term.text) < MAX_TERM and (one or "phrase" in known.planner.capabilities)


def together(search: Searched, text: str) -> SearchRequest:
    """The search for what both the search and the words of a text find, exactly."""
    tree = search.resolved.tree
    both = And((*(tree.children if isinstance(tree, And) else (tree,)), Phrase(text)))
    if search.filled:
        return search.request.asking(both)
    # All words are required, also where fewer articles have those of the search and the term than fill a page.
    return replace(search.request, q=to_text(both, "and"), operator="and", page=1, cursor=None)


def _runs(search: Searched, sample: SampledTerms, known: TermCounts, languages: Languages) -> list[SampledTerm]:
    """The words of scripts without spaces: pieces of the texts whose every two characters go with the search."""
    pairs = sample.pairs()
    counted = known.of([pair.text for pair in pairs], languages)
    telling = _likeliest(search, pairs, sample.articles, counted, known.background, languages)
    return sample.runs({pair.text for pair in telling}) if telling else []


def _likeliest(
    search: Searched,
    terms: Sequence[SampledTerm],
    read: int,
    everywhere: Mapping[str, int],
    background: Background,
    languages: Languages,
) -> list[SampledTerm]:
    """The COUNTED terms that go with the search best, if it is as the sample, of `read` articles."""
    scored: list[tuple[float, SampledTerm]] = []
    for term in terms:
        having, all_having = round(term.articles / read * search.total), everywhere.get(term.text, 0)
        shares = _shares(term, having, all_having, search, background, languages)
        if shares is not None and shares.are_more:
            scored.append((shares.jlh, term))
    scored.sort(key=lambda row: (-row[0], row[1].text))
    return [term for _, term in scored[:COUNTED]]


@dataclass(frozen=True, slots=True)
class _Both:
    """The search for what both a search and a term find, and how many articles that are."""

    request: SearchRequest
    total: int


def _counted(search: Searched, texts: Sequence[str], known: TermCounts) -> dict[str, _Both]:
    """For each term the search for both. What there was no time for is left out."""
    if not texts or known.deadline.passed():
        return {}
    requests = {text: together(search, text) for text in texts}
    searches = [(known.planner.resolve(request), request) for request in requests.values()]
    found = counts(known.planner, searches, known.deadline.left())
    rows = zip(requests.items(), found, strict=True)
    return {text: _Both(request, count.total) for (text, request), count in rows if count is not None}


_Judged = tuple[SampledTerm, FoundTerm]


def _order(judged: _Judged) -> tuple[float, str]:
    return -judged[1].shares.jlh, judged[1].text


def _without_parts(judged: Sequence[_Judged]) -> list[_Judged]:
    """The terms without those that are nearly always a part of another: "Yeutter" beside "Clayton Yeutter"."""
    return [each for each in judged if not any(_is_part(each, other) for other in judged if other is not each)]


def _is_part(one: _Judged, other: _Judged) -> bool:
    (term, found), (longer, found_longer) = one, other
    if len(term.key) == 1 and len(longer.key) == 1:  # runs of characters
        within = term.text != longer.text and term.text in longer.text and not term.text.isascii()
    else:
        within = len(term.key) < len(longer.key) and _stand_in(term.key, longer.key)
    return within and found_longer.articles >= _PART * found.articles


def _stand_in(key: Sequence[str], longer: Sequence[str]) -> bool:
    starts = range(len(longer) - len(key) + 1)
    return any(tuple(longer[start : start + len(key)]) == tuple(key) for start in starts)
