"""`backfile takedown` as it is typed: receipts, lists, undoing, and what it refuses to take for an article."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from leftovers import files_with

from search.commands import main
from search.engines import open_engine
from search.ledger import open_ledger
from search.ledger.removals import Tombstone
from search.takedown import MAX_COPIES

STORY = {
    "id": "17",
    "url": "https://news.example/2024/story",
    "title": "A story",
    "body": "zyxqvorm " + " ".join(f"word{number}" for number in range(300)),
}
OTHERS = tuple({"id": str(number), "title": f"Number {number}", "body": "More."} for number in range(6))
OTHER = {"id": "18", "url": "https://news.example/2024/other", "title": "Another", "body": "Nothing."}


@pytest.fixture
def folder(runner: CliRunner) -> Path:
    """The current folder, with an archive of two articles in it."""
    folder = Path.cwd()
    write(folder, STORY, OTHER, *OTHERS)
    done(runner, "index", "articles.jsonl")
    return folder


def write(folder: Path, *articles: dict[str, str]) -> None:
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, articles)), "utf-8")


def invoke(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(main, list(words))


def done(runner: CliRunner, *words: str) -> str:
    result = invoke(runner, *words)
    assert result.exit_code == 0, result.output
    return result.output


def as_json(runner: CliRunner, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(runner, *words, "--json"))
    return found


@pytest.mark.usefixtures("folder")
def test_the_next_run_says_that_it_refuses_the_article_and_later_ones_pass_it_over(runner: CliRunner) -> None:
    done(runner, "takedown", "17", "--reason", "court order")
    reports = [json.loads(done(runner, "index", "articles.jsonl", "--json")) for _ in range(2)]
    assert [(one["unchanged"], one["removed"], one["warned"]) for one in reports] == [(7, 1, 1), (7, 1, 0)]
    done(runner, "takedown", "--undo", "17")
    report = json.loads(done(runner, "index", "articles.jsonl", "--json"))
    assert (report["added"], report["unchanged"], report["removed"]) == (1, 7, 0)


@pytest.mark.parametrize("name", ["17", STORY["url"], "http://www.news.example/2024/story/"])
def test_an_article_is_taken_down_with_a_receipt(runner: CliRunner, folder: Path, name: str) -> None:
    [receipt] = as_json(runner, "takedown", name, "--reason", "court order")
    assert datetime.now(UTC).timestamp() - datetime.fromisoformat(receipt.pop("removed_at")).timestamp() < 600
    assert receipt.pop("purged_at")
    assert receipt.pop("files_removed") >= 3
    assert receipt == {
        "id": "17",
        "address": STORY["url"],
        "reason": "court order",
        "kind": "takedown",
        "refuses_copies": True,
        "undone_at": None,
        "was_in_index": True,
        "was_down": False,
        "files_written": 1,
        "files_kept": [],
        "old_snapshots_seconds": 60.2,
        "near_copies": [],
        "more_near_copies": 0,
    }
    assert files_with("zyxqvorm", folder / "archive", folder / "archive.ledger") == []


@pytest.mark.usefixtures("folder")
def test_the_receipt_is_read_by_people(runner: CliRunner) -> None:
    shown = done(runner, "takedown", "17", "--reason", "court order")
    assert shown.splitlines()[:3] == [
        "article     17",
        "address     https://news.example/2024/story",
        "reason      court order",
    ]
    assert "index       it was there, and is gone" in shown
    assert "copies      are refused too" in shown
    assert "an answer that had begun may take up to 60 seconds" in shown


EDITED = re.sub(r"word\d*0 ", "", STORY["body"])
"""Nearly the same text."""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("options", [(), ("--only-this",)])
def test_near_copies_that_stay_in_the_index_are_named(
    runner: CliRunner, folder: Path, options: tuple[str, ...]
) -> None:
    copies = [STORY | {"id": "same", "url": "https://news.example/same"},
              {"id": "edited", "title": "E", "body": EDITED},
              {"id": "third", "title": "T", "body": STORY["body"]}]  # fmt: skip
    write(folder, *copies)
    done(runner, "index", "articles.jsonl")
    [receipt, _] = as_json(runner, "takedown", "17", "third", "--reason", "court order", *options)
    assert receipt["near_copies"] == [
        {"id": "same", "address": "https://news.example/same"},
        {"id": "edited", "address": None},
    ]
    if options:
        again = as_json(runner, "takedown", "17", "--reason", "court order", *options)
        assert again[0]["near_copies"] is None, "nothing is left that its text could be known by"
        return
    shown = done(runner, "takedown", "17", "--reason", "court order")
    assert "also look at: same (https://news.example/same), which has nearly the same text" in shown
    assert "also look at: edited, which has nearly the same text and is still there" in shown
    done(runner, "takedown", "same", "edited", "--reason", "court order")
    assert as_json(runner, "takedown", "17", "--reason", "court order")[0]["near_copies"] == []


def test_of_many_near_copies_the_first_are_named_and_the_others_counted(runner: CliRunner, folder: Path) -> None:
    write(folder, *(STORY | {"id": f"copy {n:03}", "url": f"https://news.example/{n}"} for n in range(MAX_COPIES + 7)))
    done(runner, "index", "articles.jsonl")
    shown = done(runner, "takedown", "17", "--reason", "court order")
    assert shown.count("which has nearly the same text") == MAX_COPIES
    assert "also look at: 7 more with nearly the same text" in shown


def test_an_article_that_is_not_there_is_refused_when_it_comes(runner: CliRunner, folder: Path) -> None:
    shown = done(runner, "takedown", "https://news.example/2024/new", "--reason", "court order")
    assert "index       not in the index; it will be refused when it comes" in shown
    write(folder, STORY, OTHER, OTHER | {"id": "new", "url": "https://news.example/2024/new"})
    assert "refused 1" in done(runner, "index", "articles.jsonl")


@pytest.mark.usefixtures("folder")
def test_the_next_import_says_why_it_refuses(runner: CliRunner) -> None:
    done(runner, "takedown", "17", "--reason", "court order")
    result = invoke(runner, "index", "articles.jsonl")
    assert result.exit_code == 0
    assert "added 0, changed 0, unchanged 7, deleted 0, failed 0, refused 1 in" in result.stdout
    assert "'17' was taken down on" in result.stderr
    assert invoke(runner, "show", "17").exit_code == 1
    assert "taken down" in invoke(runner, "show", "17").stderr


@pytest.mark.usefixtures("folder")
def test_several_are_taken_down_in_one_purge(runner: CliRunner) -> None:
    receipts = as_json(runner, "takedown", "17", "18", "17", "absent", "--reason", "licence ended")
    assert [(receipt["id"], receipt["was_in_index"]) for receipt in receipts] == [
        ("17", True), ("18", True), ("absent", False),
    ]  # fmt: skip
    assert {receipt["files_written"] for receipt in receipts} == {1}


def test_a_copy_of_the_text_is_let_in_if_only_this_article_is_meant(runner: CliRunner, folder: Path) -> None:
    [receipt] = as_json(runner, "takedown", "17", "--reason", "wrong name in it", "--only-this")
    assert receipt["refuses_copies"] is False
    write(folder, STORY | {"id": "corrected", "url": "https://news.example/2024/corrected"})
    assert "added 1" in done(runner, "index", "articles.jsonl")


@pytest.mark.usefixtures("folder")
def test_what_is_down_is_listed(runner: CliRunner) -> None:
    assert done(runner, "takedown", "--list") == "nothing is down\n"
    assert as_json(runner, "takedown", "--list") == []
    done(runner, "takedown", "17", "--reason", "court order")
    [listed] = as_json(runner, "takedown", "--list")
    assert (listed["id"], listed["address"], listed["reason"]) == ("17", STORY["url"], "court order")
    assert "article     17" in done(runner, "takedown", "--list")
    assert "taken down  1" in done(runner, "status")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["17", STORY["url"]])
def test_an_undone_takedown_lets_the_article_in_again(runner: CliRunner, name: str) -> None:
    done(runner, "takedown", "17", "--reason", "a mistake")
    assert "the next import that reads it lets it in" in done(runner, "takedown", "--undo", name)
    assert done(runner, "takedown", "--list") == "nothing is down\n"
    assert "added 1" in done(runner, "index", "articles.jsonl")


@pytest.mark.usefixtures("folder")
def test_what_is_not_down_cannot_be_undone(runner: CliRunner) -> None:
    result = invoke(runner, "takedown", "--undo", "17")
    assert result.exit_code == 1
    assert "not taken down: 17" in result.stderr


def test_a_second_takedown_finishes_what_was_cut_off_and_keeps_the_first_reason(
    runner: CliRunner, folder: Path
) -> None:
    open_ledger(str(folder / "archive.ledger")).removed.add([Tombstone("17", STORY["url"])], "first", datetime.now(UTC))
    assert "purged      not yet" in done(runner, "takedown", "--list")
    [receipt] = as_json(runner, "takedown", STORY["url"], "--reason", "second")
    assert (receipt["id"], receipt["was_down"], receipt["reason"]) == ("17", True, "first")
    assert files_with("zyxqvorm", folder / "archive") == []
    [again] = as_json(runner, "takedown", STORY["url"], "--reason", "third")
    assert (again["id"], again["was_in_index"]) == ("17", False)
    assert len(as_json(runner, "takedown", "--list")) == 1


def test_the_ledger_stands_where_the_setting_says(runner: CliRunner, folder: Path) -> None:
    (folder / "backfile.toml").write_text('ledger = "kept/removals.ledger"\n', "utf-8")
    done(runner, "takedown", "17", "--reason", "court order")
    assert [each.id for each in open_ledger(str(folder / "kept" / "removals.ledger")).removed.in_force()] == ["17"]
    assert open_ledger(str(folder / "archive.ledger")).removed.in_force() == []
    assert "refused 1" in done(runner, "index", "articles.jsonl")


def test_a_copy_of_the_index_obeys(runner: CliRunner, folder: Path) -> None:
    open_ledger(str(folder / "archive.ledger")).removed.add([Tombstone("17")], "why", datetime.now(UTC))
    done(runner, "copy", "archive", "second")
    with open_engine("whoosh:second").searcher() as searcher:
        assert [document.id for document in searcher.articles()] == ["0", "1", "18", "2", "3", "4", "5"]
    assert [each.id for each in open_ledger(str(folder / "second.ledger")).removed.in_force()] == ["17"]
    done(runner, "index", "articles.jsonl", "--index", "second")
    with open_engine("whoosh:second").searcher() as searcher:
        assert [document.id for document in searcher.articles()] == ["0", "1", "18", "2", "3", "4", "5"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name an article by its address or its id"),
        (["17"], "say why with --reason"),
        (["17", "--reason", " "], "must have 1 to 500 characters"),
        (["17", "--reason", "x" * 501], "must have 1 to 500 characters"),
        (["", "--reason", "why"], "must not be empty"),
        (["https://", "--reason", "why"], "is no http or https address"),
        (["https://news.example/a b", "--reason", "why"], "is no http or https address"),
        (["ftp://news.example/a", "--reason", "why"], "is no http or https address"),
        (["17", "--list"], "--list takes nothing else"),
        (["17", "--undo", "--reason", "why"], "--undo takes only the ids"),
        (["--undo"], "name an article"),
    ],
)
def test_a_mistake_in_the_command_line_changes_nothing(runner: CliRunner, words: list[str], said: str) -> None:
    result = invoke(runner, "takedown", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert as_json(runner, "takedown", "--list") == []


def test_a_takedown_without_an_index_is_kept_for_later(runner: CliRunner) -> None:
    assert "it will be refused" in done(runner, "takedown", "17", "--reason", "court order")
    assert not Path("archive").exists()
    write(Path.cwd(), STORY, OTHER)
    assert "refused 1" in done(runner, "index", "articles.jsonl")
