"""An index on a cluster whose versions are written by hand, beside the memory engine with the same articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from archives import documents
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines.memory.engine import MemoryEngine, MemorySearcher
from search.engines.opensearch.format.articles import indexed, version_id
from search.engines.opensearch.format.commits import Commit
from search.engines.opensearch.format.mapping import index_body
from search.engines.opensearch.transport.connection import Connection, ndjson
from search.engines.protocols import Engine

Changes = Sequence[Document | str]
History = Sequence[tuple[Changes, bool]]
"""What writers change, one after another, and whether each commits."""


class Versions:
    """An index whose versions are written by hand, and the memory engine with what was committed of them."""

    def __init__(self, connection: Connection, shards: int) -> None:
        self.connection = connection
        self.memory: Engine = MemoryEngine()
        self._index = f"{connection.address.name}-{uuid4().hex[:6]}"
        self._versions: dict[tuple[str, int], tuple[Document, int | None]] = {}
        self._live: dict[str, int] = {}
        self._aborted: list[int] = []
        self._epoch = self._committed = 0
        connection.send("PUT", f"/{self._index}", index_body(shards, 0))
        with self.memory.writer():
            pass

    def replay(self, history: History) -> None:
        for changes, commits in history:
            self.write(changes, commits=commits)

    def write(self, changes: Changes, *, commits: bool = True) -> None:
        """The changes of one writer, which ends without a commit if it does not commit."""
        self._epoch += 1
        live = dict(self._live)
        for change in changes:
            name = change.id if isinstance(change, Document) else change
            if (born := live.pop(name, None)) == self._epoch:
                del self._versions[name, born]
            elif born is not None:
                self._versions[name, born] = self._versions[name, born][0], self._epoch
            if isinstance(change, Document):
                self._versions[name, self._epoch] = change, None
                live[name] = self._epoch
        if not commits:
            self._aborted.append(self._epoch)
            return
        self._live, self._committed = live, self._epoch
        with self.memory.writer() as writer:
            for change in changes:
                if isinstance(change, Document):
                    writer.add(change)
                else:
                    writer.delete(change)

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Commit, MemorySearcher]]:
        """The newest commit, with everything written, and what the memory engine has of it."""
        commit = self._commit()
        with self.memory.searcher() as memory:
            assert isinstance(memory, MemorySearcher)
            yield commit, memory

    def _commit(self) -> Commit:
        """Sends all versions; the newest commit. What writers wrote after it is not born yet."""
        rows: list[Any] = []
        for (name, born), (document, died) in self._versions.items():
            rows += [{"index": {"_id": version_id(name, born)}}, indexed(document, born, died)]
        if rows:
            answer = self.connection.send(
                "POST", f"/{self._index}/_bulk", ndjson(rows), params={"refresh": "true"}, seconds=60
            )
            assert not answer["errors"], answer
        aborted = tuple(epoch for epoch in self._aborted if epoch <= self._committed)
        return Commit(self._index, self._committed, 0, aborted, datetime.now(UTC), len(self._live), (), {})


@contextmanager
def filled(connection: Connection, *changes: Document, shards: int = 1) -> Iterator[tuple[Commit, MemorySearcher]]:
    """The articles in one commit, and the same in memory."""
    versions = Versions(connection, shards)
    versions.write(changes)
    with versions.snapshot() as (commit, memory):
        yield commit, memory


histories = st.lists(
    st.tuples(
        st.lists(
            st.one_of(
                st.builds(replace, documents, id=st.integers(0, 40).map(str)),
                documents,
                st.integers(0, 40).map(str),
            ),
            min_size=1,
            max_size=25,
        ),
        st.sampled_from((True, True, False)),
    ),
    min_size=2,
    max_size=6,
)
"""What writers change one after another, and whether they commit."""

few = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
        HealthCheck.large_base_example,
    ],
)
"""Each example makes an index on the cluster."""
