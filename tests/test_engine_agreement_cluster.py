"""The engine on a cluster agrees with the brute force of memory, over archives and plans made at random.

Archives are written and plans asked by the dozen, so that the cluster bears thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from math import isclose
from typing import Any, TypeVar

import hypothesis
import pytest
from archives import commits, plans, stamps_of, with_after
from clusters import archive_on
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.outcome import leaves
from search.engines.plan import Plan
from search.engines.protocols import Engine, Searcher
from search.engines.results import Results
from search.query.match import MatchPhrase

T = TypeVar("T")

ARCHIVES = 20
PLANS = 75
"""For each archive; with 1 and with 3 shards, and the plan that goes on behind the first hit, thousands in all."""

SCORE_TOLERANCE = 1e-5
"""The cluster computes scores in 32 bits: about seven digits."""


def drawn(strategy: st.SearchStrategy[T], count: int, seed: int) -> list[T]:
    """So many examples of a strategy, the same each time."""
    found: list[T] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(example: T) -> None:
        found.append(example)

    draw()
    return found


def write(engine: Engine, history: list[list[Document | str]], before: list[str]) -> list[list[bool]]:
    """The commits, the first of which empties the archive; what its deletions said."""
    told = []
    for number, changes in enumerate(history):
        with engine.writer() as writer:
            deleted = [writer.delete(name) for name in before] if number == 0 else []
            for change in changes:
                if isinstance(change, Document):
                    writer.add(change)
                else:
                    deleted.append(writer.delete(change))
        told.append(deleted)
    return told


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def pairs(request: pytest.FixtureRequest, opensearch: str) -> Iterator[Iterator[tuple[Searcher, Searcher]]]:
    """The same archives in memory and on a cluster, one after another."""
    with archive_on(opensearch, shards=request.param) as url:
        yield _pairs(open_engine("memory:"), open_engine(url), request.param)


def _pairs(memory: Engine, cluster: Engine, seed: int) -> Iterator[tuple[Searcher, Searcher]]:
    before: list[str] = []
    for history in drawn(commits, ARCHIVES, seed):
        assert write(cluster, history, before) == write(memory, history, before)
        with memory.searcher() as expected, cluster.searcher() as found:
            yield expected, found
            before = sorted(stamps_of(expected))
            assert stamps_of(found) == stamps_of(expected)


def difference(found: Any, expected: Any, where: str = "") -> str | None:
    """The first place at which two answers differ, scores by more than SCORE_TOLERANCE."""
    if isinstance(found, float) and isinstance(expected, float):
        near = isclose(found, expected, rel_tol=SCORE_TOLERANCE, abs_tol=SCORE_TOLERANCE)
        return None if near else f"{where}: {found} instead of {expected}"
    if isinstance(found, tuple) and isinstance(expected, tuple) and len(found) == len(expected):
        inside = (difference(*pair, f"{where}.{at}") for at, pair in enumerate(zip(found, expected, strict=True)))
        return next((one for one in inside if one), None)
    return None if found == expected else f"{where}: {found!r} instead of {expected!r}"


def has_near_phrase(plan: Plan) -> bool:
    """Whether an occurrence that is spread wide counts for less on the cluster, so that scores may differ."""
    return any(isinstance(leaf, MatchPhrase) and leaf.slop and len(leaf.terms) > 1 for leaf in leaves(plan.query))


def disagreement(found: Results, expected: Results, plan: Plan) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    if len(found.frequencies) != len(expected.frequencies) or any(
        own < least for own, least in zip(found.frequencies, expected.frequencies, strict=True)
    ):
        return f"frequencies: {found.frequencies} instead of {expected.frequencies}"
    if not has_near_phrase(plan):
        return difference(astuple(replace(found, frequencies=())), astuple(replace(expected, frequencies=())))
    if len(found.hits) != len(expected.hits):
        return f"{len(found.hits)} hits instead of {len(expected.hits)}"
    counts = (
        (of.total, of.preferred, astuple_of(of.facets), of.timeline, of.timed_out, of.cut) for of in (found, expected)
    )
    return difference(*counts)


def astuple_of(values: Any) -> Any:
    return tuple(map(astuple, values))


def test_a_cluster_gives_the_answers_of_the_specification(pairs: Iterator[tuple[Searcher, Searcher]]) -> None:
    asked, wrong = 0, []
    plans_ = drawn(plans, ARCHIVES * PLANS, 7)
    for number, (memory, cluster) in enumerate(pairs):
        for plan in plans_[number * PLANS : (number + 1) * PLANS]:
            found, expected = cluster.search(plan), memory.search(plan)
            problem = disagreement(found, expected, plan)
            if expected.hits and not problem and not has_near_phrase(plan):
                asked += 1
                found, expected = cluster.search(with_after(plan, found)), memory.search(with_after(plan, expected))
                problem = disagreement(found, expected, plan)
            asked += 1
            if problem:
                wrong.append((problem, plan))
    assert asked > ARCHIVES * PLANS
    assert not wrong, f"{len(wrong)} of {asked} answers differ; the first: {wrong[0]}"


def test_a_cluster_counts_many_plans_at_once_as_the_specification_does(
    pairs: Iterator[tuple[Searcher, Searcher]],
) -> None:
    plans_ = drawn(plans, ARCHIVES * PLANS, 11)
    for number, (memory, cluster) in enumerate(pairs):
        asked = plans_[number * PLANS : (number + 1) * PLANS]
        assert cluster.count_many(asked) == memory.count_many(asked)
