"""One node of the cluster, over a real socket: requests with a limit in time and size.

opensearch-py's connection makes the pool of sockets and speaks TLS; reading is ours. The client's own reading waits for
each packet anew, so that a node which sends a byte now and then is never given up; it reads answers of any size; it
drops the headers of errors, `Retry-After` among them; it logs bodies, and it turns the server's notices into warnings.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import urllib3
from opensearchpy import Urllib3HttpConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.exceptions import (
    SSLError as TLSFailure,
)

from search.engines.opensearch.address import Host
from search.engines.opensearch.errors import as_text

MAX_ANSWER_BYTES: Final = 256_000_000
SOCKETS: Final = 16
"""Connections that are kept open to a node; more are made while they are needed."""

_CHUNK: Final = 262_144


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: the status, the headers by their names in lower case, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreached(Exception):
    """No answer came from the node. `sent`: the request may have reached it."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


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

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None,
        *,
        seconds: float,
        connect_seconds: float | None = None,
        content_type: str = "application/json",
    ) -> Reply:
        """The answer to a request, whatever its status, within `seconds`. Raises Unreached."""
        limits = urllib3.Timeout(connect=min(seconds, connect_seconds or seconds), read=seconds)
        deadline = time.monotonic() + seconds
        headers = {**self.headers, "content-type": content_type}
        try:
            response = self.pool.urlopen(
                method, target, body=body, headers=headers, retries=False, redirect=False, timeout=limits,
                preload_content=False,
            )  # fmt: skip
            try:
                content = _read(response, deadline)
            except BaseException:
                response.close()  # the rest of the answer must not be taken for the next one
                raise
        except (ConnectTimeoutError, NewConnectionError, NameResolutionError, TLSFailure) as error:
            raise Unreached(self._why(error, seconds), sent=False) from error
        except (HTTPError, OSError) as error:
            raise Unreached(self._why(error, seconds), sent=True) from error
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, content)

    def _why(self, error: Exception, seconds: float) -> str:
        match error:
            case NameResolutionError():
                return "its name is not known; check the spelling"
            case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
                return f"no answer within {seconds:.1f} s"
            case TLSFailure():
                return _tls_advice(str(error))
            case NewConnectionError() if "refused" in str(error):
                return "refuses connections; check that OpenSearch runs there"
        return f"broke the connection ({as_text(error)})" + (
            "" if self.use_ssl else "; if it speaks TLS, write opensearchs:"
        )


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


def _tls_advice(said: str) -> str:
    lowered = said.lower()
    if "hostname" in lowered or "ip address mismatch" in lowered:
        return f"its certificate is for another name; write the host as it stands there ({as_text(said)})"
    if "certificate_verify_failed" in lowered or "certificate verify failed" in lowered:
        return f"its certificate is not trusted; set BACKFILE_OPENSEARCH_CA_BUNDLE to its authority's ({as_text(said)})"
    if "wrong_version_number" in lowered or "record layer" in lowered or "http_request" in lowered:
        return "does not speak TLS; write opensearch: instead of opensearchs:"
    if "certificate required" in lowered or "certificate_required" in lowered or "handshake failure" in lowered:
        return "wants a certificate of ours; set BACKFILE_OPENSEARCH_CLIENT_CERT and BACKFILE_OPENSEARCH_CLIENT_KEY"
    return f"no agreement on TLS ({as_text(said)})"
