"""The engine on an OpenSearch cluster: one archive, named by one URL."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from threading import Lock

from search.engines.opensearch.doctor import examine_cluster
from search.engines.opensearch.format.commits import newest_commit, require_own
from search.engines.opensearch.format.keeping import Keeping
from search.engines.opensearch.searcher import CLUSTER_CAPABILITIES, ClusterSearcher
from search.engines.opensearch.snapshots import Progress, listed_snapshots, restore_snapshot, take_snapshot
from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Denied
from search.engines.opensearch.writing.indices import erase
from search.engines.opensearch.writing.lease import LEASE_SECONDS
from search.engines.opensearch.writing.purging import purge_versions
from search.engines.opensearch.writing.writer import ClusterWriter
from search.engines.protocols import AddedVectors, Finding, Purged, Snapshot, WriterProgress
from search.engines.vectors import Vectors
from search.errors import IndexMissing


class ClusterEngine:
    """See `search.engines.protocols.Engine`. Opening it sends nothing. `url` shows no secret.

    `lease_seconds`: how long other writers wait if this process is killed while it writes.
    """

    capabilities = CLUSTER_CAPABILITIES

    def __init__(self, address: Address, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self.url = address.url
        self.ledger_place = f"{address.name}.ledger"
        self._connection = Connection(address)
        self._lease_seconds = lease_seconds
        self._lock = Lock()
        self._own: frozenset[str] = frozenset()

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> ClusterWriter:
        return self.parallel_writer(workers=1, replace=replace, progress=progress)

    def parallel_writer(
        self, *, workers: int, replace: bool = False, progress: WriterProgress | None = None
    ) -> ClusterWriter:
        """See `search.engines.protocols.ParallelWriting`."""
        return ClusterWriter(
            self._connection, replace=replace, progress=progress, workers=workers, lease_seconds=self._lease_seconds
        )

    def searcher(self) -> ClusterSearcher:
        return self._searcher(self._connection)

    def whole_searcher(self) -> ClusterSearcher:
        """See `search.engines.protocols.WholeSearching`."""
        return self._searcher(self._connection.whole())

    def _searcher(self, connection: Connection) -> ClusterSearcher:
        commit = newest_commit(self._connection)
        with self._lock:
            is_known = f"{commit.index}.{commit.uid}" in self._own
        if not is_known:
            require_own(self._connection, commit.index)
            with self._lock:
                self._own |= {f"{commit.index}.{commit.uid}"}
        return ClusterSearcher(connection.followed(Keeping(self._connection, commit).require), commit)

    def generation(self) -> str:
        return newest_commit(self._connection).generation

    def identity(self) -> str:
        address = self._connection.address
        try:
            cluster = self._connection.send("GET", "/")["cluster_uuid"]
        except Denied:  # who may only use the archive's indices need not be told
            cluster = ",".join(sorted(map(str, address.hosts)))
        return f"opensearch:{cluster}/{address.name}"

    def examine(self) -> Iterable[Finding]:
        return examine_cluster(self._connection)

    def take_snapshot(self, repository: str, name: str, progress: Progress | None = None) -> Snapshot:
        return take_snapshot(self._connection, repository, name, progress)

    def snapshots(self, repository: str) -> list[Snapshot]:
        return listed_snapshots(self._connection, repository)

    def restore_snapshot(
        self, repository: str, name: str, *, replace: bool = False, progress: Progress | None = None
    ) -> Snapshot:
        return restore_snapshot(self._connection, repository, name, replace=replace, progress=progress)

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
        with self.writer() as writer:
            added = writer.add_vectors(model, vectors)
        return AddedVectors(added, writer.step)

    def purge(self, ids: Collection[str], *, progress: WriterProgress | None = None) -> Purged:
        """See `search.engines.protocols.Purging`. The cluster looks after its files itself."""
        started = time.monotonic()
        try:
            with self.searcher() as searcher:
                there = searcher.stamps(list(ids))
        except IndexMissing:
            return Purged(0, None, None, 0.0)
        if there:
            with self.writer(progress=progress) as writer:
                there = {name: stamp for name, stamp in there.items() if writer.delete(name)}
        hashes = [stamp.content_hash for stamp in there.values()]
        left = purge_versions(self._connection, ids, hashes, lease_seconds=self._lease_seconds)
        kept = (f"{left:,} deleted versions in segments of the cluster",) if left else ()
        return Purged(len(there), None, None, time.monotonic() - started, kept)

    def erase(self) -> None:
        erase(self._connection)

    def close(self) -> None:
        """Closes the sockets; the next request opens others."""
        self._connection.close()
