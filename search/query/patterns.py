"""What wildcards and fuzzy words match: one definition for all engines and the highlighter."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA


@lru_cache(maxsize=256)
def wildcard_regex(pattern: str) -> re.Pattern[str]:
    """A regular expression whose `fullmatch` accepts what the wildcard does: `?` is one character, `*` any number.

    Each part between two stars is matched at its first occurrence and never retried (an atomic group),
    so matching takes at most the length of the pattern times that of the word.
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
    """The optimal string alignment distance of two words: insertions, deletions, substitutions and swaps of neighbours,
    with no substring edited twice. `limit + 1` if it is above `limit`."""
    return int(OSA.distance(a, b, score_cutoff=limit))
