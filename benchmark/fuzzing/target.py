"""What is fuzzed: a function that takes any bytes, and the errors that it may raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmark.fuzzing.mutation import Grammar


@dataclass(frozen=True, slots=True)
class Target:
    """`check` is given each input; whatever it raises that is not `allowed` is a defect, AssertionError too."""

    grammar: Grammar
    check: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
