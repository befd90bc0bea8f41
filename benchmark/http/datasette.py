"""Datasette over SQLite's FTS5: one statement gives the whole answer as JSON.

It is filled by Python's own sqlite3, as `sqlite-utils` does.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from benchmark.http.processes import end, signals_put_off
from benchmark.http.server import HITS, Asking, Request, answer, free_port, records, wait_until
from search.batching import in_batches

_BATCH: Final = 1_000
_WEIGHTS: Final = "5.0, 1.0, 1.0"
_ANSWER: Final = f"""
SELECT json_object(
  'total', (SELECT count(*) FROM text WHERE text MATCH :q),
  'hits', (SELECT json_group_array(json_object('id', id, 'title', title, 'url', url, 'published', published,
      'section', section, 'passage', passage))
    FROM (SELECT article.*, found.passage FROM
      (SELECT rowid, snippet(text, 2, '<mark>', '</mark>', '…', 40) AS passage FROM text WHERE text MATCH :q
       ORDER BY bm25(text, {_WEIGHTS}) LIMIT {HITS}) AS found JOIN article ON article.number = found.rowid)),
  'sections', (SELECT json_group_object(coalesce(section, ''), n) FROM (SELECT section, count(*) AS n
    FROM text JOIN article ON number = text.rowid WHERE text MATCH :q GROUP BY section ORDER BY n DESC LIMIT 10)),
  'months', (SELECT json_group_object(coalesce(month, ''), n) FROM (SELECT substr(published, 1, 7) AS month,
    count(*) AS n FROM text JOIN article ON number = text.rowid WHERE text MATCH :q GROUP BY month))
) AS answer"""  # noqa: S608 - constants of this module
_WORD: Final = re.compile(r"\w+")


class DatasetteServer:
    """See `benchmark.http.server.Server`."""

    label = "Datasette (FTS5)"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self.address = ""

    @property
    def renderings(self) -> Mapping[str, Asking]:
        return {self.label: _asked}

    def missing(self) -> str | None:
        if find_spec("datasette") is None:
            return "the package datasette is not installed"
        return None

    def version(self) -> str:
        try:
            return version("datasette")
        except PackageNotFoundError:
            return ""

    def start(self, folder: Path) -> None:
        """Only prepares the folder: Datasette serves files that are there when it starts, so `fill` starts it."""
        folder.mkdir(parents=True)
        self._folder = folder

    def fill(self, articles: Path, count: int) -> None:
        shutil.rmtree(self._folder)
        self._folder.mkdir()
        _fill(self._folder / "news.db", articles)
        metadata = {"databases": {"news": {"queries": {"page": {"sql": _ANSWER}}}}}
        (self._folder / "metadata.json").write_text(json.dumps(metadata), "utf-8")
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        limits = ["--setting", "sql_time_limit_ms", "30000", "--setting", "default_cache_ttl", "0"]
        command = [sys.executable, "-m", "datasette", "serve", "--immutable", "news.db", "--metadata", "metadata.json"]
        with (self._folder / "serve.log").open("wb") as log, signals_put_off():
            self._process = subprocess.Popen(  # noqa: S603
                [*command, "--port", str(port), *limits], cwd=self._folder, stdout=log, stderr=log
            )
        everything = Request("GET", "/news.json?sql=select+count(*)+as+n+from+article&_shape=array")
        wait_until(lambda: answer(self.address, everything)[0]["n"] == count, self.label, self._process)

    def stop(self) -> None:
        end(self._process)


def _asked(words: str) -> Request:
    match = " AND ".join(f'"{word}"' for word in _WORD.findall(words))
    return Request("GET", "/news/page.json?" + urlencode({"q": match, "_shape": "array", "_json": "answer"}))


def _fill(file: Path, articles: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE VIRTUAL TABLE text USING fts5(title, summary, body, tokenize = 'porter unicode61')")
    database.execute(
        "CREATE TABLE article(number INTEGER PRIMARY KEY, id TEXT, title TEXT, url TEXT, published TEXT, section TEXT)"
    )
    for batch in in_batches(enumerate(records(articles)), _BATCH):
        database.executemany(
            "INSERT INTO text(rowid, title, summary, body) VALUES (?, ?, ?, ?)",
            [(n, row["title"], row["summary"], row["body"]) for n, row in batch],
        )
        database.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)", [_columns(n, row) for n, row in batch])
    database.commit()
    database.close()


def _columns(number: int, row: Mapping[str, Any]) -> tuple[Any, ...]:
    section = " > ".join(row["section"][0]) if row["section"] else None
    return number, row["id"], row["title"], row["url"], row["published"], section
