"""A server at twice what it can answer, for minutes, while articles are added and taken down.

    python -m benchmark overload
    python -m benchmark overload --seconds 60 --times 3

What the server can answer is measured first, by readers who wait for each answer. Then questions come at a multiple of
that rate whether it keeps up or not, commits and takedowns go on, and some clients are slow, silent or send huge heads.
It is an error if any answer is broken, is a failure that is not 429 or 503 with Retry-After, or if the memory of the
server grows in the second half.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote_plus, urlsplit

from benchmark.http.arrivals import Asked, Heard, Readers
from benchmark.http.backfile import BackfileServer
from benchmark.http.command import articles_and_questions
from benchmark.http.commits import Pace, indexing
from benchmark.http.nuisances import annoy
from benchmark.http.server import ServerFailed
from benchmark.options import CORPORA, SAMPLE, Say, timed_lines, work_folder

READERS: Final = 8
"""Who wait for each answer, while the rate is measured: more than enough to keep the server busy."""
_KINDS: Final = (("search", 60), ("page", 15), ("article", 10), ("suggest", 10), ("coverage", 5))
"""What is asked, in hundredths; a comparison costs much more than the others."""
_TAKEDOWN_SECONDS: Final = 5.0
_MEMORY_SECONDS: Final = 1.0
_GROWTH: Final = 1.1
"""By how much the memory of the last quarter of a run may exceed that of the third."""


@dataclass(slots=True)
class Outcome:
    """What came of a run. `rate`: questions a second. `memory`: of all processes of the server, in bytes by second."""

    capacity: float
    rate: float
    heard: Heard
    commits: int = 0
    takedowns: int = 0
    memory: list[int] = field(default_factory=list)

    def faults(self) -> list[str]:
        """What must not be, in words."""
        statuses = sum(self.heard.statuses.values(), Counter[int]())
        faults = [f"{n:,} answers were {status}" for status, n in statuses.items() if status >= 500 and status != 503]
        faults += [f"{self.heard.broken} questions got no whole answer"] if self.heard.broken else []
        faults += [f"{self.heard.bare} refusals had no Retry-After"] if self.heard.bare else []
        third, last = self._quarter(2), self._quarter(3)
        faults += [f"memory grew from {third:,} to {last:,} bytes"] if last > _GROWTH * third else []
        return faults

    def _quarter(self, number: int) -> int:
        size = len(self.memory) // 4
        part = self.memory[number * size : (number + 1) * size]
        return sum(part) // len(part) if part else 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Overloads a server, prints what it answered, and exits with 1 if it did what it must not."""
    asked = _parser().parse_args(arguments)
    if asked.quick:
        asked.corpora, asked.seconds, asked.measure = SAMPLE, min(asked.seconds, 8.0), 2.0
    say = timed_lines()
    try:
        outcome = _measured(asked, say)
    except ServerFailed as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(as_text(outcome))
    faults = outcome.faults()
    if faults:
        sys.exit("\n".join(f"fault: {fault}" for fault in faults))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark overload", description=main.__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles: a file or folder of any format Backfile reads")
    add("--articles", type=int, default=20_000, help="number of articles at most (default: %(default)s)")
    add("--seconds", type=float, default=600.0, help="length of the overload (default: %(default)s)")
    add("--times", type=float, default=2.0, help="how many times what it can answer (default: %(default)s)")
    add("--measure", type=float, default=10.0, help="seconds for measuring what it can answer (default: %(default)s)")
    add("--workers", type=int, default=2, help="processes that answer (default: %(default)s)")
    add("--nuisances", type=int, default=10, help="slow, silent and huge clients of each kind (default: %(default)s)")
    add("--seed", type=int, default=1, help="seed for drawing articles and questions (default: 1)")
    add("--work", type=Path, help="folder for the index, deleted afterwards (default: a temporary folder)")
    add("--quick", action="store_true", help="a smoke run on the sample archive")
    return parser


def _measured(asked: argparse.Namespace, say: Say) -> Outcome:
    with work_folder(asked.work) as work:
        drawn = articles_and_questions(asked.corpora, asked.articles, asked.seed, work)
        server = BackfileServer(workers=asked.workers)
        try:
            server.start(work / "server")
            server.fill(drawn.articles, len(drawn.ids))
            say(f"{len(drawn.ids):,} articles, {len(drawn.questions):,} questions")
            questions = _mixed(drawn.questions, drawn.ids, Random(asked.seed))  # noqa: S311 - nothing secret
            with indexing(server.index, drawn.later, server.address, Pace(20, 2.0)) as seen:
                outcome = asyncio.run(_run(asked, server, questions, drawn.ids, say))
            outcome.commits = seen.commits
            return outcome
        finally:
            server.stop()


def _mixed(words: Sequence[str], ids: Sequence[str], random: Random) -> Iterator[Asked]:
    """Questions of all kinds, none of them twice for very long."""
    kinds, weights = [kind for kind, _ in _KINDS], [weight for _, weight in _KINDS]
    for number in count():
        [kind] = random.choices(kinds, weights)
        q = quote_plus(f"{random.choice(words)} {random.choice(words)}")
        match kind:
            case "article":
                path = f"/article/{quote_plus(random.choice(ids))}"
            case "suggest":
                path = f"/api/v1/suggest?q={q[:5]}"
            case "coverage":
                others = "".join(f"&q={quote_plus(random.choice(words))}" for _ in range(3))
                path = f"/api/v1/coverage?q={q}{others}"
            case "page":
                path = f"/search?q={q}&page={1 + number % 2}"
            case _:
                path = f"/api/v1/search?q={q}"
        yield Asked(kind, path)


async def _run(
    asked: argparse.Namespace, server: BackfileServer, questions: Iterator[Asked], ids: Sequence[str], say: Say
) -> Outcome:
    port = urlsplit(server.address).port or 80
    readers = Readers(port)
    await readers.closed(questions, READERS, asked.measure / 2)
    capacity = await readers.closed(questions, READERS, asked.measure)
    say(f"it can answer {capacity:,.0f} a second")
    readers.heard = Heard()
    outcome = Outcome(capacity, asked.times * capacity, readers.heard)
    others = [
        asyncio.create_task(task)
        for task in (annoy(port, asked.nuisances), _take_down(server, ids, outcome), _watch(server, outcome))
    ]
    await readers.at_rate(questions, outcome.rate, asked.seconds, Random(asked.seed))  # noqa: S311 - nothing secret
    for task in others:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await readers.close()
    return outcome


async def _take_down(server: BackfileServer, ids: Sequence[str], outcome: Outcome) -> None:
    """Takes an article down every few seconds. Raises ServerFailed."""
    for name in ids:
        await asyncio.sleep(_TAKEDOWN_SECONDS)
        command = ("-m", "search", "takedown", name, "--reason", "for the benchmark", "--index", server.index)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise ServerFailed(f"the takedown failed: {said.decode(errors='replace')[-300:]}")
        outcome.takedowns += 1


async def _watch(server: BackfileServer, outcome: Outcome) -> None:
    while True:
        outcome.memory.append(server.resident_bytes())
        await asyncio.sleep(_MEMORY_SECONDS)


def as_text(outcome: Outcome) -> str:
    """The outcome as a table."""
    heard = outcome.heard
    lines = [
        f"{outcome.rate:,.0f} questions a second of {outcome.capacity:,.0f} that it can answer",
        f"{outcome.commits:,} commits, {outcome.takedowns:,} takedowns",
        f"{'kind':<10}{'200':>9}{'in part':>9}{'503':>9}{'other':>7}{'p50 ms':>9}{'p99 ms':>9}{'longest':>9}",
    ]
    for kind, _ in _KINDS:
        counts, times = heard.statuses[kind], sorted(heard.seconds[kind])
        other = counts.total() - counts[200] - counts[503]
        shown = "".join(f"{1000 * each:>9,.0f}" for each in (_at(times, 0.5), _at(times, 0.99), _at(times, 1.0)))
        lines.append(f"{kind:<10}{counts[200]:>9,}{heard.parts[kind]:>9,}{counts[503]:>9,}{other:>7,}{shown}")
    megabytes = [round(size / 1e6) for size in outcome.memory] or [0]
    lines.append(
        f"broken {heard.broken:,}, without Retry-After {heard.bare:,}, not asked for want of connections "
        f"{heard.unasked:,}; memory {megabytes[len(megabytes) // 4]:,} MB after a quarter, {megabytes[-1]:,} at the end"
    )
    return "\n".join(lines) + "\n"


def _at(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0
