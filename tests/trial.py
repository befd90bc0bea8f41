"""Readers and a writer at work on an archive while its cluster fails, and whether they were told only what is true.

Every commit makes a state of the archive that can be computed. A reader's answers must all be those of one state: of
the last commit that the writer was told of before the reader began, or of a later one that the writer had begun by the
time the reader was done. An error is no wrong answer; how many there were, and how long it took until the next answer,
is reported.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from archives import exact, phrase, stamps_of
from test_never_lost import transaction

from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import FacetPlan, Plan, TimelinePlan
from search.engines.protocols import Engine, Searcher
from search.errors import BackfileError, IndexDamaged, IndexMissing
from search.query.match import MatchAll, MatchPrefix

PATIENCE_SECONDS = 180
"""How long a cluster may take to be itself again; the tests say how long it took."""
_PAUSE_SECONDS = 0.05
STATE = "state"
"""The id of the article whose title is the number of the commit."""

_FACETS = (FacetPlan("tag", 10), FacetPlan("published", interval="year"))
QUESTIONS = (
    Plan(MatchAll(), facets=_FACETS, timeline=TimelinePlan(), sort="oldest", limit=20),
    Plan(exact("w7"), facets=_FACETS, sort="newest", limit=20),
    Plan(phrase("w1 w2", slop=5), facets=_FACETS, sort="oldest", limit=20),
    Plan(MatchPrefix(("title", "body"), "w1"), sort="oldest", limit=5),
)


@dataclass(frozen=True, slots=True)
class History:
    """What each commit adds and deletes. `replaces`: it takes the place of everything, instead."""

    commit: Callable[[int], tuple[list[Document], list[str]]]
    replaces: bool = False

    def write(self, engine: Engine, number: int) -> None:
        """Makes commit `number` in an archive that is in the state before it, or in its own."""
        added, deleted = self.commit(number)
        with engine.writer(replace=self.replaces) as writer:
            for document in added:
                writer.add(document)
            for name in deleted:
                writer.delete(name)

    def states(self) -> Iterator[tuple[Mapping[str, Document], object]]:
        """The articles after each commit, and what QUESTIONS find in them."""
        engine, articles, number = MemoryEngine(""), dict[str, Document](), 0
        while True:
            self.write(engine, number)
            added, deleted = self.commit(number)
            if self.replaces:
                articles.clear()
            articles.update((document.id, document) for document in added)
            for name in deleted:
                articles.pop(name, None)
            with engine.searcher() as searcher:
                yield dict(articles), answers(searcher)
            number += 1


def whole_archive(number: int) -> tuple[list[Document], list[str]]:
    """An archive of which nothing is like that of another number, except that their articles have the same ids."""
    choice = random.Random(number)
    words = [f"w{n}" for n in range(50)]
    return [
        *(
            Document(f"{n:03}", f"state {number}", " ".join(choice.choices(words, k=40)), tags=(f"t{number}",))
            for n in range(150 + 7 * (number % 5))
        ),
        Document(STATE, str(number)),
    ], []


GROWING = History(transaction)
REPLACED = History(whole_archive, replaces=True)


def answers(searcher: Searcher) -> object:
    """What a searcher says to QUESTIONS, so that equal archives give equal answers."""
    found = [searcher.search(plan) for plan in QUESTIONS]
    return [(each.total, [hit.id for hit in each.hits], each.facets, each.timeline) for each in found]


@dataclass(frozen=True, slots=True)
class Read:
    """One reader's answers: those of one of the states `first` to `last`; `state` is what the archive said it was."""

    began: float
    seconds: float
    first: int
    last: int
    state: int
    answers: object


@dataclass(frozen=True, slots=True)
class Written:
    began: float
    seconds: float
    number: int


@dataclass
class Trial:
    """What readers and the writer met with. Commits are numbered from 0; `committed` is the last that was confirmed,
    `begun` the last that may be there."""

    url: str
    history: History
    committed: int = -1
    begun: int = -1
    reads: list[Read] = field(default_factory=list)
    commits: list[Written] = field(default_factory=list)
    read_errors: Counter[str] = field(default_factory=Counter)
    write_errors: Counter[str] = field(default_factory=Counter)
    mistakes: list[BaseException] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def write(self) -> None:
        """Makes one commit after the other; one that failed is made again."""
        engine = open_engine(self.url)
        try:
            while not self.over.wait(_PAUSE_SECONDS):
                self.begun = self.committed + 1
                began = time.monotonic()
                try:
                    self.history.write(engine, self.begun)
                except BackfileError as error:
                    self.write_errors[_short(error)] += 1
                    continue
                self.committed = self.begun
                self.commits.append(Written(began, time.monotonic() - began, self.begun))
        except BaseException as error:  # noqa: BLE001 - shown by `verify`
            self.mistakes.append(error)
        finally:
            engine.close()

    def read(self, engine: Engine) -> None:
        """Asks QUESTIONS again and again, each time of the newest state."""
        try:
            while not self.over.wait(_PAUSE_SECONDS):
                self._read_once(engine)
        except BaseException as error:  # noqa: BLE001 - shown by `verify`
            self.mistakes.append(error)

    def _read_once(self, engine: Engine) -> None:
        began, first = time.monotonic(), self.committed
        try:
            with engine.searcher() as searcher:
                state = searcher.document(STATE)
                found = answers(searcher)
        except (IndexMissing, IndexDamaged):  # it is there, and whole
            raise
        except BackfileError as error:
            self.read_errors[_short(error)] += 1
            return
        assert state is not None
        self.reads.append(Read(began, time.monotonic() - began, first, self.begun, int(state.title), found))

    def wait_for(self, reads: int = 8, commits: int = 2) -> tuple[float, float]:
        """Waits until so many reads and commits that begin from now on have succeeded.

        Returns the seconds until the first of each was done; 0 if none was asked for.
        """
        start = time.monotonic()
        while not self.mistakes and time.monotonic() < start + PATIENCE_SECONDS:
            read = [each for each in self.reads if each.began >= start]
            written = [each for each in self.commits if each.began >= start]
            if len(read) >= reads and len(written) >= commits:
                first = [min((each.began + each.seconds for each in some), default=start) for some in (read, written)]
                return first[0] - start, first[1] - start
            time.sleep(0.02)
        raise AssertionError(f"no way back: {self.report()}; {self.mistakes}")

    def report(self) -> str:
        """Numbers of answers, commits and errors, and the longest times."""
        longest = [max((each.seconds for each in some), default=0.0) for some in (self.reads, self.commits)]
        return (
            f"{len(self.reads)} reads (longest {longest[0]:.1f} s), {self.read_errors.total()} refused "
            f"{dict(self.read_errors)}; {len(self.commits)} commits (longest {longest[1]:.1f} s), "
            f"{self.write_errors.total()} failed {dict(self.write_errors)}"
        )

    def verify(self) -> None:
        """Every answer was right, and what was confirmed is there, whole. For an archive that is well again."""
        assert self.mistakes == []
        with open_engine(self.url).searcher() as searcher:
            state = searcher.document(STATE)
            assert state is not None
            reached = int(state.title)
            found = {name: stamp.content_hash for name, stamp in stamps_of(searcher).items()}
        assert self.committed <= reached <= self.begun
        known = []
        for number, (articles, said) in zip(range(self.begun + 1), self.history.states(), strict=False):
            known.append(said)
            if number == reached:
                assert found == {name: document.content_hash() for name, document in articles.items()}
        for read in self.reads:
            assert read.first <= read.state <= read.last
            assert read.answers == known[read.state], f"a wrong answer in state {read.state}"


def _short(error: BackfileError) -> str:
    """The kind of an error: without the numbers in it, which are never the same."""
    return f"{type(error).__name__}: {re.sub('[0-9][0-9.:]*', '0', str(error))[:90]}"


@contextmanager
def trial(url: str, history: History, readers: int = 2, *, writing: bool = True) -> Iterator[Trial]:
    """Readers and a writer at work for the block, after the first commit; what they met with is verified after it.

    Without `writing` nothing but the first commit is made."""
    running = Trial(url, history, begun=0)
    engine = open_engine(url)
    history.write(engine, 0)
    running.committed = 0
    work: Sequence[Callable[[], None]] = [lambda: running.read(engine)] * readers
    threads = [Thread(target=action) for action in [*work, *([running.write] if writing else [])]]
    for thread in threads:
        thread.start()
    try:
        running.wait_for(commits=2 if writing else 0)
        yield running
    finally:
        running.over.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        engine.close()
    running.verify()
