"""What `backfile doctor` notices: each thing is broken for real, and its line is looked for."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from threading import Event

import pytest
from archives import FLOOD, fill
from click.testing import CliRunner
from test_doctor import rows

from index.doctor import INBOX_LATE, LEAST_LATE
from search.alerts.keys import made_keys
from search.commands import main
from search.commands.doctor import bounded
from search.doctor import installation
from search.engines import open_engine
from search.engines.disk.format.manifest import LOCK_NAME
from search.engines.protocols import Finding
from search.ledger import open_ledger
from search.ledger.alerts import Alert
from search.ledger.inbox import Sending
from search.ledger.moments import written
from search.ledger.removals import Tombstone
from search.ledger.schema import MIGRATIONS
from search.write_keys import add_key

LEDGER = "archive.ledger"
CUT_OFF = """
import os
from search.engines import open_engine
with open_engine("archive").writer():
    os._exit(9)
"""
LONG_AGO = datetime(2024, 7, 1, 12, tzinfo=UTC)
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and signals are those of POSIX")


@pytest.fixture
def archive(runner: CliRunner) -> CliRunner:
    fill(open_engine("archive"), *FLOOD)
    return runner


def health(runner: CliRunner, what: str, *arguments: str) -> tuple[str, str]:
    row = rows(runner, *arguments)[what]
    return row["health"], f"{row['found']} -> {row['advice']}"


def ago(**span: float) -> datetime:
    """The moment that is so long before now."""
    return datetime.now(UTC) - timedelta(**span)


def configure(text: str) -> None:
    Path("backfile.toml").write_text(text, "utf-8")


# --- the installation ------------------------------------------------------------------------------------------------


def test_a_library_that_is_missing_or_too_old_is_a_problem(archive: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = [*(metadata.requires("backfile") or []), "no-such-library>=1.0", "click>=99.0"]
    monkeypatch.setattr(installation, "requires", lambda _: needed)
    found = health(archive, "packages")
    assert found[0] == "problem"
    assert "no-such-library is missing; click is " in found[1]
    assert "at least 99.0 is needed -> install Backfile again" in found[1]


def test_versions_are_compared_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_sound(installed: str, least: str) -> bool:
        monkeypatch.setattr(installation, "requires", lambda _: [f"library>={least}"])
        monkeypatch.setattr(installation, "version", lambda _: installed)
        return next(installation.packages()).health == "ok"

    assert [is_sound(*pair) for pair in (("8.10", "8.9"), ("8.9", "8.10"), ("3.1", "3.1.0"), ("3.0.9", "3.1"))] == [
        True, False, True, False,
    ]  # fmt: skip


def test_old_rules_of_time_zones_are_a_warning(
    archive: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2015a\n# of the system\n")
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    assert health(archive, "time zones")[0] == "warning"
    assert "the rules are of 2015" in health(archive, "time zones")[1]


# --- settings that are valid and yet mistaken ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "what", "expected", "said"),
    [
        ('host = "0.0.0.0"', "address", "warning", "public_url is empty -> set public_url"),
        ('public_url = "http://news.example"', "address", "warning", "not encrypted -> let the proxy speak TLS"),
        ('public_url = "https://news.example"', "address", "ok", "https://news.example"),
        ('public_url = "http://localhost:8080"', "address", "ok", "http://localhost:8080"),
        ("desk = true", "desk", "ok", "for this machine alone"),
        ('desk = true\nhost = "0.0.0.0"', "desk", "problem", "can change what readers see -> set host to 127.0.0.1"),
        ('desk = true\npublic_url = "https://n.example"', "desk", "warning", "asks for a login at /desk"),
        ("workers = 64", "processes", "warning", "workers is 64, and the machine has"),
        ("index_workers = 64", "processes", "warning", "index_workers is 64"),
        ("deadline_seconds = 60.0", "deadline", "warning", "a search may take 60 s"),
        ("query_log_least = 2", "query log", "warning", "perhaps by one reader -> set query_log_least to 5"),
        ("query_log = false", "query log", "ok", "off"),
        ("qery_log = true", "settings", "problem", "unknown setting 'qery_log'; did you mean query_log?"),
        ('section_map = "none.toml"', "section map", "problem", "change the file, or the setting section_map"),
        ('time_zone = "Mars/Olympus"', "settings", "problem", "must be an IANA time zone"),
    ],
)
def test_a_setting_that_is_valid_and_yet_mistaken_is_told(
    archive: CliRunner, settings: str, what: str, expected: str, said: str
) -> None:
    configure(settings)
    found = health(archive, what)
    assert (found[0], said in found[1]) == (expected, True), found


# --- the index -------------------------------------------------------------------------------------------------------


@posix
def test_who_writes_is_named_and_whether_it_lives(archive: CliRunner) -> None:
    with open_engine("archive").writer():
        found = health(archive, "writer")
        assert (found[0], f"process {os.getpid()} on " in found[1]) == ("ok", True)
    killed = subprocess.run([sys.executable, "-c", CUT_OFF], check=False)
    assert killed.returncode == 9
    found = health(archive, "writer")
    assert found[0] == "warning"
    assert "did not finish and is gone -> run again what was cut off" in found[1]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1}', b"\xff"])
def test_a_lock_that_tells_nothing_names_nobody(archive: CliRunner, text: bytes) -> None:
    Path("archive", LOCK_NAME).write_bytes(text)
    assert health(archive, "writer") == ("ok", "nobody writes -> ")


def test_files_that_belong_to_no_commit_are_told_and_the_next_run_removes_them(archive: CliRunner) -> None:
    Path("archive", "0123456789abcdef.segment").write_bytes(b"x" * 3_000_000)
    found = health(archive, "leftovers")
    assert found[0] == "warning"
    assert "1 files of 3.0 MB belong to no commit" in found[1]
    with open_engine("archive").writer():
        assert health(archive, "leftovers")[0] == "ok"
    assert health(archive, "leftovers") == ("ok", "no files that belong to no commit -> ")


# --- the ledger, its keys and the clock ------------------------------------------------------------------------------


def changed(statement: str) -> None:
    with closing(sqlite3.connect(LEDGER)) as connection, connection:
        connection.execute(statement)


def test_a_ledger_is_looked_at_and_never_changed(archive: CliRunner) -> None:
    assert "none yet" in health(archive, "ledger")[1]
    assert not Path(LEDGER).exists()
    open_ledger(LEDGER).removed.add([Tombstone("1")], "why", LONG_AGO)
    assert health(archive, "ledger")[1].endswith(f": version {len(MIGRATIONS)} -> ")
    changed("PRAGMA user_version = 4")
    assert f"version 4; whoever opens it next brings it to {len(MIGRATIONS)}" in health(archive, "ledger")[1]
    assert "version 4;" in health(archive, "ledger")[1]


def test_a_ledger_that_cannot_be_used_is_a_problem(archive: CliRunner) -> None:
    open_ledger(LEDGER).removed.add([Tombstone("1")], "why", LONG_AGO)
    changed("PRAGMA user_version = 99")
    found = health(archive, "ledger")
    assert (found[0], "a newer version of Backfile" in found[1]) == ("problem", True)
    for suffix in ("", "-wal", "-shm"):
        Path(LEDGER + suffix).unlink(missing_ok=True)
    Path(LEDGER).write_bytes(b"no database at all, and long enough to be looked at " * 20)
    assert health(archive, "ledger")[0] == "problem"


@posix
def test_signing_keys_that_others_can_read_are_a_problem(archive: CliRunner) -> None:
    made_keys(str(Path(LEDGER).resolve()))
    assert health(archive, "signing keys") == ("ok", "1 -> ")
    Path(f"{LEDGER}.key").chmod(0o644)
    found = health(archive, "signing keys")
    assert (found[0], "chmod 600" in found[1]) == ("problem", True)


def test_what_was_written_later_than_now_is_a_problem_of_the_clock(archive: CliRunner) -> None:
    assert health(archive, "clock")[0] == "ok"
    open_ledger(LEDGER).removed.add([Tombstone("1")], "why", ago(days=-3))
    found = health(archive, "clock")
    assert (found[0], "set the clock" in found[1]) == ("problem", True)


# --- sources and alerts ----------------------------------------------------------------------------------------------


def test_each_source_says_when_it_was_last_brought_into_step(archive: CliRunner) -> None:
    Path("posts.jsonl").write_text('{"id": "1", "title": "A flood", "body": "It rose."}\n')
    configure('[[sources]]\nname = "posts"\nat = "posts.jsonl"\n[[sources]]\nname = "gone"\nat = "gone/"\n')
    found = rows(archive)
    assert (found["source posts"]["health"], found["source gone"]["health"]) == ("warning", "problem")
    assert "never brought into step" in found["source posts"]["found"]
    assert "gone is not there" in found["source gone"]["found"]

    assert archive.invoke(main, ["sync", "posts", "--plan"]).exit_code == 0
    assert rows(archive)["source posts"]["health"] == "warning"
    assert archive.invoke(main, ["sync", "posts"]).exit_code == 0
    assert rows(archive)["source posts"]["health"] == "ok"

    Path("posts.jsonl").write_text("no article\n")
    assert archive.invoke(main, ["sync", "posts"]).exit_code == 3
    failed = rows(archive)["source posts"]
    assert failed["health"] == "problem"
    assert "and that failed: 1 article could not be read; it last went well at" in failed["found"]


def test_a_source_that_is_looked_at_no_more_is_a_warning(archive: CliRunner) -> None:
    Path("posts.jsonl").touch()
    configure('[[sources]]\nname = "posts"\nat = "posts.jsonl"\n')
    ledger = open_ledger(str(Path(LEDGER).resolve()))
    ledger.syncs.note("posts", "ok", {}, ago(hours=1) - LEAST_LATE)
    found = health(archive, "source posts")
    assert (found[0], "that is long ago" in found[1]) == ("warning", True)
    configure('[[sources]]\nname = "posts"\nat = "posts.jsonl"\nevery = "7d"\n')
    assert health(archive, "source posts")[0] == "ok"


def test_a_wrong_table_of_a_source_is_a_problem(archive: CliRunner) -> None:
    configure('[[sources]]\nname = "posts"\n')
    found = health(archive, "sources")
    assert (found[0], "has no 'at'" in found[1]) == ("problem", True)


def test_what_was_sent_and_is_not_written_is_told(archive: CliRunner) -> None:
    ledger = open_ledger(str(Path(LEDGER).resolve()))
    assert "no program may write" in health(archive, "inbox")[1]
    add_key(ledger, "cms", "write", LONG_AGO)
    [number] = ledger.inbox.take([Sending("a", "[]", "1", "key")], ago(), 9)
    assert health(archive, "inbox") == ("ok", "keys of programs: 1; articles queued: 1, set aside: 0 -> ")
    ledger.inbox.take([Sending("b", "[]", "2", "key")], ago(), 9)
    with closing(sqlite3.connect(LEDGER)) as connection, connection:
        connection.execute("UPDATE inbox SET at = ? WHERE number = ?", [written(ago() - 2 * INBOX_LATE), number])
    found = health(archive, "inbox")
    assert (found[0], "backfile inbox run --watch" in found[1]) == ("problem", True)
    assert archive.invoke(main, ["inbox", "run"]).exit_code == 3
    found = health(archive, "inbox")
    assert (found[0], "queued: 0, set aside: 2 -> see why by `backfile inbox list`" in found[1]) == (
        "problem", True,
    )  # fmt: skip


def test_alerts_that_nobody_runs_or_sends_are_told(archive: CliRunner) -> None:
    ledger = open_ledger(str(Path(LEDGER).resolve()))
    assert health(archive, "alerts") == ("ok", "none -> ")
    days = [ago(days=3), ago(days=2)]
    ledger.arrivals.note(["1"], "first", days[0])
    ledger.alerts.add(Alert("a", "q=flood", "https://hook.example/", "key", days[0], ledger.arrivals.last()))
    assert health(archive, "alerts")[0] == "ok"
    ledger.arrivals.note(["1", "2"], "second", days[1])
    found = health(archive, "alerts")
    assert (found[0], "was looked through for them -> run `backfile alerts run`" in found[1]) == ("warning", True)
    ledger.alerts.add(Alert("b", "q=flood", "mailto:desk@news.example", "key", ago(), ledger.arrivals.last()))
    found = health(archive, "alerts")
    assert (found[0], "set mail_server and mail_from" in found[1]) == ("problem", True)


def test_webhooks_that_have_ended_or_wait_too_long_are_told(archive: CliRunner) -> None:
    ledger = open_ledger(str(Path(LEDGER).resolve()))
    assert health(archive, "webhooks") == ("ok", "none -> ")
    assert archive.invoke(main, ["webhooks", "add", "https://hook.example/"]).exit_code == 0
    assert health(archive, "webhooks")[0] == "ok"
    [hook] = ledger.webhooks.all()
    ledger.changes.looked(ago(days=2))
    found = health(archive, "webhooks")
    assert (found[0], "nobody has looked for changes since" in found[1]) == ("warning", True)
    assert archive.invoke(main, ["webhooks", "run"]).exit_code == 0
    assert health(archive, "webhooks")[0] == "ok"
    ledger.changes.note({"1": "hash"})
    assert ledger.webhooks.queue(ledger.changes.last(), ago(days=2)) == 1
    found = health(archive, "webhooks")
    assert (found[0], "run `backfile webhooks run`" in found[1]) == ("warning", True)
    [message] = ledger.webhooks.messages.listed("waiting")
    ledger.webhooks.messages.settle(message.id, "waiting", ago(hours=-1), "answered 500")
    assert health(archive, "webhooks")[0] == "ok", "it is tried again and again, so somebody sends"
    ledger.webhooks.messages.settle(message.id, "dead", ago(), "answered 500")
    assert health(archive, "webhooks")[0] == "problem"
    ledger.webhooks.end(hook.id, "answered 410")
    found = health(archive, "webhooks")
    assert (found[0], f"ended: {hook.id}" in found[1]) == ("problem", True)


# --- what hangs ------------------------------------------------------------------------------------------------------


def test_a_check_that_hangs_or_fails_is_a_problem_and_stops_no_other() -> None:
    hung = Event()

    def hangs() -> Iterator[Finding]:
        yield Finding("disk", "ok", "first")
        hung.wait()

    def fails() -> Iterator[Finding]:
        yield Finding("disk", "ok", "first")
        raise OSError("gone")

    long, short = 60.0, 1.5  # the first finding is to come in time on a busy machine too
    failed, hangs_since = "it cannot be looked at (OSError: gone)", "no answer within 1.5 s"
    for check, limit, said in ((hangs, short, hangs_since), (fails, long, failed)):
        first, last = bounded("disk", check, limit)
        assert (first.found, last.found, last.health) == ("first", said, "problem")
    hung.set()


def test_every_line_as_json_has_the_same_keys(archive: CliRunner) -> None:
    said = json.loads(archive.invoke(main, ["doctor", "--json"]).stdout)
    assert {tuple(row) for row in said} == {("what", "health", "found", "advice")}
