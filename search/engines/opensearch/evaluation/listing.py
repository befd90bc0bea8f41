"""The hits of a plan in their order, read in pages: the preferred ones first, then the others, each part by itself.

Without the texts: those of the hits that are shown are fetched afterwards, or with them where nothing can change the
order any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from search.engines.conventions import comes_after
from search.engines.grouping import MAX_GROUPED, grouped
from search.engines.opensearch.format.articles import BODY, HEAD, sound
from search.engines.opensearch.queries.clauses import Clause, every
from search.engines.plan import After, Bring, Plan
from search.engines.results import Hit, MeaningScore
from search.ranking import MEANING_DEPTH, SCORE_DIGITS, scores_by_meaning

Ask = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]
"""Sends several searches in one trip."""

Similarities = Callable[[Sequence[str]], list[float | None]]
"""The similarity to the question of articles, by content hash."""

PARTS: Final[Mapping[Bring, list[str]]] = {"nothing": [], "head": [HEAD], "text": [HEAD, BODY]}


@dataclass(frozen=True, slots=True)
class Found:
    """A hit, and what the cluster said of it."""

    hit: Hit
    version: str
    fingerprint: int
    content_hash: str
    source: Mapping[str, Any] = field(default_factory=dict)


Row = tuple[Found, Sequence[Found]]
"""A hit and its near-copies."""


@dataclass(frozen=True, slots=True)
class Part:
    """The preferred hits, or the others: the query that finds and scores them."""

    plan: Plan
    query: Clause
    preferred: bool

    def body(self, after: After | None, skip: int, size: int, bring: Bring = "nothing") -> dict[str, Any]:
        """The search for `size` of the hits, behind `after` and so many more."""
        query = self.query
        key = f"date.{self.plan.date_field}.seconds"
        sort: list[dict[str, Any]] = [{"_score": "desc"}]
        if self.plan.sort != "relevance":
            sort = [{key: {"order": "asc" if self.plan.sort == "oldest" else "desc", "missing": "_last"}}]
        follow: list[object] = []
        if after is not None:
            follow = [after.sort_key, sound(after.id)]
            if after.sort_key is None:  # undated ones come last, so that what follows is undated too
                query = {"bool": {"must": [query], "must_not": [{"exists": {"field": key}}]}}
                sort, follow = [], [sound(after.id)]
        return {
            "query": query,
            "from": 0 if after else skip,
            "size": size + (skip if after else 0),
            "sort": [*sort, {"id": "asc"}],
            "track_scores": True,
            "track_total_hits": False,
            "_source": PARTS[bring] or False,
            "docvalue_fields": ["id", "fingerprint", "hash", key],
            **({"search_after": follow} if after else {}),
        }

    def read(self, answer: Mapping[str, Any], skipped: int = 0) -> list[Found]:
        """The hits in an answer, but for so many of the first."""
        return [self._found(row) for row in answer["hits"]["hits"][skipped:]]

    def _found(self, row: Mapping[str, Any]) -> Found:
        fields = row["fields"]
        score = round(row["_score"] or 0.0, SCORE_DIGITS)
        dated = fields.get(f"date.{self.plan.date_field}.seconds", [None])[0]
        hit = Hit(
            id=fields["id"][0],
            score=score,
            sort_key=row["_score"] if self.plan.sort == "relevance" else dated,
            preferred=self.preferred,
        )
        fingerprint = int(fields["fingerprint"][0], 16)
        return Found(hit, row["_id"], fingerprint, fields["hash"][0], row.get("_source") or {})


class Listing:
    """The hits of one plan. `parts` are the preferred ones and the others, or one part where the plan prefers none."""

    def __init__(
        self,
        plan: Plan,
        parts: Sequence[Part],
        ask: Ask,
        similarities: Similarities | None,
        window: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """`window`: the answers to `window_searches`, if there are any."""
        self._window = window
        self._plan = plan
        self._parts = parts
        self._ask = ask
        self._similarities = similarities if plan.sort == "relevance" else None

    def simple(self) -> list[tuple[Part, int, dict[str, Any]]] | None:
        """The searches that bring the page with everything in one trip, each with its part and the hits to leave out;
        None if that takes more than one."""
        plan = self._plan
        if plan.group or self._similarities:
            return None
        if plan.after is not None:
            parts = [part for part in self._parts if part.preferred <= plan.after.preferred]
            follows = [plan.after if part.preferred == plan.after.preferred else None for part in parts]
            skips = [plan.offset if part is parts[0] else 0 for part in parts]
            return [
                (part, skip if after else 0, part.body(after, skip, plan.limit, plan.bring))
                for part, after, skip in zip(parts, follows, skips, strict=True)
            ]
        if plan.offset and len(self._parts) > 1:
            return None
        return [(part, 0, part.body(None, plan.offset, plan.limit, plan.bring)) for part in self._parts]

    def window_searches(self) -> list[dict[str, Any]]:
        """The searches for the hits that are grouped; none if the plan groups none."""
        if not self._plan.group or self._similarities:
            return []
        return [part.body(None, 0, MAX_GROUPED) for part in self._parts]

    def page(self, preferred: int | None) -> tuple[list[Row], int]:
        """The rows of the page, each with its near-copies, and how many hits stand behind others. `preferred` is how
        many hits the first part has, if that is known."""
        plan = self._plan
        end = plan.offset + plan.limit
        if not plan.group:
            rows = list(self._from(plan.after, end))[:end] if plan.after else self._slice(end, preferred)
            return [(found, ()) for found in rows[plan.offset : end]], 0
        first = self._grouped_hits(preferred)
        groups = grouped([(found, found.fingerprint) for found in first])
        hidden = len(first) - len(groups)
        rows_: list[Row] = [row for row in groups if plan.after is None or _follows(plan, plan.after, row[0].hit)]
        if len(rows_) < end and len(first) == MAX_GROUPED:
            last = first[-1].hit
            start = After(last.sort_key, last.id, last.preferred)
            if plan.after is not None and not _follows(plan, plan.after, last):
                start = plan.after
            rows_ += [(found, []) for found in self._from(start, end - len(rows_))]
        return rows_[plan.offset : end], hidden

    def _grouped_hits(self, preferred: int | None) -> list[Found]:
        """The hits among which near-copies are looked for."""
        if not self._window:
            return self._slice(MAX_GROUPED, preferred)
        read = zip(self._parts, self._window, strict=True)
        return [found for part, answer in read for found in part.read(answer)][:MAX_GROUPED]

    def _slice(self, size: int, preferred: int | None) -> list[Found]:
        """The first hits of the whole list."""
        wanted = [part for part in self._parts if preferred is None or part.preferred or preferred < size]
        return [found for part in self._first(wanted, size) for found in part][:size]

    def _first(self, parts: Sequence[Part], size: int) -> list[list[Found]]:
        """The first hits of each part, in one trip."""
        depth = max(size, MEANING_DEPTH) if self._similarities else size
        answers = self._ask([part.body(None, 0, depth) for part in parts])
        found = [part.read(answer) for part, answer in zip(parts, answers, strict=True)]
        return [self._by_meaning(hits) for hits in found]

    def _by_meaning(self, hits: list[Found]) -> list[Found]:
        """The hits, the first ones scored and ordered by words and meaning."""
        if self._similarities is None or not hits:
            return hits
        first = hits[:MEANING_DEPTH]
        near = self._similarities([found.content_hash for found in first])
        scores = scores_by_meaning([found.hit.score for found in first], near)
        scored = [
            replace(found, hit=_scored(found.hit, score, like))
            for found, score, like in zip(first, scores, near, strict=True)
        ]
        scored.sort(key=lambda found: (-(found.hit.sort_key or 0.0), found.hit.id))
        return scored + hits[MEANING_DEPTH:]

    def _from(self, after: After, most: int) -> Iterator[Found]:
        """At most so many hits behind `after`."""
        for part in self._parts:
            if part.preferred > after.preferred:
                continue
            here = after if part.preferred == after.preferred else None
            for found in self._of_part(part, here, most):
                yield found
                most -= 1
            if most <= 0:
                return

    def _of_part(self, part: Part, after: After | None, most: int) -> list[Found]:
        if self._similarities is None:
            [answer] = self._ask([part.body(after, 0, most)])
            return part.read(answer)
        [first] = self._first([part], MEANING_DEPTH)
        names = [found.hit.id for found in first]
        if after is not None and after.id not in names:  # behind the first ones, which alone are ordered by meaning
            [answer] = self._ask([part.body(after, 0, most)])
            return part.read(answer)
        rows = first if after is None else first[names.index(after.id) + 1 :]
        if len(rows) < most and len(first) == MEANING_DEPTH:
            [answer] = self._ask([part.body(None, MEANING_DEPTH, most - len(rows))])
            rows += part.read(answer)
        return rows[:most]


def _scored(hit: Hit, score: float, similarity: float | None) -> Hit:
    return replace(hit, score=score, sort_key=score, meaning=MeaningScore(similarity, hit.score))


def _follows(plan: Plan, after: After, hit: Hit) -> bool:
    return comes_after(plan.sort, after, hit.sort_key, hit.id, hit.preferred)


def part_query(scored: Clause, filters: Sequence[Clause], preferred: Clause | None, wanted: bool) -> Clause:
    """The hits that match `preferred`, or those that do not; all where it is None."""
    inside = [*filters, *([preferred] if preferred is not None and wanted else [])]
    outside = [preferred] if preferred is not None and not wanted else []
    return {"bool": {"must": [scored], "filter": [every(inside, but_not=outside)]}}
