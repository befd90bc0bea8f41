"""The measurements over HTTP are what they say: with real servers, on the sample archive."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is no part of the installed product

from benchmark.http import figures, load  # noqa: E402
from benchmark.http.backfile import BackfileServer  # noqa: E402
from benchmark.http.command import _lines, distinct_questions  # noqa: E402
from benchmark.http.commits import Pace, indexing  # noqa: E402
from benchmark.http.datasette import DatasetteServer  # noqa: E402
from benchmark.http.indexer import new_articles  # noqa: E402
from benchmark.http.processes import finished, signals_put_off  # noqa: E402
from benchmark.http.server import Request, ServerFailed, answer, wait_until  # noqa: E402
from benchmark.options import SAMPLE  # noqa: E402
from benchmark.real import real_articles, shuffled  # noqa: E402
from search.document import Document  # noqa: E402


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return shuffled(real_articles(SAMPLE)[0], seed=1)


def test_questions_are_words_of_titles_and_none_comes_twice(documents: list[Document]) -> None:
    found = distinct_questions(documents, seed=1)
    assert found == distinct_questions(documents, seed=1)
    assert len(found) == len(set(found)) > len(documents) / 2
    titles = " ".join(document.title.lower() for document in documents)
    for question in found:
        assert 1 <= len(question.split()) <= 3
        assert all(word in titles for word in question.split())


def test_a_run_fills_the_server_and_measures_its_answers(tmp_path: Path) -> None:
    if load.missing():
        pytest.skip(load.missing() or "")
    pytest.importorskip("matplotlib", reason="the picture is drawn by the extra `benchmark`")
    docs = tmp_path / "docs"
    (docs / "explanation").mkdir(parents=True)
    page = docs / "explanation" / "benchmark.md"
    page.write_text(f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n", "utf-8")
    command = [sys.executable, "-m", "benchmark", "http", "--quick", "--servers", "backfile", "--docs", str(docs)]
    places = ["--work", str(tmp_path), "--json", str(tmp_path / "f.json")]
    done = subprocess.run([*command, *places], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    found = figures.load_figures(tmp_path / "f.json")
    assert [server.label for server in found.servers] == ["Backfile, JSON", "Backfile, page for people"]
    for server in found.servers:
        [measured] = server.loads
        assert measured.errors == 0
        assert measured.requests > 0
        assert 0 < measured.p50 <= measured.p95 <= measured.p99 <= measured.longest
        assert server.answer_bytes > 5_000
    assert found.servers[0].filling is not None
    [growing] = found.commits
    assert growing.commits > 0
    assert growing.load.errors == 0
    assert growing.load.requests > 0
    assert re.fullmatch(rf"before\n{figures.BEGIN}\n.*\n{figures.END}\nafter\n", page.read_text("utf-8"), re.DOTALL)
    assert "<svg" in (docs / "pictures" / "benchmark-http.svg").read_text("utf-8")
    assert figures.as_text(found) in done.stdout


def test_an_indexer_beside_the_server_commits_at_its_pace(documents: list[Document], tmp_path: Path) -> None:
    articles, later = tmp_path / "articles.jsonl", tmp_path / "later.jsonl"
    articles.write_text("".join(_lines(documents)), "utf-8")
    later.write_text("".join(_lines(documents[:5])), "utf-8")
    server = BackfileServer()
    server.start(tmp_path / "backfile")
    everything = Request("GET", "/api/v1/search")
    try:
        server.fill(articles, len(documents))
        with indexing(server.index, later, server.address, Pace(3, 0.2)) as seen:
            wait_until(lambda: seen.commits >= 3, "three commits")
        found = len(documents) + 3 * 3
        wait_until(lambda: answer(server.address, everything)["total"] >= found, "their articles")
        with indexing(server.index, later, server.address, Pace(3, 0.2), first=1_000) as seen:
            wait_until(lambda: seen.commits >= 1, "a commit")
        wait_until(lambda: answer(server.address, everything)["total"] >= found + 3, "its articles")
        with (
            pytest.raises(ServerFailed, match="did not start"),
            indexing(server.index, tmp_path / "absent.jsonl", server.address, Pace()),
        ):
            pass
    finally:
        server.stop()


def test_what_is_added_never_ends_and_has_ids_of_its_own(documents: list[Document]) -> None:
    few = documents[:4]
    rows = list(islice(new_articles(few, 3), 9))
    assert [row.title for row in rows] == [few[n % 4].title for n in range(3, 12)]
    assert len({row.id for row in rows} | {row.id for row in documents}) == 9 + len(documents)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked for in /proc")
def test_sigterm_ends_the_servers_too(tmp_path: Path) -> None:
    if load.missing():
        pytest.skip(load.missing() or "")
    command = [sys.executable, "-m", "benchmark", "http", "--quick", "--servers", "backfile", "--work", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--seconds", "60", "--json", str(tmp_path / "f.json")], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        assert any("searchable after" in line for line in run.stderr)
        assert "serve" in " ".join(_commands_with(str(tmp_path)))
        run.terminate()
        assert run.wait(60) == 128 + signal.SIGTERM
    assert _commands_with(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_signal_waits_until_the_process_that_starts_is_known() -> None:
    arrived: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: arrived.append(number))
    try:
        with signals_put_off():
            signal.raise_signal(signal.SIGTERM)
            assert arrived == []
        assert arrived == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_command_ends_with_the_run_that_a_signal_ends(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)\n", "utf-8")
    with pytest.raises(KeyboardInterrupt):
        finished([sys.executable, str(program)])
    assert _commands_with(str(tmp_path)) == []


def _commands_with(text: str) -> list[str]:
    """The command lines of all processes that have this in theirs."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in line:
                found.append(line)
    return found


def test_datasette_gives_the_same_output(documents: list[Document], tmp_path: Path) -> None:
    server = DatasetteServer()
    if reason := server.missing():
        pytest.skip(reason)
    articles = tmp_path / "articles.jsonl"
    articles.write_text("".join(_lines(documents)), "utf-8")
    server.start(tmp_path / "datasette")
    try:
        server.fill(articles, len(documents))
        [ask] = server.renderings.values()
        word = next(word for word in distinct_questions(documents, 1) if " " not in word)
        [row] = answer(server.address, ask(word))
        found = row["answer"]
        assert found["total"] > 0
        assert len(found["hits"]) == min(10, found["total"])
        assert sum(found["months"].values()) == found["total"]
        assert sum(found["sections"].values()) == found["total"]
        with pytest.raises(ServerFailed, match="404"):
            answer(server.address, Request("GET", "/nothing.json"))
    finally:
        server.stop()


def test_output_without_figures_is_a_failure() -> None:
    with pytest.raises(ServerFailed, match="unable to connect"):
        load.read_figures("unable to connect to 127.0.0.1:1 Connection refused", 4)


def test_kept_figures_are_what_the_page_shows() -> None:
    kept = ROOT / "benchmark" / "http-figures.json"
    if not kept.exists():
        pytest.skip("no run has been kept")
    page = (ROOT / "docs" / "explanation" / "benchmark.md").read_text("utf-8")
    begin, end = page.index(figures.BEGIN), page.index(figures.END)
    for server in figures.load_figures(kept).servers:
        assert server.label in page[begin:end]
