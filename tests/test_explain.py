"""Explanations of scores, in words that a reader of the archive understands."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from search.document import Head
from search.engines.plan import Recency
from search.engines.results import Explanation, FieldPart, LeafScore
from search.results.explain import age_in_words, explained, listed

NOW = datetime(2024, 7, 1, 12, 0, tzinfo=UTC)


def leaf(text: str, articles: int, *parts: tuple[str, float], score: float = 1.0, boost: float = 1.0) -> LeafScore:
    return LeafScore(text, score, articles, 1.0, 1.0, boost, tuple(FieldPart(name, n, 10, 1.0) for name, n in parts))


def summary(
    *leaves: LeafScore, published: date | None = None, recency: float = 1.0, now: datetime | None = None
) -> str:
    head = Head("1", "Title", published=published)
    return explained(Explanation(leaves, recency), head, 1_000, Recency(now) if now else None).summary


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([("title", 1.0)], "occurs in the title"),
        ([("body", 2.0)], "occurs twice in the text"),
        ([("body", 12.0)], "occurs 12 times in the text"),
        ([("title", 1.0), ("body", 2.0)], "occurs in the title and twice in the text"),
        (
            [("title", 1.0), ("headings", 1.0), ("body", 3.0)],
            "occurs in the title, in a heading and 3 times in the text",
        ),
        ([("tags", 0.5)], "occurs in another form in a tag"),
        ([("body", 1.5)], "occurs in several forms about twice in the text"),
        ([("title", 1.0), ("body", 1.5)], "occurs in the title and, in other forms, about twice in the text"),
        (
            [("title", 1.0), ("body", 3.5), ("tags", 0.5)],
            "occurs in the title and, in other forms, about 4 times in the text and in a tag",
        ),
        ([("body", 0.1 + 0.2 + 0.7)], "occurs in the text"),
    ],
)
def test_occurrences_are_counted_in_words(parts: list[tuple[str, float]], words: str) -> None:
    assert summary(leaf("press", 500, *parts)).endswith(words)


@pytest.mark.parametrize(
    ("articles", "rarity"),
    [
        (1, "very rare"),
        (2, "rare"),
        (10, "rare"),
        (11, "uncommon"),
        (100, "uncommon"),
        (101, "common"),
        (1000, "common"),
    ],
)
def test_a_word_is_rare_by_the_share_of_the_articles_that_contain_it(articles: int, rarity: str) -> None:
    said = summary(leaf("press", articles, ("body", 1.0)))
    assert said.startswith(f"“press” is {rarity} (found in {articles:,} of 1,000 articles) and occurs ")


def test_the_word_that_counts_most_comes_first() -> None:
    said = summary(leaf("weak", 9, ("body", 1.0), score=0.5), leaf("strong", 9, ("body", 1.0), score=2.0))
    assert said.index("strong") < said.index("weak")
    assert said.count("; ") == 1


def test_a_weight_that_the_reader_gave_is_named() -> None:
    assert "articles), has the weight 2.5 and occurs in the text" in summary(leaf("press", 9, ("body", 1.0), boost=2.5))


def test_a_phrase_is_quoted_once() -> None:
    assert summary(leaf("“old bridge”", 9, ("body", 1.0))).startswith("“old bridge” is rare")


def test_without_words_that_count_the_summary_says_so() -> None:
    assert summary() == summary(leaf("the", 900)) == "no word of the query affects the score"


@pytest.mark.parametrize(
    ("published", "factor", "words"),
    [
        (date(2024, 6, 29), 1.0, "published this week, so it keeps its whole score"),
        (date(2014, 7, 1), 0.9, "published 10 years ago, so it keeps 90.0% of its score"),
        (None, 0.8, "undated, so it keeps 80% of its score"),
    ],
)
def test_the_age_of_the_article_is_part_of_the_explanation(published: date | None, factor: float, words: str) -> None:
    said = summary(leaf("press", 9, ("body", 1.0)), published=published, recency=factor, now=NOW)
    assert said.endswith("; " + words)
    assert words not in summary(leaf("press", 9, ("body", 1.0)), published=published, recency=factor)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-400, "this week"), (0, "this week"), (6.9, "this week"), (7, "a week ago"), (10.4, "a week ago"),
        (10.5, "2 weeks ago"), (59.9, "9 weeks ago"), (60, "2 months ago"), (729, "24 months ago"),
        (731, "2 years ago"), (36_525, "100 years ago"),
    ],
)  # fmt: skip
def test_ages_are_said_in_round_units(days: float, words: str) -> None:
    assert age_in_words(days) == words


def test_a_list_has_commas_and_one_and() -> None:
    assert [listed(items) for items in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]
