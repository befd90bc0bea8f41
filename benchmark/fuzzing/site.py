"""Targets that ask: searches of the sample archive, and every address of the site through its WSGI interface."""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmark.fuzzing.mutation import Grammar
from benchmark.fuzzing.target import Target
from benchmark.fuzzing.words import HEADER_WORDS, PARAMETERS, QUERY_WORDS
from benchmark.options import SAMPLE
from index.indexer import Indexer
from index.sources import find_sources
from search.archive import Archive
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import RequestError
from search.request.reading import parse_search
from search.request.urls import Addresses
from search.settings import Settings
from webui import create_app

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"})
_EXAMPLES: Final = {
    "<article:id>": "1978/gutenberg-at-mainz",
    "<name>": "tag",
    "<year>": "1988",
    "<day>": "03-04",
    "<number>": "1",
    "<path:filename>": "backfile.js",
}
_PAIRS: Final = {
    "/search": "q=press&section=History&from=1960&page=1",
    "/api/v1/search": "q=press&facets=tag,year&cursor=*",
    "/coverage": "q=press&q=paper&bars=share",
    "/cite": "id=1978/gutenberg-at-mainz",
    "/why-not": "q=press&article=1978/gutenberg-at-mainz",
    "/suggest": "q=gut",
}
_HEADERS: Final = (
    b"Host: localhost\nOrigin: http://localhost\nSec-Fetch-Site: same-origin\nAccept-Language: de, ar;q=0.5\n"
    b'Accept-Encoding: gzip, br\nIf-None-Match: "x", W/"y"\nContent-Type: application/json\n'
)


def searches(folder: Path) -> Target:
    """Searches of an archive on disk: read, resolved, matched, ranked, highlighted and linked."""
    archive = Archive(_filled(f"whoosh:{folder / 'archive'}"), Settings.model_validate({"query_log": False}))

    def ask(data: bytes) -> None:
        request = parse_search(b"q=" + quote(data).encode())
        archive.search(request, Addresses("html"))

    return Target(Grammar((b"press", b'"printing press" OR title:paper'), QUERY_WORDS, 4_000), ask, (RequestError,))


def endpoints(_: Path) -> Target:
    """Requests to every address of the site, with any method, headers and body: no answer is a failure of the server.

    The input is a request as it is written: a line with method and target, headers, an empty line, a body.
    """
    logging.getLogger("backfile").setLevel(logging.ERROR)
    settings = {"desk": True, "query_log": False, "deadline_seconds": 60}
    app = create_app(Settings.model_validate(settings), _filled("memory:"))
    seeds = []
    for rule in app.url_map.iter_rules():
        target = str(rule)
        for name, example in _EXAMPLES.items():
            target = target.replace(name, example)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            body = '{"text": "press", "id": "1978/gutenberg-at-mainz", "q": "press", "article": "x", "grade": "good"}'
            line = f"{method} {target.split('<')[0]}?{_PAIRS.get(target, 'q=press')}\n".encode()
            seeds.append(line + _HEADERS + b"\n" + (body.encode() if method == "POST" else b""))

    def ask(data: bytes) -> None:
        chunks, status, headers = run_wsgi_app(app.wsgi_app, _environ(data), buffered=True)
        list(chunks)
        assert int(status.split()[0]) < 500, f"{status} for {data[:300]!r}"
        assert headers.get("X-Content-Type-Options") == "nosniff"

    return Target(Grammar(seeds, (*HEADER_WORDS, *PARAMETERS, *QUERY_WORDS)), ask, ())


def _environ(data: bytes) -> dict[str, Any]:
    """The request as a server gives it to the app (PEP 3333): bytes as Latin-1, the path decoded, no line breaks."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.replace(b"\r", b"").split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    name = method.decode("latin-1").upper()
    environ = EnvironBuilder(method=name if name in _METHODS else "GET").get_environ()
    for line in lines:
        header, _, value = line.partition(b":")
        key = header.decode("latin-1").strip().upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = value.decode("latin-1").strip("\r\n \t")
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") or "/"
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["REQUEST_URI"] = environ["RAW_URI"] = target.decode("latin-1")
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _filled(url: str) -> Engine:
    engine = open_engine(url)
    Indexer(engine).run(find_sources([SAMPLE]))
    return engine
