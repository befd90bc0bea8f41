"""The id of an article: its own, else one from its address, else one from where it was found."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import PurePath
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from index.article import Article
from index.tidy import tidy_line

MAX_ID: Final = 200
MAX_URL: Final = 2_000

_PLACE_PARTS: Final = 4
_GENERIC_NAME: Final = re.compile(r"(index|default)\.html?(\.gz)?", re.IGNORECASE)
_TRACKING: Final = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id")


def article_id(own: str, url: str | None, place: str) -> str:
    """An id of 1 to MAX_ID printable characters, the same for the same article in every run.

    From a URL: host and path, without "www.", without what only tracks readers, so that the http and the https copy
    are one article. From a place: the last four parts of the path, so that it outlasts a move of what is above them.
    """
    own = tidy_line(own)
    if own:
        return _bounded(own)
    parts = _web_parts(url) if url else None
    return _bounded(_from_url(parts)) if parts else _from_place(place)


def web_address(url: str | None) -> str | None:
    """The address without its fragment, if it is one a reader can follow (http or https); else None."""
    parts = _web_parts(tidy_line(url)) if url else None
    return parts._replace(fragment="").geturl() if parts else None


def is_derived_from_place(article: Article) -> bool:
    """Nothing in the article itself says which one it is; only where it was found does."""
    return not tidy_line(article.id) and web_address(article.url) is None


def source_key(name: str) -> str:
    """How an input is remembered: its address, or its path from the root, however it was written."""
    return name if "://" in name else os.path.abspath(name.replace("\0", ""))  # noqa: PTH100 - links are not followed


def _web_parts(url: str) -> SplitResult | None:
    if len(url) > MAX_URL or " " in url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket without its pair
        return None
    return parts if usable else None


def _from_url(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = "/".join(part for part in parts.path.split("/") if part not in ("", ".", ".."))
    query = urlencode(
        [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    )
    return f"{host}{port}" + (f"/{path}" if path else "") + (f"?{query}" if query else "")


def _from_place(place: str) -> str:
    parts = [tidy_line(part) for part in PurePath(source_key(place)).parts if part.strip("/\\")]
    if len(parts) > 1 and _GENERIC_NAME.fullmatch(parts[-1]):
        parts.pop()
    key = "/".join(parts[-_PLACE_PARTS:])
    slug = re.sub(r"[^\w]+", "-", key.casefold()).strip("-")
    return f"{slug[-(MAX_ID - 20) :].strip('-')}-{_digest(key)}"


def _bounded(id: str) -> str:
    return id if len(id) <= MAX_ID else f"{id[: MAX_ID - 17]}-{_digest(id)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
