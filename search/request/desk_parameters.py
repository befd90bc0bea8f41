"""The parameters of the editors' desk, declared as those of `search.request.parameters` are."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from search.ledger.moments import MAX_DAYS
from search.request.parameters import MAX_NAME, MAX_QUERY, MAX_TEXT_SENT, QuestionParameters, RelatedParameters, Strict
from search.request.request import MAX_PAGE_DEPTH
from search.request.values import Between, Repeated, Truth, WholeNumber

MAX_JUDGED: Final = 1_000
"""Characters of a query whose answers can be judged."""


class DeskParameters(RelatedParameters):
    """The article that the desk is about."""

    mode: Literal["background", "same-days", "follow-ups", "any"] = Field("any", description="When they appeared.")
    limit: Annotated[WholeNumber, Between(1, 50)] = Field(20, description="The most articles to give.")
    id: str = Field("", max_length=MAX_NAME, description="The id of an article in the archive.")
    address: str = Field("", max_length=MAX_NAME, description="The address of an article in the archive.")


class DeskDraft(DeskParameters):
    """A draft on the desk, or the article that it is about."""

    title: str = Field("", max_length=1_000, description="The title of the draft.")
    text: str = Field("", max_length=MAX_TEXT_SENT, description="The text of the draft.")


class ChoicesParameters(Strict):
    """The parameters of the list of what editors chose."""

    subject: Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["1"])] | None = Field(
        None, description="The id of the article whose related articles were chosen. Absent: all choices."
    )
    limit: Annotated[WholeNumber, Between(1, 1_000)] = Field(100, description="The most choices to give.")


class QueriesParameters(Strict):
    """The parameters of what readers asked."""

    days: Annotated[WholeNumber, Between(1, MAX_DAYS)] = Field(30, description="The last days, today included.")
    no_hits: Truth = Field(False, description="Only what found nothing, with what it finds now.")
    limit: Annotated[WholeNumber, Between(1, 1_000)] = Field(50, description="The most queries to give.")


class QueriesPageParameters(Strict):
    """The parameters of the page of what readers asked."""

    days: Annotated[WholeNumber, Between(1, MAX_DAYS)] = Field(30, description="The last days, today included.")


class VariantParameters(Strict):
    """The query that is to have another spelling."""

    q: Annotated[str, Field(max_length=MAX_NAME)] = Field("", description="The query.")


class VariantForm(VariantParameters):
    """An entry for the file of variants: `name`, as readers type it, also finds `spelling`."""

    name: Annotated[str, Field(max_length=MAX_NAME)] = Field("", description="What readers type.")
    spelling: Annotated[str, Field(max_length=MAX_NAME)] = Field("", description="What the archive writes.")


class ChoiceBody(Strict):
    """A choice for the related articles of `subject`. Articles are named by id or address."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="ChoiceBody", strict=True)

    subject: str = Field(min_length=1, max_length=MAX_NAME, description="The article that others are related to.")
    piece: str = Field(min_length=1, max_length=MAX_NAME, description="The related article.")
    choice: Literal["pin", "block", "none"] = Field(
        description="`pin`: it stands first. `block`: it never stands there. `none`: neither."
    )


class JudgeParameters(QuestionParameters):
    """The query that is judged, and which articles are shown for it."""

    page: Annotated[WholeNumber, Between(1, MAX_PAGE_DEPTH // 10)] = Field(1, description="Page of the ranked list.")
    order: Literal["mixed", "ranked"] = Field(
        "mixed", description="What several rankings find, in no order; or the hits as readers get them."
    )
    article: Annotated[tuple[str, ...], Repeated()] = Field((), description="Another article to judge, by its id.")


class JudgementsParameters(Strict):
    """The parameters of the list of judgements."""

    q: Annotated[
        str, Field(max_length=MAX_QUERY, examples=["flood bridge"], json_schema_extra={"maxLength": MAX_JUDGED})
    ] = Field("", description="The query whose judgements are asked for. Absent: those of all queries.")
    page: Annotated[WholeNumber, Between(1, 100_000)] = Field(1, description="Page of the list, from 1.")
    per_page: Annotated[WholeNumber, Between(1, 1_000)] = Field(100, description="Judgements on a page.")


class JudgedParameters(Strict):
    """The parameters of the page with the queries that were judged."""

    page: Annotated[WholeNumber, Between(1, 1_000)] = Field(1, description="Page of the list, from 1.")


class JudgementBody(Strict):
    """A judgement: whether an article, named by its id or address, is a good answer to the query `q`."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="JudgementBody", strict=True)

    q: str = Field(
        min_length=1,
        max_length=MAX_QUERY,
        description="The query.",
        examples=["flood bridge"],
        json_schema_extra={"maxLength": MAX_JUDGED, "pattern": r"\S"},
    )
    article: str = Field(min_length=1, max_length=MAX_NAME, description="The article.", examples=["2024/flood"])
    grade: Literal["good", "bad", "none"] = Field(
        description="`good`: it is an answer. `bad`: it is none. `none`: forget what was judged."
    )
