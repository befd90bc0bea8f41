"""An article as a document on the cluster: the words at each position, what is filtered and counted, what is stored."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any, Final

from search.analysis.tokens import stemmed_language
from search.dates import epoch, is_floating
from search.document import Document, Head, Heading, Moment, moment_of
from search.engines.conventions import keyword_values
from search.engines.opensearch.format.mapping import POSITION_SEPARATOR
from search.engines.opensearch.format.positions import positions
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

HEAD: Final = "article.head"
BODY: Final = "article.body"
HTML: Final = "article.html"
"""Where the parts of a stored article stand, for the list of what an answer brings."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def version_id(id: str, epoch: int) -> str:
    """The name of a version on the cluster, where names have at most 512 bytes: the article's id, and the commit."""
    digest = hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{digest}-{epoch}"


def indexed(document: Document, born: int, died: int | None = None) -> dict[str, Any]:
    """What is sent of an article that commit `born` adds, and `died` took out."""
    language = stemmed_language(document.language)
    found = {
        name: [part for value in row.values(document) if (part := positions(value, language)).text]
        for name, row in TEXT_FIELDS.items()
    }
    parts = [part for own in found.values() for part in own]
    return {
        "id": sound(document.id),
        "born": born,
        **({} if died is None else {"died": died}),
        "hash": document.content_hash(),
        "source": sound(document.source),
        **({} if document.url is None else {"url": sound(document.url)}),
        "fingerprint": f"{document.fingerprint:016x}",
        "any": POSITION_SEPARATOR.join(frozenset().union(*(part.words for part in parts))),
        "words": list(frozenset().union(*(part.surfaces for part in parts))),
        "text": {name: [part.text for part in own] for name, own in found.items() if own},
        "length": {name: sum(part.length for part in own) for name, own in found.items() if own},
        "key": {name: sorted(map(sound, keyword_values(document, name))) for name in KEYWORD_FIELDS},
        "date": {
            name: _date_fields(moment)
            for name, row in DATE_FIELDS.items()
            if (moment := row.value(document)) is not None
        },
        "article": _stored(document),
    }


def _date_fields(moment: Moment) -> dict[str, float | str]:
    seconds = epoch(moment)
    return {"seconds": seconds, "day" if is_floating(moment) else "instant": instant(seconds)}


def instant(seconds: float) -> str:
    """Seconds since 1970 as the cluster writes a date: in UTC, to the millisecond before."""
    moment = _EPOCH + timedelta(milliseconds=floor(seconds * 1000))
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def sound(text: str) -> str:
    """The text without lone surrogates, which Lucene could not hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if _is_broken(text) else text


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _stored(document: Document) -> dict[str, Any]:
    head = document.canonical().head.decode("utf-8", "surrogatepass")
    content = json.loads(head)
    content["source"] = document.source
    return {
        "head": _packed(json.dumps(content, ensure_ascii=False)) if _is_broken(head + document.source) else content,
        "body": _packed(document.body) if _is_broken(document.body) else document.body,
        "html": _packed(document.html) if _is_broken(document.html) else document.html,
    }


def _packed(text: str) -> list[str]:
    """A text that UTF-8 has no place for, as a list of one string."""
    return [base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")]


def _unpacked(stored: str | Sequence[str]) -> str:
    if isinstance(stored, str):
        return stored
    return base64.b64decode(stored[0]).decode("utf-8", "surrogatepass")


def document_of(source: Mapping[str, Any]) -> Document:
    """The article in the `_source` of a version."""
    article = source["article"]
    return Document(**_head_fields(article["head"]), body=_unpacked(article["body"]), html=_unpacked(article["html"]))


def head_of(source: Mapping[str, Any]) -> Head:
    """The article without its text; the source needs only `HEAD`."""
    return Head(**_head_fields(source["article"]["head"]))


def body_of(source: Mapping[str, Any]) -> str:
    """The text; the source needs only `BODY`."""
    return _unpacked(source["article"]["body"])


def _head_fields(stored: Mapping[str, Any] | Sequence[str]) -> dict[str, Any]:
    content = dict(stored) if isinstance(stored, Mapping) else json.loads(_unpacked(stored))
    content["headings"] = tuple([Heading(*heading) for heading in content["headings"]])
    for name in ("sections", "authors", "tags"):
        content[name] = tuple(content[name])
    for name in DATE_FIELDS:
        content[name] = moment_of(content[name])
    content["first_published"] = moment_of(content.get("first_published"))
    return content
