"""The seam for an index whose commits are files that never change, so that they can be copied elsewhere and back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self, runtime_checkable


@dataclass(frozen=True, slots=True)
class CommitFile:
    """A file of a commit that is held: its name, size and checksum as they were committed, where it lies unless a
    writer has removed it meanwhile, and itself, open."""

    name: str
    size: int
    crc32: int
    path: Path
    stream: BinaryIO


class HeldCommit(Protocol):
    """The files of a commit, which can be read as long as it is held."""

    @property
    def generation(self) -> str: ...

    @property
    def articles(self) -> int: ...

    @property
    def files(self) -> Sequence[CommitFile]: ...

    def description(self) -> tuple[str, bytes]:
        """The name and the content of the file that names the others, which is written last where they are put."""
        ...

    def is_same(self, file: CommitFile, place: Path) -> bool:
        """Whether the file of that name in the folder `place` is that of the commit, as far as that can be told without
        reading all of it."""
        ...

    def require_sound(self, file: CommitFile, place: Path) -> None:
        """Raises IndexDamaged if the file of that name in the folder `place` is not what was committed, every byte."""
        ...


class Replacement(Protocol):
    """A folder `staging` in which the files of a commit are put, which then takes the place of the newest."""

    staging: Path

    def commit(self) -> str:
        """Makes the commit in `staging` the newest one, at once, and gives its generation. Until then, and if anything
        goes wrong, all stays as it was. Raises IndexVersionError, IndexDamaged, EngineError."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@runtime_checkable
class CommitFiles(Protocol):
    """What an engine offers besides if a commit is files that never change, which can be copied elsewhere and back."""

    def held_commit(self) -> AbstractContextManager[HeldCommit]:
        """Holds the newest commit. Writers go on. Raises IndexMissing, IndexVersionError, IndexDamaged."""
        ...

    def committed_file(self, name: str) -> CommitFile | None:
        """A file of the newest commit, or of the one before, which the caller closes; None if neither has one of that
        name. Raises EngineError."""
        ...

    def replacement(self, *, replace: bool) -> Replacement:
        """Keeps writers out and makes a folder for another commit; leaving the block removes what was not committed.
        Unless `replace`, there may be no index. Raises IndexLocked, EngineError."""
        ...
