"""Addresses of a passage on the article's own page: its heading's anchor, or a text fragment.

Text fragments: https://wicg.github.io/scroll-to-text-fragment/, section "Syntax".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urldefrag

from search.document import web_address
from search.highlight.highlighter import Span

_MAX_EXACT: Final = 60
_MAX_PREFIX: Final = 40
_PREFIX_WORDS: Final = 3
_NEXT_WORD: Final = re.compile(r"\s*\S*")
_FRAGMENT_SAFE: Final = "!$&'()*+,;=:@/?"


@lru_cache(maxsize=4096)
def _page(url: str) -> str | None:
    """The address without its fragment; None if it may not be linked."""
    return urldefrag(url).url if web_address(url) else None


def anchor_address(url: str | None, anchor: str) -> str | None:
    """The page at that fragment id."""
    page = _page(url) if url else None
    return f"{page}#{quote(anchor, safe=_FRAGMENT_SAFE)}" if page else None


def text_address(url: str | None, text: str, span: Span) -> str | None:
    """The page at the words that `span` of `text` holds, told apart by the words before them.

    `text` is one paragraph as the page shows it; whole words are quoted, since browsers look for whole words only.
    """
    page = _page(url) if url else None
    if page is None:
        return None
    start, end = _whole_words(text, *span)
    exact = text[start:end].strip()
    if not exact:
        return None
    before = _words_before(text, start)
    directive = f"{_encoded(before)}-,{_encoded(exact)}" if before else _encoded(exact)
    return f"{page}#:~:text={directive}"


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="").replace("-", "%2D")


def _whole_words(text: str, start: int, end: int) -> Span:
    """The span with the words it cuts, and following words while they are few."""
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


def _word_end(text: str, place: int, limit: int) -> int:
    """Where the next word ends, or the limit if that is before."""
    following = _NEXT_WORD.match(text, place, limit)
    return following.end() if following else place


def _words_before(text: str, start: int) -> str:
    before = text[max(0, start - _MAX_PREFIX) : start]
    words = before.split()
    if start > _MAX_PREFIX and before and not before[0].isspace() and not text[start - _MAX_PREFIX - 1].isspace():
        words = words[1:]
    return " ".join(words[-_PREFIX_WORDS:])
