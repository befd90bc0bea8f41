"""Makes the vectors of all articles that have none, while readers search and others write.

Articles are findable before their vectors are made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from search.document import Document
from search.engines.protocols import Engine, Searcher
from search.errors import EngineError
from search.meaning.commits import Committed, VectorCommits
from search.meaning.encoder import Encoder

Progress = Callable[[int, int], None]
"""Is told how many articles are encoded, and how many there are to encode."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a run came to: articles that have vectors now and had none, all articles, and the seconds it took."""

    encoded: int
    articles: int
    seconds: float


def encode_missing(
    engine: Engine,
    encoder: Encoder,
    *,
    threads: int = 1,
    progress: Progress | None = None,
    committed: Committed = lambda *_: None,
) -> Encoded:
    """Makes the vectors of each article that has none of this encoder, also of those that are added meanwhile.

    If this is interrupted, what was made so far is kept. `committed` is told of each commit the generation before it
    and the one that it made. Raises EngineError, IndexMissing and IndexLocked among them.
    """
    if "meaning" not in engine.capabilities:
        raise EngineError(f"{engine.url} cannot keep vectors, so it cannot be searched by meaning")
    run = _Run(engine, encoder, threads, progress or _tell_nobody, VectorCommits(engine, encoder.model, committed))
    started = time.monotonic()
    try:
        while run.round():
            pass
    except KeyboardInterrupt:
        run.commits.commit()
        raise
    with engine.searcher() as searcher:
        return Encoded(run.commits.kept, searcher.status().articles, time.monotonic() - started)


@dataclass(slots=True)
class _Run:
    engine: Engine
    encoder: Encoder
    threads: int
    progress: Progress
    commits: VectorCommits

    def round(self) -> int:
        """Encodes what has no vectors in the newest commit; returns how many articles have vectors now."""
        before = self.commits.kept
        with self.engine.searcher() as searcher:
            total = sum(1 for _ in searcher.without_vectors(self.encoder.model))
            held = searcher.status().articles - total
            missing = _documents(searcher, self.encoder.model)
            with closing(self.encoder.articles(missing, self.threads)) as encoded:
                for done, (document, vectors) in enumerate(encoded, 1):
                    self.commits.add(document.content_hash(), vectors, held)
                    self.progress(done, total)
        self.commits.commit()
        return self.commits.kept - before


def _tell_nobody(done: int, total: int) -> None:
    """The progress of a run that nobody watches."""


def _documents(searcher: Searcher, model: str) -> Iterator[Document]:
    for name in searcher.without_vectors(model):
        if (document := searcher.document(name)) is not None:
            yield document
