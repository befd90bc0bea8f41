"""The trace that a request is part of, as W3C Trace Context has it, so that logs of several programs can be joined.

See https://www.w3.org/TR/trace-context/. A trace has nothing of what was asked.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

TRACEPARENT: Final = "traceparent"
"""The name of the header."""

_PARTS: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[ -~]*)?")
_MOST: Final = 512
_SAMPLED: Final = 0x01
"""The only flag of version 00."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A trace and one span of it: 32 and 16 digits in hexadecimal. `sampled`: whoever called may have recorded it.
    `parent_id`: the span of whoever called; None if that is not known."""

    trace_id: str
    span_id: str
    sampled: bool
    parent_id: str | None = None

    def written(self) -> str:
        """The value of the header."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    def child(self) -> TraceContext:
        """A span of the same trace below this one."""
        return TraceContext(self.trace_id, secrets.token_hex(8), self.sampled, self.span_id)


def read_traceparent(value: str) -> TraceContext | None:
    """What the header says; None if it is not written as the standard wants it (sections 3.2.2 and 4.3).

    A later version may have more behind the parts that are known.
    """
    found = _PARTS.fullmatch(value) if len(value) <= _MOST else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest is not None) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


_current: ContextVar[TraceContext | None] = ContextVar("backfile_trace", default=None)


def follow(trace: TraceContext | None) -> None:
    """What the current thread does from now on is part of that span; of none if it is None."""
    _current.set(trace)


def current_trace() -> TraceContext | None:
    """The span that the current thread works for."""
    return _current.get()
