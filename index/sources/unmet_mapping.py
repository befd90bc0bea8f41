"""Keys that a mapping names and an input does not have: most are spelling mistakes, which would cost every article."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, TypeVar

from index.article import Skipped
from index.normalize import shorten

_MOST_NAMED: Final = 20
_T = TypeVar("_T")


def unmet(origin: str, what: str, keys: Iterable[str], names: Sequence[str]) -> Iterator[Skipped]:
    """What is to be said of `keys` that are not among `names`; they are called `what`, such as "column"."""
    for key in keys:
        near = get_close_matches(key, names, n=1, cutoff=0.6)
        shown = ", ".join(shorten(name, 60) for name in names[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED:,} others" if len(names) > _MOST_NAMED else ""
        hint = f"did you mean {near[0]!r}?" if near else f"there are {shown}{more}"
        yield Skipped(origin, f"the mapping names the {what} {key!r}, which is nowhere in it; {hint}", files=0)


def watching(records: Iterator[_T], origin: str, mapping: Mapping[str, str]) -> Iterator[_T | Skipped]:
    """The records of a file of JSON, whose `text` is theirs, and in the end the keys of `mapping` that none has.

    The text is searched for a key only until it was found, which is in the first record as a rule.
    """
    if not mapping:
        yield from records
        return
    wanted = list(mapping)
    first = b""
    for record in records:
        text: bytes = getattr(record, "text", b"")
        if wanted and text:
            first = first or text
            wanted = [key for key in wanted if not _has(text, key)]
        yield record
    if first:
        yield from unmet(origin, "key", wanted, _keys_in(first))


def _has(text: bytes, key: str) -> bool:
    """The key stands in it, or each part of one with dots. It may also be a value, which is good enough."""
    return _stands_in(text, key) or ("." in key and all(_stands_in(text, part) for part in key.split(".")))


def _stands_in(text: bytes, name: str) -> bool:
    return json.dumps(name).encode() in text or json.dumps(name, ensure_ascii=False).encode("utf-8", "replace") in text


def _keys_in(text: bytes) -> list[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    inner = [f"{key}.{name}" for key, found in value.items() if isinstance(found, dict) for name in found]
    return [*value, *inner]
