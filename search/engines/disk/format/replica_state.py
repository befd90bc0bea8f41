"""`backfile.replica.json`: says that an index directory is a replica, of which index, and since when it is in step.

As long as it is there, nobody writes into the directory but the one that follows.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from search.engines.replicas import ReplicaState, refusal
from search.errors import EngineError

NAME: Final = "backfile.replica.json"
_FORMAT: Final = "backfile-replica"
_MAX_BYTES: Final = 65_536
_MAX_PROBLEM: Final = 1_000


def read_state(directory: Path) -> ReplicaState | None:
    """The state of a replica; None if the directory is none. Raises EngineError if it cannot be read."""
    try:
        with (directory / NAME).open("rb") as stream:
            content = json.loads(stream.read(_MAX_BYTES))
        if content["format"] != _FORMAT:
            raise ValueError("another program wrote it")  # noqa: TRY301 - as whatever else is wrong with it
        in_step_at, removed_until = (_moment(content[name]) for name in ("in_step_at", "removed_until"))
        return ReplicaState(str(content["of"]), in_step_at, removed_until, str(content["problem"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise EngineError(
            f"{directory / NAME} cannot be read ({error}); follow the other index anew with --replace"
        ) from error


def write_state(directory: Path, state: ReplicaState) -> None:
    """Replaces the state at once. It is not synced: after a loss of power an older one does no harm."""
    content = {"format": _FORMAT} | asdict(state) | {"problem": state.problem[:_MAX_PROBLEM]}
    draft = directory / f"{NAME}.new"
    draft.write_text(json.dumps(content, default=datetime.isoformat, indent=1), "utf-8")
    draft.replace(directory / NAME)


def require_no_replica(directory: Path) -> None:
    """Raises EngineError if the directory is a replica, with what to do instead of writing into it."""
    state = read_state(directory)
    if state is not None:
        raise refusal(f"the index at {directory}", state)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
