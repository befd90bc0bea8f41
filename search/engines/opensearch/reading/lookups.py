"""Articles by id, source and address, and all of them one after another: no query, no ranking."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from search.batching import in_batches
from search.document import Document, Head, is_below
from search.engines.opensearch.format.articles import HEAD, document_of, head_of, sound
from search.engines.opensearch.format.commits import Commit, among
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Unavailable
from search.engines.results import Stamp
from search.errors import EngineError

PAGE: Final = 2_000
"""Ids, or stamps, of one request."""

MAX_ARTICLES: Final = 32
"""Articles of one request with all their text, at most."""

PAGE_BYTES: Final = 8_000_000
"""About as many characters of text one request may bring, where articles are as long as those before them."""

_MARK: Final = "?"
"""What stands on the cluster for a lone surrogate. A text that has one may be another than was indexed."""

_TOO_OLD: Final = "the snapshot is too old: articles were replaced, and what they were is no longer kept; open another"

Clause = Mapping[str, Any]


def document(connection: Connection, commit: Commit, id: str) -> Document | None:
    """See `search.engines.protocols.Searcher.document`."""
    return documents(connection, commit, [id]).get(id)


def documents(connection: Connection, commit: Commit, ids: Sequence[str]) -> dict[str, Document]:
    """Whole articles, by id; ids that are not in the archive are left out."""
    found: dict[str, Document] = {}
    wanted = set(ids)
    size = MAX_ARTICLES
    left = list(dict.fromkeys(ids))
    while left:
        page, left = left[:size], left[size:]
        body = {"query": _with_ids(commit, page), "size": len(page) + PAGE, "_source": ["article"]}
        articles = [document_of(hit["_source"]) for hit in _hits(connection, commit, body, len(page))]
        found |= {article.id: article for article in articles if article.id in wanted}
        size = _page_size(articles, size)
    return found


def stamps(connection: Connection, commit: Commit, ids: Sequence[str]) -> dict[str, Stamp]:
    """See `search.engines.protocols.Searcher.stamps`."""
    found: dict[str, Stamp] = {}
    wanted = set(ids)
    for page in in_batches(wanted, PAGE):
        body = {"query": _with_ids(commit, page), "size": len(page) + PAGE, **_values_of("id", "hash", "source")}
        hits = _hits(connection, commit, body)
        rows = [(_value(hit, "id"), Stamp(_value(hit, "hash"), _value(hit, "source"))) for hit in hits]
        unsure = [stamp.content_hash for name, stamp in rows if _MARK in name + stamp.source]
        found |= {name: stamp for name, stamp in rows if _MARK not in name + stamp.source}
        found |= {head.id: Stamp(content, head.source) for content, head in _heads(connection, commit, unsure).items()}
    return {name: stamp for name, stamp in found.items() if name in wanted}


def hashes(connection: Connection, commit: Commit) -> Iterator[tuple[str, str]]:
    """The id and the content hash of each article, in order of the ids; streamed."""
    for page in _streamed(connection, commit, []):
        yield from page


def ids_from(connection: Connection, commit: Commit, source: str) -> Iterator[str]:
    """See `search.engines.protocols.Searcher.ids_from`."""
    below = {"bool": {"should": [{"term": {"source": sound(source)}}, *_folders(source)]}}
    unsure = _MARK in sound(source)
    for page in _streamed(connection, commit, [below]):
        names = [name for name, _ in page]
        if unsure:
            found = stamps(connection, commit, names)
            names = [name for name in names if is_below(found[name].source, source)]
        yield from names


def _folders(source: str) -> list[Clause]:
    """What begins with the name of a folder, as `conventions.is_below` has it."""
    folder = sound(source).rstrip("/" + os.sep)
    ends = dict.fromkeys(("/", os.sep))
    return [{"prefix": {"source": folder + end}} for end in ends] if source else []


def id_of_url(connection: Connection, commit: Commit, url: str) -> str | None:
    """See `search.engines.protocols.Searcher.id_of_url`."""
    body = {"size": MAX_ARTICLES, "sort": ["id", "hash"], "_source": [HEAD]}
    query = among(commit, {"term": {"url": sound(url)}})
    after: Sequence[object] | None = None
    while True:
        page = {**body, "query": query} | ({} if after is None else {"search_after": after})
        hits = _hits(connection, commit, page, 1)
        heads = [head_of(hit["_source"]) for hit in hits]
        if (found := min((head.id for head in heads if head.url == url), default=None)) is not None:
            return found
        if len(hits) < MAX_ARTICLES:
            return None
        after = hits[-1]["sort"]


def articles(connection: Connection, commit: Commit, after: str | None = None) -> Iterator[Document]:
    """See `search.engines.protocols.Searcher.articles`.

    Raises EngineError if one of them was replaced so long ago that it is no longer kept.
    """
    size = MAX_ARTICLES
    for rows in _streamed(connection, commit, [], after):
        names = [name for _, name in rows]
        while names:
            page, names = names[:size], names[size:]
            found = _contents(connection, commit, page)
            yield from found
            size = _page_size(found, size)


def _contents(connection: Connection, commit: Commit, names: Sequence[str]) -> list[Document]:
    """The articles with these content hashes, in this order."""
    body = {"query": _with_hashes(commit, names), "size": len(names), "_source": ["article"]}
    body |= {"docvalue_fields": ["hash"]}
    found = {_value(hit, "hash"): hit["_source"] for hit in _hits(connection, commit, body, len(names))}
    if len(found) < len(names):
        raise EngineError(_TOO_OLD)
    return [document_of(found[name]) for name in names]


def _heads(connection: Connection, commit: Commit, names: Sequence[str]) -> dict[str, Head]:
    """The stored heads of the articles with these content hashes, of which there may be few."""
    found: dict[str, Head] = {}
    for page in in_batches(names, PAGE):
        body = {"query": _with_hashes(commit, page), "size": len(page), "_source": [HEAD]}
        body |= {"docvalue_fields": ["hash"]}
        found |= {_value(hit, "hash"): head_of(hit["_source"]) for hit in _hits(connection, commit, body, len(page))}
    if len(found) < len(names):
        raise EngineError(_TOO_OLD)
    return found


def _page_size(articles: Sequence[Document], last: int) -> int:
    """How many articles the next request may ask for, if they are as long as the longest of these."""
    longest = max((len(article.body) + len(article.html) for article in articles), default=0)
    return max(1, min(MAX_ARTICLES, 2 * last, PAGE_BYTES // max(1, longest)))


def _streamed(
    connection: Connection, commit: Commit, filters: Sequence[Clause], after: str | None = None
) -> Iterator[list[tuple[str, str]]]:
    """The ids and content hashes of the articles that filters leave, in order of the ids, page by page."""
    behind = [{"range": {"id": {"gt": sound(after)}}}] if after is not None else []
    body: dict[str, Any] = {
        "query": among(commit, *filters, *behind),
        "size": PAGE,
        "sort": ["id", "hash"],  # ids with lone surrogates may look alike; contents that hold them do not
        **_values_of("id", "hash"),
    }
    while hits := _hits(connection, commit, body):
        rows = [(_value(hit, "id"), _value(hit, "hash")) for hit in hits]
        heads = _heads(connection, commit, [content for name, content in rows if _MARK in name])
        yield [(heads[content].id if content in heads else name, content) for name, content in rows]
        if len(hits) < PAGE:
            return
        body["search_after"] = hits[-1]["sort"]


def _values_of(*fields: str) -> dict[str, Any]:
    """What a search brings that reads no stored field: those are compressed together with the text."""
    return {"stored_fields": "_none_", "docvalue_fields": list(fields)}


def _hits(
    connection: Connection, commit: Commit, body: Mapping[str, Any], wanted: int | None = None
) -> list[dict[str, Any]]:
    """The hits of a search. What is not there cannot be told from what is on a shard that does not answer, so if shards
    are missing, Unavailable is raised even where readers may get such answers, unless all that is `wanted` was
    found."""
    [answer] = connection.search_many([(commit.index, {"track_total_hits": False, **body})])
    found: list[dict[str, Any]] = answer["hits"]["hits"]
    if answer.get("partial") and (wanted is None or len(found) < wanted):
        raise Unavailable("shards of the index are missing, and what was asked for may be there; try again soon")
    return found


def _with_ids(commit: Commit, ids: Iterable[str]) -> dict[str, Any]:
    """The articles with these ids, and possibly others whose ids have lone surrogates."""
    return among(commit, {"terms": {"id": sorted(set(map(sound, ids)))}})


def _with_hashes(commit: Commit, names: Sequence[str]) -> dict[str, Any]:
    return among(commit, {"terms": {"hash": list(names)}})


def _value(hit: Mapping[str, Any], field: str) -> str:
    """The value of a keyword field of which every article has one."""
    return str(hit["fields"][field][0])
