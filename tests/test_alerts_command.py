"""The commands of alerts, as an operator runs them: real processes, ended at random moments too."""

from __future__ import annotations

import json
import random
import stat
import sys
from pathlib import Path

import pytest
from newsroom import ALLOWING, articles, command
from program import killed_after, watched_until
from receivers import Hook

from index.delivering.webhook import SECRET_PREFIX

pytestmark = pytest.mark.usefixtures("posting_allowed")


def test_an_alert_is_added_listed_run_and_removed(hook: Hook) -> None:
    articles("old")
    added = command("alerts", "add", "flood", "--webhook", f"{hook.address}/x", "--json")
    assert added.exit_code == 0, added.output
    alert = json.loads(added.stdout)
    assert alert["secret"].startswith(SECRET_PREFIX)
    articles("new")
    assert command("alerts", "run").stdout == "1 new articles, 1 messages sent\n"
    assert [posted.articles for posted in hook.posted] == [["new"]]
    assert alert["secret"] not in command("alerts", "list").stdout
    assert alert["secret"] in command("alerts", "list", "--secrets").stdout
    assert command("alerts", "remove", alert["id"]).exit_code == 0
    assert command("alerts", "list").stdout == ""
    assert command("alerts", "remove", alert["id"]).exit_code == 1


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        ("http://[::1", "SEARCH: is neither a query nor an address of this archive"),
        ("https://[x]/search?q=flood", "SEARCH: is neither a query nor an address of this archive"),
        ("flood\0", "q: must not hold the null character"),
        ("/search?q=flood%00", "q: must not hold the null character"),
        ("/search?q=%ed%a0%80", "q: is not valid UTF-8"),
        ("/search?from=2025&to=2024", "from: is later than to"),
        ("/search?from=99999", '"99999" is not a date'),
        ("date:2024-13-45", "is not in the calendar"),
        ("(" * 60, "nested more than 20 deep"),
        ("a" * 5_000, "q: is too long to be saved"),
        ("/saved?made=x", "signature: is not one of this archive"),
    ],
)
def test_a_search_that_no_run_could_read_is_refused_at_once(hook: Hook, search: str, reason: str) -> None:
    articles("old")
    for asked in (("add", search, "--webhook", hook.address), ("link", search)):
        refused = command("alerts", *asked)
        assert (refused.exit_code, isinstance(refused.exception, SystemExit)) == (2, True)
        assert reason in refused.stderr
    assert command("alerts", "list").stdout == ""


@pytest.mark.parametrize(
    "target",
    [
        "http://[", "https://[x]/", "https://a:99999/", "https://\ud800/", "https://a/\0", "https://u:p@a/", "x",
        f"https://a/{'b' * 9_000}",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("hook")
def test_a_target_that_nothing_can_be_posted_to_is_refused_at_once(target: str) -> None:
    articles("old")
    refused = command("alerts", "add", "flood", "--webhook", target)
    assert (refused.exit_code, isinstance(refused.exception, SystemExit)) == (2, True)
    assert refused.stderr.startswith("error: ")
    assert command("alerts", "list").stdout == ""


def test_a_failure_shows_in_the_exit_code_and_in_the_list(hook: Hook) -> None:
    articles("old")
    command("alerts", "add", "flood", "--webhook", f"{hook.address}/x")
    articles("new")
    hook.answers["/x"] = [410]
    ran = command("alerts", "run")
    assert ran.exit_code == 3
    assert "answered 410" in ran.stderr
    listed = command("alerts", "list").stdout
    assert "given up: msg_" in listed
    message = listed.partition("given up: ")[2].partition(":")[0]
    hook.answers["/x"] = [200]
    assert command("alerts", "retry", message).exit_code == 0
    assert command("alerts", "run").exit_code == 0


def test_an_alert_takes_an_address_and_a_link(hook: Hook) -> None:
    articles("old")
    link = command("alerts", "link", "flood title:new").stdout.strip()
    for search in (link, f"https://archive.example{link}", "/search?q=flood&sort=oldest&page=2"):
        added = command("alerts", "add", search, "--webhook", hook.address, "--json")
        assert added.exit_code == 0, added.output
    searches = [json.loads(line)["search"] for line in command("alerts", "list", "--json").stdout.splitlines()]
    assert searches == ["flood title:new", "flood title:new", "flood"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("flood",), "give one target"),
        (("flood", "--mail", "a@b.example", "--webhook", "https://x.example"), "give one target"),
        (("flood", "--mail", "a@b.example"), "there is no mail server"),
        (("flood", "--mail", "a@b.example\nBcc: all@b.example"), "is not one address"),
        (("flood", "--webhook", "ftp://x.example/"), "not an address of the web"),
        (("flood", "--webhook", "https://me:secret@x.example/"), "user or a password"),
        (("fl*", "--webhook", "https://x.example/", "--mail", ""), "give one target"),
        (('"flood', "--webhook", "https://x.example/"), ""),
        (("/saved?q=flood&made=2024-01-01T00:00:00Z&signature=" + "A" * 43, "--webhook", "https://x.example/"),
         "not one of this archive"),
        (("/search?q=flood&nothing=1", "--webhook", "https://x.example/"), "there is no such parameter"),
    ],
)  # fmt: skip
def test_a_mistake_is_said(hook: Hook, arguments: tuple[str, ...], said: str) -> None:
    assert hook.posted == []
    articles("old")
    found = command("alerts", "add", *arguments)
    assert said in str(found.exception) + found.output
    if said:
        assert found.exit_code != 0
        assert command("alerts", "list").stdout == ""


def test_keys_are_private_rotate_and_are_forgotten(hook: Hook) -> None:
    articles("old")
    assert command("alerts", "key").exit_code == 0
    path = Path("archive.ledger.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    link = command("alerts", "link", "flood").stdout.strip()
    command("alerts", "add", "flood", "--webhook", hook.address)
    assert "2 keys" in command("alerts", "key", "--rotate").stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert command("alerts", "add", link, "--webhook", hook.address).exit_code == 0, "an old key still verifies"
    refused = command("alerts", "key", "--forget-old")
    assert "remove them and add them again" in str(refused.exception) + refused.output
    first = json.loads(command("alerts", "list", "--json").stdout.splitlines()[0])
    command("alerts", "remove", first["id"])
    assert command("alerts", "key", "--forget-old").exit_code == 0
    assert command("alerts", "add", link, "--webhook", hook.address).exit_code != 0


def test_keys_that_others_can_read_are_refused(hook: Hook) -> None:
    assert hook.posted == []
    articles("old")
    command("alerts", "key")
    Path("archive.ledger.key").chmod(0o640)
    said = command("alerts", "key")
    assert "chmod 600" in str(said.exception) + said.output


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_whatever_a_run_is_killed_at_each_match_is_told_in_one_message(hook: Hook) -> None:
    articles("old")
    for number in range(4):
        command("alerts", "add", "flood", "--webhook", f"{hook.address}/{number}")
    articles(*(f"n{number}" for number in range(120)))
    chance = random.Random(12)
    kills = sum(killed_after(chance.uniform(0.1, 1.2), "alerts", "run", **ALLOWING) for _ in range(12))
    assert command("alerts", "run").exit_code == 0
    told: dict[tuple[str, str], set[str]] = {}
    for posted in hook.posted:
        for name in posted.articles:
            told.setdefault((posted.path, name), set()).add(posted.headers["webhook-id"])
    assert len(told) == 4 * 120
    assert all(len(messages) == 1 for messages in told.values())
    messages = {posted.headers["webhook-id"] for posted in hook.posted}
    assert len(hook.posted) - len(messages) <= kills, "at most one message for each kill was sent a second time"
    sent = len(hook.posted)
    assert command("alerts", "run").exit_code == 0
    assert len(hook.posted) == sent


def test_watching_sends_after_each_sync(hook: Hook) -> None:
    Path("in.jsonl").write_text('{"id": "old", "title": "Old", "body": "A flood."}\n', encoding="utf-8")
    Path("backfile.toml").write_text('[[sources]]\nat = "in.jsonl"\nevery = "10s"\n', encoding="utf-8")
    assert command("sync", "-q").exit_code == 0
    command("alerts", "add", "flood", "--webhook", f"{hook.address}/x")
    with Path("in.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"id": "new", "title": "New", "body": "A flood."}\n')
    watched_until("alerts: 1 new articles, 1 messages sent", "sync", "--watch", **ALLOWING)
    assert [posted.articles for posted in hook.posted] == [["new"]]
