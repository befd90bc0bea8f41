"""Webhooks are told of an archive on a real cluster as of one on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from archives import fill
from newsroom import article
from receivers import Hook

from index.webhooks.comparing import note_changes
from index.webhooks.running import run_webhooks
from search.alerts.keys import made_keys
from search.engines import open_engine
from search.ledger import ledger_of
from search.ledger.webhooks import EVENTS, Webhook
from search.settings import Settings


def test_what_changes_on_a_cluster_is_told(opensearch_archive: str, hook: Hook, tmp_path: Path) -> None:
    settings = Settings(index=opensearch_archive, ledger=str(tmp_path / "ledger"), alert_allow=("127.0.0.1",))
    engine = open_engine(settings.index)
    ledger = ledger_of(engine, settings)
    fill(engine, article("old"), article("other"))
    keys = made_keys(ledger.place)
    assert note_changes(engine, ledger)
    ledger.webhooks.add(Webhook("hook", hook.address, EVENTS, keys.name, datetime.now(UTC), ledger.changes.last()))
    fill(engine, article("new"), article("other", "Changed."))
    run_webhooks(settings, engine, ledger)
    with engine.writer() as writer:
        writer.delete("old")
    run_webhooks(settings, engine, ledger)
    assert [sorted(posted.changes) for posted in hook.posted] == [
        [("changed", "other"), ("new", "new")], [("removed", "old")],
    ]  # fmt: skip
