"""One node of the cluster, over a real socket: requests with a limit in time and size.

opensearch-py's connection makes the pool of sockets and speaks TLS; sending and reading is ours. The client's own
reading waits for each packet anew, so that a node which sends a byte now and then is never given up; it reads answers
of any size; it drops the headers of errors, `Retry-After` among them; it logs bodies, and it makes Python warnings of
the server's notices.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import urllib3
from opensearchpy import Urllib3HttpConnection
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import wait_for_read

from search.engines.opensearch.transport.address import Host
from search.engines.opensearch.transport.errors import as_text
from search.tracing import TRACEPARENT, current_trace

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

MAX_ANSWER_BYTES: Final = 256_000_000
SOCKETS: Final = 16
"""Connections that are kept open to a node; more are made while they are needed."""

PATIENCE_SECONDS: Final = 1.0
"""A node that has not begun to answer for so long is asked on another socket whether it is there, and has as long for
that. The time between two such questions doubles."""

_CHUNK: Final = 262_144


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: the status, the headers by their names in lower case, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreached(Exception):
    """No answer came from the node. `sent`: the request may have reached it. `alive`: it answers, but not this."""

    def __init__(self, reason: str, *, sent: bool, alive: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.alive = alive


class _Hung(OSError):
    """The node accepts connections and says nothing."""


class Node(Urllib3HttpConnection):
    """One node. `authorization` goes with each request; `context` is that of TLS, None for plain HTTP."""

    def __init__(self, host: Host, authorization: str | None, context: ssl.SSLContext | None) -> None:
        super().__init__(
            host=host.name,
            port=host.port,
            use_ssl=context is not None,
            ssl_context=context,
            headers={"authorization": authorization} if authorization else None,
            pool_maxsize=SOCKETS,
        )
        self.label = str(host)
        self._has_answered = False

    def _create_urllib3_pool(self) -> None:
        super()._create_urllib3_pool()
        self.pool.ConnectionCls = _PatientTLSConnection if self.use_ssl else _PatientConnection

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        seconds: float,
        connect_seconds: float | None = None,
        content_type: str = "application/json",
        patient: bool = True,
    ) -> Reply:
        """The answer to a request, whatever its status, within `seconds`, of which connecting may take as many as said.

        Unless `patient`, a node that accepts connections but does not answer at all is given up much earlier.
        Raises Unreached.
        """
        connecting = seconds if connect_seconds is None else min(seconds, connect_seconds)
        deadline = time.monotonic() + seconds
        headers = {**self.headers, "content-type": content_type}
        if trace := current_trace():
            headers[TRACEPARENT] = trace.written()
        asked_whether_alive = False

        def is_alive() -> bool:
            nonlocal asked_whether_alive
            asked_whether_alive = True
            try:
                self.ask("GET", "/", seconds=PATIENCE_SECONDS)
            except Unreached:
                return False
            return True

        try:
            with _waiting(None if patient else partial(_wait, deadline=deadline, is_alive=is_alive)):
                response = self.pool.urlopen(
                    method, target, body=body, headers=headers, retries=False, redirect=False,
                    timeout=urllib3.Timeout(connect=connecting, read=seconds), preload_content=False,
                )  # fmt: skip
            try:
                _require_length(method, response)
                content = _read(response, deadline)
            except BaseException:
                response.close()  # the rest of the answer must not be taken for the next one
                raise
        except (ConnectTimeoutError, NewConnectionError) as error:
            raise Unreached(self._why(error, connecting), sent=False) from error
        except SSLError as error:
            raise Unreached(_tls_advice(str(error)), sent=False) from error
        except (HTTPError, OSError) as error:
            timed_out = isinstance(error, ReadTimeoutError | TimeoutError)
            raise Unreached(self._why(error, seconds), sent=True, alive=timed_out and asked_whether_alive) from error
        self._has_answered = True
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, content)

    def close(self) -> None:
        """Closes the sockets that are not in use. The next request opens others."""
        before = self.pool
        self._create_urllib3_pool()
        before.close()

    def _why(self, error: Exception, seconds: float) -> str:
        match error:
            case NameResolutionError():
                return "is no name that is known; check the spelling"
            case NewConnectionError() if "refused" in str(error):
                return "refuses connections; check that OpenSearch runs there"
            case NewConnectionError():
                return f"cannot be reached ({_innermost(error)})"
            case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
                return f"did not answer within {seconds:.1f} s"
            case _Hung():
                return "accepts connections but does not answer"
        broken = f"broke the connection ({_innermost(error)})"
        if self._has_answered:
            return broken
        return f"{broken}; {_MAY_WANT_ONE if self.use_ssl else 'if it speaks TLS, write opensearchs: for opensearch:'}"


# --- sending -------------------------------------------------------------------------------------------------------

_Wait = Callable[["HTTPConnection"], None]
_in_this_thread = threading.local()


@contextmanager
def _waiting(wait: _Wait | None) -> Iterator[None]:
    """In this block, and this thread, `wait` is called with the connection once a request is sent."""
    before = getattr(_in_this_thread, "wait", None)
    _in_this_thread.wait = wait
    try:
        yield
    finally:
        _in_this_thread.wait = before


class _PatientConnection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in the class above
        wait: _Wait | None = getattr(_in_this_thread, "wait", None)
        if wait is not None:
            wait(self)
        return super().getresponse()


class _PatientTLSConnection(_PatientConnection, HTTPSConnection):
    pass


def _wait(connection: HTTPConnection, *, deadline: float, is_alive: Callable[[], bool]) -> None:
    """Returns when the answer begins. Raises OSError if the time is up, or the node does not answer at all."""
    # A TLS connection that is new has session tickets to read before any answer: there this does not wait.
    patience = PATIENCE_SECONDS
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if wait_for_read(connection.sock, timeout=min(patience, left)):
            connection.timeout = max(deadline - time.monotonic(), 0.001)
            return
        if left > patience and not is_alive():
            raise _Hung
        patience *= 2


# --- reading -------------------------------------------------------------------------------------------------------


def _require_length(method: str, response: urllib3.BaseHTTPResponse) -> None:
    """Raises OSError if the answer does not say where it ends.

    Python takes headers in whose middle the connection breaks for whole ones, and what follows for an empty answer.
    """
    has_body = method != "HEAD" and response.status not in (204, 304)
    is_chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
    if has_body and not is_chunked and not response.headers.get("content-length", "").strip().isdigit():
        raise OSError("it ended, or did not say how long the answer is")


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        socket = getattr(response.connection, "sock", None)  # None once all of it has come
        if socket is not None:
            socket.settimeout(left)
        chunk = response.read1(_CHUNK)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise OSError(f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes")


# --- saying why ----------------------------------------------------------------------------------------------------


def _innermost(error: BaseException) -> str:
    while isinstance(error, HTTPError) and error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    return as_text(error)


_SET_ONE: Final = "set BACKFILE_OPENSEARCH_CLIENT_CERT and BACKFILE_OPENSEARCH_CLIENT_KEY"
# A node that refuses us may break the connection before it has said why.
_MAY_WANT_ONE: Final = f"if it wants a certificate of ours, {_SET_ONE}"
_TLS_ADVICE: Final = (
    (("hostname", "ip address mismatch"), "has a certificate for another name; write the host as it stands there"),
    (("certificate verify failed",),
     "has a certificate that is not trusted; set BACKFILE_OPENSEARCH_CA_BUNDLE to the file of its authority's"),
    (("wrong version number", "record layer", "http request"),
     "does not speak TLS; write opensearch: for opensearchs:"),
    (("certificate required", "handshake failure", "bad certificate", "unknown ca"),
     f"wants a certificate of ours; {_SET_ONE}"),
)  # fmt: skip


def _tls_advice(said: str) -> str:
    lowered = said.lower().replace("_", " ")
    for signs, advice in _TLS_ADVICE:
        if any(sign in lowered for sign in signs):
            return f"{advice} ({as_text(said)})"
    return f"does not agree with us on TLS ({as_text(said)}); {_MAY_WANT_ONE}"
