"""What is offered beside an answer, asked for over HTTP: every number is what its link finds."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from conftest import ARTICLES
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app

SEARCH = "/api/v1/search"


def asked(client: FlaskClient, **parameters: object) -> dict:
    response = client.get(f"{SEARCH}?{urlencode(parameters, doseq=True)}")
    assert response.status_code == 200, response.text
    return json.loads(response.data)


def dropped(client: FlaskClient, **parameters: object) -> dict[str, int]:
    """What each relaxation leaves out, and what it says is found then; each link is followed."""
    answer = asked(client, **{"op": "and", **parameters})
    assert answer["total"] == 0
    for row in answer["suggestions"]["relax"]:
        assert client.get(row["url"]).json["total"] == row["total"] > 0, row
    return {row["drop"]: row["total"] for row in answer["suggestions"]["relax"]}


@pytest.mark.parametrize(
    ("q", "drop", "total"),
    [
        ("flood zebra", "the word “zebra”", 23),
        ("flood zebra~", "the word “zebra”", 23),
        ("flood =zebra", "the exact word “zebra”", 23),
        ('flood "black zebra"', "the phrase “black zebra”", 23),
        ("flood zeb*", "the words in “zeb…”", 23),
        ("flood ze?ra", "the words like “ze?ra”", 23),
        ("flood section:Zoo", "the section “Zoo”", 23),
        ("flood lang:fr", "the language “fr”", 23),
        ("flood date:1999", "the condition date:1999", 23),
        ("flood (zebra OR giraffe)", "the part (zebra OR giraffe)", 23),
        ("flood zebra", "requiring every word", 23),
        ('"flood bridge"', "the quotation marks", 3),
        ("title:opens title:flood", "the limit of “flood” to the title", 1),
    ],
)
def test_each_part_of_a_query_is_named_and_tried_without(client: FlaskClient, q: str, drop: str, total: int) -> None:
    assert dropped(client, q=q)[drop] == total


@pytest.mark.parametrize(
    ("parameters", "drop", "total"),
    [
        ({"section": "Opinion", "tag": "bridge"}, "the section “Opinion”", 1),
        ({"section": ["Opinion", "Odd"], "tag": "bridge"}, "the section “Opinion” or “Odd”", 1),
        ({"tag": ["bridge", "-bridge2"], "section": "-Traffic"}, "leaving out the section “Traffic”", 1),
        ({"from": "1990", "to": "1995"}, "the dates (1 January 1990 – 31 December 1995)", 3),
        ({"section": "Opinion", "tag": "bridge"}, "any filter", 3),
        ({"in": "summary"}, "the limit to summary", 3),
    ],
)
def test_each_condition_is_named_and_tried_without(
    client: FlaskClient, parameters: dict[str, object], drop: str, total: int
) -> None:
    found = dropped(client, q="bridge", **parameters)
    assert drop in found, found
    assert found[drop] == total


def test_the_search_that_finds_most_comes_first_and_there_are_never_many(client: FlaskClient) -> None:
    answer = asked(
        client,
        q='title:"flood bridge" heading:zebra "old river" flood',
        section="Zoo",
        tag="x",
        **{"from": "1990", "to": "1991"},
    )
    totals = [row["total"] for row in answer["suggestions"]["relax"]]
    assert totals == sorted(totals, reverse=True)
    assert len(totals) <= 6


def test_where_something_is_found_nothing_has_to_be_given_up(client: FlaskClient) -> None:
    assert asked(client, q="flood")["suggestions"]["relax"] == []


def test_a_search_without_a_word_that_is_held_offers_nothing_that_finds_nothing(client: FlaskClient) -> None:
    assert dropped(client, q="zebra") == {}
    assert dropped(client, q="zebra giraffe") == {}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("brigde", "bridge"), ("fluod", "flood"), ("bridgge", "bridge"), ('"old brigde"', '"old bridge"')],
)
def test_a_misspelt_word_is_corrected_with_what_it_finds(client: FlaskClient, typed: str, meant: str) -> None:
    rows = asked(client, q=typed)["suggestions"]["did_you_mean"]
    assert meant in {row["text"] for row in rows}
    for row in rows:
        assert client.get(row["url"]).json["total"] == row["count"] > 0


def test_two_words_that_are_one_and_one_that_is_two_are_found() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for number in range(4):
            writer.add(Document(f"a{number}", "The newspaper", "A newspaper from new york.", language="en"))
    client = create_app(Settings(), engine).test_client()
    assert [row["text"] for row in asked(client, q="news paper")["suggestions"]["did_you_mean"]] == ["newspaper"]
    assert '"new york"' in [row["text"] for row in asked(client, q="newyork")["suggestions"]["did_you_mean"]]


@pytest.mark.parametrize("q", ["12345", "ab", "東京都", "-zebra", "zebr*", "=brigde", "section:Zoo", "!!!"])
def test_what_is_no_word_of_letters_is_not_corrected(client: FlaskClient, q: str) -> None:
    assert asked(client, q=q)["suggestions"]["did_you_mean"] == []


def test_corrections_keep_the_conditions_of_the_search(client: FlaskClient) -> None:
    (row,) = asked(client, q="brigde", section="News", lang="en")["suggestions"]["did_you_mean"]
    assert "section=News" in row["url"]
    assert "lang=en" in row["url"]
    assert row["count"] == asked(client, q=row["text"], section="News", lang="en")["total"]


# --- completions ---------------------------------------------------------------------------------------------------


def completions(client: FlaskClient, q: str, **more: object) -> list[dict]:
    response = client.get("/api/v1/suggest?" + urlencode({"q": q, **more}))
    assert response.status_code == 200
    return json.loads(response.data)["completions"]


@pytest.mark.parametrize("typed", ["f", "fl", "flood b", "FLO", "brü", "bru", "old br", "news", "river r", "the o"])
def test_every_completion_leads_to_what_it_says(client: FlaskClient, typed: str) -> None:
    for row in completions(client, typed):
        response = client.get(row["url"])
        assert response.status_code == 200
        if row["count"] is not None:
            found = client.get(row["url"].replace("/search?", SEARCH + "?")).json["total"]
            assert found == row["count"], row


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_whatever_is_typed_is_completed_or_not_but_never_refused(client: FlaskClient, typed: str) -> None:
    for row in completions(client, typed):
        assert row["text"].strip()
        assert row["url"].startswith("/")


def test_no_completion_is_offered_twice(client: FlaskClient) -> None:
    for typed in ("f", "st", "strange", "bridge", "n"):
        texts = [(row["kind"], row["text"]) for row in completions(client, typed)]
        assert len(texts) == len(set(texts))


def test_browsers_get_four_rows_of_equal_length(client: FlaskClient) -> None:
    typed, texts, notes, addresses = json.loads(client.get("/api/v1/suggest?q=flo&format=opensearch").data)
    assert typed == "flo"
    assert len(texts) == len(notes) == len(addresses) > 0
    assert all(address.startswith("http://localhost/") for address in addresses)


@pytest.mark.parametrize("parameters", ["", "?q=", "?q=%20", "?q=%00", "?q=" + "%22" * 50, "?q=" + "a" * 4000])
def test_nothing_to_complete_is_an_empty_list(client: FlaskClient, parameters: str) -> None:
    response = client.get("/api/v1/suggest" + parameters)
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json["completions"] == []


# --- related -------------------------------------------------------------------------------------------------------


def test_an_article_is_never_related_to_itself(client: FlaskClient) -> None:
    related = 0
    for article in ARTICLES[:6]:
        for mode in ("background", "follow-ups", "same-days"):
            hits = client.get(f"/api/v1/articles/{article.id}/related?mode={mode}").json["hits"]
            assert article.id not in [row["hit"]["id"] for row in hits]
            related += len(hits)
    assert related > 6


def test_words_that_are_shared_stand_in_both_articles(client: FlaskClient) -> None:
    texts = {article.id: f"{article.title} {article.body} {article.summary}".casefold() for article in ARTICLES}
    hits = client.get("/api/v1/articles/1/related?mode=follow-ups").json["hits"]
    assert hits
    for hit in hits:
        assert hit["why"]
        for shared in hit["why"]:
            assert shared["text"].casefold()[:4] in texts["1"]
            assert shared["text"].casefold()[:4] in texts[hit["hit"]["id"]]
