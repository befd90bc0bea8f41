"""`backfile search`: the reader's search on a terminal, the endpoint's answer with `--json`.

The flags are the endpoint's parameters: they become the same names and values and are read by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final, get_args

import click

from search.archive import Archive
from search.commands.context import TEXT, index_option, json_option, loaded_settings
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
from search.errors import ParameterError
from search.query import Operator
from search.request.parameters import SearchParameters, names
from search.request.reading import read_pairs, search_request
from search.request.request import HIT_KEYS, Group, Highlight, SearchRequest
from search.request.urls import Addresses, path_prefix
from search.request.values import NO_FACETS
from search.results.as_json import search_answer
from search.results.response import SearchResponse
from search.schema import DATE_FIELDS, TEXT_FIELDS

ALL_FACETS: Final = "all"
"""The value of `--facets` that asks for those the site shows."""


class Offered(click.Choice[str]):
    """Names that the help and the shell's completion offer; whether a value is one of them, its parameter says."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return TEXT.convert(value, param, ctx)


@click.command()
@click.argument("q", metavar="[QUERY]...", nargs=-1, type=TEXT)
@click.option(
    "--section", multiple=True, type=TEXT, metavar="PATH", help='Section and those below it, such as "News > Economy".'
)
@click.option("--tag", multiple=True, type=TEXT, metavar="TAG", help="Tag.")
@click.option("--author", multiple=True, type=TEXT, metavar="NAME", help="Author.")
@click.option("--lang", multiple=True, type=TEXT, metavar="TAG", help='Language, such as "en".')
@click.option("--type", "type", multiple=True, type=TEXT, metavar="TYPE", help='Kind of piece, such as "article".')
@click.option("--from", type=TEXT, metavar="DATE", help="First day: 2024, 2024-07, 2024-07-03, RFC 3339 or now-7d.")
@click.option("--to", type=TEXT, metavar="DATE", help="Last day, included.")
@click.option("--year", multiple=True, type=TEXT, metavar="YEAR", help="Of this year: 2024.")
@click.option("--month", multiple=True, type=TEXT, metavar="MONTH", help="Of this month: 2024-07.")
@click.option("--day", multiple=True, type=TEXT, metavar="DAY", help="Of this day: 2024-07-03.")
@click.option("--date", type=Offered(list(DATE_FIELDS)), help="Which date is meant. Default: published.")
@click.option("--tz", type=TEXT, metavar="ZONE", help="Time zone days begin in. Default: the archive's own.")
@click.option("--sort", type=Offered(get_args(Sort)), help="Default: relevance with a query.")
@click.option("--in", "in", multiple=True, type=Offered(list(TEXT_FIELDS)), help="Search this field only.")
@click.option("--op", type=Offered(get_args(Operator)), help="How bare words are joined. Default: auto.")
@click.option("--page", type=TEXT, metavar="N", help="Default: 1.")
@click.option("--per-page", type=TEXT, metavar="N", help="Up to 100. Default: 10.")
@click.option("--cursor", type=TEXT, metavar="CURSOR", help="In place of --page: * to begin, then as links.next says.")
@click.option("--facets", type=TEXT, metavar="LIST", help='Counts to print: "section:10,month", "all" or "none".')
@click.option("--fields", multiple=True, type=Offered(HIT_KEYS), metavar="LIST", help="Keys of a hit to give in JSON.")
@click.option("--highlight", type=Offered(get_args(Highlight)), help="How matches are given in JSON. Default: html.")
@click.option("--group", type=Offered(get_args(Group)), help="Gather near-copies. Default: none.")
@click.option("--explain", is_flag=True, help="Say why each hit stands where it does.")
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

    Repeat a filter to keep articles with any of its values. A hyphen before a value excludes it: --section=-Sports.
    "_missing" stands for articles without a value. The query language is in docs/reference/query-language.md.
    Put -- before a query that begins with a hyphen.
    """
    settings = loaded_settings(ctx, index=index).settings
    with _naming_flags():
        request = asked(given, as_json=as_json, time_zone=settings.time_zone)
        archive = Archive(open_engine(settings.index), settings, clock=lambda: datetime.now(UTC))
        addresses = Addresses("api", path_prefix(settings.public_url), settings.time_zone)
        response = archive.search(request, addresses)
    if as_json:
        click.echo(dumps(search_answer(response, request.fields), ensure_ascii=False))
    else:
        _print(response)


def asked(given: Mapping[str, Any], *, as_json: bool, time_zone: str) -> SearchRequest:
    """The request that the flags make, by the name of their parameter; `time_zone` is the archive's own.

    Without `--facets` a terminal gets none. Raises ParameterError.
    """
    facets = given.get("facets") or (ALL_FACETS if as_json else NO_FACETS)
    given = {**given, "q": " ".join(given.get("q", ())), "facets": "" if facets == ALL_FACETS else facets}
    parameters = read_pairs(SearchParameters, list(_pairs(given)))
    return search_request(parameters, kind="api", time_zone=time_zone)


def _pairs(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in names(SearchParameters):
        match given.get(name):
            case None | False:
                pass
            case True:
                yield name, "true"
            case tuple() as values:
                yield from ((name, value) for value in values)
            case value:
                yield name, value


@contextmanager
def _naming_flags() -> Iterator[None]:
    """What is wrong with a parameter is wrong with its flag."""
    try:
        yield
    except ParameterError as error:
        if error.name not in names(SearchParameters):
            raise
        flag = "QUERY" if error.name == "q" else f"--{error.name.replace('_', '-')}"
        raise ParameterError(flag, error.reason) from error


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
