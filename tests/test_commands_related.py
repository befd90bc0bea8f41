"""`backfile related` as it is typed: pins and blocks of editors, and what they do to the answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from search.commands import main

TEXT = "Lorries waited on the Lachin road, and Karabakh counted them."


@pytest.fixture(autouse=True)
def _archive(runner: CliRunner) -> None:
    rows = [
        {"id": name, "title": f"Story\t{name}", "body": TEXT, "published": f"2024-07-{number:02}",
         "url": f"https://news.example/{name}"}
        for number, name in enumerate(("own", "one", "two"), 1)
    ]  # fmt: skip
    Path("articles.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert invoke(runner, "index", "articles.jsonl").exit_code == 0


def invoke(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(main, list(words))


def printed(runner: CliRunner, *words: str) -> str:
    result = invoke(runner, *words)
    assert result.exit_code == 0, result.output
    return result.output


def test_choices_are_made_listed_and_undone(runner: CliRunner) -> None:
    assert printed(runner, "related", "pin", "own", "https://www.news.example/one/") == (
        "pinned for Story own: Story one\n"
    )
    assert printed(runner, "related", "block", "own", "two") == "blocked for Story own: Story two\n"
    printed(runner, "related", "pin", "one", "two")
    assert printed(runner, "related", "list").splitlines() == [
        "pin\town\tone\tStory one", "block\town\ttwo\tStory two", "pin\tone\ttwo\tStory two",
    ]  # fmt: skip
    (row,) = json.loads(printed(runner, "related", "list", "one", "--json"))
    assert (row["subject"], row["piece"], row["choice"], row["title"]) == ("one", "two", "pin", "Story two")
    assert printed(runner, "related", "undo", "own", "https://news.example/one") == "undone\n"
    assert len(printed(runner, "related", "list", "own").splitlines()) == 1


def test_what_has_left_the_archive_is_still_listed_and_undone(runner: CliRunner) -> None:
    printed(runner, "related", "block", "own", "two")
    printed(runner, "delete", "two", "--yes")
    assert printed(runner, "related", "list") == "block\town\ttwo\t(not in the archive)\n"
    assert printed(runner, "related", "undo", "own", "two") == "undone\n"
    assert printed(runner, "related", "list") == ""


@pytest.mark.parametrize("words", [("pin", "own", "nothing"), ("pin", "own", "own"), ("undo", "nothing", "own")])
def test_what_cannot_be_chosen_is_an_error(runner: CliRunner, words: tuple[str, ...]) -> None:
    result = invoke(runner, "related", *words)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
