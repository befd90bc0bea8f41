"""The parameters of every address that answers searches: declared once, validated strictly, documented from here.

An unknown parameter or value is an error that names the valid ones; it is never ignored and never turns into zero hits.
`search.request.reading` reads them and makes a request of them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from search.engines.plan import Sort
from search.query import Operator
from search.query.limits import MAX_LENGTH
from search.request.request import (
    DEFAULT_FACETS,
    HIT_KEYS,
    MAX_PAGE_DEPTH,
    MAX_PER_PAGE,
    Filters,
    Group,
    Highlight,
)
from search.request.values import (
    Between,
    Days,
    Facets,
    FilterValues,
    Months,
    Repeated,
    TimeZone,
    Truth,
    WholeNumber,
    Years,
    array_schema,
    list_of,
    one_of,
)
from search.schema import DATE_FIELDS, TEXT_FIELDS

MAX_REMOVED: Final = 1_000
"""Articles on a page of the list of what was taken down."""
_MAX_DATE: Final = 64
_MAX_CURSOR: Final = 20_000
_MAX_QUERY: Final = 50_000
"""Characters of a query that are accepted; `search.query.limits.MAX_LENGTH` of them are read."""

_FILTER: Final = (
    " Repeat it for OR, put `-` in front of a value for NOT; `_missing` stands for articles without one. "
    "A value that begins with a hyphen or a backslash needs a backslash in front."
)


class Strict(BaseModel):
    """Parameters, each with its reader; what is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Parameters")


class NoParameters(Strict):
    """For addresses that take none."""


class SearchParameters(Strict):
    """The parameters of a search."""

    q: Annotated[str, Field(max_length=_MAX_QUERY, examples=['"post-war" title:reform -draft'])] = Field(
        "",
        description="The query, in the query language. Absent or empty: everything. "
        f"What follows the first {MAX_LENGTH:,} characters is left out, with a warning.",
    )
    in_: Annotated[
        tuple[str, ...], Repeated(joined=True), list_of(tuple(TEXT_FIELDS)), array_schema(enum=[*TEXT_FIELDS])
    ] = Field((), alias="in", description="Fields to search, between commas. Absent: all of them.")
    section: FilterValues = Field(
        Filters(), description="Keep articles of this section or one below it." + _FILTER, examples=[["News > Economy"]]
    )
    tag: FilterValues = Field(Filters(), description="Keep articles with this tag." + _FILTER)
    author: FilterValues = Field(Filters(), description="Keep articles by this author." + _FILTER)
    lang: FilterValues = Field(Filters(), description="Keep articles in this language (BCP 47)." + _FILTER)
    type: FilterValues = Field(Filters(), description="Keep articles of this type." + _FILTER)
    from_: Annotated[str, Field(max_length=_MAX_DATE, examples=["2024-07"])] = Field(
        "", alias="from", description="First day: `2024`, `2024-07`, `2024-07-03`, RFC 3339 or `now-7d`; included."
    )
    to: Annotated[str, Field(max_length=_MAX_DATE, examples=["2024"])] = Field(
        "", description="Last day, written like `from`; included to its end."
    )
    year: Years = Field((), description="Keep articles of this year. Repeat it for OR.", examples=[["2023", "2024"]])
    month: Months = Field((), description="Keep articles of this month. Repeat it for OR.", examples=[["2024-07"]])
    day: Days = Field((), description="Keep articles of this day. Repeat it for OR.", examples=[["2024-07-03"]])
    date: Annotated[str, one_of(DATE_FIELDS), Field(json_schema_extra={"enum": [*DATE_FIELDS]})] = Field(
        "published",
        description="Which date `from`, `to`, `year`, `month`, `day`, `sort`, date facets and timeline mean.",
    )
    tz: TimeZone | None = Field(
        None, description="IANA time zone that days begin in. Absent: the archive's own.", examples=["Europe/Berlin"]
    )
    sort: Sort | None = Field(None, description="Order. Absent: `relevance` with `q`, else `newest`.")
    op: Operator = Field(
        "auto",
        description="How bare words are joined. `auto`: by AND; where fewer than 10 articles have all of them, "
        "those with most of them follow. `and`, `or`: strictly so.",
    )
    page: Annotated[WholeNumber, Field(json_schema_extra={"minimum": 1, "maximum": MAX_PAGE_DEPTH})] = Field(
        1, description="Page of the hits, from 1."
    )
    per_page: Annotated[WholeNumber, Between(0, MAX_PER_PAGE)] | None = Field(
        None, description="Hits on a page. Absent: 10 (20 in Atom and JSON Feed, 100 in CSV). 0: counts only."
    )
    cursor: Annotated[str, Field(min_length=1, max_length=_MAX_CURSOR)] | None = Field(
        None,
        description="In place of `page`, for deep paging: take it from `links.next`. Good for one index generation.",
    )
    facets: Facets = Field(
        DEFAULT_FACETS,
        description="Facets to count, between commas, with the number of values after a colon; "
        "`none` for none, and no timeline either.",
        examples=[["section:10", "month", "author:5"]],
    )
    fields: Annotated[
        tuple[str, ...] | None, Repeated(joined=True), list_of(HIT_KEYS), array_schema(enum=[*HIT_KEYS])
    ] = Field(None, description="Keys of a hit to give, between commas. Absent: all of them.")
    highlight: Highlight = Field(
        "html", description="Matches in `<mark>` (`html`), as spans of plain text (`text`), or no snippets (`off`)."
    )
    group: Group = Field("none", description="`story`: near-copies stand behind the first of them.")
    explain: Truth = Field(False, description="Say of each hit why it stands where it does.")


class SuggestParameters(Strict):
    """The parameters of suggestions."""

    q: Annotated[str, Field(max_length=MAX_LENGTH)] = Field("", description="What is typed so far.")
    limit: Annotated[WholeNumber, Between(1, 50)] = Field(8, description="The most completions to give.")
    format: Literal["json", "opensearch"] | None = Field(
        None,
        description="`opensearch`: the array browsers read, application/x-suggestions+json. Absent: as Accept prefers.",
    )


class RelatedParameters(Strict):
    """The parameters of related articles."""

    mode: Literal["background", "same-days", "follow-ups"] = Field(
        "background", description="What appeared up to its day; within three days of it; or after it."
    )
    limit: Annotated[WholeNumber, Between(1, 50)] = Field(10, description="The most articles to give.")


class RemovedParameters(Strict):
    """The parameters of the list of what was taken down."""

    since: Annotated[str, Field(min_length=1, max_length=_MAX_DATE)] | None = Field(
        None,
        description="Only what has changed since then: a time with its zone, as in RFC 3339.",
        examples=["2024-07-03T12:00:00Z"],
    )
    per_page: Annotated[WholeNumber, Between(1, MAX_REMOVED)] = Field(100, description="The most articles to give.")
    cursor: Annotated[str, Field(min_length=1, max_length=_MAX_DATE)] | None = Field(
        None, description="The place where the next page begins: take it from `links.next`. `*`: the beginning."
    )


class ArticleParameters(SearchParameters):
    """The search an article was found by, and its place among the hits."""

    position: WholeNumber | None = Field(None, description="Place among the hits, from 0.")


class RelatedBody(RelatedParameters):
    """A draft to find related articles for: at least one of `text`, `title` and `url`."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="RelatedBody", strict=True)

    text: str = Field("", max_length=500_000, description="The draft's text, plain.", examples=["The first press came"])
    title: str = Field("", max_length=1_000, description="Its title.", examples=["Printing comes to town"])
    url: str = Field("", max_length=2_000, description="The address of an article in the archive.")
    limit: Annotated[int, Between(1, 50)] = Field(10, description="The most articles to give.")


@cache
def names(model: type[Strict]) -> tuple[str, ...]:
    """The parameters of the model, as they are called in addresses."""
    return tuple(_alias(name, field) for name, field in model.model_fields.items())


@cache
def repeated(model: type[Strict]) -> frozenset[str]:
    """The parameters of the model that may stand several times, as they are called in addresses."""
    return frozenset(_alias(name, field) for name, field in model.model_fields.items() if _repetition(field))


def repetition(model: type[Strict], name: str) -> Repeated | None:
    """Whether, and how, the parameter may have several values."""
    return next((_repetition(field) for key, field in model.model_fields.items() if _alias(key, field) == name), None)


def _alias(name: str, field: Any) -> str:
    return field.alias or name


def _repetition(field: Any) -> Repeated | None:
    return next((row for row in field.metadata if isinstance(row, Repeated)), None)
