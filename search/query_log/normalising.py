"""One spelling for queries that are the same to a reader, so that they are counted together."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from search.analysis.folding import IGNORED, QUOTES
from search.errors import QuerySyntaxError
from search.query.parser import parse
from search.query.printer import to_text
from search.query.rewrite import rewritten
from search.query.tree import DateRange, Everything, Keyword, Query
from search.query_log.personal import looks_personal

MAX_LENGTH: Final = 100
"""Characters of the longest query that is counted; what is longer was pasted, and is asked by one reader alone."""

_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})
_TABLE: Final = str.maketrans({**QUOTES, **dict.fromkeys(IGNORED, "")})


@dataclass(frozen=True, slots=True)
class Countable:
    """A query as it is counted; `filtered` if it had filters, which are left out of the text."""

    text: str
    filtered: bool = False


def countable(query: str) -> Countable | None:
    """The query in NFKC and in small letters, operators aside, without superfluous space and without filters; None if
    that is empty, too long, or looks like data about a person."""
    if len(query) > 4 * MAX_LENGTH:
        return None
    filtered = False
    if ":" in query:
        query, filtered = _unfiltered(query)
    text = _folded(query)
    if not text or len(text) > MAX_LENGTH or not any(map(str.isalnum, text)) or looks_personal(text):
        return None
    return Countable(text, filtered)


def _folded(query: str) -> str:
    text = query if query.isascii() else unicodedata.normalize("NFKC", query.translate(_TABLE))
    words = [word if word in _OPERATORS else word.casefold() for word in text.split()]
    return unicodedata.normalize("NFC", " ".join(words).replace("i\u0307", "i"))


def _unfiltered(query: str) -> tuple[str, bool]:
    """The query without its conditions on fields of keywords and on dates, and whether it had any."""
    try:
        tree = parse(query, "auto").query
    except QuerySyntaxError:
        return "", False
    found = False

    def change(node: Query) -> Query | None:
        nonlocal found
        is_filter = isinstance(node, Keyword | DateRange)
        found = found or is_filter
        return None if is_filter else node

    kept = rewritten(tree, change)
    if not found:
        return query, False
    return "" if isinstance(kept, Everything) else to_text(kept, "auto"), True
