"""The arguments of the tools: declared once, validated strictly, and the JSON Schemas that clients are shown.

They carry the names of the endpoint's parameters, but for `query` and `limit`, which models expect; what a search can
mean is read by the code that reads the endpoint's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import ConfigDict, Field

from search.engines.plan import Sort
from search.errors import ParameterError
from search.query.limits import MAX_LENGTH
from search.request.parameters import MAX_NAME, SearchParameters, Strict
from search.request.reading import read_pairs, search_request, validated
from search.request.request import SearchRequest
from search.schema import MAX_VALUE_LENGTH

MAX_RESULTS: Final = 25
"""Articles in one answer: a model reads all of them."""
MAX_PAGE: Final = 100
MAX_READ: Final = 50_000
"""Characters of an article in one answer."""
USUAL_READ: Final = 20_000
MAX_DRAFT: Final = 100_000
"""Characters of a draft that related articles are looked for; ten newspaper pages."""
_MAX_FILTERS: Final = 20
_DAY: Final = r"^(\d{4}(-\d{2}(-\d{2})?)?|now(-\d{1,5}[hdwMy])?|\d{4}-\d{2}-\d{2}[Tt ][0-9:.,+\-Zz]{5,30})$"
_DAY_FORMS: Final = "2024, 2024-07, 2024-07-03, RFC 3339, or now-7d (h, d, w, M, y)"
_AS_IN_THE_ENDPOINT: Final = (
    " Several mean any of them. A hyphen in front excludes the value; `_missing` stands for articles without one."
)
_OWN_NAMES: Final = {"q": "query", "per_page": "limit", "values": "contains", "values_page": "page"}
"""Parameters of the endpoint that are called otherwise here."""

Arguments = TypeVar("Arguments", bound=Strict)
_Values = Annotated[list[Annotated[str, Field(max_length=MAX_VALUE_LENGTH + 1)]], Field(max_length=_MAX_FILTERS)]
_Day = Annotated[str, Field(max_length=64, examples=["2024-07"], json_schema_extra={"pattern": _DAY})]
"""The pattern is for clients; what is wrong with a day is said by the code that reads it."""
_Id = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Query = Annotated[str, Field(max_length=MAX_LENGTH, examples=['"post-war" title:reform -draft'])]


class _Tool(Strict):
    """Arguments come as JSON, so a text in digits is no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Arguments", strict=True)


class Conditions(_Tool):
    """Which articles are meant."""

    section: _Values = Field([], description="Sections, with those below them." + _AS_IN_THE_ENDPOINT)
    tag: _Values = Field([], description="Tags." + _AS_IN_THE_ENDPOINT)
    author: _Values = Field([], description="Authors." + _AS_IN_THE_ENDPOINT)
    lang: _Values = Field([], description="Languages, such as `en`." + _AS_IN_THE_ENDPOINT)
    from_: _Day | None = Field(None, alias="from", description=f"First day of publication: {_DAY_FORMS}; included.")
    to: _Day | None = Field(None, description="Last day of publication, written like `from`; included.")


class SearchArguments(Conditions):
    """What is searched for."""

    query: _Query = Field(
        "",
        description='Words, all of which an article should have; "a phrase", OR, -word, title:word, prefix*. '
        "Empty: the newest articles.",
    )
    sort: Sort | None = Field(None, description="Order. Absent: `relevance` with a query, else `newest`.")
    limit: int = Field(10, ge=1, le=MAX_RESULTS, description="The most articles to give.")
    page: int = Field(1, ge=1, le=MAX_PAGE, description="Page of the results, from 1.")


class FetchArguments(_Tool):
    """Which article is read, and which part of it."""

    id: _Id = Field(description="The article's id, as `search` gives it, or its address.")
    offset: int = Field(0, ge=0, le=10**9, description="The first character to read: `next_offset` of the part before.")
    limit: int = Field(USUAL_READ, ge=500, le=MAX_READ, description="The most characters of the text to give.")


class RelatedArguments(_Tool):
    """What related articles are wanted for: `id`, or a draft as `title` and `text`."""

    id: _Id | None = Field(None, description="The id or the address of an article in the archive.")
    title: str = Field("", max_length=1_000, description="Without `id`: the title of a draft.")
    text: str = Field("", max_length=MAX_DRAFT, description="Without `id`: the text of a draft.")
    mode: Literal["background", "same-days", "follow-ups", "any"] = Field(
        "background", description="What appeared up to its day; within three days of it; after it; or at any time."
    )
    limit: int = Field(10, ge=1, le=MAX_RESULTS, description="The most articles to give.")


class FacetsArguments(Conditions):
    """Which values are counted, among which articles."""

    facet: Literal["section", "author", "tag", "lang", "type", "year", "month", "day"] = Field(
        description="What the articles are counted by."
    )
    query: _Query = Field("", description="Only articles that this query finds, written as for `search`.")
    contains: str = Field("", max_length=MAX_VALUE_LENGTH, description="Only values with this text in their names.")
    page: int = Field(1, ge=1, le=MAX_PAGE, description="Page of the values, of 100 each, from 1.")


def arguments_of(model: type[Arguments], given: Mapping[str, object]) -> Arguments:
    """The arguments in a JSON object; null stands for an absent one. Raises ParameterError."""
    return validated(model, {name: value for name, value in given.items() if value is not None})


def searched_for(arguments: SearchArguments | FacetsArguments, time_zone: str) -> SearchRequest:
    """The search that the arguments ask for, without facets. Raises ParameterError."""
    with_shape = {"facets": "none", "highlight": "text", "sort": getattr(arguments, "sort", None)}
    if isinstance(arguments, SearchArguments):
        with_shape |= {"per_page": str(arguments.limit), "page": str(arguments.page)}
    pairs = [*_condition_pairs(arguments), *((name, value) for name, value in with_shape.items() if value)]
    return search_request(read_pairs(SearchParameters, pairs), kind="api", time_zone=time_zone)


def _condition_pairs(arguments: SearchArguments | FacetsArguments) -> Iterator[tuple[str, str]]:
    yield "q", arguments.query
    for name in ("section", "tag", "author", "lang"):
        yield from ((name, value) for value in getattr(arguments, name))
    yield "from", arguments.from_ or ""
    yield "to", arguments.to or ""


def in_own_names(error: ParameterError) -> ParameterError:
    """The error as a tool calls its arguments."""
    return ParameterError(_OWN_NAMES.get(error.name, error.name), error.reason)


def input_schema(model: type[Strict]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the arguments."""
    return model.model_json_schema(by_alias=True)
