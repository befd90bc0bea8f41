"""Recognises the language of running text by its function words: of most articles, they leave no doubt.

A tenth of the work of a statistical detector, without a model to load. It says nothing of short texts, of mixed ones
and of languages that look like others; see `index.language`. The idea is that of Ingle, "A language identification
table" (1976), and of Grefenstette, "Comparing two language identification schemes" (JADT 1995).
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Final

UNMISTAKABLE: Final = frozenset(("de", "el", "en", "fi", "fr", "hu", "it", "pl", "tr"))
"""Languages with no near relative but those that we have the words of: the words of Dutch are found in Afrikaans too,
and those of Czech in Slovak."""

CHARACTERS: Final = 400
"""Characters that are looked at."""
ENOUGH: Final = 6
"""Function words that a text must have."""
DIFFERENT: Final = 4
"""How many of them must be different: a table may have "up" in each line."""
SHARE: Final = 0.2
"""The least part of its words that they must be; in running text they are a third."""
WORD: Final = 6
"""Bytes for which a word is counted at least, since some scripts put no space between words."""
MARGIN: Final = 2
"""How many times as many there must be as of any other language."""


def unmistakable_language(text: str) -> str:
    """The language of a text, one of UNMISTAKABLE, or "" if its function words do not make that certain."""
    start = text[:CHARACTERS].lower()
    words = start.split()
    languages = _languages()
    known = [word for word in words if word in languages]
    found = Counter(language for word in known for language in languages[word])
    (best, count), (_, next_count) = [*found.most_common(2), ("", 0), ("", 0)][:2]
    size = max(len(words), len(start.encode("utf-8", "replace")) / WORD)
    if best not in UNMISTAKABLE or count < max(ENOUGH, SHARE * size, MARGIN * next_count):
        return ""
    return best if len({word for word in known if best in languages[word]}) >= DIFFERENT else ""


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    """The languages of each function word; the two standards of Norwegian share theirs, and count as one."""
    from search.analysis.stop_words import STOP_WORDS  # with all that analyses text, which few commands need

    found: dict[str, tuple[str, ...]] = {}
    for language, words in STOP_WORDS.items():
        if language not in ("nb", "nn"):
            for word in words.split():
                found[word] = (*found.get(word, ()), language)
    return found
