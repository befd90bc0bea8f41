"""From an address, flags or a body to a request: what `search.request.urls` writes is read back here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic import ValidationError

from search.errors import ParameterError
from search.query.dates import Bound, parse_bounds
from search.query.limits import MAX_LENGTH
from search.request.comparison import Comparison
from search.request.desk_parameters import JudgeParameters
from search.request.parameters import (
    MAX_QUERY,
    ArticleParameters,
    CoverageParameters,
    ExportParameters,
    FacetParameters,
    QuestionParameters,
    RelatedBody,
    SearchParameters,
    Strict,
    WhyNotParameters,
    names,
    repeated,
)
from search.request.request import Filters, Keywords, SearchRequest
from search.request.urls import PER_PAGE, Rendering
from search.request.validation import check
from search.request.wording import choose_from, quoted, too_long, too_many, too_short, unknown
from search.schema import KEYWORD_FIELDS
from search.translation import gettext as _
from search.translation import gettext_noop

MAX_QUERY_STRING: Final = 65_536
"""Bytes; longer ones are not even read."""
_MAX_PAIRS: Final = 200
_TRACKING_PREFIX: Final = b"utm_"
_TRACKING: Final = frozenset({b"fbclid", b"gclid", b"msclkid", b"mc_cid", b"mc_eid"})

_REFUSALS: Final = {
    "string_type": gettext_noop("must be a string"),
    "string_unicode": gettext_noop("holds characters that are no text in UTF-8"),
    "missing": gettext_noop("is missing"),
    "tuple_type": gettext_noop("must be a list"),
    "dict_type": gettext_noop("must hold objects only"),
    "too_short": gettext_noop("must not be empty"),
    **dict.fromkeys(
        ("int_type", "int_from_float", "int_parsing_size"),
        gettext_noop("must be a whole number"),
    ),
}
"""What is said of a value that pydantic refuses, by the type of its error; the others say it themselves."""

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


def parse_why_not(query_string: bytes, time_zone: str = "UTC") -> tuple[str, SearchRequest]:
    """The article, by its id or address, "" if none is named, that a search is asked about. Raises ParameterError."""
    parameters = read(WhyNotParameters, query_string)
    return parameters.article.strip(), search_request(parameters, kind="html", time_zone=time_zone)


def parse_facet(query_string: bytes, *, kind: Rendering, time_zone: str) -> tuple[SearchRequest, FacetParameters]:
    """The search whose facet is asked for, and which values of it. Raises ParameterError."""
    parameters = read(FacetParameters, query_string)
    return search_request(parameters, kind=kind, time_zone=time_zone), parameters


def parse_coverage(query_string: bytes, *, time_zone: str) -> Comparison:
    """The searches that are compared; there may be none, or too many. Raises ParameterError."""
    return comparison(read(CoverageParameters, query_string), time_zone=time_zone)


def comparison(parameters: CoverageParameters, *, time_zone: str) -> Comparison:
    """The comparison that the parameters make. Raises ParameterError where they contradict each other."""
    given = {name: value for name, value in parameters if name in SearchParameters.model_fields and name != "q"}
    shared = search_request(SearchParameters.model_construct(**given), kind="html", time_zone=time_zone)
    for query in parameters.q:
        if len(query) > MAX_QUERY:
            raise ParameterError("q", too_long(MAX_QUERY))
        check(replace(shared, q=query))
    return Comparison(tuple(query[: MAX_LENGTH + 1] for query in parameters.q), shared)


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
        bars=parameters.bars,
    )
    check(request)
    return request


def export_request(parameters: ExportParameters, *, time_zone: str) -> SearchRequest:
    """The search whose hits are all asked for. Raises ParameterError where the parameters contradict each other."""
    return _search_of(parameters, "csv", time_zone)


def parse_judging(query_string: bytes, *, time_zone: str) -> tuple[SearchRequest, JudgeParameters]:
    """The search whose hits are judged, by relevance and without facets, and which of them. Raises ParameterError."""
    parameters = read(JudgeParameters, query_string)
    request = _search_of(parameters, "html", time_zone)
    return replace(request, sort=None, facets=()), parameters


def _search_of(parameters: QuestionParameters, kind: Rendering, time_zone: str) -> SearchRequest:
    """The search in parameters that have others of their own beside it."""
    shared = {name: value for name, value in parameters if name in SearchParameters.model_fields}
    return search_request(SearchParameters.model_construct(**shared), kind=kind, time_zone=time_zone)


def read(model: type[Model], query_string: bytes) -> Model:
    """The parameters in that query string. Raises ParameterError like `read_pairs`, and where it is not UTF-8."""
    return read_pairs(model, query_pairs(query_string))


def query_pairs(query_string: bytes) -> Iterable[tuple[str, str]]:
    """The names and values in a query string. Raises ParameterError where it is not UTF-8, or has too many of them."""
    if query_string.count(b"&") >= _MAX_PAIRS:
        raise ParameterError("parameters", _("there are more than %(n)s of them", n=_MAX_PAIRS))
    for part in query_string.split(b"&"):
        if part:
            name, _equals, value = part.partition(b"=")
            decoded = _decoded("parameters", name)
            yield decoded, _decoded(label(decoded), value)


def read_pairs(model: type[Model], pairs: Iterable[tuple[str, str]]) -> Model:
    """The parameters in those names and values. An empty value counts as absent, because HTML forms send those.

    Raises ParameterError where one is unknown, stands twice though it may not, or has no valid value.
    """
    known, lists = names(model), repeated(model)
    values: dict[str, str | list[str]] = {}
    for name, value in pairs:
        if name not in known:
            raise ParameterError(label(name), no_such(name, model))
        if "\0" in value:
            raise ParameterError(name, _("must not hold the null character"))
        if name in lists:
            values.setdefault(name, [])
            if value:
                values[name].append(value)  # type: ignore[union-attr]
        elif name in values:
            raise ParameterError(name, _("may stand only once"))
        else:
            values[name] = value
    return validated(model, {name: value for name, value in values.items() if value})


def validated(model: type[Model], values: Mapping[str, object]) -> Model:
    """The model made of those values; raises ParameterError for the first that does not fit."""
    if sum(len(each) for each in values.values() if isinstance(each, list)) > model.most_values:
        raise ParameterError("parameters", too_many(model.most_values))
    try:
        return model.model_validate(values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        # Pydantic says of a key that is no text in UTF-8 only that, and not where it stands.
        name = str(detail["loc"][0] if detail["loc"] else detail["input"])
        raise ParameterError(label(name), _in_plain_words(detail, name, model)) from error


def related_body(values: Mapping[str, object]) -> RelatedBody:
    """The draft in a JSON object. Raises ParameterError for a key that is unknown or unfit, and if all are empty."""
    body = validated(RelatedBody, values)
    if not any(text.strip() for text in (body.text, body.title, body.url)):
        sent = next((name for name in ("text", "title", "url") if name in values), None)
        if sent:
            raise ParameterError(sent, _("is empty; give a text, a title or the url of an article in the archive"))
        raise ParameterError("text", _("is missing; give a text, a title or the url of an article in the archive"))
    return body


def without_tracking(query_string: bytes) -> bytes:
    """The query string without the marks that mail and social sites hang on links: a page must still open."""
    parts = query_string.split(b"&")
    return b"&".join(part for part in parts if not _is_tracking(part.partition(b"=")[0]))


def _is_tracking(name: bytes) -> bool:
    return name.startswith(_TRACKING_PREFIX) or name in _TRACKING


def _keywords(parameters: SearchParameters) -> Keywords:
    filters = {name: _joined(name, parameters) for name in sorted(KEYWORD_FIELDS)}
    return tuple((name, each) for name, each in filters.items() if each != Filters())


def _joined(name: str, parameters: SearchParameters) -> Filters:
    filters: Filters = getattr(parameters, name)
    return filters.joined_by(getattr(parameters, f"{name}_op")) if KEYWORD_FIELDS[name].several else filters


def _bound(name: Literal["from", "to"], text: str) -> Bound | None:
    if not text:
        return None
    try:
        first, last = parse_bounds(text)
    except ValueError as error:
        raise ParameterError(name, str(error)) from error
    return first if name == "from" else last


def _decoded(name: str, raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParameterError(name, _("is not valid UTF-8; percent-encode the text as UTF-8")) from error


def label(name: str) -> str:
    """What to call a parameter that may be anything."""
    return quoted(name)[1:-1] or "parameters"


def no_such(name: str, model: type[Strict]) -> str:
    """What is said of a name that is no parameter of the model."""
    if issubclass(model, RelatedBody):
        if name == "id":
            address = "/api/v1/articles/{id}/related"
            return _("is not for drafts; ask %(address)s for an article of the archive", address=address)
        return _("there is no such key; choose from %(names)s", names=", ".join(names(model)))
    valid = names(model)
    if not valid:
        return _("there is no such parameter; this address takes none")
    return _("there is no such parameter; choose from %(names)s", names=", ".join(valid))


def _in_plain_words(detail: Any, name: str, model: type[Strict]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return no_such(name, model)
        case "value_error":
            return str(context["error"])
        case "literal_error":
            choices = re.findall("'([^']*)'", str(context["expected"]))
            return unknown(detail["input"], choices) if isinstance(detail["input"], str) else choose_from(choices)
        case "string_too_long":
            return too_long(context["max_length"])
        case "too_long":
            return _("must hold at most %(n)s", n=context["max_length"])
        case "string_too_short":
            return too_short(context["min_length"])
        case "string_pattern_mismatch" if (example := _example(name, model)) is not None:
            return _("must be written as in %(example)s", example=example)
        case kind if kind in _REFUSALS:
            return _(_REFUSALS[kind])
        case _kind:
            message = str(detail["msg"])
            return message[:1].lower() + message[1:]


def _example(name: str, model: type[Strict]) -> object | None:
    field = model.model_fields.get(name)
    return field.examples[0] if field is not None and field.examples else None
