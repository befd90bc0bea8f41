"""Text analysis: from what an article or a reader wrote to the words that are indexed and looked up."""

from __future__ import annotations

from search.analysis.folding import fold
from search.analysis.languages import is_stop_word, language_name, primary_language
from search.analysis.stemming import is_derived, stem
from search.analysis.tokens import MAX_TOKEN_LENGTH, VALUE_GAP, Token, analyze, analyze_values

__all__ = [
    "MAX_TOKEN_LENGTH",
    "VALUE_GAP",
    "Token",
    "analyze",
    "analyze_values",
    "fold",
    "is_derived",
    "is_stop_word",
    "language_name",
    "primary_language",
    "stem",
]
