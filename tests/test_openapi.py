"""The description of the endpoint: valid, complete, and true of every answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import ARTICLES
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from search.request.desk_parameters import MAX_JUDGED
from search.request.parameters import names
from search.request.urls import quote_id
from webui.openapi import document
from webui.operations import OPERATIONS
from webui.responses import JSON

EXAMPLES = {
    "q": "flood", "in": "title,body", "section": "News", "tag": "-river", "author": "_missing", "lang": "en",
    "type": "article", "from": "2020", "to": "now-1h", "year": "2024", "month": "2024-07", "day": "2024-07-03",
    "since": "2024-07-03T12:00:00Z", "date": "modified", "tz": "Europe/Berlin", "sort": "oldest",
    "section_op": "and", "tag_op": "or", "author_op": "and", "values": "a", "values_sort": "name", "values_page": "2",
    "op": "or", "page": "1", "per_page": "5", "cursor": "*", "facets": "section:3,month", "fields": "id,title",
    "highlight": "text", "group": "story", "explain": "true", "bars": "share", "limit": "3", "half_life": "30",
    "snippets": "true", "format": "json", "mode": "same-days", "letter": "A", "on": "07-03",
}  # fmt: skip


OTHERWISE = {"/api/v1/export": {"format": "csv"}, "/api/v1/cite": {"format": "ris", "id": "1"}}
"""Values that only one address takes."""
NEEDED = {"/api/v1/cite": {"id": "1"}, "/api/v1/coverage": {"q": "flood"}}
"""What an address cannot do without."""


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
    path = operation.path.replace("{id}", "1").replace("{name}", "tag")
    asked, example = NEEDED.get(operation.path, {}), EXAMPLES | OTHERWISE.get(operation.path, {})
    if "link" in in_query:
        asked = asked | {"link": client.get("/api/v1/save?q=flood").json["link"]}
    for name in in_query:
        given = {name: example[name]} if name in example else {}
        response = client.open(path, method=operation.method.upper(), query_string=given | asked)
        assert response.status_code == 200, (name, response.text)


def test_every_route_for_programs_is_documented(client: FlaskClient, description: dict[str, Any]) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
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
        ("/api/v1/facets/{name}", "/api/v1/facets/author?q=flood&values=mel&values_sort=name"),
        ("/api/v1/facets/{name}", "/api/v1/facets/section?section=News&section_op=or&values_page=2"),
        ("/api/v1/suggest", "/api/v1/suggest?q=flo"),
        ("/api/v1/suggest", "/api/v1/suggest"),
        ("/api/v1/sections", "/api/v1/sections"),
        ("/api/v1/calendar", "/api/v1/calendar"),
        ("/api/v1/calendar", "/api/v1/calendar?year=1800"),
        ("/api/v1/authors", "/api/v1/authors?letter=A"),
        ("/api/v1/on-this-day", "/api/v1/on-this-day?on=07-03"),
        ("/api/v1/coverage", "/api/v1/coverage?q=flood&q=bridge&q=zzz&bars=share"),
        ("/api/v1/coverage", "/api/v1/coverage?q=br%C3%BCcke&section=Nachrichten&from=2024-07&tz=Europe/Berlin"),
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
        ("/api/v1/coverage", "/api/v1/coverage", "400"),
        ("/api/v1/coverage", "/api/v1/coverage?q=a&q=b&q=c&q=d&q=e", "400"),
        ("/api/v1/coverage", "/api/v1/coverage?q=flood&q=(", "400"),
        ("/api/v1/articles/{id}", "/api/v1/articles/nope", "404"),
        ("/api/v1/facets/{name}", "/api/v1/facets/date", "404"),
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


def _parameters(description: dict[str, Any], path: str) -> dict[str, Any]:
    return {row["name"]: row for row in description["paths"][path]["get"]["parameters"]}


def test_a_list_says_how_many_values_it_may_have(description: dict[str, Any]) -> None:
    ids = _parameters(description, "/api/v1/cite")["id"]["schema"]
    assert (ids["minItems"], ids["maxItems"], ids["items"]) == (1, 100, {"type": "string", "minLength": 1})
    compared = _parameters(description, "/api/v1/coverage")["q"]["schema"]
    assert (compared["minItems"], compared["maxItems"]) == (1, 4)
    assert _parameters(description, "/api/v1/search")["tag"]["schema"]["maxItems"] == 50
    assert "maxItems" not in _parameters(description, "/api/v1/search")["in"]["schema"]


def test_what_an_address_cannot_do_without_is_required_and_all_else_may_be_empty(
    client: FlaskClient, description: dict[str, Any]
) -> None:
    for path, name in (("/api/v1/cite", "id"), ("/api/v1/coverage", "q"), ("/api/v1/saved", "link")):
        assert _parameters(description, path)[name]["required"], path
        assert client.get(path).status_code == 400
    for name, row in _parameters(description, "/api/v1/search").items():
        assert row.get("allowEmptyValue") or row["schema"]["type"] == "array", name
        assert client.get(f"/api/v1/search?{name}=").status_code == 200


def test_an_answer_has_every_key_and_none_has_a_default(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        assert not any("default" in row for row in schema["properties"].values()), name
    hit = description["components"]["schemas"]["RelatedHit"]
    assert set(hit["required"]) == set(hit["properties"])
    assert "required" not in description["components"]["schemas"]["Hit"]


def test_every_kind_of_file_is_what_its_schema_says(client: FlaskClient, description: dict[str, Any]) -> None:
    for path in ("/api/v1/export", "/api/v1/cite"):
        content = description["paths"][path]["get"]["responses"]["200"]["content"]
        kinds = {media: row["schema"]["type"] for media, row in content.items()}
        response = client.get(f"{path}?format=csl-json{'&id=1' if path.endswith('cite') else ''}")
        assert kinds[response.mimetype] == "array"
        assert isinstance(json.loads(response.data), list)
        assert set(kinds.values()) == {"array", "string"}


def test_an_integer_may_be_written_with_a_fraction_of_nothing(client: FlaskClient) -> None:
    for limit in ("3.0", "3e0", "3"):
        response = client.post("/api/v1/related", data=f'{{"text": "flood", "limit": {limit}}}', content_type=JSON)
        assert response.status_code == 200, limit
    for limit in ("3.5", "1e400", "-1e400", "1e300", "NaN"):
        response = client.post("/api/v1/related", data=f'{{"text": "flood", "limit": {limit}}}', content_type=JSON)
        assert response.status_code == 400, limit


def test_an_address_that_is_too_long_is_described(client: FlaskClient, description: dict[str, Any]) -> None:
    assert client.get("/api/v1/search?q=" + "a" * 70_000).status_code == 414
    for path, methods in description["paths"].items():
        if "get" in methods:
            assert {"414", "431"} <= methods["get"]["responses"].keys(), path


def test_a_query_to_be_judged_is_as_long_as_the_description_says() -> None:
    described = document("Any", "http://localhost", desk=True)
    asked = {row["name"]: row for row in described["paths"]["/api/v1/desk/judgements"]["get"]["parameters"]}
    body = described["components"]["schemas"]["JudgementBody"]["properties"]
    assert asked["q"]["schema"]["maxLength"] == body["q"]["maxLength"] == MAX_JUDGED


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
