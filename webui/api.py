"""The JSON endpoint: the answers of `search.service`, key by key, with the manners of HTTP around them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, json, request
from pydantic import TypeAdapter
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from search import service
from search.errors import NotFound
from search.results.response import Links
from webui.answers import (
    ArticleLinks,
    SectionsAnswer,
    StatusAnswer,
    SuggestAnswer,
    article_answer,
)
from webui.article import render_article
from webui.asking import answer, ask, links_for
from webui.caching import VERSION, conditional, current_minute, entity_tag, once
from webui.parameters import (
    NoParameters,
    RelatedBody,
    RelatedParameters,
    SuggestParameters,
    read,
    validated,
)
from webui.site import current_site
from webui.urls import article_api_path
from webui.wording import count_of

blueprint = Blueprint("api", __name__)

JSON: Final = "application/json"
SUGGESTIONS: Final = "application/x-suggestions+json"
"""What browsers expect (OpenSearch 1.1, draft 6, and its suggestions extension)."""
MAX_BODY_BYTES: Final = 1_000_000
"""The longest request body: a draft of a book's length still fits."""


@blueprint.get("/api/v1/search")
def search() -> Response:
    """Articles that match, with snippets, facets and links."""
    asked = ask("api")
    with current_site().archive.searcher() as searcher:
        tag = entity_tag(searcher.status().generation, asked.identity)

        def make() -> Response:
            found = answer(searcher, asked)
            body = _jsonable(found)
            _keep_keys(body["hits"], asked.question.request.fields)
            return once(_sent(body, _neighbours(found.links)), found)

        return conditional(tag, make)


@blueprint.get("/api/v1/articles/<article:id>")
def article(id: str) -> Response:
    """One stored article, whole."""
    read(NoParameters, request.query_string)
    with current_site().archive.searcher() as searcher:
        status = searcher.status()

        def make() -> Response:
            document = searcher.document(id)
            if document is None:
                raise NotFound(f"there is no article {id[:200]!r}")
            prefix = request.script_root
            own = article_api_path(id, prefix)
            links = ArticleLinks(own, links_for("html").article(id), f"{own}/related")
            found = article_answer(
                document, str(render_article(document).html) if document.html else "", links, service.index_info(status)
            )
            return _sent(_jsonable(found), [("alternate", links.html, "text/html"), ("related", links.related, JSON)])

        return conditional(entity_tag(status.generation, request.path), make)


@blueprint.get("/api/v1/articles/<article:id>/related")
def related(id: str) -> Response:
    """Articles related to a stored one, and why."""
    parameters = read(RelatedParameters, request.query_string)
    with current_site().archive.searcher() as searcher:

        def make() -> Response:
            found = service.related(
                searcher,
                links_for("api"),
                id=id,
                mode=parameters.mode,
                limit=parameters.limit,
                language=current_site().settings.language,
                now=current_minute(),
            )
            return _sent(_jsonable(found))

        return conditional(entity_tag(searcher.status().generation, request.path, repr(parameters)), make)


@blueprint.post("/api/v1/related")
def related_to_draft() -> Response:
    """Articles related to a draft, a title or an address that is sent."""
    read(NoParameters, request.query_string)
    body = validated(RelatedBody, _json_body())
    with current_site().archive.searcher() as searcher:
        found = service.related(
            searcher,
            links_for("api"),
            text=body.text,
            title=body.title,
            url=body.url or None,
            mode=body.mode,
            limit=body.limit,
            language=current_site().settings.language,
            now=current_minute(),
        )
    response = _sent(_jsonable(found))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/api/v1/suggest")
@blueprint.get("/suggest", endpoint="suggest_short")
def suggest() -> Response:
    """Completions of what is typed so far."""
    parameters = read(SuggestParameters, request.query_string)
    browser = _browser_asks(parameters.format)
    with current_site().archive.searcher() as searcher:

        def make() -> Response:
            found = service.suggest(searcher, parameters.q, links_for("html"), parameters.limit)
            if not browser:
                return _sent(_jsonable(SuggestAnswer(parameters.q, found)))
            texts = [row.text for row in found]
            notes = ["" if row.count is None else count_of(row.count, "article", "articles") for row in found]
            urls = [current_site().absolute(row.url) for row in found]
            return _sent([parameters.q, texts, notes, urls], content_type=SUGGESTIONS)

        tag = entity_tag(searcher.status().generation, request.host_url, repr(parameters), str(browser))
        response = conditional(tag, make)
    response.vary.add("Accept")
    return response


@blueprint.get("/api/v1/sections")
def sections() -> Response:
    """The sections of the archive as a tree, with the number of articles in each."""
    read(NoParameters, request.query_string)
    with current_site().archive.searcher() as searcher:
        status = searcher.status()

        def make() -> Response:
            return _sent(
                _jsonable(SectionsAnswer(service.sections(searcher, links_for("api")), service.index_info(status)))
            )

        return conditional(entity_tag(status.generation, request.path), make)


@blueprint.get("/api/v1/status")
def status() -> Response:
    """What answers here: the archive, the engine and the index."""
    read(NoParameters, request.query_string)
    site = current_site()
    with site.archive.searcher() as searcher:
        status = searcher.status()
    capabilities = tuple(sorted(site.archive.engine.capabilities))
    found = StatusAnswer(site.settings.title, status.engine, capabilities, VERSION, service.index_info(status))
    return conditional(entity_tag(status.generation, request.path), lambda: _sent(_jsonable(found)))


@cache
def adapter(type_: Any) -> TypeAdapter[Any]:
    """What writes values of that type as JSON; made once, for making it is slow."""
    return TypeAdapter(type_)


def _jsonable(value: Any) -> Any:
    return adapter(value.__class__).dump_python(value, mode="json")


def _keep_keys(hits: Iterable[dict[str, object]], keys: tuple[str, ...] | None) -> None:
    if keys is None:
        return
    for hit in hits:
        for key in hit.keys() - set(keys):
            del hit[key]


def _sent(body: object, links: Iterable[tuple[str, str, str]] = (), content_type: str = JSON) -> Response:
    response = Response(json.dumps(body), content_type=content_type)
    described = ("service-desc", f"{request.script_root}/openapi.json", "application/vnd.oai.openapi+json;version=3.1")
    for relation, target, media_type in (*links, described):
        response.headers.add("Link", f'<{target}>; rel="{relation}"; type="{media_type}"')
    return response


def _neighbours(links: Links) -> list[tuple[str, str, str]]:
    """RFC 8288 links to the neighbours and the other renderings."""
    rows = [("first", links.first, JSON), ("prev", links.prev, JSON), ("next", links.next, JSON)]
    rows += [("last", links.last, JSON), ("alternate", links.html, "text/html")]
    rows += [("alternate", links.atom, "application/atom+xml"), ("alternate", links.feed, "application/feed+json")]
    return [
        (relation, target, kind) for relation, target, kind in (*rows, ("alternate", links.csv, "text/csv")) if target
    ]


def _browser_asks(format: str | None) -> bool:
    """Whether the suggestions go to a browser's search box: as the parameter says, else as `Accept` prefers."""
    if format is not None:
        return format == "opensearch"
    return request.accept_mimetypes.best_match([JSON, SUGGESTIONS], JSON) == SUGGESTIONS


def _json_body() -> dict[str, object]:
    """The JSON object that was sent; the app's MAX_CONTENT_LENGTH bounds it."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the draft as {JSON}.")
    raw = request.get_data()
    if len(raw) >= MAX_BODY_BYTES:
        # A body sent in chunks is cut there without a word.
        raise RequestEntityTooLarge
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON in UTF-8 ({error}).") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object.")
    return body
