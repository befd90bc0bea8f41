"""Asks the REST API of a WordPress site, and says in plain words why there is no usable answer.

Its manners are those of https://developer.wordpress.org/rest-api/: routes below a root, which has a query in it where
the site has no rewritten addresses; totals in the headers X-WP-Total and X-WP-TotalPages; errors as JSON with a code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from index.fetching import Disallowed, Fetched, Fetcher, FetchError
from index.sources.wordpress.objects import parse_json
from search.errors import SourceError
from search.settings import WORDPRESS_PREFIX

MOST: Final = 100
"""Objects that one request may ask for."""
NOT_THERE: Final = frozenset({404, 410})
REFUSED: Final = frozenset({401, 403})

_ATTEMPTS: Final = 2
"""How often is asked for an answer that comes damaged."""
_CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+){0,8}")


class ApiError(SourceError):
    """No usable answer from the API. `status` is that of the answer, 0 if none came; `code` what WordPress calls it.

    `is_lasting`: other requests to the site will fail as well.
    """

    def __init__(self, origin: str, reason: str, *, status: int, code: str = "", is_lasting: bool = False) -> None:
        super().__init__(origin, reason)
        self.status = status
        self.code = code
        self.is_lasting = is_lasting


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer; `total` objects on `pages` pages, None if the headers do not say it."""

    value: Any
    total: int | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """The API below the address `root`; `headers` are sent with each request, and hold the login if there is one."""

    root: str
    fetcher: Fetcher
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def has_login(self) -> bool:
        """A login is sent."""
        return bool(self.headers)

    def address(self, route: str) -> str:
        """The address of a route such as "wp/v2/posts"."""
        return f"{self.root.rstrip('/')}/{route}"

    def get(self, route: str, query: Mapping[str, object] | None = None) -> Answer:
        """The answer to a request. Raises ApiError."""
        url = self.address(route)
        asked = f"{url}{'&' if '?' in url else '?'}{urlencode(query, safe=',')}" if query else url
        for attempt in range(1, _ATTEMPTS + 1):
            fetched = self._fetched(asked, url)
            try:
                value = _json_in(fetched, url)
            except ApiError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                break
        return Answer(value, _number(fetched, "x-wp-total"), _number(fetched, "x-wp-totalpages"))

    def _fetched(self, asked: str, shown: str) -> Fetched:
        try:
            # Who gives us a login wants to be read.
            fetched = self.fetcher.get(asked, headers=self.headers, robots=False if self.has_login else None)
        except Disallowed as error:
            raise ApiError(shown, error.reason, status=403, code="disallowed", is_lasting=True) from error
        except FetchError as error:
            code = _code_in(error.body)
            reason = self._refusal(code) if error.status in REFUSED else error.reason + (f" ({code})" if code else "")
            raise ApiError(shown, reason, status=error.status, code=code, is_lasting=error.is_lasting) from error
        if fetched.status != 200:
            code = _code_in(fetched.body)
            reason = f"it is not there (the server answered {fetched.status}{code and f', {code}'})"
            raise ApiError(shown, reason, status=fetched.status, code=code)
        return fetched

    def _refusal(self, code: str) -> str:
        said = f" ({code})" if code else ""
        names = f"{WORDPRESS_PREFIX}USER and {WORDPRESS_PREFIX}PASSWORD"
        if self.has_login:
            return f"the API refuses the login in {names}, or its user may not read this{said}"
        return f"the API refuses to answer{said}; open it to all, or give an application password in {names}"


def _json_in(fetched: Fetched, shown: str) -> Any:
    if fetched.body.lstrip()[:1] == b"<":
        reason = "it answered with a page instead of JSON; something on the site, such as a firewall, is in the way"
        raise ApiError(shown, reason, status=fetched.status, code="page")
    try:
        return parse_json(fetched.body, shown)
    except SourceError as error:
        raise ApiError(shown, error.reason, status=fetched.status, code="damaged") from error


def _code_in(body: bytes) -> str:
    """What WordPress calls the error. Only that is shown: a message may repeat what was sent."""
    try:
        value = json.loads(body[:65_536])
    except (ValueError, RecursionError):
        return ""
    code = value.get("code") if isinstance(value, dict) else ""
    return code if isinstance(code, str) and len(code) <= 60 and _CODE.fullmatch(code) else ""


def _number(fetched: Fetched, header: str) -> int | None:
    stated = fetched.headers.get(header, "").strip()
    return int(stated[:9]) if stated.isascii() and stated.isdigit() else None
