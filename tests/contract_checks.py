"""What `schemathesis` has to be told of this endpoint, and a check of its own in place of what that gives up."""

from __future__ import annotations

import json
from typing import Any

import schemathesis

OF_SEVERAL = "/api/v1/searches"
OF_LINES = "/api/v1/articles:batch"
JOINED = ("in", "facets", "fields")
"""Lists that are sent as one value, between commas."""
MEANT = {
    "cursor": "is made by the server",
    "signature": "is made by the server",
    "link": "is made by the server",
    "from": "may be no day of the calendar, or later than `to`",
    "to": "may be no day of the calendar",
    "day": "may be no day of the calendar",
    "month": "may be no month of the calendar",
    "year": "may be no year of the calendar",
    "on": "may be no day of the calendar",
    "since": "may be no moment of the calendar",
    "tz": "may be no time zone",
    "page": "may lie after the last one",
    "facets": "may name one twice",
    "values_page": "may lie after the last one",
    "section": "may be kept and left out at once, or be a sign alone",
    "tag": "the same",
    "author": "the same",
    "lang": "the same",
    "type": "the same",
    "parameters": "may be too many together",
    "published": "may be no moment of the calendar",
    "modified": "the same",
    "first_published": "the same",
    "embargo": "the same, or have no time zone",
    "id": "may have characters that nobody sees, or be decomposed, where it is to be written",
    "language": "may be no language tag",
    "article": "may be no article",
    "subject": "may be no article",
    "piece": "may be no article",
    "text": "may be empty like all others beside it",
    "title": "the same",
    "url": "the same, or no address",
}
"""Parameters whose values can fit their schema and be wrong all the same, and why."""


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(_ctx: Any, value: Any) -> bytes:
    """A batch of one line."""
    return json.dumps(value).encode()


@schemathesis.hook
def filter_query(_ctx: Any, query: Any) -> bool:
    """Leaves out lists with an empty value among others: it is dropped, as forms send such, and a schema of the items
    cannot say so."""
    sent = query or {}
    lists = [values for values in sent.values() if isinstance(values, list)]
    return not any(value in ("", None, [], {}) for values in lists for value in values) and all(
        sent.get(name) != "" for name in JOINED
    )


@schemathesis.check
def refused_for_its_meaning(_ctx: Any, response: Any, case: Any) -> None:
    """What fits the schema is refused only for what no schema can say, and then by name."""
    if response.status_code != 400 or not _is_meant_to_fit(case):
        return
    problem = response.json()
    named = problem.get("parameter")
    is_syntax = problem["type"].endswith(("query-syntax", "cursor-expired")) or " search " in problem["detail"][:12]
    is_character = any(said in problem["detail"] for said in ("null character", "no text in UTF-8", "q: is empty"))
    assert is_syntax or is_character or named in MEANT, f"{named} was refused: {problem['detail']}"


@schemathesis.check
def refused_within_a_batch(_ctx: Any, response: Any, case: Any) -> None:
    """A batch is answered, and what does not fit in it, be it a search or a line, has a problem of its own."""
    if case.operation.path not in (OF_SEVERAL, OF_LINES) or case.method != "POST" or _is_meant_to_fit(case):
        return
    if response.status_code == 200:
        is_lines = case.operation.path == OF_LINES
        answers = [*map(json.loads, response.text.splitlines())] if is_lines else response.json()["answers"]
        assert any(answer["problem"] for answer in answers), "what does not fit was answered"


def _is_meant_to_fit(case: Any) -> bool:
    meta = case.meta
    return meta is not None and meta.generation.mode.is_positive
