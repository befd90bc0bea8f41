"""Every hit of a search as a file: whole, from one commit, and never cut without a word."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bibtexparser
import pytest
import rispy
from breaking_site import MANY, BreakingEngine, filled
from click.testing import CliRunner
from conftest import ARTICLES
from counting import CountingEngine
from flask.testing import FlaskClient
from program import environment
from real_server import LONGEST_END_SECONDS
from steady import comes_true

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from search.walking import BATCH
from webui import create_app
from webui.server import claimed_port
from webui.site import site_of

NAMES = {f"{each:05}" for each in range(MANY)}


@pytest.fixture(scope="module")
def engine() -> MemoryEngine:
    return filled()


@pytest.fixture
def many(engine: MemoryEngine) -> FlaskClient:
    return create_app(Settings(title="The Lantern"), engine).test_client()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_table_has_every_hit_once_however_many_there_are(many: FlaskClient) -> None:
    response = many.get("/search.csv?q=flood")
    assert response.is_streamed
    rows = table(response.text)
    assert len(rows) == MANY
    assert {row["id"] for row in rows} == NAMES
    names = "Total", "Rows", "Complete"
    assert [response.headers[f"Backfile-{name}"] for name in names] == [str(MANY), str(MANY), "true"]


def test_hits_stand_in_a_file_as_they_stand_on_the_pages(client: FlaskClient) -> None:
    for order in ("relevance", "newest", "oldest"):
        paged: list[str] = []
        address: str | None = f"/api/v1/search?q=flood&sort={order}&per_page=5"
        while address:
            body = json.loads(client.get(address).data)
            paged += [hit["id"] for hit in body["hits"]]
            address = body["links"]["next"]
        *hits, end = lines(client.get(f"/api/v1/export?q=flood&sort={order}").text)
        assert [hit["id"] for hit in hits] == paged
        assert end == {"end": {"rows": len(paged), "total": len(paged), "complete": True}}


def test_a_file_is_of_one_commit_and_reads_a_batch_at_a_time() -> None:
    counted = CountingEngine(filled())
    app = create_app(Settings(), counted)  # type: ignore[arg-type]
    response = app.test_client().get("/search.csv?q=flood", buffered=False)
    pieces = iter(response.response)
    first = next(pieces)
    text = first if isinstance(first, str) else first.decode()
    assert len(table(text)) == BATCH
    with counted.writer() as writer:
        writer.add(Document("new", "Flood", "A flood of today.", language="en"))
    rest = b"".join(piece for piece in pieces if isinstance(piece, bytes)).decode()
    assert len(table(text + rest)) == MANY
    assert "new" not in rest
    assert [plan.limit for plan in counted.searches if plan.limit] == [BATCH] * 3
    response.close()


def test_the_next_file_begins_once_one_is_sent_or_given_up(engine: MemoryEngine) -> None:
    app = create_app(Settings(exports_at_once=1), engine)
    client = app.test_client()
    one = client.get("/search.csv?q=flood", buffered=False)
    busy = client.get("/search.ndjson?q=flood")
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) > 0
    assert "files" in json.loads(busy.data)["detail"]
    one.close()
    assert client.head("/search.csv?q=flood").status_code == 200
    assert len(table(client.get("/search.csv?q=flood").text)) == MANY
    assert site_of(app).exports.acquire(blocking=False)


@pytest.mark.parametrize("address", ["/search.csv?colour=red", "/search.csv?q=flood&from=2024&to=2020"])
def test_a_refused_search_holds_no_place(address: str, engine: MemoryEngine) -> None:
    client = create_app(Settings(exports_at_once=1), engine).test_client()
    for _ in range(3):
        assert client.get(address).status_code == 400
    assert client.get("/search.csv?q=flood").status_code == 200


def test_a_file_that_is_cut_says_so_in_its_head_and_at_its_end(engine: MemoryEngine) -> None:
    client = create_app(Settings(export_rows=1_200), engine).test_client()
    said = f"cut off after 1,200 of {MANY:,} articles"
    response = client.get("/search.csv?q=flood")
    names = "Total", "Rows", "Complete"
    assert [response.headers[f"Backfile-{name}"] for name in names] == [str(MANY), "1200", "false"]
    *rows, last = table(response.text)
    assert (len(rows), last["id"]) == (1_200, "")
    assert last["title"].startswith(said)
    *hits, end = lines(client.get("/search.ndjson?q=flood").text)
    assert len(hits) == 1_200
    assert end["end"]["complete"] is False  # type: ignore[index]
    assert str(end["end"]["reason"]).startswith(said)  # type: ignore[index]
    *records, mark = rispy.loads(client.get("/search.ris?q=flood").text)
    assert (len(records), mark["type_of_reference"]) == (1_200, "GEN")
    *items, item = json.loads(client.get("/search.csl.json?q=flood").text)
    assert (len(items), item["type"]) == (1_200, "document")
    for kind in ("bib", "txt"):
        assert said in client.get(f"/search.{kind}?q=flood").text.splitlines()[-1].replace("Cut", "cut")


@pytest.mark.parametrize("kind", ["csv", "bib", "ris", "csl.json", "txt"])
def test_a_file_whose_search_breaks_has_no_end(kind: str, engine: MemoryEngine) -> None:
    app = create_app(Settings(exports_at_once=1), BreakingEngine(engine))  # type: ignore[arg-type]
    for _ in range(2):
        response = app.test_client().get(f"/search.{kind}?q=flood", buffered=False)
        with pytest.raises(Exception, match="the disk is gone"):
            b"".join(response.response)  # type: ignore[arg-type]
        response.close()
    assert site_of(app).exports.acquire(blocking=False)


def test_lines_of_json_that_break_off_end_with_the_reason(engine: MemoryEngine) -> None:
    client = create_app(Settings(), BreakingEngine(engine)).test_client()  # type: ignore[arg-type]
    *hits, last = lines(client.get("/search.ndjson?q=flood").text)
    assert len(hits) == BATCH
    assert last == {"error": {"detail": "The disk is gone."}}


@pytest.fixture(scope="module")
def breaking_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = claimed_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port)]
    here = Path(__file__).parent
    paths = os.pathsep.join((str(here), str(here.parent)))
    place = tmp_path_factory.mktemp("breaking") / "log"
    with place.open("w") as log:
        server = subprocess.Popen(
            [*command, "breaking_site:app"], stdout=log, stderr=log, env=environment(PYTHONPATH=paths)
        )
    try:
        assert comes_true(lambda: _answers(port) or server.poll() is not None)
        assert server.poll() is None, place.read_text()
        yield port
    finally:
        server.terminate()
        server.wait(LONGEST_END_SECONDS)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_over_the_wire_a_broken_table_is_an_incomplete_transfer(breaking_port: int) -> None:
    for path, whole in (("/search.csv?q=flood", False), ("/search.ndjson?q=flood", True)):
        connection = http.client.HTTPConnection("127.0.0.1", breaking_port, timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        if whole:
            assert response.read().endswith(b'{"error":{"detail":"The disk is gone."}}\n')
        else:
            with pytest.raises(http.client.IncompleteRead):
                response.read()
        connection.close()


def test_snippets_come_if_they_are_asked_for(client: FlaskClient) -> None:
    row = next(row for row in table(client.get("/search.csv?q=river&snippets=true").text) if row["id"] == "1")
    assert "The river rose by two metres overnight." in row["snippets"]
    assert "snippets" not in table(client.get("/search.csv?q=river").text)[0]
    hit = lines(client.get("/search.ndjson?q=river&snippets=true").text)[0]
    assert hit["snippets"][0]["spans"]  # type: ignore[index]
    assert lines(client.get("/search.ndjson?q=river&fields=id,title").text)[0].keys() == {"id", "title"}


def test_a_search_as_a_bibliography_has_every_article(client: FlaskClient) -> None:
    number = int(client.get("/search.bib?q=flood").headers["Backfile-Total"])
    assert number > 10
    library = bibtexparser.parse_string(client.get("/search.bib?q=flood").text)
    assert (len(library.entries), len(library.failed_blocks)) == (number, 0)
    assert len(rispy.loads(client.get("/search.ris?q=flood").text)) == number
    assert len(json.loads(client.get("/search.csl.json?q=flood").text)) == number
    assert len(client.get("/search.txt?q=flood").text.splitlines()) == number
    assert json.loads(client.get("/search.csl.json?q=zzzzzz").text) == []


@pytest.mark.parametrize("kind", ["csv", "ndjson", "bib", "ris", "csl.json", "txt"])
def test_a_file_has_a_name_a_tag_and_an_address_on_the_page(client: FlaskClient, kind: str) -> None:
    response = client.get(f"/search.{kind}?q=flood&section=News")
    assert response.headers["Content-Disposition"] == f'attachment; filename="search.{kind}"'
    again = {"If-None-Match": response.headers["ETag"]}
    assert client.get(f"/search.{kind}?q=flood&section=News", headers=again).status_code == 304
    assert f'href="/search.{kind}?q=flood&amp;section=News"' in client.get("/search?q=flood&section=News").text


def test_pages_of_a_table_stay_what_they_were(client: FlaskClient) -> None:
    first = client.get("/search.csv?q=flood&page=1&per_page=5")
    assert len(table(first.text)) == 5
    second = client.get("/search.csv?q=flood&page=2&snippets=true").headers.getlist("Link")
    assert any(link.startswith("</search.csv?q=flood&page=1&snippets=true>") for link in second)


def test_near_copies_are_grouped_in_a_file_too(client: FlaskClient) -> None:
    grouped = client.get("/search.csv?group=story")
    assert grouped.headers["Backfile-Total"] == str(len(ARTICLES))
    assert int(grouped.headers["Backfile-Rows"]) == len(table(grouped.text))


@pytest.mark.parametrize("query", ["format=xls", "page=2", "facets=none", "fields=nose"])
def test_what_a_file_cannot_be_asked_is_said(client: FlaskClient, query: str) -> None:
    refused = client.get(f"/api/v1/export?{query}")
    assert (refused.status_code, refused.content_type) == (400, "application/problem+json")


def test_an_engine_without_cursors_gives_every_hit_too(engine: MemoryEngine) -> None:
    from crippled import CrippledEngine

    client = create_app(Settings(), CrippledEngine(engine, "cursor")).test_client()  # type: ignore[arg-type]
    assert {row["id"] for row in table(client.get("/search.csv?q=flood").text)} == NAMES


def test_the_command_writes_the_same_files(runner: CliRunner, client: FlaskClient, tmp_path: Path) -> None:
    url = f"whoosh:{tmp_path / 'archive'}"
    with open_engine(url).writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    result = runner.invoke(main, ["search", "flood", "--format", "ndjson", "--index", url])
    assert (result.exit_code, result.output) == (0, client.get("/search.ndjson?q=flood").text)
    limited = runner.invoke(main, ["search", "flood", "--format", "csv", "--snippets", "--limit", "2", "--index", url])
    *rows, last = table(limited.output)
    assert len(rows) == 2
    assert last["title"].startswith("cut off after 2 of")
    for wrong in (["--json", "--format", "csv"], ["--snippets"], ["--format", "csv", "--page", "2"]):
        assert runner.invoke(main, ["search", "flood", *wrong, "--index", url]).exit_code == 2


def test_a_file_of_grouped_hits_is_cut_where_pages_end(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.results.exporting.MAX_PAGE_DEPTH", 2)
    url = f"whoosh:{tmp_path / 'archive'}"
    with open_engine(url).writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    asked = ["search", "--format", "csv", "--index", url]
    *rows, last = table(runner.invoke(main, [*asked, "--group", "story"]).output)
    assert len(rows) == 2
    assert last["title"].startswith("cut off after 2 of")
    assert len(table(runner.invoke(main, [*asked, "--group", "story", "--limit", "1"]).output)) == 2, (
        "a row and the reason"
    )
    assert len(table(runner.invoke(main, asked).output)) == len(ARTICLES)
