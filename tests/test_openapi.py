"""The description of the endpoint: valid, complete, and true of every answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import ARTICLES
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from search.request.parameters import names
from search.request.urls import quote_id
from webui.openapi import OPERATIONS

EXAMPLES = {
    "q": "flood", "in": "title,body", "section": "News", "tag": "-river", "author": "_missing", "lang": "en",
    "type": "article", "from": "2020", "to": "now-1h", "year": "2024", "month": "2024-07", "day": "2024-07-03",
    "since": "2024-07-03T12:00:00Z", "date": "modified", "tz": "Europe/Berlin", "sort": "oldest",
    "op": "or", "page": "1", "per_page": "5", "cursor": "*", "facets": "section:3,month", "fields": "id,title",
    "highlight": "text", "group": "story", "explain": "true", "limit": "3", "format": "json", "mode": "same-days",
}  # fmt: skip


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    assert response.content_type == "application/vnd.oai.openapi+json;version=3.1"
    return dict(json.loads(response.data))


def answers(
    description: dict[str, Any], path: str, status: str, media: str, method: str = "get"
) -> Draft202012Validator:
    schema = description["paths"][path][method]["responses"][status]["content"][media]["schema"]
    return Draft202012Validator({**schema, "components": description["components"]})


def test_the_description_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(description).validate()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: f"{row.method} {row.path}")
def test_what_is_accepted_is_documented_and_what_is_documented_is_accepted(
    client: FlaskClient, description: dict[str, Any], operation: Any
) -> None:
    documented = description["paths"][operation.path][operation.method]["parameters"]
    in_query = [row["name"] for row in documented if row["in"] == "query"]
    assert tuple(in_query) == names(operation.parameters)
    assert all(row["description"] for row in documented)
    path = operation.path.replace("{id}", "1")
    for name in in_query:
        response = client.open(path, method=operation.method.upper(), query_string={name: EXAMPLES[name]})
        assert response.status_code == 200, (name, response.text)


def test_every_route_for_programs_is_documented(client: FlaskClient, description: dict[str, Any]) -> None:
    rules = {
        rule.rule.replace("<article:id>", "{id}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert rules == {path for path in description["paths"] if path.startswith("/api/")}


@pytest.mark.parametrize(
    ("path", "address"),
    [
        *(("/api/v1/search", f"/api/v1/search?{query}") for query in (
            "", "q=flood", "q=flood&explain=true&group=story", "q=zzz", "q=floood", "fields=id,title", "cursor=*",
            "highlight=off", "highlight=text&q=river", "q=bridge&section=News&tag=-river&from=2024&to=2024-07",
            "per_page=0", "facets=none", "facets=section,author,tag,lang,type,year,month,day", "page=3&per_page=5",
            "q=" + quote('flo* "old bridge" OR title:brücke~'),
        )),
        *(("/api/v1/articles/{id}", f"/api/v1/articles/{quote_id(article.id)}") for article in ARTICLES),
        ("/api/v1/articles/{id}/related", "/api/v1/articles/1/related"),
        ("/api/v1/articles/{id}/related", "/api/v1/articles/1/related?mode=follow-ups"),
        ("/api/v1/suggest", "/api/v1/suggest?q=flo"),
        ("/api/v1/suggest", "/api/v1/suggest"),
        ("/api/v1/sections", "/api/v1/sections"),
        ("/api/v1/status", "/api/v1/status"),
        ("/livez", "/livez"),
        ("/readyz", "/readyz"),
    ],
)  # fmt: skip
def test_every_answer_fits_its_schema(
    client: FlaskClient, description: dict[str, Any], path: str, address: str
) -> None:
    response = client.get(address)
    assert response.status_code == 200, response.text
    answers(description, path, "200", "application/json").validate(json.loads(response.data))


def test_the_answer_to_a_draft_fits_its_schema(client: FlaskClient, description: dict[str, Any]) -> None:
    body = {"text": "A flood closed the old bridge.", "limit": 3}
    schema = description["paths"]["/api/v1/related"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": description["components"]}).validate(body)
    response = client.post("/api/v1/related", json=body)
    answers(description, "/api/v1/related", "200", "application/json", "post").validate(json.loads(response.data))


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/api/v1/search", "/api/v1/search?colour=red", "400"),
        ("/api/v1/search", "/api/v1/search?q=" + "a" * 60_000, "400"),
        ("/api/v1/search", "/api/v1/search?cursor=abc", "400"),
        ("/api/v1/articles/{id}", "/api/v1/articles/nope", "404"),
        ("/api/v1/articles/{id}/related", "/api/v1/articles/nope/related", "404"),
        ("/search.atom", "/search.atom?page=0", "400"),
    ],
)
def test_every_error_fits_its_schema(
    client: FlaskClient, description: dict[str, Any], path: str, address: str, status: str
) -> None:
    response = client.get(address)
    assert response.status_code == int(status)
    answers(description, path, status, "application/problem+json").validate(json.loads(response.data))


def test_the_schemas_catch_what_is_not_an_answer(client: FlaskClient, description: dict[str, Any]) -> None:
    body = json.loads(client.get("/api/v1/search?q=flood").data)
    validator = answers(description, "/api/v1/search", "200", "application/json")
    assert validator.is_valid(body)
    assert not validator.is_valid({**body, "total": "many"})
    del body["links"]
    assert not validator.is_valid(body)


def test_keys_and_types_are_described_in_words(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name in ("SearchResponse", "Hit", "Snippet", "Facet", "Timeline", "Problem", "ArticleAnswer"):
        assert schemas[name]["description"], name
    assert all(operation["summary"] for path in description["paths"].values() for operation in path.values())


REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "http-api.md"


def test_the_reference_names_every_address_and_parameter() -> None:
    text = REFERENCE.read_text("utf-8")
    for operation in OPERATIONS:
        assert f"`{operation.method.upper()} {operation.path}`" in text, operation.path
        for name in names(operation.parameters):
            assert f"| `{name}` |" in text, name


def test_the_reference_names_every_key_of_an_answer(description: dict[str, Any]) -> None:
    text = REFERENCE.read_text("utf-8")
    schemas = description["components"]["schemas"]
    unnamed = {
        f"{name}.{key}" for name, schema in schemas.items() for key in schema["properties"] if f"`{key}`" not in text
    }
    of_explanations = {name for name in unnamed if name.startswith(("Explained", "Applied"))}
    assert unnamed - of_explanations == set()
