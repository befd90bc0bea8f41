"""What the source for SQLite promises: the table of articles, read only, whatever else is in the file."""

from __future__ import annotations

import contextlib
import gzip
import sqlite3
import tracemalloc
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article, Skipped, Withdrawal, read_source
from index.indexer import Indexer
from index.sources import find_sources, sqlite_file
from index.sources.reading import Reading
from index.sources.sqlite_file import SqliteFile
from search.commands import main
from search.engines import open_engine
from search.errors import SourceError

POSTS = "CREATE TABLE posts (id INTEGER PRIMARY KEY, headline TEXT, content TEXT, created_at TEXT, author_id INTEGER)"
AUTHORS = "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)"
ROW = "INSERT INTO posts VALUES (7, 'Ferry to run', '<p>It will run.</p><h2>Who pays</h2>', '2024-07-03 09:30:00', 1)"


def made(folder: Path, *statements: str, name: str = "site.db") -> Path:
    path = folder / name
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    return path


def read(path: Path, **reading: object) -> list[Article | Withdrawal | SourceError]:
    found: list[Article | Withdrawal | SourceError] = []
    try:
        for one in read_source(SqliteFile(str(path), Reading(ZoneInfo("UTC"), **reading))):  # type: ignore[arg-type]
            found.append(one)  # noqa: PERF402 - what came before a failure counts
    except SourceError as error:
        found.append(error)
    return found


def titles(found: Iterable[object]) -> list[str]:
    return [one.title for one in found if isinstance(one, Article)]


def reason(found: list[Article | Withdrawal | SourceError]) -> str:
    (one,) = found
    assert isinstance(one, SourceError)
    return one.reason


def test_the_table_of_articles_is_found_and_read(tmp_path: Path) -> None:
    said: list[str] = []
    path = made(tmp_path, POSTS, AUTHORS, ROW)
    (found,) = read(path, say=lambda _, text: said.append(text))
    assert isinstance(found, Article)
    assert (found.id, found.title, found.body) == ("7", "Ferry to run", "It will run.\n\nWho pays")
    assert [one.text for one in found.headings] == ["Who pays"]
    assert str(found.published) == "2024-07-03 09:30:00+00:00"
    assert (found.origin, found.place) == (f"{path} (posts 7)", "site.db#posts/7")
    assert (found.warnings, found.source_warnings) == ((), ())
    assert said == [
        "the table posts: reads headline as title, content as body, created_at as published; not read: author_id"
    ]


def test_a_file_is_recognised_by_its_content_and_indexed(tmp_path: Path) -> None:
    made(tmp_path, POSTS, ROW, name="backup.2024")
    (source,) = find_sources(tmp_path)
    assert isinstance(source, SqliteFile)
    engine = open_engine("memory:")
    assert Indexer(engine).run([source]).added == 1
    assert Indexer(engine).run(find_sources(tmp_path)).unchanged == 1


def test_several_tables_that_fit_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    pages = "CREATE TABLE pages (title, body)"
    path = made(tmp_path, POSTS, AUTHORS, ROW, pages, "INSERT INTO pages VALUES ('About', 'Us.')")
    assert reason(read(path)) == "several of its tables may be the articles (pages, posts); say which with --table NAME"
    assert titles(read(path, table="pages")) == ["About"]
    assert reason(read(path, table="page")) == "has no table 'page'; its tables are authors, pages, posts"
    runner = CliRunner()
    archive = str(tmp_path / "archive")
    assert runner.invoke(main, ["index", str(path), "--index", archive, "--quiet"]).exit_code == 3
    done = runner.invoke(main, ["index", str(path), "--index", archive, "--table", "pages", "--json"])
    assert '"added": 1' in done.output, done.output


def test_a_mapping_makes_a_table_fit(tmp_path: Path) -> None:
    path = made(tmp_path, "CREATE TABLE t (k1, k2)", "INSERT INTO t VALUES ('Ferry', 'It runs.')")
    assert reason(read(path)).startswith("the table t has neither a title nor a body, only k1, k2; say which is which")
    assert titles(read(path, mapping={"k1": "title", "k2": "body"})) == ["Ferry"]
    made(tmp_path, "CREATE TABLE u (k)")
    assert reason(read(path)).startswith("none of its tables (t, u) has a title or a body; say which is which")
    (warning, _) = read(path, mapping={"k1": "title", "k2": "body", "k3": "url"}, table="t")
    assert "names the column 'k3', which is nowhere in it" in str(warning)


def test_a_file_without_tables_or_without_anything_readable_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert reason(read(tmp_path / "empty.db")) == "the file is empty"
    made(tmp_path, "CREATE TABLE t (k)", "DROP TABLE t", name="bare.db")
    assert reason(read(tmp_path / "bare.db")) == "has no tables"
    (tmp_path / "odd.db").write_bytes(b"SQLite format 3\0" + b"\x07\xff" * 4_000)
    assert reason(read(tmp_path / "odd.db")) == "is damaged (file is not a database); nothing of it could be read"


def test_views_and_virtual_tables_are_read_only_if_they_are_asked_for(tmp_path: Path) -> None:
    view = "CREATE VIEW stories AS SELECT id, headline AS title, content AS body FROM posts"
    path = made(tmp_path, POSTS, ROW, view, "CREATE VIRTUAL TABLE found USING fts5(title, body)")
    assert titles(read(path)) == ["Ferry to run"]
    (found,) = read(path, table="stories")
    assert isinstance(found, Article)
    assert found.origin.endswith("(stories 1)")


def test_tables_without_numbered_rows_and_odd_names_are_read(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        'CREATE TABLE "a ""b"" --" (rowid TEXT, "title" TEXT, [body] TEXT, slug TEXT PRIMARY KEY) WITHOUT ROWID',
        """INSERT INTO "a ""b"" --" VALUES ('x', 'Ferry', 'It runs.', 's')""",
    )
    (found,) = read(path)
    assert isinstance(found, Article)
    assert found.place == 'site.db#a "b" --/1'


def test_values_of_other_types_do_no_harm(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        POSTS,
        "INSERT INTO posts VALUES (1, 2024, CAST('Text.' AS BLOB), 1720000000, NULL)",
        "INSERT INTO posts VALUES (2, 'Broken', x'FF00FE', 1e300, x'00')",
        "INSERT INTO posts VALUES (3, NULL, NULL, NULL, NULL)",
        "INSERT INTO posts VALUES (4, CAST(x'46FF' AS TEXT), 'Text.', -5, NULL)",
    )
    found = read(path)
    assert titles(found) == ["2024", "Broken", "F\ufffd"]
    assert [one.reason for one in found if isinstance(one, SourceError)] == [
        "the article has neither a title nor a body"
    ]


def test_a_row_that_is_too_long_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite_file._LIMITS, sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
    rows = [f"INSERT INTO posts (headline, content) VALUES ('{n}', '{'x' * size}')" for n, size in
            enumerate([200_000, 10, 200_000, 200_000, 10])]  # fmt: skip
    found = read(made(tmp_path, POSTS, *rows))
    assert titles(found) == ["1", "4"]
    assert [one.origin.partition("(")[2] for one in found if isinstance(one, SourceError)] == [
        "posts 1)", "posts 3)", "posts 4)",
    ]  # fmt: skip


def test_a_view_without_an_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "MAX_STEPS", 1_000_000)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'A' AS title, i AS body FROM n"
    path = made(tmp_path, POSTS, f"CREATE VIEW bomb AS {endless} WHERE i < 0")
    assert reason(read(path, table="bomb")) == "takes too long to read"


def test_nothing_is_written_and_what_another_program_has_not_written_yet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in ("PRAGMA journal_mode = WAL", POSTS, ROW, "PRAGMA wal_checkpoint(TRUNCATE)"):
            database.execute(statement)
        database.execute("INSERT INTO posts (headline, content) VALUES ('Later', 'Text.')")
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        found = read(path)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert titles(found) == ["Ferry to run"]
    assert isinstance(found[-1], Skipped)
    assert found[-1].reason.startswith("what is only in live.db-wal was not read")


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = made(tmp_path, POSTS, ROW)
    packed = tmp_path / "site.db.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    (source,) = find_sources(packed)
    assert isinstance(source, SqliteFile)
    assert reason(read(packed)) == "a packed SQLite file; unpack it first"
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4_000)
    assert reason(read(tmp_path / "x.db")).startswith(("is damaged", "cannot be read as SQLite"))
    assert reason(read(tmp_path / "none.db")) == "no such file or directory"
    content = path.read_bytes().replace(b"CREATE TABLE posts", b"CREATE \xbf\xbf\xbf\xbf\xbf posts")
    (tmp_path / "odd.db").write_bytes(content)
    assert reason(read(tmp_path / "odd.db")) == "is damaged: its schema is not text in UTF-8"


def test_a_table_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    def held(count: int) -> int:
        path = made(tmp_path, POSTS, f"""INSERT INTO posts (headline, content)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            SELECT 'Title ' || i, hex(zeroblob(100)) FROM n""", name=f"{count}.db")  # fmt: skip
        tracemalloc.start()
        try:
            assert sum(1 for _ in SqliteFile(str(path), Reading(ZoneInfo("UTC"))).records()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held(100)
    assert held(100_000) - held(10_000) < 50_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    rows = [f"INSERT INTO posts (headline, content) VALUES ('{n}', '{'text ' * 300}')" for n in range(20)]
    return made(tmp_path_factory.mktemp("s"), POSTS, AUTHORS, *rows).read_bytes()


@settings(max_examples=200)
@given(st.data())
def test_no_damage_does_more_than_fail(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    broken = bytearray(whole[: data.draw(st.integers(100, len(whole)))])
    for _ in range(data.draw(st.integers(0, 8))):
        broken[data.draw(st.integers(16, len(broken) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("s") / "x.db"
    path.write_bytes(broken)
    with contextlib.suppress(SourceError):
        list(read_source(SqliteFile(str(path), Reading(ZoneInfo("UTC")))))
