"""Keeps what readers typed out of logs: in messages by leaving out their words, in traces by leaving out all messages.

A message that we wrote is needed to know what is wrong, and seldom repeats what was asked. What an exception of some
library says may be made of it in any form, so of that only the kind and the place are logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextvars import ContextVar
from traceback import format_tb
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

LEFT_OUT: Final = "…"
"""What stands in place of a word that a reader typed."""
_MAX_WORDS: Final = 200
_MAX_CAUSES: Final = 10
_ENDING: Final = 3
"""Letters at the end of a word that an error may show otherwise: it may have its stem."""
_STEM: Final = 3
_KEYS: Final = frozenset({"api-key", "api_key", "apikey"})

_typed: ContextVar[str | None] = ContextVar("backfile_typed", default=None)


def withhold(query_string: str, *, has_body: bool) -> None:
    """From now on, what the current thread logs may hold what a reader typed: in that query string, or in a body."""
    _typed.set(query_string if query_string or has_body else None)


def is_withheld() -> bool:
    """Whether the current thread answers something that a reader typed."""
    return _typed.get() is not None


def without_words(text: str) -> str:
    """The text without the words that the reader typed, in whatever case and with whatever ending."""
    words = sorted({word.lower() for word in _words()}, key=len, reverse=True)[:_MAX_WORDS]
    if not words:
        return text
    beginnings = "|".join(re.escape(word[: max(_STEM, len(word) - _ENDING)]) for word in words)
    return re.sub(rf"(?<!\w)(?:{beginnings})\w*", LEFT_OUT, text, flags=re.IGNORECASE)


def _words() -> Iterator[str]:
    for _, value in parse_qsl(_typed.get() or ""):
        yield from re.findall(r"\w+", value)


def without_keys(query_string: str) -> str:
    """The query string without the keys that clients of other services send: they are secret wherever they are sent."""
    return "&".join(map(_without_key, query_string.split("&")))


def _without_key(pair: str) -> str:
    name = pair.partition("=")[0]
    return f"{name}={LEFT_OUT}" if unquote_plus(name).lower() in _KEYS else pair


def outline(error: BaseException) -> str:
    """The kinds of an exception and of its causes, and where each arose; the last first, without what they say."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < _MAX_CAUSES:
        kind = type(cause)
        parts.append("".join(format_tb(cause.__traceback__)) + f"{kind.__module__}.{kind.__qualname__}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\ncaused by\n".join(parts)
