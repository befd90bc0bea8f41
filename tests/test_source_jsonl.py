"""What the JSON Lines source promises: every good line is an article, every bad one a reason with its line number."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from index.article import Article, Withdrawal, read_source
from index.indexer import Indexer
from index.sources import find_sources
from index.sources.fields import BAD_URL, MAX_UNKNOWN_KEYS, ArticleFields
from index.sources.files import GZIP_MAGIC, Input
from index.sources.jsonl import MAX_LINE, ArticleText, parse_line, read_lines
from index.sources.reading import Reading
from index.sources.recognition import is_json_lines
from index.sources.unpacked_file import UnpackedFile
from search.document import Heading
from search.engines import open_engine
from search.errors import SourceError

GOOD = {"id": "1", "title": "Flood", "body": "The river rose."}
UTC_ZONE = ZoneInfo("UTC")


def read(path: Path) -> list[Article | SourceError]:
    """What is read, and why there is no more."""
    found: list[Article | SourceError] = []
    try:
        found.extend(read_source(UnpackedFile(str(path), Reading(UTC_ZONE), read_lines)))
    except SourceError as error:
        if not found:
            raise
        found.append(error)
    return found


def one(**fields: object) -> Article:
    return parse_line(json.dumps(fields).encode(), "f:1", "", Reading(UTC_ZONE))


def lines(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(part + b"\n" for part in parts))
    return path


def good(**fields: object) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


def test_a_full_line_gives_every_field() -> None:
    article = one(
        id="2024/flood", url="https://news.example/2024/flood", title=" The\nflood ", section="News > Local",
        tags=["river", "river", " rain "], author=["Mélanie Doe", "John Roe"], published="2024-07-03T09:30:00+02:00",
        modified="2024-07-04", summary="It rose.",
        body="It <b>rose</b>.<h2 id=why>Why</h2><p>Rain.", body_format="html",
        lang="zh_tw", type="report", unknown={"a": [1]},
    )  # fmt: skip
    assert article == Article(
        origin="f:1", title="The flood", body="It rose.\n\nWhy\n\nRain.", id="2024/flood", summary="It rose.",
        headings=(Heading("Why", 2, 10, "why"),), html='It <b>rose</b>.<h2 id="why">Why</h2><p>Rain.</p>',
        url="https://news.example/2024/flood", sections=("News > Local",), authors=("Mélanie Doe", "John Roe"),
        tags=("river", "rain"), published=datetime.fromisoformat("2024-07-03T09:30:00+02:00"),
        modified=date(2024, 7, 4),
        language="zh-TW", type="report", source_warnings=("the key 'unknown' is not known and is ignored",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("section", "sections"),
    [
        ("News", ("News",)),
        ("News > Economy", ("News > Economy",)),
        (["News", "Opinion"], ("News", "Opinion")),
        ([["News", "Economy"], "Opinion"], ("News > Economy", "Opinion")),
        (["News > ", " ", "News"], ("News",)),
        (None, ()),
    ],
)
def test_sections_are_a_name_a_path_or_a_list_of_either(section: object, sections: tuple[str, ...]) -> None:
    assert one(**{**GOOD, "section": section}).sections == sections


def test_plurals_and_single_values_pass() -> None:
    article = one(title="T", sections=["A"], authors="Jane Doe", tags="a, b", language="de", id=7)
    assert (article.sections, article.authors, article.tags, article.language, article.id) == (
        ("A",), ("Jane Doe",), ("a", "b"), "de", "7",
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "/de/2024/",
        "news/1",
        "javascript:alert(1)",
        "ftp://a.example/x",
        "https://",
        "https://a b",
        "http://[",
        "",
        2018,
    ],
)
def test_only_addresses_a_reader_can_be_sent_to_are_kept(url: object) -> None:
    assert one(**{**GOOD, "url": url}).url is None


def test_a_title_that_is_missing_is_taken_from_the_text() -> None:
    assert one(body="# Rain\n\nIt rained.", body_format="markdown").title == "Rain"
    title = one(body="It rained all day. " * 20).title
    assert title.endswith(" rained…")
    assert len(title) <= 90


def test_a_date_that_cannot_be_read_costs_a_warning_and_not_the_article() -> None:
    article = one(**GOOD, published="yesterday", lang="?!")
    assert article.published is None
    assert article.warnings == ("lang is not a language tag: '?!'", "published is not a date: 'yesterday'")


@pytest.mark.parametrize("key", ["published", "modified", "first_published"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        ([], "[]"),
        ({}, "{}"),
        ({"a": {"b": 1}}, "{'a': {'b': 1}}"),
        ([1, 2], "[1, 2]"),
        ([True], "true"),
    ],
)
def test_a_value_that_is_no_date_costs_a_warning_and_not_the_article(key: str, value: object, shown: str) -> None:
    article = one(**GOOD, **{key: value})
    assert (article.published, article.modified, article.first_published) == (None, None, None)
    assert article.warnings == (f"{key} is not a date: {shown!r}",)


def test_a_date_alone_in_a_list_is_read_and_one_that_lies_ahead_holds() -> None:
    assert one(**GOOD, published=["2024-07-03"]).published == date(2024, 7, 3)
    assert one(**GOOD, published=["2190-07-03", "2190-07-04"]).published_between == (date(2190, 1, 1), date(2190, 1, 1))


def test_what_says_that_it_is_not_published_is_no_article() -> None:
    with pytest.raises(SourceError, match="published: input should be"):
        one(**GOOD, published=False)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("3 July 2024", date(2024, 7, 3)),
        ("2024-07", date(2024, 7, 1)),
        ("2024-7-3", date(2024, 7, 3)),
        ("2024/07/03", date(2024, 7, 3)),
        ("25/12/2024", date(2024, 12, 25)),
        ("12/12/2024", date(2024, 12, 12)),
        ("2024年7月3日", date(2024, 7, 3)),
        (1720000000, datetime(2024, 7, 3, 9, 46, 40, tzinfo=UTC)),
        (1720000000.25, datetime(2024, 7, 3, 9, 46, 40, 250000, tzinfo=UTC)),
        ("1720000000000", datetime(2024, 7, 3, 9, 46, 40, tzinfo=UTC)),
        (-500000000, datetime(1954, 2, 26, 23, 6, 40, tzinfo=UTC)),
        ("July 3, 2024, 2:30 pm", datetime(2024, 7, 3, 14, 30, tzinfo=UTC)),
        ("12:05 a.m., 3 July 2024", datetime(2024, 7, 3, 0, 5, tzinfo=UTC)),
        ("3. Juli 2024, 14:30 Uhr", datetime(2024, 7, 3, 14, 30, tzinfo=UTC)),
        ("2024-7-3 09:30", datetime(2024, 7, 3, 9, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_and_programs_write_them(text: object, read: date) -> None:
    article = one(**GOOD, published=text, modified=text)
    assert (article.published, article.modified, article.warnings) == (read, read, ())


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-02-31", "99", "12345", "3 July 2024 to 5 July 2024", "July", "9" * 13]
)
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    article = one(**GOOD, published=text)
    assert article.published is None
    assert article.warnings == (f"published is not a date: {text[:40]!r}",)


@pytest.mark.parametrize("text", ["07/03/2024", "3/7/2024", "07-03-2024", "on 7/3/2024, 10:00"])
def test_a_date_that_may_be_two_is_said_with_both(text: str) -> None:
    article = one(**GOOD, published=text)
    assert article.published is None
    (warning,) = article.warnings
    assert warning.startswith("published is ambiguous")
    assert "2024-07-03" in warning
    assert "2024-03-07" in warning


def test_a_canceled_line_withdraws_its_article_and_a_withheld_one_keeps_its_status() -> None:
    line = json.dumps(GOOD | {"status": "Cancelled", "guid": "g", "url": "https://a.example/1"}).encode()
    withdrawal = parse_line(line, "f:1", "", Reading(UTC_ZONE))
    assert isinstance(withdrawal, Withdrawal)
    assert (withdrawal.kind, withdrawal.id, withdrawal.guid, withdrawal.url) == (
        "killed",
        "1",
        "g",
        "https://a.example/1",
    )
    held = one(**GOOD, status="withheld", embargo="2031-01-01", first_published="2020-05-06")
    assert (held.status, held.embargo, held.first_published) == (
        "withheld",
        datetime(2031, 1, 1, tzinfo=UTC),
        date(2020, 5, 6),
    )


def test_times_without_a_zone_are_in_the_zone_of_the_archive(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", good(published="2024-07-03T09:30:00"))
    (source,) = find_sources(path, time_zone="Asia/Baku")
    (article,) = read_source(source)
    assert isinstance(article, Article)
    assert isinstance(article.published, datetime)
    assert article.published.astimezone(UTC) == datetime(2024, 7, 3, 5, 30, tzinfo=UTC)


def test_front_matter_left_in_a_markdown_body_fills_what_the_line_leaves_out() -> None:
    body = '---\ntitle: From inside\ndate: 2024-07-03\nauthors: ["Jane Doe"]\n---\nText'
    article = one(body=body, body_format="markdown")
    assert (article.title, article.published, article.authors, article.body) == (
        "From inside", date(2024, 7, 3), ("Jane Doe",), "Text",
    )  # fmt: skip
    assert one(body=body, body_format="markdown", title="Stated").title == "Stated"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"title": "a"', "not JSON: expecting ',' delimiter (column 14)"),
        (b"[1]", "an article must be a JSON object, this one is a list"),
        (b"null", "an article must be a JSON object, this one is a NoneType"),
        (b'{"title": ["a"]}', "title: input should be a valid string"),
        (b'{"tags": [{"a": 1}]}', "tags: input should be a valid string"),
        (b'{"title": "a", "body_format": "docx"}', "body_format: input should be 'text', 'markdown' or 'html'"),
        (b'{"title": true}', "title: input should be a valid string"),
        (b"{}", "the article has neither a title nor a body"),
        (b'{"title": "\\u0000\\ud800"}', "the article has neither a title nor a body"),
        (b'{"title": "a\xff"}', "not UTF-8 (byte 13 of the line); convert the file to UTF-8"),
        (b'{"x":' * 100_000, "not readable: the JSON is nested too deeply"),
    ],
)
def test_a_line_that_is_no_article_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_line(line, "f:7", "", Reading(UTC_ZONE))
    assert str(caught.value) == f"f:7: {reason}" or ("nested" in reason and "not JSON" in str(caught.value))


def test_strange_but_valid_json_is_read() -> None:
    article = parse_line(
        b'{"id": ' + b"9" * 5000 + b', "title": "a\\ud800b", "x": NaN, "y": 1e999}', "f:1", "", Reading(UTC_ZONE)
    )
    assert article.title == "ab"
    assert article.id.startswith("999")


def test_a_bad_line_costs_only_itself_and_names_its_number(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + good(), b"", b"{oops", b"   ", good(id="2"), b'{"title": 1.5}')
    found = read(path)
    assert [item.id if isinstance(item, Article) else item.origin for item in found] == ["1", f"{path}:3", "2", ""]
    assert [item.origin for item in found if isinstance(item, Article)] == [f"{path}:1", f"{path}:5", f"{path}:6"]


def test_gzip_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(good()))
    misnamed = lines(tmp_path / "b.jsonl.gz", good(id="2"))
    assert [item.id for item in [*read(path), *read(misnamed)] if isinstance(item, Article)] == ["1", "2"]


def test_a_cut_gzip_file_gives_what_stood_before_the_cut_and_says_so(tmp_path: Path) -> None:
    import random

    noise = random.Random(1)
    whole = gzip.compress(b"".join(good(id=str(n), body=str(noise.random()) * 50) + b"\n" for n in range(3000)))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    *articles, last = read(path)
    assert len(articles) > 500
    assert all(isinstance(item, Article) for item in articles)
    assert isinstance(last, SourceError)
    assert "cut off" in last.reason


def test_a_damaged_gzip_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(GZIP_MAGIC + b"\x08\x00" + b"nothing like deflate" * 10)
    with pytest.raises(SourceError, match=r"damaged|gzip"):
        read(path)


def test_a_decompression_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = 0
    readline = Input.readline

    def counted(self: Input, size: int) -> bytes:
        nonlocal unpacked
        line = readline(self, size)
        unpacked += len(line)
        return line

    monkeypatch.setattr(Input, "readline", counted)
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(good() + b"\n")
        for _ in range(120):
            file.write(b" " * 2**20)
    first, *rest = read(path)
    assert isinstance(first, Article)
    assert any(isinstance(item, SourceError) and "times its size" in item.reason for item in rest)
    assert unpacked <= 65 * 2**20 + MAX_LINE


def test_a_line_too_long_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", good(), good(body="x" * (MAX_LINE + 10)), good(id="2"))
    first, long, last = read(path)
    assert isinstance(long, SourceError)
    assert str(long) == f"{path}:2: longer than 16 MiB; it was skipped"
    assert [item.id for item in (first, last) if isinstance(item, Article)] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n\n  \n", "the file is empty"),
        (b"\x00\x01\x02" * 99, "a binary file, not JSON Lines"),
        ("{}".encode("utf-16"), "the file is UTF-16; convert it to UTF-8"),
        (b'[\n{"title": "a"}\n]', "a JSON array, not JSON Lines; call it .json"),
        (b"no json here\n" * 200, "not JSON Lines: none of its first 100 lines is an article"),
    ],
)
def test_a_file_that_is_no_json_lines_says_so_once(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    errors = []
    try:
        errors = [item for item in read(path) if isinstance(item, SourceError)]
    except SourceError as error:
        errors = [error]
    assert errors[-1].reason == reason
    assert errors[-1].origin == str(path)


def test_position_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", *(good(id=str(number)) for number in range(50)))
    source = UnpackedFile(str(path), Reading(UTC_ZONE), read_lines)
    assert len(list(read_source(source))) == len(list(read_source(source))) == 50
    assert sum(record.weight for record in source.records() if isinstance(record, ArticleText)) == source.size


def test_the_keys_of_the_reference_are_the_keys_that_are_read() -> None:
    page = Path(__file__).parents[1] / "docs" / "reference" / "formats.md"
    table = page.read_text("utf-8").partition("## JSON Lines")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))
    assert documented == set(ArticleFields.model_fields)


@pytest.mark.shared
def test_real_archives_are_read_without_loss(shared: Path) -> None:
    for name, least in (("rust-blog", 751), ("digitalgov", 1812)):
        (source,) = find_sources(shared / "corpora" / "articles" / f"{name}.jsonl.gz")
        found = list(read_source(source))
        articles = [item for item in found if isinstance(item, Article)]
        assert len(articles) == len(found) == least
        assert all(article.title and article.published for article in articles)
        assert all(
            article.body[head.offset : head.offset + len(head.text)] == head.text
            for article in articles
            for head in article.headings
        )
        leftovers = [article.origin for article in articles if re.search(r"\{\{[<%] ", article.body)]
        assert len(leftovers) <= 3


def test_keys_that_are_not_known_are_named_with_the_known_key_that_is_near() -> None:
    article = one(title="Flood", text="It rose.", publised="2024-07-03")
    assert article.source_warnings == (
        "the key 'publised' is not known and is ignored; did you mean 'published'?",
        "the key 'text' is not known and is ignored",
    )
    assert one(**{**GOOD, "sections": "News", "authors": "Jane", "language": "en"}).source_warnings == ()
    many = one(**GOOD, **{f"key{number}": 1 for number in range(500)})
    assert len(many.source_warnings) == MAX_UNKNOWN_KEYS


def test_an_unknown_key_is_said_once_for_each_file(tmp_path: Path) -> None:
    paths = [
        lines(tmp_path / name, *(good(id=f"{name}{number}", publised="2024") for number in range(5)))
        for name in ("a.jsonl", "b.jsonl")
    ]
    report = Indexer(open_engine("memory:")).run(find_sources(paths))
    assert [str(warning) for warning in report.warnings] == [
        f"{path}:1: the key 'publised' is not known and is ignored; did you mean 'published'?" for path in paths
    ]
    assert (report.added, report.exit_code) == (10, 0)


def test_an_address_that_is_left_out_is_said() -> None:
    assert one(**GOOD, url="/2024/flood").source_warnings == (BAD_URL,)
    assert one(**GOOD, url="https://news.example/2024|flood").url == "https://news.example/2024%7Cflood"


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"title": "a", "body": "b"}\n', True),
        (b'\xef\xbb\xbf\n{"body": "b", "title": "a", "x": 1}\n{', True),
        (b'{"title": "a", "body": "b"}', False),
        (b'{"title": "a"}\n', False),
        (b'["title", "body"]\n', False),
        (b"{\n", False),
        (b"{" + b"[" * 5_000 + b"\n", False),
        (b"", False),
    ],
)
def test_lines_are_recognised_by_a_whole_article_in_the_first(head: bytes, known: bool) -> None:
    assert is_json_lines("export", head) is known
    assert is_json_lines("export.jsonl.gz", head)


@pytest.mark.parametrize("embargo", ["07/03/2027", "next week", True, {}, ["2027-03-07"], {"until": "2027-03-07"}])
def test_an_embargo_that_cannot_be_read_withholds_the_article(embargo: object) -> None:
    article = one(title="A", embargo=embargo)
    assert (article.status, article.embargo) == ("withheld", None)
    assert "embargo is" in article.warnings[0]


@pytest.mark.parametrize("embargo", [None, False, "", "null"])
def test_no_embargo_is_none(embargo: object) -> None:
    article = one(title="A", embargo=embargo)
    assert (article.status, article.embargo, article.warnings) == ("usable", None, ())


def test_front_matter_in_a_body_holds_the_article_too() -> None:
    body = "---\ndate: 2020-01-01\npublishDate: 2190-01-01\n---\nText."
    assert one(body=body, body_format="markdown").embargo == datetime(2190, 1, 1, tzinfo=UTC)
    assert one(body="---\nembargo: soon\n---\nText.", body_format="markdown").status == "withheld"


@pytest.mark.parametrize("status", [[], {}, 0, False])
def test_a_status_that_is_none_is_refused(status: object) -> None:
    with pytest.raises(SourceError, match="status"):
        one(status=status)
