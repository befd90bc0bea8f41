"""What the server measures: the same numbers whoever answered and whoever was killed, and nothing about readers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import fill
from click.testing import CliRunner
from conftest import ARTICLES
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families as families
from real_server import LONGEST_END_SECONDS, PATIENCE_SECONDS, Server, posix, served
from steady import comes_true

from search.commands import main
from search.engines import open_engine
from search.errors import ConfigError
from search.ledger import ledger_of
from search.ledger.webhooks import EVENTS, Webhook
from search.loaded_settings import load_settings
from search.phases import phase, record, stop_recording
from search.settings import Settings
from webui import create_app
from webui.metrics import sampling
from webui.metrics.filling import Filling
from webui.metrics.meters import Meters
from webui.site import site_of

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
RULES = ROOT / "contrib" / "prometheus" / "backfile-alerts.yml"
DASHBOARD = ROOT / "contrib" / "grafana" / "backfile.json"

Labels = frozenset[tuple[str, str]]


@dataclass
class Measured:
    """A running server, and where its metrics are."""

    server: Server
    address: str

    def text(self) -> str:
        with urllib.request.urlopen(self.address, timeout=PATIENCE_SECONDS) as response:
            return str(response.read().decode())

    def values(self, name: str) -> dict[Labels, float]:
        return values(self.text(), name)

    def sum(self, name: str) -> float:
        return sum(self.values(name).values())


def values(text: str, name: str) -> dict[Labels, float]:
    samples = (sample for family in families(text) for sample in family.samples)
    return {frozenset(sample.labels.items()): sample.value for sample in samples if sample.name == name}


@contextmanager
def measured(folder: Path, *arguments: str) -> Iterator[Measured]:
    (folder / "backfile.toml").write_text('metrics = "127.0.0.1:0"\n', "utf-8")
    with served(folder, "--workers", "2", *arguments) as server:
        [address] = re.findall(r"http://127\.0\.0\.1:[0-9]+/metrics", server.log.read_text())
        yield Measured(server, address)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics")
    fill(open_engine(f"whoosh:{folder / 'archive'}"), *ARTICLES)
    return folder


@pytest.fixture
def meters(app: Flask) -> tuple[Meters, CollectorRegistry]:
    """What the app counts of its requests."""
    registry = CollectorRegistry()
    made = Meters(registry)
    site_of(app).observers.append(made)
    return made, registry


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(name, labels) or 0.0


# --- one process ---------------------------------------------------------------------------------------------------


def test_a_request_counts_by_route_method_and_status_in_every_language(
    app: Flask, meters: tuple[Meters, CollectorRegistry]
) -> None:
    client = app.test_client()
    for path in ("/search?q=flood", "/de/search?q=flood", "/article/1", "/ar/article/2", "/nowhere/at/all", "/x"):
        client.get(path)
    client.open("/search", method="BREW")
    client.post("/search")
    requests = {
        tuple(sample.labels[name] for name in ("route", "method", "status")): sample.value
        for family in meters[1].collect()
        for sample in family.samples
        if sample.name == "backfile_requests_total"
    }
    assert requests == {
        ("/search", "GET", "200"): 2,
        ("/article/<article:id>", "GET", "200"): 2,
        ("unknown", "GET", "404"): 2,
        ("unknown", "unknown", "405"): 1,
        ("unknown", "POST", "405"): 1,
    }


def test_a_search_counts_when_it_is_run_and_an_answer_by_where_it_came_from(
    app: Flask, meters: tuple[Meters, CollectorRegistry]
) -> None:
    client, registry = app.test_client(), meters[1]
    first = client.get("/search?q=flood")
    client.get("/search?q=flood")
    client.get("/search?q=flood", headers={"If-None-Match": first.headers["ETag"]})
    client.get("/api/v1/search?q=zzzyzx")
    outcomes = {name: counted(registry, "backfile_searches_total", outcome=name) for name in ("found", "nothing")}
    assert outcomes == {"found": 1, "nothing": 1}
    sources = {name: counted(registry, "backfile_answers_total", source=name) for name in ("made", "kept", "unchanged")}
    assert sources == {"made": 2, "kept": 1, "unchanged": 1}


def test_each_phase_of_a_search_is_timed_once_for_each_search(
    app: Flask, meters: tuple[Meters, CollectorRegistry]
) -> None:
    client, registry = app.test_client(), meters[1]
    client.get("/search?q=flood")
    client.get("/search?q=old+bridge+cold+numbers")  # filled up, so the engine is asked more than once
    client.get("/article/1")  # no search
    for name in ("parse", "match", "suggestions", "snippets", "render"):
        assert counted(registry, "backfile_search_phase_seconds_count", phase=name) == 2, name


def test_a_search_out_of_time_counts_as_that(sample_app: Flask) -> None:
    app = create_app(Settings(deadline_seconds=1e-9), site_of(sample_app).archive.engine)
    registry = CollectorRegistry()
    site_of(app).observers.append(Meters(registry))
    answer = app.test_client().get("/api/v1/search?q=press")
    assert answer.json is not None
    assert answer.json["timed_out"]
    assert counted(registry, "backfile_searches_total", outcome="timed_out") == 1


def test_phases_within_each_other_are_not_counted_twice() -> None:
    recording = record()
    with phase("render"):
        with phase("match"), phase("facets"):
            pass
        with phase("facets"):
            pass
    stop_recording()
    assert [lap.phase for lap in recording.laps] == ["facets", "match", "facets", "render"]
    whole = recording.laps[-1]
    assert sum(recording.seconds().values()) == pytest.approx((whole.ended - whole.began) / 1e9)


def test_nothing_is_made_where_nobody_listens() -> None:
    stop_recording()
    assert phase("match") is phase("facets")


def test_the_gauges_say_what_the_worker_is_in(app: Flask, meters: tuple[Meters, CollectorRegistry]) -> None:
    app.test_client().get("/search?q=flood")
    sampling.sample(site_of(app), meters[0])
    registry = meters[1]
    assert counted(registry, "backfile_index_articles") == len(ARTICLES)
    assert (counted(registry, "backfile_ready"), counted(registry, "backfile_open_snapshots")) == (1, 1)
    assert counted(registry, "backfile_kept_answers_bytes") == site_of(app).answers.bytes_held > 0


def test_an_index_that_cannot_be_opened_is_not_ready(tmp_path: Path) -> None:
    app, registry = create_app(Settings(index=f"whoosh:{tmp_path / 'none'}")), CollectorRegistry()
    sampling.sample(site_of(app), Meters(registry))
    assert (counted(registry, "backfile_ready"), counted(registry, "backfile_index_built_timestamp_seconds")) == (0, 0)


# --- how the archive is filled -------------------------------------------------------------------------------------


def test_runs_of_sync_are_told_by_source_and_forgotten_with_it(tmp_path: Path, runner: CliRunner) -> None:
    source = tmp_path / "wire.jsonl"
    source.write_text('{"id": "1", "title": "Wire", "body": "It rained."}\n', "utf-8")
    wire, gone = '[[sources]]\nname = "wire"\nat = "wire.jsonl"\n', '[[sources]]\nname = "gone"\nat = "none.jsonl"\n'
    config = tmp_path / "backfile.toml"
    config.write_text(wire + gone, "utf-8")
    runner.invoke(main, ["sync", "--plan"])
    settings = load_settings(environ={}).settings
    registry = CollectorRegistry()
    registry.register(Filling(settings))
    assert registry.get_sample_value("backfile_sync_runs_total", {"source": "wire", "result": "ok"}) is None
    for _ in range(2):
        runner.invoke(main, ["sync"])
    assert counted(registry, "backfile_sync_runs_total", source="wire", result="ok") == 2
    assert counted(registry, "backfile_sync_runs_total", source="gone", result="incomplete") == 2
    assert counted(registry, "backfile_sync_articles_total", source="wire", outcome="added") == 1
    assert counted(registry, "backfile_sync_last_success_timestamp_seconds", source="gone") == 0
    last = counted(registry, "backfile_sync_last_run_timestamp_seconds", source="wire")
    assert last == counted(registry, "backfile_sync_last_success_timestamp_seconds", source="wire") > 0
    config.write_text(wire, "utf-8")
    runner.invoke(main, ["sync"])
    records = ledger_of(open_engine(settings.index), settings).syncs.all()
    assert [(each.source, each.results["ok"]) for each in records] == [("wire", 3)]


def test_a_ledger_that_cannot_be_read_is_told_and_no_numbers_are_made_up(tmp_path: Path) -> None:
    (tmp_path / "archive.ledger").write_text("no ledger" * 1000, "utf-8")
    registry = CollectorRegistry()
    registry.register(Filling(Settings(index=f"whoosh:{tmp_path / 'archive'}")))
    assert registry.get_sample_value("backfile_ledger_readable") == 0
    assert registry.get_sample_value("backfile_alert_deliveries", {"state": "dead"}) is None
    assert registry.get_sample_value("backfile_webhook_deliveries", {"state": "dead"}) is None


def test_messages_of_webhooks_are_counted_by_their_state(tmp_path: Path) -> None:
    settings = Settings(index=f"whoosh:{tmp_path / 'archive'}")
    ledger, now = ledger_of(open_engine(settings.index), settings), datetime.now(UTC)
    hooks = ledger.webhooks
    hooks.add(Webhook("hook", "https://hook.example/", EVENTS, "key", now, 0))
    ledger.changes.finish("empty", None)
    ledger.changes.note({"new": "hash"})
    registry = CollectorRegistry()
    registry.register(Filling(settings))
    hooks.queue(1, now)
    assert counted(registry, "backfile_webhook_deliveries", state="waiting") == 1
    hooks.messages.settle(hooks.messages.listed("waiting")[0].id, "dead", now)
    assert counted(registry, "backfile_webhook_deliveries", state="waiting") == 0
    assert counted(registry, "backfile_webhook_deliveries", state="dead") == 1
    assert counted(registry, "backfile_alert_deliveries", state="dead") == 0


# --- a server ------------------------------------------------------------------------------------------------------


@posix
def test_counts_outlive_workers_that_are_killed_and_are_counted_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with measured(folder) as site:
        [files] = tmp_path.glob("backfile-metrics-*")
        sent = 0

        def ask(times: int) -> None:
            nonlocal sent
            for _ in range(times):
                assert site.server.get("/livez")[0] == 200
                sent += 1

        assert comes_true(lambda: site.sum("backfile_workers") == 2)
        ask(20)
        for _ in range(2):
            victim = min(workers_in(files))
            os.kill(victim, signal.SIGKILL)
            assert comes_true(lambda killed=victim: site.sum("backfile_workers") < 2 or killed not in workers_in(files))
            assert site.sum("backfile_requests_total") == sent
            assert comes_true(lambda: site.sum("backfile_workers") == 2)
            ask(20)
            assert site.sum("backfile_requests_total") == site.sum("backfile_request_seconds_count") == sent
        assert len(list(files.glob("counter_*.db"))) == 3  # of the two that live, and of all the dead
        site.server.process.terminate()
        site.server.process.wait(LONGEST_END_SECONDS)
        assert not files.exists()


def workers_in(files: Path) -> set[int]:
    """The processes that count in a folder."""
    return {int(path.stem.rpartition("_")[2]) for path in files.glob("gauge_*.db")}


@posix
def test_readers_cannot_see_metrics_and_metrics_tell_nothing_of_readers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with measured(folder) as site:
        for path in ("/search?q=verysecretword", "/api/v1/search?q=verysecretword&tag=secrettag", "/secretpath/x"):
            site.server.get(path, **{"User-Agent": "SecretBrowser", "X-Forwarded-For": "203.0.113.77"})
        assert site.server.get("/metrics")[0] == 404
        text = site.text()
        assert site.sum("backfile_requests_total") == 4
        assert not re.search(r"secret|203\.0\.113|127\.0\.0\.1", text, re.IGNORECASE)
        assert printed(text) == described()
        [files] = tmp_path.glob("backfile-metrics-*")
        site.server.process.kill()
        site.server.process.wait(10)
        assert comes_true(lambda: not files.exists())  # the workers delete it, since their parent cannot


def described() -> dict[str, tuple[str, frozenset[str]]]:
    """The metrics of the reference: their kind and their labels."""
    rows = re.findall(r"^\| `(backfile_\w+)` \| (\w+) \|([^|]*)\|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    return {name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def printed(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Those that a server tells; labels of such that have no value yet are those of the reference."""
    known = described()
    found = {}
    for family in families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[name] = family.type, frozenset(labels) if family.samples else known[name][1]
    return found


def test_an_address_that_is_taken_is_an_error_of_the_start(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "backfile.toml").write_text(f'metrics = "127.0.0.1:{port}"\n', "utf-8")
        with pytest.raises(AssertionError, match=f"cannot serve metrics at 127.0.0.1:{port}"), served(folder):
            pass


@pytest.mark.parametrize("wrong", ["9464", "127.0.0.1", "127.0.0.1:99999", "http://127.0.0.1:9464", "a b:1"])
def test_an_address_that_is_none_is_an_error(wrong: str) -> None:
    with pytest.raises(ConfigError, match="must be an address of this machine and a port"):
        load_settings({"metrics": wrong}, environ={})


# --- rules and dashboard -------------------------------------------------------------------------------------------


def queries_of_the_dashboard() -> list[str]:
    board = json.loads(DASHBOARD.read_text("utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_rules_and_dashboard_ask_for_metrics_and_labels_that_there_are() -> None:
    known = described()
    asked = RULES.read_text("utf-8") + "\n".join(queries_of_the_dashboard())
    for name, labels in re.findall(r"(backfile_\w+)(?:\{([^}]*)\})?", asked):
        plain = re.sub(r"_(?:bucket|sum|count)$", "", name)
        assert plain in known, name
        assert set(re.findall(r"(\w+)=", labels)) <= known[plain][1] | {"job", "instance"}, name
    assert {name for name in known if name in asked} >= {"backfile_ready", "backfile_sync_runs_total"}


def test_prometheus_accepts_the_rules_and_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool; Debian has it in the package prometheus")
    queries = [query.replace("$__rate_interval", "5m") for query in queries_of_the_dashboard()]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    as_rules = tmp_path / "dashboard.yml"
    as_rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), "utf-8")
    for arguments in (["check", "rules", RULES], ["check", "rules", as_rules],
                      ["test", "rules", RULES.with_name("backfile-alerts-test.yml")]):  # fmt: skip
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_in_the_how_to() -> None:
    alerts = re.findall(r"alert: (\w+)", RULES.read_text("utf-8"))
    page = (ROOT / "docs" / "how-to" / "monitor.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)`", page, re.MULTILINE) == alerts
