"""The text and headings of an HTML body, in one pass over its tags where each element is closed in order.

That is how programs write markup, and what editors keep in an archive. It saves the tree, which takes most of the time;
what is out of order in any way is read from its tree, which mends it, and the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Final, TypeAlias

from index.extraction import html_tree
from index.extraction.body import Body, BodyBuilder
from index.extraction.html_tree import ANCHOR_HOLDERS, MAX_BODY_ELEMENTS, MAX_DEPTH, usable_anchor, xml_characters
from index.extraction.text_flow import BLOCKS, CELLS, HEADINGS, LINE_BREAK, TextFlow
from search.document import Heading

_PHRASES: Final = (
    "a", "abbr", "b", "big", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
)  # fmt: skip
"""Elements of running text."""
_SECTIONS: Final = frozenset((
    "article", "aside", "blockquote", "center", "details", "div", "dl", "figure", "footer", "header", "hr", "main",
    "ol", "p", "pre", "section", "table", "ul", *HEADINGS,
))  # fmt: skip
_FLOW: Final = (
    "", "article", "aside", "blockquote", "center", "dd", "div", "dt", "figcaption", "footer", "header", "li", "main",
    "section", "td", "th",
)  # fmt: skip
_CONTENT: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("p", "pre", "caption", "summary", *HEADINGS), frozenset[str]()),
    **dict.fromkeys(_FLOW, _SECTIONS),
    "figure": _SECTIONS | {"figcaption"},
    "details": _SECTIONS | {"summary"},
    "ul": frozenset(("li",)),
    "ol": frozenset(("li",)),
    "dl": frozenset(("dt", "dd")),
    "table": frozenset(("caption", "col", "colgroup", "thead", "tbody", "tfoot", "tr")),
    "colgroup": frozenset(("col",)),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset(("tr",))),
    "tr": CELLS,
}
"""For each element, and for the body as "", those that no parser moves out of it, beside running text."""
_NO_TEXT: Final = frozenset(("colgroup", "ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "tr"))
_EMPTY: Final = ("col", "hr")

_ATTRIBUTES: Final = r'((?:\s+[a-zA-Z_][\w:.-]*(?:="[^"<]*")?)*\s*)'
_BLOCK_TAG: Final = re.compile(rf"<(/?)({'|'.join([*filter(None, _CONTENT), *_EMPTY])}){_ATTRIBUTES}(/?)>", re.ASCII)
_PHRASE_TAG: Final = re.compile(rf"<(/?)({'|'.join(_PHRASES)}){_ATTRIBUTES}>", re.ASCII)
_BREAK: Final = re.compile(rf"<br{_ATTRIBUTES}/?>", re.ASCII)
_UNSEEN: Final = re.compile(rf"<(?:img|wbr){_ATTRIBUTES}/?>", re.ASCII)
_GLUED: Final = re.compile(r"<[^<>]*<|&#?\w{0,31}<|&#?\w{2,31}(?![\w;])")
"""What another tag or its removal may make something else of, and references without their semicolon, which only a
parser knows."""
_COMMENT: Final = re.compile(r"<!--(?!-?>)(?:(?!--).)*+-->", re.DOTALL)
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,30});")
_ANCHOR: Final = re.compile(r'\s(id|name)="([^"]*)"')
_FIRST_HEADING: Final = re.compile(r"(</?)h1\b")
_ANY_HEADING: Final = re.compile(rf"<(h[1-6]){_ATTRIBUTES}>([^<]*(?:<(?!/?h[1-6]\b)[^<]*)*)</\1>", re.ASCII)
_UNREAD: Final = re.compile(
    rf"<(audio|iframe|script|style|video){_ATTRIBUTES}>(?:[^<]|<(?:source|track){_ATTRIBUTES}/?>)*+</\1>", re.ASCII
)
_UNREAD_STARTS: Final = ("<!--", "<audio", "<iframe", "<script", "<style", "<video")

_Tag: TypeAlias = tuple[str, str, str, str, str]
"""A slash or nothing, the name, the attributes, a slash or nothing, and what follows up to the next tag of a block."""


def read_html(markup: str) -> Body:
    """The body in an HTML page or fragment; scripts, styles, menus and form controls are not text."""
    return read_compiled(markup) or read_in_python(markup)


def read_in_python(markup: str) -> Body:
    """The same without the compiled kernel, for what that has left to Python already."""
    return read_with_patterns(markup) or html_tree.read_html(markup)


def read_in_order(markup: str) -> Body | None:
    """The same in one pass, or None if some element is not closed in order, or is not one of a text."""
    return read_compiled(markup) or read_with_patterns(markup)


def read_compiled(markup: str) -> Body | None:
    """The same by the compiled kernel; None also if there is none, or if it leaves what is rare to Python."""
    from search.native import kernel  # what reads no markup after all does not load it

    if kernel is None:
        return None
    markup = _with_line_feeds(markup)
    found = kernel.read_in_order(markup, MAX_BODY_ELEMENTS, unescape)
    if found is None and any(start in markup for start in _UNREAD_STARTS) and not _GLUED.search(markup):
        markup = _without_unread(markup)
        found = kernel.read_in_order(markup, MAX_BODY_ELEMENTS, unescape)
    if found is None:
        return None
    text, headings, has_first_heading, has_blank_heading, has_comments = found
    html = _kept(_COMMENT.sub("", markup) if has_comments else markup, has_first_heading, has_blank_heading)
    return Body(text, tuple(Heading(*heading) for heading in headings), html)


def read_with_patterns(markup: str) -> Body | None:
    """The same in Python."""
    markup = _with_line_feeds(xml_characters(markup))
    if _GLUED.search(markup):
        return None
    markup = _without_unread(markup)
    if markup.count("<") > MAX_BODY_ELEMENTS:
        return None
    reader = _Reader()
    try:
        reader.read(iter(_BLOCK_TAG.split(markup)))
    except _OutOfOrderError:
        return None
    return reader.builder.build(_kept(markup, reader.has_first_heading, reader.has_blank_heading))


def _with_line_feeds(markup: str) -> str:
    return markup.replace("\r\n", "\n").replace("\r", "\n") if "\r" in markup else markup


def _without_unread(markup: str) -> str:
    """The markup without comments, and without the simple ones of the elements that are not text."""
    return _UNREAD.sub("", _COMMENT.sub("", markup)) if any(start in markup for start in _UNREAD_STARTS) else markup


def _kept(markup: str, has_first_heading: bool, has_blank_heading: bool) -> str:
    """The markup as the body keeps it."""
    if has_blank_heading:
        markup = _ANY_HEADING.sub(_unless_blank, markup)
    return (_FIRST_HEADING.sub(r"\1h2", markup) if has_first_heading else markup).strip()


def _unless_blank(heading: re.Match[str]) -> str:
    """A heading with words as it is; of others, what is in them."""
    inside = heading[3]
    if _spoken(inside).strip():
        return heading[0]
    return f"<span{heading[2]}>{inside}</span>" if "<" in inside else ""


class _OutOfOrderError(Exception):
    """The markup has to be mended before it can be read."""


class _Reader:
    """One pass over the tags of blocks and the running text between them.

    `_open` has the blocks that are open, and `_starts` the attributes of each and how many texts came before it.
    `_before` is the anchor that an empty link right before this place states.
    """

    def __init__(self) -> None:
        self.builder = BodyBuilder()
        self.has_first_heading = False
        self.has_blank_heading = False
        self._flow = TextFlow(self.builder)
        self._open = [""]
        self._starts = [("", 0)]
        self._texts = 0
        self._before = ""

    def read(self, parts: Iterator[str]) -> None:
        """Reads a text, and then again and again the parts of a tag and the text after it. Raises _OutOfOrderError."""
        self._say(next(parts))
        tags: Iterator[_Tag] = zip(parts, parts, parts, parts, parts, strict=True)
        for closing, tag, attributes, empty, text in tags:
            if closing:
                self._end(tag)
            elif tag not in _CONTENT[self._open[-1]] or (empty and tag not in _EMPTY):
                raise _OutOfOrderError
            elif tag == "p":
                text = self._paragraph(text, next(tags, None))
            elif tag in HEADINGS:
                text = self._heading(tag, attributes, text, next(tags, None))
            else:
                self._begin(tag, attributes)
            if text:
                self._say(text)
        if len(self._open) > 1:
            raise _OutOfOrderError
        self._flow.flush()

    def _begin(self, tag: str, attributes: str) -> None:
        self._before = ""
        if tag in _EMPTY:
            self._flow.flush()
            return
        if tag in BLOCKS:
            self._flow.begin(tag)
        elif tag in CELLS:
            self._flow.cell()
        self._open.append(tag)
        self._starts.append((attributes, self._texts))
        if len(self._open) > MAX_DEPTH // 2:
            raise _OutOfOrderError

    def _end(self, tag: str) -> None:
        if tag != self._open.pop():
            raise _OutOfOrderError
        self._starts.pop()
        self._before = ""
        if tag in BLOCKS:
            self._flow.end(tag)

    def _paragraph(self, text: str, end: _Tag | None) -> str:
        """Reads a paragraph up to its end; returns the text after it."""
        if end is None or end[:2] != ("/", "p"):
            raise _OutOfOrderError
        said = _spoken(text)
        self._before = ""
        self._texts += bool(said) and not said.isspace()
        self._flow.paragraph(said)
        return end[-1]

    def _heading(self, tag: str, attributes: str, text: str, end: _Tag | None) -> str:
        """Reads a heading up to its end; returns the text after it."""
        said = _spoken(text)
        if end is None or end[:2] != ("/", tag):
            raise _OutOfOrderError
        if not said.strip():
            self._blank_heading(text, said)
            return end[-1]
        parent, (stated, texts) = self._open[-1], self._starts[-1]
        inside = (_anchor(name, given) for closing, name, given in _PHRASE_TAG.findall(text) if not closing)
        around = _anchor(parent, stated) if parent in ANCHOR_HOLDERS and texts == self._texts else ""
        anchors = (_anchor(tag, attributes), *inside, self._before, around)
        self._flow.heading(said, int(tag[1]), next(filter(None, anchors), None))
        self.has_first_heading |= tag == "h1"
        self._before = ""
        self._texts += 1
        return end[-1]

    def _blank_heading(self, text: str, said: str) -> None:
        """A heading without words is none; what is in it is running text."""
        self.has_blank_heading = True
        if "<" not in text:
            return
        if LINE_BREAK in said:
            raise _OutOfOrderError
        self._before = ""
        if said:
            self._flow.add(said)

    def _say(self, text: str) -> None:
        """Running text beside blocks."""
        if self._open[-1] in _NO_TEXT:
            if text and not text.isspace():
                raise _OutOfOrderError
        elif text.isspace():
            self._flow.add(text)
        elif said := _spoken(text):
            self._before = _empty_link(text)
            self._texts += not said.isspace()
            self._flow.add(said)
        elif text:
            self._before = _empty_link(text)


def _spoken(text: str) -> str:
    """Running text without its tags. Raises _OutOfOrderError."""
    if "<" in text:
        if "<br" in text:
            text = _BREAK.sub(LINE_BREAK, text)
        if "<img" in text or "<wbr" in text:
            text = _UNSEEN.sub("", text)
        _check_order(_PHRASE_TAG.findall(text))
        text = _PHRASE_TAG.sub("", text)
        if "<" in text:
            raise _OutOfOrderError
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _check_order(tags: Iterable[tuple[str, str, str]]) -> None:
    """Raises _OutOfOrderError if one is not closed, or not in order, and if a link is in a link."""
    inside: list[str] = []
    for closing, tag, _ in tags:
        if closing:
            if not inside or inside.pop() != tag:
                raise _OutOfOrderError
        elif tag == "a" and tag in inside:
            raise _OutOfOrderError
        else:
            inside.append(tag)
    if inside:
        raise _OutOfOrderError


def _empty_link(text: str) -> str:
    """The anchor that a link without words states at the end of a text, or ""."""
    if not text.rstrip().endswith("</a>"):
        return ""
    *_, last = (tag for tag in _PHRASE_TAG.finditer(text) if tag[1] == "" and tag[2] == "a")
    return "" if _spoken(text[last.start() :]).strip() else _anchor("a", last[3])


def _character(reference: re.Match[str]) -> str:
    return unescape(reference[0])


def _anchor(tag: str, attributes: str) -> str:
    """The fragment id that a tag states, or ""; inside a heading, only links and spans state one."""
    if ("id=" not in attributes and "name=" not in attributes) or (tag in _PHRASES and tag not in ("a", "span")):
        return ""
    stated = dict(_ANCHOR.findall(attributes))
    return usable_anchor(unescape(stated.get("id") or (stated.get("name", "") if tag == "a" else ""))) or ""
