"""The server whose index is followed, as seen from here: what it sends is measured before it is believed."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from index.fetching.address import Address, read_address
from index.fetching.connection import Broken, Deadline, Head, TimeUp
from index.fetching.decoding import Unusable
from index.fetching.errors import FetchError
from index.fetching.fetcher import USER_AGENT
from index.fetching.hosts import Resolver, is_public, look_up
from index.fetching.pace import MAX_RETRY_AFTER, retry_after
from index.fetching.sites import Fetched, Sites
from search.engines.replicas import MissingFile
from search.ledger.removals import Kind

MAX_COMMIT_BYTES: Final = 32 * 2**20
MAX_PAGE_BYTES: Final = 8 * 2**20
ANSWER_SECONDS: Final = 60.0
FILE_SECONDS: Final = 600.0
"""How long one request for a file may take; what came is kept, and the next request asks for the rest."""
PER_PAGE: Final = 100
MAX_TAG: Final = 200
_KEY: Final = "make one there with `backfile keys add NAME --scope replicate`"
_REFUSED: Final[Mapping[int, str]] = {
    401: f"it does not accept the key; {_KEY}",
    403: f"the key may not copy the index; {_KEY}",
    404: "it serves no index on disk, or is no Backfile that can be followed",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says of its newest commit: its description, and the version of what was taken down there. `tag`
    stands for both."""

    tag: str
    removals: int
    description: bytes


@dataclass(frozen=True, slots=True)
class RemovalThere:
    """An article that was taken down there, or let in again (`undone_at`). Times are aware."""

    id: str
    address: str | None
    reason: str
    kind: Kind
    at: datetime
    undone_at: datetime | None
    changed_at: datetime


class FileGone(Exception):
    """The server has that file no more: its commits have moved on."""


class Source:
    """A server at `url`, asked with a `key`. `url` is where its site begins; a host in one's own network may be asked,
    without TLS too. `resolve` and `context` are as those of a `Fetcher`.

    All methods raise FetchError.
    """

    def __init__(
        self, url: str, key: str, *, resolve: Resolver = look_up, context: ssl.SSLContext | None = None
    ) -> None:
        self._start = read_address(url)
        self.url = self._start.url.rstrip("/")
        self._key = key
        self._resolve = resolve
        self._sites = Sites(USER_AGENT, {self._start.host}, self._checked_resolve, context)

    def close(self) -> None:
        """Closes the connection."""
        self._sites.close()

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._sites.requests

    def commit(self, known: str = "") -> Told | None:
        """The newest commit, None if it is the one with the tag `known`."""
        fetched = self._fetched("/replica/v1/commit", MAX_COMMIT_BYTES, {"if-none-match": known} if known else {})
        if fetched.status == 304 and known:
            return None
        with _understood(self.url):
            content = _object(fetched)
            manifest = json.dumps(content["manifest"]).encode()
            return Told(fetched.headers.get("etag", "")[:MAX_TAG], int(content["removals"]), manifest)

    def removals(self, since: datetime | None) -> Iterator[RemovalThere]:
        """What has changed of what was taken down since then, in the order of the changes; the last one known is given
        once more."""
        while True:
            asked = f"&since={quote(since.isoformat())}" if since else ""
            fetched = self._fetched(f"/api/v1/removed?per_page={PER_PAGE}{asked}", MAX_PAGE_BYTES, {})
            with _understood(self.url):
                page = [_removal(row) for row in _object(fetched)["removed"]]
                _require_order(since, page)
            yield from page
            if len(page) < PER_PAGE:
                return
            since = page[-1].changed_at

    def fetch(self, file: MissingFile) -> int:
        """Adds to a file what is missing of it, as far as it comes, and says how many bytes came. Raises FileGone."""
        here = file.bytes_there()
        with file.path.open("ab") as stream:
            address = self._address(f"/replica/v1/files/{file.name}")
            wanted = {"accept-encoding": "identity"} | ({"range": f"bytes={here}-"} if here else {})
            try:
                with self._sites.opened(address, self._headers(wanted), _deadline(FILE_SECONDS)) as (head, pieces):
                    self._require_part(address, head, here)
                    if head.status == 200:
                        stream.truncate(0)
                        here = 0
                    _append(stream, pieces, file.size - here, address)
            except (Broken, TimeUp):
                pass  # what came is kept
            stream.flush()
        return file.bytes_there() - here

    def _require_part(self, address: Address, head: Head, here: int) -> None:
        if head.status == 404:
            raise FileGone(address.url)
        if head.status == 206 and not head.headers.get("content-range", "").startswith(f"bytes {here}-"):
            raise FetchError(address.url, "the server sent another part than it was asked for")
        if head.status not in (200, 206):
            raise self._refusal(Fetched(address.url, head.status, head.headers, b"", False))

    def _fetched(self, path: str, most: int, headers: Mapping[str, str]) -> Fetched:
        address = self._address(path)
        try:
            fetched = self._sites.ask(address, self._headers(headers), most, _deadline(ANSWER_SECONDS))
        except Broken as error:
            raise FetchError(self.url, f"no answer: {error}") from error
        except TimeUp as error:
            raise FetchError(self.url, f"no whole answer within {ANSWER_SECONDS:.0f} s") from error
        except Unusable as error:
            raise FetchError(self.url, f"the answer cannot be used: {error}") from error
        if fetched.status not in (200, 304):
            raise self._refusal(fetched)
        return fetched

    def _refusal(self, fetched: Fetched) -> FetchError:
        said = _REFUSED.get(fetched.status, f"the server answered {fetched.status}")
        wait = retry_after(fetched.headers)
        return FetchError(
            self.url,
            said,
            status=fetched.status,
            retry_after=None if wait is None else min(wait, MAX_RETRY_AFTER),
            is_lasting=fetched.status in _REFUSED,
        )

    def _address(self, path: str) -> Address:
        return read_address(self.url + path)

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"authorization": f"Bearer {self._key}", **headers}

    def _checked_resolve(self, host: str, port: int) -> Sequence[str]:
        found = self._resolve(host, port)
        if self._start.scheme == "http" and any(map(is_public, found)):
            raise FetchError(self.url, "anybody on the way could read the key; write https://", is_lasting=True)
        return found


class _understood:  # noqa: N801 - reads as a part of a sentence
    """Maps what goes wrong with an answer of another shape to FetchError, for the block."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        odd = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
        if isinstance(error, odd):
            raise FetchError(self._url, f"the answer cannot be understood ({error})"[:300]) from error


def _deadline(seconds: float) -> Deadline:
    return Deadline(time.monotonic, seconds)


def _append(stream: BinaryIO, pieces: Iterator[bytes], most: int, address: Address) -> None:
    for piece in pieces:
        most -= len(piece)
        if most < 0:
            stream.truncate(0)
            raise FetchError(address.url, "the file is longer than it was said to be")
        stream.write(piece)


def _object(fetched: Fetched) -> dict[str, Any]:
    content = json.loads(fetched.body)
    if not isinstance(content, dict):
        raise TypeError("it is no JSON object")
    return content


def _removal(row: dict[str, Any]) -> RemovalThere:
    kind: Kind = "killed" if row["kind"] == "killed" else "takedown"
    address = None if row["url"] is None else str(row["url"])
    undone = None if row["undone_at"] is None else _moment(row["undone_at"])
    at, changed = _moment(row["removed_at"]), _moment(row["changed_at"])
    return RemovalThere(str(row["id"]), address, str(row["reason"]), kind, at, undone, changed)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _require_order(since: datetime | None, page: Sequence[RemovalThere]) -> None:
    """Raises ValueError for a list that would never end: each page has to lead on."""
    moments = [*([since] if since else []), *(each.changed_at for each in page)]
    if since and page and page[0].changed_at == since:
        moments = moments[1:]
    if any(later <= earlier for earlier, later in pairwise(moments)) or len(page) > PER_PAGE:
        raise ValueError("what was taken down is not in order")
