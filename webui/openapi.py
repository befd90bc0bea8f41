"""The OpenAPI 3.1 description of the endpoint, made from the types that validate requests and write answers.

So every parameter and every key is in it; the descriptions are the docstrings of the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal

from flask import Blueprint, Response, json, request
from pydantic import TypeAdapter

from search.request.article_body import MAX_ID
from search.request.facets import DATE, FACETS
from search.request.parameters import NoParameters, SearchParameters, Strict, repetition
from search.request.reading import read
from search.request.urls import written_facets
from search.results.as_json import adapter
from search.results.exporting import FORMATS
from webui import api, feeds
from webui.caching import VERSION, conditional, entity_tag
from webui.ndjson import NDJSON
from webui.operations import DESK_OPERATIONS, OPERATIONS, WRITE_OPERATIONS, Operation
from webui.problems import CONTENT_TYPE, Problem
from webui.responses import JSON, OPENAPI
from webui.site import current_site

blueprint = Blueprint("openapi", __name__)

_REFERENCE: Final = "#/components/schemas/{model}"
_CSL_JSON: Final = FORMATS["csl-json"].media_type.partition(";")[0]
_ONE_SEARCH: Final = "SearchOfSeveral"
_Schema = dict[str, Any]
_KEY: Final = "key"
_KEY_SCHEME: Final = {"type": "http", "scheme": "bearer", "description": "A key that `backfile keys add` has made."}

_ERRORS: Final[Mapping[int, str]] = {
    400: "A parameter, the query or the body is not valid; `detail` says what would be.",
    401: "There is no key, or it is not in force (`WWW-Authenticate`).",
    403: "A page of another site asks for it, or the key does not allow it.",
    404: "There is no such article, or no such facet.",
    410: "The article was taken down; `reason` says why, `removed_at` when.",
    413: "The body is too long.",
    415: "The body is not of the type that is asked for.",
    422: "The article cannot be written; `detail` says why.",
    429: "Too much at once, or too many requests; `Retry-After` says when the next one may come.",
    500: "An unexpected error; `incident` is its number in the log.",
    503: "The index cannot answer now.",
}

_TOO_LONG: Final = {
    "414": "The address is too long. The body is a problem document, or empty if the server did not read all of it.",
    "431": "The address is far too long. There is no body.",
}


@blueprint.get("/openapi.json")
def description() -> Response:
    """This description, in OpenAPI 3.1."""
    read(NoParameters, request.query_string)
    site = current_site()
    server = site.absolute(request.script_root or "/")
    title, desk = site.settings.title, site.settings.desk
    tag = entity_tag("", server, title, str(desk))
    return conditional(tag, lambda: Response(json.dumps(document(title, server, desk=desk)), content_type=OPENAPI))


def document(title: str, server: str, *, desk: bool = False) -> _Schema:
    """The description of the archive `title`, served at the address `server`, with its `desk` if it has one."""
    paths: dict[str, _Schema] = {}
    operations = (*OPERATIONS, *WRITE_OPERATIONS, *(DESK_OPERATIONS if desk else ()))
    for operation in operations:
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
        "components": {"schemas": _schemas(operations), "securitySchemes": {_KEY: _KEY_SCHEME}},
    }


@cache
def _schemas(operations: tuple[Operation, ...]) -> _Schema:
    answers = tuple(dict.fromkeys(row.answer for row in operations if row.answer is not None))
    inputs: list[tuple[Any, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        *((type_, "serialization", adapter(type_)) for type_ in (*answers, Problem)),
        *((row.body, "validation", adapter(row.body)) for row in operations if row.body is not None),
    ]
    _, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
    schemas: _Schema = definitions["$defs"]
    bodies = {row.body.__name__ for row in operations if row.body is not None}
    for name, schema in schemas.items():
        schema["description"] = " ".join(schema.get("description", "").split())
        _require(schema, every_key=name not in {*bodies, Problem.__name__})
    hit = schemas["Hit"]
    hit.pop("required", None)
    hit["description"] += " With the parameter `fields`, only the keys it names."
    schemas["SearchesBody"]["properties"]["searches"]["items"] = {"$ref": _REFERENCE.format(model=_ONE_SEARCH)}
    schemas[_ONE_SEARCH] = _one_search()
    return schemas


def _require(schema: _Schema, *, every_key: bool) -> None:
    """Says that an answer always has every key. Defaults are taken out, from bodies too: a generator of types takes a
    key that has one for a key that is always there."""
    properties = schema.get("properties", {})
    for each in properties.values():
        each.pop("default", None)
    if every_key and properties:
        schema["required"] = [*properties]


def _one_search() -> _Schema:
    """A search in a body: the parameters of an address as an object."""
    parameters = {
        row["name"]: row["schema"] | {"description": row["description"]} for row in _query_parameters(SearchParameters)
    }
    for schema in parameters.values():
        schema.pop("default", None)
    described = "A search, by the parameters of its address; what may be repeated there is a list here."
    return {"type": "object", "description": described, "properties": parameters, "additionalProperties": False}


_VISIBLE: Final = r"[^\s\u0000-\u001f\u007f-\u009f]+"


def _operation(operation: Operation) -> _Schema:
    summary, _, rest = (inspect.getdoc(operation.view) or "").partition("\n")
    described: _Schema = {
        "operationId": operation.view.__name__,
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation.parameters, operation.needs)],
        "responses": {str(code): _success(operation, said) for code, said in operation.statuses}
        | {str(code): _failure(code) for code in _errors(operation)},
    }
    if operation.needs_key:
        described["security"] = [{_KEY: []}]
    if operation.conditional and operation.method == "get" and not operation.is_free:
        described["responses"]["304"] = {"description": "Nothing has changed (`If-None-Match`)."}
    if operation.method == "get":
        described["responses"] |= {code: {"description": said} for code, said in _TOO_LONG.items()}
    if operation.moves:
        described["responses"]["301"] = {"description": "The article has another id now (`Location`)."}
    if rest.strip():
        described["description"] = " ".join(rest.split())
    if operation.body is not None:
        content = {_media(operation): {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _media(operation: Operation) -> str:
    return NDJSON if operation.lines else JSON


def _success(operation: Operation, said: str) -> _Schema:
    content: _Schema = {}
    if operation.answer is not None:
        content[_media(operation)] = {"schema": _reference(operation.answer)}
    for media in operation.media:
        content[media] = {"schema": {"type": "array" if media == api.SUGGESTIONS else "string"}}
    for media, type_ in ((feeds.JSON_FEED, "object"), (_CSL_JSON, "array")):
        if media in content:
            content[media] = {"schema": {"type": type_}}
    return {"description": said, "content": content}


def _errors(operation: Operation) -> tuple[int, ...]:
    """The statuses of its errors; what may be asked for without limit is never refused for that."""
    return operation.errors if operation.is_free else tuple(sorted({*operation.errors, 429}))


def _failure(code: int) -> _Schema:
    return {"description": _ERRORS[code], "content": {CONTENT_TYPE: {"schema": _reference(Problem)}}}


def _reference(type_: type) -> _Schema:
    return {"$ref": _REFERENCE.format(model=type_.__name__)}


_NEW_ID: Final = {"minLength": 1, "maxLength": MAX_ID, "pattern": rf"^{_VISIBLE}( {_VISIBLE})*$"}
"""What an article can be written under: as nearly as a schema can say it, see `written_id`."""


def _path_parameters(operation: Operation) -> Iterable[_Schema]:
    path = operation.path
    if "{id}" in path:
        yield {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The article's id, percent-encoded. If a segment of it is empty, `.`, `..`, `related` or "
            "`why-not`, `~` goes before it.",
            "schema": {"type": "string"} | (_NEW_ID if operation.needs_key else {}),
        }

    if "{number}" in path:
        yield {
            "name": "number",
            "in": "path",
            "required": True,
            "description": "The number of the sending.",
            "schema": {"type": "integer", "minimum": 0},
        }

    if "{name}" in path:
        yield {
            "name": "name",
            "in": "path",
            "required": True,
            "description": "The facet.",
            "schema": {"type": "string", "enum": [name for name in FACETS if name != DATE]},
            "example": "tag",
        }


def _query_parameters(model: type[Strict], needed: Iterable[str] = ()) -> Iterable[_Schema]:
    described = model.model_json_schema(by_alias=True)
    properties, required = described.get("properties", {}), (*described.get("required", []), *needed)
    for name, schema in properties.items():
        parameter: _Schema = {"name": name, "in": "query", "description": schema.pop("description", "")}
        repeated = repetition(model, name)
        if repeated is not None:
            parameter |= {"style": "form", "explode": not repeated.joined}
        if name in required:
            parameter["required"] = True
        elif repeated is None:
            parameter["allowEmptyValue"] = True  # which is the same as to leave it out
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
