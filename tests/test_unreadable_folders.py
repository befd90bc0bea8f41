"""What is promised of folders and files that cannot be read in a run: nothing of them is deleted, and it is said."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.indexer import Indexer
from index.report import Report
from index.sources import find_sources
from search.engines import open_engine
from search.engines.protocols import Engine

NOBODY = 65_534
LINE = '{"id": "%s", "title": "Title %s", "body": "Text of %s."}\n'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach, with articles in it and in a folder below."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    (place / "below").mkdir()
    for name in ("a", "b", "below/c", "below/d"):
        (place / f"{name}.jsonl").write_text(LINE.replace("%s", Path(name).name), "utf-8")
    yield place
    for each in (place, place / "below"):
        each.chmod(0o755)
    shutil.rmtree(place)


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """The superuser may read everything, so it is another user meanwhile."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def run(engine: Engine, folder: Path) -> Report:
    # What is needed is loaded before, since the other user may not be able to read the interpreter's own files.
    Indexer(open_engine("memory:")).run(find_sources(folder), dry_run=True)
    with an_ordinary_user():
        return Indexer(engine).run(find_sources(folder), roots=[str(folder)], prune=True)


def ids(engine: Engine) -> list[str]:
    with engine.searcher() as searcher:
        return sorted(document.id for document in searcher.articles())


@pytest.mark.parametrize("rights", [0o000, 0o444])
def test_nothing_is_deleted_of_a_folder_that_may_not_be_read(folder: Path, rights: int) -> None:
    engine = open_engine("memory:")
    assert run(engine, folder).added == 4
    (folder / "b.jsonl").unlink()
    (folder / "below").chmod(rights)
    report = run(engine, folder)
    assert (report.unchanged, report.deleted, report.failed, report.exit_code) == (1, 0, 1, 3)
    assert report.failures[0].origin == str(folder / "below")
    assert "cannot be read (permission denied)" in report.failures[0].text
    assert ids(engine) == ["a", "b", "c", "d"]
    (folder / "below").chmod(0o755)
    assert run(engine, folder).deleted == 1
    assert ids(engine) == ["a", "c", "d"]


def test_nothing_is_deleted_of_the_whole_folder_if_it_may_not_be_read(folder: Path) -> None:
    engine = open_engine("memory:")
    run(engine, folder)
    folder.chmod(0o311)
    report = run(engine, folder)
    assert (report.deleted, [failure.text for failure in report.failures]) == (
        0, ["cannot be read (permission denied); the articles that came from it are kept"],
    )  # fmt: skip
    folder.chmod(0o755)


def test_a_folder_to_which_no_way_leads_is_reported(folder: Path) -> None:
    (folder / "below" / "deep").mkdir()
    (folder / "below").chmod(0o000)
    report = run(open_engine("memory:"), folder / "below" / "deep")
    assert [failure.text for failure in report.failures] == ["cannot be read (permission denied)"]


def test_a_file_that_is_known_by_what_is_in_it_is_reported_if_it_may_not_be_read(folder: Path) -> None:
    (folder / "news").write_text(LINE.replace("%s", "n"), "utf-8")
    engine = open_engine("memory:")
    assert run(engine, folder).added == 5
    (folder / "news").chmod(0o000)
    (folder / "b.jsonl").unlink()
    report = run(engine, folder)
    assert (report.deleted, report.failed) == (0, 1)
    assert str(report.failures[0]) == f"{folder / 'news'}: cannot be read (permission denied)"
    assert len(ids(engine)) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a file")
def test_a_file_on_a_disk_that_fails_is_reported(folder: Path) -> None:
    (folder / "news").symlink_to("/proc/self/mem")  # reading it from the beginning is an input/output error
    found = list(find_sources(folder))
    reports = Indexer(open_engine("memory:")).run(found).failures
    assert [str(each) for each in reports] == [f"{folder / 'news'}: cannot be read (input/output error)"]


def test_an_article_that_moved_from_a_folder_that_may_not_be_read_is_kept_twice(folder: Path) -> None:
    engine = open_engine("memory:")
    run(engine, folder)
    text = (folder / "below/c.jsonl").read_text("utf-8")
    (folder / "below").chmod(0o000)
    (folder / "e.jsonl").write_text(text, "utf-8")
    report = run(engine, folder)
    assert (report.failed, report.deleted, ids(engine)) == (1, 0, ["a", "b", "c", "d"])


def test_the_folder_of_a_file_system_for_what_it_has_found_is_passed_over(folder: Path) -> None:
    (folder / "lost+found").mkdir(mode=0o700)
    assert run(open_engine("memory:"), folder).failures == ()
