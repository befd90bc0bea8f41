"""The figures of a run, as they are saved in JSON and printed in tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

ALL_KINDS: Final = "all questions"
OURS: Final = "backfile"


@dataclass(frozen=True, slots=True)
class Indexing:
    """One build. `seconds` is the time in the engine's calls up to the commit, `settling` the wait for merges after it.

    Memory is the maximum of all its processes together: `peak_bytes` with mapped files, `own_bytes` without.
    """

    workers: int
    seconds: float
    settling: float
    cpu_seconds: float
    articles_per_second: float
    peak_bytes: int
    own_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Merging:
    """The merge of everything into one segment."""

    seconds: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a process that has answered all questions: `own_bytes` is without mapped files."""

    resident_bytes: int
    own_bytes: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over questions and repetitions."""

    median: float
    p95: float
    questions: int
    measurements: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The times of an engine divided by Backfile's, over the questions that both answered: above 1, Backfile is faster.

    `mean` is the geometric mean of the ratios of the single questions.
    """

    median: float
    p95: float
    mean: float
    questions: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """The difference of the numbers of hits from Backfile's, relative to the larger number.

    `median` is the median difference, and `far` the share of questions where it is more than a tenth.
    """

    median: float
    far: float


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine at one size.

    `latency` is by output and kind, `first` (the first time of each question) by output, `agreement` by kind.
    `per_question` has median milliseconds by output, in the order of the questions.
    """

    label: str
    version: str
    indexing: tuple[Indexing, ...]
    merging: Merging | None
    first_answer: float
    memory: Memory
    latency: dict[str, dict[str, Latency]]
    first: dict[str, Latency]
    against: dict[str, Comparison]
    agreement: dict[str, Agreement]
    per_question: dict[str, tuple[float | None, ...]]
    totals: tuple[int | None, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """Everything measured on one set of articles, side by side in one run."""

    articles: int
    real: bool
    words: float
    text_bytes: int
    measured: str
    engines: dict[str, EngineFigures]
    absent: dict[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """A whole run, or several combined; each size says when it was measured."""

    machine: dict[str, str]
    questions: tuple[tuple[str, str], ...]
    preparing_per_second: float
    sizes: dict[int, SizeFigures]


def save(figures: object, path: Path) -> None:
    """Writes the figures of a run, a dataclass, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(TypeAdapter(type(figures)).dump_json(figures) + b"\n")


def load(path: Path) -> Figures:
    """Reads what `save` wrote."""
    return TypeAdapter(Figures).validate_json(path.read_bytes())


def latency(questions: Sequence[Sequence[float]]) -> Latency:
    """The latency over questions, each with its repetitions in milliseconds; there must be at least one."""
    times = [time for repetitions in questions for time in repetitions]
    return Latency(round(percentile(times, 50), 3), round(percentile(times, 95), 3), len(questions), len(times))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` percent of the values are."""
    return float(np.percentile(np.asarray(values, np.float64), percent))
