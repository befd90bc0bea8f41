"""Logs as one JSON object a line on standard error, for people with `grep` and for programs that collect them.

What readers search for is their own business: queries stand in the log only at the level "debug".
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any, Final

from flask import Flask, Response, g, request

_access = logging.getLogger("backfile.access")
_FIELDS: Final = "backfile_fields"
_MAX_LOGGED: Final = 500


class JsonLines(logging.Formatter):
    """A record as one JSON object: `time` (RFC 3339, UTC), `level`, `logger`, `message`, the fields, `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        line |= getattr(record, _FIELDS, {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configuration(level: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, for the server and its workers."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "lines"}},
        "loggers": {
            "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "granian.access": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "backfile": {"handlers": ["stderr"], "level": level.upper(), "propagate": False},
        },
    }


def install(app: Flask) -> None:
    """Logs every request when it is answered."""

    @app.before_request
    def _begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def _log(response: Response) -> Response:
        if _access.isEnabledFor(logging.INFO):
            _access.info("request", extra={_FIELDS: _fields(response)})
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
