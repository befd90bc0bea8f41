"""What Whoosh stores for one article, derived from `search.schema`.

Words go into two Whoosh fields, one dictionary each: `text` for title, headings, summary and body, `names` for
author and tags. One posting holds all occurrences of a term in an article, as little-endian uint32 each:
the text field's ordinal in the upper bits, the position in the lower POSITION_BITS. Three kinds of terms:

    war              the folded surface
    war \\x1f en      the stem, where it differs from the surface (or where stemming the surface would not give it)
    war \\x1e en      this surface, although stemming it gives itself, has another stem here: accents decided

The stem depends on accents that the surface has lost, hence the third kind; it is rare.
Whatever is not a word stands in columns: a fixed record (`FACTS`), keywords, id, source,
address, and the article as JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
from whoosh import columns, fields, formats

from search.analysis import analyze_values, primary_language, stem
from search.document import Document, Heading, Moment
from search.engines.answer import WORD_FIELDS, keyword_values
from search.engines.dates import epoch, is_floating
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

INDEX_NAME: Final = "MAIN"
"""What Whoosh's file names begin with."""

POSITION_BITS: Final = 29
POSITION_MASK: Final = (1 << POSITION_BITS) - 1
STEM_MARK: Final = "\x1f"
OTHER_STEM_MARK: Final = "\x1e"

FIELD_ORDINALS: Final = {name: ordinal for ordinal, name in enumerate(TEXT_FIELDS)}
GROUPS: Final = {
    "text": frozenset(WORD_FIELDS),
    "names": frozenset(TEXT_FIELDS) - frozenset(WORD_FIELDS),
}
"""The Whoosh fields that hold words, and whose."""

FACTS: Final = np.dtype(
    [
        ("dates", "<f8", (len(DATE_FIELDS),)),  # seconds since 1970, NaN if undated
        ("floating", "u1", (len(DATE_FIELDS),)),  # 1 for a bare date
        ("lengths", "<u4", (len(TEXT_FIELDS),)),  # words, compounds not counted
        ("fingerprint", "<u8"),
        ("content_hash", "u1", (16,)),
    ]
)
"""The record of numbers that every article has."""

_FACTS: Final = struct.Struct(f"<{len(DATE_FIELDS)}d{len(DATE_FIELDS)}B{len(TEXT_FIELDS)}IQ16s")


class OccurrenceFormat(formats.Format):  # type: ignore[misc]
    """Whoosh's description of our posting values: bytes of any length."""

    posting_size = -1

    def supports(self, name: str) -> bool:
        return name in {"frequency", "weight"}

    def decode_frequency(self, value: bytes) -> int:
        return len(value) // 4

    def decode_weight(self, value: bytes) -> float:
        return float(len(value) // 4)


class Occurrences(fields.FieldType):  # type: ignore[misc]
    """A Whoosh field that is given its postings ready made."""

    indexed = True
    scorable = stored = unique = False
    vector = analyzer = None

    def __init__(self) -> None:
        self.format = OccurrenceFormat()

    def index(self, value: Iterable[tuple[bytes, int, float, bytes]], **_: Any) -> Any:
        return value


def whoosh_schema() -> fields.Schema:
    """The schema as Whoosh needs it."""
    text = {name: Occurrences() for name in GROUPS}
    keywords = {f"kw_{name}": fields.COLUMN(columns.VarBytesColumn()) for name in KEYWORD_FIELDS}
    return fields.Schema(
        **text,
        **keywords,
        facts=fields.COLUMN(columns.FixedBytesColumn(FACTS.itemsize)),
        id=fields.COLUMN(columns.VarBytesColumn()),
        source=fields.COLUMN(columns.VarBytesColumn()),
        url=fields.COLUMN(columns.VarBytesColumn()),
        article=fields.COLUMN(columns.CompressedBytesColumn(level=6)),
    )


def to_fields(document: Document) -> dict[str, Any]:
    """The keyword arguments of Whoosh's `add_document` for one article."""
    language = primary_language(document.language)
    postings, lengths = _occurrences(document, language)
    moments = [field.value(document) for field in DATE_FIELDS.values()]
    facts = _FACTS.pack(
        *(float("nan") if moment is None else epoch(moment) for moment in moments),
        *(moment is not None and is_floating(moment) for moment in moments),
        *lengths,
        document.fingerprint,
        bytes.fromhex(document.content_hash()),
    )
    values = {
        f"kw_{name}": to_bytes(json.dumps(sorted(keyword_values(document, name)), ensure_ascii=False))
        for name in KEYWORD_FIELDS
    }
    return {
        **{group: _postings(terms) for group, terms in postings.items()},
        **values,
        "facts": facts,
        "id": to_bytes(document.id),
        "source": to_bytes(document.source),
        "url": to_bytes(document.url or ""),
        "article": encode_article(document),
    }


def _occurrences(document: Document, language: str) -> tuple[dict[str, dict[str, list[int]]], list[int]]:
    groups: dict[str, dict[str, list[int]]] = {name: {} for name in GROUPS}
    lengths = []
    for ordinal, (name, field) in enumerate(TEXT_FIELDS.items()):
        terms = groups["text" if name in WORD_FIELDS else "names"]
        base = ordinal << POSITION_BITS
        length = 0
        for tokens in analyze_values(field.values(document), document.language):
            for surface, stemmed, _, _, position, compound in tokens:
                place = base | position
                for term in _terms(surface, stemmed, language):
                    terms.setdefault(term, []).append(place)
                length += not compound
        lengths.append(length)
    return groups, lengths


@lru_cache(maxsize=100_000)
def _terms(surface: str, stemmed: str, language: str) -> tuple[str, ...]:
    """Every term one token is indexed under."""
    own_stem = stem(surface, language) == surface
    if stemmed == surface:
        return (surface,) if own_stem else (surface, stem_term(stemmed, language))
    if own_stem:
        return surface, stem_term(stemmed, language), other_stem_term(surface, language)
    return surface, stem_term(stemmed, language)


def stem_term(stemmed: str, language: str) -> str:
    """The term under which the forms of a word are found, for one language (a primary subtag)."""
    return f"{stemmed}{STEM_MARK}{language}"


def other_stem_term(surface: str, language: str) -> str:
    """The term that marks where a surface that is its own stem has, by its accents, another."""
    return f"{surface}{OTHER_STEM_MARK}{language}"


def _postings(terms: dict[str, list[int]]) -> list[tuple[bytes, int, float, bytes]]:
    return [
        (to_bytes(term), len(places), 1.0, _pack(places if len(places) == 1 else sorted(set(places))))
        for term, places in terms.items()
    ]


def _pack(places: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(places)}I", *places)


def to_bytes(text: str) -> bytes:
    """UTF-8; lone surrogates, which hostile input may hold, survive."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(raw: bytes) -> str:
    """The inverse of `to_bytes`."""
    return raw.decode("utf-8", "surrogatepass")


def encode_article(document: Document) -> bytes:
    """The article as JSON."""
    content = {
        "id": document.id,
        "title": document.title,
        "body": document.body,
        "summary": document.summary,
        "headings": [[h.text, h.level, h.offset, h.anchor] for h in document.headings],
        "url": document.url,
        "sections": document.sections,
        "authors": document.authors,
        "tags": document.tags,
        "published": _moment_text(document.published),
        "modified": _moment_text(document.modified),
        "language": document.language,
        "type": document.type,
        "source": document.source,
        "html": document.html,
        "fingerprint": document.fingerprint,
    }
    return to_bytes(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def decode_article(raw: bytes) -> Document:
    """The inverse of `encode_article`; raises ValueError, TypeError or KeyError if it is something else."""
    content = json.loads(from_bytes(raw))
    content["headings"] = tuple(Heading(*heading) for heading in content["headings"])
    for name in ("sections", "authors", "tags"):
        content[name] = tuple(content[name])
    for name in ("published", "modified"):
        content[name] = _moment(content[name])
    return Document(**content)


def _moment_text(moment: Moment | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> Moment | None:
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
