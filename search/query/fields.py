"""The field names that a query may use before a colon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from search.schema import KEYWORD_FIELDS, TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class QueryField:
    """A field in the query language: `name` is its name in the schema, `query_name` is the one typed and printed."""

    kind: Literal["text", "keyword", "date"]
    name: str
    query_name: str


_CANONICAL: Final = (
    *(QueryField("keyword", field.name, field.name) for field in KEYWORD_FIELDS.values()),
    *(QueryField("text", field.name, field.query_name) for field in TEXT_FIELDS.values()),  # author: searches bylines
    QueryField("date", "published", "date"),
    QueryField("date", "modified", "modified"),
)
_OTHER_NAMES: Final = {
    "headings": "heading",
    "text": "body",
    "published": "date",
    "language": "lang",
    "sections": "section",
}

_BY_QUERY_NAME: Final = {field.query_name: field for field in _CANONICAL}
QUERY_FIELDS: Final[dict[str, QueryField]] = {
    **_BY_QUERY_NAME,
    **{other: _BY_QUERY_NAME[name] for other, name in _OTHER_NAMES.items()},
}
"""The fields by the lower-case name that is typed; some have two names."""

VALID_NAMES: Final = ", ".join(sorted(_BY_QUERY_NAME))
"""The names for messages that list what is valid."""

TEXT_QUERY_NAMES: Final = {field.name: field.query_name for field in _CANONICAL if field.kind == "text"}
DATE_QUERY_NAMES: Final = {field.name: field.query_name for field in _CANONICAL if field.kind == "date"}
