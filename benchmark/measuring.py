"""`python -m benchmark.measuring [ARTICLES]`: what it costs a request that the server measures itself.

The same app answers the same searches (of the sample archive, unless told otherwise) with metrics and without, in turns
of one request each, so that a busy moment of the machine meets both. Processor time, in one process.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import process_time

from flask import Flask

from benchmark.committing import add_articles
from benchmark.options import SAMPLE
from benchmark.queries import telling_words
from benchmark.real import real_articles
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.settings import Settings
from webui import create_app
from webui.metrics.exporting import FOLDER
from webui.site import site_of


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints microseconds for each request without metrics and with them."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.measuring", description=__doc__)
    parser.add_argument("articles", nargs="?", type=Path, default=SAMPLE, help="what backfile index reads")
    parser.add_argument("--requests", type=int, default=3_000, help="of each kind (default: %(default)s)")
    asked = parser.parse_args(arguments)
    documents = real_articles(asked.articles)[0]
    with TemporaryDirectory(prefix="benchmark-") as work:
        os.environ[FOLDER] = work  # files as in a server: prometheus_client looks for them when it is imported
        engine = open_engine(f"whoosh:{work}/archive")
        add_articles(engine, documents)
        say = sys.stdout.write
        say("microseconds of processor time a request: median, mean\n\n")
        say(f"{'':14}{'without':>20}{'with metrics':>20}{'more':>8}\n")
        for kind, cache_bytes in (("made", 0), ("kept", Settings.model_validate({}).cache_bytes)):
            without, counting = measured(engine, cache_bytes, questions(documents), asked.requests)
            cells = [f"{median(times):12.0f} {mean(times):7.0f}" for times in (without, counting)]
            say(f"{kind:14}{cells[0]}{cells[1]}{median(counting) - median(without):8.0f}\n")


def questions(documents: Sequence[Document]) -> list[str]:
    """A word of each article that tells it from others, as paths."""
    words = [word for document in documents for word in telling_words(document.title)[:1]]
    return [f"/search?q={word}" for word in dict.fromkeys(words)]


def measured(engine: Engine, cache_bytes: int, paths: Sequence[str], requests: int) -> tuple[list[float], list[float]]:
    """Microseconds of each request, without metrics and with them."""
    apps = [_app(engine, cache_bytes, counting=counting) for counting in (False, True)]
    times: tuple[list[float], list[float]] = ([], [])
    for app in apps:
        list(_seconds(app, paths))
    turns = islice(cycle(paths), requests)
    for path in turns:
        for app, found in zip(apps, times, strict=True):
            found += (seconds * 1e6 for seconds in _seconds(app, [path]))
    return times


def _app(engine: Engine, cache_bytes: int, *, counting: bool) -> Flask:
    from prometheus_client import CollectorRegistry

    from webui.metrics.meters import Meters

    app = create_app(Settings.model_validate({"cache_bytes": cache_bytes, "query_log": False}), engine)
    if counting:
        site_of(app).observers.append(Meters(CollectorRegistry()))
    return app


def _seconds(app: Flask, paths: Sequence[str]) -> Iterator[float]:
    client = app.test_client()
    for path in paths:
        started = process_time()
        client.get(path)
        yield process_time() - started


if __name__ == "__main__":
    main()
