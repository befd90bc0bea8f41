"""Who wrote a page's article: the names that it states, and the bylines near its heading."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeAlias

from lxml.etree import XPath

from index.extraction.dateline import names_in
from index.extraction.html_tree import Element
from index.extraction.jsonld import unescape
from index.extraction.page_markup import clean_names, spaced, squeezed
from index.extraction.page_statements import Statements, elements_near
from index.normalize import unique

AUTHOR: Final = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "article.author", "cxenseparse:author", "citation_author", "article:author", "twitter:data1",
)  # fmt: skip

Near: TypeAlias = frozenset[Element]

_MOST: Final = 12
_MARKED: Final = XPath(
    "//*[@itemprop='author' or contains(@rel,'author') or contains(@class,'byline') or contains(@class,'author')]"
)
_BYLINE: Final = 80
"""Characters of a byline."""
_PARTS: Final = 4
"""Elements in one."""
_NEAR: Final = 80
"""Elements around the heading among which a line "By Jane Doe" is the article's, and a class "author" is believed."""


def find_authors(stated: Statements) -> tuple[str, ...]:
    """The people whom the most explicit statement names; the site itself only if nobody else is named."""
    site: tuple[str, ...] = ()
    for texts in _statements(stated):
        names = unique(name for text in texts for name in clean_names(unescape(text)))[:_MOST]
        people = tuple(name for name in names if squeezed(name) not in stated.site_names)
        if people:
            return people
        site = site or names
    return site


def _statements(stated: Statements) -> Iterator[list[str]]:
    yield stated.graph.names(stated.article.get("author"))[:20]
    yield stated.values(*AUTHOR)[:20]
    yield from _marked(stated)
    yield list(_bylines(stated))[:1]


def _marked(stated: Statements) -> Iterator[list[str]]:
    """Texts that the page's markup calls author or byline, outside comments and forms; those of one kind at a time."""
    marked: Any = _MARKED(stated.page)
    found = [element for element in marked[:60] if not stated.is_around_heading(element)]
    near = frozenset(elements_near(stated, _NEAR)) if found else frozenset()
    for kind in (_names_in_property, _of_property, _of_relation, _of_byline, _links_of_class, _of_class):
        elements = islice((part for element in found for part in kind(element, near)), _MOST)
        texts = [text for element in elements if (text := _text(stated, element))]
        if texts:
            yield texts[:3]


def _names_in_property(element: Element, _: Near) -> Iterator[Element]:
    return element.iterfind(".//*[@itemprop='name']") if element.get("itemprop") == "author" else iter(())


def _of_property(element: Element, _: Near) -> Iterator[Element]:
    return iter((element,) if element.get("itemprop") == "author" else ())


def _of_relation(element: Element, _: Near) -> Iterator[Element]:
    return iter((element,) if element.tag == "a" and "author" in element.get("rel", "") else ())


def _of_byline(element: Element, _: Near) -> Iterator[Element]:
    return iter((element,) if "byline" in element.get("class", "") else ())


def _links_of_class(element: Element, near: Near) -> Iterator[Element]:
    return element.iter("a") if _is_of_class(element, near) else iter(())


def _of_class(element: Element, near: Near) -> Iterator[Element]:
    return iter((element,) if _is_of_class(element, near) else ())


def _is_of_class(element: Element, near: Near) -> bool:
    """Whether its class has "author", near the heading if there is one: elsewhere such names may be other people's."""
    return "author" in element.get("class", "") and (not near or element in near)


def _text(stated: Statements, element: Element) -> str:
    text = spaced(element, _BYLINE)
    return text if len(text) >= 2 and not stated.is_apart(element) else ""


def _bylines(stated: Statements) -> Iterator[str]:
    for element in elements_near(stated, _NEAR):
        if element.tag in ("script", "style"):
            continue
        text = spaced(element, _BYLINE) if len(element) <= _PARTS else ""
        if text and names_in(text) and not stated.is_apart(element):
            yield "; ".join(names_in(text) or ())
