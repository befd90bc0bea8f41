"""What reading RSS, Atom and JSON Feed promises: every entry an article, or a reason, whatever the feed is like."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from news_pages import rss

from index.article import Article, lists_all, read_source
from index.sources import find_sources
from index.sources.encoding import text_encoding
from index.sources.feed_splitting import MAX_BEGINNING, MAX_ENTRY
from index.sources.feeds import EntryRecord, Feed
from index.sources.files import open_data
from index.sources.reading import Reading
from index.sources.recognition import is_feed
from search.document import Heading
from search.errors import SourceError

PROSE = "The ferry will run all winter, the county said on Monday. " * 4
HTML = f"<p>{PROSE}</p><h2 id='pays'>Who pays</h2><p>The county does. <a href='/about'>More</a></p>"
ADDRESS = "https://news.example/feed.xml"


def atom(*entries: str, head: str = "") -> str:
    body = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de">{head}{body}</feed>'


def source(data: str | bytes, address: str = ADDRESS) -> Feed:
    content = data.encode() if isinstance(data, str) else data
    reading = Reading(ZoneInfo("UTC"))
    return Feed(address or "feed.xml", reading, lambda: open_data("feed.xml", content), address)


def read(data: str | bytes, address: str = ADDRESS) -> list[Article | SourceError]:
    found: list[Any] = []
    try:
        found.extend(read_source(source(data, address)))
    except SourceError as error:
        found.append(error)
    return found


def one(data: str | bytes, address: str = ADDRESS) -> Article:
    (article,) = read(data, address)
    assert isinstance(article, Article), article
    return article


def titles(data: str | bytes) -> list[str]:
    return [item.title if isinstance(item, Article) else "-" for item in read(data)]


# --- what an entry says


def test_an_item_of_rss_gives_an_article() -> None:
    article = one(
        rss(
            "<title>Ferry &amp;amp; harbour</title><link>https://news.example/2024/ferry</link>"
            "<guid isPermaLink='false'>https://news.example/?p=17</guid><dc:creator>Mélanie Doe</dc:creator>"
            "<category>Transport</category><category>Winter</category><description>In short.</description>"
            f"<pubDate>Wed, 03 Jul 2024 09:30:00 +0200</pubDate><content:encoded><![CDATA[{HTML}]]></content:encoded>"
        )
    )
    assert (article.title, article.url) == ("Ferry & harbour", "https://news.example/2024/ferry")
    assert (article.guid, article.id) == ("https://news.example/?p=17", "")
    assert (article.authors, article.tags, article.sections) == (("Mélanie Doe",), ("Transport", "Winter"), ())
    assert article.published == datetime(2024, 7, 3, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    assert (article.summary, article.language) == ("In short.", "en-GB")
    assert article.headings == (Heading("Who pays", 2, article.body.index("Who pays"), "pays"),)
    assert 'href="https://news.example/about"' in article.html


def test_an_entry_of_atom_gives_an_article() -> None:
    article = one(
        atom(
            "<id>tag:news.example,2024:1</id><title type='html'>The &lt;i&gt;ferry&lt;/i&gt;</title>"
            "<link rel='self' href='/api/1'/><link href='/2024/ferry'/><author><name>Jo Doe</name></author>"
            "<author><name>Al Poe</name></author><category term='t' label='Transport'/>"
            "<published>2024-07-03T09:30:00Z</published><updated>2024-07-04T08:00:00Z</updated>"
            f"<summary>In short.</summary><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{HTML}</div>"
            "</content>"
        )
    )
    assert (article.title, article.url) == ("The ferry", "https://news.example/2024/ferry")
    assert (article.authors, article.tags) == (("Jo Doe", "Al Poe"), ("Transport",))
    assert article.published == datetime(2024, 7, 3, 9, 30, tzinfo=UTC)
    assert article.modified == datetime(2024, 7, 4, 8, 0, tzinfo=UTC)
    assert (article.summary, article.language) == ("In short.", "de")
    assert [heading.text for heading in article.headings] == ["Who pays"]


def test_an_item_of_json_feed_gives_an_article() -> None:
    item = {
        "id": 17, "url": "https://news.example/2024/ferry", "title": "A < B", "content_html": HTML,
        "summary": "In short.",
        "date_published": "2024-07-03T09:30:00Z", "authors": [{"name": "Jo Doe"}], "tags": ["Transport"],
    }  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "language": "fr", "items": [item]}
    article = one(json.dumps(feed))
    assert (article.title, article.guid, article.url) == ("A < B", "17", "https://news.example/2024/ferry")
    assert (article.authors, article.tags, article.language) == (("Jo Doe",), ("Transport",), "fr")
    assert [heading.text for heading in article.headings] == ["Who pays"]
    assert article.published == datetime(2024, 7, 3, 9, 30, tzinfo=UTC)


def test_json_feed_1_0_has_one_author_and_may_have_plain_text() -> None:
    item = {"id": "1", "title": "T", "content_text": "One & two.\n\nThree <b>.", "author": {"name": "Jo Doe"}}
    article = one(json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item]}))
    assert (article.body, article.html, article.authors) == ("One & two.\n\nThree <b>.", "", ("Jo Doe",))


def test_a_feed_in_rdf_is_read_too() -> None:
    article = one(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>News</title></channel>'
        '<item rdf:about="https://news.example/1"><title>Ferry</title><link>https://news.example/1</link>'
        "<dc:date>2024-07-03</dc:date><description>Text.</description></item></rdf:RDF>"
    )
    assert (article.title, article.url, article.published) == ("Ferry", "https://news.example/1", date(2024, 7, 3))


def test_a_description_alone_is_the_text() -> None:
    article = one(rss("<title>T</title><description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>"))
    assert (article.body, article.summary) == ("One.\n\nTwo.", "")


def test_a_category_that_is_a_path_in_a_named_list_is_a_section() -> None:
    article = one(
        rss(
            "<title>T</title><category domain='https://news.example/sections'>News/Transport</category>"
            "<category domain='https://news.example/tags'>winter</category><category>sea/land</category>"
        )
    )
    assert (article.sections, article.tags) == (("News > Transport",), ("winter", "sea/land"))


def test_entries_of_atom_without_an_author_have_that_of_the_feed() -> None:
    assert one(atom("<title>T</title>", head="<author><name>Desk</name></author>")).authors == ("Desk",)


def test_an_entry_without_an_address_is_known_by_its_guid_wherever_it_stands() -> None:
    item = "<title>T</title><guid isPermaLink='false'>17</guid>"
    first, second = one(rss(item)), read(rss("<title>New</title>", item))[1]
    assert isinstance(second, Article)
    assert first.id == second.id == "17"


def test_an_entry_without_an_address_and_a_guid_keeps_its_place_when_others_come() -> None:
    first, second = one(rss("<title>T</title>")), read(rss("<title>New</title>", "<title>T</title>"))[1]
    assert isinstance(second, Article)
    assert first.place == second.place != ""


def test_a_date_that_is_none_is_said_to_be_so() -> None:
    article = one(rss("<title>T</title><pubDate>soon</pubDate>"))
    assert article.published is None
    assert "published" in article.warnings[0]


def test_an_entry_without_title_and_text_is_reported_and_the_next_goes_on() -> None:
    error, article = read(rss("<link>https://news.example/1</link>", "<title>T</title>"))
    assert str(error) == f"{ADDRESS}, entry 1: the entry has neither a title nor a text"
    assert isinstance(article, Article)


def test_a_feed_has_only_its_newest_entries() -> None:
    assert not lists_all(source(rss("<title>T</title>")))


# --- records


def test_a_record_is_small_and_is_read_in_another_process_as_here() -> None:
    records = list(source(rss(*(f"<title>{number}</title>" for number in range(1000)))).records())
    assert {type(record) for record in records} == {EntryRecord}
    packed = [pickle.dumps(record) for record in records]
    assert max(map(len, packed)) < 1_500
    assert [pickle.loads(one).read().title for one in packed] == [str(number) for number in range(1000)]  # noqa: S301


def test_a_long_beginning_is_not_carried_with_each_entry() -> None:
    data = rss("<title>a</title>", "<title>b</title>", head="<x>" + "y" * 3 * MAX_BEGINNING + "</x>")
    records = [record for record in source(data).records() if isinstance(record, EntryRecord)]
    assert [record.read().title for record in records] == ["a", "b"]
    assert all(record.weight < 1_000 for record in records)


def test_an_entry_that_is_too_large_costs_only_itself() -> None:
    found = read(rss("<title>a</title>", f"<title>{'x ' * MAX_ENTRY}</title>", "<title>c</title>"))
    assert [item.title if isinstance(item, Article) else item.reason for item in found] == [
        "a", "an entry of more than 4 MiB", "c",
    ]  # fmt: skip


# --- feeds that are not as they should be


@pytest.mark.parametrize(
    ("encoding", "label"),
    [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "windows-1252"), ("iso8859-1", "ISO-8859-1"),
     ("koi8-r", "koi8-r"), ("gb18030", "gb2312"), ("shift_jis", "Shift_JIS"), ("utf-8", "klingon")],
)  # fmt: skip
def test_the_encoding_is_the_declared_one(encoding: str, label: str) -> None:
    text = {"koi8-r": "Паром", "gb18030": "渡轮", "shift_jis": "フェリー"}.get(encoding, "Fähre")
    data = rss(f"<title>{text}</title>").replace('"1.0"', f'"1.0" encoding="{label}"', 1)
    assert titles(data.encode(encoding)) == [text]


def test_a_feed_that_states_the_wrong_encoding_is_read_as_what_it_is() -> None:
    data = rss("<title>Die Fähre fährt</title>").replace('"1.0"', '"1.0" encoding="utf-8"', 1)
    assert titles(data.encode("cp1252")) == ["Die Fähre fährt"]


@pytest.mark.parametrize("label", ["punycode", "idna", "unicode_escape", "zlib", "rot13", "base64", "../../etc"])
def test_a_codec_that_is_no_encoding_of_text_is_not_used(label: str) -> None:
    assert text_encoding(label) is None


@pytest.mark.parametrize(
    "data",
    [
        rss("<title>Fish & chips</title>", "<title>next</title>"),
        rss("<title>Fish &nbsp; chips</title>", "<title>next</title>"),
        rss("<title>Fish <br> chips</title>", "<title>next</title>"),
        rss("<title>Fish \x0b chips</title>", "<title>next</title>"),
        "\n<!-- cached -->\n" + rss("<title>Fish chips</title>", "<title>next</title>"),
    ],
    ids=["ampersand", "entity", "tag", "control", "late declaration"],
)
def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_can_be(data: str) -> None:
    found = titles(data)
    assert len(found) == 2
    assert found[0].startswith("Fish")
    assert found[0].endswith("chips")
    assert found[1] == "next"


def test_entries_before_the_mistake_are_read_once() -> None:
    found = read(rss("<title>a</title>", "<title>b</title>", "<title>c & d</title>", "<title>e</title>"))
    assert [item.title for item in found if isinstance(item, Article)] == ["a", "b", "c & d", "e"]
    assert [item.origin.rpartition(" ")[2] for item in found if isinstance(item, Article)] == ["1", "2", "3", "4"]
    assert "not well-formed" in found[2].source_warnings[0]  # type: ignore[union-attr]


def test_half_an_entry_is_not_an_article() -> None:
    data = rss("<title>a</title>", "<title>b</title><description>The ferry will not run</description>")
    found = read(data[: data.index(" not run")])
    assert [item.title for item in found if isinstance(item, Article)] == ["a"]
    assert isinstance(found[-1], SourceError)
    assert "breaks off" in found[-1].reason
    assert found[-1].origin == ADDRESS


@pytest.mark.parametrize("data", ["<rss version='2.0'>", "<rss", '{"version": "https://jsonfeed.org/version/1"}'])
def test_what_begins_as_a_feed_and_is_none_is_reported(data: str) -> None:
    (error,) = read(data)
    assert isinstance(error, SourceError)


# --- hostile feeds


def laughs(depth: int) -> str:
    names = "abcdefghijklmnop"[:depth]
    rows = "".join(f'<!ENTITY {two} "{f"&{one};" * 10}">' for one, two in pairwise(names))
    return f'<!DOCTYPE rss [<!ENTITY a "ha">{rows}]>'


@pytest.mark.parametrize("depth", [3, 12])
def test_entities_are_not_expanded(depth: int) -> None:
    data = rss(f"<title>x &{'abcdefghijklmnop'[depth - 1]};</title>").replace("?>", "?>" + laughs(depth), 1)
    assert all(len(title) < 100 for title in titles(data))


def test_one_long_entity_is_not_expanded_many_times() -> None:
    entity = f'<!DOCTYPE rss [\n<!ENTITY a "{"x" * 100_000}">\n]>'
    (title,) = titles(rss(f"<title>x {'&a;' * 10_000}</title>").replace("?>", "?>" + entity, 1))
    assert len(title) < 100_000


def test_no_file_and_no_address_is_opened_for_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("tr0ub4dor", "utf-8")
    declared = f'<!DOCTYPE rss [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
    found = read(rss("<title>x &a;</title>").replace("?>", f"?>{declared}", 1))
    assert "tr0ub4dor" not in repr(found)


SIZE = 200_000
HOSTILE = {
    "authors": f"<author>{'a.' * SIZE}</author>",
    "angles": f"<description>{'&lt;' * SIZE}</description>",
    "attributes": "<a " + " ".join(f"a{number}='1'" for number in range(SIZE // 10)) + "/>",
    "deep": "<b>" * 100_000 + "</b>" * 100_000,
    "open": "<b>" * 20_000,
    "dates": f"<pubDate>{'1 ' * SIZE}</pubDate>",
    "categories": "<category>x</category>" * (SIZE // 20),
    "ampersands": f"<description>{'& ' * 20_000}</description>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_entry_ends_and_the_one_before_it_is_kept(name: str) -> None:
    """Each of these took a parser minutes or more at this size, or would."""
    assert titles(rss("<title>a</title>", f"<title>b</title>{HOSTILE[name]}"))[0] == "a"


def test_white_space_before_a_feed_costs_no_time() -> None:
    assert titles('<?xml version="1.0"?>' + "\n" * 1_000_000 + rss("<title>a</title>")[21:]) == ["a"]


VALID = [
    rss(
        *(
            f"<title>Title {number}</title><link>/a/{number}</link><description>{HTML}</description>"
            for number in range(3)
        )
    ),
    atom(*(f"<title>Title {number}</title><content type='html'><![CDATA[{HTML}]]></content>" for number in range(3))),
    json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"title": "T", "content_html": HTML}] * 3}),
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(VALID), st.data())
def test_a_damaged_feed_gives_articles_or_reasons(feed: str, data: st.DataObject) -> None:
    content = bytearray(feed.encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    cut = data.draw(st.integers(0, len(content)))
    for item in read(bytes(content[:cut])):
        assert isinstance(item, Article | SourceError)
        assert "please report" not in str(item if isinstance(item, SourceError) else item.warnings)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(VALID[:2]), st.integers(0, 10_000))
def test_a_cut_feed_loses_no_entry_that_was_whole(feed: str, at: int) -> None:
    cut = feed[: at % len(feed)]
    whole = cut.count("</item>") + cut.count("</entry>")
    assert sum(isinstance(item, Article) for item in read(cut)) == whole


# --- recognising feeds


@pytest.mark.parametrize("data", [*VALID, "\ufeff" + VALID[0], "<!-- x --><rss>",
                                  "<?xml version='1.0'?>\n<!DOCTYPE rss>\n<rss>",
                                  '<feed xmlns:x="y">', '<a:feed xmlns:a="http://www.w3.org/2005/Atom">'])  # fmt: skip
def test_a_feed_is_recognised_by_its_beginning(data: str) -> None:
    assert is_feed("", data.encode()[:8_192])


@pytest.mark.parametrize(
    "data", ["", "rss", "<html>", "<urlset>", '{"items": []}', '<feed xmlns="urn:other">', "<RDF>", "<?xml"]
)
def test_nothing_else_is(data: str) -> None:
    assert not is_feed("", data.encode())


@pytest.mark.shared
def test_every_feed_of_the_collection_is_read_without_a_crash(shared: Path) -> None:
    """It is a collection of odd feeds, most of them of one entry that has one element."""
    counts: Counter[str] = Counter()
    for path in sorted((shared / "corpora" / "feeds").rglob("*.xml")):
        (found,) = find_sources(path)
        counts[type(found).__name__] += 1
        try:
            for item in read_source(found):
                assert "please report" not in str(item if isinstance(item, SourceError) else item.warnings)  # type: ignore[union-attr]
                counts["failed" if isinstance(item, SourceError) else "read"] += 1
        except SourceError as error:
            counts["broken" if "breaks off" in error.reason else "unknown"] += 1
    assert counts == {"Feed": 441, "Unreadable": 1, "read": 59, "failed": 202, "broken": 4, "unknown": 1}
