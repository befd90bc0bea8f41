"""What `backfile doctor` says of an installation, an index and what that stands on."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from archives import FLOOD, fill
from click.testing import CliRunner, Result
from clusters import archive_on

from benchmark.http.server import Request, answer
from search.commands import main
from search.engines import open_engine
from search.engines.opensearch.doctor import is_passed

Usage = namedtuple("Usage", "total used free")


def invoke(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(main, ("doctor", *arguments))


def rows(runner: CliRunner, *arguments: str) -> dict[str, Any]:
    """What was found, by what was looked at; a problem shows in the exit code."""
    said = invoke(runner, *arguments, "--json")
    found = {row["what"]: row for row in json.loads(said.stdout)}
    assert said.exit_code == any(row["health"] == "problem" for row in found.values())
    assert all(bool(row["advice"]) or row["health"] == "ok" or row["what"] == "index" for row in found.values())
    return found


def test_a_sound_archive_has_no_problem(runner: CliRunner) -> None:
    fill(open_engine("archive"), *FLOOD)
    found = rows(runner)
    assert {row["health"] for name, row in found.items() if name != "kernel"} == {"ok"}
    assert found["index"]["found"].startswith("whoosh:archive: 5 articles, generation ")
    assert found["settings"]["found"] == "all have their defaults"
    assert found["segments"]["found"] == "1, with 0 deleted articles of 5"
    said = invoke(runner)
    assert said.exit_code == 0
    assert [line.split()[0] for line in said.stdout.splitlines() if not line.startswith(" ")] == [
        row["health"] for row in found.values()
    ]


def test_without_an_index_it_says_how_to_make_one(runner: CliRunner) -> None:
    found = rows(runner, "--index", "nothing")
    assert found["index"]["health"] == "problem"
    assert "make one with `backfile index" in found["index"]["found"]
    assert not Path("nothing").exists()
    assert invoke(runner, "--index", "nothing").exit_code == 1


def test_a_setting_that_is_wrong_is_a_problem_and_no_error(runner: CliRunner) -> None:
    Path("backfile.toml").write_text("prot = 8080\n", "utf-8")
    assert "did you mean port?" in rows(runner)["settings"]["found"]
    Path("backfile.toml").write_text('meaning_model = "nowhere"\n', "utf-8")
    found = rows(runner)
    assert found["settings"]["found"] == "from backfile.toml"
    assert found["model"]["health"] == "problem"
    assert rows(runner, "--index", "nosuch:x")["index"]["health"] == "problem"


def test_an_empty_index_is_a_warning(runner: CliRunner) -> None:
    fill(open_engine("empty"))
    assert rows(runner, "--index", "empty")["index"]["health"] == "warning"


def test_a_damaged_index_is_a_problem(runner: CliRunner) -> None:
    fill(open_engine("archive"), *FLOOD)
    Path("archive/backfile.json").write_bytes(b"{")
    found = rows(runner)["index"]
    assert (found["health"], "`backfile restore`" in found["found"]) == ("problem", True)


@pytest.mark.parametrize(("free", "health"), [(10**6, "problem"), (10**12, "ok")])
def test_a_full_disk_is_told(runner: CliRunner, monkeypatch: pytest.MonkeyPatch, free: int, health: str) -> None:
    fill(open_engine("archive"), *FLOOD)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - free, free))
    assert rows(runner)["disk space"]["health"] == health


# --- a cluster -----------------------------------------------------------------------------------------------------


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def test_a_cluster_is_looked_at_part_by_part(runner: CliRunner, opensearch: str, opensearch_archive: str) -> None:
    engine = fill(open_engine(opensearch_archive), *FLOOD)
    name = name_of(opensearch_archive)
    found = rows(runner, "--index", opensearch_archive)
    assert found["cluster"]["found"].split()[-2] == "OpenSearch"
    assert found[f"index {name}-000001"] == {
        "what": f"index {name}-000001", "health": "ok", "found": "green; 1 shard, 0 replicas of each", "advice": "",
    }  # fmt: skip
    assert found["blocks"]["health"] == "ok"
    assert found["writer"]["found"] == "nobody writes"
    assert any(what.startswith("disk of ") for what in found)
    assert any(what.startswith("heap of ") for what in found)
    with engine.writer():
        writing = rows(runner, "--index", opensearch_archive)["writer"]
    assert " writes; its lease is renewed " in writing["found"]

    answer(opensearch, Request("PUT", f"/{name}/_settings", json.dumps({"index.blocks.write": True})))
    blocked = rows(runner, "--index", opensearch_archive)["blocks"]
    assert blocked["health"] == "problem"
    assert blocked["found"] == f"index.blocks.write of {name}-000001"


def test_copies_that_have_no_node_are_a_warning(runner: CliRunner, opensearch: str) -> None:
    with archive_on(opensearch, replicas=5, shards=2) as url:
        fill(open_engine(url), *FLOOD)
        found = rows(runner, "--index", url)[f"index {name_of(url)}-000001"]
    assert found["health"] == "warning"
    assert found["found"].startswith("yellow; 2 shards, 5 replicas of each, ")
    assert "unassigned" in found["found"]


def test_an_archive_that_is_not_there_yet_is_told_apart_from_the_cluster(
    runner: CliRunner, opensearch_archive: str
) -> None:
    found = rows(runner, "--index", opensearch_archive)
    assert found["index"]["health"] == "problem"
    assert found["cluster"]["health"] == "ok"
    assert found["writer"]["found"] == "nobody has written yet"


def test_a_cluster_that_does_not_answer_is_a_problem(runner: CliRunner) -> None:
    found = rows(runner, "--index", "opensearch://127.0.0.1:1/archive")
    assert found["cluster"]["health"] == "problem"
    assert "refuses connections" in found["cluster"]["found"]
    assert "health" not in found


@pytest.mark.parametrize(
    ("mark", "used", "passed"),
    [
        ("85%", 86, True), ("85%", 84, False), ("0.85", 86, True), ("0.85", 84, False), ("15gb", 86, True),
        ("13gb", 86, False), ("500b", 86, False), ("", 99, False), ("nonsense", 99, False), ("1.0", 99, False),
    ],
)  # fmt: skip
def test_watermarks_are_shares_or_sizes(mark: str, used: int, passed: bool) -> None:
    assert is_passed(mark, 100 * 2**30, (100 - used) * 2**30) is passed
