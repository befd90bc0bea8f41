"""Who wrote a page's article: the names that it states, and the bylines near its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from lxml.etree import XPath

from index.extraction.boilerplate import AUTHORS_PAGE, BYLINE, NOT_A_NAME
from index.extraction.dateline import names_in
from index.extraction.html_tree import Element
from index.extraction.jsonld import types, unescape
from index.extraction.page_markup import clean_names, spaced, squeezed
from index.extraction.page_statements import Statements, elements_near
from index.normalize import unique

AUTHOR: Final = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "article.author", "cxenseparse:author", "citation_author", "article:author", "twitter:data1",
)  # fmt: skip

Near: TypeAlias = frozenset[Element]

_MOST: Final = 12
_WORK: Final = re.compile(r"(?:Article|Posting|Page|Recipe|HowTo|Question|Episode|VideoObject)$")
_MARKED: Final = XPath(
    "//*[@itemprop='author' or contains(@rel,'author') or contains(@class,'byline') or contains(@class,'author')]"
)
_AUTHORS_FOLDER: Final = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|staff|reporters?|journalist(?:e|en|es|s)?|redakteure?|people|person|profile?|"
    r"columnists?|contributors?|writers?)/[^/?#]+/?$",
    re.IGNORECASE,
)
_USERS: Final = XPath("//*[contains(@class,'username') or contains(@class,'user-name') or contains(@class,'nickname')]")
_USER_NAME: Final = 30
"""Characters of the name under which somebody writes in a discussion."""
_BYLINE: Final = 80
"""Characters of a byline."""
_BEFORE: Final = " -–—|·•,/"
"""What may separate a byline from the date before it."""
_PARTS: Final = 4
"""Elements in one."""
_NEAR: Final = 80
"""Elements around the heading among which a line "By Jane Doe" is the article's, and a class "author" is believed."""


def find_authors(stated: Statements) -> tuple[str, ...]:
    """The people whom the most explicit statement names; the site itself only if nobody else is named."""
    site: tuple[str, ...] = ()
    for texts in _statements(stated):
        stating = [unescape(text) for text in texts]
        others = (text for text in stating if squeezed(text) not in stated.site_names and not _names_host(stated, text))
        people = [name for text in others for name in clean_names(text) if squeezed(name) not in stated.site_names]
        if people:
            return unique(people)[:_MOST]
        site = site or unique(name for text in stating for name in clean_names(text))
    return _first_user(stated) or site


def _names_host(stated: Statements, text: str) -> bool:
    """Whether a text is the name of the site with its host: "The Islander (www.islander.example)"."""
    host = (urlsplit(stated.url or "").hostname or "").removeprefix("www.")
    return bool(host) and f"{host})" in text.lower()


def _statements(stated: Statements) -> Iterator[list[str]]:
    yield stated.graph.names(stated.article.get("author"))[:20]
    yield stated.values(*AUTHOR)[:20]
    yield from _marked(stated)
    yield list(_linked(stated))[:1]
    yield list(_bylines(stated))[:1]
    yield list(_of_other_nodes(stated))[:3]


def _of_other_nodes(stated: Statements) -> Iterator[str]:
    """The authors of whatever else JSON-LD describes, such as the post of a discussion or the page."""
    for node in stated.graph.nodes:
        if any(map(_WORK.search, types(node))):
            yield from stated.graph.names(node.get("author"))


def _linked(stated: Statements) -> Iterator[str]:
    """The names on links near the heading to the pages of authors, as their addresses call them."""
    links = (element for element in elements_near(stated, _NEAR) if element.tag == "a")
    pages = (link for link in links if _AUTHORS_FOLDER.search(link.get("href") or ""))
    return filter(None, (_text(stated, link) for link in pages))


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
    """Whether its class has "author", near the heading if there is one: elsewhere such names may be other people's, if
    nothing leads in to them."""
    if "author" not in element.get("class", ""):
        return False
    return not near or element in near or _leads_in(spaced(element, _BYLINE))


def _leads_in(text: str) -> bool:
    """Whether a text says that a name follows: "Author: Jane Doe", "All posts by Jane Doe"."""
    return (BYLINE.match(text) or AUTHORS_PAGE.match(text)) is not None


def _first_user(stated: Statements) -> tuple[str, ...]:
    """Who wrote the first post of a discussion."""
    marked: Any = _USERS(stated.page)
    near = frozenset(elements_near(stated, _NEAR))
    own = (element for element in marked[:60] if element in near and not stated.is_apart(element))
    names = (spaced(element, _USER_NAME) for element in own)
    return tuple(islice((name for name in names if len(name) > 1 and not NOT_A_NAME.fullmatch(name)), 1))


def _text(stated: Statements, element: Element) -> str:
    text = spaced(element, _BYLINE)
    return text if len(text) >= 2 and not stated.is_apart(element) else ""


def _bylines(stated: Statements) -> Iterator[str]:
    for element in elements_near(stated, _NEAR):
        if element.tag in ("script", "style"):
            continue
        text = spaced(element, _BYLINE).lstrip(_BEFORE) if len(element) <= _PARTS else ""
        if text and names_in(text) and not stated.is_apart(element):
            yield "; ".join(names_in(text) or ())
