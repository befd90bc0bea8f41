"""How much one query may ask for. Past these limits the answer is an error with a position, never a slow search."""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 4096
"""Characters in a query."""
MAX_CLAUSES: Final = 256
"""Words, phrases and filters in a query."""
MAX_DEPTH: Final = 20
"""Parentheses within parentheses."""
MAX_EXPANSIONS: Final = 1024
"""Indexed words that one prefix, wildcard or fuzzy word may stand for; an engine that meets more says so."""
MAX_SLOP: Final = 50
"""Words between the words of a near phrase."""
MAX_PHRASE_WORDS: Final = 50
"""Words in a near phrase; with MAX_SLOP it stays below the gap between two values of a field."""
MAX_WARNINGS: Final = 20
"""Repairs that are told one by one."""
MIN_BOOST: Final = 0.1
MAX_BOOST: Final = 10.0
MAX_DISTANCE: Final = 2
"""Edits a fuzzy word allows."""
