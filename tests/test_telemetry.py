"""Spans: one tree for a request, joined to the trace of its caller, sent as OTLP, with nothing of what was asked."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ARTICLES
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from real_server import LONGEST_END_SECONDS, served
from small_servers import Answer, SmallServer, small_server
from steady import comes_true

from search.engines import open_engine
from webui.telemetry import install, is_wanted

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans(app: Flask) -> Iterator[InMemorySpanExporter]:
    """What the app has sent."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    install(app, provider)
    yield exporter
    provider.shutdown()


def parents(spans: InMemorySpanExporter) -> dict[str, str | None]:
    """Each span's name, and that of the one it is in."""
    found = spans.get_finished_spans()
    names = {span.context.span_id: span.name for span in found if span.context}
    return {span.name: names.get(span.parent.span_id) if span.parent else None for span in found}


def whole(spans: InMemorySpanExporter) -> ReadableSpan:
    [found] = [span for span in spans.get_finished_spans() if " " in span.name]
    return found


def test_a_search_is_a_span_with_its_phases_in_it(app: Flask, spans: InMemorySpanExporter) -> None:
    app.test_client().get("/tr/search?q=verysecretword", headers={"User-Agent": "SecretBrowser"})
    assert parents(spans) == {
        "GET /search": None, "render": "GET /search", "parse": "render", "match": "render",
        "suggestions": "render", "snippets": "render",
    }  # fmt: skip
    found = whole(spans)
    assert found.attributes == {
        "http.request.method": "GET", "http.route": "/search", "http.response.status_code": 200,
        "backfile.answer": "made", "backfile.searches": ("nothing",),
    }  # fmt: skip
    for span in spans.get_finished_spans():
        assert found.start_time is not None
        assert found.end_time is not None
        assert found.start_time <= (span.start_time or 0) <= (span.end_time or 0) <= found.end_time
        assert "secret" not in span.to_json().lower()


def test_a_span_belongs_to_the_trace_of_whoever_asked(app: Flask, spans: InMemorySpanExporter) -> None:
    app.test_client().get("/livez", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    found = whole(spans)
    assert found.context is not None
    assert found.parent is not None
    assert f"{found.context.trace_id:032x}" == TRACE
    assert f"{found.parent.span_id:016x}" == SPAN


def test_what_a_caller_did_not_record_is_not_recorded(app: Flask, spans: InMemorySpanExporter) -> None:
    app.test_client().get("/search?q=flood", headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
    assert spans.get_finished_spans() == ()


def test_the_log_names_the_span(app: Flask, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture) -> None:
    from structlog.contextvars import get_contextvars

    seen = {}

    @app.get("/seen")
    def see() -> str:
        seen.update(get_contextvars())
        return ""

    with caplog.at_level(logging.INFO):
        app.test_client().get("/seen")
    context = whole(spans).context
    assert context is not None
    assert (seen["trace_id"], seen["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")


def test_a_failure_is_an_error_and_an_unknown_address_has_no_path(app: Flask, spans: InMemorySpanExporter) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret")

    client = app.test_client()
    client.get("/broken")
    client.get("/secret/path")
    failed, unknown = spans.get_finished_spans()
    assert (failed.name, failed.status.is_ok) == ("GET /broken", False)
    assert (unknown.name, unknown.status.is_ok) == ("HTTP unknown", True)
    assert "secret" not in failed.to_json() + unknown.to_json()


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
    ],
)
def test_the_usual_variables_say_whether_spans_are_sent(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) == wanted


def test_a_server_sends_its_spans_by_otlp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        writer.add(ARTICLES[0])
    with small_server(lambda _: Answer(headers={"content-type": "application/x-protobuf"})) as collector:
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{collector.place}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with served(tmp_path, "--workers", "1") as server:
            assert server.get("/search?q=verysecretword")[0] == 200
            assert comes_true(lambda: "GET /search" in received(collector))
            assert server.get("/livez")[0] == 200
            # The last are sent when the server is told to stop.
            server.process.terminate()
            assert server.process.wait(LONGEST_END_SECONDS) == 0
        assert received(collector) >= {"GET /search", "render", "parse", "match", "facets", "snippets", "GET /livez"}
        assert all(b"secret" not in seen.body for seen in collector.seen)
        assert services(collector) == {"backfile"}


def exports(collector: SmallServer) -> list[ExportTraceServiceRequest]:
    return [ExportTraceServiceRequest.FromString(seen.body) for seen in collector.seen if seen.path == "/v1/traces"]


def received(collector: SmallServer) -> set[str]:
    """The names of the spans that have come."""
    resources = [resource for export in exports(collector) for resource in export.resource_spans]
    return {span.name for resource in resources for scope in resource.scope_spans for span in scope.spans}


def services(collector: SmallServer) -> set[str]:
    """What the senders call themselves."""
    resources = [each.resource for export in exports(collector) for each in export.resource_spans]
    return {pair.value.string_value for each in resources for pair in each.attributes if pair.key == "service.name"}
