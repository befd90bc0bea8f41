"""Gives vectors to an engine while readers search and others write.

What was made is committed about once a minute, so that neither Ctrl-C nor a crash loses more; of a large archive after
some more of it, since a commit writes all vectors of a segment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from search.engines.protocols import Engine
from search.engines.vectors import Vectors
from search.errors import IndexLocked

COMMIT_SECONDS: Final = 60.0
COMMIT_SHARE: Final = 0.1
"""A commit adds at least this share of the vectors there are, unless it is the last."""
MAX_PENDING: Final = 50_000
"""Articles whose vectors may wait in memory for a commit, some 150 MB."""
LOCK_SECONDS: Final = 600.0
"""How long to wait in the end for another writer."""
_RETRY_SECONDS: Final = 0.2

Committed: TypeAlias = Callable[[str, str], None]


@dataclass(slots=True)
class VectorCommits:
    """Vectors of one model on their way into `engine`. Call `commit` in the end, also when the run is interrupted.

    `kept` counts the articles that have vectors now and had none. `committed` is told of each commit the generation
    before it and the one that it made.
    """

    engine: Engine
    model: str
    committed: Committed = lambda *_: None
    kept: int = 0
    pending: dict[str, Vectors] = field(default_factory=dict)
    last_commit: float = field(default_factory=time.monotonic)

    def add(self, content_hash: str, vectors: Vectors, held: int) -> None:
        """Queues the vectors of an article, and commits if that is due. `held`: articles that had vectors before.

        Raises EngineError, and IndexLocked if another writer holds the index for long."""
        self.pending[content_hash] = vectors
        enough = len(self.pending) >= COMMIT_SHARE * (held + self.kept) or len(self.pending) >= MAX_PENDING
        if enough and time.monotonic() - self.last_commit >= COMMIT_SECONDS:
            self.commit(patient=len(self.pending) >= MAX_PENDING)

    def commit(self, *, patient: bool = True) -> None:
        """Keeps what is pending; it stays pending while another writer holds the index, which is waited for if this is
        to be patient. Raises IndexLocked after LOCK_SECONDS."""
        until = time.monotonic() + LOCK_SECONDS
        while self.pending:
            try:
                added = self.engine.add_vectors(self.model, self.pending)
            except IndexLocked:
                if not patient:
                    break
                if time.monotonic() > until:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                self.kept += added.articles
                self.pending = {}
                if added.step:
                    self.committed(*added.step)
        self.last_commit = time.monotonic()
