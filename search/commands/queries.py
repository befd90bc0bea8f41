"""`backfile queries`: what readers search for, and what they do not find; and how to forget it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from search.archive import Archive
from search.commands.context import index_option, opened_archive
from search.commands.terminal import one_line
from search.dates import zone_named
from search.errors import LedgerError
from search.ledger.moments import MAX_DAYS
from search.query_log.counter import last_settled_day
from search.query_log.report import CountedQuery, QueryReport, query_report
from search.releasing import now_in_utc
from search.request.urls import Addresses, path_prefix
from search.results.as_json import json_bytes
from search.results.exporting import table_line

_COLUMNS: Final = ("query", "times", "no_hits", "articles")


@click.command()
@click.option("--no-hits", is_flag=True, help="Only what found nothing, with what it finds now.")
@click.option(
    "--days", type=click.IntRange(1, MAX_DAYS), default=30, show_default=True, help="The last days, today included."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many to print.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True,
    help="How to print them.",
)  # fmt: skip
@click.option("--forget", is_flag=True, help="Delete all counts for good, and print nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@index_option
@click.pass_context
def queries(
    ctx: click.Context,
    no_hits: bool,
    days: int,
    limit: int,
    format_: str,
    forget: bool,
    yes: bool,
    index: str | None,
) -> None:
    """Show what readers search for on the site, and what they do not find.

    Each line has how often it was asked and the query; with --no-hits, how often it found nothing, the query, and how
    many articles it finds now. Only queries that were asked often enough on a day are kept; the setting
    query_log_least says how often that is.

    \b
    Examples:
      backfile queries --days 7
      backfile queries --no-hits --format csv > missed.csv
      backfile queries --forget
    """
    archive = opened_archive(ctx, index)
    if forget:
        _forget(archive, yes=yes)
        return
    _settle(archive)
    settings = archive.settings
    links = Addresses("html", path_prefix(settings.public_url), settings.time_zone)
    report = query_report(archive, links, days=days, no_hits=no_hits, limit=limit)
    match format_:
        case "json":
            click.echo(json_bytes(report).decode())
        case "csv":
            click.echo(table_line(_COLUMNS), nl=False)
            for row in report.queries:
                counts = (row.times, row.no_hits, row.articles)
                cells = ("" if count is None else str(count) for count in counts)
                click.echo(table_line((row.query, *cells)), nl=False)
        case _:
            for row in report.queries:
                click.echo(_line(row, no_hits=no_hits))
    for note in _notes(report):
        click.echo(note, err=True)


def _settle(archive: Archive) -> None:
    """Settles days that are over, if no server did."""
    today = now_in_utc().astimezone(zone_named(archive.settings.time_zone))
    if archive.ledger.asked.settle(last_settled_day(today), archive.settings.query_log_least):
        archive.ledger.scrub()


def _forget(archive: Archive, *, yes: bool) -> None:
    if archive.ledger.asked.is_empty():
        archive.ledger.scrub()  # what an earlier run may have left in the log of the file
        click.echo("there is nothing to forget")
        return
    if not yes:
        click.confirm(f"delete all counts of queries from {archive.ledger.place}?", abort=True)
    forgotten = archive.ledger.asked.forget()
    if not archive.ledger.scrub():
        raise LedgerError(
            f"the counts are deleted, but {archive.ledger.place}-wal may still hold them, because another process "
            "reads it; run this again"
        )
    click.echo(f"forgot {forgotten:,} counts")


def _line(row: CountedQuery, *, no_hits: bool) -> str:
    times = row.no_hits if no_hits else row.times
    now = f"  (finds {row.articles:,} now)" if row.articles else ""
    return f"{times:>7,}  {one_line(row.query)}{now}"


def _notes(report: QueryReport) -> Iterator[str]:
    if not report.queries:
        yield f"nothing was asked {report.least} times on a day from {report.start} to {report.end}"
    if not report.counting:
        yield "queries are not counted (query_log = false); --forget deletes what was counted before"
