"""A document as a ledger keeps it: JSON, since a file that others may write must not be able to run a program."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from search.document import Document, Heading, moment_of

_TUPLES: Final = ("sections", "authors", "tags")
_DATES: Final = ("published", "modified", "first_published")


def packed(document: Document) -> str:
    """The document as JSON."""
    fields: dict[str, Any] = asdict(document)
    for name in _DATES:
        fields[name] = fields[name] and fields[name].isoformat()
    return json.dumps(fields)


def unpacked(text: str) -> Document:
    """The inverse of `packed`. Raises ValueError, TypeError or KeyError if it is something else."""
    fields: dict[str, Any] = json.loads(text)
    for name in _TUPLES:
        fields[name] = tuple(fields[name])
    for name in _DATES:
        fields[name] = moment_of(fields.get(name))
    fields["headings"] = tuple(Heading(**row) for row in fields["headings"])
    return Document(**fields)
