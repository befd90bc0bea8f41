"""`backfile search --format`: every hit of a search on standard output, as the site gives it as a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from search.archive import Archive
from search.errors import ParameterError
from search.request.request import SearchRequest
from search.request.urls import Addresses, path_prefix
from search.results.citation import Source
from search.results.exporting import FORMATS, Shape, most_rows, written
from search.settings import Settings


def export(
    archive: Archive, settings: Settings, request: SearchRequest, *, name: str, snippets: bool, limit: int | None
) -> None:
    """Writes the file, all of whose hits are of one commit; all that `most_rows` allows if there is no `limit`.

    Raises ParameterError, QuerySyntaxError; EngineError if not all hits could be read, and then the file has no end.
    """
    if request.cursor is not None or request.page > 1:
        raise ParameterError("--format", "writes every hit; leave --page and --cursor out, or give --limit")
    public = settings.public_url
    prefix = path_prefix(public)
    source = Source(settings.title, public.removesuffix(prefix) if prefix else public, datetime.now(UTC).date())
    fields = request.fields if name == "ndjson" else None
    shape = Shape(source, most_rows(request, limit or sys.maxsize), snippets, fields)
    asked = replace(request, facets=(), explain=False, highlight="text", fields=shape.keys())
    with archive.pinned() as pinned:
        batches = pinned.every_hit(asked, Addresses("html", prefix, settings.time_zone), most=shape.most)
        for piece in written(FORMATS[name], batches, shape):
            click.echo(piece, nl=False)
