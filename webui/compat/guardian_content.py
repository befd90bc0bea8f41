"""An article as the Guardian's dialect shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import escape

from search.document import SECTION_SEPARATOR, Document, Head, Moment, web_address
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses, quote_id
from webui.article_html import render_article
from webui.compat import guardian_query
from webui.compat.guardian_parameters import Shown
from webui.compat.moments import in_utc

ALL: Final = "all"
_OF_TEXTS: Final = frozenset({"body", "bodyText", "wordcount", "charCount", ALL})
"""Fields for which the text of an article is read."""

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the addresses of an archive begin: `pages` with those for readers, `api` with those of this dialect."""

    title: str
    pages: str
    api: str


def needs_texts(shown: Shown) -> bool:
    """Whether the texts of the articles are shown, or counted."""
    return not _OF_TEXTS.isdisjoint(shown.fields)


def content(article: Document | Head, shown: Shown, place: Place) -> Content:
    """The article, with what is to be shown of it; what it does not have is left out, as there."""
    path = quote_id(article.id)
    section = article.sections[0] if article.sections else None
    described: Content = {
        "id": path,
        "type": article.type,
        **({"sectionId": guardian_query.section_id(section), "sectionName": _last(section)} if section else {}),
        **_dated("webPublicationDate", article.published),
        "webTitle": article.title,
        "webUrl": web_address(article.url) or f"{place.pages}/article/{path}",
        "apiUrl": f"{place.api}/{path}",
        "isHosted": False,
    }
    if shown.fields:
        described["fields"] = {name: value for name, value in _fields(article, shown, place) if value}
    if shown.tags:
        described["tags"] = [*_tags(article, shown, place)]
    if shown.section and section:
        described["section"] = section_content(section, place)
    return described


def section_content(section: str, place: Place) -> Content:
    """A section by its path."""
    name = guardian_query.section_id(section)
    return {
        "id": name,
        "webTitle": _last(section),
        "webUrl": _page("section", section, place),
        "apiUrl": f"{place.api}/search?{urlencode({'section': name})}",
        "editions": [],
    }


def _fields(article: Document | Head, shown: Shown, place: Place) -> Iterable[tuple[str, str]]:
    rows: dict[str, Callable[[], str]] = {
        "headline": lambda: article.title,
        "trailText": lambda: str(escape(article.summary)),
        "standfirst": lambda: str(escape(article.summary)),
        "byline": lambda: ", ".join(article.authors),
        "lastModified": lambda: _written(article.modified),
        "firstPublicationDate": lambda: _written(article.first_published or article.published),
        "publication": lambda: place.title,
        "shortUrl": lambda: f"{place.pages}/article/{quote_id(article.id)}",
        "lang": lambda: article.language,
    }
    if isinstance(article, Document):
        rows |= {
            "body": lambda: str(render_article(article).html),
            "bodyText": lambda: article.body,
            "wordcount": lambda: str(len(article.body.split())),
            "charCount": lambda: str(len(article.body)),
        }
    return [(name, make()) for name, make in rows.items() if name in shown.fields or ALL in shown.fields]


def _tags(article: Document | Head, shown: Shown, place: Place) -> Iterable[Content]:
    kinds = (
        ("contributor", guardian_query.CONTRIBUTOR, "author", article.authors),
        ("keyword", guardian_query.KEYWORD, "tag", article.tags),
        ("type", guardian_query.TYPE, "type", (article.type,) if article.type else ()),
    )
    for kind, prefix, field, values in kinds:
        for value in values if kind in shown.tags or ALL in shown.tags else ():
            name = prefix + guardian_query.value_id(value)
            yield {
                "id": name,
                "type": kind,
                "webTitle": value,
                "webUrl": _page(field, value, place),
                "apiUrl": f"{place.api}/search?{urlencode({'tag': name})}",
                "references": [],
            }


def _page(field: str, value: str, place: Place) -> str:
    """The page for readers with the articles that have a value."""
    return Addresses("html", place.pages).search(SearchRequest(keywords=((field, Filters((value,))),)))


def _last(section: str) -> str:
    return section.rpartition(SECTION_SEPARATOR)[2]


def _dated(name: str, moment: Moment | None) -> dict[str, str]:
    return {name: _written(moment)} if moment is not None else {}


def _written(moment: Moment | None) -> str:
    return "" if moment is None else in_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
