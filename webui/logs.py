"""Logs on standard error: one JSON object a line for log collectors, or readable lines on a terminal.

structlog formats the records of the standard library's `logging`, so our messages look like those of the server.
What readers search for is private, and so is who they are: queries and addresses are logged only if that is set.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.processors import CallsiteParameter, CallsiteParameterAdder, EventRenamer, JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import Processor

from search.settings import Settings
from search.tracing import TRACEPARENT, TraceContext, follow, read_traceparent
from webui.clients import sender
from webui.withholding import is_withheld, outline, withhold, without_keys, without_words

REQUEST_ID: Final = "X-Request-ID"
"""The header by which whoever calls us may name a request, and is told its name."""
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What an id may consist of that somebody else made: it stands in logs, headers and documents."""
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_LOGGED: Final = 500
_access = logging.getLogger("backfile.access")


def configuration(settings: Settings) -> dict[str, Any]:
    """The settings for `logging.config.dictConfig`, in the server and its workers.

    Without a format that is set, lines are for people if standard error is a terminal, else JSON.
    """
    console = sys.stderr.isatty() if settings.log_format == "auto" else settings.log_format == "text"
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        # Workers are separate processes, so they get the name of a function instead of an object.
        "formatters": {"lines": {"()": "webui.logs.formatter", "console": console, "queries": settings.log_queries}},
        "filters": {"threads": {"()": "webui.logs.advice_left_out"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}},
        "loggers": {
            "_granian": {"handlers": ["stderr"], "filters": ["threads"], "level": "WARNING", "propagate": False},
            "opentelemetry": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "granian.access": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "backfile": {"handlers": ["stderr"], "level": level, "propagate": False},
        },
    }


def advice_left_out() -> Callable[[logging.LogRecord], bool]:
    """Leaves out Granian's advice to run fewer threads: most of ours only wait, and no setting changes their number."""
    return lambda record: not record.getMessage().startswith("Configuration allows spawning up to")


def formatter(*, console: bool, queries: bool = False) -> logging.Formatter:
    """A formatter that writes the extra fields of a record, and these:

    `time` (RFC 3339, UTC), `level`, `logger`, `process`, `request` (an id), `message`, the `trace` of an exception, and
    `trace_id` and `span_id` if the request is part of a trace. Unless `queries`, nothing has what a reader typed.
    """
    fields: list[Processor] = [
        TimeStamper(fmt="iso", utc=True, key="time"),
        add_log_level,
        add_logger_name,
        CallsiteParameterAdder([CallsiteParameter.PROCESS]),
        merge_contextvars,
        ExtraAdder(),
    ]
    if not queries:
        fields.append(_withheld)
    if console:
        colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        endings: list[Processor] = [
            _printable,
            structlog.dev.ConsoleRenderer(
                colors=colors, timestamp_key="time", exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    else:
        endings = [_trace, EventRenamer("message"), JSONRenderer(ensure_ascii=False)]
    return ProcessorFormatter(
        foreign_pre_chain=fields,
        processors=[ProcessorFormatter.remove_processors_meta, *endings],
    )


def _withheld(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Leaves out what a reader typed, in the message and in the trace."""
    record: logging.LogRecord = fields["_record"]
    if record.name == _access.name or not is_withheld():
        return fields
    fields["event"] = without_words(str(fields["event"]))
    said = record.exc_info
    if said and said[1] is not None:
        fields["exception"] = outline(said[1])
        fields["exc_info"] = record.exc_info = record.exc_text = None
    return fields


def _printable(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escapes control characters, so that a request cannot control the terminal that shows the log."""
    for name, value in fields.items():
        if isinstance(value, str) and not value.isprintable():
            fields[name] = "".join(part if part.isprintable() else ascii(part)[1:-1] for part in value)
    return fields


def _trace(logger: Any, name: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    fields = structlog.processors.format_exc_info(logger, name, fields)
    if "exception" in fields:
        fields["trace"] = fields.pop("exception")
    return fields


def install(app: Flask, settings: Settings) -> None:
    """Logs every request once it is answered. All records of one request have the same `request`, which its answer has
    as X-Request-ID. `webui.observing` must be installed before."""

    @app.before_request
    def _begin() -> None:
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(6)
        clear_contextvars()
        bind_contextvars(request=g.request_id)
        caller = read_traceparent(request.headers.get(TRACEPARENT, ""))
        named(caller.child() if caller else None)
        withhold(request.query_string.decode("ascii", "replace"), has_body=request.method not in _WITHOUT_BODY)

    @app.after_request
    def _log(response: Response) -> Response:
        response.headers[REQUEST_ID] = g.request_id
        seconds = time.perf_counter() - g.begun
        level = logging.WARNING if seconds > settings.log_slow_seconds else logging.INFO
        if _access.isEnabledFor(level):
            fields = _fields(response, seconds, settings)
            _access.log(level, "slow request" if level == logging.WARNING else "request", extra=fields)
        return response


def named(trace: TraceContext | None) -> None:
    """The current request is that span of a trace, in its logs and in what it sends to others."""
    follow(trace)
    if trace is not None:
        bind_contextvars(trace_id=trace.trace_id, span_id=trace.span_id)


def _fields(response: Response, seconds: float, settings: Settings) -> dict[str, object]:
    fields: dict[str, object] = {
        "method": request.method[:20],
        "path": request.path[:_MAX_LOGGED],
        "status": response.status_code,
        "ms": round(seconds * 1000.0, 1),
        "bytes": response.content_length,
    }
    if seconds > settings.log_slow_seconds:
        fields["phases"] = {name: round(took * 1000.0, 1) for name, took in g.recording.seconds().items()}
    if settings.log_addresses:
        fields["client"] = str(sender(settings.trusted_proxies))
    if settings.log_queries:
        fields["query"] = without_keys(request.query_string.decode("ascii", "replace"))[:_MAX_LOGGED]
    return fields
