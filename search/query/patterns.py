"""What a wildcard and a fuzzy word fit: one definition for every engine and for the highlighter."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA


@lru_cache(maxsize=256)
def wildcard_regex(pattern: str) -> re.Pattern[str]:
    """An expression whose `fullmatch` accepts what the wildcard fits: `?` one character, `*` any number, also none.

    Each part between two stars is taken where it first fits and never reconsidered (an atomic group),
    so that no pattern takes more than its length times the word's.
    """
    head, *rest = re.sub(r"\*+", "*", pattern).split("*")
    if not rest:
        return re.compile(_literal(head), re.DOTALL)
    *middle, tail = rest
    between = "".join(f"(?>.*?{_literal(part)})" for part in middle)
    return re.compile(f"{_literal(head)}{between}.*{_literal(tail)}", re.DOTALL)


def _literal(part: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in part)


def edit_distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two words, no stretch edited twice
    (optimal string alignment); `limit + 1` for anything above `limit`."""
    return int(OSA.distance(a, b, score_cutoff=limit))
