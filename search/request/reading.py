"""From an address, flags or a body to a request: what `search.request.urls` writes is read back here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic import ValidationError

from search.errors import ParameterError
from search.query.dates import Bound, parse_bounds
from search.query.limits import MAX_LENGTH
from search.request.parameters import ArticleParameters, RelatedBody, SearchParameters, Strict, names, repeated
from search.request.request import MAX_VALUES, Filters, Keywords, SearchRequest
from search.request.urls import PER_PAGE, Rendering
from search.request.validation import check
from search.request.wording import choose_from, quoted, too_long, too_many, unknown
from search.schema import KEYWORD_FIELDS

MAX_QUERY_STRING: Final = 65_536
"""Bytes; longer ones are not even read."""
_MAX_PAIRS: Final = 200
_TRACKING_PREFIX: Final = b"utm_"
_TRACKING: Final = frozenset({b"fbclid", b"gclid", b"msclkid", b"mc_cid", b"mc_eid"})

Model = TypeVar("Model", bound=Strict)


@dataclass(frozen=True, slots=True)
class WayBack:
    """The search that led to an article, and the article's `position` among its hits, from 0; None if not known."""

    request: SearchRequest
    position: int | None = None


def parse_search(query_string: bytes, *, kind: Rendering = "api", time_zone: str = "UTC") -> SearchRequest:
    """The request in the query string of that rendering; `time_zone` is the one meant where it has no `tz`.

    Relative dates stay as they are written. Raises ParameterError.
    """
    return search_request(read(SearchParameters, query_string), kind=kind, time_zone=time_zone)


def parse_article(query_string: bytes, *, time_zone: str = "UTC") -> WayBack | None:
    """The search that led to an article; None where its address names none. Raises ParameterError."""
    parameters = read(ArticleParameters, query_string)
    if not parameters.model_fields_set:
        return None
    return WayBack(search_request(parameters, kind="html", time_zone=time_zone), parameters.position)


def search_request(parameters: SearchParameters, *, kind: Rendering, time_zone: str) -> SearchRequest:
    """The request that the parameters make, with what that rendering usually does where they are silent.

    Raises ParameterError where they contradict each other.
    """
    request = SearchRequest(
        q=parameters.q[: MAX_LENGTH + 1],  # one more than is read, so that the parser warns of the rest
        fields_searched=parameters.in_,
        keywords=_keywords(parameters),
        start=_bound("from", parameters.from_),
        end=_bound("to", parameters.to),
        periods=tuple(sorted((*parameters.year, *parameters.month, *parameters.day))),
        date=parameters.date,
        time_zone=parameters.tz or time_zone,
        sort=parameters.sort,
        operator=parameters.op,
        page=parameters.page,
        per_page=PER_PAGE[kind] if parameters.per_page is None else parameters.per_page,
        cursor=parameters.cursor,
        facets=parameters.facets,
        fields=parameters.fields,
        highlight=parameters.highlight,
        group=parameters.group,
        explain=parameters.explain,
    )
    check(request)
    return request


def read(model: type[Model], query_string: bytes) -> Model:
    """The parameters in that query string. Raises ParameterError like `read_pairs`, and where it is not UTF-8."""
    return read_pairs(model, _pairs(query_string))


def read_pairs(model: type[Model], pairs: Iterable[tuple[str, str]]) -> Model:
    """The parameters in those names and values. An empty value counts as absent, because HTML forms send those.

    Raises ParameterError where one is unknown, stands twice though it may not, or has no valid value.
    """
    known, lists = names(model), repeated(model)
    values: dict[str, str | list[str]] = {}
    for name, value in pairs:
        if name not in known:
            raise ParameterError(_label(name), _no_such(name, model))
        if "\0" in value:
            raise ParameterError(name, "must not hold the null character")
        if name in lists:
            values.setdefault(name, [])
            if value:
                values[name].append(value)  # type: ignore[union-attr]
        elif name in values:
            raise ParameterError(name, "may stand only once")
        else:
            values[name] = value
    return validated(model, {name: value for name, value in values.items() if value})


def validated(model: type[Model], values: Mapping[str, object]) -> Model:
    """The model made of those values; raises ParameterError for the first that does not fit."""
    if sum(len(each) for each in values.values() if isinstance(each, list)) > MAX_VALUES:
        raise ParameterError("parameters", too_many(MAX_VALUES))
    try:
        return model.model_validate(values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        name = str(detail["loc"][0])
        raise ParameterError(_label(name), _in_plain_words(detail, name, model)) from error


def related_body(values: Mapping[str, object]) -> RelatedBody:
    """The draft in a JSON object. Raises ParameterError for a key that is unknown or unfit, and if all are empty."""
    body = validated(RelatedBody, values)
    if not any(text.strip() for text in (body.text, body.title, body.url)):
        sent = next((name for name in ("text", "title", "url") if name in values), None)
        advice = "give a text, a title or the url of an article in the archive"
        raise ParameterError(sent or "text", f"is {'empty' if sent else 'missing'}; {advice}")
    return body


def without_tracking(query_string: bytes) -> bytes:
    """The query string without the marks that mail and social sites hang on links: a page must still open."""
    parts = query_string.split(b"&")
    return b"&".join(part for part in parts if not _is_tracking(part.partition(b"=")[0]))


def _is_tracking(name: bytes) -> bool:
    return name.startswith(_TRACKING_PREFIX) or name in _TRACKING


def _keywords(parameters: SearchParameters) -> Keywords:
    filters = {name: getattr(parameters, name) for name in sorted(KEYWORD_FIELDS)}
    return tuple((name, each) for name, each in filters.items() if each != Filters())


def _bound(name: Literal["from", "to"], text: str) -> Bound | None:
    if not text:
        return None
    try:
        first, last = parse_bounds(text)
    except ValueError as error:
        raise ParameterError(name, str(error)) from error
    return first if name == "from" else last


def _pairs(query_string: bytes) -> Iterable[tuple[str, str]]:
    if query_string.count(b"&") >= _MAX_PAIRS:
        raise ParameterError("parameters", f"there are more than {_MAX_PAIRS} of them")
    for part in query_string.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            decoded = _decoded("parameters", name)
            yield decoded, _decoded(_label(decoded), value)


def _decoded(name: str, raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParameterError(name, "is not valid UTF-8; percent-encode the text as UTF-8") from error


def _label(name: str) -> str:
    """What to call a parameter that may be anything."""
    return quoted(name)[1:-1] or "parameters"


def _no_such(name: str, model: type[Strict]) -> str:
    if issubclass(model, RelatedBody):
        if name == "id":
            return "is not for drafts; ask /api/v1/articles/{id}/related for an article of the archive"
        return f"there is no such key; {choose_from(names(model))}"
    valid = names(model)
    return f"there is no such parameter; {choose_from(valid) if valid else 'this address takes none'}"


def _in_plain_words(detail: Any, name: str, model: type[Strict]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return _no_such(name, model)
        case "value_error":
            return str(context["error"])
        case "literal_error":
            choices = re.findall("'([^']*)'", str(context["expected"]))
            return unknown(detail["input"], choices) if isinstance(detail["input"], str) else choose_from(choices)
        case "string_too_long":
            return too_long(context["max_length"])
        case "string_type":
            return "must be a string"
        case "string_unicode":
            return "holds characters that are no text in UTF-8"
        case "int_type" | "int_from_float" | "int_parsing_size":
            return "must be a whole number"
        case _:
            message = str(detail["msg"])
            return message[:1].lower() + message[1:]
