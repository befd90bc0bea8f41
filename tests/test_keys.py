"""Keys of programs that may write: made once, kept as hashes, revoked at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from search.commands import main
from search.ledger import open_ledger
from search.write_keys import add_key, verified

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_a_key_is_shown_once_and_no_file_has_it(runner: CliRunner) -> None:
    made = runner.invoke(main, ["keys", "add", "wordpress"]).stdout.strip()
    assert made.startswith("bfk_")
    assert made not in runner.invoke(main, ["keys", "list"]).stdout
    secret = made.rpartition("_")[2].encode()
    files = [path.read_bytes() for path in Path().iterdir() if path.is_file()]
    assert files
    assert not any(secret in content or made.encode() in content for content in files)


def test_no_two_keys_are_alike() -> None:
    ledger = open_ledger("memory:many keys")
    assert len({add_key(ledger, str(number), "write", NOON) for number in range(50)}) == 50


def test_only_the_whole_key_opens() -> None:
    ledger = open_ledger("memory:keys")
    text = add_key(ledger, "cms", "admin", NOON)
    assert text is not None
    found = verified(ledger, text, NOON)
    assert found is not None
    assert (found.name, found.scope) == ("cms", "admin")
    beginning, secret = text[:13], text[13:]
    wrong = ["", " ", beginning, text[:-1], text + "a", text.upper(), f"{beginning}{'A' * len(secret)}", "\udc80", "Ж"]
    assert [each for each in wrong if verified(ledger, each, NOON)] == []


def test_the_day_of_the_last_use_is_noted(runner: CliRunner) -> None:
    ledger = open_ledger("archive.ledger")
    text = add_key(ledger, "cms", "write", NOON)
    assert text is not None
    for days in (0, 0, 3):
        assert verified(ledger, text, NOON + timedelta(days=days))
    facts = json.loads(runner.invoke(main, ["keys", "list", "--json"]).stdout)
    assert (facts["made_on"], facts["used_on"], facts["revoked_on"]) == ("2026-11-30", "2026-12-03", None)


def test_a_revoked_key_opens_nothing_and_its_name_is_free_again(runner: CliRunner) -> None:
    first = runner.invoke(main, ["keys", "add", "cms"]).stdout.strip()
    again = runner.invoke(main, ["keys", "add", "cms"])
    assert (again.exit_code, "revoke it" in again.stderr) == (2, True)
    ledger = open_ledger("archive.ledger")
    assert verified(ledger, first, NOON)
    assert runner.invoke(main, ["keys", "revoke", "cms"]).exit_code == 0
    assert verified(ledger, first, NOON) is None
    second = runner.invoke(main, ["keys", "add", "cms"]).stdout.strip()
    assert verified(ledger, second, NOON)
    assert "revoked" in runner.invoke(main, ["keys", "list"]).stdout


def test_revoking_by_id_works_and_what_is_not_there_is_said(runner: CliRunner) -> None:
    text = runner.invoke(main, ["keys", "add", "cms"]).stdout.strip()
    done = runner.invoke(main, ["keys", "revoke", text.split("_")[1], "nobody"])
    assert (done.exit_code, "nobody" in done.stderr) == (1, True)
    assert not open_ledger("archive.ledger").write_keys.any_in_force()


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb"])
def test_a_name_that_cannot_be_shown_is_refused(runner: CliRunner, name: str) -> None:
    assert runner.invoke(main, ["keys", "add", name]).exit_code == 2
