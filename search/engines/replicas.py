"""The seam for an index that is a copy of another one, kept in step with it commit by commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from search.errors import EngineError


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """What is written down beside an index that is a copy of another, at the address `of`. Times are aware.

    `in_step_at`: when it last was at the newest commit of that one, None if it never was. `removed_until`: up to which
    change of what was taken down there it knows all. `problem`: why it is not in step now, "" if it is.
    """

    of: str
    in_step_at: datetime | None = None
    removed_until: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file of a commit that a replica lacks: its name, its size, and where its bytes are collected, in order."""

    name: str
    size: int
    path: Path

    def bytes_there(self) -> int:
        """How many of its first bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0


def refusal(what: str, state: ReplicaState) -> EngineError:
    """The error for somebody who wants to write into a replica."""
    return EngineError(
        f"{what} is a replica of {state.of}, so nothing is written into it but what comes from there; write into that "
        "one, or make this an index of its own: stop `backfile replicate`, and delete backfile.replica.json in it"
    )


class Replica(Protocol):
    """An index that takes over the commits of another, file by file; nobody else writes into it."""

    @property
    def state(self) -> ReplicaState: ...

    @property
    def generation(self) -> str:
        """That of the newest commit here, "" if there is none that can be read."""
        ...

    def note(self, state: ReplicaState) -> None:
        """Writes the state down. Raises EngineError."""
        ...

    def receive(self, description: bytes) -> Sequence[MissingFile]:
        """Reads the description of a commit as a stranger sent it, and says which of its files are not here: see
        `search.engines.commit_files.HeldCommit.description`. Raises IndexVersionError, and EngineError for one that
        cannot be used or does not fit on the disk."""
        ...

    def accept(self, file: MissingFile) -> None:
        """Reads a file that is here now and syncs it. Raises IndexDamaged, and forgets it, if it is not what was
        committed, every byte."""
        ...

    def commit(self) -> None:
        """Makes the commit that was received the newest one, at once, and removes all files that are not of it. Raises
        IndexDamaged, EngineError; then all stays as it was."""
        ...

    def held(self, ids: Collection[str]) -> set[str]:
        """Those of the articles of which a file here has something, be they deleted or not."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@runtime_checkable
class Replicating(Protocol):
    """What an engine offers besides if its index can be a replica of another one."""

    def replica(self, of: str, *, replace: bool) -> Replica:
        """Makes the index a replica of that at the address `of`, or goes on with one, and keeps all others from writing
        until the end of the block. With `replace` the index may hold something else, and no file is trusted. Raises
        IndexLocked, EngineError."""
        ...

    def replica_state(self) -> ReplicaState | None:
        """What is known of the index as a replica; None if it is none. Raises EngineError if that cannot be read."""
        ...


def require_no_replica(engine: object, what: str) -> None:
    """Raises EngineError if the index of an engine is a replica."""
    if isinstance(engine, Replicating) and (state := engine.replica_state()):
        raise refusal(what, state)
