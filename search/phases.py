"""Where the time of an answer goes, for whoever asks. In most processes nobody does, and then it costs next to nothing.

A server begins a `Recording` for each request; what a search consists of says so by `phase`, here and in the engines.
Nothing in a recording tells what was asked.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter_ns
from types import TracebackType
from typing import Final, Literal, get_args

Phase = Literal["wait", "parse", "match", "facets", "suggestions", "snippets", "render"]
"""Waiting for a turn; reading the query and planning; matching, ranking and reading the hits; counting values and dates
(where an engine does that in one trip with matching, it is part of that); corrections and relaxations; finding
passages; everything else that makes the answer."""
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)

Outcome = Literal["found", "nothing", "timed_out", "partial"]
"""How a search ended. One that ran out of its time, or lacks parts of the index, is that whatever it found."""
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Lap:
    """One phase, from `began` to `ended` in nanoseconds of `time.perf_counter_ns`; `inner` is the time of the phases
    within it."""

    phase: Phase
    began: int
    ended: int
    inner: int

    @property
    def seconds(self) -> float:
        """The time of the phase itself, without those within it."""
        return (self.ended - self.began - self.inner) / 1e9


class Recording:
    """What one thread did for one request: its phases in the order in which they ended, and its searches."""

    __slots__ = ("_inner", "laps", "searches")

    def __init__(self) -> None:
        self.laps: list[Lap] = []
        self.searches: list[Outcome] = []
        self._inner: list[int] = []

    def seconds(self) -> dict[Phase, float]:
        """The time of each phase that there was, all its laps together."""
        sums: dict[Phase, float] = {}
        for lap in self.laps:
            sums[lap.phase] = sums.get(lap.phase, 0.0) + lap.seconds
        return sums

    def _begin(self) -> None:
        self._inner.append(0)

    def _end(self, phase: Phase, began: int) -> None:
        ended = perf_counter_ns()
        self.laps.append(Lap(phase, began, ended, self._inner.pop()))
        if self._inner:
            self._inner[-1] += ended - began


_recording: ContextVar[Recording | None] = ContextVar("backfile_recording", default=None)


def record() -> Recording:
    """Begins a recording of what the current thread does, in place of the one before."""
    recording = Recording()
    _recording.set(recording)
    return recording


def stop_recording() -> None:
    """Ends the recording of the current thread."""
    _recording.set(None)


def searched_for(*, total: int, timed_out: bool, partial: bool) -> None:
    """Notes how a search ended."""
    recording = _recording.get()
    if recording is not None:
        recording.searches.append(
            "timed_out" if timed_out else "partial" if partial else "found" if total else "nothing"
        )


class _Unrecorded:
    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


class _Recorded:
    __slots__ = ("_began", "_phase", "_recording")

    def __init__(self, recording: Recording, phase: Phase) -> None:
        self._recording = recording
        self._phase: Phase = phase

    def __enter__(self) -> None:
        self._recording._begin()
        self._began = perf_counter_ns()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._recording._end(self._phase, self._began)


_UNRECORDED: Final = _Unrecorded()


def phase(name: Phase) -> _Recorded | _Unrecorded:
    """A block that is that phase of an answer. Phases may lie within each other."""
    recording = _recording.get()
    return _UNRECORDED if recording is None else _Recorded(recording, name)
