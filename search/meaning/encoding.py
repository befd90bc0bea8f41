"""Makes the vectors of all articles that have none, while readers search and others write.

Articles are findable before their vectors are made. What was made is committed about once a minute, so that neither
Ctrl-C nor a crash loses more; of a large archive after some more of it, since a commit writes all vectors of a segment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from search.document import Document
from search.engines.protocols import Engine, Searcher
from search.engines.vectors import Vectors
from search.errors import EngineError, IndexLocked
from search.meaning.encoder import Encoder

COMMIT_SECONDS: Final = 60.0
COMMIT_SHARE: Final = 0.1
"""A commit adds at least this share of the vectors there are, unless it is the last."""
MAX_PENDING: Final = 50_000
"""Articles whose vectors may wait in memory for a commit, some 150 MB."""
LOCK_SECONDS: Final = 600.0
"""How long to wait in the end for another writer."""
_RETRY_SECONDS: Final = 0.2

Progress = Callable[[int, int], None]
"""Is told how many articles are encoded, and how many there are to encode."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a run came to: articles that have vectors now and had none, all articles, and the seconds it took."""

    encoded: int
    articles: int
    seconds: float


def encode_missing(engine: Engine, encoder: Encoder, *, threads: int = 1, progress: Progress | None = None) -> Encoded:
    """Makes the vectors of each article that has none of this encoder, also of those that are added meanwhile.

    If this is interrupted, what was made so far is kept. Raises EngineError, IndexMissing and IndexLocked among them.
    """
    if "meaning" not in engine.capabilities:
        raise EngineError(f"{engine.url} cannot keep vectors, so it cannot be searched by meaning")
    run = _Run(engine, encoder, threads, progress or _tell_nobody)
    started = time.monotonic()
    try:
        while run.round():
            pass
    except KeyboardInterrupt:
        run.commit(patience=LOCK_SECONDS)
        raise
    with engine.searcher() as searcher:
        return Encoded(run.kept, searcher.status().articles, time.monotonic() - started)


@dataclass(slots=True)
class _Run:
    engine: Engine
    encoder: Encoder
    threads: int
    progress: Progress
    kept: int = 0
    pending: dict[str, Vectors] = field(default_factory=dict)
    last_commit: float = field(default_factory=time.monotonic)

    def round(self) -> int:
        """Encodes what has no vectors in the newest commit; returns how many articles have vectors now."""
        before = self.kept
        with self.engine.searcher() as searcher:
            total = sum(1 for _ in searcher.without_vectors(self.encoder.model))
            held = searcher.status().articles - total
            missing = _documents(searcher, self.encoder.model)
            with closing(self.encoder.articles(missing, self.threads)) as encoded:
                for done, (document, vectors) in enumerate(encoded, 1):
                    self.pending[document.content_hash()] = vectors
                    self.progress(done, total)
                    if self._is_due(held):
                        self.commit(patience=LOCK_SECONDS if len(self.pending) >= MAX_PENDING else 0.0)
        self.commit(patience=LOCK_SECONDS)
        return self.kept - before

    def _is_due(self, held: int) -> bool:
        enough = len(self.pending) >= COMMIT_SHARE * (held + self.kept) or len(self.pending) >= MAX_PENDING
        return enough and time.monotonic() - self.last_commit >= COMMIT_SECONDS

    def commit(self, patience: float) -> None:
        """Keeps what is pending; it stays pending while another writer holds the index. Raises IndexLocked after that
        many seconds, but never if they are 0."""
        until = time.monotonic() + patience
        while self.pending:
            try:
                self.kept += self.engine.add_vectors(self.encoder.model, self.pending)
            except IndexLocked:
                if not patience:
                    break
                if time.monotonic() > until:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                self.pending = {}
        self.last_commit = time.monotonic()


def _tell_nobody(done: int, total: int) -> None:
    """The progress of a run that nobody watches."""


def _documents(searcher: Searcher, model: str) -> Iterator[Document]:
    for name in searcher.without_vectors(model):
        if (document := searcher.document(name)) is not None:
            yield document
