"""Logs on standard error: one JSON object a line for log collectors, or readable lines on a terminal.

structlog formats the records of the standard library's `logging`, so our messages look like those of the server.
What readers search for is private: queries are logged only at the level "debug".
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
import time
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.processors import CallsiteParameter, CallsiteParameterAdder, EventRenamer, JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import Processor

_access = logging.getLogger("backfile.access")
_MAX_LOGGED: Final = 500


def configuration(level: str, *, console: bool | None = None) -> dict[str, Any]:
    """The settings for `logging.config.dictConfig`, in the server and its workers.

    With `console`, lines are for people, else JSON; by default they are for people if standard error is a terminal.
    """
    console = sys.stderr.isatty() if console is None else console
    return {
        "version": 1,
        "disable_existing_loggers": False,
        # Workers are separate processes, so they get the name of a function instead of an object.
        "formatters": {"lines": {"()": "webui.logs.formatter", "console": console}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}},
        "loggers": {
            "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "granian.access": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "backfile": {"handlers": ["stderr"], "level": level.upper(), "propagate": False},
        },
    }


def formatter(*, console: bool) -> logging.Formatter:
    """A formatter that writes the extra fields of a record, and these:

    `time` (RFC 3339, UTC), `level`, `logger`, `process`, `request` (an id), `message`, and the `trace` of an exception.
    """
    fields: list[Processor] = [
        TimeStamper(fmt="iso", utc=True, key="time"),
        add_log_level,
        add_logger_name,
        CallsiteParameterAdder([CallsiteParameter.PROCESS]),
        merge_contextvars,
        ExtraAdder(),
    ]
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


def install(app: Flask) -> None:
    """Logs every request once it is answered. All records of one request have the same `request`."""

    @app.before_request
    def _begin() -> None:
        g.begun = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request=secrets.token_hex(6))

    @app.after_request
    def _log(response: Response) -> Response:
        if _access.isEnabledFor(logging.INFO):
            _access.info("request", extra=_fields(response))
        return response


def _fields(response: Response) -> dict[str, object]:
    fields: dict[str, object] = {
        "method": request.method[:20],
        "path": request.path[:_MAX_LOGGED],
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.begun) * 1000.0, 1),
        "bytes": response.content_length,
        "client": request.remote_addr,
    }
    if _access.isEnabledFor(logging.DEBUG):
        fields["query"] = request.query_string[:_MAX_LOGGED].decode("ascii", "replace")
    return fields
