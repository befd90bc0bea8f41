"""What `check` finds and what `repair` makes of it: byte by byte, file by file."""

from __future__ import annotations

import errno
import json
import random
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import ALL_FIELDS, ask, exact, fill, phrase, stamps_of, word
from click.testing import CliRunner
from corruption import CORRUPTIONS, flip
from numpy.typing import NDArray

from search.commands import main
from search.document import Document, Heading
from search.engines import open_engine
from search.engines.disk import repair as repairing
from search.engines.disk.format.arrays import rising_within, row_ranges
from search.engines.disk.format.container import Container, ContainerWriter, DamagedFile
from search.engines.disk.format.entries import live_articles
from search.engines.disk.format.kinds import DELETIONS, SEGMENT, VERSION
from search.engines.disk.format.manifest import File, read_manifest, write_manifest
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.engines.plan import FacetPlan, TimelinePlan
from search.engines.protocols import Engine, Problem
from search.errors import BackfileError, EngineError, IndexDamaged, IndexLocked, IndexMissing
from search.query.match import Match, MatchDates, MatchFuzzy, MatchKeyword, MatchPrefix, MatchWildcard

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
        return {name: stamp.content_hash for name, stamp in stamps_of(searcher).items()}


def committed_files(directory: Path) -> list[Path]:
    return [directory / file.name for file in read_manifest(directory).files()]


def segments(directory: Path) -> list[Path]:
    return [directory / entry.file.name for entry in read_manifest(directory).segments]


def test_an_undamaged_index_has_no_problems_and_needs_no_repair(directory: Path) -> None:
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


def test_every_flipped_byte_is_repaired_with_little_or_nothing_lost(directory: Path, tmp_path: Path) -> None:
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


def test_damaged_arrays_are_rebuilt_from_the_stored_articles(directory: Path) -> None:
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


@pytest.mark.parametrize("part", ["magic", "version", "checksum", "place", "directory", "its copy"])
def test_a_damaged_header_or_directory_costs_nothing(directory: Path, part: str) -> None:
    path = segments(directory)[0]
    size = path.stat().st_size
    length = int.from_bytes(path.read_bytes()[24:32], "little")
    at = {"magic": 2, "version": 8, "checksum": 13, "place": 17, "directory": size - length - 99, "its copy": size - 99}
    flip(path, at[part])
    (repair,) = engine_at(directory).repair()
    assert repair.lost == 0
    assert "written anew" in repair.message
    assert list(engine_at(directory).check()) == []
    assert hashes(directory) == EXPECTED


def test_an_article_that_cannot_be_read_is_left_out_and_counted(directory: Path) -> None:
    path = segments(directory)[0]
    container = Container(path, SEGMENT)
    start, end = container.array("article.starts")[11:13].tolist()
    flip(path, container.sections["article.bytes"].offset + (start + end) // 2)
    (repair,) = engine_at(directory).repair()
    assert repair.lost == 1
    assert "backfile index" in repair.message
    assert hashes(directory).items() == EXPECTED.items() - {("011", EXPECTED["011"])}


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_a_lost_segment_is_replaced_by_the_commit_before_or_left_out(
    directory: Path, corrupt: Callable[[Path], None]
) -> None:
    newest = segments(directory)[-1]
    corrupt(newest)
    repairs = list(engine_at(directory).repair())
    assert repairs
    assert list(engine_at(directory).check()) == []
    assert hashes(directory) == {document.id: document.content_hash() for document in CONTENT}


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_lost_deletions_bring_back_only_articles_that_were_not_replaced(
    directory: Path, corrupt: Callable[[Path], None]
) -> None:
    (deleted,) = (path for path in committed_files(directory) if path.suffix == ".deleted")
    assert Container(deleted, DELETIONS).array("docs").tolist() == [3, 7]
    corrupt(deleted)
    (repair,) = engine_at(directory).repair()
    assert "may be back" in repair.message
    assert hashes(directory) == EXPECTED | {"003": CONTENT[3].content_hash()}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0" * 99, None])
def test_a_lost_manifest_is_replaced_by_the_commit_before(directory: Path, content: bytes | None) -> None:
    if content is None:
        (directory / "backfile.json").unlink()
    else:
        (directory / "backfile.json").write_bytes(content)
    with pytest.raises(IndexDamaged):
        engine_at(directory).searcher()
    (repair,) = engine_at(directory).repair()
    assert "the commit before, of 60 articles, takes its place" in repair.message
    assert hashes(directory) == {document.id: document.content_hash() for document in CONTENT}


def test_articles_lost_with_a_manifest_are_counted(directory: Path, runner: CliRunner) -> None:
    fill(engine_at(directory), Document("new", "An article of the newest commit", "Its text."), REPLACED)
    (directory / "backfile.json").write_bytes(b"")
    mended = runner.invoke(main, ["check", "--repair", "--index", str(directory)])
    assert mended.exit_code == 1
    assert "takes its place; 1 added after it are lost" in mended.output
    assert "repaired; 1 article was lost" in mended.output
    assert hashes(directory) == EXPECTED


def test_an_index_of_another_version_is_refused_and_not_called_damaged(directory: Path, runner: CliRunner) -> None:
    content = json.loads((directory / "backfile.json").read_text())
    (directory / "backfile.json").write_text(json.dumps(content | {"version": 1}))
    for arguments in (["check"], ["check", "--repair"]):
        refused = runner.invoke(main, [*arguments, "--index", str(directory)])
        assert refused.exit_code == 1
        assert "format version 1" in refused.output
        assert "--rebuild" in refused.output
        assert "repaired" not in refused.output


def test_an_index_that_may_not_be_read_is_not_called_damaged(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.parent == directory:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    for asked in (engine_at(directory).check, engine_at(directory).repair):
        with pytest.raises(EngineError, match="permission denied; check who owns it"):
            list(asked())


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


def test_repair_does_not_wait_for_a_writer_and_makes_no_index(directory: Path, tmp_path: Path) -> None:
    flip(segments(directory)[0], 100)
    with engine_at(directory).writer(), pytest.raises(IndexLocked):
        list(engine_at(directory).repair())
    with pytest.raises(IndexMissing):
        list(engine_at(tmp_path / "nowhere").repair())


def test_a_reader_goes_on_while_the_index_is_repaired(directory: Path) -> None:
    with engine_at(directory).searcher() as searcher:
        before = stamps_of(searcher)
        for path in committed_files(directory):
            halved = path.with_suffix(".half")
            halved.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            halved.replace(path)
        list(engine_at(directory).repair())
        assert stamps_of(searcher) == before
        assert searcher.document("000") == CONTENT[0]


def test_changed_bytes_raise_our_errors_or_change_no_answer(directory: Path) -> None:
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
            searcher.top_values("tag", 10)
            searcher.stamps(list(EXPECTED))
            list(searcher.ids_from(""))
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


# --- arrays that lie -----------------------------------------------------------------------------------------------

LYING = tuple(
    Document(
        f"{n:03}",
        f"Post-war word{n % 7} common",
        f"The bridge and the bridges of a state-of-the-art town, run{n % 3}ning, post-war common common word{n}. " * 3,
        "A summary of the post-war common bridge",
        (Heading("The post-war bridge", 2, 0), Heading("Running on", 2, 9)),
        f"https://news.example/{n * 7}" if n % 5 else None,
        ("News > Local", f"Section {n % 3}"),
        ("Post-war Ann", f"Bob{n % 4}"),
        ("post-war", f"t{n}", "t"),
        datetime(2024, 1, 1 + n, n, tzinfo=UTC) if n % 4 else None,
        date(2024, 2, 1 + n),
        "en" if n % 3 else "de",
        source=f"source{n % 2}",
        fingerprint=(n + 1) * 0x9E3779B97F4A7C15 % 2**64,
    )
    for n in range(17)
)

UNTOLD = frozenset({"lengths", "articles", "counts", "positions", "words", "firsts"})
"""What only reading the articles anew would tell: in these, other numbers within the range are not found."""

FIELDS = ("title", "body", "tags")
"""The others are kept alike."""


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("lying") / "archive"
    fill(open_engine(str(directory)), *LYING)
    assert list(engine_at(directory).check()) == []
    return directory / read_manifest(directory).segments[0].file.name


def rewritten(segment: Path, directory: Path, change: Callable[[str, NDArray[Any]], NDArray[Any] | None]) -> None:
    """A commit of one segment in a new directory, sections changed, all checksums right."""
    directory.mkdir()
    container = Container(segment, SEGMENT)
    with ContainerWriter(directory / segment.name, SEGMENT) as writer:
        writer.numbers.update(container.numbers)
        for name in container.sections:
            changed = change(name, container.array(name))
            if changed is not None:
                writer.add(name, changed)
    manifest = read_manifest(segment.parent)
    entry = replace(manifest.segments[0], file=File(segment.name, writer.size, writer.crc32))
    write_manifest(directory, replace(manifest, segments=(entry,), toc=None))


def shortened(values: NDArray[Any]) -> NDArray[Any]:
    return values[:-1]


def out_of_range(values: NDArray[Any]) -> NDArray[Any]:
    high = np.iinfo(values.dtype).max if values.dtype.kind == "u" else 1e18
    return np.concatenate((values[: len(values) // 2], [high], values[len(values) // 2 + 1 :])).astype(values.dtype)


def unsorted(values: NDArray[Any]) -> NDArray[Any]:
    return values[::-1]


def zeros(values: NDArray[Any]) -> NDArray[Any]:
    return np.zeros_like(values)


def section_names() -> list[str]:
    """Of every segment."""
    names = list[str]()
    for name in ("id", "url", "source", "article", *(f"kw.{field}.values" for field in ("section", "author", "tag"))):
        names += [f"{name}.bytes", f"{name}.starts"]
    for field in ("section", "author", "tag"):
        names += [f"kw.{field}.starts", f"kw.{field}.ordinals"]
    names += ["id.order", "id.hashes", "id.docs", "url.hashes", "url.docs", "source.ordinals", "dates", "floating"]
    names += ["lengths", "fingerprints", "content_hashes", "surface.bytes", "surface.starts", "surface.articles"]
    names += ["surface.characters", "surface.letters", "surface.words", "word.stem", "stem.bytes", "stem.starts"]
    names += ["stem.word_starts", "stem.words"]
    for field in FIELDS:
        names += [f"{field}.{part}" for part in ("words", "starts", "docs", "counts", "position_starts", "positions")]
        names += [f"{field}.joined.{part}" for part in ("words", "firsts", "starts", "docs", "counts")]
    return names


@pytest.mark.parametrize("name", section_names())
def test_wrong_arrays_with_right_checksums_are_named_and_raise_only_our_errors(
    name: str, segment: Path, tmp_path: Path
) -> None:
    for number, lie in enumerate((shortened, out_of_range, unsorted, zeros)):
        directory = tmp_path / f"lie{number}"
        honest = Container(segment, SEGMENT).array(name)
        rewritten(segment, directory, lambda own, values, lie=lie: lie(values) if own == name else values)  # type: ignore[misc]
        lying = Container(directory / segment.name, SEGMENT).array(name)
        if not np.array_equal(honest, lying, equal_nan=honest.dtype.kind == "f") and not is_untold(name, lie):
            assert list(engine_at(directory).check()), f"{name} {lie.__name__}"
        with np.errstate(all="ignore"):
            ask_everything(engine_at(directory))
            if lie is not shortened:
                change_everything(engine_at(directory))


def is_untold(name: str, lie: Callable[[NDArray[Any]], NDArray[Any]]) -> bool:
    if name.startswith(("surface.words", "stem.words")):
        return False
    within = (unsorted, zeros) if name.endswith(("words", "firsts")) else (unsorted, zeros, out_of_range)
    return name.rpartition(".")[2] in UNTOLD and lie in within


@pytest.mark.parametrize("name", section_names())
def test_a_missing_section_is_named(name: str, segment: Path, tmp_path: Path) -> None:
    rewritten(segment, tmp_path / "archive", lambda own, values: None if own == name else values)
    assert any(f"no section {name}" in problem.message for problem in engine_at(tmp_path / "archive").check())
    ask_everything(engine_at(tmp_path / "archive"))


def test_every_section_of_a_segment_is_tried_with_wrong_content(segment: Path) -> None:
    tested = set(section_names())
    others = {name for name in Container(segment, SEGMENT).sections if name not in tested}
    assert {name.split(".")[1] if name.startswith("kw.") else name.split(".")[0] for name in others} == {
        "lang", "type", "headings", "summary", "author",
    }, "kept like the others"  # fmt: skip


QUERIES: tuple[Match, ...] = (
    word("bridge"), word("postwar"), phrase("state of the art"), phrase("common bridge", slop=9),
    MatchPrefix(ALL_FIELDS, "post"), MatchWildcard(ALL_FIELDS, "*r*"),
    MatchFuzzy(ALL_FIELDS, "brigde", 2), MatchKeyword("tag", ("t", "post-war")),
    MatchDates("published", date(2024, 1, 3), datetime(2024, 1, 9, tzinfo=UTC)),
)  # fmt: skip


def ask_everything(engine: Engine) -> None:
    """Every question a searcher can be asked, errors of ours let pass."""
    try:
        searcher = engine.searcher()
    except BackfileError:
        return
    facets = tuple(FacetPlan(name, 5) for name in ("section", "author", "tag", "lang", "type"))
    questions: list[Callable[[], object]] = [
        *(
            lambda query=query: ask(engine, query, facets=facets, timeline=TimelinePlan(), explain=True)
            for query in QUERIES
        ),
        *(lambda order=order: ask(engine, sort=order, time_zone="Asia/Baku") for order in ("newest", "oldest")),
        lambda: [searcher.document(document.id) for document in LYING],
        lambda: searcher.id_of_url("https://news.example/7"),
        lambda: searcher.stamps([document.id for document in LYING]),
        lambda: list(searcher.ids_from("")),
        lambda: (searcher.terms("", 9), searcher.terms("c", 9), searcher.similar_terms("comon", 2, 9)),
        lambda: searcher.document_frequencies(["common", "bridge", "nothing"]),
        lambda: [searcher.top_values(plan.field, 100) for plan in facets],
    ]
    for question in questions:
        with suppress(BackfileError):
            question()
    searcher.close()


def change_everything(engine: Engine) -> None:
    """Adding, replacing, deleting and merging, errors of ours let pass."""
    with suppress(BackfileError):
        with engine.writer() as writer:
            writer.add(replace(LYING[3], title="anew"))
            writer.delete("005")
        engine.optimize()


def test_a_directory_with_wrong_sections_is_damage(segment: Path, tmp_path: Path) -> None:
    raw = segment.read_bytes()
    start, length = struct.unpack_from("<QQ", raw, 16)
    content = json.loads(raw[start : start + length])
    for lie in (
        {"type": "O"}, {"type": "V8"}, {"type": 7}, {"items": -1}, {"items": 1 << 60}, {"items": "x"}, {"offset": -64},
        {"offset": 0}, {"offset": 1 << 62}, {"offset": 65}, {"more": 1}, None, "[" * 200_000,
    ):  # fmt: skip
        if isinstance(lie, str):
            directory = lie.encode()
        else:
            section = content["sections"]["dates"] | lie if lie else None
            directory = json.dumps(content | {"sections": content["sections"] | {"dates": section}}).encode()
        header = struct.pack("<8sIIQQ32x", raw[:8], VERSION, zlib.crc32(directory), start, len(directory))
        (tmp_path / "lie").write_bytes(header + raw[64:start] + directory * 2)
        with pytest.raises((DamagedFile, TypeError, RecursionError)):
            Container(tmp_path / "lie", SEGMENT)
        manifest = read_manifest(segment.parent)
        file = File(segment.name, start + 2 * len(directory), zlib.crc32(directory))
        place = tmp_path / "archive"
        place.mkdir(exist_ok=True)
        (tmp_path / "lie").replace(place / segment.name)
        write_manifest(place, replace(manifest, segments=(replace(manifest.segments[0], file=file),), toc=None))
        with pytest.raises(IndexDamaged):
            engine_at(place).searcher()
        assert list(engine_at(place).check())


def test_damaged_deletions_are_neither_read_nor_copied(directory: Path) -> None:
    """Whoever reads them shows an article that was replaced; whoever copies them makes that last."""
    (deleted,) = (path for path in committed_files(directory) if path.suffix == ".deleted")
    flip(deleted, Container(deleted, DELETIONS).sections["docs"].offset)
    (entry,) = (entry for entry in read_manifest(directory).segments if entry.deletions)
    with pytest.raises(IndexDamaged, match="checksum"):
        live_articles(directory, entry)
    with pytest.raises(IndexDamaged, match="checksum"):
        engine_at(directory).searcher()
    with pytest.raises(IndexDamaged, match="checksum"):
        engine_at(directory).writer()


def test_a_manifest_with_impossibly_many_articles_is_damage(directory: Path) -> None:
    manifest = read_manifest(directory)
    for articles, deleted in ((1 << 40, 0), (-1, 0), (40, 41), (40, -1)):
        entry = replace(manifest.segments[0], articles=articles, deleted=deleted)
        write_manifest(directory, replace(manifest, segments=(entry,)))
        with pytest.raises(IndexDamaged, match="cannot hold"):
            read_manifest(directory)


def test_files_removed_by_commits_during_a_check_are_no_problem(directory: Path) -> None:
    engine = engine_at(directory)
    problems = iter(engine.check())
    for number in range(6):  # the check has read its commit, and not begun with the files of it
        fill(engine, *(replace(document, title=f"anew {number}") for document in CONTENT))
    assert list(problems) == []
    assert list(engine.check()) == []


def test_a_large_segment_is_rebuilt_as_several(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = segments(directory)[0]
    flip(path, Container(path, SEGMENT).sections["body.docs"].offset)
    monkeypatch.setattr(repairing, "SegmentWriter", lambda: SegmentWriter(memory_bytes=20_000))
    (repair,) = engine_at(directory).repair()
    assert "built anew from 38 stored articles" in repair.message
    assert len(segments(directory)) > 4
    assert hashes(directory) == EXPECTED
    assert list(engine_at(directory).check()) == []


def test_a_repair_uses_a_commit_number_that_no_file_has(directory: Path) -> None:
    """The commit before takes the place of one whose files are still there, named after the next number."""
    number = read_manifest(directory).number
    (directory / "backfile.json").write_bytes(b"{")
    list(engine_at(directory).repair())
    assert read_manifest(directory).number == number + 1


def test_order_is_checked_across_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.engines.disk.format.arrays._SLICE", 3)
    values = np.array([1, 5, 9, 2, 3, 8, 0, 4], np.uint32)
    assert rising_within(values, np.array([0, 3, 6, 8], np.uint64))
    assert rising_within(values, np.array([0, 3, 3, 5, 6, 8, 8], np.uint64))
    for starts in ([0, 6, 8], [0, 3, 8], [0, 8], [0, 2, 4, 6, 8]):
        assert not rising_within(values, np.array(starts, np.uint64))
    assert list(row_ranges(np.array([0, 1, 2, 9, 9, 10], np.uint64), 3)) == [
        (0, 2), (2, 3), (3, 5),
    ]  # fmt: skip
