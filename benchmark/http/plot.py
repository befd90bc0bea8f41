"""Draws searches a second and latencies over HTTP, for the documentation."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from benchmark.http.figures import HttpFigures, ServerFigures


def draw(figures: HttpFigures, path: Path) -> None:
    """Draws two panels, by number of connections: answers a second, and the median and 99th percentile."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "benchmark"  # makes the file depend on the figures alone
    picture, (rates, times) = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for server in figures.servers:
        _line(rates, server, "per_second", "-", server.label)
        colour = rates.get_lines()[-1].get_color()
        _line(times, server, "p50", "-", None, colour)
        _line(times, server, "p99", ":", None, colour)
    rates.set(title="answers a second", xlabel="connections", ylim=(0, None))
    times.set(title="milliseconds: median, and dotted 99th percentile", xlabel="connections", yscale="log")
    rates.legend(frameon=False)
    for panel in (rates, times):
        panel.set_xscale("log", base=2)
        ticks = sorted({load.connections for server in figures.servers for load in server.loads})
        panel.set_xticks(ticks, [str(tick) for tick in ticks])
        panel.title.set_fontsize(10)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(picture)


def _line(
    panel: Any, server: ServerFigures, name: str, style: str, label: str | None, colour: str | None = None
) -> None:
    points = [
        (connections, median(getattr(load, name) for load in rounds))
        for connections, rounds in sorted(server.by_connections().items())
    ]
    panel.plot(*zip(*points, strict=True), style, marker="o", markersize=4, label=label, color=colour)
