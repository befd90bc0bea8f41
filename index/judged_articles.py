"""The articles of a measurement, read as a run reads them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from index.article import Article, read_source
from index.document import to_document
from index.sources import find_sources
from search.document import Document
from search.errors import SourceError


def read_documents(paths: tuple[str, ...], language: str = "") -> Iterator[Document]:
    """The articles that can be read, with `language` where they state none; the others are named on standard error."""
    for source in find_sources(paths, time_zone="UTC"):
        for found in read_source(source):
            try:
                if isinstance(found, SourceError):
                    raise found
                if isinstance(found, Article):
                    yield to_document(found, language=language, time_zone="UTC")
            except SourceError as error:
                click.echo(str(error), err=True)
