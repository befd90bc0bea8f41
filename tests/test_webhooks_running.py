"""Runs of webhooks: each change reaches its receivers in order, over real sockets, whatever fails in between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from archives import fill
from newsroom import article
from receivers import Hook, http_receiver
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from index.delivering.trying import WAITS
from index.delivering.webhook import secret_of, shown_secret
from index.lock import only_run
from index.webhooks.comparing import note_changes
from index.webhooks.running import Ran, Running
from search.alerts.keys import made_keys
from search.engines.memory.engine import MemoryEngine
from search.ledger import ledger_of
from search.ledger.removals import Tombstone
from search.ledger.webhooks import EVENTS, MOST_IN_ONE, Event, Webhook
from search.releasing import release_due
from search.settings import Settings


@dataclass
class Newsroom:
    """An archive with webhooks, and a clock that goes on only by hand."""

    hook: Hook
    now: datetime

    def __post_init__(self) -> None:
        self.settings = Settings(public_url="https://gazette.example/archive/", alert_allow=("127.0.0.1",))
        self.engine = MemoryEngine("")
        self.ledger = ledger_of(self.engine, self.settings)
        self.keys = made_keys(self.ledger.place)
        self.ledger.arrivals.made_archive_id()
        fill(self.engine, article("old"), article("other"))

    def add(self, path: str = "", events: tuple[Event, ...] = EVENTS) -> Webhook:
        """As `backfile webhooks add` does."""
        assert note_changes(self.engine, self.ledger)
        name = f"hook{len(self.ledger.webhooks.all())}"
        made = Webhook(name, self.hook.address + path, events, self.keys.name, self.now, self.ledger.changes.last())
        self.ledger.webhooks.add(made)
        return made

    def run(self) -> Ran:
        return Running(self.engine, self.ledger, self.settings, self.keys, lambda: self.now).run()

    def told(self) -> list[list[tuple[str, str]]]:
        """What was posted, message by message."""
        return [posted.changes for posted in self.hook.posted]

    def delete(self, *names: str) -> None:
        with self.engine.writer() as writer:
            for name in names:
                writer.delete(name)

    def take_down(self, *names: str) -> None:
        self.ledger.removed.add([Tombstone(name) for name in names], "court order", self.now)


@pytest.fixture
def newsroom(hook: Hook) -> Newsroom:
    return Newsroom(hook, datetime.now(UTC))


def test_what_is_new_changed_or_gone_is_told_once(newsroom: Newsroom) -> None:
    newsroom.add()
    assert newsroom.run() == Ran()
    fill(newsroom.engine, article("new"))
    assert newsroom.run() == Ran(changes=1, queued=1, sent=1)
    fill(newsroom.engine, article("new", "A flood, corrected."), article("old"))
    newsroom.run()
    newsroom.delete("new")
    newsroom.run()
    assert newsroom.run() == Ran()
    assert newsroom.told() == [[("new", "new")], [("changed", "new")], [("removed", "new")]]


def test_a_message_is_verified_by_the_library_of_standard_webhooks(newsroom: Newsroom) -> None:
    made = newsroom.add()
    fill(newsroom.engine, article("new"))
    newsroom.run()
    [posted] = newsroom.hook.posted
    secret = shown_secret(secret_of(newsroom.keys.all[0], newsroom.ledger.arrivals.archive_id(), made.id))
    receiver = Receiver(secret)
    assert receiver.verify(posted.body, posted.headers) == json.loads(posted.body)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(posted.body + b" ", posted.headers)


def test_a_message_says_where_the_article_is_and_what_it_is(newsroom: Newsroom) -> None:
    newsroom.add()
    moment = datetime(2024, 7, 3, 9, 30, tzinfo=UTC)
    fill(
        newsroom.engine,
        article("2024/flood", sections=("News",), url="https://gazette.example/2024/flood", modified=moment),
        article("script", url="javascript:alert(1)"),
    )
    newsroom.run()
    message: dict[str, Any] = json.loads(newsroom.hook.posted[0].body)
    assert message["type"] == "articles.changed"
    assert datetime.fromisoformat(message["timestamp"]) <= newsroom.now
    changes = {change["id"]: change for change in message["data"]["changes"]}
    assert changes["2024/flood"] == {
        "event": "article.new",
        "id": "2024/flood",
        "url": "https://gazette.example/2024/flood",
        "article_url": "https://gazette.example/archive/article/2024/flood",
        "title": "Title of 2024/flood",
        "published": "2024-05-01",
        "modified": moment.isoformat(),
        "sections": ["News"],
    }
    assert changes["script"]["url"] is None


def test_of_what_is_gone_only_the_id_is_told(newsroom: Newsroom) -> None:
    newsroom.add()
    newsroom.delete("old")
    newsroom.run()
    assert json.loads(newsroom.hook.posted[0].body)["data"]["changes"] == [{"event": "article.removed", "id": "old"}]


def test_an_article_that_moves_is_gone_and_new(newsroom: Newsroom) -> None:
    newsroom.add()
    newsroom.ledger.move("old", "elsewhere", newsroom.now)
    newsroom.delete("old")
    fill(newsroom.engine, article("elsewhere"))
    newsroom.run()
    assert sorted(newsroom.told()[0]) == [("new", "elsewhere"), ("removed", "old")]


def test_a_takedown_is_told_before_the_index_is_purged_and_an_undone_one_after_that(newsroom: Newsroom) -> None:
    newsroom.add()
    newsroom.take_down("old")
    newsroom.run()
    assert newsroom.told() == [[("removed", "old")]]
    newsroom.delete("old")
    assert newsroom.run() == Ran(), "the purge is no change"
    newsroom.ledger.removed.undo("old", newsroom.now)
    fill(newsroom.engine, article("old"))
    newsroom.run()
    assert newsroom.told()[1:] == [[("new", "old")]]


def test_what_is_taken_down_before_it_was_told_leaves_no_word_in_a_message(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [503, 200]
    fill(newsroom.engine, article("gone"), article("kept"))
    assert newsroom.run().failed == 1
    newsroom.take_down("gone")
    newsroom.now += timedelta(hours=1)
    newsroom.run()
    first, second = newsroom.hook.posted[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert b"Title of gone" in first.body
    assert all(b"Title of gone" not in posted.body for posted in newsroom.hook.posted[1:])
    assert sorted(second.changes) == [("new", "kept"), ("removed", "gone")]


def test_what_is_under_an_embargo_is_told_when_it_appears(newsroom: Newsroom) -> None:
    newsroom.add()
    newsroom.ledger.waiting.put([(article("secret"), newsroom.now + timedelta(hours=1)), (article("held"), None)])
    newsroom.run()
    assert newsroom.told() == []
    newsroom.now += timedelta(hours=2)
    release_due(newsroom.engine, newsroom.ledger, newsroom.now)
    newsroom.run()
    assert newsroom.told() == [[("new", "secret")]]


def test_of_what_is_withheld_while_a_message_waits_nothing_is_told_but_the_id(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [503, 200]
    fill(newsroom.engine, article("old", "Another version."))
    newsroom.run()
    newsroom.ledger.waiting.put([(article("old", "To come."), newsroom.now + timedelta(days=1))])
    newsroom.now += timedelta(hours=1)
    newsroom.run()
    assert newsroom.told()[1] == [("removed", "old")]
    assert b"Title" not in newsroom.hook.posted[1].body


def test_a_webhook_that_is_added_later_hears_only_what_is_later(newsroom: Newsroom) -> None:
    newsroom.add("/first")
    fill(newsroom.engine, article("between"))
    newsroom.add("/second")
    fill(newsroom.engine, article("after"))
    newsroom.run()
    heard = {posted.path: posted.changes for posted in newsroom.hook.posted}
    assert heard == {"/first": [("new", "between"), ("new", "after")], "/second": [("new", "after")]}


def test_only_the_events_that_were_asked_for_are_told(newsroom: Newsroom) -> None:
    newsroom.add("/gone", ("article.removed",))
    newsroom.add("/rest", ("article.new", "article.changed"))
    fill(newsroom.engine, article("new"), article("other", "Changed."))
    newsroom.delete("old")
    newsroom.run()
    heard = {posted.path: sorted(posted.changes) for posted in newsroom.hook.posted}
    assert heard == {"/gone": [("removed", "old")], "/rest": [("changed", "other"), ("new", "new")]}
    assert newsroom.run() == Ran()


def test_what_happens_between_two_messages_is_told_as_one_change(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [503, 200]
    fill(newsroom.engine, article("first"))
    newsroom.run()
    for version in ("One.", "Two.", "Three."):
        fill(newsroom.engine, article("new", version), article("old", version))
        newsroom.run()
    newsroom.now += timedelta(hours=1)
    newsroom.run()
    first, second = newsroom.told()[1:]
    assert (first, sorted(second)) == ([("new", "first")], [("changed", "old"), ("new", "new")])


def test_many_changes_go_into_several_messages_in_order(newsroom: Newsroom) -> None:
    newsroom.add()
    names = [f"n{number:03}" for number in range(2 * MOST_IN_ONE + 1)]
    fill(newsroom.engine, *map(article, names))
    assert newsroom.run().sent == 3
    assert [len(message) for message in newsroom.told()] == [MOST_IN_ONE, MOST_IN_ONE, 1]
    assert sorted(name for message in newsroom.told() for _, name in message) == names


def test_a_message_that_fails_is_tried_again_under_the_same_id_before_any_other(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [500, 429, 200]
    fill(newsroom.engine, article("first"))
    assert newsroom.run().failed == 1
    fill(newsroom.engine, article("second"))
    assert newsroom.run().queued == 0, "the first one is not due yet"
    for wait in WAITS[:2]:
        newsroom.now += timedelta(seconds=wait + 1)
        newsroom.run()
    ids = [posted.headers["webhook-id"] for posted in newsroom.hook.posted]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert newsroom.hook.posted[0].body == newsroom.hook.posted[2].body
    assert newsroom.told()[2:] == [[("new", "first")], [("new", "second")]]


def test_a_message_is_given_up_in_the_end_and_can_be_retried(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [500]
    fill(newsroom.engine, article("new"))
    for _ in range(len(WAITS) + 3):
        newsroom.run()
        newsroom.now += timedelta(seconds=max(WAITS) + 1)
    assert len(newsroom.hook.posted) == len(WAITS) + 1
    [dead] = newsroom.ledger.webhooks.messages.listed("dead")
    assert "answered 500" in dead.problem
    newsroom.hook.answers["/a"] = [200]
    fill(newsroom.engine, article("later"))
    newsroom.run()
    newsroom.delete("new")
    assert newsroom.ledger.webhooks.retry([dead.id], newsroom.now) == 1
    newsroom.run()
    assert newsroom.told()[-3:] == [[("new", "later")], [("removed", "new")], [("removed", "new")]]


def test_a_receiver_that_answers_410_is_told_nothing_more(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.hook.answers["/a"] = [410]
    fill(newsroom.engine, article("new"))
    assert newsroom.run().dead == 1
    [hook] = newsroom.ledger.webhooks.all()
    assert "answered 410" in hook.ended
    fill(newsroom.engine, article("later"))
    assert (newsroom.run().queued, len(newsroom.hook.posted)) == (0, 1)
    newsroom.hook.answers["/a"] = [200]
    [dead] = newsroom.ledger.webhooks.messages.listed("dead")
    newsroom.ledger.webhooks.retry([dead.id], newsroom.now)
    newsroom.run()
    assert newsroom.told()[1:] == [[("new", "new")], [("new", "later")]]


def test_a_receiver_that_fails_leaves_the_others_alone(newsroom: Newsroom) -> None:
    newsroom.add("/bad")
    newsroom.add("/good")
    newsroom.hook.answers["/bad"] = [500]
    fill(newsroom.engine, article("new"))
    ran = newsroom.run()
    assert (ran.sent, ran.failed) == (1, 1)


def test_where_nobody_answers_the_rest_waits_and_loses_no_try(newsroom: Newsroom) -> None:
    with http_receiver() as closed:
        newsroom.hook.address = closed.address
    newsroom.add("/a")
    newsroom.add("/b")
    fill(newsroom.engine, article("new"))
    newsroom.run()
    assert sorted(each.tries for each in newsroom.ledger.webhooks.messages.listed("waiting")) == [0, 1]


def test_only_one_run_sends_at_a_time(newsroom: Newsroom) -> None:
    newsroom.add()
    fill(newsroom.engine, article("new"))
    with only_run(newsroom.ledger.place, "webhooks") as alone:
        assert alone
        assert newsroom.run().busy
    assert newsroom.run().sent == 1


def test_a_webhook_that_is_removed_is_told_nothing_more_and_with_the_last_all_is_forgotten(newsroom: Newsroom) -> None:
    made = newsroom.add("/a")
    newsroom.hook.answers["/a"] = [500]
    fill(newsroom.engine, article("new"))
    newsroom.run()
    assert newsroom.ledger.webhooks.remove(made.id)
    assert newsroom.ledger.webhooks.messages.listed("waiting") == []
    assert newsroom.ledger.changes.compared() is None
    assert newsroom.ledger.changes.shown() == 0
    newsroom.add()
    assert newsroom.run() == Ran()


def test_a_comparison_that_all_was_forgotten_in_counts_for_nothing(newsroom: Newsroom) -> None:
    made = newsroom.add()
    before = newsroom.ledger.changes.compared()
    newsroom.ledger.webhooks.remove(made.id)
    newsroom.ledger.changes.finish("a later state", before)
    assert newsroom.ledger.changes.compared() is None


def test_what_everybody_was_told_is_gone_is_forgotten(newsroom: Newsroom) -> None:
    newsroom.add("/a")
    newsroom.add("/b")
    newsroom.hook.answers["/b"] = [500, 200]
    fill(newsroom.engine, article("new"))
    newsroom.run()
    newsroom.delete("old")
    newsroom.run()
    newsroom.take_down("new")
    newsroom.now += timedelta(hours=1)
    newsroom.run()
    newsroom.run()
    assert newsroom.ledger.changes.shown_after("", 10) == ["other"]
    newsroom.ledger.changes.note({"old": "hash"})
    last = newsroom.ledger.changes.last()
    assert last == 4, "numbers go on"


def test_the_first_article_of_an_archive_is_told(newsroom: Newsroom) -> None:
    newsroom.engine = MemoryEngine("")
    newsroom.ledger = ledger_of(newsroom.engine, newsroom.settings)
    newsroom.keys = made_keys(newsroom.ledger.place)
    newsroom.add()
    fill(newsroom.engine, article("first"))
    newsroom.run()
    assert newsroom.told() == [[("new", "first")]]
