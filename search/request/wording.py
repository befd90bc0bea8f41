"""How every refusal of a parameter reads, whether it came by address, by flag, in a body or from code.

Each function gives a message without the parameter's name, in the language that is spoken; who raises `ParameterError`
adds that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from search.translation import gettext as _
from search.translation import ngettext, number

_MAX_LISTED: Final = 50


def quoted(text: str, length: int = 60) -> str:
    """The text in quotes, cut where it is too long to show."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def not_whole() -> str:
    """Shards are missing from an answer, whether or not the operator allows that."""
    return _("parts of the index did not answer: hits and counts are incomplete")


def no_article(name: str) -> str:
    """There is no article of that id."""
    return _("there is no article %(id)s", id=repr(name[:200]))


def choose_from(names: Iterable[str]) -> str:
    """The names to choose from, in the order given."""
    return _("choose from %(names)s", names=", ".join(names))


def unknown(value: str, known: Collection[str]) -> str:
    """There is no such value; names the known ones or, where they are very many, the nearest."""
    if len(known) <= _MAX_LISTED:
        return _("there is no %(value)s; choose from %(names)s", value=quoted(value), names=", ".join(known))
    near = get_close_matches(value[:80], known, n=1)
    if not near:
        return _("there is no %(value)s", value=quoted(value))
    return _("there is no %(value)s; did you mean %(name)s?", value=quoted(value), name=near[0])


def no_such_facet(name: str, known: Iterable[str]) -> str:
    """There is no facet of that name; names the known ones."""
    return _("there is no facet %(value)s; choose from %(names)s", value=quoted(name), names=", ".join(known))


def out_of_range(least: int, most: int) -> str:
    """The number must lie between both, included."""
    return _("must be from %(least)s to %(most)s", least=number(least), most=number(most))


def facet_size(name: str, most: int) -> str:
    """The number of values of a facet must be at least 1 and at most that."""
    return _("the number of values of %(facet)s must be from 1 to %(most)s", facet=name, most=number(most))


def too_long(most: int) -> str:
    """The text has more than `most` characters."""
    return ngettext("may have at most %(n)s character", "may have at most %(n)s characters", most, n=number(most))


def too_short(least: int) -> str:
    """The text has fewer than `least` characters."""
    return ngettext("must have at least %(n)s character", "must have at least %(n)s characters", least, n=number(least))


def too_many(most: int) -> str:
    """There are more than `most` values of filters and lists."""
    return ngettext(
        "at most %(n)s value of filters and lists can be given",
        "at most %(n)s values of filters and lists can be given",
        most,
        n=number(most),
    )
