"""The answer to one plan, in one trip to the cluster, or two where something must be known before hits are scored.

Known for good, since a commit never changes: in how many articles each leaf occurs, and the words of each pattern. What
is not known yet of that is asked for first, and everything that does not depend on it along with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any, Final

import numpy as np

from search.analysis.tokens import stemmed_language
from search.batching import in_batches
from search.dates import choose_interval, zone_named
from search.engines.conventions import WORD_FIELDS, Deadline, by_bucket, facet_counts
from search.engines.opensearch.evaluation.bounds import TimeIsUp, in_bounds
from search.engines.opensearch.evaluation.counting import SHARD_SIZES, Counting, bounds_of, days_of, histograms
from search.engines.opensearch.evaluation.explaining import details, explanation, matched_leaves
from search.engines.opensearch.evaluation.known import Known, expand
from search.engines.opensearch.evaluation.listing import PARTS, Listing, Part, Row, part_query
from search.engines.opensearch.format.articles import body_of, head_of
from search.engines.opensearch.format.commits import Commit, visible
from search.engines.opensearch.queries.clauses import MOST_CLAUSES, clauses_in, every, parted
from search.engines.opensearch.queries.filters import dated, filter_clause
from search.engines.opensearch.queries.leaves import Context, holding
from search.engines.opensearch.queries.trees import Statistics, Trees, by_recency
from search.engines.opensearch.reading.vectors import quantised_by_hash
from search.engines.opensearch.transport.connection import Connection
from search.engines.outcome import leaves
from search.engines.plan import Plan
from search.engines.results import Cut, Hit, Results, Timeline
from search.engines.vectors import similarities
from search.periods import Interval, first_day, last_day
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchAll, MatchTerm

_WHOLE: Final = np.zeros(1, np.intp)
"""Where the one article begins whose vectors are compared."""

_AT_ONCE: Final = 128
"""Searches in one trip, where there may be many."""


def answer(connection: Connection, commit: Commit, known: Known, plan: Plan) -> Results:
    """The answer to a plan. Raises EngineError."""
    deadline = Deadline(plan.deadline)
    answering = _Answering(connection, commit, known, plan, deadline)
    if deadline.passed():
        return _too_late(plan)
    try:
        with in_bounds():
            return answering.results()
    except TimeIsUp:
        return _too_late(plan)


def _too_late(plan: Plan) -> Results:
    """The answer to a plan for which there was no time at all."""
    facets = tuple(facet_counts({}, facet, 0) for facet in plan.facets)
    timeline = Timeline("year", {}, {}) if plan.timeline else None
    return Results(0, 0, (), 0, facets, timeline, timed_out=True)


def _time_limit(deadline: Deadline) -> dict[str, str]:
    """What is left of the time, as a part of a search.

    More than a second is rounded up to whole ones: the cluster keeps counts by all that was asked, and would never find
    those of the same search with another limit.
    """
    left = deadline.left()
    if left is None:
        return {}
    return {"timeout": f"{ceil(left)}s" if left > 1.0 else f"{max(1, round(left * 1000))}ms"}


def totals(
    connection: Connection, commit: Commit, known: Known, plans: Sequence[Plan], deadline: Deadline
) -> list[int | None]:
    """See `search.engines.protocols.Searcher.count_many`."""
    if deadline.passed():
        return [None] * len(plans)
    counted = [_Answering(connection, commit, known, replace(plan, deadline=None), deadline) for plan in plans]
    expand(connection, commit, known, [leaf for one in counted for leaf in one.all_leaves])
    for one in counted:
        one.fit_in()
    limit = _time_limit(deadline)
    searches = [(commit.index, {**one.total_body(), **limit}) for one in counted]
    try:
        with in_bounds():
            answers = [found for batch in in_batches(searches, _AT_ONCE) for found in connection.search_many(batch)]
    except TimeIsUp:
        return [None] * len(plans)
    return [None if found.get("timed_out") else int(found["hits"]["total"]["value"]) for found in answers]


class _Answering:
    """One plan on its way: `_answers` are those of the cluster so far, by what was asked."""

    def __init__(self, connection: Connection, commit: Commit, known: Known, plan: Plan, deadline: Deadline) -> None:
        self._connection = connection
        self._commit = commit
        self._known = known
        self._plan = plan
        languages = frozenset(filter(None, map(stemmed_language, commit.languages)))
        self._trees = Trees(zone_named(plan.time_zone), Context(known.expansions, languages))
        self._deadline = deadline
        self._timed_out = False
        self._partial = False
        self._answers: dict[str, dict[str, Any]] = {}
        self._visible = visible(commit)
        self._leaves = tuple(leaves(plan.query))
        self.all_leaves = tuple(dict.fromkeys((*self._leaves, *leaves(plan.preferred or MatchAll()))))
        self._counting = Counting(plan, self._trees.zone)
        self._hits: Sequence[tuple[Part, int]] | None = None

    def results(self) -> Results:
        expand(self._connection, self._commit, self._known, self.all_leaves)
        self.fit_in()
        self._first_trip()
        kept = self._answers["counts"]["aggregations"]["kept"]
        total = int(kept["doc_count"])
        preferred = int(kept["preferred"]["doc_count"]) if self._plan.preferred else total
        interval = self._second_trip(kept)
        rows, hidden = self._rows(preferred) if self._plan.limit else ([], 0)
        return Results(
            total=total,
            preferred=preferred,
            hits=self._brought(rows),
            rows=total - hidden,
            facets=self._counting.facets(self._answers["counts"]),
            timeline=self._timeline(interval) if self._plan.timeline else None,
            timed_out=self._timed_out or self._deadline.passed(),
            cut=tuple(Cut(leaf, MAX_EXPANSIONS) for leaf in self.all_leaves if leaf in self._known.cut),
            partial=self._partial,
            frequencies=self._frequencies_known() if self._plan.bring == "text" else (),
        )

    def fit_in(self) -> None:
        """Simplifies a query of more clauses than a cluster takes: first how it is written, then how it is scored."""
        unknown = Statistics(self._commit.articles, self._commit.average_lengths, dict.fromkeys(self.all_leaves, 0))
        if self._clauses(unknown) > MOST_CLAUSES:
            self._trees = replace(self._trees, context=self._trees.context._replace(compact=True))
            if self._clauses(unknown) > MOST_CLAUSES:
                self._trees = replace(self._trees, by_presence=True)

    def _clauses(self, statistics: Statistics) -> int:
        """About how many clauses the largest of the searches has."""
        plan, trees = self._plan, self._trees
        preferred = clauses_in(trees.matching(plan.preferred)) if plan.preferred else 0
        filters = clauses_in([self._visible, *(filter_clause(rule, trees.zone) for rule in plan.filters)])
        query = max(clauses_in(trees.scored(plan.query, statistics)), clauses_in(trees.matching(plan.query)))
        return query + preferred + filters

    def total_body(self) -> dict[str, Any]:
        """The search that only counts."""
        filters = [filter_clause(rule, self._trees.zone) for rule in self._plan.filters]
        found = every([self._trees.matching(self._plan.query), self._visible, *filters])
        return {"query": found, "size": 0, "track_total_hits": True}

    def _first_trip(self) -> None:
        """Counts, and asks for the hits if it is known what their scores depend on; else for that."""
        plan = self._plan
        searches = {"counts": self._counts("month")}
        unknown = [leaf for leaf in dict.fromkeys(self._leaves) if leaf not in self._known.frequencies]
        if plan.limit and unknown:
            searches |= self._frequencies(unknown)
        elif plan.limit:
            searches |= self._simple_hits()
        if plan.timeline and self._dates not in self._known.months:
            searches["archive"] = self._archive("month", None)
        self._ask_by_name(searches)
        self._learn(unknown)
        if "archive" in searches:
            self._known.months[self._dates] = days_of(self._answers["archive"]["aggregations"])

    def _second_trip(self, kept: Mapping[str, Any]) -> Interval | None:
        """Asks for the hits, unless they are there, and for what the first counts were too rough for. Returns the
        interval of the timeline; None if no hit has a date."""
        plan, searches = self._plan, dict[str, dict[str, Any]]()
        bounds = bounds_of(kept, self._trees.zone) if plan.timeline else None
        interval = choose_interval(*bounds, plan.timeline.max_buckets) if plan.timeline and bounds else None
        doubtful = self._counting.doubtful(self._answers["counts"])
        if interval == "day" or doubtful:
            self._counting = replace(self._counting, shard_size=SHARD_SIZES[doubtful])
            searches["counts"] = self._counts(interval or "month")
        if interval == "day":
            searches["archive"] = self._archive("day", bounds)
        if plan.limit and self._hits is None and not self._window:
            searches |= self._simple_hits()
        if searches:
            self._ask_by_name(searches)
        return interval

    @property
    def _window(self) -> list[dict[str, Any]]:
        """The answers with the hits that are to be grouped; none if they were not asked for."""
        return [found for name, found in self._answers.items() if name.startswith("window")]

    @property
    def _dates(self) -> tuple[str, str]:
        """What the archive's own counts depend on."""
        return self._plan.date_field, self._plan.time_zone

    def _counts(self, interval: Interval) -> dict[str, Any]:
        found = every([self._trees.matching(self._plan.query), self._visible])
        preferred = self._trees.matching(self._plan.preferred) if self._plan.preferred else None
        return self._counting.body(found, preferred, interval if self._plan.timeline else None)

    def _frequencies(self, unknown: Sequence[Leaf]) -> dict[str, dict[str, Any]]:
        """The searches that count the articles that match each leaf."""
        counted = {f"leaf{number}": self._trees.leaf(leaf) for number, leaf in enumerate(unknown)}
        words = {leaf.term.surface for leaf in unknown if isinstance(leaf, MatchTerm)} - self._known.words.keys()
        counted |= {f"word {word}": holding([word], WORD_FIELDS) for word in sorted(words)}
        return {
            f"frequencies{number}": {
                "query": self._visible,
                "size": 0,
                "track_total_hits": False,
                "aggs": {name: {"filter": clause} for name, clause in part},
            }
            for number, part in enumerate(parted(counted.items(), lambda named: clauses_in(named[1])))
        }

    def _learn(self, unknown: Sequence[Leaf]) -> None:
        """Remembers what the answers say of leaves and words."""
        answers = (found for name, found in self._answers.items() if name.startswith("frequencies"))
        counts = {name: int(row["doc_count"]) for found in answers for name, row in found["aggregations"].items()}
        for name, count in counts.items():
            if name.startswith("word "):
                self._known.words[name.removeprefix("word ")] = count
            else:
                self._known.frequencies[unknown[int(name.removeprefix("leaf"))]] = count

    def _frequencies_known(self) -> tuple[int, ...]:
        if not self._plan.limit:
            return tuple(self._known.frequencies.get(leaf, self._commit.articles) for leaf in self._leaves)
        return tuple(self._known.frequencies[leaf] for leaf in self._leaves)

    def _archive(self, interval: Interval, bounds: tuple[int, int] | None) -> dict[str, Any]:
        """The search that counts all articles of the archive, or those dated within the days `bounds`."""
        dates = [self._visible]
        if bounds is not None:
            first, last = map(date.fromordinal, bounds)
            dates.append(dated(self._plan.date_field, first, last, self._trees.zone))
        counted = histograms(self._plan.date_field, interval, self._plan.time_zone)
        return {"query": every(dates), "size": 0, "track_total_hits": False, "aggs": counted}

    def _timeline(self, interval: Interval | None) -> Timeline:
        if interval is None:
            return Timeline("year", {}, {})
        counts = by_bucket(days_of(self._answers["counts"]["aggregations"]["kept"]), interval)
        archive = self._known.months[self._dates]
        if interval == "day":
            archive = days_of(self._answers["archive"]["aggregations"])
        first, last = first_day(min(counts)).toordinal(), last_day(max(counts)).toordinal()
        between = {day: count for day, count in archive.items() if first <= day <= last}
        return Timeline(interval, counts, by_bucket(between, interval))

    def _listing(self) -> Listing:
        plan, trees = self._plan, self._trees
        scored = trees.scored(plan.query, self._statistics())
        if plan.recency and plan.sort == "relevance":
            scored = by_recency(scored, plan.recency)
        filters = [self._visible, *(filter_clause(rule, trees.zone) for rule in plan.filters)]
        preferred = trees.matching(plan.preferred) if plan.preferred else None
        parts = [
            Part(plan, part_query(scored, filters, preferred, wanted), wanted)
            for wanted in ((True, False) if plan.preferred else (True,))
        ]
        return Listing(plan, parts, self._ask, self._similarities if plan.meaning else None, self._window)

    def _statistics(self) -> Statistics:
        return Statistics(self._commit.articles, self._commit.average_lengths, self._known.frequencies)

    def _similarities(self, hashes: Sequence[str]) -> list[float | None]:
        meaning = self._plan.meaning
        if meaning is None:
            return [None] * len(hashes)
        found = quantised_by_hash(self._connection, self._commit, meaning.model, hashes)
        near = {name: similarities(rows, _WHOLE, meaning.vector)[0] for name, rows in found.items()}
        return [near.get(name) for name in hashes]

    def _simple_hits(self) -> dict[str, dict[str, Any]]:
        """The searches for a page that comes in one trip, or for the hits from which one is made by grouping; none if
        it takes more."""
        listing = self._listing()
        searches = listing.simple()
        if searches is None:
            return {f"window{number}": body for number, body in enumerate(listing.window_searches())}
        self._hits = [(part, skip) for part, skip, _ in searches]
        return {f"hits{number}": body for number, (_, _, body) in enumerate(searches)}

    def _rows(self, preferred: int) -> tuple[Sequence[Row], int]:
        """The rows of the page, and how many hits stand behind others."""
        if self._hits is None:
            return self._listing().page(None if self._window else preferred)
        found = [
            hit
            for number, (part, skip) in enumerate(self._hits)
            for hit in part.read(self._answers[f"hits{number}"], skip)
        ]
        return [(hit, ()) for hit in found[: self._plan.limit]], 0

    def _brought(self, rows: Sequence[Row]) -> tuple[Hit, ...]:
        """The hits with everything that the plan asks for: another trip if it asks for more than heads and texts."""
        plan = self._plan
        found = [row[0] for row in rows]
        sources = {hit.version: hit.source for hit in found}
        if plan.bring != "nothing" and found and not all(sources.values()):
            sources = self._sources(list(sources))
        told = {}
        if (plan.matched or plan.explain) and found:
            told = details(plan, self._trees, list(sources), self._ask_by_leaf)
        hits = []
        for hit, copies in rows:
            of = told.get(hit.version)
            hits.append(
                replace(
                    hit.hit,
                    head=None if plan.bring == "nothing" else head_of(sources[hit.version]),
                    body=body_of(sources[hit.version]) if plan.bring == "text" else None,
                    matched=matched_leaves(of) if plan.matched and of else None,
                    similar=tuple(copy.hit.id for copy in copies) if plan.group else None,
                    explanation=explanation(plan, self._trees, self._statistics(), of) if plan.explain and of else None,
                )
            )
        return tuple(hits)

    def _sources(self, versions: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        wanted = {
            "query": {"ids": {"values": list(versions)}},
            "size": len(versions),
            "_source": PARTS[self._plan.bring],
        }
        [found] = self._ask([wanted])
        return {row["_id"]: row["_source"] for row in found["hits"]["hits"]}

    def _ask(self, searches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One trip, within what is left of the time."""
        limit = _time_limit(self._deadline)
        found = self._connection.search_many([(self._commit.index, {**body, **limit}) for body in searches])
        self._timed_out |= any(answer.get("timed_out") for answer in found)
        self._partial |= any(answer.get("partial") for answer in found)
        if self._partial or self._timed_out:
            self._known = self._known.copy()  # what is learnt of a part of the index is not to be remembered
        return found

    def _ask_by_leaf(self, search: Mapping[str, Any]) -> dict[str, Any]:
        return self._connection.search(self._commit.index, search, params={"include_named_queries_score": "true"})

    def _ask_by_name(self, searches: Mapping[str, Mapping[str, Any]]) -> None:
        self._answers |= dict(zip(searches, self._ask(list(searches.values())), strict=True))
