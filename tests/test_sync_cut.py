"""Runs that are killed at any moment lose nothing: the next whole run makes the archive equal to its sources.

A launcher process forks each run of `backfile sync`, so that a run does not pay for starting Python. The sources change
between runs, and the site is a real server in this process.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from archives import problems
from changing_sources import Sources
from program import environment
from web_servers import WebServer, web_server

from index.identity import article_id
from search.document import Document
from search.engines import open_engine
from search.ledger.names import address_key

ARCHIVES: Final = 4
CUTS: Final = 25
"""Runs of each archive that are cut: 100 in all."""
MOST_BETWEEN: Final = 9
"""Runs that are cut one after the other, at most, before one is not."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")

LAUNCHER = """
import io, json, os, sys, traceback
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
import index.opening
from index.fetching import pace
from search.commands import main

pace.FIRST_BACKOFF = 0.005  # failures that pass cost little
plain = index.opening.Indexer

def sync(folder, batch):
    os.chdir(folder)
    index.opening.Indexer = partial(plain, batch=batch)  # so that most runs commit several times
    return main(["sync"], prog_name="backfile", standalone_mode=False)

def child(folder, batch):
    said = os.open(os.path.join(folder, "said"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    code = 70
    try:
        code = sync(folder, batch)
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
    sync(sys.argv[1], 10)  # so that all is loaded now
os.write(1, b"0\\n")
for line in sys.stdin:
    number = os.fork()
    if number == 0:
        child(*json.loads(line))
    os.write(1, b"%d\\n" % number)
    os.write(1, b"%d\\n" % os.waitpid(number, 0)[1])
"""


class Launcher:
    """Forks runs of `backfile sync`."""

    def __init__(self, sample: Path) -> None:
        variables = environment(OPENBLAS_NUM_THREADS="1", PYTHONPATH=os.pathsep.join(sys.path), PYTHONHASHSEED="0")
        variables["PYTHONWARNINGS"] = "default"
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(sample)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables
        )
        assert self._said() == 0

    def run(self, folder: Path, batch: int, is_time: Callable[[], bool] | None = None) -> int | None:
        """Runs it in a folder, and kills it as soon as `is_time`; the exit code, None if it was killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([str(folder), batch])}\n".encode())
        self._process.stdin.flush()
        child = self._said()
        while is_time and not select.select([self._process.stdout], [], [], 0.0002)[0]:
            if is_time():
                os.kill(child, signal.SIGKILL)
                is_time = None
        status = self._said()
        return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def _said(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the launcher ended"
        return int(line)

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    sample = tmp_path_factory.mktemp("launcher")
    sources = Sources(sample, random.Random(0))
    with web_server(sources.answer) as server:
        sources.begin(server.place)
        configure(sample, server)
        started = Launcher(sample)
    yield started
    started.close()


@pytest.mark.parametrize("seed", range(ARCHIVES))
def test_a_run_that_is_cut_at_any_moment_and_begun_again_ends_in_the_same_state(
    seed: int, tmp_path: Path, launcher: Launcher
) -> None:
    choice = random.Random(seed)
    sources = Sources(tmp_path, choice)
    cuts = 0
    with web_server(sources.answer) as server:
        sources.begin(server.place)
        configure(tmp_path, server)
        while cuts < CUTS:
            for _ in range(choice.randint(2, MOST_BETWEEN)):
                code = launcher.run(tmp_path, choice.choice((3, 8, 1_000)), a_moment(tmp_path, server, choice))
                assert code in (None, 0, 3), said(tmp_path)
                cuts += code is None
                sources.change()
            sources.heal()
            run_whole(launcher, tmp_path)
            sources.settle()
            assert_equal_to_its_sources(tmp_path, launcher, server, sources)
            assert_in_step(tmp_path, launcher)
            sources.change()


def configure(folder: Path, server: WebServer) -> None:
    tables = ("posts", "wire.jsonl", f"{server.url}/map.xml", f"{server.url}/feed.xml")
    settings = (
        f'fetch_allow = ["{server.place}"]\nfetch_per_second = 1000\nindex_workers = 1\ndetect_language = false\n'
    )
    rows = (f'[[sources]]\nat = "{at if "://" in at else folder / at}"\nmost_gone = 1\n' for at in tables)
    (folder / "backfile.toml").write_text(f'index = "archive"\n{settings}{"".join(rows)}', "utf-8")


def a_moment(folder: Path, server: WebServer, choice: random.Random) -> Callable[[], bool]:
    """Some moment of a run: after a time, at a request, or just when a file is written, and a little later."""
    later = choice.choice((0.0, 0.0, choice.random() * 0.003, choice.random() * 0.03))
    kind = choice.randrange(6)
    if kind == 0:
        return after(choice.random() * 0.4, lambda: True)
    if kind == 1:
        many = len(server.asked) + choice.randint(1, 14)
        return after(later, lambda: len(server.asked) >= many)
    names = ("archive/backfile.json", "archive.ledger-wal", "archive.state-journal", "archive.state")
    changes = Changes(folder / names[kind - 2])
    many = choice.randint(1, 4)
    return after(later, lambda: changes.seen() >= many)


def after(seconds: float, begins: Callable[[], bool]) -> Callable[[], bool]:
    """Whether it is so many seconds since `begins` was true."""
    begun: list[float] = []

    def is_time() -> bool:
        if not begun and begins():
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() - begun[0] >= seconds

    return is_time


class Changes:
    """How often a file was seen to be another than before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._stamp()
        self._count = 0

    def seen(self) -> int:
        now = self._stamp()
        self._count += now != self._last
        self._last = now
        return self._count

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size


def run_whole(launcher: Launcher, folder: Path) -> None:
    assert launcher.run(folder, 1_000) == 0, said(folder)


def assert_equal_to_its_sources(folder: Path, launcher: Launcher, server: WebServer, sources: Sources) -> None:
    """The archive has what a new one has that is made from the same sources, under the same ids."""
    fresh = folder / "fresh"
    fresh.mkdir(exist_ok=True)
    for file in fresh.glob("archive*"):
        _remove(file)
    configure(folder, server)
    text = (folder / "backfile.toml").read_text("utf-8")
    (fresh / "backfile.toml").write_text(text, "utf-8")
    run_whole(launcher, fresh)
    expected, found = articles(fresh), articles(folder)
    assert found.keys() == expected.keys()
    assert {name: found[name].canonical() for name in found} == {name: expected[name].canonical() for name in expected}
    assert {name: article.source for name, article in found.items()} == {
        name: article.source for name, article in expected.items()
    }
    assert problems(open_engine(str(folder / "archive"))) == []
    assert_names_are_right(folder, found, sources)


def assert_names_are_right(folder: Path, found: dict[str, Document], sources: Sources) -> None:
    """Each article is known by its address, and what else the ledger knows has been in the sources."""
    with sqlite3.connect(folder / "archive.ledger") as ledger:
        keys = dict(ledger.execute("SELECT key, id FROM keys"))
    ledger.close()
    addressed = {name: address_key(article_id("", article.url, "")) for name, article in found.items() if article.url}
    assert addressed.keys() == sources.addressed()
    assert {name: keys.get(key) for name, key in addressed.items()} == {name: name for name in addressed}
    assert set(keys.values()) - found.keys() <= sources.ever - sources.addressed()


def assert_in_step(folder: Path, launcher: Launcher) -> None:
    """Another run finds nothing to write."""
    before = open_engine(str(folder / "archive")).generation()
    run_whole(launcher, folder)
    assert open_engine(str(folder / "archive")).generation() == before, said(folder)


def articles(folder: Path) -> dict[str, Document]:
    with open_engine(str(folder / "archive")).searcher() as searcher:
        return {document.id: document for document in searcher.articles()}


def said(folder: Path) -> str:
    return (folder / "said").read_text("utf-8", "replace")


def _remove(path: Path) -> None:
    if path.is_dir():
        for each in path.iterdir():
            _remove(each)
        path.rmdir()
    else:
        path.unlink()
