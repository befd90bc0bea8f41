"""Explanations of scores, in words that a reader of the archive understands."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from archives import NOW, fill, over
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document, Head
from search.engines.plan import Recency
from search.engines.protocols import Engine
from search.engines.results import Explanation, FieldPart, LeafScore
from search.request.request import SearchRequest
from search.results.explain import age_in_words, explained, listed


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


def test_what_counts_more_without_a_title_is_said() -> None:
    counted = LeafScore("press", 1.0, 500, 1.0, 1.0, 1.0, (FieldPart("body", 2.0, 10, 3.3, 1.67),))
    assert summary(counted).endswith(
        "occurs twice in the text, which counts 1.67 times as much where there is no title"
    )


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


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("bridge", "“bridge”"),
        ("title:bridge", "“title:bridge”"),
        ("brid*", "“brid*”"),
        ('"old bridge"', "“old bridge”"),
        ('"old bridge"~3', '“"old bridge"~3”'),
        ('title:"old bridge"', '“title:"old bridge"”'),
    ],
)
def test_a_leaf_keeps_its_quotation_marks_in_pairs(text: str, quoted: str) -> None:
    assert summary(leaf(text, 9, ("body", 1.0))).startswith(f"{quoted} is rare")


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
        "“treaties” is common (found in 1 of 2 articles) and occurs in another form in the title and in the text; "
        "“peace” is common (found in 2 of 2 articles), has the weight 2 and occurs in the title and twice in the text; "
        "published 12 months ago, so it keeps 90.1% of its score"
    )
    assert near.explanation is not None
    assert near.explanation.summary.startswith('“"peace treaty"~2” is common (found in 1 of 2 articles)')


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


@given(st.floats(-1e6, 1e6))
def test_an_age_is_off_by_half_a_unit_at_most(days: float) -> None:
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


def test_a_list_has_commas_and_one_and() -> None:
    assert [listed(items) for items in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]
