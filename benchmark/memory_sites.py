"""Sites on this machine that are as large as is asked, for `benchmark.memory`: they make each answer when it is asked
for, so that they need no memory either."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from benchmark.generated_articles import article, page_of

_PAGES: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST: Final = 100
"""Posts on a page of the REST API of WordPress."""


class _Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, articles: int, answer: Callable[[_Site, str], _Answer | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.articles = articles
        self.answer = answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


_Answer = tuple[str, str, dict[str, str]]
"""The type, the text, and headers."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together, or each answer would wait for a confirmation
    disable_nagle_algorithm = True
    server: _Site

    def do_GET(self) -> None:
        kind, text, headers = self.server.answer(self.server, self.path) or ("", "", {})
        data = text.encode()
        self.send_response(200 if kind else 404)
        for name, value in {"content-type": kind or "text/plain", "content-length": f"{len(data)}", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def _site_map(site: _Site, path: str) -> _Answer | None:
    """A site map of all pages, and these (https://www.sitemaps.org/protocol.html)."""
    if path == "/sitemap.xml":
        rows = "".join(f"<url><loc>{site.url}/{number}</loc></url>" for number in range(site.articles))
        return "application/xml", f'<?xml version="1.0"?><urlset xmlns="{_PAGES}">{rows}</urlset>', {}
    number = path.removeprefix("/")
    return ("text/html", page_of(article(int(number))), {}) if number.isdecimal() else None


def _wordpress(site: _Site, path: str) -> _Answer | None:
    """The REST API of a WordPress site, as far as reading it needs (https://developer.wordpress.org/rest-api/)."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    if parts.path == "/":
        link = {"link": f'<{site.url}/wp-json/>; rel="https://api.w.org/"'}
        return "text/html", "<html><head><title>News</title></head><body></body></html>", link
    if parts.path == "/wp-json/":
        return _json({"name": "News", "namespaces": ["wp/v2"], "routes": {}})
    if parts.path == "/wp-json/wp/v2/types/post":
        return _json({"rest_base": "posts", "rest_namespace": "wp/v2"})
    if parts.path != "/wp-json/wp/v2/posts":
        return _json([]) if parts.path.startswith("/wp-json/wp/v2/") else None
    posts = [_post(site, number) for number in _asked(site, query)]
    wanted = query.get("_fields", "").split(",")
    rows = [{name: value for name, value in post.items() if name in wanted or wanted == [""]} for post in posts]
    totals = {"x-wp-total": f"{site.articles}", "x-wp-totalpages": f"{-(-site.articles // _MOST)}"}
    return _json(rows, **totals)


def _asked(site: _Site, query: dict[str, str]) -> list[int]:
    """The numbers of the posts that are asked for, from 1: named ones, or a page of all, the newest first."""
    if "include" in query:
        return [int(number) for number in query["include"].split(",")]
    size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
    first = site.articles - (page - 1) * size
    return list(range(first, max(0, first - size), -1))


def _post(site: _Site, number: int) -> dict[str, Any]:
    found = article(number - 1)
    moment = f"{found['published']}T10:00:00"
    return {
        "id": number, "date": moment, "date_gmt": moment, "modified": moment, "modified_gmt": moment,
        "slug": f"post-{number}", "status": "publish", "type": "post", "link": f"{site.url}/{number}/",
        "guid": {"rendered": f"{site.url}/?p={number}"}, "title": {"rendered": found["title"]},
        "content": {"rendered": f"<p>{found['body']}</p>", "protected": False},
        "excerpt": {"rendered": "", "protected": False}, "author": 0, "categories": [], "tags": [],
    }  # fmt: skip


def _json(value: Any, **headers: str) -> _Answer:
    return "application/json", json.dumps(value), headers


SITES: Final[dict[str, tuple[str, Callable[[_Site, str], _Answer | None]]]] = {
    "site map": ("/sitemap.xml", _site_map),
    "WordPress REST": ("/", _wordpress),
}
"""The name of each kind of site, the path at which reading it begins, and what answers."""


@contextmanager
def serving(name: str, articles: int) -> Iterator[str]:
    """Serves a site of that kind for the block; gives the address at which reading it begins."""
    path, answer = SITES[name]
    with _Site(articles, answer) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"{site.url}{path}"
        finally:
            site.shutdown()
            thread.join()
