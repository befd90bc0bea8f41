"""Refuses changes that another site's page asks a browser for, with the rights of whoever sits at it.

There are no accounts and no cookies of ours; but whoever may reach the desk, by a login at the proxy or by being in the
building, must not be made to change something by a page of others (cross-site request forgery).
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import Forbidden
from werkzeug.urls import iri_to_uri

from search.translation import gettext as _
from webui.site import current_site


def require_own_page(*, programs: bool = False) -> None:
    """Raises Forbidden unless the request comes from a page of this site, or, if allowed, from no browser at all.

    Browsers say so in `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header) where the site is
    secure, and in the `Origin` of every POST (https://fetch.spec.whatwg.org/#origin-header). No page can change either.
    """
    place, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if place is not None:
        allowed = place == "same-origin"
    elif origin is not None:
        allowed = origin == iri_to_uri(current_site().absolute(""))
    else:
        allowed = programs
    if not allowed:
        raise Forbidden(_("Only pages of this site may ask for that. Open the desk and choose there."))
