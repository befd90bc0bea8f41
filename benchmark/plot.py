"""Draws latency against the number of articles, for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmark.engines.base import ENGINES
from benchmark.figures import ALL_KINDS, EngineFigures, Figures

_COLOURS: Final = {
    "backfile": "#b3261e",
    "tantivy": "#1f5fa8",
    "fts5": "#5c7a29",
    "whoosh": "#7a4fa3",
    "bm25s": "#8a6d3b",
}
_SHOWN: Final = (("median", "half of all answers come within"), ("p95", "19 of 20 answers come within"))


def draw(figures: Figures, path: Path) -> None:
    """Draws the latency with counts and snippets, median and 95th percentile, into a file (.svg or .png)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "benchmark"  # makes the file depend on the figures alone
    picture, panels = pyplot.subplots(1, len(_SHOWN), figsize=(10, 4.6), sharey=True, layout="constrained")
    for panel, (attribute, title) in zip(panels, _SHOWN, strict=True):
        for name in ENGINES:
            _line(panel, figures, name, attribute)
        _dress(panel, title, sorted(figures.sizes))
    panels[0].set_ylabel("milliseconds")
    panels[0].legend(frameon=False, loc="upper left")
    picture.suptitle("A page of ten hits with counts by section, a timeline and snippets")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(picture)


def _line(panel: Any, figures: Figures, name: str, attribute: str) -> None:
    points = [
        (size, getattr(found.latency["page"][ALL_KINDS], attribute))
        for size, articles in sorted(figures.sizes.items())
        if (found := articles.engines.get(name)) and "page" in found.latency
    ]
    if points:
        label = _label(figures, name)
        panel.plot(*zip(*points, strict=True), marker="o", markersize=4, color=_COLOURS[name], label=label)


def _label(figures: Figures, name: str) -> str:
    found: list[EngineFigures] = [size.engines[name] for size in figures.sizes.values() if name in size.engines]
    return found[0].label


def _dress(panel: Any, title: str, sizes: list[int]) -> None:
    panel.set_title(title, fontsize=10)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
    panel.minorticks_off()
    panel.margins(x=0.12)
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.set_xlabel("articles")
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)
