"""What the sources for files of news agencies promise: NITF and ninjs, with status, embargo and versions."""

from __future__ import annotations

import contextlib
import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from archives import stamps_of
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import reader_of

from index.article import Article, Withdrawal, read_source
from index.indexer import Indexer
from index.sources import find_sources, ninjs, nitf
from index.sources.json_file import read_elements
from index.sources.markup import xml_fault
from index.sources.reading import Reading
from index.sources.unpacked_file import UnpackedFile
from search.engines import open_engine
from search.errors import SourceError
from search.ledger import open_ledger

READING = Reading(ZoneInfo("UTC"))

NITF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.5/specification/dtd/nitf-3-5.dtd">
<nitf version="-//IPTC//DTD NITF 3.5//EN" xml:lang="en-GB">
  <head>
    <title>HARBOUR-Ferry</title>
    <tobject tobject.type="News">
      <tobject.property tobject.property.type="Analysis"/>
      <tobject.subject tobject.subject.refnum="04015000" tobject.subject.type="Economy"
        tobject.subject.matter="Transport" tobject.subject.detail="Ferries"/>
      <tobject.subject tobject.subject.refnum="11000000" tobject.subject.type="Politics"/>
    </tobject>
    <docdata management-status="usable">
      <doc-id regsrc="LNA" id-string="LNA.20240703.ferry"/>
      <urgency ed-urg="4"/>
      <date.issue norm="20240703T083000Z"/>
      <du-key generation="1" part="0" version="2" key="HARBOUR-Ferry"/>
      <key-list><keyword key="ferry"/><keyword key="harbour"/></key-list>
    </docdata>
  </head>
  <body>
    <body.head>
      <hedline><hl1>Ferry to run <em>all</em> winter</hl1><hl2>The county pays</hl2></hedline>
      <byline>By <person>Mélanie Doe</person> and <person>Jan Roe</person><byttl>Staff writers</byttl></byline>
      <dateline><location>HARBOUR TOWN</location>, <story.date norm="20240703">July 3</story.date></dateline>
      <abstract><p>The county will pay for the ferry until spring.</p></abstract>
    </body.head>
    <body.content>
      <media media-type="image"><media-reference source="ferry.jpg"/><media-metadata name="a" value="b"/>
        <media-caption>The ferry at dawn</media-caption><media-producer>A camera</media-producer></media>
      <p lede="true">The ferry of <location>Harbour Town</location> will run,
        said <person>Jan Roe</person> &amp; others.</p>
      <hl2 id="pays">Who pays</hl2>
      <p>The caf&eacute; does not pay.</p>
      <nitf-table><table><tr><th>Route</th><th>Fare</th></tr><tr><td>Short</td><td>3</td></tr></table></nitf-table>
      <bq><block><p>&ldquo;We will sail,&rdquo; she said.</p></block></bq>
    </body.content>
    <body.end><tagline>LNA/jr</tagline></body.end>
  </body>
</nitf>
"""

NINJS_1: dict[str, Any] = {
    "uri": "urn:newsml:agency.example:20240703:ferry",
    "type": "text",
    "version": "2",
    "firstcreated": "2024-07-03T08:00:00Z",
    "versioncreated": "2024-07-03T09:30:00+02:00",
    "pubstatus": "usable",
    "language": "en",
    "byline": "By Mélanie Doe",
    "headline": "Ferry to run all winter",
    "subject": [
        {"name": "economy", "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": "04000000"},
        {"name": "ferries", "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": "20000351"},
        {"name": "Islands", "rel": "category"},
    ],
    "genre": [{"name": "Analysis"}],
    "description_text": "The county will pay.",
    "body_text": "The ferry will run.",
    "body_xhtml": "<p>The ferry will run.</p><h2>Who pays</h2><p>The county does.</p>",
}

NINJS_2: dict[str, Any] = {
    "standard": {"name": "ninjs", "version": "2.1", "schema": "https://iptc.org/std/ninjs/ninjs-schema_2.1.json"},
    "uri": NINJS_1["uri"],
    "type": "text",
    "version": "2",
    "firstcreated": "2024-07-03T08:00:00Z",
    "versioncreated": "2024-07-03T09:30:00+02:00",
    "pubstatus": "usable",
    "language": "en",
    "by": "By Mélanie Doe",
    "headlines": [{"role": "short", "value": "Ferry"}, {"role": "main", "value": "Ferry to run all winter"}],
    "subjects": [
        {"name": "economy", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"},
        {"name": "ferries", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000351"},
        {"name": "Islands", "rel": "category"},
    ],
    "genres": [{"name": "Analysis"}],
    "descriptions": [{"role": "summary", "contenttype": "text/plain", "value": "The county will pay."}],
    "bodies": [
        {"role": "text", "contenttype": "text/plain", "value": "The ferry will run."},
        {"role": "main", "contenttype": "text/html", "value": NINJS_1["body_xhtml"]},
    ],
}

_CAMEL = {"firstcreated": "firstCreated", "versioncreated": "versionCreated", "pubstatus": "pubStatus"}


def _third(value: dict[str, Any]) -> dict[str, Any]:
    """The same in generation 3, which writes names in camel case."""
    rows = [{("contentType" if key == "contenttype" else key): given for key, given in row.items()}
            for row in value["bodies"]]  # fmt: skip
    return {_CAMEL.get(key, key): given for key, given in value.items()} | {"bodies": rows}


NINJS = [NINJS_1, NINJS_2, _third(NINJS_2)]


def read_nitf(text: str | bytes = NITF) -> Article:
    data = text.encode() if isinstance(text, str) else text
    found = nitf.read_nitf_file(data, "ferry.xml", READING)
    assert isinstance(found, Article)
    return found


def read_ninjs(value: dict[str, Any]) -> Article:
    found = ninjs.read_item(value, "ferry.json", "ferry.json", READING)
    assert isinstance(found, Article)
    return found


def articles(found: list[Article | Withdrawal | SourceError]) -> list[Article | SourceError]:
    return [one for one in found if not isinstance(one, Withdrawal)]


# --- NITF


def test_an_item_in_nitf_is_read_with_all_that_it_states() -> None:
    found = read_nitf()
    assert (found.title, found.summary) == (
        "Ferry to run all winter", "The county will pay for the ferry until spring.",
    )  # fmt: skip
    assert (found.id, found.guid, found.language, found.type) == (
        "LNA.20240703.ferry", "LNA.20240703.ferry", "en-GB", "analysis",
    )  # fmt: skip
    assert found.authors == ("Mélanie Doe", "Jan Roe")
    assert found.sections == ("Economy > Transport > Ferries", "Politics")
    assert found.tags == ("ferry", "harbour")
    assert found.published == datetime(2024, 7, 3, 8, 30, tzinfo=UTC)
    assert (found.status, found.embargo, found.modified, found.warnings) == ("usable", None, None, ())


def test_the_body_in_nitf_keeps_headings_tables_and_the_dateline() -> None:
    found = read_nitf()
    assert found.body.startswith("HARBOUR TOWN, July 3\n\n")
    assert [(one.text, one.level, one.anchor) for one in found.headings] == [("Who pays", 3, "pays")]
    assert all(found.body[one.offset :].startswith(one.text) for one in found.headings)
    for text in ("said Jan Roe & others.", "The café does not pay.", "“We will sail,” she said.", "Fare", "LNA/jr",
                 "The ferry at dawn"):  # fmt: skip
        assert text in found.body
    assert "A camera" not in found.body
    assert "<p>HARBOUR TOWN, July 3</p>" in found.html


def test_a_dateline_that_the_text_begins_with_is_not_said_twice() -> None:
    found = read_nitf(NITF.replace('<p lede="true">', '<p lede="true">HARBOUR TOWN, July 3 - '))
    assert found.body.count("HARBOUR TOWN, July 3") == 1


def test_a_byline_without_marked_people_is_the_author_without_titles() -> None:
    byline = "<byline>By Mélanie Doe<byttl>Staff writer</byttl></byline>"
    start, end = NITF.index("<byline>"), NITF.index("</byline>") + len("</byline>")
    assert read_nitf(NITF[:start] + byline + NITF[end:]).authors == ("By Mélanie Doe",)  # tidied for every source


def test_the_section_and_the_address_of_a_publication_come_first() -> None:
    stated = '<pubdata date.publication="20240704T060000Z" position.section="News" ex-ref="https://lantern.example/f"/>'
    found = read_nitf(NITF.replace("</docdata>", "</docdata>" + stated))
    assert (found.sections, found.url) == (("News",), "https://lantern.example/f")
    assert found.published == datetime(2024, 7, 4, 6, tzinfo=UTC)
    assert found.modified == datetime(2024, 7, 3, 8, 30, tzinfo=UTC)


def test_nitf_is_read_in_a_namespace_and_in_other_encodings() -> None:
    named = NITF.replace("<nitf ", '<nitf xmlns="http://iptc.org/std/NITF/2006-10-18/" ')
    latin = NITF.replace("UTF-8", "ISO-8859-1").replace("“", "'").encode("iso-8859-1")
    wide = NITF.replace("UTF-8", "UTF-16").encode("utf-16")
    for data in (named, latin, wide):
        assert read_nitf(data).authors[0] == "Mélanie Doe"
    assert read_nitf(NITF.encode("iso-8859-1")).authors[0] == "M\ufffdlanie Doe"  # and says that it is UTF-8


def test_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    subset = f'<!DOCTYPE nitf [<!ENTITY l0 "ha"><!ENTITY file SYSTEM "{(tmp_path / "secret").as_uri()}">{laughs}]>'
    start, end = NITF.index("<!DOCTYPE"), NITF.index("<nitf ")
    text = NITF[:start] + subset + NITF[end:]
    for bomb in (text.replace("caf&eacute;", "&l8;"), text.replace('id-string="LNA', 'id-string="&l8;LNA')):
        with contextlib.suppress(SourceError):  # libxml2 may refuse it
            found = read_nitf(bomb)
            assert "haha" not in found.body
            assert len(found.id) < 3_000
    found = read_nitf(text.replace("caf&eacute;", "&l0;&file;").replace(laughs, "").replace("&ldquo;", "&lt;"))
    assert "The does not pay." in found.body
    assert "<We will sail,” she said." in found.body


def test_a_flood_of_entities_or_blanks_takes_no_longer_than_its_length() -> None:
    flood = read_nitf(NITF.replace("caf&eacute;", "&nbsp;" * 300_000 + "caf&eacute;"))
    assert "café does not pay." in flood.body
    start, end = NITF.index("<!DOCTYPE"), NITF.index("<nitf ")
    declared = NITF[:start] + '<!DOCTYPE nitf [<!ENTITY e "">]>' + NITF[end:]
    with contextlib.suppress(SourceError):  # libxml2 may refuse it
        assert "The café" in read_nitf(declared.replace("caf&eacute;", "&e;" * 300_000 + "caf&eacute;")).body
    with pytest.raises(SourceError, match="not well-formed"):
        read_nitf(" " * 2_000_000 + "<nitf>")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<nitf><body>", "not well-formed XML"),
        (b"<rss/>", "not NITF"),
        (b"<nitf>" + b"<p/>" * 600_000 + b"</nitf>", "has more than 500,000 tags"),
        (b"<nitf/>", "neither a headline nor a text"),
        (b"<nitf>" + b"<block>" * 100_000, "not well-formed XML"),
    ],
)
def test_what_is_no_nitf_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        nitf.read_nitf_file(data, "x.xml", READING)


def test_advice_of_the_parser_to_programmers_is_not_passed_on() -> None:
    with pytest.raises(SourceError) as caught:
        nitf.read_nitf_file(b"<nitf>" + b"<block>" * 100_000, "x.xml", READING)
    assert "Excessive depth" in caught.value.reason
    assert not [word for word in ("XML_PARSE", "xmlCtxt", "<string>", " use ") if word in caught.value.reason]
    amplified = "Maximum entity amplification factor exceeded, see xmlCtxtSetMaxAmplification., line 1, column 7"
    assert xml_fault(amplified) == "Maximum entity amplification factor exceeded, line 1, column 7"


# --- ninjs


@pytest.mark.parametrize("value", NINJS)
def test_an_item_in_each_generation_of_ninjs_is_read_with_all_that_it_states(value: dict[str, Any]) -> None:
    found = read_ninjs(value)
    assert (found.title, found.summary, found.language) == ("Ferry to run all winter", "The county will pay.", "en")
    assert found.body == "The ferry will run.\n\nWho pays\n\nThe county does."
    assert [one.text for one in found.headings] == ["Who pays"]
    assert (found.id, found.guid, found.type) == (NINJS_1["uri"], NINJS_1["uri"], "analysis")
    assert (found.sections, found.tags) == (("economy", "Islands"), ("ferries",))
    assert found.authors == ("By Mélanie Doe",)
    assert found.first_published == found.published == datetime(2024, 7, 3, 8, tzinfo=UTC)
    assert found.modified == datetime(2024, 7, 3, 7, 30, tzinfo=UTC)
    assert (found.status, found.warnings) == ("usable", ())


def test_people_who_wrote_an_item_are_its_authors() -> None:
    people = [{"name": "Jan Roe", "rel": "about"}, {"name": "Mélanie Doe", "rel": "author"}]
    assert read_ninjs(NINJS_2 | {"people": people}).authors == ("Mélanie Doe",)


def test_pictures_and_events_are_counted_and_left_out() -> None:
    for kind, reason in (("picture", "a picture"), ("video", "a film"), ("event", "an event")):
        value = {"uri": "urn:x", "type": kind, "headline": "The ferry at dawn", "versioncreated": "2024-07-03"}
        found = ninjs.read_item(value, "x.json", "x.json", READING)
        assert isinstance(found, Withdrawal)
        assert (found.kind, found.reason) == ("gone", reason)


def test_a_file_of_several_items_is_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text(json.dumps([NINJS_1, 3, {"uri": "urn:empty"}, NINJS_2 | {"uri": "urn:b"}]), encoding="utf-8")
    (source,) = find_sources(path)
    assert reader_of(source) is ninjs.read_items
    found = list(read_source(source))
    assert [str(one) if isinstance(one, SourceError) else one.title for one in articles(found)] == [
        "Ferry to run all winter",
        f"{path}#2: the item has neither a headline nor a text",
        "Ferry to run all winter",
    ]
    assert [one.place for one in found if isinstance(one, Article)] == ["day.json#1", "day.json#3"]


# --- what they share


def test_files_are_recognised_by_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(NITF, encoding="utf-8")
    (tmp_path / "b").write_text(json.dumps(NINJS_1), encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps(NINJS[2], indent=1), encoding="utf-8")
    (tmp_path / "d.json").write_text(json.dumps({"uri": "x", "title": "Plain", "body": "JSON"}), encoding="utf-8")
    first, *others = find_sources(tmp_path)
    assert isinstance(first, nitf.NitfFile)
    assert [reader_of(source) for source in others] == [ninjs.read_items, ninjs.read_items, read_elements]


def status(value: str, **more: str) -> list[Article | Withdrawal]:
    """The same item in both formats, with that status."""
    released = f'<date.release norm="{more["embargoed"]}"/>' if more else ""
    text = NITF.replace('management-status="usable"', f'management-status="{value}"')
    found = nitf.read_nitf_file(text.replace("</docdata>", f"{released}</docdata>").encode(), "a.xml", READING)
    return [found, ninjs.read_item(NINJS_1 | {"pubstatus": value} | more, "a.json", "a.json", READING)]


def test_a_withheld_item_is_kept_and_not_shown() -> None:
    for found in (*status("withheld"), *status("Withheld"), *status("embargoed"), *status("odd")):
        assert isinstance(found, Article)
        assert found.status == "withheld"
        assert bool(found.warnings) == ("odd" in str(found.warnings))


def test_a_canceled_item_is_a_kill_notice() -> None:
    for found in (*status("canceled"), *status("cancelled")):
        assert isinstance(found, Withdrawal)
        assert (found.kind, found.reason) == ("killed", "canceled by the agency")
        assert found.id == found.guid
        assert found.id in ("LNA.20240703.ferry", NINJS_1["uri"])


@pytest.mark.parametrize("name", ["a.xml", "z.xml"])
def test_a_kill_notice_takes_down_the_item_to_which_it_refers(name: str, tmp_path: Path) -> None:
    engine = open_engine("memory:")
    (tmp_path / "ferry.xml").write_text(NITF, "utf-8")
    notice = NITF.replace('id-string="LNA.20240703.ferry"', 'id-string="LNA.20240704.other"')
    for status, held in (
        ("usable", ["LNA.20240703.ferry", "LNA.20240704.other"]),
        ("withheld", ["LNA.20240703.ferry", "LNA.20240704.other"]),
        ("Cancelled", ["LNA.20240704.other"]),
    ):
        refers = f'<docdata management-doc-idref="LNA.20240703.ferry" management-idref-status="{status}"'
        text = notice.replace("<docdata", refers).replace('encoding="UTF-8"', 'encoding="UTF-16"')
        (tmp_path / name).write_text(text, "utf-16")
        Indexer(engine).run(find_sources(tmp_path))
        with engine.searcher() as searcher:
            assert sorted(stamps_of(searcher)) == held


def test_a_broken_kill_notice_is_one_failure(tmp_path: Path) -> None:
    broken = b'<nitf><head><docdata management-idref-status="canceled"></nitf>'
    for data, reason in ((broken, "not well-formed XML"), (gzip.compress(broken)[:-9], "the gzip data is cut off")):
        (tmp_path / "notice.nitf").write_bytes(data)
        (found,) = find_sources(tmp_path)
        (failure,) = read_source(found)
        assert isinstance(failure, SourceError)
        assert reason in failure.reason


def test_an_embargo_is_kept() -> None:
    for kind in ("usable", "embargoed"):
        for found in status(kind, embargoed="2099-01-01T06:00:00Z"):
            assert isinstance(found, Article)
            assert (found.status, found.embargo) == ("usable", datetime(2099, 1, 1, 6, tzinfo=UTC))


def test_an_embargo_that_cannot_be_read_holds() -> None:
    for found in status("usable", embargoed="after the meeting"):
        assert isinstance(found, Article)
        assert found.status == "withheld"
        (warning,) = found.warnings
        assert warning.startswith("embargo is not a date: 'after the meeting'; the article is withheld until")


@pytest.mark.parametrize("embargoed", [True, {}, [], ["2020-01-01"], {"until": "2020-01-01"}, 5, "true"])
def test_an_embargo_that_is_no_text_holds(embargoed: object) -> None:
    found = read_ninjs(NINJS_1 | {"embargoed": embargoed})
    assert (found.status, found.embargo) == ("withheld", None)
    assert found.warnings[0].startswith("embargo is not a date")


@pytest.mark.parametrize("embargoed", [None, False, ""])
def test_no_embargo_is_none(embargoed: object) -> None:
    found = read_ninjs(NINJS_1 | {"embargoed": embargoed})
    assert (found.status, found.embargo, found.warnings) == ("usable", None, ())


@pytest.mark.parametrize("embargoed", [None, True, False])
def test_until_when_an_embargo_holds_counts_for_more_than_that_there_is_one(embargoed: object) -> None:
    found = read_ninjs(NINJS_1 | {"embargoed": embargoed, "embargoedUntil": "2099-01-01T06:00:00Z"})
    assert (found.status, found.embargo) == ("usable", datetime(2099, 1, 1, 6, tzinfo=UTC))


@pytest.mark.parametrize("odd", [["usable", "canceled"], ["canceled"], [], {}, True, False, 5, "weird"])
def test_a_status_that_is_none_withholds_the_item(odd: object) -> None:
    found = read_ninjs(NINJS_1 | {"pubstatus": odd})
    assert found.status == "withheld"
    assert "is not known; the item is withheld" in found.warnings[0]


def test_a_publication_that_cannot_be_read_and_lies_ahead_holds() -> None:
    found = read_ninjs(NINJS_1 | {"firstcreated": "07/03/2190", "versioncreated": "2024-07-03T09:30:00Z"})
    assert found.published_between == (date(2190, 3, 7), date(2190, 7, 3))
    assert read_ninjs(NINJS_1 | {"versioncreated": "07/03/2190"}).published_between is None


def test_the_later_version_stays_in_whatever_order_they_come(tmp_path: Path) -> None:
    versions = [NINJS_1 | {"version": str(number), "headline": f"Version {number}"} for number in (3, 10, 9)]
    again = NINJS_1 | {"version": "10", "headline": "Version 10b", "versioncreated": "2024-07-04T00:00:00Z"}
    for number, value in enumerate([*versions, again]):
        (tmp_path / f"{number}.json").write_text(json.dumps(value), encoding="utf-8")
    engine = open_engine("memory:")
    report = Indexer(engine).run(find_sources(tmp_path))
    with engine.searcher() as searcher:
        document = searcher.document(NINJS_1["uri"])
        assert list(stamps_of(searcher)) == [NINJS_1["uri"]]
    assert document is not None
    assert document.title == "Version 10b"
    assert [remark.text for remark in report.warnings] == ["superseded by a later version: 1"]


def test_a_canceled_item_leaves_the_archive_and_older_versions_do_not_bring_it_back(tmp_path: Path) -> None:
    engine = open_engine("memory:")
    (tmp_path / "b.json").write_text(json.dumps(NINJS_1), encoding="utf-8")
    assert Indexer(engine).run(find_sources(tmp_path)).added == 1
    (tmp_path / "c.json").write_text(json.dumps(NINJS_1 | {"version": "3", "pubstatus": "canceled"}), encoding="utf-8")
    Indexer(engine).run(find_sources(tmp_path))
    (tmp_path / "d.json").write_text(json.dumps(NINJS_1 | {"headline": "Ferry again"}), encoding="utf-8")
    Indexer(engine).run(find_sources(tmp_path))
    with engine.searcher() as searcher:
        assert not list(stamps_of(searcher))


def test_a_canceled_item_that_is_usable_again_is_refused_with_the_way_to_undo_that(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}/index")
    folder = tmp_path / "wire"
    folder.mkdir()
    reports = []
    for number, status in enumerate(["usable", "canceled", "usable", "usable"], 1):
        item = NINJS_1 | {"version": str(min(number, 3)), "pubstatus": status}
        (folder / f"{min(number, 3)}.json").write_text(json.dumps(item), encoding="utf-8")
        reports.append(Indexer(engine).run(find_sources(folder)))
    assert [(one.added, one.unchanged, one.deleted, one.removed) for one in reports[2:]] == [(0, 0, 0, 1)] * 2
    refused = [remark for remark in reports[2].warnings if "refused" in remark.text]
    assert [Path(remark.origin).name for remark in refused] == ["1.json", "3.json"]
    assert all(f"`backfile takedown --undo {NINJS_1['uri']!r}` lets it in" in remark.text for remark in refused)
    assert not [remark for remark in reports[3].warnings if "refused" in remark.text]
    assert open_ledger(engine.ledger_place).removed.undo(NINJS_1["uri"], datetime.now(UTC))
    (folder / "2.json").unlink()
    assert Indexer(engine).run(find_sources(folder)).added == 1


def test_an_item_under_embargo_is_not_shown(tmp_path: Path) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    (tmp_path / "a.json").write_text(json.dumps(NINJS_1 | {"embargoed": ahead}), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(NINJS_1 | {"uri": "urn:b"}), encoding="utf-8")
    engine = open_engine("memory:")
    Indexer(engine).run(find_sources(tmp_path))
    with engine.searcher() as searcher:
        assert list(stamps_of(searcher)) == ["urn:b"]


# --- damage

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "rel", "code", "role", "value", "contenttype", "uri"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*NINJS_1, *NINJS_2, "people", "service", "embargoed"]), _VALUES, max_size=8))
def test_no_json_does_more_than_fail(value: dict[str, Any]) -> None:
    with contextlib.suppress(SourceError):
        ninjs.read_item(value, "x.json", "x.json", READING)


@settings(max_examples=150)
@given(st.integers(0, len(NITF)), st.integers(0, 60), st.binary(max_size=30))
def test_damage_to_nitf_does_no_more_than_fail(at: int, length: int, noise: bytes) -> None:
    data = NITF.encode()
    with contextlib.suppress(SourceError):
        nitf.read_nitf_file(data[:at] + noise + data[at + length :], "x.xml", READING)


@settings(max_examples=100)
@given(st.integers(0, 1_500), st.binary(max_size=30))
def test_a_file_of_ninjs_that_is_damaged_is_reported(
    tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes
) -> None:
    data = json.dumps([NINJS_1, NINJS_2]).encode()
    path = tmp_path_factory.mktemp("n") / "x.ninjs"
    path.write_bytes(data[:at] + noise + data[at + 3 :])
    with contextlib.suppress(SourceError):
        list(read_source(UnpackedFile(str(path), READING, ninjs.read_items)))
