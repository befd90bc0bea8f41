"""Pins and blocks for the related articles of an article, made by those who know the archive: see `ledger.choices`."""

from __future__ import annotations

from datetime import UTC, datetime

from search.archive import Archive
from search.document import Head
from search.errors import ParameterError
from search.ledger.choices import MAX_OF_ONE_KIND, Choice, Kind
from search.translation import gettext as _
from search.translation import ngettext, number


def choose(archive: Archive, subject: str, piece: str, kind: Kind | None) -> tuple[Head, Head]:
    """Pins a piece for an article, blocks it, or, without a kind, undoes that. Both are ids or addresses of articles.

    Returns the two articles. Raises NotFound, Removed, ParameterError, LedgerError, EngineError.
    """
    with archive.pinned() as pinned:
        own, other = pinned.named(subject), pinned.named(piece)
    if own.id == other.id:
        raise ParameterError("piece", _("is the article itself; choose another"))
    if kind is None:
        archive.ledger.related.undo(own.id, other.id)
    elif not archive.ledger.related.add(own.id, other.id, kind, datetime.now(UTC)):
        most = MAX_OF_ONE_KIND[kind]
        message = ngettext(
            "the article has %(n)s of that kind; undo it first",
            "the article has %(n)s of that kind; undo one of them first",
            most,
            n=number(most),
        )
        raise ParameterError("choice", message)
    return own, other


def forget(archive: Archive, subject: str, piece: str) -> bool:
    """Undoes a choice by its ids, whether or not the articles are in the archive; whether there was one."""
    return archive.ledger.related.undo(subject, piece)


def chosen(archive: Archive, subject: str | None = None, limit: int = -1) -> list[tuple[Choice, Head | None]]:
    """The choices for an article, or all, the oldest first, each with its piece; None if that is not in the archive."""
    choices = archive.ledger.related.listed(subject, limit)
    with archive.pinned() as pinned:
        return [(choice, pinned.head(choice.piece)) for choice in choices]
