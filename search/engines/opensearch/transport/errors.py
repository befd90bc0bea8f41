"""What goes wrong between us and the cluster, as errors of `search.errors`: one table, with the cause kept.

    ClusterError            the cluster refused, or cannot be understood
    ├── Absent              what was asked for is not there             404
    │   └── IndexAbsent     the index is not: an IndexMissing too
    ├── Conflict            somebody else has changed it meanwhile      409
    ├── Denied              who we are, or what we may                  401, 403
    ├── TooMuch             the request is larger than a limit of the cluster
    ├── Blocked             the index or the cluster takes no writes: full disk, read-only
    ├── Unavailable         no node answers, shards are missing, or we wait before we ask again
    └── Refused             too much to do at the moment                429, 503

`kind` is OpenSearch's own name of the error, such as "version_conflict_engine_exception".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from search.errors import EngineError, IndexMissing

MAX_REASON_LENGTH: Final = 300


class ClusterError(EngineError):
    """The cluster refused a request, or its answer cannot be understood.

    `answered` is the status of the HTTP answer, 0 if there was none. `retry_after`: the seconds the cluster asks us to
    wait; None if it says nothing. `uncertain`: whether it was carried out is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "",
        answered: int = 0,
        retry_after: float | None = None,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.answered = answered
        self.retry_after = retry_after
        self.uncertain = uncertain


class Absent(ClusterError):
    """What was asked for is not there."""


class IndexAbsent(Absent, IndexMissing):
    """There is no index, and no alias, of that name."""


class Conflict(ClusterError):
    """The document or index was changed, or made, by somebody else meanwhile."""


class Denied(ClusterError):
    """The cluster does not know us, or does not let us do that."""


class TooMuch(ClusterError):
    """The request is larger than a limit of the cluster."""


class Blocked(ClusterError):
    """The index, or the whole cluster, takes no writes at present."""


class Unavailable(ClusterError):
    """No node answers in time, or shards are missing, so there is no whole answer."""


class Refused(ClusterError):
    """The cluster has too much to do at the moment; the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An error of ours, and what to do, for those of OpenSearch whose type or reason the pattern finds."""

    pattern: re.Pattern[str]
    error: type[ClusterError]
    advice: str


_BUSY: Final = "the cluster has too much to do; try again later, or give it more nodes"
_NODE_LOST: Final = "a node of the cluster is gone, or cannot be reached by the others; see GET /_cluster/health"
_CHANGED: Final = "somebody else has changed or made it meanwhile"
_REFUSED: Final = "the cluster refused the request"
_SHARDS_MISSING: Final = "shards of the index are missing; see GET /_cluster/health and start the nodes that hold them"
_NO_MANAGER: Final = "the cluster has no elected manager; see that most of its manager nodes run"
_NOT_ALLOWED: Final = "the user may not do that; give its role the rights on the archive's indices"
_UNKNOWN: Final = (
    "the cluster does not know us; set BACKFILE_OPENSEARCH_USER and BACKFILE_OPENSEARCH_PASSWORD, or "
    "BACKFILE_OPENSEARCH_API_KEY"
)


def _row(pattern: str, error: type[ClusterError], advice: str) -> _Row:
    return _Row(re.compile(pattern), error, advice)


TABLE: Final = (
    # These two quote the document, whose words say nothing of the cluster.
    _row("^mapper_parsing_exception", ClusterError, _REFUSED),
    _row("^unavailable_shards_exception", Unavailable, _SHARDS_MISSING),
    _row("too_many_buckets", TooMuch,
         "the answer would have too many buckets; ask for fewer facets, or raise search.max_buckets of the cluster"),
    _row("too_many_(nested_)?clauses|maxClauseCount", TooMuch,
         "the query has too many words; shorten it, or raise indices.query.bool.max_clause_count of the nodes"),
    _row("circuit_breaking_exception", Refused,
         "the cluster is short of memory for this request; try again later, ask for less, or give its nodes more heap"),
    _row("rejected_execution", Refused, _BUSY),
    _row("flood.stage|read.only.allow.delete|disk usage exceeded", Blocked,
         "a disk of the cluster is nearly full, so it takes no writes; free some space, or add disks"),
    _row("cluster_block_exception.*(no cluster.manager|no master|state not recovered)", Unavailable, _NO_MANAGER),
    _row("cluster_manager_not_discovered|master_not_discovered", Unavailable, _NO_MANAGER),
    _row("cluster_block_exception", Blocked,
         "the index or the cluster is set read-only; take the block away (index.blocks.*, cluster.blocks.*)"),
    _row("index_closed_exception", Blocked, "the index is closed; open it again"),
    _row("index_not_found_exception|aliases_not_found", IndexAbsent,
         "there is no such index; make one with `backfile index SOURCE…`"),
    _row("version_conflict_engine|resource_already_exists|invalid_alias_name|already exists", Conflict, _CHANGED),
    _row("unavailable_shards|no_shard_available|NoShardAvailable", Unavailable, _SHARDS_MISSING),
    _row("node_(not_connected|disconnected|closed)_exception|connect_transport_exception", Unavailable, _NODE_LOST),
    _row("process_cluster_event_timeout", Refused, "the cluster's manager has too much to do; try again later"),
    _row("security_exception|no permissions for", Denied, _NOT_ALLOWED),
)  # fmt: skip
"""The first row whose pattern is found in "type: reason" of an error, or of one of its causes, holds."""

_BY_STATUS: Final[dict[int, tuple[type[ClusterError], str]]] = {
    401: (Denied, _UNKNOWN),
    403: (Denied, _NOT_ALLOWED),
    404: (Absent, "what was asked for is not there"),
    409: (Conflict, _CHANGED),
    413: (TooMuch, "the request is too large for the cluster (http.max_content_length)"),
    429: (Refused, _BUSY),
    502: (Unavailable, "something before the cluster does not reach it"),
    503: (Unavailable, "the cluster cannot answer at present; see GET /_cluster/health"),
    504: (Unavailable, "something before the cluster waited for it in vain"),
}
"""Where no row of the table holds."""


def error_of(status: int, error: object, *, retry_after: float | None = None) -> ClusterError:
    """The error for one of OpenSearch's: its HTTP status, and `error` of a body or of an item of `_bulk` or `_msearch`.

    `error` may be anything: a mapping with "type" and "reason", a text, or nothing.
    """
    kind = _text(error.get("type")) if isinstance(error, Mapping) else ""
    said = _causes(error)
    text = "; ".join(said)
    kind_of_error, advice = next(
        ((row.error, row.advice) for row in TABLE if row.pattern.search(text) and _may_be(row.error, status)),
        _BY_STATUS.get(status, (ClusterError, _REFUSED)),
    )
    if status in (401, 403) and kind_of_error not in (Blocked, Unavailable):
        kind_of_error, advice = _BY_STATUS[status]
    detail = said[-1][:MAX_REASON_LENGTH] if said else f"HTTP status {status}"
    uncertain = kind_of_error is Unavailable and "node_disconnected" in text
    return kind_of_error(
        f"{advice} ({detail})", kind=kind, answered=status, retry_after=retry_after, uncertain=uncertain
    )


def _may_be(error: type[ClusterError], status: int) -> bool:
    # A node that has just started does not know the index of a shard that it is to have. That index is not missing.
    return error is not IndexAbsent or status < 500


def _causes(error: object) -> list[str]:
    """ "type: reason" of an error, of its causes and of those of its shards, from the outermost to the innermost."""
    found: list[str] = []
    waiting = [error]
    while waiting and len(found) < 20:
        match waiting.pop(0):
            case str() as text if text:
                found.append(_text(text))
            case {"type": kind, **rest}:
                found.append(f"{_text(kind)}: {_text(rest.get('reason'))}")
                shards = rest.get("failed_shards")
                failed = (
                    [shard.get("reason") for shard in shards if isinstance(shard, Mapping)]
                    if isinstance(shards, list)
                    else []
                )
                waiting += [*failed, rest.get("caused_by")]
    return list(dict.fromkeys(found))


def _text(value: object) -> str:
    """A value of the cluster's as one printable line."""
    shown = "" if value is None else str(value)[: 4 * MAX_REASON_LENGTH]
    return " ".join("".join(character if character.isprintable() else " " for character in shown).split())


def as_text(value: Any) -> str:
    """What a server said, as one short line that is fit to be shown."""
    return _text(value)[:MAX_REASON_LENGTH]
