"""A saved search: a link that holds the search and the moment since when articles count as new, signed by the archive.

The search stands in the link as it stands in every address, so a reader sees what it holds. The signature binds it to
this archive: nobody can make one, change one, or use one of another archive here. A link names no address, of the
network or of mail, so it cannot make the archive call or write to anyone.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from search.alerts.keys import Keys
from search.errors import ParameterError, RequestError
from search.request.reading import parse_search
from search.request.request import SearchRequest
from search.request.urls import PER_PAGE, Addresses
from search.translation import gettext as _
from search.translation import gettext_noop, number

MAX_SAVED: Final = 4_000
"""Characters of the search in a link; what is longer is no search that anyone would follow, and no address that all
programs take."""

MADE: Final = "made"
SIGNATURE: Final = "signature"

_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_LINK: Final = re.compile(
    rf"(?:(?P<search>[^#]*)&)?{MADE}=(?P<made>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ)&{SIGNATURE}=(?P<signature>[\w-]{{43}})",
    re.ASCII,
)
_REFUSED: Final = gettext_noop("is not one of this archive: copy the whole link, or save the search again")
_CONDITIONS: Final = {
    "in": gettext_noop("in: %(value)s"),
    "section": gettext_noop("section: %(value)s"),
    "tag": gettext_noop("tag: %(value)s"),
    "author": gettext_noop("author: %(value)s"),
    "lang": gettext_noop("lang: %(value)s"),
    "type": gettext_noop("type: %(value)s"),
    "from": gettext_noop("from: %(value)s"),
    "to": gettext_noop("to: %(value)s"),
    "year": gettext_noop("year: %(value)s"),
    "month": gettext_noop("month: %(value)s"),
    "day": gettext_noop("day: %(value)s"),
}
"""How the parameters that readers choose are said; others stand as they are written."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search, and the aware moment at which it was saved."""

    request: SearchRequest
    made: datetime

    @property
    def search(self) -> str:
        """The search as a query string: see `canonical`."""
        return canonical(self.request)


def canonical(request: SearchRequest) -> str:
    """The one way to write which articles a search finds: without its order, its page, and what only shapes an answer.

    The time zone is always in it, so that the link means the same if the archive's own is changed.
    Raises ParameterError for a search that is too long to be saved.
    """
    bare = replace(request.without_shape(), sort=None, page=1, cursor=None, group="none", per_page=PER_PAGE["html"])
    written = Addresses("html", time_zone="").query(bare, PER_PAGE["html"])
    if len(written) > MAX_SAVED:
        message = _(
            "is too long to be saved: the search has %(n)s characters in an address, and at most %(most)s may be saved",
            n=number(len(written)),
            most=number(MAX_SAVED),
        )
        raise ParameterError("q", message)
    return written


def read_canonical(written: str) -> SearchRequest:
    """The inverse of `canonical`. Raises ParameterError, also for a search that is written in any other way."""
    request = parse_search(written.encode(), kind="html")
    if canonical(request) != written:
        raise ParameterError("q", _("is not written as a saved search is"))
    return request


def saved(request: SearchRequest, now: datetime) -> SavedSearch:
    """The search, saved now; to the second, as a link has it. Raises ParameterError as `canonical` does."""
    return SavedSearch(read_canonical(canonical(request)), now.astimezone(UTC).replace(microsecond=0))


def signed(search: SavedSearch, keys: Keys, archive_id: str) -> str:
    """The query string of the link to a saved search."""
    made = search.made.strftime(_MOMENT)
    text = base64.urlsafe_b64encode(keys.sign(_signed_text(search.search, made, archive_id))).decode().rstrip("=")
    return "&".join(filter(None, (search.search, f"{MADE}={made}", f"{SIGNATURE}={text}")))


def verified(query_string: str, keys: Keys | None, archive_id: str) -> SavedSearch:
    """The saved search in a query string that `signed` wrote. Nothing in it is read before its signature is verified.

    Raises ParameterError for all else.
    """
    found = _LINK.fullmatch(query_string) if len(query_string) <= MAX_SAVED + 200 else None
    if found is None or keys is None or not archive_id:
        raise ParameterError(SIGNATURE, _(_REFUSED))
    search, made = found["search"] or "", found["made"]
    signature = base64.urlsafe_b64decode(found["signature"] + "=")
    # The last letter has two bits that count for nothing: one signature is written in one way.
    written = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    if written != found["signature"] or not keys.have_signed(_signed_text(search, made, archive_id), signature):
        raise ParameterError(SIGNATURE, _(_REFUSED))
    return SavedSearch(read_canonical(search), datetime.strptime(made, _MOMENT).replace(tzinfo=UTC))


def _signed_text(search: str, made: str, archive_id: str) -> str:
    return f"backfile saved search 1\n{archive_id}\n{made}\n{search}"


def written_in_words(search: str) -> str:
    """The same for a search as `canonical` wrote it, and the text itself if it cannot be read any more."""
    try:
        return in_words(read_canonical(search))
    except RequestError:
        return search


def in_words(request: SearchRequest) -> str:
    """The search in one line: its query, and the values of its filters as they are written in an address."""
    pairs = parse_qsl(canonical(replace(request, q="", time_zone="")), keep_blank_values=True)
    conditions = [
        _(_CONDITIONS[name], value=value) if name in _CONDITIONS else f"{name}: {value}" for name, value in pairs
    ]
    return ", ".join(part for part in (request.q.strip(), *conditions) if part) or _("all articles")
