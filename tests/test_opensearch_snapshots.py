"""Snapshots of an archive on a real cluster, and what a restore puts in its place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from archives import FLOOD, ask, exact, fill, ids, news
from click.testing import CliRunner, Result
from clusters import archive_on
from conftest import ARTICLES
from made_vectors import add, held
from program import environment

from benchmark.http.server import Request, answer, wait_until
from search.commands import main
from search.comparing import audit
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine, SnapshotRepositories
from search.errors import ConfigError, EngineError, IndexLocked, IndexMissing


@pytest.fixture
def repository(opensearch: str) -> Iterator[str]:
    """A repository on the disk of the cluster, gone after the test."""
    name = f"test-{uuid4().hex}"
    settings = {"type": "fs", "settings": {"location": name}}
    answer(opensearch, Request("PUT", f"/_snapshot/{name}", json.dumps(settings)))
    try:
        yield name
    finally:
        for row in answer(opensearch, Request("GET", f"/_snapshot/{name}/_all"))["snapshots"]:
            answer(opensearch, Request("DELETE", f"/_snapshot/{name}/{row['snapshot']}"))
        answer(opensearch, Request("DELETE", f"/_snapshot/{name}"))


@pytest.fixture
def archive(opensearch_archive: str) -> Engine:
    """An archive of ARTICLES."""
    return fill(open_engine(opensearch_archive), *ARTICLES)


@pytest.fixture
def other(opensearch: str) -> Iterator[Engine]:
    """Another archive of the same cluster, without an index."""
    with archive_on(opensearch) as url:
        yield open_engine(url)


def taking(engine: Engine) -> SnapshotRepositories:
    assert isinstance(engine, SnapshotRepositories)
    return engine


def whole(engine: Engine) -> list[Document]:
    with engine.searcher() as searcher:
        assert audit(searcher).is_sound
        return list(searcher.articles())


def name_of(engine: Engine) -> str:
    return engine.url.partition("?")[0].rpartition("/")[2]


def aliases(opensearch: str, engine: Engine) -> list[str]:
    found = answer(opensearch, Request("GET", f"/{name_of(engine)}-*?filter_path=*.aliases"))
    return sorted(alias for held_ in found.values() for alias in held_["aliases"])


def test_a_restored_archive_is_as_it_was(archive: Engine, repository: str, opensearch: str) -> None:
    before = whole(archive)
    taken = taking(archive).take_snapshot(repository, "first")
    assert (taken.name, taken.archive, taken.articles) == ("first", name_of(archive), len(ARTICLES))
    fill(archive, *FLOOD)
    with archive.writer() as writer:
        writer.delete("1")
    later = whole(archive)
    generation = archive.generation()
    with archive.searcher() as opened:
        seen: list[tuple[int, int]] = []
        taking(archive).restore_snapshot(
            repository, "first", replace=True, progress=lambda done, total: seen.append((done, total))
        )
        assert list(opened.articles()) == later, "an open searcher keeps what it saw"
    assert whole(archive) == before
    assert archive.generation() != generation
    assert all(done <= total for done, total in seen)
    assert not [alias for alias in aliases(opensearch, archive) if alias.endswith("-half")]

    fill(archive, Document("new", "After the restore"), ARTICLES[0])
    assert len(whole(archive)) == len(before) + 1
    assert ids(ask(archive, exact("restore"))) == ["new"]
    assert [snapshot.name for snapshot in taking(archive).snapshots(repository)] == ["first"]


def test_a_snapshot_can_be_restored_under_another_name(archive: Engine, other: Engine, repository: str) -> None:
    add(archive, *ARTICLES[:3])
    taking(archive).take_snapshot(repository, "one")
    taking(other).restore_snapshot(repository, "one")
    assert whole(other) == whole(archive)
    assert held(other) == {article.id for article in ARTICLES[:3]}
    fill(other, *FLOOD)
    assert len(whole(other)) == len(ARTICLES) + len(FLOOD)
    assert len(whole(archive)) == len(ARTICLES)


def test_vectors_come_back_with_their_articles(archive: Engine, repository: str) -> None:
    add(archive, *ARTICLES[:3])
    taking(archive).take_snapshot(repository, "one")
    add(archive, *ARTICLES[3:5])
    with archive.writer() as writer:
        writer.delete(ARTICLES[0].id)
    taking(archive).restore_snapshot(repository, "one", replace=True)
    assert {article.id for article in ARTICLES[:3]} <= held(archive)


def test_what_is_there_is_not_replaced_unless_it_is_said(archive: Engine, repository: str) -> None:
    taking(archive).take_snapshot(repository, "one")
    fill(archive, *FLOOD)
    before = archive.generation()
    with pytest.raises(EngineError, match="--replace"):
        taking(archive).restore_snapshot(repository, "one")
    assert archive.generation() == before
    fill(archive, Document("still", "writable"))


def test_a_snapshot_and_a_writer_keep_each_other_out(archive: Engine, repository: str) -> None:
    taking(archive).take_snapshot(repository, "before")
    with archive.writer() as writer:
        writer.add(Document("open", "not committed"))
        with pytest.raises(IndexLocked):
            taking(archive).take_snapshot(repository, "one")
        with pytest.raises(IndexLocked):
            taking(archive).restore_snapshot(repository, "before", replace=True)
    assert [snapshot.name for snapshot in taking(archive).snapshots(repository)] == ["before"]


DIES = """
import os, signal, sys
from search.document import Document
from search.engines import open_engine
writer = open_engine(sys.argv[1]).writer()
for number in range(3_000):
    writer.add(Document(f"never {number}", "Never committed", "Uncommitted words. " * 20))
writer._flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_never_shows_in_what_is_restored(
    archive: Engine, other: Engine, repository: str
) -> None:
    subprocess.run([sys.executable, "-c", DIES, archive.url], env=environment(), check=False)
    taking(archive).take_snapshot(repository, "one")
    for _ in range(3):
        fill(archive, *FLOOD)  # sweeps, and makes the lease's number greater than the snapshot's
    for engine in (other, archive):
        taking(engine).restore_snapshot(repository, "one", replace=True)
        assert len(whole(engine)) == len(ARTICLES)
        for number in range(3):
            fill(engine, Document(f"later {number}", "Later"))
            assert len(whole(engine)) == len(ARTICLES) + 1 + number
        assert ids(ask(engine, exact("uncommitted"))) == []


def test_a_killed_restore_leaves_the_archive_as_it_was(archive: Engine, repository: str, opensearch: str) -> None:
    fill(archive, *news(2_000, words=40))
    taking(archive).take_snapshot(repository, "one")
    with archive.writer() as writer:
        for number in range(100):
            writer.delete(f"{number:04}")
    before, there = whole(archive), _indices(opensearch, archive)
    command = ["-m", "search", "cluster", "restore", "one", "--repository", repository, "--replace"]
    with subprocess.Popen([sys.executable, *command, "--index", archive.url], env=environment()) as process:
        wait_until(lambda: _indices(opensearch, archive) != there, "the restore", process)
        process.kill()
    assert len(whole(archive)) in (len(before), len(before) + 100)
    taking(archive).restore_snapshot(repository, "one", replace=True)
    assert len(whole(archive)) == len(before) + 100
    fill(archive, Document("new", "New"))
    assert len(whole(archive)) == len(before) + 101


def _indices(opensearch: str, engine: Engine) -> object:
    return answer(opensearch, Request("GET", f"/_cat/indices/{name_of(engine)}-*?format=json&h=index"))


@pytest.mark.parametrize(
    ("repository", "name", "message"),
    [
        ("r", "../_all", "no name of a snapshot"), ("r", "Upper", "no name of a snapshot"), ("r", "", "no name of"),
        ("r", "a/b", "no name of a snapshot"), ("r", "a?b", "no name of a snapshot"), ("r", "x" * 300, "no name of"),
        ("..", "a", "no name of a repository"), ("a/b", "a", "no name of a repository"), ("", "a", "no name of a rep"),
        ("a,b", "a", "no name of a repository"), ("*", "a", "no name of a repository"), ("r", "*", "no name of"),
        ("nosuchrepository", "a", "the cluster has no repository nosuchrepository; register it"),
    ],
)  # fmt: skip
def test_names_that_are_none_are_refused(archive: Engine, repository: str, name: str, message: str) -> None:
    for attempt in (taking(archive).take_snapshot, taking(archive).restore_snapshot):
        with pytest.raises(ConfigError, match=message):
            attempt(repository, name)


def test_what_is_not_there_is_said_to_be_missing(archive: Engine, other: Engine, repository: str) -> None:
    with pytest.raises(ConfigError, match="there is no such snapshot"):
        taking(archive).restore_snapshot(repository, "absent", replace=True)
    with pytest.raises(IndexMissing):
        taking(other).take_snapshot(repository, "one")
    taking(archive).take_snapshot(repository, "one")
    with pytest.raises(ConfigError, match="there is a snapshot one in"):
        taking(archive).take_snapshot(repository, "one")
    assert whole(archive) == sorted(ARTICLES, key=lambda article: article.id)


def test_a_snapshot_of_something_else_is_not_restored(archive: Engine, repository: str, opensearch: str) -> None:
    path = f"/_snapshot/{repository}/foreign?wait_for_completion=true"
    answer(opensearch, Request("PUT", path, json.dumps({"indices": f"{name_of(archive)}-lease"})))
    with pytest.raises(ConfigError, match="holds no archive of Backfile"):
        taking(archive).restore_snapshot(repository, "foreign", replace=True)
    assert taking(archive).snapshots(repository) == []


def invoke(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(main, ("cluster", *arguments))


def test_the_commands_say_what_was_done(runner: CliRunner, archive: Engine, other: Engine, repository: str) -> None:
    there = ("--repository", repository, "--index", archive.url)
    said = invoke(runner, "snapshot", "one", *there)
    assert (said.exit_code, said.stdout) == (0, f"one: {len(ARTICLES)} articles of {name_of(archive)}\n")
    assert json.loads(invoke(runner, "snapshot", "two", *there, "--json").stdout)["name"] == "two"
    assert [row["state"] for row in json.loads(invoke(runner, "snapshots", *there, "--json").stdout)] == [
        "complete"
    ] * 2
    assert invoke(runner, "snapshots", *there).stdout.startswith(
        f"one: {len(ARTICLES)} articles of {name_of(archive)}, "
    )
    refused = invoke(runner, "restore", "one", *there)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--replace" in refused.stderr
    said = invoke(runner, "restore", "one", *there, "--replace")
    assert said.stdout == f"{archive.url}: {len(ARTICLES)} articles restored from one\n"
    elsewhere = ("--repository", repository, "--index", other.url)
    assert json.loads(invoke(runner, "restore", "two", *elsewhere, "--json").stdout)["articles"] == len(ARTICLES)


def test_an_index_that_is_on_no_cluster_has_no_repository(runner: CliRunner) -> None:
    fill(open_engine("here"), *FLOOD)
    said = invoke(runner, "snapshot", "one", "--repository", "r", "--index", "here")
    assert said.exit_code == 2
    assert "whoosh:here is not on a cluster" in said.stderr
