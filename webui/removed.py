"""What is not there any more: the answer in its place, the way to where it moved, and the list for who keeps copies."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Final, ParamSpec
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from search.errors import NotFound, ParameterError
from search.ledger.removals import Removal
from search.request.parameters import RemovedParameters
from search.request.reading import read
from search.results.as_json import json_bytes
from webui.answers import RemovedAnswer, RemovedArticle, RemovedLinks
from webui.caching import conditional, entity_tag
from webui.responses import led_to, sent
from webui.site import current_site

blueprint = Blueprint("removed", __name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"\d{1,17}")
_LOST_PLUS: Final = re.compile(r" (?=\d\d:\d\d$)")

Arguments = ParamSpec("Arguments")


def unless_removed(view: Callable[..., Response]) -> Callable[..., Response]:
    """A decorator for views of one article: raises Removed if it was taken down, whatever the index or a cache still
    has of it; leads to the article's new address if it has moved."""

    @wraps(view)
    def respond(id: str) -> Response:
        ledger = current_site().archive.ledger
        ledger.removed.require_not(id)
        try:
            return view(id=id)
        except NotFound:
            new_id = ledger.moved_to(id)
            if new_id is None:
                raise
        return _moved(new_id)

    return respond


def _moved(new_id: str) -> Response:
    """Leads to an article that can be shown. Raises Removed, NotFound."""
    current_site().archive.article(new_id)
    query = request.query_string.decode("ascii", "replace")
    response = led_to(url_for(str(request.endpoint), id=new_id) + (f"?{query}" if query else ""), 301)
    response.headers["Cache-Control"] = "no-cache"  # it may move again, or come back
    return response


@blueprint.get("/api/v1/removed")
def removals() -> Response:
    """Articles that were taken down, for services that keep copies.

    In the order of their latest change: an article that was let in again is listed once more, with `undone_at`.
    """
    asked = read(RemovedParameters, request.query_string)
    since, after = _since(asked.since), _after(asked.cursor)
    removed = current_site().archive.ledger.removed

    def make() -> Response:
        found = removed.changed(since, after, asked.per_page + 1)
        shown = found[: asked.per_page]
        following = _page(asked, shown[-1]) if len(found) > len(shown) else None
        answer = RemovedAnswer(
            tuple(map(_listed, shown)), RemovedLinks(_own(request.query_string.decode("ascii", "replace")), following)
        )
        return sent(json_bytes(answer))

    return conditional(entity_tag(str(removed.version()), request.script_root, repr(asked)), make)


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except ValueError:
        moment = datetime.min
    if moment.utcoffset() is None:
        raise ParameterError("since", "must be a time with its zone, such as 2024-07-03T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _EPOCH


def _after(cursor: str | None) -> datetime | None:
    if cursor is None or cursor == "*":
        return None
    if not _CURSOR.fullmatch(cursor):
        raise ParameterError("cursor", "must be one that `links.next` had")
    return _EPOCH + int(cursor) * _MICROSECOND


def _page(asked: RemovedParameters, last: Removal) -> str:
    default = RemovedParameters.model_fields["per_page"].default
    pairs = {"per_page": asked.per_page} if asked.per_page != default else {}
    return _own(urlencode({**pairs, "cursor": (last.changed_at - _EPOCH) // _MICROSECOND}))


def _own(query: str) -> str:
    return request.script_root + request.path + (f"?{query}" if query else "")


def _listed(removal: Removal) -> RemovedArticle:
    undone = removal.undone_at
    return RemovedArticle(
        id=removal.id,
        url=removal.tombstone.address,
        reason=removal.reason,
        kind=removal.kind,
        removed_at=removal.at.isoformat(),
        undone_at=undone.isoformat() if undone else None,
        changed_at=removal.changed_at.isoformat(),
    )
