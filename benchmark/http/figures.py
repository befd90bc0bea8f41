"""The figures of a run over HTTP, as they are saved in JSON, and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from benchmark.http.commits import CommitLoad
from benchmark.http.load import Load
from benchmark.report import NOTHING, Drawn, Row, Table, markdown, number, plain, write_between

BEGIN: Final = "<!-- figures over HTTP: begin -->"
END: Final = "<!-- figures over HTTP: end -->"


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """One kind of answer of one server.

    `filling` are the seconds from the file of articles to the first answer that counts them all; None for a second kind
    of answer of the same server. `loads` have several rounds for each number of connections.
    """

    label: str
    version: str
    filling: float | None
    loads: tuple[Load, ...]
    answer_bytes: int

    def by_connections(self) -> Mapping[int, list[Load]]:
        """The rounds for each number of connections."""
        found: dict[int, list[Load]] = {}
        for load in self.loads:
            found.setdefault(load.connections, []).append(load)
        return found


@dataclass(frozen=True, slots=True)
class HttpFigures:
    """A whole run. `absent` says of servers that were not measured why. `commits` are the rounds of Backfile's first
    kind of answer while its index grew."""

    machine: dict[str, str]
    measured: str
    articles: int
    questions: int
    servers: tuple[ServerFigures, ...]
    absent: dict[str, str]
    commits: tuple[CommitLoad, ...] = ()


def load_figures(path: Path) -> HttpFigures:
    """Reads what `benchmark.figures.save` wrote."""
    return TypeAdapter(HttpFigures).validate_json(path.read_bytes())


def as_text(figures: HttpFigures) -> str:
    """The tables as plain text."""
    return _all(figures, plain)


def write_into(page: Path, figures: HttpFigures) -> None:
    """Writes the tables between the two markers of the page. Raises ValueError if it has none."""
    write_between(page, BEGIN, END, _all(figures, markdown))


def _all(figures: HttpFigures, draw: Drawn) -> str:
    machine = figures.machine
    about = (
        f"{figures.articles:,} real articles, {figures.questions:,} questions, measured {figures.measured[:10]} on "
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}."
    )
    absent = [f"- {label}: not measured, {reason}." for label, reason in figures.absent.items()]
    tables = [draw(*_loads(figures))]
    if figures.commits:
        tables.append(draw(*_commits(figures)))
    tables.append(draw(*_filling(figures)))
    return "\n\n".join([about, *tables, *(["\n".join(absent)] if absent else [])]) + "\n"


def _loads(figures: HttpFigures) -> Table:
    head = (
        "Under load", "connections", "answers/s", "p50 ms", "p95 ms", "p99 ms", "p99 / p50", "longest ms", "errors",
        "kB an answer",
    )  # fmt: skip
    counts = sorted({load.connections for server in figures.servers for load in server.loads})
    rows = [
        _load_row(server, count) for count in counts for server in figures.servers if count in server.by_connections()
    ]
    return head, rows


def _load_row(server: ServerFigures, connections: int) -> Row:
    rounds = server.by_connections()[connections]
    return (server.label, str(connections), *_latencies(rounds), number(server.answer_bytes / 1e3))


def _commits(figures: HttpFigures) -> Table:
    head = (
        "While the index grows", "connections", "articles/s added", "commits seen", "answers/s", "p50 ms", "p95 ms",
        "p99 ms", "p99 / p50", "longest ms", "errors",
    )  # fmt: skip
    first = figures.commits[0]
    label = next(server.label for server in figures.servers if server.label.startswith("Backfile"))
    pace, seen = number(first.articles / first.seconds), str(sum(each.commits for each in figures.commits))
    return head, [
        (label, str(first.load.connections), pace, seen, *_latencies([each.load for each in figures.commits]))
    ]


def _latencies(rounds: Sequence[Load]) -> Row:
    """Answers a second, median, 95th and 99th percentile, their ratio, the longest, and errors, of several rounds."""
    p50, p95, p99 = (median(getattr(load, name) for load in rounds) for name in ("p50", "p95", "p99"))
    return (
        number(median(load.per_second for load in rounds)),
        number(p50),
        number(p95),
        number(p99),
        f"{p99 / p50:.1f}×",
        number(max(load.longest for load in rounds)),
        str(sum(load.errors for load in rounds)),
    )


def _filling(figures: HttpFigures) -> Table:
    head = ("From a file to the first answer", "seconds", "articles/s")
    return head, [
        (f"{server.label.partition(',')[0]} {server.version}".strip(), *_filled(server.filling, figures.articles))
        for server in figures.servers
        if server.filling is not None
    ]


def _filled(seconds: float | None, articles: int) -> Row:
    return (number(seconds), f"{articles / seconds:,.0f}") if seconds else (NOTHING, NOTHING)
