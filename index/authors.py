"""Names of authors, tidied only where nothing can go wrong: two people are never made one.

A name in capitals alone stays as it is, since nobody can tell "VAN DER BERG" from "Van der Berg" without knowing them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from index.normalize import normalize_line

_BY: Final = re.compile(r"by\b\s*:?\s*(?=\w)", re.IGNORECASE)


def tidy_authors(names: Iterable[str]) -> tuple[str, ...]:
    """The names on one line each, without a leading "By". Of names that differ only by case one is kept: the first that
    is not all capitals, where the first one stood."""
    kept: dict[str, str] = {}
    for each in names:
        line = normalize_line(each)
        name = line[match.end() :] if (match := _BY.match(line)) else line
        key = name.casefold()
        if name and (key not in kept or (kept[key].isupper() and not name.isupper())):
            kept[key] = name
    return tuple(kept.values())
