"""What is said of a list in which articles with most of the words follow those with all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from search.engines.results import Results
from search.request.filling import Filling
from search.results.response import Filled, Hit

_ALL: Final = {1: "the whole phrase", 2: "both words"}
_SOME: Final = {1: "parts of it", 2: "one of them"}


def filled(filling: Filling | None, results: Results) -> Filled | None:
    """How the list was filled up; None if no article was added."""
    if filling is None or results.total == results.preferred:
        return None
    return Filled(filling.words, results.preferred, filling.least)


def in_words(found: Filled) -> str:
    """ "12 with all 3 words, then those with at least 2 of the 3 words", or "none with all 3 words; these have at least
    2 of them"."""
    everything = _ALL.get(found.words, f"all {found.words} words")
    if not found.all_words:
        return f"none with {everything}; these have {_SOME.get(found.words, f'at least {found.least} of them')}"
    return f"{found.all_words:,} with {everything}, then those {border_in_words(found)}"


def border_in_words(found: Filled) -> str:
    """What stands between the two parts of the list: "with at least 2 of the 3 words"."""
    if found.words == 1:
        return "with parts of the phrase"
    if found.words == 2:
        return "with one of the two words"
    return f"with at least {found.least} of the {found.words} words"


def parts(hits: Sequence[Hit]) -> Iterator[tuple[bool, Sequence[Hit]]]:
    """The hits of a page on each side of the border, which are those with all words or not; none is empty."""
    first = sum(hit.all_words for hit in hits)
    if first:
        yield True, hits[:first]
    if first < len(hits):
        yield False, hits[first:]
