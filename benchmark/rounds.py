"""Measures latency in rounds: the engines take turns at every question, so that a busy moment affects all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import numpy as np

from benchmark.apart import EngineFailed, SearchProcess
from benchmark.engines.base import OUTPUTS, Output, engine_named
from benchmark.figures import ALL_KINDS, Agreement, Comparison, Latency, latency, percentile
from benchmark.options import Say
from benchmark.queries import Question

REPETITIONS: Final = 7
QUESTION_SECONDS: Final = 0.5
"""A question that has taken this long with one output is not asked again."""
FAR: Final = 0.1

Cell = tuple[int, Output]


@dataclass(slots=True)
class Times:
    """The times of one engine in milliseconds, by question and output, and its numbers of hits, by question."""

    times: dict[Cell, list[float]] = field(default_factory=dict)
    totals: dict[int, int] = field(default_factory=dict)
    spent: float = 0.0
    left_out: dict[str, None] = field(default_factory=dict)
    stopped: bool = False

    def add(self, cell: Cell, milliseconds: float, total: int) -> None:
        self.times.setdefault(cell, []).append(milliseconds)
        self.totals[cell[0]] = total
        self.spent += milliseconds / 1000.0


def measure(
    processes: Mapping[str, SearchProcess],
    questions: Sequence[Question],
    seconds: float,
    say: Say,
    repetitions: int = REPETITIONS,
) -> dict[str, Times]:
    """Asks every engine every question for every output, up to `repetitions` times.

    An engine that has spent `seconds` on answers is not asked again. The questions are interleaved, so those that it
    has answered represent all of them; the number of missing ones is reported in `left_out`.
    """
    found = {name: Times() for name in processes}
    for repetition in range(repetitions):
        say(f"asking {len(questions)} questions, round {repetition + 1} of {repetitions}")
        for cell, order in _turns(questions, list(processes), repetition):
            for name in order:
                _ask(name, processes[name], questions, cell, found[name], seconds)
    for name, times in found.items():
        asked = {place for place, _ in times.times}
        missing = sum(place not in asked and _lacks(name, question, "top") is None
                      for place, question in enumerate(questions))  # fmt: skip
        if missing:
            times.left_out[f"{missing} of {len(questions)} questions were not asked: it had used up its time"] = None
    return found


def _turns(questions: Sequence[Question], names: list[str], repetition: int) -> Iterator[tuple[Cell, list[str]]]:
    """Every question with every output, and the order of the engines; the first round does not mix the questions."""
    random = Random(repetition)  # noqa: S311 - nothing secret
    places = list(range(len(questions)))
    if repetition:
        random.shuffle(places)
    for place in places:
        for output in OUTPUTS:
            random.shuffle(names)
            yield (place, output), names


def _ask(
    name: str, process: SearchProcess, questions: Sequence[Question], cell: Cell, times: Times, seconds: float
) -> None:
    place, output = cell
    if times.stopped or times.spent >= seconds or sum(times.times.get(cell, ())) >= QUESTION_SECONDS * 1000.0:
        return
    if lack := _lacks(name, questions[place], output):
        times.left_out[lack] = None
        return
    try:
        milliseconds, answer = process.answer(questions[place], output)
    except EngineFailed as error:
        times.stopped = True
        times.left_out[f"stopped at {questions[place]} ({OUTPUTS[output]}): {error}"] = None
        return
    times.add(cell, milliseconds, answer.total)


def _lacks(name: str, question: Question, output: Output) -> str | None:
    return engine_named(name).lacks(question, output)


def by_kind(times: Times, questions: Sequence[Question]) -> dict[str, dict[str, Latency]]:
    """The latency by output and kind; the first kind is all kinds together."""
    kinds = dict.fromkeys(question.kind for question in questions)
    table: dict[str, dict[str, Latency]] = {}
    for output in OUTPUTS:
        cells = {place: found for (place, asked), found in times.times.items() if asked == output}
        for kind in (ALL_KINDS, *kinds):
            chosen = [found for place, found in cells.items() if kind in (ALL_KINDS, questions[place].kind)]
            if chosen:
                table.setdefault(output, {})[kind] = latency(chosen)
    return table


def firsts(times: Times) -> dict[str, Latency]:
    """The latency by output of the first time that each question was asked, when no answer could be cached."""
    found = {output: [cell[:1] for (_, asked), cell in times.times.items() if asked == output] for output in OUTPUTS}
    return {output: latency(cells) for output, cells in found.items() if cells}


def medians(times: Times, questions: Sequence[Question]) -> dict[str, tuple[float | None, ...]]:
    """The median of each question by output, or None if it was not asked."""
    places = range(len(questions))
    return {
        output: tuple(_median(times.times.get((place, output))) for place in places)
        for output in OUTPUTS
    }  # fmt: skip


def _median(found: Sequence[float] | None) -> float | None:
    return round(percentile(found, 50), 3) if found else None


def compared(times: Times, ours: Times) -> dict[str, Comparison]:
    """The engine compared with Backfile by output, over the questions that both answered."""
    table: dict[str, Comparison] = {}
    for output in OUTPUTS:
        both = [cell for cell in times.times if cell[1] == output and cell in ours.times]
        if both:
            table[output] = _comparison([times.times[cell] for cell in both], [ours.times[cell] for cell in both])
    return table


def _comparison(theirs: Sequence[Sequence[float]], ours: Sequence[Sequence[float]]) -> Comparison:
    their, our = latency(theirs), latency(ours)
    pairs = zip(theirs, ours, strict=True)
    logs = [float(np.log(percentile(there, 50) / percentile(here, 50))) for there, here in pairs]
    return Comparison(
        round(their.median / our.median, 3), round(their.p95 / our.p95, 3),
        round(float(np.exp(np.mean(logs))), 3), len(theirs),
    )  # fmt: skip


def agreement(times: Times, ours: Times, questions: Sequence[Question]) -> dict[str, Agreement]:
    """The agreement of the numbers of hits with Backfile's, by kind: no engine may win by finding less."""
    apart: dict[str, list[float]] = {}
    for place in times.totals.keys() & ours.totals.keys():
        there, here = times.totals[place], ours.totals[place]
        difference = abs(there - here) / max(there, here, 1)
        for kind in (ALL_KINDS, questions[place].kind):
            apart.setdefault(kind, []).append(difference)
    return {
        kind: Agreement(round(percentile(found, 50), 4), round(sum(one > FAR for one in found) / len(found), 4))
        for kind, found in apart.items()
    }
