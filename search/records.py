"""Frozen data that is made by the hundred for one answer, or sent to another process by the thousand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def record(class_: type[_T]) -> type[_T]:
    """The class as a dataclass with slots, compared and hashed by its values, that is frozen for the type checker only.

    The constructor of a dataclass that refuses changes itself takes three to four times as long, because it sets every
    field by a call, and a page of results has several hundred such parts.
    """
    return dataclass(slots=True, unsafe_hash=True)(class_)


def sent(class_: type[_T]) -> type[_T]:
    """The dataclass, pickled as a call of its constructor with the values of all its fields.

    Frozen dataclasses with slots are otherwise packed and unpacked field by field in Python, which takes three times
    as long.
    """
    values = attrgetter(*(each.name for each in fields(class_)))  # type: ignore[arg-type]

    def reduce(self: _T) -> tuple[type[_T], tuple[object, ...]]:
        return class_, values(self)

    class_.__reduce__ = reduce  # type: ignore[method-assign, assignment]
    return class_
