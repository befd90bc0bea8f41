"""Judgements of editors: which articles answer a query well, for `backfile evaluate ranking` to measure by.

A judgement is about the words of a query and an article. Filters, order and page have no part in it: they only help to
find what is to be judged.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from search.archive import Archive
from search.document import Head
from search.errors import ParameterError
from search.ledger.judgements import MAX_JUDGEMENTS, MAX_OF_ONE_QUERY, MAX_QUERIES, Grade, Judgement
from search.ledger.ledger import Ledger
from search.pinned_archive import PinnedArchive
from search.query import parse
from search.query.resolve import is_shouted
from search.request.desk_parameters import MAX_JUDGED
from search.translation import gettext as _
from search.translation import number

_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})
_AROUND_OPERATOR: Final = re.compile(r"[()-]+")
_ASCII_QUOTES: Final = '"＂'
_CURLY: Final = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query with the number of articles that were judged good and bad for it. `gone`: those judged, whichever way,
    that are not in the archive or were taken down; they are in neither of the other numbers."""

    text: str
    good: int
    bad: int
    gone: int


def normalised(query: str) -> str:
    """The query as its judgements are kept: what finds the same articles however it is typed is one query.

    Composed letters (NFC), single spaces, straight quotation marks, and small letters, but for the operators, what
    stands behind the name of a field, and words in capitals among others, which are names (US, WHO).

    Raises ParameterError if nothing is left of it, and if it is too long; QuerySyntaxError if no search can read it.
    """
    if len(query) > MAX_JUDGED:
        most = number(MAX_JUDGED)
        raise ParameterError("q", _("has more than %(most)s characters, too many to be judged; shorten it", most=most))
    text = unicodedata.normalize("NFC", query.replace("\0", " "))
    if not any(quote in text for quote in _ASCII_QUOTES):
        text = text.translate(_CURLY)
    words = text.split()
    shouted = is_shouted(parse(text).query)
    text = " ".join(word if _keeps_case(word, shouted=shouted) else word.lower() for word in words)
    if not text:
        raise ParameterError("q", _("is empty; judgements are for the words of a query"))
    text = unicodedata.normalize("NFC", text)
    parse(text)
    return text


def _keeps_case(word: str, *, shouted: bool) -> bool:
    is_name = not shouted and word.isupper() and sum(map(str.isalnum, word)) > 1
    return is_name or ":" in word or _AROUND_OPERATOR.sub("", word) in _OPERATORS


def judge(archive: Archive, query: str, article: str, grade: Grade | None) -> Head:
    """Judges an article, named by its id or address, for a query; without a grade, forgets what was judged.

    Returns the article. Raises NotFound, Removed, ParameterError, LedgerError, EngineError.
    """
    text = normalised(query)
    with archive.pinned() as pinned:
        head = pinned.named(article)
    if grade is None:
        archive.ledger.judgements.remove(text, [head.id])
    else:
        note(archive.ledger, [Judgement(text, head.id, grade, datetime.now(UTC))])
    return head


def note(ledger: Ledger, judgements: Iterable[Judgement], *, replace: bool = True) -> int:
    """Keeps judgements; returns how many are new or different. Raises ParameterError if they are too many."""
    changed = ledger.judgements.add(judgements, replace=replace)
    if changed is None:
        raise ParameterError(
            "judgements",
            _(
                "there may be %(one)s for a query, %(queries)s queries and %(all)s in all; remove some first",
                one=number(MAX_OF_ONE_QUERY),
                queries=number(MAX_QUERIES),
                all=number(MAX_JUDGEMENTS),
            ),
        )
    return changed


def unjudge(archive: Archive, query: str, article: str) -> bool:
    """Forgets a judgement by the id of its article, which need not be in the archive; whether there was one."""
    return archive.ledger.judgements.remove(normalised(query), [article]) > 0


def judged(
    archive: Archive, query: str | None = None, limit: int = -1, offset: int = 0
) -> list[tuple[Judgement, Head | None]]:
    """The judgements of a query, or all, query by query, the oldest first, each with its article; None if that is not
    in the archive or was taken down."""
    text = None if query is None else normalised(query)
    rows = archive.ledger.judgements.listed(text, limit, offset)
    with archive.pinned() as pinned:
        return [(row, None if row.is_down else pinned.head(row.article)) for row in rows]


def judged_queries(archive: Archive, limit: int = -1, offset: int = 0) -> list[JudgedQuery]:
    """The queries that were judged, that which was judged last first."""
    texts = archive.ledger.judgements.queries(limit, offset)
    with archive.pinned() as pinned:
        return [counted(text, archive.ledger.judgements.listed(text), pinned) for text in texts]


def counted(text: str, rows: Sequence[Judgement], archive: PinnedArchive) -> JudgedQuery:
    """What was judged for one query, in numbers."""
    there = graded(rows, archive)
    good = sum(grade == "good" for grade in there.values())
    return JudgedQuery(text, good, len(there) - good, len(rows) - len(there))


def graded(rows: Iterable[Judgement], archive: PinnedArchive) -> Mapping[str, Grade]:
    """The grades of one query's articles that are in the archive: what counts."""
    grades = {row.article: row.grade for row in rows if not row.is_down}
    there = archive.present(grades)
    return {article: grade for article, grade in grades.items() if article in there}


def mixed(query: str, ids: Iterable[str]) -> list[str]:
    """The articles in an order that says nothing of their ranks, and is the same each time.

    Who sees a ranking takes what stands first for better than it is (Joachims et al.: "Evaluating the accuracy of
    implicit feedback from clicks and query reformulations in Web search", TOIS 2007), and would confirm the ranking
    that the judgements are to measure.
    """

    def place(name: str) -> bytes:
        return hashlib.blake2b(f"{query}\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

    return sorted(ids, key=place)
