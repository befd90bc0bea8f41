"""Trials: the ranking with other values of the constants in `search.ranking`, without a change to the program.

The constants are read by name all over the engines, and some are built into scripts when a module is imported. So a
trial is a process of its own, which changes them before anything else is imported. For that reason nothing that ranks
may be imported at the top of this module.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from search import ranking
from search.errors import ParameterError
from search.named import Named, imported
from search.processes import Worker

_SHARE: Final = (0.0, 1.0)
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "K1": (0.01, 100.0),
    "UNTITLED_WEIGHT": (1.0, 10.0),
    "LONG_BODY": (1.0, 100_000.0),
    "K3": (0.0, 1_000.0),
    **{f"FIELD_WEIGHTS.{name}": (0.01, 100.0) for name in ranking.FIELD_WEIGHTS},
    **{f"FIELD_B.{name}": _SHARE for name in ranking.FIELD_B},
    "STEM_WEIGHT": _SHARE,
    "DERIVED_WEIGHT": _SHARE,
    "VARIANT_WEIGHT": _SHARE,
    "RECENCY_FLOOR": _SHARE,
    "RECENCY_OFFSET_DAYS": (0.0, 36_500.0),
    "RECENCY_HALF_LIFE_DAYS": (1.0, 36_500.0),
    "MEANING_WEIGHT": _SHARE,
}
"""What can be tried, and from where to where."""

STEPS: Final = (
    "FIELD_B.body=0.5", "FIELD_B.body=0.8", "FIELD_WEIGHTS.title=2", "FIELD_WEIGHTS.title=5",
    "RECENCY_HALF_LIFE_DAYS=90", "RECENCY_HALF_LIFE_DAYS=1460", "RECENCY_FLOOR=0.6", "RECENCY_FLOOR=1",
    "UNTITLED_WEIGHT=1", "UNTITLED_WEIGHT=3", "STEM_WEIGHT=0.6", "STEM_WEIGHT=1", "DERIVED_WEIGHT=0.1",
    "DERIVED_WEIGHT=0.5",
)  # fmt: skip
"""A step down and one up from each setting of docs/how-to/tune-ranking.md."""

_RANKS: Final = ("search.engines.expansion", "search.engines.plan", "search.query.spellings", "search.results")
"""Modules that are there only if something that ranks has been imported."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Values to try, by name; `label` is how somebody wrote them."""

    label: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Task:
    """What the process of a trial is asked: to call what is named, with these arguments."""

    values: Mapping[str, float]
    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def read_trial(text: str) -> Trial:
    """The trial that "K1=1.2" or "K1=1.2,FIELD_B.body=0.7" means. Raises ParameterError."""
    values: dict[str, float] = {}
    for part in text.split(","):
        name, sign, written = (each.strip() for each in part.partition("="))
        if name not in BOUNDS:
            known = {each.lower(): each for each in BOUNDS}
            near = difflib.get_close_matches(name.lower(), known, n=1)
            hint = f"did you mean {known[near[0]]}?" if near else "there are " + ", ".join(BOUNDS)
            raise ParameterError("try", f"there is no setting {name[:80]!r}; {hint}")
        low, high = BOUNDS[name]
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        if not sign or not low <= value <= high:
            raise ParameterError("try", f"{name} takes a number from {low:g} to {high:g}, as in {name}={_now(name):g}")
        values[name] = value
    return Trial(",".join(f"{name}={value:g}" for name, value in values.items()), values)


def _now(name: str) -> float:
    table, _, key = name.partition(".")
    value = getattr(ranking, table)
    return float(value[key] if key else value)


class Trying:
    """The process of a trial. Call `close` when done, or use `trying`."""

    def __init__(self, trial: Trial) -> None:
        self._values = trial.values
        self._worker: Worker[_Task, Any] = Worker(Named(f"{__name__}:answer"), f"trial {trial.label}", afresh=True)

    def ask(self, target: str, arguments: Mapping[str, Any]) -> Any:
        """What the function that `target` names ("module:function") returns there. Raises what it raises."""
        self._worker.give(_Task(self._values, target, arguments))
        return self._worker.take()

    def close(self) -> None:
        """Ends the process."""
        self._worker.close()


@contextmanager
def trying(trial: Trial) -> Iterator[Trying]:
    """The process of a trial for the time of the block."""
    process = Trying(trial)
    try:
        yield process
    finally:
        process.close()


def answer(task: _Task) -> Any:
    """What the process of a trial does."""
    if any(_now(name) != value for name, value in task.values.items()):
        _change(task.values)
    return imported(task.target)(**task.arguments)


def _change(values: Mapping[str, float]) -> None:
    if early := [name for name in _RANKS if name in sys.modules]:
        raise RuntimeError(f"{', '.join(early)} was imported before the constants could be changed")
    for name, value in values.items():
        table, _, key = name.partition(".")
        if key:
            getattr(ranking, table)[key] = value
        else:
            setattr(ranking, table, value)
