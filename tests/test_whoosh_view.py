"""Programs that know only Whoosh open our indexes and find in them what they expect; and they cannot write."""

from __future__ import annotations

import pickletools
import random
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import ARTICLES, SAMPLE
from handmade import commit_all
from whoosh.filedb.filestore import FileStorage
from whoosh.highlight import ContextFragmenter
from whoosh.index import FileIndex, open_dir
from whoosh.qparser import FuzzyTermPlugin, MultifieldParser, QueryParser
from whoosh.query import And, ConstantScoreQuery, Every, FuzzyTerm, Or, Phrase, Prefix, Query, Term, TermRange, Wildcard
from whoosh.searching import Searcher
from whoosh.sorting import FieldFacet

from index.indexer import Indexer
from index.sources import find_sources
from search.analysis import analyze_values
from search.document import Document, Heading
from search.engines.disk.engine import DiskEngine
from search.engines.disk.format.directory import sweep_leftovers
from search.engines.disk.format.layout import to_bytes
from search.engines.disk.format.manifest import Manifest, new_generation
from search.engines.disk.whoosh_codec import write_toc
from search.engines.disk.whoosh_codec.codec import ArrayCodec, ArraySegment
from search.engines.disk.whoosh_codec.schema import refuse_writing, whoosh_schema
from search.errors import EngineError
from search.schema import TEXT_FIELDS

REPLACED = Document(
    "2", "Bridge opens, again", "The bridge carries traffic.", "", (Heading("Traffic", 2, 0), Heading("Tolls", 3, 9)),
    "https://news.example/2024/bridge-2", ("News > Local", "Traffic"), ("John Smith", "Ann Lee"),
    ("bridge", "post-war"), datetime(2024, 7, 20, 23, 30, tzinfo=UTC), None, "en", source="feed",
)  # fmt: skip
HISTORY: list[list[Document | str]] = [list(ARTICLES[:5]), list(ARTICLES[5:]), ["1", REPLACED]]
LIVE = {article.id: article for article in (*ARTICLES[2:], REPLACED)}


@pytest.fixture
def index(tmp_path: Path) -> FileIndex:
    """Three segments, two articles of the first deleted."""
    commit_all(tmp_path / "archive", HISTORY)
    return open_dir(str(tmp_path / "archive"))


@pytest.fixture
def searcher(index: FileIndex) -> Iterator[Searcher]:
    with index.searcher() as opened:
        yield opened


def found(searcher: Searcher, query: Query) -> list[str]:
    """The ids of all hits, in order; also as a query that is not ranked."""
    ids = [hit["id"] for hit in searcher.search(query, limit=None)]
    assert {searcher.stored_fields(doc)["id"] for doc in searcher.docs_for_query(query)} == set(ids)
    return ids


def parsed(searcher: Searcher, text: str, *fields: str) -> set[str]:
    parser = MultifieldParser(fields or ("title", "body"), searcher.schema)
    parser.add_plugin(FuzzyTermPlugin())
    return set(found(searcher, parser.parse(text)))


# --- articles ------------------------------------------------------------------------------------------------------


def test_articles_are_counted_without_and_with_deleted_ones(searcher: Searcher) -> None:
    reader = searcher.reader()
    assert searcher.doc_count() == len(LIVE) == len(ARTICLES) - 1
    assert searcher.doc_count_all() == len(ARTICLES) + 1
    assert reader.has_deletions()
    assert [doc for doc in range(searcher.doc_count_all()) if reader.is_deleted(doc)] == [0, 1]
    assert list(reader.all_doc_ids()) == list(range(2, len(ARTICLES) + 1))
    assert {fields["id"] for fields in reader.all_stored_fields()} == set(LIVE)


def test_an_article_is_found_by_its_id_whatever_that_is(searcher: Searcher) -> None:
    for name in LIVE:
        assert searcher.document(id=name)["id"] == name
        assert found(searcher, Term("id", name)) == [name]
    assert searcher.document(id="1") is None
    assert searcher.document_number(id="no such") is None


def test_a_hit_shows_the_article(searcher: Searcher) -> None:
    assert searcher.document(id="2") == {
        "id": "2",
        "title": "Bridge opens, again",
        "headings": "Traffic\nTolls",
        "body": "The bridge carries traffic.",
        "url": "https://news.example/2024/bridge-2",
        "section": ["News > Local", "Traffic"],
        "author": ["John Smith", "Ann Lee"],
        "tags": ["bridge", "post-war"],
        "published": datetime(2024, 7, 20, 23, 30, tzinfo=UTC),
        "lang": "en",
        "type": "article",
        "source": "feed",
    }


def test_a_hit_can_be_highlighted(searcher: Searcher) -> None:
    results = searcher.search(Term("body", "brucke"))
    results.fragmenter = ContextFragmenter()
    assert 'über die <b class="match term0">Brücke</b>' in results[0].highlights("body")


# --- words ---------------------------------------------------------------------------------------------------------


def test_terms_postings_positions_and_lengths_are_those_of_the_texts(searcher: Searcher) -> None:
    expected: dict[tuple[str, bytes, str], list[int]] = {}
    lengths: dict[tuple[str, str], int] = {}
    for article in LIVE.values():
        for name, field in TEXT_FIELDS.items():
            for token in (token for value in analyze_values(field.values(article), "") for token in value):
                expected.setdefault((name, to_bytes(token.surface), article.id), []).append(token.position)
                lengths[name, article.id] = lengths.get((name, article.id), 0) + (not token.compound)
    reader = searcher.reader()
    ids = {doc: fields["id"] for doc, fields in reader.iter_docs()}
    given = {}
    for name, text in reader.all_terms():
        if name in TEXT_FIELDS:
            matcher = reader.postings(name, text)
            while matcher.is_active():
                positions = matcher.value_as("positions")
                given[name, text, ids[matcher.id()]] = positions
                assert matcher.weight() == matcher.value_as("frequency") == len(positions)
                matcher.next()
    assert given == expected
    for doc, name in ids.items():
        given_lengths = {field: reader.doc_field_length(doc, field) for field in TEXT_FIELDS}
        assert given_lengths == {field: lengths.get((field, name), 0) for field in TEXT_FIELDS}


def test_the_lengths_of_a_field_are_of_all_articles_in_the_files(searcher: Searcher) -> None:
    reader = searcher.reader()
    for name in TEXT_FIELDS:
        lengths = [reader.doc_field_length(doc, name) for doc in range(searcher.doc_count_all())]
        assert reader.field_length(name) == sum(lengths)
        assert reader.max_field_length(name) == max(lengths)
        assert searcher.avg_field_length(name) == pytest.approx(sum(lengths) / len(lengths))
    assert reader.min_field_length("title") == 2


def test_terms_come_in_order_and_with_what_is_known_of_them(searcher: Searcher) -> None:
    reader = searcher.reader()
    terms = list(reader.all_terms())
    assert terms == sorted(set(terms))
    assert [text for name, text in terms if name == "body"] == list(reader.lexicon("body"))
    assert list(reader.expand_prefix("body", "riv")) == [b"river", b"rivers"]
    for segment, _ in reader.leaf_readers():
        for (name, text), info in segment:
            matcher = segment._terms.matcher(name, text, searcher.schema[name].format)
            docs = list(matcher.all_ids())
            assert (info.doc_frequency(), info.min_id(), info.max_id()) == (len(docs), docs[0], docs[-1])
            assert segment.doc_frequency(name, text) == len(docs)
            assert info.weight() == segment.frequency(name, text) >= info.max_weight() >= 1
            if live := [doc for doc in docs if not segment.is_deleted(doc)]:
                assert segment.first_id(name, text) == live[0]
    assert reader.doc_frequency("body", "nowhere") == reader.frequency("body", "nowhere") == 0
    assert ("body", b"nowhere") not in reader
    assert ("nofield", b"flood") not in reader


def test_one_spelling_is_one_term_whatever_its_languages_and_accents(tmp_path: Path) -> None:
    articles = [
        Document("a", "", "canción cancion die", language="es"),
        Document("b", "", "Die Cancion", language="de"),
        Document("c", "", "die cancion canción cancion", language=""),
    ]
    commit_all(tmp_path / "archive", [articles])
    with open_dir(str(tmp_path / "archive")).searcher() as searcher:
        assert list(searcher.lexicon("body")) == [b"cancion", b"die"]
        matcher = searcher.reader().postings("body", "cancion")
        assert list(matcher.items_as("positions")) == [(0, [0, 1]), (1, [1]), (2, [1, 2, 3])]
        assert searcher.frequency("body", "cancion") == 6


# --- queries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (Term("title", "bridge"), {"2"}),
        (Term("title", "flood"), {"6"}),
        (Or([Term("tags", "war"), Term("author", "melanie")]), {"2", "3"}),
        (And([Term("body", "flood"), Term("body", "numbers")]), {"5"}),
        (Phrase("body", ["wieder", "uber", "die"]), {"3"}),
        (Phrase("author", ["smith", "ann"]), set()),
        (Prefix("body", "riv"), {"4"}),
        (Wildcard("body", "t?a*c"), {"2"}),
        (FuzzyTerm("body", "bridgs", maxdist=1), {"2", "4"}),
        (TermRange("lang", "d", "dz"), {"3"}),
        (ConstantScoreQuery(Term("section", "News > Local")), {"2"}),
        (Term("section", "News"), {"2"}),
        (Term("type", "essay"), {"4"}),
        (TermRange("published", "2023", "2024-07-20T23:30:00"), {"2", "4"}),
        (Prefix("published", "2024-07"), {"2", "3"}),
        (Every("published") & Term("lang", "en") & Term("type", "essay"), {"4"}),
        (Every(), set(LIVE)),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value),
)
def test_each_kind_of_query_finds_what_it_should(searcher: Searcher, query: Query, ids: set[str]) -> None:
    assert set(found(searcher, query)) == ids


def test_queries_are_parsed_into_the_words_that_are_indexed(searcher: Searcher) -> None:
    assert parsed(searcher, "BRÜCKE") == {"3"}
    assert parsed(searcher, '"die Brücke"') == {"3"}
    assert parsed(searcher, "flood AND NOT title:undated numbers") == {"5"}
    assert parsed(searcher, "post-war", "tags") == {"2"}
    assert parsed(searcher, "postwar", "tags") == {"2"}
    assert parsed(searcher, "Brü*") == {"3"}
    assert parsed(searcher, "BRÜ?KE") == {"3"}
    assert parsed(searcher, "esay~") == {"4"}
    assert parsed(searcher, "section:'News > Local' lang:en") == {"2"}
    assert parsed(searcher, "published:[2023-01 TO 2023-02]") == {"4"}


def test_the_parts_of_a_compound_in_a_query_are_searched_for_side_by_side(searcher: Searcher) -> None:
    assert QueryParser("body", searcher.schema).parse("post-war") == Phrase("body", ["post", "war"])


def test_misspelt_words_are_corrected(searcher: Searcher) -> None:
    assert searcher.corrector("body").suggest("traffik", limit=1) == ["traffic"]


def test_hits_are_sorted_by_date_either_way_undated_last(searcher: Searcher) -> None:
    dated = sorted(
        (name for name, article in LIVE.items() if article.published), key=lambda name: str(LIVE[name].published)
    )
    oldest = [hit["id"] for hit in searcher.search(Every(), sortedby="published", limit=None)]
    newest = [hit["id"] for hit in searcher.search(Every(), sortedby=FieldFacet("published", reverse=True), limit=None)]
    assert oldest == [*dated, "6"]
    assert newest == [*reversed(dated), "6"]


def test_hits_are_grouped_by_each_of_their_values(searcher: Searcher) -> None:
    for name, expected in (
        ("section", {"News": 1, "News > Local": 1, "Traffic": 1, "Nachrichten": 1, "Opinion": 1}),
        ("tags", {"bridge": 1, "post-war": 1}),
        ("author", {"John Smith": 1, "Ann Lee": 1, "Mélanie Doe": 1}),
    ):
        results = searcher.search(
            TermRange("published", "2023", "2025"), groupedby=FieldFacet(name, allow_overlap=True)
        )
        assert {value: len(docs) for value, docs in results.groups(name).items()} == expected
    results = searcher.search(TermRange("published", "2023", "2025"), groupedby="published")
    assert set(results.groups("published")) == {
        datetime(2023, 1, 5, tzinfo=UTC), datetime(2024, 7, 20, 23, 30, tzinfo=UTC), datetime(2024, 7, 21, tzinfo=UTC),
    }  # fmt: skip


def test_skipping_blocks_with_low_scores_loses_no_top_hit(tmp_path: Path) -> None:
    choice = random.Random(3)
    words = [f"w{rank}" for rank in range(1, 40) for _ in range(200 // rank)]
    articles = [
        Document(f"{number}", "", " ".join(choice.choices(words, k=choice.choice((5, 60))))) for number in range(3000)
    ]
    commit_all(tmp_path / "archive", [articles[:2000], [*articles[2000:], *(f"{n}" for n in range(0, 2000, 3))]])
    with open_dir(str(tmp_path / "archive")).searcher() as searcher:
        for _ in range(60):
            terms = [Term("body", choice.choice(words)) for _ in range(choice.randint(1, 3))]
            query = choice.choice((Or, And))(terms)
            every = [score for score, _ in searcher.search(query, limit=None).top_n]
            for optimize in (True, False):
                first = [score for score, _ in searcher.search(query, limit=10, optimize=optimize).top_n]
                assert first == pytest.approx(every[:10])


def test_dates_at_the_ends_of_the_calendar_are_terms_like_others(tmp_path: Path) -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    last = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))
    articles = [Document("first", "", published=first), Document("last", "", published=last), Document("none", "")]
    commit_all(tmp_path / "archive", [articles])
    with open_dir(str(tmp_path / "archive")).searcher() as searcher:
        assert list(searcher.lexicon("published")) == [b"0001-01-01T00:00:00", b"9999-12-31T23:59:59"]
        results = searcher.search(Every(), sortedby="published", groupedby="published")
        assert [hit["id"] for hit in results] == ["first", "last", "none"]
        assert None in results.groups("published")


# --- commits -------------------------------------------------------------------------------------------------------


def test_an_open_index_shows_the_next_commit_to_its_next_searcher(tmp_path: Path) -> None:
    commit_all(tmp_path / "archive", HISTORY[:2])
    index = open_dir(str(tmp_path / "archive"))
    with index.searcher() as before:
        assert before.up_to_date()
        commit_all(tmp_path / "later", HISTORY)
        for path in (tmp_path / "later").iterdir():
            path.replace(tmp_path / "archive" / path.name)
        assert not before.up_to_date()
        assert before.document(id="1")["id"] == "1"
        with index.searcher() as after:
            assert after.document(id="1") is None
            assert after.up_to_date()


def test_an_index_without_articles_opens_and_finds_nothing(tmp_path: Path) -> None:
    commit_all(tmp_path / "archive", [["none"]])
    with open_dir(str(tmp_path / "archive")).searcher() as searcher:
        assert found(searcher, Every()) == []
        assert searcher.doc_count() == 0


def test_the_table_of_contents_names_nothing_of_whoosh_and_two_things_of_ours_that_stay_where_they_are(
    tmp_path: Path,
) -> None:
    manifest = commit_all(tmp_path / "archive", HISTORY)
    assert manifest.toc is not None
    raw = (tmp_path / "archive" / manifest.toc.name).read_bytes()
    assert (manifest.toc.size, manifest.toc.crc32) == (len(raw), zlib.crc32(raw))
    named = set()
    for start in (offset for offset in range(len(raw)) if raw[offset : offset + 1] == b"\x80"):
        strings: list[str] = []
        for operation, argument, _ in pickletools.genops(raw[start:]):
            strings += [argument] if isinstance(argument, str) else []
            if operation.name == "GLOBAL":
                named.add(tuple(str(argument).split()))
            elif operation.name == "STACK_GLOBAL":
                named.add(tuple(strings[-2:]))
    package = "search.engines.disk.whoosh_codec"
    assert named == {(f"{package}.schema", "whoosh_schema"), (f"{package}.codec", "ArraySegment")}


def test_a_table_of_contents_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    manifest = Manifest(4, new_generation(), datetime.now(UTC), ())
    (tmp_path / "_MAIN_4.toc").write_bytes(b"rubbish")
    assert write_toc(tmp_path, manifest).name == "_MAIN_4.toc"
    assert [path.name for path in tmp_path.iterdir()] == ["_MAIN_4.toc"]
    assert open_dir(str(tmp_path)).latest_generation() == 4


def test_what_is_left_of_a_table_of_contents_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = commit_all(tmp_path / "archive", HISTORY)
    with monkeypatch.context() as patched:
        patched.setattr(FileStorage, "rename_file", refuse_writing)
        with pytest.raises(EngineError):
            write_toc(tmp_path / "archive", replace(manifest, number=9))
    left = list((tmp_path / "archive").glob("_MAIN_9.toc*"))
    assert len(left) == 1
    sweep_leftovers(tmp_path / "archive")
    assert not left[0].exists()
    assert open_dir(str(tmp_path / "archive")).latest_generation() == 3


def test_segments_are_the_same_if_they_count_the_same_articles() -> None:
    whole, deleted = ArraySegment("a.segment", 3), ArraySegment("a.segment", 3, "a.2.deleted", 1)
    assert whole == ArraySegment("a.segment", 3)
    assert len({whole, deleted, ArraySegment("a.segment", 3)}) == 2
    assert deleted.has_deletions()
    assert not whole.has_deletions()


def test_searching_does_not_load_whoosh(tmp_path: Path) -> None:
    commit_all(tmp_path / "archive", HISTORY)
    program = """
import sys
from pathlib import Path
from search.engines.plan import Plan
from search.engines.disk import open_directory
from search.query.match import MatchAll
with open_directory(sys.argv[1]).searcher() as searcher:
    print(searcher.search(Plan(MatchAll())).total, "whoosh" in sys.modules)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "archive")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.split() == [str(len(LIVE)), "False"]


# --- writing -------------------------------------------------------------------------------------------------------


def test_whoosh_cannot_write_and_says_who_can(index: FileIndex) -> None:
    folder = Path(index.storage.folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for change in (
        index.writer,
        index.optimize,
        lambda: index.delete_by_term("id", "2"),
        lambda: ArrayCodec().per_document_writer(index.storage, None),
        lambda: ArrayCodec().field_writer(index.storage, None),
        lambda: ArrayCodec().new_segment(index.storage, "MAIN"),
        lambda: ArraySegment("a", 1).delete_document(0),
    ):
        with pytest.raises(EngineError, match="backfile index"):
            change()
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "MAIN_WRITELOCK"}
    assert after == before


def test_whoosh_cannot_commit_to_an_empty_index_either(tmp_path: Path) -> None:
    commit_all(tmp_path / "archive", [["none"]])
    writer = open_dir(str(tmp_path / "archive")).writer()
    writer.add_document(id="a", title="Title")
    with pytest.raises(EngineError, match="backfile index"):
        writer.commit()
    assert [path.name for path in (tmp_path / "archive").glob("*.toc")] == ["_MAIN_1.toc"]


# --- the documentation ---------------------------------------------------------------------------------------------


def test_the_documentation_shows_programs_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = DiskEngine(tmp_path / "archive")
    Indexer(engine).run(find_sources([SAMPLE / "articles.jsonl"]))
    engine.keep_whoosh_toc(True)
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[1] / "docs" / "how-to" / "read-with-whoosh.md"
    programs = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    names: dict[str, object] = {}
    for program in programs:
        exec(program, names)  # noqa: S102
    *hits, sections = capsys.readouterr().out.splitlines()
    assert len(hits) == 1
    assert re.fullmatch(r"\d+\.\d+ \S+ .+ \d{4}-\d\d-\d\d", hits[0])
    assert "'History': " in sections


def test_the_documentation_lists_the_fields_there_are() -> None:
    page = Path(__file__).parents[1] / "docs" / "how-to" / "read-with-whoosh.md"
    rows = re.findall(r"^\| (`.*?`) \|", page.read_text("utf-8"), re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == whoosh_schema().names()
