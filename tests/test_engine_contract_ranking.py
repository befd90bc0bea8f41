"""What every engine promises of order: better matches, ties, dates, pages, groups, deadlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from archives import ALL_FIELDS, FLOOD, NOW, ask, exact, fill, ids, phrase
from hypothesis import given, settings
from hypothesis import strategies as st

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.plan import After, DateFilter, FacetPlan, KeywordFilter, Plan, Recency, Sort, TimelinePlan
from search.engines.protocols import Engine
from search.engines.results import Hit, MatchedLeaves
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchEvery,
    MatchKeyword,
    MatchNot,
    MatchPrefix,
    MatchTerm,
)
from search.query.terms import query_term
from search.ranking import STEM_WEIGHT


def after(hit: Hit) -> After:
    """The place behind a hit."""
    return After(hit.sort_key, hit.id, hit.preferred)


def test_better_matches_come_first(engine: Engine) -> None:
    fill(engine, *FLOOD)
    assert ids(ask(engine, exact("flood"))) == ["title", "twice", "body", "long"]


def test_a_filter_never_changes_scores(engine: Engine) -> None:
    fill(engine, *FLOOD)
    query = MatchAny((exact("flood"), phrase("water water"), MatchPrefix(ALL_FIELDS, "fl")))
    scores = {hit.id: hit.score for hit in ask(engine, query).hits}
    for rule in (
        KeywordFilter("tag", ("a",)),
        KeywordFilter("tag", (), ("b",)),
        DateFilter("published", date(2023, 1, 1), None),
    ):
        kept = {hit.id: hit.score for hit in ask(engine, query, filters=(rule,)).hits}
        assert kept
        assert kept.items() < scores.items()


def test_a_keyword_in_the_query_adds_nothing_to_the_score(engine: Engine) -> None:
    fill(engine, *FLOOD)
    scores = {hit.id: hit.score for hit in ask(engine, exact("flood")).hits}
    both = MatchEvery((exact("flood"), MatchKeyword("tag", ("b",)), MatchNot(exact("nothing"))))
    assert {hit.id: hit.score for hit in ask(engine, both).hits}.items() < scores.items()


def test_ties_break_by_id(engine: Engine) -> None:
    names = ["b", "a", "Z", "é", "10", "9", "日", "🗞", "a b"]
    fill(engine, *(Document(name, "same", published=date(2024, 1, 1)) for name in names[:4]))
    fill(engine, *(Document(name, "same", published=date(2024, 1, 1)) for name in names[4:]))
    for sort in ("relevance", "newest", "oldest"):
        assert ids(ask(engine, exact("same"), sort=sort)) == sorted(names)
        assert ids(ask(engine, exact("same"), sort=sort, limit=3)) == sorted(names)[:3]
        assert ids(ask(engine, MatchAll(), sort=sort, offset=2, limit=4)) == sorted(names)[2:6]


def test_undated_articles_come_last_in_both_date_orders(engine: Engine) -> None:
    fill(
        engine,
        Document("u2", ""),
        Document("old", "", published=date(1969, 12, 31), modified=date(2024, 1, 1)),
        Document("new", "", published=datetime(2024, 1, 1, 8, tzinfo=UTC)),
        Document("newer", "", published=datetime(2024, 1, 1, 8, 0, 0, 1, tzinfo=UTC)),
        Document("u1", ""),
    )
    newest, oldest = ask(engine, sort="newest"), ask(engine, sort="oldest")
    assert ids(newest) == ["newer", "new", "old", "u1", "u2"]
    assert ids(oldest) == ["old", "new", "newer", "u1", "u2"]
    assert [hit.sort_key for hit in oldest.hits] == [-86400.0, 1704096000.0, 1704096000.000001, None, None]
    assert ids(ask(engine, sort="newest", date_field="modified")) == ["old", "new", "newer", "u1", "u2"]


def test_sorting_by_date_keeps_the_scores(engine: Engine) -> None:
    fill(engine, *FLOOD)
    best = {hit.id: hit.score for hit in ask(engine, exact("flood")).hits}
    newest = ask(engine, exact("flood"), sort="newest", recency=Recency(NOW))
    assert ids(newest) == ["title", "body", "twice", "long"]
    assert {hit.id: hit.score for hit in newest.hits} == best


def test_the_total_counts_every_match_whatever_the_page(engine: Engine) -> None:
    fill(engine, *FLOOD)
    for page in ({"limit": 0}, {"offset": 3}, {"offset": 99}, {"after": After(0.0, "zzz")}):
        assert ask(engine, exact("flood"), **page).total == 4
    assert ids(ask(engine, exact("flood"), limit=0)) == []


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=1, max_size=12),
    sort=st.sampled_from(("relevance", "newest", "oldest")),
    size=st.integers(1, 4),
    preferred=st.sampled_from((None, exact("even"), exact("none"), MatchAll())),
)
def test_pages_and_cursors_reach_every_hit_once_in_order(
    days: list[int | None], sort: Sort, size: int, preferred: Match | None
) -> None:
    plan = Plan(exact("same"), sort=sort, limit=size, preferred=preferred)
    engine = open_engine("memory:")
    fill(
        engine,
        *(
            Document(
                f"{at:02}",
                "same" if at % 2 else "same even",
                "same " * (day or 0),
                published=None if day is None else date(2024, 1, day),
            )
            for at, day in enumerate(days)
        ),
    )
    with engine.searcher() as searcher:
        whole = searcher.search(replace(plan, limit=100)).hits
        paged = [
            hit for start in range(0, len(days), size) for hit in searcher.search(replace(plan, offset=start)).hits
        ]
        followed = list(searcher.search(plan).hits)
        while more := searcher.search(replace(plan, after=after(followed[-1]))).hits:
            followed += more
    assert list(whole) == paged == followed


def test_preferred_articles_come_first_in_every_order_and_are_counted(engine: Engine) -> None:
    fill(engine, *FLOOD)
    query, tagged = exact("water"), MatchKeyword("tag", ("b",))
    sorts: tuple[Sort, ...] = ("relevance", "newest", "oldest")
    for sort in sorts:
        plain = ask(engine, query, sort=sort)
        results = ask(engine, query, sort=sort, preferred=tagged)
        assert ids(results) == sorted(ids(plain), key=lambda name: name not in {"long", "body", "twice"}), sort
        assert [hit.preferred for hit in results.hits] == [True] * 3 + [False] * 2
        assert (results.total, results.preferred, results.rows) == (5, 3, 5)
        assert {hit.id: hit.score for hit in results.hits} == {hit.id: hit.score for hit in plain.hits}
        assert {hit.id: hit.sort_key for hit in results.hits} == {hit.id: hit.sort_key for hit in plain.hits}


def test_what_is_preferred_changes_neither_the_hits_nor_the_counts(engine: Engine) -> None:
    fill(engine, *FLOOD)
    facets = (FacetPlan("tag"),)
    plain = ask(engine, exact("flood"), facets=facets, timeline=TimelinePlan())
    assert plain.preferred == plain.total == 4
    assert {hit.preferred for hit in plain.hits} == {True}
    for preferred, count in ((exact("nowhere"), 0), (exact("water"), 4), (MatchAll(), 4), (phrase("flood flood"), 1)):
        results = ask(engine, exact("flood"), facets=facets, timeline=TimelinePlan(), preferred=preferred)
        assert (results.total, results.preferred) == (4, count)
        assert (results.facets, results.timeline) == (plain.facets, plain.timeline)
        assert sorted(ids(results)) == sorted(ids(plain))
        assert ask(engine, exact("flood"), preferred=preferred, limit=0).preferred == count
    kept = ask(engine, exact("flood"), preferred=phrase("flood flood"), filters=(KeywordFilter("tag", ("a",)),))
    assert (kept.total, kept.preferred) == (2, 0), "what the filters leave out is not counted"


def test_recency_orders_each_part_by_itself(engine: Engine) -> None:
    texts = {"old": date(1990, 1, 1), "new": date(2024, 6, 30)}
    fill(
        engine,
        *(Document(f"{name} {tag}", "same", tags=(tag,), published=day) for name, day in texts.items() for tag in "ab"),
    )
    plain = ask(engine, exact("same"), recency=Recency(NOW))
    results = ask(engine, exact("same"), recency=Recency(NOW), preferred=MatchKeyword("tag", ("b",)))
    assert ids(results) == ["new b", "old b", "new a", "old a"]
    assert {hit.id: hit.score for hit in results.hits} == {hit.id: hit.score for hit in plain.hits}


def test_a_near_copy_stands_behind_a_preferred_article(engine: Engine) -> None:
    prints = {"a": 2**63 + 5, "b": 0, "c": 2**63 + 4}
    fill(
        engine,
        *(Document(name, "one", fingerprint=value, tags=("x",) * (name == "c")) for name, value in prints.items()),
    )
    results = ask(engine, exact("one"), group=True, preferred=MatchKeyword("tag", ("x",)))
    assert [(hit.id, hit.preferred, hit.similar) for hit in results.hits] == [("c", True, ("a",)), ("b", False, ())]
    assert (results.total, results.preferred, results.rows) == (3, 1, 2)


def test_a_cursor_goes_on_after_a_hit_that_is_gone(engine: Engine) -> None:
    fill(engine, *(Document(name, "same") for name in "abde"))
    key = ask(engine, exact("same")).hits[0].sort_key
    assert ids(ask(engine, exact("same"), after=After(key, "c"))) == ["d", "e"]


def test_recency_goes_by_publication_whichever_date_is_looked_at(engine: Engine) -> None:
    fill(engine, Document("a", "same", published=date(2024, 6, 30), modified=date(1990, 1, 1)))
    one, other = (
        ask(engine, exact("same"), recency=Recency(NOW), date_field=field).hits[0].score
        for field in ("published", "modified")
    )
    assert one == other


def test_there_is_no_explanation_unless_asked_for(engine: Engine) -> None:
    fill(engine, *FLOOD)
    assert {hit.explanation for hit in ask(engine, exact("flood")).hits} == {None}


def test_near_copies_stand_behind_the_best_of_them(engine: Engine) -> None:
    prints = {"a": 2**63 + 5, "b": 0, "c": 2**63 + 4, "d": 0, "e": 2**63 - 6}
    fill(engine, *(Document(name, "one", fingerprint=value) for name, value in prints.items()))
    whole = ask(engine, exact("one"), group=True)
    assert (whole.total, whole.rows) == (5, 4)
    assert [(hit.id, hit.similar) for hit in whole.hits] == [("a", ("c",)), ("b", ()), ("d", ()), ("e", ())]
    second = ask(engine, exact("one"), group=True, offset=1, limit=2)
    assert (second.rows, [hit.id for hit in second.hits]) == (4, ["b", "d"])
    assert {hit.similar for hit in ask(engine, exact("one")).hits} == {None}
    assert ask(engine, exact("one"), group=True, limit=0).rows == 5


def test_hits_say_which_leaves_they_have_and_how_often(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "one two", "One, two; and one."),
        Document("b", "two three", headings=(Heading("Three", 2, 0),)),
        Document("c", "one three", tags=("one",)),
    )
    query = MatchAny((exact("one"), MatchEvery((exact("two"), exact("three"))), MatchNot(exact("four"))))
    found = ask(engine, query, matched=True)
    assert {hit.id: hit.matched for hit in found.hits} == {
        "a": MatchedLeaves((0, 1), (3.0, 2.0), 6),
        "b": MatchedLeaves((1, 2), (1.0, 2.0), 3),
        "c": MatchedLeaves((0, 2), (2.0, 1.0), 3),
    }
    assert {hit.matched for hit in ask(engine, query).hits} == {None}


def test_other_forms_and_phrases_are_counted_where_they_stand(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "bridge", "Bridges, and the bridge. A bridge over water.", language="en"),
        Document("b", "water", "A bridge of water over the bridges over water.", language="en"),
    )
    bridge = MatchTerm(ALL_FIELDS, query_term("bridge", ("en",)))
    query = MatchAny((bridge, phrase("over water"), MatchTerm(("title",), query_term("waters", ("en",)))))
    found = {hit.id: hit.matched for hit in ask(engine, query, matched=True).hits}
    assert found == {
        "a": MatchedLeaves((0, 1), (3.0 + STEM_WEIGHT, 1.0), 9),
        "b": MatchedLeaves((0, 1, 2), (1.0 + STEM_WEIGHT, 1.0, STEM_WEIGHT), 10),
    }


def test_past_the_deadline_an_engine_says_so(engine: Engine) -> None:
    fill(engine, *FLOOD)
    results = ask(engine, phrase("flood water", slop=3), deadline=0.0, timeline=TimelinePlan())
    assert results.timed_out
    assert results.timeline is not None
    assert not ask(engine, phrase("flood water", slop=3), deadline=60.0).timed_out
    assert ask(engine, phrase("flood water", slop=3)).total == 3, "what was cut short is not remembered"
