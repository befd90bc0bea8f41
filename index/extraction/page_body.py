"""The running text of a page: trafilatura finds it; we choose among its settings, clean up, and restore the headings.

Every choice here was measured with `backfile evaluate extraction`.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Collection
from copy import deepcopy
from urllib.parse import urljoin

from trafilatura import bare_extraction

from index.extraction.body import Body
from index.extraction.boilerplate import is_bar, is_foot, is_notice, is_wall
from index.extraction.html_tree import (
    BLOCKS,
    HEADINGS,
    Element,
    anchor_of,
    drop_element,
    parse_html,
    read_tree,
    text_of,
)
from index.normalize import one_line

PRECISE_ENOUGH = 0.6
"""The precise setting's text is taken if it is at least this share of the text that the balanced setting finds."""

MAX_COMPARED = 6_000
"""Elements of a page on which the settings are compared: the largest of 479 real pages has 5,535. All settings but the
fast one fall back on algorithms that take quadratic time over paragraphs."""

_TAGS = {"list": "ul", "item": "li", "quote": "blockquote", "lb": "br", "row": "tr", "ref": "a", "del": "s"}
_TAG_NAME = re.compile("[a-z][a-z0-9]*")
_BLOCKS = ("p", "li", "h2", "h3", "h4", "h5", "h6", "blockquote")
_LEAD_IN = 4
LINKED = 0.6
"""A list at the end of the text with more than this share of it in links is a wall of other articles."""

_CHUNK = 250
ADVERTISEMENT = 400
"""Characters of an advertisement; an element with more is not cut, whatever it is called."""

_ADVERTISING = frozenset(("ad", "ads", "advert", "advertisement", "advertising", "ad-slot", "adslot", "ad-container"))
MAX_HEADING = 160
"""Characters of a heading; what is longer is a standfirst or a quotation set large."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def extract_body(page: Element, title: str = "", url: str | None = None) -> Body:
    """The body of the article on a page, with its headings and their anchors; empty if there is no running text.

    `page` is not changed. The text does not begin with `title`. Links are relative to `url`.
    """
    tree = deepcopy(page)
    _cut_advertising(tree)
    _join_chunks(tree)
    found = _extract(tree)
    if found is None:
        return Body()
    body = _as_html(found)
    originals = _originals(page)
    for block in [element for element in body.iter(*_BLOCKS) if element is not body]:
        _restore(block, originals, url)
    _clean(body, [title, *(text_of(heading) for heading in page.iter("h1"))])
    return read_tree(body)


def _extract(tree: Element) -> Element | None:
    """The precise setting's text, unless it is much less than the balanced setting's: then a third setting decides."""
    if sum(1 for _ in tree.iter()) > MAX_COMPARED:
        return _run(tree, fast=True)
    balanced, precise = _run(tree), _run(tree, precise=True)
    if precise is None or balanced is None:
        return balanced if precise is None else precise
    if _length(precise) >= PRECISE_ENOUGH * _length(balanced):
        return precise
    fast = _run(tree, fast=True)
    wanted = _length(fast) if fast is not None else _length(balanced)
    return min(balanced, precise, key=lambda body: abs(_length(body) - wanted))


def _run(tree: Element, *, precise: bool = False, fast: bool = False) -> Element | None:
    try:
        found = bare_extraction(
            deepcopy(tree),
            fast=fast,
            favor_precision=precise,
            include_comments=False,
            include_formatting=True,
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        # The extractor does not guard against every odd tree; if it fails, it has found no text.
        return None
    return getattr(found, "body", None) if found is not None else None


def _length(body: Element) -> int:
    return len(text_of(body))


def _cut_advertising(tree: Element) -> None:
    """Takes out small elements that call themselves advertising, and scripts: some hold a second copy of the text."""
    for element in list(tree.iter("script", "div", "section", "aside", "p", "span", "ins")):
        names = {element.get("id", "").lower(), *element.get("class", "").lower().split()}
        advertising = not _ADVERTISING.isdisjoint(names) and len(text_of(element)) <= ADVERTISEMENT
        if advertising or element.tag == "script":
            drop_element(element)


def _join_chunks(tree: Element) -> None:
    """Makes the extractor see text that is spread over several equal containers, of which it would find the first.

    Without class and id they no longer look like the container of the article, and the element around them does.
    """
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for element in tree.iter("div", "section"):
        if element.get("class") and _paragraph_text(element) >= _CHUNK:
            groups[element.tag, element.get("class")].append(element)
    for chunks in groups.values():
        parents = {chunk.getparent() for chunk in chunks} | {chunk.getparent().getparent() for chunk in chunks}
        if (
            len(chunks) > 1
            and len(parents) <= len(chunks) + 1
            and any(tag.tag == "article" for tag in chunks[0].iterancestors())
        ):
            for chunk in chunks:
                chunk.attrib.pop("class", None)
                chunk.attrib.pop("id", None)


def _paragraph_text(element: Element) -> int:
    return sum(len(text_of(child)) for child in element if child.tag == "p")


# --- from the extractor's elements to HTML


def _as_html(body: Element) -> Element:
    root: Element = parse_html("").find("body")
    for child in list(body):
        root.append(child)
    root.text = body.text
    for element in list(root.iter()):
        if isinstance(element.tag, str):
            _rename(element)
    return root


def _rename(element: Element) -> None:
    tag, rend, target = element.tag, element.get("rend", ""), element.get("target")
    element.attrib.clear()
    if tag == "head":
        element.tag = rend if rend in HEADINGS else "h2"
    elif tag == "hi":
        element.tag = {"#b": "strong", "#i": "em", "#u": "u", "#sub": "sub", "#sup": "sup", "#t": "code"}.get(
            rend, "span"
        )
    elif tag == "cell":
        element.tag = "td"
    elif tag == "code" and "\n" in text_of(element):
        element.tag = "pre"
    elif not _TAG_NAME.fullmatch(tag):
        # `vector<int& v>` in a code sample is parsed as a tag with a name that lxml then refuses to set.
        element.tag = "span"
    else:
        element.tag = _TAGS.get(tag, tag)
    if element.tag == "a" and target:
        element.set("href", target)


# --- what does not belong to the article


def _clean(body: Element, titles: Collection[str]) -> None:
    for element in [element for element in body.iter(*_BLOCKS, *HEADINGS) if element is not body]:
        text = one_line(text_of(element))
        if not text or is_bar(text) or _is_pointer(element, text) or (element.tag in HEADINGS and is_wall(text)):
            drop_element(element)
        elif element.tag in HEADINGS and len(text) > MAX_HEADING:
            element.tag = "p"
    _cut_end(body)
    _cut_start(body, titles)


def _is_pointer(element: Element, text: str) -> bool:
    """Whether a block does nothing but point elsewhere: a link, with at most a few words before it ("Read more: …")."""
    if element.tag in HEADINGS or element.tag == "blockquote":
        return False
    linked = " ".join(one_line(text_of(link)) for link in element.iter("a")).split()
    own = len(text.split()) - len(linked)
    short = len(text) <= 160 and not text.endswith((".", "!", "”"))
    return short and len(linked) >= 3 and own <= _LEAD_IN


def _cut_end(body: Element) -> None:
    """Headings of walls, feet, notices and headings over nothing, as long as the text ends with one of them."""
    while len(body):
        last = body[-1]
        text = one_line(text_of(last))
        ends = last.tag in HEADINGS or is_wall(text) or is_foot(text) or (is_notice(text) and len(text) < 300)
        if text and not ends and not _is_link_list(last, text):
            return
        if (last.tail or "").strip():
            return
        body.remove(last)


def _is_link_list(element: Element, text: str) -> bool:
    linked = sum(len(one_line(text_of(link))) for link in element.iter("a"))
    return element.tag in ("ul", "ol") and linked > LINKED * len(text)


def _cut_start(body: Element, titles: Collection[str]) -> None:
    """The article's title is no part of its text, wherever in the first blocks the page repeats it."""
    wanted = {_bare(title) for title in titles} - {""}
    for element in list(body)[:2]:
        if _bare(text_of(element)) in wanted:
            drop_element(element)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


# --- blocks as they are on the page


def _originals(page: Element) -> dict[str, list[Element]]:
    """The blocks of a page that hold no other block, by their text."""
    found: dict[str, list[Element]] = defaultdict(list)
    for element in page.iter(*_BLOCKS, "h1", "div", "td", "dd"):
        if not any(child.tag in BLOCKS for child in element.iterdescendants()):
            found[one_line(text_of(element))].append(element)
    return found


def _restore(block: Element, originals: dict[str, list[Element]], url: str | None) -> None:
    """Restores a block's links, emphasis, level and anchor from the block of the page that has the same words.

    The extractor drops them; asked to keep links, it loses text around them.
    """
    waiting = originals.get(one_line(text_of(block)))
    if not waiting:
        return
    original = waiting.pop(0) if len(waiting) > 1 else waiting[0]
    if block.tag in HEADINGS and original.tag in HEADINGS:
        block.tag = original.tag
        if anchor := anchor_of(original):
            block.set("id", anchor)
    for child in list(block):
        block.remove(child)
    block.text = original.text
    for child in original:
        block.append(deepcopy(child))
    for link in block.iter("a"):
        _keep_target(link, url)


def _keep_target(link: Element, url: str | None) -> None:
    target = link.get("href") or ""
    link.attrib.clear()
    try:
        target = urljoin(url or "", target)
    except ValueError:
        return
    if target.startswith(("http://", "https://")):
        link.set("href", target)
