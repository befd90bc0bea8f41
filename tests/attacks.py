"""Published collections of cross-site scripting, and what a page must be free of whatever text it shows.

The packages are read as files: nothing of them is imported, so nothing of them is run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any, Final

from lxml import html as lxml_html

from webui.article_html import ATTRIBUTES, OUR_ATTRIBUTES, OUR_TAGS, TAGS

MOST: Final = 4_000
"""Characters of an attack that is used; the few longer ones are floods of one letter."""

UNSAFE_PARTS: Final = """(root) => {
    const forbidden = 'base, embed, iframe, frame, object, style, svg script, math, meta[http-equiv], portal, template';
    const leading = ['href', 'src', 'action', 'formaction', 'data', 'poster', 'background', 'xlink:href', 'srcset'];
    const found = [...root.querySelectorAll(forbidden)].map((element) => element.outerHTML.slice(0, 200));
    for (const element of root.querySelectorAll('*')) {
        const say = (what) => found.push(`${element.localName} ${what}`);
        if (element.localName === 'script' && element.type !== 'application/ld+json' &&
            !/^\\/static\\//.test(element.getAttribute('src'))) say('runs');
        for (const { name, value } of element.attributes) {
            if (name.startsWith('on') || name === 'style' || name === 'srcdoc') say(`${name}=${value}`);
            if (leading.includes(name) && !/^(https?:|mailto:|\\/|#|\\?|\\.|$)/.test(value)) say(`${name}=${value}`);
        }
    }
    return found;
}"""
"""A function for a browser: what it finds below `root` that runs, styles or leads where it should not."""


@cache
def attacks() -> tuple[str, ...]:
    """All attacks of both collections, each once."""
    found = dict.fromkeys(text for text in (*_constants(), *_rows()) if 0 < len(text) <= MOST)
    return tuple(text.encode("utf-8", "replace").decode("utf-8") for text in found)


def batches(most: int, characters: int) -> Iterator[list[str]]:
    """All attacks, in lists of at most so many, of at most so many characters with a space between two."""
    batch: list[str] = []
    for attack in attacks():
        if batch and (len(batch) == most or len(" ".join([*batch, attack])) > characters):
            yield batch
            batch = []
        batch.append(attack)
    yield batch


def _folder(package: str, part: str) -> list[Path]:
    """The files of that part of an installed package."""
    return [Path(str(file.locate())) for file in files(package) or () if str(file).startswith(part)]


def _constants() -> Iterator[str]:
    """What brs-kb writes down as payloads in its source."""
    for path in _folder("brs-kb", "brs_kb/payloads/"):
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.keyword(arg="payload", value=ast.Constant(value=str(text))):
                        yield text


def _rows() -> Iterator[str]:
    """What fray has in its files of cross-site scripting."""
    for path in _folder("fray", "fray/payloads/xss/"):
        if path.suffix == ".json":
            rows: list[Any] = json.loads(path.read_text("utf-8"))["payloads"]
            yield from (row["payload"] if isinstance(row, dict) else row for row in rows)
        elif path.suffix == ".txt":
            yield from path.read_text("utf-8").splitlines()


def tree(markup: object) -> lxml_html.HtmlElement:
    """A piece of markup, in a <div>."""
    return lxml_html.fragment_fromstring(str(markup), create_parent="div")


def assert_safe(markup: object) -> None:
    """The text of an article has only what running text needs, with our anchors, marks and links."""
    for element in tree(markup).iterdescendants():
        assert element.tag in TAGS | OUR_TAGS, element.tag
        allowed = ATTRIBUTES.get(element.tag, frozenset()) | OUR_ATTRIBUTES.get(element.tag, frozenset())
        assert set(element.attrib) <= allowed | {"lang", "dir"}
        if element.tag == "a" and "href" in element.attrib:
            assert re.match(r"https?:|mailto:|#at-|#match(-\d+)?$", element.get("href"))
            assert element.get("href").startswith("#") or element.get("rel") == "nofollow noopener"
        assert re.match(r"$|match(-\d+)?$|at-", element.get("id", ""))
        assert element.get("tabindex", "0") == "0"
