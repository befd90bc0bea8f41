"""What exports of WordPress promise: each published post is an article, all else is counted, damage stays small."""

from __future__ import annotations

import gzip
import pickle
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leftovers import files_with
from lxml import etree
from readers import reader_of

from index.article import Article, Record, Skipped, Withdrawal, read_record, read_source
from index.indexer import Indexer
from index.naming import tombstones_for
from index.report import Report
from index.sources import FORMATS, find_sources
from index.sources.reading import Reading
from index.sources.recognition import is_export
from index.sources.unpacked_file import UnpackedFile
from index.sources.wordpress import elements
from index.sources.wordpress.elements import MAX_ELEMENT, NO_END, TOO_LONG, Elements
from index.sources.wordpress.export import read_export
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import SourceError
from search.ledger import open_ledger
from search.takedown import take_down

NAMESPACES = (
    'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"'
)
HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.4" -->
<rss version="2.0" {NAMESPACES}>
<channel><title>The Lantern</title><language>de-DE</language>
<wp:author><wp:author_login><![CDATA[jdoe]]></wp:author_login>
  <wp:author_display_name><![CDATA[Jane Doe &amp; Sons]]></wp:author_display_name></wp:author>
<wp:category><wp:category_nicename>news</wp:category_nicename><wp:category_parent></wp:category_parent>
  <wp:cat_name><![CDATA[News &amp; Views]]></wp:cat_name></wp:category>
<wp:category><wp:category_nicename>economy</wp:category_nicename><wp:category_parent>news</wp:category_parent>
  <wp:cat_name><![CDATA[Economy]]></wp:cat_name></wp:category>
"""
FOOT = "</channel>\n</rss>\n"


def item(number: int = 1, *more: str, **fields: str) -> str:
    """An item as WordPress writes it; `more` are further elements of it."""
    told = {
        "title": f"Post {number}",
        "link": f"https://lantern.example/{number}/",
        "guid": f"https://lantern.example/?p={number}",
        "dc:creator": "jdoe",
        "content:encoded": f"Text of post {number}.",
        "excerpt:encoded": "",
        "wp:post_id": str(number),
        "wp:post_date": "2024-07-03 11:30:00",
        "wp:post_date_gmt": "2024-07-03 09:30:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        "wp:post_password": "",
    } | {name.replace("__", ":"): value for name, value in fields.items()}
    inner = "\n".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in told.items())
    return f"<item>\n{inner}\n{''.join(more)}</item>\n"


def term(domain: str, slug: str, name: str) -> str:
    return f'<category domain="{domain}" nicename="{slug}"><![CDATA[{name}]]></category>\n'


def write(path: Path, *items: str, head: str = HEAD, foot: str = FOOT) -> Path:
    path.write_text(head + "".join(items) + foot, "utf-8")
    return path


def read(path: Path, *, types: tuple[str, ...] = ("post",), zone: str = "UTC") -> list[object]:
    """What is read, and in the end why there is no more."""
    found: list[object] = []
    try:
        found.extend(read_source(UnpackedFile(str(path), Reading(ZoneInfo(zone), types=types), read_export)))
    except SourceError as error:
        found.append(error)
    return found


def one(tmp_path: Path, *more: str, zone: str = "UTC", **fields: str) -> Article:
    found = read(write(tmp_path / "one.xml", item(1, *more, **fields)), zone=zone)
    assert len(found) == 1, found
    assert isinstance(found[0], Article), found
    return found[0]


def titles(found: Iterable[object]) -> list[str]:
    return [one.title for one in found if isinstance(one, Article)]


def test_a_post_gives_every_field(tmp_path: Path) -> None:
    article = one(
        tmp_path,
        term("category", "economy", "Economy"), term("category", "news", "News &amp; Views"),
        term("post_tag", "rain", "Rain &amp; snow"), term("post_format", "post-format-aside", "Aside"),
        title="The <em>flood</em> &#8211; again", excerpt__encoded="<p>It rose.</p>",
        content__encoded='<h2 id="why">Why</h2>\nRain.\n\nMore rain.', wp__post_modified_gmt="2024-07-04 10:00:00",
    )  # fmt: skip
    assert (article.title, article.summary) == ("The flood – again", "It rose.")
    assert article.body == "Why\n\nRain.\n\nMore rain."
    assert [(heading.text, heading.anchor) for heading in article.headings] == [("Why", "why")]
    assert (article.sections, article.tags) == (("News & Views > Economy",), ("Rain & snow",))
    assert (article.authors, article.language, article.type) == (("Jane Doe & Sons",), "de-DE", "article")
    assert (article.url, article.guid) == ("https://lantern.example/1/", "https://lantern.example/?p=1")
    assert article.published == datetime(2024, 7, 3, 9, 30, tzinfo=UTC)
    assert article.modified == datetime(2024, 7, 4, 10, tzinfo=UTC)
    assert (article.embargo, article.warnings) == (None, ())


def test_a_date_without_a_utc_one_is_in_the_time_zone_of_the_archive(tmp_path: Path) -> None:
    article = one(tmp_path, wp__post_date_gmt="0000-00-00 00:00:00", zone="Asia/Baku")
    assert article.published is not None
    assert article.published.isoformat() == "2024-07-03T11:30:00+04:00"
    undated = one(tmp_path, wp__post_date_gmt="0000-00-00 00:00:00", wp__post_date="0000-00-00 00:00:00")
    assert (undated.published, undated.warnings) == (None, ())


def test_a_scheduled_post_is_embargoed_until_its_date(tmp_path: Path) -> None:
    article = one(tmp_path, wp__status="future", wp__post_date_gmt="2199-01-01 06:00:00")
    assert article.embargo == article.published == datetime(2199, 1, 1, 6, tzinfo=UTC)
    without_date = one(tmp_path, wp__status="future", wp__post_date_gmt="", wp__post_date="")
    assert without_date.status == "withheld"


def test_what_is_no_published_post_is_left_out_with_counts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "all.xml",
        item(1),
        *(item(number, wp__post_type="attachment", wp__status="inherit") for number in range(2, 5)),
        item(5, wp__status="draft"),
        item(6, wp__status="private"),
        item(7, wp__post_password="secret"),
        item(8, wp__post_type="page"),
        item(9, wp__post_type="nav_menu_item"),
        item(10, wp__post_type="revision", wp__status="inherit"),
        item(11, wp__status="trash"),
        item(12, wp__post_type="recipe"),
        *(item(number, wp__status=status) for number, status in enumerate(("in-review", "auto-draft", "inherit"), 13)),
    )
    found = read(path)
    assert titles(found) == ["Post 1"]
    (skipped,) = [one for one in found if isinstance(one, Skipped)]
    assert skipped.reason == (
        "left out 3 attachments, 1 draft, 1 private post, 1 post with a password, 1 page, 1 menu item, 1 revision, "
        "1 post in the trash, 1 'recipe', 1 'in-review', 1 'auto-draft', 1 'inherit'"
    )
    gone = {one.guid: (one.kind, one.reason) for one in found if isinstance(one, Withdrawal)}
    assert gone == {
        "https://lantern.example/?p=5": ("gone", "a draft"),
        "https://lantern.example/?p=6": ("gone", "private"),
        "https://lantern.example/?p=7": ("gone", "protected by a password"),
        "https://lantern.example/?p=11": ("killed", "in the trash"),
        "https://lantern.example/?p=13": ("gone", "of the status 'in-review'"),
        "https://lantern.example/?p=14": ("gone", "of the status 'auto-draft'"),
        "https://lantern.example/?p=15": ("gone", "of the status 'inherit'"),
    }


def test_other_post_types_are_read_when_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", item(1), item(2, wp__post_type="page"), item(3, wp__post_type="recipe"))
    found = read(path, types=("page", "recipe"))
    assert [(one.title, one.type) for one in found if isinstance(one, Article)] == [
        ("Post 2", "page"),
        ("Post 3", "recipe"),
    ]
    (source,) = find_sources(path, types=("page",))
    assert titles(read_source(source)) == ["Post 2"]


def test_a_post_that_is_not_shown_any_more_leaves_the_index(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", item(1), item(2))
    engine = open_engine("memory:")
    Indexer(engine).run(find_sources(path))
    write(path, item(1), item(2, wp__status="private"))
    report = Indexer(engine).run(find_sources(path))
    assert (report.unchanged, report.deleted, report.failed) == (1, 1, 0)
    assert [remark.text for remark in report.warnings] == ["left out 1 private post"]


UNSEEN = {"link": "https://lantern.example/?p=2", "wp__post_modified_gmt": "2024-07-04 10:00:00"}
"""What a post that is not published any more has for an address."""


@pytest.mark.parametrize("status", ["draft", "pending", "private", "in-review", "auto-draft", "inherit", ""])
def test_a_post_of_any_other_status_is_gone_whatever_its_address_is_now(tmp_path: Path, status: str) -> None:
    path, engine = write(tmp_path / "a.xml", item(1), item(2)), open_engine(f"memory:{tmp_path}")
    Indexer(engine).run(find_sources(path))
    write(path, item(1), item(2, wp__status=status, **UNSEEN))
    assert Indexer(engine).run(find_sources(path)).deleted == 1
    assert open_ledger(engine.ledger_place).removed.in_force() == []
    write(path, item(1), item(2))
    assert Indexer(engine).run(find_sources(path)).added == 1


TRASHED = (
    "<wp:postmeta><wp:meta_key><![CDATA[_edit_last]]></wp:meta_key><wp:meta_value>1</wp:meta_value></wp:postmeta>"
    "<wp:postmeta>\n<wp:meta_key><![CDATA[_wp_trash_meta_status]]></wp:meta_key>\n"
    "<wp:meta_value><![CDATA[{}]]></wp:meta_value></wp:postmeta>"
)
LONG = "zyxqvorm " + " ".join(f"word{number}" for number in range(600))


def exported(path: Path, engine: Engine, *items: str) -> Report:
    """An import of an export with these posts, beside another."""
    return Indexer(engine).run(find_sources(write(path, item(1), *items)))


def test_a_post_in_the_trash_is_taken_down_and_comes_back_when_it_is_published_again(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    old, ledger = item(2, content__encoded=LONG), open_ledger(engine.ledger_place)
    exported(tmp_path / "a.xml", engine, old)
    trashed = item(2, wp__status="trash", content__encoded=LONG, **UNSEEN)
    assert exported(tmp_path / "b.xml", engine, trashed).deleted == 1
    (removal,) = ledger.removed.in_force()
    assert (removal.kind, removal.reason, removal.tombstone.address) == (
        "killed", "in the trash", "https://lantern.example/2/",
    )  # fmt: skip
    assert (removal.at, removal.purged_at is not None) == (datetime(2024, 7, 4, 10, tzinfo=UTC), True)
    assert files_with("zyxqvorm", tmp_path / "index") == []

    assert exported(tmp_path / "old.xml", engine, old).removed == 1
    assert exported(tmp_path / "copy.xml", engine, item(3, content__encoded=LONG)).removed == 1
    again = item(2, content__encoded=LONG, wp__post_modified_gmt="2024-07-05 10:00:00")
    assert exported(tmp_path / "c.xml", engine, again).added == 1
    assert ledger.removed.in_force() == []


def test_what_an_editor_took_down_does_not_come_back_from_the_trash(tmp_path: Path) -> None:
    engine = open_engine(f"memory:{tmp_path}")
    path, ledger = tmp_path / "a.xml", open_ledger(engine.ledger_place)
    exported(path, engine, item(2))
    exported(path, engine, item(2, wp__status="trash", **UNSEEN))
    take_down(engine, ledger, tombstones_for(engine, ledger, id="lantern.example/2"), "court order", datetime.now(UTC))
    (removal,) = ledger.removed.in_force()
    assert (removal.kind, removal.reason) == ("takedown", "court order")
    assert exported(path, engine, item(2, wp__post_modified_gmt="2199-07-05 10:00:00")).removed == 1


@pytest.mark.parametrize(("before", "stones"), [("publish", 1), ("draft", 0), ("", 0)])
def test_a_post_in_the_trash_that_was_never_in_the_archive_is_remembered_if_it_was_published(
    tmp_path: Path, before: str, stones: int
) -> None:
    engine = open_engine(f"memory:{tmp_path}")
    meta = TRASHED.format(before) if before else ""
    report = exported(tmp_path / "a.xml", engine, item(2, meta, wp__status="trash", **UNSEEN))
    assert (report.added, report.left_out) == (1, 1)
    assert len(open_ledger(engine.ledger_place).removed.in_force()) == stones
    older = exported(tmp_path / "older.xml", engine, item(2, wp__post_modified_gmt="2024-07-03 10:00:00"))
    assert older.removed == stones


def test_exports_in_any_order_end_in_the_same_archive(tmp_path: Path) -> None:
    write(tmp_path / "1.xml", item(1), item(2, wp__status="trash", **UNSEEN))
    write(tmp_path / "2.xml", item(1), item(2))
    engine = open_engine(f"memory:{tmp_path}")
    Indexer(engine).run(find_sources(tmp_path / "2.xml"))
    again = item(2, wp__post_modified_gmt="2024-07-05 10:00:00")
    write(tmp_path / "3.xml", item(1), again)
    report = Indexer(engine).run(find_sources([tmp_path / "1.xml", tmp_path / "3.xml"]))
    assert report.deleted == 0
    assert open_ledger(engine.ledger_place).removed.in_force() == []
    with engine.searcher() as searcher:
        assert searcher.document("lantern.example/2") is not None


def test_co_authors_are_named_as_guest_authors_and_users_are(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xml",
        item(1, term("author", "cap-ann-lee", "ann-lee"), term("author", "cap-jdoe", "jdoe")),
        item(2, term("author", "cap-nobody", "Nobody Known")),
        item(3, wp__post_type="guest-author", wp__post_name="cap-ann-lee", title="Ann Lee"),
    )
    found = read(path)
    assert [one.authors for one in found if isinstance(one, Article)] == [
        ("Ann Lee", "Jane Doe & Sons"),
        ("Nobody Known",),
    ]


def test_categories_that_are_their_own_parents_come_to_an_end(tmp_path: Path) -> None:
    head = HEAD.replace("<wp:category_parent></wp:category_parent>", "<wp:category_parent>economy</wp:category_parent>")
    (article,) = read(write(tmp_path / "a.xml", item(1, term("category", "economy", "Economy")), head=head))
    assert isinstance(article, Article)
    assert article.sections == ("News & Views > Economy",)
    alone = head.replace("<wp:category_parent>news<", "<wp:category_parent>economy<")
    (article,) = read(write(tmp_path / "a.xml", item(1, term("category", "economy", "Economy")), head=alone))
    assert isinstance(article, Article)
    assert article.sections == ("Economy",)


def test_what_looks_like_markup_of_the_export_in_a_text_is_text(tmp_path: Path) -> None:
    text = "Write <item> and </item> and <wp:status>draft</wp:status> and <!-- so."
    found = read(write(tmp_path / "a.xml", item(1, content__encoded=text), "<!-- <item> -->", item(2)))
    assert titles(found) == ["Post 1", "Post 2"]
    assert len(found) == 2


def test_other_prefixes_and_namespaces_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", item(1, term("category", "economy", "Economy")))
    text = (
        path.read_text("utf-8")
        .replace("wp:", "ns0:")
        .replace("xmlns:wp=", "xmlns:ns0=")
        .replace("http://w", "https://w")
    )
    path.write_text(text, "utf-8")
    (article,) = read(path)
    assert isinstance(article, Article)
    assert (article.sections, article.authors) == (("News & Views > Economy",), ("Jane Doe & Sons",))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    head = HEAD.replace("UTF-8", "ISO-8859-1" if encoding == "iso-8859-1" else "UTF-8")
    text = head + item(1, title="Überschwemmung in Köln") + FOOT
    (tmp_path / "a.xml").write_bytes(text.encode(encoding))
    assert titles(read(tmp_path / "a.xml")) == ["Überschwemmung in Köln"]
    assert [reader_of(source) for source in find_sources(tmp_path / "a.xml")] == [read_export]


def test_an_export_is_known_by_its_content_packed_or_not(tmp_path: Path) -> None:
    path = write(tmp_path / "export", item(1))
    (tmp_path / "packed.bin").write_bytes(gzip.compress(path.read_bytes()))
    assert [reader_of(source) for source in find_sources([path, tmp_path / "packed.bin"])] == [read_export] * 2
    assert titles(read(tmp_path / "packed.bin")) == ["Post 1"]
    assert not is_export("feed.xml", b'<?xml version="1.0"?><rss version="2.0"><channel>')
    assert not is_export("page.xml", b"<html>About http://wordpress.org/export/1.2/ and wp:")


def test_a_record_is_read_in_another_process_as_here(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", *(item(number) for number in range(1, 4)))
    records = [
        one
        for one in UnpackedFile(str(path), Reading(ZoneInfo("UTC")), read_export).records()
        if not isinstance(one, SourceError)
    ]
    sent: list[Record] = pickle.loads(pickle.dumps(records))  # noqa: S301 - our own
    assert [read_record(one) for one in sent] == [read_record(one) for one in records]
    # What the items have in common is sent once.
    assert len(pickle.dumps(records)) < len(pickle.dumps(records[0])) + 2 * 1_500


# --- damage


@pytest.mark.parametrize(
    ("broken", "warns"),
    [
        ("<title>Rain & snow</title>", False),
        ("<title>Rain\x0b and \x08snow</title>", False),
        ("<title>Rain &nbsp; snow</title>", False),
        ("<title>Rain and snow</titel>", True),
        ("<title>Rain < snow</title>", True),
        ("<title>Rain and snow</title></wp:nothing>", True),
    ],
)
def test_broken_xml_costs_little_of_its_post_and_nothing_of_the_others(
    tmp_path: Path, broken: str, warns: bool
) -> None:
    bad = item(2).replace("<title><![CDATA[Post 2]]></title>", broken)
    found = read(write(tmp_path / "a.xml", item(1), bad, item(3)))
    assert [one for one in titles(found) if one.startswith("Post")] == ["Post 1", "Post 3"]
    (article,) = [one for one in found if isinstance(one, Article) and one.title.startswith("Rain")]
    assert bool(article.warnings) is warns
    assert not any("Post 2" in str(one) for one in article.authors)


def test_a_broken_post_is_reported_with_its_number_and_title(tmp_path: Path) -> None:
    lost = item(2).replace("</item>", "")
    empty = item(4, title=" ", content__encoded="")
    path = write(tmp_path / "a.xml", item(1), lost, item(3), empty, item(5))
    found = read(path)
    assert titles(found) == ["Post 1", "Post 3", "Post 5"]
    assert [str(one) for one in found if isinstance(one, SourceError)] == [
        f"{path}: item 2 (Post 2): {NO_END}",
        f"{path}: item 4: the post has neither a title nor a text",
    ]


def test_a_post_that_is_too_long_is_passed_over_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elements, "MAX_ELEMENT", 300_000)
    monkeypatch.setattr(elements, "BLOCK", 10_000)
    path = write(tmp_path / "a.xml", item(1), item(2, content__encoded="x" * 3_000_000), item(3))
    assert MAX_ELEMENT > 300_000
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert titles(found) == ["Post 1", "Post 3"]
    assert [one.reason for one in found if isinstance(one, SourceError)] == [TOO_LONG]
    assert peak < 2_000_000


def test_a_file_that_is_cut_off_anywhere_gives_what_stood_before(tmp_path: Path) -> None:
    whole = (HEAD + item(1) + item(2, wp__post_type="page") + item(3) + FOOT).encode()
    ends = [whole.find(b"</item>", whole.find(f"Post {number}]".encode())) + 7 for number in (1, 3)]
    path = tmp_path / "a.xml"
    for length in range(len(HEAD) - 20, len(whole) - len(FOOT), 7):
        path.write_bytes(whole[:length])
        found = read(path)
        assert len(titles(found)) == sum(length >= end for end in ends), length
        assert isinstance(found[-1], SourceError)
        assert "cut off" in found[-1].reason
    assert titles(read_cut_gzip(tmp_path, whole)) == ["Post 1", "Post 3"]


def read_cut_gzip(tmp_path: Path, whole: bytes) -> list[object]:
    packed = gzip.compress(whole)
    (tmp_path / "a.xml.gz").write_bytes(packed[:-6])
    found = read(tmp_path / "a.xml.gz")
    assert "cut off" in str(found[-1])
    return found


def test_no_entity_is_ever_expanded_and_no_file_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", "utf-8")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    kind = f'<!DOCTYPE rss [<!ENTITY l0 "ha"> {laughs} <!ENTITY x SYSTEM "{secret.as_uri()}">]>\n<rss'
    bad = item(1).replace("<title><![CDATA[Post 1]]>", "<title>Post &x; and &l11;")
    found = read(write(tmp_path / "a.xml", bad, item(2), head=HEAD.replace("<rss", kind, 1)))
    assert titles(found) == ["Post &x; and &l11;", "Post 2"]


def test_deep_nesting_costs_only_its_post(tmp_path: Path) -> None:
    deep_xml = item(1, "<a>" * 100_000 + "</a>" * 100_000)
    deep_html = item(2, content__encoded="<div>" * 50_000 + "deep")
    deep_shortcodes = item(3, content__encoded="[a x=1]" * 50_000 + "deep" + "[/a]" * 50_000)
    found = read(write(tmp_path / "a.xml", deep_xml, deep_html, deep_shortcodes, item(4)))
    assert titles(found)[-3:] == ["Post 2", "Post 3", "Post 4"]
    assert [one.body for one in found if isinstance(one, Article)][-3:-1] == ["deep", "deep"]


SMALL = (HEAD + "".join(item(number, term("category", "economy", "Economy")) for number in range(1, 6)) + FOOT).encode()
pieces = st.sampled_from([
    b"<item>", b"</item>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&", b"<", b"\x00", b"\xff\xfe", b"</rss>",
    b"<wp:status>", b"&#0;", b"[caption", b"<!DOCTYPE x [", b'"', b"\xc3",
])  # fmt: skip
places = st.integers(0, len(SMALL))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(places, st.integers(0, 40), pieces | st.binary(max_size=8)), min_size=1, max_size=5))
def test_a_damaged_file_is_read_to_its_end_without_a_crash(
    tmp_path: Path, damage: list[tuple[int, int, bytes]]
) -> None:
    data = SMALL
    for place, length, piece in damage:
        data = data[:place] + piece + data[place + length :]
    (tmp_path / "a.xml").write_bytes(data)
    found = read(tmp_path / "a.xml")
    assert all(isinstance(one, Article | Withdrawal | SourceError) for one in found)
    assert not any("please report this" in str(one) for one in found)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 3), st.integers(0, 600), st.integers(1, 30), pieces)
def test_damage_in_one_post_leaves_all_but_it_and_the_next(
    tmp_path: Path, number: int, offset: int, length: int, piece: bytes
) -> None:
    if piece == b"<!--":  # a comment may hide all that follows up to the end of another
        return
    start = SMALL.find(f"<![CDATA[Post {number}]".encode())
    end = SMALL.find(b"</item>", start)
    place = min(start + offset, end - length)
    (tmp_path / "a.xml").write_bytes(SMALL[:place] + piece + SMALL[place + length :])
    found = titles(read(tmp_path / "a.xml"))
    others = {f"Post {one}" for one in range(1, 6) if one not in (number, number + 1)}
    assert others <= set(found)


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"<i>", b"</i>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"x", b"<j>", b"</j>"])),
       st.integers(1, 7))  # fmt: skip
def test_elements_do_not_depend_on_how_the_input_is_cut_into_blocks(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)

    def read_in(block: int) -> Iterator[elements.Element]:
        chunks = [data[start : start + block] for start in range(0, len(data), block)]
        return iter(Elements(lambda _: chunks.pop(0) if chunks else b"", ("i", "j")))

    assert list(read_in(size)) == list(read_in(len(data) or 1))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(posts: int) -> int:
        path = tmp_path / f"{posts}.xml"
        with path.open("w", encoding="utf-8") as file:
            file.write(HEAD)
            file.writelines(item(number, content__encoded="x" * 3_000) for number in range(posts))
            file.write(FOOT)
        tracemalloc.start()
        assert sum(1 for _ in UnpackedFile(str(path), Reading(ZoneInfo("UTC")), read_export).records()) == posts
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(4_000) < peak(400) * 1.2


# --- real exports


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["64-block-test-data", "airquality.wxr", "bitcoinfrance.wxr", "themeunittestdata.wordpress"]
)
def test_a_real_export_gives_as_many_articles_as_it_has_posts(shared: Path, name: str) -> None:
    path = shared / "corpora" / "wordpress" / f"{name}.xml"
    root = etree.parse(str(path), etree.XMLParser(huge_tree=True, resolve_entities=False)).getroot()
    names = {"wp": root.nsmap["wp"]}
    counts = Counter(
        tuple(str(one.findtext(f"wp:{field}", "", names)) for field in ("post_type", "status", "post_password"))
        for one in root.iter("item")
    )
    posts = sum(count for (kind, status, word), count in counts.items()
                if kind == "post" and status in ("publish", "future") and not word)  # fmt: skip
    found = read(path)
    assert len(titles(found)) == posts > 0
    (skipped,) = [one for one in found if isinstance(one, SourceError)]
    assert isinstance(skipped, Skipped)
    left_out = [int(part.split()[0]) for part in skipped.reason.removeprefix("left out ").split(", ")]
    assert sum(left_out) + posts == sum(counts.values())
    assert not any(one.warnings for one in found if isinstance(one, Article))


@pytest.mark.shared
def test_a_real_export_is_indexed_whole_and_unchanged_the_second_time(shared: Path) -> None:
    paths = sorted((shared / "corpora" / "wordpress").glob("*.xml"))
    engine = open_engine("memory:")
    now = datetime.now(UTC)
    first = Indexer(engine).run(find_sources(paths))
    second = Indexer(engine).run(find_sources(paths))
    assert first.failed == second.failed == 0
    assert (first.added, first.changed) == (second.unchanged, 0)
    assert datetime.now(UTC) - now < timedelta(days=1)


def test_the_formats_of_wordpress_come_first() -> None:
    assert [row.name for row in FORMATS[:2]] == ["WordPress exports", "WordPress posts"]
