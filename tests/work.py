"""How much work something is, measured so that a busy machine changes nothing: calls, and growth from size to size."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType

_CALLS = frozenset({"call", "c_call"})


def calls(action: Callable[[], object]) -> int:
    """The calls of functions, written in Python or in C, that `action` makes in this thread.

    A generator counts once for each item. Loops that call nothing, and what a C function does within, are not seen:
    there, ask for `growth`.
    """
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in _CALLS

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def growth(action: Callable[[int], object], size: int, times: int) -> float:
    """How many times the processor time of `action(size)` is that of `action(size * times)`.

    In proportion to the size it is about `times`, with the square of the size about its square. Choose `times` so
    large that nothing but the kind of growth can make the difference, and ask for the geometric mean of the two or
    so. Of three measurements, taken in turn, the least counts: it was disturbed least.
    """
    small, large = [], []
    for _ in range(3):
        small.append(_seconds(action, size))
        large.append(_seconds(action, size * times))
    return min(large) / max(min(small), 1e-9)


def _seconds(action: Callable[[int], object], size: int) -> float:
    """Processor time of this thread. The collector rests: what it costs depends on all that the tests have made."""
    gc.collect()
    gc.disable()
    try:
        started = time.thread_time()
        action(size)
        return time.thread_time() - started
    finally:
        gc.enable()
