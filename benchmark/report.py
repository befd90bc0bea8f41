"""Formats figures as tables, for the terminal and, in Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from benchmark.engines.base import OUTPUTS
from benchmark.figures import ALL_KINDS, EngineFigures, Figures, Indexing, SizeFigures

BEGIN: Final = "<!-- benchmark figures: begin -->"
END: Final = "<!-- benchmark figures: end -->"
NOTHING: Final = "–"

Row = Sequence[str]
Table = tuple[Row, list[Row]]
Drawn = Callable[[Row, list[Row]], str]


def as_text(figures: Figures) -> str:
    """All figures as plain text."""
    return _all(figures, plain, "")


def as_markdown(figures: Figures) -> str:
    """All figures as Markdown sections."""
    return _all(figures, markdown, "### ")


def write_into(page: Path, figures: Figures) -> None:
    """Writes the tables between the two markers of the page. Raises ValueError if it has none."""
    write_between(page, BEGIN, END, as_markdown(figures))


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Writes the text between two markers of the page. Raises ValueError if it has none."""
    before, found_begin, rest = page.read_text("utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{page}: has no lines {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", "utf-8")


def _all(figures: Figures, draw: Drawn, title: str) -> str:
    machine = figures.machine
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, Python {machine['python']}."
    parts = [f"Measured on {where}"]
    for size in sorted(figures.sizes):
        parts += [f"{title}{_heading(figures.sizes[size])}", *_size(figures.sizes[size], draw)]
    return "\n\n".join(parts) + "\n"


def _heading(size: SizeFigures) -> str:
    return f"{size.articles:,} {'real' if size.real else 'generated'} articles"


def _size(size: SizeFigures, draw: Drawn) -> list[str]:
    about = f"{size.words:.0f} words on average, {_megabytes(size.text_bytes)} of text; measured {size.measured[:10]}."
    engines = list(size.engines.values())
    tables = [_indexing(engines), _searching(engines), _kinds(engines)]
    return [about, *(draw(*table) for table in tables), *_remarks(size)]


def _indexing(engines: Iterable[EngineFigures]) -> Table:
    head = (
        "Indexing", "articles/s, 1 worker", "2 workers", "CPU s per 1,000", "waits for merges", "merge to one",
        "index MB", "peak MB (own)",
    )  # fmt: skip
    return head, [_indexing_row(engine) for engine in engines]


def _indexing_row(engine: EngineFigures) -> Row:
    by_workers = {build.workers: build for build in engine.indexing}
    last = engine.indexing[-1]
    alone = by_workers.get(1, last)
    return (
        f"{engine.label} {engine.version}".strip(),
        _rate(by_workers.get(1)),
        _rate(by_workers.get(2)),
        f"{alone.cpu_seconds / (alone.articles_per_second * alone.seconds) * 1000.0:.2f}",
        f"{last.settling:.1f} s",
        f"{engine.merging.seconds:.1f} s" if engine.merging else NOTHING,
        _megabytes(last.size_bytes).removesuffix(" MB"),
        f"{number(alone.peak_bytes / 1e6)} ({number(alone.own_bytes / 1e6)})",
    )


def _searching(engines: Iterable[EngineFigures]) -> Table:
    head = (
        "Milliseconds: median / 95th percentile", *OUTPUTS.values(), "the first time", "against Backfile",
        "other number of hits", "open to first answer", "resident MB (own)",
    )  # fmt: skip
    return head, [_searching_row(engine) for engine in engines]


def _searching_row(engine: EngineFigures) -> Row:
    best = "page" if "page" in engine.latency else "top"
    against, agreed = engine.against.get(best), engine.agreement.get(ALL_KINDS)
    first = engine.first.get(best)
    return (
        engine.label,
        *(_latency(engine, output, ALL_KINDS) for output in OUTPUTS),
        f"{number(first.median)} / {number(first.p95)}" if first else NOTHING,
        f"{number(against.median)}× / {number(against.p95)}×" if against else NOTHING,
        f"{agreed.median:.1%}, {agreed.far:.0%} far" if agreed else NOTHING,
        f"{engine.first_answer:.0f} ms",
        f"{number(engine.memory.resident_bytes / 1e6)} ({number(engine.memory.own_bytes / 1e6)})",
    )


def _kinds(engines: Sequence[EngineFigures]) -> Table:
    whole = [engine for engine in engines if "page" in engine.latency]
    kinds = dict.fromkeys(kind for engine in whole for kind in engine.latency["page"])
    head = ("Page with counts and snippets, by kind of question", *(engine.label for engine in whole))
    return head, [(kind, *(_latency(engine, "page", kind) for engine in whole)) for kind in kinds]


def _remarks(size: SizeFigures) -> list[str]:
    lines = [f"{engine.label}: {reason}." for engine in size.engines.values() for reason in engine.left_out]
    lines += [f"{name}: not measured at this size, {reason}." for name, reason in size.absent.items()]
    return ["\n".join(f"- {line}" for line in lines)] if lines else []


def _latency(engine: EngineFigures, output: str, kind: str) -> str:
    found = engine.latency.get(output, {}).get(kind)
    return f"{number(found.median)} / {number(found.p95)}" if found else NOTHING


def _rate(build: Indexing | None) -> str:
    return f"{build.articles_per_second:,.0f}" if build else NOTHING


def _megabytes(size: int) -> str:
    return f"{number(size / 1e6)} MB"


def number(value: float) -> str:
    """The value with three digits; more would be noise."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def plain(head: Row, rows: list[Row]) -> str:
    """A table as plain text, in columns."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Row) -> str:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        return "  ".join((row[0].ljust(widths[0]), *cells)).rstrip()

    return "\n".join([line(head), "-" * len(line(head)), *map(line, rows)])


def markdown(head: Row, rows: list[Row]) -> str:
    """A table in Markdown."""
    rule = ("---", *("---:" for _ in head[1:]))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
