"""Plain text: its paragraphs, and its headings, which can be told only by their shape.

It is better to miss a heading than to take a sentence for one, since a wrong heading is shown above snippets.
"""

from __future__ import annotations

import re

from index.extraction.body import Body, BodyBuilder
from index.normalize import clean_block

HEADING_CHARACTERS = 100
HEADING_WORDS = 14
PROSE_CHARACTERS = 60
PROSE_LINE = 40

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_INDENTED = re.compile(r"\n(?=[ \t]{2,}\S)")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*$")
_NOT_HEADING_END = re.compile(r"[.!…。！।,;:，；：、\-–—/\\|][\"'”’»)\]]*$")
_NOT_HEADING_START = re.compile(r"[-–—•*·>|/\\(\[{<@#=+~…]|https?:|www\.|[“\"«‘']")
_YEAR = re.compile(r"\b(?:1[4-9]|20)\d\d\b")
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34])$|[0-9a-f]{12,}$", re.IGNORECASE)


def read_text(text: str) -> Body:
    """The body of a plain text: blocks are separated by blank lines, or begin with an indented line as in wire copy.

    A short line between blank lines, above prose, is a heading of level 2.
    """
    builder = BodyBuilder()
    paragraphs = split_paragraphs(text)
    for position, paragraph in enumerate(paragraphs):
        following = paragraphs[position + 1] if position + 1 < len(paragraphs) else ""
        if position and is_heading(paragraph, following):
            builder.heading(paragraph, 2)
            continue
        for block in _split_indented(paragraph):
            builder.block(block)
    return builder.build()


def split_paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, separated by blank lines; line breaks inside a paragraph are kept."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [paragraph for part in _BLANK_LINES.split(text) if (paragraph := clean_block(part))]


def is_heading(block: str, following: str) -> bool:
    """Whether a block reads as a heading above the block `following` it."""
    return looks_like_heading(block) and is_prose(following)


def looks_like_heading(block: str) -> bool:
    """Whether a block has the shape of a heading: a short line, begun like a title, not ended like a sentence."""
    if "\n" in block or len(block) > HEADING_CHARACTERS or len(block.split()) > HEADING_WORDS:
        return False
    first = block[:1]
    if first.islower() or _NOT_HEADING_START.match(block) or _NOT_HEADING_END.search(block):
        return False
    letters, digits = sum(map(str.isalpha, block)), sum(map(str.isdigit, _YEAR.sub("", block)))
    return letters > 3 * digits and not _FILE_NAME.match(block)


def is_prose(block: str) -> bool:
    """Whether a block reads as running text: it is long, has full lines, and ends like a sentence or is very long."""
    full = len(block) >= PROSE_CHARACTERS and len(block) >= PROSE_LINE * (block.count("\n") + 1)
    return full and bool(_SENTENCE_END.search(block) or len(block) > 3 * PROSE_CHARACTERS)


def _split_indented(paragraph: str) -> list[str]:
    """Splits at indented lines, which begin paragraphs in wire copy; a table, with most lines indented, stays whole."""
    lines = paragraph.split("\n")
    indented = sum(line.startswith(("  ", "\t")) for line in lines[1:])
    if not indented or indented > len(lines) * 0.5:
        return [paragraph]
    return [block for part in _INDENTED.split(paragraph) if (block := part.strip())]
