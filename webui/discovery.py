"""What browsers and crawlers look for: the OpenSearch description document, robots.txt and the icon."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from lxml import etree

from search.translation import LANGUAGES
from search.translation import gettext as _
from webui.languages import mount
from webui.responses import led_to
from webui.site import current_site

blueprint = Blueprint("discovery", __name__)

OSDD: Final = "application/opensearchdescription+xml"

_NS: Final = "http://a9.com/-/spec/opensearch/1.1/"
_SHORT_NAME: Final = 16
_LONG_NAME: Final = 48
_DAY_SECONDS: Final = 86_400
_MONTH_SECONDS: Final = 30 * _DAY_SECONDS
_CLOSED: Final = ("/search", "/suggest", "/cite", "/marked", "/why-not", "/coverage", "/api/")
"""Where there is no end of pages, or nothing for crawlers."""
_TEMPLATES: Final = (
    ("text/html", "results", "/search?q={searchTerms}&page={startPage?}"),
    ("application/atom+xml", "results", "/search.atom?q={searchTerms}&page={startPage?}&per_page={count?}"),
    ("application/rss+xml", "results", "/search.rss?q={searchTerms}&page={startPage?}&per_page={count?}"),
    ("application/feed+json", "results", "/search.json?q={searchTerms}&page={startPage?}&per_page={count?}"),
    ("application/x-suggestions+json", "suggestions", "/api/v1/suggest?q={searchTerms}&format=opensearch"),
    (OSDD, "self", "/opensearch.xml"),
)


@blueprint.get("/opensearch.xml")
def description() -> Response:
    """The OpenSearch 1.1 description document: how a browser searches here and asks for suggestions."""
    site = current_site()
    title = site.settings.title
    root = etree.Element(f"{{{_NS}}}OpenSearchDescription", nsmap={None: _NS})  # type: ignore[dict-item]
    texts = (
        ("ShortName", title[:_SHORT_NAME]),
        ("LongName", title[:_LONG_NAME]),
        ("Description", _("Search the archive of %(title)s", title=title)[:1024]),
    )
    for name, text in texts:
        etree.SubElement(root, f"{{{_NS}}}{name}").text = text
    for media_type, relation, template in _TEMPLATES:
        address = site.absolute(request.script_root + template)
        etree.SubElement(root, f"{{{_NS}}}Url", type=media_type, rel=relation, template=address)
    icon = etree.SubElement(root, f"{{{_NS}}}Image", type="image/svg+xml")
    icon.text = site.absolute(f"{request.script_root}/static/favicon.svg")
    for name, text in (("Language", "*"), ("InputEncoding", "UTF-8"), ("OutputEncoding", "UTF-8")):
        etree.SubElement(root, f"{{{_NS}}}{name}").text = text
    return _kept(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True), OSDD)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Allows crawlers to read articles, which the sitemap names, but not searches, of which there is no end."""
    root, settings = mount(), current_site().settings
    roots = (root, *(f"{root}/{language}" for language in LANGUAGES if language != settings.site_language))
    closed = (*_CLOSED, *(["/desk"] if settings.desk else ()), *(["/compat/"] if settings.compat else ()))
    lines = (
        "User-agent: *",
        *(f"Disallow: {place}{path}" for place in roots for path in closed),
        "",
        f"Sitemap: {current_site().absolute(f'{root}/sitemap.xml')}",
        f"# For agents: {current_site().absolute(f'{root}/llms.txt')}",
        "",
    )
    return _kept("\n".join(lines).encode(), "text/plain; charset=utf-8")


@blueprint.get("/favicon.ico")
def icon() -> Response:
    """Leads to the icon, for programs that ask for it here without having read a page."""
    return _cached(led_to(f"{request.script_root}/static/favicon.svg", 301), _MONTH_SECONDS)


def _kept(body: bytes, content_type: str) -> Response:
    return _cached(Response(body, content_type=content_type), _DAY_SECONDS)


def _cached(response: Response, seconds: int) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return response
