"""Objects of frozen dataclasses that are made quickly are the same as those that their class makes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from search.document import Heading
from search.frozen import maker
from search.results.response import Snippet


def test_the_same_object_is_made() -> None:
    values = ("text", ((0, 2),), "<mark>te</mark>xt", "heading", None, None)
    made, expected = maker(Snippet)(*values, field="summary"), Snippet(*values, field="summary")
    assert type(made) is Snippet
    assert (made, repr(made), hash(made)) == (expected, repr(expected), hash(expected))
    assert maker(Heading)(text="War", level=2, offset=7) == Heading("War", 2, 7, None)


def test_it_is_frozen() -> None:
    made = maker(Heading)("War", 2, 7)
    with pytest.raises(FrozenInstanceError):
        made.level = 3  # type: ignore[misc]


def test_fields_without_a_default_are_needed() -> None:
    with pytest.raises(TypeError, match="offset"):
        maker(Heading)("War", 2)  # type: ignore[call-arg]


@dataclass(frozen=True, slots=True)
class _Checked:
    number: int

    def __post_init__(self) -> None:
        raise ValueError


@dataclass(frozen=True, slots=True)
class _Listing:
    numbers: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Open:
    number: int


@pytest.mark.parametrize("kind", [_Checked, _Listing, _Open, int, str.upper])
def test_a_class_that_does_more_is_refused(kind: type) -> None:
    with pytest.raises(TypeError, match=r"dataclass|plain"):
        maker(kind)
