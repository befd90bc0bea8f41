"""Copying an archive from engine to engine, and comparing two: what is the same, what is not, and runs that are cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import FLOOD, fill, news, problems, whole
from click.testing import CliRunner, Result
from clusters import archive_on
from conftest import ARTICLES
from crippled import CrippledEngine
from made_vectors import MODEL, OTHER_MODEL, add, held, some_vectors
from program import environment
from test_commands_process import Terminal, articles_shown
from test_engine_contract_writing import FULL

from index.copying import Copied, copy_archive
from index.progress import Silence
from search.commands import main
from search.comparing import audit, compare
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ConfigError, EngineError, IndexLocked, IndexMissing

PIECES = (*ARTICLES, FULL)


@pytest.fixture(params=["whoosh", "opensearch"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An archive of PIECES, in two commits, without one that was deleted."""
    with ExitStack() as opened:
        url = f"whoosh:{tmp_path / 'source'}"
        if request.param == "opensearch":
            url = opened.enter_context(archive_on(request.getfixturevalue("opensearch")))
        yield _of_pieces(open_engine(url))


def _of_pieces(engine: Engine) -> Engine:
    fill(engine, *PIECES[:9], Document("gone", "Gone"))
    fill(engine, *PIECES[9:])
    with engine.writer() as writer:
        writer.delete("gone")
    return engine


def differences(expected: Engine, found: Engine) -> dict[str, list[str]]:
    """The ids of each kind of difference."""
    with expected.searcher() as first, found.searcher() as second:
        result = compare(first, second)
    kinds = {name: getattr(result, name) for name in ("missing", "superfluous", "different", "moved")}
    assert result.is_same == (not any(listed.count for listed in kinds.values()))
    return {name: listed.ids for name, listed in kinds.items() if listed.count}


def counts(copied: Copied) -> tuple[int, int, int, int, int]:
    return copied.added, copied.changed, copied.unchanged, copied.deleted, copied.superfluous


# --- what is copied ------------------------------------------------------------------------------------------------


def test_every_article_is_the_same_in_the_copy(source: Engine, engine: Engine) -> None:
    copied = copy_archive(source, engine)
    assert counts(copied) == (len(PIECES), 0, 0, 0, 0)
    assert copied.generation == engine.generation()
    assert whole(engine) == whole(source) == sorted(PIECES, key=lambda piece: piece.id)
    assert differences(source, engine) == {}
    assert problems(engine) == []


def test_a_second_run_writes_nothing(source: Engine, engine: Engine) -> None:
    copy_archive(source, engine)
    before = engine.generation()
    assert counts(copy_archive(source, engine, exact=True)) == (0, 0, len(PIECES), 0, 0)
    assert engine.generation() == before


def test_only_what_differs_is_written(source: Engine, engine: Engine) -> None:
    copy_archive(source, engine)
    moved, changed = replace(PIECES[2], source="elsewhere"), replace(PIECES[3], body="Another text.")
    fill(engine, moved, changed, Document("extra", "Only here"))
    with engine.writer() as writer:
        writer.delete(PIECES[4].id)
    assert differences(source, engine) == {
        "missing": [PIECES[4].id], "superfluous": ["extra"], "different": [PIECES[3].id], "moved": [PIECES[2].id],
    }  # fmt: skip
    assert counts(copy_archive(source, engine)) == (1, 2, len(PIECES) - 3, 0, 1)
    assert differences(source, engine) == {"superfluous": ["extra"]}


def test_an_exact_copy_deletes_what_is_only_in_the_other_archive(source: Engine, engine: Engine) -> None:
    fill(engine, *(Document(f"extra {number}", "Only here") for number in range(7)), PIECES[0])
    asked: list[int] = []

    def refuse(count: int) -> bool:
        asked.append(count)
        return False

    assert counts(copy_archive(source, engine, exact=True, confirm=refuse)) == (len(PIECES) - 1, 0, 1, 0, 7)
    assert asked == [7]
    assert counts(copy_archive(source, engine)) == (0, 0, len(PIECES), 0, 7)
    assert counts(copy_archive(source, engine, exact=True)) == (0, 0, len(PIECES), 7, 0)
    assert whole(engine) == whole(source)


def test_an_empty_archive_makes_an_empty_copy_and_empties_none(engine: Engine) -> None:
    empty = fill(open_engine("memory:"))
    assert counts(copy_archive(empty, engine)) == (0, 0, 0, 0, 0)
    assert whole(engine) == []
    fill(engine, *FLOOD)
    with pytest.raises(EngineError, match="an exact copy would leave"):
        copy_archive(empty, engine, exact=True)
    assert counts(copy_archive(empty, engine)) == (0, 0, 0, 0, len(FLOOD))
    assert len(whole(engine)) == len(FLOOD)


def test_what_is_not_there_cannot_be_copied(engine: Engine, tmp_path: Path) -> None:
    for url in ("memory:", f"whoosh:{tmp_path / 'nothing'}"):
        with pytest.raises(IndexMissing):
            copy_archive(open_engine(url), engine)
    with pytest.raises(IndexMissing):
        engine.generation()


def test_an_archive_is_not_copied_onto_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(open_engine("whoosh:archive"), *FLOOD)
    (tmp_path / "linked").symlink_to("archive")
    for url in ("archive", "./archive", f"whoosh:{tmp_path}/archive", "whoosh:linked", "linked/../archive/."):
        with pytest.raises(ConfigError, match="are the same archive"):
            copy_archive(open_engine("whoosh:archive"), open_engine(url), exact=True)
    with pytest.raises(ConfigError, match="are the same archive"):
        copy_archive(open_engine("memory:twice"), open_engine("memory:twice"))
    assert copy_archive(open_engine("archive"), open_engine("other")).added == len(FLOOD)


def test_several_processes_make_the_same_copy(tmp_path: Path) -> None:
    source = fill(open_engine("memory:"), *news(900))
    target = open_engine(f"whoosh:{tmp_path / 'copy'}")
    copy_archive(source, target, workers=2)
    target.close()
    assert whole(target) == whole(source)


@pytest.mark.parametrize("lacking", ["meaning", "snapshot", "transaction"])
def test_what_an_engine_lacks_does_not_matter(source: Engine, engine: Engine, lacking: str) -> None:
    add(source, *PIECES[:3])
    assert counts(copy_archive(CrippledEngine(source, lacking), CrippledEngine(engine, lacking)))[0] == len(PIECES)
    assert whole(engine) == whole(source)
    assert bool(held(engine)) == (lacking != "meaning")


# --- vectors -------------------------------------------------------------------------------------------------------


def test_vectors_go_with_their_articles(source: Engine, engine: Engine) -> None:
    add(source, *PIECES[::2])
    copied = copy_archive(source, engine)
    assert copied.vectors == len(PIECES[::2])
    assert held(engine) == {piece.id for piece in PIECES[::2]}
    with source.searcher() as first, engine.searcher() as second:
        names = [piece.id for piece in PIECES]
        expected, found = first.vectors(MODEL, names), second.vectors(MODEL, names)
    assert all(np.allclose(expected[name], found[name], atol=1e-6) for name in expected)
    before = engine.generation()
    assert copy_archive(source, engine).vectors == 0
    assert engine.generation() == before


def test_vectors_that_are_there_already_stay_and_missing_ones_follow(source: Engine, engine: Engine) -> None:
    add(source, *PIECES)
    fill(engine, *PIECES[:6])
    engine.add_vectors(MODEL, {PIECES[0].content_hash(): some_vectors("its own")})
    assert copy_archive(source, engine).vectors == len(PIECES) - 1
    with engine.searcher() as searcher:
        kept = searcher.vectors(MODEL, [PIECES[0].id])[PIECES[0].id]
    assert np.abs(kept - some_vectors("its own")).max() < 1 / 127


def test_vectors_of_several_models_are_offered_all() -> None:
    source, target = open_engine("memory:"), open_engine("memory:")
    fill(source, *PIECES)
    add(source, *PIECES[:4])
    add(source, *PIECES[2:9], model=OTHER_MODEL)
    assert copy_archive(source, target).vectors == 4 + 7
    assert (len(held(target)), len(held(target, OTHER_MODEL))) == (4, 7)


# --- runs that are cut ---------------------------------------------------------------------------------------------


class _Presses(Silence):
    """Presses Ctrl-C when so many articles have been read."""

    def __init__(self, at: int) -> None:
        self._at = at

    def at(self, read: int, articles: int) -> None:
        assert read == articles
        if articles >= self._at:
            raise KeyboardInterrupt


def test_an_interruption_keeps_what_was_committed_and_counts_it(engine: Engine) -> None:
    interrupt(engine, engine)


def test_an_interruption_keeps_what_cannot_be_taken_back_and_counts_it() -> None:
    engine = open_engine("memory:")
    interrupt(engine, CrippledEngine(engine, "transaction"))


def interrupt(engine: Engine, target: Engine) -> None:
    """Interrupts a copy into `target`, which is `engine` or less, and completes it."""
    pieces = news(2_600, words=5)
    source = fill(open_engine("memory:"), *pieces)
    fill(engine, *(replace(piece, body="old") for piece in pieces[:300]), *pieces[300:400])
    copied = copy_archive(source, target, batch=1_000, show=lambda _: _Presses(2_000))
    assert copied.interrupted
    assert copied.exit_code == 130
    assert copied.unchanged == 100
    with engine.searcher() as searcher:
        assert searcher.status().articles == 400 + copied.added
        fresh = [document for document in whole(engine) if document.body != "old"]
    assert len(fresh) == copied.articles >= 1_000
    assert counts(copy_archive(source, target))[2] == copied.articles
    assert whole(engine) == pieces


def test_an_interrupted_batch_is_not_counted(engine: Engine) -> None:
    pieces = news(900, words=5)
    source = fill(open_engine("memory:"), *pieces)
    fill(engine, *(replace(piece, body="old") for piece in pieces[:50]))
    assert counts(copy_archive(source, engine, show=lambda _: _Presses(500))) == (0, 0, 0, 0, 0)
    assert len(whole(engine)) == 50


def test_another_writer_is_refused_and_nothing_is_lost(source: Engine, engine: Engine) -> None:
    fill(engine, *FLOOD)
    with engine.writer(), pytest.raises(IndexLocked):
        copy_archive(source, engine)
    assert len(whole(engine)) == len(FLOOD)
    assert copy_archive(source, engine).added == len(PIECES)


COPY = """
import sys
from index.copying import copy_archive
from search.engines import open_engine
copy_archive(open_engine(sys.argv[1]), open_engine(sys.argv[2]), batch=1_000)
"""


def articles_of(engine: Engine) -> int:
    try:
        with engine.searcher() as searcher:
            return searcher.status().articles
    except IndexMissing:
        return 0


@contextmanager
def copying(source: Engine, target: Engine) -> Iterator[subprocess.Popen[bytes]]:
    """A process that copies, with a commit every thousand articles."""
    with subprocess.Popen([sys.executable, "-c", COPY, source.url, target.url], env=environment()) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("kind", ["whoosh", "opensearch"])
def test_a_killed_copy_goes_on_where_it_was_cut(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    pieces = news(9_000, words=20)
    source = fill(open_engine(f"whoosh:{tmp_path / 'source'}"), *pieces)
    is_disk = kind == "whoosh"
    target = open_engine(f"whoosh:{tmp_path / 'target'}" if is_disk else request.getfixturevalue("opensearch_archive"))
    reached = 0
    for _ in range(3):
        with copying(source, target) as process:
            end = time.monotonic() + 60
            while articles_of(target) <= reached and process.poll() is None and time.monotonic() < end:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        assert problems(target) == []
        assert articles_of(target) > reached
        reached = articles_of(target)
        assert set(differences(source, target)) <= {"missing"}
    copied = copy_archive(source, target)
    assert copied.unchanged == reached
    assert copied.added == len(pieces) - reached
    assert whole(target) == whole(source)
    assert problems(target) == []


def test_damage_in_the_first_archive_is_an_error_and_not_a_smaller_copy(tmp_path: Path) -> None:
    source = fill(open_engine(f"whoosh:{tmp_path / 'source'}"), *news(300))
    [segment] = [path for path in (tmp_path / "source").iterdir() if path.stat().st_size > 200_000]
    size = segment.stat().st_size
    refused = 0
    for place in range(size // 16, size, size // 16):
        raw = bytearray(segment.read_bytes())
        damaged = raw.copy()
        damaged[place : place + 2_000] = bytes(byte ^ 0xA5 for byte in damaged[place : place + 2_000])
        segment.write_bytes(damaged)
        target = open_engine("memory:")
        try:
            with open_engine(source.url).searcher() as searcher:
                sound = audit(searcher).is_sound
            copy_archive(open_engine(source.url), target)
        except EngineError:
            refused += 1
        else:
            assert not sound or whole(target) == news(300)
        segment.write_bytes(raw)
    assert refused


# --- the command ---------------------------------------------------------------------------------------------------


def invoke(runner: CliRunner, *arguments: str, input: str | None = None) -> Result:
    return runner.invoke(main, arguments, input=input)


def test_the_command_says_what_it_did_and_verifies(runner: CliRunner) -> None:
    fill(open_engine("a"), *PIECES)
    add(open_engine("a"), PIECES[0])
    said = invoke(runner, "copy", "a", "whoosh:b")
    assert said.exit_code == 0
    assert said.stdout.startswith(f"added {len(PIECES)}, changed 0, unchanged 0, deleted 0 in ")
    assert said.stdout.endswith(f"vectors of 1 article\nverified: {len(PIECES)} articles, each the same in both\n")
    assert said.stderr == ""
    answer = json.loads(invoke(runner, "copy", "a", "b", "--json").stdout)
    assert (answer["from"], answer["to"]) == ("whoosh:a", "whoosh:b")
    assert (answer["unchanged"], answer["verified"]["same"]) == (len(PIECES), len(PIECES))
    assert json.loads(invoke(runner, "copy", "a", "b", "--json", "--no-verify").stdout)["verified"] is None


def test_the_command_asks_before_it_deletes(runner: CliRunner) -> None:
    fill(open_engine("a"), *PIECES)
    fill(open_engine("b"), *FLOOD, *PIECES)
    said = invoke(runner, "copy", "a", "b")
    assert said.exit_code == 0
    assert "5 articles only in the second index: --exact would delete them" in said.stdout
    assert said.stdout.endswith(f"{len(PIECES)} articles, each the same in both; 5 more in the second index\n")
    for answer in ("n\n", ""):
        said = invoke(runner, "copy", "a", "b", "--exact", input=answer)
        assert said.exit_code == 1
        assert "delete 5 from whoosh:b that are not in the other index?" in said.stderr
        assert "only in the second index: body\n" in said.stdout
        assert len(whole(open_engine("b"))) == len(PIECES) + 5
    assert invoke(runner, "copy", "a", "b", "--exact", input="y\n").exit_code == 0
    assert whole(open_engine("b")) == whole(open_engine("a"))
    fill(open_engine("b"), *FLOOD)
    assert "deleted 5 " in invoke(runner, "copy", "a", "b", "--exact", "--yes").stdout


def test_the_command_does_not_empty_an_archive_by_mistake(runner: CliRunner) -> None:
    fill(open_engine("empty"))
    fill(open_engine("b"), *FLOOD)
    said = invoke(runner, "copy", "empty", "b", "--exact", "--yes")
    assert said.exit_code == 1
    assert said.stderr == "error: whoosh:empty holds no article; an exact copy would leave whoosh:b empty\n"
    assert len(whole(open_engine("b"))) == len(FLOOD)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("copy",), 2, "missing argument 'FROM'"),
        (("copy", "a"), 2, "missing argument 'TO'"),
        (("copy", "a", "a"), 2, "whoosh:a and whoosh:a are the same archive; name two"),
        (("copy", "a", "./a"), 2, "are the same archive"),
        (("copy", "nothing", "b"), 1, "there is no index at nothing"),
        (("copy", "a", "nosuch:b"), 2, "there is no engine 'nosuch'"),
        (("copy", "a", ""), 2, "must not be empty"),
        (("copy", "", "b"), 2, "must not be empty"),
        (("copy", "a", "b\nc"), 2, "must not hold control characters"),
        (("copy", "a", "b" * 3_000), 2, "2000"),
        (("copy", "a", "b", "--workers", "99"), 2, "99"),
        (("copy", "file:///etc/passwd", "b"), 2, "there is no engine 'file'"),
    ],
)
def test_mistakes_are_told_in_one_line(runner: CliRunner, arguments: tuple[str, ...], code: int, message: str) -> None:
    fill(open_engine("a"), *FLOOD)
    said = invoke(runner, *arguments)
    assert said.exit_code == code, said.output
    assert said.stderr.startswith("error: ")
    assert message in said.stderr
    assert not Path("b").exists()


def test_ctrl_c_keeps_what_was_committed_and_the_next_run_goes_on(tmp_path: Path) -> None:
    pieces = news(9_000, words=120)
    fill(open_engine(f"whoosh:{tmp_path / 'a'}"), *pieces)
    fill(open_engine(f"whoosh:{tmp_path / 'b'}"), *pieces[:100])
    terminal = Terminal(tmp_path, "copy", "a", "b", "--workers", "1")
    terminal.read_until(lambda text: articles_shown(text) > 1_000)
    os.kill(terminal.process.pid, signal.SIGINT)
    code, out = terminal.finish()
    assert code == 130
    assert out.startswith("interrupted; what was committed before is kept: added 0, changed 0, unchanged 100,")
    assert "Traceback" not in terminal.text
    again = Terminal(tmp_path, "copy", "a", "b")
    code, out = again.finish()
    assert code == 0
    assert out.startswith("added 8,900, changed 0, unchanged 100, deleted 0 in ")
    assert "verified: 9,000 articles, each the same in both\n" in out
    quiet = Terminal(tmp_path, "copy", "a", "b", "--quiet")
    assert quiet.finish()[0] == 0
    assert quiet.text == ""
