"""The figures of one run, as they are kept in a file, and the tables that are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from benchmark.report import markdown, plain, write_between

BEGIN: Final = "<!-- cluster figures: begin -->"
END: Final = "<!-- cluster figures: end -->"
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds over all questions."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Row:
    """One engine over an archive of some size. `nodes` is 0 for the local engine.

    `python_seconds` and `node_seconds` are processor time while it was filled; `size_bytes` is that of one copy.
    `first`: each question asked for the first time, `again`: the best of some times after that, through the service;
    `http`: over a connection to the real server. `same_first_ten`: the share of questions with the first ten hits of
    the local engine in the same order; `score_error`: the largest relative difference of a score among these.
    """

    articles: int
    nodes: int
    shards: int
    import_seconds: float
    python_seconds: float
    node_seconds: float
    size_bytes: int
    first: Spread
    again: Spread
    http: Spread
    same_first_ten: float | None = None
    score_error: float | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """An index of the same articles with the cluster's own `english` analyzer, filled without our analysis."""

    articles: int
    import_seconds: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Words:
    """Of how many distinct words of articles in a language the cluster's analyzer makes other terms than we."""

    language: str
    words: int
    other: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """Everything that one run measured. `machine` and `java` say where."""

    machine: dict[str, str]
    java: str
    measured: str
    rows: tuple[Row, ...] = ()
    plain: tuple[Plain, ...] = ()
    words: tuple[Words, ...] = ()


def load(path: Path) -> ClusterFigures:
    """Reads what `benchmark.figures.save` wrote."""
    return TypeAdapter(ClusterFigures).validate_json(path.read_bytes())


def as_text(figures: ClusterFigures, *, in_markdown: bool = False) -> str:
    """The tables, for a terminal or a page."""
    draw = markdown if in_markdown else plain
    machine = figures.machine
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, Python {machine['python']}"
    parts = [f"Measured on {where}, {figures.measured[:10]}. Nodes: {figures.java}."]
    parts += [draw(*table) for table in _tables(figures)]
    return "\n\n".join(parts) + "\n"


def write_into(page: Path, figures: ClusterFigures) -> None:
    """Writes the tables between the two markers of the page. Raises ValueError if it has none."""
    write_between(page, BEGIN, END, as_text(figures, in_markdown=True))


def _tables(figures: ClusterFigures) -> Iterator[tuple[Sequence[str], list[Sequence[str]]]]:
    yield (
        ("Articles", "Engine", "articles/s", "CPU s per 1,000 (nodes)", "one copy, MB", "bytes an article"),
        [_filled(row) for row in figures.rows],
    )
    yield (
        ("Articles", "Page, ms: median / 95th percentile", "the first time", "again", "over HTTP", "same first ten",
         "largest error of a score"),
        [_asked(row) for row in figures.rows],
    )  # fmt: skip
    if figures.plain:
        yield (
            ("Articles", "Analysis", "articles/s", "MB"),
            [
                (f"{row.articles:,}", "the cluster's `english`", f"{row.articles / row.import_seconds:,.0f}",
                 f"{row.size_bytes / 1e6:,.0f}")
                for row in figures.plain
            ],
        )  # fmt: skip
    if figures.words:
        yield (
            ("Language", "distinct words", "another term", "share", "for example"),
            [
                (row.language, f"{row.words:,}", f"{row.other:,}", f"{row.other / max(1, row.words):.1%}",
                 ", ".join(row.examples))
                for row in figures.words
            ],
        )  # fmt: skip


def _name(row: Row) -> str:
    if not row.nodes:
        return "local"
    return f"{row.nodes} node{'s' * (row.nodes > 1)}, {row.shards} shard{'s' * (row.shards > 1)}"


def _filled(row: Row) -> Sequence[str]:
    each = row.articles / 1000
    nodes = f" ({row.node_seconds / each:.2f})" if row.nodes else ""
    return (
        f"{row.articles:,}", _name(row), f"{row.articles / row.import_seconds:,.0f}",
        f"{row.python_seconds / each:.2f}{nodes}", f"{row.size_bytes / 1e6:,.0f}",
        f"{row.size_bytes / row.articles:,.0f}",
    )  # fmt: skip


def _asked(row: Row) -> Sequence[str]:
    spreads = [f"{spread.median:.1f} / {spread.p95:.1f}" for spread in (row.first, row.again, row.http)]
    same = NOTHING if row.same_first_ten is None else f"{row.same_first_ten:.0%}"
    error = NOTHING if row.score_error is None else f"{row.score_error:.0e}"
    return (f"{row.articles:,}", _name(row), *spreads, same, error)
