"""Reading Markdown as it lies in archives: CommonMark with tables, and what site generators write between the lines.

Template tags of Jekyll, Hugo and WordPress name files and layouts, not the story, so they are taken out before parsing.
Code spans and fenced code are left alone: there a brace is the subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from index.body import Body
from index.plaintext import read_text
from index.trees import parse_html, read_tree

MAX_MARKDOWN = 2_000_000
"""Characters parsed as Markdown; a longer text is read as plain text, since no parser promises linear time."""

_FRONT_MATTER = re.compile(r"\A\s*(---|\+\+\+)[ \t]*\n((?:(?![ \t]*\1)[^\n]*\n){1,200})[ \t]*\1[ \t]*(?:\n|\Z)")
_FRONT_LINE = re.compile(r"[\w-]+\s*[:=]|\s|-\s|#|$|\[")
_FENCE = r"^(?P<fence>```+|~~~+)[^\n]*\n(?s:.*?)(?:^(?P=fence)|\Z)"
_CODE = rf"(?P<code>{_FENCE}|(?P<ticks>(?<!`)`+)(?!`)[^`]{{1,2000}}(?P=ticks)(?!`))"

_HIGHLIGHT = re.compile(r"\{%-?\s*highlight\s+([\w+#-]+)[^%]{0,200}%\}\n?(.*?)\{%-?\s*endhighlight\s*-?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.{0,20000}?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_TEMPLATE_TAG = re.compile(
    rf"""{_CODE}
    |\{{%-?\s*/?\w(?:(?!%\}}).){{0,1000}}%\}}
    |\{{\{{[<%](?:(?![>%]\}}\}}).){{0,1000}}[>%]\}}\}}
    |\{{\{{\s*[\w.]+(?:\[[^\]]{{0,99}}\])?(?:\s*\|[^{{}}]{{0,200}})?\s*\}}\}}
    |^[ ]{{0,3}}(?:[*+-]|\d\.)[ ][^\n]{{1,40}}\n\{{:toc\}}
    |\{{::?(?:\s*(?:[.\#][\w-]+|[\w-]+=(?:"[^"\n]{{0,200}}"|'[^'\n]{{0,200}}'|[^\s{{}}"']{{1,100}})|/?[a-z_]+))+\s*/?\}}
    |\[/?[a-z][\w-]*(?:\s+[\w-]+=(?:"[^"\n]{{0,999}}"|'[^'\n]{{0,999}}'|[^\s\]"']{{1,200}}))+\s*/?\](?![(\[:])
    |\[/[a-z][\w-]{{0,30}}\](?![(\[:])
    |\[\^[\w-]{{1,60}}\]:?""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_STATED_ID = re.compile(r"^(\#{1,6}[ \t].*?)[ \t]*\{:?[ \t]*\#([\w.:-]{1,200})[^{}\n]*\}[ \t]*\#*[ \t]*$", re.MULTILINE)
_ID_BELOW = re.compile(r"^(\#{1,6}[ \t][^\n]*)\n\{:[ \t]*\#([\w.:-]{1,200})[^{}\n]*\}[ \t]*$", re.MULTILINE)
_DEFINITION = re.compile(r"^ {0,3}\[([^\]\n]{1,999})\]:", re.MULTILINE)
_REFERENCE = re.compile(rf"{_CODE}|(?<![A-Za-z0-9_$\]!\\])\[([^\[\]]{{1,500}})\]\[([^\[\]\n]{{0,200}})\]", re.MULTILINE)

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
    rendered: str = _PARSER.render(_without_loose_references(_without_templates(_without_front_matter(text))))
    return rendered


def _without_front_matter(text: str) -> str:
    match = _FRONT_MATTER.match(text)
    if match and all(_FRONT_LINE.match(line) for line in match[2].split("\n")):
        return text[match.end() :]
    return text


def _without_templates(text: str) -> str:
    text = _STATED_ID.sub(r'\1 <a id="\2"></a>', _ID_BELOW.sub(r'\1 <a id="\2"></a>', text))
    if "{%" in text:
        text = _HIGHLIGHT.sub(r"\n```\1\n\2\n```\n", _COMMENT.sub("", text))
    return _TEMPLATE_TAG.sub(_keep_code, text)


def _keep_code(match: re.Match[str]) -> str:
    return match["code"] or ""


def _without_loose_references(text: str) -> str:
    """`[text][label]` without a definition of the label is `text`: its definitions lie in another file."""
    defined = {_label(match[1]) for match in _DEFINITION.finditer(text)}

    def resolve(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match["code"]
        words, label = match[4], match[5]
        return match[0] if _label(label or words) in defined else words

    return _REFERENCE.sub(resolve, text)


def _label(text: str) -> str:
    return " ".join(text.casefold().split())


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
