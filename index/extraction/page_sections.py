"""The sections of a page's article: the path in its breadcrumbs, and the categories that it states or links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from lxml.etree import XPath

from index.extraction.html_tree import Element
from index.extraction.jsonld import unescape
from index.extraction.page_markup import listed, marked_trail, squeezed, words
from index.extraction.page_statements import Statements
from index.normalize import section_path, unique

SECTION: Final = (
    "article:section", "parsely-section", "section", "cxenseparse:section", "article.section", "dc.subject.section",
)  # fmt: skip

_CATEGORIES: Final = XPath("//a[contains(@rel,'category')]")
_MOST: Final = 8
_LEVELS: Final = 5
_NAME: Final = 80
_HOME: Final = re.compile(
    r"home(?:page)?|start(?:seite)?|accueil|inicio|início|index|главная|首页|ホーム|ana ?sayfa|ana səhifə|"
    r"front[ -]?page|news ?front|alle artikel|all articles|neue artikel|articles?|posts?|you are here:?|"
    r"sie sind hier:?|zurück|back",
    re.IGNORECASE,
)


def find_sections(stated: Statements, title: str) -> tuple[str, ...]:
    """The path of the article from the top down, and the other names that the page states; paths have " > "."""
    path = section_path(_trail(stated, title))
    texts = [*stated.graph.names(stated.article.get("articleSection")), *map(unescape, stated.values(*SECTION))]
    names = [section_path(re.split(r"\s*[>»]\s*", name)) for text in texts for name in listed(text)]
    names += map(section_path, ([name] for name in _linked(stated.page)))
    known = {part.casefold() for part in path.split(" > ")}
    kept = (name for name in names if name.casefold() not in known and len(name) <= _NAME)
    return unique([path, *(name for name in kept if not _is_home(stated, name, ""))])[:_MOST]


def _linked(page: Element) -> Iterator[str]:
    """The categories that the first links of that relation name: further ones belong to other articles.

    `rel="category"` and `rel="category tag"` are what WordPress writes.
    """
    marked: Any = _CATEGORIES(page)
    links = (link for link in marked if "category" in link.get("rel").lower().split())
    place = None
    for link in islice(links, 2 * _MOST):
        around = link.getparent()
        around = around.getparent() if around is not None and around.tag == "li" else around
        place = around if place is None else place
        if around is place:
            yield words(link)


def _trail(stated: Statements, title: str) -> list[str]:
    crumbs = stated.graph.trail() or marked_trail(stated.page)
    wanted = squeezed(title)
    kept = [(name, address) for name, address in crumbs if len(name) <= 60 and squeezed(name) != wanted]
    if len(kept) == len(crumbs) and kept and stated.url and kept[-1][1].rstrip("/") == stated.url.rstrip("/"):
        kept.pop()
    names = [name for name, address in kept if not _is_home(stated, name, address)]
    # A second breadcrumb list may follow the first.
    again = next((position for position, name in enumerate(names) if name in names[:position]), len(names))
    return names[: min(again, _LEVELS)]


def _is_home(stated: Statements, name: str, address: str) -> bool:
    at_root = bool(address) and urlsplit(address).path in ("", "/") and not urlsplit(address).query
    return at_root or bool(_HOME.fullmatch(name.strip())) or squeezed(name) in stated.site_names
