"""bm25s, scores kept in sparse matrices: ranking only, of single words and of any of several words.

It scores every article for every question, in one field, and has neither positions nor counts nor snippets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import bm25s
import numpy as np
import Stemmer
from bm25s.tokenization import Tokenizer

from benchmark.engines.base import TEXT, Answer, Output, text_of
from benchmark.queries import Question
from search.document import Document

MOST: Final = 100_000
_IDS: Final = "ids.json"


class Bm25sIndexing:
    """See `benchmark.engines.base.Indexing`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokenizer = Tokenizer(stemmer=Stemmer.Stemmer("english"), stopwords=[], splitter=r"\w+")
        self._tokens: list[Any] = []
        self._ids: list[str] = []

    def add(self, documents: Sequence[Document]) -> None:
        texts = ["\n".join(text_of(document, field) for field in TEXT) for document in documents]
        tokens = self._tokenizer.tokenize(texts, update_vocab=True, show_progress=False)
        self._tokens += [np.array(found, np.int32) for found in tokens]
        self._ids += [document.id for document in documents]

    def commit(self) -> None:
        model = bm25s.BM25()
        model.index((self._tokens, self._tokenizer.get_vocab_dict()), show_progress=False)
        model.save(self._folder)
        (self._folder / _IDS).write_text(json.dumps(self._ids), "utf-8")

    def settle(self) -> None:
        """Nothing goes on after the commit."""


class Bm25sSearching:
    """See `benchmark.engines.base.Searching`."""

    def __init__(self, folder: Path) -> None:
        self._model = bm25s.BM25.load(folder, mmap=True, show_progress=False)
        self._ids = json.loads((folder / _IDS).read_text("utf-8"))
        self._stemmer = Stemmer.Stemmer("english")

    def answer(self, question: Question, output: Output) -> Answer:
        del output
        scores = self._model.get_scores(self._stemmer.stemWords(list(question.words)))
        count = min(10, len(scores))
        best = np.argpartition(scores, len(scores) - count)[-count:]
        ordered = best[np.argsort(-scores[best])]
        return Answer(int(np.count_nonzero(scores)), tuple(self._ids[place] for place in ordered if scores[place] > 0))


@dataclass(frozen=True, slots=True)
class _Bm25s:
    label: str = "bm25s"
    workers: tuple[int, ...] = (1,)
    most: int | None = MOST
    why_most: str = "it builds its index in memory as a whole"

    def version(self) -> str:
        return version("bm25s")

    def index(self, folder: Path, workers: int) -> Bm25sIndexing:
        del workers
        return Bm25sIndexing(folder)

    def optimize(self, folder: Path) -> bool:
        """There is nothing to merge."""
        del folder
        return False

    def search(self, folder: Path) -> Bm25sSearching:
        return Bm25sSearching(folder)

    def lacks(self, question: Question, output: Output) -> str | None:
        if output != "top":
            return "bm25s only ranks"
        plain = question.shape == "any" or (question.shape == "all" and len(question.words) == 1)
        if not plain or question.section or question.start:
            return "bm25s ranks by any of the words only"
        return None


ENGINE: Final = _Bm25s()
