"""The page that moves an archive to a cluster: its commands, in their order, print what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from uuid import uuid4

from click.testing import CliRunner
from clusters import archive_on
from conftest import with_sample

from benchmark.http.server import Request, answer
from search.commands import main
from search.engines import open_engine

PAGE = Path(__file__).resolve().parents[1] / "docs" / "how-to" / "move-to-a-cluster.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
WITHOUT_OUTPUT = "backfile doctor"
VARYING = (
    (r"in [\d,.]+ s \([\d,]+ articles a second\)", "in so many seconds"),
    (r"size        [\d.]+ [KM]B", "size        so much"),
    (r"generation  \S+, committed \S+", "generation  this"),
)


def steps() -> list[tuple[str, str]]:
    """The commands of the page, each with what it prints."""
    found: list[tuple[str, str]] = []
    for block in CONSOLE.findall(PAGE.read_text("utf-8")):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def steady(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, stands_for in VARYING:
        text = re.sub(pattern, stands_for, text)
    return text


def test_the_commands_print_what_the_page_says(runner: CliRunner, opensearch: str) -> None:
    with_sample(open_engine("whoosh:archive"))
    repository = f"test-{uuid4().hex}"
    body = json.dumps({"type": "fs", "settings": {"location": repository}})
    answer(opensearch, Request("PUT", f"/_snapshot/{repository}", body))
    try:
        with archive_on(opensearch) as url:
            url = url.partition("?")[0]  # with the one replica that the page has
            Path("backfile.toml").write_text(f'index = "{url}"\n', "utf-8")
            commands = [command for command, _ in steps()]
            assert len(commands) == 7
            for command, expected in steps():
                words = shlex.split(_here(command, url, repository))[1:]
                said = runner.invoke(main, words)
                assert said.exit_code == 0, said.output
                if not command.startswith(WITHOUT_OUTPUT):
                    assert steady(said.stdout) == steady(_here(expected, url, repository)), command
    finally:
        for row in answer(opensearch, Request("GET", f"/_snapshot/{repository}/_all"))["snapshots"]:
            answer(opensearch, Request("DELETE", f"/_snapshot/{repository}/{row['snapshot']}"))
        answer(opensearch, Request("DELETE", f"/_snapshot/{repository}"))


def _here(text: str, url: str, repository: str) -> str:
    """What the page says, for the archive and the repository of this test."""
    text = text.replace("opensearch://search.example:9200/archive", url).replace("backups", repository)
    return text.replace("articles of archive", f"articles of {url.rpartition('/')[2]}")
