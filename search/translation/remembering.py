"""What is made of words is remembered for each language apart, so that the words of two languages never mix."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple

from search.translation.messages import spoken

Arguments = TypeVarTuple("Arguments")
Made = TypeVar("Made")


def remembered_by_language(maxsize: int) -> Callable[[Callable[[*Arguments], Made]], Callable[[*Arguments], Made]]:
    """A decorator as `functools.lru_cache`, with the language that is spoken as a part of what is asked.

    The arguments are hashable, and given by their places.
    """

    def decorate(make: Callable[[*Arguments], Made]) -> Callable[[*Arguments], Made]:
        @lru_cache(maxsize=maxsize)
        def made(_language: str, *args: *Arguments) -> Made:
            return make(*args)

        @wraps(make)
        def remember(*args: *Arguments) -> Made:
            return made(spoken(), *args)

        return remember

    return decorate
