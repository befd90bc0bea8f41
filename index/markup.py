"""The three ways a body may be written (plain text, Markdown, HTML) behind one function each, all giving a `Body`."""

from __future__ import annotations

from collections.abc import Callable

from index.body import Body
from index.markdown import read_markdown
from index.plaintext import read_text
from index.trees import parse_html, read_tree

__all__ = ["READERS", "Body", "read_html", "read_markdown", "read_text"]


def read_html(html: str) -> Body:
    """The body of an HTML page or fragment; scripts, styles, menus and form controls are not text."""
    return read_tree(parse_html(html))


READERS: dict[str, Callable[[str], Body]] = {"text": read_text, "markdown": read_markdown, "html": read_html}
"""The values of `body_format`."""
