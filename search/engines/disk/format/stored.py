"""How an article is stored in a segment: in one deflated stream, first what a list of hits shows, the markup last.

    0   4   size of the head: a JSON object of all but the body and the markup (u4, little-endian)
    4   4   size of the body
    8       deflated, without a header: the head, the body, the markup, in UTF-8

These are what `Document.canonical` gives, with the source added, so that an article is encoded once for both its hash
and its storage. A reader that needs no markup, or not even the body, inflates only what comes before.
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.decoder import JSONDecoder
from struct import Struct
from typing import Any, Final

from search.document import Canonical, Document, Head, Heading, moment_of
from search.engines.disk.format.layout import from_bytes, to_bytes

try:  # the same streams, several times as fast; there is no build of it for rare processors
    from isal import isal_zlib as deflate

    _LEVEL = 0  # half the time of level 3, which would save a seventh of the space
except ImportError:
    import zlib as deflate  # type: ignore[no-redef]

    _LEVEL = 2  # half the time of the usual level 6, which would save a fourteenth

_SIZES: Final = Struct("<II")

_decode: Final = JSONDecoder().raw_decode

_MARGIN: Final = 256
"""More bytes than the tables at the start of a stream take, and the bits that a decoder reads ahead."""

_RAW: Final = -15
"""Without zlib's header and checksum; the file has its own."""


def deflate_article(canonical: Canonical, source: str) -> bytes:
    """The article as it is stored, from what `Document.canonical` gave."""
    head = b'%b,"source":%b}' % (canonical.head[:-1], _encoded_source(source))
    content = b"".join((head, canonical.body, canonical.html))
    return _SIZES.pack(len(head), len(canonical.body)) + deflate.compress(content, _LEVEL, _RAW)


@lru_cache(maxsize=64)
def _encoded_source(source: str) -> bytes:
    """A source as JSON; an archive has few."""
    return to_bytes(json.dumps(source, ensure_ascii=False))


def decode_article(raw: bytes) -> Document:
    """The inverse of `deflate_article`. Raises ValueError, TypeError or KeyError if it is something else."""
    head_size, body_end = _ends(raw)
    inflated = _inflated(raw, None)
    content = _head_fields(inflated[:head_size])
    return Document(**content, body=from_bytes(inflated[head_size:body_end]), html=from_bytes(inflated[body_end:]))


def decode_head(raw: bytes) -> Head:
    """The article without its text; raises as `decode_article` does."""
    return Head(**_head_fields(_inflated(raw, _ends(raw)[0])))


def decode_text(raw: bytes) -> tuple[Head, str]:
    """The head and the body, without the markup; raises as `decode_article` does."""
    head_size, body_end = _ends(raw)
    inflated = _inflated(raw, body_end)
    return Head(**_head_fields(inflated[:head_size])), from_bytes(inflated[head_size:])


def _ends(raw: bytes) -> tuple[int, int]:
    """Where in the inflated content the head ends, and where the body."""
    if len(raw) < _SIZES.size:
        raise ValueError("it is too short")
    head_size, body_size = _SIZES.unpack_from(raw)
    return head_size, head_size + body_size


def _head_fields(raw: bytes) -> dict[str, Any]:
    content: dict[str, Any]
    text = from_bytes(raw)
    content, end = _decode(text)
    if end != len(text):
        raise ValueError("there is something behind its head")
    content["headings"] = tuple([Heading(*heading) for heading in content["headings"]])
    content["sections"] = tuple(content["sections"])
    content["authors"] = tuple(content["authors"])
    content["tags"] = tuple(content["tags"])
    content["published"] = moment_of(content["published"])
    content["modified"] = moment_of(content["modified"])
    content["first_published"] = moment_of(content.get("first_published"))
    return content


def _inflated(raw: bytes, size: int | None) -> bytes:
    """The first `size` bytes of the content, or all of it. Raises ValueError."""
    deflated = memoryview(raw)[_SIZES.size :]
    try:
        if size is None:
            return deflate.decompress(deflated, _RAW)
        inflated = _first_bytes(deflated, size)
    except (deflate.error, EOFError) as error:  # type: ignore[misc]  # isal's stub names it an instance
        raise ValueError(f"it cannot be inflated: {error}") from error
    if len(inflated) < size:
        raise ValueError(f"it ends after {len(inflated)} bytes of {size}")
    return inflated


def _first_bytes(deflated: memoryview, size: int) -> bytes:
    """Up to `size` bytes of the content. The decoder is given little of the stream at a time: whatever it is given, it
    decodes, and a head is a small part of an article."""
    decoder = deflate.decompressobj(_RAW)
    end = _MARGIN + size // 2
    inflated = decoder.decompress(deflated[:end], size) if size else b""
    while len(inflated) < size and end < len(deflated):
        start, end = end, end + _MARGIN + size // 4
        more = decoder.unconsumed_tail + deflated[start:end]
        inflated += decoder.decompress(more, size - len(inflated))
    return inflated
