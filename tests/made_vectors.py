"""Vectors that are made up for articles, and which articles an engine holds some of."""

from __future__ import annotations

import random

import numpy as np
from archives import ids

from search.document import Document
from search.engines.plan import Meaning, Plan
from search.engines.protocols import Engine
from search.engines.vectors import Vectors
from search.query.match import MatchAll

MODEL, OTHER_MODEL = "00000000000000aa", "ffffffffffffffff"
SIZE = 24


def some_vectors(seed: str, rows: int = 2) -> Vectors:
    """Rows of length 1 in directions of their own for each seed."""
    chance = random.Random(seed)
    found = np.array([[chance.gauss(0, 1) for _ in range(SIZE)] for _ in range(rows)], np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def add(engine: Engine, *documents: Document, model: str = MODEL) -> int:
    """Adds vectors of articles, and returns of how many they were kept."""
    return engine.add_vectors(
        model, {document.content_hash(): some_vectors(document.id) for document in documents}
    ).articles


def held(engine: Engine, model: str = MODEL) -> set[str]:
    """The ids of articles with vectors; all others are said to be without."""
    with engine.searcher() as searcher:
        everything = ids(searcher.search(Plan(MatchAll(), limit=1_000)))
        found = searcher.vectors(model, everything)
        assert set(searcher.without_vectors(model)) == set(everything) - found.keys()
        return set(found)


def question(name: str = "what") -> Meaning:
    """What a query means, by its name."""
    return Meaning(MODEL, tuple(some_vectors(name, 1)[0].tolist()))
