"""The command: fills each engine, asks it, prints the tables, and writes them into the documentation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmark.clustered import words
from benchmark.clustered.figures import ClusterFigures, Plain, Row, as_text, load, write_into
from benchmark.clustered.measure import Asked, asked, compared, filled, over_http, served
from benchmark.figures import save
from benchmark.generated import generate, pool_of
from benchmark.http.opensearch import PLAIN_MAPPING
from benchmark.opensearch.cluster import Cluster
from benchmark.opensearch.node import FOR_MEASUREMENTS
from benchmark.options import ROOT, SAMPLE, Say, parsed, parser_of, timed_lines, work_folder
from benchmark.queries import Question, questions
from benchmark.real import real_articles, shuffled
from benchmark.run import machine
from search.batching import in_batches
from search.document import Document
from search.engines import open_engine
from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.connection import Connection

FIGURES: Final = ROOT / "benchmark" / "cluster-figures.json"
JAVA: Final = "OpenSearch 3.8.0, a heap of 1 GB each, the Java machine's own garbage collector and compilers"
_BATCH: Final = 200

Articles = Callable[[], Iterable[Document]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures Backfile's engine on a cluster beside its local one, with the same articles and questions."""
    wanted = parsed(_parser(), arguments)
    if not wanted.redraw:
        _run(wanted)
    found = load(wanted.json)
    sys.stdout.write(as_text(found))
    if wanted.docs is not None:
        write_into(wanted.docs / "explanation" / "benchmark.md", found)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("cluster", main.__doc__, FIGURES)
    add = parser.add_argument
    add("--sizes", type=int, nargs="+", default=(28_000, 100_000), metavar="N", help="(default: %(default)s)")
    add("--nodes", type=int, nargs="+", default=(1, 3), metavar="N", help="clusters to start (default: %(default)s)")
    add("--analysis", action="store_true", help="measure only the cluster's own analysis; keep the rest of the file")
    return parser


def _run(wanted: argparse.Namespace) -> None:
    say = timed_lines()
    if wanted.quick:
        wanted.corpora, wanted.sizes, wanted.nodes = SAMPLE, (30,), (1,)
    documents = shuffled(real_articles(wanted.corpora)[0], wanted.seed)
    figures = ClusterFigures(machine(), JAVA, datetime.now(UTC).isoformat(timespec="seconds"))
    drawn = questions(documents, wanted.seed)
    if wanted.analysis:
        figures = load(wanted.json)
    with work_folder(wanted.work) as work:
        for size in () if wanted.analysis else wanted.sizes:
            articles = partial(_articles, documents, size, wanted.seed)
            rows = list(_rows(articles, size, drawn, wanted.nodes, work / str(size), say))
            figures = replace(figures, rows=(*figures.rows, *rows))
            save(figures, wanted.json)
        say("the cluster's own analysis")
        try:
            with Cluster(work / "plain", machine=FOR_MEASUREMENTS) as cluster:
                plain = _plain(cluster, documents[: wanted.sizes[0]])
                apart = tuple(words.apart(cluster, documents if wanted.quick else words.multilingual(wanted.corpora)))
            save(replace(figures, plain=(plain,), words=apart), wanted.json)
        except LookupError as reason:
            say(f"not measured: {reason}")


def _articles(documents: Sequence[Document], size: int, seed: int) -> Iterable[Document]:
    return documents[:size] if size <= len(documents) else generate(pool_of(documents), size, seed)


def _rows(
    articles: Articles, size: int, drawn: Sequence[Question], nodes: Sequence[int], work: Path, say: Say
) -> Iterator[Row]:
    work.mkdir(parents=True)
    url = f"whoosh:{work / 'index'}"
    local, expected = _row(url, articles, size, drawn, work, None)
    say(_line(local))
    yield local
    for count in nodes:
        try:
            with Cluster(work / f"nodes{count}", count, machine=FOR_MEASUREMENTS) as cluster:
                url = cluster.archive("archive", shards=count, replicas=int(count > 1), timeout=120)
                row, found = _row(url, articles, size, drawn, work, cluster)
        except LookupError as reason:
            say(f"no cluster: {reason}")
            return
        same, error = compared(found.hits, expected.hits)
        row = replace(row, same_first_ten=same, score_error=error)
        say(_line(row))
        yield row


def _line(row: Row) -> str:
    filled_in = f"{row.import_seconds:.0f} s to fill"
    return f"{row.articles:,} articles, {row.nodes} nodes: {filled_in}, page {row.again.median:.1f} ms"


def _row(
    url: str, articles: Articles, size: int, drawn: Sequence[Question], work: Path, cluster: Cluster | None
) -> tuple[Row, Asked]:
    engine = open_engine(url)
    done = filled(engine, articles(), [node.pid for node in cluster.nodes] if cluster else [])
    answers = asked(engine, drawn)
    with engine.searcher() as searcher:
        stored = searcher.status().size_bytes or 0
    engine.close()
    nodes = len(cluster.nodes) if cluster else 0
    with served(url, work / f"serve{nodes}") as address:
        http = over_http(address, drawn)
    row = Row(size, nodes, nodes, done.seconds, done.python, done.nodes, stored, answers.first, answers.again, http)
    return row, answers


def _plain(cluster: Cluster, documents: Sequence[Document]) -> Plain:
    """Fills an index with the cluster's own analysis by the same client, with nothing analysed here."""
    connection = Connection(Address.parse(cluster.archive("plain", timeout=120)))
    connection.send("PUT", "/plain", PLAIN_MAPPING)
    started = perf_counter()
    for batch in in_batches(documents, _BATCH):
        lines: list[object] = []
        for document in batch:
            lines += [{"index": {}}, _fields(document)]
        connection.lines("/plain/_bulk", lines)
    connection.send("POST", "/plain/_refresh")
    seconds = perf_counter() - started
    size = connection.send("GET", "/plain/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    connection.close()
    return Plain(len(documents), seconds, size)


def _fields(document: Document) -> dict[str, object]:
    return {
        "id": document.id, "title": document.title, "summary": document.summary, "body": document.body,
        "section": document.sections, "author": document.authors, "tags": document.tags, "lang": document.language,
        "html": document.html,
    }  # fmt: skip
