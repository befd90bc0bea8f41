"""`backfile search`: the reader's search on a terminal, the endpoint's answer with `--json`.

The flags are the endpoint's parameters: they become the same names and values and are read by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final, get_args

import click

from search.archive import Archive
from search.commands.conditions import Offered, condition_options, given_pairs, naming_flags
from search.commands.context import TEXT, index_option, json_option, loaded_settings
from search.commands.export import export
from search.commands.terminal import (
    border_lines,
    facet_lines,
    help_lines,
    hit_lines,
    one_line,
    summary_line,
    window_width,
    wrapped,
)
from search.engines import open_engine
from search.engines.plan import Sort
from search.request.parameters import FORMAT_NAMES, SearchParameters
from search.request.reading import read_pairs, search_request
from search.request.request import HIT_KEYS, Bars, Group, Highlight, SearchRequest
from search.request.urls import Addresses, path_prefix
from search.request.values import NO_FACETS
from search.results.as_json import search_answer
from search.results.response import SearchResponse

ALL_FACETS: Final = "all"
"""The value of `--facets` that asks for those the site shows."""


@click.command()
@click.argument("q", metavar="[QUERY]...", nargs=-1, type=TEXT)
@condition_options
@click.option("--sort", type=Offered(get_args(Sort)), help="Default: relevance with a query.")
@click.option("--page", type=TEXT, metavar="N", help="Default: 1.")
@click.option("--per-page", type=TEXT, metavar="N", help="Up to 100. Default: 10.")
@click.option("--cursor", type=TEXT, metavar="CURSOR", help="In place of --page: * to begin, then as links.next says.")
@click.option("--facets", type=TEXT, metavar="LIST", help='Counts to print: "section:10,month", "all" or "none".')
@click.option("--fields", multiple=True, type=Offered(HIT_KEYS), metavar="LIST", help="Keys of a hit to give in JSON.")
@click.option("--highlight", type=Offered(get_args(Highlight)), help="How matches are given in JSON. Default: html.")
@click.option("--group", type=Offered(get_args(Group)), help="Group near-copies. Default: none.")
@click.option("--explain", is_flag=True, help="Explain the score of each hit.")
@click.option("--bars", type=Offered(get_args(Bars)), help="What bars show on the page that the JSON links to.")
@click.option("--format", "file", type=click.Choice(FORMAT_NAMES), help="Write every hit, as a file of this kind.")
@click.option("--snippets", is_flag=True, help="With --format: add the passages that match.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="With --format: this many hits at most.")
@index_option
@json_option
@click.pass_context
def search(ctx: click.Context, /, index: str | None, as_json: bool, **given: Any) -> None:
    """Search and print the hits with their snippets. Without QUERY: the newest articles.

    \b
    Examples:
      backfile search karabakh peace
      backfile search '"prime minister" -budget' --section Opinion --from 2023
      backfile search printing --lang=-en --facets section,year
      backfile search title:press* --json | jq .total
      backfile search 'printing press' --format bibtex > press.bib

    Repeat a filter to keep articles with any of its values. A hyphen before a value excludes it: --section=-Sports.
    "_missing" stands for articles without a value. The query language is in docs/reference/query-language.md.
    Put -- before a query that begins with a hyphen.
    """
    settings = loaded_settings(ctx, index=index).settings
    file, snippets, limit = given.pop("file"), given.pop("snippets"), given.pop("limit")
    _require_fitting(file, snippets=snippets, limit=limit, as_json=as_json)
    with naming_flags(SearchParameters):
        request = asked(given, as_json=as_json, time_zone=settings.time_zone)
        archive = Archive(open_engine(settings.index), settings, clock=lambda: datetime.now(UTC))
        if file:
            export(archive, settings, request, name=file, snippets=snippets, limit=limit)
            return
        addresses = Addresses("api", path_prefix(settings.public_url), settings.time_zone)
        response = archive.search(request, addresses)
    if as_json:
        click.echo(dumps(search_answer(response, request.fields), ensure_ascii=False))
    else:
        _print(response)


def _require_fitting(file: str | None, *, snippets: bool, limit: int | None, as_json: bool) -> None:
    """Raises UsageError for flags that mean nothing beside each other."""
    if file and as_json:
        raise click.UsageError("--json and --format are two ways to write the hits; give one of them")
    if not file and (snippets or limit):
        raise click.UsageError("--snippets and --limit go with --format")


def asked(given: Mapping[str, Any], *, as_json: bool, time_zone: str) -> SearchRequest:
    """The request that the flags make, by the name of their parameter; `time_zone` is the archive's own.

    Without `--facets` a terminal gets none. Raises ParameterError.
    """
    facets = given.get("facets") or (ALL_FACETS if as_json else NO_FACETS)
    given = {**given, "q": " ".join(given.get("q", ())), "facets": "" if facets == ALL_FACETS else facets}
    parameters = read_pairs(SearchParameters, list(given_pairs(SearchParameters, given)))
    return search_request(parameters, kind="api", time_zone=time_zone)


def _print(response: SearchResponse) -> None:
    width = window_width()
    for warning in response.warnings:
        note = wrapped(f"{click.style('note', fg='yellow')}: {one_line(warning)}", width, rest="  ")
        click.echo("\n".join(note), err=True)
    click.echo("\n".join(wrapped(summary_line(response), width, rest="  ")))
    if response.query.expanded:
        expanded = f"also searched for: {one_line(', '.join(response.query.expanded))}"
        if response.query.exact_url:
            expanded += ' (="…" around a name finds that spelling alone)'
        click.echo("\n".join(wrapped(expanded, width, rest="  ")))
    click.echo()
    first = ((response.page or 1) - 1) * response.per_page + 1
    previous = True
    for number, hit in enumerate(response.hits, first):
        if response.filled and previous and not hit.all_words:
            click.echo("\n".join(border_lines(response.filled, width)))
        previous = hit.all_words
        click.echo("\n".join(hit_lines(number, hit, width)))
    for facet in response.facets:
        click.echo("\n".join(facet_lines(facet, width)))
    for line in help_lines(response.suggestions, width):
        click.echo(line)
