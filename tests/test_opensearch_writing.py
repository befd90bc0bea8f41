"""Writing to a real cluster: what shows when, what a cut leaves, who may write, what is refused, what is swept."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from archives import answers, ask, exact, fill, ids, news

from index.indexer import Indexer
from index.sources import find_sources
from search.document import Document
from search.engines import open_engine
from search.engines.opensearch.engine import ClusterEngine
from search.engines.opensearch.format.commits import Commit, find_record, newest_commit, next_steps
from search.engines.opensearch.format.keeping import Keeping
from search.engines.opensearch.format.mapping import FORMAT
from search.engines.opensearch.transport.address import Address, Host
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent
from search.engines.opensearch.writing import bulk, lease, preparing, publishing, versions
from search.engines.opensearch.writing import writer as writing
from search.engines.opensearch.writing.indices import give_up, make_index, physical_indices, put_in_place
from search.engines.opensearch.writing.lease import Lease, LeaseLost
from search.engines.plan import Plan
from search.errors import (
    ArticlesRefused,
    ConfigError,
    EngineError,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    IndexVersionError,
)
from search.query.match import MatchAll

SOME = 207
"""The outcome of a batch of which some operations are refused, because a queue is full."""
SHORT_SECONDS = 1.0
"""A lease that tests can wait for."""


@pytest.fixture
def address(opensearch_archive: str) -> Address:
    return Address.parse(opensearch_archive)


@pytest.fixture
def connection(address: Address) -> Iterator[Connection]:
    opened = Connection(address)
    yield opened
    opened.close()


@pytest.fixture
def engine(address: Address) -> Iterator[ClusterEngine]:
    opened = ClusterEngine(address)
    yield opened
    opened.close()


@contextmanager
def between(address: Address, outcomes: Callable[[str, int], int | None]) -> Iterator[Address]:
    """A server that passes requests on to the cluster, for the block. `outcomes` gets the path and how many of its kind
    came before; a status that it returns is answered at once, and a negative one when the request was carried out."""
    counts: Counter[str] = Counter()
    target = f"http://{address.hosts[0]}"

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            kind = self.path.partition("?")[0].rpartition("/")[2]
            number = counts[kind]
            counts[kind] += 1
            status = outcomes(self.path, number)
            if status == SOME:
                self._pass_some_on(body)
                return
            if status is not None and status > 0:
                self._answer(status, b'{"error": {"type": "es_rejected_execution_exception", "reason": "busy"}}')
                return
            kept = {name: self.headers[name] for name in ("content-type",) if name in self.headers}
            request = Request(target + self.path, body or None, kept, method=self.command)
            try:
                with urlopen(request, timeout=30) as reply:
                    found = reply.status, reply.read()
            except HTTPError as error:
                found = error.code, error.read()
            if status is not None:
                self.close_connection = True  # carried out, and its answer is lost
                return
            self._answer(*found)

        def _pass_some_on(self, body: bytes) -> None:
            """Passes on every second operation of a batch of added articles; the queue is too full for the others."""
            lines = body.splitlines(keepends=True)
            rows = [lines[place : place + 2] for place in range(0, len(lines), 2)]
            kept = b"".join(line for row in rows[::2] for line in row)
            request = Request(target + self.path, kept, {"content-type": "application/x-ndjson"})
            with urlopen(request, timeout=30) as reply:
                found = json.load(reply)
            busy = {"index": {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "full"}}}
            taken = iter(found.get("items") or [{"index": {"status": 201}}] * len(rows))
            items = [busy if place % 2 else next(taken) for place in range(len(rows))]
            self._answer(200, json.dumps({"errors": len(rows) > 1, "items": items}).encode())

        do_GET = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield replace(address, hosts=(Host("127.0.0.1", server.server_port),))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def held(engine: ClusterEngine) -> list[str]:
    return sorted(ids(ask(engine, limit=1_000)))


def raw_versions(connection: Connection, index: str) -> Counter[tuple[int, int | None]]:
    """How many versions the index holds, by the epochs in which they were born and died."""
    connection.send("POST", f"/{index}/_refresh")
    body = {
        "size": 1_000,
        "_source": False,
        "docvalue_fields": ["born", "died"],
        "query": {"exists": {"field": "born"}},
    }
    [answer] = connection.search_many([(index, body)])
    found = [hit["fields"] for hit in answer["hits"]["hits"]]
    return Counter((row["born"][0], row["died"][0] if "died" in row else None) for row in found)


def expire_lease(connection: Connection) -> None:
    """Has the lease expired, as if its time were over."""
    path = f"/{connection.address.name}-lease/_doc/lease"
    source = connection.send("GET", path)["_source"]
    connection.send("PUT", path, source | {"expires_at": 0.0})


# --- what shows


def test_nothing_shows_before_the_commit_and_then_everything_at_once(engine: ClusterEngine, address: Address) -> None:
    """Readers search without pause while articles are changed, added and deleted in one transaction after another."""
    generations = 8
    size = 40
    fill(engine, *(Document(f"{number:02}", "state0") for number in range(size)))
    wrong: list[object] = []
    done = threading.Event()
    seen: set[int] = set()

    def read() -> None:
        reader = ClusterEngine(address)
        while not done.is_set():
            with reader.searcher() as searcher:
                states = [searcher.search(Plan(exact(f"state{state}"))).total for state in range(generations + 1)]
                total = searcher.search(Plan(MatchAll())).total
            shown = [state for state, count in enumerate(states) if count]
            seen.update(shown)
            if len(shown) != 1 or states[shown[0]] != total or total != size + shown[0]:
                wrong.append((states, total))
        reader.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for state in range(1, generations + 1):
            fill(engine, *(Document(f"{number:02}", f"state{state}") for number in range(size + state)))
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert len(seen) > 2, "the readers have seen states come and go"


def test_the_record_says_what_a_search_for_everything_finds(engine: ClusterEngine, connection: Connection) -> None:
    documents = [replace(document, language=("en", "de", "")[number % 3]) for number, document in enumerate(news(30))]
    fill(engine, *documents)
    fill(engine, *(replace(document, title="two words") for document in documents[:10]))
    with engine.writer() as writer:
        writer.delete(documents[-1].id)
    commit = newest_commit(connection)
    assert commit.articles == 29 == ask(engine).total
    assert commit.languages == ("de", "en")
    assert commit.average_lengths["title"] == pytest.approx((10 * 2 + 19 * 5) / 29)
    assert commit.average_lengths["summary"] == 0.0


def test_an_article_added_and_deleted_in_any_order_ends_as_the_last_said(engine: ClusterEngine) -> None:
    fill(engine, Document("old", "first"), Document("kept", "first"))
    chance = random.Random(5)
    expected = {"old": "first", "kept": "first"}
    with engine.writer() as writer:
        for step in range(120):
            name = chance.choice(("old", "new", "newer"))
            if chance.random() < 0.4:
                assert writer.delete(name) is (name in expected)
                expected.pop(name, None)
            else:
                writer.add(Document(name, f"step{step}"))
                expected[name] = f"step{step}"
    with engine.searcher() as searcher:
        for name in ("old", "new", "newer", "kept"):
            document = searcher.document(name)
            assert (document.title if document else None) == expected.get(name)
    assert held(engine) == sorted(expected)


def test_batches_that_overtake_each_other_leave_the_last_version(
    engine: ClusterEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH_BYTES", 1)  # each article is a batch of its own, and two are under way at a time
    with engine.writer() as writer:
        for number in range(60):
            writer.add(Document(f"{number % 3}", f"word{number}"))
    assert ids(ask(engine, exact("word57"))) == ["0"]
    assert ids(ask(engine, exact("word58"))) == ["1"]
    assert ids(ask(engine, exact("word59"))) == ["2"]
    assert ask(engine).total == 3


def test_ids_and_texts_that_utf8_has_no_place_for_are_told_apart(engine: ClusterEngine) -> None:
    first, second = Document("a\ud800", "one", "body \ud801"), Document("a\ud801", "two")
    fill(engine, first, second)
    fill(engine, replace(second, title="three"))
    with engine.searcher() as searcher:
        assert searcher.document("a\ud800") == first
    with engine.writer() as writer:
        assert writer.delete("a\ud801") is True
        assert writer.delete("a?") is False
    assert ask(engine).total == 1


def test_articles_that_changed_are_looked_up_many_at_a_time(engine: ClusterEngine, address: Address) -> None:
    count = 2 * versions.LOOKUP_IDS + 10
    fill(engine, *(Document(f"{number:04}", "first") for number in range(count)))
    with counting(address) as (counted, sent):
        fill(ClusterEngine(counted), *(Document(f"{number:04}", "second") for number in range(count)))
    assert ask(engine, exact("second")).total == count
    assert ask(engine, exact("first")).total == 0
    assert sent["_msearch"] <= count // versions.LOOKUP_IDS + 2
    assert sent["_bulk"] <= 4


def test_nothing_is_looked_up_where_nothing_can_be(address: Address) -> None:
    for replaces in (False, True):
        with counting(address) as (counted, sent), ClusterEngine(counted).writer(replace=replaces) as writer:
            for number in range(600):
                writer.add(Document(f"{number}", "word"))
        assert sent["_msearch"] == 1, "only the one that counts what is committed"
        assert sent["_mget"] == 0


@contextmanager
def counting(address: Address) -> Iterator[tuple[Address, Counter[str]]]:
    """The address of a server that passes requests on, for the block, and how many of each kind it has passed on."""
    sent: Counter[str] = Counter()

    def outcomes(path: str, _: int) -> None:
        sent[path.partition("?")[0].rpartition("/")[2]] += 1

    with between(address, outcomes) as counted:
        yield counted, sent


# --- who may write


def test_who_is_locked_out_is_told_by_whom_since_when_and_until_when(engine: ClusterEngine) -> None:
    with engine.writer(), pytest.raises(IndexLocked) as caught:
        engine.writer()
    message = str(caught.value)
    assert f"process {os.getpid()} on " in message
    assert message.count("UTC") == 2


def test_of_many_that_create_an_archive_at_once_one_writes(address: Address) -> None:
    """The others are refused, and no index is left half-made."""
    engines = [ClusterEngine(address) for _ in range(6)]
    start = threading.Barrier(len(engines))
    outcomes: list[str] = []

    def write(engine: ClusterEngine, name: str) -> None:
        start.wait()
        try:
            with engine.writer() as writer:
                writer.add(Document(name, "one"))
                time.sleep(0.5)
            outcomes.append(name)
        except IndexLocked:
            outcomes.append("locked")

    threads = [threading.Thread(target=write, args=(engine, str(number))) for number, engine in enumerate(engines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = [outcome for outcome in outcomes if outcome != "locked"]
    assert len(outcomes) == 6
    assert len(written) == 1
    assert held(engines[0]) == written
    assert [(found.is_half, found.is_current) for found in physical_indices(Connection(address))] == [(False, True)]


def test_a_lease_is_renewed_while_its_writer_lives(address: Address) -> None:
    engine = ClusterEngine(address, lease_seconds=SHORT_SECONDS)
    with engine.writer() as writer:
        writer.add(Document("a", "one"))
        time.sleep(3 * SHORT_SECONDS)
        with pytest.raises(IndexLocked):
            engine.writer()
    assert held(engine) == ["a"]


@contextmanager
def asleep(engine: ClusterEngine, monkeypatch: pytest.MonkeyPatch, **options: bool) -> Iterator[Any]:
    """A writer of `engine` that does not renew its lease, as if its machine slept."""
    with monkeypatch.context() as patched:
        patched.setattr(lease.Lease, "_renew_now_and_then", lambda self: self._ended.wait())
        yield engine.writer(**options)


def test_a_writer_that_lost_its_lease_fails_and_disturbs_nobody(
    address: Address, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ClusterEngine(address, lease_seconds=SHORT_SECONDS), ClusterEngine(address)
    fill(new, Document("a", "first"), Document("b", "first"), Document("c", "first"))
    with asleep(old, monkeypatch) as late:
        late.add(Document("a", "late"))
        assert late.delete("b") is True
        late._flush()
        time.sleep(SHORT_SECONDS + 0.1)
        with new.writer() as writer:
            writer.add(Document("a", "second"))
            writer.add(Document("d", "second"))
            late.add(Document("c", "late"))
            late.add(Document("e", "late"))
            late._flush()  # it does not know yet
        with pytest.raises(LeaseLost, match="run again"):
            late.commit()
    assert held(new) == ["a", "b", "c", "d"]
    assert ids(ask(new, exact("late"))) == []
    assert sorted(ids(ask(new, exact("second")))) == ["a", "d"]
    fill(new, Document("c", "third"))
    assert sorted(ids(ask(new, exact("first")))) == ["b"]
    assert newest_commit(connection).aborted == (2,)


def test_a_writer_that_slept_between_its_last_look_and_the_commit_is_refused(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has not committed yet; that it has begun is enough."""
    old, new = ClusterEngine(address, lease_seconds=SHORT_SECONDS), ClusterEngine(address)
    fill(new, Document("a", "first"))
    for replaces in (False, True):
        with asleep(old, monkeypatch, replace=replaces) as late:
            late.add(Document("a", "late"))
            commit = late._prepared()
            time.sleep(SHORT_SECONDS + 0.1)
            with new.writer() as writer:
                with pytest.raises(LeaseLost):
                    late._publish(commit)
                writer.add(Document("b", f"second{replaces}"))
            late.rollback()
        assert held(new) == ["a", "b"]
        assert ids(ask(new, exact("late"))) == []


def test_a_late_writer_cannot_make_an_index_that_is_gone_by_writing_to_it(
    address: Address, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ClusterEngine(address, lease_seconds=SHORT_SECONDS), ClusterEngine(address)
    with asleep(old, monkeypatch) as late:
        late.add(Document("a", "late"))
        late._flush()
        time.sleep(SHORT_SECONDS + 0.1)
        fill(new, Document("b", "one"))
        late.add(Document("c", "late"))
        with pytest.raises(EngineError):
            late.commit()
    assert [found.name for found in physical_indices(connection)] == [newest_commit(connection).index]
    assert held(new) == ["b"]


def test_marks_of_a_later_writer_are_never_overwritten(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    """The late one reads the article after the other has marked it, and before that one has committed."""
    old, new = ClusterEngine(address, lease_seconds=SHORT_SECONDS), ClusterEngine(address)
    fill(new, Document("a", "first"), Document("b", "first"))
    with asleep(old, monkeypatch) as late:
        late.add(Document("x", "late"))
        time.sleep(SHORT_SECONDS + 0.1)
        with new.writer() as writer:
            writer.add(Document("a", "second"))
            writer._flush()
            with pytest.raises(EngineError):
                late.delete("a")
        late.rollback()
    assert sorted(ids(ask(new, exact("first")))) == ["b"]
    assert held(new) == ["a", "b"]


def test_epochs_go_on_where_the_lease_document_was_lost(engine: ClusterEngine, connection: Connection) -> None:
    """As after restoring a snapshot without it; with something in the index that was never committed."""
    for number in range(3):
        fill(engine, Document("a", f"word{number}"))
    writer = engine.writer()
    writer.add(Document("b", "lost"))
    writer._flush()
    connection.send("DELETE", f"/{connection.address.name}-lease")
    with pytest.raises(LeaseLost):
        writer.commit()
    generation = engine.generation()
    fill(engine, Document("c", "new"))
    assert held(engine) == ["a", "c"]
    commit = newest_commit(connection)
    assert commit.epoch == 5
    assert commit.generation != generation


# --- a run that is cut

_PROGRAM = """
import os, signal, sys
from search.document import Document
from search.engines import open_engine
from search.engines.opensearch.writing import bulk, publishing, writer

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

url, where, replaces, prefix = sys.argv[1], sys.argv[2], sys.argv[3] == "replace", sys.argv[4]
bulk.BATCH_BYTES = 2_000
if where == "bulk":
    sent = bulk.Bulk._sent
    count = 0
    def cut(self, batch):
        global count
        count += 1
        return sent(self, batch) if count < 6 else die()
    bulk.Bulk._sent = cut
elif where == "record":
    writer.ClusterWriter._publish = die
elif where == "alias":
    publishing.put_in_place = die
elif where == "end":
    writer.ClusterWriter._sweep = die
with open_engine(url).writer(replace=replaces) as opened:
    for number in range(40):
        opened.add(Document(f"{prefix}{number:02}", "new " * 20))
    if not replaces:
        opened.delete("old")
"""
"""Writes, and kills itself at a certain place as `kill -9` would."""


def run_cut(url: str, where: str, *, replaces: bool, prefix: str = "") -> None:
    """Adds the articles 00 to 39, named with a prefix."""
    command = [sys.executable, "-c", _PROGRAM, url, where, "replace" if replaces else "add", prefix]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize(
    ("where", "replaces"), [("bulk", False), ("record", False), ("bulk", True), ("record", True), ("alias", True)]
)
def test_a_run_that_is_killed_leaves_the_old_answers_and_the_next_completes(
    opensearch_archive: str, engine: ClusterEngine, connection: Connection, where: str, replaces: bool
) -> None:
    fill(engine, Document("old", "first"), Document("00", "first"))
    generation = engine.generation()
    run_cut(opensearch_archive, where, replaces=replaces)
    assert engine.generation() == generation
    assert sorted(ids(ask(engine, exact("first")))) == ["00", "old"]
    assert ask(engine).total == 2
    # This host sees that the process is gone; so its lease need not be waited for.
    with engine.writer(replace=replaces) as writer:
        for number in range(40):
            writer.add(Document(f"{number:02}", "new"))
        writer.delete("old")
    assert held(engine) == [f"{number:02}" for number in range(40)]
    assert ids(ask(engine, exact("first"))) == []
    epoch = newest_commit(connection).epoch
    found = raw_versions(connection, newest_commit(connection).index)
    assert {born for born, _ in found} <= {1, epoch}, "what the cut run had written is gone"
    assert not [index for index in physical_indices(connection) if index.is_half]


@pytest.mark.parametrize("where", ["bulk", "record", "alias"])
def test_a_first_run_that_is_killed_leaves_no_archive_and_the_next_makes_one(
    opensearch_archive: str, engine: ClusterEngine, connection: Connection, where: str
) -> None:
    run_cut(opensearch_archive, where, replaces=False)
    with pytest.raises(IndexMissing):
        engine.searcher()
    fill(engine, Document("a", "one"))
    assert held(engine) == ["a"]
    assert len(physical_indices(connection)) == 1


@pytest.mark.parametrize("replaces", [False, True])
def test_a_run_that_is_killed_after_its_commit_has_committed(
    opensearch_archive: str, engine: ClusterEngine, connection: Connection, replaces: bool
) -> None:
    fill(engine, Document("old", "first"))
    run_cut(opensearch_archive, "end", replaces=replaces)
    assert held(engine) == [f"{number:02}" for number in range(40)]
    fill(engine, Document("a", "one"))
    assert len(held(engine)) == 41
    assert newest_commit(connection).aborted == ()


def test_runs_that_are_killed_one_after_another_keep_all_that_was_committed(
    opensearch_archive: str, engine: ClusterEngine, connection: Connection
) -> None:
    """None of them gives its lease back, so the next one is told of all of them."""
    fill(engine, Document("0", "first"))
    expected = ["0"]
    for prefix, where in (("a", "end"), ("b", "end"), ("c", "record"), ("d", "end"), ("e", "bulk"), ("f", "end")):
        run_cut(opensearch_archive, where, replaces=False, prefix=prefix)
        if where == "end":
            expected += [f"{prefix}{number:02}" for number in range(40)]
        assert held(engine) == expected, f"after the run that added {prefix}00 and others"
    fill(engine, Document("z", "last"))
    assert held(engine) == [*expected, "z"]
    assert newest_commit(connection).aborted == (4, 6)


def test_what_is_left_of_a_living_process_is_waited_for(engine: ClusterEngine, connection: Connection) -> None:
    with engine.writer() as writer:
        writer.add(Document("a", "one"))
        with pytest.raises(IndexLocked):
            engine.writer()
        expire_lease(connection)
        with engine.writer() as other:
            other.add(Document("b", "two"))
        with pytest.raises(LeaseLost):
            writer.commit()
    assert held(engine) == ["b"]


# --- what is refused


@contextmanager
def refusing(connection: Connection, tag: str) -> Iterator[None]:
    """For the block the archive's index refuses articles with this tag: a pipeline gives them an unknown field."""
    index = newest_commit(connection).index
    pipeline = f"/_ingest/pipeline/{index}"
    condition = f"ctx.key?.tag != null && ctx.key.tag.contains('{tag}')"
    connection.send("PUT", pipeline, {"processors": [{"set": {"if": condition, "field": "strange", "value": 1}}]})
    connection.send("PUT", f"/{index}/_settings", {"index.final_pipeline": index})
    try:
        yield
    finally:
        connection.send("PUT", f"/{index}/_settings", {"index.final_pipeline": "_none"})
        connection.send("DELETE", pipeline)


def test_an_article_that_the_cluster_refuses_does_not_spoil_the_others(
    engine: ClusterEngine, connection: Connection
) -> None:
    fill(engine, Document("kept", "first"), Document("b", "first"))
    new = [Document(name, "second", tags=("odd",) if name in "bc" else ()) for name in "abcd"]
    with refusing(connection, "odd"):
        with pytest.raises(ArticlesRefused, match="'b' and 1 others") as caught:
            fill(engine, *new)
        assert list(caught.value.reasons) == ["b", "c"]
        assert "strict_dynamic_mapping" in caught.value.reasons["b"]
    assert held(engine) == ["a", "b", "d", "kept"]
    assert sorted(ids(ask(engine, exact("first")))) == ["b", "kept"], "the article that was there before still is"
    fill(engine, Document("b", "third"))
    assert ids(ask(engine, exact("third"))) == ["b"]
    assert held(engine) == ["a", "b", "d", "kept"]


def test_an_import_reports_what_the_cluster_refuses(
    engine: ClusterEngine, connection: Connection, tmp_path: Path
) -> None:
    fill(engine)
    lines = [{"id": name, "title": name, "body": "text", "tags": ["odd"] if name == "b" else []} for name in "abc"]
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with refusing(connection, "odd"):
        report = Indexer(engine).run(find_sources([path]))
    assert (report.added, report.failed, report.exit_code) == (2, 1, 3)
    assert report.failures[0].origin == str(path)
    assert report.failures[0].text.startswith("'b' could not be indexed: ")
    again = Indexer(engine).run(find_sources([path]))
    assert (again.added, again.unchanged, again.failed) == (1, 2, 0)


def test_a_transaction_that_loses_too_many_articles_is_not_committed(
    engine: ClusterEngine, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, Document("a", "first"))
    monkeypatch.setattr(writing, "MAX_REFUSED", 3)

    def write() -> None:
        with engine.writer() as writer:
            writer.add(Document("a", "second"))
            for number in range(5):
                writer.add(Document(f"{number}", "second", tags=("odd",)))

    with refusing(connection, "odd"), pytest.raises(EngineError, match="more than 3 articles"):
        write()
    assert ids(ask(engine, exact("first"))) == ["a"]
    assert held(engine) == ["a"]


# --- several processes


def test_an_archive_does_not_depend_on_the_number_of_processes(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "START_ARTICLES", 10)
    found = []
    for workers in (1, 3):
        engine = ClusterEngine(replace(address, name=f"{address.name}-{workers}"))
        for title in ("first", "second"):
            with engine.parallel_writer(workers=workers) as writer:
                for document in news(150):
                    writer.add(replace(document, title=f"{title} {document.title}"))
                for number in range(0, 150, 7):
                    assert writer.delete(f"{number:04}") is True
                writer.add(news(8)[7])
        with engine.searcher() as searcher:
            assert searcher.document("0007") == news(8)[7]
        found.append(answers(engine))
    for one, several in zip(*found, strict=True):
        assert one == several


def test_an_article_that_another_process_cannot_prepare_does_not_spoil_the_others(
    engine: ClusterEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "START_ARTICLES", 0)
    fill(engine, Document("b", "first"))
    bad = Document("b", "two", headings=("not a heading",))  # type: ignore[arg-type]
    writer = engine.parallel_writer(workers=2)
    for document in (Document("a", "one"), bad, Document("c", "three")):
        writer.add(document)
    with pytest.raises(ArticlesRefused, match="AttributeError"):
        writer.commit()
    assert held(engine) == ["a", "b", "c"]
    assert ids(ask(engine, exact("first"))) == ["b"]


# --- a cluster that has too much to do, or that is not heard


def test_batches_are_sent_again_until_a_busy_cluster_takes_them(
    engine: ClusterEngine, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each five batches two are refused, and one is carried out without an answer."""
    monkeypatch.setattr(bulk, "BATCH_BYTES", 4_000)
    statuses = (429, None, -1, None, 429)

    def outcomes(path: str, number: int) -> int | None:
        return statuses[number % 5] if "/_bulk" in path else None

    with between(address, outcomes) as slow:
        fill(ClusterEngine(slow), *news(20))
        fill(ClusterEngine(slow), *(replace(document, title="second") for document in news(20)))
    assert ask(engine).total == 20
    assert ask(engine, exact("second")).total == 20


def test_articles_for_which_a_queue_is_full_are_sent_again_alone(engine: ClusterEngine, address: Address) -> None:
    batches: list[str] = []

    def outcomes(path: str, _: int) -> int | None:
        if "/_bulk" not in path:
            return None
        batches.append(path)
        return SOME

    with between(address, outcomes) as full:
        fill(ClusterEngine(full), *news(30))
    assert held(engine) == [f"{number:04}" for number in range(30)]
    assert len(batches) == 5, "of 30, 15, 7, 3 and 1 articles, half are taken each time, and the last"


@pytest.mark.parametrize("replaces", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_commit_of_which_no_answer_comes_is_asked_about(
    engine: ClusterEngine, address: Address, replaces: bool, is_first: bool
) -> None:
    if not is_first:
        fill(engine, Document("a", "first"))
    decides = "/_doc/commit?if_seq_no" if not (replaces or is_first) else "/_aliases"
    lost: list[str] = []

    def outcomes(path: str, _: int) -> int | None:
        if decides in path and len(lost) < 2:
            lost.append(path)
            return -1
        return None

    with between(address, outcomes) as unheard, ClusterEngine(unheard).writer(replace=replaces) as writer:
        writer.add(Document("b", "second"))
    assert len(lost) >= 1
    assert "b" in held(engine)
    fill(engine, Document("c", "third"))
    assert "c" in held(engine)


def test_a_commit_that_fails_for_good_is_settled_by_the_next_writer(
    engine: ClusterEngine, address: Address, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(engine, Document("a", "first"))
    monkeypatch.setattr(publishing, "ANSWER_SECONDS", 1.0)

    def write(outcome: int) -> None:
        def outcomes(path: str, number: int) -> int | None:
            return outcome if "/_doc/commit" in path and number > 0 else None

        with between(address, outcomes) as unheard, ClusterEngine(unheard).writer() as writer:
            writer.add(Document("b", f"outcome{outcome}"))

    for outcome in (503, -1):  # not carried out, and carried out
        with pytest.raises(EngineError):
            write(outcome)
        expire_lease(connection)
        fill(engine, Document("c", f"after{outcome}"))
        assert held(engine) == (["a", "c"] if outcome == 503 else ["a", "b", "c"])


# --- sweeping


def test_what_was_replaced_stays_for_searchers_that_are_open_and_then_goes(
    address: Address, connection: Connection
) -> None:
    keeping = ClusterEngine(address)
    fill(keeping, Document("a", "first"), Document("b", "first"))
    with keeping.searcher() as old:
        for state in ("second", "third"):
            fill(keeping, Document("a", state))
        assert old.document("a") == Document("a", "first")
        index = newest_commit(connection).index
        assert sum(raw_versions(connection, index).values()) == 4
        hasty = ClusterEngine(replace(address, keep_seconds=0.0))
        fill(hasty, Document("c", "new"))
        assert raw_versions(connection, index) == {(1, None): 1, (3, None): 1, (4, None): 1}
        assert newest_commit(connection).floor == 4
    assert held(keeping) == ["a", "b", "c"]


def test_a_searcher_whose_articles_were_deleted_gets_an_error_and_never_a_short_count(address: Address) -> None:
    hasty = ClusterEngine(replace(address, keep_seconds=0.0))
    fill(hasty, Document("a", "first"), Document("b", "first"))
    with hasty.searcher() as old:
        assert old.search(Plan(exact("first"))).total == 2
        fill(hasty, Document("a", "second"))
        fill(hasty, Document("c", "third"))
        for use in (lambda: old.search(Plan(exact("first"))), lambda: old.document("a"), lambda: old.terms("f", 5)):
            with pytest.raises(EngineError, match="snapshot is too old"):
                use()
    assert held(hasty) == ["a", "b", "c"]


def test_a_commit_that_was_just_the_newest_is_not_asked_about_at_each_answer(
    engine: ClusterEngine, address: Address, connection: Connection
) -> None:
    fill(engine, Document("a", "first"))
    now = 0.0
    with counting(address) as (counted, sent):
        keeping = Keeping(Connection(counted), newest_commit(connection), clock=lambda: now)
        for seconds in (0.0, 4.9, 5.1, 9.0, 10.2):
            now = seconds
            keeping.require()
        assert sent["commit"] == 2
        fill(engine, Document("b", "first"))
        for seconds in (15.0, 15.3, 15.4):
            now = seconds
            keeping.require()
        assert sent["commit"] == 4, "it is not the newest any more"


def test_an_index_that_was_replaced_goes_when_its_time_is_over(address: Address, connection: Connection) -> None:
    keeping, hasty = ClusterEngine(address), ClusterEngine(replace(address, keep_seconds=0.0))
    fill(keeping, Document("a", "first"))
    with keeping.searcher() as old:
        with keeping.writer(replace=True) as writer:
            writer.add(Document("a", "second"))
        fill(keeping, Document("b", "second"))
        assert old.document("a") == Document("a", "first")
        assert len(physical_indices(connection)) == 2
    fill(hasty, Document("c", "third"))
    assert [found.name for found in physical_indices(connection)] == [newest_commit(connection).index]
    assert held(keeping) == ["a", "b", "c"]


def test_the_history_is_short_and_keeps_what_was_newest_within_the_time() -> None:
    """Against every commit of a long run: whoever opened one that was the newest in the last 600 s can read it."""
    chance = random.Random(3)
    now, epoch, commits = 1_000_000.0, 1, []
    commit = commit_at(1, now, (), 1)
    commits.append((1, now))
    for _ in range(3_000):
        now += chance.choice((0.05, 1.0, 60.0))
        epoch += 1
        floor, history = next_steps(commit, epoch, now, 600.0)
        commits.append((epoch, now))
        ended = [at for _, at in commits[1:]] + [float("inf")]
        needed = min(number for (number, _), end in zip(commits, ended, strict=True) if end > now - 600.0)
        assert floor <= needed
        assert len(history) <= 52
        commits = [step for step in commits if step[0] >= needed]
        commit = commit_at(epoch, now, history, floor)
        assert datetime.fromtimestamp(now, UTC) == commit.committed_at
    assert commit.floor > epoch - 200, "and not much more than that"


def commit_at(epoch: int, at: float, history: tuple[tuple[int, float], ...], floor: int) -> Commit:
    moment = datetime.fromtimestamp(at, UTC)
    return Commit("i", epoch, floor, (), moment, 0, (), {}, history=history)


def test_indices_of_others_are_never_touched(address: Address, connection: Connection) -> None:
    """Names like ours, made by somebody else or for an archive whose name begins with ours."""
    strange = f"{address.name}-000001"
    connection.send("PUT", f"/{strange}", {"settings": {"number_of_replicas": 0}})
    longer = ClusterEngine(replace(address, name=f"{address.name}-more"))
    fill(longer, Document("x", "theirs"))
    hasty = ClusterEngine(replace(address, keep_seconds=0.0))
    for state in ("first", "second"):
        with hasty.writer(replace=True) as writer:
            writer.add(Document("a", state))
    fill(hasty, Document("b", "third"))
    assert newest_commit(connection).index == f"{address.name}-000003", "the first epoch's name was not to be had"
    connection.send("GET", f"/{strange}")
    assert held(longer) == ["x"]


@pytest.mark.parametrize("replaces", [False, True])
def test_a_name_that_somebody_else_uses_is_refused(
    address: Address, engine: ClusterEngine, connection: Connection, replaces: bool
) -> None:
    connection.send("PUT", f"/{address.name}", {"settings": {"number_of_replicas": 0}})
    for use in (engine.searcher, engine.generation, lambda: engine.writer(replace=replaces)):
        with pytest.raises(EngineError, match="not made by Backfile"):
            use()
    connection.send("GET", f"/{address.name}")


# --- formats and damage


def test_an_index_of_another_format_is_refused_with_the_command_and_can_be_rebuilt(
    engine: ClusterEngine, connection: Connection
) -> None:
    fill(engine, Document("a", "one"))
    index = newest_commit(connection).index
    for held_format in (FORMAT + 1, 0):
        record = find_record(connection)
        assert record is not None
        source = {"commit": {"format": held_format, "something": "else"}}
        connection.send("PUT", f"/{index}/_doc/commit", source)
        connection.send("PUT", f"/{index}/_mapping", {"_meta": {"backfile": {"format": held_format}}})
        for use in (engine.searcher, engine.generation, engine.writer):
            with pytest.raises(IndexVersionError, match=r"backfile index .* --rebuild"):
                use()
    with engine.writer(replace=True) as writer:
        writer.add(Document("b", "two"))
    assert held(engine) == ["b"]


def test_a_schema_of_another_format_is_refused_even_if_the_record_is_ours(
    engine: ClusterEngine, address: Address, connection: Connection
) -> None:
    fill(engine, Document("a", "one"))
    index = newest_commit(connection).index
    connection.send("PUT", f"/{index}/_mapping", {"_meta": {"backfile": {"format": FORMAT + 1}}})
    other = ClusterEngine(address)
    for use in (other.searcher, other.writer):
        with pytest.raises(IndexVersionError, match="newer version"):
            use()


@pytest.mark.parametrize("source", [None, {"commit": {}}, {"commit": 7}, {"commit": {"format": FORMAT, "epoch": "x"}}])
def test_a_record_that_cannot_be_read_is_damage_and_can_be_rebuilt(
    engine: ClusterEngine, connection: Connection, source: Mapping[str, Any] | None
) -> None:
    fill(engine, Document("a", "one"))
    path = f"/{newest_commit(connection).index}/_doc/commit"
    if source is None:
        connection.send("DELETE", path)
    else:
        connection.send("PUT", path, source)
    for use in (engine.searcher, engine.generation, engine.writer):
        with pytest.raises(IndexDamaged, match="--rebuild"):
            use()
    with engine.writer(replace=True) as writer:
        writer.add(Document("b", "two"))
    assert held(engine) == ["b"]


def test_a_name_that_stands_for_two_indices_is_damage(
    engine: ClusterEngine, address: Address, connection: Connection
) -> None:
    fill(engine, Document("a", "one"))
    other = make_index(connection, 9)
    connection.send("POST", "/_aliases", {"actions": [{"add": {"index": other, "alias": address.name}}]})
    for use in (engine.searcher, engine.generation, engine.writer):
        with pytest.raises(IndexDamaged, match=r"several indices|the indices"):
            use()


def test_an_index_is_put_in_its_place_once_and_then_never_given_up(connection: Connection) -> None:
    index = make_index(connection, 1)
    put_in_place(connection, index, None)
    assert give_up(connection, index) is False
    with pytest.raises(Absent):
        put_in_place(connection, index, None)
    other = make_index(connection, 2)
    assert give_up(connection, other) is True
    with pytest.raises(Absent):
        put_in_place(connection, other, index)


def test_a_lease_that_cannot_be_read_says_what_to_delete(address: Address, connection: Connection) -> None:
    connection.send("PUT", f"/{address.name}-lease/_doc/lease", {"epoch": "?"})
    with pytest.raises(IndexDamaged, match=f"{address.name}-lease"):
        Lease(connection)


def test_without_the_client_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(ConfigError, match=r"pip install 'backfile\[opensearch\]'"):
        open_engine("opensearch://localhost/archive")
