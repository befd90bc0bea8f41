"""`backfile optimize`: merges the segments of the index into one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from tqdm import tqdm

from search.commands.context import index_option, interruptible, json_option, opened_engine
from search.commands.terminal import byte_size
from search.engines.base import Condensed, Phase, WriterProgress


@click.command()
@index_option
@json_option
@click.pass_context
def optimize(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Merge everything the index holds into one segment and leave out what was deleted.

    Searches become somewhat quicker. Indexing keeps the number of segments small by itself, so this is worth its time
    after a large import or before an archive is copied to where it is only read. It needs as much free space as the
    index takes; the old segments go with the next commit, so that searches under way find them.
    """
    engine = opened_engine(ctx, index)
    with interruptible(), _bar(sys.stderr.isatty() and not as_json) as progress:
        done = engine.optimize(progress=progress)
    click.echo(json.dumps(asdict(done)) if as_json else "\n".join([engine.url, *_lines(done)]))


def _lines(done: Condensed) -> Iterator[str]:
    yield f"articles    {done.articles:,}"
    yield f"segments    {done.segments[0]:,}, now {done.segments[1]:,}"
    yield f"size        {byte_size(done.size_bytes[0])}, now {byte_size(done.size_bytes[1])}"
    yield f"time        {done.seconds:.1f} s"


@contextmanager
def _bar(shown: bool) -> Iterator[WriterProgress | None]:
    """Shows how far the merging is, in articles."""
    if not shown:
        yield None
        return
    with tqdm(unit=" articles", unit_scale=True, file=sys.stderr, leave=False) as bar:

        def show(phase: Phase, done: int, total: int) -> None:
            if phase == "merging":
                bar.total, bar.n = total, done
                bar.refresh()

        yield show
