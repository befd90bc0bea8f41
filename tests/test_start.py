"""What a command imports, asked of the interpreter: a start that loads what it does not need is slow for everybody."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import environment

from search.named import Named, imported

ARTICLE = {"id": "1", "title": "Ferry runs again", "body": "The ferry runs again on Monday.", "lang": "en"}
PAGE = (
    "<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1><p>It runs again.</p></article></body></html>"
)
FEED = (
    '<rss version="2.0"><channel><title>News</title><item><title>Ferry</title><guid>1</guid>'
    "<description>It runs again.</description></item></channel></rss>"
)
HEADERS = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
CAPTURE = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-07-03T08:00:00Z\r\n"
    "WARC-Target-URI: https://news.example/ferry\r\nContent-Type: application/http; msgtype=response\r\n"
    f"Content-Length: {len(HEADERS + PAGE)}\r\n\r\n{HEADERS}{PAGE}\r\n\r\n"
)
DUTCH = "de raad heeft besloten dat de veerboot op maandagochtend weer vanuit de oude haven gaat varen"

INPUTS = {
    "articles.jsonl": json.dumps(ARTICLE) + "\n",
    "html.jsonl": json.dumps(ARTICLE | {"body_format": "html", "body": "<p>It runs again.</p>"}) + "\n",
    "markdown.json": json.dumps([ARTICLE | {"body_format": "markdown"}]),
    "untold.jsonl": json.dumps({"id": "2", "title": "Ferry", "body": DUTCH}) + "\n",
    "table.csv": "id,title,body,lang\n3,Ferry,It runs again.,en\n",
    "ferry.html": PAGE,
    "ferry.md": "---\ntitle: Ferry\n---\nIt runs again.\n",
    "news.rss": FEED,
    "site.warc": CAPTURE,
}
LOADED_BY = {
    "html.jsonl": "lxml",
    "markdown.json": "cmarkgfm",
    "untold.jsonl": "py3langid",
    "ferry.html": "trafilatura",
    "ferry.md": "yaml",
    "news.rss": "feedparser",
    "site.warc": "warcio",
}
"""For each input a library that only some inputs need, and this one does."""

READING = {"trafilatura", "htmldate", "feedparser", "warcio", "lxml", "cmarkgfm", "yaml", "charset_normalizer"}
WRITING = {"numpy", "whoosh", "Stemmer", "search.native", "search.engines.disk.searcher", "search.engines.disk.writing"}
PREPARING = {"index.document", "index.extraction", "py3langid"}
WATCHED = {"tqdm"}
SERVING = {"flask", "jinja2", "granian", "bleach", "mcp", "uvicorn", "starlette"}
ASKING = {"search.query", "search.analysis", "search.archive", "search.results"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "search", *arguments],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def modules_of(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The modules that a process of the program imported, and the packages that they are in."""
    assert done.returncode == 0, done.stderr[-2_000:]
    names = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE)
    return {name.rsplit(".", cut)[0] for name in names for cut in range(name.count(".") + 1)}


def test_the_help_loads_neither_libraries_nor_commands(tmp_path: Path) -> None:
    loaded = modules_of(run(tmp_path, "--help"))
    assert "click" in loaded
    assert not loaded & (READING | WRITING | PREPARING | WATCHED | SERVING | ASKING | {"index", "webui", "sqlite3"})


@pytest.mark.parametrize("name", INPUTS)
def test_a_second_run_over_what_has_not_changed_loads_what_neither_reads_nor_writes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(INPUTS[name], "utf-8", newline="")
    first, second = (run(tmp_path, "index", str(path), "--workers", "1") for _ in range(2))
    assert modules_of(first) >= {"numpy", "index.document", LOADED_BY.get(name, "numpy")}
    assert ("added 1," in first.stdout, "added 0, changed 0, unchanged 1," in second.stdout) == (True, True)
    loaded = modules_of(second)
    assert "index.unchanged" in loaded
    assert not loaded & (WRITING | WATCHED | SERVING | ASKING | {"trafilatura", "feedparser", "warcio", "py3langid"})
    if name in ("articles.jsonl", "html.jsonl", "markdown.json", "untold.jsonl", "ferry.html", "ferry.md"):
        assert not loaded & (READING | PREPARING)


def test_bringing_a_file_that_has_not_changed_into_step_opens_no_index(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(INPUTS["articles.jsonl"], "utf-8")
    (tmp_path / "backfile.toml").write_text('[[sources]]\nname = "desk"\nat = "articles.jsonl"\n', "utf-8")
    first, second = (run(tmp_path, "sync") for _ in range(2))
    assert ("added 1," in first.stdout, "unchanged 1, deleted 0" in second.stdout) == (True, True)
    assert not modules_of(second) & (WRITING | PREPARING | WATCHED | SERVING | ASKING | {"lxml", "trafilatura"})


def test_a_run_over_articles_in_json_loads_no_reader_of_pages(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(INPUTS["articles.jsonl"], "utf-8")
    loaded = modules_of(run(tmp_path, "index", "articles.jsonl", "--workers", "1"))
    assert not loaded & (
        READING - {"yaml"} | WATCHED | SERVING | {"py3langid", "index.sources.feeds", "index.sources.web"}
    )


def test_a_search_loads_nothing_that_fills_an_archive(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(INPUTS["articles.jsonl"], "utf-8")
    run(tmp_path, "index", "articles.jsonl", "--workers", "1")
    done = run(tmp_path, "search", "ferry")
    assert "Ferry runs again" in done.stdout
    loaded = modules_of(done)
    assert not loaded & (READING | WATCHED | SERVING | {"whoosh", "index", "search.engines.disk.writing"})
    assert not loaded & {"search.engines.disk.check", "search.engines.disk.repair"}


def test_the_tools_of_agents_load_neither_the_site_nor_what_fills_an_archive(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(INPUTS["articles.jsonl"], "utf-8")
    run(tmp_path, "index", "articles.jsonl", "--workers", "1")
    loaded = modules_of(run(tmp_path, "mcp"))
    assert {"mcp", "search.agents.tools"} <= loaded
    assert not loaded & (READING | WATCHED | {"flask", "jinja2", "granian", "bleach", "index", "webui"})


def test_an_index_whose_files_are_cut_off_is_reported_though_no_input_has_changed(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(INPUTS["articles.jsonl"], "utf-8")
    run(tmp_path, "index", "articles.jsonl", "--workers", "1")
    segment = next((tmp_path / "archive").glob("*.segment"))
    whole = segment.read_bytes()
    for harm in (lambda: segment.write_bytes(whole[:-1]), segment.unlink):
        harm()
        done = run(tmp_path, "index", "articles.jsonl")
        assert (done.returncode, "is damaged" in done.stderr) == (1, True)


def test_a_name_is_imported_when_it_is_called_and_can_be_sent_to_another_process() -> None:
    named = Named("search.document:language_tag")
    assert (named("EN-us"), named.__name__) == (imported("search.document:language_tag")("EN-us"), "language_tag")
    assert pickle.loads(pickle.dumps(named)) == named  # noqa: S301 - our own
    assert named != Named("search.document:web_address")
    with pytest.raises(AttributeError):
        Named("search.document:nothing")("x")
