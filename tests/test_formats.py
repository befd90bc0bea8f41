"""What earlier versions have written is read, or brought up to date by the one command that the error names."""

from __future__ import annotations

import re
import shlex
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import problems, whole
from click.testing import CliRunner

from search.backup.contents import Backup, BackupFile, contents_bytes
from search.backup.files import sum_of
from search.commands import main
from search.engines import open_engine
from search.engines.disk.format.kinds import HAS_ARTICLES, VERSION
from search.errors import IndexVersionError, LedgerError
from search.ledger import open_ledger
from search.ledger.schema import MIGRATIONS

FORMATS = Path(__file__).parent / "data" / "formats"
COMMAND = re.compile(r"`backfile ([^`]+)`")
ARTICLES = ("bridge", "bruecke", "jets")
EMPTY = Backup(1, datetime(2026, 11, 30, tzinfo=UTC), "generation", 0, ())


def unpacked(name: str, place: Path) -> Path:
    """The index directory of an archive of the tests."""
    with tarfile.open(FORMATS / f"{name}.tar.gz") as archive:
        archive.extractall(place, filter="data")
    return place / "archive"


def articles_file(place: Path) -> Path:
    """The file that the archives were made from, as their description has it."""
    lines = (FORMATS / "README.md").read_text("utf-8").splitlines()
    file = place / "articles.jsonl"
    file.write_text("\n".join(line for line in lines if line.startswith('{"id"')), "utf-8")
    return file


def run(*arguments: str, index: Path) -> str:
    result = CliRunner().invoke(main, [*arguments, "--index", str(index)])
    assert result.exit_code == 0, result.output
    return result.output


def refusals(index: Path) -> set[str]:
    """What each command says that cannot work with the index."""
    commands = ("search bridge", "status", "check", "optimize", "delete x --yes")
    results = [CliRunner().invoke(main, [*command.split(), "--index", str(index)]) for command in commands]
    assert {result.exit_code for result in results} == {1}
    return {result.output for result in results}


def test_there_is_an_archive_of_every_version_of_the_index_and_of_the_ledger() -> None:
    names = {path.name.partition(".")[0] for path in FORMATS.glob("*.tar.gz")}
    assert {f"index-{version}" for version in range(1, VERSION + 1)} <= names
    assert {f"ledger-{version}" for version in range(1, len(MIGRATIONS) + 1)} <= names
    assert max(path.stat().st_size for path in FORMATS.iterdir()) < 20_000


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_index_is_refused_with_the_command_that_brings_it_up_to_date(version: int, tmp_path: Path) -> None:
    index, source = unpacked(f"index-{version}", tmp_path), articles_file(tmp_path)
    [message] = refusals(index)
    assert f"format version {version}, this program reads version {VERSION}" in message
    [command] = COMMAND.findall(message)
    assert ("SOURCE" not in command) == (version in HAS_ARTICLES)
    run(*shlex.split(command.replace("SOURCE…", str(source))), index=index)
    engine = open_engine(str(index))
    held = [document.id for document in whole(engine)]
    assert held == sorted(ARTICLES if version in HAS_ARTICLES else (*ARTICLES, "gone"))
    assert problems(engine) == []
    assert "no problems found" in run("check", index=index)
    assert run("search", "hangar", index=index).startswith("1 article for hangar")
    assert not [path for path in index.iterdir() if path.is_dir()]


def test_the_first_index_of_this_version_is_read_and_written(tmp_path: Path) -> None:
    index, source = unpacked(f"index-{VERSION}", tmp_path), articles_file(tmp_path)
    assert "no problems found" in run("check", index=index)
    before = whole(open_engine(str(index)))
    assert tuple(document.id for document in before) == ARTICLES
    run("index", str(source), index=index)
    assert [document.id for document in whole(open_engine(str(index)))] == sorted((*ARTICLES, "gone"))
    run("rebuild", index=index)
    assert {document.content_hash() for document in before} < {
        document.content_hash() for document in whole(open_engine(str(index)))
    }


def test_an_index_of_a_later_version_is_refused_with_advice_to_install_that_version(tmp_path: Path) -> None:
    index = unpacked(f"index-{VERSION}", tmp_path)
    manifest = index / "backfile.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {VERSION}', f'"version": {VERSION + 1}'))
    for message in refusals(index):
        assert "install a newer version of Backfile" in message
    with pytest.raises(IndexVersionError, match="newer version"):
        open_engine(str(index)).rebuild()  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_an_older_ledger_and_state_are_read_and_brought_up_to_date_by_use(version: int, tmp_path: Path) -> None:
    index, source = unpacked(f"ledger-{version}", tmp_path), articles_file(tmp_path)
    ledger = open_ledger(f"{index}.ledger")
    assert [removal.id for removal in ledger.removed.in_force()] == ["bridge"]
    assert ledger.judgements.listed() == []
    assert "unchanged 3, deleted 0, failed 0, refused 1" in run("index", str(source), index=index)
    with closing(sqlite3.connect(f"{index}.ledger")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert "court order" in run("takedown", "--list", index=index)
    run("backup", str(tmp_path / "backups"), index=index)
    run("restore", str(tmp_path / "backups"), index=tmp_path / "restored")
    assert "court order" in run("takedown", "--list", index=tmp_path / "restored")


def test_a_later_ledger_is_refused_and_a_later_state_is_put_aside(tmp_path: Path) -> None:
    index, source = unpacked(f"ledger-{len(MIGRATIONS)}", tmp_path), articles_file(tmp_path)
    for end in ("ledger", "state"):
        with closing(sqlite3.connect(f"{index}.{end}")) as connection:
            connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="newer version of Backfile"):
        open_ledger(f"{index}.ledger").removed.in_force()
    Path(f"{index}.ledger").unlink()
    assert "failed 0" in run("index", str(source), index=index)


def test_a_backup_of_an_older_index_is_restored_in_the_format_of_today(tmp_path: Path) -> None:
    index = unpacked("index-2", tmp_path)
    target = tmp_path / "backups"
    (target / "000001").mkdir(parents=True)
    (target / "backfile.backups").touch()
    index.rename(target / "000001" / "index")
    for path in (target / "000001" / "index").glob("*.toc"):
        path.unlink()
    files = []
    for path in sorted((target / "000001" / "index").iterdir()):
        with path.open("rb") as stream:
            sha256, size = sum_of(stream)
        files.append(BackupFile(f"index/{path.name}", size, sha256))
    (target / "000001" / "backup.json").write_bytes(
        contents_bytes(replace(EMPTY, files=tuple(files), articles=len(ARTICLES)))
    )
    run("restore", str(target), index=index)
    assert tuple(document.id for document in whole(open_engine(str(index)))) == ARTICLES
