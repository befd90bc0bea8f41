"""Reading Markdown as it lies in archives: CommonMark with tables, rendered to HTML and read like all markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from index.body import Body
from index.frontmatter import split_front_matter
from index.plaintext import read_text
from index.templates import without_loose_links, without_templates
from index.trees import parse_html, read_tree

MAX_MARKDOWN = 2_000_000
"""Characters parsed as Markdown; a longer text is read as plain text, since no parser promises linear time."""

_TAG = re.compile(r"<(?=/?([a-zA-Z][\w:-]*))")
_KNOWN_TAGS = frozenset((
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt",
    "em", "embed", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "i", "iframe", "img", "ins", "kbd", "li", "main", "mark", "nav", "noscript", "object", "ol", "p",
    "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "script", "section", "small", "source", "span",
    "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
))  # fmt: skip


def read_markdown(text: str) -> Body:
    """The body of a Markdown text; its anchors are the ids the text states (`## Title {#id}`)."""
    if len(text) > MAX_MARKDOWN:
        return read_text(text)
    return read_tree(parse_html(render_markdown(text)))


def render_markdown(text: str) -> str:
    """Markdown as HTML, without template tags and front matter, and not sanitised: sanitise on output."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rendered: str = _PARSER.render(without_templates(split_front_matter(text)[1]))
    return without_loose_links(rendered)


def _escape_unknown_tags(html: str) -> str:
    """`Vec<T>` in prose is text: only tags of HTML itself pass as tags."""
    return _TAG.sub(lambda match: "<" if match[1].lower() in _KNOWN_TAGS else "&lt;", html)


def _render_html(_: RendererHTML, tokens: Sequence[Token], position: int, _options: OptionsDict, _env: EnvType) -> str:
    return _escape_unknown_tags(tokens[position].content)


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable(["table", "strikethrough"])
    rule: Callable[..., str] = _render_html
    parser.add_render_rule("html_inline", rule)
    parser.add_render_rule("html_block", rule)
    return parser


_PARSER = _make_parser()
