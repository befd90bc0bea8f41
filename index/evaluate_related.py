"""`backfile evaluate related`: how many of the first related articles an editor put under the same label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from index.commands import require_locations
from index.judged_articles import read_documents
from search.commands.context import interruptible, json_option
from search.commands.scratch import engine_option, scratch_engine
from search.evaluation.related_peers import RELATED_PEERS, RelatedPeer, related_by_peer
from search.evaluation.relatedness import (
    LABEL_FIELDS,
    LabelField,
    LabelledArticles,
    RelatedScores,
    indexed,
    labelled_articles,
    related_by_us,
    score,
)
from search.evaluation.significance import paired_randomisation

OURS = "backfile"
BY_MEANING = "by meaning too"


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(), callback=require_locations)
@click.option(
    "--by", "field", type=click.Choice(LABEL_FIELDS), default="tag", show_default=True,
    help="What two related articles share.",
)  # fmt: skip
@click.option("--without", multiple=True, metavar="PATTERN", help="Labels that make nothing related, as in a shell.")
@click.option(
    "--subjects", type=click.IntRange(1, 100_000), default=300, show_default=True, help="Articles to ask for."
)
@click.option("--articles", "size", type=click.IntRange(min=20), metavar="N", help="Take only N articles, at random.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which articles are drawn.")
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of articles without one.")
@click.option("--against", type=click.Choice(RELATED_PEERS), multiple=True, help="Compare with this program.")
@click.option("--meaning", metavar="FOLDER", help="Order by meaning too, with the model in FOLDER.")
@engine_option
@json_option
def related(
    paths: tuple[str, ...],
    field: LabelField,
    without: tuple[str, ...],
    subjects: int,
    size: int | None,
    seed: int,
    language: str,
    against: tuple[RelatedPeer, ...],
    meaning: str | None,
    engine: str,
    as_json: bool,
) -> None:
    """Index the articles of every SOURCE that have a label, and judge by it the first ten related articles of some.

    Prints the mean precision, the median processor time in ms, and the p-value of a two-sided paired randomisation
    test against each other program. Near-copies are skipped, and dates do not matter. With --meaning, a second
    line has what the order by words and meaning finds, compared with that by words alone.

    \b
    Examples:
      backfile evaluate related articles.jsonl.gz --without 'place:*'
      backfile evaluate related articles/ --by section --against scikit-learn --against tantivy
    """
    with interruptible():
        documents = read_documents(paths, language)
        articles = labelled_articles(
            documents, field=field, without=without, articles=size, subjects=subjects, seed=seed
        )
        with scratch_engine(engine) as scratch:
            opened = indexed(articles, scratch)
            ours = score(OURS, articles, related_by_us(articles, opened))
            theirs = [score(BY_MEANING, articles, related_by_us(articles, opened, meaning))] if meaning else []
        theirs += [score(peer, articles, related_by_peer(peer, articles)) for peer in dict.fromkeys(against)]
    rows = [_row(ours, None), *(_row(each, ours) for each in theirs)]
    if as_json:
        click.echo(json.dumps(_heading(articles) | {"systems": rows}))
    else:
        click.echo("\n".join(_lines(_heading(articles), rows)))


def _heading(articles: LabelledArticles) -> dict[str, Any]:
    return {"articles": len(articles.documents), "subjects": len(articles.subjects)}


def _row(scores: RelatedScores, ours: RelatedScores | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": scores.name, "precision_at_10": scores.mean, "median_ms": scores.median_ms}
    if ours is not None:
        row["p"] = paired_randomisation(list(ours.precision.values()), list(scores.precision.values()))
    return row


def _lines(heading: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{heading['articles']:,} articles with a label, {heading['subjects']:,} of them asked for related ones"
    yield f"{'':<14}{'precision@10':>14}{'ms':>10}{'p':>10}"
    for row in rows:
        p = f"{row['p']:>10.4f}" if "p" in row else ""
        yield f"{row['name']:<14}{row['precision_at_10']:>14.3f}{row['median_ms']:>10.1f}{p}"
