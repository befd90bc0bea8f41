"""What an error page says: what is wrong, what to do about it, and where to go on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from flask import request

from search.query.fields import QUERY_FIELDS
from search.query.limits import MAX_LENGTH
from webui.problems import Problem
from webui.wording import Link, day, sentence

_SYNTAX: Final = re.compile(rf"\b(?i:{'|'.join(QUERY_FIELDS)}):|[^\w\s]+|\b(?:AND|OR|NOT)\b")
"""What is not a word to search for: names of fields, signs, operators."""
_MAX_LABEL: Final = 60

_HEADINGS: Final = {
    404: "There is no such page",
    410: "This article was taken down",
    405: "This page does not accept that kind of request",
    413: "The request is too large",
    414: "The address is too long",
    500: "Something went wrong",
    503: "The archive is not available right now",
}
_STEPS: Final = {
    404: "The address may be misspelled, or the article may have moved.",
    410: "The rest of the archive is still here:",
    414: "Shorten the query or choose fewer conditions.",
    500: "It is not your fault. Trying again may help.",
    503: "Try the same address again in a few seconds.",
}


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Everything that the error page shows besides the problem itself.

    `parameter` is the one that `detail` is about, unless that is the query. `q` fills the search box again, and `mark`
    is the position in it, in characters, of what cannot be understood.
    """

    heading: str
    detail: str
    step: str
    links: tuple[Link, ...]
    parameter: str | None = None
    q: str = ""
    mark: int | None = None


def error_view(problem: Problem) -> ErrorView:
    """The view of the problem with the current request."""
    q = request.args.get("q", "")[:MAX_LENGTH]
    front = Link("Go to the front page", request.script_root + "/")
    if problem.parameter == "q":
        return _about_the_query(problem, q, front)
    if problem.parameter is not None:
        return _about_a_parameter(problem, problem.parameter, q, front)
    title = _HEADINGS.get(problem.status, problem.title)
    if problem.status == 404 and "/article/" in request.path:
        title = "This article is not in the archive"
    step = _STEPS.get(problem.status, "")
    detail = f"On {day(problem.removed_at)}: {problem.reason}" if problem.removed_at else problem.detail
    return ErrorView(title, detail, step, (*_ways_on(problem.status), front), q=q)


def _about_the_query(problem: Problem, q: str, front: Link) -> ErrorView:
    words = " ".join(_SYNTAX.sub(" ", q).split())
    links = (Link(f"Search for the words alone: {_quoted(words)}", _search_url(words)),) if words else ()
    step = "Correct the query in the box above, or choose:"
    return ErrorView(
        "This query cannot be understood", problem.detail, step, (*links, front), q=q, mark=problem.position
    )


def _about_a_parameter(problem: Problem, name: str, q: str, front: Link) -> ErrorView:
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"))
    without = urlencode([pair for pair in pairs if pair[0] != name])
    address = request.script_root + request.path
    link = Link(f"Leave out “{name}”", f"{address}?{without}" if without else address)
    title = "This page of results has expired" if name == "cursor" else "The address is not valid"
    detail, prefix = problem.detail, f"{name}: "
    shown = name if detail.startswith(prefix) else None
    detail = sentence(detail.removeprefix(prefix)) if shown is None else detail.removeprefix(prefix)
    return ErrorView(title, detail, "Correct the address, or choose:", (link, front), shown, q)


def _ways_on(status: int) -> tuple[Link, ...]:
    if status in (500, 503):
        return (Link("Try again", request.script_root + request.full_path.rstrip("?")),)
    words = " ".join(re.split(r"[\W_]+", unquote(request.path).rstrip("/").rpartition("/")[2])).strip()
    if status == 404 and words:
        return (Link(f"Search for {_quoted(words)}", _search_url(words)),)
    return ()


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= _MAX_LABEL else text[: _MAX_LABEL - 1] + '…'}”"


def _search_url(q: str) -> str:
    return f"{request.script_root}/search?{urlencode({'q': q[:MAX_LENGTH]})}"
