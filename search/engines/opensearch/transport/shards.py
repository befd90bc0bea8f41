"""Whether an answer is whole: OpenSearch answers HTTP 200 with short counts where shards are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.engines.opensearch.transport.errors import ClusterError, Unavailable, error_of


def whole_answers(reply: Any, count: int, *, partial: bool) -> list[dict[str, Any]]:
    """The `count` answers of an `_msearch`.

    Raises ClusterError if one of them is an error, and Unavailable if shards are missing from one; with `partial` such
    an answer has `"partial": true` instead, unless no shard answered.
    """
    answers = reply.get("responses") if isinstance(reply, Mapping) else None
    if not isinstance(answers, list) or len(answers) != count:
        raise ClusterError(f"the cluster answered {count} searches with something else")
    return [whole_answer(answer, partial=partial) for answer in answers]


def whole_answer(answer: Any, *, partial: bool) -> dict[str, Any]:
    """One answer, as in `whole_answers`."""
    if not isinstance(answer, dict):
        raise ClusterError("the cluster answered a search with something else")
    if "error" in answer:
        status = answer.get("status")
        raise error_of(status if isinstance(status, int) else 500, answer["error"])
    missing, total = missing_shards(answer)
    if not missing:
        return answer
    if partial and missing < total:
        return {**answer, "partial": True}
    short = f"{missing} of {total} shards did not answer, so the answer would be short"
    failure = _first_failure(answer)
    if failure is None:
        raise Unavailable(f"{short}; see GET /_cluster/health and start the nodes that hold them", answered=503)
    error = error_of(503, failure)
    raise type(error)(f"{short}: {error}", kind=error.kind, answered=503)


def _first_failure(answer: Mapping[str, Any]) -> object:
    """Why the first of the shards that failed did so; None for those that are not there."""
    match answer["_shards"]:
        case {"failures": [{"reason": reason}, *_]}:
            return reason
    return None


def missing_shards(answer: Mapping[str, Any]) -> tuple[int, int]:
    """How many shards are missing from an answer, of how many. Raises ClusterError if it does not say."""
    match answer.get("_shards"):
        case {"total": int(total), "successful": int(successful), **rest}:
            failed = rest.get("failed")
            # Skipped shards, which cannot match, are among the successful ones.
            return max(total - successful, failed if isinstance(failed, int) else 0), total
    raise ClusterError("the cluster does not say how many shards answered")
