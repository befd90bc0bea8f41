"""What the source for web archives promises: the newest capture of each page, whatever else the file holds."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import brotli
import pytest
from archives import stamps_of
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article, Record, Skipped, read_record
from index.indexer import Indexer
from index.report import Report
from index.sources import find_sources, members, warc_records
from index.sources.http_payload import BadPayload, decoded
from index.sources.members import Damaged, open_members
from index.sources.reading import Reading
from index.sources.warc import WebArchive
from search.engines import open_engine
from search.errors import SourceError

PAGE = "<html><head><title>{0}</title></head><body><article><h1>{0}</h1>{1}</article></body></html>"
PROSE = "<p>The ferry left the harbour at dawn with the post and forty passengers, as it has for a century.</p>" * 4
URL = "https://lantern.example/ferry"


def page(title: str) -> bytes:
    return PAGE.format(title, PROSE).encode()


def record(
    url: str = URL, body: bytes | None = None, *, status: str = "HTTP/1.1 200 OK", date: str = "2024-01-01T00:00:00Z",
    type: str = "text/html", kind: str = "response", headers: Sequence[tuple[str, str]] = (), **warc: str,
) -> bytes:  # fmt: skip
    """One record; `warc` are further headers of its own, `headers` those of the HTTP response."""
    http = [("Content-Type", type), *headers] if type else headers
    head = "\r\n".join([status, *(f"{name}: {value}" for name, value in http), "", ""])
    block = head.encode() + (page("Ferry to run") if body is None else body)
    own = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": date, "Content-Length": str(len(block))}
    own |= {name.replace("_", "-"): value for name, value in warc.items()}
    lines = ["WARC/1.1", *(f"{name}: {value}" for name, value in own.items()), "", ""]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def packed(*records: bytes) -> bytes:
    return b"".join(map(gzip.compress, records))


def arc(url: str, date: str, body: bytes, length: str = "") -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    return f"{url} 192.0.2.1 {date} text/html {length or len(block)}\n".encode() + block + b"\n"


def read(data: bytes, folder: Path, name: str = "crawl.warc") -> list[Article | SourceError]:
    (folder / name).write_bytes(data)
    found: list[Article | SourceError] = []
    for item in WebArchive(str(folder / name), Reading(ZoneInfo("UTC"))).records():
        try:
            read_one = item if isinstance(item, SourceError) else read_record(item)
        except SourceError as error:
            read_one = error
        assert isinstance(read_one, Article | SourceError)
        found.append(read_one)
    return found


def titles(found: Iterable[object]) -> list[str]:
    return [item.title for item in found if isinstance(item, Article)]


def left_out(found: Sequence[object]) -> str:
    (line,) = (item for item in found if isinstance(item, Skipped))
    assert line is found[-1]
    assert line.files == 0
    return line.reason


def failures(found: Iterable[object]) -> list[str]:
    return [item.reason for item in found if isinstance(item, SourceError) and not isinstance(item, Skipped)]


# --- what is read


@pytest.mark.parametrize("pack", [b"".join, lambda parts: packed(*parts), lambda parts: gzip.compress(b"".join(parts))])
def test_a_page_is_read_with_the_address_of_its_capture(pack: object, tmp_path: Path) -> None:
    parts = [record(), record("https://lantern.example/harbour", page("Harbour to close"), WARC_Truncated="length")]
    ferry, harbour = read(pack(parts), tmp_path)  # type: ignore[operator]
    assert isinstance(ferry, Article)
    assert (ferry.title, ferry.url, ferry.place, ferry.published) == ("Ferry to run", URL, URL, None)
    assert ferry.origin == f"{tmp_path}/crawl.warc ({URL})"
    assert "left the harbour at dawn" in ferry.body
    assert isinstance(harbour, Article)
    assert harbour.warnings == ("the crawler cut the page off (length)",)


def test_the_address_that_a_page_states_comes_first(tmp_path: Path) -> None:
    body = page("Ferry to run").replace(b"</head>", b"<link rel=canonical href=https://lantern.example/a></head>")
    (found,) = read(record(body=body), tmp_path)
    assert isinstance(found, Article)
    assert (found.url, found.place) == ("https://lantern.example/a", URL)


def test_the_newest_capture_of_an_address_is_read_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    found = read(
        b"".join((
            record(body=page("Second"), date="2024-02-01T00:00:00Z"),
            record(body=page("Third"), date="2024-03-01T00:00:00.5Z"),
            record(body=page("First"), date="2024-01-01T00:00:00Z"),
            record(body=b"", status="HTTP/1.1 301 Moved", date="2024-04-01T00:00:00Z", headers=[("Location", "/new")]),
            record(body=b"gone", status="HTTP/1.1 410 Gone", date="2024-05-01T00:00:00Z"),
            record("https://lantern.example/x", status="HTTP/1.1 404 Not Found"),
            *(record(f"https://lantern.example/{n}.png", b"\x89PNG", type="image/png") for n in range(3)),
            record("https://lantern.example/a.json", b"{}", type="application/json"),
            record("dns:lantern.example", b"192.0.2.1", kind="resource", type="text/dns"),
            record(kind="request", status="GET / HTTP/1.1", body=b""),
            record().replace(b"WARC-Target-URI: ", b"X-No-Target-URI: "),
        )),
        tmp_path,
    )  # fmt: skip
    assert titles(found) == ["Third"]
    assert failures(found) == []
    assert left_out(found) == (
        "left out 3 images, 2 older captures of pages, 1 redirect, 1 response with status 410, 1 response with status "
        "404, 1 file of type 'application/json', 1 record that is no response from the web, 1 record about the crawl, "
        "1 record without a target address"
    )


def test_a_revisit_says_that_a_page_is_as_it_was_captured(tmp_path: Path) -> None:
    first, second = page("As it was"), page("Changed for a while")
    again = record(body=b"", kind="revisit", date="2024-03-01T00:00:00Z", WARC_Payload_Digest="sha1:ONE")
    captured = [
        record(body=first, date="2024-01-01T00:00:00Z", WARC_Payload_Digest="sha1:ONE"),
        record(body=second, date="2024-02-01T00:00:00Z", WARC_Payload_Digest="sha1:TWO"),
    ]
    found = read(b"".join([*captured, again]), tmp_path)
    assert titles(found) == ["As it was"]
    assert isinstance(found[0], Article)
    assert found[0].version == ("capture", 20240301000000000)
    assert left_out(found) == "left out 1 older capture of a page, 1 revisit of something unchanged"
    assert titles(read(again, tmp_path)) == []


def test_a_page_without_a_media_type_is_recognised_by_its_content(tmp_path: Path) -> None:
    found = read(record(type="") + record("https://lantern.example/x", b"plain", type=""), tmp_path)
    assert titles(found) == ["Ferry to run"]
    assert left_out(found) == "left out 1 record without a media type"


def test_a_page_saved_as_a_resource_is_a_page(tmp_path: Path) -> None:
    body = page("Saved")
    data = (
        f"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: <{URL} x>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body + b"\r\n\r\n"  # fmt: skip
    (found,) = read(data, tmp_path)
    assert isinstance(found, Article)
    assert (found.title, found.url) == ("Saved", f"{URL}%20x")


def test_an_arc_file_is_read_as_a_warc_file_is(tmp_path: Path) -> None:
    start = b"filedesc://made.arc 192.0.2.1 20240101000000 text/plain 73\n1 0 Made\n"
    start += b"URL IP-address Archive-date Content-type Archive-length\n\n"
    data = start + arc(URL, "20240101000000", page("Older")) + arc(URL, "20240102000000", page("Newer"))
    for name, content in (("a.arc", data), ("a.arc.gz", gzip.compress(data)), ("nameless", data)):
        (tmp_path / name).write_bytes(content)
        (source,) = find_sources(tmp_path / name)
        assert isinstance(source, WebArchive)
        assert titles(read(content, tmp_path, name)) == ["Newer"]


def test_the_newest_capture_of_several_files_stays_in_either_order(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(record(body=page("Newer"), date="2024-02-01T00:00:00Z"))
    (tmp_path / "b.warc").write_bytes(record(body=page("Older"), date="2024-01-01T00:00:00Z"))
    for names in itertools.permutations(("a.warc", "b.warc")):
        engine = open_engine("memory:")
        report: Report = Indexer(engine).run(find_sources([tmp_path / name for name in names]))
        with engine.searcher() as searcher:
            (name,) = stamps_of(searcher)
            document = searcher.document(name)
        assert document is not None
        assert document.title == "Newer"
        assert (report.added, report.failed) == (1, 0)
        late = names[0] == "a.warc"
        told = ["superseded by a later version: 1"] if late else []
        assert [remark.text for remark in report.warnings if "superseded" in remark.text] == told


def test_an_older_archive_that_comes_later_does_not_bring_its_captures_back(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    newer, older = tmp_path / "b.warc", tmp_path / "a.warc"
    newer.write_bytes(record(body=page("Newer"), date="2024-02-01T00:00:00Z"))
    Indexer(engine).run(find_sources(tmp_path))
    older.write_bytes(record(body=page("Older"), date="2024-01-01T00:00:00Z"))

    def shown() -> str:
        Indexer(engine).run(find_sources(tmp_path), roots=[str(tmp_path)], prune=True)
        with engine.searcher() as searcher:
            (name,) = stamps_of(searcher)
            document = searcher.document(name)
        assert document is not None
        return document.title

    assert shown() == "Newer"
    newer.unlink()
    older.write_bytes(record(body=page("Older"), date="2024-01-01T00:00:00Z") + b"\r\n")
    assert shown() == "Older"


# --- payloads


def chunked(data: bytes, size: int = 100) -> bytes:
    parts = (data[start : start + size] for start in range(0, len(data), size))
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]), ("identity", bytes), ("gzip", bytes),
    ],
)  # fmt: skip
def test_the_codings_of_the_response_are_undone(coding: str, pack: object, tmp_path: Path) -> None:
    body = pack(page("Packed"))  # type: ignore[operator]
    headers = [("Content-Encoding", coding), ("Transfer-Encoding", "chunked")]
    assert titles(read(record(body=chunked(body), headers=headers), tmp_path)) == ["Packed"]
    assert titles(read(record(body=body, headers=headers[:1]), tmp_path)) == ["Packed"]
    assert titles(read(record(body=body, headers=headers), tmp_path)) == ["Packed"]  # the archive has joined the chunks


def test_a_bomb_in_a_response_costs_only_its_page(tmp_path: Path) -> None:
    bombs = {
        "gzip": gzip.compress(bytes(2**25)),
        "br": brotli.compress(bytes(2**25)),
        "deflate": zlib.compress(bytes(2**25)),
    }
    parts = [record(f"{URL}/{name}", body, headers=[("Content-Encoding", name)]) for name, body in bombs.items()]
    twice = gzip.compress(gzip.compress(bytes(2**25)))
    parts.append(record(f"{URL}/2", twice, headers=[("Content-Encoding", "gzip, gzip")]))
    found = read(b"".join([*parts, record()]), tmp_path)
    assert titles(found) == ["Ferry to run"]
    assert [("too long for a page" in reason) for reason in failures(found)] == [True] * 4


def test_codings_that_cannot_be_undone_say_so() -> None:
    for headers, data, reason in (
        ({"content-encoding": "compress"}, b"x", "is packed with 'compress', which cannot be unpacked"),
        ({"content-encoding": "gzip, gzip, gzip, gzip"}, b"x", "more than 3 content codings"),
        ({"content-encoding": "gzip"}, b"\x1f\x8b\x09 damaged", "its packed content is damaged"),
        ({"content-encoding": "br"}, b"damaged, I say", "its packed content is damaged"),
    ):
        with pytest.raises(BadPayload, match=reason):
            decoded(data, headers, 1000)
    assert decoded(b"hello, and more", {"content-length": "5"}, 1000) == b"hello"


@pytest.mark.parametrize(
    ("stated", "encoding"),
    [("windows-1251", "cp1251"), ("UTF-16LE", "utf-16-le"), ("iso-2022-jp", "iso-2022-jp"), ("punycode", "utf-8")],
)
def test_the_encoding_that_the_server_states_is_used(stated: str, encoding: str, tmp_path: Path) -> None:
    title = "渡し船" if encoding == "iso-2022-jp" else "Паром"
    (found,) = read(
        record(body=PAGE.format(title, PROSE).encode(encoding), type=f'text/html; charset="{stated}"'), tmp_path
    )
    assert titles([found]) == [title]


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "br", "deflate", "x"]), st.sampled_from(["", "chunked"]))
def test_no_payload_does_more_than_fail(data: bytes, coding: str, transfer: str) -> None:
    with contextlib.suppress(BadPayload):
        assert len(decoded(data, {"content-encoding": coding, "transfer-encoding": transfer}, 10_000)) <= 10_000


# --- damage

AFTER = record("https://lantern.example/after", page("After"))


@pytest.mark.parametrize("pack", [lambda *parts: b"".join(parts), packed])
@pytest.mark.parametrize("by", [-40, -2, 30, 10**9, 10**18])
def test_a_wrong_length_costs_neither_the_record_nor_the_next(by: int, pack: object, tmp_path: Path) -> None:
    good = record()
    length = int(good.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    wrong = good.replace(b"Content-Length: %d" % length, b"Content-Length: %d" % (length + by))
    found = read(pack(wrong, AFTER), tmp_path)  # type: ignore[operator]
    assert titles(found) == ["Ferry to run", "After"]
    assert isinstance(found[0], Article)
    assert found[0].warnings == (warc_records.WRONG_LENGTH,)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (record().replace(b"Content-Length", b"Content-Breadth"), "states no length"),
        (record().replace(b"WARC/1.", b"WARC/9."), "its headers cannot be read"),
        (b"x" + record(), "what stands here does not begin like a record; it was passed over"),
        (b"WARC/1.0\r\n" + b"X-Long: x\r\n" * 50_000, "its headers are longer than 262,144 bytes"),
        (record(body=b"<html>" + b"x" * (33 * 2**20)), "its content is larger than 32 MiB; a page is never that long"),
    ],
)
def test_a_broken_record_is_reported_and_reading_goes_on(broken: bytes, reason: str, tmp_path: Path) -> None:
    found = read(record("https://lantern.example/before", page("Before")) + broken + AFTER, tmp_path)
    assert titles(found) == ["Before", "After"]
    assert failures(found) == [reason]
    assert str(next(item for item in found if isinstance(item, SourceError))).startswith(
        f"{tmp_path}/crawl.warc (record 2)"
    )


def test_a_damaged_member_costs_only_its_records(tmp_path: Path) -> None:
    whole = [gzip.compress(record(f"{URL}/{n}", page(f"Page {n}"))) for n in range(5)]
    for place in (0, 2, 4):
        for at in (12, len(whole[place]) // 2, len(whole[place]) - 6):
            hit = bytearray(whole[place])
            hit[at] ^= 0x5A
            found = read(b"".join([*whole[:place], bytes(hit), *whole[place + 1 :]]), tmp_path, "x.warc.gz")
            others = [f"Page {n}" for n in range(5) if n != place]
            assert [title for title in titles(found) if title in others] == others
            assert len(failures(found)) == 1


def test_a_damaged_head_does_not_swallow_the_members_behind_it(tmp_path: Path) -> None:
    behind = [gzip.compress(record(f"{URL}/{n}", page(f"Page {n}"))) for n in range(2)]
    assert titles(read(b"\x1f\x8b\x08" + b"".join(behind), tmp_path)) == ["Page 0", "Page 1"]


def test_a_cut_file_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    first, second = record(f"{URL}/1", page("Page 1")), record(f"{URL}/2", page("Page 2"))
    found = read((gzip.compress(first) + gzip.compress(second))[:-30], tmp_path)
    assert titles(found) == ["Page 1"]
    assert failures(found) == ["the gzip data is cut off"]
    found = read((first + second)[:-40], tmp_path)
    assert titles(found) == ["Page 1", "Page 2"]
    assert isinstance(found[1], Article)
    assert found[1].warnings == (warc_records.CUT_OFF,)


def test_a_member_that_expands_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_FREE", 2**20)
    padding = gzip.compress(bytes(range(256)) * 400, 0)
    found = read(packed(record()) + gzip.compress(bytes(2**24)) + padding + packed(AFTER), tmp_path)
    assert titles(found) == ["Ferry to run", "After"]
    assert "expands to more than 250 times its size" in failures(found)
    with pytest.raises(SourceError, match="expands to more than 250 times its size; what follows is lost"):
        read(packed(record(), *[bytes(2**20 - 9)] * 20), tmp_path)


def test_a_file_full_of_damage_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than 1,000 parts of it are damaged"):
        read((gzip.compress(b"WARC/1.0\r\n", 0)[:-8] + b"wrong CRC") * 1_200, tmp_path)


@pytest.mark.parametrize("data", [b"no archive", gzip.compress(b"", mtime=0), b"\r\n" * 99])
def test_a_file_without_records_says_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no record of a web archive"):
        read(data, tmp_path)


FOUR = [record(f"{URL}/{n}", page(f"Page {n}")) for n in range(4)]


@settings(max_examples=100)
@given(st.data(), st.booleans())
def test_damage_anywhere_never_stops_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, is_packed: bool
) -> None:
    """Records behind the one that was hit are all read, and so are those before it."""
    parts = [gzip.compress(part) if is_packed else part for part in FOUR]
    place = data.draw(st.integers(0, 3))
    first = 0 if place else 2  # by the first two bytes it is told whether a file is packed
    start = data.draw(st.integers(first, len(parts[place]) - 1))
    end = data.draw(st.integers(start, len(parts[place])))
    parts[place] = parts[place][:start] + data.draw(st.binary(max_size=60)) + parts[place][end:]
    found = read(b"".join(parts), tmp_path_factory.mktemp("w"))
    expected = [f"Page {n}" for n in range(4) if n not in (place, place + 1)]
    assert [title for title in titles(found) if title in expected] == expected


@settings(max_examples=100)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"WARC/1.0\r\n", b"\x1f\x8b\x08\x00", b"filedesc://a 1 20240101000000 b 9\n"]),
)
def test_no_bytes_do_more_than_fail(tmp_path_factory: pytest.TempPathFactory, noise: bytes, begin: bytes) -> None:
    with contextlib.suppress(SourceError):
        read(begin + noise, tmp_path_factory.mktemp("w"))


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 50))
def test_members_are_read_to_their_edges(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], size: int
) -> None:
    path = tmp_path_factory.mktemp("m") / "x.gz"
    path.write_bytes(packed(*parts))
    found = [b""]
    with open_members(str(path)) as source:
        while piece := source.read(size):
            found[-1] += piece
            if source.at_edge:
                found.append(b"")
    assert [part for part in found if part] == [part for part in parts if part]


def test_damage_of_the_first_member_is_told_before_the_second_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"one")[:-8] + b"12345678" + gzip.compress(b"two"))
    with open_members(str(tmp_path / "x.gz")) as source:
        with pytest.raises(Damaged):
            source.read(9)
        assert source.read(9) == b"two"


# --- size


def held(path: Path) -> int:
    """The most that is held at once while every record is taken and let go, in bytes."""
    tracemalloc.start()
    try:
        for item in WebArchive(str(path), Reading(ZoneInfo("UTC"))).records():
            assert isinstance(item, SourceError) or isinstance(item.weight, int)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_archive_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    few, many = tmp_path / "few.warc", tmp_path / "many.warc"
    body = b"x" * 5_000
    for path, count in ((few, 1_000), (many, 10_000)):
        template = record(f"{URL}/NUMBER", body)
        path.write_bytes(b"".join(template.replace(b"NUMBER", b"%06d" % number) for number in range(count)))
    assert held(many) - held(few) < 50_000


@pytest.mark.shared
def test_every_shared_archive_is_read(shared: Path) -> None:
    found: dict[str, list[Record | SourceError]] = {}
    for source in find_sources(shared / "corpora" / "warc"):
        assert isinstance(source, WebArchive)
        found[Path(source.name).name] = list(source.records())
    assert len(found) == 15
    pages = {name: sum(not isinstance(item, SourceError) for item in items) for name, items in found.items()}
    without = {"bad.arc", "example-digest.warc", "example-space-in-target-uri.warc.gz", "post-test.warc.gz"}
    assert pages == {name: 0 if name in without else 1 for name in found}
    assert not [
        item
        for items in found.values()
        for item in items
        if isinstance(item, SourceError) and not isinstance(item, Skipped)
    ]
    assert all(
        isinstance(read_record(item), Article)
        for items in found.values()
        for item in items
        if not isinstance(item, SourceError)
    )
