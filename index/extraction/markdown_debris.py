"""Markdown that its parser leaves as it is, since other parsers read it: beside comments, and inside HTML.

CommonMark takes the rest of a line behind a comment, and what stands in a block of HTML, for HTML. Readers of the
original see links and strong words there, so these are made here. Code is left alone, and so is a text that writes
brackets or stars on purpose, with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from index.extraction.markdown_code import Code

_BEGUN: Final = 2
"""Characters of the words by which it is told whether a backslash is before them in the source."""

_MEANT: Final = re.compile(rf"(?:\\\[|\\\*\\?\*)(?=(.{{{_BEGUN}}}))")

MAX_COMMENT: Final = 500
"""Characters of a comment that is taken out; it is on one line."""

_COMMENT: Final = re.compile(rf"<!--(?!-?>)(?:(?!--)[^\n]){{0,{MAX_COMMENT}}}-->")
_INDENTED: Final = re.compile(r"(?:\t| {4,})[ \t]*(?![-*+][ \t]|\d{1,9}[.)][ \t])[^ \t]")
_EMPHASIS: Final = re.compile(r"[*_]{1,3}\Z")
_UNREAD: Final = re.compile(r"<(/?)(pre|code|script|style|textarea|kbd|samp)\b[^<>]*>", re.IGNORECASE)
_ADDRESS: Final = r"(?:https?://|//?(?=[\w.])|mailto:)[^\s()<>\"]{1,1000}(?:\([^\s()<>\"]{0,200}\)[^\s()<>\"]{0,500})?"
_TITLE: Final = r"""(?:[ \t]+(?:"[^"<>\n]{0,300}"|&quot;[^"<>\n]{0,300}?&quot;))?[ \t]*"""
_TAGS: Final = (
    "p|ul|ol|li|div|h[1-6]|table|thead|tbody|tfoot|tr|td|th|dl|dt|dd|blockquote|br|hr|span|a|strong|b|em|i|img|iframe"
)
_TAG_FIRST: Final = re.compile(rf"[ \t]*</?(?:{_TAGS})(?:[\s/][^<>]{{0,2000}})?>", re.IGNORECASE)
_INDENTED_TAG: Final = re.compile(rf"\n[ \t]*\n(?: {{4}}|\t)[ \t]*</?(?:{_TAGS})[\s/>]", re.IGNORECASE)
_DEEP: Final = re.compile(r" {4}|\t")
_INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)
_WIDE_ITEM: Final = re.compile(r" {1,3}(?:\d{1,9}[.)]|[-*+]) {1,4}[^ ][^\n]*\Z")
_BLANK: Final = re.compile(r"(\n(?:[ \t]*\n)+)")
_IMAGE: Final = re.compile(rf"!\[([^\[\]<>\n\"]{{0,300}})\]\(({_ADDRESS}){_TITLE}\)")
_LINK: Final = re.compile(rf"(?<!!)\[((?:[^\[\]<>\n]|<img [^<>]{{0,2000}}>){{1,500}})\]\(({_ADDRESS}){_TITLE}\)")
_TWICE: Final = re.compile(rf"(?<!!)\[(<a [^<>]{{1,2000}}>[^<>\n]{{1,500}}</a>)\]\({_ADDRESS}{_TITLE}\)")
_STRONG: Final = re.compile(
    r"(?<![A-Za-z0-9*\\])\*\*(?![*\s])([^*<>\n]{1,300}?)(?<![*\s])\*\*(?:(?<=[^\x00-\x7f]\*\*)(?!\*)|(?![A-Za-z0-9*]))"
)


def without_comments(text: str) -> str:
    """Markdown without the comments that have text behind them on their line, and without emphasis around them."""
    if "<!--" not in text or "-->" not in text:
        return text
    code = Code(text)
    parts: list[str] = []
    done = 0
    for match in _COMMENT.finditer(text):
        start, end = match.span()
        if code.has(start) or _INDENTED.match(text, text.rfind("\n", 0, start) + 1):
            continue
        around = _EMPHASIS.search(text, max(done, start - 3), start)
        if around and text.startswith(around[0], end):
            start, end = around.start(), end + len(around[0])
        elif not text[end : end + 1].strip():
            continue
        parts.append(text[done:start])
        done = end
    return "".join(parts) + text[done:] if parts else text


def without_indents(text: str) -> str:
    """Markdown in which HTML that goes on behind a blank line is not taken for code because its lines are indented.

    That is what continues HTML: a paragraph whose first line begins with a tag, behind one whose last line is a tag.
    And it is HTML in an item of a list, which was indented by four for a parser that counts tabs, where the words of
    the item begin further in.
    """
    if not _INDENTED_TAG.search(text):
        return text
    code = Code(text)
    parts: list[str] = []
    place, before, is_html = 0, "", False
    for part in _BLANK.split(text):
        begins_with_tag = bool(_TAG_FIRST.match(part))
        if begins_with_tag and _DEEP.match(part) and (is_html or _WIDE_ITEM.match(before)) and not code.has(place):
            is_html = True
            part = _INDENT.sub("", part)
        elif part.strip():
            is_html = begins_with_tag and not _DEEP.match(part)
            before = part
        place += len(part)
        parts.append(part)
    return "".join(parts)


def with_links(html: str, source: str) -> str:
    """Rendered Markdown with the links, images and strong words that are still written in Markdown."""

    if "](" not in html and "**" not in html:
        return html
    meant = {found[1] for found in _MEANT.finditer(source)} if "\\[" in source or "\\*" in source else set()

    def said(template: str, found: re.Match[str]) -> str:
        return found[0] if found[1][:_BEGUN] in meant else found.expand(template)

    def mended(text: str) -> str:
        if "](" in text:
            text = _IMAGE.sub(partial(said, r'<img src="\2" alt="\1">'), text)
            text = _LINK.sub(partial(said, r'<a href="\2">\1</a>'), _TWICE.sub(r"\1", text))
        return _STRONG.sub(partial(said, r"<strong>\1</strong>"), text) if "**" in text else text

    return "".join(_prose(html, mended))


def _prose(html: str, change: Callable[[str], str]) -> Iterator[str]:
    """The pieces of HTML, changed outside code."""
    done = depth = 0
    for tag in _UNREAD.finditer(html):
        if tag[1]:
            depth = max(0, depth - 1)
            if not depth:
                yield html[done : tag.end()]
                done = tag.end()
        else:
            if not depth:
                yield change(html[done : tag.start()])
                done = tag.start()
            depth += 1
    yield html[done:] if depth else change(html[done:])
