"""What the OpenSearch engine looks up in a real cluster is what the brute force of the memory engine gives.

Versions are written by hand, with those that a commit does not show among them: dead and unborn ones, and those of
writers that never committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from archives import documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines.memory.engine import MemoryEngine, MemorySearcher
from search.engines.opensearch import lookups, vocabulary
from search.engines.opensearch.address import Address
from search.engines.opensearch.articles import indexed, version_id
from search.engines.opensearch.commits import Commit
from search.engines.opensearch.connection import Connection, ndjson
from search.engines.opensearch.mapping import index_body
from search.engines.opensearch.values import Values
from search.engines.protocols import Engine
from search.schema import KEYWORD_FIELDS, ValueMatch

Changes = Sequence[Document | str]
HOW: tuple[ValueMatch, ...] = ("same", "words", "near")
MODEL = "00000000000000aa"


class Versions:
    """An index whose versions are written by hand, and the memory engine with what was committed of them."""

    def __init__(self, connection: Connection, shards: int) -> None:
        self.connection = connection
        self.memory: Engine = MemoryEngine()
        self._index = f"{connection.address.name}-{uuid4().hex[:6]}"
        self._versions: dict[tuple[str, int], tuple[Document, int | None]] = {}
        self._live: dict[str, int] = {}
        self._aborted: list[int] = []
        self._epoch = self._committed = 0
        connection.send("PUT", f"/{self._index}", index_body(shards, 0))
        with self.memory.writer():
            pass

    def write(self, changes: Changes, *, commits: bool = True) -> None:
        """The changes of one writer, which ends without a commit if it does not commit."""
        self._epoch += 1
        live = dict(self._live)
        for change in changes:
            id = change.id if isinstance(change, Document) else change
            if (born := live.pop(id, None)) == self._epoch:
                del self._versions[id, born]
            elif born is not None:
                self._versions[id, born] = self._versions[id, born][0], self._epoch
            if isinstance(change, Document):
                self._versions[id, self._epoch] = change, None
                live[id] = self._epoch
        if not commits:
            self._aborted.append(self._epoch)
            return
        self._live, self._committed = live, self._epoch
        with self.memory.writer() as writer:
            for change in changes:
                if isinstance(change, Document):
                    writer.add(change)
                else:
                    writer.delete(change)

    def commit(self) -> Commit:
        """Sends all versions; the newest commit. What writers wrote after it is not born yet."""
        rows: list[Any] = []
        for (id, born), (document, died) in self._versions.items():
            rows += [{"index": {"_id": version_id(id, born)}}, indexed(document, born, died)]
        if rows:
            answer = self.connection.send(
                "POST", f"/{self._index}/_bulk", ndjson(rows), params={"refresh": "true"}, seconds=60
            )
            assert not answer["errors"], answer
        aborted = tuple(epoch for epoch in self._aborted if epoch <= self._committed)
        return Commit(self._index, self._committed, 0, aborted, datetime.now(UTC), len(self._live), (), {})


@pytest.fixture
def connection(opensearch: str) -> Iterator[Connection]:
    from clusters import archive_on

    with archive_on(opensearch) as url:
        made = Connection(Address.parse(url))
        yield made
        made.close()


@contextmanager
def filled(connection: Connection, *changes: Document, shards: int = 1) -> Iterator[tuple[Commit, MemorySearcher]]:
    """The articles in one commit, and the same in memory."""
    versions = Versions(connection, shards)
    versions.write(changes)
    with versions.memory.searcher() as memory:
        assert isinstance(memory, MemorySearcher)
        yield versions.commit(), memory


histories = st.lists(
    st.tuples(
        st.lists(
            st.one_of(
                st.builds(replace, documents, id=st.integers(0, 40).map(str)),
                documents,
                st.integers(0, 40).map(str),
            ),
            min_size=1,
            max_size=25,
        ),
        st.sampled_from((True, True, False)),
    ),
    min_size=2,
    max_size=6,
)
"""What writers change one after another, and whether they commit."""

some = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
        HealthCheck.large_base_example,
    ],
)


@pytest.mark.parametrize("shards", [1, 3])
@some
@given(history=histories, after=st.integers(0, 40).map(str))
def test_lookups_are_those_of_the_memory_engine(connection: Connection, shards: int, history: Any, after: str) -> None:
    versions = Versions(connection, shards)
    for changes, commits in history:
        versions.write(changes, commits=commits)
    commit = versions.commit()
    with versions.memory.searcher() as memory:
        assert_same_articles(connection, commit, memory, after)
        assert_same_words(connection, commit, memory)
        assert_same_values(connection, commit, memory)


def assert_same_articles(connection: Connection, commit: Commit, memory: Any, after: str) -> None:
    found = list(lookups.articles(connection, commit))
    names = sorted(memory.ids_from("one")) + sorted(memory.ids_from("two"))
    assert [article.id for article in found] == sorted(names)
    assert found == [memory.document(article.id) for article in found]
    assert list(lookups.articles(connection, commit, after)) == [article for article in found if article.id > after]
    asked = [*names, "absent", *(str(number) for number in range(40))]
    assert lookups.stamps(connection, commit, asked) == memory.stamps(asked)
    assert lookups.documents(connection, commit, asked) == {article.id: article for article in found}
    for id in (*names[:2], "absent"):
        assert lookups.document(connection, commit, id) == memory.document(id)
    assert dict(lookups.hashes(connection, commit)) == {
        id: stamp.content_hash for id, stamp in memory.stamps(names).items()
    }
    for source in ("one", "two", "three", "", "on"):
        assert list(lookups.ids_from(connection, commit, source)) == sorted(memory.ids_from(source))


def assert_same_words(connection: Connection, commit: Commit, memory: Any) -> None:
    for prefix in ("", "r", "br", "c", "東", "zzz", "u.", "1,"):
        for limit in (0, 1, 2, 5, 100):
            assert vocabulary.terms(connection, commit, prefix, limit) == memory.terms(prefix, limit)
    for word, distance in (("wart", 2), ("run", 1), ("run", 2), ("a", 2), ("us", 2), ("brigde", 2), ("xederal", 2)):
        for limit, least in ((0, 1), (2, 1), (50, 1), (50, 3)):
            expected = memory.similar_terms(word, distance, limit, least)
            assert vocabulary.similar_terms(connection, commit, word, distance, limit, least) == expected
    words = ["run", "war", "the", "ann", "nothing", "東京", "u.s", "en:run:0", "!run", "=run", "", "cancion", "run"]
    assert vocabulary.document_frequencies(connection, commit, words) == memory.document_frequencies(words)


def assert_same_values(connection: Connection, commit: Commit, memory: Any) -> None:
    values = Values(connection, commit)
    for field in KEYWORD_FIELDS:
        for limit in (0, 1, 2, 100):
            assert values.top(field, limit) == memory.top_values(field, limit)
            for how in HOW:
                for text in ("economy", "an", "news", "wrld", "Zoe"):
                    found = sorted(values.find(field, text, how, limit))
                    assert found == sorted(memory.find_values(field, text, how, limit))
