"""Metadata that a page does not state but that its markup shows: bylines, breadcrumbs, `<meta>` values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml.etree import XPath

from index.extraction.boilerplate import AUTHORS_PAGE, BYLINE, NOT_A_NAME, is_bar, without_dateline_noise
from index.extraction.dates import written_dates
from index.extraction.html_tree import Element, text_of
from index.extraction.jsonld import MAX_TEXT

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[<(\[]\S+@\S+[>)\]]|@\w+")
_CRUMBS: Final = 10
_TRAILS: Final = XPath("//@*[contains(.,'readcrumb') or contains(.,'rootline')]/..")
_NAMES_A_TRAIL: Final = ("itemtype", "class", "aria-label", "id")
_NAMES: Final = XPath(".//*[@itemprop='name']")
_TEXTS: Final = XPath("descendant-or-self::text()", smart_strings=False)
_ROLE = re.compile(
    r"\b(?:writer|reporter|editor|correspondent|staff|contributor|columnist|producer|bureau|special to|"
    r"redakteur|korrespondent|journaliste|redactor|min(?:ute)?s? read)\b",
    re.IGNORECASE,
)
_NAME_WORDS: Final = 3
"""Words of a name beside a date; more of them may be a name and the agency."""
_ASIDE = re.compile(r"\s+\([^()]{2,60}\)?\s*$")
_AND = re.compile(r"\s*;\s*|\s+(?:and|&|und|et|y)\s+|\s*\|\s*")


def words(element: Element) -> str:
    """The text of an element on one line; only its first MAX_TEXT characters."""
    return " ".join(text_of(element)[:MAX_TEXT].split())


def spaced(element: Element, most: int = MAX_TEXT) -> str:
    """The text of an element on one line, with a space between its parts even if the markup has none; "" if it has
    more than `most` characters, white space apart."""
    parts: Any = _TEXTS(element) if len(element) else (element.text or "",)
    text = " ".join(" ".join(parts).split())
    return text if len(text) <= most else ""


def squeezed(text: str) -> str:
    """Only the letters and digits, without case, to compare names."""
    return re.sub(r"[\W_]+", "", text).casefold()


def listed(text: str) -> list[str]:
    """The items of a list in text, separated by commas, semicolons or bars."""
    return [part.strip(" #\"'") for part in re.split(r"\s*[,;|]\s*", text) if part.strip(" #\"'")]


def clean_names(text: str) -> Iterator[str]:
    """The people whom a byline names, without addresses, roles and the word "by"."""
    text = _ASIDE.sub("", BYLINE.sub("", AUTHORS_PAGE.sub("", _ADDRESS.sub(" ", text).strip(), 1)))
    for part in _AND.split(_without_date(text)):
        pieces = [piece.strip(" .,:-–—·→»(") for piece in part.split(",")]
        people = [piece for piece in pieces if piece and not _ROLE.search(piece)]
        several = len(people) > 1 and all(2 <= len(piece.split()) <= 4 for piece in people)
        for name in people if several else people[:1]:
            if 3 <= len(name) <= 60 and len(name.split()) <= 6 and not _is_odd(name):
                yield name


def _without_date(text: str) -> str:
    """What stands before the first date that is written out, or behind it if nothing does."""
    dates = written_dates(text)
    if not dates:
        return text
    _, start, end = dates[0]
    before, behind = (without_dateline_noise(part).strip(" |·•,:–—-/") for part in (text[:start], text[end:]))
    name = before if any(map(str.isalpha, before)) else behind
    return name if len(name.split()) <= _NAME_WORDS else text


def _is_odd(name: str) -> bool:
    digits = any(map(str.isdigit, name)) and (" " in name or not name[0].isalpha())
    return digits or NOT_A_NAME.fullmatch(name) is not None or is_bar(name)


def marked_trail(page: Element) -> list[tuple[str, str]]:
    """Breadcrumbs as microdata or as a list of links that calls itself one."""
    lists = [element for element in _all(_TRAILS(page)) if _is_trail(element)]
    items = [item for trail in lists if "BreadcrumbList" in trail.get("itemtype", "") for item in _all(_NAMES(trail))]
    links = items or [link for trail in lists for link in trail.iter("a")]
    found = [(words(element), (element.get("href") or "")) for element in links[:_CRUMBS]]
    return [(name, address) for name, address in found if name]


def _is_trail(element: Element) -> bool:
    return any(re.search("readcrumb|rootline", element.get(name) or "") for name in _NAMES_A_TRAIL)


def _all(found: Any) -> list[Element]:
    """What an XPath for elements gives, which the type of its result does not say."""
    return list(found)


def meta_values(page: Element) -> dict[str, list[str]]:
    """The contents of a page's `<meta>` elements by lower-case name."""
    values: dict[str, list[str]] = {}
    for element in page.iter("meta"):
        content = element.get("content")
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(key) or "").strip().lower()
            if name and content and content.strip():
                values.setdefault(name, []).append(content.strip()[:MAX_TEXT])
    return values
