"""`backfile search`: the search of the site on a terminal, or the answer of the endpoint with --json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
from pydantic import TypeAdapter

from search import service
from search.commands.context import TEXT, index_option, json_option, loaded_settings
from search.commands.links import TerminalLinks
from search.commands.options import bound, facets, keyword_filters
from search.commands.terminal import (
    facet_lines,
    help_lines,
    hit_lines,
    one_line,
    summary_line,
    window_width,
    wrapped,
)
from search.engines import open_engine
from search.request.request import DEFAULT_FACETS, SearchRequest
from search.results.response import SearchResponse
from search.schema import DATE_FIELDS, TEXT_FIELDS
from search.settings import Settings


@click.command()
@click.argument("query", nargs=-1, type=TEXT)
@click.option(
    "--section", multiple=True, type=TEXT, metavar="PATH", help='Section and those below it, such as "News > Economy".'
)
@click.option("--tag", multiple=True, type=TEXT, metavar="TAG", help="Tag.")
@click.option("--author", multiple=True, type=TEXT, metavar="NAME", help="Author.")
@click.option("--lang", multiple=True, type=TEXT, metavar="TAG", help='Language, such as "en".')
@click.option("--type", "kind", multiple=True, type=TEXT, metavar="TYPE", help='Type of article, such as "essay".')
@click.option("--from", "start", metavar="DATE", help="First day: 2024, 2024-07, 2024-07-03, RFC 3339 or now-7d.")
@click.option("--to", "end", metavar="DATE", help="Last day, included.")
@click.option(
    "--date",
    "date_field",
    type=click.Choice(list(DATE_FIELDS)),
    default="published",
    show_default=True,
    help="The date meant.",
)
@click.option("--sort", type=click.Choice(["relevance", "newest", "oldest"]), help="Default: relevance with a query.")
@click.option("--in", "fields", multiple=True, type=click.Choice(list(TEXT_FIELDS)), help="Search only this field.")
@click.option(
    "--op", type=click.Choice(["and", "or"]), default="and", show_default=True, help="Operator between words."
)
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Page of results.")
@click.option("--per-page", type=click.IntRange(0, 100), default=10, show_default=True, help="Hits on a page.")
@click.option("--facets", "facet_text", metavar="LIST", help='Counts to print: "section:10,month", "all" or "none".')
@click.option("--group", type=click.Choice(["none", "story"]), default="none", help="Group near-copies.")
@click.option("--explain", is_flag=True, help="Explain the rank of each hit.")
@index_option
@json_option
@click.pass_context
def search(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    section: tuple[str, ...],
    tag: tuple[str, ...],
    author: tuple[str, ...],
    lang: tuple[str, ...],
    kind: tuple[str, ...],
    start: str | None,
    end: str | None,
    facet_text: str | None,
    index: str | None,
    as_json: bool,
    **shape: Any,
) -> None:
    """Search and print the hits with their snippets. Without QUERY, print the newest articles.

    \b
    Examples:
      backfile search karabakh peace
      backfile search '"prime minister" -budget' --section Opinion --from 2023
      backfile search printing --lang=-en --facets section,year
      backfile search title:press* --json | jq .total

    Repeat a filter to keep articles with any of its values. A hyphen before a value excludes it: --section=-Sports.
    "_missing" stands for articles without a value. The query language is in docs/reference/query-language.md.
    Put -- before a query that begins with a hyphen.
    """
    settings = loaded_settings(ctx, index=index).settings
    now = datetime.now(UTC)
    asked_facets = facets(facet_text)
    request = SearchRequest(
        q=" ".join(query),
        fields_searched=shape["fields"],
        keywords=keyword_filters({"section": section, "tag": tag, "author": author, "lang": lang, "type": kind}),
        start=bound("from", start, now),
        end=bound("to", end, now),
        date=shape["date_field"],
        time_zone=settings.time_zone,
        sort=shape["sort"],
        operator=shape["op"],
        page=shape["page"],
        per_page=shape["per_page"],
        facets=(DEFAULT_FACETS if as_json else ()) if asked_facets is None else asked_facets,
        timeline=as_json,
        group=shape["group"],
        explain=shape["explain"],
    )
    response = _answer(settings, request, now)
    if as_json:
        click.echo(TypeAdapter(SearchResponse).dump_json(response))
    else:
        _print(response)


def _answer(settings: Settings, request: SearchRequest, now: datetime) -> SearchResponse:
    engine = open_engine(settings.index)
    with engine.searcher() as searcher:
        return service.search(
            searcher,
            request,
            TerminalLinks(settings.time_zone),
            now=now,
            language=settings.language,
            deadline=settings.deadline_seconds,
            capabilities=engine.capabilities,
        )


def _print(response: SearchResponse) -> None:
    width = window_width()
    for warning in response.warnings:
        note = wrapped(f"{click.style('note', fg='yellow')}: {one_line(warning)}", width, rest="  ")
        click.echo("\n".join(note), err=True)
    click.echo("\n".join(wrapped(summary_line(response), width, rest="  ")))
    if response.query.expanded:
        expanded = f"also searched for: {one_line(', '.join(response.query.expanded))}"
        click.echo("\n".join(wrapped(expanded, width, rest="  ")))
    click.echo()
    first = ((response.page or 1) - 1) * response.per_page + 1
    for number, hit in enumerate(response.hits, first):
        click.echo("\n".join(hit_lines(number, hit, width)))
    for facet in response.facets:
        click.echo("\n".join(facet_lines(facet, width)))
    for line in help_lines(response.suggestions, width):
        click.echo(line)
