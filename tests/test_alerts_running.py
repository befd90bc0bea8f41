"""Runs of alerts: new matches reach their targets once each, over real sockets, whatever fails in between."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from archives import fill
from newsroom import article
from receivers import Hook, Mailbox, http_receiver, mail_receiver

from index.alerts.matching import MOST_IN_ONE
from index.alerts.message import Message
from index.alerts.running import Ran, Running
from index.alerts.sending import Targets
from index.delivering.trying import WAITS
from index.delivering.webhook import secret_of, signature
from index.lock import only_run
from search.alerts.arriving import begin
from search.alerts.saved import canonical
from search.engines.memory.engine import MemoryEngine
from search.ledger import ledger_of
from search.ledger.alerts import Alert
from search.ledger.removals import Tombstone
from search.releasing import release_due
from search.request.request import SearchRequest
from search.settings import Settings

START = datetime(2024, 6, 1, 12, tzinfo=UTC)


class Desk:
    """An archive with its alerts, and a clock that goes on only by hand."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = MemoryEngine("")
        self.ledger = ledger_of(self.engine, settings)
        self.now = START
        fill(self.engine, article("old"))
        self.keys = begin(self.engine, self.ledger, self.now)

    def alert(self, query: str, target: str) -> Alert:
        name, search = f"alert{len(self.ledger.alerts.all())}", canonical(SearchRequest(q=query))
        made = Alert(name, search, target, self.keys.name, self.now, self.ledger.arrivals.last())
        self.ledger.alerts.add(made)
        return made

    def run(self, environ: Mapping[str, str] | None = None, context: ssl.SSLContext | None = None) -> Ran:
        archive_id = self.ledger.arrivals.archive_id()
        targets = Targets(self.settings, self.keys, archive_id, environ=environ or {}, context=context)
        try:
            return Running(self.engine, self.ledger, self.settings, lambda: self.now).run(targets)
        finally:
            targets.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_receiver() as received:
        yield received


@pytest.fixture
def desk(mailbox: Mailbox) -> Desk:
    return Desk(
        Settings(
            title="The Gazette", mail_server=mailbox.address, mail_from="archive@gazette.example",
            public_url="https://gazette.example/archive", alert_allow=("127.0.0.1",),
        )
    )  # fmt: skip


def test_new_matches_are_posted_once(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    fill(desk.engine, article("new"), article("other", "Nothing of interest."))
    assert desk.run().sent == 1
    assert desk.run() == Ran()
    (posted,) = hook.posted
    assert posted.path == "/a"
    assert posted.articles == ["new"]


def test_a_post_is_signed_as_standard_webhooks_has_it(desk: Desk, hook: Hook) -> None:
    alert = desk.alert("flood", hook.address)
    fill(desk.engine, article("new"))
    desk.run()
    (posted,) = hook.posted
    secret = secret_of(desk.keys.all[0], desk.ledger.arrivals.archive_id(), alert.id)
    told = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode()
    assert posted.headers["webhook-signature"] == f"v1,{expected}"
    assert int(posted.headers["webhook-timestamp"]) == int(START.timestamp())
    assert posted.headers["content-type"] == "application/json"


def test_the_signature_is_that_of_the_published_example() -> None:
    """From the libraries of Standard Webhooks."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_new_matches_are_mailed_once(desk: Desk, mailbox: Mailbox) -> None:
    desk.alert("flood section:News", "mailto:desk@gazette.example")
    fill(desk.engine, article("new", sections=("News",), url="https://gazette.example/1", summary="It rose."))
    assert desk.run().sent == 1
    assert desk.run() == Ran()
    (mail,) = mailbox.mails
    assert mail["subject"] == "The Gazette: 1 new article for flood section:News"
    assert mail["to"] == "desk@gazette.example"
    text = mail.get_content()
    assert "Title of new" in text
    assert "https://gazette.example/1" in text
    assert "https://gazette.example/archive/search?q=flood+section" in text


LOGIN = {"BACKFILE_MAIL_USER": "desk", "BACKFILE_MAIL_PASSWORD": "secret"}


def test_a_login_is_sent_over_an_encrypted_connection_only(desk: Desk, mailbox: Mailbox) -> None:
    desk.alert("flood", "mailto:desk@gazette.example")
    fill(desk.engine, article("new"))
    (problem,) = desk.run(LOGIN).problems
    assert "offers no encryption" in problem
    assert mailbox.mails == []


def test_mail_is_sent_over_verified_tls_where_the_server_offers_it(desk: Desk) -> None:
    authority, offered, trusting = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(offered)
    authority.configure_trust(trusting)
    with mail_receiver(offered) as secure:
        desk.settings = desk.settings.model_copy(update={"mail_server": secure.address})
        desk.alert("flood", "mailto:desk@gazette.example")
        fill(desk.engine, article("new"))
        (problem,) = desk.run(LOGIN).problems
        assert "certificate verify failed" in problem
        assert (secure.mails, secure.logins) == ([], [])
        desk.now += timedelta(hours=1)
        assert desk.run(LOGIN, trusting).sent == 1
        assert secure.logins == [(b"desk", b"secret")]


def test_no_title_can_add_a_header_to_a_mail(desk: Desk, mailbox: Mailbox) -> None:
    desk.alert("flood", "mailto:desk@gazette.example")
    fill(desk.engine, article("new", title="Flood\r\nBcc: all@gazette.example\r\n\r\nbody"))
    desk.run()
    (mail,) = mailbox.mails
    assert mail["bcc"] is None


def test_what_was_there_before_the_alert_is_not_new(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/first")
    fill(desk.engine, article("between"))
    desk.run()
    desk.alert("flood", f"{hook.address}/second")
    fill(desk.engine, article("after"))
    desk.run()
    assert [(posted.path, posted.articles) for posted in hook.posted] == [
        ("/first", ["between"]), ("/first", ["after"]), ("/second", ["after"]),
    ]  # fmt: skip


def test_an_edited_article_alerts_nobody_again(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    fill(desk.engine, article("new"))
    desk.run()
    fill(desk.engine, article("new", "A flood, corrected."), article("old", "Another flood."))
    assert desk.run().queued == 0


def test_an_article_that_came_back_or_moved_alerts_nobody_again(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    fill(desk.engine, article("new"))
    desk.run()
    with desk.engine.writer() as writer:
        writer.delete("new")
    desk.run()
    desk.ledger.move("old", "old-elsewhere", desk.now)
    fill(desk.engine, article("new"), article("old-elsewhere"))
    assert desk.run().queued == 0
    assert len(hook.posted) == 1


def test_an_embargoed_article_alerts_when_it_appears(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    desk.ledger.waiting.put([(article("secret"), START + timedelta(hours=1))])
    desk.run()
    assert hook.posted == []
    desk.now = START + timedelta(hours=2)
    release_due(desk.engine, desk.ledger, desk.now)
    desk.run()
    assert [posted.articles for posted in hook.posted] == [["secret"]]


def test_what_was_taken_down_alerts_nobody(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    hook.answers["/a"] = [503, 200]
    fill(desk.engine, article("kept"), article("gone"))
    assert desk.run().failed == 1
    desk.ledger.removed.add([Tombstone("gone", None)], "court order", START)
    desk.now += timedelta(hours=1)
    assert desk.run().sent == 1
    assert hook.posted[-1].articles == ["kept"]
    desk.ledger.removed.add([Tombstone("third", None)], "court order", START)
    fill(desk.engine, article("third"))
    assert desk.run().queued == 0


def test_a_message_without_articles_is_dropped(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    hook.answers["/a"] = [503, 200]
    fill(desk.engine, article("gone"))
    desk.run()
    with desk.engine.writer() as writer:
        writer.delete("gone")
    desk.now += timedelta(hours=1)
    assert desk.run().dropped == 1
    assert len(hook.posted) == 1


def test_a_failed_message_is_tried_again_later_under_the_same_id(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    hook.answers["/a"] = [500, 429, 200]
    fill(desk.engine, article("new"))
    assert desk.run().failed == 1
    assert desk.run().failed == 0, "it is not due yet"
    for wait in WAITS[:2]:
        desk.now += timedelta(seconds=wait + 1)
        desk.run()
    assert len(hook.posted) == 3
    assert len({posted.headers["webhook-id"] for posted in hook.posted}) == 1
    assert len({posted.body for posted in hook.posted}) == 1
    assert hook.posted[0].headers["webhook-timestamp"] != hook.posted[2].headers["webhook-timestamp"]
    assert desk.ledger.alerts.messages.listed("sent")


def test_a_message_is_given_up_in_the_end_and_can_be_retried(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    hook.answers["/a"] = [500]
    fill(desk.engine, article("new"))
    for _ in range(len(WAITS) + 5):
        desk.run()
        desk.now += timedelta(seconds=max(WAITS) + 1)
    assert len(hook.posted) == len(WAITS) + 1
    (dead,) = desk.ledger.alerts.messages.listed("dead")
    assert "answered 500" in dead.problem
    hook.answers["/a"] = [200]
    assert desk.ledger.alerts.messages.retry([dead.id], desk.now) == 1
    assert desk.run().sent == 1


def test_a_receiver_that_is_gone_or_does_not_exist_is_given_up_at_once(
    desk: Desk, hook: Hook, mailbox: Mailbox
) -> None:
    desk.alert("flood", f"{hook.address}/a")
    desk.alert("flood", "mailto:nobody@gazette.example")
    hook.answers["/a"] = [410]
    mailbox.unknown.add("nobody@gazette.example")
    fill(desk.engine, article("new"))
    assert desk.run().dead == 2


def test_a_target_that_fails_leaves_the_others_alone(desk: Desk, hook: Hook, mailbox: Mailbox) -> None:
    desk.alert("flood", f"{hook.address}/bad")
    desk.alert("flood", "mailto:desk@gazette.example")
    desk.alert("flood", f"{hook.address}/good")
    hook.answers["/bad"] = [500]
    mailbox.answers = ["451 not now"]
    fill(desk.engine, article("new"))
    ran = desk.run()
    assert (ran.sent, ran.failed) == (1, 2)
    desk.now += timedelta(hours=1)
    assert desk.run().sent == 1
    assert len(mailbox.mails) == 1


def test_where_nobody_answers_the_rest_waits_and_loses_no_try(desk: Desk) -> None:
    with http_receiver() as closed:
        address = closed.address
    for number in range(3):
        desk.alert("flood", f"{address}/{number}")
    fill(desk.engine, article("new"))
    ran = desk.run()
    assert ran.failed == 1
    assert sorted(each.tries for each in desk.ledger.alerts.messages.listed("waiting")) == [0, 0, 1]


def test_many_articles_go_into_several_messages(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    fill(desk.engine, *(article(f"n{number}") for number in range(MOST_IN_ONE + 1)))
    desk.run()
    assert sorted(len(posted.articles) for posted in hook.posted) == [1, MOST_IN_ONE]


def test_what_a_run_was_cut_off_in_is_sent_again_under_the_same_id(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    fill(desk.engine, article("new"))

    class Cut(BaseException):
        """As if the process was ended."""

    class CuttingOff(Targets):
        def send(self, message: object, now: datetime) -> None:
            super().send(message, now)  # type: ignore[arg-type]
            raise Cut

    targets = CuttingOff(desk.settings, desk.keys, desk.ledger.arrivals.archive_id(), environ={})
    with pytest.raises(Cut):
        Running(desk.engine, desk.ledger, desk.settings, lambda: desk.now).run(targets)
    assert desk.run().sent == 1
    first, second = hook.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert desk.run() == Ran()


def test_only_one_run_sends_at_a_time(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", hook.address)
    fill(desk.engine, article("new"))
    with only_run(desk.ledger.place, "alerts") as alone:
        assert alone
        assert desk.run().busy
    assert desk.run().sent == 1


def test_an_alert_that_is_removed_says_nothing_more(desk: Desk, hook: Hook) -> None:
    alert = desk.alert("flood", f"{hook.address}/a")
    hook.answers["/a"] = [500]
    fill(desk.engine, article("new"))
    desk.run()
    assert desk.ledger.alerts.remove(alert.id)
    desk.now += timedelta(days=1)
    assert desk.run() == Ran()
    assert desk.ledger.alerts.messages.listed("waiting") == []


def test_an_alert_finds_the_spellings_of_a_name_that_its_search_finds(desk: Desk, hook: Hook, tmp_path: Path) -> None:
    variants = tmp_path / "variants.toml"
    variants.write_text('both_ways = [["Karabakh", "Qarabağ"]]\n', encoding="utf-8")
    desk.settings = desk.settings.model_copy(update={"variants": str(variants)})
    desk.alert("Karabakh", hook.address)
    fill(desk.engine, article("new", "The road to Qarabağ is open."))
    assert desk.run().sent == 1
    assert [posted.articles for posted in hook.posted] == [["new"]]


def test_an_article_that_is_taken_down_while_messages_are_sent_is_told_of_no_more(desk: Desk, hook: Hook) -> None:
    desk.alert("flood", f"{hook.address}/a")
    desk.alert("flood", f"{hook.address}/b")
    fill(desk.engine, article("gone"), article("stays"))

    class TakingDown(Targets):
        def send(self, message: Message, now: datetime) -> None:
            super().send(message, now)
            desk.ledger.removed.add([Tombstone("gone", None)], "court order", START)

    targets = TakingDown(desk.settings, desk.keys, desk.ledger.arrivals.archive_id(), environ={})
    Running(desk.engine, desk.ledger, desk.settings, lambda: desk.now).run(targets)
    targets.close()
    assert [sorted(posted.articles) for posted in hook.posted] == [["gone", "stays"], ["stays"]]
