"""What identifies an article (its own id, else its address, else where it was found) and an input."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import PurePath
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urldefrag, urlencode, urlsplit

from index.article import Article
from index.normalize import clean_block, normalize_line
from index.paths import path_as_text
from search.document import MAX_URL, web_address

MAX_ID: Final = 200

_LATELY: Final = 1_024
"""Addresses whose forms are remembered: each step of preparing and comparing an article asks for them again."""

_GENERIC_NAME: Final = re.compile(r"(index|default)\.html?(\.gz)?", re.IGNORECASE)
_TRACKING: Final = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Browsers accept these in an address; RFC 3986 wants them escaped.
_TO_ESCAPE: Final = re.compile(r"[\^`{|}]")


def article_id(own: str, url: str | None, place: str) -> str:
    """An id of 1 to MAX_ID printable characters, the same for the same article in every run.

    From `url`: host and path, without "www." and without parameters that only track readers, so that the http and the
    https copy are one article. From `place` (see `index.article.Article`): all of it, so that an article keeps its id
    when the folder that was given is moved.
    """
    own = normalize_line(own)
    if own:
        return _bounded(own)
    url = article_url(url)
    return _bounded(_from_url(url)) if url else _from_place(place)


def article_url(url: str | None) -> str | None:
    """The address as a reader can follow it, without its fragment; None if it is not an http or https address."""
    if url is None or len(url) > MAX_URL:
        return _readable(url or "")
    return _readable_again(url)


def _readable(url: str) -> str | None:
    usable = web_address(_TO_ESCAPE.sub(lambda match: quote(match[0]), clean_block(url)))
    return urldefrag(usable).url if usable else None


_readable_again: Final = lru_cache(_LATELY)(_readable)


def is_identified_by_origin(article: Article) -> bool:
    """Nothing in the article itself says which one it is; only the place where it was found does."""
    return not normalize_line(article.id) and article_url(article.url) is None


def is_identified_by_address(article: Article) -> bool:
    """It has no id of its own, so its address is its id."""
    return not normalize_line(article.id) and article_url(article.url) is not None


def source_key(name: str) -> str:
    """How an input is remembered in the index: its address, or its absolute path however it was written.

    A file:// address is remembered as its path. Paths are in the text of `index.paths`.
    """
    if is_file_address(name):
        name = file_path(name)
    return name if is_address(name) else _absolute(name.replace("\0", ""))


def written_location(location: str) -> str:
    """A location as a person gives it in the text of `index.paths`: an address as it is, and a path."""
    return location if is_address(location) else path_as_text(location)


def is_file_address(location: str) -> bool:
    """The location is a file:// address."""
    return location[:7].lower() == "file://"


def file_path(address: str) -> str:
    """The path that a file:// address names, in the text of `index.paths`."""
    stated = urlsplit(address).path
    if os.name == "posix":
        return path_as_text(os.fsdecode(unquote_to_bytes(stated)))
    from urllib.request import url2pathname  # it loads what fetches from the web

    return path_as_text(url2pathname(stated))


def is_web_address(location: str) -> bool:
    """The location is an address that is fetched."""
    return location[:8].lower().startswith(("http://", "https://"))


def is_address(location: str) -> bool:
    """The location begins with a scheme ("https://"), so it is not a path."""
    return _ADDRESS.match(location) is not None


def _absolute(name: str) -> str:
    """The absolute path; links are not followed."""
    base = "" if os.path.isabs(name) else path_as_text(os.getcwd())  # noqa: PTH109, PTH117 - this is text
    return os.path.abspath(os.path.join(base, name))  # noqa: PTH100, PTH118


@lru_cache(_LATELY)
def _from_url(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = "/".join(part for part in parts.path.split("/") if part not in ("", ".", ".."))
    query = urlencode(
        [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    )
    return f"{host}{port}" + (f"/{path}" if path else "") + (f"?{query}" if query else "")


def _from_place(place: str) -> str:
    names = place.split("/") if "\\" not in place else PurePath(place).parts
    parts = [normalize_line(name) for name in names if name.strip("/\\") not in ("", ".")]
    if len(parts) > 1 and _GENERIC_NAME.fullmatch(parts[-1]):
        parts.pop()
    key = "/".join(parts)
    slug = re.sub(r"[^\w]+", "-", key.casefold()).strip("-")
    return f"{slug[-(MAX_ID - 20) :].strip('-')}-{digest(key)}"


def _bounded(id: str) -> str:
    return id if len(id) <= MAX_ID else f"{id[: MAX_ID - 17]}-{digest(id)}"


def digest(text: str) -> str:
    """Ten hex digits that tell texts apart."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
