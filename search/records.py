"""Frozen data that is made by the hundred for one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def record(class_: type[_T]) -> type[_T]:
    """The class as a dataclass with slots, compared and hashed by its values, that is frozen for the type checker only.

    The constructor of a dataclass that refuses changes itself takes three to four times as long, because it sets every
    field by a call, and a page of results has several hundred such parts.
    """
    return dataclass(slots=True, unsafe_hash=True)(class_)
