"""The dialect of the New York Times' Article Search API, in its shape of 2019 and with what was renamed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, json, request

from search.errors import NotFound, Removed
from search.pinned_archive import PinnedArchive
from search.results.response import Hit
from webui.caching import from_archive
from webui.compat.errors import install, whole
from webui.compat.nyt_document import described, terms
from webui.compat.nyt_parameters import FACETS, PER_PAGE, Asked, asked
from webui.compat.sent import Sent
from webui.responses import sent
from webui.site import addresses, current_site

blueprint = Blueprint("nyt", __name__, url_prefix="/compat/nyt")


def _error(_status: int, said: str) -> Mapping[str, object]:
    return {"status": "ERROR", "errors": [said]}


install(blueprint, _error)


@blueprint.get("/articlesearch.json")
@blueprint.get("/svc/search/v2/articlesearch.json", endpoint="article_search_in_full")
@from_archive
def article_search(archive: PinnedArchive) -> Response:
    """Articles that match, ten of them. A page after the last one is empty, as there."""
    site = current_site()
    wish = asked(Sent(request.query_string), site.settings.time_zone)
    found = whole(archive.search(wish.search))
    meta = {"hits": found.total, "offset": (wish.search.page - 1) * PER_PAGE, "time": round(found.took_ms)}
    response = {
        "docs": [*_documents(archive, found.hits, wish.keys)],
        "meta": meta,
        "metadata": meta,
        **({"facets": _facets(archive, wish)} if wish.facets else {}),
    }
    body = {"status": "OK", "copyright": site.settings.title, "response": response}
    return sent(json.dumps(body).encode("utf-8", "backslashreplace"))


@blueprint.get("")
@blueprint.get("/")
@blueprint.get("/<path:_rest>")
def nothing_else(**_rest: str) -> Response:
    """Nothing: no other address of the dialect is answered."""
    raise NotFound("of this service, this archive answers articlesearch.json alone")


def _documents(archive: PinnedArchive, hits: Iterable[Hit], keys: frozenset[str]) -> Iterable[Mapping[str, object]]:
    """The hits as documents; one that was taken down a moment ago is left out."""
    site = current_site()
    for hit in hits:
        try:
            document = archive.article(hit.id).document
        except (NotFound, Removed):
            continue
        page = site.absolute(addresses("html").article(hit.id))
        row = described(document, hit, site.settings.title, page)
        yield {key: value for key, value in row.items() if not keys or key in keys}


def _facets(archive: PinnedArchive, wish: Asked) -> Mapping[str, object]:
    counted = {facet.name: facet for facet in whole(archive.search(wish.counted)).facets}
    return {name: terms(name, counted[FACETS[name]]) for name in wish.facets}
