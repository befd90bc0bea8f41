"""What `check` finds and what `repair` makes of it: byte by byte, file by file."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from archives import ask, exact, fill
from click.testing import CliRunner

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.base import Engine, Problem
from search.engines.whoosh.files.container import Container
from search.engines.whoosh.files.layout import DELETIONS, SEGMENT
from search.engines.whoosh.files.manifest import read_manifest
from search.errors import EngineError, IndexDamaged, IndexLocked, IndexMissing

CONTENT = tuple(
    Document(f"{n:03}", f"word{n} common", "a body of text " * 5, url=f"https://news.example/{n}", tags=(f"t{n}",))
    for n in range(60)
)
REPLACED = Document("007", "word7 common anew", "another body of text")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An index of three segments, one of them with deletions, and a commit before the newest."""
    engine = open_engine(str(tmp_path / "archive"))
    fill(engine, *CONTENT[:40])
    fill(engine, *CONTENT[40:])
    with engine.writer() as writer:
        writer.add(REPLACED)
        writer.delete("003")
    return tmp_path / "archive"


EXPECTED = {document.id: document.content_hash() for document in (*CONTENT, REPLACED) if document.id != "003"}


def engine_at(directory: Path) -> Engine:
    return open_engine(f"whoosh:{directory}")


def hashes(directory: Path) -> dict[str, str]:
    with engine_at(directory).searcher() as searcher:
        return dict(searcher.content_hashes())


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x5A
    path.write_bytes(content)


def committed_files(directory: Path) -> list[Path]:
    return [directory / file.name for file in read_manifest(directory).files()]


def segments(directory: Path) -> list[Path]:
    return [directory / entry.file.name for entry in read_manifest(directory).segments]


def test_a_sound_index_has_no_problems_and_needs_no_repair(directory: Path) -> None:
    assert list(engine_at(directory).check()) == []
    before = {path: path.read_bytes() for path in directory.iterdir()}
    assert list(engine_at(directory).repair()) == []
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_a_flipped_byte_anywhere_in_any_file_is_found_and_its_file_named(directory: Path) -> None:
    looked_at = 0
    for path in [*directory.glob("backfile*.json"), *committed_files(directory)]:
        whole = path.read_bytes()
        step = max(1, len(whole) // 60)
        for at in [*range(0, len(whole), step), len(whole) - 1]:
            flip(path, at)
            problems = list(engine_at(directory).check())
            assert str(path) in {problem.place for problem in problems}, f"byte {at} of {path.name}"
            path.write_bytes(whole)
            looked_at += 1
    assert looked_at > 300
    assert list(engine_at(directory).check()) == []


def test_the_damaged_part_of_a_file_is_named(directory: Path) -> None:
    path = segments(directory)[0]
    offset = Container(path, SEGMENT).sections["body.positions"].offset
    flip(path, offset)
    assert list(engine_at(directory).check()) == [
        Problem(str(path), "section body.positions is not what was written: its checksum differs")
    ]


def test_every_flipped_byte_is_mended_with_nothing_or_little_lost(directory: Path, tmp_path: Path) -> None:
    """Only a byte of a stored article can cost an article; indexing again brings it back."""
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    choice = random.Random(3)
    for name in [path.name for path in (*directory.glob("backfile*.json"), *committed_files(directory))]:
        for at in [0, 9, 13, 17, 40, len(files[name]) - 3, *choice.sample(range(len(files[name])), 12)]:
            place = tmp_path / "copy"
            place.mkdir(exist_ok=True)
            for stray in place.iterdir():
                stray.unlink()
            for other, content in files.items():
                (place / other).write_bytes(content)
            flip(place / name, at)
            repairs = list(engine_at(place).repair())
            assert repairs, f"byte {at} of {name}"
            assert list(engine_at(place).check()) == []
            assert_little_lost(place, name, sum(repair.lost for repair in repairs))


def assert_little_lost(place: Path, damaged_file: str, lost: int) -> None:
    found = hashes(place)
    if damaged_file.startswith("backfile"):
        before = {document.id: document.content_hash() for document in CONTENT}
        assert found in (EXPECTED, before)
    elif damaged_file.endswith(".deleted"):
        assert {name: value for name, value in found.items() if name != "003"} == EXPECTED
    else:
        assert found.items() <= EXPECTED.items() | {(d.id, d.content_hash()) for d in CONTENT}
        assert len(found) == len(EXPECTED) - lost or len(found) == len(CONTENT)
    assert ask(engine_at(place), exact("common"), limit=0).total == len(found)
    fill(engine_at(place), *(d for d in (*CONTENT, REPLACED) if found.get(d.id) != d.content_hash()), REPLACED)
    with engine_at(place).writer() as writer:
        writer.delete("003")
    assert hashes(place) == EXPECTED


def test_what_can_be_derived_is_derived_anew_from_the_articles(directory: Path) -> None:
    path = segments(directory)[0]
    container = Container(path, SEGMENT)
    for name in ("body.docs", "surface.bytes", "kw.tag.ordinals", "id.hashes", "dates"):
        section = container.sections[name]
        if section.size:
            flip(path, section.offset + section.size // 2)
    repairs = list(engine_at(directory).repair())
    assert [repair.lost for repair in repairs] == [0]
    assert "built anew from 38 stored articles" in repairs[0].message
    assert hashes(directory) == EXPECTED
    assert list(engine_at(directory).check()) == []


def test_an_article_that_cannot_be_read_is_left_out_and_counted(directory: Path) -> None:
    path = segments(directory)[0]
    container = Container(path, SEGMENT)
    start, end = container.array("article.starts")[11:13].tolist()
    flip(path, container.sections["article.bytes"].offset + (start + end) // 2)
    (repair,) = engine_at(directory).repair()
    assert repair.lost == 1
    assert "backfile index" in repair.message
    assert hashes(directory).items() == EXPECTED.items() - {("011", EXPECTED["011"])}


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("harm", [remove, empty, halve, grow])
def test_a_lost_segment_gives_way_to_the_commit_before_or_is_left_out(
    directory: Path, harm: Callable[[Path], None]
) -> None:
    newest = segments(directory)[-1]
    harm(newest)
    repairs = list(engine_at(directory).repair())
    assert repairs
    assert list(engine_at(directory).check()) == []
    assert hashes(directory) == {document.id: document.content_hash() for document in CONTENT}


@pytest.mark.parametrize("harm", [remove, empty, halve, grow])
def test_lost_deletions_bring_back_only_what_nothing_took_the_place_of(
    directory: Path, harm: Callable[[Path], None]
) -> None:
    (deleted,) = (path for path in committed_files(directory) if path.suffix == ".deleted")
    assert Container(deleted, DELETIONS).array("docs").tolist() == [3, 7]
    harm(deleted)
    (repair,) = engine_at(directory).repair()
    assert "may be back" in repair.message
    assert hashes(directory) == EXPECTED | {"003": CONTENT[3].content_hash()}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0" * 99, None])
def test_a_lost_manifest_gives_way_to_the_commit_before(directory: Path, content: bytes | None) -> None:
    if content is None:
        (directory / "backfile.json").unlink()
    else:
        (directory / "backfile.json").write_bytes(content)
    with pytest.raises(IndexDamaged):
        engine_at(directory).searcher()
    (repair,) = engine_at(directory).repair()
    assert "the commit before, of 60 articles, takes its place" in repair.message
    assert hashes(directory) == {document.id: document.content_hash() for document in CONTENT}


def test_a_manifest_whose_checksum_alone_is_wrong_keeps_its_commit(directory: Path) -> None:
    content = json.loads((directory / "backfile.json").read_text())
    (directory / "backfile.json").write_text(json.dumps(content | {"crc32": 1}))
    assert len(list(engine_at(directory).check())) == 1
    (repair,) = engine_at(directory).repair()
    assert "written anew" in repair.message
    assert hashes(directory) == EXPECTED


def test_with_nothing_to_go_back_to_repair_says_so_and_touches_nothing(directory: Path) -> None:
    for path in directory.glob("backfile*.json"):
        path.write_bytes(b"{")
    before = {path: path.read_bytes() for path in directory.glob("*.segment")}
    with pytest.raises(IndexDamaged, match="--rebuild"):
        list(engine_at(directory).repair())
    assert {path: path.read_bytes() for path in directory.glob("*.segment")} == before


def test_repair_waits_for_no_writer_and_makes_no_index(directory: Path, tmp_path: Path) -> None:
    flip(segments(directory)[0], 100)
    with engine_at(directory).writer(), pytest.raises(IndexLocked):
        list(engine_at(directory).repair())
    with pytest.raises(IndexMissing):
        list(engine_at(tmp_path / "nowhere").repair())


def test_a_reader_goes_on_while_the_index_is_repaired(directory: Path) -> None:
    with engine_at(directory).searcher() as searcher:
        before = dict(searcher.content_hashes())
        for path in committed_files(directory):
            halved = path.with_suffix(".half")
            halved.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            halved.replace(path)
        list(engine_at(directory).repair())
        assert dict(searcher.content_hashes()) == before
        assert searcher.document("000") == CONTENT[0]


def test_changed_bytes_raise_errors_of_ours_or_change_no_answer(directory: Path) -> None:
    for path in committed_files(directory):
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 60)):
            flip(path, at)
            use_everything(engine_at(directory))
            path.write_bytes(whole)


def use_everything(engine: Engine) -> None:
    try:
        with engine.searcher() as searcher:
            for name in EXPECTED:
                searcher.document(name)
            searcher.terms("c", 5)
            searcher.similar_terms("comon", 2, 5)
            searcher.values("tag")
            searcher.content_hashes()
            searcher.id_of_url("https://news.example/4")
        ask(engine, exact("common"), limit=99)
    except EngineError:
        pass


def test_the_command_repairs_and_says_what_it_cost(directory: Path, runner: CliRunner) -> None:
    flip(segments(directory)[0], Container(segments(directory)[0], SEGMENT).sections["body.docs"].offset)
    found = runner.invoke(main, ["check", "--index", str(directory)])
    assert found.exit_code == 1
    assert "section body.docs is not what was written" in found.output
    assert "--repair" in found.output
    mended = runner.invoke(main, ["check", "--repair", "--index", str(directory)])
    assert mended.exit_code == 0
    assert "built anew from 38 stored articles" in mended.output
    assert runner.invoke(main, ["check", "--index", str(directory)]).exit_code == 0
