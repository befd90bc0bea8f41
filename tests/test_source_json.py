"""What the JSON source promises: arrays and single articles of any size, and a bad one costs only itself."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from program import environment

from index.article import Article, Skipped, read_source
from index.sources import find_sources
from index.sources.files import GZIP_MAGIC, Input
from index.sources.json_file import MAX_DEPTH, read_elements, split_values
from index.sources.jsonl import MAX_LINE
from index.sources.reading import Reading
from index.sources.unpacked_file import UnpackedFile
from search.errors import SourceError

READING = Reading(ZoneInfo("UTC"))
BERRY = {"title": "Berry harvest", "body": 'They said "{[" and left.'}
FERRY = {"title": "Ferry runs", "body": "All winter, with \\ and \n breaks."}


def read(path: Path) -> list[Article | SourceError]:
    found: list[Article | SourceError] = []
    try:
        for item in read_source(UnpackedFile(str(path), READING, read_elements)):
            assert isinstance(item, Article | SourceError)
            found.append(item)
    except SourceError as error:
        found.append(error)
    return found


def titles(found: list[Article | SourceError]) -> list[str]:
    return [item.title if isinstance(item, Article) else item.reason for item in found]


def stream(data: bytes) -> Input:
    return Input(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_its_articles(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([BERRY, FERRY], indent=indent), "utf-8")
    first, second = read(path)
    assert isinstance(first, Article)
    assert (first.title, first.body, first.place) == (BERRY["title"], BERRY["body"], "export.json#1")
    assert isinstance(second, Article)
    assert second.origin == f"{path}#2"


def test_one_article_and_several_in_a_row_are_read_as_well(tmp_path: Path) -> None:
    one, several = tmp_path / "one.json", tmp_path / "several.json.gz"
    one.write_text(json.dumps(BERRY, indent=1), "utf-8")
    several.write_bytes(gzip.compress(f"\ufeff{json.dumps(BERRY, indent=1)}\n{json.dumps(FERRY)}".encode()))
    assert titles(read(one)) == ["Berry harvest"]
    assert titles(read(several)) == ["Berry harvest", "Ferry runs"]


def test_an_article_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"title": "A", "body": nonsense}, 17, "text", {"title": "B"}, {"other": {}}]', "utf-8")
    found = titles(read(path))
    assert found[0].startswith("not JSON: expecting value")
    assert found[1] == "B"
    assert found[2] == "the article has neither a title nor a body"


def test_a_file_that_breaks_off_gives_what_stood_before(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([BERRY, FERRY])[:-20], "utf-8")
    assert titles(read(path)) == ["Berry harvest", "the file ends inside an article; what stood before was read"]


def test_an_empty_file_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "a.json").touch()
    assert titles(read(tmp_path / "a.json")) == ["the file is empty"]


@pytest.mark.parametrize("content", ["[]", " [ ] ", "17", '"text"', "null"])
def test_a_file_without_an_article_says_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, "utf-8")
    assert titles(read(path)) == ["holds no JSON object; an article is an object, several are an array"]


def test_nesting_and_endless_texts_are_bounded() -> None:
    with pytest.raises(SourceError, match=f"nested more than {MAX_DEPTH} deep"):
        list(split_values(stream(b'[{"a":' * 5_000), "a.json"))
    with pytest.raises(SourceError, match="a text in it is longer than 16 MiB"):
        list(split_values(stream(b'[{"a": "' + b"x" * (3 * MAX_LINE)), "a.json"))
    assert list(split_values(stream(b"1" * (3 * MAX_LINE)), "a.json")) == []


def test_an_article_too_long_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    long = {"title": "Long", "tags": ["x" * 1000] * (MAX_LINE // 900)}
    path.write_text(json.dumps([BERRY, long, FERRY]), "utf-8")
    assert titles(read(path)) == ["Berry harvest", "longer than 16 MiB; it was skipped", "Ferry runs"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=8), json_values, max_size=4), min_size=1), st.integers(1, 60))
def test_an_array_is_split_where_its_articles_end(values: list[dict[str, object]], chunk: int) -> None:
    text = json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(chunk, size if size and size > 0 else chunk))

    source = stream(b"")
    source._stream = Slow(text)  # what comes in small pieces is split as what comes at once
    parts = [json.loads(part.decode("utf-8", "surrogatepass")) for part in split_values(source, "a.json")]
    assert parts == values


@given(st.binary(max_size=300))
def test_no_bytes_break_the_splitter(data: bytes) -> None:
    assume(not data.startswith(GZIP_MAGIC))  # what is packed is unpacked first
    try:
        parts = list(split_values(stream(data), "a.json"))
    except SourceError:
        return
    assert all(part.startswith((b"{", b"[")) for part in parts)


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(count: int) -> int:
        text = json.dumps({"title": "T", "body": "x" * 2000}).encode()
        data = b"[" + b",".join([text] * count) + b"]"
        tracemalloc.start()
        assert sum(1 for _ in split_values(stream(data), "a.json")) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20_000) < 2 * peak(2_000)


def test_json_that_is_no_article_is_passed_over_in_a_folder_and_read_if_it_is_mapped(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "tool", "version": "1.0"}', "utf-8")
    (tmp_path / "posts.json").write_text('[{"headline": "Rain", "text": {"plain": "It rained."}}]', "utf-8")
    (tmp_path / "ours.json").write_text(json.dumps([FERRY]), "utf-8")
    assert [source.name.rpartition("/")[2] for source in find_sources(tmp_path)][:1] == ["ours.json"]
    mapping = {"headline": "title", "text.plain": "body"}
    (source,) = find_sources(tmp_path / "posts.json", mapping=mapping)
    (article,) = read_source(source)
    assert isinstance(article, Article)
    assert (article.title, article.body, article.source_warnings) == ("Rain", "It rained.", ())


@pytest.mark.parametrize("name", ["posts.json", "posts.jsonl"])
def test_a_key_of_the_mapping_that_no_article_has_is_said_with_the_nearest(tmp_path: Path, name: str) -> None:
    values = [{"title": "Rain", "content": {"plain": "It rained."}, "Größe": 1}, {"title": "Sun", "dek": "It shone."}]
    lines = "\n".join(map(json.dumps, values))
    (tmp_path / name).write_text(lines if name.endswith("l") else json.dumps(values), "utf-8")
    mapping = {"contnet.plain": "body", "dek": "summary", "Größe": "type", "rubric": "section"}
    (source,) = find_sources(tmp_path / name, mapping=mapping)
    said = [item.reason for item in read_source(source) if isinstance(item, Skipped)]
    assert said == [
        "the mapping names the key 'contnet.plain', which is nowhere in it; did you mean 'content.plain'?",
        "the mapping names the key 'rubric', which is nowhere in it; there are title, content, Größe, content.plain",
    ]
    (source,) = find_sources(tmp_path / name, mapping={"content.plain": "body"})
    assert not [item for item in read_source(source) if isinstance(item, Skipped)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "-: standard input is empty"),
        ("foo,bar\n1,2\n", "neither a title nor a body, only foo, bar, and no zzz; say which"),
        ("title,bar\n1,2\n", "the mapping names the column 'zzz', which is nowhere in it; there are title, bar"),
        ("Some prose, nothing more.\n", "neither a title nor a body, only Some prose, nothing more., and no zzz"),
        ("Some prose\n", "-: not a known format; known are "),
    ],
)
def test_what_cannot_be_read_from_standard_input_says_why(tmp_path: Path, data: str, said: str) -> None:
    index = f"whoosh:{tmp_path / 'archive'}"
    command = [sys.executable, "-m", "search", "index", "-", "--map", "zzz=body", "--index", index]
    result = subprocess.run(command, input=data, capture_output=True, env=environment(), check=False, text=True)
    assert said in result.stderr


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("as_array", [False, True])
def test_standard_input_is_a_source(tmp_path: Path, packed: bool, as_array: bool) -> None:
    values = [{"name": f"Piece {number}", "body": "It rained. " * 200} for number in range(50)]
    text = json.dumps(values) if as_array else "\n".join(map(json.dumps, values))
    data = gzip.compress(text.encode()) if packed else text.encode()
    index = f"whoosh:{tmp_path / 'archive'}"
    command = [sys.executable, "-m", "search", "index", "-", "--map", "name=title", "--index", index, "-q"]
    result = subprocess.run(command, input=data, capture_output=True, env=environment(), check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"added 50, changed 0")
