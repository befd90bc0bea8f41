"""`backfile evaluate`: the measurements behind the claims of the documentation, for anyone to repeat."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from search.commands.context import interruptible, json_option
from search.commands.group import LazyGroup, Row
from search.engines import open_engine
from search.evaluation import Measured, measure

_ROWS: Final = {
    "extraction": Row("index.commands:extraction", "Measurements", "Score HTML extraction against known bodies."),
    "ranking": Row("search.commands.evaluate:ranking", "Measurements", "Score the ranking on judged queries."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def evaluate() -> None:
    """Measure ranking and extraction against sets judged by people."""


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--engine", type=click.Choice(["memory", "whoosh"]), default="whoosh", show_default=True)
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of the sets.")
@json_option
def ranking(folders: tuple[Path, ...], engine: str, language: str, as_json: bool) -> None:
    """Index each judged set into a temporary index and print nDCG@10, MAP and recall@100.

    A FOLDER holds docs.jsonl (id, title, text), queries.jsonl (id, text) and qrels.tsv (query, 0, document, grade).

    \b
    Example:
      backfile evaluate ranking sets/cranfield sets/med
    """
    measured = [_measured(folder, engine, language) for folder in folders]
    click.echo(json.dumps([asdict(row) for row in measured]) if as_json else "\n".join(_table(measured)))


def _measured(folder: Path, engine: str, language: str) -> Measured:
    with interruptible(), tempfile.TemporaryDirectory(prefix="backfile-") as temporary:
        url = "memory:" if engine == "memory" else f"whoosh:{temporary}/index"
        return measure(folder, open_engine(url), language=language)


def _table(measured: list[Measured]) -> list[str]:
    lines = [f"{'set':<16} {'documents':>9} {'queries':>7} {'nDCG@10':>8} {'MAP':>6} {'recall@100':>10}"]
    for row in measured:
        scores = f"{row.ndcg_at_10:>8.3f} {row.mean_average_precision:>6.3f} {row.recall_at_100:>10.3f}"
        lines.append(f"{row.name[:16]:<16} {row.documents:>9,} {row.queries:>7,} {scores}")
    return lines
