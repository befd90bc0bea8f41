"""The records of a web archive in order, each as far as it can be read, whatever stands between them.

ISO 28500 for WARC, the Internet Archive's format 1 for ARC. warcio parses the headers; where a record ends is decided
here, because lengths are often wrong, and one wrong length must not cost what follows it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final

from index.sources.files import MAX_PAGE
from index.sources.members import CHUNK, Damaged, Members

MAX_LINE: Final = 65_536
MAX_HEADERS: Final = 262_144
"""Bytes of one header line, and of all headers of one record."""
MAX_BLOCK: Final = MAX_PAGE + MAX_HEADERS
"""Bytes of a record that is kept; longer ones are passed over."""
MAX_SNIFFED: Final = 512

WRONG_LENGTH: Final = "its record states a wrong length; it was read up to the next record"

CUT_OFF: Final = "its record is cut off where the file ends"
TOO_LONG: Final = f"its content is larger than {MAX_PAGE // 2**20} MiB; a page is never that long"

_END: Final = b"\r\n\r\n"
"""What stands behind each record of a WARC file, and so shows that its length is right."""

_WARC_LINE: Final = re.compile(rb"WARC/\d{1,2}\.\d{1,2}\s*$")
_ADDRESS: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_NO_DIGITS: Final = re.compile("[^0-9]+")
_DATE: Final = re.compile(rb"\d{12,20}")
_WITH_HTTP: Final = ("response", "revisit")

# warcio logs each address with a space in it, of whatever length, and repairs it.
logging.getLogger("warcio.recordloader").setLevel(logging.ERROR)


class Broken(Exception):
    """A record that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a record states: its type, the address, the moment of the capture as digits, and the HTTP response's head.

    `status` is 0 where there is no HTTP response. Names of headers in `record` and `http` are in lower case.
    """

    number: int
    kind: str
    address: str
    date: str
    status: int
    record: dict[str, str] = field(repr=False)
    http: dict[str, str] = field(repr=False)

    @property
    def media_type(self) -> str:
        """Of the content, without its parameters; "" if not stated."""
        stated = self.http.get("content-type") if self.http else self.record.get("content-type")
        return (stated or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """A record, with its payload as it was sent over the wire if it was asked for.

    `begins`: the first bytes of a payload whose media type is not stated.
    """

    head: Head
    begins: bytes = b""
    payload: bytes = b""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """The record `number` of the file cannot be read, and why."""

    number: int
    reason: str


def read_records(members: Members, wanted: Container[int] = ()) -> Iterator[ArchiveRecord | BrokenRecord]:
    """Every record of an open archive in order, with the payload of those whose numbers are `wanted`.

    Raises SourceError if the file as a whole cannot be read any further.
    """
    reader = _Reader(members, wanted)
    number = 0
    while True:
        try:
            if not reader.find():
                return
        except Damaged as error:
            # No record has begun here, so none is counted: numbers are the same in every pass.
            yield BrokenRecord(number + 1, str(error))
            continue
        number += 1
        try:
            yield reader.record(number)
        except (Damaged, Broken) as error:
            yield BrokenRecord(number, str(error))


class _Reader:
    """One pass over an archive. `_line` is the first line of the next record, if that has been found already."""

    def __init__(self, members: Members, wanted: Container[int]) -> None:
        from warcio.recordloader import ArcWarcRecordLoader  # asyncio and more with it, for an archive that is read

        self._members = members
        self._wanted = wanted
        self._loader = ArcWarcRecordLoader(verify_http=False, arc2warc=False)
        self._is_warc: bool | None = None
        self._line = b""
        self._damage: Damaged | None = None

    def find(self) -> bool:
        """Whether there is another record; passes over what stands before it. Raises Damaged."""
        damage, self._damage = self._damage, None
        if damage:
            raise damage
        if not self._line:
            self._until_record()
        return bool(self._line)

    def record(self, number: int) -> ArchiveRecord:
        """The record that was found. Raises Broken and Damaged."""
        line, self._line = self._line, b""
        parsed = self._parsed(line)
        mark = self._members.mark()
        found, is_whole = self._read(number, parsed)
        try:
            between = self._until_record()
        except Damaged as damage:
            if not is_whole:
                raise
            self._damage = damage
            return found
        if is_whole and between.startswith(_END) and between.strip():
            self._damage = Damaged("what stands here does not begin like a record; it was passed over")
        if is_whole and (between.startswith(_END) or not between.strip()):
            return found
        return self._mended(number, parsed, mark, found, between, is_whole)

    def _parsed(self, line: bytes) -> Any:
        from warcio.exceptions import ArchiveLoadFailed
        from warcio.statusandheaders import StatusAndHeadersParserException

        try:
            parsed = self._loader.parse_record_stream(_Headers(self._members), line, no_record_parse=True)
        except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError) as error:
            raise Broken("its headers cannot be read") from error
        if parsed.length is None:
            raise Broken("states no length")
        return parsed

    def _read(self, number: int, parsed: Any) -> tuple[ArchiveRecord, bool]:
        """The record as far as its stated length, and whether all of that is there."""
        head = self._head(number, parsed, parsed.raw_stream)
        left = parsed.length - parsed.raw_stream.tell()
        begins, is_whole = self._take(left if number in self._wanted else min(left, MAX_SNIFFED))
        is_whole = is_whole and self._skip(left - len(begins))
        if number not in self._wanted:
            return ArchiveRecord(head, b"" if head.media_type else begins), is_whole
        if len(begins) > MAX_PAGE:
            raise Broken(TOO_LONG)
        return ArchiveRecord(head, b"" if head.media_type else begins[:MAX_SNIFFED], begins), is_whole

    def _head(self, number: int, parsed: Any, stream: Any) -> Head:
        record = {name.lower(): value for name, value in reversed(parsed.rec_headers.headers)}
        address = (record.get("warc-target-uri") or record.get("uri") or "").strip().replace(" ", "%20")
        kind = parsed.rec_type or ""
        status, http = 0, dict[str, str]()
        if kind in _WITH_HTTP and address[:5].lower() in ("http:", "https"):
            status, http = self._http(stream)
        date = _NO_DIGITS.sub("", record.get("warc-date") or record.get("archive-date") or "")
        return Head(number, kind, address, date[:20], status, record, http)

    def _http(self, stream: Any) -> tuple[int, dict[str, str]]:
        try:
            found = self._loader.http_parser.parse(stream)
        except EOFError:
            return 0, {}
        code = found.get_statuscode()
        headers = {name.lower(): value for name, value in reversed(found.headers)}
        return int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0, headers

    def _take(self, left: int) -> tuple[bytes, bool]:
        """The next bytes, MAX_PAGE + 1 at most, and whether they end neither with the file nor with a member."""
        parts: list[bytes] = []
        left = min(left, MAX_PAGE + 1)
        while left > 0:
            part = self._members.read(min(left, CHUNK))
            parts.append(part)
            left -= len(part)
            if not part or (left and self._is_at_record()):
                return b"".join(parts), False
        return b"".join(parts), True

    def _skip(self, left: int) -> bool:
        while left > 0:
            passed = self._members.skip(min(left, CHUNK) if self._members.packed else left)
            left -= passed
            if not passed or (left and self._is_at_record()):
                return False
        return True

    def _is_at_record(self) -> bool:
        """A member begins here, and a record with it."""
        return self._members.packed and self._members.at_edge and self._is_start(self._members.peek(MAX_LINE))

    def _is_start(self, line: bytes) -> bool:
        line = line.partition(b"\n")[0]
        if line[:5] == b"WARC/" and _WARC_LINE.match(line):
            self._is_warc = self._is_warc is None or self._is_warc
            return True
        parts = line.rsplit(b" ", 4)
        return not self._is_warc and len(parts) == 5 and bool(_DATE.fullmatch(parts[2]) and _ADDRESS.match(parts[0]))

    def _until_record(self) -> bytes:
        """What stands before the next record, MAX_BLOCK bytes and a line at most; its first line becomes `_line`."""
        kept: list[bytes] = []
        size = 0
        while line := self._members.readline(MAX_LINE):
            if self._is_start(line):
                self._line = line
                break
            if size <= MAX_BLOCK:
                kept.append(line)
                size += len(line)
        return b"".join(kept)

    def _mended(
        self, number: int, parsed: Any, mark: int, found: ArchiveRecord, between: bytes, is_whole: bool
    ) -> ArchiveRecord:
        """The record up to where the next one begins, since its length is wrong."""
        if self._members.rewind(mark):
            self._line = b""
            stream = BytesIO(self._until_record())
            head = self._head(number, parsed, stream)
            found, between = replace(found, head=head, payload=b""), stream.read()
        warning = WRONG_LENGTH if self._line or is_whole else CUT_OFF
        payload = found.payload + between if number in self._wanted else b""
        if len(payload) > MAX_PAGE:
            raise Broken(TOO_LONG)
        return replace(found, payload=payload, warnings=(warning,))


class _Headers:
    """What warcio reads headers from: lines, as many as headers may have."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._left = MAX_HEADERS

    def readline(self, size: int = MAX_LINE) -> bytes:
        """See `Members.readline`. Raises Broken after MAX_HEADERS bytes."""
        line = self._members.readline(min(size, MAX_LINE))
        self._left -= len(line)
        if self._left < 0:
            raise Broken(f"its headers are longer than {MAX_HEADERS:,} bytes")
        return line
