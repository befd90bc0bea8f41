"""Why there is no usable answer from an address."""

from __future__ import annotations

from search.errors import SourceError


class FetchError(SourceError):
    """No usable answer came from an address; `origin` is the address that was asked for.

    `status` is that of the answer, 0 if none came. `retry_after` is for how many seconds the server wants to be
    left alone, if it said so. `body` is what came with the status, cut. `is_lasting`: the next address of the same host
    will most likely fail in the same way, so that asking for it is no use for now.
    """

    def __init__(
        self,
        origin: str,
        reason: str,
        *,
        status: int = 0,
        retry_after: float | None = None,
        body: bytes = b"",
        is_lasting: bool = False,
    ) -> None:
        super().__init__(origin, reason)
        self.status = status
        self.retry_after = retry_after
        self.body = body
        self.is_lasting = is_lasting


class Disallowed(FetchError):
    """The site's robots.txt does not want this address to be fetched."""
