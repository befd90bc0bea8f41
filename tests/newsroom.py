"""A newsroom whose readers are told what is new: its articles, and the commands that it types."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from click.testing import CliRunner, Result

from search.commands import main
from search.document import Document

ALLOWING = {"BACKFILE_ALERT_ALLOW": "127.0.0.1"}
"""The settings with which commands post to receivers on this machine."""


def article(name: str, text: str = "A flood.", **facts: object) -> Document:
    """An article with some other facts."""
    return replace(Document(name, f"Title of {name}", text, language="en", published=date(2024, 5, 1)), **facts)


def command(*arguments: str) -> Result:
    """Runs a command in this process."""
    return CliRunner().invoke(main, list(arguments))


def articles(*names: str, text: str = "A flood of news.") -> None:
    """Puts articles into the archive of the current folder."""
    lines = [json.dumps({"id": name, "title": f"Title of {name}", "body": text, "language": "en"}) for name in names]
    Path("articles.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert command("index", "articles.jsonl", "-q").exit_code == 0
