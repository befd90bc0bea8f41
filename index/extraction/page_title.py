"""The title of a page's article, without the name of the site and of the section around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from index.extraction.jsonld import unescape
from index.extraction.page_markup import squeezed
from index.extraction.page_statements import Statements

TITLE: Final = ("og:title", "twitter:title", "dc.title")

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
    texts = [*_headline(stated), *stated.values(*TITLE)]
    own = next((_without_site(unescape(text), stated) for text in texts if text.strip()), "")
    if own and not _is_site(own, stated):
        headings = stated.headings
        longer = [text for text in headings if len(text) > len(own) and text.startswith(own.rstrip("….").rstrip())]
        cut = own.endswith(("…", "...")) or len(own) >= _CUT_FROM
        return longer[0] if longer and cut else _heading_in(own, stated) or _heading_like(own, stated) or own
    return _window_title(stated) or own


def _headline(stated: Statements) -> Iterator[str]:
    """The headline in JSON-LD, unless it shares no word with the window's title: then it is of something else."""
    window = _words(stated.whole_title)
    for text in stated.text("headline"):
        own = _words(unescape(text))
        if len(window) < _FEW or not own or own & window:
            yield text


def _heading_like(own: str, stated: Statements) -> str:
    """The first heading of level 1 if it says the same as a stated title in other words; "" if it does not.

    Readers know an article by what stands above it; what is stated for search engines and networks is often shorter.
    A heading that ends with the title has something before it, such as the name of a series.
    """
    heading = next((text for text in stated.headings if squeezed(text) not in stated.site_names), "")
    text, title = squeezed(heading), squeezed(own)
    shorter, longer = sorted((text, title), key=len)
    if " " not in heading or longer.endswith(shorter):
        return ""
    begins = longer.startswith(shorter) and 2 * len(shorter) > len(longer)
    return heading if begins or _is_stated(text, stated) or _share_words(heading, own) else ""


def _is_stated(text: str, stated: Statements) -> bool:
    """Whether a heading, squeezed, is another of the titles that the page states."""
    titles = [*stated.text("headline"), *stated.values(*TITLE), _without_site(stated.whole_title, stated)]
    return text in {squeezed(unescape(title)) for title in titles}


def _share_words(one: str, other: str) -> bool:
    """Whether two titles have more than half of all their words in common."""
    words, others = _words(one), _words(other)
    return 2 * len(words & others) > len(words | others)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _is_site(title: str, stated: Statements) -> bool:
    """Whether a stated title is the name of the site alone, though the page has another heading."""
    return squeezed(title) in stated.site_names and bool(stated.headings) and title not in stated.headings


def _window_title(stated: Statements) -> str:
    whole = stated.whole_title
    headings = [text for text in stated.headings if squeezed(text) not in stated.site_names]
    own = max((text for text in headings if text in whole), key=len, default="")
    if whole and 3 * len(own) < len(whole):
        cut = _without_site(whole, stated)
        return _heading_in(cut, stated) or _heading_like(cut, stated) or cut
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
    found = found or [piece for piece in pieces if _ends_heading(piece, headings)]
    return max(found, key=len, default="")


def _ends_heading(piece: str, headings: Iterable[str]) -> bool:
    """Whether a part of a title is what one of the headings, squeezed, ends with."""
    return len(piece.split()) > _FEW and any(heading.endswith(squeezed(piece)) for heading in headings)


def _without_site(title: str, stated: Statements) -> str:
    """The title without what follows a separator, if that names the site or if an h1 of the page is the rest, and
    without the name of the site before it."""
    for match in list(_SITE_SEPARATOR.finditer(title))[: -MAX_SITE_PARTS - 1 : -1]:
        front, back = title[: match.start()], title[match.end() :]
        if _is_name(front, stated) or (not _is_name(back, stated) and front not in stated.headings):
            break
        title = front
    first = _SITE_SEPARATOR.search(title)
    return title[first.end() :] if first and _is_name(title[: first.start()], stated) else title


def _is_name(text: str, stated: Statements) -> bool:
    return squeezed(text) in stated.site_names
