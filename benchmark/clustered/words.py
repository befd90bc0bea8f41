"""How often the cluster's own analyzers make other terms of a word than Backfile does, language by language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmark.clustered.figures import Words
from benchmark.opensearch.cluster import Cluster
from index.article import Article, read_source
from index.document import to_document
from index.sources import find_sources
from search.analysis import analyze, language_name, primary_language
from search.batching import in_batches
from search.document import Document
from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.connection import Connection

ANALYZERS: Final = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "tr": "turkish", "ru": "russian",
    "ar": "arabic", "pt": "portuguese", "it": "italian", "ja": "cjk", "zh": "cjk",
}  # fmt: skip
MOST_ARTICLES: Final = 300
MOST_WORDS: Final = 4_000
_AT_ONCE: Final = 100
"""Words of one request: a cluster refuses to make more than 10,000 terms at once."""
_EXAMPLES: Final = 3
_LONGEST_EXAMPLE: Final = 20
_CHUNK: Final = re.compile(r"[^\s,;:!?()\"“”«»]+")


def multilingual(corpora: Path) -> list[Document]:
    """Some articles of each language of the corpora."""
    found: dict[str, list[Document]] = {}
    for source in find_sources(corpora):
        for read in read_source(source):
            if not isinstance(read, Article):
                continue
            document = to_document(read, language="en", time_zone="UTC")
            own = found.setdefault(primary_language(document.language), [])
            if len(own) < MOST_ARTICLES:
                own.append(document)
    return [document for own in found.values() for document in own]


def apart(cluster: Cluster, documents: Iterable[Document]) -> Iterator[Words]:
    """For each language that both know, the words as they are written in articles, up to the next space or mark."""
    connection = Connection(Address.parse(cluster.archive("words", timeout=60)))
    chunks: dict[str, dict[str, None]] = {}
    for document in documents:
        own = chunks.setdefault(primary_language(document.language), {})
        own.update(dict.fromkeys(_CHUNK.findall(document.body)))
    for language, analyzer in ANALYZERS.items():
        if written := list(chunks.get(language, ()))[:MOST_WORDS]:
            yield _of(connection, language, analyzer, written)
    connection.close()


def _of(connection: Connection, language: str, analyzer: str, written: Sequence[str]) -> Words:
    compared, other = 0, []
    for batch in in_batches(written, _AT_ONCE):
        for word, theirs in zip(batch, _terms(connection, analyzer, batch), strict=True):
            ours = frozenset(token.stem for token in analyze(word, language))
            if ours and theirs:  # they leave stop words out, and that is no other word
                compared += 1
                other += [word] if ours != theirs else []
    examples = [word for word in other if len(word) <= _LONGEST_EXAMPLE and word.isalpha()]
    return Words(language_name(language), compared, len(other), tuple(examples[:_EXAMPLES]))


def _terms(connection: Connection, analyzer: str, batch: Sequence[str]) -> list[frozenset[str]]:
    """The terms of each word; none of a stop word."""
    answer: Any = connection.send("POST", "/_analyze", {"analyzer": analyzer, "text": list(batch)})
    starts, at = [], 0
    for word in batch:
        starts.append(at)
        at += len(word.encode("utf-16-le")) // 2 + 1  # offsets are in UTF-16, and go on from text to text
    found: list[set[str]] = [set() for _ in batch]
    place = 0
    for token in answer["tokens"]:
        while place + 1 < len(starts) and token["start_offset"] >= starts[place + 1]:
            place += 1
        found[place].add(token["token"])
    return [frozenset(terms) for terms in found]
