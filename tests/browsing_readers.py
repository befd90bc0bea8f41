"""Readers as a server sees them: browsers that ask for pages over a socket, by what they say of themselves."""

from __future__ import annotations

import http.client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ADDRESS = "198.51.100.77"
"""An address that a proxy reports of a reader, and that must be nowhere."""


def looked_at(port: int, path: str, **headers: str) -> tuple[int, str, str]:
    """Status, tag and page of an address that a reader opens in a browser."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"User-Agent": FIREFOX, "X-Forwarded-For": ADDRESS} | shown)
        response = connection.getresponse()
        return response.status, response.headers.get("ETag", ""), response.read().decode("utf-8", "replace")
    finally:
        connection.close()
