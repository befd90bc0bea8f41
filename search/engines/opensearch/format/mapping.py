"""The schema of an index on the cluster, derived from the one field table.

The text of an article is analysed here and not on the cluster, so that no two engines disagree on what a word is. What
is sent is a list of positions, each with its words (`articles.py`); the cluster only splits it at separators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from search.analysis import VALUE_GAP
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS

FORMAT: Final = 1
"""Goes up when an index has to be built anew: another analysis, or other fields."""

POSITION_SEPARATOR: Final = "\n"
WORD_SEPARATOR: Final = "|"
"""Between positions, and between the words at one position. No word contains either."""

TOKENS: Final = "positions"
"""The name of the analyzer that reads positions; queries use it too."""

_MAX_POSITION: Final = 1_048_576
"""Characters of all the words at one position, the most that Lucene takes: in a query, a pattern may stand for a
thousand words."""

_MAX_VALUE: Final = 8_000
"""Characters of a keyword that are indexed: Lucene refuses terms of more than 32,766 bytes."""

_ANALYSIS: Final = {
    "tokenizer": {
        "at_newlines": {
            "type": "char_group",
            "tokenize_on_chars": [POSITION_SEPARATOR],
            "max_token_length": _MAX_POSITION,
        }
    },
    "filter": {
        "words_at_one_position": {
            "type": "pattern_capture",
            "preserve_original": False,
            "patterns": [f"([^{WORD_SEPARATOR}]+)"],
        }
    },
    "analyzer": {TOKENS: {"type": "custom", "tokenizer": "at_newlines", "filter": ["words_at_one_position"]}},
}

_FREQUENCY: Final = {"type": "scripted", "script": {"source": "return query.boost * doc.freq"}}
"""A term scores its frequency; what that is worth, the formulas of `search.ranking` say: see `queries/scoring.py`."""


def index_body(shards: int, replicas: int) -> dict[str, Any]:
    """The settings and the mapping of a new index."""
    return {
        "settings": {
            "index": {
                "number_of_shards": shards,
                "number_of_replicas": replicas,
                "refresh_interval": "-1",  # a writer refreshes before it commits; nothing else has to show
                "codec": "best_compression",
                "similarity": {"frequency": _FREQUENCY},
                "max_result_window": 1_000_000,
            },
            "analysis": _ANALYSIS,
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"backfile": {"format": FORMAT}},
            "_source": {"includes": ["article", "commit", "died"]},
            "properties": _properties(),
        },
    }


def _properties() -> Mapping[str, Any]:
    exact = {"type": "keyword", "ignore_above": _MAX_VALUE}
    return {
        "commit": {"type": "object", "enabled": False},
        "article": {"type": "object", "enabled": False},
        "id": exact,
        "born": {"type": "long"},
        "died": {"type": "long"},
        "hash": {"type": "keyword"},
        "source": exact,
        "url": exact,
        "fingerprint": {"type": "keyword", "index": False},
        "any": {"type": "text", "analyzer": TOKENS, "norms": False, "index_options": "docs"},
        "words": {"type": "keyword"},
        "text": {"properties": dict.fromkeys(TEXT_FIELDS, _TEXT)},
        "length": {"properties": {name: {"type": "integer", "index": False} for name in TEXT_FIELDS}},
        "key": {"properties": dict.fromkeys(KEYWORD_FIELDS, exact)},
        "date": {"properties": {name: {"properties": _DATE} for name in DATE_FIELDS}},
    }


_TEXT: Final = {
    "type": "text",
    "analyzer": TOKENS,
    "similarity": "frequency",
    "norms": False,
    "index_options": "positions",
    "position_increment_gap": VALUE_GAP,
}

_DATE: Final = {
    "seconds": {"type": "double"},
    "instant": {"type": "date", "format": "strict_date_optional_time"},
    "day": {"type": "date", "format": "strict_date_optional_time"},
}
"""`seconds` of any moment; `instant` only of one with a time of day, `day` only of a bare date, as UTC's midnight."""
