"""A replica has what the other index has, and never less than a whole commit of it, whatever happens on the way."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from archives import fill, problems, whole
from click.testing import CliRunner
from corruption import flip
from leftovers import files_with
from livesite import sample_site
from program import environment
from proxy import proxy_to
from real_server import app_served
from small_servers import Answer, Seen, small_server
from steady import comes_true

from index.fetching.errors import FetchError
from index.replica.following import Follower, Step
from index.replica.source import Source
from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.disk.engine import DiskEngine
from search.errors import EngineError, IndexDamaged, IndexVersionError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone
from search.settings import Settings
from search.takedown import take_down
from search.write_keys import add_key
from webui import create_app

UNCLOSED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Werkzeug's own server does not close what it sends if the connection is reset."""
NOW = datetime(2024, 7, 1, 12, 0, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(4_000)]


def article(name: str, text: str = "a body of text") -> Document:
    return Document(name, f"title of {name}", text, url=f"https://news.example/{name}")


def long_articles(names: range, seed: int = 1) -> list[Document]:
    choice = random.Random(seed)
    return [article(f"{name}", " ".join(choice.choices(WORDS, k=400))) for name in names]


def engine_at(path: Path) -> DiskEngine:
    engine = open_engine(str(path))
    assert isinstance(engine, DiskEngine)
    return engine


def articles_of(engine: DiskEngine) -> dict[str, Document]:
    return {document.id: document for document in whole(engine)}


def named_in(folder: Path, word: bytes) -> list[str]:
    """The files in whose dictionaries the word is."""
    return [path.name for path in folder.glob("*.segment") if word in path.read_bytes()]


@dataclass
class Pair:
    """An index that is served at `address`, and a folder for a replica of it. `waits` are called in turn while the
    follower waits for its next attempt; an attempt without one is a mistake of the test."""

    engine: DiskEngine
    ledger: Ledger
    address: str
    key: str
    copy: Path
    waits: list[Callable[[], object]] = field(default_factory=list)

    @property
    def replica(self) -> DiskEngine:
        return engine_at(self.copy)

    @property
    def replica_ledger(self) -> Ledger:
        return open_ledger(f"{self.copy}.ledger")

    @contextmanager
    def following(self, address: str = "", *, key: str = "", replace: bool = False) -> Iterator[Follower]:
        source = Source(address or self.address, key or self.key)
        try:
            with self.replica.replica(source.url, replace=replace) as replica:
                yield Follower(source, replica, self.replica_ledger, sleep=lambda _: self.waits.pop(0)())
        finally:
            source.close()

    def step_by(self, address: str) -> Step:
        """A step of a replica of `address` that goes by another one."""
        source = Source(address, self.key)
        try:
            with self.replica.replica(self.address, replace=False) as replica:
                return Follower(source, replica, self.replica_ledger).step()
        finally:
            source.close()

    def step(self, address: str = "", **options: Any) -> Step:
        with self.following(address, **options) as follower:
            return follower.step()


@contextmanager
def served_copy(pair: Pair) -> Iterator[Pair]:
    """The replica of a pair, served to be followed in turn."""
    engine, ledger = pair.replica, pair.replica_ledger
    key = add_key(ledger, "another reader", "replicate", NOW)
    assert key is not None
    settings = Settings(index=engine.url, log_slow_seconds=300)
    with app_served(create_app(settings, engine)) as address:
        yield Pair(engine, ledger, address, key, pair.copy.with_name("second-copy"))


@contextmanager
def served_pair(folder: Path, *commits: list[Document]) -> Iterator[Pair]:
    """An index of these commits that is served, and no replica yet."""
    engine, ledger = engine_at(folder / "archive"), open_ledger(f"{folder / 'archive'}.ledger")
    for documents in commits:
        fill(engine, *documents)
    key = add_key(ledger, "reader", "replicate", datetime.now(UTC))
    assert key is not None
    settings = Settings(index=engine.url, log_slow_seconds=300)
    with app_served(create_app(settings, engine)) as address:
        yield Pair(engine, ledger, address, key, folder / "copy")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """An index of two segments."""
    with served_pair(tmp_path, long_articles(range(100)), [article("new"), article("5", "changed")]) as made:
        yield made


# --- what travels --------------------------------------------------------------------------------------------------


def test_a_replica_has_every_article_and_the_generation_of_the_other(pair: Pair) -> None:
    step = pair.step()
    assert (step.is_new, step.generation) == (True, pair.engine.generation())
    assert articles_of(pair.replica) == articles_of(pair.engine)
    assert pair.replica.generation() == pair.engine.generation()
    assert problems(pair.replica) == []


def test_only_files_that_are_new_travel(pair: Pair) -> None:
    with pair.following() as follower:
        first = follower.step()
        assert first.size_bytes == sum(path.stat().st_size for path in pair.copy.glob("*.*ed")) + sum(
            path.stat().st_size for path in pair.copy.glob("*.segment")
        )
        before = {path.name: path.stat().st_ino for path in pair.copy.glob("*.segment")}
        fill(pair.engine, article("newer"))
        second = follower.step()
        assert (second.files, second.is_new) == (1, True)
        assert second.size_bytes < first.size_bytes / 10
        after = {path.name: path.stat().st_ino for path in pair.copy.glob("*.segment")}
        assert before.items() <= after.items()
        third = follower.step()
        assert (third.files, third.size_bytes, third.is_new) == (0, 0, False)
    assert articles_of(pair.replica) == articles_of(pair.engine)


def test_a_replica_has_no_file_that_the_newest_commit_does_not_need(pair: Pair) -> None:
    pair.step()
    pair.engine.optimize()
    pair.step()
    kept = {path.name for path in pair.copy.iterdir() if path.is_file()}
    named = {path.name for path in (pair.engine._directory).glob("*.segment")}
    assert {name for name in kept if name.endswith(".segment")} <= named
    assert len([name for name in kept if name.endswith((".segment", ".deleted"))]) == 1
    assert articles_of(pair.replica) == articles_of(pair.engine)


def test_who_is_reading_goes_on_while_the_replica_moves_on(pair: Pair) -> None:
    pair.step()
    with pair.replica.searcher() as searcher:
        pair.engine.optimize()
        fill(pair.engine, article("newer"))
        pair.step()
        assert len(list(searcher.articles())) == 101
    assert len(whole(pair.replica)) == 102


def test_vectors_travel_as_files_of_their_own(pair: Pair) -> None:
    import numpy as np

    pair.step()
    model, document = "0" * 16, articles_of(pair.engine)["new"]
    pair.engine.add_vectors(model, {document.content_hash(): np.ones((1, 8), np.float32)})
    assert pair.step().files == 1
    with pair.replica.searcher() as searcher:
        assert searcher.vector_models() == (model,)


# --- connections that are cut --------------------------------------------------------------------------------------


@UNCLOSED
def test_a_file_whose_connection_is_cut_goes_on_where_it_ended(pair: Pair) -> None:
    with proxy_to(pair.address) as proxy:
        pair.waits = [proxy.mend]
        proxy.cut_after(200_000)
        step = pair.step(proxy.address)
        size = sum(path.stat().st_size for path in pair.copy.glob("*.*") if path.suffix in (".segment", ".deleted"))
        assert pair.waits == [], "the connection was cut"
        assert step.size_bytes == size
        assert proxy.answered < size + 10_000
    assert articles_of(pair.replica) == articles_of(pair.engine)


@UNCLOSED
def test_what_has_come_is_not_asked_for_again_by_the_next_run(pair: Pair) -> None:
    with proxy_to(pair.address) as proxy:
        pair.waits = [lambda: None] * 3
        proxy.cut_after(200_000)
        with pytest.raises(FetchError, match="does not come"):
            pair.step(proxy.address)
        came = sum(path.stat().st_size for path in (pair.copy / "backfile.incoming").iterdir())
        assert 100_000 < came <= 200_000
        assert not (pair.copy / "backfile.json").exists()
        proxy.mend()
        step = pair.step(proxy.address)
        size = sum(path.stat().st_size for path in pair.copy.glob("*.*") if path.suffix in (".segment", ".deleted"))
        assert step.size_bytes == size - came
    assert articles_of(pair.replica) == articles_of(pair.engine)


def test_a_server_that_does_not_answer_leaves_the_replica_as_it_is(pair: Pair) -> None:
    pair.step()
    before = articles_of(pair.replica)
    fill(pair.engine, article("newer"))
    with proxy_to(pair.address) as proxy:
        proxy.cut()
        with pytest.raises(FetchError, match="no answer"):
            pair.step_by(proxy.address)
    assert articles_of(pair.replica) == before


@contextmanager
def between(pair: Pair, change: Callable[[Seen, Answer], Answer]) -> Iterator[str]:
    """The address of a server that passes everything on, and changes answers on their way."""

    def respond(seen: Seen) -> Answer:
        parts = urlsplit(pair.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        wanted = {name: seen.headers[name] for name in ("authorization", "range") if name in seen.headers}
        connection.request(seen.method, seen.path, headers=wanted)
        response = connection.getresponse()
        kept = {name.lower(): value for name, value in response.getheaders()}
        kept = {name: kept[name] for name in ("content-type", "content-range", "etag") if name in kept}
        answer = Answer(response.status, response.read(), kept)
        connection.close()
        return change(seen, answer)

    with small_server(respond) as server:
        yield f"http://{server.place}"


def test_a_byte_that_was_damaged_on_its_way_is_refused(pair: Pair) -> None:
    places = iter([0, 40, 5_000, -1])

    def damage(seen: Seen, answer: Answer) -> Answer:
        if not seen.path.endswith(".segment"):
            return answer
        body, place = bytearray(answer.body), next(places, None)
        if place is not None:
            body[place] ^= 1
        return Answer(answer.status, bytes(body), answer.headers)

    with between(pair, damage) as address, pair.following(address) as follower:
        for _ in range(4):
            with pytest.raises(IndexDamaged, match="did not arrive as it was committed"):
                follower.step()
            assert list(pair.copy.glob("*.segment")) == []
        assert follower.step().is_new
    assert articles_of(pair.replica) == articles_of(pair.engine)
    assert problems(pair.replica) == []


def test_a_file_that_never_ends_is_broken_off(pair: Pair) -> None:
    def lengthen(seen: Seen, answer: Answer) -> Answer:
        longer = answer.body + b"x" if "/files/" in seen.path else answer.body
        return Answer(answer.status, longer, answer.headers)

    with between(pair, lengthen) as address, pytest.raises(FetchError, match="longer than it was said to be"):
        pair.step(address)
    assert list(pair.copy.glob("*.segment")) == []


def test_files_that_are_gone_lead_to_the_next_commit(pair: Pair) -> None:
    moved = []

    def move_on(seen: Seen, answer: Answer) -> Answer:
        if "/files/" in seen.path and not moved:
            moved.append(seen.path)
            pair.engine.optimize()
            fill(pair.engine, article("newer"))
            return Answer(404)
        return answer

    with between(pair, move_on) as address:
        step = pair.step(address)
    assert moved
    assert step.generation == pair.engine.generation()
    assert articles_of(pair.replica) == articles_of(pair.engine)


# --- what was taken down -------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Pair]:
    """An index so small that all its bytes can be searched."""
    with served_pair(tmp_path, [article("1"), article("secret", "the unspeakable zyxomma")]) as made:
        yield made


def test_what_was_taken_down_is_in_no_file_of_the_replica(small: Pair) -> None:
    pair = small
    pair.step()
    assert named_in(pair.copy, b"zyxomma")
    take_down(pair.engine, pair.ledger, [Tombstone("secret", "https://news.example/secret")], "court order", NOW)
    step = pair.step()
    assert step.removals == 1
    assert "secret" not in articles_of(pair.replica)
    assert files_with("zyxomma", pair.copy) == []
    [removal] = pair.replica_ledger.removed.in_force()
    assert (removal.id, removal.reason, removal.at) == ("secret", "court order", NOW)
    assert removal.tombstone.address == "https://news.example/secret"
    assert removal.purged_at is not None


def test_what_is_taken_down_is_known_before_any_file_comes(pair: Pair) -> None:
    pair.step()
    pair.ledger.removed.add([Tombstone("new")], "court order", NOW)
    fill(pair.engine, article("newer"))

    def without_files(seen: Seen, answer: Answer) -> Answer:
        return Answer(503) if "/files/" in seen.path else answer

    with between(pair, without_files) as address, pytest.raises(FetchError):
        pair.step(address, replace=True)
    [removal] = pair.replica_ledger.removed.in_force()
    assert removal.id == "new"
    assert removal.purged_at is None, "a file here still has it"


def test_a_replica_is_followed_by_another(small: Pair) -> None:
    small.step()
    with served_copy(small) as second:
        first_step = second.step()
        assert first_step.generation == small.engine.generation()
        assert articles_of(second.replica) == articles_of(small.engine)
        fill(small.engine, article("new"))
        assert not second.step().is_new, "the first replica has not moved on yet"
        take_down(small.engine, small.ledger, [Tombstone("secret")], "court order", NOW)
        small.step()
        step = second.step()
        assert (step.removals, step.generation) == (1, small.engine.generation())
        assert set(articles_of(second.replica)) == {"1", "new"}
        assert files_with("zyxomma", second.copy) == []
        assert [each.id for each in second.replica_ledger.removed.in_force()] == ["secret"]
        small.ledger.removed.undo("secret", NOW + timedelta(days=1))
        small.step()
        second.step()
        assert list(second.replica_ledger.removed.in_force()) == []


def test_what_is_let_in_again_there_may_be_shown_here(pair: Pair) -> None:
    names = [f"{number}" for number in range(30)]
    with pair.following() as follower:
        take_down(pair.engine, pair.ledger, [Tombstone(name) for name in names], "mistake", NOW)
        assert follower.step().removals == 30
        pair.ledger.removed.undo("7", NOW + timedelta(days=1))
        assert follower.step().removals == 1
    assert {each.id for each in pair.replica_ledger.removed.in_force()} == {*names} - {"7"}


def test_hundreds_of_takedowns_come_page_by_page(pair: Pair) -> None:
    pair.ledger.removed.add([Tombstone(f"gone-{number}") for number in range(250)], "old", NOW)
    assert pair.step().removals == 250
    assert len(pair.replica_ledger.removed.in_force()) == 250
    assert pair.replica_ledger.removed.unpurged() == []
    assert pair.step().removals == 0


ROWS: list[Any] = [
    [{}], ["x"], {"a": 1}, None,
    [{"id": "1", "url": None, "reason": "", "kind": "takedown", "removed_at": "2024-07-01T12:00:00+00:00",
      "undone_at": None, "changed_at": "2024-07-01T12:00:00+00:00"}] * 2,
    [{"id": "1", "url": None, "reason": "", "kind": "takedown", "removed_at": "yesterday", "undone_at": None,
      "changed_at": "2024-07-01T12:00:00+00:00"}],
]  # fmt: skip
"""Lists of what was taken down that no server of ours sends."""


def test_a_list_of_takedowns_that_makes_no_sense_is_refused(pair: Pair) -> None:
    lists = list(ROWS)

    def spoil(seen: Seen, answer: Answer) -> Answer:
        return Answer(200, json.dumps({"removed": lists[0]}).encode()) if "/removed" in seen.path else answer

    with between(pair, spoil) as address:
        while lists:
            with pytest.raises(FetchError, match="cannot be understood"):
                pair.step(address)
            del lists[0]
    assert pair.replica_ledger.removed.in_force() == []


# --- keys ----------------------------------------------------------------------------------------------------------


def test_only_a_key_for_copying_opens_the_files(pair: Pair) -> None:
    writing = add_key(pair.ledger, "cms", "admin", datetime.now(UTC))
    assert writing is not None
    for key, said in ((writing, "may not copy"), (pair.key[:-1] + "_", "does not accept"), ("none", "does not accept")):
        with pytest.raises(FetchError, match=said):
            pair.step(key=key)
    assert list(pair.copy.glob("*.segment")) == []


def test_a_key_for_copying_writes_nothing(pair: Pair) -> None:
    for method, path, body in (
        ("PUT", "/api/v1/articles/x", b'{"title": "x"}'),
        ("DELETE", "/api/v1/articles/new", None),
        ("GET", "/api/v1/writes", None),
    ):
        headers = {"Authorization": f"Bearer {pair.key}", "Content-Type": "application/json"}
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(pair.address + path, body, headers, method=method))
        assert refused.value.code == 403
        refused.value.close()


def test_an_index_without_files_cannot_be_followed(pair: Pair) -> None:
    engine = open_engine("memory:")
    fill(engine, article("1"))
    settings = Settings(ledger=pair.ledger.place, log_slow_seconds=300)
    with app_served(create_app(settings, engine)) as address, pytest.raises(FetchError, match="no index on disk"):
        pair.step(address)


def test_no_other_file_than_those_of_a_commit_is_sent(pair: Pair) -> None:
    headers = {"Authorization": f"Bearer {pair.key}"}
    for name in [
        "backfile.json",
        "backfile.lock",
        "../archive.ledger",
        "..%2Farchive.ledger",
        "%2Fetc%2Fpasswd",
        "x" * 300,
    ]:
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"{pair.address}/replica/v1/files/{name}", headers=headers))
        assert refused.value.code == 404
        refused.value.close()


def test_a_part_beyond_the_end_of_a_file_is_refused(pair: Pair) -> None:
    name = max(pair.engine._directory.glob("*.segment")).name
    headers = {"Authorization": f"Bearer {pair.key}", "Range": "bytes=99999999-"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{pair.address}/replica/v1/files/{name}", headers=headers))
    assert refused.value.code == 416
    refused.value.close()


def test_the_key_goes_over_no_open_network(pair: Pair) -> None:
    asked = []

    def public(*place: Any) -> list[str]:
        asked.append(place)
        return ["93.184.216.34"]

    source = Source("http://archive.example/", pair.key, resolve=public)
    with pytest.raises(FetchError, match="write https://"):
        source.commit()
    assert asked == [("archive.example", 80)]


# --- servers that lie ----------------------------------------------------------------------------------------------


def signed(manifest: dict[str, Any]) -> dict[str, Any]:
    content = {name: value for name, value in manifest.items() if name != "crc32"}
    return content | {"crc32": zlib.crc32(json.dumps(content, sort_keys=True).encode())}


def renamed(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    manifest["segments"][0]["file"]["name"] = name
    return signed(manifest)


def resized(manifest: dict[str, Any], size: int) -> dict[str, Any]:
    manifest["segments"][0]["file"]["size"] = size
    return signed(manifest)


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a path above": lambda manifest: renamed(manifest, "../../0123456789abcdef.segment"),
    "an absolute path": lambda manifest: renamed(manifest, "/tmp/0123456789abcdef.segment"),  # noqa: S108
    "the lock": lambda manifest: renamed(manifest, "backfile.lock"),
    "a name of no file of ours": lambda manifest: renamed(manifest, "evil.segment"),
    "a name with a line break": lambda manifest: renamed(manifest, "0123456789abcdef\n.segment"),
    "a size beyond all disks": lambda manifest: resized(manifest, 1 << 60),
    "a size beyond this disk": lambda manifest: resized(manifest, 1 << 43),
    "a size below zero": lambda manifest: resized(manifest, -5),
    "a file twice": lambda manifest: signed(manifest | {"segments": [manifest["segments"][0]] * 2}),
    "no sum": lambda manifest: manifest | {"number": 77},
    "no object": lambda _: [1],
    "nothing": lambda _: None,
    "another format": lambda manifest: signed(manifest | {"format": "else"}),
    "segments of another shape": lambda manifest: signed(manifest | {"segments": {"a": 1}}),
    "more articles than there are": lambda manifest: signed(
        manifest | {"segments": [manifest["segments"][0] | {"articles": 99_999}]}
    ),
}


def test_a_commit_that_cannot_be_is_refused_and_nothing_changes(pair: Pair, tmp_path: Path) -> None:
    pair.step()
    before, generation = articles_of(pair.replica), pair.replica.generation()
    fill(pair.engine, article("newer"))
    told: list[Callable[[dict[str, Any]], Any]] = []

    def tell(seen: Seen, answer: Answer) -> Answer:
        if not seen.path.endswith("/commit"):
            return answer
        content = json.loads(answer.body)
        return Answer(200, json.dumps(content | {"manifest": told[-1](content["manifest"])}).encode())

    others = {path for path in tmp_path.rglob("*") if pair.copy not in path.parents}
    with between(pair, tell) as address:
        for name, lie in LIES.items():
            told.append(lie)
            with pytest.raises(EngineError):
                pytest.fail(f"{name}: {pair.step_by(address)}")
            assert pair.replica.generation() == generation, name
    assert articles_of(pair.replica) == before
    assert {path for path in tmp_path.rglob("*") if pair.copy not in path.parents} == others
    assert pair.step().is_new


def test_an_answer_that_is_no_commit_is_refused(pair: Pair) -> None:
    bodies = [b"", b"[]", b"nonsense", b"[" * 100_000, b'{"removals": "x", "manifest": {}}', b"x" * 40_000_000]
    with small_server(lambda _: Answer(200, bodies[0])) as server:
        while bodies:
            with pytest.raises((FetchError, EngineError)):
                pair.step(f"http://{server.place}")
            del bodies[0]
    assert not (pair.copy / "backfile.json").exists()


def test_an_index_of_another_format_is_refused_with_what_to_do(pair: Pair) -> None:
    def age(seen: Seen, answer: Answer) -> Answer:
        if not seen.path.endswith("/commit"):
            return answer
        content = json.loads(answer.body)
        content["manifest"] = signed(content["manifest"] | {"version": 99})
        return Answer(200, json.dumps(content).encode())

    with between(pair, age) as address, pytest.raises(IndexVersionError, match="same version of Backfile"):
        pair.step(address)


# --- who else writes -----------------------------------------------------------------------------------------------


def test_nobody_else_writes_into_a_replica(pair: Pair, runner: CliRunner, tmp_path: Path) -> None:
    pair.step()
    before = articles_of(pair.replica)
    source = tmp_path / "more.jsonl"
    source.write_text('{"id": "mine", "title": "Mine", "body": "It is mine."}\n', "utf-8")
    for command in (
        ["index", str(source)], ["delete", "new", "--yes"], ["takedown", "new", "--reason", "x"], ["rebuild"],
        ["optimize"],
    ):  # fmt: skip
        done = runner.invoke(main, [*command, "--index", str(pair.copy)])
        assert (done.exit_code, "is a replica of" in done.stderr) == (1, True), (command, done.stderr)
    with pytest.raises(EngineError, match="is a replica of"):
        pair.replica.writer()
    assert articles_of(pair.replica) == before
    assert pair.replica_ledger.removed.in_force() == []


def test_what_is_sent_to_the_server_of_a_replica_is_not_taken(pair: Pair) -> None:
    pair.step()
    key = add_key(pair.replica_ledger, "cms", "write", datetime.now(UTC))
    client = create_app(Settings(index=str(pair.copy), log_slow_seconds=300)).test_client()
    sent = client.put("/api/v1/articles/x", json={"title": "x"}, headers={"Authorization": f"Bearer {key}"})
    assert sent.status_code == 503
    assert "is a replica of" in sent.json["detail"]


def test_an_index_that_was_written_here_is_replaced_only_if_asked(pair: Pair) -> None:
    fill(pair.replica, article("mine"))
    with pytest.raises(EngineError, match="--replace"):
        pair.step()
    assert set(articles_of(pair.replica)) == {"mine"}
    assert pair.step(replace=True).is_new
    assert articles_of(pair.replica) == articles_of(pair.engine)
    with pytest.raises(EngineError, match="--replace"):
        pair.step("http://127.0.0.1:9/")


def test_two_cannot_follow_into_one_folder(pair: Pair) -> None:
    with pair.following(), pytest.raises(EngineError, match="another writer holds"):
        pair.step()


def test_a_file_that_was_damaged_here_comes_anew_if_asked(pair: Pair) -> None:
    pair.step()
    damaged = max(pair.copy.glob("*.segment"), key=lambda path: path.stat().st_size)
    flip(damaged, damaged.stat().st_size // 2)
    assert problems(pair.replica)
    assert pair.step(replace=True).files == 1
    assert problems(pair.replica) == []


def test_a_replica_becomes_an_index_of_its_own(pair: Pair) -> None:
    pair.step()
    (pair.copy / "backfile.replica.json").unlink()
    fill(pair.replica, article("mine"))
    assert "mine" in articles_of(pair.replica)


def test_status_and_doctor_say_what_it_is_a_replica_of(pair: Pair, runner: CliRunner) -> None:
    pair.step()
    told = json.loads(runner.invoke(main, ["status", "--json", "--index", str(pair.copy)]).stdout)["replica"]
    assert (told["of"], told["problem"]) == (pair.address, None)
    assert f"of {pair.address}, last in step" in runner.invoke(main, ["status", "--index", str(pair.copy)]).stdout

    def finding() -> dict[str, str]:
        found = json.loads(runner.invoke(main, ["doctor", "--json", "--index", str(pair.copy)]).stdout)
        return next(each for each in found if each["what"] == "replica")

    assert finding()["health"] == "ok"
    path = pair.copy / "backfile.replica.json"
    state = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(state | {"in_step_at": "2024-07-01T12:00:00+00:00"}), "utf-8")
    assert finding()["health"] == "problem"
    path.write_text("{}", "utf-8")
    assert finding()["health"] == "problem"


# --- processes -----------------------------------------------------------------------------------------------------


def follow(address: str, copy: Path, key: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "search", "replicate", address, "--index", f"whoosh:{copy}", *options],
        env=environment(BACKFILE_REPLICATE_KEY=key), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_the_command_ends_at_a_mistake_and_says_what_to_do(pair: Pair, runner: CliRunner, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{pair.key}\n", "ascii")
    command = ["replicate", pair.address, "--index", str(pair.copy)]
    assert "a key is needed" in runner.invoke(main, command).stderr
    (tmp_path / "wrong").write_text("bfk_wrong", "ascii")
    refused = runner.invoke(main, [*command, "--key-file", str(tmp_path / "wrong")])
    assert (refused.exit_code, "keys add NAME --scope replicate" in refused.stderr) == (1, True)
    done = runner.invoke(main, [*command, "--key-file", str(key), "--once", "--json"])
    assert json.loads(done.stdout)["generation"] == pair.engine.generation()
    refused = runner.invoke(main, ["replicate", pair.address, "--index", "memory:", "--key-file", str(key)])
    assert (refused.exit_code, "index on disk" in refused.stderr) == (2, True)


@dataclass
class Asking:
    """Asks a server again and again in a thread, and keeps each status, and each number of hits with what it had."""

    address: str
    path: str
    seen: set[tuple[int, int]] = field(default_factory=set)
    times: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> tuple[int, int]:
        try:
            with urlopen(self.address + self.path, timeout=60) as answer:
                return answer.status, int(json.loads(answer.read())["total"])
        except HTTPError as error:
            with error:
                return error.code, 0

    def run(self) -> None:
        while not self._done.wait(0.02):
            self.seen.add(self.ask())
            self.times += 1

    def __enter__(self) -> Asking:
        self._thread = threading.Thread(target=self.run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def hits(address: str) -> list[tuple[str, float]]:
    with urlopen(f"{address}/api/v1/search?q=word17&per_page=20", timeout=60) as answer:
        found = json.loads(answer.read())["hits"]
    assert found
    return [(hit["id"], hit["score"]) for hit in found]


def test_a_reader_is_never_wrong_while_its_follower_is_killed_again_and_again(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("writer", "reader")]
    for folder in folders:
        folder.mkdir()
    archive, copy = (folder / "archive" for folder in folders)
    engine, ledger = engine_at(archive), open_ledger(f"{archive}.ledger")
    key = add_key(ledger, "reader", "replicate", datetime.now(UTC))
    assert key is not None
    fill(engine, *long_articles(range(300)))
    choice, committed = random.Random(9), {300}
    with sample_site(folders[0], engine.url, filled=True) as writer, proxy_to(writer) as proxy:
        first = follow(proxy.address, copy, key, "--once")
        said, _ = first.communicate(timeout=120)
        assert first.returncode == 0, said
        with (
            sample_site(folders[1], f"whoosh:{copy}", filled=True) as reader,
            Asking(reader, "/api/v1/search?per_page=0") as asking,
        ):
            proxy.slow(0.01)
            for number in range(5):
                fill(engine, *long_articles(range(1_000 * (number + 1), 1_000 * (number + 1) + 150), number))
                committed.add(300 + 150 * (number + 1))
                follower = follow(proxy.address, copy, key, "--every", "0.1")
                asked, arrived = proxy.connections, proxy.answered
                assert comes_true(lambda before=asked: proxy.connections > before)  # type: ignore[misc]
                wanted = arrived + choice.randrange(1, 1_200_000)
                comes_true(lambda before=wanted: proxy.answered > before, tries=20)  # type: ignore[misc]
                os.kill(follower.pid, signal.SIGKILL)
                follower.communicate()
            proxy.mend()
            follower = follow(proxy.address, copy, key, "--every", "0.1")
            try:
                assert comes_true(lambda: asking.ask() == (200, 1_050))
                fill(engine, article("secret", "the unspeakable zyxomma"))
                assert comes_true(lambda: asking.ask() == (200, 1_051))
                committed |= {1_050, 1_051}
                take_down(engine, ledger, [Tombstone("secret")], "court order", NOW)
                assert comes_true(lambda: asking.ask() == (200, 1_050))
                gone = Asking(reader, "/api/v1/articles/secret")
                assert comes_true(lambda: gone.ask()[0] == 410)
                assert comes_true(lambda: not named_in(copy, b"zyxomma"))
            finally:
                follower.send_signal(signal.SIGINT)
                follower.communicate(timeout=60)
            answers = [
                json.loads(urlopen(f"{each}/api/v1/search?q=word17&per_page=20").read()) for each in (writer, reader)
            ]
            assert [hit["id"] for hit in answers[0]["hits"]] == [hit["id"] for hit in answers[1]["hits"]]
            assert [hit["score"] for hit in answers[0]["hits"]] == [hit["score"] for hit in answers[1]["hits"]]
    assert asking.times > 20
    assert {status for status, _ in asking.seen} == {200}
    assert {total for _, total in asking.seen} <= committed
    assert problems(engine_at(copy)) == []
