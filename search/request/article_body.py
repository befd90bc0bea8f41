"""An article as a program sends it to the endpoint: the keys of a line of JSON Lines, each checked.

A file has many articles, and one with a small mistake is better than none; a program that sends one can be told.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from search.document import MAX_URL, language_tag, web_address
from search.errors import ParameterError
from search.request.parameters import Strict
from search.translation import gettext as _

MAX_ARTICLE_BYTES: Final = 4_000_000
"""The longest article as JSON."""
MAX_ID: Final = 200
MAX_LIST: Final = 200
"""Sections, authors or tags of one article."""

_MAX_LINE: Final = 2_000


def _moment(value: str) -> str:
    if value:
        try:
            (date if len(value) <= len("2024-07-03") else datetime).fromisoformat(value)
        except ValueError as error:
            example = "2024-07-03T09:30:00+02:00"
            raise ValueError(_("must be a date or a time as in %(example)s", example=example)) from error
    return value


def _instant(value: str) -> str:
    if value and datetime.fromisoformat(_moment(value)).tzinfo is None:
        raise ValueError(_("must be a time with its zone, such as 2024-07-03T12:00:00Z"))
    return value


def _address(value: str) -> str:
    if value and web_address(value) is None:
        raise ValueError(_("must be a whole http or https address"))
    return value


def _visible(value: str) -> str:
    if not any(letter.isprintable() and not letter.isspace() for letter in value):
        raise ValueError(_("must not be empty"))
    return value


def _language(value: str) -> str:
    if value and not language_tag(value):
        raise ValueError(_("must be a language tag, such as en or pt-BR"))
    return value


_Line = Annotated[str, Field(max_length=_MAX_LINE)]
_Name = Annotated[str, Field(min_length=1, max_length=_MAX_LINE)]
_Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]


class ArticleBody(Strict):
    """An article. It needs a title; what is absent is empty, whatever an earlier version had."""

    most_values: ClassVar[int] = 3 * MAX_LIST
    model_config = ConfigDict(extra="forbid", frozen=True, title="ArticleBody", strict=True)

    title: Annotated[_Name, AfterValidator(_visible)] = Field(
        description="The title, as plain text.", json_schema_extra={"pattern": r"\S"}
    )
    body: str = Field("", max_length=MAX_ARTICLE_BYTES, description="The article itself.")
    body_format: Literal["text", "markdown", "html"] = Field("text", description="How `body` is written.")
    summary: str = Field("", max_length=100_000, description="The standfirst or description, as plain text.")
    url: Annotated[str, Field(max_length=MAX_URL), AfterValidator(_address)] = Field(
        "", description="Where the article can be read."
    )
    guid: _Line = Field("", description="What it is called at its source, whatever its address.")
    sections: list[_Name | Annotated[list[_Name], Field(min_length=1, max_length=20)]] = Field(
        [], max_length=MAX_LIST, description="Where it belongs: `News > Economy`, or a list of the parts of a path."
    )
    authors: list[_Name] = Field([], max_length=MAX_LIST, description="Who wrote it.")
    tags: list[_Name] = Field([], max_length=MAX_LIST, description="Keywords.")
    published: _Moment = Field(
        "", description="When it appeared, as RFC 3339 or a day. It waits for one that lies ahead."
    )
    modified: _Moment = Field("", description="When it was last changed.")
    first_published: _Moment = Field("", description="When it first appeared, if that is not `published`.")
    embargo: Annotated[str, Field(max_length=40), AfterValidator(_instant)] = Field(
        "", description="The moment before which it must not be shown, with its zone."
    )
    status: Literal["usable", "withheld", "canceled"] = Field(
        "usable",
        description="`withheld`: it is not shown until a later version is usable. `canceled`: it is taken down for "
        "good, which needs a key with the scope `admin`.",
    )
    language: Annotated[str, Field(max_length=40), AfterValidator(_language)] = Field(
        "", description="The language as a tag. Absent: it is detected."
    )
    type: _Line = Field("", description="The kind of article; `article` if absent.")

    def as_text(self) -> str:
        """The article as JSON, the same for the same article: without what is absent, its keys in order."""
        return json.dumps(self.model_dump(exclude_defaults=True), ensure_ascii=False, sort_keys=True)


class BatchLine(Strict):
    """A line of a batch: an article to put, or one to delete."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="BatchLine", strict=True)

    action: Literal["put", "delete"] = Field(description="What is to be done.")
    id: str = Field(min_length=1, max_length=MAX_ID, description="The article's id.")
    article: dict[str, Any] | None = Field(None, description="The article to put, as the body of `PUT` is.")


def digest_of(text: str, *told: object) -> str:
    """What tells articles apart, given as `ArticleBody.as_text` has them, and by what they are read."""
    return hashlib.sha256(repr((text, told)).encode()).hexdigest()


def written_id(id: str) -> str:
    """An id that an article can be written under. Raises ParameterError for one that could not be kept as it is."""
    is_kept = id.isprintable() and " ".join(id.split()) == id and unicodedata.is_normalized("NFC", id)
    if not id or len(id) > MAX_ID or not is_kept:
        raise ParameterError("id", _("must have 1 to %(n)s printable characters, without spaces at its ends", n=MAX_ID))
    return id


def as_object(value: Any, name: str) -> dict[str, object]:
    """A JSON object. Raises ParameterError."""
    if not isinstance(value, dict):
        raise ParameterError(name, _("must be a JSON object"))
    return value
