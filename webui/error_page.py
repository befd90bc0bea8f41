"""What an error page says: what is wrong, what to do about it, and where to go on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from flask import request

from search.query.fields import QUERY_FIELDS
from search.query.limits import MAX_LENGTH
from search.request.urls import with_query
from search.translation import gettext as _
from search.translation import gettext_noop
from webui.languages import quoted_path
from webui.problems import Problem
from webui.site import stated
from webui.wording import Link, day, quoted, sentence

_SYNTAX: Final = re.compile(rf"\b(?i:{'|'.join(QUERY_FIELDS)}):|[^\w\s]+|\b(?:AND|OR|NOT)\b")
"""What is not a word to search for: names of fields, signs, operators."""
_MAX_LABEL: Final = 60

_HEADINGS: Final = {
    400: gettext_noop("The request cannot be understood"),
    403: gettext_noop("This is not allowed"),
    404: gettext_noop("There is no such page"),
    410: gettext_noop("This article was taken down"),
    405: gettext_noop("This page does not accept that kind of request"),
    413: gettext_noop("The request is too large"),
    414: gettext_noop("The address is too long"),
    429: gettext_noop("Too many requests"),
    500: gettext_noop("Something went wrong"),
    503: gettext_noop("The archive is not available right now"),
}
_ABOUT_AN_ARTICLE: Final = ("/article/", "/why-not")
"""What is not found there is an article, and no page."""
_BUSY: Final = ":busy"
"""How the type of a problem ends that says itself what to do."""
_STEPS: Final = {
    404: gettext_noop("The address may be misspelled, or the article may have moved."),
    410: gettext_noop("The rest of the archive is still here:"),
    414: gettext_noop("Shorten the query or choose fewer conditions."),
    429: gettext_noop("Try the same address again in a minute."),
    500: gettext_noop("It is not your fault. Trying again may help."),
    503: gettext_noop("Try the same address again in a few seconds."),
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
    q = (stated("q") or "")[:MAX_LENGTH]
    front = Link(_("Go to the front page"), request.script_root + "/")
    if problem.parameter == "q":
        return _about_the_query(problem, q, front)
    if problem.parameter is not None:
        return _about_a_parameter(problem, problem.parameter, q, front)
    if problem.type.endswith(_BUSY):
        return ErrorView(problem.title, problem.detail, "", (*_ways_on(problem.status), front), q=q)
    title = _(_HEADINGS[problem.status]) if problem.status in _HEADINGS else problem.title
    if problem.status == 404 and request.path.startswith(_ABOUT_AN_ARTICLE):
        title = _("This article is not in the archive")
    step = _(_STEPS[problem.status]) if problem.status in _STEPS else ""
    detail = problem.detail
    if problem.removed_at:
        detail = _("On %(day)s: %(reason)s", day=day(problem.removed_at), reason=problem.reason)
    return ErrorView(title, detail, step, (*_ways_on(problem.status), front), q=q)


def _about_the_query(problem: Problem, q: str, front: Link) -> ErrorView:
    words = " ".join(_SYNTAX.sub(" ", q).split())
    links = (Link(_("Search for the words alone: %(words)s", words=_cut(words)), _search_url(words)),) if words else ()
    title, step = _("This query cannot be understood"), _("Correct the query in the box above, or choose:")
    return ErrorView(title, problem.detail, step, (*links, front), q=q, mark=problem.position)


def _about_a_parameter(problem: Problem, name: str, q: str, front: Link) -> ErrorView:
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"))
    without = urlencode([pair for pair in pairs if pair[0] != name])
    link = Link(_("Leave out %(name)s", name=quoted(name)), with_query(_own_path(), without))
    title = _("This page of results has expired") if name == "cursor" else _("The address is not valid")
    detail, prefix = problem.detail, f"{name}: "
    shown = name if detail.startswith(prefix) else None
    detail = sentence(detail.removeprefix(prefix)) if shown is None else detail.removeprefix(prefix)
    return ErrorView(title, detail, _("Correct the address, or choose:"), (link, front), shown, q)


def _ways_on(status: int) -> tuple[Link, ...]:
    if status in (429, 500, 503):
        query = request.query_string.decode("utf-8", "replace")
        return (Link(_("Try again"), with_query(_own_path(), query)),)
    words = " ".join(re.split(r"[\W_]+", unquote(request.path).rstrip("/").rpartition("/")[2])).strip()
    if status == 404 and words:
        return (Link(_("Search for %(words)s", words=_cut(words)), _search_url(words)),)
    return ()


def _own_path() -> str:
    return request.script_root + quoted_path(request.path)


def _cut(text: str) -> str:
    """The text in quotation marks, cut if it is long."""
    return quoted(text if len(text) <= _MAX_LABEL else text[: _MAX_LABEL - 1] + "…")


def _search_url(q: str) -> str:
    return f"{request.script_root}/search?{urlencode({'q': q[:MAX_LENGTH]})}"
