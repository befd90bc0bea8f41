"""What is said of a list in which articles with most of the words follow those with all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.engines.results import Results
from search.request.filling import Filling
from search.results.response import Filled, Hit
from search.translation import gettext as _
from search.translation import number


def filled(filling: Filling | None, results: Results) -> Filled | None:
    """How the list was filled up; None if no article was added."""
    if filling is None or results.total == results.preferred:
        return None
    return Filled(filling.words, results.preferred, filling.least)


def in_words(found: Filled) -> str:
    """ "12 with all 3 words, then those with at least 2 of the 3 words", or "none with all 3 words; these have at least
    2 of them"."""
    values = {"n": number(found.all_words), "words": found.words, "least": found.least}
    if not found.all_words:
        if found.words == 1:
            return _("none with the whole phrase; these have parts of it")
        if found.words == 2:
            return _("none with both words; these have one of them")
        return _("none with all %(words)s words; these have at least %(least)s of them", **values)
    if found.words == 1:
        return _("%(n)s with the whole phrase, then those with parts of the phrase", **values)
    if found.words == 2:
        return _("%(n)s with both words, then those with one of the two words", **values)
    return _("%(n)s with all %(words)s words, then those with at least %(least)s of the %(words)s words", **values)


def border_in_words(found: Filled) -> str:
    """What stands between the two parts of the list: "with at least 2 of the 3 words"."""
    if found.words == 1:
        return _("with parts of the phrase")
    if found.words == 2:
        return _("with one of the two words")
    return _("with at least %(least)s of the %(words)s words", least=found.least, words=found.words)


def parts(hits: Sequence[Hit]) -> Iterator[tuple[bool, Sequence[Hit]]]:
    """The hits of a page on each side of the border, which are those with all words or not; none is empty."""
    first = sum(hit.all_words for hit in hits)
    if first:
        yield True, hits[:first]
    if first < len(hits):
        yield False, hits[first:]
