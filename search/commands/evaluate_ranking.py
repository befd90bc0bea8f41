"""`backfile evaluate ranking`: the ranking's scores on judged sets, alone or beside another program's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

import click

from search.commands.context import interruptible, json_option
from search.commands.scratch import engine_option, scratch_engine
from search.evaluation.judged_sets import PARTS, Parts, read_judged_set
from search.evaluation.meaning import MeaningCost, rankings_by_meaning
from search.evaluation.peers import PEERS, Peer, bm25s_rankings
from search.evaluation.ranking_scores import SetScores, p_values, score, wins
from search.evaluation.rankings import engine_rankings
from search.evaluation.significance import PERMUTATIONS
from search.meaning import open_encoder
from search.query import Operator

_COLUMNS: Final = {"ndcg_at_10": "nDCG@10", "mean_average_precision": "MAP", "recall_at_100": "recall@100"}
_WIDTH: Final = 10


@dataclass(frozen=True, slots=True)
class _Compared:
    """A set as we rank it, and as the other program does, if there is one."""

    ours: SetScores
    theirs: SetScores | None
    p: dict[str, float]
    cost: MeaningCost | None = None


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@engine_option
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of the sets.")
@click.option(
    "--op", "operator", type=click.Choice(get_args(Operator)), default="or", show_default=True,
    help="How the words of a query are joined: any, all, or as readers get them by default.",
)  # fmt: skip
@click.option(
    "--take", "parts", type=click.Choice(PARTS), default="all", show_default=True,
    help="What to take of each document: title and text, the text without its title, or the title as a short text.",
)  # fmt: skip
@click.option("--words", type=click.IntRange(min=1), help="Take only so many words of each text.")
@click.option("--against", type=click.Choice(PEERS), help="Compare with this program, and test the difference.")
@click.option("--meaning", metavar="FOLDER", help="Order by meaning too, with the model in FOLDER.")
@click.option("--per-query", is_flag=True, help="Print the scores of every query too.")
@json_option
def ranking(
    folders: tuple[Path, ...],
    engine: str,
    language: str,
    operator: Operator,
    parts: Parts,
    words: int | None,
    against: Peer | None,
    meaning: str | None,
    per_query: bool,
    as_json: bool,
) -> None:
    """Index each judged set into a temporary index and print nDCG@10, MAP and recall@100.

    A FOLDER holds docs.jsonl (id, title, text), queries.jsonl (id, text) and qrels.tsv (query, 0, document, grade).
    With --against, p is that of a two-sided paired randomisation test over the queries. With --meaning, it is that of
    the difference to the order by words alone, unless there is another program; and what the vectors cost is printed.

    \b
    Examples:
      backfile evaluate ranking sets/cranfield sets/med
      backfile evaluate ranking sets/cranfield --against bm25s --per-query
    """
    encoder = open_encoder(meaning or "")
    compared = []
    for folder in folders:
        judged = read_judged_set(folder, language=language, parts=parts, words=words)
        cost: MeaningCost | None = None
        with interruptible(), scratch_engine(engine) as opened:
            by_words = found = engine_rankings(judged, opened, language=language, operator=operator)
            if encoder:
                found, cost = rankings_by_meaning(judged, opened, encoder, language=language, operator=operator)
        others = bm25s_rankings(judged, language=language) if against else by_words if encoder else None
        ours, theirs = score(judged, found), score(judged, others) if others is not None else None
        compared.append(_Compared(ours, theirs, p_values(ours, theirs) if theirs else {}, cost))
    beside = against or ("words alone" if encoder else None)
    if as_json:
        click.echo(json.dumps([_json(each, beside, per_query) for each in compared]))
    else:
        click.echo("\n".join(_lines(compared, beside, per_query)))


def _json(compared: _Compared, against: str | None, per_query: bool) -> dict[str, Any]:
    ours, theirs = compared.ours, compared.theirs
    row: dict[str, Any] = {"name": ours.name, "documents": ours.documents, "queries": ours.queries} | ours.means
    if theirs:
        better = {measure: {"better": one, "worse": other} for measure, (one, other) in wins(ours, theirs).items()}
        compared_by = {"p": compared.p, "permutations": PERMUTATIONS, "queries": better}
        row["against"] = {"name": against, **theirs.means, **compared_by}
    if compared.cost:
        row["meaning"] = asdict(compared.cost)
    if per_query:
        row["per_query"] = ours.scores
        if theirs:
            row["against"]["per_query"] = theirs.scores
    return row


def _lines(compared: list[_Compared], against: str | None, per_query: bool) -> Iterator[str]:
    head = "".join(f"{name:>{_WIDTH + 1}}" for name in _COLUMNS.values())
    yield f"{'set':<16} {'documents':>9} {'queries':>7}{head}"
    for each in compared:
        yield f"{each.ours.name[:16]:<16} {each.ours.documents:>9,} {each.ours.queries:>7,}{_figures(each.ours.means)}"
        if each.theirs:
            yield f"{f'  {against}':<34}{_figures(each.theirs.means)}"
            counts = wins(each.ours, each.theirs)
            yield f"{'  queries better:worse':<34}" + "".join(
                f"{f'{better}:{worse}':>{_WIDTH + 1}}" for better, worse in map(counts.__getitem__, _COLUMNS)
            )
            yield f"{'  p':<34}{_figures(each.p, digits=4)}"
        if each.cost:
            yield _cost_in_words(each.cost)
    if per_query:
        for each in compared:
            yield ""
            yield from _queries(each, against)


def _cost_in_words(cost: MeaningCost) -> str:
    size = "" if cost.kilobytes_per_article is None else f", {cost.kilobytes_per_article:.2f} kB each"
    return (
        f"  encoded {cost.articles_per_second:.0f} articles a second{size}; "
        f"a question takes {cost.question_ms:.1f} ms, ordering a page {cost.ordering_ms:.1f} ms"
    )


def _queries(each: _Compared, against: str | None) -> Iterator[str]:
    """The queries of a set: where there is a comparison, from the greatest gain in nDCG@10 to the greatest loss."""
    measure = "ndcg_at_10"
    own, other = each.ours.scores[measure], each.theirs.scores[measure] if each.theirs else {}
    names = "".join(f"{name:>{_WIDTH + 1}}" for name in _COLUMNS.values())
    beside = f"{against:>{_WIDTH + 1}}{'gain':>{_WIDTH + 1}}" if other else ""
    yield f"{f'{each.ours.name}, query':<34}{names}{beside}"
    for query in sorted(own, key=lambda name: other[name] - own[name]) if other else own:
        line = f"{f'  {query}'[:34]:<34}{_figures({name: scores[query] for name, scores in each.ours.scores.items()})}"
        if other:
            line += f"{other[query]:>{_WIDTH + 1}.3f}{own[query] - other[query]:>+{_WIDTH + 1}.3f}"
        yield line


def _figures(by_measure: dict[str, float], digits: int = 3) -> str:
    return "".join(f"{by_measure[measure]:>{_WIDTH + 1}.{digits}f}" for measure in _COLUMNS)
