"""Archives and plans for the tests of engines: made by hand, or at random from few words so that they meet."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta, timezone
from operator import ge
from typing import Any

import pytest
from hypothesis import strategies as st

from search.archive import Archive, current_minute
from search.document import Document, Heading
from search.engines.plan import After, DateFilter, FacetPlan, KeywordFilter, PeriodFilter, Plan, Recency, TimelinePlan
from search.engines.protocols import Engine, Maintenance, Problem, Searcher
from search.engines.results import Results, Stamp
from search.periods import label_of
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
from search.schema import MISSING, TEXT_FIELDS
from search.settings import Settings

ALL_FIELDS = tuple(TEXT_FIELDS)
NOW = datetime(2024, 7, 1, 12, 0, tzinfo=UTC)

FLOOD = (
    Document("title", "flood", "water water water water", published=date(2024, 6, 30), tags=("a",)),
    Document("body", "water", "flood water water water", published=date(2023, 6, 30), tags=("a", "b")),
    Document("twice", "water", "flood flood water water", published=datetime(2022, 1, 1, tzinfo=UTC), tags=("b",)),
    Document("long", "water", "flood " + "water " * 12, tags=("b",)),
    Document("none", "water", "water"),
)
"""Articles that hold one word in different fields and numbers of times."""


def problems(engine: Engine) -> list[Problem]:
    """What a check of the engine's files finds; nothing for one that has none."""
    return list(engine.check()) if isinstance(engine, Maintenance) else []


def over(engine: Engine, now: datetime | None = None, **settings: object) -> Archive:
    """The archive over an engine, with settings of its own, at a time that stands still if one is given."""
    clock = (lambda: now) if now else current_minute
    return Archive(engine, Settings.model_validate(settings), clock=clock)


def fill(engine: Engine, *documents: Document) -> Engine:
    """Adds the articles in one commit."""
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    return engine


def whole(engine: Engine) -> list[Document]:
    """Every article of the newest commit."""
    with engine.searcher() as searcher:
        return list(searcher.articles())


def ask(engine: Engine, query: Match | None = None, **plan: object) -> Results:
    """The answer to one plan from the newest commit."""
    with engine.searcher() as searcher:
        return searcher.search(Plan(MatchAll() if query is None else query, **plan))  # type: ignore[arg-type]


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results.hits]


def word(text: str, *fields: str, languages: Iterable[str] = ("en",), boost: float = 1.0) -> MatchTerm:
    """A word with its stems in the given fields, in all by default."""
    return MatchTerm(fields or ALL_FIELDS, query_term(text, languages), boost)


def exact(text: str, *fields: str) -> MatchTerm:
    return MatchTerm(fields or ALL_FIELDS, Term(text))


def phrase(text: str, *fields: str, slop: int | None = None, languages: Iterable[str] = ("en",)) -> MatchPhrase:
    return MatchPhrase(fields or ALL_FIELDS, tuple(query_term(part, languages) for part in text.split()), slop)


def news(count: int, words: int = 80) -> list[Document]:
    """Articles of so many words, the same each time."""
    choice = random.Random(7)
    vocabulary = [f"w{number}" for number in range(400)]
    return [
        Document(
            f"{number:04}",
            " ".join(choice.choices(vocabulary, k=5)),
            " ".join(choice.choices(vocabulary, k=words)),
            tags=tuple(choice.choices(vocabulary, k=2)),
            published=date(2000 + number % 20, 1 + number % 12, 1 + number % 28),
        )
        for number in range(count)
    ]


def stamps_of(searcher: Searcher) -> dict[str, Stamp]:
    """The stamp of every article that a search for all finds."""
    found = searcher.search(Plan(MatchAll(), limit=searcher.status().articles))
    return dict(searcher.stamps([hit.id for hit in found.hits]))


def answers(engine: Engine) -> list[object]:
    """What an archive of `news` answers to questions of several kinds: equal for equal archives."""
    facets = (FacetPlan("tag", 5), FacetPlan("published", interval="month"))
    asked = (
        exact("w1"), MatchAll(), exact("w2", "body"), exact("w399", "tags"), phrase("w2 w3", slop=20),
        MatchPrefix(ALL_FIELDS, "w1"),
    )  # fmt: skip
    with engine.searcher() as searcher:
        found: list[object] = [
            searcher.search(Plan(query, facets=facets, timeline=TimelinePlan(), limit=1000, explain=True))
            for query in asked
        ]
        return [
            *found,
            searcher.terms("w", 50),
            sorted((name, stamp.content_hash) for name, stamp in stamps_of(searcher).items()),
        ]


# What hypothesis draws from

LANGUAGES = ("en", "en-GB", "de", "fr", "tr", "es", "zh", "", "xx")
_WORDS = (
    "run", "runs", "running", "Runner", "war", "wars", "post-war", "postwar", "U.S.", "us", "COP29", "COP-29", "the",
    "canción", "cancion", "cancione", "nación", "nacion", "été", "ete", "étés", "Türkiye", "Turkiye", "ılık", "Ilık",
    "bridge", "bridges", "bridged", "Brücke", "Brücken", "1,234.5", "東京都", "東京", "state-of-the-art", "art",
    "federal", "federated", "federations", "federal-ized",
)  # fmt: skip
texts = st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join)
moments = st.one_of(
    st.none(),
    st.dates(date(2019, 1, 1), date(2024, 12, 31)),
    st.builds(
        lambda day, seconds, hours: (
            datetime(2019, 1, 1, tzinfo=timezone(timedelta(hours=hours))) + timedelta(days=day, seconds=seconds)
        ),
        st.integers(0, 2000),
        st.integers(0, 86_399),
        st.integers(-12, 14),
    ),
)
SECTIONS = ("News", "News > Economy", "News > Economy > Oil", "Opinion", "Sport > Chess")
NAMES = ("Ann", "Bob", "Çelik", "Zoë")
TAGS = ("oil", "war", "réforme", "x\x1fy")
ID_POOL = ("a", "b", "c", "d/1", "é", "z", "A", "日")

documents = st.builds(
    Document,
    id=st.sampled_from(ID_POOL),
    title=texts,
    body=texts,
    summary=st.one_of(st.just(""), texts),
    headings=st.lists(st.builds(Heading, texts, st.integers(2, 6), st.just(0)), max_size=3).map(tuple),
    sections=st.lists(st.sampled_from(SECTIONS), max_size=2).map(tuple),
    authors=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    tags=st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
    published=moments,
    modified=moments,
    language=st.sampled_from(LANGUAGES),
    source=st.sampled_from(("one", "two")),
    fingerprint=st.one_of(st.integers(0, 2**64 - 1), st.sampled_from((0, 255, 254))),
)
commits = st.lists(
    st.lists(st.one_of(documents, st.sampled_from(ID_POOL)), min_size=1, max_size=8), min_size=1, max_size=4
)
"""Commits, each a list of articles to add and ids to delete."""

fields = st.one_of(
    st.just(ALL_FIELDS),
    st.lists(st.sampled_from(ALL_FIELDS), min_size=1, max_size=3, unique=True).map(tuple),
)
terms = st.one_of(
    st.builds(query_term, st.sampled_from(_WORDS), st.just(LANGUAGES)),
    st.builds(Term, st.sampled_from(("run", "running", "war", "cancion", "ete", "brucke", "the", "東京"))),
    st.builds(Term, st.just("nothing"), st.just((("en", "cop29"), ("en", "run"), ("es", "cancion"), ("fr", "ete")))),
)
boosts = st.sampled_from((1.0, 2.0, 0.5))
leaves = st.one_of(
    st.builds(MatchTerm, fields, terms, boosts),
    st.builds(
        MatchPhrase,
        fields,
        st.lists(terms, min_size=1, max_size=3).map(tuple),
        st.one_of(st.none(), st.integers(0, 4), st.just(200)),
        boosts,
    ),
    st.builds(MatchPrefix, fields, st.sampled_from(("ru", "po", "b", "", "東", "cop")), boosts),
    st.builds(MatchWildcard, fields, st.sampled_from(("ru*", "br?dge*", "*ar", "??", "c*n", "u?")), boosts),
    st.builds(
        MatchFuzzy, fields, st.sampled_from(("run", "bridg", "war", "cancoin", "brucken")), st.integers(1, 2), boosts
    ),
)
conditions = st.one_of(
    st.builds(
        MatchKeyword,
        st.sampled_from(("section", "author", "tag", "lang", "type")),
        st.lists(st.sampled_from((*SECTIONS, *NAMES, *TAGS, "en", "de", "article")), max_size=2).map(tuple),
    ),
    st.builds(MatchDates, st.sampled_from(("published", "modified")), moments, moments),
)
queries = st.recursive(
    st.one_of(st.just(MatchAll()), st.just(MatchNone()), leaves, leaves, leaves, conditions),
    lambda inner: st.one_of(
        st.builds(MatchEvery, st.lists(inner, max_size=3).map(tuple)),
        st.builds(MatchAny, st.lists(inner, max_size=3).map(tuple), st.sampled_from((1, 1, 2, 3))),
        st.builds(MatchBest, st.lists(inner, max_size=3).map(tuple)),
        st.builds(MatchNot, inner),
    ),
    max_leaves=6,
)
_keyword_filters = st.one_of(
    st.builds(
        KeywordFilter,
        st.just(field),
        st.lists(st.sampled_from((*values, MISSING)), max_size=2).map(tuple),
        st.lists(st.sampled_from((*values, MISSING)), max_size=1).map(tuple),
        st.booleans(),
    )
    for field, values in (("section", SECTIONS), ("author", NAMES), ("tag", TAGS), ("lang", LANGUAGES[:4]))
)
_period_filters = st.builds(
    lambda field, interval, days: PeriodFilter(field, interval, tuple(label_of(interval, day) for day in days)),
    st.sampled_from(("published", "modified")),
    st.sampled_from(("year", "month", "day")),
    st.lists(st.dates(date(2018, 12, 1), date(2024, 12, 31)), min_size=1, max_size=3),
)
filters = st.one_of(
    _keyword_filters,
    _period_filters,
    st.builds(DateFilter, st.sampled_from(("published", "modified")), moments, moments),
)
facets = st.one_of(
    st.builds(
        FacetPlan,
        st.sampled_from(("section", "author", "tag", "lang", "type")),
        st.integers(0, 4),
        st.lists(st.sampled_from((*SECTIONS, *NAMES, "en", "gone")), max_size=2).map(tuple),
        st.none(),
        st.sampled_from(("others", "hits", "rest")),
    ),
    st.builds(
        FacetPlan,
        st.sampled_from(("published", "modified")),
        st.integers(0, 4),
        st.lists(st.sampled_from(("2020", "2021-03", "2022-02-02")), max_size=1).map(tuple),
        st.sampled_from(("year", "month", "day")),
        st.sampled_from(("others", "hits", "rest", "calendar")),
    ),
)
plans = st.builds(
    Plan,
    query=queries,
    filters=st.lists(filters, max_size=2).map(tuple),
    facets=st.lists(facets, max_size=3).map(tuple),
    timeline=st.sampled_from((None, TimelinePlan(), TimelinePlan(3))),
    bring=st.sampled_from(("nothing", "head", "text")),
    matched=st.booleans(),
    group=st.booleans(),
    sort=st.sampled_from(("relevance", "newest", "oldest")),
    date_field=st.sampled_from(("published", "modified")),
    time_zone=st.sampled_from(("UTC", "Asia/Baku", "America/New_York", "Pacific/Chatham")),
    offset=st.integers(0, 2),
    limit=st.integers(0, 10),
    recency=st.one_of(st.none(), st.just(Recency(NOW))),
    explain=st.booleans(),
    preferred=st.none() | queries,
)


def with_after(plan: Plan, results: Results) -> Plan:
    """The plan that goes on after the first hit of its own answer."""
    hit = results.hits[0]
    return replace(plan, offset=0, group=False, after=After(hit.sort_key, hit.id, hit.preferred))


def assert_alike(found: Results, expected: Results, plan: Plan) -> None:
    """Everything is the same, numbers to within a millionth; only `frequencies` may be too high."""
    assert astuple(replace(found, frequencies=())) == close_to(astuple(replace(expected, frequencies=()))), plan
    assert len(found.frequencies) == len(expected.frequencies), plan
    assert all(map(ge, found.frequencies, expected.frequencies)), plan


def close_to(value: Any) -> Any:
    """The same structure with numbers that are equal to within a millionth."""
    if isinstance(value, float):
        return pytest.approx(value, abs=1e-6)
    if isinstance(value, tuple):
        return tuple(close_to(part) for part in value)
    return value
