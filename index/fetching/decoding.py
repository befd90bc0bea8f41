"""The body of an answer, decompressed as it comes, within limits."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

MAX_RATIO: Final = 250
"""How many times its size an answer may expand to, once it has expanded to RATIO_FROM bytes."""
RATIO_FROM: Final = 8 * 2**20

_PIECE: Final = 2**18


class Unusable(Exception):
    """The body cannot be used; says why, of the answer."""


def read_body(pieces: Iterable[bytes], encoding: str, most: int) -> bytes:
    """The body in `pieces`, whose `encoding` is that of the header. Raises Unusable.

    A body that claims to be compressed and plainly is not is taken as it is: many servers say so of files that are
    compressed on the disk.
    """
    body = bytearray()
    expand: _Expansion | None = None
    begun = False
    for piece in pieces:
        if not begun and piece:
            begun, expand = True, _expansion(encoding, piece)
        for part in expand.parts(piece) if expand else (piece,):
            body += part
            if len(body) > most:
                raise Unusable(too_large(most))
    if expand:
        body += expand.rest()
    return bytes(body)


def too_large(most: int) -> str:
    """What is wrong with a body of more than `most` bytes."""
    return f"larger than {most / 2**20:.3g} MiB; nothing that long is read"


class _Expansion:
    """Inflates the pieces of one body."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._taken = self._given = 0

    def rest(self) -> bytes:
        """What was still to come at the end, less than a piece. Raises Unusable if the body is not whole."""
        part = b"" if self._stream.eof else self._inflated(b"")
        if not self._stream.eof:
            raise Unusable("its compressed body breaks off")
        return part

    def parts(self, piece: bytes) -> Iterable[bytes]:
        """What `piece` adds. Raises Unusable."""
        self._taken += len(piece)
        while piece:
            if self._stream.eof:  # gzip may consist of several members
                if not piece.startswith(b"\x1f\x8b"):
                    return
                self._stream = zlib.decompressobj(self._window)
            yield self._inflated(piece)
            piece = self._stream.unconsumed_tail or self._stream.unused_data

    def _inflated(self, piece: bytes) -> bytes:
        try:
            part = self._stream.decompress(piece, _PIECE)
        except zlib.error as error:
            raise Unusable(f"its compressed body is damaged ({error})") from error
        self._given += len(part)
        if self._given > max(RATIO_FROM, MAX_RATIO * self._taken):
            raise Unusable(f"expands to more than {MAX_RATIO} times its size")
        return part


def _expansion(encoding: str, beginning: bytes) -> _Expansion | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Expansion(31) if beginning.startswith(b"\x1f\x8b"[: len(beginning)]) else None
        case "deflate":  # with the frame of zlib as the standard says, or without it as some servers send it
            is_framed = beginning[0] & 15 == 8 and len(beginning) > 1 and (beginning[0] * 256 + beginning[1]) % 31 == 0
            return _Expansion(15 if is_framed else -15)
        case other:
            raise Unusable(f"compressed with {other[:40]!a}, which was not asked for")
