"""`backfile evaluate ranking`: the ranking's scores on judged sets, alone or beside another program's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_args

import click

from search.commands.context import TEXT, index_option, interruptible, json_option
from search.commands.evaluate_judgements import measured, own_archive, own_lines, own_row
from search.commands.evaluate_trials import (
    Tried,
    beside_today,
    rankings_of_trials,
    set_task,
    trial_lines,
    trial_rows,
)
from search.commands.scratch import engine_option, scratch_engine
from search.evaluation.judged_sets import PARTS, Parts, read_judged_set
from search.evaluation.meaning import MeaningCost, rankings_by_meaning
from search.evaluation.peers import PEERS, Peer, bm25s_rankings
from search.evaluation.ranking_scores import SetScores, p_values, score, wins
from search.evaluation.rankings import engine_rankings
from search.evaluation.significance import PERMUTATIONS
from search.evaluation.trials import STEPS, read_trial
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
    trials: Sequence[Tried] = ()


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@engine_option
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of the sets.")
@click.option(
    "--op", "operator", type=click.Choice(get_args(Operator)),
    help="How the words of a query are joined: any, all, or as readers get them by default.  [default: or; for "
    "judgements auto]",
)  # fmt: skip
@click.option(
    "--take", "parts", type=click.Choice(PARTS), default="all", show_default=True,
    help="What to take of each document: title and text, the text without its title, or the title as a short text.",
)  # fmt: skip
@click.option("--words", type=click.IntRange(min=1), help="Take only so many words of each text.")
@click.option("--against", type=click.Choice(PEERS), help="Compare with this program, and test the difference.")
@click.option("--meaning", metavar="FOLDER", help="Order by meaning too, with the model in FOLDER.")
@click.option("--judgements", is_flag=True, help="Measure the archive on what its own editors judged, too.")
@index_option
@click.option(
    "--try", "tried", multiple=True, type=TEXT, metavar="SETTING=VALUE",
    help="Compare with another value of a constant of search/ranking.py; several between commas. Repeat it for more.",
)  # fmt: skip
@click.option("--try-each", is_flag=True, help="Compare with a step down and up from each setting of the guide.")
@click.option("--unjudged", is_flag=True, help="List the hits that nobody judged, with where to judge them.")
@click.option("--per-query", is_flag=True, help="Print the scores of every query too.")
@json_option
@click.pass_context
def ranking(
    ctx: click.Context,
    folders: tuple[Path, ...],
    engine: str,
    language: str,
    operator: Operator | None,
    parts: Parts,
    words: int | None,
    against: Peer | None,
    meaning: str | None,
    judgements: bool,
    index: str | None,
    tried: tuple[str, ...],
    try_each: bool,
    unjudged: bool,
    per_query: bool,
    as_json: bool,
) -> None:
    """Index each judged set into a temporary index and print nDCG@10, MAP and recall@100.

    A FOLDER holds docs.jsonl (id, title, text), queries.jsonl (id, text) and qrels.tsv (query, 0, document, grade).
    With --judgements, the archive itself is measured on what its editors judged at the desk.

    p is that of a two-sided paired randomisation test over the queries: with --against of the difference to another
    program, with --meaning of that to the order by words alone, and with --try of that to today's ranking, corrected
    for the number of trials (Holm).

    \b
    Examples:
      backfile evaluate ranking sets/cranfield sets/med
      backfile evaluate ranking sets/cranfield --against bm25s --per-query
      backfile evaluate ranking --judgements --unjudged
      backfile evaluate ranking --judgements sets/med --try FIELD_WEIGHTS.title=5 --try RECENCY_FLOOR=1
    """
    _require_sense(folders, against, meaning, judgements=judgements, tries=bool(tried or try_each), unjudged=unjudged)
    trials = [read_trial(text) for text in (*tried, *(STEPS if try_each else ()))]
    archive = own_archive(ctx, index, operator or "auto") if judgements else None
    operator = operator or "or"
    tasks = [archive.task] if archive else []
    tasks += [set_task(folder, language, parts, words, engine, operator) for folder in folders]
    with interruptible():
        by_trial = rankings_of_trials(trials, tasks)
    own = measured(archive, trials, by_trial.pop(0)) if archive else None
    encoder = open_encoder(meaning or "")
    compared = []
    for folder, rankings in zip(folders, by_trial, strict=True):
        judged = read_judged_set(folder, language=language, parts=parts, words=words)
        cost: MeaningCost | None = None
        with interruptible(), scratch_engine(engine) as opened:
            by_words = found = engine_rankings(judged, opened, language=language, operator=operator)
            if encoder:
                found, cost = rankings_by_meaning(judged, opened, encoder, language=language, operator=operator)
        others = bm25s_rankings(judged, language=language) if against else by_words if encoder else None
        ours, theirs = score(judged, found), score(judged, others) if others is not None else None
        changed = beside_today(ours, trials, [score(judged, each) for each in rankings])
        compared.append(_Compared(ours, theirs, p_values(ours, theirs) if theirs else {}, cost, changed))
    beside = against or ("words alone" if encoder else None)
    if as_json:
        rows = [own_row(own, per_query=per_query, list_unjudged=unjudged)] if own else []
        click.echo(json.dumps([*rows, *(_json(each, beside, per_query) for each in compared)]))
        return
    lines = list(own_lines(own, per_query=per_query, list_unjudged=unjudged)) if own else []
    lines += ["", *_lines(compared, beside, per_query)] if lines and compared else _lines(compared, beside, per_query)
    click.echo("\n".join(lines))
    for note in own.notes if own else ():
        click.echo(f"note: {note}", err=True)


def _require_sense(
    folders: tuple[Path, ...],
    against: Peer | None,
    meaning: str | None,
    *,
    judgements: bool,
    tries: bool,
    unjudged: bool,
) -> None:
    """Raises UsageError for options that do not go together."""
    if not folders and not judgements:
        raise click.UsageError("name a FOLDER with a judged set, or give --judgements")
    if not folders and (against or meaning):
        raise click.UsageError("--against and --meaning are for a FOLDER; name one")
    if tries and (against or meaning):
        raise click.UsageError("--try compares with today's ranking; leave out --against and --meaning")
    if unjudged and not judgements:
        raise click.UsageError("--unjudged is for --judgements; give that too")


def _json(compared: _Compared, against: str | None, per_query: bool) -> dict[str, Any]:
    ours, theirs = compared.ours, compared.theirs
    row: dict[str, Any] = {"name": ours.name, "documents": ours.documents, "queries": ours.queries} | ours.means
    if theirs:
        better = {measure: {"better": one, "worse": other} for measure, (one, other) in wins(ours, theirs).items()}
        compared_by = {"p": compared.p, "permutations": PERMUTATIONS, "queries": better}
        row["against"] = {"name": against, **theirs.means, **compared_by}
    if compared.cost:
        row["meaning"] = asdict(compared.cost)
    if compared.trials:
        row["trials"] = trial_rows(ours, compared.trials)
    if per_query:
        row["per_query"] = ours.scores
        if theirs:
            row["against"]["per_query"] = theirs.scores
    return row


def _lines(compared: list[_Compared], against: str | None, per_query: bool) -> Iterator[str]:
    if not compared:
        return
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
        if each.trials:
            tested, *shown = _COLUMNS
            yield from trial_lines(
                each.ours, each.trials, {tested: _COLUMNS[tested]}, {name: _COLUMNS[name] for name in shown}
            )
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
