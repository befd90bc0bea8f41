"""Articles by id, source and address, and all of them one after another: no query, no ranking."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from search.document import Document
from search.engines.conventions import is_below
from search.engines.opensearch.articles import HEAD, document_of, head_of, sound, version_id
from search.engines.opensearch.commits import Commit, visible
from search.engines.opensearch.connection import Connection
from search.engines.results import Stamp
from search.errors import EngineError

PAGE: Final = 2_000
"""Ids, or stamps, of one request."""

MAX_ARTICLES: Final = 32
"""Articles of one request with all their text, at most."""

PAGE_BYTES: Final = 8_000_000
"""About as many characters of text one request may bring, where articles are as long as those before them."""

_REPLACEMENT: Final = "?"
"""What stands on the cluster for a lone surrogate. A text that has one may be another than was indexed."""

_TOO_OLD: Final = "the snapshot is too old: articles were replaced, and what they were is no longer kept; open another"

Clause = Mapping[str, Any]


def document(connection: Connection, commit: Commit, id: str) -> Document | None:
    """See `search.engines.protocols.Searcher.document`."""
    return documents(connection, commit, [id]).get(id)


def documents(connection: Connection, commit: Commit, ids: Sequence[str]) -> dict[str, Document]:
    """Whole articles, by id; ids that are not in the archive are left out."""
    found: dict[str, Document] = {}
    size = MAX_ARTICLES
    left = list(dict.fromkeys(ids))
    while left:
        page, left = left[:size], left[size:]
        articles = [document_of(hit["_source"]) for hit in _hits_of(connection, commit, page, {"_source": ["article"]})]
        found |= {article.id: article for article in articles}
        size = _page_size(articles, size)
    return found


def stamps(connection: Connection, commit: Commit, ids: Sequence[str]) -> dict[str, Stamp]:
    """See `search.engines.protocols.Searcher.stamps`."""
    found: dict[str, Stamp] = {}
    unsure: list[str] = []
    for page in _pages(dict.fromkeys(ids), PAGE):
        names = {_name(id): id for id in page}
        for hit in _hits_of(connection, commit, page, {"_source": False, "docvalue_fields": ["hash", "source"]}):
            id, source = names[_name_of(hit)], _value(hit, "source")
            found[id] = Stamp(_value(hit, "hash") or "", source or "")
            if source is None or _REPLACEMENT in source:
                unsure.append(id)
    for page in _pages(unsure, PAGE):
        for hit in _hits_of(connection, commit, page, {"_source": [HEAD]}):
            head = head_of(hit["_source"])
            found[head.id] = Stamp(found[head.id].content_hash, head.source)
    return found


def hashes(connection: Connection, commit: Commit) -> Iterator[tuple[str, str]]:
    """The id and the content hash of each article, by id; streamed."""
    for page in _streamed(connection, commit, []):
        yield from ((_id_of(connection, commit, hit), _value(hit, "hash") or "") for hit in page)


def ids_from(connection: Connection, commit: Commit, source: str) -> Iterator[str]:
    """See `search.engines.protocols.Searcher.ids_from`."""
    below = {"bool": {"should": [{"term": {"source": sound(source)}}, *_folders(source)]}}
    unsure = _REPLACEMENT in sound(source)
    for page in _streamed(connection, commit, [below]):
        ids = [_id_of(connection, commit, hit) for hit in page]
        if unsure:
            found = stamps(connection, commit, ids)
            ids = [id for id in ids if is_below(found[id].source, source)]
        yield from ids


def _folders(source: str) -> list[Clause]:
    """What begins with the name of a folder, as `conventions.is_below` has it."""
    folder = sound(source).rstrip("/" + os.sep)
    ends = dict.fromkeys(("/", os.sep))
    return [{"prefix": {"source": folder + end}} for end in ends] if source else []


def id_of_url(connection: Connection, commit: Commit, url: str) -> str | None:
    """See `search.engines.protocols.Searcher.id_of_url`."""
    body = {"size": MAX_ARTICLES, "sort": ["id"], "track_total_hits": False, "_source": [HEAD]}
    query = _all_of(commit, [{"term": {"url": sound(url)}}])
    after: Sequence[object] | None = None
    while True:
        hits = _hits(connection, commit, {**body, "query": query} | ({} if after is None else {"search_after": after}))
        heads = [head_of(hit["_source"]) for hit in hits]
        if (found := min((head.id for head in heads if head.url == url), default=None)) is not None:
            return found
        if len(hits) < MAX_ARTICLES:
            return None
        after = hits[-1]["sort"]


def articles(connection: Connection, commit: Commit, after: str = "") -> Iterator[Document]:
    """Whole articles in order of their ids, those that come after `after`; streamed.

    Raises EngineError if one of them was replaced so long ago that it is no longer kept.
    """
    size = MAX_ARTICLES
    for hits in _streamed(connection, commit, [], after):
        names = [hit["_id"] for hit in hits]
        while names:
            page, names = names[:size], names[size:]
            found = _versions(connection, commit, page)
            yield from found
            size = _page_size(found, size)


def _versions(connection: Connection, commit: Commit, names: Sequence[str]) -> list[Document]:
    """The articles in these versions, in this order."""
    body = {"query": {"ids": {"values": list(names)}}, "size": len(names), "_source": ["article"]}
    found = {hit["_id"]: hit["_source"] for hit in _hits(connection, commit, body)}
    if len(found) < len(names):
        raise EngineError(_TOO_OLD)
    return [document_of(found[name]) for name in names]


def _page_size(articles: Sequence[Document], last: int) -> int:
    """How many articles the next request may ask for, if they are as long as the longest of these."""
    longest = max((len(article.body) + len(article.html) for article in articles), default=0)
    return max(1, min(MAX_ARTICLES, 2 * last, PAGE_BYTES // max(1, longest)))


def _streamed(
    connection: Connection, commit: Commit, filters: Sequence[Clause], after: str = ""
) -> Iterator[list[dict[str, Any]]]:
    """All versions that filters leave, in order of their ids: pages of hits with `id` and `hash`."""
    body: dict[str, Any] = {
        "query": _all_of(commit, [*filters, *([{"range": {"id": {"gt": sound(after)}}}] if after else [])]),
        "size": PAGE,
        "sort": ["id", "hash"],  # ids with lone surrogates may look alike; contents that hold them do not
        "track_total_hits": False,
        "_source": False,
        "docvalue_fields": ["id", "hash"],
    }
    while hits := _hits(connection, commit, body):
        yield hits
        if len(hits) < PAGE:
            return
        body["search_after"] = hits[-1]["sort"]


def _id_of(connection: Connection, commit: Commit, hit: Mapping[str, Any]) -> str:
    """The id of the article that a version is of, whose values the hit has."""
    id = _value(hit, "id")
    if id is not None and _name(id) == _name_of(hit):
        return id
    body = {"query": {"ids": {"values": [hit["_id"]]}}, "size": 1, "_source": [HEAD]}
    for found in _hits(connection, commit, body):
        return head_of(found["_source"]).id
    raise EngineError(_TOO_OLD)


def _hits_of(
    connection: Connection, commit: Commit, ids: Sequence[str], wanted: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The versions of articles that a commit shows, at most one of each id, with what is wanted of them."""
    names = {_name(id) for id in ids}
    query = _all_of(commit, [{"terms": {"id": sorted({sound(id) for id in ids})}}])
    # Ids with lone surrogates may look like others.
    body = {"query": query, "size": len(ids) + PAGE, "track_total_hits": False, **wanted}
    return (hit for hit in _hits(connection, commit, body) if _name_of(hit) in names)


def _hits(connection: Connection, commit: Commit, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    [answer] = connection.search_many([(commit.index, body)])
    found: list[dict[str, Any]] = answer["hits"]["hits"]
    return found


def _all_of(commit: Commit, filters: Sequence[Clause]) -> dict[str, Any]:
    return {"bool": {"filter": [*filters, visible(commit)]}}


def _value(hit: Mapping[str, Any], field: str) -> str | None:
    values = hit.get("fields", {}).get(field)
    return str(values[0]) if values else None


def _name(id: str) -> str:
    """What the names of all versions of an article begin with."""
    return version_id(id, 0).rpartition("-")[0]


def _name_of(hit: Mapping[str, Any]) -> str:
    return str(hit["_id"]).rpartition("-")[0]


def _pages(items: Iterable[str], size: int) -> Iterator[list[str]]:
    rows = iter(items)
    while page := list(islice(rows, size)):
        yield page
