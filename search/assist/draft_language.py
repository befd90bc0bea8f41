"""The language of a draft, told by its script and its function words: nobody states it, and without it the commonest
words of a language look rare in an archive of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from search.analysis import analyze, is_stop_word, primary_language

MOST_WORDS: Final = 400
"""Words of the draft that are looked at."""
LEAST: Final = 2
"""Function words of a language that a draft must have: one alone may be a name."""
CLEARLY_MORE: Final = 1.5
"""How many times as many function words of another language than of the archive's own there must be."""
_MOST: Final = 0.2
"""The share of letters that tells a script: Japanese has names in Latin letters, and Chinese more."""

_SCRIPTS: Final = (
    ("ko", ("\uac00", "\ud7a3")),
    ("ja", ("\u3041", "\u30ff")),
    ("zh", ("\u4e00", "\u9fff")),
    ("hi", ("\u0900", "\u097f")),
)
"""Languages that their script tells, and its first and last character. Japanese is looked for before Chinese, since
both have Chinese characters."""


def language_of(text: str, languages: Sequence[str], default: str) -> str:
    """The one of `languages` that a text is in, as far as its words tell; else `default`.

    `languages` are those of the archive, the most frequent first.
    """
    by_script = _by_script(text[: 10 * MOST_WORDS])
    if by_script:
        return next((tag for tag in languages if primary_language(tag) == by_script), by_script)
    surfaces = [token.surface for token in analyze(text[: 10 * MOST_WORDS], "")[:MOST_WORDS]]
    counts = {tag: sum(is_stop_word(surface, tag) for surface in surfaces) for tag in languages}
    best = max(counts, key=counts.__getitem__, default=default)
    own = sum(is_stop_word(surface, default) for surface in surfaces)
    return best if counts.get(best, 0) >= max(LEAST, CLEARLY_MORE * own) else default


def _by_script(text: str) -> str:
    letters = [character for character in text if character.isalpha()]
    counted = Counter(
        language for character in letters for language, (first, last) in _SCRIPTS if first <= character <= last
    )
    return next((language for language, _ in _SCRIPTS if counted[language] > _MOST * len(letters)), "")
