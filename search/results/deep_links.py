"""Links to a passage on the article's own page, by the anchor of its heading or by a text fragment.

Text fragments: https://wicg.github.io/scroll-to-text-fragment/, section "Syntax".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urldefrag

from search.document import web_address
from search.highlight.marking import Span
from search.native import kernel

_MAX_EXACT: Final = 60
"""Characters that are quoted, unless the match itself is longer."""
_MAX_PREFIX: Final = 40
_PREFIX_WORDS: Final = 3
"""Words that are quoted before the match: at most this many, within that many characters."""
_NEXT_WORD: Final = re.compile(r"\s*\S*")
_FRAGMENT_SAFE: Final = "!$&'()*+,;=:@/?"


@lru_cache(maxsize=4096)
def _page(url: str) -> str | None:
    """The address without its fragment; None if it may not be linked."""
    return urldefrag(url).url if web_address(url) else None


def anchor_address(url: str | None, anchor: str) -> str | None:
    """The page, scrolled to that fragment id; None if it may not be linked."""
    page = _page(url) if url else None
    return f"{page}#{quote(anchor, safe=_FRAGMENT_SAFE)}" if page else None


def text_address(url: str | None, text: str, span: Span, paragraph: Span | None = None) -> str | None:
    """The page, scrolled to the words in that `span` of `text`. The words before them are quoted too, to find the right
    ones.

    `paragraph` is the part of the text that the page shows as one paragraph, with the span in it; without, all of it.
    Whole words are quoted, because browsers look for whole words only.
    None if the page may not be linked, or if the span is blank.
    """
    page = _page(url) if url else None
    if page is None:
        return None
    begin, stop = paragraph or (0, len(text))
    directive = text_directive(text, begin, stop, *span)
    return f"{page}#:~:text={directive}" if directive else None


def directive_in_python(text: str, begin: int, stop: int, start: int, end: int) -> str | None:
    """What `text_directive` does, without the compiled kernel."""
    paragraph = text[begin:stop]
    start, end = _whole_words(paragraph, start - begin, end - begin)
    exact = paragraph[start:end].strip()
    if not exact:
        return None
    before = _words_before(paragraph, start)
    return f"{_encoded(before)}-,{_encoded(exact)}" if before else _encoded(exact)


text_directive: Final = directive_in_python if kernel is None else kernel.text_directive
"""The value of a text directive that leads to the words from `start` to `end`, in the paragraph of a text from `begin`
to `stop`; None if it is blank."""


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="").replace("-", "%2D")


def _whole_words(text: str, start: int, end: int) -> Span:
    """The span, extended to whole words and by the words after it, up to _MAX_EXACT characters."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
        if end - start > _MAX_EXACT:
            return start, end
    while end < len(text) and not text[end].isspace():
        end += 1
        if end - start > _MAX_EXACT:
            return start, end
    while end < len(text):
        word_end = _word_end(text, end, start + _MAX_EXACT + 1)
        if word_end - start > _MAX_EXACT or word_end == end:
            break
        end = word_end
    return start, end


def _word_end(text: str, offset: int, limit: int) -> int:
    """The end of the next word, or the limit if that comes first."""
    following = _NEXT_WORD.match(text, offset, limit)
    return following.end() if following else offset


def _words_before(text: str, start: int) -> str:
    before = text[max(0, start - _MAX_PREFIX) : start]
    words = before.split()
    if start > _MAX_PREFIX and before and not before[0].isspace() and not text[start - _MAX_PREFIX - 1].isspace():
        words = words[1:]
    return " ".join(words[-_PREFIX_WORDS:])
