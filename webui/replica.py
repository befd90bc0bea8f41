"""What a replica copies: the newest commit and its files, for programs with a key of the scope `replicate`.

Nothing here waits for the turns of searches: a file is sent from the disk as it is. It is not part of the OpenAPI
description, since the shape of a commit is that of the index's own files, and belongs to its format version.
"""

from __future__ import annotations

from typing import Final, cast

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import NotFound
from werkzeug.wsgi import FileWrapper

from search.engines.commit_files import CommitFiles
from search.request.parameters import NoParameters
from search.request.reading import read
from search.results.as_json import json_bytes
from search.translation import gettext as _
from webui.authorization import require_key
from webui.responses import JSON, kept_nowhere
from webui.site import current_site

blueprint = Blueprint("replica", __name__)
blueprint.after_request(kept_nowhere)

_PIECE_BYTES: Final = 1 << 18
_MAX_NAME: Final = 80


@blueprint.get("/replica/v1/commit")
def commit() -> Response:
    """The newest commit, as the index describes it, and the version of what was taken down.

    `manifest` names each file with its size and its checksum. 304 as long as neither has changed. Needs a key with the
    scope `replicate`.
    """
    engine = _followed_engine()
    read(NoParameters, request.query_string)
    archive = current_site().archive
    removals = archive.ledger.removed.version()  # first: what is taken down meanwhile is asked for once more
    tag = f"{archive.engine.generation()}-{removals}"
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    with engine.held_commit() as held:
        manifest, generation = json.loads(held.description()[1]), held.generation
    body = json_bytes({"removals": removals, "manifest": manifest})
    return _tagged(Response(body, content_type=JSON), f"{generation}-{removals}")


@blueprint.get("/replica/v1/files/<name>")
def file(name: str) -> Response:
    """A file of the newest commit or of the one before, whole or from any byte on (`Range`). Needs a key with the scope
    `replicate`."""
    engine = _followed_engine()
    read(NoParameters, request.query_string)
    found = engine.committed_file(name) if len(name) <= _MAX_NAME else None
    if found is None:
        raise NotFound(_("There is nothing at this address."))
    body = FileWrapper(found.stream, _PIECE_BYTES)
    response = Response(body, content_type="application/octet-stream")
    response.call_on_close(found.stream.close)
    response.content_length = found.size
    response.set_etag(f"{found.size:x}-{found.crc32:08x}")
    try:
        return cast(Response, response.make_conditional(request, accept_ranges=True, complete_length=found.size))
    except BaseException:  # a part was asked for that there is not
        response.close()
        raise


def _followed_engine() -> CommitFiles:
    """The engine of an archive whose files may be copied by who asks. Raises Unauthorized, Forbidden, NotFound."""
    require_key("replicate")
    engine = current_site().archive.engine
    if not isinstance(engine, CommitFiles):
        raise NotFound(_("There is nothing at this address."))
    return engine


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    return response
