"""The whole run: prepares articles, builds the index of every engine, asks the questions, gathers the figures."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmark import apart, rounds
from benchmark.articles import Prepared, write_articles
from benchmark.engines.base import engine_named, is_installed
from benchmark.figures import OURS, EngineFigures, Figures, Indexing, Latency, Memory, Merging, SizeFigures
from benchmark.generated import generate, pool_of
from benchmark.options import Say
from benchmark.queries import Question, questions
from benchmark.real import real_articles, shuffled
from search.document import Document
from search.errors import SourceError


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure. Articles are generated for a size if the inputs do not have enough real ones.

    `seconds`: the time limit for answers, per engine and size. `work`: the folder for the indexes.
    """

    inputs: Path
    sizes: tuple[int, ...]
    engines: tuple[str, ...]
    work: Path
    seed: int = 1
    seconds: float = 120.0
    repetitions: int = rounds.REPETITIONS
    most_questions: int | None = None
    most_two_ways: int = 100_000
    """The largest size that is indexed with every number of workers; above it, only the largest number is used."""


@dataclass(frozen=True, slots=True)
class _Built:
    """The builds of one engine; `folder` has the index to search, None if no build succeeded."""

    indexing: tuple[Indexing, ...]
    folder: Path | None
    left_out: tuple[str, ...]


def run(wanted: Wanted, say: Say, keep: Callable[[Figures], None]) -> None:
    """Measures everything that is wanted, smallest size first, and reports each step to `say`.

    Passes the figures to `keep` after each size, so that an interrupted run is not lost.
    Raises SourceError if there are no articles.
    """
    say(f"reading articles from {wanted.inputs}")
    found, rate = real_articles(wanted.inputs)
    if not found:
        raise SourceError(str(wanted.inputs), "holds no articles in English")
    documents = shuffled(found, wanted.seed)
    asked = questions(documents, wanted.seed)[: wanted.most_questions]
    say(f"{len(documents):,} real articles ({rate:,.0f} a second made of what was read), {len(asked)} questions")
    figures = Figures(machine(), tuple((question.kind, str(question)) for question in asked), round(rate, 1), {})
    for size in sorted(set(wanted.sizes)):
        figures.sizes[size] = _size(wanted, size, documents, asked, say)
        keep(figures)


def machine() -> dict[str, str]:
    """The machine on which the figures were measured."""
    return {
        "processor": _proc_value("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": str(os.cpu_count()),
        "memory": _gibibytes(_proc_value("/proc/meminfo", "MemTotal")),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _size(wanted: Wanted, size: int, documents: Sequence[Document], asked: Sequence[Question], say: Say) -> SizeFigures:
    folder = wanted.work / str(size)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    is_real = size <= len(documents)
    say(f"{size:,} {'real' if is_real else 'generated'} articles")
    source = documents[:size] if is_real else generate(pool_of(documents), size, wanted.seed)
    prepared = write_articles(source, folder / "articles.jsonl")
    absent = {name: reason for name in wanted.engines if (reason := _reason_against(name, size))}
    names = [name for name in wanted.engines if name not in absent]
    for name, reason in absent.items():
        say(f"  {name}: not measured, {reason}")
    built = {name: _build(name, prepared, folder, size > wanted.most_two_ways, say) for name in names}
    engines, unopened = _searched(built, asked, wanted, say)
    absent |= unopened
    if size <= wanted.most_two_ways:
        engines = {name: _merged(name, figures, built[name], say) for name, figures in engines.items()}
    text_bytes = prepared.path.stat().st_size
    shutil.rmtree(folder, ignore_errors=True)
    moment = datetime.now(UTC).isoformat(timespec="minutes")
    return SizeFigures(size, is_real, round(prepared.words, 1), text_bytes, moment, engines, absent)


def _reason_against(name: str, size: int) -> str | None:
    if not is_installed(name):
        return "it is not installed"
    engine = engine_named(name)
    return engine.why_most if engine.most is not None and size > engine.most else None


def _build(name: str, prepared: Prepared, folder: Path, only_most: bool, say: Say) -> _Built:
    workers = engine_named(name).workers
    done: list[Indexing] = []
    left_out: list[str] = []
    kept: Path | None = None
    for count in workers[-1:] if only_most else workers:
        target = folder / f"{name}-{count}"
        say(f"  {name}: indexing with {count} worker{'s' if count > 1 else ''}")
        try:
            figures = apart.build(name, target, prepared.path, prepared.articles, count)
        except apart.EngineFailed as error:
            left_out.append(f"indexing with {count} workers: {error}")
            say(f"  {name}: {error}")
            continue
        say(f"    {figures.articles_per_second:,.0f} articles a second, {figures.size_bytes / 1e6:,.0f} MB")
        done.append(figures)
        if kept:
            shutil.rmtree(kept)
        kept = target
    if only_most and kept is None and len(workers) > 1:
        return _build_by_one(name, prepared, folder, left_out, say)
    return _Built(tuple(done), kept, tuple(left_out))


def _build_by_one(name: str, prepared: Prepared, folder: Path, left_out: list[str], say: Say) -> _Built:
    """Builds with one worker, after several failed at a large size."""
    target = folder / f"{name}-1"
    say(f"  {name}: indexing with 1 worker")
    try:
        figures = apart.build(name, target, prepared.path, prepared.articles, 1)
    except apart.EngineFailed as error:
        return _Built((), None, (*left_out, f"indexing with 1 worker: {error}"))
    return _Built((figures,), target, tuple(left_out))


def _searched(
    built: dict[str, _Built], asked: Sequence[Question], wanted: Wanted, say: Say
) -> tuple[dict[str, EngineFigures], dict[str, str]]:
    """Opens all indexes and asks all questions; returns figures by engine, and the reason for each without any."""
    with ExitStack() as stack:
        processes, unopened = _opened(built, asked, stack, say)
        times = rounds.measure(processes, asked, wanted.seconds, lambda line: say(f"  {line}"), wanted.repetitions)
        memory = {name: process.memory() for name, process in processes.items()}
    ours = times.get(OURS)
    found = {
        name: _figures(name, built[name], processes[name].first_answer, memory[name], seen, ours, asked)
        for name, seen in times.items()
    }  # fmt: skip
    return found, unopened


def _opened(
    built: dict[str, _Built], asked: Sequence[Question], stack: ExitStack, say: Say
) -> tuple[dict[str, apart.SearchProcess], dict[str, str]]:
    processes: dict[str, apart.SearchProcess] = {}
    unopened: dict[str, str] = {}
    for name, one in built.items():
        if one.folder is None:
            unopened[name] = "; ".join(one.left_out)
            continue
        try:
            processes[name] = apart.SearchProcess(name, one.folder, _opening_question(name, asked))
        except apart.EngineFailed as error:
            say(f"  {name}: {error}")
            unopened[name] = f"opening: {error}"
            continue
        stack.callback(processes[name].close)
    return processes, unopened


def _opening_question(name: str, asked: Sequence[Question]) -> Question:
    engine = engine_named(name)
    return next(question for question in asked if engine.lacks(question, "top") is None)


def _figures(
    name: str,
    built: _Built,
    opened: float,
    memory: Memory,
    found: rounds.Times,
    ours: rounds.Times | None,
    asked: Sequence[Question],
) -> EngineFigures:
    engine = engine_named(name)
    firsts: dict[str, Latency] = rounds.firsts(found)
    return EngineFigures(
        engine.label,
        engine.version(),
        built.indexing,
        None,
        round(opened, 3),
        memory,
        rounds.by_kind(found, asked),
        firsts,
        rounds.compared(found, ours) if ours and found is not ours else {},
        rounds.agreement(found, ours, asked) if ours and found is not ours else {},
        rounds.medians(found, asked),
        tuple(found.totals.get(place) for place in range(len(asked))),
        (*built.left_out, *found.left_out),
    )


def _merged(name: str, figures: EngineFigures, built: _Built, say: Say) -> EngineFigures:
    if built.folder is None:
        return figures
    say(f"  {name}: merging into one segment")
    try:
        merged = apart.merge(name, built.folder)
    except apart.EngineFailed as error:
        return replace(figures, left_out=(*figures.left_out, f"merging: {error}"))
    return replace(figures, merging=Merging(round(merged[0], 3), merged[1]) if merged else None)


def _proc_value(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _gibibytes(text: str) -> str:
    kib = text.removesuffix(" kB")
    return f"{int(kib) / 2**20:.0f} GiB" if kib.isdigit() else "unknown"
