"""Prepares the tree of a page for extraction: what is never text goes, and what would hide text is straightened out.

Everything here is one pass over the tree, and changes it in place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from lxml import etree

from index.extraction.html_tree import Element, drop_element, text_of
from index.extraction.text_flow import BLOCKS, HEADINGS

ADVERTISEMENT: Final = 400
"""Characters of an advertisement; an element with more is not cut, whatever it is called."""

_CUT: Final = frozenset((
    "ad", "ads", "advert", "advertisement", "advertising", "ad-slot", "adslot", "ad-container",
    "addtoany", "share", "share-bar", "share-buttons", "share-tools", "sharebar", "sharedaddy", "shariff", "sharing",
    "sharing-buttons", "social-share", "social-sharing",
))  # fmt: skip
"""What elements of advertising and of buttons to share the page call themselves."""
_CHUNK: Final = 250
_PARAGRAPH: Final = 80
"""Characters of a long paragraph."""

# What the extractor drops in every setting. Dropped once, before, it is in no copy of the tree and in no search.
_NO_WORDS: Final = (
    "applet", "area", "audio", "blink", "canvas", "embed", "frame", "frameset", "iframe", "input", "link", "map",
    "meta", "object", "param", "picture", "progress", "script", "source", "style", "svg", "template", "title", "track",
    "use", "video",
)  # fmt: skip
_NOT_THE_TEXT: Final = (
    "aside", "button", "datalist", "dialog", "fencedframe", "fieldset", "figure", "footer", "label", "legend",
    "marquee", "menu", "menuitem", "nav", "noindex", "noscript", "optgroup", "option", "output", "rp", "rt", "rtc",
    "select", "textarea", "time",
)  # fmt: skip
_MOST: Final = 0.5
_LOOKS: Final = 20
"""How often all the words of a page may be looked at in search of the element that holds most of them, or most of the
long paragraphs."""
_MAX_LINKS: Final = 20
"""Links of a heading that are looked at: a heading with more is a menu."""
_HOLLOW: Final = (
    "article", "b", "blockquote", "dd", "div", "dt", "em", "h2", "h3", "h4", "h5", "h6", "i", "li", "main", "p", "pre",
    "q", "section", "span", "strong",
)  # fmt: skip
_EMPTY: Final = "empty"

_PERMALINK: Final = re.compile(
    r"(?:permanent link|permalink|anchor|link|copy link|direct link|#)?(?: (?:to|for) (?:this )?(?:section|heading))?",
    re.IGNORECASE,
)


def prepare_page(page: Element) -> None:
    """Cuts what is never text, small advertisements and share buttons; frees headings of permalinks; joins chunks."""
    _free_strays(page)
    for heading in page.iter(*HEADINGS):
        if len(heading):
            _free_heading(heading)
    _cut_advertising(page)
    for figure in page.iter("figure"):
        if next(figure.iter("table"), None) is not None:
            figure.tag = "div"
    etree.strip_elements(page, *_NO_WORDS, with_tail=False)
    _keep_main(page)
    _keep_prose(page)
    etree.strip_elements(page, *_NOT_THE_TEXT, with_tail=False)
    for element in [found for found in page.iter(*_HOLLOW) if found.text is None and not len(found)]:
        element.tag = _EMPTY
    etree.strip_elements(page, _EMPTY, with_tail=False)
    _join_chunks(page)


def _free_strays(page: Element) -> None:
    """Moves text out of the head: the parser does not know that `<article>` begins the body if no `<body>` does."""
    head, body = page.find("head"), page.find("body")
    if head is not None and body is not None:
        strays = [element for element in head if element.tag in BLOCKS]
        body[:0] = strays


def _keep_main(page: Element) -> None:
    """Some pages are one `aside` or one `footer` from end to end; an element with most of the words is neither."""
    whole = len(text_of(page))
    inside, looked_at = page, 0
    while looked_at <= _LOOKS * whole:
        main = None
        for found in inside.iter(*_NOT_THE_TEXT):
            length = len(text_of(found))
            looked_at += length
            if length > _MOST * whole:
                main = found
                break
            if looked_at > _LOOKS * whole:
                return
        if main is None:
            return
        main.tag, inside = "div", main


def _keep_prose(page: Element) -> None:
    """The same for one of them that holds an article or its heading, and most of the long paragraphs: around a short
    article there may be more words in links."""
    boxes = (box for box in page.iter(*_NOT_THE_TEXT) if len(box))
    holders = [box for box in boxes if next(box.iter("h1", "article", "main"), None) is not None]
    whole = prose_length(page) if holders else 0
    for box in holders[:_LOOKS]:
        if prose_length(box) > _MOST * whole:
            box.tag = "div"


def prose_length(element: Element) -> int:
    """Characters of the long paragraphs in an element, without those that are links for the most part."""
    lengths = ((paragraph, len(text_of(paragraph))) for paragraph in element.iter("p"))
    return sum(length for paragraph, length in lengths if length > _PARAGRAPH and 2 * _linked(paragraph) < length)


def _linked(element: Element) -> int:
    return sum(len(text_of(link)) for link in element.iter("a"))


def _free_heading(heading: Element) -> None:
    """Takes links to the heading itself out of it; they are no part of its text, and a heading of links looks like a
    teaser. Their anchor becomes that of the heading, if it has none."""
    links = list(heading.iter("a"))
    whole = text_of(heading).strip() if links else ""
    for link in links if len(links) <= _MAX_LINKS else ():
        target = link.get("href") or ""
        if target and not target.startswith("#"):
            continue
        words = text_of(link).strip()
        bare = not any(map(str.isalnum, words)) or _PERMALINK.fullmatch(words) is not None
        anchor = link.get("id") or link.get("name") or (target[1:] if bare else "")
        if anchor and not heading.get("id"):
            heading.set("id", anchor)
        if not bare:
            link.tag = "span"
            link.attrib.pop("href", None)
        elif words != whole:
            drop_element(link)


def _cut_advertising(page: Element) -> None:
    """Takes out small elements that call themselves advertising or buttons to share the page."""
    for element in list(page.iter("div", "section", "aside", "p", "span", "ins")):
        classes, own = element.get("class"), element.get("id")
        named = (classes and not _CUT.isdisjoint(classes.lower().split())) or (own and own.lower() in _CUT)
        if named and len(text_of(element)) <= ADVERTISEMENT:
            drop_element(element)


def _join_chunks(page: Element) -> None:
    """Makes the extractor see text that is spread over several equal containers, of which it would find the first.

    Without class and id they no longer look like the container of the article, and the element around them does.
    """
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for article in page.iter("article"):
        if next(article.iterancestors("article"), None) is not None:
            continue
        for element in article.iter("div", "section"):
            if element.get("class") and _paragraph_text(element) >= _CHUNK:
                groups[element.tag, element.get("class")].append(element)
    for chunks in groups.values():
        parents = {chunk.getparent() for chunk in chunks} | {chunk.getparent().getparent() for chunk in chunks}
        if len(chunks) > 1 and len(parents) <= len(chunks) + 1:
            for chunk in chunks:
                chunk.attrib.pop("class", None)
                chunk.attrib.pop("id", None)


def _paragraph_text(element: Element) -> int:
    return sum(len(text_of(child)) for child in element if child.tag == "p")
