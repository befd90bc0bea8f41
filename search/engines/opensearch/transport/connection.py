"""Requests to a cluster: JSON in, JSON out, within a time limit, from whichever node answers."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.breaker import Breaker
from search.engines.opensearch.transport.credentials import Credentials
from search.engines.opensearch.transport.errors import ClusterError, Refused, Unavailable
from search.engines.opensearch.transport.node import Node, Reply, Unreached
from search.engines.opensearch.transport.nodes import Member, Nodes
from search.engines.opensearch.transport.replies import cluster_of, is_of_a_gateway, read_reply
from search.engines.opensearch.transport.shards import whole_answer, whole_answers

RETRIES: Final[Mapping[type[ClusterError], int]] = {Refused: 5, Unavailable: 2}
"""How often a request is sent again that the cluster refused for the moment, or could not answer."""

FIRST_PAUSE_SECONDS: Final = 0.2
"""The pause before the first retry; it doubles with each, and is shortened by up to half, at random."""

PROBE_SECONDS: Final = 2.0
"""How long a node may take to say who it is before the next one is tried."""

_WITH_WHAT_IS_MISSING: Final = {"allow_partial_search_results": True}
"""Whether an answer is whole is seen by its shards: with `False` a search that runs out of its time, and would say so,
is an error instead."""

_READS: Final = frozenset(
    {"_search", "_msearch", "_count", "_mget", "_refresh", "_analyze", "_validate", "_explain", "_field_caps",
     "_termvectors", "_mtermvectors", "_rank_eval"}
)  # fmt: skip
"""What POST asks for without changing anything: sent again freely."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    body: bytes | None
    content_type: str
    repeatable: bool
    read: Callable[[Any], Any]
    """Makes the result of the JSON that came back. Raises ClusterError for what is no answer."""


class Connection:
    """All requests of a process to one cluster. Safe to use from several threads; opening it sends nothing.

    Nodes are tried in turn. A request that may have been carried out goes to another node only if it changes nothing or
    the caller says that it is idempotent. `credentials` are those of the environment if not given; the user in the URL
    has precedence. `clock` gives seconds that never run backwards. Raises ConfigError for certificates that cannot be
    read.
    """

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address
        own = credentials if credentials is not None else Credentials.from_environment(os.environ)
        own = own.for_address(address)
        context = own.tls_context() if address.secure else None
        self._nodes = Nodes([Node(host, own.authorization, context) for host in address.hosts], clock)
        self._breaker = Breaker(clock=clock)
        self._cluster = ""
        self._clock = clock
        self._sleep = sleep
        self._after: Callable[[], None] | None = None

    def followed(self, after: Callable[[], None]) -> Connection:
        """The same connection, with `after` called when an answer has come; what it raises takes the answer's place."""
        made = copy(self)
        made._after = after
        return made

    def whole(self) -> Connection:
        """The same connection, which refuses answers from which shards are missing even if the address allows them."""
        made = copy(self)
        made.address = replace(self.address, partial=False)
        return made

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: Mapping[str, str] | None = None,
        seconds: float | None = None,
        idempotent: bool | None = None,
    ) -> Any:
        """The JSON that answers one request; None if the answer is empty.

        `body` is sent as JSON, a str as it is (lines of JSON). `seconds` is the time limit, with all retries; that of
        the address if None. `idempotent`: carrying it out twice is the same as once; None: so if it only reads.
        Raises ClusterError, of which `Unavailable.uncertain` says that it may have been carried out nevertheless.
        """
        return self._sent(method, path, body, params, seconds, idempotent, lambda content: content)

    def lines(
        self,
        path: str,
        rows: Iterable[object],
        *,
        params: Mapping[str, str] | None = None,
        seconds: float | None = None,
        idempotent: bool | None = None,
    ) -> Any:
        """As `send` of a POST whose body is each of `rows` as JSON on a line of its own."""
        return self.send("POST", path, ndjson(rows), params=params, seconds=seconds, idempotent=idempotent)

    def search_many(
        self, searches: Sequence[tuple[str, Mapping[str, Any]]], *, seconds: float | None = None
    ) -> list[dict[str, Any]]:
        """The answers to searches, each an index and a body, in one trip.

        Raises ClusterError if one of them failed, and Unavailable if shards are missing from one: counts are never
        short. Only if the address allows partial answers, one from which shards are missing is given with
        `"partial": true`. A search that ran out of a "timeout" in its body is given as far as it came, with
        `"timed_out": true`.
        """
        if not searches:
            return []
        rows: list[object] = []
        for index, body in searches:
            rows += [{"index": index, **_WITH_WHAT_IS_MISSING}, body]
        read = partial(whole_answers, count=len(searches), partial=self.address.partial)
        answers: list[dict[str, Any]] = self._sent("POST", "/_msearch", ndjson(rows), None, seconds, None, read)
        return answers

    def search(self, index: str, body: Mapping[str, Any], *, params: Mapping[str, str]) -> dict[str, Any]:
        """The answer to one search that needs parameters in its address; as `search_many` in everything else."""
        params = {**dict.fromkeys(_WITH_WHAT_IS_MISSING, "true"), **params}
        read = partial(whole_answer, partial=self.address.partial)
        answer: dict[str, Any] = self._sent("POST", f"/{index}/_search", body, params, None, None, read)
        return answer

    def close(self) -> None:
        """Closes the sockets. The next request opens others."""
        self._nodes.close()

    def _sent(
        self,
        method: str,
        path: str,
        body: object,
        params: Mapping[str, str] | None,
        seconds: float | None,
        idempotent: bool | None,
        read: Callable[[Any], Any],
    ) -> Any:
        target = (path if path.startswith("/") else f"/{path}") + (f"?{urlencode(params)}" if params else "")
        kind = "application/x-ndjson" if isinstance(body, str) else "application/json"
        repeatable = _only_reads(method, path) if idempotent is None else idempotent
        request = _Request(method, target, _bytes(body), kind, repeatable, read)
        limit = self.address.timeout_seconds if seconds is None else seconds
        if limit <= 0:
            raise Unavailable("there is no time left to ask the cluster")
        with self._breaker.guard(partial(_is_silence, seconds=limit)):
            answer = self._answer(request, self._clock() + limit)
        if self._after is not None:
            self._after()
        return answer

    def _answer(self, request: _Request, deadline: float) -> Any:
        attempt = 0
        while True:
            try:
                return self._asked_in_turn(request, deadline)
            except (Refused, Unavailable) as error:
                attempt += 1
                pause = max(_backoff(attempt), error.retry_after or 0.0)
                again = (request.repeatable or not error.uncertain) and attempt <= RETRIES[type(error)]
                if not again or self._clock() + pause >= deadline:
                    raise
            self._sleep(pause)

    def _asked_in_turn(self, request: _Request, deadline: float) -> Any:
        """The answer of the first node that gives one."""
        silent: list[str] = []
        cause: Exception | None = None
        members = self._nodes.in_order()
        for number, member in enumerate(members, 1):
            if silent and deadline - self._clock() <= 0:
                break
            try:
                reply = self._asked(member, request, deadline, is_last=number == len(members))
            except Unreached as error:
                silent.append(f"{member.node.label} {error}")
                cause = error
                if not error.alive:
                    self._nodes.failed(member, str(error))
                if error.sent and not request.repeatable:
                    break
            else:
                self._nodes.answered(member)
                return self._read(reply, request)
        raise _silence(
            silent, uncertain=isinstance(cause, Unreached) and cause.sent and not request.repeatable
        ) from cause

    def _read(self, reply: Reply, request: _Request) -> Any:
        try:
            return request.read(read_reply(reply))
        except Unavailable as error:
            # Unlike what the cluster refuses, what it is not available for may have been begun.
            error.uncertain = not request.repeatable
            raise

    def _asked(self, member: Member, request: _Request, deadline: float, *, is_last: bool) -> Reply:
        """The reply of one node. Raises Unreached, and ClusterError if the node is none of the cluster."""
        if not member.proven:
            self._prove(member, _left(deadline, self._clock, None if is_last else PROBE_SECONDS))
        reply = member.node.ask(
            request.method,
            request.target,
            request.body,
            seconds=_left(deadline, self._clock),
            connect_seconds=None if is_last else PROBE_SECONDS,
            content_type=request.content_type,
            patient=is_last or not request.repeatable,
        )
        if is_of_a_gateway(reply):
            raise Unreached(f"is behind something that answers HTTP status {reply.status}", sent=True)
        return reply

    def _prove(self, member: Member, seconds: float) -> None:
        """Asks a node that has not answered yet, or has failed, who it is. Raises Unreached, ClusterError."""
        reply = member.node.ask("GET", "/", seconds=seconds)
        if reply.status >= 500:
            raise Unreached(f"cannot answer yet (HTTP status {reply.status})", sent=False)
        if reply.status != 403:  # who may only use the archive's indices need not be told the version
            cluster = cluster_of(read_reply(reply), member.node.label)
            self._cluster = self._cluster or cluster
            if cluster and cluster != self._cluster:
                raise ClusterError(f"{member.node.label} belongs to another cluster than the other hosts of the URL")
        self._nodes.answered(member)


def ndjson(rows: Iterable[object]) -> str:
    """Each row as JSON on a line of its own, as `_bulk` and `_msearch` read it."""
    return "".join(f"{_dumps(row)}\n" for row in rows)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _bytes(body: object) -> bytes | None:
    if body is None:
        return None
    text = body if isinstance(body, str) else _dumps(body)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can only write as an escape
        return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text).encode()


def _only_reads(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") or (method == "POST" and path.rstrip("/").rpartition("/")[2] in _READS)


def _backoff(attempt: int) -> float:
    return jittered(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))


def jittered(seconds: float) -> float:
    """A pause between half as long and as long, by chance, so that clients do not keep step."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _left(deadline: float, clock: Callable[[], float], most: float | None = None) -> float:
    left = max(deadline - clock(), 0.001)
    return left if most is None else min(left, most)


def _silence(silent: Sequence[str], *, uncertain: bool) -> Unavailable:
    known = ". Whether the request was carried out is not known" if uncertain else ""
    return Unavailable(f"the cluster does not answer: {'; '.join(silent)}{known}", uncertain=uncertain)


def _is_silence(error: Exception, *, seconds: float) -> bool | None:
    """Whether the whole cluster was silent; None if one node was asked alone, or in less time than an answer takes."""
    if not isinstance(error, Unavailable) or error.answered:
        return False
    return None if error.uncertain or seconds < PROBE_SECONDS else True
