"""The standfirst: the paragraph between the title and the text that sums the article up, which the extractor drops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from index.extraction.html_tree import Element, text_of
from index.extraction.page_markup import squeezed

MIN_LENGTH: Final = 30
"""Letters and digits of a standfirst, and of what it has in common with the stated summary."""
_SEARCHED: Final = 40
"""Blocks above the text in which the standfirst is looked for."""
_AROUND: Final = 3
"""Elements that may call the block in them a standfirst, the block included."""
_LARGER: Final = 1.5
"""How many times the text of the block such an element holds at most."""
_CALLED_ONE: Final = re.compile(
    r"(?:^|[\s_-])(?:standfirst|dek|deck|sub-?(?:head(?:line|ing)?|title)|lead(?:-?text|-?paragraph)?|lede|intro(?:duction|text)?|"
    r"teaser(?:-?text)?|excerpt|summary|abstract|incipit|chap[oô]|einleitung|vorspann|anleser|entradilla|bajada|sottotitolo|"
    r"ingress|manchet)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NOT_ONE: Final = re.compile(r"caption|share|social|author|bio(?:$|[\s_-])", re.IGNORECASE)


def find_standfirst(above: Iterable[Element], summary: str, text: str, title: str = "") -> list[Element]:
    """The blocks above the text, the nearest first, that are the standfirst, in the order of the page.

    `summary` is the one that the page states, `text` the text that was found; what it has already is left out.
    """
    stated, name = squeezed(summary.rstrip(".… ")), squeezed(title)
    blocks = [(block, squeezed(text_of(block))) for block in islice(above, _SEARCHED) if block.tag not in ("h1", "li")]
    long = [(block, own) for block, own in blocks if len(own) >= MIN_LENGTH and own != name]
    found = {own: block for block, own in long if _is_alike(own, stated)}
    found = found or {own: block for block, own in long if _is_called_one(block)}
    known = squeezed(text) if found else ""
    return [block for own, block in reversed(found.items()) if own not in known]


def _is_alike(text: str, stated: str) -> bool:
    shorter, longer = sorted((text, stated), key=len)
    return len(shorter) >= MIN_LENGTH and shorter in longer


def _is_called_one(block: Element) -> bool:
    names = " ".join(around.get("class") or "" for around in _close_around(block))
    return _CALLED_ONE.search(names) is not None and _NOT_ONE.search(names) is None


def _close_around(block: Element) -> Iterator[Element]:
    """The block, and the elements around it that hold hardly more than it does."""
    length, around = len(text_of(block)), block
    for _ in range(_AROUND):
        yield around
        around = around.getparent()
        if around is None or len(text_of(around)) > _LARGER * length:
            return
