"""What the writers of all engines share: a block is one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from search.errors import EngineError


class Transaction(ABC):
    """A writer as a context manager: the end of the block commits, and an exception rolls back.

    A subclass sets `_open` to False when it has committed or rolled back. See `search.engines.protocols.Writer`.
    """

    _open = True
    step: tuple[str, str] | None = None
    """See `search.engines.protocols.Writer`."""

    @abstractmethod
    def commit(self) -> None:
        """See `search.engines.protocols.Writer`."""

    @abstractmethod
    def rollback(self) -> None:
        """See `search.engines.protocols.Writer`."""

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("this writer is closed; open another")
