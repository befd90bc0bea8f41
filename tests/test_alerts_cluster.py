"""Alerts on a cluster of which a part does not answer: no article is passed over, even where readers get the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archives import fill
from clusters import archive_on, through
from receivers import Hook
from small_servers import Answer, Seen, before, passed_on

from index.alerts.command import run_alerts
from search.alerts.arriving import begin
from search.alerts.saved import canonical
from search.document import Document
from search.engines import open_engine
from search.errors import EngineError
from search.ledger import ledger_of
from search.ledger.alerts import Alert
from search.request.request import SearchRequest
from search.settings import Settings
from webui import create_app

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def url(opensearch: str) -> Iterator[str]:
    with archive_on(opensearch, shards=3) as made:
        fill(open_engine(made), Document("old", "Old", "A flood.", language="en"))
        yield made


def without_a_shard(opensearch: str, *, of: str = "") -> Callable[[Seen], Answer | None]:
    """Searches are answered as if the shard with all that they find were missing; `of`: only those that hold this."""

    def respond(seen: Seen) -> Answer | None:
        if seen.path != "/_msearch" or of not in seen.body.decode():
            return None
        answer = passed_on(seen, opensearch)
        content: dict[str, Any] = json.loads(answer.body)
        for each in content["responses"]:
            each["_shards"]["successful"] -= 1
            each["hits"]["hits"] = []
        return Answer(answer.status, json.dumps(content).encode(), answer.headers)

    return respond


@pytest.mark.parametrize("lost", ["", '"article"'], ids=["all searches", "the texts of articles"])
def test_what_a_part_that_does_not_answer_has_is_told_of_by_the_next_run(
    url: str, opensearch: str, hook: Hook, tmp_path: Path, lost: str
) -> None:
    settings = Settings.model_validate(
        {"index": url, "ledger": str(tmp_path / "ledger"), "alert_allow": ("127.0.0.1",)}
    )
    engine = open_engine(url)
    ledger = ledger_of(engine, settings)
    keys = begin(engine, ledger, NOW)
    ledger.alerts.add(Alert("one", canonical(SearchRequest(q="flood")), hook.address, keys.name, NOW, 1))
    fill(engine, Document("new", "New", "A flood.", language="en"))
    with before(opensearch, without_a_shard(opensearch, of=lost)) as server:
        short = open_engine(through(url, server.place) + "&timeout=2&partial=allow")
        with pytest.raises(EngineError, match="shards"):
            run_alerts(settings, short, ledger)
    assert hook.posted == []
    assert run_alerts(settings, engine, ledger).sent == 1
    assert [posted.articles for posted in hook.posted] == [["new"]]


def test_an_article_on_a_part_that_does_not_answer_is_not_said_to_be_missing(url: str, opensearch: str) -> None:
    with before(opensearch, without_a_shard(opensearch, of='"article"')) as server:
        short = through(url, server.place) + "&timeout=2&partial=allow"
        client = create_app(Settings.model_validate({"index": short}), open_engine(short)).test_client()
        assert client.get("/article/old").status_code == 503
        assert client.get("/article/none").status_code == 503
    whole = create_app(Settings.model_validate({"index": url}), open_engine(url)).test_client()
    assert [whole.get(f"/article/{name}").status_code for name in ("old", "none")] == [200, 404]
