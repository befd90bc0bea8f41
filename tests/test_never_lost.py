"""A writer that is killed at any moment leaves the last commit, whole; what it left over is swept by the next one.

A launcher process forks a writer for each round, so that a round does not pay for starting Python. The writer makes
transaction after transaction; which articles the archive holds after each of them can be computed, so that what is
found after the kill is compared article by article.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from archives import ask, exact, stamps_of

from search.document import Document
from search.engines import open_engine
from search.errors import IndexMissing
from search.query.match import MatchAll

ARCHIVES: Final = 11
ROUNDS: Final = 20
"""Kills for each archive: 220 in all."""
PHASES: Final = ("adding", "building", "merging", "committing")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")


def transaction(number: int) -> tuple[list[Document], list[str]]:
    """What transaction `number` adds (in place of what is there) and deletes."""
    choice = random.Random(number)
    words = [f"w{n}" for n in range(50)]
    names = [f"{number}-{n}" for n in range(30)] + [f"{choice.randrange(number + 1)}-{n}" for n in range(10)]
    added = [
        Document(name, f"article of {number}", " ".join(choice.choices(words, k=60)), tags=(f"t{number}",))
        for name in names
    ]
    deleted = [f"{choice.randrange(number + 1)}-{choice.randrange(30)}" for _ in range(8)]
    return [*added, Document("state", str(number))], deleted


def archive_after(number: int) -> dict[str, Document]:
    """Every article after transactions 0 to `number`."""
    archive: dict[str, Document] = {}
    for step in range(number + 1):
        added, deleted = transaction(step)
        archive.update((document.id, document) for document in added)
        for name in deleted:
            archive.pop(name, None)
    return archive


LAUNCHER = """
import json, os, sys
sys.path.insert(0, {tests!r})
from test_never_lost import transaction
from search.engines import open_engine
from functools import partial
from search.engines.disk.writing import merge_policy, pipeline
from search.engines.disk.writing.segment_writer import SegmentWriter
merge_policy.SMALLEST_TIER = 40  # so that most commits merge
pipeline.SegmentWriter = partial(SegmentWriter, memory_bytes=12_000)  # so that most add several segments
def write(directory, first, out):
    def say(phase, done=0, total=0):
        os.write(out, (json.dumps(phase) + "\\n").encode())
    number = first
    while True:
        added, deleted = transaction(number)
        with open_engine(directory).writer(progress=say) as writer:
            for place, document in enumerate(added):
                writer.add(document)
                if place == 10:
                    say("adding")
            for name in deleted:
                writer.delete(name)
        say(number)
        number += 1
for line in sys.stdin:
    directory, first = json.loads(line)
    child = os.fork()
    if child == 0:
        write(directory, first, 1)
    os.write(1, (json.dumps({{"pid": child}}) + "\\n").encode())
    os.waitpid(child, 0)
    os.write(1, b'"dead"\\n')
"""


class Launcher:
    """Forks writers and reads what they say."""

    def __init__(self) -> None:
        program = LAUNCHER.format(tests=str(Path(__file__).parent))
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run_until_killed(self, directory: Path, first: int, phase: str, times: int, delay: float) -> int:
        """Starts a writer at transaction `first`, kills it `delay` seconds after it has said `phase` so many times.
        Returns the last transaction that it said was committed, or first - 1."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(directory), first]) + "\n")
        self._process.stdin.flush()
        committed, pid, killed = first - 1, 0, False
        for said in self._said():
            if said == "dead":
                assert killed, "the writer died on its own"
                return committed
            if isinstance(said, dict):
                pid = said["pid"]
            elif isinstance(said, int):
                committed = said
            times -= said == phase
            if times <= 0 and pid and not killed:
                time.sleep(delay)
                os.kill(pid, signal.SIGKILL)
                killed = True
        raise AssertionError("the launcher ended")

    def _said(self) -> Iterator[Any]:
        assert self._process.stdout is not None
        return map(json.loads, self._process.stdout)

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    started = Launcher()
    yield started
    started.close()


READER = """
import sys
sys.path.insert(0, {tests!r})
from archives import stamps_of
from test_never_lost import archive_after
from search.engines import open_engine
from search.engines.plan import Plan
from search.query.match import MatchAll
engine = open_engine({directory!r})
rounds = 0
sys.stdout.write("reading\\n"); sys.stdout.flush()
while True:
    with engine.searcher() as searcher:
        first = searcher.search(Plan(MatchAll(), limit=5))
        state = int(searcher.document("state").title)
        for _ in range(20):
            assert searcher.search(Plan(MatchAll(), limit=5)) == first
            assert int(searcher.document("state").title) == state
        assert stamps_of(searcher).keys() == archive_after(state).keys()
    rounds += 1
    sys.stdout.write(f"{{rounds}}\\n"); sys.stdout.flush()
"""


@pytest.mark.parametrize("seed", range(ARCHIVES))
def test_a_writer_killed_at_any_moment_loses_nothing_that_was_committed(
    seed: int, tmp_path: Path, launcher: Launcher
) -> None:
    """Readers in another process go on through all of it."""
    directory = tmp_path / "archive"
    choice = random.Random(seed)
    number, readers = -1, []
    try:
        for turn in range(ROUNDS):
            phase = PHASES[(seed + turn) % len(PHASES)]
            said = launcher.run_until_killed(directory, number + 1, phase, choice.randint(1, 3), choice.random() * 0.02)
            number = assert_whole(directory, said)
            if number >= 0 and not readers:
                readers.append(start_reader(directory))
    finally:
        for reader in readers:
            reader.kill()
        said_by = [reader.communicate(timeout=30) for reader in readers]
    assert [complaints for _, complaints in said_by] == [""]
    assert said_by[0][0].splitlines(), "the reader came through at least once"


def start_reader(directory: Path) -> subprocess.Popen[str]:
    program = READER.format(tests=str(Path(__file__).parent), directory=str(directory))
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def assert_whole(directory: Path, said: int) -> int:
    """The archive is that of transaction `said`, or of the next, whose commit was not said any more; which of them."""
    engine = open_engine(str(directory))
    if said < 0 and not (directory / "backfile.json").exists():
        with pytest.raises(IndexMissing):
            engine.searcher()
        return said
    assert list(engine.check()) == []
    with engine.searcher() as searcher:
        state = searcher.document("state")
        assert state is not None
        found = int(state.title)
        assert found in {said, said + 1}
        expected = archive_after(found)
        hashes = {name: stamp.content_hash for name, stamp in stamps_of(searcher).items()}
    assert hashes == {name: document.content_hash() for name, document in expected.items()}
    assert ask(engine, MatchAll(), limit=0).total == len(expected)
    assert ask(engine, exact("w7"), limit=0).total == sum(" w7 " in f" {d.body} " for d in expected.values())
    return found
