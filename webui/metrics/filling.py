"""How the archive is filled, as the ledger knows it: whoever fills it is another program, which tells nobody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from search.engines import open_engine
from search.errors import BackfileError
from search.ledger import ledger_of
from search.ledger.deliveries import Deliveries
from search.ledger.ledger import Ledger
from search.ledger.syncs import SyncRecord
from search.settings import Settings
from webui.caching import VERSION

_log = logging.getLogger("backfile.server")


class Filling(Collector):
    """Reads the ledger at each scrape, which costs a millisecond."""

    def __init__(self, settings: Settings) -> None:
        self._ledger = ledger_of(open_engine(settings.index), settings)
        self._readable = True

    def collect(self) -> Iterator[Metric]:
        """The results of syncs, what waits, and whether the ledger could be read; without the first two if not."""
        info = GaugeMetricFamily("backfile_info", "1, with the version of the program.", labels=("version",))
        info.add_metric((VERSION,), 1)
        yield info
        found: list[Metric] = []
        try:
            found = [*_syncs(self._ledger.syncs.all()), *_waiting(self._ledger), _inbox(self._ledger)]
        except BackfileError as error:
            if self._readable:
                _log.error("metrics of how the archive is filled are missing: %s", error)
        self._readable = bool(found)
        yield GaugeMetricFamily("backfile_ledger_readable", "1 if the ledger can be read, else 0.", self._readable)
        yield from found


def _syncs(records: tuple[SyncRecord, ...]) -> Iterator[Metric]:
    runs = CounterMetricFamily(
        "backfile_sync_runs", "Runs of `backfile sync`, by how they ended.", labels=("source", "result")
    )
    articles = CounterMetricFamily(
        "backfile_sync_articles", "Articles of these runs, by what became of them.", labels=("source", "outcome")
    )
    last = GaugeMetricFamily("backfile_sync_last_run_timestamp_seconds", "End of the last run.", labels=("source",))
    success = GaugeMetricFamily(
        "backfile_sync_last_success_timestamp_seconds", "End of the last run that went well; 0 if none did.",
        labels=("source",),
    )  # fmt: skip
    for each in records:
        for result, times in each.results.items():
            runs.add_metric((each.source, result), times)
        for outcome, count in each.articles.items():
            articles.add_metric((each.source, outcome), count)
        last.add_metric((each.source,), each.at.timestamp())
        success.add_metric((each.source,), each.succeeded_at.timestamp() if each.succeeded_at else 0)
    yield from (runs, articles, last, success)


def _inbox(ledger: Ledger) -> Metric:
    sent = GaugeMetricFamily(
        "backfile_inbox_articles", "Articles that programs have sent, by what they wait for.", labels=("state",)
    )
    for state in ("queued", "failed"):
        sent.add_metric((state,), ledger.inbox.count(state))
    return sent


def _waiting(ledger: Ledger) -> Iterator[Metric]:
    dated, withheld = ledger.waiting.counts()
    waiting = GaugeMetricFamily(
        "backfile_articles_waiting", "Articles that are not shown yet: until a moment, or withheld.", labels=("until",)
    )
    waiting.add_metric(("moment",), dated)
    waiting.add_metric(("withheld",), withheld)
    yield waiting
    yield _messages("backfile_alert_deliveries", "Messages of alerts, by their state.", ledger.alerts.messages)
    yield _messages("backfile_webhook_deliveries", "Messages of webhooks, by their state.", ledger.webhooks.messages)


def _messages(name: str, what: str, messages: Deliveries) -> Metric:
    due = GaugeMetricFamily(name, what, labels=("state",))
    sums: dict[str, int] = {"waiting": 0, "dead": 0}
    for counts in messages.counts().values():
        for state in sums:
            sums[state] += counts.get(state, 0)
    for state, count in sums.items():
        due.add_metric((state,), count)
    return due
