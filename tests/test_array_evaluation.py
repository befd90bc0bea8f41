"""The array engine's evaluation, whichever way it takes: every strategy for few and for many articles, words and
positions answers what the brute force of memory answers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from archives import ALL_FIELDS, ID_POOL, LANGUAGES, NAMES, NOW, SECTIONS, TAGS, assert_alike, stamps_of, with_after

from search import native
from search.document import Document, Heading
from search.engines.disk.engine import DiskEngine
from search.engines.disk.evaluation import evaluator, leaves, position_blocks, posting_lists, top_docs
from search.engines.disk.format import arrays
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import DateFilter, FacetPlan, KeywordFilter, Plan, Recency, TimelinePlan
from search.engines.protocols import Engine, Searcher
from search.periods import Interval
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNone,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.terms import query_term
from search.schema import KEYWORD_FIELDS, MISSING

WORDS = (
    "run", "runs", "running", "Runner", "run-s", "war", "wars", "war-s", "post-war", "postwar", "U.S.", "us", "COP-29",
    "the", "the", "the", "canción", "cancion", "été", "étés", "Türkiye", "bridge", "bridges", "Brücke", "東京都",
    "1,234.5", "state-of-the-art", "art", "e-mail", "email",
)  # fmt: skip
ZONES = ("UTC", "Asia/Baku", "America/New_York", "Pacific/Chatham")

STRATEGIES: dict[str, dict[tuple[Any, str], int]] = {
    "compiled": {},
    "in numpy": {},
    "few articles": {(evaluator, "SPARSE"): 1, (leaves, "SPARSE"): 1},
    "all articles": {(evaluator, "SPARSE"): 1 << 40, (leaves, "SPARSE"): 1 << 40},
    "block by block": {(evaluator, "BLOCK"): 3, (evaluator, "SPARSE"): 1 << 40, (leaves, "SPARSE"): 1 << 40},
    "block by block, rare words apart": {
        (evaluator, "BLOCK"): 3,
        (evaluator, "SPARSE"): 3,
        (posting_lists, "_FEW_LISTS"): 0,
    },
    "short words apart": {(posting_lists, "_SHORT"): 0},
    "short words together": {(posting_lists, "_FEW_LISTS"): 0, (posting_lists, "_SHORT"): 3},
    "phrases bit by bit": {(position_blocks, "_SLOTS"): 20},
    "phrases among chosen articles": {(position_blocks, "_MOST_OF_ALL"): 0},
    "phrases closed up": {
        (position_blocks, "_SLOTS"): 60,
        (position_blocks, "_SPARSE"): 0,
        (position_blocks, "_MANY"): 0,
        (position_blocks, "_MOST_OF_ALL"): 99,
    },
    "lists looked up the other way": {(arrays, "_FEWER"): 0, (evaluator, "SPARSE"): 1},
    "pages by blocks and ranks": {(top_docs, "_FEW"): 1, (top_docs, "_BLOCK"): 2, (top_docs, "_SLICE"): 4},
}
"""Thresholds that make a small archive take the ways of a large one; all but the first in numpy."""


class Dice(random.Random):
    """Archives and plans by seed: many more of them in a second than hypothesis makes."""

    def some(self, values: Sequence[Any], most: int, least: int = 0) -> tuple[Any, ...]:
        return tuple(self.choices(values, k=self.randint(least, most)))

    def text(self, most: int = 12) -> str:
        return " ".join(self.some(WORDS, most))

    def moment(self) -> date | datetime | None:
        kind = self.random()
        if kind < 0.2:
            return None
        day = date(2019, 1, 1) + timedelta(self.choice((40, 400, 2000)) * self.random())
        if kind < 0.5:
            return day
        zone = timezone(timedelta(hours=self.randint(-12, 14)))
        return datetime(day.year, day.month, day.day, self.randrange(24), self.randrange(60), tzinfo=zone)

    def document(self, name: str) -> Document:
        return Document(
            name,
            self.text(4),
            self.text(),
            self.choice(("", self.text())),
            tuple(Heading(self.text(3), 2, 0) for _ in range(self.randint(0, 2))),
            self.choice((None, f"https://news.example/{self.randint(0, 5)}")),
            self.some(SECTIONS, 2),
            self.some(NAMES, 2),
            self.some(TAGS, 3),
            self.moment(),
            self.moment(),
            self.choice(LANGUAGES),
            source=self.choice(("one", "two")),
            fingerprint=self.getrandbits(64),
        )

    def term(self) -> Term:
        if self.random() < 0.7:
            return query_term(self.choice(WORDS), LANGUAGES)
        return self.choice((Term("run"), Term("the"), Term("nothing", (("en", "run"), ("es", "cancion")))))

    def leaf(self) -> Match:
        fields = ALL_FIELDS if self.random() < 0.6 else tuple(self.sample(ALL_FIELDS, self.randint(1, 3)))
        boost = self.choice((1.0, 1.0, 2.0, 0.5))
        match self.randrange(8):
            case 0 | 1 | 2:
                return MatchTerm(fields, self.term(), boost)
            case 3:
                return MatchPhrase(fields, self.some([self.term() for _ in range(2)], 3, 1), None, boost)
            case 4:
                slop = self.choice((0, 1, 4, 20, 200))
                return MatchPhrase(fields, tuple(self.term() for _ in range(self.randint(1, 3))), slop, boost)
            case 5:
                return MatchPrefix(fields, self.choice(("ru", "po", "b", "", "東", "e", "w")), boost)
            case 6:
                return MatchWildcard(fields, self.choice(("ru*", "br?dge*", "*ar", "??", "c*n", "*")), boost)
            case _:
                return MatchFuzzy(fields, self.choice(("run", "bridg", "war", "brucken")), self.randint(1, 2), boost)

    def query(self, depth: int = 0) -> Match:
        kind = self.randrange(14)
        if kind < 7 or depth > 2:
            return self.leaf()
        children = tuple(self.query(depth + 1) for _ in range(self.choice((0, 1, 2, 2, 3, 3))))
        values = self.some((*SECTIONS, *NAMES, *TAGS, "en", "article"), 2)
        return self.choice(
            (
                MatchAll(), MatchNone(), MatchEvery(children), MatchAny(children),
                MatchAny(children, self.randint(1, 3)), MatchBest(children), MatchNot(self.query(depth + 1)),
                MatchKeyword(self.choice(tuple(KEYWORD_FIELDS)), values),
                MatchDates(self.choice(("published", "modified")), self.moment(), self.moment()),
            )
        )  # fmt: skip

    def filter(self) -> KeywordFilter | DateFilter:
        field, values = self.choice((("section", SECTIONS), ("author", NAMES), ("tag", TAGS), ("lang", LANGUAGES[:4])))
        if self.random() < 0.3:
            return DateFilter(self.choice(("published", "modified")), self.moment(), self.moment())
        return KeywordFilter(field, self.some((*values, MISSING), 2), self.some((*values, MISSING), 1))

    def facet(self) -> FacetPlan:
        if self.random() < 0.4:
            intervals: tuple[Interval, ...] = ("year", "month", "day")
            interval = self.choice(intervals)
            selected = self.some(("2019", "2020", "2019-02", "2019-01-05"), 1)
            return FacetPlan(self.choice(("published", "modified")), self.randint(0, 4), selected, interval)
        selected = self.some((*SECTIONS, *NAMES, "en", "gone"), 2)
        return FacetPlan(self.choice(tuple(KEYWORD_FIELDS)), self.randint(0, 4), selected)

    def plan(self) -> Plan:
        return Plan(
            self.query(),
            tuple(self.filter() for _ in range(self.choice((0, 0, 1, 2)))),
            tuple(self.facet() for _ in range(self.randint(0, 3))),
            self.choice((None, TimelinePlan(), TimelinePlan(4))),
            self.choice(("relevance", "relevance", "newest", "oldest")),
            self.choice(("published", "modified")),
            self.choice(ZONES),
            self.choice((0, 0, 1, 3)),
            self.choice((0, 1, 3, 10)),
            recency=self.choice((None, Recency(NOW))),
            bring=self.choice(("nothing", "head", "text")),
            matched=self.random() < 0.2,
            group=self.random() < 0.2,
            explain=self.random() < 0.2,
            preferred=self.query() if self.random() < 0.3 else None,
        )


def change(engine: Engine, articles: Sequence[Document], deleted: Sequence[str]) -> None:
    with engine.writer() as writer:
        for article in articles:
            writer.add(article)
        for name in deleted:
            writer.delete(name)


def searchers(dice: Dice, folder: Path) -> Iterator[tuple[Searcher, Searcher]]:
    """Both engines after each of three commits: a large one, one that replaces and deletes, and a small one."""
    engines = MemoryEngine(), DiskEngine(folder)
    names = [*ID_POOL, *(f"{number:03}" for number in range(40))]
    for size, gone in ((40, 0), (12, 4), (2, 0)):
        articles = [dice.document(dice.choice(names)) for _ in range(size)]
        deleted = dice.sample(names, gone)
        for engine in engines:
            change(engine, articles, deleted)
        with engines[0].searcher() as expected, engines[1].searcher() as found:
            yield expected, found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_answers_as_memory_does(strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if strategy != "compiled":
        monkeypatch.setattr(native, "kernel", None)
    for (module, name), value in STRATEGIES[strategy].items():
        monkeypatch.setattr(module, name, value)
    dice = Dice(f"evaluation, {strategy}")
    for expected, found in searchers(dice, tmp_path / "archive"):
        for _ in range(60):
            plan = dice.plan()
            right = expected.search(plan)
            assert_alike(found.search(plan), right, plan)
            if right.hits:
                following = with_after(plan, right)
                assert_alike(found.search(following), expected.search(following), following)


def test_a_plan_without_scores_finds_and_counts_the_same(tmp_path: Path) -> None:
    dice = Dice("counts")
    for _, found in searchers(dice, tmp_path / "archive"):
        for _ in range(30):
            plan = replace(dice.plan(), offset=0, limit=100)
            by_score = found.search(replace(plan, sort="relevance"))
            by_date = found.search(replace(plan, sort="newest"))
            counted = found.search(replace(plan, sort="relevance", limit=0))
            assert by_score.total == by_date.total == counted.total
            assert by_score.facets == by_date.facets == counted.facets
            if plan.recency is None:
                assert {(hit.id, hit.score) for hit in by_score.hits} == {(hit.id, hit.score) for hit in by_date.hits}


def test_articles_are_found_by_id_and_address_through_commits(tmp_path: Path) -> None:
    dice = Dice("ids")
    for expected, found in searchers(dice, tmp_path / "archive"):
        for name in (*ID_POOL, "000", "none", ""):
            assert found.document(name) == expected.document(name)
        for number in range(7):
            url = f"https://news.example/{number}"
            assert found.id_of_url(url) == expected.id_of_url(url)
        assert found.id_of_url("") is None
        assert stamps_of(found) == stamps_of(expected)


def test_a_search_past_its_deadline_still_excludes_what_it_had_no_time_to_read(tmp_path: Path) -> None:
    engine = DiskEngine(tmp_path / "archive")
    change(engine, [Document("a", "secret"), Document("b", "open", published=datetime(2024, 1, 1, tzinfo=UTC))], [])
    with engine.searcher() as searcher:
        late = searcher.search(Plan(MatchNot(MatchTerm(ALL_FIELDS, Term("secret"))), deadline=0.0))
        assert late.timed_out
        assert late.hits == ()
        late = searcher.search(Plan(MatchAll(), deadline=0.0, timeline=TimelinePlan()))
        assert late.timed_out
        assert late.total == 2
