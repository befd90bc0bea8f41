"""Explanations: what an engine counted, as sentences that a reader understands."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from archives import NOW, fill, over
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document, Head
from search.engines.base import Engine, Explanation, FieldPart, LeafScore, Recency
from search.request.request import SearchRequest
from search.results.explain import age_in_words, explained, listed

HEAD = Document("a", "Title", "body", published=date(2024, 6, 28)).head()


def leaf(text: str, *parts: FieldPart, score: float = 1.0, articles: int = 1, boost: float = 1.0) -> LeafScore:
    return LeafScore(text, score, articles, 1.0, score, boost, parts)


def part(field: str, frequency: float) -> FieldPart:
    return FieldPart(field, frequency, 10, frequency)


def summary(*leaves: LeafScore, articles: int = 1000, head: Head = HEAD, recency: float | None = None) -> str:
    now = None if recency is None else Recency(NOW)
    return explained(Explanation(leaves, 1.0 if recency is None else recency), head, articles, now).summary


@pytest.mark.parametrize(
    ("articles", "rarity"), [(1, "very rare"), (2, "rare"), (10, "rare"), (11, "not common"), (100, "not common"),
                             (101, "common"), (1000, "common")],
)  # fmt: skip
def test_rarity_is_the_share_of_articles_that_hold_a_word(articles: int, rarity: str) -> None:
    assert summary(leaf("war", part("title", 1.0), articles=articles)) == (
        f"“war” is {rarity} (found in {articles:,} of 1,000 articles) and occurs in the title"
    )


@pytest.mark.parametrize(
    ("field", "frequency", "words"),
    [
        ("title", 1.0, "in the title"),
        ("headings", 1.0, "in a heading"),
        ("summary", 2.0, "2 times in the summary"),
        ("body", 7.0, "7 times in the text"),
        ("author", 1.0, "in the author's name"),
        ("tags", 1.0, "in a tag"),
        ("body", 0.8, "in the text (in another form)"),
        ("body", 1.8, "about 2 times in the text (also in other forms)"),
        ("body", 3.0000000000001, "about 3 times in the text (also in other forms)"),
    ],
)
def test_occurrences_are_counted_by_field(field: str, frequency: float, words: str) -> None:
    assert summary(leaf("war", part(field, frequency))).endswith(f"and occurs {words}")


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("war", "“war”"),
        ("title:war", "“title:war”"),
        ("wa*", "“wa*”"),
        ("war~1", "“war~1”"),
        ('"peace treaty"', "“peace treaty”"),
        ('"peace treaty"~3', '“"peace treaty"~3”'),
        ('title:"peace treaty"', '“title:"peace treaty"”'),
    ],
)
def test_a_leaf_keeps_its_own_quotation_marks_in_pairs(text: str, quoted: str) -> None:
    assert summary(leaf(text, part("body", 1.0))).startswith(f"{quoted} is very rare")


def test_leaves_come_by_score_and_are_joined() -> None:
    found = summary(leaf("b", part("body", 1.0), score=1.0), leaf("a", part("title", 1.0), score=2.0, boost=2.5))
    assert [sentence.split(" ")[0] for sentence in found.split("; ")] == ["“a”", "“b”"]
    assert "articles), weighed 2.5 times and occurs in the title" in found


def test_a_hit_without_a_word_that_counts_says_so() -> None:
    assert summary() == "no word of the query counts for the score"
    assert (
        summary(recency=0.9)
        == "no word of the query counts for the score; published this week, so it keeps 90.0% of its score"
    )


@pytest.mark.parametrize(
    ("published", "factor", "words"),
    [
        (date(2024, 6, 28), 1.0, "published this week, so it keeps its whole score"),
        (date(2024, 6, 20), 0.9996, "published 2 weeks ago, so it keeps its whole score"),
        (datetime(2023, 7, 1, 12, tzinfo=UTC), 0.901, "published 12 months ago, so it keeps 90.1% of its score"),
        (date(1850, 1, 1), 0.8, "published 174 years ago, so it keeps 80.0% of its score"),
        (None, 0.8, "undated, so it keeps 80% of its score"),
    ],
)
def test_recency_is_told_with_the_age(published: date | datetime | None, factor: float, words: str) -> None:
    head = Document("a", "Title", "body", published=published).head()
    assert summary(leaf("war", part("title", 1.0)), head=head, recency=factor).endswith("; " + words)


@given(st.floats(-1e6, 1e6))
def test_an_age_reads_as_a_span_of_about_that_length(days: float) -> None:
    words = age_in_words(days)
    if words == "this week":
        assert days < 7
        return
    number, unit, ago = words.split()
    length = {"week": 7, "weeks": 7, "months": 30.44, "years": 365.25}[unit]
    count = 1 if number == "a" else int(number)
    assert ago == "ago"
    assert count >= 2 or unit == "week"
    assert abs(count * length - days) <= length / 2 + 0.1


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_reads_as_a_sentence(items: list[str], text: str) -> None:
    assert listed(items) == text


def test_every_engine_explains_alike(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "Peace treaty", "The treaty of peace was signed; peace at last.", language="en",
                 published=date(2023, 7, 1)),
        Document("b", "War", "Peace, not war.", language="en"),
    )  # fmt: skip
    with over(engine, NOW).pinned() as archive:
        [first, _] = archive.search(SearchRequest(q="peace^2 OR treaties", explain=True)).hits
        [near] = archive.search(SearchRequest(q='"peace treaty"~2', explain=True)).hits
    assert first.explanation is not None
    assert first.explanation.summary == (
        "“treaties” is common (found in 1 of 2 articles) and occurs in the title (in another form) and in the text "
        "(in another form); “peace” is common (found in 2 of 2 articles), weighed 2 times and occurs in the title and "
        "2 times in the text; published 12 months ago, so it keeps 90.1% of its score"
    )
    assert near.explanation is not None
    assert near.explanation.summary.startswith('“"peace treaty"~2” is common (found in 1 of 2 articles)')
