"""The title of a page's article, without the name of the site and of the section around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from index.extraction.jsonld import unescape
from index.extraction.page_markup import squeezed
from index.extraction.page_statements import Statements

MAX_SITE_PARTS: Final = 5
"""Names of the site and its sections behind a title that are removed."""
_FEW: Final = 3
"""Words of a window's title; with fewer it may be the name of the site alone."""
_CUT_FROM: Final = 100
"""Characters of a stated title that may have been cut by a program."""
_SITE_SEPARATOR: Final = re.compile(r"\s+[|–—·»«:•-]{1,2}\s+")
_PART_SEPARATOR: Final = re.compile(r"\s+[|–—·»«:•-]{1,2}\s+|:\s+")


def find_title(stated: Statements) -> str:
    """The title that the page states, else that of its window or its first heading; "" if it has none."""
    texts = [*_headline(stated), *stated.values("og:title", "twitter:title", "dc.title")]
    own = next((_without_site(unescape(text), stated) for text in texts if text.strip()), "")
    if own and not _is_site(own, stated):
        headings = stated.headings
        longer = [text for text in headings if len(text) > len(own) and text.startswith(own.rstrip("….").rstrip())]
        cut = own.endswith(("…", "...")) or len(own) >= _CUT_FROM
        return longer[0] if longer and cut else _heading_in(own, stated) or own
    return _window_title(stated) or own


def _headline(stated: Statements) -> Iterator[str]:
    """The headline in JSON-LD, unless it shares no word with the window's title: then it is of something else."""
    window = set(re.findall(r"\w+", stated.whole_title.casefold()))
    for text in stated.text("headline"):
        own = set(re.findall(r"\w+", unescape(text).casefold()))
        if len(window) < _FEW or not own or own & window:
            yield text


def _is_site(title: str, stated: Statements) -> bool:
    """Whether a stated title is the name of the site alone, though the page has another heading."""
    return squeezed(title) in stated.site_names and bool(stated.headings) and title not in stated.headings


def _window_title(stated: Statements) -> str:
    whole = stated.whole_title
    headings = [text for text in stated.headings if squeezed(text) not in stated.site_names]
    own = max((text for text in headings if text in whole), key=len, default="")
    if whole and 3 * len(own) < len(whole):
        cut = _without_site(whole, stated)
        return _heading_in(cut, stated) or cut
    return own or next(iter(headings or stated.headings), "")


def _heading_in(title: str, stated: Statements) -> str:
    """The longest part of a title that is a heading of the page, of at least two words; "" if none is."""
    parts = list(_PART_SEPARATOR.finditer(title))[:MAX_SITE_PARTS]
    if not parts:
        return ""
    headings = {squeezed(text): text for text in reversed(stated.upper_headings) if " " in text}
    if squeezed(title) in headings:
        return ""
    starts, ends = [0, *(match.end() for match in parts)], [*(match.start() for match in parts), len(title)]
    pieces = [title[start:end] for start in starts for end in ends if start < end]
    found = [piece for piece in pieces if squeezed(piece) in headings]
    return max(found, key=len, default="")


def _without_site(title: str, stated: Statements) -> str:
    """The title without what follows a separator, if that names the site or if an h1 of the page is the rest."""
    for match in list(_SITE_SEPARATOR.finditer(title))[: -MAX_SITE_PARTS - 1 : -1]:
        front, back = title[: match.start()], title[match.end() :]
        if squeezed(back) not in stated.site_names and front not in stated.headings:
            break
        title = front
    return title
