"""Character references in text that is no markup: `CDC&#8217;s` in a title that was written for a template, or that was
encoded twice on its way. What is indexed is what is read: `CDC’s`."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_SPOKEN_OF: Final = re.compile(r"&(?:nbsp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
"""What a text about HTML may name. Dashes and ampersands stand alone in any text."""
_BESIDE_A_WORD: Final = " \t\n\"'`“”‘’()"
_TIMES: Final = 2
"""How often a text is decoded: `&amp;#8217;` has been encoded twice."""


def without_references(text: str) -> str:
    """The text with the characters that its references stand for. One that is named stays: "what &nbsp; means"."""
    for _ in range(_TIMES):
        if "&" not in text or ";" not in text:
            return text
        text = _REFERENCE.sub(_character, text)
    return text


def _character(reference: re.Match[str]) -> str:
    text, (start, end) = reference.string, reference.span()
    alone = text[max(0, start - 1) : start] in _BESIDE_A_WORD and text[end : end + 1] in _BESIDE_A_WORD
    if alone and end - start < len(text) and _SPOKEN_OF.fullmatch(reference[0]):
        return reference[0] if not _is_dash(reference[0]) else unescape(reference[0])
    return unescape(reference[0])


def _is_dash(reference: str) -> bool:
    return unescape(reference) in "–—…•·&"
