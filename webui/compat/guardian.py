"""The dialect of the Guardian's Content API: searches, articles by their ids, and the sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, json, request

from search.assist.subject import Subject
from search.document import Document
from search.engines.conventions import Deadline
from search.errors import EngineError, NotFound, ParameterError, Removed
from search.pinned_archive import PinnedArchive
from webui.caching import from_archive, from_archive_and_choices, from_archive_at_once
from webui.compat.errors import install, whole
from webui.compat.guardian_content import Content, Place, content, needs_texts, section_content
from webui.compat.guardian_parameters import BEYOND, KNOWN, Shown, search, shown
from webui.compat.sent import Sent
from webui.removed import unless_removed
from webui.responses import sent as sent_json
from webui.site import current_site

PREFIX = "/compat/guardian"

blueprint = Blueprint("guardian", __name__, url_prefix=PREFIX)

_TIER = "developer"
_RELATED = 10
_SAID = {
    404: "The requested resource could not be found.",
    410: "The requested resource has expired for rights reason.",
}
"""What clients know by these words."""


def _error(status: int, said: str) -> Mapping[str, object]:
    return {"response": {"status": "error", "message": _SAID.get(status, said)}}


install(blueprint, _error, KNOWN)


@blueprint.get("/search")
@from_archive
def content_search(archive: PinnedArchive) -> Response:
    """Articles that match, a page of them."""
    asked = _sent()
    wanted = shown(asked)
    wish = search(asked, current_site().settings.time_zone)
    found = whole(archive.search(wish))
    pages = -(-found.total // wish.per_page)
    if wish.page > max(pages, 1):
        raise ParameterError("page", BEYOND)
    return _answer(
        total=found.total,
        startIndex=(wish.page - 1) * wish.per_page + 1 if found.total else 0,
        pageSize=wish.per_page,
        currentPage=wish.page,
        pages=pages,
        orderBy=found.sort,
        results=contents(archive, (hit.id for hit in found.hits), wanted),
    )


@blueprint.get("/sections")
@from_archive_at_once
def content_sections(archive: PinnedArchive) -> Response:
    """All sections of the archive."""
    asked = _sent()
    shown(asked)
    named = asked.text("q").casefold()
    rows = [section_content(name, _place()) for name in archive.section_counts() if named in name.casefold()]
    return _answer(total=len(rows), results=rows)


@blueprint.get("/<article:id>")
@unless_removed
@from_archive_and_choices
def content_item(archive: PinnedArchive, id: str) -> Response:
    """One article, with those related to it if they are asked for."""
    wanted = shown(_sent())
    members: dict[str, object] = {"total": 1, "content": content(archive.article(id).document, wanted, _place())}
    if wanted.related:
        found = whole(archive.related(Subject(id=id), mode="any", limit=_RELATED))
        members["relatedContent"] = contents(archive, (row.hit.id for row in found.hits), wanted)
    return _answer(**members)


@blueprint.get("")
@blueprint.get("/")
def nothing() -> Response:
    """Nothing: the dialect has no front page."""
    raise NotFound("there is nothing at this address")


def _sent() -> Sent:
    return Sent(request.query_string)


def _place() -> Place:
    site, root = current_site(), request.script_root
    return Place(site.settings.title, site.absolute(root), site.absolute(root + PREFIX))


def contents(archive: PinnedArchive, ids: Iterable[str], wanted: Shown) -> list[Content]:
    """The articles as they are shown; one that was taken down a moment ago is left out.

    Raises EngineError if that takes longer than a search may: a page can be of a hundred long texts.
    """
    place, texts = _place(), needs_texts(wanted)
    until = Deadline(current_site().settings.deadline_seconds)
    shown_ones = []
    for each in filter(None, (_stored(archive, name) for name in ids)):
        if until.passed():
            raise EngineError("the texts took too long to be shown; ask for fewer articles, or without their body")
        shown_ones.append(content(each if texts else each.head(), wanted, place))
    return shown_ones


def _stored(archive: PinnedArchive, id: str) -> Document | None:
    try:
        return archive.article(id).document
    except (NotFound, Removed):
        return None


def _answer(**members: object) -> Response:
    body = {"response": {"status": "ok", "userTier": _TIER, **members}}
    return sent_json(json.dumps(body).encode("utf-8", "backslashreplace"))
