"""A WordPress site over a real socket, as far as its REST API goes: routes, pages, fields, statuses, errors.

It behaves as WordPress's WP_REST_Posts_Controller does: at most a hundred objects a page, totals in headers, a page
behind the last is an error, `_fields` and `include` are obeyed, and what is not published is only for those logged in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from web_servers import Asked, Reply, WebServer, reply, web_server

JSON = {"content_type": "application/json; charset=UTF-8"}
START = datetime(2024, 7, 3, 9, 30, tzinfo=UTC)


@dataclass
class Post:
    """A post as the database has it."""

    number: int
    title: str
    slug: str
    content: str
    categories: list[int]
    tags: list[int]
    author: int
    modified: int
    status: str = "publish"
    password: str = ""
    type: str = "post"
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class WordPress:
    """The database and what it answers. `intervene` may answer in its place, and may change it at any request.

    `raw` has posts as they are given, beside those in `posts`. `link`: how the front page names the API: "header",
    "head" or "" for not at all. `rewrites`: addresses are rewritten (/wp-json/), else the route is a parameter.
    `totals`: the headers say how many there are. `login`: "user:password" of an editor.
    """

    posts: dict[int, Post] = field(default_factory=dict)
    raw: list[dict[str, Any]] = field(default_factory=list)
    categories: dict[int, tuple[str, int]] = field(
        default_factory=lambda: {1: ("News", 0), 2: ("Economy &amp; Work", 1)}
    )
    tags: dict[int, str] = field(default_factory=lambda: {7: "Rain &amp; snow", 8: "Flood"})
    users: dict[int, str] = field(default_factory=lambda: {3: "Jane Doe", 4: "Ann Lee"})
    co_authors: dict[int, str] = field(default_factory=dict)
    types: dict[str, tuple[str, str]] = field(default_factory=lambda: {"post": ("posts", "wp/v2")})
    link: str = "header"
    rewrites: bool = True
    login: str = ""
    totals: bool = True
    users_are_public: bool = True
    intervene: Callable[[Asked, int], Reply | None] = lambda *_: None
    requests: int = 0
    now: int = 0

    def write(self, number: int, **fields: Any) -> Post:
        """Publishes a post, or changes one, which is then modified now."""
        self.now += 1
        told: dict[str, Any] = {
            "title": f"Post {number}", "slug": f"post-{number}", "content": f"<p>Text of post {number}.</p>",
            "categories": [2], "tags": [7], "author": 3,
        }  # fmt: skip
        before = self.posts.get(number)
        fields = {**(vars(before) if before else told), **fields, "modified": self.now, "number": number}
        self.posts[number] = Post(**fields)
        return self.posts[number]

    # --- answers

    def respond(self, asked: Asked) -> Reply:
        """The answer to a request."""
        if asked.path == "/robots.txt":
            return reply("", 404)
        self.requests += 1
        if (instead := self.intervene(asked, self.requests)) is not None:
            return instead
        parts = urlsplit(asked.path)
        query = dict(parse_qsl(parts.query))
        if self.rewrites and parts.path.startswith("/wp-json"):
            return self._route(parts.path.removeprefix("/wp-json").strip("/"), query, asked)
        if "rest_route" in query:
            return self._route(query.pop("rest_route").strip("/"), query, asked)
        return self._front(asked) if parts.path == "/" else reply("<html>not found", 404, content_type="text/html")

    def _front(self, asked: Asked) -> Reply:
        root = f"http://{asked.headers['host']}" + ("/wp-json/" if self.rewrites else "/?rest_route=/")
        link = f"<link rel='https://api.w.org/' href='{root}'>" if self.link == "head" else ""
        headers = {"link": f'<{root}>; rel="https://api.w.org/"'} if self.link == "header" else {}
        page = f"<html><head><title>The Lantern</title>{link}</head><body><p>Welcome.</p></body></html>"
        return reply(page, content_type="text/html; charset=UTF-8", etag='"front"', **headers)

    def _route(self, route: str, query: Mapping[str, str], asked: Asked) -> Reply:
        given = asked.headers.get("authorization", "")
        right = "Basic " + base64.b64encode(self.login.encode()).decode()
        if given and given != right:
            return failure(401, "incorrect_password", f"wrong: {given}")
        is_editor = bool(self.login) and given == right
        if not route:
            return answer({"name": "The Lantern", "namespaces": ["oembed/1.0", "wp/v2"], "routes": {}}, {})
        for kind, (base, space) in self.types.items():
            if route == f"{space}/{base}":
                host = asked.headers["host"]
                return self._list([p for p in self.posts.values() if p.type == kind], host, query, is_editor)
            if route.startswith(f"{space}/{base}/"):
                return self._single(route.rpartition("/")[2], asked.headers["host"], query)
        return self._others(route, query)

    def _others(self, route: str, query: Mapping[str, str]) -> Reply:
        if route.startswith("wp/v2/types/"):
            base, space = self.types.get(route.rpartition("/")[2], ("", ""))
            return (
                answer({"rest_base": base, "rest_namespace": space}, query)
                if base
                else failure(404, "rest_type_invalid")
            )
        if route == "wp/v2/users" and not self.users_are_public:
            return failure(401, "rest_user_cannot_view")
        tables: dict[str, list[dict[str, Any]]] = {
            "wp/v2/categories": [{"id": n, "name": name, "parent": up} for n, (name, up) in self.categories.items()],
            "wp/v2/tags": [{"id": n, "name": name} for n, name in self.tags.items()],
            "wp/v2/users": [{"id": n, "name": name, "slug": name.lower()} for n, name in self.users.items()],
            "wp/v2/coauthors": [{"id": n, "name": name} for n, name in self.co_authors.items()],
        }
        return self._page(tables[route], query) if route in tables else failure(404, "rest_no_route")

    def _list(self, posts: list[Post], host: str, query: Mapping[str, str], is_editor: bool) -> Reply:
        statuses = query.get("status", "publish").split(",")
        if statuses != ["publish"] and not is_editor:
            return failure(400, "rest_invalid_param")
        return self._page([*self.raw, *(self._object(post, host) for post in posts if post.status in statuses)], query)

    def _single(self, number: str, host: str, query: Mapping[str, str]) -> Reply:
        post = self.posts.get(int(number))
        if post is None:
            return failure(404, "rest_post_invalid_id")
        if post.status != "publish":
            return failure(401, "rest_forbidden")
        return answer(self._object(post, host), query)

    def _page(self, rows: list[dict[str, Any]], query: Mapping[str, str]) -> Reply:
        if "include" in query:
            wanted = [int(number) for number in query["include"].split(",")]
            rows = [row for row in rows if row["id"] in wanted]
        by = query.get("orderby", "date")
        rows = sorted(rows, key=lambda row: (row.get(by, 0) if by != "include" else 0, row["id"]),
                      reverse=query.get("order", "desc") == "desc")  # fmt: skip
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if not 1 <= size <= 100:
            return failure(400, "rest_invalid_param")
        pages = -(-len(rows) // size)
        if page > max(1, pages):
            return failure(400, "rest_post_invalid_page_number")
        headers = {"x_wp_total": len(rows), "x_wp_totalpages": pages} if self.totals else {}
        return answer(rows[(page - 1) * size : page * size], query, **headers)

    def _object(self, post: Post, host: str) -> dict[str, Any]:
        modified = (START + timedelta(minutes=post.modified)).strftime("%Y-%m-%dT%H:%M:%S")
        content = "" if post.password else post.content
        return {
            "id": post.number, "date": "2024-07-03T11:30:00", "date_gmt": "2024-07-03T09:30:00",
            "modified": modified, "modified_gmt": modified, "slug": post.slug, "status": post.status,
            "guid": {"rendered": f"http://{host}/?p={post.number}"}, "type": post.type,
            "link": f"http://{host}/{post.slug}/", "title": {"rendered": post.title},
            "content": {"rendered": content, "protected": bool(post.password)},
            "excerpt": {"rendered": f"<p>About {post.number} [&hellip;]</p>", "protected": bool(post.password)},
            "author": post.author, "categories": post.categories, "tags": post.tags, "featured_media": 0,
            "yoast_head_json": {"author": "Yo Ast", "title": "x"}, **post.more,
        }  # fmt: skip


def answer(value: Any, query: Mapping[str, str], **headers: object) -> bytes:
    """JSON with no more than the fields that are asked for."""
    if "_fields" in query:
        wanted = query["_fields"].split(",")
        value = [_only(row, wanted) for row in value] if isinstance(value, list) else _only(value, wanted)
    return reply(json.dumps(value), **JSON, **headers)


def _only(row: Mapping[str, Any], wanted: list[str]) -> dict[str, Any]:
    found = {key: value for key, value in row.items() if key in wanted}
    for outer, _, inner in (name.partition(".") for name in wanted if "." in name):
        if isinstance(row.get(outer), dict) and inner in row[outer]:
            found[outer] = {inner: row[outer][inner]}
    return found


def failure(status: int, code: str, message: str = "Sorry.", **headers: object) -> bytes:
    """An error as WordPress reports it."""
    return reply(json.dumps({"code": code, "message": message, "data": {"status": status}}), status, **JSON, **headers)


@contextmanager
def serving(site: WordPress) -> Iterator[WebServer]:
    """The site on a server of its own."""
    with web_server(site.respond) as server:
        yield server
