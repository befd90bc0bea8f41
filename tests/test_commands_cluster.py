"""The commands that read and change an index do the same, and print the same, over a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from archives import fill, whole
from click.testing import CliRunner, Result
from clusters import archive_of, archive_on
from conftest import ARTICLES
from steady import without_chance

from search.commands import main
from search.engines import open_engine


@pytest.fixture(scope="module")
def urls(opensearch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The URLs of the same archive on disk and on a cluster."""
    with archive_on(opensearch, shards=2) as remote:
        local = f"whoosh:{tmp_path_factory.mktemp('local') / 'archive'}"
        for url in (local, remote):
            fill(open_engine(url), *ARTICLES)
        yield local, remote


def ran(runner: CliRunner, url: str, *arguments: str) -> Result:
    return runner.invoke(main, ["--index", url, *arguments])


def same(runner: CliRunner, urls: tuple[str, str], *arguments: str) -> tuple[int, Any]:
    """The exit code and the output of a command, which must be those over the index on disk."""
    local, remote = (ran(runner, url, *arguments) for url in urls)
    assert (remote.exit_code, steady(remote.stdout)) == (local.exit_code, steady(local.stdout))
    assert remote.stderr.replace(urls[1], "") == local.stderr.replace(urls[0], "")
    return remote.exit_code, remote.stdout


def steady(text: str) -> Any:
    """What is printed, without times, generations and cursors, and scores to four digits."""
    if not text.startswith("{"):
        return [line.partition(" (")[0] if line.endswith(" ms)") else line for line in text.splitlines()]
    return without_chance(json.loads(re.sub(r'cursor=[^*&"]+', "cursor=one", text)))


@pytest.mark.parametrize(
    "arguments",
    [
        ["flood"], ["flood", "--json"], ["flod", "brige"], ['"the bridge"', "--facets", "all"], ["--sort", "newest"],
        ["bridge", "--section", "News > Local", "--lang", "en", "--group", "story"], ["flood", "--explain", "--json"],
        ["flood", "--per-page", "3", "--cursor", "*", "--json", "--fields", "id,score"], ["fl*", "--op", "or"],
        ["bridge", "--from", "2024-07", "--to", "2024-07-31", "--in", "title", "--tz", "Asia/Baku"], ["nothing at all"],
        ['"unclosed', "--sort", "oldest"], ["flood", "--page", "9999"], ["flood", "--facets", "no"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_searching_prints_the_same(runner: CliRunner, urls: tuple[str, str], arguments: Sequence[str]) -> None:
    same(runner, urls, "search", *arguments)


@pytest.mark.parametrize("name", [article.id for article in ARTICLES[:8]])
def test_articles_are_shown_the_same(runner: CliRunner, urls: tuple[str, str], name: str) -> None:
    code, printed = same(runner, urls, "show", name, "--json")
    assert code == 0
    assert json.loads(printed)["id"] == name
    same(runner, urls, "show", name)


def test_an_article_that_is_not_there_is_missed_the_same(runner: CliRunner, urls: tuple[str, str]) -> None:
    assert same(runner, urls, "show", "no such id")[0] == 1


@pytest.mark.parametrize("typed", ["f", "fl", "bri", "section:", "author:jo", "zz", ""])
def test_completions_are_the_same(runner: CliRunner, urls: tuple[str, str], typed: str) -> None:
    assert same(runner, urls, "suggest", typed, "--json")[0] == 0
    same(runner, urls, "suggest", typed, "--limit", "3")


def test_what_is_counted_of_an_archive_is_the_same(runner: CliRunner, urls: tuple[str, str]) -> None:
    local, remote = (json.loads(ran(runner, url, "status", "--json").stdout) for url in urls)
    varying = {"index", "engine", "ledger", "generation", "built_at", "size_bytes", "segments"}
    assert {key: value for key, value in remote.items() if key not in varying} == {
        key: value for key, value in local.items() if key not in varying
    }
    assert remote["articles"] == len(ARTICLES)


def test_deleting_does_the_same(runner: CliRunner, opensearch_archive: str, tmp_path: Path) -> None:
    pair = (f"whoosh:{tmp_path / 'archive'}", opensearch_archive)
    for url in pair:
        fill(open_engine(url), *ARTICLES)
    assert same(runner, pair, "delete", "1", "2", "--yes")[0] == 0
    assert same(runner, pair, "delete", "4", "no such id", "--yes")[0] == 1
    local, remote = (whole(open_engine(url)) for url in pair)
    assert remote == local
    assert {"1", "2", "4"}.isdisjoint(article.id for article in remote)
    merged = ran(runner, opensearch_archive, "optimize")
    assert merged.exit_code == 2
    assert "this command is for an index on disk" in merged.stderr


def test_the_url_of_a_cluster_may_stand_in_the_settings(runner: CliRunner, urls: tuple[str, str]) -> None:
    Path("backfile.toml").write_text(f'index = "{urls[1]}"\n', "utf-8")
    found = runner.invoke(main, ["search", "flood", "--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["total"] > 1
    assert archive_of(urls[1]) in runner.invoke(main, ["status"]).stdout
