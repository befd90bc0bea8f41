"""Vectors on a real cluster: seen from the commit that added them, and kept with what articles say."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from archives import FLOOD
from versions import filled

from search.engines.memory.engine import MemoryEngine
from search.engines.opensearch.reading import vectors
from search.engines.opensearch.transport.connection import Connection
from search.errors import EngineError

MODEL = "00000000000000aa"


def some_vectors(seed: str, rows: int = 2) -> Any:
    chance = random.Random(seed)
    found = np.array([[chance.gauss(0, 1) for _ in range(24)] for _ in range(rows)], np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_vectors_are_seen_from_the_commit_that_added_them(connection: Connection) -> None:
    given = {document.content_hash(): some_vectors(document.id) for document in FLOOD}
    names = [document.id for document in FLOOD]
    with filled(connection, *FLOOD) as (commit, _):
        assert vectors.vectors(connection, commit, MODEL, names) == {}
        assert list(vectors.without_vectors(connection, commit, MODEL)) == sorted(names)
        first = dict(list(given.items())[:3])
        assert vectors.add_vectors(connection, commit, MODEL, {**first, "0" * 32: some_vectors("gone")}, 2) == 3
        assert vectors.vectors(connection, commit, MODEL, names) == {}, "before there is a commit"
        later = replace(commit, epoch=2)
        found = vectors.vectors(connection, later, MODEL, names)
        assert list(found) == names[:3]
        for name, rows in found.items():
            assert np.abs(rows - some_vectors(name)).max() < 1 / 127
        assert sorted(vectors.without_vectors(connection, later, MODEL)) == sorted(names[3:])
        assert vectors.vectors(connection, later, "another", names) == {}
        assert vectors.vectors(connection, replace(commit, epoch=3, aborted=(2,)), MODEL, names) == {}
        assert vectors.add_vectors(connection, later, MODEL, given, 3) == 2, "those that are there stay"
        assert vectors.add_vectors(connection, replace(later, epoch=3), MODEL, given, 4) == 0
        memory_rows = MemoryEngine()
        with memory_rows.writer() as writer:
            for document in FLOOD:
                writer.add(document)
        memory_rows.add_vectors(MODEL, given)
        with memory_rows.searcher() as expected:
            rows = expected.vectors(MODEL, names)
        ours = vectors.vectors(connection, replace(commit, epoch=3), MODEL, names)
        assert all((ours[name] == rows[name]).all() for name in names), "the same eight bits"


def test_vectors_of_a_writer_that_failed_are_written_again(connection: Connection) -> None:
    given = {document.content_hash(): some_vectors(document.id) for document in FLOOD}
    with filled(connection, *FLOOD) as (commit, _):
        assert vectors.add_vectors(connection, commit, MODEL, given, 2) == 5
        after = replace(commit, epoch=3, aborted=(2,))
        assert vectors.add_vectors(connection, after, MODEL, given, 4) == 5
        assert len(vectors.quantised_by_hash(connection, replace(after, epoch=4), MODEL, list(given))) == 5
        with pytest.raises(EngineError, match="rows of finite numbers"):
            vectors.add_vectors(connection, after, "b", {next(iter(given)): np.zeros((0, 3), np.float32)}, 4)


def test_a_writer_that_was_overtaken_cannot_write_vectors(connection: Connection) -> None:
    given = {document.content_hash(): some_vectors(document.id) for document in FLOOD}
    with filled(connection, *FLOOD) as (commit, _):
        assert vectors.add_vectors(connection, commit, MODEL, given, 5) == 5
        with pytest.raises(EngineError, match="somebody else"):
            vectors.add_vectors(connection, commit, MODEL, given, 4)
