"""`backfile evaluate extraction`: how well articles are found on pages of which people wrote down what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import click

from index.evaluate_passages import PassageScore, passage_report, score_passages
from index.evaluation import ExtractionScore, score_bodies
from index.judged_pages import READERS, Part, has_passages, read_pages, read_truth
from search.commands.context import json_option

_MEASURES: Final = ("precision", "recall", "f1", "pages_per_second")


@click.command()
@click.argument("pages", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("ground_truth", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--against", type=click.Choice([name for name in READERS if name != "backfile"]), help="Score this program too."
)
@click.option(
    "--part", type=click.Choice(get_args(Part)), default="all", show_default=True,
    help="Take only two thirds of the pages, to make rules from, or the other third.",
)  # fmt: skip
@click.option(
    "--worst", type=click.IntRange(0), default=15, show_default=True, help="How many of the worst pages to list."
)
@json_option
def extraction(pages: Path, ground_truth: Path, against: str | None, part: Part, worst: int, as_json: bool) -> None:
    """Score the extraction of HTML: compare what is found on each page in the folder PAGES with GROUND_TRUTH.

    GROUND_TRUTH is a JSON object that has, for the name of each page (its file, with or without .html or .html.gz),
    either its "articleBody", or passages that its text has ("with") and has not ("without"), and if known its "title",
    "author", "date" and "categories". Bodies are compared by shingles of four words.

    \b
    Examples:
      backfile evaluate extraction pages/ ground-truth.json
      backfile evaluate extraction pages/ passages.json --against trafilatura
    """
    scores = evaluate_extraction(pages, ground_truth, part, ("backfile", *((against,) if against else ())))
    if as_json:
        rows = {name: _as_json(score) for name, score in scores.items()}
        click.echo(json.dumps(rows.pop("backfile") | ({"against": rows} if rows else {})))
    else:
        click.echo(_report(scores, worst))


def evaluate_extraction(
    pages: Path, ground_truth: Path, part: Part = "all", programs: tuple[str, ...] = ("backfile",)
) -> Mapping[str, ExtractionScore | PassageScore]:
    """The score of each program in the form of the ground truth, whose pages are files in `pages`.

    Raises SourceError if the ground truth cannot be read or names a page that is not there.
    """
    truth = read_truth(ground_truth, part)
    judge = score_passages if has_passages(truth) else score_bodies
    return {name: judge(truth, *read_pages(pages, truth, READERS[name])) for name in programs}


def _as_json(score: ExtractionScore | PassageScore) -> dict[str, Any]:
    figures = {name: getattr(score, name) for name in _MEASURES} | {"pages": len(score.pages)}
    return figures | ({"counts": score.total} if isinstance(score, PassageScore) else {"coverage": score.coverage()})


def _report(scores: Mapping[str, ExtractionScore | PassageScore], worst: int) -> str:
    by_passages = {name: score for name, score in scores.items() if isinstance(score, PassageScore)}
    if by_passages:
        return passage_report(by_passages, worst)
    bodies = {name: score for name, score in scores.items() if isinstance(score, ExtractionScore)}
    names = [""] if len(bodies) == 1 else [f"{name}\n" for name in bodies]
    return "\n\n".join(name + score.report(worst) for name, score in zip(names, bodies.values(), strict=True))
