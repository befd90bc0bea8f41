"""The endpoint held against its own description by a program that knows nothing else of it, on a real socket.

Every operation and every check. A short run is part of all tests; `make test-contract` draws other requests each time,
for minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from livesite import sample_site

HERE = Path(__file__).parent
SAME_PARAMETERS = (
    "/search.atom", "/search.rss", "/search.json", "/search.csv", "/api/v1/save", "/api/v1/articles/{id}/why-not",
    "/api/v1/facets/{name}", "/api/v1/export",
)  # fmt: skip
"""What takes the parameters of `/api/v1/search`: the short run tries every edge of them there alone."""
WRITING = r"^/api/v1/(articles/\{id\}|articles:batch|writes/)"
"""The paths at which a key is needed to write."""


@pytest.fixture(scope="module")
def desk_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample archive, with all addresses that the description can have."""
    with sample_site(tmp_path_factory.mktemp("contract"), desk="true") as address:
        yield address


@pytest.fixture
def keyed_site(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of an archive of its own, into which much is written, and a key that may do everything there."""
    with sample_site(tmp_path, inbox_most="100000", write_per_minute="1000000") as address:
        command = ["keys", "add", "contract", "--scope", "admin", "--index", f"whoosh:{tmp_path / 'archive'}"]
        made = subprocess.run([sys.executable, "-m", "search", *command], check=True, capture_output=True, text=True)
        yield address, made.stdout.strip()


def schemathesis(site: str, folder: Path, *options: str) -> None:
    """Runs every check over the operations chosen by the options; fails with what it found."""
    command = [
        str(Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml"), "run",
        f"{site}/openapi.json", "--no-color", "--continue-on-failure", *options,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(HERE)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert "No issues found" in done.stdout


def test_every_operation_keeps_to_the_description_whatever_is_sent(desk_site: str, tmp_path: Path) -> None:
    schemathesis(desk_site, tmp_path, "--phases", "examples,fuzzing", "-n", "4", "--generation-deterministic")


def test_every_edge_of_a_parameter_is_where_the_description_says(desk_site: str, tmp_path: Path) -> None:
    left_out = [word for path in SAME_PARAMETERS for word in ("--exclude-path", path)]
    schemathesis(desk_site, tmp_path, "--phases", "coverage", "--generation-deterministic", *left_out)


def test_writing_keeps_to_the_description_for_who_has_a_key(keyed_site: tuple[str, str], tmp_path: Path) -> None:
    site, key = keyed_site
    schemathesis(
        site, tmp_path, "--phases", "examples,coverage,fuzzing", "-n", "20", "--generation-deterministic",
        "--include-path-regex", WRITING, "--header", f"Authorization: Bearer {key}",
    )  # fmt: skip


@pytest.mark.long
def test_the_description_holds_for_requests_that_are_drawn_for_minutes(desk_site: str, tmp_path: Path) -> None:
    schemathesis(desk_site, tmp_path, "--phases", "examples,coverage,fuzzing", "-n", "200")
