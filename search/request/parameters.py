"""The parameters of every address that answers searches: declared once, validated strictly, documented from here.

An unknown parameter or value is an error that names the valid ones; it is never ignored and never turns into zero hits.
`search.request.reading` reads them and makes a request of them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from search.engines.plan import Sort
from search.query import Operator
from search.query.limits import MAX_LENGTH
from search.request.comparison import MOST as MOST_COMPARED
from search.request.request import (
    DEFAULT_FACETS,
    HIT_KEYS,
    MAX_PAGE_DEPTH,
    MAX_PER_PAGE,
    MAX_VALUES,
    Bars,
    Filters,
    Group,
    Highlight,
    Joined,
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
from search.schema import DATE_FIELDS, MAX_VALUE_LENGTH, TEXT_FIELDS

MAX_CITED: Final = 100
"""Articles that are asked for by their ids at once."""
MAX_HALF_LIFE: Final = 36_500
"""Days; a century is as good as for ever."""
MAX_REMOVED: Final = 1_000
"""Articles on a page of the list of what was taken down."""
MAX_SEARCHES: Final = 20
"""Searches in one body: the rails of a page."""
MAX_TEXT_SENT: Final = 500_000
"""Characters of a draft that are accepted."""
FORMAT_NAMES: Final = ("csv", "ndjson", "bibtex", "ris", "csl-json", "text")
"""The kinds of files: see `search.results.exporting.FORMATS`."""
_MAX_DATE: Final = 64
MAX_NAME: Final = 4_000
"""Characters of an id or an address."""
_MAX_CURSOR: Final = 20_000
MAX_QUERY: Final = 50_000
"""Characters of a query that are accepted; `search.query.limits.MAX_LENGTH` of them are read."""

_REST: Final = (
    " Put `-` in front of a value for NOT; `_missing` stands for articles without one. "
    "A value that begins with a hyphen or a backslash needs a backslash in front."
)
_ANY: Final = " Repeat it for OR." + _REST
_FILTER: Final = " Repeat it for OR; the parameter with `_op` in its name makes that AND." + _REST
_JOINED: Final = (
    " `or`: articles with any of them, which is meant where nothing is said; `and`: those with all of them. "
    "Beside a single value it says only how `toggle_url` adds another one: by `and` where nothing is said."
)


class Strict(BaseModel):
    """Parameters, each with its reader; what is not declared is refused. `most_values`: of all lists together."""

    most_values: ClassVar[int] = MAX_VALUES
    model_config = ConfigDict(extra="forbid", frozen=True, title="Parameters")


class NoParameters(Strict):
    """For addresses that take none."""


class WritesParameters(Strict):
    """The parameters of the list of what was sent."""

    state: Literal["failed", "queued"] = Field("failed", description="`failed`: set aside. `queued`: not written yet.")
    limit: Annotated[WholeNumber, Between(1, 1_000)] = Field(100, description="The most sendings to give.")


_OPERATOR: Any = Field(
    "auto",
    description="How bare words are joined. `auto`: by AND; where fewer than 10 articles have all of them, "
    "those with most of them follow. `and`, `or`: strictly so.",
)


class ConditionParameters(Strict):
    """Which articles are searched."""

    in_: Annotated[
        tuple[str, ...],
        Repeated(joined=True),
        list_of(tuple(TEXT_FIELDS)),
        array_schema(most=None, enum=[*TEXT_FIELDS]),
    ] = Field((), alias="in", description="Fields to search, between commas. Absent: all of them.")
    section: FilterValues = Field(
        Filters(), description="Keep articles of this section or one below it." + _FILTER, examples=[["News > Economy"]]
    )
    section_op: Joined | None = Field(None, description="How several sections are joined." + _JOINED)
    tag: FilterValues = Field(Filters(), description="Keep articles with this tag." + _FILTER)
    tag_op: Joined | None = Field(None, description="How several tags are joined." + _JOINED)
    author: FilterValues = Field(Filters(), description="Keep articles by this author." + _FILTER)
    author_op: Joined | None = Field(None, description="How several authors are joined." + _JOINED)
    lang: FilterValues = Field(Filters(), description="Keep articles in this language (BCP 47)." + _ANY)
    type: FilterValues = Field(Filters(), description="Keep articles of this type." + _ANY)
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


class _Query(Strict):
    """A query. A class of its own, so that it stands before the conditions wherever parameters are listed."""

    q: Annotated[str, Field(max_length=MAX_QUERY, examples=['"post-war" title:reform -draft'])] = Field(
        "",
        description="The query, in the query language. Absent or empty: everything. "
        f"What follows the first {MAX_LENGTH:,} characters is left out, with a warning.",
    )


class QuestionParameters(ConditionParameters, _Query):
    """Which articles a search finds, and in what order."""

    sort: Sort | None = Field(None, description="Order. Absent: `relevance` with `q`, else `newest`.")
    op: Operator = _OPERATOR


class SearchParameters(QuestionParameters):
    """The parameters of a search."""

    page: Annotated[WholeNumber, Field(json_schema_extra={"minimum": 1, "maximum": MAX_PAGE_DEPTH})] = Field(
        1, description="Page of the hits, from 1."
    )
    per_page: Annotated[WholeNumber, Between(0, MAX_PER_PAGE)] | None = Field(
        None, description="Hits on a page. Absent: 10 (20 in feeds, 100 in a page of CSV). 0: counts only."
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
        tuple[str, ...] | None, Repeated(joined=True), list_of(HIT_KEYS), array_schema(most=None, enum=[*HIT_KEYS])
    ] = Field(None, description="Keys of a hit to give, between commas. Absent: all of them.")
    highlight: Highlight = Field(
        "html", description="Matches in `<mark>` (`html`), as spans of plain text (`text`), or no snippets (`off`)."
    )
    group: Group = Field("none", description="`story`: near-copies stand behind the first of them.")
    explain: Truth = Field(False, description="Say of each hit why it stands where it does.")
    bars: Bars = Field(
        "count",
        description="What the bars of the page's timeline stand for: the articles found (`count`), or their part of "
        "all articles that the archive holds of that time (`share`). The answer as data has both numbers.",
    )


class _Queries(Strict):
    """Several queries, which stand before the conditions."""

    q: Annotated[tuple[str, ...], Repeated(), array_schema(least=1, most=MOST_COMPARED, minLength=1)] = Field(
        (),
        description=f"A query, in the query language. Repeat it for more, up to {MOST_COMPARED}. "
        f"What follows the first {MAX_LENGTH:,} characters is left out, with a warning.",
        examples=[["flood", "drought"]],
    )


class CoverageParameters(ConditionParameters, _Queries):
    """The searches that are compared, and the conditions that they share."""

    op: Operator = _OPERATOR
    bars: Bars = Field(
        "count",
        description="What the lines of the page's chart stand for: the articles found (`count`), or their part of all "
        "articles that the archive holds of that time (`share`). The answer as data has both numbers.",
    )


class FacetParameters(SearchParameters):
    """The search whose facet it is, and which of its values are asked for."""

    values: Annotated[str, Field(max_length=MAX_VALUE_LENGTH, examples=["gut"])] = Field(
        "", description="What the values contain, without regard to case and accents. Absent: all values."
    )
    values_sort: Literal["count", "name"] = Field("count", description="Order of the values.")
    values_page: Annotated[WholeNumber, Between(1, 1_000)] = Field(
        1, description="Page of the values, of 100 each, from 1."
    )


class SuggestParameters(Strict):
    """The parameters of suggestions."""

    q: Annotated[str, Field(max_length=MAX_LENGTH)] = Field("", description="What is typed so far.")
    limit: Annotated[WholeNumber, Between(1, 50)] = Field(8, description="The most completions to give.")
    format: Literal["json", "opensearch"] | None = Field(
        None,
        description="`opensearch`: the array browsers read, application/x-suggestions+json. Absent: as Accept prefers.",
    )


class TableParameters(SearchParameters):
    """The parameters of a search as a table."""

    snippets: Truth = Field(False, description="Add the passages that match, in a column or key of their own.")


class ExportParameters(QuestionParameters):
    """The parameters of a file with every hit."""

    fields: Annotated[
        tuple[str, ...] | None, Repeated(joined=True), list_of(HIT_KEYS), array_schema(most=None, enum=[*HIT_KEYS])
    ] = Field(None, description="Keys of a line of NDJSON, between commas.")
    group: Group = Field("none", description="`story`: near-copies stand behind the first of them.")
    snippets: Truth = Field(False, description="Add the passages that match, in a column or key of their own.")
    format: Annotated[str, one_of(FORMAT_NAMES), Field(json_schema_extra={"enum": [*FORMAT_NAMES]})] = Field(
        "ndjson", description="The kind of file."
    )


class CiteParameters(Strict):
    """Articles by their ids, and what to make of them."""

    most_values: ClassVar[int] = MAX_CITED
    id: Annotated[
        tuple[str, ...], Repeated(), array_schema(least=1, most=MAX_CITED, minLength=1), Field(min_length=1)
    ] = Field(description=f"The article's id. Repeat it for more, up to {MAX_CITED}.", examples=[["2024/flood"]])
    q: Annotated[str, Field(max_length=MAX_QUERY)] = Field("", description="A query that snippets are chosen for.")
    snippets: Truth = Field(False, description="Add passages, in a column or key of their own.")
    format: Annotated[str, one_of(FORMAT_NAMES), Field(json_schema_extra={"enum": [*FORMAT_NAMES]})] | None = Field(
        None, description="The kind of file. Absent: `csl-json`; on the page for people, all citations to copy."
    )


class NamesParameters(Strict):
    """The parameters of the list of names that have other spellings."""

    page: Annotated[WholeNumber, Between(1, 1_000)] = Field(1, description="The page of the list, from 1.")


class RelatedParameters(Strict):
    """The parameters of related articles."""

    mode: Literal["background", "same-days", "follow-ups", "any"] = Field(
        "background", description="What appeared up to its day; within three days of it; after it; or at any time."
    )
    limit: Annotated[WholeNumber, Between(1, 50)] = Field(10, description="The most articles to give.")
    half_life: Annotated[WholeNumber, Between(1, MAX_HALF_LIFE)] | None = Field(
        None,
        description="Days between two articles in which half of how alike they are is lost. Absent: days do not count.",
    )


class CalendarParameters(Strict):
    """The parameters of the calendar."""

    year: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = Field(
        None, description="The year. Absent: the newest that has articles.", examples=["2024"]
    )


class AuthorsParameters(Strict):
    """The parameters of the list of authors."""

    letter: Annotated[str, Field(min_length=1, max_length=4)] | None = Field(
        None,
        description="The letter with which the names begin, as in `letters` of the answer. Absent: the first.",
        examples=["A"],
    )
    page: Annotated[WholeNumber, Between(1, 1_000)] = Field(1, description="Page of the list, from 1.")


class OnThisDayParameters(Strict):
    """The parameters of the day of the year."""

    on: Annotated[str, Field(max_length=5, json_schema_extra={"pattern": "^[0-9]{2}-[0-9]{2}$"})] | None = Field(
        None, description="The month and the day. Absent: today, in the archive's time zone.", examples=["07-03"]
    )


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


class SavedParameters(Strict):
    """The parameters of what is new for a saved search."""

    link: Annotated[str, Field(max_length=8_000)] = Field(
        "", description="The saved search: `link` of `/api/v1/save`, or what follows the question mark in its address."
    )
    since: Annotated[str, Field(min_length=1, max_length=_MAX_DATE)] | None = Field(
        None,
        description="Only what has come since then: a day, or a time with its zone. Absent: since it was saved.",
        examples=["2024-07-03T12:00:00Z"],
    )
    per_page: Annotated[WholeNumber, Between(0, MAX_PER_PAGE)] = Field(50, description="The most articles to give.")


class ArticleParameters(SearchParameters):
    """The search an article was found by, and its place among the hits."""

    position: WholeNumber | None = Field(None, description="Place among the hits, from 0.")


class WhyNotParameters(SearchParameters):
    """A search, and the article that it does not find."""

    article: Annotated[str, Field(max_length=2_000)] = Field("", description="The article's id or address.")


class RelatedBody(RelatedParameters):
    """A draft to find related articles for: at least one of `text`, `title` and `url`."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="RelatedBody", strict=True)

    text: str = Field(
        "", max_length=MAX_TEXT_SENT, description="The draft's text, plain.", examples=["The first press came"]
    )
    title: str = Field("", max_length=1_000, description="Its title.", examples=["Printing comes to town"])
    url: str = Field("", max_length=2_000, description="The address of an article in the archive.")
    limit: Annotated[int, Between(1, 50)] = Field(10, description="The most articles to give.")
    half_life: Annotated[int, Between(1, MAX_HALF_LIFE)] | None = Field(
        None,
        description="Days between two articles in which half of how alike they are is lost. Absent: days do not count.",
    )


class SearchesBody(Strict):
    """Searches that are answered together, from the same commit."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="SearchesBody")

    searches: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=MAX_SEARCHES)] = Field(
        description=f"The searches, up to {MAX_SEARCHES}: each an object with the parameters of `/api/v1/search`.",
        examples=[[{"q": "flood", "per_page": 3, "facets": ["none"]}]],
    )


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
