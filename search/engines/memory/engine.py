"""The engine that holds everything in memory: brute force, the executable specification of the contract.

`memory:` is a store of its own each time it is opened; `memory:name` is one store per name in the process.
Good for tests and for archives of a few hundred articles.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Final, Self

from search.dates import DAY_SECONDS, epoch, zone_named
from search.document import Document, Moment
from search.engines.base import (
    CAPABILITIES,
    Condensed,
    Explanation,
    Hit,
    IndexStatus,
    Plan,
    Problem,
    Recency,
    Repair,
    Results,
    Sort,
    Stamp,
    WriterProgress,
)
from search.engines.conventions import (
    WORD_FIELDS,
    Deadline,
    comes_after,
    is_below,
    order_key,
)
from search.engines.expansion import most_frequent
from search.engines.memory.counting import count_facet, count_timeline
from search.engines.memory.matching import Indexed, Scorer, passes
from search.engines.outcome import Outcome
from search.errors import EngineError, IndexDamaged, IndexLocked, IndexMissing
from search.query.patterns import edit_distance
from search.ranking import RECENCY_FLOOR, SCORE_DIGITS, recency_factor
from search.schema import DATE_FIELDS


@dataclass(frozen=True, slots=True)
class State:
    """What one commit left; never changed afterwards."""

    generation: str
    built_at: datetime
    articles: Mapping[str, Indexed]


@dataclass(slots=True)
class Store:
    """The newest state, and the lock that lets in one writer."""

    state: State | None = None
    lock: Lock = field(default_factory=Lock)


_NAMED: Final[dict[str, Store]] = {}


class MemoryEngine:
    """See `search.engines.base.Engine`."""

    capabilities = CAPABILITIES

    def __init__(self, name: str = "") -> None:
        self.url = f"memory:{name}"
        self._store = _NAMED.setdefault(name, Store()) if name else Store()

    def writer(
        self, *, replace: bool = False, workers: int = 1, progress: WriterProgress | None = None
    ) -> MemoryWriter:
        del workers, progress  # nothing here takes long enough
        if not self._store.lock.acquire(blocking=False):
            raise IndexLocked(f"another writer of this process holds {self.url}; wait until it is done")
        return MemoryWriter(self._store, replace)

    def searcher(self) -> MemorySearcher:
        return MemorySearcher(self._newest())

    def generation(self) -> str:
        return self._newest().generation

    def check(self) -> Iterable[Problem]:
        for name, article in self._newest().articles.items():
            if article.document.content_hash() != article.content_hash:
                yield Problem(name, "the article is not the one that was added")

    def repair(self) -> Iterable[Repair]:
        self._newest()  # says so if there is none; what is in memory cannot be mended
        return ()

    def optimize(self, *, progress: WriterProgress | None = None) -> Condensed:
        del progress  # there is nothing to do
        return Condensed(len(self._newest().articles), (1, 1), (0, 0), 0.0)

    def close(self) -> None:
        """Nothing was left running."""

    def _newest(self) -> State:
        if self._store.state is None:
            raise IndexMissing(f"there is nothing in {self.url} yet; index articles into it first")
        return self._store.state


class MemoryWriter:
    """See `search.engines.base.Writer`."""

    def __init__(self, store: Store, replace: bool) -> None:
        self._store = store
        self._articles = {} if replace or store.state is None else dict(store.state.articles)
        self._changed = replace or store.state is None
        self._open = True

    def add(self, document: Document) -> None:
        self._require_open()
        self._articles[document.id] = Indexed.of(document)
        self._changed = True

    def delete(self, id: str) -> bool:
        self._require_open()
        found = self._articles.pop(id, None) is not None
        self._changed |= found
        return found

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._require_open()
        self._open = False
        if kind is None and self._changed:
            self._store.state = State(secrets.token_hex(8), datetime.now(UTC), self._articles)
        self._store.lock.release()

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("this writer is closed; open another")


class MemorySearcher:
    """See `search.engines.base.Searcher`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._articles = tuple(state.articles.values())

    def status(self) -> IndexStatus:
        return IndexStatus(self._state.generation, len(self._articles), self._state.built_at, "memory")

    def search(self, plan: Plan) -> Results:
        deadline = Deadline(plan.deadline)
        zone = zone_named(plan.time_zone)
        scorer = Scorer(plan.query, self._articles, zone, deadline)
        matches: list[tuple[Indexed, Outcome]] = []
        for article in self._articles:
            if deadline.passed():
                break
            if (outcome := scorer.outcome(plan.query, article)) is not None:
                matches.append((article, outcome))
        kept = [match for match in matches if all(passes(rule, match[0], zone) for rule in plan.filters)]
        hits = sorted((_hit(article, outcome, plan) for article, outcome in kept), key=lambda hit: _key(plan.sort, hit))
        page = [hit for hit in hits if comes_after(plan.sort, plan.after, hit.sort_key, hit.id)]
        return Results(
            total=len(hits),
            hits=tuple(page[plan.offset : plan.offset + plan.limit]),
            facets=tuple(count_facet(facet, [article for article, _ in matches], plan) for facet in plan.facets),
            timeline=count_timeline([article for article, _ in kept], self._articles, plan) if plan.timeline else None,
            timed_out=deadline.passed(),
            warnings=scorer.warnings,
        )

    def document(self, id: str) -> Document | None:
        article = self._state.articles.get(id)
        return article.document if article else None

    def documents(self, ids: Sequence[str], *, body: bool = True, html: bool = True) -> list[Document]:
        del body, html  # nothing has to be read for them
        found = [self.document(name) for name in ids]
        if None in found:
            raise IndexDamaged(f"the article {ids[found.index(None)]!r} is not in this index")
        return [document for document in found if document is not None]

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        found = ((name, self._state.articles.get(name)) for name in ids)
        return {name: Stamp(article.content_hash, article.document.source) for name, article in found if article}

    def ids_from(self, source: str) -> Iterator[str]:
        return (article.document.id for article in self._articles if is_below(article.document.source, source))

    def id_of_url(self, url: str) -> str | None:
        return min((article.document.id for article in self._articles if article.document.url == url), default=None)

    def values(self, field: str) -> Mapping[str, int]:
        return Counter(value for article in self._articles for value in article.keywords[field])

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        counts = {word: count for word, count in self._vocabulary().items() if word.startswith(prefix)}
        return most_frequent(counts.items(), counts.__getitem__, limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        found = [
            (edits, -count, other)
            for other, count in self._vocabulary().items()
            if other != word and count >= least and (edits := edit_distance(word, other, distance)) <= distance
        ]
        return [(other, -count) for _, count, other in sorted(found)[:limit]]

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        vocabulary = self._vocabulary()
        return [vocabulary[word] for word in words]

    def close(self) -> None:
        """Nothing to close: the state goes with the last who holds it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _vocabulary(self) -> Counter[str]:
        return Counter(
            word
            for article in self._articles
            for word in set().union(*(article.words[field].surfaces for field in WORD_FIELDS))
        )


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
        fingerprint=document.fingerprint,
        explanation=Explanation(outcome[1], recency) if plan.explain else None,
    )


def recency_of(published: Moment | None, recency: Recency) -> float:
    """What recency leaves of a score: always by publication, so that filtering by another date changes nothing."""
    if published is None:
        return RECENCY_FLOOR
    return recency_factor((epoch(recency.now) - epoch(published)) / DAY_SECONDS)


def _key(sort: Sort, hit: Hit) -> tuple[bool, float, str]:
    return order_key(sort, hit.sort_key, hit.id)
