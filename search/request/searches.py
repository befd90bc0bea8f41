"""Several searches in one body: each is an object with the parameters of an address, so both are read by one model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from search.errors import ParameterError
from search.request.parameters import SearchesBody, SearchParameters, Strict
from search.request.reading import label, no_such, read_pairs, search_request, validated
from search.request.request import SearchRequest
from search.translation import gettext as _
from search.translation import gettext_noop

_WANTED: Final = {
    "array": gettext_noop("must be a list of strings"),
    "boolean": gettext_noop("must be true or false"),
    "integer": gettext_noop("must be a whole number"),
    "string": gettext_noop("must be a string"),
}
_BOUND: Final = frozenset({"enum", "minLength", "pattern"})
"""What keeps text from being empty."""
_TYPES: Final[dict[str, type]] = {"array": list, "boolean": bool, "integer": int, "string": str}


def searches_in(body: Mapping[str, object]) -> tuple[Mapping[str, object], ...]:
    """The searches in the body, none of them looked at yet. Raises ParameterError."""
    return validated(SearchesBody, body).searches


def request_in(asked: Mapping[str, object], *, time_zone: str) -> SearchRequest:
    """The search that an object asks for, as the endpoint reads its address. Raises ParameterError."""
    parameters = read_pairs(SearchParameters, _pairs(asked))
    return search_request(parameters, kind="api", time_zone=time_zone)


def _pairs(asked: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    types, free = json_types(SearchParameters), _may_be_empty(SearchParameters)
    for name, value in asked.items():
        if name not in types:
            raise ParameterError(label(name), no_such(name, SearchParameters))
        wanted = types[name]
        if type(value) is not _TYPES[wanted] or (isinstance(value, list) and not all(type(x) is str for x in value)):
            raise ParameterError(name, _(_WANTED[wanted]))
        if (value == "" and name not in free) or (isinstance(value, list) and "" in value):
            raise ParameterError(name, _("must not be empty"))
        for each in value if isinstance(value, list) else (value,):
            yield name, str(each).lower() if isinstance(each, bool) else str(each)


@cache
def _may_be_empty(model: type[Strict]) -> frozenset[str]:
    """The parameters that may be empty text, as their schemas say; in an address, all may, since forms send that."""
    described = model.model_json_schema(by_alias=True)["properties"]
    return frozenset(name for name, schema in described.items() if not _BOUND & _typed(schema).keys())


@cache
def json_types(model: type[Strict]) -> Mapping[str, str]:
    """The JSON type of each parameter of the model, as its schema has it."""
    described = model.model_json_schema(by_alias=True)["properties"]
    return {name: str(_typed(schema)["type"]) for name, schema in described.items()}


def _typed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, or of several the one that is not for null."""
    options = schema.get("anyOf", [schema])
    typed: Mapping[str, Any] = next(option for option in options if option.get("type") != "null")
    return {**schema, **typed}
