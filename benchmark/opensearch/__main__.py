"""Runs a cluster until Ctrl-C or SIGTERM, and prints the addresses of its nodes when they answer."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmark.http.server import ServerFailed
from benchmark.opensearch.cluster import Cluster
from benchmark.opensearch.node import FOR_MEASUREMENTS, FOR_TESTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmark.opensearch", description=__doc__)
    add = parser.add_argument
    add("--nodes", type=int, default=1, help="(default: 1)")
    add("--fast", action="store_true", help="Java as in measurements, with 1 GB of heap: slower to start")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="opensearch-") as folder:
        try:
            cluster = Cluster(Path(folder), asked.nodes, machine=FOR_MEASUREMENTS if asked.fast else FOR_TESTS)
        except LookupError as reason:
            sys.exit(f"error: {reason}")
        try:
            with cluster:
                sys.stdout.write("".join(f"{url}\n" for url in cluster.urls))
                sys.stdout.flush()
                signal.pause()
        except ServerFailed as error:
            sys.exit(f"error: {error}")
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
