"""HTML trees: parsing that no input can break or exhaust, and the walk that turns a tree into text with headings.

Every format with markup comes through here: pages, HTML bodies, and Markdown once it is rendered to HTML.
The work that markup can cause is bounded by its elements and their depth, because extraction visits each element
many times. What exceeds a bound is read with less structure or left out, and the reader is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, Final, TypeAlias

import lxml.html
from lxml import etree

from index.extraction.body import Body, BodyBuilder
from index.extraction.text_flow import BLOCKS, CELLS, HEADINGS, LINE_BREAK, TextFlow

MAX_PAGE_ELEMENTS: Final = 20_000
"""Elements of a page that are read with their structure: the largest of 479 real news pages has 5,535."""
MAX_BODY_ELEMENTS: Final = 200_000
"""The same for the body of an article: the largest of 12,600 real ones has 2,586, but a book may be an article."""
MAX_DEPTH: Final = 256
"""Levels of nesting that are read with their structure: 51 on real pages, 15 in real bodies."""

NOT_TEXT = (
    "script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "embed", "audio", "video", "canvas",
    "button", "select", "textarea", "input", "datalist", "dialog", "head", "map", "link", "meta",
)  # fmt: skip
# libxml2 stops at 2048 nested elements and drops what follows. Without these tags nothing is left to nest.
_NESTING = re.compile(r"(?:</?(?!(?:p|br|script|style)\b)[a-z][^<>]*>\s*)+", re.IGNORECASE)
_TOO_DEEP = "Excessive depth"
_START_TAG = re.compile("<[a-zA-Z]")
_IS_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")

# Characters that a tree may not hold, literally or as references: lxml parses them but then refuses to move them.
_CONTROLS = bytes((*range(9), 11, 12, *range(14, 32)))
_NON_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_NOT_XML_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3])|6553[45])(?!\d);?"
    r"|x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])(?![0-9a-f]);?)",
    re.IGNORECASE,
)

# libxml2 takes quadratic time over the attributes of one element; one long attribute (a picture as data) is harmless.
_LONG = 20_000
_LONG_TAG = re.compile(rf"<([a-zA-Z][\w:-]*)[^<>]{{{_LONG},}}>")
_MANY_ATTRIBUTES = 1000

ANCHOR_HOLDERS = frozenset(("section", "div", "article", "li", "a", "span", "header"))
"""Elements whose id is the anchor of a heading with which they begin."""
_FRAGMENT_ID = re.compile(r"\S{1,200}")

# lxml.html.HtmlElement, which the type stubs of lxml do not declare.
Element: TypeAlias = Any
Warn: TypeAlias = Callable[[str], None]


def parse_html(
    markup: str, *, most: int = MAX_BODY_ELEMENTS, warn: Warn | None = None, for_extraction: bool = True
) -> Element:
    """The tree of a page or a fragment, always with a body; broken markup gives what can be read of it.

    `for_extraction`: its elements have the methods of `lxml.html`, which the extractor asks for and which cost time.

    `most` elements keep their structure, as do elements up to MAX_DEPTH deep; `warn` is called with a sentence if
    there is more. The tree has no more than 1.5 * `most` elements. No entity is expanded, no file or address is opened.
    """
    say = warn or _silent
    markup = _bounded(_without_long_tags(xml_characters(markup)), most, say)
    tree, complete = _parse(markup, for_extraction)
    if not complete:
        say(f"has elements nested more than {MAX_DEPTH} deep; it was read as bare paragraphs")
        tree, _ = _parse(_NESTING.sub("\n<p>", markup), for_extraction)
    elif _flatten(tree):
        say(f"has elements nested more than {MAX_DEPTH} deep; of these only the text was read")
    return tree


def read_html(markup: str) -> Body:
    """The body in an HTML page or fragment; scripts, styles, menus and form controls are not text."""
    warnings: list[str] = []
    tree = parse_html(markup, warn=warnings.append, for_extraction=False)
    return read_tree(tree, tuple(warnings))


def read_tree(tree: Element, warnings: tuple[str, ...] = ()) -> Body:
    """The text and headings of a tree, which is of no use afterwards; its markup, cleaned, becomes `Body.html`."""
    clean_tree(tree)
    markup = inner_html(tree)
    builder = BodyBuilder()
    _Walk(TextFlow(builder)).run(tree)
    return builder.build(markup, warnings)


def inner_html(tree: Element) -> str:
    """The markup inside a tree's body."""
    found = tree.find("body")
    body = tree if found is None else found
    start = _escape(body.text or "")
    return (start + "".join(etree.tostring(child, encoding="unicode", method="html") for child in body)).strip()


def clean_tree(tree: Element) -> None:
    """Drops what is not text, and simplifies headings: none is nested, blank or of level 1."""
    for element in list(tree.iter(etree.Comment, etree.ProcessingInstruction, *NOT_TEXT)):
        if element.getparent() is not None:
            drop_element(element)
    for heading in list(tree.iter(*HEADINGS)):
        if not len(heading) and not (heading.text or "").strip():
            drop_element(heading)
        elif not text_of(heading).strip() or any(parent.tag in HEADINGS for parent in heading.iterancestors()):
            heading.tag = "span"  # drop_tag() would search among all siblings, which takes quadratic time
        elif heading.tag == "h1":
            heading.tag = "h2"


def text_of(element: Element) -> str:
    """All text inside an element, untouched; not the text after it."""
    return str(etree.tostring(element, method="text", encoding="unicode", with_tail=False))


def drop_element(element: Element) -> None:
    """Removes an element with all it contains from its tree; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def anchor_of(heading: Element) -> str | None:
    """The fragment id by which a heading can be linked, or None if the markup states none.

    It is the heading's own, that of an anchor in it or right before it, or that of the element that begins with it.
    """
    candidates: list[Element] = [heading, *heading.iter("a", "span")]
    before = heading.getprevious()
    if before is not None and before.tag == "a" and not text_of(before).strip() and not (before.tail or "").strip():
        candidates.append(before)
    parent = heading.getparent()
    if parent is not None and parent.tag in ANCHOR_HOLDERS and _begins_with(parent, heading):
        candidates.append(parent)
    return next((anchor for element in candidates if (anchor := _stated_anchor(element))), None)


def _stated_anchor(element: Element) -> str | None:
    return usable_anchor(element.get("id") or (element.get("name") if element.tag == "a" else None) or "")


def usable_anchor(stated: str) -> str | None:
    """A fragment id without the white space around it, or None if nothing can link to it."""
    anchor = stated.strip()
    return anchor if _FRAGMENT_ID.fullmatch(anchor) else None


def _begins_with(parent: Element, child: Element) -> bool:
    if (parent.text or "").strip():
        return False
    return all(
        isinstance(other.tag, str) and not text_of(other).strip() and not (other.tail or "").strip()
        for other in child.itersiblings(preceding=True)
    )


def xml_characters(markup: str) -> str:
    """The markup without characters, and references to such, that a tree may not hold."""
    # Looking at bytes takes a fifth of the time that a pattern takes on text.
    try:
        data = markup.encode()
    except UnicodeEncodeError:
        return xml_characters(markup.encode(errors="ignore").decode())
    kept = data.translate(None, _CONTROLS)
    for character in _NON_CHARACTERS:
        kept = kept.replace(character, b"")
    if len(kept) != len(data):
        markup = kept.decode()
    return _NOT_XML_REFERENCE.sub("", markup) if "&#" in markup else markup


def _without_long_tags(markup: str) -> str:
    if max(map(len, markup.split(">"))) < _LONG:
        return markup
    return _LONG_TAG.sub(_without_attribute_flood, markup)


def _without_attribute_flood(match: re.Match[str]) -> str:
    return f"<{match[1]}>" if len(match[0].split(maxsplit=_MANY_ATTRIBUTES)) > _MANY_ATTRIBUTES else match[0]


def _silent(_: str) -> None:
    return


def _bounded(markup: str, most: int, say: Warn) -> str:
    """The markup with at most 1.5 * `most` start tags: behind the first `most` structure is dropped, then text too."""
    end = _end_of_tags(markup, most)
    if end is None:
        return markup
    rest = _NESTING.sub("\n<p>", markup[end:])
    cut = _end_of_tags(rest, most // 2)
    if cut is None:
        say(f"has more than {most:,} elements; what is behind them was read as bare paragraphs")
    else:
        say(f"has more than {most:,} elements; most of what is behind them was left out")
    return markup[:end] + rest[:cut]


def _end_of_tags(markup: str, most: int) -> int | None:
    """Where the start tag after the first `most` begins; None if there are no more."""
    tag = next(islice(_START_TAG.finditer(markup), most, None), None)
    return tag.start() if tag else None


def _flatten(tree: Element) -> bool:
    """Replaces what is nested deeper than MAX_DEPTH by its text; False if nothing is."""
    if not _IS_DEEP(tree):
        return False
    depth = 0
    deep: list[Element] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == MAX_DEPTH and len(element):
            deep.append(element)
    for element in deep:
        text = " ".join(element.itertext())
        for child in list(element):
            element.remove(child)
        element.text = text
    return bool(deep)


def _parse(markup: str, for_extraction: bool) -> tuple[Element, bool]:
    # A fresh parser for each input: an error log belongs to its parser.
    made = lxml.html.HTMLParser if for_extraction else etree.HTMLParser
    parser = made(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    data = markup.encode("utf-8", "replace")
    tree: Element
    try:
        if for_extraction:
            tree = lxml.html.document_fromstring(data, parser=parser, ensure_head_body=True)
        else:
            tree = etree.fromstring(data, parser) if data.strip() else None
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        tree = None
    if tree is None:
        return lxml.html.document_fromstring("<html><body></body></html>"), True
    return tree, not any(_TOO_DEEP in entry.message for entry in parser.error_log)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _containers(tree: Element) -> set[Element]:
    """The elements with a block or a cell in them; of all others the text can be taken at once."""
    found: set[Element] = set()
    for block in tree.iter(*BLOCKS, *CELLS):
        parent = block.getparent()
        while parent is not None and parent not in found:
            found.add(parent)
            parent = parent.getparent()
    return found


class _Walk:
    """One pass over a tree that tells a `TextFlow` what is in it."""

    def __init__(self, flow: TextFlow) -> None:
        self._flow = flow
        self._containers: set[Element] = set()

    def run(self, tree: Element) -> None:
        """Tells all of the tree. Its line breaks become marks in its text."""
        for element in tree.iter("br"):
            element.tail = LINE_BREAK + (element.tail or "")
        self._containers = _containers(tree)
        self._visit(tree)
        self._flow.flush()

    def _visit(self, element: Element) -> None:
        """The element and all in it, but not what follows it. Trees are at most MAX_DEPTH deep."""
        tag = element.tag
        flow = self._flow
        if tag in HEADINGS:
            flow.heading(text_of(element), int(tag[1]), anchor_of(element))
            return
        is_block = tag in BLOCKS
        if is_block:
            flow.begin(tag)
        elif tag in CELLS:
            flow.cell()
        if element in self._containers:
            if element.text:
                flow.add(element.text)
            for child in element:
                self._visit(child)
                if child.tail:
                    flow.add(child.tail)
        elif text := text_of(element) if len(element) else element.text:
            flow.add(text)
        if is_block:
            flow.end(tag)
