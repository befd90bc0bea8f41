"""An index is built anew from its own articles: the same articles, served meanwhile, or nothing has changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from archives import ask, fill, ids, news, problems, whole, word
from click.testing import CliRunner
from corruption import flip
from program import interrupted_environment

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Rebuilding
from search.errors import IndexDamaged, IndexLocked, IndexMissing
from search.ledger import open_ledger
from search.ledger.removals import Tombstone

MODEL = "0123456789abcdef"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of three segments with deletions."""
    engine = open_engine(str(tmp_path / "archive"))
    fill(engine, *news(60))
    fill(engine, *(Document(f"x{number}", "zyzzyva", "body") for number in range(20)))
    with engine.writer() as writer:
        writer.delete("x3")
        writer.add(Document("x4", "changed", "zyzzyva"))
    return tmp_path / "archive"


def rebuilt(index: Path, **options: object) -> Rebuilding:
    engine = open_engine(str(index))
    assert isinstance(engine, Rebuilding)
    engine.rebuild(**options)  # type: ignore[arg-type]
    return engine


def test_the_articles_are_the_same_and_those_that_were_deleted_take_no_space(index: Path) -> None:
    engine = open_engine(str(index))
    before, hits = whole(engine), ids(ask(engine, word("zyzzyva"), limit=50))
    with engine.searcher() as open_before:
        rebuilt(index)
        assert open_before.document("x5") is not None
    assert whole(engine) == before
    assert sorted(ids(ask(engine, word("zyzzyva"), limit=50))) == sorted(hits)
    assert problems(engine) == []
    assert len(json.loads((index / "backfile.json").read_text())["segments"]) == 1


def test_vectors_are_kept(index: Path) -> None:
    engine = open_engine(str(index))
    with engine.searcher() as searcher:
        made = {stamp.content_hash: np.ones((1, 4), np.float32) for stamp in searcher.stamps(["x5", "x6"]).values()}
    engine.add_vectors(MODEL, made)
    rebuilt(index)
    with engine.searcher() as searcher:
        assert set(searcher.vectors(MODEL, ["x5", "x6", "x7"])) == {"x5", "x6"}


def test_what_was_taken_down_is_left_out(index: Path) -> None:
    ledger = open_ledger(f"{index}.ledger")
    ledger.removed.add([Tombstone("x5")], "court order", datetime.now(UTC))
    result = CliRunner().invoke(main, ["rebuild", "--index", str(index)])
    assert "left out 1 article: taken down" in result.output
    assert "x5" not in {document.id for document in whole(open_engine(str(index)))}


def test_the_next_run_reads_no_source_again(tmp_path: Path) -> None:
    source, index = tmp_path / "one.md", tmp_path / "archive"
    source.write_text("---\ntitle: One\n---\nText.\n")
    run = CliRunner().invoke
    run(main, ["index", str(source), "--index", str(index)])
    facts = json.loads(run(main, ["rebuild", "--index", str(index), "--json"]).output)
    assert facts["articles"] == [1, 1]
    ledger = open_ledger(f"{index}.ledger")
    assert ledger.leads_to(*facts["step"])
    assert "unchanged 1" in run(main, ["index", str(source), "--index", str(index)]).output


def test_an_article_that_cannot_be_read_ends_it_and_nothing_has_changed(index: Path) -> None:
    segment = max(index.glob("*.segment"), key=lambda path: path.stat().st_size)
    from search.engines.disk.format.container import Container

    section = Container(segment, "segment").sections["article.bytes"]
    flip(segment, section.offset + section.size // 2)
    before = {path.name: path.read_bytes() for path in index.iterdir() if path.name != "backfile.lock"}
    with pytest.raises(IndexDamaged, match=r"check|not the one that was added"):
        rebuilt(index)
    assert {path.name: path.read_bytes() for path in index.iterdir() if path.name != "backfile.lock"} == before


def test_nobody_writes_meanwhile_and_where_there_is_no_index_none_is_made(index: Path, tmp_path: Path) -> None:
    with open_engine(str(index)).writer() as writer:
        writer.add(Document("new", "new"))
        with pytest.raises(IndexLocked):
            rebuilt(index)
    with pytest.raises(IndexMissing):
        rebuilt(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    for url, code in (("memory:", 2), (str(tmp_path / "nowhere"), 1)):
        assert CliRunner().invoke(main, ["rebuild", "--index", url]).exit_code == code


SLOW = """
import sys, time
from search.engines.disk import rebuild
real = rebuild._article
def slow(*arguments):
    print("at it", flush=True)
    time.sleep(0.3)
    return real(*arguments)
rebuild._article = slow
from search.__main__ import run
sys.argv = ["backfile", *sys.argv[1:]]
run()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_kill_leave_the_index_as_it_was_and_the_next_one_succeeds(index: Path, number: int) -> None:
    before = whole(open_engine(str(index)))
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "rebuild", "--index", str(index)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=interrupted_environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at it\n"
        process.send_signal(number)
        process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else -9)
    assert whole(open_engine(str(index))) == before
    rebuilt(index, leave_out=["x9"])
    assert [each for each in before if each.id != "x9"] == whole(open_engine(str(index)))
