"""The OpenAPI 3.1 description of the endpoint, made from the types that validate requests and write answers.

So every parameter and every key is in it; the descriptions are the docstrings of the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from flask import Blueprint, Response, json, request
from pydantic import TypeAdapter

from search.request.parameters import (
    NoParameters,
    RelatedBody,
    RelatedParameters,
    RemovedParameters,
    SearchParameters,
    Strict,
    SuggestParameters,
    repetition,
)
from search.request.reading import read
from search.request.urls import written_facets
from search.results.as_json import adapter
from search.results.related_response import RelatedResponse
from search.results.response import SearchResponse
from webui import api, discovery, feeds, health, removed
from webui.answers import ArticleAnswer, RemovedAnswer, SectionsAnswer, StatusAnswer, SuggestAnswer
from webui.caching import VERSION, conditional, entity_tag
from webui.health import HealthAnswer
from webui.problems import CONTENT_TYPE, Problem
from webui.site import current_site

blueprint = Blueprint("openapi", __name__)

OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"
_REFERENCE: Final = "#/components/schemas/{model}"
_Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `answer` is the type of its JSON answer; `media` are the types of other answers.
    `moves`: it may lead to another address."""

    method: str
    path: str
    view: Callable[..., Response]
    parameters: type[Strict]
    answer: type | None = None
    media: tuple[str, ...] = ()
    body: type[Strict] | None = None
    moves: bool = False
    errors: tuple[int, ...] = (400, 500, 503)


OPERATIONS: Final = (
    Operation("get", "/api/v1/search", api.search, SearchParameters, SearchResponse),
    Operation(
        "get", "/api/v1/articles/{id}", api.article, NoParameters, ArticleAnswer, moves=True,
        errors=(400, 404, 410, 500, 503),
    ),
    Operation(
        "get", "/api/v1/articles/{id}/related", api.related, RelatedParameters, RelatedResponse, moves=True,
        errors=(400, 404, 410, 500, 503),
    ),
    Operation(
        "post", "/api/v1/related", api.related_to_draft, NoParameters, RelatedResponse, body=RelatedBody,
        errors=(400, 404, 410, 413, 415, 500, 503),
    ),
    Operation("get", "/api/v1/suggest", api.suggest, SuggestParameters, SuggestAnswer, media=(api.SUGGESTIONS,)),
    Operation("get", "/api/v1/sections", api.sections, NoParameters, SectionsAnswer),
    Operation("get", "/api/v1/removed", removed.removals, RemovedParameters, RemovedAnswer),
    Operation("get", "/api/v1/status", api.status, NoParameters, StatusAnswer),
    Operation("get", "/search.atom", feeds.atom, SearchParameters, media=(feeds.ATOM,)),
    Operation("get", "/search.json", feeds.json_feed, SearchParameters, media=(feeds.JSON_FEED,)),
    Operation("get", "/search.csv", feeds.table, SearchParameters, media=("text/csv",)),
    Operation("get", "/opensearch.xml", discovery.description, NoParameters, media=(discovery.OSDD,), errors=(500,)),
    Operation("get", "/livez", health.live, NoParameters, HealthAnswer, errors=(500,)),
    Operation("get", "/readyz", health.ready, NoParameters, HealthAnswer, errors=(500, 503)),
)  # fmt: skip

_ERRORS: Final[Mapping[int, str]] = {
    400: "A parameter, the query or the body is not valid; `detail` says what would be.",
    404: "There is no such article.",
    410: "The article was taken down; `reason` says why, `removed_at` when.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    500: "An unexpected error; `incident` is its number in the log.",
    503: "The index cannot answer now.",
}


@blueprint.get("/openapi.json")
def description() -> Response:
    """This description, in OpenAPI 3.1."""
    read(NoParameters, request.query_string)
    site = current_site()
    server = site.absolute(request.script_root or "/")
    tag = entity_tag("", server, site.settings.title)
    return conditional(tag, lambda: Response(json.dumps(document(site.settings.title, server)), content_type=OPENAPI))


def document(title: str, server: str) -> _Schema:
    """The description of the archive `title`, served at the address `server`."""
    paths: dict[str, _Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: search",
            "version": VERSION,
            "summary": "Full-text search in a news archive.",
            "description": "Unknown parameters are errors, never ignored. Within /api/v1/ keys and parameters are "
            "added but never taken away or given another meaning. Every error is a problem document (RFC 9457).",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


@cache
def _schemas() -> _Schema:
    answers = tuple(dict.fromkeys(row.answer for row in OPERATIONS if row.answer is not None))
    inputs: list[tuple[Any, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        *((type_, "serialization", adapter(type_)) for type_ in (*answers, Problem)),
        *((row.body, "validation", adapter(row.body)) for row in OPERATIONS if row.body is not None),
    ]
    _, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
    schemas: _Schema = definitions["$defs"]
    for schema in schemas.values():
        schema["description"] = " ".join(schema.get("description", "").split())
    hit = schemas["Hit"]
    del hit["required"]
    hit["description"] += " With the parameter `fields`, only the keys it names."
    return schemas


def _operation(operation: Operation) -> _Schema:
    summary, _, rest = (inspect.getdoc(operation.view) or "").partition("\n")
    described: _Schema = {
        "operationId": operation.view.__name__,
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.parameters)],
        "responses": {"200": _success(operation)} | {str(code): _failure(code) for code in operation.errors},
    }
    if operation.method == "get" and operation.errors != (500,) and "health" not in operation.view.__module__:
        described["responses"]["304"] = {"description": "Nothing has changed (`If-None-Match`)."}
    if operation.moves:
        described["responses"]["301"] = {"description": "The article has another id now (`Location`)."}
    if rest.strip():
        described["description"] = " ".join(rest.split())
    if operation.body is not None:
        content = {api.JSON: {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _success(operation: Operation) -> _Schema:
    content: _Schema = {}
    if operation.answer is not None:
        content[api.JSON] = {"schema": _reference(operation.answer)}
    for media in operation.media:
        content[media] = {"schema": {"type": "array" if media == api.SUGGESTIONS else "string"}}
    if feeds.JSON_FEED in content:
        content[feeds.JSON_FEED] = {"schema": {"type": "object"}}
    return {"description": "The answer.", "content": content}


def _failure(code: int) -> _Schema:
    return {"description": _ERRORS[code], "content": {CONTENT_TYPE: {"schema": _reference(Problem)}}}


def _reference(type_: type) -> _Schema:
    return {"$ref": _REFERENCE.format(model=type_.__name__)}


def _path_parameters(path: str) -> Iterable[_Schema]:
    if "{id}" in path:
        yield {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The article's id, percent-encoded. If a segment of it is empty, `.`, `..` or `related`, "
            "`~` goes before it.",
            "schema": {"type": "string"},
        }


def _query_parameters(model: type[Strict]) -> Iterable[_Schema]:
    properties = model.model_json_schema(by_alias=True).get("properties", {})
    for name, schema in properties.items():
        parameter: _Schema = {"name": name, "in": "query", "description": schema.pop("description", "")}
        repeated = repetition(model, name)
        if repeated is not None:
            parameter |= {"style": "form", "explode": not repeated.joined}
        parameter["schema"] = _plain(name, schema)
        yield parameter


def _plain(name: str, schema: _Schema) -> _Schema:
    """The schema without null: the model has null for an absent parameter, which OpenAPI calls "not required"."""
    options = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
    plain = {**schema, **(options[0] if options else {})}
    plain.pop("title", None)
    default = plain.pop("default", None)
    if name == "facets":
        plain["default"] = written_facets(SearchParameters.model_fields["facets"].default).split(",")
    elif isinstance(default, str | int) and default != "":
        plain["default"] = default
    return plain
