"""Sections that a page does not state but that its links show: what stands beside its heading, and what its menu calls
the folder that it is in."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from index.extraction.html_tree import Element
from index.extraction.page_markup import words
from index.extraction.page_statements import Statements, elements_after, elements_before

MAX_LINKS: Final = 3_000
"""Links of a page that are looked at."""

_BESIDE: Final = 6
"""Elements before the heading, and after it, in which a link may name the section."""
_NAME: Final = 40
"""Characters of the name of a section."""
_WORDS: Final = 4
_LEVELS: Final = 3
_NO_FOLDER: Final = re.compile(r"\d+|[a-z]{2}(?:[-_][a-z]{2})?", re.IGNORECASE)
"""Folders that are a day or a language."""


def sections_beside_heading(stated: Statements) -> list[str]:
    """The name on a link right beside the heading that leads where a second link of this name on the page does."""
    heading = stated.first_heading
    if heading is None or stated.url is None:
        return []
    close = [*islice(elements_before(heading), _BESIDE), *islice(elements_after(heading), _BESIDE)]
    for link in (element for element in close if element.tag == "a"):
        path, name = _path(link, stated.url), words(link)
        if path and _is_short(name) and not stated.is_apart(link) and _stands_again(stated, path, name):
            return [name]
    return []


def _stands_again(stated: Statements, path: str, name: str) -> bool:
    links = (link for link in islice(stated.page.iter("a"), MAX_LINKS) if _path(link, stated.url or "") == path)
    return next(islice((link for link in links if words(link) == name), 1, None), None) is not None


def sections_of_folders(stated: Statements) -> list[str]:
    """The names that links in lists and menus have for the folders around the page's address, from the top down."""
    folders = _folders(stated.url or "")
    names: dict[str, str] = {}
    for link in islice(stated.page.iter("a"), MAX_LINKS) if folders else ():
        path = _path(link, stated.url or "")
        if path in folders and path not in names and _is_in_menu(link) and _is_short(name := words(link)):
            names[path] = name
    return [names[folder] for folder in folders if folder in names]


def _folders(url: str) -> list[str]:
    parts = urlsplit(url).path.lower().strip("/").split("/")[:-1]
    paths = ("/" + "/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return [path for path in paths if not _NO_FOLDER.fullmatch(path.rpartition("/")[2])][:_LEVELS]


def _path(link: Element, url: str) -> str:
    """Where on the page's own site a link leads to, in lower case and without a slash at its end; else ""."""
    target = link.get("href") or ""
    if not target.startswith("/"):
        _, mark, rest = target.partition("://")
        host, slash, path = rest.partition("/")
        if not mark or host != urlsplit(url).netloc:
            return ""
        target = slash + path
    return "" if target.startswith("//") or "?" in target else target.partition("#")[0].lower().rstrip("/")


def _is_short(name: str) -> bool:
    return 2 < len(name) <= _NAME and len(name.split()) <= _WORDS


def _is_in_menu(link: Element) -> bool:
    return next(link.iterancestors("li", "nav"), None) is not None
