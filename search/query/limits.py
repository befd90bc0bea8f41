"""The limits of one query. What is beyond them is left out with a warning, or refused, but never a slow search."""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 4096
"""Characters of a query that are read."""
MAX_CLAUSES: Final = 256
"""Words, phrases and filters in a query."""
MAX_DEPTH: Final = 20
"""Levels of nested parentheses."""
MAX_EXPANSIONS: Final = 1024
"""Terms that one prefix, wildcard or fuzzy word may expand to; an engine reports it if there are more."""
MAX_SLOP: Final = 50
"""Other words between the words of a near phrase (its slop)."""
MAX_PHRASE_WORDS: Final = 50
"""Words in a near phrase. With MAX_SLOP, a match is never wider than the gap between two values of a field."""
MAX_COMPARISONS: Final = 1 << 26
"""Positions compared for one phrase, over all articles that have all its words; what follows is left out, and an engine
reports it. So two of the most common words near each other are searched for in full in a million articles of 400
words. Each position of a near phrase of three and more words, or of one that repeats a word, counts several times."""
MAX_PARTS: Final = 256
"""Pairs of characters and words into which the unspaced runs of a query are taken apart; what follows stays whole."""
MAX_WARNINGS: Final = 20
"""Repairs that are reported one by one; the others are only counted."""
MIN_BOOST: Final = 0.1
MAX_BOOST: Final = 10.0
MAX_DISTANCE: Final = 2
"""Edits that a fuzzy word allows at most."""
