"""Requests to a cluster: a real node, real sockets, and everything that can be in the way between them."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from small_servers import PAGE, RESET, Answer, Seen, before, passed_on, small_server

from search.engines.opensearch.transport import connection as connection_module
from search.engines.opensearch.transport import node as node_module
from search.engines.opensearch.transport.address import Address, Host
from search.engines.opensearch.transport.breaker import FAILURES, OPEN_SECONDS, Breaker
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.credentials import Credentials, variable
from search.engines.opensearch.transport.errors import (
    Absent,
    Blocked,
    ClusterError,
    Conflict,
    Denied,
    IndexAbsent,
    Refused,
    TooMuch,
    Unavailable,
    error_of,
)
from search.engines.opensearch.transport.nodes import FIRST_PAUSE_SECONDS
from search.errors import ConfigError, EngineError, IndexMissing
from search.tracing import TraceContext, follow

NOBODY = Credentials()


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.fixture
def place(opensearch: str) -> str:
    return urlsplit(opensearch).netloc


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@contextmanager
def connected(
    *places: str, time: Time | None = None, query: str = "", own: Credentials = NOBODY
) -> Iterator[Connection]:
    """A connection to an archive at these hosts, the first one asked first."""
    address = Address.parse(f"opensearch://{','.join(places)}/transport-archive{query}")
    connection = Connection(address, own, clock=time.clock, sleep=time.sleep) if time else Connection(address, own)
    connection._nodes._turns = iter(range(len(places), 10**9, len(places)))  # type: ignore[assignment]  # no turns
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def index(place: str) -> Iterator[Callable[..., str]]:
    """Makes indices with three documents, and deletes them after the test."""
    made: list[str] = []
    with connected(place) as connection:

        def make(**settings: object) -> str:
            name = f"transport-{uuid4().hex[:12]}"
            made.append(name)
            body = {"settings": {"number_of_replicas": 0, **settings}}
            connection.send("PUT", name, body, params={"wait_for_active_shards": "0"}, seconds=60)
            return name

        yield make
        for name in made:
            connection.send("DELETE", name, seconds=60, idempotent=True)


def fill(connection: Connection, name: str, count: int = 3) -> None:
    rows = [row for number in range(count) for row in ({"index": {"_id": str(number)}}, {"number": number})]
    assert connection.lines(f"{name}/_bulk", rows, params={"refresh": "true"}, seconds=60)["errors"] is False


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def mute() -> Iterator[tuple[str, list[socket.socket]]]:
    """A place that accepts connections and never says a word, and those that it has accepted."""
    accepted: list[socket.socket] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                accepted.append(listening.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", accepted
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for one in accepted:
            one.close()


def error(status: int, kind: str, reason: str = "so", **headers: str) -> Answer:
    body = {"error": {"type": kind, "reason": reason}, "status": status}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json; charset=UTF-8", **named})


# --- requests ------------------------------------------------------------------------------------------------------


def test_json_goes_in_and_comes_out(place: str, index: Callable[..., str]) -> None:
    name = index()
    with connected(place) as connection:
        fill(connection, name)
        assert connection.send("GET", f"/{name}/_doc/1")["_source"] == {"number": 1}
        assert connection.send("HEAD", name) is None
        found = connection.send("POST", f"{name}/_search", {"query": {"term": {"number": 2}}}, params={"size": "1"})
        assert [hit["_id"] for hit in found["hits"]["hits"]] == ["2"]
        connection.close()
        assert connection.send("GET", f"{name}/_count")["count"] == 3


def test_every_text_comes_back_as_it_went(place: str, index: Callable[..., str]) -> None:
    name, text = index(), 'Ünïcødé 新聞 😀 "\\\n\x00\x7f\u2028 \ud800 lone'
    with connected(place) as connection:
        connection.send("PUT", f"{name}/_doc/1", {"text": text}, idempotent=True)
        assert connection.send("GET", f"{name}/_doc/1")["_source"]["text"] == text


def test_an_index_may_have_a_name_in_any_script(place: str) -> None:
    name = f"transport-新聞-{uuid4().hex[:8]}"
    with connected(place) as connection:
        connection.send("PUT", name, {"settings": {"number_of_replicas": 0}})
        try:
            assert connection.search_many([(name, {"size": 0})])[0]["hits"]["total"]["value"] == 0
        finally:
            connection.send("DELETE", name)


def test_several_threads_share_a_connection(place: str, index: Callable[..., str]) -> None:
    name, wrong = index(), []
    with connected(place, place.replace("127.0.0.1", "localhost")) as connection:
        fill(connection, name)

        def ask(number: int) -> None:
            for _ in range(10):
                answers = connection.search_many([(name, {"query": {"term": {"number": number % 3}}})])
                wrong.extend(hit for hit in answers[0]["hits"]["hits"] if hit["_id"] != str(number % 3))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_notice_of_the_server_is_no_warning_of_python(opensearch: str) -> None:
    notice = {"content-type": "application/json", "warning": '299 OpenSearch-3.8.0 "[types removal] deprecated"'}

    def respond(seen: Seen) -> Answer | None:
        return Answer(200, b"{}", notice) if seen.path == "/_x" else None

    with before(opensearch, respond) as server, connected(server.place) as connection:
        assert connection.send("GET", "/_x") == {}


# --- several searches ----------------------------------------------------------------------------------------------


def test_searches_are_answered_in_one_trip(opensearch: str, place: str, index: Callable[..., str]) -> None:
    name = index(number_of_shards=2)
    with connected(place) as connection:
        fill(connection, name)
        assert connection.search_many([]) == []
    with before(opensearch, lambda _: None) as server, connected(server.place) as connection:
        one, other = connection.search_many([(name, {"size": 2, "sort": ["number"]}), (name, {"size": 0})])
        assert server.paths() == ["/_msearch"]
    assert [hit["_id"] for hit in one["hits"]["hits"]] == ["0", "1"]
    assert other["hits"]["total"]["value"] == 3
    assert "partial" not in other


def test_one_search_that_fails_fails_them_all(place: str, index: Callable[..., str]) -> None:
    name = index()
    with connected(place) as connection:
        with pytest.raises(ClusterError, match="unknown field") as caught:
            connection.search_many([(name, {"size": 0}), (name, {"query": {"nonsense": {}}})])
        assert caught.value.kind == "parsing_exception"
        with pytest.raises(IndexAbsent):
            connection.search_many([(name, {"size": 0}), ("transport-none", {"size": 0})])


@pytest.mark.parametrize("search", [{}, {"size": 0, "aggs": {"n": {"terms": {"field": "number"}}}}])
def test_counts_are_never_short(place: str, index: Callable[..., str], search: dict[str, Any]) -> None:
    lost = {"routing.allocation.total_shards_per_node": 1}  # of two shards one finds no place
    name, whole = index(number_of_shards=2, **lost), index()
    with connected(place, time=Time()) as connection:
        fill(connection, whole)
        short = connection.send("POST", f"{name}/_search", search)
        assert short["_shards"]["successful"] < short["_shards"]["total"]
        assert short["_shards"]["failed"] == 0
        with pytest.raises(Unavailable) as caught:
            connection.search_many([(whole, search), (name, search)])
        assert caught.value.answered == 503
        assert caught.value.status == 503
        with pytest.raises(Unavailable, match="1 of 2 shards"):
            connection.search(name, search, params={"include_named_queries_score": "true"})
    with connected(place, query="?partial=allow") as connection:
        one, other = connection.search_many([(whole, search), (name, search)])
        assert "partial" not in one
        assert other["partial"] is True
        assert connection.search(name, search, params={})["partial"] is True


def test_a_search_that_runs_out_of_its_time_says_so(place: str, index: Callable[..., str]) -> None:
    name = index()
    slow = "int n = 0; for (int i = 0; i < 5000; ++i) { n = (n * 31 + i * (int) doc['number'].value) % 10007; } "
    query = {"script": {"script": {"source": slow + "return n != -1;"}}}
    search = {"size": 0, "track_total_hits": True, "timeout": "1ms", "query": query}
    with connected(place) as connection:
        fill(connection, name, 9_000)
        [one] = connection.search_many([(name, search)], seconds=60)
        other = connection.search(name, search, params={})
    for answer in (one, other):
        assert answer["timed_out"] is True
        assert answer["hits"]["total"]["value"] < 9_000


def test_shards_that_fail_say_why(opensearch: str) -> None:
    reason = {"type": "query_shard_exception", "reason": "x", "caused_by": {"type": "too_many_clauses", "reason": "y"}}
    item = {"_shards": {"total": 3, "successful": 2, "failed": 1, "failures": [{"shard": 0, "reason": reason}]}}

    def respond(seen: Seen) -> Answer | None:
        return Answer(200, json.dumps({"responses": [item]}).encode()) if seen.path == "/_msearch" else None

    with before(opensearch, respond) as server, connected(server.place, time=Time()) as connection:
        with pytest.raises(TooMuch, match=r"1 of 3 shards did not answer.*shorten it"):
            connection.search_many([("a", {})])
        assert server.paths() == ["/_msearch"]


@pytest.mark.parametrize("query", ["?partial=refuse", "?partial=allow"])
def test_an_answer_of_no_shard_is_no_answer(place: str, index: Callable[..., str], query: str) -> None:
    name = index(number_of_shards=2, **{"routing.allocation.require._name": "nobody"})
    with connected(place, query=query, time=Time()) as connection, pytest.raises(Unavailable):
        connection.search_many([(name, {"size": 0})])


@pytest.mark.parametrize(
    "item",
    [
        {"_shards": {"total": 3, "successful": 2, "skipped": 0, "failed": 0}},
        {"_shards": {"total": 3, "successful": 2, "skipped": 1, "failed": 0}},
        {"_shards": {"total": 3, "successful": 2, "failed": 1, "failures": [{"reason": {"type": "t", "reason": "r"}}]}},
        {"_shards": {"total": 3, "successful": 3, "failed": 1, "failures": [None]}},
    ],
)
def test_a_missing_shard_is_seen_however_it_is_said(opensearch: str, item: dict[str, Any]) -> None:
    def respond(seen: Seen) -> Answer | None:
        return Answer(200, json.dumps({"responses": [item]}).encode()) if seen.path == "/_msearch" else None

    with before(opensearch, respond) as server, connected(server.place, time=Time()) as connection:
        with pytest.raises(Unavailable, match="1 of 3 shards did not answer"):
            connection.search_many([("a", {})])
        assert server.paths() == ["/_msearch"] * 3


@pytest.mark.parametrize("reply", [None, [], {}, {"responses": []}, {"responses": [1]}, {"responses": [{}]}])
def test_an_answer_that_says_nothing_of_its_shards_is_refused(opensearch: str, reply: object) -> None:
    def respond(seen: Seen) -> Answer | None:
        return Answer(200, json.dumps(reply).encode()) if seen.path == "/_msearch" else None

    with before(opensearch, respond) as server, connected(server.place) as connection, pytest.raises(ClusterError):
        connection.search_many([("a", {})])


# --- errors of the cluster -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "said"),
    [
        ("GET", "{name}/_doc/none", None, Absent, "not there"),
        ("HEAD", "{name}/_doc/none", None, Absent, "not there"),
        ("GET", "transport-none/_count", None, IndexAbsent, "backfile index"),
        ("PUT", "{name}", {}, Conflict, "somebody else"),
        ("PUT", "{name}/_doc/1?if_seq_no=99&if_primary_term=1", {}, Conflict, "somebody else"),
        ("PUT", "{name}/_create/1", {}, Conflict, "somebody else"),
        ("PUT", "{blocked}/_doc/1", {}, Blocked, "nearly full"),
        ("PUT", "{readonly}/_doc/1", {}, Blocked, "read-only"),
        ("POST", "{name}/_search", {"query": {"nonsense": {}}}, ClusterError, "unknown field"),
        ("POST", "{name}/_search", {"aggs": {"n": {"histogram": {"field": "number", "interval": 0.00001}}}}, TooMuch,
         "fewer facets"),
        ("POST", "{name}/_search", {"query": {"bool": {"should": [{"term": {"number": 1}}] * 1_100}}}, TooMuch,
         "shorten it"),
    ],
)  # fmt: skip
def test_what_the_cluster_says_becomes_an_error_of_ours(
    place: str, index: Callable[..., str], method: str, path: str, body: object, kind: type[ClusterError], said: str
) -> None:
    names = {"name": index(), "blocked": index(**{"blocks.read_only_allow_delete": True}),
             "readonly": index(**{"blocks.write": True})}  # fmt: skip
    with connected(place) as connection:
        fill(connection, names["name"])
        with pytest.raises(ClusterError) as caught:
            connection.send(method, path.format_map(names), body)
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert str(caught.value)[0].islower()
    assert isinstance(caught.value, EngineError)
    assert isinstance(caught.value, IndexMissing) is (kind is IndexAbsent)


FLOOD = (
    "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, "
    "index has read-only-allow-delete block];"
)


@pytest.mark.parametrize(
    ("status", "kind", "reason", "expected", "said"),
    [
        (429, "circuit_breaking_exception", "[parent] Data too large", Refused, "short of memory"),
        (503, "circuit_breaking_exception", "[parent] Data too large", Refused, "short of memory"),
        (429, "rejected_execution_exception", "rejected execution", Refused, "too much to do"),
        (429, "cluster_block_exception", FLOOD, Blocked, "free some space"),
        (403, "cluster_block_exception", "blocked by: [FORBIDDEN/8/index write (api)];", Blocked, "read-only"),
        (503, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no cluster-manager];", Unavailable,
         "no elected manager"),
        (503, "cluster_manager_not_discovered_exception", None, Unavailable, "no elected manager"),
        (400, "index_closed_exception", "closed", Blocked, "open it again"),
        (503, "unavailable_shards_exception", "[a][0] primary shard is not active", Unavailable, "shards"),
        (503, "search_phase_execution_exception", "all shards failed", Unavailable, "/_cluster/health"),
        (500, "node_not_connected_exception", "[node0][0] Node not connected", Unavailable, "a node of the cluster"),
        (404, "index_not_found_exception", "no such index [a]", IndexAbsent, "backfile index"),
        (400, "search_phase_execution_exception", "all shards failed", ClusterError, "refused"),
        (403, "security_exception", "no permissions for [indices:data/read/get]", Denied, "rights"),
        (401, "security_exception", "missing authentication credentials", Denied, "BACKFILE_OPENSEARCH_USER"),
        (413, "content_too_long", "entity content is too long", TooMuch, "http.max_content_length"),
        (418, "teapot", "short and stout", ClusterError, "teapot: short and stout"),
    ],
)  # fmt: skip
def test_the_table_of_errors(
    status: int, kind: str, reason: str | None, expected: type[ClusterError], said: str
) -> None:
    made = error_of(status, {"type": kind, "reason": reason, "root_cause": []})
    assert type(made) is expected
    assert said in str(made)
    assert (made.kind, made.answered) == (kind, status)


def test_an_index_that_only_the_node_of_a_lost_shard_does_not_know_is_not_missing() -> None:
    cause = {"type": "index_not_found_exception", "reason": "no such index [a]"}
    made = error_of(503, {"type": "no_shard_available_action_exception", "reason": None, "caused_by": cause})
    assert type(made) is Unavailable
    assert not made.uncertain


@pytest.mark.parametrize("words", ["the bridge already exists", "at flood stage", "rejected_execution", "read only"])
@pytest.mark.parametrize(
    ("status", "kind", "reason", "expected"),
    [
        (400, "mapper_parsing_exception", "failed to parse field [born]. Preview of field's value: '{}'", ClusterError),
        (503, "unavailable_shards_exception", "not active, request: [index {{[a][x], source[{}]}}]", Unavailable),
    ],
)
def test_the_words_of_a_document_that_an_error_quotes_are_no_reason(
    words: str, status: int, kind: str, reason: str, expected: type[ClusterError]
) -> None:
    cause = {"type": "illegal_argument_exception", "reason": f'For input string: "{words}"'}
    made = error_of(status, {"type": kind, "reason": reason.format(words), "caused_by": cause})
    assert type(made) is expected


def test_a_node_that_is_lost_with_a_request_may_have_carried_it_out() -> None:
    assert error_of(500, {"type": "node_disconnected_exception", "reason": "[node0] disconnected"}).uncertain
    assert not error_of(500, {"type": "node_not_connected_exception", "reason": "[node0] Node not connected"}).uncertain


def test_the_innermost_cause_is_what_is_shown() -> None:
    inner = {"type": "too_many_clauses", "reason": "maxClauseCount is set to 1024"}
    shards = [{"shard": 0, "reason": {"type": "query_shard_exception", "reason": "failed", "caused_by": inner}}]
    outer = {"type": "search_phase_execution_exception", "reason": "all shards failed", "failed_shards": shards}
    made = error_of(400, outer)
    assert type(made) is TooMuch
    assert "maxClauseCount is set to 1024" in str(made)


@pytest.mark.parametrize("said", [None, "text", "", 7, [], {}, {"type": 7}, {"type": "a", "failed_shards": [1, {}]},
                                  {"type": "a\x00b\n", "reason": "x" * 100_000}])  # fmt: skip
def test_an_error_may_be_anything(said: object) -> None:
    message = str(error_of(500, said))
    assert message.isprintable()
    assert len(message) < 500


def test_an_error_whose_causes_never_end_is_read_no_further() -> None:
    endless: dict[str, Any] = {"type": "a", "reason": "b"}
    endless["caused_by"] = endless
    assert "a: b" in str(error_of(500, endless))


# --- what is no OpenSearch, or none that we can use ----------------------------------------------------------------


def banner(opensearch: str, **changes: object) -> Answer:
    real = json.loads(passed_on(Seen("GET", "/", {}, b""), opensearch).body)
    version = {**real["version"], **{name: value for name, value in changes.items() if name in real["version"]}}
    uuid = changes.get("cluster_uuid", real["cluster_uuid"])
    return Answer(200, json.dumps({**real, "version": version, "cluster_uuid": uuid}).encode())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PAGE, "a web page came back"),
        (Answer(404, b"<html>", {"content-type": "text/html"}), "a web page came back"),
        (Answer(200, b"+OK", {"content-type": "text/plain"}), "no JSON"),
        (Answer(200, b"[" * 100_000), "no JSON"),
        (Answer(200, b"\xff\xfe"), "no JSON"),
        (Answer(301, b"", {"location": "https://elsewhere.example/"}), "leads to another address"),
        (Answer(200, b"{}"), "is no OpenSearch"),
        (Answer(200, b'{"version": {"number": "8.1.0"}, "tagline": "You Know, for Search"}'), "is no OpenSearch"),
    ],
)
def test_what_is_no_opensearch_is_said_to_be_none(answer: Answer, said: str) -> None:
    with small_server(lambda _: answer) as server, connected(server.place) as connection:
        with pytest.raises(ClusterError, match=said):
            connection.send("PUT", "/a/_doc/1", {})
        assert [seen.method for seen in server.seen] == ["GET"]


@pytest.mark.parametrize(("number", "fits"), [("2.18.0", False), ("1.3.20", False), ("2.19.0", True), ("4.0.0", True),
                                              ("3.8.0-SNAPSHOT", True), ("new", False)])  # fmt: skip
def test_a_version_too_old_is_refused(opensearch: str, number: str, fits: bool) -> None:
    def respond(seen: Seen) -> Answer | None:
        return banner(opensearch, number=number) if seen.path == "/" else None

    with before(opensearch, respond) as server, connected(server.place) as connection:
        if fits:
            assert connection.send("GET", "/_cluster/health")["status"]
        else:
            with pytest.raises(ClusterError, match=r"Backfile needs 2\.19 or later"):
                connection.send("GET", "/_cluster/health")


def test_hosts_of_two_clusters_are_refused(opensearch: str, place: str) -> None:
    def respond(seen: Seen) -> Answer | None:
        return banner(opensearch, cluster_uuid="another") if seen.path == "/" else None

    with before(opensearch, respond) as server, connected(server.place, place) as connection:
        assert connection.send("GET", "/_cluster/health")["status"]
        connection._nodes.failed(connection._nodes._members[0], "is stopped")
        with pytest.raises(ClusterError, match="another cluster"):
            connection.send("GET", "/_cluster/health")


def test_who_may_not_ask_for_the_version_is_served_nevertheless(opensearch: str) -> None:
    def respond(seen: Seen) -> Answer | None:
        return error(403, "security_exception") if seen.path == "/" else None

    with before(opensearch, respond) as server, connected(server.place) as connection:
        assert connection.send("GET", "/_cluster/health")["status"]


# --- limits of time and size ---------------------------------------------------------------------------------------


def test_a_byte_now_and_then_is_no_answer(opensearch: str) -> None:
    def respond(seen: Seen) -> Answer | None:
        return Answer(200, b'"' + b"x" * 2_000 + b'"', pauses=0.05) if seen.path == "/_drip" else None

    with before(opensearch, respond) as server, connected(server.place) as connection:
        with pytest.raises(Unavailable, match=r"did not answer within 0\.[345] s"):
            connection.send("GET", "/_drip", seconds=0.5)
        assert server.paths() == ["/_drip"]


def test_an_answer_has_a_largest_size(opensearch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "MAX_ANSWER_BYTES", 5_000)

    def respond(seen: Seen) -> Answer | None:
        return Answer(200, b'"' + b"x" * 5_000 + b'"') if seen.path == "/_long" else None

    with (
        before(opensearch, respond) as server,
        connected(server.place, time=Time()) as connection,
        pytest.raises(Unavailable, match="longer than 5,000 bytes"),
    ):
        connection.send("GET", "/_long")


def test_a_node_that_says_nothing_costs_a_request_its_time_and_no_more() -> None:
    with (
        mute() as (place, _),
        connected(place, query="?timeout=0.3") as connection,
        pytest.raises(Unavailable, match=r"did not answer within 0\.[23] s"),
    ):
        connection.send("GET", "/_x")


# --- nodes in turn -------------------------------------------------------------------------------------------------


def test_a_node_that_refuses_is_passed_over(
    place: str, index: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    name, away = index(), closed_port()
    with connected(away, place) as connection, caplog.at_level(logging.INFO, "backfile"):
        assert connection.send("POST", f"{name}/_doc", {})["result"] == "created"  # it has not been sent before
        assert connection.send("GET", "/_cluster/health")["status"]
    assert [record.getMessage() for record in caplog.records] == [
        f"the node {away} refuses connections; check that OpenSearch runs there"
    ]


def test_a_node_that_says_nothing_is_passed_over_and_remembered(
    place: str, monkeypatch: pytest.MonkeyPatch, index: Callable[..., str]
) -> None:
    monkeypatch.setattr(connection_module, "PROBE_SECONDS", 0.2)
    name, time = index(), Time()
    with mute() as (silent, accepted), connected(silent, place, time=time) as connection:
        for _ in range(3):
            assert connection.send("GET", f"{name}/_count")["count"] == 0
        assert len(accepted) == 1
        time.now += FIRST_PAUSE_SECONDS
        for _ in range(3):
            assert connection.send("GET", f"{name}/_count")["count"] == 0
        assert len(accepted) == 2
        time.now += FIRST_PAUSE_SECONDS
        connection.send("GET", f"{name}/_count")
        assert len(accepted) == 2  # the pause has doubled


def test_a_node_that_comes_back_is_asked_again(opensearch: str, place: str) -> None:
    time, away = Time(), [True]

    def respond(_: Seen) -> Answer | None:
        return RESET if away[0] else None

    with before(opensearch, respond) as server, connected(server.place, place, time=time) as connection:
        connection.send("GET", "/_cluster/health")
        away[0] = False
        connection.send("GET", "/_cluster/health")
        assert server.paths() == []
        time.now += FIRST_PAUSE_SECONDS
        connection.send("GET", "/_cluster/health")
        connection.send("GET", "/_cluster/health")
        assert server.paths() == ["/_cluster/health"] * 2


def test_a_node_that_stops_answering_is_left_in_the_middle_of_a_request(
    opensearch: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "PATIENCE_SECONDS", 0.1)
    hung = [False]

    def respond(_: Seen) -> Answer | None:
        if hung[0]:
            server.stopping.wait(30)
        return None

    with before(opensearch, respond) as server, connected(server.place, place) as connection:
        connection.send("GET", "/_cluster/health")
        hung[0] = True
        assert connection.send("GET", "/_cluster/health", seconds=20)["status"]
        server.stopping.set()
        assert server.paths() == ["/_cluster/health"] * 2


def test_a_slow_answer_is_waited_for(opensearch: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "PATIENCE_SECONDS", 0.1)

    def respond(seen: Seen) -> Answer | None:
        if seen.path != "/":
            server.stopping.wait(1.0)
        return None

    with before(opensearch, respond) as server, connected(server.place, place) as connection:
        connection.send("GET", "/_cluster/health", seconds=30)
        connection.send("GET", "/_cluster/health", seconds=30)
        assert server.paths() == ["/_cluster/health"] * 2  # and not passed over the second time


def test_a_node_that_answers_others_is_not_blamed_for_a_slow_request(
    opensearch: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "PATIENCE_SECONDS", 0.1)

    def respond(seen: Seen) -> Answer | None:
        if seen.path == "/_slow":
            server.stopping.wait(30)
        return None

    with before(opensearch, respond) as server, connected(server.place, place) as connection:
        with pytest.raises(Unavailable):
            connection.send("GET", "/_slow", seconds=0.6)
        connection.send("GET", "/_cluster/health")
        assert server.paths() == ["/_slow", "/_cluster/health"]
        server.stopping.set()


GATEWAY = Answer(502, b"<h1>Bad Gateway</h1>", {"content-type": "text/html"})


@pytest.mark.parametrize("answer", [RESET, GATEWAY], ids=["reset", "gateway"])
@pytest.mark.parametrize(
    ("method", "path", "idempotent", "repeated"),
    [
        ("GET", "{}/_doc/1", None, True),
        ("POST", "{}/_count", None, True),
        ("POST", "{}/_doc", None, False),
        ("PUT", "{}/_doc/1", None, False),
        ("PUT", "{}/_doc/1", True, True),
        ("GET", "{}/_doc/1", False, False),
    ],
)
def test_only_what_may_be_repeated_goes_to_another_node(
    opensearch: str, place: str, index: Callable[..., str], answer: Answer, method: str, path: str,
    idempotent: bool | None, repeated: bool,
) -> None:  # fmt: skip
    name = index()

    def respond(seen: Seen) -> Answer | None:
        if seen.path == "/":
            return None
        passed_on(seen, opensearch)  # it is carried out, and nobody hears of it
        return answer

    body = None if method == "GET" else {"query": {"match_all": {}}}
    with connected(place) as connection:
        connection.send("PUT", f"{name}/_doc/1", {"query": {"match_all": {}}})
    with before(opensearch, respond) as server, connected(server.place, place) as connection:
        if repeated:
            assert connection.send(method, path.format(name), body, idempotent=idempotent)
        else:
            with pytest.raises(Unavailable, match="is not known") as caught:
                connection.send(method, path.format(name), body, idempotent=idempotent)
            assert caught.value.uncertain
        assert len(server.paths()) == 1


def test_all_nodes_are_named_where_none_answers(opensearch: str) -> None:
    away = closed_port()
    with (
        before(opensearch, lambda _: RESET) as server,
        connected(away, server.place, time=Time()) as connection,
        pytest.raises(Unavailable) as caught,
    ):
        connection.send("GET", "/_x")
    assert f"{away} refuses connections" in str(caught.value)
    assert f"{server.place} broke the connection" in str(caught.value)
    assert "opensearchs:" in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_name_that_nobody_knows_is_said_to_be_one() -> None:
    with connected("no-such-host.invalid", time=Time()) as connection, pytest.raises(Unavailable, match="spelling"):
        connection.send("GET", "/_x")


# --- sending again -------------------------------------------------------------------------------------------------


@contextmanager
def answering(opensearch: str, *answers: Answer, time: Time) -> Iterator[tuple[Connection, Any]]:
    """A connection to a node that gives these answers first, one after the other."""
    left = list(answers)
    with (
        before(opensearch, lambda seen: left.pop(0) if seen.path != "/" and left else None) as server,
        connected(server.place, time=time) as connection,
    ):
        yield connection, server


BUSY = error(429, "rejected_execution_exception")
AWAY = error(503, "unavailable_shards_exception")


def test_what_was_refused_for_the_moment_is_sent_again_ever_later(opensearch: str, index: Callable[..., str]) -> None:
    name, time = index(), Time()
    with answering(opensearch, BUSY, BUSY, BUSY, time=time) as (connection, server):
        assert connection.send("PUT", f"{name}/_doc/1", {})["result"] == "created"
        assert len(server.paths()) == 4
    assert len(time.slept) == 3
    for number, pause in enumerate(time.slept):
        assert 0.1 * 2**number <= pause <= 0.2 * 2**number


def test_sending_again_has_an_end(opensearch: str) -> None:
    time = Time()
    with answering(opensearch, *[BUSY] * 99, time=time) as (connection, server):
        with pytest.raises(Refused, match="too much to do") as caught:
            connection.send("GET", "/_x", seconds=60)
        assert len(server.paths()) == 6
        assert caught.value.answered == 429


def test_the_pause_that_the_cluster_asks_for_is_kept(opensearch: str) -> None:
    time = Time()
    with answering(opensearch, error(429, "busy", retry_after="3"), time=time) as (connection, _):
        assert connection.send("GET", "/_cluster/health")
    assert time.slept == [3.0]


def test_a_pause_longer_than_the_time_limit_is_not_begun(opensearch: str) -> None:
    time = Time()
    with answering(opensearch, error(429, "busy", retry_after="30"), time=time) as (connection, server):
        with pytest.raises(Refused) as caught:
            connection.send("GET", "/_cluster/health", seconds=10)
        assert caught.value.retry_after == 30.0
        assert len(server.paths()) == 1
    assert time.slept == []


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1e9", "٣", "999999999"])
def test_a_pause_that_is_no_number_is_ours(opensearch: str, value: str) -> None:
    time = Time()
    busy = Answer(429, b"", {"retry-after": value}) if value.isascii() else error(429, "busy")
    with answering(opensearch, busy, time=time) as (connection, _):
        assert connection.send("GET", "/_cluster/health")
    assert len(time.slept) == 1
    assert time.slept[0] <= 0.2


def test_a_write_that_the_cluster_may_have_begun_is_not_sent_again(opensearch: str) -> None:
    time = Time()
    with answering(opensearch, AWAY, time=time) as (connection, server):
        with pytest.raises(Unavailable, match="shards of the index are missing") as caught:
            connection.send("PUT", "/transport-none/_doc/1", {})
        assert caught.value.uncertain
        assert len(server.paths()) == 1
    with answering(opensearch, AWAY, time=time) as (connection, server):
        assert connection.send("GET", "/_cluster/health")
        assert len(server.paths()) == 2


def test_other_errors_are_not_sent_again(opensearch: str) -> None:
    full = error(429, "cluster_block_exception", "disk usage exceeded flood-stage watermark")
    time = Time()
    with answering(opensearch, full, time=time) as (connection, server):
        with pytest.raises(Blocked):
            connection.send("PUT", "/transport-none/_doc/1", {}, idempotent=True)
        assert len(server.paths()) == 1


# --- the breaker ---------------------------------------------------------------------------------------------------


def test_a_cluster_that_is_gone_is_left_alone_for_a_while(opensearch: str) -> None:
    time, away = Time(), [True]
    with (
        before(opensearch, lambda _: RESET if away[0] else None) as server,
        connected(server.place, time=time) as connection,
    ):
        for _ in range(FAILURES):
            with pytest.raises(Unavailable, match="broke the connection"):
                connection.send("GET", "/_cluster/health")
        asked = len(server.seen)
        with pytest.raises(Unavailable, match=r"in a row and is asked again in 5\.0 s: .*broke the connection"):
            connection.send("GET", "/_cluster/health")
        assert len(server.seen) == asked
        away[0] = False
        time.now += OPEN_SECONDS
        assert connection.send("GET", "/_cluster/health")["status"]
        assert connection.send("GET", "/_cluster/health")["status"]


def test_a_cluster_that_answers_with_errors_is_not_gone(opensearch: str) -> None:
    with answering(opensearch, *[AWAY] * 99, time=Time()) as (connection, server):
        for _ in range(FAILURES + 3):
            with pytest.raises(Unavailable, match="shards of the index are missing"):
                connection.send("GET", "/_x")
        assert len(server.paths()) == 3 * (FAILURES + 3)


@pytest.mark.parametrize(("seconds", "said"), [(0.05, "does not answer"), (0, "no time left"), (-1, "no time left")])
def test_who_gives_it_no_time_does_not_judge_the_cluster(opensearch: str, seconds: float, said: str) -> None:
    time, late = Time(), [True]

    def respond(_: Seen) -> Answer | None:
        if late[0]:
            server.stopping.wait(0.3)
        return None

    with before(opensearch, respond) as server, connected(server.place, time=time) as connection:
        for _ in range(FAILURES + 1):
            with pytest.raises(Unavailable, match=said):
                connection.send("GET", "/_cluster/health", seconds=seconds)
        late[0] = False
        assert connection.send("GET", "/_cluster/health")["status"]


def test_one_node_alone_does_not_judge_the_cluster(opensearch: str, place: str) -> None:
    def respond(seen: Seen) -> Answer | None:
        return RESET if seen.path != "/" else None

    with before(opensearch, respond) as server, connected(server.place, place, time=Time()) as connection:
        for _ in range(FAILURES + 1):
            connection._nodes._members[0].failures = 0  # as if it had been asked in between
            with pytest.raises(Unavailable, match="is not known"):
                connection.send("POST", "/transport-none/_doc/1/_update", {})
        assert connection.send("GET", "/_cluster/health")["status"]


def failing(breaker: Breaker, error: BaseException) -> None:
    with pytest.raises(type(error)), breaker.guard(lambda error: isinstance(error, OSError)):
        raise error


def passing(breaker: Breaker) -> None:
    with breaker.guard(lambda _: True):
        pass


def test_only_failures_in_a_row_open_the_circuit() -> None:
    breaker = Breaker(failures=2, seconds=5, clock=Time().clock)
    for _ in range(3):
        failing(breaker, OSError("gone"))
        passing(breaker)
        failing(breaker, OSError("gone"))
        failing(breaker, ValueError("a mistake of ours"))
    failing(breaker, OSError("gone"))
    failing(breaker, OSError("gone"))
    with pytest.raises(Unavailable, match="gone"):
        passing(breaker)


def test_one_request_alone_decides_on_a_half_open_circuit() -> None:
    time = Time()
    breaker = Breaker(failures=1, seconds=5, clock=time.clock)
    failing(breaker, OSError("gone"))
    time.now += 5
    with breaker.guard(lambda _: True), pytest.raises(Unavailable, match="being asked again"):
        passing(breaker)
    passing(breaker)
    failing(breaker, OSError("gone"))
    time.now += 5
    failing(breaker, OSError("still gone"))
    with pytest.raises(Unavailable, match=r"5\.0 s: still gone"):
        passing(breaker)


def test_a_trial_that_was_stopped_decides_nothing() -> None:
    time = Time()
    breaker = Breaker(failures=1, seconds=5, clock=time.clock)
    failing(breaker, OSError("gone"))
    time.now += 5
    failing(breaker, KeyboardInterrupt())
    failing(breaker, OSError("gone"))
    with pytest.raises(Unavailable):
        passing(breaker)


# --- TLS and who we are --------------------------------------------------------------------------------------------


class Guarded:
    """What a cluster with TLS and users asks of us."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca_bundle = str(folder / "ca.pem")
        self.authority.cert_pem.write_to_path(self.ca_bundle)
        ours = self.authority.issue_cert("backfile@newsroom.example")
        self.client_cert, self.client_key = str(folder / "us.pem"), str(folder / "us.key")
        ours.cert_chain_pems[0].write_to_path(self.client_cert)
        ours.private_key_pem.write_to_path(self.client_key)

    def context(self, *names: str, wants_certificate: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(context)
        if wants_certificate:
            self.authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    return Guarded(tmp_path_factory.mktemp("tls"))


@contextmanager
def over_tls(
    opensearch: str, context: ssl.SSLContext, own: Credentials, *, login: str = "", admitted: str | None = None
) -> Iterator[tuple[Connection, Any]]:
    """A connection to a real node behind TLS that answers only those who send the header `admitted`, if it is given."""

    def respond(seen: Seen) -> Answer:
        if admitted is not None and seen.headers.get("authorization") != admitted:
            return Answer(401, b"Unauthorized", {"content-type": "text/plain", "www-authenticate": "Basic"})
        return passed_on(seen, opensearch)

    with small_server(respond, context) as server:
        connection = Connection(Address.parse(f"opensearchs://{login}{server.place}/archive"), own, sleep=Time().sleep)
        try:
            yield connection, server
        finally:
            connection.close()


def test_a_node_whose_certificate_is_trusted_is_spoken_to(opensearch: str, guarded: Guarded) -> None:
    own = Credentials(ca_bundle=guarded.ca_bundle)
    with over_tls(opensearch, guarded.context("127.0.0.1"), own) as (connection, _):
        assert connection.send("GET", "/_cluster/health")["status"]


@pytest.mark.parametrize(
    ("names", "trusted", "said"),
    [
        (["127.0.0.1"], False, "BACKFILE_OPENSEARCH_CA_BUNDLE"),
        (["127.0.0.2"], True, "a certificate for another name"),
        (["node.example"], True, "a certificate for another name"),
    ],
)
def test_no_other_node_gets_a_word(
    opensearch: str, guarded: Guarded, names: list[str], trusted: bool, said: str
) -> None:
    own = Credentials("u", "hunter2", ca_bundle=guarded.ca_bundle if trusted else "")
    with over_tls(opensearch, guarded.context(*names), own) as (connection, server):
        with pytest.raises(Unavailable, match=said):
            connection.send("GET", "/_cluster/health")
        assert server.seen == []


@pytest.mark.parametrize("has_one", [True, False])
def test_a_node_may_want_a_certificate_of_ours(opensearch: str, guarded: Guarded, has_one: bool) -> None:
    own = Credentials(ca_bundle=guarded.ca_bundle)
    if has_one:
        own = Credentials(ca_bundle=guarded.ca_bundle, client_cert=guarded.client_cert, client_key=guarded.client_key)
    context = guarded.context("127.0.0.1", wants_certificate=True)
    with over_tls(opensearch, context, own) as (connection, server):
        if has_one:
            assert connection.send("GET", "/_cluster/health")["status"]
        else:
            with pytest.raises(Unavailable, match="wants a certificate of ours"):
                connection.send("GET", "/_cluster/health")
            assert server.seen == []


@pytest.mark.parametrize(
    ("own", "login", "admitted"),
    [
        (Credentials("zoë", "p:ä"), "", f"Basic {_base64('zoë:p:ä')}"),
        (Credentials(), "zo%C3%AB:p%3A%C3%A4@", f"Basic {_base64('zoë:p:ä')}"),
        (Credentials(api_key="aWQ6a2V5"), "", "ApiKey aWQ6a2V5"),
    ],
)
def test_a_node_is_told_who_we_are(
    opensearch: str, guarded: Guarded, own: Credentials, login: str, admitted: str
) -> None:
    own = Credentials(own.user, own.password, own.api_key, guarded.ca_bundle)
    context = guarded.context("127.0.0.1")
    with over_tls(opensearch, context, own, login=login, admitted=admitted) as (connection, _):
        assert connection.send("GET", "/_cluster/health")["status"]


def test_a_node_that_does_not_know_us_says_so(opensearch: str, guarded: Guarded) -> None:
    own = Credentials("u", "hunter2", ca_bundle=guarded.ca_bundle)
    with over_tls(opensearch, guarded.context("127.0.0.1"), own, admitted="Basic other") as (connection, server):
        with pytest.raises(Denied, match="BACKFILE_OPENSEARCH_PASSWORD") as caught:
            connection.send("GET", "/_cluster/health")
        assert caught.value.answered == 401
        assert len(server.seen) == 1


def test_tls_where_there_is_none_is_said(opensearch: str) -> None:
    with before(opensearch, lambda _: None) as server:
        connection = Connection(Address.parse(f"opensearchs://{server.place}/a"), NOBODY, sleep=Time().sleep)
        with pytest.raises(Unavailable, match="write opensearch: for opensearchs:"):
            connection.send("GET", "/_x")
        connection.close()


def test_no_tls_where_there_is_some_is_said(opensearch: str, guarded: Guarded) -> None:
    with (
        over_tls(opensearch, guarded.context("127.0.0.1"), NOBODY) as (_, server),
        connected(server.place, time=Time()) as connection,
        pytest.raises(Unavailable, match="write opensearchs:"),
    ):
        connection.send("GET", "/_x")


def test_files_that_are_no_certificates_are_refused_at_once(guarded: Guarded, tmp_path: Path) -> None:
    address = Address.parse("opensearchs://127.0.0.1/a")
    junk = tmp_path / "junk.pem"
    junk.write_text("junk", "utf-8")
    locked = tmp_path / "locked.key"
    key = load_pem_private_key(Path(guarded.client_key).read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")))
    for own, name in (
        (Credentials(ca_bundle=str(tmp_path / "none.pem")), "ca_bundle"),
        (Credentials(ca_bundle=str(junk)), "ca_bundle"),
        (Credentials(client_cert=str(tmp_path / "none.pem")), "client_cert"),
        (Credentials(client_cert=guarded.client_cert), "client_cert"),
        (Credentials(client_cert=guarded.client_cert, client_key=str(junk)), "client_key"),
        (Credentials(client_cert=guarded.client_cert, client_key=str(locked)), "client_key"),
    ):
        with pytest.raises(ConfigError, match=variable(name)):
            Connection(address, own)


def test_where_an_answer_leads_our_secrets_do_not_go(opensearch: str) -> None:
    with before(opensearch, lambda _: None) as elsewhere:
        moved = Answer(307, b"", {"location": f"http://{elsewhere.place}/"})
        with (
            small_server(lambda _: moved) as server,
            connected(server.place, own=Credentials("u", "hunter2")) as connection,
            pytest.raises(ClusterError, match="leads to another address"),
        ):
            connection.send("GET", "/_x")
        assert elsewhere.seen == []


def _except_for_who(answer: Answer | None, seen: Seen) -> Answer | None:
    return None if seen.path == "/" else answer


def test_nothing_shows_a_secret_or_what_was_asked(opensearch: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    own = Credentials("alice", "hunter" + "2")
    shown: list[str] = []
    asked = "whistle" + "-blower"
    for answer in [None, BUSY, PAGE, RESET, error(401, "security_exception"), error(500, "odd")]:
        respond = partial(_except_for_who, answer)
        with before(opensearch, respond) as server, connected(server.place, time=Time(), own=own) as connection:
            with pytest.raises(ClusterError) as caught:
                connection.send("POST", "/transport-none/_search", {"query": {"match": {"body": asked}}})
            shown += [*traceback.format_exception(caught.value), repr(caught.value)]
            shown += [repr(connection), repr(connection.address), repr(connection._nodes._members[0].node)]
    shown += [str(vars(record)) for record in caplog.records] + [caplog.text]
    assert server.seen[0].headers["authorization"] == f"Basic {_base64('alice:hunter2')}"
    for secret in ("hunter" + "2", _base64("alice:hunter2"), asked):
        assert [text for text in shown if secret in text] == []


@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_an_answer_that_is_cut_anywhere_is_never_taken_for_a_whole_one(framing: str) -> None:
    body = b'{"hits": [1, 2, 3]}'
    length = f"content-length: {len(body)}" if framing == "content-length" else "transfer-encoding: chunked"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}\r\n\r\n".encode()
    whole = head + (body if framing == "content-length" else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    # With the length 0 of the last chunk the answer is whole.
    first_whole = len(whole) if framing == "content-length" else len(whole) - len(b"\r\n\r\n")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for end in range(len(whole) + 1):
            node = node_module.Node(Host("127.0.0.1", listening.getsockname()[1]), None, None)
            sender = threading.Thread(target=_send_once, args=(listening, whole[:end]))
            sender.start()
            reply = None
            with suppress(node_module.Unreached):
                reply = node.ask("GET", "/a", seconds=30).body
            sender.join()
            node.close()
            assert reply == (body if end >= first_whole else None), whole[:end]


def _send_once(listening: socket.socket, answer: bytes) -> None:
    with listening.accept()[0] as client:
        client.recv(10_000)
        client.sendall(answer)


def test_a_request_of_a_trace_carries_it_on_to_the_cluster() -> None:
    def respond(_: Seen) -> Answer:
        return Answer(body=b"{}")

    with small_server(respond) as server:
        name, _, port = server.place.partition(":")
        node = node_module.Node(Host(name, int(port)), None, None)
        trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
        follow(trace)
        node.ask("GET", "/x", seconds=20)
        follow(None)
        node.ask("GET", "/y", seconds=20)
        node.close()
        first, second = server.seen
    assert first.headers["traceparent"] == trace.written()
    assert "traceparent" not in second.headers
