"""Conditional requests and answers kept: as long as the index stays the same, the same question costs no second search.

A client that has the answer gets 304 and no body. Any other gets the answer that was given before, from
`webui.answer_cache`.

The entity tags are weak (RFC 9110, section 8.8.1), because answers with the same tag may differ in `took_ms`.
They change every day, because the age of the articles in days is part of their scores.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Concatenate, Final, ParamSpec
from urllib.parse import parse_qsl, unquote_plus

from flask import Response, g, request

from search.archive import current_minute
from search.phases import phase
from search.pinned_archive import PinnedArchive
from search.request.urls import ROUTES
from search.results.coverage import CoverageAnswer
from search.results.related_response import RelatedResponse
from search.results.response import FacetValues, SearchResponse
from search.translation.catalogues import LANGUAGES, path_of
from webui.compression import accepted_coding, compressed
from webui.site import asked_search, current_site
from webui.turns import Busy

CACHE_CONTROL: Final = "public, max-age=0, must-revalidate"
"""May be cached if revalidated: new articles show at once, and an unchanged answer costs one 304."""

VERSION: Final = version("backfile")

_NOTHING: Final = "-0"
"""How the tag of an answer ends that found nothing: so whoever has the answer says so by asking again."""

_APPEARANCE: Final = tuple(Path(__file__).with_name(name) for name in ("static", "templates"))
_RENDERINGS: Final = {path: kind for kind, path in ROUTES.items()}
_RELATIVE: Final = re.compile(r"\bnow\b|RelativeTime", re.IGNORECASE)

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[PinnedArchive, Arguments], Response]


def from_archive(view: View[Arguments]) -> Callable[Arguments, Response]:
    """A decorator: passes the pinned archive to a view, answers conditional requests, and keeps answers.

    The answer may depend only on the archive, the address, `Accept`, and, if the address contains a relative time, on
    the minute. Requests whose answer is not kept take turns (`webui.turns`).
    """
    return _from_archive(view, takes_turns=True)


def from_archive_and_choices(
    view: View[Arguments], *, while_busy: View[Arguments] | None = None
) -> Callable[Arguments, Response]:
    """`from_archive` for answers that show what editors chose for related articles: they change with each choice.

    `while_busy` makes what is answered where the view would have to wait too long: a cheaper part of its answer, which
    nobody keeps.
    """
    return _from_archive(view, takes_turns=True, shows_choices=True, while_busy=while_busy)


def from_archive_at_once(view: View[Arguments]) -> Callable[Arguments, Response]:
    """`from_archive` for answers that take less time than a search: they wait for none."""
    return _from_archive(view, takes_turns=False)


def _from_archive(
    view: View[Arguments],
    *,
    takes_turns: bool,
    shows_choices: bool = False,
    while_busy: View[Arguments] | None = None,
) -> Callable[Arguments, Response]:
    @wraps(view)
    def respond(*args: Arguments.args, **named: Arguments.kwargs) -> Response:
        site = current_site()
        with site.archive.pinned() as archive:
            generation, tag = archive.status.generation, _tag(archive, archive.choices_version if shows_choices else "")
            key = (tag, accepted_coding())

            def known() -> Response | None:
                kept = site.answers.get(generation, key)
                return _marked(kept.response(), "hit") if kept else None

            def made() -> Response:
                with phase("render"):
                    response = compressed(view(archive, *args, **named))
                if g.pop("found_nothing", False):
                    response.set_etag(tag + _NOTHING, weak=True)
                stored = site.answers.keep(generation, key, response)
                return _marked(response, "fwd=miss; stored" if stored else "fwd=miss")

            def answer() -> Response:
                found = known()
                if found is not None:
                    return found
                if not takes_turns:
                    return made()
                try:
                    with site.turn():
                        return known() or made()  # who was here before may have asked the same
                except Busy:
                    if while_busy is None:
                        raise
                    with site.turn(part=True), phase("render"):
                        return unkept(compressed(while_busy(archive, *args, **named)))

            return conditional(tag, answer)

    return respond


def _marked(response: Response, how: str) -> Response:
    """The response with what the cache had to do with it (RFC 9211)."""
    response.headers.add("Cache-Status", f"Backfile; {how}")
    return response


def _tag(archive: PinnedArchive, chosen: str) -> str:
    """The same tag for addresses that ask the same, in whatever order their parameters stand; `chosen` is the
    version of what editors chose, if the answer shows that."""
    kind = _RENDERINGS.get(request.path)
    if kind is None:
        written = request.query_string.decode("latin-1")
        # Pairs, for an escaped sign is no separator; of bytes, for not all of them need be text.
        asked = repr(parse_qsl(written, keep_blank_values=True, encoding="latin-1"))
        accepted, minute = request.headers.get("Accept", ""), minute_of(unquote_plus(written))
    else:
        asked, accepted = repr(asked_search(kind)), ""
        minute = minute_of(asked)
    place = request.scheme, request.host, request.script_root, request.path
    order = archive.order_generation, archive.section_order.version, chosen
    return entity_tag(*order, *place, asked, accepted, minute, appearance(), current_site().look)


def _is_relative(asked: str) -> bool:
    """Whether there is a relative time in it. The pattern takes 30 µs, so only texts with its letters are tried."""
    letters = asked.lower()
    return ("now" in letters or "relativetime" in letters) and _RELATIVE.search(asked) is not None


def minute_of(asked: str) -> str:
    """What changes every minute if there is a relative time in what is asked: then it is another question. Else ""."""
    return current_minute().isoformat() if _is_relative(asked) else ""


def entity_tag(generation: str, *others: str) -> str:
    """The opaque part of an entity tag, from the index, the program, the day in UTC, and whatever else is given."""
    # Joined so that no part can be taken for two.
    content = repr((generation, VERSION, datetime.now(UTC).date().isoformat(), *others))
    return hashlib.blake2b(content.encode(), digest_size=12).hexdigest()


@cache
def appearance() -> str:
    """A short hash of all templates, static files and catalogues."""
    files = sorted(path for folder in _APPEARANCE for path in folder.iterdir())
    files += [path_of(language) for language in LANGUAGES]
    content = b"".join(path.read_bytes() for path in files if path.is_file())
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def mark_found_nothing() -> None:
    """Notes that the answer that a view is making found nothing: see `found_nothing`."""
    g.found_nothing = True


def found_nothing(response: Response) -> bool:
    """Whether the answer was marked so when it was made, be it by another process, and be it a 304."""
    return (response.get_etag()[0] or "").endswith(_NOTHING)


def unless_timed_out(
    response: Response, found: SearchResponse | RelatedResponse | FacetValues | CoverageAnswer
) -> Response:
    """The response; not to be cached if the search could not look at everything: a second try may find more."""
    if found.timed_out or (not isinstance(found, RelatedResponse) and found.partial):
        return unkept(response)
    return response


def unkept(response: Response) -> Response:
    """The response; not to be kept by anybody."""
    response.cache_control.no_store = True
    return response


def conditional(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the client has that already, else what `make` gives, tagged unless it must not be stored."""
    known = request.if_none_match
    held = next(filter(known.contains_weak, (tag, tag + _NOTHING)), None)
    # "*" is any answer that there is (RFC 9110, section 13.1.2): `make` raises where there is none.
    response = Response(status=304) if held and not known.star_tag else make()
    if known.star_tag:
        response.close()
        response = Response(status=304)
    if response.cache_control.no_store or response.status_code not in (200, 304):
        return response
    if response.status_code == 304:
        response.vary.add("Accept-Encoding")  # as the answer has, if it is long (RFC 9110, section 15.4.5)
    response.set_etag(response.get_etag()[0] or held or tag, weak=True)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
