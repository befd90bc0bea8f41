"""How every refusal of a parameter reads, whether it came by address, by flag, in a body or from code.

Each function gives a message without the parameter's name; who raises `ParameterError` adds that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

_MAX_LISTED: Final = 50

NOT_WHOLE: Final = "parts of the index did not answer: hits and counts are incomplete"
"""What is said of an answer where shards are missing, and the operator allows that."""


def quoted(text: str, length: int = 60) -> str:
    """The text in quotes, cut where it is too long to show."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def choose_from(names: Iterable[str]) -> str:
    """The names to choose from, in the order given."""
    return f"choose from {', '.join(names)}"


def unknown(value: str, known: Collection[str], kind: str = "") -> str:
    """There is no such value (of that `kind`); names the known ones or, where they are very many, the nearest."""
    said = f"there is no {kind + ' ' if kind else ''}{quoted(value)}"
    if len(known) <= _MAX_LISTED:
        return f"{said}; {choose_from(known)}"
    near = get_close_matches(value[:80], known, n=1)
    return f"{said}; did you mean {near[0]}?" if near else said


def out_of_range(least: int, most: int) -> str:
    """The number must lie between both, included."""
    return f"must be from {least:,} to {most:,}"


def too_long(most: int) -> str:
    """The text has more than `most` characters."""
    return f"may have at most {most:,} characters"


def too_many(most: int) -> str:
    """There are more than `most` values of filters and lists."""
    return f"at most {most} values of filters and lists can be given"
