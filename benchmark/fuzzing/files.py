"""Targets that read files: every format of sources, and the files of an index."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmark.fuzzing.mutation import Grammar
from benchmark.fuzzing.target import Target
from benchmark.memory import INPUTS
from benchmark.options import SAMPLE
from index.article import read_source
from index.fetching import Fetcher
from index.indexer import Indexer
from index.sources import find_sources
from search.archive import Archive
from search.engines import open_engine
from search.engines.protocols import Maintenance
from search.errors import BackfileError, EngineError, NotFound, SourceError
from search.request.request import SearchRequest
from search.settings import Settings

_ARTICLES: Final = 4
_WORDS: Final = {
    "JSON Lines": b'{ } [ ] " : , null true 1e999 "title" "body" "published" "tags" \\ud800 \\u0000 \n',
    "JSON array": b'{ } [ ] " : , null true 1e999 "title" "body" "published" "tags" \\ud800 \\u0000 \n',
    "CSV": b'" "" , ; \t \r\n title body published id',
    "SQLite": b"CREATE TABLE VIEW articles SELECT TEXT \x00\x00\x00\x01 WITHOUT ROWID",
    "RSS": b"<item> </item> <![CDATA[ ]]> <guid> <!ENTITY <!DOCTYPE &amp; &x; <?xml?> encoding='utf-16' xmlns:x='y'",
    "WordPress export": b"<item> </item> <![CDATA[ ]]> <wp:status> publish &x; <!ENTITY <wp:post_id> -1",
    "WARC": b"WARC/1.0\r\n Content-Length:\x20 99999999999 -1 \r\n\r\n WARC-Type:\x20 revisit HTTP/1.1 gzip chunked",
    "NITF": b"<nitf> <body> <p> </p> <du-key> <!DOCTYPE <!ENTITY &x; <hedline> <hl1> management-status=''",
    "ninjs": b'{ } [ ] " : , null "uri" "type" "pubstatus" "canceled" "body_html" "versioncreated"',
    "site map": b"<urlset> <url> <loc> </loc> http:// <lastmod> &x; <!ENTITY <sitemapindex>",
    "JSON Feed": b'{ } [ ] " : , null "items" "content_html" "id" "date_published" "authors"',
}
_BY_HAND: Final = {
    "NITF": ("a.nitf", (b"<?xml version='1.0'?><nitf><head><docdata management-status='usable'><doc-id id-string='x1'/>"
        b"<date.issue norm='20240703T093000Z'/><du-key key='k' version='2'/></docdata></head><body><body.head><hedline>"
        b"<hl1>A flood</hl1></hedline><byline>Jo Doe</byline></body.head><body.content><p>The river rose.</p>"
        b"<hl2>Why</hl2><p>It rained.</p></body.content></body></nitf>")),
    "ninjs": ("a.json", (b'{"uri": "urn:x:1", "type": "text", "pubstatus": "usable", "versioncreated": '
        b'"2024-07-03T09:30:00Z", "headline": "A flood", "body_html": "<p>The river rose.</p>", "language": "en", '
        b'"subject": [{"name": "News"}], "byline": "Jo Doe", "version": "2"}')),
    "site map": ("a.xml", (b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>"
        b"https://news.example/a</loc><lastmod>2024-07-03</lastmod></url></urlset>")),
    "JSON Feed": ("a.json", (b'{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [{"id": "1", '
        b'"url": "https://news.example/a", "title": "A flood", "content_html": "<p>It rose.</p>", "date_published": '
        b'"2024-07-03T09:30:00Z", "authors": [{"name": "Jo"}], "tags": ["river"]}]}')),
}  # fmt: skip
"""Files of the formats for which `benchmark.memory` makes none."""

FORMATS: Final = tuple(_WORDS)


def format_target(name: str) -> Callable[[Path], Target]:
    """Files of one format: an article, a reason for each that cannot be read, and nothing else."""

    def make(folder: Path) -> Target:
        called, seed = _example(name, folder)
        path = folder / called
        fetcher = Fetcher(resolve=_finds_nothing, sleep=lambda _: None)
        words = tuple(word for word in _WORDS[name].split(b" ") if word)

        def read(data: bytes) -> None:
            path.write_bytes(data)
            for source in find_sources([path], fetcher=fetcher):
                for item in read_source(source):
                    assert not isinstance(item, BackfileError) or isinstance(item, SourceError), item

        return Target(Grammar((seed,), words), read, (SourceError,))

    return make


def _finds_nothing(host: str, _: int) -> Sequence[str]:
    """Sources may ask for what they name; there is no network."""
    raise OSError(f"{host} is not looked up")


def _example(name: str, folder: Path) -> tuple[str, bytes]:
    if name in _BY_HAND:
        return _BY_HAND[name]
    called, make = INPUTS[name]
    make(folder / called, _ARTICLES)
    return called, (folder / called).read_bytes()


def index_files(folder: Path) -> Target:
    """An index of which one file is another: the error says so, or the answer is made of what is whole.

    The input is a list of edits, eight bytes each, and says nothing of what is in the files, so that it has the same
    effect on every index of the sample. Checksums are verified by `check` and not by each search, so a search of a
    damaged index may miss an article.
    """
    whole, changed = folder / "whole", folder / "changed"
    engine = open_engine(f"whoosh:{whole}")
    Indexer(engine).run(find_sources([SAMPLE]))
    files = sorted((path for path in whole.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)[1:]
    shutil.copytree(whole, changed)
    seeds = tuple(
        _EDIT.pack(kind, file, at, 7) for kind in range(_EDITS) for file in (0, 1, 9, 9) for at in (30, 1 << 31)
    )

    def read(data: bytes) -> None:
        edits = list(_EDIT.iter_unpack(data[: len(data) // _EDIT.size * _EDIT.size]))
        touched = {files[min(file, len(files) - 1)] for _, file, _, _ in edits}
        try:
            for path in touched:
                content = bytearray(path.read_bytes())
                for kind, file, at, value in edits:
                    if files[min(file, len(files) - 1)] == path:
                        _edit(content, kind % _EDITS, at, value)
                (changed / path.name).write_bytes(content)
            _ask(f"whoosh:{changed}")
        finally:
            for path in touched:
                shutil.copyfile(path, changed / path.name)

    return Target(Grammar(seeds, seeds, 20 * _EDIT.size), read, (EngineError, NotFound))


_EDIT: Final = struct.Struct("<BBIH")
_EDITS: Final = 6
"""Kinds of edits: change bits, set two bytes, cut off, leave out, repeat, fill with one byte."""


def _edit(content: bytearray, kind: int, at: int, value: int) -> None:
    at %= len(content) + 1
    match kind:
        case 0:
            content[at : at + 1] = bytes(byte ^ (value & 0xFF or 1) for byte in content[at : at + 1])
        case 1:
            content[at : at + 2] = value.to_bytes(2, "little")
        case 2:
            del content[at:]
        case 3:
            del content[at : at + value]
        case 4:
            content[at:at] = content[at : at + value]
        case _:
            content[at : at + value % 64] = bytes([value & 0xFF]) * (value % 64)


_ASKED: Final = (
    SearchRequest(q="press*"),
    SearchRequest(q='"printing press" OR paper~ -title:ink'),
    SearchRequest(sort="newest"),
)


def _ask(url: str) -> None:
    engine = open_engine(url)
    assert isinstance(engine, Maintenance)
    for problem in engine.check():
        assert str(problem)
    archive = Archive(engine, Settings.model_validate({"query_log": False}))
    for request in _ASKED:
        with archive.pinned() as pinned:
            for hit in pinned.search(request).hits[:2]:
                pinned.article(hit.id, request)
