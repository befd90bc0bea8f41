"""The extra `opentelemetry`: a span for each request and its phases, sent by OTLP where the usual variables say.

See https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. A span has the template of the
route, the method and the status: no query, no path and no address.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request

from search.phases import Lap
from search.tracing import TraceContext, current_trace
from webui.caching import VERSION
from webui.logs import named
from webui.observing import UNKNOWN, Answered, route
from webui.site import site_of

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

_WHERE: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_log = logging.getLogger("backfile.server")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment says where traces are sent, and does not switch them off. If it asks for what cannot be
    done, the log says so."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    if is_off or not any(environ.get(name) for name in _WHERE):
        return False
    protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        _log.warning("traces are not sent: OTLP over %s is not supported, but http/protobuf is", protocol)
        return False
    if find_spec("opentelemetry") is None:
        _log.warning('traces are not sent: install the extra, pip install "backfile[opentelemetry]"')
        return False
    return True


def exporting(environ: Mapping[str, str]) -> TracerProvider:
    """What sends spans in batches from a thread of its own, and the last when the process ends."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    has_name = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own = {"service.version": VERSION} | ({} if has_name else {"service.name": "backfile"})
    provider = TracerProvider(resource=Resource.create(own))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def install(app: Flask, provider: TracerProvider) -> None:
    """Makes a span of each request of the app, from now on."""
    from opentelemetry.trace import SpanKind

    tracer = provider.get_tracer("backfile", VERSION)

    @app.before_request
    def _begin() -> None:
        name = f"{request.method if route() != UNKNOWN else 'HTTP'} {route()}"
        span = tracer.start_span(name, _context(current_trace()), SpanKind.SERVER)
        made = span.get_span_context()
        named(TraceContext(f"{made.trace_id:032x}", f"{made.span_id:016x}", made.trace_flags.sampled))
        # Spans have times since 1970, and phases times of a clock that is never set.
        g.span, g.since_1970 = span, time.time_ns() - time.perf_counter_ns()

    site_of(app).observers.append(_Spans(tracer))


class _Spans:
    """An observer (see `webui.observing`) that ends the span of a request, with spans of its phases in it."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def answered(self, answered: Answered) -> None:
        from opentelemetry.trace import StatusCode

        span: Span | None = g.pop("span", None)
        if span is None:  # it was refused before a span began
            return
        span.set_attribute("http.request.method", answered.method)
        span.set_attribute("http.route", answered.route)
        span.set_attribute("http.response.status_code", answered.status)
        if answered.source is not None:
            span.set_attribute("backfile.answer", answered.source)
        if answered.recording.searches:
            span.set_attribute("backfile.searches", tuple(answered.recording.searches))
        if answered.status >= 500:
            span.set_status(StatusCode.ERROR)
        if span.is_recording():
            self._phases(span, answered.recording.laps, g.since_1970)
        span.end()

    def _phases(self, whole: Span, laps: Iterable[Lap], since_1970: int) -> None:
        """Spans of the phases, each below the one that it lies in."""
        from opentelemetry.trace import set_span_in_context

        around: list[tuple[int, Span]] = []
        for lap in sorted(laps, key=lambda lap: (lap.began, -lap.ended)):
            while around and around[-1][0] < lap.ended:
                around.pop()
            parent = around[-1][1] if around else whole
            span = self._tracer.start_span(lap.phase, set_span_in_context(parent), start_time=lap.began + since_1970)
            span.end(lap.ended + since_1970)
            around.append((lap.ended, span))


def _context(caller: TraceContext | None) -> Context | None:
    """The context of whoever sent the request; None if that began no trace.

    Our own id in a trace that was received is that of a span which is not recorded: here its parent is wanted.
    """
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    if caller is None or caller.parent_id is None:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if caller.sampled else TraceFlags.DEFAULT)
    parent = SpanContext(int(caller.trace_id, 16), int(caller.parent_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent))
