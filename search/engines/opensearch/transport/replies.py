"""What came back from a node: JSON of OpenSearch, one of its errors, or the answer of something else."""

from __future__ import annotations

import json
from typing import Any, Final

from search.engines.opensearch.transport.errors import ClusterError, as_text, error_of
from search.engines.opensearch.transport.node import Reply

OLDEST_VERSION: Final = (2, 19)


def is_of_a_gateway(reply: Reply) -> bool:
    """Whether something between us and the node answered that it does not reach it."""
    return reply.status in (502, 503, 504) and not _is_json(reply)


def _is_json(reply: Reply) -> bool:
    return "json" in reply.headers.get("content-type", "")


def read_reply(reply: Reply) -> Any:
    """The JSON of a reply, None if it is empty. Raises ClusterError for a refusal, and for what is no OpenSearch."""
    if reply.status < 300:
        return _json(reply) if reply.body else None
    if reply.status in (401, 403, 413, 429) or (reply.status >= 400 and (_is_json(reply) or not reply.body)):
        content = _json(reply) if reply.body and _is_json(reply) else None
        said = content.get("error") if isinstance(content, dict) else None
        raise error_of(reply.status, said, retry_after=_retry_after(reply))
    raise _stranger(reply)


def _retry_after(reply: Reply) -> float | None:
    value = reply.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise _stranger(reply) from error


def _stranger(reply: Reply) -> ClusterError:
    kind = reply.headers.get("content-type", "")
    if 300 <= reply.status < 400:
        what = f"the answer leads to another address ({as_text(reply.headers.get('location', ''))})"
    elif "html" in kind or reply.body.lstrip()[:1] == b"<":
        what = f"a web page came back (HTTP status {reply.status})"
    else:
        what = f"the answer is no JSON (HTTP status {reply.status})"
    return ClusterError(f"{what}: there is no OpenSearch at this address; check host and port", answered=reply.status)


def cluster_of(banner: Any, label: str) -> str:
    """The id of the cluster, empty while it forms. Raises ClusterError for what is no OpenSearch, or too old a one."""
    version = banner.get("version") if isinstance(banner, dict) else None
    if not isinstance(version, dict) or version.get("distribution") != "opensearch":
        raise ClusterError(f"{label} is no OpenSearch; check host and port")
    number = as_text(version.get("number"))
    parts = number.split(".")[:2]
    if not all(part.isdigit() for part in parts) or tuple(map(int, parts)) < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise ClusterError(f"{label} runs OpenSearch {number}; Backfile needs {oldest} or later")
    cluster = as_text(banner.get("cluster_uuid"))
    return "" if cluster == "_na_" else cluster
