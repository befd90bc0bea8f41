"""The ranking of an archive on what its own editors judged (`search.judging`).

Queries are asked as readers ask them: with the syntax, the other spellings of names, recency, and meaning where the
archive has it. Judgements of a newsroom are never complete, so each measure says what it makes of hits that nobody
judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from search.archive import Archive
from search.engines import open_engine
from search.evaluation.measures import bpref, condensed, judged_share, ndcg, recall, reciprocal_rank
from search.evaluation.ranking_scores import SetScores
from search.evaluation.rankings import Rankings
from search.judging import graded
from search.ledger.judgements import Grade
from search.query import Operator
from search.request.request import SearchRequest
from search.settings import Settings

NAME: Final = "judgements"
DEPTH: Final = 100
"""Hits that are looked at."""
COLUMNS: Final = {
    "ndcg_at_10": "nDCG@10",
    "ndcg_of_judged": "of judged",
    "mean_reciprocal_rank": "MRR",
    "recall_at_100": "recall@100",
    "bpref": "bpref",
    "judged_at_10": "judged@10",
}
"""The measures by the name of their mean, with what stands above them. nDCG@10, MRR and recall take an article that
nobody judged for a bad one; nDCG of judged and bpref leave it out; judged@10 is the part of the first ten that was
judged."""


@dataclass(frozen=True, slots=True)
class OwnJudgements:
    """What editors judged, as far as it can be measured by: by query, the articles judged good and bad. Each query has
    at least one good article in the archive.

    `gone`: judgements of articles that are not in the archive. `without_good`: queries that are left out because no
    article of the archive was judged good for them. `articles`: how many the archive has.
    """

    good: Mapping[str, frozenset[str]]
    bad: Mapping[str, frozenset[str]]
    gone: int
    without_good: int
    articles: int

    def judged(self, query: str) -> frozenset[str]:
        """The articles that were judged for a query."""
        return self.good[query] | self.bad[query]


def own_judgements(archive: Archive) -> OwnJudgements:
    """Reads the judgements of an archive's ledger. Raises LedgerError, EngineError."""
    rows = archive.ledger.judgements.listed()
    with archive.pinned() as pinned:
        grades = {query: graded(own, pinned) for query, own in groupby(rows, key=lambda row: row.query)}
        articles = pinned.status.articles
    scored = {query: own for query, own in grades.items() if "good" in own.values()}
    return OwnJudgements(
        good={query: _of_grade(own, "good") for query, own in scored.items()},
        bad={query: _of_grade(own, "bad") for query, own in scored.items()},
        gone=len(rows) - sum(map(len, grades.values())),
        without_good=len(grades) - len(scored),
        articles=articles,
    )


def _of_grade(grades: Mapping[str, Grade], wanted: Grade) -> frozenset[str]:
    return frozenset(article for article, grade in grades.items() if grade == wanted)


def archive_rankings(settings: str, now: str, queries: Iterable[str], operator: Operator) -> Rankings:
    """What readers of an archive find for each query at a moment: the ids of the first DEPTH hits.

    The settings are JSON and the moment is as `datetime.isoformat` writes it, so that another process may be asked.
    Raises ConfigError, EngineError.
    """
    read = Settings.model_validate_json(settings)
    moment = datetime.fromisoformat(now)
    archive = Archive(open_engine(read.index), read, clock=lambda: moment)
    with archive.pinned() as pinned:
        asked = {query: SearchRequest(query, operator=operator, sort="relevance", facets=()) for query in queries}
        found = {query: pinned.ranking(request, DEPTH) for query, request in asked.items()}
    archive.close()
    return found


def score_own(own: OwnJudgements, rankings: Rankings) -> SetScores:
    """Scores what was found for every query."""
    scores: dict[str, dict[str, float]] = {name: {} for name in COLUMNS}
    for query, good in own.good.items():
        found, judged = rankings[query], own.judged(query)
        row = (
            ndcg(found, good),
            ndcg(condensed(found, judged), good),
            reciprocal_rank(found, good),
            recall(found, good),
            bpref(found, good, own.bad[query]),
            judged_share(found, judged),
        )
        for name, value in zip(COLUMNS, row, strict=True):
            scores[name][query] = value
    return SetScores(NAME, own.articles, scores)


def unjudged(own: OwnJudgements, rankings: Iterable[Rankings], depth: int = 10) -> dict[str, list[str]]:
    """By query, the articles that some of the rankings have among the first `depth` and nobody judged."""
    found: dict[str, dict[str, None]] = {}
    for ranking in rankings:
        for query in own.good:
            new = (name for name in ranking[query][:depth] if name not in own.judged(query))
            found.setdefault(query, {}).update(dict.fromkeys(new))
    return {query: list(names) for query, names in found.items() if names}
