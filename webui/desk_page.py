"""What the desk shows: the form with the draft, the related pieces with the reasons for each, the names in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from search.assist.distinctive import MAX_TEXT
from search.document import Head
from search.ledger.choices import Choice
from search.request.desk_parameters import DeskDraft
from search.request.urls import Addresses
from search.results.related_response import RelatedHit, RelatedResponse
from search.translation import gettext as _
from search.translation import gettext_noop, ngettext, number
from webui.hit_html import byline, section_path, snippets

MODES: Final = (
    ("any", gettext_noop("At any time")),
    ("background", gettext_noop("Before (background)")),
    ("same-days", gettext_noop("Within three days")),
    ("follow-ups", gettext_noop("After (follow-ups)")),
)
HALF_LIVES: Final = (
    (7, gettext_noop("a week")),
    (30, gettext_noop("a month")),
    (365, gettext_noop("a year")),
    (1825, gettext_noop("five years")),
)
"""Days that the form suggests; any other number may be typed."""
_MAX_WORDS: Final = 6
_DAYS_IN_MONTH: Final = 30.44
_DAYS_IN_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a piece, as a message that `words` are filled into, each in the language of the subject."""

    message: str
    words: tuple[Markup | str, ...]


@dataclass(frozen=True, slots=True)
class PieceView:
    """A related piece as the desk shows it."""

    found: RelatedHit
    byline: Markup
    snippets: Markup
    reasons: tuple[Reason, ...]
    when: str


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A piece that is pinned or blocked; `title` is its id if it is no longer in the archive."""

    piece: str
    title: str
    address: str | None
    is_pin: bool


@dataclass(frozen=True, slots=True)
class DeskView:
    """Everything on the page. `asked` fills the form; `article` is the subject, if it is one of the archive.

    `found` is None before anything was asked, and if that failed, as `problem` says.
    """

    asked: DeskDraft
    article: Head | None = None
    article_url: str = ""
    found: RelatedResponse | None = None
    pieces: tuple[PieceView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    problem: str = ""
    note: str = ""


def piece_views(found: RelatedResponse) -> tuple[PieceView, ...]:
    """The related pieces in their order."""
    return tuple(
        PieceView(
            row,
            Markup(byline(row.hit, brief=True)),  # noqa: S704 - each part is escaped
            Markup(snippets(row.hit)),  # noqa: S704 - likewise
            _reasons(row),
            _distance(row.days),
        )
        for row in found.hits
    )


def choice_views(chosen: Sequence[tuple[Choice, Head | None]], links: Addresses) -> tuple[ChoiceView, ...]:
    """The pins and blocks of an article, the oldest first."""
    return tuple(
        ChoiceView(
            choice.piece,
            head.title if head else choice.piece,
            links.article(choice.piece) if head else None,
            choice.kind == "pin",
        )
        for choice, head in chosen
    )


def length_note(asked: DeskDraft) -> str:
    """What is said of a draft that is longer than what is read of it."""
    if len(asked.text) <= MAX_TEXT:
        return ""
    return _(
        "Of this draft the first %(n)s characters are read: they say what it is about.",
        n=number(MAX_TEXT),
    )


def _reasons(row: RelatedHit) -> tuple[Reason, ...]:
    named = {word.casefold() for name in row.names for word in name.split()}
    words = tuple(term.text for term in row.why if term.text.casefold() not in named)[:_MAX_WORDS]
    reasons = (
        Reason(gettext_noop("Both name %(words)s."), row.names[:_MAX_WORDS]),
        Reason(gettext_noop("Both have %(words)s.") if row.names else gettext_noop("Both mention %(words)s."), words),
        Reason(gettext_noop("Both in %(words)s."), tuple(section_path(section) for section in row.sections)),
    )
    return tuple(reason for reason in reasons if reason.words)


def _distance(days: int | None) -> str:
    """How far a piece lies from the subject, in words."""
    if days is None:
        return ""
    if days == 0:
        return _("the same day")
    far = abs(days)
    if far < 2 * _DAYS_IN_MONTH:
        return _earlier_by_days(far) if days < 0 else _later_by_days(far)
    if far < 2 * _DAYS_IN_YEAR:
        months = round(far / _DAYS_IN_MONTH)
        return _earlier_by_months(months) if days < 0 else _later_by_months(months)
    years = round(far / _DAYS_IN_YEAR)
    return _earlier_by_years(years) if days < 0 else _later_by_years(years)


def _earlier_by_days(count: int) -> str:
    return ngettext("%(n)s day earlier", "%(n)s days earlier", count, n=number(count))


def _later_by_days(count: int) -> str:
    return ngettext("%(n)s day later", "%(n)s days later", count, n=number(count))


def _earlier_by_months(count: int) -> str:
    return ngettext("%(n)s month earlier", "%(n)s months earlier", count, n=number(count))


def _later_by_months(count: int) -> str:
    return ngettext("%(n)s month later", "%(n)s months later", count, n=number(count))


def _earlier_by_years(count: int) -> str:
    return ngettext("%(n)s year earlier", "%(n)s years earlier", count, n=number(count))


def _later_by_years(count: int) -> str:
    return ngettext("%(n)s year later", "%(n)s years later", count, n=number(count))
