"""Several searches in one request: each as it would be alone, all of one commit, within the time of one."""

from __future__ import annotations

import json
import threading
from itertools import pairwise
from typing import Any

import pytest
from conftest import ARTICLES
from counting import CountingEngine
from flask import Flask
from flask.testing import FlaskClient
from steady import comes_true
from test_openapi import answers

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app
from webui.site import site_of

PATH = "/api/v1/searches"

RAILS = (
    ({"q": "flood", "per_page": 3}, "q=flood&per_page=3"),
    ({"section": ["News", "-Traffic"], "facets": ["none"]}, "section=News&section=-Traffic&facets=none"),
    ({"q": "bridge", "fields": ["id", "title"], "highlight": "off"}, "q=bridge&fields=id,title&highlight=off"),
    ({"tag": ["river", "weather"], "tag_op": "and", "explain": True}, "tag=river&tag=weather&tag_op=and&explain=true"),
    ({"from": "2024-07", "year": ["2024"], "page": 1, "group": "story"}, "from=2024-07&year=2024&page=1&group=story"),
    ({}, ""),
)  # fmt: skip


def asked(client: FlaskClient, *searches: object) -> list[dict[str, Any]]:
    response = client.post(PATH, json={"searches": searches})
    assert response.status_code == 200, response.text
    return list(json.loads(response.data)["answers"])


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "took_ms"}


@pytest.mark.parametrize(("search", "query_string"), RAILS, ids=lambda row: str(row)[:40])
def test_each_search_is_answered_as_it_is_alone(client: FlaskClient, search: dict[str, Any], query_string: str) -> None:
    [entry] = asked(client, search)
    alone = json.loads(client.get(f"/api/v1/search?{query_string}").data)
    assert entry["problem"] is None
    assert timeless(entry["answer"]) == timeless(alone)


def test_answers_stand_in_the_order_of_the_searches(client: FlaskClient) -> None:
    words = ("flood", "bridge", "zzz", "river")
    found = asked(client, *({"q": word} for word in words))
    assert [entry["answer"]["query"]["text"] for entry in found] == [*words]


@pytest.mark.parametrize(
    ("search", "parameter", "said"),
    [
        ({"q": "(" * 60}, "q", "nested"),
        ({"pagee": 2}, "pagee", "there is no such parameter"),
        ({"page": "2"}, "page", "must be a whole number"),
        ({"page": True}, "page", "must be a whole number"),
        ({"explain": 1}, "explain", "must be true or false"),
        ({"q": None}, "q", "must be a string"),
        ({"section": "News"}, "section", "must be a list of strings"),
        ({"section": [1]}, "section", "must be a list of strings"),
        ({"q": "a\0"}, "q", "null character"),
        ({"cursor": "abc"}, "cursor", ""),
        ({"from": "2025", "to": "2024"}, "from", "later"),
        ({"per_page": 101}, "per_page", "100"),
        ({"tag": ["a"] * 51}, "parameters", "50"),
    ],
)
def test_a_search_that_is_wrong_has_a_problem_of_its_own_and_the_others_their_answers(
    client: FlaskClient, search: dict[str, Any], parameter: str, said: str
) -> None:
    before, wrong, after = asked(client, {"q": "flood"}, search, {"q": "bridge"})
    assert before["answer"]["total"]
    assert after["answer"]["total"]
    assert wrong["answer"] is None
    assert (wrong["problem"]["status"], wrong["problem"]["parameter"]) == (400, parameter)
    assert said in wrong["problem"]["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "is missing"),
        ({"searches": []}, "must not be empty"),
        ({"searches": [{}] * 21}, "20"),
        ({"searches": {}}, "must be a list"),
        ({"searches": ["flood"]}, "objects"),
        ({"searches": [{}], "q": "flood"}, "there is no such parameter"),
    ],
)
def test_a_body_that_is_no_list_of_searches_is_refused_whole(client: FlaskClient, body: object, said: str) -> None:
    response = client.post(PATH, json=body)
    assert response.status_code == 400
    assert said in response.json["detail"]


def test_what_is_no_json_or_too_long_is_refused(client: FlaskClient) -> None:
    assert client.post(PATH, data="q=flood").status_code == 415
    assert client.post(PATH, data="[", content_type="application/json").status_code == 400
    assert client.post(PATH, data=b"[" * 2_000_000, content_type="application/json").status_code == 413
    assert client.post(f"{PATH}?q=flood", json={"searches": [{}]}).status_code == 400
    assert client.get(PATH).status_code == 405


def test_the_answer_fits_its_schema_and_the_body_its_own(client: FlaskClient) -> None:
    description = json.loads(client.get("/openapi.json").data)
    body = {"searches": [*(search for search, _ in RAILS), {"q": "("}, {"page": "x"}]}
    schema = description["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = answers(description, PATH, "200", "application/json", "post")
    accepted = validator.evolve(schema={**schema, "components": description["components"]})
    assert not accepted.is_valid(body)
    assert accepted.is_valid({"searches": body["searches"][:-1]})
    response = client.post(PATH, json=body)
    assert response.headers["Cache-Control"] == "no-store"
    validator.validate(json.loads(response.data))


def test_all_answers_are_of_the_commit_at_which_the_first_began() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    app = create_app(Settings(), engine)
    turns = site_of(app).turns
    body: dict[str, Any] = {}

    def ask() -> None:
        body.update(app.test_client().post(PATH, json={"searches": [{"q": "zeppelin"}, {}]}).json)

    asking = threading.Thread(target=ask)
    with turns.turn():  # the batch has its commit and waits for its first turn
        asking.start()
        assert comes_true(lambda: turns.waiting == 1)
        with engine.writer() as writer:
            writer.add(Document("new", "A zeppelin lands", language="en"))
    asking.join()
    assert [entry["answer"]["total"] for entry in body["answers"]] == [0, len(ARTICLES)]
    assert {entry["answer"]["index"]["generation"] for entry in body["answers"]} == {body["index"]["generation"]}
    assert comes_true(lambda: app.test_client().get("/api/v1/search?q=zeppelin").json["total"] == 1)


def test_together_they_have_the_time_of_one_search(app: Flask) -> None:
    engine = CountingEngine(site_of(app).archive.engine)
    client = create_app(Settings(deadline_seconds=5), engine).test_client()  # type: ignore[arg-type]
    asked(client, *({"q": word} for word in ("flood", "bridge", "river")))
    times = [plan.deadline for plan in engine.searches if plan.deadline is not None]
    assert len(times) >= 3
    assert times[0] <= 5
    assert all(later < earlier for earlier, later in pairwise(times))


def test_a_search_without_time_says_so(app: Flask) -> None:
    hurried = create_app(Settings(deadline_seconds=1e-9), site_of(app).archive.engine).test_client()
    found = asked(hurried, {"q": "flood"}, {"q": "bridge"})
    assert [entry["answer"]["timed_out"] for entry in found] == [True, True]


def test_an_index_that_is_missing_answers_503(tmp_path: Any) -> None:
    client = create_app(Settings(index=f"whoosh:{tmp_path / 'none'}")).test_client()
    response = client.post(PATH, json={"searches": [{}]})
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
