"""Bare words in unspaced scripts that may be a whole question: which they are, and what must be found of them.

A reader of Chinese, Japanese, Korean, Thai, Lao, Khmer or Burmese writes many words without a space between them, and
no article has them all in that order. Where most of a query is enough, such a *run* is taken apart into its overlapping
pairs of characters, and the words of other scripts within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from search.analysis.scripts import is_unspaced
from search.analysis.tokens import Token, analyze
from search.query.match import MatchAny, MatchTerm, Term

SHORTEST: Final = 4
"""Characters of the shortest run. Two of a word of three, such as 京都 of 東京都, are often another word."""
FEW_PARTS: Final = 3
"""Parts that an article needs of a run: those of a word of four characters. Of a run of so few, all but one."""
SHARE: Final = 4
"""Of a run in which that is more than FEW_PARTS, an article needs one part in so many: a particle or an ending that is
written otherwise costs the two pairs around it."""


def is_run(text: str) -> bool:
    """Whether a bare word is an unspaced run."""
    return len(text) >= SHORTEST and is_unspaced(text)


def most_of(parts: Sequence[tuple[Token, Term]], fields: tuple[str, ...], boost: float, limit: int) -> MatchAny | None:
    """What matches most of a run, given as its tokens: at most `limit` of them, the first, each once.

    None if it has fewer than FEW_PARTS, or no pair.
    """
    told = [(token, term) for token, term in parts if not token.compound and not is_single(token)]
    terms = list(dict.fromkeys(term for _, term in told))[:limit]
    if len(terms) < FEW_PARTS or not any(is_unspaced(term.surface) for term in terms):
        return None
    least = max(min(len(terms) - 1, FEW_PARTS), -(-len(terms) // SHARE))
    return MatchAny(tuple(MatchTerm(fields, term, boost) for term in terms), least)


def is_single(token: Token) -> bool:
    """Whether the token is one character of an unspaced script: it is indexed at the end of a run only."""
    return is_unspaced(token.surface) and len(analyze(token.surface, "")) == 1
