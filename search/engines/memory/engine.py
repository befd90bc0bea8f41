"""The engine that holds everything in memory: brute force, and the executable specification of the contract.

Each time `memory:` is opened it is a new store; `memory:name` is the same store wherever the process opens it.
It suits tests and archives of a few hundred articles.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import Final, Self

import numpy as np

from search.dates import DAY_SECONDS, epoch, zone_named
from search.document import Document, Moment, is_below
from search.engines.conventions import WORD_FIELDS, Deadline, comes_after, count_each, order_key
from search.engines.expansion import most_frequent
from search.engines.grouping import grouped, near_copies
from search.engines.memory.counting import count_facet, count_timeline
from search.engines.memory.matching import Indexed, Scorer, passes
from search.engines.outcome import Outcome
from search.engines.plan import Meaning, Plan, Recency
from search.engines.protocols import CAPABILITIES, AddedVectors, Purged, WriterProgress
from search.engines.results import Explanation, Hit, IndexStatus, MeaningScore, Results, Stamp
from search.engines.transaction import Transaction
from search.engines.values import ValueLookup
from search.engines.vectors import Quantised, Vectors, quantised, similarities
from search.errors import IndexLocked, IndexMissing
from search.ledger import IN_MEMORY
from search.query.match import MatchAll, MatchEvery
from search.query.patterns import edit_distance
from search.ranking import MEANING_DEPTH, RECENCY_FLOOR, SCORE_DIGITS, recency_factor, scores_by_meaning
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, ValueMatch


@dataclass(frozen=True, slots=True)
class State:
    """One commit; never changed afterwards."""

    generation: str
    built_at: datetime
    articles: Mapping[str, Indexed]
    vectors: Mapping[tuple[str, str], Quantised] = field(default_factory=dict)
    """By model and content hash."""

    def vectors_of(self, model: str, article: Indexed) -> Quantised | None:
        """The vectors of an article that a model made."""
        return self.vectors.get((model, article.content_hash))


@dataclass(slots=True)
class Store:
    """The newest commit, and the lock that admits one writer."""

    state: State | None = None
    lock: Lock = field(default_factory=Lock)
    name: str = field(default_factory=lambda: secrets.token_hex(8))


_NAMED: Final[dict[str, Store]] = {}
_WHOLE: Final = np.zeros(1, np.intp)
"""Where the one article begins whose rows are asked for."""


class MemoryEngine:
    """See `search.engines.protocols.Engine`."""

    capabilities = CAPABILITIES

    def __init__(self, name: str = "") -> None:
        self.url = f"memory:{name}"
        self._store = _NAMED.setdefault(name, Store()) if name else Store()
        self.ledger_place = f"{IN_MEMORY}{self._store.name}"

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> MemoryWriter:
        del progress  # no phase takes long enough to report
        if not self._store.lock.acquire(blocking=False):
            raise IndexLocked(f"another writer of this process holds {self.url}; wait until it is done")
        return MemoryWriter(self._store, replace)

    def searcher(self) -> MemorySearcher:
        return MemorySearcher(self._newest())

    def generation(self) -> str:
        return self._newest().generation

    def identity(self) -> str:
        return f"memory:{id(self._store)}"

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
        with self.writer() as writer:
            added = writer.add_vectors(model, vectors)
        return AddedVectors(added, writer.step)

    def purge(self, ids: Collection[str], *, progress: WriterProgress | None = None) -> Purged:
        """See `search.engines.protocols.Purging`."""
        started = time.monotonic()
        if self._store.state is None:
            return Purged(0, 0, 0, 0.0)
        with self.writer(progress=progress) as writer:
            deleted = sum(writer.delete(name) for name in ids)
        return Purged(deleted, 0, 0, time.monotonic() - started, step=writer.step)

    def close(self) -> None:
        """Does nothing: no writer leaves anything running."""

    def _newest(self) -> State:
        if self._store.state is None:
            raise IndexMissing(f"there is nothing in {self.url} yet; index articles into it first")
        return self._store.state


class MemoryWriter(Transaction):
    """See `search.engines.protocols.Writer`."""

    def __init__(self, store: Store, replace: bool) -> None:
        self._store = store
        self._articles = {} if replace or store.state is None else dict(store.state.articles)
        self._vectors = {} if store.state is None else dict(store.state.vectors)
        self._changed = replace or store.state is None

    def add(self, document: Document) -> None:
        self._require_open()
        self._articles[document.id] = Indexed.of(document)
        self._changed = True

    def delete(self, id: str) -> bool:
        self._require_open()
        found = self._articles.pop(id, None) is not None
        self._changed |= found
        return found

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> int:
        """See `search.engines.protocols.Engine.add_vectors`."""
        if self._store.state is None:
            raise IndexMissing("there is nothing in memory yet; index articles into it first")
        held = {article.content_hash for article in self._articles.values()}
        new = {(model, name): quantised(vectors[name]) for name in held.intersection(vectors)}
        new = {key: rows for key, rows in new.items() if key not in self._vectors}
        self._vectors |= new
        self._changed |= bool(new)
        return len(new)

    def commit(self) -> None:
        if self._open and self._changed:
            held = {article.content_hash for article in self._articles.values()}
            kept = {key: rows for key, rows in self._vectors.items() if key[1] in held}
            before = self._store.state.generation if self._store.state else ""
            self._store.state = State(secrets.token_hex(8), datetime.now(UTC), self._articles, kept)
            self.step = before, self._store.state.generation
        self.rollback()

    def rollback(self) -> None:
        if self._open:
            self._open = False
            self._store.lock.release()


class MemorySearcher:
    """See `search.engines.protocols.Searcher`."""

    capabilities = CAPABILITIES

    def __init__(self, state: State) -> None:
        self._state = state
        self._articles = tuple(state.articles.values())

    def status(self) -> IndexStatus:
        languages = sorted({article.document.language for article in self._articles} - {""})
        return IndexStatus(
            self._state.generation, len(self._articles), self._state.built_at, "memory", tuple(languages)
        )

    def search(self, plan: Plan) -> Results:
        deadline = Deadline(plan.deadline)
        zone = zone_named(plan.time_zone)
        preferred = plan.preferred or MatchAll()
        scorer = Scorer(MatchEvery((plan.query, preferred)), self._articles, zone, deadline)
        matches: list[tuple[Indexed, Outcome]] = []
        for article in self._articles:
            if deadline.passed():
                break
            if (outcome := scorer.outcome(plan.query, article)) is not None:
                matches.append((article, outcome))
        kept = [match for match in matches if all(passes(rule, match[0], zone) for rule in plan.filters)]
        first = {article.document.id for article, _ in kept if scorer.outcome(preferred, article) is not None}
        rows = _rows(plan, kept, first, self._state)
        hits = [row for row in rows if _follows(plan, row[0])]
        return Results(
            total=len(kept),
            preferred=len(first),
            hits=tuple(self._brought(row, plan, scorer) for row in hits[plan.offset : plan.offset + plan.limit]),
            rows=len(rows),
            facets=tuple(count_facet(facet, [article for article, _ in matches], plan) for facet in plan.facets),
            timeline=count_timeline([article for article, _ in kept], self._articles, plan),
            timed_out=deadline.passed(),
            cut=scorer.cut,
            frequencies=scorer.frequencies(plan.query) if plan.bring == "text" else (),
        )

    def _brought(self, row: Row, plan: Plan, scorer: Scorer) -> Hit:
        """The hit of a row, with everything that the plan asks for."""
        hit, copies = row
        article = self._state.articles[hit.id]
        return replace(
            hit,
            head=None if plan.bring == "nothing" else article.document.head(),
            body=article.document.body if plan.bring == "text" else None,
            matched=scorer.matched(plan.query, article) if plan.matched else None,
            similar=tuple(copy.id for copy in copies) if plan.group else None,
        )

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        return count_each(self.search, plans, deadline)

    def document(self, id: str) -> Document | None:
        article = self._state.articles.get(id)
        return article.document if article else None

    def articles(self, after: str | None = None) -> Iterator[Document]:
        names = sorted(name for name in self._state.articles if after is None or name > after)
        return (self._state.articles[name].document for name in names)

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        found = ((name, self._state.articles.get(name)) for name in ids)
        return {name: Stamp(article.content_hash, article.document.source) for name, article in found if article}

    def ids_from(self, source: str) -> Iterator[str]:
        return (article.document.id for article in self._articles if is_below(article.document.source, source))

    def id_of_url(self, url: str) -> str | None:
        return min((article.document.id for article in self._articles if article.document.url == url), default=None)

    def copies_of(self, fingerprint: int) -> list[str]:
        """See `search.engines.protocols.FindingCopies`."""
        documents = (article.document for article in self._articles)
        near = [each for each in documents if near_copies(fingerprint, each.fingerprint)]
        return [
            each.id for each in sorted(near, key=lambda each: ((each.fingerprint ^ fingerprint).bit_count(), each.id))
        ]

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        counts = self._values(field)
        return most_frequent(counts.items(), counts.__getitem__, limit)

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        lookup = ValueLookup(self._values(field), hierarchical=KEYWORD_FIELDS[field].hierarchical)
        return lookup.find(text, how, limit)

    def _values(self, field: str) -> Counter[str]:
        return Counter(value for article in self._articles for value in article.keywords[field])

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        counts = {word: count for word, count in self._vocabulary.items() if word.startswith(prefix)}
        return most_frequent(counts.items(), counts.__getitem__, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        found = [
            (edits, -count, other)
            for other, count in self._vocabulary.items()
            if other != word and count >= least and (edits := edit_distance(word, other, distance)) <= distance
        ]
        return [(other, -count) for _, count, other in sorted(found)[:limit]]

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        return [self._vocabulary[word] for word in words]

    def vectors(self, model: str, ids: Sequence[str]) -> Mapping[str, Vectors]:
        found = ((name, self._state.articles.get(name)) for name in ids)
        kept = ((name, self._state.vectors_of(model, article)) for name, article in found if article)
        return {name: rows.vectors() for name, rows in kept if rows is not None}

    def without_vectors(self, model: str) -> Iterator[str]:
        return (article.document.id for article in self._articles if self._state.vectors_of(model, article) is None)

    def vector_models(self) -> tuple[str, ...]:
        return tuple(sorted({model for model, _ in self._state.vectors}))

    def close(self) -> None:
        """Does nothing: Python frees a state that nobody uses."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _vocabulary(self) -> Counter[str]:
        return Counter(
            word
            for article in self._articles
            for word in set().union(*(article.words[field].surfaces for field in WORD_FIELDS))
        )


Row = tuple[Hit, Sequence[Hit]]
"""A row of the result list: a hit and its near-copies."""


def _rows(plan: Plan, matches: Sequence[tuple[Indexed, Outcome]], first: Set[str], state: State) -> Sequence[Row]:
    """All rows in order, with near-copies grouped if the plan asks for it. `first`: the ids of preferred articles."""
    found = (_hit(article, outcome, plan) for article, outcome in matches)
    hits = _in_order(plan, (replace(hit, preferred=hit.id in first) for hit in found))
    if plan.meaning and plan.sort == "relevance":
        hits = _in_order(plan, _by_meaning(hits, plan.meaning, state))
    if not plan.group or not plan.limit:
        return [(hit, ()) for hit in hits]
    return grouped([(hit, state.articles[hit.id].document.fingerprint) for hit in hits])


def _in_order(plan: Plan, hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: order_key(plan.sort, hit.sort_key, hit.id, hit.preferred))


def _by_meaning(hits: Sequence[Hit], meaning: Meaning, state: State) -> Iterator[Hit]:
    """The hits, the first of the preferred ones and the first of the others with their scores by words and meaning."""
    for preferred in (True, False):
        part = [hit for hit in hits if hit.preferred is preferred]
        yield from _scored_by_meaning(part[:MEANING_DEPTH], meaning, state)
        yield from part[MEANING_DEPTH:]


def _scored_by_meaning(first: Sequence[Hit], meaning: Meaning, state: State) -> Iterator[Hit]:
    vectors = (state.vectors_of(meaning.model, state.articles[hit.id]) for hit in first)
    near = [None if rows is None else similarities(rows, _WHOLE, meaning.vector)[0] for rows in vectors]
    scores = scores_by_meaning([hit.score for hit in first], near)
    for hit, score, similarity in zip(first, scores, near, strict=True):
        yield replace(hit, score=score, sort_key=score, meaning=MeaningScore(similarity, hit.score))


def _follows(plan: Plan, hit: Hit) -> bool:
    return comes_after(plan.sort, plan.after, hit.sort_key, hit.id, hit.preferred)


def _hit(article: Indexed, outcome: Outcome, plan: Plan) -> Hit:
    document = article.document
    recency = 1.0
    if plan.recency and plan.sort == "relevance":
        recency = recency_of(document.published, plan.recency)
    score = round(outcome[0] * recency, SCORE_DIGITS)
    moment = DATE_FIELDS[plan.date_field].value(document)
    dated = None if moment is None else epoch(moment)
    return Hit(
        id=document.id,
        score=score,
        sort_key=score if plan.sort == "relevance" else dated,
        explanation=Explanation(outcome[1], recency) if plan.explain else None,
    )


def recency_of(published: Moment | None, recency: Recency) -> float:
    """The recency factor, always by publication: a filter on another date must not change scores."""
    if published is None:
        return RECENCY_FLOOR
    return recency_factor((epoch(recency.now) - epoch(published)) / DAY_SECONDS)
