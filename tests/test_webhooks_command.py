"""The commands of webhooks, as an operator runs them, and what tells by itself: real processes, killed too."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from newsroom import ALLOWING, articles, command
from program import command_line, environment, killed_after, watched_until
from real_server import served
from receivers import Hook
from steady import comes_true

from index.delivering.webhook import SECRET_PREFIX
from search.ledger import open_ledger
from search.write_keys import add_key

pytestmark = pytest.mark.usefixtures("posting_allowed")

KILLS = 8


def messages(hook: Hook) -> list[list[tuple[str, str]]]:
    return [posted.changes for posted in hook.posted]


def test_a_webhook_is_added_listed_run_and_removed(hook: Hook) -> None:
    articles("old")
    added = command("webhooks", "add", f"{hook.address}/x", "--events", "article.removed,article.new", "--json")
    assert added.exit_code == 0, added.output
    made = json.loads(added.stdout)
    assert made["secret"].startswith(SECRET_PREFIX)
    assert made["events"] == ["article.new", "article.removed"]
    articles("new")
    articles("old", text="Another text.")
    assert command("webhooks", "run").stdout == "2 changes, 1 messages sent\n"
    assert messages(hook) == [[("new", "new")]]
    assert made["secret"] not in command("webhooks", "list").stdout
    assert made["secret"] in command("webhooks", "list", "--secrets").stdout
    assert command("webhooks", "remove", made["id"]).exit_code == 0
    assert command("webhooks", "list").stdout == ""
    assert command("webhooks", "remove", made["id"]).exit_code == 1
    assert command("webhooks", "run").stdout == "0 changes, 0 messages sent\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ftp://x.example/",), "not an address of the web"),
        (("https://me:secret@x.example/",), "user or a password"),
        (("http://[",), ""),
        (("https://x.example/", "--events", "article.renamed"), "there is no event 'article.renamed'"),
        (("https://x.example/", "--events", ""), "there is no event ''"),
    ],
)
def test_a_mistake_is_said(hook: Hook, arguments: tuple[str, ...], said: str) -> None:
    assert hook.posted == []
    articles("old")
    refused = command("webhooks", "add", *arguments)
    assert (refused.exit_code, isinstance(refused.exception, SystemExit)) == (2, True)
    assert said in refused.stderr
    assert command("webhooks", "list").stdout == ""


def test_there_are_no_more_webhooks_than_can_be_told(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.webhooks.command.MOST_WEBHOOKS", 1)
    articles("old")
    assert command("webhooks", "add", hook.address).exit_code == 0
    assert "remove one first" in command("webhooks", "add", hook.address).stderr


def test_a_failure_shows_in_the_exit_code_and_in_the_list(hook: Hook) -> None:
    articles("old")
    command("webhooks", "add", f"{hook.address}/x?token=s3cret")
    articles("new")
    hook.answers["/x?token=s3cret"] = [410]
    ran = command("webhooks", "run")
    assert ran.exit_code == 3
    assert "answered 410" in ran.stderr
    listed = command("webhooks", "list").stdout
    assert "  ended: " in listed
    assert "s3cret" not in ran.output + listed.partition("ended: ")[2]
    message = listed.partition("given up: ")[2].partition(":")[0]
    hook.answers["/x?token=s3cret"] = [200]
    assert command("webhooks", "retry", message, "msg_none").exit_code == 1
    assert command("webhooks", "run").exit_code == 0
    assert "ended" not in command("webhooks", "list").stdout


def test_a_receiver_inside_the_network_is_not_posted_to_unless_it_is_allowed(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles("old")
    command("webhooks", "add", f"{hook.address}/x")
    articles("new")
    monkeypatch.delenv("BACKFILE_ALERT_ALLOW")
    assert "alert_allow" in command("webhooks", "run").stderr
    assert hook.posted == []


def test_the_key_of_a_webhook_cannot_be_forgotten(hook: Hook) -> None:
    articles("old")
    made = json.loads(command("webhooks", "add", hook.address, "--json").stdout)
    refused = command("alerts", "key", "--rotate", "--forget-old")
    assert (refused.exit_code, made["id"] in refused.stderr) == (2, True)


def test_a_takedown_by_the_command_is_told(hook: Hook) -> None:
    articles("old", "bad")
    command("webhooks", "add", hook.address)
    assert command("takedown", "bad", "--reason", "court order").exit_code == 0
    command("webhooks", "run")
    assert messages(hook) == [[("removed", "bad")]]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_whatever_a_run_is_killed_at_each_change_is_told_in_one_message_of_each_webhook(hook: Hook) -> None:
    articles("old")
    for number in range(3):
        command("webhooks", "add", f"{hook.address}/{number}")
    articles(*(f"n{number}" for number in range(250)))
    chance = random.Random(7)
    kills = sum(killed_after(chance.uniform(0.2, 1.0), "webhooks", "run", **ALLOWING) for _ in range(KILLS))
    assert command("webhooks", "run").exit_code == 0
    heard: dict[tuple[str, str], set[str]] = {}
    for posted in hook.posted:
        for event, name in posted.changes:
            assert event == "new"
            heard.setdefault((posted.path, name), set()).add(posted.headers["webhook-id"])
    assert len(heard) == 3 * 250
    assert all(len(ids) == 1 for ids in heard.values())
    ids = {posted.headers["webhook-id"] for posted in hook.posted}
    assert len(hook.posted) - len(ids) <= kills, "at most one message for each kill was sent a second time"
    sent = len(hook.posted)
    assert command("webhooks", "run").exit_code == 0
    assert len(hook.posted) == sent


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_two_runs_at_once_tell_each_change_once(hook: Hook) -> None:
    articles("old")
    command("webhooks", "add", hook.address)
    articles(*(f"n{number}" for number in range(150)))
    runs = [
        subprocess.Popen(command_line("webhooks", "run"), env=environment(**ALLOWING), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for each in runs:
        each.communicate(timeout=120)
    command("webhooks", "run")
    names = [name for message in messages(hook) for _, name in message]
    assert len(names) == len(set(names)) == 150


def test_watching_tells_after_each_sync(hook: Hook) -> None:
    Path("in.jsonl").write_text('{"id": "old", "title": "Old", "body": "A flood."}\n', encoding="utf-8")
    Path("backfile.toml").write_text('[[sources]]\nat = "in.jsonl"\nevery = "10s"\n', encoding="utf-8")
    assert command("sync", "-q").exit_code == 0
    command("webhooks", "add", hook.address)
    with Path("in.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"id": "new", "title": "New", "body": "A flood."}\n')
    watched_until("1 messages sent|tried again", "sync", "--watch", **ALLOWING)
    assert messages(hook) == [[("new", "new")]]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_what_a_cms_sends_to_the_server_leads_to_a_webhook(hook: Hook) -> None:
    Path("backfile.toml").write_text('alert_allow = ["127.0.0.1"]\n', "utf-8")
    articles("old")
    command("webhooks", "add", hook.address)
    key = add_key(open_ledger("archive.ledger"), "cms", "write", datetime.now(UTC))
    with served(Path.cwd(), "--workers", "1") as server:
        connection = server.connection()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("PUT", "/api/v1/articles/cms-1", json.dumps({"title": "Ferry"}), headers)
        assert connection.getresponse().status == 202
        connection.close()
        assert comes_true(lambda: messages(hook) == [[("new", "cms-1")]]), server.log.read_text()
        articles("by-hand")
        assert comes_true(lambda: messages(hook)[1:] == [[("new", "by-hand")]]), server.log.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent like this on Windows")
def test_a_server_with_the_setting_off_leaves_webhooks_to_the_command_that_watches(hook: Hook) -> None:
    Path("backfile.toml").write_text('alert_allow = ["127.0.0.1"]\nwebhooks = false\n', "utf-8")
    articles("old")
    command("webhooks", "add", hook.address)
    key = add_key(open_ledger("archive.ledger"), "cms", "write", datetime.now(UTC))
    with served(Path.cwd(), "--workers", "1") as server:
        connection = server.connection()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("PUT", "/api/v1/articles/cms-1", json.dumps({"title": "Ferry"}), headers)
        assert connection.getresponse().status == 202
        connection.close()
        assert comes_true(lambda: server.get("/api/v1/articles/cms-1")[0] == 200)
        articles("by-hand")
        assert hook.posted == []
        watching = subprocess.Popen(
            command_line("webhooks", "run", "--watch"), env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert comes_true(lambda: len(hook.posted) == 1)
            articles("later")
            assert comes_true(lambda: messages(hook)[1:] == [[("new", "later")]])
        finally:
            watching.terminate()
            _, said = watching.communicate(timeout=60)
    assert sorted(messages(hook)[0]) == [("new", "by-hand"), ("new", "cms-1")]
    assert (watching.returncode, said) == (0, "sending changes as they come\n")
