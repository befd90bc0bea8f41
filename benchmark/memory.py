"""The memory that sources need which are read as a stream: it must not grow with the number of their items.

    python -m benchmark.memory
    python -m benchmark.memory --sizes 1000 10000 --formats "JSON Lines" WARC --ways read

Inputs of each size are generated: files, and sites on a server of this process. A process of its own reads the records
of each, and another one indexes it whole. The largest resident memory of each process is shown (ru_maxrss, so Linux and
macOS only), with what each further item takes between the two largest sizes.
A writer fills a segment before it writes it, so indexing takes the more memory the more articles there are, up to some
tens of thousands of short ones: that is why there is a size beyond that, and another one.
To measure another format, write a function that makes a file of it, and give that a row in `INPUTS`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from benchmark.generated_articles import articles, page_of
from benchmark.memory_sites import SITES, serving
from benchmark.options import ROOT, work_folder
from index.article import Article, read_source
from index.fetching import Fetcher
from index.opening import open_for_filling
from index.sources import find_sources
from search.settings import Settings

SIZES: Final = (10_000, 50_000, 150_000)
WAYS: Final = ("read", "index")

_PER_SECOND: Final = 1_000
"""Requests to a site, as many as the settings allow."""
_UNITS: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of ru_maxrss."""


def _json_lines(path: Path, many: int) -> None:
    _write(path, (f"{json.dumps(article)}\n" for article in articles(many)))


def _json_array(path: Path, many: int) -> None:
    _write(path, (f",\n{json.dumps(article)}" for article in articles(many)), head="[", foot="\n]\n", skip=1)


def _csv(path: Path, many: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, ("id", "url", "title", "body", "published"))
        rows.writeheader()
        rows.writerows(articles(many))


def _sqlite(path: Path, many: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE articles (id TEXT PRIMARY KEY, url TEXT, title TEXT, body TEXT, published TEXT)")
        database.executemany("INSERT INTO articles VALUES (:id, :url, :title, :body, :published)", articles(many))


def _rss(path: Path, many: int) -> None:
    items = (
        f"<item><guid isPermaLink='false'>{article['id']}</guid><link>{article['url']}</link>"
        f"<title>{article['title']}</title><content:encoded>{article['body']}</content:encoded></item>\n"
        for article in articles(many)
    )
    _write(path, items, head=f"<rss version='2.0' {_CONTENT}><channel><title>News</title>\n", foot=_END)


def _wordpress(path: Path, many: int) -> None:
    items = (
        f"<item><title>{article['title']}</title><link>{article['url']}</link><guid>{article['url']}</guid>"
        f"<content:encoded><![CDATA[{article['body']}]]></content:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_date>{article['published']} 10:00:00</wp:post_date><wp:status>publish</wp:status>"
        "<wp:post_type>post</wp:post_type></item>\n"
        for number, article in enumerate(articles(many), 1)
    )
    spaces = f"{_CONTENT} xmlns:wp='http://wordpress.org/export/1.2/'"
    head = f"<rss version='2.0' {spaces}><channel><title>News</title><wp:wxr_version>1.2</wp:wxr_version>\n"
    _write(path, items, head=head, foot=_END)


def _warc(path: Path, many: int) -> None:
    _write(path, map(_capture, articles(many)))


def _capture(article: dict[str, str]) -> str:
    """A page as a crawler keeps it, with the answer of the server (ISO 28500)."""
    page = page_of(article)
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\n\r\n{page}"
    return (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {article['url']}\r\n"
        f"WARC-Date: {article['published']}T10:00:00Z\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n{answer}\r\n\r\n"
    )


def _write(path: Path, pieces: Iterable[str], *, head: str = "", foot: str = "", skip: int = 0) -> None:
    """Writes the pieces; of the first, `skip` characters are left out."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(head)
        for piece in pieces:
            file.write(piece[skip:])
            skip = 0
        file.write(foot)


_CONTENT: Final = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
_END: Final = "</channel></rss>\n"

INPUTS: Final[dict[str, tuple[str, Callable[[Path, int], None]]]] = {
    "JSON Lines": ("articles.jsonl", _json_lines),
    "JSON array": ("articles.json", _json_array),
    "CSV": ("articles.csv", _csv),
    "SQLite": ("articles.db", _sqlite),
    "RSS": ("articles.rss", _rss),
    "WordPress export": ("articles.xml", _wordpress),
    "WARC": ("articles.warc", _warc),
}
"""The name of each format, that of its file, and what makes a file of so many articles."""

FORMATS: Final = [*INPUTS, *SITES]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.memory", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of items, two or more, ascending"
    )
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS, metavar="FORMAT")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help="read, index")
    parser.add_argument("--work", type=Path, help="folder for the files (default: a temporary folder)")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        way, location, items = asked.child
        sys.stdout.write(f"{measured(way, location, int(items))}\n")
        return
    sizes = list(asked.sizes)
    if len(sizes) < 2 or sizes != sorted(set(sizes)):
        parser.error("--sizes takes two numbers or more, ascending")
    head = " | ".join(["Peak memory, MB", *(f"{size:,} items" for size in sizes), "bytes for each further item"])
    sys.stdout.write(f"| {head} |\n| --- |{' ---: |' * (len(sizes) + 1)}\n")
    with work_folder(asked.work and asked.work.resolve()) as work:
        for name in asked.formats:
            for way in asked.ways:
                peaks = [_peak(name, way, size, work) for size in sizes]
                more = max(0, peaks[-1] - peaks[-2]) / (sizes[-1] - sizes[-2])
                row = " | ".join([*(f"{peak / 1e6:.0f}" for peak in peaks), f"{more:,.0f}"])
                sys.stdout.write(f"| {name}, {'records read' if way == 'read' else 'indexed'} | {row} |\n")
                sys.stdout.flush()


def measured(way: str, location: str, items: int) -> int:
    """Reads or indexes what is there in this process, and returns the most memory that it has had, in bytes."""
    if way == "index":
        given = {
            "index": "whoosh:archive", "index_workers": 1, "detect_language": False,
            "fetch_allow": "127.0.0.1", "fetch_per_second": _PER_SECOND,
        }  # fmt: skip
        report = open_for_filling(Settings.model_validate(given)).index([location])
        found = report.added
    else:
        with Fetcher(allowed=["127.0.0.1"], per_second=_PER_SECOND) as fetcher:
            sources = find_sources(location, fetcher=fetcher)
            found = sum(isinstance(item, Article) for source in sources for item in read_source(source))
    if found != items:
        raise SystemExit(f"{location} has {items:,} items, and {found:,} articles were found")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNITS


def _peak(name: str, way: str, size: int, work: Path) -> int:
    """What a process of its own needs for an input of that size, in bytes."""
    folder = work / "input"
    folder.mkdir()
    with _input(name, size, folder) as location:
        command = [sys.executable, "-m", "benchmark.memory", "--child", way, location, str(size)]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("BACKFILE_")}
        environment = kept | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=folder)  # noqa: S603
    shutil.rmtree(folder)
    return int(ran.stdout)


@contextmanager
def _input(name: str, size: int, folder: Path) -> Iterator[str]:
    """Where an input of that size is, for the block."""
    if name in SITES:
        with serving(name, size) as address:
            yield address
    else:
        called, make = INPUTS[name]
        make(folder / called, size)
        yield str(folder / called)


if __name__ == "__main__":
    main()
