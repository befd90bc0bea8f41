"""What the source for CSV promises: columns known by their names, and each bad row reported by its line."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import reader_of

from index.article import Article, Skipped, Withdrawal, read_source
from index.sources import csv_splitting, find_sources
from index.sources.columns import columns_of
from index.sources.csv_file import read_rows
from index.sources.reading import Reading
from index.sources.recognition import is_csv
from index.sources.unpacked_file import UnpackedFile
from search.errors import SourceError

READING = Reading(ZoneInfo("UTC"))
HEADER = "id,headline,content,pubdate,link,category"
ROW = 'a1,Ferry to run,"It will run, they said.\n\n""All winter"".",2024-07-03,https://lantern.example/ferry,News'


def read(text: str | bytes, folder: Path, **reading: object) -> list[Article | Withdrawal | SourceError]:
    path = folder / "posts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found: list[Article | Withdrawal | SourceError] = []
    try:
        for one in read_source(UnpackedFile(str(path), Reading(ZoneInfo("UTC"), **reading), read_rows)):  # type: ignore[arg-type]
            found.append(one)  # noqa: PERF402 - what came before a failure counts
    except SourceError as error:
        found.append(error)
    return found


def only(found: list[Article | Withdrawal | SourceError]) -> Article:
    (one,) = found
    assert isinstance(one, Article)
    return one


def bodies(found: list[Article | Withdrawal | SourceError]) -> list[str]:
    return [one.body for one in found if isinstance(one, Article)]


def reasons(found: list[Article | Withdrawal | SourceError]) -> list[str]:
    return [str(one).rpartition("/")[2] for one in found if isinstance(one, SourceError)]


def test_columns_are_known_by_the_names_that_others_use(tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    found = only(read(f"{HEADER},Mood\n{ROW},glad\n", tmp_path, say=lambda *what: said.append(what)))
    assert (found.id, found.title, found.url) == ("a1", "Ferry to run", "https://lantern.example/ferry")
    assert found.body == 'It will run, they said.\n\n"All winter".'
    assert (found.sections, str(found.published)) == (("News",), "2024-07-03")
    assert (found.origin, found.place) == (f"{tmp_path}/posts.csv:2", "posts.csv:2")
    assert (found.warnings, found.source_warnings) == ((), ())
    reads = "reads headline as title, content as body, pubdate as published, link as url, category as section"
    assert said == [(f"{tmp_path}/posts.csv", f"{reads}; not read: Mood")]


def test_a_given_mapping_wins_over_names_that_are_guessed_or_ours(tmp_path: Path) -> None:
    text = "title,headline,content,text\nOurs,Theirs,One,Two\n"
    assert only(read(text, tmp_path)).title == "Ours"
    found = only(read(text, tmp_path, mapping={"headline": "title", "text": "body"}))
    assert (found.title, found.body) == ("Theirs", "Two")


def test_a_column_that_is_not_there_is_said_with_the_nearest(tmp_path: Path) -> None:
    warning, found = read("title,content\nFerry,It runs.\n", tmp_path, mapping={"contnet": "body"})
    assert isinstance(warning, Skipped)
    assert warning.reason.endswith("names the column 'contnet', which is nowhere in it; did you mean 'content'?")
    assert isinstance(found, Article)
    assert found.body == "It runs."


def test_a_body_with_markup_is_html_unless_a_column_says_otherwise(tmp_path: Path) -> None:
    assert only(read('title,body\nA,"<p>One.</p><h2>Two</h2><p>3 < 4</p>"\n', tmp_path)).headings[0].text == "Two"
    assert only(read("title,body\nA,If a < b then b > a\n", tmp_path)).body == "If a < b then b > a"
    assert only(read("title,body,body_format\nA,## Two,markdown\n", tmp_path)).headings[0].text == "Two"


@pytest.mark.parametrize("mark", csv_splitting.DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_delimiters_line_ends_and_encodings_are_found_out(mark: str, end: str, encoding: str, tmp_path: Path) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark, lineterminator=end)
    writer.writerows([["title", "body", "link"], ["Fähre", f"One{mark} two.{end}{end}Three ”.", ""], ["B", "x", ""]])
    found = read(out.getvalue().encode(encoding), tmp_path)
    assert [(one.title, one.body) for one in found if isinstance(one, Article)] == [
        ("Fähre", f"One{mark} two.\n\nThree ”."), ("B", "x"),
    ]  # fmt: skip
    assert is_csv("x.csv", out.getvalue().encode(encoding))


def test_a_nul_in_a_row_costs_nothing_whether_the_file_is_named_or_its_folder(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_bytes(b"title,body\nFerry,It\0 runs.\nBridge,Open.\n")
    (tmp_path / "head.csv").write_bytes(b"ti\0tle,body\nFerry,It runs.\n")
    for location in (tmp_path, tmp_path / "posts.csv"):
        first, *_ = find_sources(location)
        assert [item.title for item in read_source(first) if isinstance(item, Article)] == ["Ferry", "Bridge"]
    assert not is_csv("table", b"title,body\nFerry,It\0 runs.\n"), "under another name it is no table"


def test_an_older_encoding_is_guessed(tmp_path: Path) -> None:
    text = "title,body\n" + "Fähre über den Fluß,Die Fähre fährt täglich über den Fluß zur Mühle.\n" * 40
    assert bodies(read(text.encode("cp1252"), tmp_path))[0].startswith("Die Fähre fährt täglich über")


def test_bytes_of_another_encoding_far_behind_are_warned_of(tmp_path: Path) -> None:
    data = b"title,body\n" + b"A,plain\n" * 40_000 + "Ä,Fähre\n".encode("cp1252")
    *_, last = read(data, tmp_path)
    assert isinstance(last, Article)
    assert last.warnings == ("has bytes that are not in the encoding of the file",)


def test_rows_with_a_wrong_number_of_fields_are_reported_by_their_line(tmp_path: Path) -> None:
    text = f"{HEADER}\n{ROW}\nb,too,few\n{ROW.replace('a1', 'a2')},,\nc,1,2,3,4,5,6\n"
    found = read(text, tmp_path)
    assert [one.id for one in found if isinstance(one, Article)] == ["a1", "a2"]
    assert reasons(found) == [
        "posts.csv:5: has 3 fields where the header has 6; it was skipped",
        "posts.csv:9: has 7 fields where the header has 6; it was skipped",
    ]


def test_a_quote_that_is_never_closed_costs_only_its_line(tmp_path: Path) -> None:
    text = 'title,body\nA,one\nB,5" pipe\nC,"two\nD,three\n'
    found = read(text, tmp_path)
    assert bodies(found) == ["one", '5" pipe', "three"]
    assert reasons(found) == ["posts.csv:4: a quote is opened and not closed; the line was skipped"]


def test_a_row_that_is_too_long_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_splitting, "MAX_ROW", 100_000)
    long = "x" * 99_000
    text = f'title,body\nA,{long * 9}\nB,"{long}\n{long}"\nC,last\n'
    found = read(text, tmp_path)
    assert bodies(found)[-1] == "last"
    assert "posts.csv:2: longer than 0 Mi characters; it was skipped" in reasons(found)
    assert "posts.csv:3: a quote is opened and not closed; the line was skipped" in reasons(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        (
            "price,amount\n1,2\n",
            "the table has neither a title nor a body, only price, amount; say which is which with",
        ),
        ("\0\1\2\3title,body", "a binary file"),
        (",".join(f"c{n}" for n in range(3_000)) + "\n", "has more than 2,000 columns"),
    ],
)
def test_what_is_no_table_of_articles_says_why(text: str, reason: str, tmp_path: Path) -> None:
    (found,) = read(text, tmp_path)
    assert isinstance(found, SourceError)
    assert found.reason.startswith(reason)


def test_a_table_is_recognised_by_its_header(tmp_path: Path) -> None:
    files = {
        "a.csv": HEADER + "\n", "b.tsv": "headline\tdate\n", "nameless": "title;body\n", "c.csv": "price,amount\n",
        "d.txt": "A walk, a talk and the text\n\nIt was late.\n", "e.md": "Title\n", "f": "link,category\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(HEADER.encode()))
    found = [Path(one.name).name for one in find_sources(tmp_path) if reader_of(one) is read_rows]
    assert found == ["a.csv", "b.tsv", "g.csv.gz", "nameless"]
    (named,) = find_sources(tmp_path / "c.csv")
    assert reader_of(named) is read_rows


def test_a_table_is_read_from_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "search", "index", "-", "--index", str(tmp_path / "archive"), "--json"]
    done = subprocess.run(command, input=f"{HEADER}\n{ROW}\n".encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b'"added": 1' in done.stdout


def test_columns_of_the_same_name_and_without_one_do_no_harm(tmp_path: Path) -> None:
    assert only(read("title,,body,title\nA,x,B,C\n", tmp_path)).title == "A"
    assert columns_of(["Title ", "BODY", "Published-At"], {}).mapping == {
        "Title ": "title", "BODY": "body", "Published-At": "published",
    }  # fmt: skip


def test_a_table_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    def held(count: int) -> int:
        path = tmp_path / f"{count}.csv"
        path.write_text("title,body\n" + "".join(f'{n},"line\nmore {n}"\n' for n in range(count)), encoding="utf-8")
        tracemalloc.start()
        try:
            assert sum(1 for _ in UnpackedFile(str(path), READING, read_rows).records()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held(100)
    assert held(100_000) - held(20_000) < 100_000


@given(st.lists(st.lists(st.text(max_size=20).filter(str.strip), min_size=2, max_size=2), min_size=1, max_size=8),
       st.sampled_from(csv_splitting.DELIMITERS))  # fmt: skip
def test_what_a_writer_of_csv_writes_is_read_row_for_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], mark: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows([["title", "body"], *rows])
    path = tmp_path_factory.mktemp("c") / "x.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    found = list(UnpackedFile(str(path), READING, read_rows).records())
    assert len(found) == len(rows)
    assert not [one for one in found if isinstance(one, SourceError)]


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from([b"", b"title,body\n", b'title;body\n"', b"\xff\xfet\0i\0,\0"]))
def test_no_bytes_do_more_than_fail(tmp_path_factory: pytest.TempPathFactory, noise: bytes, begin: bytes) -> None:
    path = tmp_path_factory.mktemp("c") / "x.csv"
    path.write_bytes(begin + noise)
    is_csv("x.csv", begin + noise)
    with contextlib.suppress(SourceError):
        list(read_source(UnpackedFile(str(path), READING, read_rows)))


def test_an_embargo_in_a_table_holds(tmp_path: Path) -> None:
    rows = "title,embargo until\nA,next week\nB,2190-01-01\nC,NULL\n"
    first, second, third = (one for one in read(rows, tmp_path) if isinstance(one, Article))
    assert (first.status, second.status, third.status) == ("withheld", "usable", "usable")
    assert (first.embargo, second.embargo, third.embargo) == (None, datetime(2190, 1, 1, tzinfo=UTC), None)
