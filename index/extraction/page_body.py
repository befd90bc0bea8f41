"""The running text of a page: trafilatura finds it; we choose among its settings, clean up, and restore the headings.

Every choice here was measured with `backfile evaluate extraction`.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Final

from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from index.extraction.body import Body
from index.extraction.html_tree import Element, read_tree, text_of
from index.extraction.page_blocks import PageBlocks
from index.extraction.page_cleaning import TEXT_BLOCKS, clean_body
from index.extraction.page_metadata import PageMetadata
from index.extraction.page_tree import prepare_page, prose_length
from index.extraction.standfirst import find_standfirst
from index.extraction.text_flow import HEADINGS

PRECISE_ENOUGH: Final = 0.6
"""The precise setting's text is taken if it is at least this share of the text that the balanced setting finds."""

MAX_COMPARED: Final = 6_000
"""Elements of a page on which the settings are compared: the largest of 479 real pages has 5,535. All settings but the
fast ones fall back on algorithms that take quadratic time over paragraphs."""

ENOUGH: Final = 500
ENOUGH_OF_PAGE: Final = 0.5
"""What the fast and precise setting finds is taken if it has so many characters, and so large a share of those in the
long paragraphs of the page; else it may have missed the text, and slower settings are compared."""

_TAGS: Final = {"list": "ul", "item": "li", "quote": "blockquote", "lb": "br", "row": "tr", "ref": "a", "del": "s"}
_TAG_NAME: Final = re.compile("[a-z][a-z0-9]*")

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def extract_body(page: Element, stated: PageMetadata) -> Body:
    """The body of the article on a page, with its headings and their anchors; empty if there is no running text.

    `page` is used up; `stated` is what was read from it before. The text does not begin with the title, and begins with
    the standfirst if the page shows one. Links are relative to the address.
    """
    titles = [stated.title, *(text_of(heading) for heading in page.iter("h1"))]
    prepare_page(page)
    found = _extract(page)
    if found is None:
        return Body()
    body = _as_html(found, page)
    blocks = PageBlocks(page)
    for block in [element for element in body.iter(*TEXT_BLOCKS) if element is not body]:
        blocks.restore(block, stated.url)
    blocks.put_text_back(stated.url)
    blocks.put_headings_back()
    standfirst = find_standfirst(blocks.before_text(), stated.summary, text_of(body), stated.title)
    blocks.put_before(body, standfirst, stated.url)
    clean_body(body, titles, stated.authors)
    return read_tree(body)


def _extract(page: Element) -> Element | None:
    """The text by the fast and precise setting if it is plausible, else the best of the others."""
    quick = _run(page, precise=True, fast=True)
    if quick is not None and _is_plausible(_length(quick), page):
        return quick
    if sum(1 for _ in page.iter()) > MAX_COMPARED:
        return _longest(quick, _run(page, fast=True))
    return _compared(page)


def _compared(page: Element) -> Element | None:
    """The precise setting's text, unless it is much less than the balanced setting's: then a third setting decides by
    its length, or if that finds less than either, the long paragraphs of the page."""
    balanced, precise = _run(page), _run(page, precise=True)
    if precise is None or balanced is None:
        return balanced if precise is None else precise
    if _length(precise) >= PRECISE_ENOUGH * _length(balanced):
        return precise
    fast = _run(page, fast=True)
    least = PRECISE_ENOUGH * _length(precise)
    wanted = _length(fast) if fast is not None and _length(fast) >= least else prose_length(page)
    return min(balanced, precise, key=lambda body: abs(_length(body) - wanted))


def _longest(*found: Element | None) -> Element | None:
    return max((body for body in found if body is not None), key=_length, default=None)


def _is_plausible(length: int, page: Element) -> bool:
    if length < ENOUGH:
        return False
    return length >= ENOUGH_OF_PAGE * prose_length(page)


def _run(page: Element, *, precise: bool = False, fast: bool = False) -> Element | None:
    try:
        found = bare_extraction(page, options=_options(precise, fast))  # works on a copy
    except (ValueError, TypeError, AttributeError, RecursionError):
        # The extractor does not guard against every odd tree; if it fails, it has found no text.
        return None
    return getattr(found, "body", None) if found is not None else None


@cache
def _options(precise: bool, fast: bool) -> Extractor:
    return Extractor(fast=fast, precision=precise, comments=False, formatting=True)


def _length(body: Element) -> int:
    return len(text_of(body))


# --- from the extractor's elements to HTML


def _as_html(body: Element, page: Element) -> Element:
    root: Element = page.makeelement("body")
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
