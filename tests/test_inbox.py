"""What was sent reaches the index: in order, once, by the same gate as files, and without being lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from inboxes import Desk, desk_in

from index.inbox.writing import ALONE_AFTER, MOST_TRIES
from search.accepting import is_known, putting, take_one
from search.archive import Archive
from search.commands import main
from search.errors import IndexLocked
from search.ledger import open_ledger
from search.ledger.inbox import AT_ONCE, LAST_QUEUED, Sending
from search.ledger.removals import Tombstone
from search.ledger.write_keys import WriteKey
from search.request.article_body import ArticleBody
from search.takedown import take_down

AHEAD = "2190-01-01T00:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def index_file(desk: Desk, folder: Path, **keys: object) -> Path:
    """Indexes one article from a file."""
    path = folder / "export.jsonl"
    path.write_text(json.dumps({"body": "The ferry runs.", "lang": "en", **keys}) + "\n", "utf-8")
    desk.opened.index([str(path)])
    return path


# --- what becomes of it


def test_what_was_sent_can_be_found_changed_and_deleted(desk: Desk) -> None:
    added = desk.put("wp-1", "One", sections=["News > Local"], authors=["Ann"], language="en")
    desk.write()
    changed, same = desk.put("wp-1", "Two"), desk.put("wp-2", "Other")
    desk.write()
    again = desk.put("wp-2", "Other", tags=[])
    desk.write()
    assert [desk.of(number).outcome for number in (added, changed, same, again)] == [
        "added", "changed", "added", "unchanged",
    ]  # fmt: skip
    assert desk.titles() == {"wp-1": "Two", "wp-2": "Other"}
    deleted, absent = desk.delete("wp-1"), desk.delete("nobody")
    desk.write()
    assert (desk.of(deleted).outcome, desk.of(absent).outcome) == ("deleted", "absent")
    assert desk.titles() == {"wp-2": "Other"}


def test_the_last_of_several_sendings_of_one_article_stands_whatever_they_are(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.put(name, "Zero")
    desk.write()
    numbers = [desk.put("a", "One"), desk.delete("a"), desk.put("a", "Two"), desk.put("b", "One"), desk.delete("b")]
    desk.write()
    assert desk.titles() == {"a": "Two"}
    assert [desk.of(number).outcome for number in numbers] == [
        "superseded", "superseded", "changed", "superseded", "deleted",
    ]  # fmt: skip


def test_what_is_put_for_the_first_time_and_deleted_at_once_is_gone_under_the_id_it_had(
    desk: Desk, tmp_path: Path
) -> None:
    index_file(desk, tmp_path, url="https://news.example/ferry", title="Ferry")
    put, deleted = desk.put("wp-1", "Ferry", url="https://news.example/ferry"), desk.delete("wp-1")
    desk.write()
    assert (desk.of(put).outcome, desk.of(deleted).outcome) == ("changed", "deleted")
    assert desk.titles() == {}


def test_more_than_one_commit_takes_is_written_in_order(desk: Desk) -> None:
    for number in range(AT_ONCE + 5):
        desk.put(f"a{number % 7}", f"Title {number}")
    assert desk.writer.write_some() == AT_ONCE
    desk.write()
    last = AT_ONCE + 4
    assert desk.titles() == {f"a{number % 7}": f"Title {number}" for number in range(last - 6, last + 1)}


def test_an_earlier_version_that_is_sent_again_counts(desk: Desk) -> None:
    for title in ("One", "Two", "One"):
        desk.put("a", title)
        desk.write()
    assert desk.titles() == {"a": "One"}


def test_what_was_sent_twice_while_it_is_queued_is_queued_once(desk: Desk) -> None:
    assert desk.put("a", "One") == desk.put("a", "One")
    assert desk.put("a", "Two") != desk.put("a", "One")
    assert desk.opened.ledger.inbox.count("queued") == 3


# --- the gate


def test_what_lies_ahead_waits_and_is_counted_as_waiting(desk: Desk) -> None:
    early, withheld = desk.put("a", "Soon", embargo=AHEAD), desk.put("b", "Never", status="withheld")
    desk.put("c", "Now")
    desk.write()
    assert (desk.of(early).outcome, desk.of(withheld).outcome) == ("waiting", "waiting")
    assert desk.titles() == {"c": "Now"}
    assert set(desk.opened.ledger.waiting.states(["a", "b", "c"])) == {"a", "b"}
    desk.delete("a")
    desk.put("b", "After all")
    desk.write()
    assert not desk.opened.ledger.waiting.states(["a", "b"])
    assert desk.titles() == {"b": "After all", "c": "Now"}


def test_what_was_taken_down_is_refused_and_its_text_is_forgotten(desk: Desk, tmp_path: Path) -> None:
    desk.put("a", "One")
    desk.write()
    take_down(desk.opened.engine, desk.opened.ledger, [Tombstone("a")], "court order", datetime.now(UTC))
    number = desk.put("a", "Unspeakable words")
    desk.write()
    assert (desk.of(number).state, desk.of(number).outcome) == ("done", "removed")
    assert "court order" in desk.of(number).note
    assert desk.titles() == {}
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"Unspeakable" in content for content in files)


def test_a_takedown_also_reaches_what_is_queued(desk: Desk, tmp_path: Path) -> None:
    desk.put("b", "Another")
    desk.write()
    number = desk.put("a", "Unspeakable words")
    take_down(desk.opened.engine, desk.opened.ledger, [Tombstone("a")], "court order", datetime.now(UTC))
    assert (desk.of(number).outcome, "court order" in desk.of(number).note) == ("removed", True)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"Unspeakable" in content for content in files)
    desk.write()
    assert desk.titles() == {"b": "Another"}


def test_a_kill_takes_the_article_down_for_good(desk: Desk) -> None:
    desk.put("a", "One")
    desk.write()
    kill = desk.put("a", "One", status="canceled")
    desk.write()
    assert desk.of(kill).outcome == "removed"
    assert desk.opened.ledger.removed.of("a") is not None
    assert desk.titles() == {}


# --- names


def test_an_article_that_the_archive_has_by_its_address_keeps_its_id(desk: Desk, tmp_path: Path) -> None:
    index_file(desk, tmp_path, url="https://news.example/ferry", title="Ferry")
    desk.put("wp-1", "Ferry again", url="https://news.example/ferry")
    desk.write()
    assert desk.titles() == {"news.example/ferry": "Ferry again"}
    assert desk.opened.ledger.moved_to("wp-1") == "news.example/ferry"
    desk.put("wp-1", "Ferry moved", url="https://news.example/boats/ferry")
    desk.write()
    assert desk.titles() == {"news.example/ferry": "Ferry moved"}
    deleted = desk.delete("wp-1")
    desk.write()
    assert (desk.of(deleted).outcome, desk.titles()) == ("deleted", {})


def test_an_address_that_another_article_takes_over_does_not_make_them_one(desk: Desk) -> None:
    desk.put("wp-1", "First", url="https://news.example/ferry")
    desk.write()
    desk.delete("wp-1")
    desk.write()
    desk.put("wp-2", "Second", url="https://news.example/ferry")
    desk.write()
    desk.put("wp-1", "First", url="https://news.example/ferry-2")
    desk.write()
    assert desk.titles() == {"wp-1": "First", "wp-2": "Second"}


def test_a_source_that_has_not_changed_does_not_take_back_what_was_sent(desk: Desk, tmp_path: Path) -> None:
    path = index_file(desk, tmp_path, id="a", title="From the file")
    desk.put("a", "Sent")
    desk.write()
    report = desk.opened.index([str(path)])
    assert (report.changed, report.unchanged) == (0, 1)
    assert desk.titles() == {"a": "Sent"}


# --- what goes wrong


def test_what_cannot_be_read_is_set_aside_and_the_rest_is_written(runner: CliRunner, tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    [broken] = desk.opened.ledger.inbox.take([Sending("b", '{"title": ', "x", "key")], datetime.now(UTC), 9)
    desk.put("a", "One")
    desk.write()
    assert desk.titles() == {"a": "One"}
    assert (desk.of(broken).state, "not JSON" in desk.of(broken).note) == ("failed", True)
    listed = runner.invoke(main, ["inbox", "list"])
    assert (f"{broken}  " in listed.stdout, "not JSON" in listed.stdout) == (True, True)
    assert json.loads(runner.invoke(main, ["inbox", "list", "--json"]).stdout)["article"] == "b"
    assert runner.invoke(main, ["inbox", "retry", str(broken)]).exit_code == 0
    assert runner.invoke(main, ["inbox", "run"]).exit_code == 3
    assert desk.of(broken).state == "failed"
    assert runner.invoke(main, ["inbox", "drop", str(broken)]).exit_code == 0
    assert runner.invoke(main, ["inbox", "drop", str(broken)]).exit_code == 1
    assert runner.invoke(main, ["inbox", "run"]).exit_code == 0


def test_a_version_before_one_that_fails_is_written(desk: Desk) -> None:
    desk.put("a", "One")
    desk.opened.ledger.inbox.take([Sending("a", "[]", "x", "key")], datetime.now(UTC), 9)
    desk.write()
    assert desk.titles() == {"a": "One"}
    assert desk.opened.ledger.inbox.count("failed") == 1


def test_a_version_under_another_id_before_one_that_fails_is_written(desk: Desk, tmp_path: Path) -> None:
    index_file(desk, tmp_path, url="https://news.example/ferry", title="Ferry")
    desk.put("wp-1", "Ferry again", url="https://news.example/ferry")
    desk.write()
    good = desk.put("wp-1", "Ferry moved", url="https://news.example/ferry")
    desk.opened.ledger.inbox.take([Sending("news.example/ferry", "[]", "x", "key")], datetime.now(UTC), 9)
    desk.write()
    assert (desk.of(good).outcome, desk.titles()) == ("changed", {"news.example/ferry": "Ferry moved"})
    assert desk.opened.ledger.inbox.count("failed") == 1


def test_what_was_set_aside_does_not_take_the_place_of_a_later_version(desk: Desk) -> None:
    inbox = desk.opened.ledger.inbox
    [broken] = inbox.take([Sending("a", "[]", "x", "key")], datetime.now(UTC), 9)
    desk.write()
    later = desk.put("a", "Later")
    assert not inbox.retry(broken)
    [broken_too] = inbox.take([Sending("a", "{}", "y", "key")], datetime.now(UTC), 9)
    desk.write()
    assert (desk.of(broken).outcome, desk.of(later).outcome) == ("superseded", "added")
    assert [notice.number for notice in inbox.listed("failed", 9)] == [broken_too]
    inbox.forget(datetime.now(UTC) + timedelta(days=1))
    assert (inbox.of(broken), desk.of(broken_too).state) == (None, "failed")


def test_the_version_before_what_was_set_aside_settles_it_when_it_is_sent_again(desk: Desk) -> None:
    archive = Archive(desk.opened.engine, desk.opened.settings, ledger=desk.opened.ledger)
    now = datetime.now(UTC)  # what was sent longer ago than a week would be forgotten meanwhile
    key = WriteKey("key", "cms", "write", "", now.date())
    good = putting(archive, key, "a", ArticleBody(title="One"))
    take_one(archive, good, now)
    desk.write()
    assert is_known(archive, good)
    [broken] = desk.opened.ledger.inbox.take([Sending("a", "[]", "x", "key")], now, 9)
    desk.write()
    assert not is_known(archive, good)
    again = take_one(archive, good, datetime.now(UTC))
    desk.write()
    assert (desk.of(again).outcome, desk.opened.ledger.inbox.count("failed")) == ("unchanged", 0)
    assert not desk.opened.ledger.inbox.retry(broken)
    assert is_known(archive, good)


def test_what_ends_its_process_again_and_again_is_tried_alone_and_then_set_aside(desk: Desk) -> None:
    inbox = desk.opened.ledger.inbox
    poison = desk.put("a", "One")
    for _ in range(ALONE_AFTER):
        inbox.begin(inbox.next())  # and no end is noted
    desk.put("b", "Two")
    assert desk.writer.write_some() == 1
    assert (desk.of(poison).outcome, inbox.count("queued")) == ("added", 1)
    desk.write()
    poison = desk.put("a", "Three")
    for _ in range(MOST_TRIES):
        inbox.begin(inbox.next())
    desk.put("b", "Four")
    desk.write()
    assert (desk.of(poison).state, desk.titles()) == ("failed", {"a": "One", "b": "Four"})


def test_while_another_writer_holds_the_index_all_stays_queued_and_no_try_counts(desk: Desk) -> None:
    desk.put("a", "One")
    desk.write()
    number = desk.put("a", "Two")
    with desk.opened.engine.writer():
        for _ in range(MOST_TRIES + 1):
            with pytest.raises(IndexLocked):
                desk.write()
    assert desk.of(number).state == "queued"
    desk.write()
    assert desk.titles() == {"a": "Two"}


def test_an_import_waits_while_what_was_sent_is_being_written(desk: Desk, tmp_path: Path) -> None:
    desk.put("a", "One")
    desk.write()
    inbox = desk.opened.ledger.inbox
    desk.put("a", "Two")
    inbox.begin(inbox.next())
    done: list[Path] = []
    thread = Thread(target=lambda: done.append(index_file(desk_in(tmp_path), tmp_path, id="f", title="From a file")))
    writer = desk.opened.engine.writer()
    thread.start()
    thread.join(1.0)
    writer.rollback()
    thread.join()
    assert done
    desk.write()
    assert desk.titles() == {"a": "Two", "f": "From a file"}


def test_what_was_committed_and_not_noted_is_found_unchanged(desk: Desk) -> None:
    desk.put("a", "One")
    desk.put("b", "Two")
    desk.write()
    desk.delete("b")
    [entry] = desk.opened.ledger.inbox.next()
    desk.write()
    generation = desk.opened.engine.generation()
    again, gone = desk.put("a", "One"), desk.delete("b")
    desk.write()
    assert (desk.of(again).outcome, desk.of(gone).outcome, entry.article) == ("unchanged", "absent", "b")
    assert desk.opened.engine.generation() == generation


def test_outcomes_are_forgotten_after_a_week_and_what_failed_is_not(desk: Desk) -> None:
    inbox = desk.opened.ledger.inbox
    long_ago = datetime.now(UTC) - timedelta(days=30)
    old, broken = inbox.take(
        [Sending("a", '{"title": "One"}', "1", "key"), Sending("b", "[]", "2", "key")], long_ago, 9
    )
    desk.write()
    assert inbox.of(old) is None
    assert desk.of(broken).state == "failed"


def test_what_is_queued_of_one_article_is_found_without_looking_through_the_queue(tmp_path: Path) -> None:
    place = str(tmp_path / "archive.ledger")
    open_ledger(place).inbox.take([Sending("a", "{}", "1", "key")], datetime.now(UTC), 3)
    with closing(sqlite3.connect(place)) as connection:
        [(*_, plan)] = connection.execute(f"EXPLAIN QUERY PLAN {LAST_QUEUED}", ["a"]).fetchall()
    assert plan == "SEARCH inbox USING INDEX inbox_article (article=? AND state=?)"


def test_no_more_is_queued_than_there_is_room_for(tmp_path: Path) -> None:
    inbox = open_ledger(str(tmp_path / "archive.ledger")).inbox
    sendings = [Sending(str(number), "{}", str(number), "key") for number in range(5)]
    assert inbox.take(sendings, datetime.now(UTC), 3) == [1, 2, 3]
    assert inbox.take(sendings[2:4], datetime.now(UTC), 3) == [3]
    assert inbox.count("queued") == 3
