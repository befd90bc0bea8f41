"""Clusters of some nodes on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlencode

from benchmark.http.server import Request, answer, free_port
from benchmark.opensearch.installing import installed, java
from benchmark.opensearch.node import FOR_TESTS, JavaMachine, Node

_SETTINGS: Final[Mapping[str, object]] = {
    "cluster.name": "backfile",
    "cluster.routing.allocation.disk.threshold_enabled": False,  # a full disk of this machine is no failure of theirs
}


class Cluster:
    """Nodes that find each other, each with a folder of its own below `folder`; `settings` are those of all nodes.

    Snapshots may be written below `repositories`. Raises LookupError, with the reason, where no server can be had. As a
    context manager it runs for the block.
    """

    def __init__(
        self,
        folder: Path,
        count: int = 1,
        *,
        machine: JavaMachine = FOR_TESTS,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        path, home = java(), installed()
        folder = folder.resolve()
        ports, inner = ([free_port() for _ in range(count)] for _ in range(2))
        names = [f"node{place}" for place in range(count)]
        found = (
            {"discovery.type": "single-node"}
            if count == 1
            else {
                "discovery.seed_hosts": [f"127.0.0.1:{port}" for port in inner],
                "cluster.initial_cluster_manager_nodes": names,
            }
        )
        self.repositories = folder / "repositories"
        self.urls: Sequence[str] = [f"http://127.0.0.1:{port}" for port in ports]
        self.nodes: Sequence[Node] = [
            Node(
                path, home, folder / name,
                {
                    **_SETTINGS, **found, "path.repo": [str(self.repositories)], **(settings or {}),
                    "node.name": name, "http.port": ports[place], "transport.port": inner[place],
                },
                machine,
            )
            for place, name in enumerate(names)
        ]  # fmt: skip

    def start(self) -> None:
        """Starts the nodes that do not run, and waits until every node knows all of them and every shard is there.

        Raises ServerFailed."""
        for node in self.nodes:
            node.start()
        for place, node in enumerate(self.nodes):
            node.wait_until(partial(self._has_all, place), f"the node at {self.urls[place]} and the others")

    def _has_all(self, place: int) -> bool:
        found = self.ask("/_cluster/health", through=place)
        known: bool = found["number_of_nodes"] == len(self.nodes) and found["discovered_cluster_manager"]
        return known and found["status"] != "red"

    def stop(self) -> None:
        """Stops all nodes. May be called more than once."""
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def archive(self, name: str, **options: object) -> str:
        """The URL of an archive of that name, which any node may be asked for; `options` as in `shards=3`."""
        hosts = ",".join(url.partition("://")[2] for url in self.urls)
        return f"opensearch://{hosts}/{name}?{urlencode(options)}"

    def ask(self, path: str, *, method: str = "GET", body: str = "", through: int = 0) -> Any:
        """The answer of the node `through` to one request. Raises ServerFailed."""
        return answer(self.urls[through], Request(method, path, body))
