"""How strongly something goes with the articles of a search: measured against all articles, of which these are a part.

Two questions are asked, of the same four numbers. Whether it is more than chance: the log-likelihood ratio G² (Dunning,
"Accurate Methods for the Statistics of Surprise and Coincidence", Computational Linguistics 19(1), 1993,
https://aclanthology.org/J93-1003/). And how much it says: JLH, the measure of the significant terms of Elasticsearch
(https://www.elastic.co/guide/en/elasticsearch/reference/current/search-aggregations-bucket-significantterms-aggregation.html),
the change in share times the ratio of the shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

BEYOND_CHANCE: Final = 10.83
"""The G² that chance reaches once in a thousand times: chi-squared with one degree of freedom."""


@dataclass(frozen=True, slots=True)
class Shares:
    """`having` of the `hits` have it, and `everywhere` of the `articles`. The hits are among the articles, so that
    0 <= having <= hits <= articles and having <= everywhere <= articles; see `are_possible`."""

    having: int
    hits: int
    everywhere: int
    articles: int

    @property
    def are_possible(self) -> bool:
        """Whether the numbers can be those of a part and its whole, and there is something to compare."""
        others = self.everywhere - self.having
        return 0 <= self.having <= self.hits < self.articles and 0 <= others <= self.articles - self.hits

    @property
    def are_more(self) -> bool:
        """Whether a greater part of the hits has it than of the articles."""
        return self.having * self.articles > self.everywhere * self.hits

    @property
    def log_likelihood(self) -> float:
        """G²: 0 where hits have it as often as all articles do, and the greater, the less chance explains it."""
        rest, others = self.articles - self.hits, self.everywhere - self.having
        share = self.everywhere / self.articles
        observed = (self.having, self.hits - self.having, others, rest - others)
        expected = (self.hits * share, self.hits * (1 - share), rest * share, rest * (1 - share))
        return 2 * sum(seen * log(seen / due) for seen, due in zip(observed, expected, strict=True) if seen)

    @property
    def jlh(self) -> float:
        """The JLH score: 0 unless they are more."""
        if not self.are_more:
            return 0.0
        among_hits, among_all = self.having / self.hits, self.everywhere / self.articles
        return (among_hits - among_all) * among_hits / among_all

    @property
    def are_telling(self) -> bool:
        """Whether more of the hits have it than chance explains."""
        return self.are_possible and self.are_more and self.log_likelihood >= BEYOND_CHANCE
