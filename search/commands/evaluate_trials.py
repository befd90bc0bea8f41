"""Trials of `backfile evaluate ranking`: each set ranked with other values of the constants, beside today's ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from search.commands.progress import progress_bar
from search.commands.scratch import scratch_engine
from search.evaluation.judged_sets import Parts, read_judged_set
from search.evaluation.ranking_scores import SetScores, p_values, wins
from search.evaluation.rankings import Rankings, engine_rankings
from search.evaluation.significance import PERMUTATIONS, holm
from search.evaluation.trials import Trial, trying
from search.query import Operator

_NAME: Final = 34
_WIDTH: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial's scores, and by measure the p-value of the difference to today's ranking, as it counts among all
    trials of the run (`search.evaluation.significance.holm`)."""

    label: str
    scores: SetScores
    p: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Task:
    """What every trial is asked: a function by its name, "module:function", and its arguments."""

    target: str
    arguments: Mapping[str, Any]


def rankings_of_trials(trials: Sequence[Trial], tasks: Sequence[Task]) -> list[list[Rankings]]:
    """For each task, what each trial answers. A trial is one process, which is asked all tasks in turn."""
    found: list[list[Rankings]] = [[] for _ in tasks]
    with progress_bar("trying", quiet=not trials, unit=" settings") as show:
        for number, trial in enumerate(trials):
            if show:
                show(number, len(trials))
            with trying(trial) as process:
                for own, task in zip(found, tasks, strict=True):
                    own.append(process.ask(task.target, task.arguments))
    return found


def beside_today(present: SetScores, trials: Sequence[Trial], scores: Sequence[SetScores]) -> list[Tried]:
    """The scores of trials beside those of today's ranking."""
    single = [p_values(each, present) for each in scores]
    together = {measure: holm([p[measure] for p in single]) for measure in present.scores}
    return [
        Tried(trial.label, own, {measure: values[at] for measure, values in together.items()})
        for at, (trial, own) in enumerate(zip(trials, scores, strict=True))
    ]


def set_task(folder: Path, language: str, parts: Parts, words: int | None, engine: str, operator: Operator) -> Task:
    """Ranks a judged set in the process of a trial."""
    arguments = {
        "folder": folder, "language": language, "parts": parts, "words": words, "engine": engine, "operator": operator,
    }  # fmt: skip
    return Task("search.commands.evaluate_trials:set_rankings", arguments)


def set_rankings(
    folder: Path, language: str, parts: Parts, words: int | None, engine: str, operator: Operator
) -> Rankings:
    """Indexes a judged set into a temporary index and asks every query of it. Raises SourceError, EngineError."""
    judged = read_judged_set(folder, language=language, parts=parts, words=words)
    with scratch_engine(engine) as opened:
        return engine_rankings(judged, opened, language=language, operator=operator)


def trial_rows(present: SetScores, trials: Sequence[Tried]) -> list[dict[str, Any]]:
    """The trials as JSON."""
    rows = []
    for each in trials:
        better = {name: {"better": one, "worse": other} for name, (one, other) in wins(each.scores, present).items()}
        rows.append(
            {"setting": each.label, **each.scores.means, "p": dict(each.p), "permutations": PERMUTATIONS,
             "queries": better}
        )  # fmt: skip
    return rows


def trial_lines(
    present: SetScores, trials: Sequence[Tried], tested: Mapping[str, str], shown: Mapping[str, str]
) -> Iterator[str]:
    """A table of the trials: of the `tested` measures each with the gain, the queries that are better and worse, and p;
    of those `shown` the mean alone. Both are the headings by measure."""
    heads = "".join(
        f"{title:>{_WIDTH + 1}}{'gain':>{_WIDTH - 2}}{'better:worse':>{_WIDTH + 4}}{'p':>{_WIDTH - 2}}"
        for title in tested.values()
    ) + "".join(f"{title:>{_WIDTH + 1}}" for title in shown.values())
    yield f"{'  setting':<{_NAME}}{heads}"
    for each in trials:
        means, counts = each.scores.means, wins(each.scores, present)
        line = f"{f'  {each.label}':<{_NAME}}"
        for name in tested:
            better, worse = counts[name]
            gain = means[name] - present.means[name]
            line += (
                f"{means[name]:>{_WIDTH + 1}.3f}{gain:>+{_WIDTH - 2}.3f}{f'{better}:{worse}':>{_WIDTH + 4}}"
                f"{each.p[name]:>{_WIDTH - 2}.3f}"
            )
        yield line + "".join(f"{means[name]:>{_WIDTH + 1}.3f}" for name in shown)
