"""What names of files that are not UTF-8 cost: nothing. They are read, stored and shown, and each means one file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from index.identity import source_key
from index.indexer import Indexer
from index.paths import path_as_text, text_as_path
from index.sources import find_sources
from search.commands import main
from search.engines import open_engine

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="its file names are always Unicode")

POST = (
    "<item><title>A post</title><content:encoded>The harbour.</content:encoded><wp:post_id>3</wp:post_id>"
    "<wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item>"
)
EXPORT = (
    '<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" '
    f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><wp:wxr_version>1.2</wp:wxr_version>{POST}'
    "</channel></rss>"
)
FILES = {
    b"caf\xe9.md": "# Cafe\n\nThe body.\n",
    rb"caf\xe9.md": "# Written out\n\nThe other body.\n",
    b"d\xfcr/page.html": f"<title>A page</title><article><p>{'The river rose two metres. ' * 9}</p></article>",
    b"d\xfcr/lines.jsonl": '{"title": "A line", "body": "Text."}\n',
    b"d\xfcr/export.wxr": EXPORT,
    b"d\xfcr/table.csv": "title,body\nA row,Text\n",
    b"d\xfcr/odd.\xff\xfe": b"\x00\x01",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/arch\xefv"))
    for name, content in FILES.items():
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@given(st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name))
def test_each_name_has_a_text_of_its_own_and_means_itself(name: bytes) -> None:
    path = os.fsdecode(name)
    text = path_as_text(path)
    text.encode()
    assert all(character >= " " for character in text)
    assert text_as_path(text) == Path(path)


@given(st.text(st.sampled_from("\\x5ce91f7b\udce9\x1ba"), max_size=12))
def test_a_name_that_looks_like_an_escaped_one_is_another(name: str) -> None:
    assert text_as_path(path_as_text(name)) == Path(name)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\\")))
def test_a_name_in_utf_8_is_its_own_text(name: str) -> None:
    assert path_as_text(name) == name


def test_files_whose_names_are_not_utf_8_are_read_and_pruned(folder: Path) -> None:
    engine = open_engine("memory:")
    first = Indexer(engine).run(find_sources(folder), roots=[str(folder)], prune=True)
    assert (first.added, first.failed, first.skipped) == (6, 0, 1)
    first.warnings[0].text.encode()
    with engine.searcher() as searcher:
        documents = {document.title: document for document in searcher.articles()}
    assert documents["Cafe"].source.endswith(r"/arch\xefv/caf\xe9.md")
    assert documents["Written out"].source.endswith(r"/arch\xefv/caf\x5cxe9.md")
    (folder / os.fsdecode(b"caf\xe9.md")).unlink()
    second = Indexer(engine).run(find_sources(folder), roots=[str(folder)], prune=True)
    assert (second.unchanged, second.deleted) == (5, 1)


def test_ids_do_not_depend_on_where_the_folder_is(folder: Path, tmp_path: Path) -> None:
    def ids(root: Path) -> list[str]:
        engine = open_engine("memory:")
        Indexer(engine).run(find_sources(root))
        with engine.searcher() as searcher:
            return sorted(document.id for document in searcher.articles())

    before = ids(folder)
    assert ids(folder.rename(tmp_path / "moved")) == before


def test_a_folder_that_is_not_utf_8_may_be_where_the_command_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert source_key("a.md").endswith(r"/arch\xefv/a.md")
    assert text_as_path(source_key(path_as_text(os.fsdecode(b"caf\xe9.md")))).is_file()


def test_what_is_said_of_such_a_file_can_be_printed(folder: Path, tmp_path: Path) -> None:
    (folder / os.fsdecode(b"bad\xe9.md")).write_bytes(b"\x00\x00")
    url = f"whoosh:{tmp_path / 'index'}"
    arguments = ["index", str(folder), os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md"), "--index", url, "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 3, result.output
    (failure,) = json.loads(result.stdout)["failures"]
    assert failure["origin"].endswith(r"bad\xe9.md")


def test_a_configuration_may_stand_in_such_a_folder(folder: Path, tmp_path: Path) -> None:
    config = folder / "backfile.toml"
    config.write_text('[[sources]]\nat = "."\n', "utf-8")
    arguments = ["--config", str(config), "sync", "--json", "--index", f"whoosh:{tmp_path / 'index'}"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    said = json.loads(result.stdout)
    assert said["at"].endswith(r"arch\xefv")
    assert said["report"]["added"] == 6


def test_an_address_of_a_file_may_have_bytes_that_are_not_utf_8(folder: Path) -> None:
    address = "file://" + os.fsencode(folder).replace(b"\xef", b"%EF").decode() + "/caf%E9.md"
    engine = open_engine("memory:")
    assert Indexer(engine).run(find_sources([address, folder]), roots=[address]).added == 6
