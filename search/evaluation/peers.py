"""Other programs that rank the same sets, to be compared with. They come with the extra `evaluate`."""

from __future__ import annotations

from typing import Final, Literal, get_args

from search.analysis.languages import STEMMERS, primary_language
from search.errors import ConfigError
from search.evaluation.judged_sets import JudgedSet
from search.evaluation.rankings import DEPTH, Rankings

Peer = Literal["bm25s"]
PEERS: Final[tuple[Peer, ...]] = get_args(Peer)

_K1: Final = 1.2
_B: Final = 0.75
"""Lucene's constants."""


def bm25s_rankings(judged: JudgedSet, *, language: str = "en") -> Rankings:
    """The rankings of bm25s, with Lucene's BM25 over title and text in one field.

    Words are stemmed by Snowball as ours are; in English, bm25s leaves out its own 33 stop words.
    Raises ConfigError where bm25s is not installed.
    """
    try:
        import bm25s  # in an extra
    except ImportError as error:
        raise ConfigError("bm25s is not installed; install it with: pip install 'backfile[evaluate]'") from error
    import Stemmer

    code = primary_language(language)
    stemmer = Stemmer.Stemmer(STEMMERS[code]) if code in STEMMERS else None
    stop_words = "en" if code == "en" else []

    def tokens(texts: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(
            texts, stopwords=stop_words, stemmer=stemmer, return_ids=False, show_progress=False
        )
        return found

    documents = tokens([f"{each.title}\n{each.body}" for each in judged.documents])
    if not any(documents):  # bm25s fails on an index without a word
        return dict.fromkeys(judged.queries, ())
    model = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    model.index(documents, show_progress=False)
    asked = tokens(list(judged.queries.values()))
    depth = min(DEPTH, len(judged.documents))
    found, scores = model.retrieve(asked, k=depth, show_progress=False)
    return {
        query: [judged.documents[number].id for number, score in zip(row, own, strict=True) if score > 0]
        for query, row, own in zip(judged.queries, found.tolist(), scores.tolist(), strict=True)
    }
