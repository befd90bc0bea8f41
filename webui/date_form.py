"""Dates that readers type: mended where they can be read, and where not asked for again, with the form filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from search.errors import DatesReversed, ParameterError
from search.request.reading import parse_search, without_tracking
from search.request.typed_dates import End, written_date
from search.request.urls import Addresses
from search.translation import gettext as _
from webui.search_form import SearchForm, SectionChoices, search_form
from webui.wording import sentence

_ENDS: tuple[End, ...] = ("from", "to")
Pairs = Sequence[tuple[str, str]]


def mended(pairs: Pairs) -> list[tuple[str, str]]:
    """The parameters with dates as addresses have them; those that cannot be read stay."""
    return [(name, _mended(name, value)) for name, value in pairs]


def _mended(name: str, value: str) -> str:
    if name not in _ENDS or not value:
        return value
    try:
        return written_date("from" if name == "from" else "to", value)
    except ValueError:
        return value


def form_to_mend(
    query_string: bytes, pairs: Pairs, error: ParameterError, links: Addresses, sections: SectionChoices
) -> SearchForm:
    """The form as it was sent, with what is wrong beside each date.

    `error` is what the search said. Raises ParameterError if another parameter is wrong too.
    """
    typed = {name: value for name, value in pairs if name in _ENDS}
    errors: dict[str, str] = {name: said for name in _ENDS if (said := _wrong(name, typed.get(name, "")))}
    kept = b"&".join(part for part in query_string.split(b"&") if part.partition(b"=")[0] not in (b"from", b"to"))
    request = parse_search(without_tracking(kept), kind="html", time_zone=links.time_zone)
    form = search_form(request, links, sections)
    advanced = replace(
        form.advanced,
        start=typed.get("from", ""),
        end=typed.get("to", ""),
        errors=errors or {error.name: _reversed() if isinstance(error, DatesReversed) else error.reason},
    )
    return replace(form, advanced=advanced)


def _reversed() -> str:
    return _("this day is later than the last one")


def _wrong(name: End, value: str) -> str:
    try:
        if value:
            written_date(name, value)
    except ValueError as error:
        return str(error)
    return ""


def mending_html(form: SearchForm, without: str) -> bytes:
    """What stands on the page in place of results; `without` is the search without dates."""
    said = "".join([f"<p>{escape(sentence(error))}</p>\n" for error in form.advanced.errors.values()])
    heading, way_on = escape(_("Please correct the dates")), escape(_("Search without dates"))
    return (
        f'<div class="search-head" id="results" tabindex="-1">\n<h1>{heading}</h1>\n'
        f'<div role="alert" class="warnings">{said}</div>\n'
        f'<p><a href="{escape(without)}">{way_on}</a></p>\n</div>\n'
    ).encode()
