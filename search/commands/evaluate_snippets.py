"""`backfile evaluate snippets`: what the snippets of an archive's hits show."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from search.commands.context import index_option, json_option, opened_engine
from search.errors import SourceError
from search.evaluation.snippet_scores import score_snippets, titles


@click.command()
@click.argument("questions", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--titles", "count", type=click.IntRange(1, 100_000), default=100, show_default=True,
    help="Without a file: the number of titles of the archive whose first words are asked.",
)  # fmt: skip
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of the stop words.")
@index_option
@json_option
@click.pass_context
def snippets(
    ctx: click.Context, questions: Path | None, count: int, language: str, index: str | None, as_json: bool
) -> None:
    """Ask questions of the index and count what the snippets of the first ten hits show.

    QUESTIONS is a text file with one question per line.

    \b
    coverage  words of the query in the text that the snippets show
    idle      passages without a new word that lack the rarest one shown
    whole     passages that begin and end where sentences do
    cut       passages that begin, and those that end, inside one
    repeated  hits whose snippets have a sentence twice, or overlap

    \b
    Example:
      backfile evaluate snippets --titles 300
    """
    with opened_engine(ctx, index).searcher() as searcher:
        asked = _lines(questions) if questions else titles(searcher, count)
        scores = score_snippets(searcher, asked, language=language)
    if as_json:
        click.echo(json.dumps(asdict(scores)))
        return
    names = ("coverage", "passages", "idle", "whole", "length", "cut at start", "at end", "repeated")
    click.echo(f"{'questions':>9} {'hits':>6} " + " ".join(f"{name:>{max(7, len(name))}}" for name in names))
    click.echo(
        f"{scores.questions:>9,} {scores.hits:>6,} {scores.coverage:>8.1%} {scores.passages:>8.2f}"
        f" {scores.idle:>7.1%} {scores.whole:>7.1%} {scores.length:>7.0f}"
        f" {scores.cut_start:>12.1%} {scores.cut_end:>7.1%} {scores.repeated:>8.1%}"
    )


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read ({error})") from error
    return [line.strip() for line in lines if line.strip()]
