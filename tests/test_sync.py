"""What `backfile sync` promises: the archive equals its sources, nothing vanishes by mistake, failures stay alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from news_pages import rss
from program import environment
from web_servers import reply, web_server

from index.opening import open_for_filling
from index.report import EXIT_DONE, EXIT_SOME_FAILED
from index.sync.named_source import NamedSource, named_sources
from index.sync.syncing import Synced
from index.sync.watching import JITTER, MAX_BACKOFF, watch
from search.commands import main
from search.engines import open_engine
from search.errors import ConfigError
from search.settings import Settings

Sync = Callable[..., Result]


@pytest.fixture
def site(tmp_path: Path, runner: CliRunner) -> Path:  # noqa: ARG001 - it makes the folder the current one
    """A folder with a configuration of two sources: a folder of ten articles, and a file of one."""
    (tmp_path / "posts").mkdir()
    for number in range(10):
        write(tmp_path, number, f"The ferry runs on day {number}.")
    (tmp_path / "wire.jsonl").write_text('{"id": "wire/1", "title": "Wire", "body": "It rained."}\n', "utf-8")
    (tmp_path / "backfile.toml").write_text(
        '[[sources]]\nname = "posts"\nat = "posts"\nevery = "1h"\n\n[[sources]]\nat = "wire.jsonl"\nmost_gone = 1\n',
        "utf-8",
    )
    return tmp_path


def write(site: Path, number: int, body: str) -> None:
    (site / "posts" / f"{number}.md").write_text(f"---\ntitle: Post {number}\n---\n{body}\n", "utf-8")


@pytest.fixture
def sync(runner: CliRunner) -> Sync:
    def call(*arguments: str) -> Result:
        return runner.invoke(main, ["sync", *arguments], catch_exceptions=False)

    return call


def ids() -> set[str]:
    with open_engine("whoosh:archive").searcher() as searcher:
        return set(searcher.ids_from("/"))


def test_all_sources_are_brought_into_step(site: Path, sync: Sync) -> None:
    first = sync()
    assert first.exit_code == EXIT_DONE
    assert [line.partition(" in ")[0] for line in first.stdout.splitlines()] == [
        "posts: added 10, changed 0, unchanged 0, deleted 0, failed 0",
        "wire.jsonl: added 1, changed 0, unchanged 0, deleted 0, failed 0",
    ]
    write(site, 3, "It stopped.")
    write(site, 11, "It runs again.")
    (site / "posts" / "4.md").unlink()
    second = sync()
    assert second.stdout.splitlines()[0].startswith("posts: added 1, changed 1, unchanged 8, deleted 1, failed 0")
    assert len(ids()) == 11


def test_a_named_source_is_synced_alone(site: Path, sync: Sync) -> None:  # noqa: ARG001
    assert sync("wire.jsonl").exit_code == EXIT_DONE
    assert ids() == {"wire/1"}
    unknown = sync("post")
    assert unknown.exit_code == 2
    assert "there is no source 'post'; did you mean posts?" in unknown.stderr


def test_a_plan_shows_what_would_change_and_writes_nothing(site: Path, sync: Sync) -> None:
    sync()
    before = ids()
    write(site, 3, "It stopped.")
    write(site, 11, "It runs again.")
    (site / "posts" / "4.md").unlink()
    plan = sync("posts", "--plan")
    assert [line[:4] for line in plan.stdout.splitlines()] == ["+ 11", "~ 3-", "- 4-", "post"]
    assert "dry run, nothing was written: added 1, changed 1, unchanged 8, deleted 1" in plan.stdout
    assert ids() == before
    as_json = json.loads(sync("posts", "--plan", "--json").stdout)
    assert {outcome: len(names) for outcome, names in as_json["plan"].items()} == {
        "added": 1,
        "changed": 1,
        "postponed": 0,
        "deleted": 1,
        "gone": 0,
    }
    sync()
    assert "posts is in step" in sync("posts", "--plan").stdout


def test_a_plan_lists_what_is_shown_and_would_wait(site: Path, sync: Sync) -> None:
    sync()
    post = site / "posts" / "4.md"
    post.write_text(post.read_text("utf-8").replace("---\n", "---\npublishDate: 2999-01-01\n", 1), "utf-8")
    plan = sync("posts", "--plan")
    assert [line[:4] for line in plan.stdout.splitlines()] == ["> 4-", "post"]
    assert "unchanged 9, deleted 0, failed 0, waiting 1" in plan.stdout
    assert len(json.loads(sync("posts", "--plan", "--json").stdout)["plan"]["postponed"]) == 1
    sync()
    assert len(ids()) == 10
    assert "posts is in step" in sync("posts", "--plan").stdout


def test_a_plan_lists_what_would_vanish_and_never_calls_a_failure_in_step(site: Path, sync: Sync) -> None:
    sync()
    for number in range(7):
        (site / "posts" / f"{number}.md").unlink()
    plan = sync("posts", "--plan")
    assert plan.exit_code == EXIT_SOME_FAILED
    assert [line[:4] for line in plan.stdout.splitlines()] == [*(f"! {number}-" for number in range(7)), "post"]
    assert "deleted 0, failed 1" in plan.stdout
    allowed = sync("posts", "--plan", "--allow-gone")
    assert [line[:4] for line in allowed.stdout.splitlines()] == [*(f"- {number}-" for number in range(7)), "post"]
    (site / "wire.jsonl").unlink()
    missing = sync("wire.jsonl", "--plan")
    assert missing.stdout.startswith("wire.jsonl: dry run, nothing was written: ")
    assert "there is no such file or folder" in missing.stderr


def test_a_plan_writes_no_file_and_changes_none(site: Path, sync: Sync, runner: CliRunner) -> None:
    def files() -> dict[Path, bytes]:
        # In the shared memory of a database SQLite notes who reads it.
        kept = (path for path in site.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
        return {path: path.read_bytes() for path in kept}

    before = files()
    sync("--plan")
    runner.invoke(main, ["index", "posts", "--dry-run", "--index", "whoosh:archive"])
    assert files() == before
    sync()
    with open_engine("whoosh:archive").writer() as writer:
        writer.delete("wire/1")
    before = files()
    assert "+ wire/1" in sync("--plan").stdout, "what the state knows of another index is not believed"
    assert files() == before


def test_nothing_is_deleted_if_too_much_would_vanish_at_once(site: Path, sync: Sync) -> None:
    sync()
    for number in range(7):
        (site / "posts" / f"{number}.md").unlink()
    stopped = sync("posts")
    assert stopped.exit_code == EXIT_SOME_FAILED
    assert "7 of its 10 articles would vanish at once, which is more than 20%; none was deleted" in stopped.stderr
    assert len(ids()) == 11
    allowed = sync("posts", "--allow-gone")
    assert allowed.exit_code == EXIT_DONE
    assert "deleted 7" in allowed.stdout
    assert len(ids()) == 4


def test_an_empty_or_missing_source_deletes_nothing(site: Path, sync: Sync) -> None:
    sync()
    for file in (site / "posts").iterdir():
        file.unlink()
    (site / "wire.jsonl").unlink()
    result = sync("--allow-gone")
    assert result.exit_code == EXIT_SOME_FAILED
    assert "there is no such file or folder" in result.stderr
    assert len(ids()) == 11


def test_a_source_that_fails_leaves_the_others_alone(site: Path, sync: Sync) -> None:
    (site / "backfile.toml").write_text(
        '[[sources]]\nat = "nowhere"\n[[sources]]\nat = "gopher://a.example/"\n[[sources]]\nat = "wire.jsonl"\n',
        "utf-8",
    )
    result = sync()
    assert result.exit_code == EXIT_SOME_FAILED
    assert ids() == {"wire/1"}


def test_without_sources_it_says_what_to_write(sync: Sync) -> None:
    result = sync()
    assert result.exit_code == 2
    assert "give backfile.toml a table [[sources]]" in result.stderr


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "[[sources]] 1 has no 'at'"),
        ({"at": "a", "evry": "1h"}, "unknown key 'evry'; did you mean every?"),
        ({"at": "a", "name": "wire", "every": "soon"}, '[[sources]] wire: every must be a time such as "30s"'),
        ({"at": "a", "every": 1}, 'every must be from "10s" to "366d", such as "15m"'),
        ({"at": "a", "every": "2s"}, 'every must be from "10s" to "366d", such as "15m"'),
        ({"at": "a", "every": "1000d"}, 'every must be from "10s" to "366d", such as "15m"'),
        ({"at": "a", "most_gone": 20}, "most_gone: input should be less than or equal to 1"),
        ({"at": "a", "language": "?"}, "language must be a language tag"),
        ({"at": "a", "time_zone": "Mars/Base"}, "time_zone must be an IANA time zone"),
        ({"at": "a", "map": {"content": "bdy"}}, "'bdy' is not a key of an article; did you mean body?"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(table: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        named_sources([table], Path())
    assert reason in str(caught.value)


def test_tables_are_read_with_their_defaults() -> None:
    tables = [{"at": "posts"}, {"at": "https://a.example/feed", "name": "feed", "every": "90m", "most_gone": 1}]
    posts, feed = named_sources(tables, Path("/srv"))
    assert (posts.name, posts.at, posts.every, posts.most_gone) == ("posts", "/srv/posts", 900.0, 0.2)
    assert (feed.name, feed.at, feed.every) == ("feed", "https://a.example/feed", 5400.0)
    with pytest.raises(ConfigError, match="has the name 'posts' of another"):
        named_sources([{"at": "posts"}, {"at": "b", "name": "posts"}], Path())


def test_watching_comes_back_to_each_source_and_later_to_one_that_fails() -> None:
    now = 0.0
    turns: list[tuple[float, str]] = []
    good, bad = NamedSource(name="good", at="a", every=100), NamedSource(name="bad", at="b", every=100)

    def wait(seconds: float) -> bool:
        nonlocal now
        now += seconds
        return now > 3_000

    def one(source: NamedSource) -> Synced:
        turns.append((now, source.name))
        return Synced(source, problem="down" if source is bad else "", report=None if source is bad else REPORT)

    watch([good, bad], one, lambda _: None, wait=wait, clock=lambda: now, vary=lambda low, high: (low + high) / 2)
    assert [at for at, name in turns if name == "good"] == [100.0 * turn for turn in range(31)]
    assert [at for at, name in turns if name == "bad"] == [0, 200, 600, 1400, 2200, 3000]
    assert MAX_BACKOFF == 8


def test_intervals_vary_so_that_sources_are_not_asked_all_at_once() -> None:
    asked: list[tuple[float, float]] = []
    waits = iter([False, True])

    def vary(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    source = NamedSource(name="a", at="a", every=100)
    watch(
        [source], lambda each: Synced(each, report=REPORT), lambda _: None,
        wait=lambda _: next(waits), clock=lambda: 0.0, vary=vary,
    )  # fmt: skip
    assert asked == [(1 - JITTER, 1 + JITTER)]


def test_watching_goes_on_until_it_is_told_to_stop(site: Path) -> None:
    (site / "backfile.toml").write_text('[[sources]]\nat = "gone"\n[[sources]]\nat = "wire.jsonl"\n', "utf-8")
    command = [sys.executable, "-m", "search", "sync", "--watch", "--json"]
    process = subprocess.Popen(command, cwd=site, env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout is not None
    with process:
        first, second = (json.loads(process.stdout.readline()) for _ in range(2))
        assert first["report"]["failed"] == 1
        assert second["report"]["added"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


REPORT = open_for_filling(Settings.model_validate({"index": "memory:"})).index([], dry_run=True)


def test_a_routine_does_not_say_each_time_that_a_feed_has_only_its_newest(sync: Sync, runner: CliRunner) -> None:
    items = ["<title>A</title><link>https://x.example/a</link>", "<title>B</title><link>https://x.example/b</link>"]
    with web_server({"/feed": lambda _: reply(rss(*items))}) as server:
        Path("backfile.toml").write_text(
            f'fetch_allow = ["{server.place}"]\n[[sources]]\nname = "feed"\nat = "{server.url}/feed"\n', "utf-8"
        )
        sync()
        items.pop(0)
        result = sync()
        assert (result.stderr, result.exit_code) == ("", EXIT_DONE)
        assert result.stdout.startswith("feed: added 0, changed 0, unchanged 1, deleted 0")
        asked = runner.invoke(main, ["index", f"{server.url}/feed", "--prune"])
        assert "not pruned, because it has only the newest articles" in asked.stderr
