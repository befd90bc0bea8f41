"""What cannot be run whole is simulated: many shards on one node, and a great many articles without text.

    python -m benchmark.scale shards --articles 5000 --shards 1 3 10 30
    python -m benchmark.scale bare --articles 1000000
    python -m benchmark.scale slopes

Each prints a table. `docs/explanation/scale.md` says what follows from them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from benchmark.clustered.command import FIGURES as CLUSTER_FIGURES
from benchmark.clustered.figures import load as load_cluster
from benchmark.clustered.measure import asked, filled
from benchmark.command import FIGURES as LOCAL_FIGURES
from benchmark.figures import ALL_KINDS, load
from benchmark.large import articles_of
from benchmark.opensearch.cluster import Cluster
from benchmark.opensearch.node import FOR_MEASUREMENTS
from benchmark.options import CORPORA, work_folder
from benchmark.queries import questions
from search.document import Document
from search.engines import open_engine
from search.engines.plan import After, FacetPlan, Plan, TimelinePlan
from search.engines.protocols import Engine
from search.query.match import MatchAll, MatchKeyword

FIRST_DAY: Final = date(1990, 1, 1)
DAYS: Final = 12_000
SECTIONS: Final = 60
AUTHORS: Final = 5_000
REPETITIONS: Final = 5
ASKED: Final = 30
"""Questions for each number of shards."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one of the simulations."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.scale", description=__doc__)
    parser.add_argument("what", choices=("shards", "bare", "slopes"))
    parser.add_argument("--articles", type=int, default=20_000, help="(default: %(default)s)")
    parser.add_argument("--shards", type=int, nargs="+", default=(1, 3, 10, 30), metavar="N")
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--work", type=Path, help="folder for the node (default: a temporary folder)")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    if wanted.what == "slopes":
        _slopes()
        return
    with work_folder(wanted.work) as work:
        try:
            cluster = Cluster(work, machine=FOR_MEASUREMENTS)
        except LookupError as reason:
            sys.exit(f"error: {reason}")
        with cluster:
            if wanted.what == "shards":
                _shards(cluster, wanted.corpora, wanted.articles, wanted.shards, wanted.seed)
            else:
                _bare(cluster, wanted.articles, wanted.seed)


def _say(*cells: object) -> None:
    sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
    sys.stdout.flush()


def _engine(cluster: Cluster, name: str, shards: int) -> Engine:
    return open_engine(cluster.archive(name, shards=shards, replicas=0, timeout=120))


def _shards(cluster: Cluster, corpora: Path, count: int, numbers: Sequence[int], seed: int) -> None:
    """The same articles in more and more shards of one node: what each shard costs."""
    documents = articles_of(corpora, seed)[:count]
    drawn = questions(documents, seed)[:ASKED]
    _say("shards", "articles/s", "page, ms: the first time", "again", "95th percentile")
    _say(*["---:"] * 5)
    for number in numbers:
        engine = _engine(cluster, f"shards{number}", number)
        done = filled(engine, documents, ())
        found = asked(engine, drawn)
        engine.close()
        _say(
            number, f"{len(documents) / done.seconds:,.0f}", f"{found.first.median:.0f}",
            f"{found.again.median:.0f}", f"{found.again.p95:.0f}",
        )  # fmt: skip


def bare(count: int, seed: int) -> Iterator[Document]:
    """Articles of one word each, with a section, an author and a date: what facets, timeline and cursors see."""
    random = Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        yield Document(
            f"{number:09}", "flood",
            sections=(f"Section {min(random.randrange(SECTIONS), random.randrange(SECTIONS))}",),
            authors=(f"Author {min(random.randrange(AUTHORS), random.randrange(AUTHORS))}",),
            published=FIRST_DAY + timedelta(days=random.randrange(DAYS)),
        )  # fmt: skip


def _bare(cluster: Cluster, count: int, seed: int) -> None:
    """Facets, a timeline and cursors over many articles, in one shard."""
    engine = _engine(cluster, "bare", 1)
    done = filled(engine, bare(count, seed), ())
    with engine.searcher() as searcher:
        size = searcher.status().size_bytes or 0
        _say("articles", f"{count:,} in {done.seconds:,.0f} s, {size / count:,.0f} bytes each")
        section = MatchKeyword("section", ("Section 1",))
        plans = {
            "ten newest of all": Plan(MatchAll(), sort="newest"),
            "facets of all": Plan(MatchAll(), facets=(FacetPlan("section"), FacetPlan("author")), limit=0),
            "timeline of all": Plan(MatchAll(), timeline=TimelinePlan(), limit=0),
            "facets and timeline of a section": Plan(
                section, facets=(FacetPlan("section"), FacetPlan("author")), timeline=TimelinePlan(), sort="newest"
            ),
        }
        last = searcher.search(Plan(MatchAll(), sort="newest", offset=min(9_000, count - 10))).hits[-1]
        plans["ten behind a cursor"] = Plan(
            MatchAll(), sort="newest", after=After(last.sort_key, last.id, last.preferred)
        )
        for name, plan in plans.items():
            spent = []
            for turn in range(REPETITIONS):
                # Another limit of time is another request to the cluster's cache of counts, which would answer else.
                started = perf_counter()
                searcher.search(plan if turn == 0 else _again(plan, turn))
                spent.append((perf_counter() - started) * 1000)
            _say(name, f"first {spent[0]:.0f} ms", f"best of the others {min(spent[1:]):.0f} ms")


def _again(plan: Plan, turn: int) -> Plan:
    return replace(plan, deadline=100.0 + turn)


def _slopes() -> None:
    """How the figures of both benchmarks grow with the number of articles: from the smallest to the largest size."""
    _say(
        "engine", "articles", "page, ms", "ms more per 100,000 articles", "bytes an article", "CPU s per 1,000 to fill"
    )
    _say(*["---:"] * 6)
    local = load(LOCAL_FIGURES)
    found = {size: held.engines["backfile"] for size, held in sorted(local.sizes.items()) if "backfile" in held.engines}
    before: tuple[int, float] | None = None
    for size, engine in found.items():
        page = engine.latency["page"][ALL_KINDS].median
        built = engine.indexing[-1]
        _say("local", f"{size:,}", f"{page:.1f}", _slope(before, size, page), f"{built.size_bytes / size:,.0f}",
             f"{built.cpu_seconds * 1000 / size:.2f}")  # fmt: skip
        before = (size, page)
    for nodes in sorted({row.nodes for row in load_cluster(CLUSTER_FIGURES).rows} - {0}):
        before = None
        for row in load_cluster(CLUSTER_FIGURES).rows:
            if row.nodes == nodes:
                cpu = (row.python_seconds + row.node_seconds) * 1000 / row.articles
                _say(f"{nodes} nodes", f"{row.articles:,}", f"{row.again.median:.1f}",
                     _slope(before, row.articles, row.again.median), f"{row.size_bytes / row.articles:,.0f}",
                     f"{cpu:.2f}")  # fmt: skip
                before = (row.articles, row.again.median)


def _slope(before: tuple[int, float] | None, size: int, page: float) -> str:
    return "" if before is None else f"{(page - before[1]) / (size - before[0]) * 100_000:+.2f}"


if __name__ == "__main__":
    main()
