"""How long a run of alerts takes: ten thousand saved searches and a thousand articles that are new.

    python -m benchmark.alerts
    python -m benchmark.alerts --alerts 50000 --archive 100000

An archive is generated and filled, searches are saved (see `benchmark.saved_searches`), new articles come, and what
`backfile alerts run` does is done: it matches them, writes down what is to be sent, and posts it to a receiver of
another process. Each phase is shown in seconds of processor time, which other work on the machine disturbs little, and
on the clock. Before that, what was found for some of the alerts is compared with what their searches find in the
archive, one by one; a difference is an error.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from benchmark.committing import add_articles
from benchmark.generated import generate, pool_of
from benchmark.large import articles_of
from benchmark.options import CORPORA, timed_lines, work_folder
from benchmark.saved_searches import saved_searches
from index.alerts.command import run_alerts
from index.alerts.matching import Phase
from index.alerts.running import Ran
from search.alerts.arriving import begin
from search.alerts.saved import canonical, in_words, read_canonical
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.ledger import ledger_of
from search.ledger.alerts import Alert
from search.ledger.ledger import Ledger
from search.request.planning import Planner
from search.settings import Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what each phase of the run took, after the results of a sample were found to be right."""
    asked = _parser().parse_args(arguments)
    say = timed_lines()
    real = articles_of(asked.corpora, asked.seed)
    made = list(generate(pool_of(real), asked.archive + asked.new, asked.seed))
    with work_folder(asked.work) as work, _receiver() as hook:
        settings = Settings.model_validate({"index": f"whoosh:{work / 'archive'}", "alert_allow": ("127.0.0.1",)})
        engine = open_engine(settings.index)
        ledger = ledger_of(engine, settings)
        add_articles(engine, made[: asked.archive])
        say(f"{asked.archive:,} articles are indexed")
        _save(engine, ledger, hook, made, asked.alerts, asked.seed)
        say(f"{asked.alerts:,} searches are saved")
        add_articles(engine, made[asked.archive :])
        took, ran, told = _run(engine, ledger, settings)
        say("the run is done")
        new = {document.id for document in made[asked.archive :]}
        wrong = list(_differences(engine, ledger, told, new, asked.sample, asked.seed))
    if wrong:
        sys.exit(f"error: alerts told of other articles than their searches find: {'; '.join(wrong[:10])}")
    sys.stdout.write(f"{min(asked.sample, asked.alerts):,} of the alerts told of what their searches find\n")
    _report(took, ran)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.alerts", description=__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles to generate from (default: %(default)s)")
    add("--archive", type=int, default=20_000, help="articles that are there before (default: %(default)s)")
    add("--alerts", type=int, default=10_000, help="(default: %(default)s)")
    add("--new", type=int, default=1_000, help="articles that are new (default: %(default)s)")
    add("--sample", type=int, default=500, help="alerts whose result is verified (default: %(default)s)")
    add("--work", type=Path, help="folder for the index, deleted afterwards (default: a temporary folder)")
    add("--seed", type=int, default=1)
    return parser


def _save(engine: Engine, ledger: Ledger, hook: str, drawn_from: Sequence[Document], many: int, seed: int) -> None:
    """Makes alerts as `backfile alerts add` does."""
    keys = begin(engine, ledger, _now())
    after = ledger.arrivals.last()
    for number, request in enumerate(saved_searches(drawn_from, many, seed)):
        ledger.alerts.add(Alert(f"{number:012x}", canonical(request), hook, keys.name, _now(), after))


# --- the run


@dataclass(slots=True)
class Took:
    """What each phase took, in seconds: of the processor, and on the clock."""

    moments: list[tuple[Phase | None, float, float]] = field(default_factory=list)

    def begins(self, phase: Phase | None) -> None:
        """A phase begins, and with it the one before ends."""
        self.moments.append((phase, process_time(), perf_counter()))

    def phases(self) -> dict[Phase, tuple[float, float]]:
        """The sums of each phase."""
        sums: dict[Phase, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for (phase, spent, clock), (_, spent_then, clock_then) in pairwise(self.moments):
            if phase is not None:
                before = sums[phase]
                sums[phase] = before[0] + spent_then - spent, before[1] + clock_then - clock
        return sums


def _run(engine: Engine, ledger: Ledger, settings: Settings) -> tuple[Took, Ran, dict[str, list[str]]]:
    """What `backfile alerts run` does, and the articles that each alert told of."""
    took = Took()
    ran = run_alerts(settings, engine, ledger, took.begins)
    took.begins(None)
    told: dict[str, list[str]] = defaultdict(list)
    for delivery in ledger.alerts.messages.listed("sent", "waiting", "dead", "dropped"):
        told[delivery.owner] += delivery.contents
    return took, ran, told


def _differences(
    engine: Engine, ledger: Ledger, told: Mapping[str, Sequence[str]], new: Set[str], sample: int, seed: int
) -> Iterator[str]:
    """Those among some alerts that told of other articles than an ordinary search of the archive finds, each with its
    search."""
    alerts = ledger.alerts.all()
    with engine.searcher() as searcher:
        planner = Planner(searcher, now=_now())
        for alert in Random(seed).sample(alerts, min(sample, len(alerts))):  # noqa: S311 - a sample
            request = read_canonical(alert.search)
            plan = planner.counting_plan(planner.resolve(request), request)
            hits = searcher.search(replace(plan, limit=planner.status.articles, bring="nothing")).hits
            if new & {hit.id for hit in hits} != set(told.get(alert.id, ())):
                yield in_words(request)


def _report(took: Took, ran: Ran) -> None:
    phases = took.phases()
    for phase, (spent, clock) in phases.items():
        sys.stdout.write(f"{phase:<24}{spent:7.2f} s of the processor{clock:8.2f} s on the clock\n")
    sending = phases.pop("sending")[0]
    before = sum(spent for spent, _ in phases.values())
    sys.stdout.write(
        f"{ran.arrived:,} new articles, {ran.queued:,} messages made, {ran.sent:,} sent\n"
        f"{before:.2f} s of the processor without sending, {before + sending:.2f} s with it\n"
    )


def _now() -> datetime:
    return datetime.now(UTC)


# --- the receiver


class _Receiving(BaseHTTPRequestHandler):
    wbufsize = -1  # head and body go out together

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _receive(pipe: Connection) -> None:
    """Answers whatever is posted to a free port of this machine, whose address goes through the pipe."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiving) as server:
        pipe.send(f"http://127.0.0.1:{server.server_address[1]}/hook")
        server.serve_forever()


@contextmanager
def _receiver() -> Iterator[str]:
    """The address of a receiver in another process, so that its work does not count."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    main()
