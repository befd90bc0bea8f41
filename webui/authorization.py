"""Who may write, or copy files: the key that a request brings, and what it allows (RFC 6750)."""

from __future__ import annotations

from typing import Any, Final

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from search.ledger.write_keys import Scope, WriteKey
from search.releasing import now_in_utc
from search.translation import gettext as _
from search.write_keys import verified
from webui.site import current_site

_REALM: Final = "writing to the archive"


def require_key(scope: Scope = "write") -> WriteKey:
    """The key of the request. Raises Unauthorized without one that is in force, Forbidden as `require_scope` does."""
    try:
        given = request.authorization
    except ValueError:  # Werkzeug reads "Basic" in ASCII alone
        given = None
    if given is None or given.type != "bearer" or not given.token:
        raise _unauthorized(_("Send a key in the header Authorization: Bearer KEY."))
    key = verified(current_site().archive.ledger, given.token, now_in_utc())
    if key is None:
        raise _unauthorized(_("This key is not known, or it was revoked."), error="invalid_token")
    require_scope(key, scope)
    return key


def require_scope(key: WriteKey, scope: Scope) -> None:
    """Raises Forbidden if the key does not allow as much."""
    if not key.allows(scope):
        raise _ScopeTooNarrow(scope)


class _ScopeTooNarrow(Forbidden):
    """403 with the challenge that RFC 6750, section 3.1, wants with it."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(_("This needs a key with the scope %(scope)s.", scope=scope))
        self._scope = scope

    def get_headers(self, *arguments: Any, **named: Any) -> list[tuple[str, str]]:
        challenge = _challenge(error="insufficient_scope", scope=self._scope)
        return [*super().get_headers(*arguments, **named), ("WWW-Authenticate", str(challenge))]


def _unauthorized(message: str, **said: str) -> Unauthorized:
    return Unauthorized(message, www_authenticate=_challenge(**said))


def _challenge(**said: str) -> WWWAuthenticate:
    return WWWAuthenticate("bearer", {"realm": _REALM, **said})
