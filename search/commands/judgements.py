"""`backfile judgements`: which articles are good answers to a query, and which are bad ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from search.commands.context import TEXT, index_option, json_option, opened_archive
from search.commands.group import LazyGroup, Row
from search.commands.terminal import one_line
from search.errors import NotFound
from search.judging import counted, judge, judged, normalised, note, unjudge
from search.ledger.judgements import Grade

if TYPE_CHECKING:
    from search.archive import Archive
    from search.document import Head
    from search.ledger.judgements import Judgement

_JUDGEMENTS: Final = "Judgements of editors"
_ROWS: Final = {
    "add": Row("search.commands.judgements:add", _JUDGEMENTS, "Judge articles good or bad for a query."),
    "remove": Row("search.commands.judgements:remove", _JUDGEMENTS, "Forget what was judged."),
    "list": Row("search.commands.judgements:listing", _JUDGEMENTS, "Print the judgements."),
    "export": Row("search.commands.judgements:export", _JUDGEMENTS, "Write a judged set, in TREC's format."),
    "import": Row("search.commands.judgements:import_", _JUDGEMENTS, "Read a judged set."),
}


@click.group(cls=LazyGroup, rows=_ROWS)
def judgements() -> None:
    """Judge which articles are good answers to a query, so that the ranking can be measured on your own archive.

    Articles are named by id or address. `backfile evaluate ranking --judgements` measures by what is judged.
    """


@click.command()
@click.argument("grade", type=click.Choice(get_args(Grade)))
@click.argument("query", type=TEXT)
@click.argument("articles", nargs=-1, required=True, type=TEXT)
@index_option
@click.pass_context
def add(ctx: click.Context, grade: Grade, query: str, articles: tuple[str, ...], index: str | None) -> None:
    """Judge ARTICLES good or bad answers to QUERY. A later judgement takes the place of an earlier one.

    \b
    Example:
      backfile judgements add good 'flood bridge' 19870226-0001 19870226-0002
    """
    archive = opened_archive(ctx, index)
    for article in articles:
        head = judge(archive, query, article, grade)
        click.echo(f"{grade} for {one_line(normalised(query))}: {one_line(head.title)}")
    _say_counts(archive, normalised(query))


@click.command()
@click.argument("query", type=TEXT)
@click.argument("articles", nargs=-1, type=TEXT)
@click.option("--all", "whole", is_flag=True, help="Forget all judgements of the query.")
@index_option
@click.pass_context
def remove(ctx: click.Context, query: str, articles: tuple[str, ...], whole: bool, index: str | None) -> None:
    """Forget what was judged of ARTICLES for QUERY; what is no longer in the archive is named by its id.

    \b
    Examples:
      backfile judgements remove 'flood bridge' 19870226-0001
      backfile judgements remove 'flood bridge' --all
    """
    if whole == bool(articles):
        raise click.UsageError("name the articles, or give --all for all judgements of the query")
    archive = opened_archive(ctx, index)
    text = normalised(query)
    if whole:
        removed = archive.ledger.judgements.remove(text)
    else:
        removed = sum(_forgotten(archive, text, article) for article in articles)
    if not removed:
        raise NotFound(f"nothing of that is judged for {text[:200]!r}; `backfile judgements list` prints what is")
    click.echo(f"forgot {removed:,}")


def _forgotten(archive: Archive, query: str, article: str) -> bool:
    if unjudge(archive, query, article):
        return True
    with archive.pinned() as pinned:
        return unjudge(archive, query, pinned.named(article).id)


@click.command("list")
@click.argument("query", type=TEXT, required=False)
@index_option
@json_option
@click.pass_context
def listing(ctx: click.Context, query: str | None, index: str | None, as_json: bool) -> None:
    """Print the judgements for QUERY, or for all queries, query by query, the oldest first.

    Each line holds the grade, the query, the article and its title, separated by tabs.

    \b
    Example:
      backfile judgements list 'flood bridge'
    """
    from search.results.as_json import adapter

    rows = judged(opened_archive(ctx, index), query)
    if as_json:
        click.echo(adapter(list[dict[str, Any]]).dump_json([_facts(*row) for row in rows]))
        return
    for row, head in rows:
        title = one_line(head.title) if head else "(not in the archive: does not count)"
        click.echo(f"{row.grade}\t{one_line(row.query)}\t{one_line(row.article)}\t{title}")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--articles", is_flag=True, help="Write docs.jsonl with every article of the archive too.")
@index_option
@click.pass_context
def export(ctx: click.Context, folder: Path, articles: bool, index: str | None) -> None:
    """Write what is judged into FOLDER: queries.jsonl (id, text) and qrels.tsv (query, 0, article, grade 1 or 0).

    With --articles it is a whole judged set, which `backfile evaluate ranking` and other programs can read.

    \b
    Example:
      backfile judgements export judged/ --articles
    """
    from search.evaluation.trec import write_judgements

    archive = opened_archive(ctx, index)
    rows = archive.ledger.judgements.listed()
    if articles:
        down = {row.article for row in rows if row.is_down}
        with archive.engine.searcher() as searcher:
            kept = (row for row in rows if row.article not in down)
            written = write_judgements(folder, kept, searcher.articles())
    else:
        written = write_judgements(folder, rows)
    documents = "" if written.documents is None else f", {written.documents:,} articles"
    click.echo(f"wrote {written.judgements:,} judgements of {written.queries:,} queries{documents} to {folder}")
    if left := len(rows) - written.judgements:
        click.echo(f"note: {left:,} of articles that are not in the archive are left out", err=True)


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Where an article is judged already, take the grade of the file.")
@index_option
@click.pass_context
def import_(ctx: click.Context, folder: Path, replace: bool, index: str | None) -> None:
    """Read judgements from FOLDER: queries.jsonl (id, text) and qrels.tsv (query, 0, article, grade).

    A grade above 0 is good, any other is bad. All of it is taken, or, after an error, nothing.

    \b
    Example:
      backfile judgements import judged/
    """
    from search.evaluation.trec import read_judgements

    archive = opened_archive(ctx, index)
    with archive.pinned() as pinned:

        def named(name: str) -> str | None:
            return name if pinned.present([name]) else archive.ledger.moved_to(name)

        rows = list(read_judgements(folder, datetime.now(UTC), named))
        there = pinned.present({row.article for row in rows})
    changed = note(archive.ledger, rows, replace=replace)
    click.echo(f"read {len(rows):,} judgements of {len({row.query for row in rows}):,} queries: {changed:,} are new")
    if gone := sum(row.article not in there for row in rows):
        click.echo(
            f"note: {gone:,} are of articles that are not in the archive; they do not count until they are", err=True
        )


def _say_counts(archive: Archive, query: str) -> None:
    with archive.pinned() as pinned:
        counts = counted(query, archive.ledger.judgements.listed(query), pinned)
    click.echo(f"{counts.good:,} good and {counts.bad:,} bad are judged for it")


def _facts(row: Judgement, head: Head | None) -> dict[str, Any]:
    return {
        "query": row.query,
        "article": row.article,
        "grade": row.grade,
        "title": head.title if head else None,
        "at": row.at.isoformat(),
    }
