"""Articles on a real cluster, by id, source and address: those that the memory engine has."""

from __future__ import annotations

from typing import Any

import pytest
from archives import FLOOD
from hypothesis import given
from hypothesis import strategies as st
from versions import Versions, few, filled, histories

from search.document import Document
from search.engines.opensearch.reading import lookups
from search.engines.opensearch.transport.connection import Connection
from search.errors import EngineError


@pytest.mark.parametrize("shards", [1, 3])
@few
@given(history=histories, after=st.integers(0, 40).map(str))
def test_articles_are_those_of_the_memory_engine(connection: Connection, shards: int, history: Any, after: str) -> None:
    versions = Versions(connection, shards)
    versions.replay(history)
    with versions.snapshot() as (commit, memory):
        found = list(lookups.articles(connection, commit))
        names = sorted(memory.ids_from("one")) + sorted(memory.ids_from("two"))
        assert [article.id for article in found] == sorted(names)
        assert found == [memory.document(article.id) for article in found]
        assert list(lookups.articles(connection, commit, after)) == [article for article in found if article.id > after]
        asked = [*names, "absent", *(str(number) for number in range(40))]
        assert lookups.stamps(connection, commit, asked) == memory.stamps(asked)
        assert lookups.documents(connection, commit, asked) == {article.id: article for article in found}
        for name in (*names[:2], "absent"):
            assert lookups.document(connection, commit, name) == memory.document(name)
        assert dict(lookups.hashes(connection, commit)) == {
            name: stamp.content_hash for name, stamp in memory.stamps(names).items()
        }
        for source in ("one", "two", "three", "", "on"):
            assert list(lookups.ids_from(connection, commit, source)) == sorted(memory.ids_from(source))


def test_sources_below_a_folder_are_found_as_the_contract_says(connection: Connection) -> None:
    sources = (
        "",
        "a",
        "a/",
        "a/b",
        "a/b/c",
        "ab",
        "a/b?c",
        "a//b",
        "/",
        "/a",
        "https://x.org/?q=1",
        "a\ud800/b",
        "a?/b",
        "*",
    )
    articles = [Document(f"{number}", "", source=source) for number, source in enumerate(sources)]
    with filled(connection, *articles, shards=2) as (commit, memory):
        for root in (*sources, "a/b/", "https://x.org", "https://x.org/", "//", "x"):
            assert sorted(lookups.ids_from(connection, commit, root)) == sorted(memory.ids_from(root)), root
        names = [article.id for article in articles]
        assert lookups.stamps(connection, commit, names) == memory.stamps(names)


def test_ids_and_addresses_with_lone_surrogates_are_told_apart(connection: Connection) -> None:
    names = ("a?", "a\ud800", "a\ud801", "a", "\ud800", "?")
    articles = [Document(name, name, url=f"http://x/{name}") for name in names]
    more = [Document(f"{number:03}", "", url="http://x/a?") for number in range(40)]
    with filled(connection, *articles, *more) as (commit, memory):
        for name in (*names, "\ud802"):
            assert lookups.document(connection, commit, name) == memory.document(name)
            assert lookups.id_of_url(connection, commit, f"http://x/{name}") == memory.id_of_url(f"http://x/{name}")
        assert lookups.id_of_url(connection, commit, "") is None
        assert lookups.stamps(connection, commit, names) == memory.stamps(names)
        assert lookups.stamps(connection, commit, ["a\ud802", "\ud802"]) == {}
        everything = [article.id for article in lookups.articles(connection, commit)]
        assert sorted(everything) == sorted(article.id for article in (*articles, *more))
        assert {name for name, _ in lookups.hashes(connection, commit)} == set(everything)


def test_long_lists_of_ids_come_in_pages(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "PAGE", 7)
    monkeypatch.setattr(lookups, "MAX_ARTICLES", 4)
    monkeypatch.setattr(lookups, "PAGE_BYTES", 1_000)
    articles = [Document(f"{number:02}", "", "long " * (number * 7 % 100), source="one") for number in range(50)]
    asked: list[int] = []
    send = connection.search_many

    def counted(searches: Any, **options: Any) -> Any:
        answers = send(searches, **options)
        asked.extend(len(hit["_source"]["article"]["body"]) for hit in answers[0]["hits"]["hits"] if "_source" in hit)
        assert len(answers[0]["hits"]["hits"]) <= 7
        return answers

    with filled(connection, *articles, shards=2) as (commit, memory):
        monkeypatch.setattr(connection, "search_many", counted)
        names = [article.id for article in articles]
        assert list(lookups.ids_from(connection, commit, "one")) == names
        assert lookups.stamps(connection, commit, names) == memory.stamps(names)
        assert list(lookups.articles(connection, commit)) == articles
        assert lookups.documents(connection, commit, names) == {article.id: article for article in articles}
        assert len(asked) == 100


def test_a_snapshot_whose_articles_were_swept_is_an_error(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "MAX_ARTICLES", 2)
    with filled(connection, *FLOOD) as (commit, _):
        stream = lookups.articles(connection, commit)
        assert next(stream).id == "body"
        query = {"query": {"term": {"id": "twice"}}}
        connection.send("POST", f"/{commit.index}/_delete_by_query", query, params={"refresh": "true"})
        with pytest.raises(EngineError, match="too old"):
            list(stream)


def test_an_id_that_only_looks_like_one_with_a_surrogate_has_no_stamp(connection: Connection) -> None:
    with filled(connection, Document("a\ud800", "")) as (commit, _):
        assert lookups.stamps(connection, commit, ["a?"]) == {}
        assert lookups.document(connection, commit, "a?") is None
