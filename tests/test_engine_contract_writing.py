"""What every engine promises of writing: transactions, snapshots, locks, generations, and what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Thread

import pytest
from archives import ask, exact, fill, ids, problems

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.plan import TimelinePlan
from search.engines.protocols import CAPABILITIES, Engine
from search.engines.results import Stamp
from search.errors import EngineError, IndexLocked, IndexMissing
from search.query.match import MatchAll

FULL = Document(
    id="https://news.example/a?b=c#d",
    title="Türkiye’s envoy",
    body="What was said\n\nThe envoy spoke. \x00\u2028 \ud800 🗞",
    summary="A speech",
    headings=(Heading("What was said", 2, 0, "said"), Heading("More", 3, 5)),
    url="https://news.example/a",
    sections=("News > World",),
    authors=("Mélanie", "Əli"),
    tags=("a\x1fb", '"quoted"'),
    published=datetime(2024, 7, 3, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=4))),
    modified=date(2024, 7, 4),
    language="zh-TW",
    type="essay",
    source="some/where.jsonl",
    html="<p>The envoy spoke.</p>",
    fingerprint=2**64 - 1,
)


def test_an_address_leads_to_its_article_and_of_several_to_the_first_by_id(engine: Engine) -> None:
    address = "https://news.example/a"
    pieces = [Document(name, "Title", "Body.", url=address) for name in ("c", "b")]
    with fill(engine, *pieces, Document("a", "Title", "Body.")).searcher() as searcher:
        assert searcher.id_of_url(address) == "b"
        assert searcher.id_of_url(address + "/") is None
        assert searcher.id_of_url("") is None
    with engine.writer() as writer:
        writer.delete("b")
    with engine.searcher() as searcher:
        assert searcher.id_of_url(address) == "c"


def test_what_was_added_comes_back_whole(engine: Engine) -> None:
    with fill(engine, FULL).searcher() as searcher:
        assert searcher.document(FULL.id) == FULL
        assert searcher.stamps([FULL.id]) == {FULL.id: Stamp(FULL.content_hash(), "some/where.jsonl")}
    assert problems(engine) == []


def test_a_hit_brings_of_its_article_what_the_plan_asks_for(engine: Engine) -> None:
    fill(engine, FULL)
    [bare] = ask(engine, MatchAll()).hits
    [head] = ask(engine, MatchAll(), bring="head").hits
    [text] = ask(engine, MatchAll(), bring="text").hits
    assert (bare.head, bare.body) == (None, None)
    assert (head.head, head.body) == (FULL.head(), None)
    assert (text.head, text.body) == (FULL.head(), FULL.body)


def test_stamps_are_of_the_ids_asked_for_that_are_there(engine: Engine) -> None:
    first = [Document(name, name, source=f"in/{name}.jsonl") for name in "abc"]
    fill(engine, *first)
    fill(engine, Document("b", "changed", source="other.jsonl"))
    with engine.writer() as writer:
        writer.delete("c")
    with engine.searcher() as searcher:
        assert searcher.stamps([]) == {}
        assert searcher.stamps(["none", "c"]) == {}
        assert searcher.stamps(["b", "none", "a", "b"]) == {
            "a": Stamp(first[0].content_hash(), "in/a.jsonl"),
            "b": Stamp(Document("b", "changed").content_hash(), "other.jsonl"),
        }


def test_ids_from_a_source_are_those_of_the_source_and_of_what_is_below_it(engine: Engine) -> None:
    sources = {
        "1": "/in", "2": "/in/a.jsonl", "3": "/in/a.jsonl", "4": "/in/deep/b.html", "5": "/in2/a.jsonl", "6": "",
        "7": "https://news.example/feed", "8": "https://news.example/feed/2", "9": "https://news.example/feeds",
    }  # fmt: skip
    fill(engine, *(Document(name, "title", source=source) for name, source in sources.items()))
    fill(engine, Document("2", "moved", source="/elsewhere"), Document("10", "later", source="/in/deep"))
    with engine.writer() as writer:
        writer.delete("4")
    with engine.searcher() as searcher:
        assert sorted(searcher.ids_from("/in")) == ["1", "10", "3"]
        assert sorted(searcher.ids_from("/in/")) == ["10", "3"]
        assert sorted(searcher.ids_from("/in/a.jsonl")) == ["3"]
        assert sorted(searcher.ids_from("https://news.example/feed")) == ["7", "8"]
        assert list(searcher.ids_from("")) == ["6"]
        assert list(searcher.ids_from("/nothing")) == []


IN_ORDER = ("", "0", "Z", "a", "a b", "a!", "aa", "b", "z", "é", "ﬀ", "\uffff", "\U0001f5de")
"""Ids by code points; Java and JavaScript, which sort by UTF-16 code units, put the last one before the two others."""


def test_articles_come_whole_and_in_the_order_of_their_ids(engine: Engine) -> None:
    pieces = {name: replace(FULL, id=name, title=f"Title {name}") for name in IN_ORDER if name}
    mixed = [pieces[name] for name in sorted(pieces, key=lambda name: name.encode()[::-1])]
    for first in range(0, len(mixed), 5):
        fill(engine, *mixed[first : first + 5])
    changed = replace(pieces["b"], body="another")
    fill(engine, changed, Document("gone", "Gone"))
    with engine.writer() as writer:
        writer.delete("gone")
    expected = [changed if name == "b" else pieces[name] for name in IN_ORDER if name]
    with engine.searcher() as searcher:
        assert list(searcher.articles()) == expected
        for number, document in enumerate(expected):
            assert list(searcher.articles(document.id)) == expected[number + 1 :]
        assert list(searcher.articles("")) == expected
        assert list(searcher.articles("az")) == [document for document in expected if document.id > "az"]
        assert list(searcher.articles("gone")) == [document for document in expected if document.id > "gone"]


def test_articles_are_those_of_the_snapshot(engine: Engine) -> None:
    first = [Document(name, f"Title {name}") for name in "abcdef"]
    with fill(engine, *first).searcher() as searcher:
        found = searcher.articles()
        begun = [next(found), next(found)]
        with engine.writer() as writer:
            writer.delete("d")
            writer.add(Document("e", "Changed"))
            writer.add(Document("ee", "New"))
        assert [*begun, *found] == first
    with engine.searcher() as searcher:
        assert [document.title for document in searcher.articles("c")] == ["Changed", "New", "Title f"]


def test_an_empty_index_has_no_articles(engine: Engine) -> None:
    with fill(engine).searcher() as searcher:
        assert list(searcher.articles()) == []


def test_an_archive_is_itself_however_it_is_opened(engine: Engine) -> None:
    before = engine.identity()
    assert before == engine.identity()
    fill(engine, Document("a", "one"))
    assert engine.identity() == engine.identity()
    if not engine.url.endswith(":"):
        assert open_engine(engine.url).identity() == engine.identity()
        assert open_engine(f"{engine.url.partition('?')[0]}-2").identity() != engine.identity()
    assert open_engine("memory:another").identity() != engine.identity()


def test_a_document_that_is_not_there_is_none(engine: Engine) -> None:
    with fill(engine, Document("a", "one")).searcher() as searcher:
        assert searcher.document("b") is None


def test_a_writer_can_be_told_to_commit_or_to_roll_back(engine: Engine) -> None:
    writer = engine.writer()
    writer.add(Document("a", "one"))
    writer.commit()
    writer.commit()
    writer.rollback()
    with pytest.raises(EngineError):
        writer.add(Document("b", "two"))
    writer = engine.writer()
    writer.add(Document("c", "three"))
    writer.rollback()
    writer.commit()
    with engine.writer() as inside:
        inside.add(Document("d", "four"))
        inside.commit()
    with engine.searcher() as searcher:
        assert [searcher.document(name) is not None for name in "abcd"] == [True, False, False, True]


def test_there_is_no_index_before_the_first_commit(engine: Engine) -> None:
    for ask_for in (engine.searcher, engine.generation):
        with pytest.raises(IndexMissing):
            ask_for()


def test_a_block_without_an_article_makes_an_empty_index(engine: Engine) -> None:
    with fill(engine).searcher() as searcher:
        assert searcher.status().articles == 0
    assert ask(engine).total == 0
    assert ask(engine, exact("anything"), timeline=TimelinePlan()).total == 0


def test_adding_an_article_again_replaces_it(engine: Engine) -> None:
    fill(engine, Document("a", "first"), Document("b", "other"))
    fill(engine, Document("a", "second"))
    assert ids(ask(engine, exact("first"))) == []
    assert ids(ask(engine, exact("second"))) == ["a"]
    assert ask(engine).total == 2


def test_adding_an_article_twice_in_one_block_keeps_the_last(engine: Engine) -> None:
    fill(engine, Document("a", "first"), Document("a", "second"), Document("a", "third"))
    assert ask(engine).total == 1
    assert ids(ask(engine, exact("third"))) == ["a"]
    assert ids(ask(engine, exact("first"))) == []


def test_delete_takes_an_article_out_and_says_whether_it_was_there(engine: Engine) -> None:
    fill(engine, Document("a", "one"), Document("b", "two"))
    with engine.writer() as writer:
        writer.add(Document("c", "three"))
        assert [writer.delete(name) for name in ("a", "a", "c", "c", "x")] == [True, False, True, False, False]
    assert ids(ask(engine)) == ["b"]
    with engine.searcher() as searcher:
        assert searcher.document("a") is None
        assert list(searcher.stamps(["a", "b", "c"])) == ["b"]


def test_what_is_deleted_leaves_no_trace_in_counts_and_words(engine: Engine) -> None:
    fill(engine, Document("a", "shared rareword", authors=("Ann",)), Document("b", "shared", authors=("Bob",)))
    before = ask(engine, exact("shared")).hits[-1].score
    with engine.writer() as writer:
        writer.delete("a")
    with engine.searcher() as searcher:
        assert searcher.top_values("author", 5) == [("Bob", 1)]
        assert searcher.terms("", 9) == [("shared", 1)]
        assert searcher.similar_terms("rarewords", 2, 9) == []
        assert searcher.document_frequencies(["rareword", "shared"]) == [0, 1]
    assert ask(engine, exact("shared")).hits[0].score != before, "lengths and frequencies are of what is left"


def test_everything_can_be_deleted(engine: Engine) -> None:
    fill(engine, Document("a", "one"))
    with engine.writer() as writer:
        writer.delete("a")
    assert ask(engine).total == 0
    fill(engine, Document("a", "two"))
    assert ids(ask(engine, exact("two"))) == ["a"]


def test_an_exception_in_the_block_leaves_no_trace(engine: Engine) -> None:
    fill(engine, Document("a", "kept"))
    generation = engine.generation()

    def fail_half_way() -> None:
        with engine.writer() as writer:
            writer.delete("a")
            for number in range(50):
                writer.add(Document(f"new{number}", "lost"))
            raise KeyError("in the middle")

    with pytest.raises(KeyError):
        fail_half_way()
    assert engine.generation() == generation
    assert ids(ask(engine)) == ["a"]
    fill(engine, Document("b", "after"))
    assert ids(ask(engine)) == ["a", "b"]
    assert problems(engine) == []


def test_an_exception_while_replacing_keeps_the_old_state(engine: Engine) -> None:
    fill(engine, Document("a", "kept"))

    def fail() -> None:
        with engine.writer(replace=True) as writer:
            writer.add(Document("b", "lost"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert ids(ask(engine)) == ["a"]


def test_an_exception_in_the_first_block_leaves_no_index(engine: Engine) -> None:
    def fail() -> None:
        with engine.writer() as writer:
            writer.add(Document("b", "lost"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(IndexMissing):
        engine.searcher()


def test_an_article_that_cannot_be_added_does_not_spoil_the_others(engine: Engine) -> None:
    with engine.writer() as writer:
        writer.add(Document("a", "one"))
        with pytest.raises(AttributeError):
            writer.add(Document("b", "two", headings=("not a heading",)))  # type: ignore[arg-type]
        writer.add(Document("c", "three"))
    assert ids(ask(engine)) == ["a", "c"]


def test_replace_takes_the_place_of_everything_at_the_commit(engine: Engine) -> None:
    fill(engine, Document("a", "old"), Document("b", "old"))
    with engine.writer(replace=True) as writer:
        writer.add(Document("b", "new"))
        assert writer.delete("a") is False, "replacing begins with nothing"
        assert ids(ask(engine, exact("old"))) == ["a", "b"], "until the commit the old state answers"
    assert ids(ask(engine)) == ["b"]
    assert ids(ask(engine, exact("old"))) == []


def test_an_open_searcher_keeps_its_view(engine: Engine) -> None:
    fill(engine, Document("a", "first word"), Document("b", "first word"))
    with engine.searcher() as old:
        generation = old.status().generation
        for number in range(12):
            fill(engine, Document(f"n{number}", "first more"))
        with engine.writer(replace=True) as writer:
            writer.add(Document("z", "new"))
        fill(engine, Document("y", "newer"))
        assert old.status().generation == generation
        assert list(old.stamps(["a", "b", "n1", "z"])) == ["a", "b"]
        assert sorted(old.ids_from("")) == ["a", "b"]
        assert old.document("b") == Document("b", "first word")
        assert old.terms("", 9) == [("first", 2), ("word", 2)]
        with engine.searcher() as new:
            assert sorted(new.stamps(["a", "b", "y", "z"])) == ["y", "z"]
            assert sorted(new.ids_from("")) == ["y", "z"]


def test_a_second_writer_is_refused_until_the_first_is_done(engine: Engine) -> None:
    with engine.writer() as first:
        first.add(Document("a", "one"))
        with pytest.raises(IndexLocked, match="another writer"):
            engine.writer()
        with pytest.raises(IndexLocked):
            engine.writer(replace=True)
    fill(engine, Document("b", "two"))
    assert ids(ask(engine)) == ["a", "b"]


def test_a_closed_writer_writes_no_more(engine: Engine) -> None:
    with engine.writer() as writer:
        writer.add(Document("a", "one"))
    for use in (lambda: writer.add(Document("b", "two")), lambda: writer.delete("a"), lambda: writer.__enter__()):
        with pytest.raises(EngineError, match="closed"):
            use()


def test_the_generation_changes_with_every_commit_and_never_comes_back(engine: Engine) -> None:
    seen = []
    for number in range(4):
        fill(engine, Document("a", f"word{number}"))
        seen.append(engine.generation())
    with engine.writer(replace=True) as writer:
        writer.add(Document("a", "word0"))
    seen.append(engine.generation())
    with engine.writer() as writer:
        writer.delete("a")
    seen.append(engine.generation())
    assert len(set(seen)) == 6


def test_a_block_that_changes_nothing_commits_nothing(engine: Engine) -> None:
    fill(engine, Document("a", "one"))
    with engine.searcher() as searcher:
        before = searcher.status()
    with engine.writer() as writer:
        writer.delete("x")
    with engine.searcher() as searcher:
        assert searcher.status() == before


def test_status_says_when_and_how_much(engine: Engine) -> None:
    earliest = datetime.now(UTC)
    with fill(engine, Document("a", "one"), Document("b", "two")).searcher() as searcher:
        status = searcher.status()
    assert status.articles == 2
    assert earliest <= status.built_at <= datetime.now(UTC)
    assert status.engine == engine.url.partition(":")[0]
    assert status.generation == engine.generation()
    assert status.size_bytes is None or status.size_bytes > 100


def test_every_engine_has_every_capability_but_for_the_last_digits_of_scores(engine: Engine) -> None:
    assert CAPABILITIES - engine.capabilities <= {"reference scores"}


def test_many_commits_keep_every_article(engine: Engine) -> None:
    for number in range(30):
        fill(engine, Document(f"{number % 20:02}", f"word{number} common"))
    assert ask(engine, exact("common"), limit=30).total == 20
    assert ids(ask(engine, exact("word29"))) == ["09"]
    assert ids(ask(engine, exact("word09"))) == []
    assert problems(engine) == []


def test_one_searcher_answers_several_threads(engine: Engine) -> None:
    fill(engine, *(Document(f"{number:03}", f"word{number % 7} common", "a body " * number) for number in range(100)))
    wrong: list[object] = []

    def search(number: int) -> None:
        for _ in range(10):
            found = ask_shared(f"word{number}")
            if found != expected[number]:
                wrong.append(found)

    with engine.searcher() as searcher:
        from search.engines.plan import Plan

        def ask_shared(text: str) -> int:
            assert searcher.document("042") is not None
            return searcher.search(Plan(exact(text))).total

        expected = [ask_shared(f"word{number}") for number in range(7)]
        threads = [Thread(target=search, args=(number,)) for number in range(7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert expected == [15, 15, 14, 14, 14, 14, 14]
    assert wrong == []


def test_searchers_open_and_close_while_a_writer_commits(engine: Engine) -> None:
    fill(engine, Document("0", "common"))
    failures: list[Exception] = []
    done = False

    def read() -> None:
        while not done:
            try:
                results = ask(engine, exact("common"))
                if results.total < 1:
                    failures.append(ValueError(results.total))
            except EngineError as error:
                failures.append(error)

    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(12):
            with engine.writer(replace=number % 4 == 3) as writer:
                writer.add(Document(str(number), "common"))
    finally:
        done = True
        for thread in threads:
            thread.join()
    assert failures == []
