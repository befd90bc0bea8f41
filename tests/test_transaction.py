"""What a transaction of the engine on disk does to the files: nothing before the commit, nothing left over after it."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from archives import answers, ask, exact, fill, ids, news, stamps_of
from click.testing import CliRunner
from steady import comes_true

from search.commands import main
from search.document import Document
from search.engines import ENGINES, open_engine
from search.engines.disk import open_directory
from search.engines.disk.format import container
from search.engines.disk.format.arrays import starts_of
from search.engines.disk.format.manifest import NAME, PREVIOUS_NAME, Manifest, read_manifest
from search.engines.disk.writing import merge_policy, pipeline
from search.engines.disk.writing.merge_policy import MAX_ARTICLES, SegmentSize, find_forced_merges, find_merges
from search.engines.disk.writing.merge_scheduler import run_merges
from search.engines.disk.writing.pending_segment import PendingSegment
from search.engines.disk.writing.pipeline import Batch, BatchBuilder, BuilderPool, Pipeline
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.engines.plan import FacetPlan, Plan, TimelinePlan
from search.engines.protocols import Engine, ParallelWriting, Phase, Writer
from search.errors import EngineError, IndexDamaged, IndexMissing, IndexVersionError

CONTENT = tuple(Document(f"{n:03}", f"word{n} common", "a body of text " * 5, tags=(f"t{n}",)) for n in range(60))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An index of two segments."""
    engine = open_directory(str(tmp_path / "archive"))
    fill(engine, *CONTENT[:40])
    fill(engine, *CONTENT[40:])
    return tmp_path / "archive"


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def listed(directory: Path) -> set[str]:
    """The files that may lie in the directory: those of the newest commit and of the one before, and our own."""
    manifests = [read_manifest(directory), read_manifest(directory, PREVIOUS_NAME)]
    files = {file.name for manifest in manifests for file in manifest.files()}
    return files | {NAME, PREVIOUS_NAME, "backfile.lock"}


def state(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != "backfile.lock"}


# --- files ---------------------------------------------------------------------------------------------------------


def test_nothing_is_visible_before_the_commit(directory: Path) -> None:
    before = read_manifest(directory)
    with open_directory(str(directory)).writer() as writer:
        for number in range(200):
            writer.add(Document(f"new{number}", "more"))
        writer.delete("000")
        assert read_manifest(directory) == before
    assert read_manifest(directory).number == before.number + 1
    assert read_manifest(directory, PREVIOUS_NAME) == before
    assert read_manifest(directory).articles == 259


def test_only_the_newest_commit_and_the_one_before_have_files(directory: Path) -> None:
    engine = open_directory(str(directory))
    for number in range(12):
        with engine.writer() as writer:
            writer.add(Document(f"x{number}", "more"))
            writer.delete(f"{number:03}")
        assert names(directory) == listed(directory)
    assert list(engine.check()) == []


def test_a_transaction_that_changes_nothing_writes_nothing(directory: Path) -> None:
    before = state(directory)
    with open_directory(str(directory)).writer() as writer:
        assert not writer.delete("not there")
    assert state(directory) == before


def test_a_roll_back_leaves_the_files_as_they_were(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(directory)
    monkeypatch.setattr("search.engines.disk.writing.segment_writer.MEMORY_BYTES", 1)
    engine = open_directory(str(directory))

    def fail() -> None:
        with engine.writer() as writer:
            for number in range(30):
                writer.add(Document(f"new{number}", "lost"))
            writer.delete("001")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert state(directory) == before
    fill(engine, Document("after", "more"))
    assert ids(ask(engine, exact("lost"))) == []


def test_the_next_writer_sweeps_what_a_killed_one_left(directory: Path) -> None:
    left = ("0123456789abcdef.segment", "0123456789abcdef.7.deleted", "_MAIN_99.toc", "backfile.json.new")
    for name in left:
        (directory / name).write_bytes(b"half")
    (directory / "data-0123456789abcdef").mkdir()
    (directory / "data-0123456789abcdef" / "old.seg").write_bytes(b"of format version 1")
    strange = {"notes.txt", "mine.segment", "data-of-mine"}
    for name in strange:
        (directory / name).write_bytes(b"of somebody else")
    fill(open_directory(str(directory)), Document("new", "one"))
    assert names(directory) == listed(directory) | strange


def test_replacing_starts_over_and_keeps_the_commit_before_for_its_readers(directory: Path) -> None:
    engine = open_directory(str(directory))
    before = read_manifest(directory)
    with engine.searcher() as reader, engine.writer(replace=True) as writer:
        writer.add(Document("000", "new"))
        writer.add(Document("a", "new"))
        assert reader.document("001") == CONTENT[1]
    after = read_manifest(directory)
    assert after.articles == 2
    assert not {file.name for file in after.files()} & {file.name for file in before.files()}
    assert {file.name for file in before.files()} <= names(directory)
    fill(engine, Document("b", "more"))
    assert not {file.name for file in before.files()} & names(directory)


def test_an_index_that_cannot_be_read_is_replaced_only(directory: Path) -> None:
    open_directory(str(directory)).keep_whoosh_toc(True)
    manifest = directory / NAME
    manifest.write_text(manifest.read_text().replace('"generation"', '"generatoin"'))
    engine = open_directory(str(directory))
    before = state(directory)
    with pytest.raises(IndexDamaged):
        engine.writer()
    with pytest.raises(RuntimeError), engine.writer(replace=True):
        raise RuntimeError
    assert state(directory) == before, "what may be needed to repair it is kept"
    with engine.writer(replace=True) as writer:
        writer.add(Document("a", "new"))
    assert ask(engine).total == 1
    assert list(engine.check()) == []
    assert read_manifest(directory).number > 2, "higher than any a file is named after"


def test_an_index_of_another_version_is_replaced_only(directory: Path) -> None:
    manifest = directory / NAME
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"version": 1}))
    engine = open_directory(str(directory))
    with pytest.raises(IndexVersionError, match="--rebuild"):
        engine.writer()
    with engine.writer(replace=True) as writer:
        writer.add(Document("a", "new"))
    assert ids(ask(engine)) == ["a"]


def test_an_article_comes_back_after_it_was_deleted_in_the_same_transaction(directory: Path) -> None:
    engine = open_directory(str(directory))
    with engine.writer() as writer:
        assert writer.delete("000")
        writer.add(Document("000", "back"))
        writer.add(Document("001", "passing"))
        assert writer.delete("001")
        assert not writer.delete("001")
    assert ids(ask(engine, exact("back"))) == ["000"]
    assert ask(engine).total == 59
    assert list(engine.check()) == []


def test_of_an_article_added_several_times_the_last_copy_is_found(directory: Path) -> None:
    copies = [Document("000", f"copy{number}") for number in range(4)]
    engine = fill(open_directory(str(directory)), *copies, Document("x", "other"))
    with engine.searcher() as searcher:
        assert searcher.document("000") == copies[-1]
        assert searcher.document("000") == copies[-1]
        assert searcher.terms("copy", 9) == [("copy3", 1)]
    assert list(engine.check()) == []


def test_equal_hashes_of_different_ids_delete_nothing(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = PendingSegment(directory, read_manifest(directory).segments[0])
    hashes = segment.container.array("id.hashes").copy()
    monkeypatch.setattr("search.engines.disk.format.layout.text_hash", lambda _: int(hashes[3]))
    assert not segment.delete_id("nobody")
    name = segment._ids[int(segment.container.array("id.docs")[3])]
    assert segment.delete_id(name)
    assert not segment.delete_id(name)
    assert np.count_nonzero(segment.live) == 39


def test_thousands_of_articles_are_replaced_at_once(tmp_path: Path) -> None:
    engine = open_directory(str(tmp_path / "archive"))
    articles = news(1000, 40)
    for start in range(0, 1000, 250):
        fill(engine, *articles[start : start + 250])
    changed = [replace(article, title=f"{article.title} changed") for article in articles[100:900]]
    fill(engine, *changed)
    assert answers(engine) == answers(fill(open_engine("memory:"), *articles[:100], *articles[900:], *changed))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_long_transaction_keeps_the_last_of_each_article_wherever_the_earlier_ones_are(
    workers: int, staffed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SegmentWriter, "is_full", property(lambda writer: writer.articles >= 7))
    choice = random.Random(workers)
    expected: dict[str, str] = {}
    assert isinstance(staffed, ParallelWriting)
    for _ in range(3):
        with staffed.parallel_writer(workers=workers) as writer:
            for step in range(400):
                name = f"{choice.randrange(90)}"
                if choice.random() < 0.2:
                    assert writer.delete(name) == (expected.pop(name, None) is not None)
                else:
                    expected[name] = f"step {step}"
                    writer.add(Document(name, expected[name]))
        with staffed.searcher() as searcher:
            assert {document.id: document.title for document in searcher.articles()} == expected


def test_half_an_article_is_in_no_later_commit(directory: Path) -> None:
    engine = open_directory(str(directory))
    with pytest.raises(AttributeError), engine.writer() as writer:
        writer.add(Document("half", 7))  # type: ignore[arg-type]
    fill(engine, Document("whole", "one"))
    with engine.searcher() as searcher:
        assert searcher.document("half") is None
        assert len(stamps_of(searcher)) == 61
    assert list(engine.check()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_searcher_that_follows_the_commits_holds_only_the_files_of_the_newest(directory: Path) -> None:
    reading, writing = open_directory(str(directory)), open_directory(str(directory))
    searcher = reading.searcher()
    for number in range(60):
        with writing.writer() as writer:
            for article in range(5):
                writer.add(Document(f"{(number * 5 + article) % 80:03}", f"anew{number} common"))
        newer = reading.searcher()
        searcher.close()
        searcher = newer
        assert searcher.search(Plan(exact("common"), facets=(FacetPlan("tag", 3),), timeline=TimelinePlan())).total
    del writer
    committed = {entry.file.name for entry in read_manifest(directory).segments}
    maps = Path("/proc/self/maps").read_text().splitlines()
    assert {line.split("/")[-1] for line in maps if str(directory) in line} == committed
    assert open_files(directory) == committed
    searcher.close()
    del searcher, newer
    assert open_files(directory) == set()


def open_files(directory: Path) -> set[str]:
    """The files of a directory that this process has open."""
    targets = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {target.rpartition("/")[2] for target in targets if target.startswith(str(directory))}


def test_starts_that_do_not_fit_four_bytes_are_not_written() -> None:
    assert starts_of(np.array([1 << 31, (1 << 31) - 1]), np.uint32).tolist() == [0, 1 << 31, (1 << 32) - 1]
    with pytest.raises(EngineError, match="more words or values"):
        starts_of(np.array([1 << 31, 1 << 31]), np.uint32)


# --- merging -------------------------------------------------------------------------------------------------------


def test_small_commits_do_not_accumulate_segments(tmp_path: Path) -> None:
    engine = open_directory(str(tmp_path / "archive"))
    for number in range(40):
        fill(engine, Document(f"{number:02}", "common"))
        assert len(read_manifest(tmp_path / "archive").segments) <= 4
    assert ask(engine, exact("common"), limit=0).total == 40


def test_merging_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_policy, "SMALLEST_TIER", 10)
    merged, memory = open_directory(str(tmp_path / "merged")), open_engine("memory:")
    articles = news(150, 40)
    for start in range(0, 150, 6):
        for engine in (merged, memory):
            with engine.writer() as changes:
                for document in articles[start : start + 6]:
                    changes.add(document)
                changes.delete(f"{start // 2:04}")
    assert answers(merged) == answers(memory)
    assert list(merged.check()) == []
    assert 1 < len(read_manifest(tmp_path / "merged").segments) < 14


def test_a_segment_that_is_mostly_deleted_is_rewritten_without_its_deletions(tmp_path: Path) -> None:
    engine = fill(open_directory(str(tmp_path / "x")), *(Document(f"{n:02}", f"secret{n:02}") for n in range(20)))
    with engine.writer() as changes:
        for number in range(19):
            changes.delete(f"{number:02}")
    fill(engine, Document("new", "other"))
    content = b"".join(path.read_bytes() for path in (tmp_path / "x").iterdir())
    assert b"secret19" in content
    assert b"secret07" not in content
    assert ask(engine).total == 2


def test_a_damaged_segment_is_not_merged(tmp_path: Path) -> None:
    engine = open_directory(str(tmp_path / "archive"))
    for number in range(3):
        fill(engine, Document(str(number), "common"))
    segment = tmp_path / "archive" / read_manifest(tmp_path / "archive").segments[0].file.name
    with segment.open("r+b") as stream:
        stream.seek(container._HEADER.size)
        stream.write(b"\xff")
    before = state(tmp_path / "archive")
    with pytest.raises(IndexDamaged, match="checksum"):
        fill(engine, Document("more", "common"))
    assert state(tmp_path / "archive") == before


def sizes_after(commits: int, each: int) -> tuple[list[int], int]:
    """The segments after so many commits, and how many articles were written in all."""
    sizes: list[int] = []
    written = 0
    for _ in range(commits):
        sizes.append(each)
        written += each
        groups = find_merges([SegmentSize(size, size) for size in sizes])
        merged = [sum(sizes[number] for number in group) for group in groups]
        written += sum(merged)
        gone = {number for group in groups for number in group}
        sizes = [size for number, size in enumerate(sizes) if number not in gone] + merged
    return sizes, written


@pytest.mark.parametrize(("commits", "each"), [(1000, 1), (1000, 1000), (100, 10_000), (25, 40_000)])
def test_articles_are_rewritten_a_few_times_and_segments_stay_few(commits: int, each: int) -> None:
    sizes, written = sizes_after(commits, each)
    assert sum(sizes) == commits * each
    assert len(sizes) <= 16
    tiers = np.log(max(4, commits * each / max(each, merge_policy.SMALLEST_TIER))) / np.log(4)
    small = merge_policy.SMALLEST_TIER / each / 2 if each < merge_policy.SMALLEST_TIER else 0
    assert written / (commits * each) <= 2 + tiers + small


def test_no_merge_makes_a_segment_too_large() -> None:
    large = SegmentSize(MAX_ARTICLES // 3, MAX_ARTICLES // 3)
    assert find_merges([large] * 6) == []
    assert find_forced_merges([large] * 7) == [(0, 1, 2), (3, 4, 5)]
    assert find_merges([SegmentSize(MAX_ARTICLES, MAX_ARTICLES)] * 9) == []


def test_segments_with_many_deletions_are_rewritten_and_empty_ones_dropped() -> None:
    assert find_merges([SegmentSize(1000, 590), SegmentSize(1000, 610), SegmentSize(10, 0)]) == [(0,)]
    assert find_forced_merges([SegmentSize(1000, 1000), SegmentSize(10, 0)]) == []
    assert find_forced_merges([SegmentSize(1000, 999)]) == [(0,)]


def test_the_result_of_a_merge_is_merged_with_its_tier_at_once() -> None:
    sizes = [SegmentSize(size, size) for size in (500, 500, 500, 500, 2000, 2000, 2000)]
    assert find_merges(sizes) == [tuple(range(7))]


def test_optimizing_leaves_one_segment_without_deleted_articles(directory: Path) -> None:
    engine = open_directory(str(directory))
    with engine.writer() as writer:
        writer.delete("007")
    phases: list[tuple[Phase, int, int]] = []
    before = read_manifest(directory)
    done = engine.optimize(progress=lambda *told: phases.append(told))
    assert (done.articles, done.segments) == (59, (2, 1))
    assert done.size_bytes == (before.size_bytes(), read_manifest(directory).size_bytes())
    assert ("merging", 59, 59) in phases
    assert [segment.deleted for segment in read_manifest(directory).segments] == [0]
    generation = engine.generation()
    assert engine.optimize().segments == (1, 1)
    assert engine.generation() == generation, "there was nothing to do"
    assert list(engine.check()) == []


def test_optimizing_makes_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        open_directory(str(tmp_path / "none")).optimize()
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_optimizing_has_done(
    directory: Path, runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "whoosh", open_directory)
    first = runner.invoke(main, ["optimize", "--index", f"whoosh:{directory}"])
    assert first.exit_code == 0
    assert "articles    60\nsegments    2, now 1\nsize " in first.output
    again = runner.invoke(main, ["optimize", "--index", f"whoosh:{directory}", "--json"])
    assert json.loads(again.output)["segments"] == [1, 1]
    absent = runner.invoke(main, ["optimize", "--index", f"whoosh:{directory}/none"])
    assert (absent.exit_code, "there is no index" in absent.output) == (1, True)
    assert runner.invoke(main, ["optimize", "--index", "memory:"]).exit_code == 2


# --- failing half-way ----------------------------------------------------------------------------------------------


def in_a_process(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs code of its own beside the tests, with whose limits it may do as it likes."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parent,
    )  # fmt: skip


FULL_DISK = """
import resource, signal, sys
from search.document import Document
from search.engines.disk import open_directory
from search.errors import EngineError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
engine = open_directory(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with engine.writer(replace=sys.argv[3] == "replace") as writer:
        for number in range(300):
            writer.add(Document(f"n{number}", "lost", " ".join(f"w{n}" for n in range(number, number + 300))))
except EngineError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize("way", ["add", "replace"])
@pytest.mark.parametrize("limit", [10, 5_000, 60_000])
def test_a_full_disk_loses_nothing_that_was_committed(directory: Path, limit: int, way: str) -> None:
    before = state(directory)
    run = in_a_process(FULL_DISK, directory, limit, way)
    assert "larger than the system allows" in run.stdout, run.stderr
    assert state(directory) == before
    engine = open_directory(str(directory))
    assert list(engine.check()) == []
    fill(engine, Document("after", "one"))
    assert ask(engine).total == 61


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nothing can be made in the directory, not even by root where the system has a flag for that."""
    if os.geteuid() != 0:
        directory.chmod(0o555)
    elif subprocess.run(["chattr", "+i", directory], capture_output=True, check=False).returncode:
        pytest.skip("this user may write everywhere")
    try:
        yield
    finally:
        if os.geteuid() != 0:
            directory.chmod(0o755)
        else:
            subprocess.run(["chattr", "-i", directory], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are of another kind")
def test_a_directory_that_cannot_be_written_costs_nothing(directory: Path) -> None:
    before = state(directory)
    engine = open_directory(str(directory))
    with read_only(directory), pytest.raises(EngineError, match="check who owns it"):
        fill(engine, Document("x", "lost"))
    assert state(directory) == before
    fill(engine, Document("x", "kept"))
    assert ask(engine).total == 61


def test_a_directory_that_goes_away_is_an_error(directory: Path) -> None:
    engine = open_directory(str(directory))

    def fill_what_goes_away() -> None:
        with engine.writer() as writer:
            writer.add(Document("x", "lost"))
            directory.rename(directory.with_name("elsewhere"))

    with pytest.raises(EngineError):
        fill_what_goes_away()
    assert ask(open_directory(str(directory.with_name("elsewhere")))).total == 60


def test_a_segment_of_another_size_than_was_committed_stops_the_writer_at_its_start(directory: Path) -> None:
    entry = read_manifest(directory).segments[0]
    for wrong in (replace(entry, articles=41), replace(entry, file=replace(entry.file, size=entry.file.size + 1))):
        with pytest.raises(IndexDamaged, match=r"another number of articles|another size"):
            PendingSegment(directory, wrong).require_there()
    with pytest.raises(IndexDamaged, match="not the file that was committed"):
        PendingSegment(directory, replace(entry, file=replace(entry.file, crc32=1))).require_there()


def test_one_failed_merge_of_several_ends_the_others_and_is_raised(tmp_path: Path) -> None:
    directory = tmp_path / "archive"
    for number in range(4):
        fill(open_directory(str(tmp_path / str(number))), *news(50, 5)[number * 10 : number * 10 + 10])
    directory.mkdir()
    entries = []
    for number in range(4):
        (entry,) = read_manifest(tmp_path / str(number)).segments
        (tmp_path / str(number) / entry.file.name).rename(directory / entry.file.name)
        entries.append(entry)
    with (directory / entries[0].file.name).open("r+b") as stream:
        stream.seek(container._HEADER.size)
        stream.write(b"\xff")
    told: list[tuple[int, int]] = []
    groups = [[PendingSegment(directory, entry) for entry in pair] for pair in (entries[:2], entries[2:])]
    with pytest.raises(IndexDamaged, match="checksum"):
        run_merges(directory, groups, 2, lambda *now: told.append(now))
    assert all(total == 40 for _, total in told)
    sound, other = (PendingSegment(directory, entry) for entry in entries[2:])
    (merged,) = run_merges(directory, [[sound, other]], 2, lambda *now: told.append(now))
    assert (merged.articles, told[-1]) == (20, (20, 20))


# --- several processes ---------------------------------------------------------------------------------------------


@pytest.fixture
def staffed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that takes other processes for anything."""
    monkeypatch.setattr(pipeline, "START_ARTICLES", 20)
    monkeypatch.setattr(pipeline, "JOIN_ARTICLES", 5)
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", 10)
    engine = open_directory(str(tmp_path / "staffed"))
    yield engine
    engine.close()
    assert workers() == []


def workers() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid]


def manifest_of(engine: Engine) -> Manifest:
    return read_manifest(Path(engine.url.removeprefix("whoosh://")))


def parallel_writer(engine: Engine, workers: int) -> Writer:
    return engine.parallel_writer(workers=workers) if isinstance(engine, ParallelWriting) else engine.writer()


def write_history(engine: Engine, workers: int = 1) -> None:
    """Several transactions with articles added, added again, replaced and deleted."""
    articles = news(400, 40)
    for start in (0, 200):
        with parallel_writer(engine, workers) as writer:
            for article in articles[start : start + 200]:
                writer.add(replace(article, title="passing"))
                writer.add(article)
            for number in range(start, start + 200, 9):
                assert writer.delete(f"{number:04}")
            writer.add(articles[0])


def test_what_is_found_does_not_depend_on_the_processes(staffed: Engine, tmp_path: Path) -> None:
    write_history(staffed, workers=2)
    assert len(workers()) == 2, "they wait for more to do"
    alone, memory = open_directory(str(tmp_path / "alone")), open_engine("memory:")
    write_history(alone)
    write_history(memory)
    assert answers(staffed) == answers(alone) == answers(memory)
    assert list(staffed.check()) == []
    assert names(tmp_path / "staffed") == listed(tmp_path / "staffed")


def test_small_transactions_need_no_other_process(tmp_path: Path) -> None:
    engine = open_directory(str(tmp_path / "archive"))
    with engine.parallel_writer(workers=4) as writer:
        writer.add(CONTENT[0])
    assert workers() == []


def test_processes_end_with_their_engine(staffed: Engine) -> None:
    with staffed.parallel_writer(workers=3) as writer:
        for article in news(100, 40):
            writer.add(article)
    running = workers()
    assert len(running) == 3
    staffed.close()
    assert workers() == []
    fill(staffed, Document("x", "one"))
    assert ask(staffed).total == 101


@pytest.mark.parametrize("when", ["while articles are added", "before the commit"])
def test_a_killed_process_is_an_error_and_costs_nothing(staffed: Engine, tmp_path: Path, when: str) -> None:
    fill(staffed, *CONTENT)
    before = state(tmp_path / "staffed")

    def lose_a_process() -> None:
        with staffed.parallel_writer(workers=2) as writer:
            for number, article in enumerate(news(3000, 40)):
                writer.add(article)
                if number == 200 and when == "while articles are added":
                    os.kill(workers()[0], signal.SIGKILL)
            os.kill(workers()[0], signal.SIGKILL)

    with pytest.raises(EngineError, match=r"killed by signal 9.*nothing was changed"):
        lose_a_process()
    assert workers() == [], "the other has ended too"
    assert state(tmp_path / "staffed") == before
    with staffed.parallel_writer(workers=2) as writer:
        for article in news(100, 40):
            writer.add(article)
    assert ask(staffed).total == 160


def test_an_article_another_process_cannot_build_fails_the_transaction(staffed: Engine) -> None:
    def add_a_bad_one() -> None:
        with staffed.parallel_writer(workers=2) as writer:
            for article in news(100, 40):
                writer.add(article)
            writer.add(Document("bad", "two", headings=("not a heading",)))  # type: ignore[arg-type]

    with pytest.raises(AttributeError):
        add_a_bad_one()
    with pytest.raises(IndexMissing):
        staffed.searcher()


def test_a_full_disk_is_reported_from_another_process(staffed: Engine, tmp_path: Path) -> None:
    fill(staffed, *CONTENT)
    before = state(tmp_path / "staffed")

    def lose_the_directory() -> None:
        with staffed.parallel_writer(workers=2) as writer:
            for article in news(100, 40):
                writer.add(article)
            for process in workers():
                limit(process, 1000)

    def limit(process: int, most: int) -> None:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    if not hasattr(resource, "prlimit"):
        pytest.skip("limits of other processes cannot be set here")
    with pytest.raises(EngineError):
        lose_the_directory()
    assert state(tmp_path / "staffed") == before


ORPHANS = """
import os, signal, sys, time
from multiprocessing import active_children
from search.document import Document
from search.engines.disk.writing import pipeline
from search.engines.disk import open_directory

if __name__ == "__main__":
    pipeline.START_ARTICLES = 10
    writer = open_directory(sys.argv[1]).parallel_writer(workers=2).__enter__()
    for number in range(600):
        writer.add(Document(str(number), "word"))
    try:
        print(*[child.pid for child in active_children()], flush=True)
        if sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    except KeyboardInterrupt:
        print(sum(child.is_alive() for child in active_children()), flush=True)
        writer.__exit__(None, None, None)
"""


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
def test_processes_die_with_the_one_that_writes(tmp_path: Path) -> None:
    (tmp_path / "orphans.py").write_text(ORPHANS)
    run = in_a_process(f"import runpy; runpy.run_path({str(tmp_path / 'orphans.py')!r}, run_name='__main__')",
                       tmp_path / "archive", "kill")  # fmt: skip
    children = [int(part) for part in run.stdout.split()]
    assert len(children) == 2, run.stderr
    assert comes_true(lambda: not any(map(is_running, children)))
    with pytest.raises(IndexMissing):
        open_directory(str(tmp_path / "archive")).searcher()
    fill(open_directory(str(tmp_path / "archive")), Document("a", "one"))
    assert len(list((tmp_path / "archive").glob("*.segment"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a group of processes cannot be interrupted there")
def test_ctrl_c_reaches_the_writing_process_alone(tmp_path: Path) -> None:
    (tmp_path / "orphans.py").write_text(ORPHANS)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "orphans.py", tmp_path / "archive", "wait"],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert len(process.stdout.readline().split()) == 2
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert rest.strip() == "2"
    assert process.returncode == 0
    assert ask(open_directory(str(tmp_path / "archive"))).total == 600


def test_a_builder_writes_a_segment_whenever_its_memory_is_full_and_what_is_left_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "SegmentWriter", partial(SegmentWriter, memory_bytes=60_000))
    build = BatchBuilder()
    for first in (0, 1_000):  # two transactions: nothing of the first is in the second
        batches = [news(120, 40)[start : start + 40] for start in (0, 40, 80)]
        built = [build(Batch(tmp_path, first + 40 * number, batch)) for number, batch in enumerate(batches)]
        built.append(build(Batch(tmp_path, first + 120, ())))
        assert [each.articles for each in built] == [40, 40, 40, 0]
        segments = [segment for each in built for segment in each.segments]
        assert len(segments) > 2
        assert len(built[-1].segments) == 1
        numbers = np.concatenate([segment.numbers for segment in segments])
        assert numbers.tolist() == list(range(first, first + 120))
        assert [segment.entry.articles for segment in segments] == [len(segment.numbers) for segment in segments]


def test_every_article_comes_back_in_a_segment_however_small_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "START_ARTICLES", 0)
    monkeypatch.setattr(pipeline, "JOIN_ARTICLES", 0)
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", 1)
    told: list[tuple[int, int]] = []
    builders = BuilderPool()
    try:
        for _ in range(2):
            told.clear()
            building = Pipeline(tmp_path, builders, 2)
            assert [building.add(Document(str(number), "word")) for number in range(40)] == list(range(40))
            building.finish(lambda *now: told.append(now))
            segments = building.segments
            numbers = np.concatenate([segment.numbers for segment in segments])
            assert sorted(numbers.tolist()) == list(range(40))
            assert sum(segment.entry.articles for segment in segments) == 40
            assert told == sorted(told)
            assert told[-1] == (40, 40)
    finally:
        builders.close()


def test_progress_goes_through_the_phases(staffed: Engine) -> None:
    told: list[tuple[Phase, int, int]] = []
    for start in range(0, 400, 100):
        with staffed.parallel_writer(workers=2, progress=lambda *now: told.append(now)) as writer:
            for article in news(400, 40)[start : start + 100]:
                writer.add(article)
    assert {"building", "merging", "committing"} == {phase for phase, _, _ in told}
    assert ("building", 100, 100) in told
    assert any(phase == "merging" and done == total > 0 for phase, done, total in told)
    assert all(done <= total for _, done, total in told)
    assert manifest_of(staffed).articles == 400
