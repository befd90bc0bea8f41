"""The sections of a page's article: the path in its breadcrumbs, and the categories that it states or links."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice, takewhile
from typing import Any, Final
from urllib.parse import urlsplit

from lxml.etree import XPath

from index.extraction.boilerplate import is_bar
from index.extraction.html_tree import Element
from index.extraction.jsonld import unescape
from index.extraction.page_markup import listed, marked_trail, squeezed, words
from index.extraction.page_menu import sections_beside_heading, sections_of_folders
from index.extraction.page_statements import Statements
from index.normalize import section_path, unique

SECTION: Final = (
    "article:section", "parsely-section", "section", "cxenseparse:section", "article.section", "dc.subject.section",
)  # fmt: skip

_CATEGORIES: Final = XPath("//a[contains(@rel,'category')]")
_MOST: Final = 8
_LEVELS: Final = 5
_NAME: Final = 80
_PERSON: Final = re.compile(r"/(?:authors?|autore?n?|auteurs?|users?|profile?)/", re.IGNORECASE)
_HOME: Final = re.compile(
    r"home(?:page)?|start(?:seite)?|accueil|inicio|início|index|главная|首页|ホーム|ana ?sayfa|ana səhifə|"
    r"front[ -]?page|news ?front|alle artikel|all articles|neue artikel|articles?|posts?|you are here:?|"
    r"sie sind hier:?|zurück|back|suchen?|recherche|buscar|cerca|zoeken|contact|kontakt|impressum",
    re.IGNORECASE,
)


def find_sections(stated: Statements, title: str, authors: Collection[str] = ()) -> tuple[str, ...]:
    """The path of the article from the top down, and the other names that the page states; paths have " > ".

    A page that states none has the section whose link stands beside its heading, or the folders of its address.
    """
    path = section_path(_trail(stated, title))
    texts = [*stated.graph.names(stated.article.get("articleSection")), *map(unescape, stated.values(*SECTION))]
    names = [section_path(re.split(r"\s*[>»]\s*", name)) for text in texts for name in listed(text)]
    names += map(section_path, ([name] for name in _linked(stated.page)))
    known = {part.casefold() for part in path.split(" > ")}
    kept = [name for name in names if name.casefold() not in known and len(name) <= _NAME]
    found = unique([path, *(name for name in kept if not _is_home(stated, name, ""))])[:_MOST]
    return found or _unstated(stated, authors)


def _unstated(stated: Statements, authors: Collection[str]) -> tuple[str, ...]:
    """What the links of the page show, without the people who wrote the article."""
    people = set(map(squeezed, authors))
    for names in (sections_beside_heading(stated), sections_of_folders(stated)):
        kept = [name for name in names if squeezed(name) not in people and not _is_home(stated, name, "")]
        if path := section_path(kept):
            return (path,)
    return ()


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
    """The names in the breadcrumbs that JSON-LD states, or else in those that the page shows."""
    return _names(stated, stated.graph.trail(), title) or _names(stated, marked_trail(stated.page), title)


def _names(stated: Statements, crumbs: list[tuple[str, str]], title: str) -> list[str]:
    wanted = squeezed(title)
    kept = [(name, address) for name, address in crumbs if len(name) <= 60 and squeezed(name) != wanted]
    if len(kept) == len(crumbs) and kept and stated.url and kept[-1][1].rstrip("/") == stated.url.rstrip("/"):
        kept.pop()
    names = [name for name, address in kept if not _is_home(stated, name, address) and not _leads_away(stated, address)]
    names = list(takewhile(lambda name: not is_bar(name), names))  # buttons to share the page may follow the trail
    # A second breadcrumb list may follow the first.
    again = next((position for position, name in enumerate(names) if name in names[:position]), len(names))
    return names[: min(again, _LEVELS)]


def _leads_away(stated: Statements, address: str) -> bool:
    """Whether the address of a crumb is on another site, as credits of pictures are, or a person's page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    host, own = parts.hostname or "", urlsplit(stated.url or "").hostname or ""
    return (bool(host and own) and host.split(".")[-2:] != own.split(".")[-2:]) or bool(_PERSON.search(parts.path))


def _is_home(stated: Statements, name: str, address: str) -> bool:
    at_root = bool(address) and urlsplit(address).path in ("", "/") and not urlsplit(address).query
    return at_root or bool(_HOME.fullmatch(name.strip())) or squeezed(name) in stated.site_names
