"""What finding and opening inputs promises: the right reader for each file, and a reason for each that has none."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from index.article import Article, Skipped, Source, read_source
from index.sources import FORMATS, find_sources
from index.sources.encoding import decode, is_binary
from index.sources.files import read_page
from search.errors import SourceError

PAGE = "<html><head><title>{0}</title></head><body><article><p>{1}</p></article></body></html>"
PROSE = "The river rose two metres overnight and the lower town was cleared before anyone was hurt. " * 3
LINE = '{"title": "A line", "body": "Text."}\n'


def read(sources: list[Source]) -> list[Article | SourceError]:
    found: list[Article | SourceError] = []
    for source in sources:
        try:
            found.extend(read_source(source))
        except SourceError as error:
            found.append(error)
    return found


def titles(sources: list[Source]) -> list[str]:
    return [item.title for item in read(sources) if isinstance(item, Article)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "lines.jsonl").write_text(LINE, "utf-8")
    (tmp_path / "b" / "page.html").write_text(PAGE.format("A page", PROSE), "utf-8")
    (tmp_path / "b" / "old.htm.gz").write_bytes(gzip.compress(PAGE.format("An old page", PROSE).encode()))
    (tmp_path / "note.txt").write_text(f"A note\n\n{PROSE}", "utf-8")
    (tmp_path / ".hidden.txt").write_text("Hidden", "utf-8")
    return tmp_path


def test_a_folder_is_searched_through_and_every_format_read(folder: Path) -> None:
    assert sorted(titles(find_sources(folder))) == ["A line", "A note", "A page", "An old page"]


def test_many_paths_keep_their_order_and_count_once(folder: Path) -> None:
    sources = find_sources([str(folder / "note.txt"), folder / "lines.jsonl", folder / "note.txt"])
    assert [source.name for source in sources] == [str(folder / "note.txt"), str(folder / "lines.jsonl")]


def test_a_loop_of_links_is_walked_once(folder: Path) -> None:
    (folder / "b" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "gone.html").symlink_to(folder / "nowhere.html")
    assert len(titles(find_sources(folder))) == 4


def test_what_comes_with_saved_pages_is_no_failure_in_a_folder(folder: Path) -> None:
    (folder / "b" / "style.css").write_text("p {}", "utf-8")
    (folder / "b" / "photo.JPG").write_bytes(b"\xff\xd8\x00")
    assert not [item for item in read(find_sources(folder)) if isinstance(item, SourceError)]


def test_what_is_no_file_is_counted_with_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.", "utf-8")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "itself.css").symlink_to("itself.css")
    os.mkfifo(tmp_path / "pipe.md")
    page, left_out = find_sources(tmp_path)
    assert page.name == str(tmp_path / "a.md")
    with pytest.raises(Skipped, match=r"3 files .* \(link that leads nowhere: 2, pipe, socket or device: 1\)") as found:
        list(left_out.records())
    assert found.value.files == 3


def test_files_of_no_known_format_in_a_folder_are_counted_in_one_error(folder: Path) -> None:
    for name in ("a.docx", "b.docx", "c"):
        (folder / name).write_bytes(b"x")
    (error,) = [item for item in read(find_sources(folder)) if isinstance(item, SourceError)]
    assert isinstance(error, Skipped)
    assert (error.origin, error.files) == (str(folder), 3)
    assert error.reason.startswith("3 files in it are of no known format (.docx: 2, no extension: 1); known are ")


def test_a_format_is_recognised_by_what_is_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "story.php").write_text("\n<!-- saved -->\n<!DOCTYPE html>" + PAGE.format("A page", PROSE), "utf-8")
    (tmp_path / "export").write_bytes(gzip.compress((LINE * 2).encode()))
    (tmp_path / "capture.txt").write_text(PAGE.format("Saved as text", PROSE), "utf-8")
    (tmp_path / "package.json").write_text('{"title": "no article"}\n', "utf-8")
    (tmp_path / "README.md").write_text("# Notes on <html>\n", "utf-8")
    (tmp_path / "broken.php.gz").write_bytes(b"\x1f\x8b\x08")
    found = read(find_sources(tmp_path))
    assert sorted(item.title for item in found if isinstance(item, Article)) == [
        "A line", "A line", "A page", "Saved as text",
    ]  # fmt: skip
    (skipped,) = [item for item in found if isinstance(item, Skipped)]
    assert skipped.files == 3


def test_each_format_accepts_its_own_extensions_and_no_other_formats_content() -> None:
    contents = {"JSON Lines": LINE.encode(), "JSON": f"[{LINE}]".encode(), "HTML pages": b"<html><body>x"}
    for row in FORMATS:
        if row.name not in ("JSON", "WordPress exports"):  # recognised by what they hold alone
            assert all(row.accepts(f"folder/x{extension}", b"") for extension in row.extensions)
            assert all(row.accepts(f"folder/X{extension.upper()}.gz", b"") for extension in row.extensions)
    for name, content in contents.items():
        assert next((row.name for row in FORMATS if row.accepts("folder/x", content)), None) == name


def test_an_address_of_this_machine_is_a_location(folder: Path) -> None:
    assert titles(find_sources((folder / "b").as_uri())) == ["An old page", "A page"]
    (source,) = find_sources((folder / "lines.jsonl").as_uri())
    assert source.name == (folder / "lines.jsonl").as_uri()
    assert titles([source]) == ["A line"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://news.example/feed.xml", "it has to be fetched, and this run fetches nothing"),
        ("s3://bucket/key", "give a path, or an address with file://"),
        ("file://elsewhere/x.jsonl", "names a file of this machine"),
        ("file:///no/such/file.jsonl", "there is no such file or folder"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_can(address: str, reason: str) -> None:
    (error,) = read(find_sources(address))
    assert isinstance(error, SourceError)
    assert error.origin == address
    assert reason in error.reason


def test_a_named_file_of_no_known_format_is_told_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"x")
    (error,) = read(find_sources(tmp_path / "a.docx"))
    assert isinstance(error, SourceError)
    assert all(extension in error.reason for row in FORMATS for extension in row.extensions)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: None, "there is no such file or folder"),
        (lambda path: path.mkdir(), "the folder holds no files"),
        (os.mkfifo, "not a file or folder"),
    ],
    ids=["missing", "empty", "pipe"],
)
def test_a_path_without_anything_to_read_says_so(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "x.html"
    assert callable(make)
    make(path)
    (error,) = read(find_sources(path))
    assert str(error) == f"{path}: {reason}"


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.jsonl"])
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b" \n ", "empty"), (b"\x7fELF\x01\x00\x00" * 200, "binary"), (gzip.compress(b""), "empty")],
    ids=["empty", "blank", "binary", "empty gzip"],
)
def test_an_empty_or_binary_file_is_called_that(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    (error,) = read(find_sources(tmp_path / name))
    assert isinstance(error, SourceError)
    assert words in error.reason
    assert error.origin == str(tmp_path / name)


@pytest.mark.parametrize("name", ["a.ninjs", "a.rss", "a.json", "a.csv", "a.db", "a.nitf", "a.wxr", "a.warc"])
def test_an_empty_file_of_any_format_is_called_that(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert [str(error) for error in read(find_sources(tmp_path / name))] == [f"{tmp_path / name}: the file is empty"]


@pytest.mark.parametrize("name", ["a.html.gz", "a.jsonl.gz", "a.csv.gz", "a.md.gz", "a.json.gz"])
def test_a_file_that_was_packed_twice_is_called_that(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(gzip.compress(LINE.encode())))
    for location in (tmp_path, tmp_path / name):
        (error,) = read(find_sources(location))
        assert isinstance(error, SourceError)
        assert "packed with gzip twice; unpack it once" in error.reason or isinstance(error, Skipped)


def test_a_binary_file_is_named_by_what_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(b"\x7fELF\x01\x00\x00" * 200))
    (error,) = read(find_sources(tmp_path))
    assert isinstance(error, SourceError)
    assert error.reason == "a binary file, not .html"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", "utf-8")
    (tmp_path / "a.txt").chmod(0)
    (error,) = read(find_sources(tmp_path / "a.txt"))
    assert "permission denied" in str(error)


def test_a_page_larger_than_any_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"x" * 2**20 * 3)
    with pytest.raises(SourceError, match="larger than 2 MiB"):
        read_page(str(tmp_path / "a.html"), 2 * 2**20)


def test_a_broken_page_costs_only_that_page(folder: Path) -> None:
    (folder / "b" / "broken.html.gz").write_bytes(gzip.compress(PROSE.encode() * 99)[:60])
    found = read(find_sources(folder / "b"))
    assert [item.origin.rpartition("/")[2] for item in found if isinstance(item, SourceError)] == ["broken.html.gz"]
    assert len([item for item in found if isinstance(item, Article)]) == 2


@pytest.mark.parametrize("name", ["a.html.gz", "a.md.gz", "a.txt.gz", "a.nitf.gz", "feed.json.gz"])
def test_of_one_article_that_is_cut_off_nothing_is_said_to_be_read(tmp_path: Path, name: str) -> None:
    feed = b'{"version": "https://jsonfeed.org/version/1.1", "items": ['
    whole = gzip.compress((feed if "json" in name else b"# A title\n\n") + os.urandom(20_000).hex().encode())
    (tmp_path / name).write_bytes(whole[:-9_000])
    (error,) = read(find_sources(tmp_path / name))
    assert isinstance(error, SourceError)
    assert error.reason == "the gzip data is cut off, so nothing of it was read; get the whole file"


def test_weights_add_up_to_the_size(folder: Path) -> None:
    (folder / "packed.jsonl.gz").write_bytes(gzip.compress((LINE * 50).encode()))
    for source in find_sources(folder):
        weights = [record.weight for record in source.records() if not isinstance(record, SourceError)]
        assert sum(weights) == source.size


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Mélanie".encode(), "Mélanie"),
        ("\ufeffMélanie".encode(), "Mélanie"),
        ("Mélanie".encode("utf-16"), "Mélanie"),
        ("<meta charset=windows-1254>Şuşa".encode("cp1254"), "<meta charset=windows-1254>Şuşa"),
        ("<meta charset=iso-8859-1>“quoted”".encode("cp1252"), "<meta charset=iso-8859-1>“quoted”"),
        ("<meta charset=latin1>Türkiye".encode(), "<meta charset=latin1>Türkiye"),
        (b"<meta charset='no-such-code'>plain", "<meta charset='no-such-code'>plain"),
        (("Türkiye " * 100).encode() + b"\xff", "Türkiye " * 100 + "\ufffd"),
    ],
)
def test_text_is_decoded_by_what_it_says_and_by_what_it_is(data: bytes, text: str) -> None:
    assert decode(data, markup=True) == text


def test_text_in_an_unstated_encoding_is_guessed() -> None:
    text = "Президент сообщил журналистам, что переговоры продолжатся на следующей неделе в столице. " * 5
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("data", [b"plain", "ə".encode(), "text".encode("utf-16"), b"a\tb\r\n"])
def test_text_in_any_encoding_is_not_called_binary(data: bytes) -> None:
    assert not is_binary(data)


def test_many_comments_before_nothing_are_no_page_and_take_no_time() -> None:
    # A pattern that goes back over each of them would not end within the time that a test may take.
    assert not next(row for row in FORMATS if row.name == "HTML pages").accepts("dump.bin", b"<!---->" * 1_100)
