"""How good the snippets of hits are: what they show of the query, what they repeat, and whether sentences are whole.

No judgements are needed: everything is counted in the texts of the hits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from statistics import fmean
from typing import Final

from search.document import Head
from search.engines.outcome import leaves
from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.highlight.highlighter import Highlighter
from search.highlight.passages import LEAST_REPEATED, marks_within
from search.highlight.sentences import sentence_end, sentence_start, stripped
from search.query.match import MatchAll
from search.request.planning import Planner
from search.request.request import SearchRequest
from search.results.response import Snippet
from search.results.snippets import excerpts

HITS: Final = 10
"""Hits of each question that are looked at."""

_WORD: Final = re.compile(r"\w{3,}")
_ANY_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class HitScore:
    """One hit. `words` of the query occur in its text, `covered` of them in its snippets or its title.

    Of its `passages` so many are `idle`: they hold no word that neither the title nor those before show, and not the
    rarest that those before show. So many are `whole`: they begin and end where sentences do; `cut_start` begin inside
    one, and `cut_end` end inside one. `repeated`: two of the hit's snippets have a sentence in common, or overlap.
    `length` is that of all passages in characters.
    """

    words: int
    covered: int
    passages: int
    idle: int
    whole: int
    length: int
    cut_start: int
    cut_end: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class SnippetScores:
    """Over `questions` and their `hits` with a match in the text: the mean share of the query's words in the text that
    the snippets or the title show, passages per hit, the shares of idle and of whole passages, their mean length in
    characters, the shares of passages cut at their start and at their end, and the share of hits that repeat a
    sentence."""

    questions: int
    hits: int
    coverage: float
    passages: float
    idle: float
    whole: float
    length: float
    cut_start: float
    cut_end: float
    repeated: float


def titles(searcher: Searcher, count: int, words: int = 4) -> list[str]:
    """So many questions: the first words of titles of articles from all over the archive."""
    step = max(1, searcher.status().articles // max(1, count))
    found = []
    for offset in range(0, count * step, step):
        for hit in searcher.search(Plan(MatchAll(), sort="oldest", offset=offset, limit=1, bring="head")).hits:
            title = _WORD.findall(hit.head.title if hit.head else "")
            if title:
                found.append(" ".join(title[:words]))
    return found


def score_snippets(searcher: Searcher, questions: Iterable[str], *, language: str = "en") -> SnippetScores:
    """Asks every question, any word of which may match, and scores the snippets of its hits. Raises ParameterError,
    QuerySyntaxError and EngineError."""
    asked, scores = 0, list[HitScore]()
    for question in questions:
        asked += 1
        scores += _page(searcher, question, language)
    hits, passages = max(1, len(scores)), max(1, sum(score.passages for score in scores))
    return SnippetScores(
        questions=asked,
        hits=len(scores),
        coverage=fmean(score.covered / score.words for score in scores) if scores else 0.0,
        passages=sum(score.passages for score in scores) / hits,
        idle=sum(score.idle for score in scores) / passages,
        whole=sum(score.whole for score in scores) / passages,
        length=sum(score.length for score in scores) / passages,
        cut_start=sum(score.cut_start for score in scores) / passages,
        cut_end=sum(score.cut_end for score in scores) / passages,
        repeated=sum(score.repeated for score in scores) / hits,
    )


def _page(searcher: Searcher, question: str, language: str) -> Iterator[HitScore]:
    request = SearchRequest(q=question, operator="or", per_page=HITS)
    planner = Planner(searcher, language)
    plan = Plan(planner.resolve(request).match, limit=HITS, bring="text")
    results = searcher.search(plan)
    frequencies = dict(zip(leaves(plan.query), results.frequencies, strict=False))
    highlighter = Highlighter(plan.query, frequencies, planner.status.articles)
    for hit in results.hits:
        if hit.head and hit.body:
            score = score_hit(hit.head, hit.body, highlighter)
            if score:
                yield score


def score_hit(head: Head, body: str, highlighter: Highlighter) -> HitScore | None:
    """The score of the snippets of one article; None if its text has no match."""
    marks = highlighter.marks(body, head.language)
    shown_of_it = excerpts(head, body, highlighter, html=False).snippets
    snippets = [row for row in shown_of_it if row.field == "body"]
    if not marks or not snippets:
        return None
    counts: dict[int, int] = {}
    for mark in marks:
        counts[mark[2]] = counts.get(mark[2], 0) + 1
    weights = highlighter.weights or {group: 1.0 / count for group, count in counts.items()}
    titled = {group for _, _, group in highlighter.marks(head.title, head.language, "title")} & counts.keys()
    shown: set[int] = set()
    idle = whole = cut_start = cut_end = 0
    places = list(_places(body, snippets))
    for start, end in places:
        groups = {mark[2] for mark in marks_within(marks, start, end)}
        rarest = max(map(weights.__getitem__, shown), default=0.0)
        idle += bool(shown) and not groups - shown - titled and all(weights[group] < rarest for group in groups)
        begins, ends = _is_whole(body, start, end)
        whole += begins and ends
        cut_start += not begins
        cut_end += not ends
        shown |= groups
    length = sum(len(row.text) for row in snippets)
    repeated = _overlap(places) or repeats_a_sentence([row.text for row in shown_of_it])
    found = len(shown | titled)
    return HitScore(len(counts), found, len(snippets), idle, whole, length, cut_start, cut_end, repeated)


def repeats_a_sentence(texts: Sequence[str]) -> bool:
    """Whether a sentence of one text, or all of it, stands in another; sentences are compared by their words."""
    spoken = [" ".join(_ANY_WORD.findall(text.casefold())) for text in texts]
    for text, other in permutations(range(len(texts)), 2):
        if any(sentence in spoken[other] for sentence in (*_sentences(texts[text]), spoken[text]) if sentence):
            return True
    return False


def _sentences(text: str) -> Iterator[str]:
    """The words of each sentence, if it is long enough not to be said twice by chance."""
    start = 0
    while start < len(text):
        end = max(sentence_end(text, start, len(text)) or len(text), start + 1)
        words = " ".join(_ANY_WORD.findall(text[start:end].casefold()))
        if len(words) >= LEAST_REPEATED:
            yield words
        start = end
        while start < len(text) and text[start].isspace():
            start += 1


def _overlap(places: Sequence[tuple[int, int]]) -> bool:
    return any(following[0] < before[1] for before, following in pairwise(sorted(places)))


def _places(body: str, snippets: Sequence[Snippet]) -> Iterator[tuple[int, int]]:
    for row in snippets:
        start = body.index(row.text)
        yield start, start + len(row.text)


def _is_whole(body: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a piece of the text begins, and whether it ends, where a sentence does."""
    block = body.rfind("\n\n", 0, start)
    floor = 0 if block < 0 else block + 2
    while floor < start and body[floor].isspace():
        floor += 1
    stop = body.find("\n\n", end)
    ceiling = stripped(body, end, len(body) if stop < 0 else stop)
    begins = start == floor or sentence_start(body, start, floor) == start
    return begins, end == ceiling or sentence_end(body, end - 1, ceiling) == end
