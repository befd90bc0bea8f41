"""How numbers, dates, names and failures are worded on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flask import request

from search.analysis import language_name
from search.periods import day_in_words
from search.query.limits import MAX_LENGTH
from webui.problems import Problem

_NOT_WORDS: Final = re.compile(r"[^\w\s]+|\b(?:AND|OR|NOT)\b")


def number(value: int) -> str:
    """12431 is "12,431"."""
    return f"{value:,}"


def count_of(value: int, one: str, many: str) -> str:
    """ "1 article", "2,000 articles"."""
    return f"{value:,} {one if value == 1 else many}"


def day(moment: str | None) -> str:
    """An RFC 3339 date as "3 July 2024"; "" for none."""
    return day_in_words(_read(moment)) if moment else ""


def _read(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def host(url: str | None) -> str:
    """The host of an address without `www.`: "example.org"; "" for none."""
    return (urlsplit(url).hostname or "").removeprefix("www.") if url else ""


def sentence(message: str) -> str:
    """One of our messages, which lack the capital and the full stop, as a sentence."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?", "!")) else ".")


FILTERS: Final[dict[str, Callable[..., object]]] = {
    "number": number,
    "count_of": count_of,
    "day": day,
    "host": host,
    "sentence": sentence,
    "language": language_name,
}
"""The filters of the templates, by name."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address and the text of the link to it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class FailureWords:
    """What an error page says: what is wrong, what to do about it, and links to go on with.

    `q` fills the search box again; `mark` is the position of the error in it, or None.
    """

    heading: str
    detail: str
    step: str
    links: tuple[Link, ...]
    q: str = ""
    mark: int | None = None


_HEADINGS: Final = {
    404: "There is no such page",
    405: "This page does not accept that kind of request",
    410: "This article has been withdrawn",
    413: "The request is too large",
    500: "Something went wrong",
    503: "The archive is not available right now",
}
_STEPS: Final = {
    404: "The address may be misspelled, or the article may have moved.",
    410: "It is no longer part of the archive. All other articles can still be searched.",
    500: "It is not your fault. Trying again may help.",
    503: "Try the same address again in a few seconds.",
}


def failure_words(problem: Problem) -> FailureWords:
    """The words for a failed request."""
    q = request.args.get("q", "")[:MAX_LENGTH]
    front = Link("Go to the front page", request.script_root + "/")
    if problem.parameter == "q":
        return _query_words(problem, q, front)
    if problem.parameter is not None:
        return _parameter_words(problem, q, front)
    heading = _HEADINGS.get(problem.status, problem.title)
    if problem.status == 404 and "/article/" in request.path:
        heading = "This article is not in the archive"
    links = _ways_on(problem.status)
    return FailureWords(heading, problem.detail, _STEPS.get(problem.status, ""), (*links, front), q)


def _query_words(problem: Problem, q: str, front: Link) -> FailureWords:
    plain = " ".join(_NOT_WORDS.sub(" ", q).split())
    links = (Link(f"Search for the words alone: {_short(plain)}", _search(plain)),) if plain else ()
    step = "Correct the query in the box above, or choose:"
    mark = problem.position if problem.position is not None else None
    return FailureWords("This query cannot be understood", problem.detail, step, (*links, front), q, mark)


def _parameter_words(problem: Problem, q: str, front: Link) -> FailureWords:
    without = [
        pair for pair in parse_qsl(request.query_string.decode("utf-8", "replace")) if pair[0] != problem.parameter
    ]
    address = request.script_root + request.path
    link = Link(f"Leave out “{problem.parameter}”", f"{address}?{urlencode(without)}" if without else address)
    heading = "This page of results has expired" if problem.parameter == "cursor" else "The address is not valid"
    return FailureWords(heading, problem.detail, "Correct the address, or choose:", (link, front), q)


def _ways_on(status: int) -> tuple[Link, ...]:
    if status in (500, 503):
        return (Link("Try again", request.full_path.rstrip("?")),)
    words = " ".join(re.split(r"[\W_]+", unquote(request.path).rstrip("/").rpartition("/")[2])).strip()
    if status in (404, 410) and words:
        return (Link(f"Search for {_short(words)}", _search(words)),)
    return ()


def _short(text: str) -> str:
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _search(q: str) -> str:
    return f"{request.script_root}/search?{urlencode({'q': q[:MAX_LENGTH]})}"
