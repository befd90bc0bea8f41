"""`backfile evaluate names`: how well the spellings of one name are found."""

from __future__ import annotations

from pathlib import Path

import click

from search.commands.context import json_option
from search.commands.terminal import one_line


@click.command()
@click.argument("pairs", type=click.Path(path_type=Path))
@json_option
def names(pairs: Path, as_json: bool) -> None:
    """Score the suggestions of `backfile variants suggest` on pairs of names that somebody judged.

    PAIRS is a TOML file. Short articles are written about each name, with its company, and read as an archive. The
    threshold for a suggestion is chosen on four fifths of the pairs and measured on the rest, five times.

    \b
    Example:
      backfile evaluate names tests/data/name_pairs.toml
    """
    from search.evaluation.name_pairs import PairScores, read_pairs, scored
    from search.results.as_json import adapter

    scores = scored(read_pairs(pairs))
    if as_json:
        click.echo(adapter(PairScores).dump_json(scores))
        return
    click.echo(f"{scores.pairs} pairs: precision {scores.precision:.3f}, recall {scores.recall:.3f}")
    click.echo(f"lines drawn at {', '.join(f'{line:.3f}' for line in scores.lines)}")
    for what, found in (("missed", scores.missed), ("wrong", scores.wrong)):
        for first, second in found:
            click.echo(one_line(f"{what}: {first}, {second}"))
