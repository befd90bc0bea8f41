"""The body of an HTTP response as it was sent over the wire, taken out of its transfer and content codings.

RFC 9112 for chunks, RFC 9110 for codings. Both are often stated wrongly by archives, which may have undone them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

try:
    import brotli
except ImportError:
    brotli = None

MAX_CODINGS: Final = 3
MAX_RATIO: Final = 250
MAX_FREE: Final = 2**20
"""A body may not become more than MAX_RATIO times its size, unless it is smaller than this many bytes."""

_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")
_LENGTH: Final = re.compile(r"\s*([0-9]{1,18})\s*")
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)


class BadPayload(Exception):
    """The body cannot be decoded; the message says why."""


def decoded(data: bytes, headers: dict[str, str], limit: int) -> bytes:
    """The body with its codings undone, at most `limit` bytes; names of `headers` are in lower case.

    Raises BadPayload if a coding is unknown, the data is damaged, or it would become too long.
    """
    if headers.get("transfer-encoding", "").lower().strip().endswith("chunked"):
        data = b"".join(_chunks(data))
    elif length := _LENGTH.fullmatch(headers.get("content-length", "")):
        data = data[: int(length[1])]
    codings = [name for part in headers.get("content-encoding", "").split(",") if (name := part.strip().lower())]
    if len(codings) > MAX_CODINGS:
        raise BadPayload(f"has more than {MAX_CODINGS} content codings")
    for name in reversed(codings):
        data = _undone(name, data, limit)
    return data


def charset(headers: dict[str, str]) -> str:
    """The encoding that the headers state, or ""."""
    found = _CHARSET.search(headers.get("content-type", "")[:1000])
    return found[1].lower() if found else ""


def _chunks(data: bytes) -> Iterator[bytes]:
    """The chunks; what does not begin like one is taken as it is, since archives often join them already."""
    position = 0
    while match := _CHUNK.match(data, position):
        size = int(match[1], 16)
        if not size:
            return
        yield data[match.end() : match.end() + size]
        position = match.end() + size
        position += len(data[position : position + 2]) - len(data[position : position + 2].lstrip(b"\r\n"))
    yield data[position:]


def _undone(name: str, data: bytes, limit: int) -> bytes:
    if name in ("identity", "none", "utf-8"):
        return data
    if name in ("gzip", "x-gzip"):
        return _inflated(data, limit, 16 + zlib.MAX_WBITS) if data[:2] == b"\x1f\x8b" else data
    if name == "deflate":
        is_zlib = len(data) > 1 and data[0] & 15 == 8 and not int.from_bytes(data[:2], "big") % 31
        return _inflated(data, limit, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
    if name == "br" and brotli:
        return _unbrotlied(data, limit)
    raise BadPayload(f"is packed with {name[:20]!r}, which cannot be unpacked" + _HINT.get(name, ""))


_HINT: Final = {"br": "; pip install brotli"}


def _inflated(data: bytes, limit: int, wbits: int) -> bytes:
    inflate = zlib.decompressobj(wbits)
    most = _most(data, limit)
    try:
        found = inflate.decompress(data, most + 1)
    except zlib.error as error:
        raise BadPayload(f"its packed content is damaged ({error})") from error
    return _within(found, most)


def _unbrotlied(data: bytes, limit: int) -> bytes:
    most = _most(data, limit)
    step: Callable[..., bytes] = brotli.Decompressor().process
    parts: list[bytes] = []
    total = 0
    try:
        part = step(data, output_buffer_limit=2**16)
        while part and total <= most:
            parts.append(part)
            total += len(part)
            part = step(b"", output_buffer_limit=2**16)
    except brotli.error as error:
        raise BadPayload(f"its packed content is damaged ({error})") from error
    return _within(b"".join(parts), most)


def _most(data: bytes, limit: int) -> int:
    return min(limit, max(MAX_FREE, MAX_RATIO * len(data)))


def _within(found: Any, most: int) -> bytes:
    if len(found) > most:
        raise BadPayload(f"its content becomes more than {most // 2**20} MiB when it is unpacked, too long for a page")
    return bytes(found)
