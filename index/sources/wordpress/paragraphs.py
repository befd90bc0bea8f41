"""Turns what was typed into WordPress into markup: block comments and shortcodes out, blank lines made paragraphs.

The database, and so an export, holds a post as it was typed; WordPress makes paragraphs of it when it shows the post.
"""

from __future__ import annotations

import re
from typing import Final

from index.sources.wordpress.shortcodes import without_shortcodes

_BLOCK: Final = re.compile(r"<!--\s+wp:")
# The block elements of WordPress's wpautop().
_NAMES: Final = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|form|map|area|blockquote|address|style"
    "|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|footer|nav|figure|figcaption|details|menu|summary"
)
_START: Final = re.compile(rf"<(?:{_NAMES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_END: Final = re.compile(rf"</(?:{_NAMES})\s*>", re.IGNORECASE)
_ANY: Final = re.compile(rf"</?(?:{_NAMES})(?=[\s/>])", re.IGNORECASE)
_BLANK: Final = re.compile(r"\n[ \t\n]*\n")
_BREAK: Final = re.compile(r"(?<!<br>)(?<!<br/>)(?<!<br />)\n")
_VERBATIM: Final = re.compile(r"<(/?)(pre|script|style|textarea)\b[^<>]*>", re.IGNORECASE)


def rendered(content: str) -> str:
    """The markup of a post's content as it is stored, which may have blocks or be typed with blank lines."""
    has_blocks = _BLOCK.search(content) is not None
    markup = without_shortcodes(_without_comments(content.replace("\r\n", "\n").replace("\r", "\n")))
    return markup if has_blocks else with_paragraphs(markup)


def with_paragraphs(markup: str) -> str:
    """The markup with a paragraph for each piece between blank lines, and a break for each single line end.

    Nothing changes inside `<pre>`, scripts and styles. Elements may be left open where HTML allows it.
    """
    done: list[str] = []
    start = 0
    inside = ""
    for match in _VERBATIM.finditer(markup):
        is_end, name = bool(match[1]), match[2].lower()
        if not inside and not is_end:
            done.append(_paragraphs(markup[start : match.start()]))
            start, inside = match.start(), name
        elif is_end and name == inside:
            done.append(markup[start : match.end()])
            start, inside = match.end(), ""
    rest = markup[start:]
    return "\n".join([*done, rest if inside else _paragraphs(rest)])


def _paragraphs(text: str) -> str:
    apart = _END.sub(r"\g<0>\n\n", _START.sub(r"\n\n\g<0>", text))
    pieces = (piece.strip() for piece in _BLANK.split(apart))
    return "\n".join(_paragraph(piece) for piece in pieces if piece)


def _paragraph(piece: str) -> str:
    start = "" if _ANY.match(piece) else "<p>"
    return start + _BREAK.sub("<br>\n", piece)


def _without_comments(markup: str) -> str:
    """The markup without comments, which is where blocks keep their settings; an open one ends with the text."""
    kept: list[str] = []
    position = 0
    while (start := markup.find("<!--", position)) >= 0:
        kept.append(markup[position:start])
        end = markup.find("-->", start + 4)
        if end < 0:
            return "".join([*kept, markup[start + 4 :]])
        position = end + 3
    return "".join([*kept, markup[position:]])
