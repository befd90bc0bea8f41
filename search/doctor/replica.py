"""Whether an index that is a replica is in step with the other one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from search.doctor.examined import Examined
from search.engines.protocols import Finding
from search.engines.replicas import Replicating
from search.errors import EngineError

BEHIND: Final = timedelta(minutes=5)
"""A replica that was not in step for so long is behind."""


def replica(archive: Examined) -> Iterator[Finding]:
    """Nothing for an index of its own."""
    if not isinstance(archive.engine, Replicating):
        return
    try:
        state = archive.engine.replica_state()
    except EngineError as error:
        yield Finding("replica", "problem", str(error), "follow the other index anew with --replace")
        return
    if state is None:
        return
    since = f"{state.in_step_at:%Y-%m-%d %H:%M:%S} UTC" if state.in_step_at else "never"
    found = f"of {state.of}, last in step {since}"
    if state.problem:
        yield Finding("replica", "problem", f"{found}: {state.problem}", "mend that; `backfile replicate` tries again")
    elif state.in_step_at is None or archive.now - state.in_step_at > BEHIND:
        yield Finding("replica", "problem", found, "see that `backfile replicate` runs: it may miss a takedown")
    else:
        yield Finding("replica", "ok", found)
